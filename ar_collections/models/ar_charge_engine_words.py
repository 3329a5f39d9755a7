from odoo import api, models
from odoo.fields import Command
from odoo.tools.misc import format_date, formatLang, get_lang


class ArChargeEngine(models.AbstractModel):
    """What a charge document says, line by line, in the customer's language."""

    _inherit = "ar.charge.engine"

    # === LINES === #

    @api.model
    def _prepare_lines_vals(self, plan, contact):
        """Invoice lines: each names invoice, period, days and rate."""
        account = plan.company._get_ar_charge_account()
        sign = -1 if plan.total < 0 else 1
        engine = self.with_context(lang=contact.lang or self.env.lang)
        return [
            {
                "name": engine._tell_change(change, plan),
                "quantity": 1.0,
                "price_unit": sign * float(change.amount),
                "account_id": account.id,
                "tax_ids": [Command.set(plan.company.ar_charge_tax_ids.ids)],
            }
            for change in plan.changes
            if change.amount
        ]

    @api.model
    def _tell_change(self, change, plan):
        """A line of the document in words, in the customer's language."""
        if change.undone:
            line = self.env["ar.late.charge.line"].browse(change.undone.id)
            return self.env._(
                "Charged before by %(document)s, taken back: %(line)s",
                document=line.charge_move_id.name,
                line=self._tell_line(line),
            )
        if not change.owed:
            return self.env._("Rounding of all interest, or waived already")
        item = self.env["account.move.line"].browse(change.item)
        document = item._get_document_name()
        source = change.owed.source
        if change.owed.kind != "interest":
            return self._tell_cost(document, change.owed.kind, source.day)
        return self._tell_interest(
            document,
            source.first,
            source.last,
            source.days,
            source.quote.formula,
            formatLang(self.env, float(source.base), currency_obj=plan.currency),
        )

    @api.model
    def _tell_line(self, line):
        document = line.move_line_id._get_document_name() if line.move_line_id else ""
        if line.adjustment:
            return self.env._("Rounding of all interest, or waived already")
        if line.kind != "interest":
            return self._tell_cost(document, line.kind, line.date_from)
        base = formatLang(self.env, line.base_amount, currency_obj=line.currency_id)
        return self._tell_interest(
            document, line.date_from, line.date_to, line.days, line.rate_text, base
        )

    @api.model
    def _tell_interest(self, document, first, last, days, formula, base):
        return self.env._(
            "%(document)s: interest for late payment, %(first)s – %(last)s, %(days)s "
            "days, %(rate)s %% a year on %(base)s",
            document=document,
            first=format_date(self.env, first),
            last=format_date(self.env, last),
            days=days,
            rate=self._tell_rate(formula),
            base=base,
        )

    @api.model
    def _tell_rate(self, formula):
        """The arithmetic of a rate with the language's decimal sign."""
        return formula.replace(".", get_lang(self.env).decimal_point)

    @api.model
    def _tell_cost(self, document, kind, day):
        kinds = self.env["ar.late.charge.line"]._fields["kind"]
        return self.env._(
            "%(document)s: %(kind)s, %(day)s",
            document=document,
            kind=dict(kinds._description_selection(self.env))[kind],
            day=format_date(self.env, day),
        )
