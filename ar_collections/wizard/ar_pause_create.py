from odoo import api, fields, models
from odoo.exceptions import UserError


class ArPauseCreate(models.TransientModel):
    """Pause many customers or invoices at once, with one reason and end."""

    _name = "ar.pause.create"
    _description = "Pause the Ladder"

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
        domain=[("share", "=", False)],
    )
    date_from = fields.Date(
        "From", required=True, default=lambda self: self.env.company._ar_today()
    )
    date_to = fields.Date(
        "Until",
        default=lambda self: fields.Date.add(self.env.company._ar_today(), days=14),
        help="Empty: until somebody ends it; the owner is asked again after a month.",
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    amount = fields.Monetary("Only this part", help="Zero: all of it.")
    count = fields.Integer("Pauses", compute="_compute_count")

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

    @api.depends("line_ids", "debtor_ids")
    def _compute_currency_id(self):
        for wizard in self:
            currency = wizard.line_ids.currency_id or wizard.debtor_ids.currency_id
            wizard.currency_id = currency if len(currency) == 1 else False

    @api.depends("line_ids", "debtor_ids")
    def _compute_count(self):
        for wizard in self:
            wizard.count = len(wizard._get_targets())

    # === ACTION METHODS === #

    def action_pause(self):
        """Write the pauses, one for each customer.

        :raise UserError: if a part of an amount is asked for in several currencies or
            of several customers
        """
        self.ensure_one()
        targets = self._get_targets()
        if self.amount and (len(targets) != 1 or not self.currency_id):
            raise UserError(
                self.env._(
                    "A part of an amount can be paused for one customer in one "
                    "currency. Leave it at zero to pause several at once."
                )
            )
        self.env["ar.pause"].create(
            [self._prepare_pause_vals(debtor, lines) for debtor, lines in targets]
        )
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS METHODS === #

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

    def _prepare_pause_vals(self, debtor, lines):
        return {
            "debtor_id": debtor.id,
            "line_ids": [fields.Command.set(lines.ids)],
            "kind": self.kind,
            "reason": self.reason,
            "user_id": self.user_id.id,
            "date_from": self.date_from,
            "date_to": self.date_to,
            **(
                {"amount": self.amount, "currency_id": self.currency_id.id}
                if self.amount
                else {}
            ),
        }
