from dataclasses import replace

from odoo import api, models

from .ar_reference_rate import exact


class ArChargeEngine(models.AbstractModel):
    """Amounts of charge terms in the currency of a claim."""

    _inherit = "ar.charge.engine"

    # === BUSINESS METHODS === #

    @api.model
    def _get_lump_sum_rates(self, terms, currency, company, date):
        """{currency name: units of ``currency`` for one of it}, for the lump sums."""
        rates = {}
        for foreign in terms.lump_sum_ids.currency_id - currency:
            if self._has_rate(foreign, company, date) and self._has_rate(
                currency, company, date
            ):
                rate = foreign._get_conversion_rate(foreign, currency, company, date)
                rates[foreign.name] = exact(rate)
        return rates

    @api.model
    def _has_rate(self, currency, company, date):
        return currency == company.currency_id or bool(
            self.env["res.currency.rate"].search_count(
                [
                    ("currency_id", "=", currency.id),
                    ("company_id", "in", [False, company.root_id.id]),
                    ("name", "<=", date),
                ],
                limit=1,
            )
        )

    @api.model
    def _convert_limits(self, terms, currency, company, date):
        """The rules with their amounts in the currency of the claim."""
        rules = terms._get_rules()
        if currency == company.currency_id:
            return rules

        def convert(amount):
            if not amount:
                return amount
            # sudo: exchange rates, as above
            base = company.sudo().currency_id
            return self._to_units(
                base._convert(float(amount), currency, company, date), currency
            )

        return replace(
            rules,
            cap_total=convert(rules.cap_total),
            minimum=convert(rules.minimum),
        )
