from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date

from ..tools.charge_terms import ChargeTerms
from ..tools.interest_start import StartRule
from ..tools.late_fees import Band, CostScale, Tier
from ..tools.rate_rule import LateRate, RateRule
from ..tools.reference_rate import MissingRateError
from ..tools.term_error import TermError
from .ar_reference_rate import exact

# Fields of the arithmetic, by the name that they have here.
FIELDS = {
    "rate": "reference_rate_id",
    "fixing": "fixing",
    "max_fees": "max_fees",
    "lump_sums": "lump_sum_ids",
    "bands": "cost_band_ids",
    "minimum": "min_amount",
    "order": "payment_order",
}


class ArChargeTerms(models.Model):
    """Terms as the arithmetic in `tools` takes them, and whether they make sense."""

    _inherit = "ar.charge.terms"

    # === CONSTRAINT METHODS === #

    @api.constrains(
        "customer_kind",
        "has_interest",
        "reference_rate_id",
        "factor",
        "margin",
        "fixed_rate",
        "rate_step",
        "rate_rounding",
        "rate_per",
        "fixing",
        "fixing_period",
        "fixing_lag",
        "floor_reference_rate_id",
        "floor_factor",
        "floor_margin",
        "cap_reference_rate_id",
        "cap_factor",
        "cap_margin",
        "cap_step",
        "day_count",
        "accrual",
        "compounding",
        "rests",
        "start_basis",
        "start_days",
        "grace_days",
        "grace",
        "payment_order",
        "is_interest_on_costs",
        "lump_sum_ids",
        "cost_band_ids",
        "cost_min",
        "cost_max",
        "max_fees",
        "cap_total",
        "cap_percent",
        "cap_on",
        "min_amount",
    )
    def _check_rules(self):
        """Refuse terms that nobody could charge by, naming the field."""
        for terms in self:
            try:
                terms._get_rules()
                terms._get_cost_scale()
            except TermError as error:
                raise ValidationError(terms._tell_error(error)) from error

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for terms in self:
            if terms.date_from and terms.date_to and terms.date_to < terms.date_from:
                raise ValidationError(
                    self.env._(
                        "Charge terms “%(terms)s” end before they begin.",
                        terms=terms.name,
                    )
                )

    def _tell_error(self, error):
        self.ensure_one()
        field = self._fields.get(FIELDS.get(error.field, error.field))
        label = field._description_string(self.env) if field else error.field
        return self.env._(
            "Charge terms “%(terms)s”, %(field)s: %(reason)s",
            terms=self.name,
            field=label,
            reason=error.reason,
        )

    # === BUSINESS METHODS === #

    def _get_rules(self):
        """These terms for `tools.late_interest`. Extensions may replace fields of it.

        Limits are in the currency of the terms; who charges in another one converts
        them first.

        :rtype: ChargeTerms
        :raise TermError: if they contradict each other
        """
        self.ensure_one()
        return ChargeTerms(**self._prepare_rules_vals())

    def _prepare_rules_vals(self):
        """Arguments of `ChargeTerms`."""
        return {
            "rate": self._get_late_rate(),
            "kind": self.customer_kind,
            "day_count": self.day_count,
            "accrual": self.accrual,
            "compounding": self.compounding,
            "rests": self.rests,
            "start": StartRule(self.start_basis, self.start_days),
            "grace_days": self.grace_days,
            "grace": self.grace,
            "order": self.payment_order,
            "interest_on_costs": self.is_interest_on_costs,
            "lump_sums": tuple(
                Tier(
                    exact(step.amount_from),
                    exact(step.amount),
                    exact(step.percent),
                    step.is_above,
                    step.currency_id.name or "",
                )
                for step in self.lump_sum_ids.sorted("amount_from")
            ),
            "lump_sum_on_original": self.lump_sum_on_original,
            "cap_total": exact(self.cap_total) if self.cap_total else None,
            "cap_percent": exact(self.cap_percent) if self.cap_percent else None,
            "cap_on": self.cap_on,
            "max_fees": self.max_fees or None,
            "minimum": exact(self.min_amount),
        }

    def _get_cost_scale(self):
        """What collecting may cost, or None if the terms say nothing of it.

        :rtype: CostScale
        """
        self.ensure_one()
        bands = self.cost_band_ids.sorted(lambda band: (not band.up_to, band.up_to))
        if not bands:
            return None
        return CostScale(
            tuple(
                Band(exact(band.up_to) if band.up_to else None, exact(band.percent))
                for band in bands
            ),
            exact(self.cost_min),
            exact(self.cost_max) if self.cost_max else None,
        )

    def _get_late_rate(self):
        """The rate for the arithmetic, or None if there is no interest."""
        if not self.has_interest:
            return None
        return LateRate(
            self._get_rate_rule(),
            floor=self._get_limit_rule("floor"),
            cap=self._get_limit_rule("cap", step=self.cap_step),
            fixing=self.fixing,
            period=self.fixing_period,
            lag=self.fixing_lag,
            per=self.rate_per,
        )

    def _get_rate_rule(self):
        if not self.reference_rate_id:
            return RateRule.fixed(exact(self.fixed_rate))
        return RateRule(
            self.reference_rate_id.code,
            exact(self.factor),
            exact(self.margin),
            exact(self.rate_step) if self.rate_step else None,
            self.rate_rounding,
        )

    def _get_limit_rule(self, name, step=0.0):
        series = self[f"{name}_reference_rate_id"]
        margin = self[f"{name}_margin"]
        if not series and not margin:
            return None
        return RateRule(
            series.code or "",
            exact(self[f"{name}_factor"]) if series else exact(1),
            exact(margin),
            exact(step) if step else None,
            self.rate_rounding,
        )

    def _get_series(self):
        """All reference rates that these terms refer to."""
        return (
            self.reference_rate_id
            | self.floor_reference_rate_id
            | self.cap_reference_rate_id
        )

    def _tell_rate(self):
        """The rate in a few words."""
        self.ensure_one()
        if not self.has_interest:
            return self.env._("no interest")
        per = dict(self._fields["rate_per"]._description_selection(self.env))
        figure = f"{exact(self.fixed_rate):f}"
        if self.reference_rate_id:
            figure = self.reference_rate_id.name
            if self.factor != 1:
                figure = f"{exact(self.factor):f} × {figure}"
            if self.margin:
                figure = f"{figure} + {exact(self.margin):f}"
        return self.env._(
            "%(figure)s %% %(period)s", figure=figure, period=per.get(self.rate_per, "")
        )

    def _tell_rate_today(self, date):
        """What the rate is on a day, with its arithmetic; or what is missing.

        :return: the sentence, and what is missing in a few words for lists
        """
        self.ensure_one()
        if not self.has_interest:
            return False, False
        try:
            rate = self._get_late_rate()
            quote = rate.get_quote(date, self._get_series()._get_book())
        except MissingRateError as error:
            day = format_date(self.env, error.day)
            return (
                self.env["ar.reference.rate"]._tell_missing(error),
                self.env._("no value for %s", day),
            )
        except TermError:
            return False, False  # while the form is being filled in
        return f"{quote.formula} %", False

    def _get_for_country(self, country, kind, date, company, state=None):
        """The terms that a country's law has for a kind of customer on a day.

        :return: nothing if no terms are known: nobody guesses a law
        """
        domain = [
            ("country_id", "=", country.id),
            ("state_id", "in", [False, state.id] if state else [False]),
            ("company_id", "in", [False, *company.parent_ids.ids]),
            "|",
            ("date_from", "=", False),
            ("date_from", "<=", fields.Date.to_string(date)),
            "|",
            ("date_to", "=", False),
            ("date_to", ">=", fields.Date.to_string(date)),
        ]
        known = self.search(domain).sorted(lambda terms: not terms.state_id)
        business = known.filtered(lambda terms: terms.customer_kind == "business")[:1]
        if business:
            return business._get_for_kind(kind)
        return known.filtered(lambda terms: terms.customer_kind == kind)[:1]
