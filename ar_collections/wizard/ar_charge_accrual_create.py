from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_date

from ..models.const import MANAGER


class ArChargeAccrualCreate(models.TransientModel):
    """Accrues at the end of a period what is earned in late charges and not billed."""

    _name = "ar.charge.accrual.create"
    _description = "Accrue Late Charges"
    _inherit = ["ar.collector.mixin", "ar.wizard.mixin"]
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company.root_id
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(
        "End of the period", required=True, default=lambda self: self._default_date()
    )
    reversal_date = fields.Date(
        compute="_compute_reversal_date", store=True, readonly=False
    )
    journal_id = fields.Many2one(
        "account.journal",
        compute="_compute_journal_id",
        store=True,
        readonly=False,
        domain="[('type', '=', 'general')]",
        check_company=True,
    )
    account_id = fields.Many2one(
        "account.account",
        "Accrued charges",
        compute="_compute_account_id",
        store=True,
        readonly=False,
        domain="[('account_type', '=', 'asset_current')]",
        check_company=True,
        help="An account of current assets; kept for the next time.",
    )
    has_costs = fields.Boolean("Lump sums and fees, too")
    line_ids = fields.One2many(
        "ar.charge.accrual.line", "accrual_id", compute="_compute_lines"
    )
    total = fields.Monetary(compute="_compute_lines")
    problem = fields.Char(compute="_compute_lines")
    former_id = fields.Many2one(
        "account.move", "Accrued before", compute="_compute_former_id"
    )
    is_replaced = fields.Boolean(
        "Replace it",
        help="The former entry and its reversal are cancelled, and stay to be seen.",
    )

    # === COMPUTE METHODS === #

    @api.model
    def _default_date(self):
        """The end of the last month."""
        today = self.env.company._ar_today()
        return fields.Date.subtract(today, days=today.day)

    @api.depends("date")
    def _compute_reversal_date(self):
        for one in self:
            one.reversal_date = one.date and fields.Date.add(one.date, days=1)

    @api.depends("company_id")
    def _compute_journal_id(self):
        for one in self:
            company = one.company_id
            journals = self.env["account.journal"]
            domain = journals._check_company_domain(company)
            domain = [*domain, ("type", "=", "general")]
            one.journal_id = company.ar_accrual_journal_id or journals.search(
                domain, limit=1
            )

    @api.depends("company_id")
    def _compute_account_id(self):
        for one in self:
            one.account_id = one.company_id.ar_accrual_account_id

    @api.depends("company_id", "date")
    def _compute_former_id(self):
        for one in self:
            one.former_id = one._find_former()

    @api.depends("company_id", "date", "has_costs")
    def _compute_lines(self):
        for one in self:
            amounts, one.problem = one._get_amounts()
            one.line_ids = [Command.clear()] + [
                Command.create(
                    {
                        "partner_id": partner.id,
                        "currency_id": currency.id,
                        "amount": float(amount),
                    }
                )
                for (partner, _company, currency), amount in amounts.items()
            ]
            one.total = sum(
                currency._convert(
                    float(amount), one.currency_id, one.company_id, one.date
                )
                for (_partner, _company, currency), amount in amounts.items()
            )

    # === ACTION METHODS === #

    def action_accrue(self):
        """Post the entry and its reversal.

        :raise UserError: if the period has one already, or is closed
        """
        self.ensure_one()
        self.company_id.check_access("read")
        wizard = self._as_collector(MANAGER)
        wizard._check()
        amounts, problem = wizard._get_amounts()
        if problem or not amounts:
            raise UserError(
                problem
                or self.env._(
                    "Nothing is owed and not billed until %s.",
                    format_date(self.env, self.date),
                )
            )
        if wizard.former_id:
            wizard._cancel_former()
        # sudo: a credit manager of the company, checked right above
        moves = (
            self.env["ar.charge.engine"]
            .sudo()
            ._accrue(
                wizard.company_id,
                wizard.date,
                wizard.reversal_date,
                amounts,
                wizard.journal_id,
                wizard.account_id,
            )
        )
        # where it was posted is where it is posted the next time
        wizard.company_id.write(
            {
                "ar_accrual_journal_id": wizard.journal_id.id,
                "ar_accrual_account_id": wizard.account_id.id,
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Accrued late charges"),
            "res_model": "account.move",
            "view_mode": "list,form",
            "domain": [("id", "in", moves.ids)],
        }

    # === BUSINESS METHODS === #

    def _get_amounts(self):
        """(amounts by debtor and currency, what keeps them unknown)"""
        self.ensure_one()
        # everything below is read with full rights: the company's rule is checked here
        self.company_id.check_access("read")
        if not self.date:
            return {}, False
        # sudo: a credit manager sees what all debtors of the company owe
        engine = self.env["ar.charge.engine"].sudo()
        today = max(self.date, self.company_id._ar_today())
        try:
            found = engine._get_unbilled(
                self.company_id, self.date, today, self.has_costs
            )
        except UserError as error:
            return {}, str(error)
        ordered = sorted(found.items(), key=lambda pair: pair[0][0].name or "")
        return dict(ordered), False

    def _find_former(self):
        # sudo: whether the period has one already, whoever may see entries
        moves = self.env["account.move"].sudo()
        return moves.search(
            [
                ("company_id", "=", self.company_id.id),
                ("ar_accrual_date", "=", self.date),
                ("state", "!=", "cancel"),
            ],
            limit=1,
        )

    def _check(self):
        _ = self.env._
        if self.former_id and not self.is_replaced:
            raise UserError(
                _(
                    "%(entry)s accrues late charges until %(day)s already. Choose "
                    "“Replace it”, or another day.",
                    entry=self.former_id.name,
                    day=format_date(self.env, self.date),
                )
            )
        if not self.journal_id or not self.account_id:
            raise UserError(
                _("Choose a journal and an account of current assets for the accrual.")
            )
        if not self.reversal_date or self.reversal_date <= self.date:
            raise UserError(_("The reversal comes after the end of the period."))

    def _cancel_former(self):
        # sudo: as for the entry that takes its place
        former = self.former_id.sudo()
        moves = former + former.reversal_move_ids
        moves.filtered(lambda move: move.state == "posted").button_draft()
        moves.button_cancel()
        moves.flush_recordset(["state"])  # a unique index reads it
        for move in moves:
            move.message_post(
                body=self.env._(
                    "Replaced: late charges until %s were accrued anew.",
                    format_date(self.env, self.date),
                )
            )


class ArChargeAccrualLine(models.TransientModel):
    """What is accrued for one debtor, in a preview."""

    _name = "ar.charge.accrual.line"
    _description = "Accrued Late Charge"

    accrual_id = fields.Many2one("ar.charge.accrual.create", ondelete="cascade")
    partner_id = fields.Many2one("res.partner", "Customer")
    currency_id = fields.Many2one("res.currency")
    amount = fields.Monetary()
