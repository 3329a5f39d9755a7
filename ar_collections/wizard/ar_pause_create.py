from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..models.ar_pause_review import REVIEW_DAYS

# What the dialog proposes.
PAUSE_DAYS = 14


class ArPauseCreate(models.TransientModel):
    """Pause many customers or invoices at once, with one reason and end."""

    _name = "ar.pause.create"
    _description = "Pause the Ladder"
    _inherit = ["ar.wizard.mixin"]

    debtor_ids = fields.Many2many("ar.debtor", string="Customers", readonly=True)
    line_ids = fields.Many2many("account.move.line", string="Items", readonly=True)
    kind = fields.Selection(
        selection=lambda self: self.env["ar.pause"]._get_pause_reasons(),
        required=True,
        default="wait",
    )
    reason = fields.Char(required=True)
    user_id = fields.Many2one(
        "res.users",
        "Owner",
        required=True,
        default=lambda self: self.env.user,
        domain=lambda self: self.env["ar.pause"]._get_owner_domain(),
        help="Is asked whether the pause is still right.",
    )
    date_from = fields.Date(
        "From", required=True, default=lambda self: self.env.company._ar_today()
    )
    date_to = fields.Date(
        "Until",
        default=lambda self: fields.Date.add(
            self.env.company._ar_today(), days=PAUSE_DAYS
        ),
        help="The last day. Empty: until somebody ends it; the owner is asked again.",
    )
    date_review = fields.Date(
        "Ask again on",
        compute="_compute_date_review",
        store=True,
        readonly=False,
        help="The owner is asked on this day whether the pause is still right.",
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    amount = fields.Monetary("Only this part", help="Zero: all of it.")
    count = fields.Integer("Pauses", compute="_compute_count")
    summary = fields.Char("What happens", compute="_compute_summary")
    is_past = fields.Boolean(compute="_compute_is_past")
    pause_ids = fields.Many2many(
        "ar.pause", string="Paused already", compute="_compute_pause_ids"
    )

    @api.model
    def default_get(self, names):
        values = super().default_get(names)
        ids = self.env.context.get("active_ids") or []
        model = self.env.context.get("active_model")
        if model == "ar.debtor":
            values["debtor_ids"] = [fields.Command.set(ids)]
        elif model in ("account.move", "account.move.line"):
            lines = self.env[model].browse(ids)
            if model == "account.move":
                lines = lines.line_ids
            open_lines = lines.filtered(
                lambda ln: (
                    ln.account_type == "asset_receivable"
                    and ln.parent_state == "posted"
                    and not ln.reconciled
                    and ln.partner_id
                )
            )
            if not open_lines:
                raise UserError(
                    self.env._("Nothing of this is open: there is nothing to pause.")
                )
            values["line_ids"] = [fields.Command.set(open_lines.ids)]
        return values

    # === COMPUTE METHODS === #

    @api.depends("date_from", "date_to")
    def _compute_date_review(self):
        for wizard in self:
            start = wizard.date_from or self.env.company._ar_today()
            wizard.date_review = fields.Date.add(start, days=REVIEW_DAYS)

    @api.depends("line_ids", "debtor_ids")
    def _compute_currency_id(self):
        for wizard in self:
            currency = wizard.line_ids.currency_id or wizard.debtor_ids.currency_id
            wizard.currency_id = currency if len(currency) == 1 else False

    @api.depends("line_ids", "debtor_ids")
    def _compute_count(self):
        for wizard in self:
            wizard.count = len(wizard._get_targets())

    @api.depends("date_to")
    def _compute_is_past(self):
        today = self.env.company._ar_today()
        for wizard in self:
            wizard.is_past = bool(wizard.date_to) and wizard.date_to < today

    @api.depends("line_ids", "debtor_ids", "amount", "date_to", "date_review")
    def _compute_summary(self):
        for wizard in self:
            wizard.summary = wizard._tell_summary()

    @api.depends("line_ids", "debtor_ids")
    def _compute_pause_ids(self):
        for wizard in self:
            targets = wizard._get_targets()
            ids = [debtor.id for debtor, _items in targets]
            pauses = self.env["ar.pause"].search(
                [("debtor_id", "in", ids), ("state", "in", ["running", "planned"])]
            )
            wizard.pause_ids = pauses.filtered(
                lambda p, wizard=wizard: (
                    not p.is_for_items
                    or not wizard.line_ids
                    or p.line_ids & wizard.line_ids._origin
                )
            )

    # === ACTION METHODS === #

    def action_pause(self):
        """Write the pauses, one for each customer.

        :raise UserError: if the end has passed, if there is no reason, or if a part of
            an amount is asked for in several currencies or of several customers
        """
        self.ensure_one()
        targets = self._get_targets()
        self._check_possible(targets)
        self.env["ar.pause"].create(
            [self._prepare_pause_vals(debtor, lines) for debtor, lines in targets]
        )
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS METHODS === #

    def _check_possible(self, targets):
        if not targets:
            raise UserError(
                self.env._("Choose the customers or the invoices to pause first.")
            )
        if self.is_past:
            raise UserError(
                self.env._(
                    "A pause until %(end)s would be over already. Choose a day to come, "
                    "or leave the end empty.",
                    end=format_date(self.env, self.date_to),
                )
            )
        if not self.reason.strip():
            raise UserError(self.env._("Say why the customer is not reminded."))
        if self.amount and (len(targets) != 1 or not self.currency_id):
            raise UserError(
                self.env._(
                    "A part of an amount can be paused for one customer in one "
                    "currency. Leave it at zero to pause several at once."
                )
            )

    def _get_targets(self):
        """Pairs (debtor, its items); no items: the whole debtor."""
        if not self.line_ids:
            return [(debtor._origin, self.line_ids) for debtor in self.debtor_ids]
        lines = self.line_ids._origin
        groups = lines.grouped(
            lambda ln: (ln.company_id.root_id, ln.partner_id.commercial_partner_id)
        )
        return [
            (self.env["ar.debtor"]._get(partner, company), items)
            for (company, partner), items in groups.items()
        ]

    def _tell_summary(self):
        """What the dialog is about to do, in a sentence."""
        self.ensure_one()
        _ = self.env._
        targets = self._get_targets()
        names = [debtor.display_name for debtor, _items in targets]
        if not names:
            return ""
        whom = names[0] if len(names) == 1 else _("%s customers", len(names))
        what = self._tell_what()
        if self.date_to:
            return _(
                "%(whom)s: no reminder of %(what)s until %(end)s; then the ladder goes "
                "on where it stood.",
                whom=whom,
                what=what,
                end=format_date(self.env, self.date_to),
            )
        return _(
            "%(whom)s: no reminder of %(what)s until somebody ends the pause; "
            "%(owner)s is asked about it on %(review)s.",
            whom=whom,
            what=what,
            owner=self.user_id.name or "",
            review=format_date(self.env, self.date_review),
        )

    def _tell_what(self):
        """What of the customer's debt is paused, in words."""
        _ = self.env._
        what = _("anything")
        if self.line_ids:
            what = _("%s items", len(self.line_ids))
            if len(self.line_ids) == 1:
                what = self.line_ids.move_name or _("one item")
        if self.amount and self.currency_id:
            what = _(
                "%(amount)s of %(what)s",
                amount=self.currency_id.format(self.amount),
                what=what if self.line_ids else _("what is owed"),
            )
        return what

    def _prepare_pause_vals(self, debtor, lines):
        vals = {
            "debtor_id": debtor.id,
            "line_ids": [fields.Command.set(lines.ids)],
            "kind": self.kind,
            "reason": self.reason,
            "user_id": self.user_id.id,
            "date_from": self.date_from,
            "date_to": self.date_to,
        }
        if not self.date_to and self.date_review:
            vals["date_review"] = self.date_review
        if self.amount:
            vals.update(amount=self.amount, currency_id=self.currency_id.id)
        return vals
