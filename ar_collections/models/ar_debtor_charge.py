from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

from odoo import fields, models
from odoo.exceptions import UserError


class ArDebtor(models.Model):
    """What lateness has cost a debtor: accrued, billed, waived and still unpaid."""

    _inherit = "ar.debtor"

    charge_totals = fields.Html(compute="_compute_charge_totals", sanitize=False)

    # === COMPUTE METHODS === #

    def _compute_charge_totals(self):
        for debtor in self:
            rows, problem = debtor._get_charge_totals()
            debtor.charge_totals = (rows or problem) and self.env["ir.qweb"]._render(
                "ar_collections.debtor_charge_totals",
                {"rows": rows, "problem": problem},
            )

    # === ACTION METHODS === #

    def action_open_charges(self):
        """The lines of what was charged."""
        return self._open_mine("ar_collections.ar_late_charge_line_action")

    def action_open_waivers(self):
        """Waivers and offers."""
        return self._open_mine("ar_collections.ar_charge_waiver_action")

    def _open_mine(self, xmlid):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        return dict(action, domain=[("debtor_id", "=", self.id)], context={})

    # === BUSINESS METHODS === #

    def _get_charge_totals(self):
        """Amounts by currency, in it, to the day, and what keeps them unknown.

        :return: (rows with ``currency``, ``open`` of items that are late, ``accrued``
            and not billed, ``billed``, ``waived``, ``unpaid`` of what was billed and
            ``pay_today``: all but what is not late yet; error message or False)
        :rtype: tuple[list[dict], str | bool]
        """
        self.ensure_one()
        totals = defaultdict(lambda: defaultdict(Decimal))
        problem = False
        try:
            self._add_accrued(totals)
        except UserError as error:
            problem = str(error)
        self._add_billed(totals)
        rows = []
        for currency in self.env["res.currency"].browse(totals).sorted("name"):
            row = totals[currency.id]
            row["pay_today"] = row["open"] + row["accrued"] + row["unpaid"]
            rows.append({"currency": currency, **{k: float(v) for k, v in row.items()}})
        names = ("accrued", "billed", "waived")
        return [r for r in rows if any(r.get(name) for name in names)], problem

    def _add_accrued(self, totals):
        """What is owed until today and was not billed, as the invoices say it, too."""
        # sudo: figures of this debtor, whom the user may see
        engine = self.env["ar.charge.engine"].sudo()
        today = self.company_id._ar_today()
        items = engine._get_late_items(self.company_id, today, self.partner_id)
        owed = defaultdict(list)
        billed = engine._get_billed(items, True)
        for item, result in engine._assess(
            items - engine._get_free(items), today
        ).items():
            left = result.interest_exact + Fraction(result.cost_total - billed[item.id])
            owed[item.currency_id].append(left)
        for currency, amounts in owed.items():
            left = engine._round_payable(amounts, currency)
            totals[currency.id]["accrued"] = engine._to_units(left, currency)
        for item in items:
            row = totals[item.currency_id.id]
            amount = item.amount_residual_currency
            row["open"] += engine._to_units(amount, item.currency_id)

    def _add_billed(self, totals):
        """What documents in force charge, what of it was waived and what is unpaid."""
        # sudo: as above
        lines = self.env["ar.late.charge.line"].sudo()
        domain = [("debtor_id", "=", self.id), ("charge_move_id.state", "=", "posted")]
        groups = lines._read_group(
            domain,
            ["currency_id", "adjustment"],
            ["amount:sum", "charge_move_id:recordset"],
        )
        unpaid = self.env["account.move"].sudo()
        for currency, adjustment, amount, moves in groups:
            units = lines.env["ar.charge.engine"]._to_units(amount, currency)
            is_waiver = adjustment == "waiver"
            name = "waived" if is_waiver else "billed"
            totals[currency.id][name] += -units if is_waiver else units
            unpaid |= moves
        for move in unpaid.filtered("amount_residual"):
            sign = -1 if move.move_type == "out_refund" else 1
            units = self.env["ar.charge.engine"]._to_units(
                move.amount_residual, move.currency_id
            )
            totals[move.currency_id.id]["unpaid"] += sign * units
