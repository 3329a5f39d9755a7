from decimal import Decimal
from fractions import Fraction

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.exact_money import round_half_up
from .ar_reference_rate import exact


class AccountMove(models.Model):
    """What lateness costs on an invoice, to the day, with each segment of it."""

    _inherit = "account.move"

    amount_late_charge = fields.Monetary(
        "Late charges to the day",
        compute="_compute_amount_late_charge",
        groups="ar_collections.ar_collections_group_readonly",
        help="Interest and lump sums until today, by the terms of the policy, less what "
        "was billed. They are not billed by that.",
    )
    ar_pay_today = fields.Monetary(
        "To pay today",
        compute="_compute_amount_late_charge",
        groups="ar_collections.ar_collections_group_readonly",
        help="What settles the invoice with money of today: what is open and the late "
        "charges on it.",
    )
    ar_late_charge_table = fields.Html(
        compute="_compute_amount_late_charge",
        sanitize=False,
        groups="ar_collections.ar_collections_group_readonly",
    )

    # === COMPUTE METHODS === #

    @api.depends("line_ids.amount_residual", "ar_policy_id", "state")
    def _compute_amount_late_charge(self):
        for move in self:
            results, problem = move._get_late_charges(move.company_id._ar_today())
            charges = sum((result.charges for result in results.values()), Decimal(0))
            total = sum((result.total_open for result in results.values()), Decimal(0))
            billed = move._get_billed_charges(results)
            if billed:
                # they are paid with their own document
                charges = move._get_unbilled(results, billed)
                total = exact(sum(item.amount_residual_currency for item in results))
                total += charges
            move.amount_late_charge = float(charges)
            move.ar_pay_today = move.currency_id.round(float(total))
            move.ar_late_charge_table = (charges or problem) and self.env[
                "ir.qweb"
            ]._render(
                "ar_collections.late_charge_table",
                {
                    "results": results,
                    "problem": problem,
                    "currency": move.currency_id,
                },
            )

    # === BUSINESS METHODS === #

    @api.model
    def _get_billed_charges(self, results):
        items = self.env["account.move.line"].union(*results)
        billed = self.env["ar.charge.engine"]._get_billed(items, True)
        return sum(billed.values(), Decimal(0))

    def _get_unbilled(self, results, billed):
        """What is owed and was not billed; less than a unit is the rounding of all."""
        unit = exact(self.currency_id.rounding)
        left = sum(
            (r.interest_exact + Fraction(r.cost_total) for r in results.values()),
            -Fraction(billed),
        )
        return round_half_up(left, unit) if left >= unit else Decimal(0)

    def _get_late_charges(self, upto):
        """What lateness costs on each item of an invoice, and what keeps it unknown.

        :return: ({item: Assessment}, error message or False)
        """
        self.ensure_one()
        if (
            self.move_type not in ("out_invoice", "out_receipt")
            or self.state != "posted"
        ):
            return {}, False
        items = self.line_ids.filtered(
            lambda line: (
                line.account_type == "asset_receivable" and line.amount_currency > 0
            )
        )
        engine = self.env["ar.charge.engine"]
        # what a letter said is kept: paid in time, nothing is charged on it
        items -= engine._get_free(items)
        try:
            return engine._assess(items, upto), False
        except UserError as error:
            return {}, str(error)


class ArDunningLevel(models.Model):
    _inherit = "ar.dunning.level"

    announces_charges = fields.Boolean(
        "Announces late charges",
        help="The message says what interest and lump sums will be charged on what is "
        "still open after the deadline, and how much it is a day. Needs charge terms on "
        "the policy, and that it announces or bills them.",
    )

    # === BUSINESS METHODS === #

    def _get_charge_mode(self):
        """What is done about late charges at this level: its own word or the policy's."""
        self.ensure_one()
        # sudo: what a policy says does not depend on who asks
        level = self.sudo()
        return level.charge_mode or level.policy_id.charge_mode

    def _has_announcement(self):
        """Whether letters of this level say what will be charged.

        None threatens with what the policy does not do.
        """
        self.ensure_one()
        return self.announces_charges and self._get_charge_mode() in (
            "announce",
            "bill",
        )


class ArDunningNotice(models.Model):
    _inherit = "ar.dunning.notice"

    # === BUSINESS METHODS === #

    def _get_charge_figures(self):
        """What would be charged on the items of this notice at its deadline.

        :return: ``interest``, ``costs`` and ``daily`` amounts in the notice's currency
            and ``rate``, the arithmetic of the yearly rate; None if the level announces
            nothing or nothing is charged
        :rtype: dict or None
        :raise UserError: if a rate is missing
        """
        self.ensure_one()
        if not self.level_id._has_announcement():
            return None
        lines = self.line_ids.filtered(
            lambda line: line.amount_residual > 0 and line.days_overdue > 0
        )
        # sudo: the customer's own items, whoever sees the letter
        engine, upto = self.env["ar.charge.engine"], self.date_deadline
        items = engine._get_announceable(lines.sudo().move_line_id, upto)
        day_more = fields.Date.add(upto, days=1)
        # one look at the ledger serves both days
        found = engine._assess_until(items, [upto, day_more])
        results = found[upto].values()
        if not results:
            return None
        interest = sum(r.interest_exact for r in results)
        daily = sum(r.interest_exact for r in found[day_more].values()) - interest
        costs = engine._get_unbilled_lump_sums(found[upto])
        unit = next(iter(results)).claim.unit
        # what was billed is claimed by its own document
        billed = sum(engine._get_billed(items, False).values(), Decimal(0))
        segments = [s for result in results for s in result.segments]
        return {
            "interest": float(max(round_half_up(interest, unit) - billed, 0)),
            "costs": float(costs),
            "daily": float(round_half_up(daily, unit)),
            "rate": engine._tell_rate(segments[-1].quote.formula) if segments else "",
        }

    def _get_charge_block(self):
        """HTML that announces late charges, for mail templates and letters."""
        self.ensure_one()
        return self.env["ir.qweb"]._render(
            "ar_collections.notice_charge_block",
            {"notice": self, "charges": self._get_charge_figures()},
        )
