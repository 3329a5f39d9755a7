from odoo import api, fields, models
from odoo.exceptions import UserError

# What is told when it changes, in this order.
TOLD = (
    "line_ids",
    "amount",
    "currency_id",
    "kind",
    "reason",
    "user_id",
    "date_from",
    "date_to",
    "active",
)


class ArPause(models.Model):
    """A reason not to dun a debtor, some of its items, or a part of their amount.

    Promises, plans, disputes and the like open and end pauses; the ladder knows
    nothing but pauses.
    """

    _name = "ar.pause"
    _description = "Pause of the Ladder"
    _order = "date_from desc, id desc"
    _rec_name = "reason"
    _check_company_auto = True

    debtor_id = fields.Many2one(
        "ar.debtor", required=True, index=True, ondelete="restrict"
    )
    partner_id = fields.Many2one(related="debtor_id.partner_id")
    company_id = fields.Many2one(
        related="debtor_id.company_id", store=True, precompute=True
    )
    line_ids = fields.Many2many(
        "account.move.line",
        "ar_pause_line_rel",
        "pause_id",
        "line_id",
        string="Items",
        domain="[('partner_id', 'child_of', partner_id), "
        "('account_type', '=', 'asset_receivable'), ('parent_state', '=', 'posted')]",
        help="Empty: everything the customer owes.",
    )
    is_for_items = fields.Boolean(
        compute="_compute_is_for_items",
        store=True,
        precompute=True,
        help="Stays true when its items are deleted, so that the pause of an item "
        "never becomes one of the whole customer.",
    )
    currency_id = fields.Many2one(
        "res.currency",
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    # never NULL: the decision compares it
    amount = fields.Monetary(
        required=True,
        default=0.0,
        help="The part that is not claimed, from the oldest item on. Zero: all of it.",
    )
    scope = fields.Char("What", compute="_compute_scope")
    kind = fields.Selection(
        selection="_get_pause_reasons", required=True, default="wait", index=True
    )
    reason = fields.Char(required=True)
    user_id = fields.Many2one(
        "res.users",
        "Owner",
        required=True,
        default=lambda self: self.env.user,
        domain=lambda self: self._get_owner_domain(),
        help="Is asked whether the pause is still right.",
    )
    date_from = fields.Date(
        "From", required=True, default=lambda self: self.env.company._ar_today()
    )
    date_to = fields.Date("Until", help="The last day; the ladder goes on after it.")
    state = fields.Selection(
        [("planned", "Planned"), ("running", "Running"), ("over", "Over")],
        compute="_compute_state",
        search="_search_state",
    )
    active = fields.Boolean(default=True)

    _check_dates = models.Constraint(
        "CHECK(date_to IS NULL OR date_to >= date_from)",
        "A pause cannot end before it begins.",
    )
    _check_amount = models.Constraint(
        "CHECK(amount IS NULL OR amount >= 0)",
        "The part that is paused cannot be negative.",
    )
    _running_idx = models.Index("(company_id, debtor_id) WHERE active")

    @api.model
    def _get_pause_reasons(self):
        """Kinds of pauses. Extensions append theirs.

        :rtype: list[tuple[str, str]]
        """
        _ = self.env._
        return [
            ("wait", _("Not now")),
            ("promise", _("Promise to pay")),
            ("plan", _("Payment plan")),
            ("dispute", _("Dispute")),
            ("insolvency", _("Insolvency")),
            ("bank", _("Bank data not up to date")),
            ("other", _("Other")),
        ]

    # === COMPUTE METHODS === #

    @api.depends("line_ids")
    def _compute_is_for_items(self):
        for pause in self:
            pause.is_for_items = bool(pause.line_ids)

    @api.depends("line_ids", "debtor_id")
    def _compute_currency_id(self):
        for pause in self:
            currency = pause.line_ids.currency_id
            pause.currency_id = (
                currency if len(currency) == 1 else pause.debtor_id.currency_id
            )

    @api.depends("line_ids.move_name", "is_for_items", "amount", "currency_id")
    def _compute_scope(self):
        for pause in self:
            scope = pause._tell_value("line_ids")
            if pause.amount:
                scope = self.env._(
                    "%(amount)s of %(what)s",
                    amount=pause._tell_value("amount"),
                    what=scope,
                )
            pause.scope = scope

    @api.depends("date_from", "date_to", "active")
    def _compute_state(self):
        todays = self._get_todays()
        for pause in self:
            today = todays[pause.company_id or self.env.company]
            if not pause.active or (pause.date_to and pause.date_to < today):
                pause.state = "over"
            elif pause.date_from and pause.date_from > today:
                pause.state = "planned"
            else:
                pause.state = "running"

    @api.model
    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = self.env.company._ar_today()
        domains = {
            "running": [
                ("date_from", "<=", today),
                "|",
                ("date_to", "=", False),
                ("date_to", ">=", today),
                ("active", "=", True),
            ],
            "planned": [("date_from", ">", today), ("active", "=", True)],
            "over": ["|", ("date_to", "<", today), ("active", "=", False)],
        }
        return fields.Domain.OR(domains[state] for state in value if state in domains)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        derived = ("partner_id", "company_id", "is_for_items")
        pauses = super().create(
            [
                {name: value for name, value in vals.items() if name not in derived}
                for vals in vals_list
            ]
        )
        pauses._check_owner()
        pauses._log_created()
        pauses._mark_debtors_stale()
        return pauses

    def write(self, vals):
        """Change pauses; the debtors' chatters and the deviations tell of it.

        :raise UserError: if a pause would pass to another customer or company, or one
            of items become one of all that the customer owes
        """
        self._check_fixed(vals)
        before = self._get_told() if set(TOLD) & vals.keys() else {}
        for_items = self.filtered("is_for_items")
        result = super().write(vals)
        for_items._check_still_for_items()
        if "user_id" in vals:
            self._check_owner()
        if before:
            self._log_changed(before)
        if {"date_from", "date_to", "amount", "line_ids", "active"} & vals.keys():
            self._mark_debtors_stale()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_history(self):
        raise UserError(
            self.env._(
                "Pauses are part of the customer's history. End the pause instead, or "
                "archive it if it was a mistake."
            )
        )

    # === ACTION METHODS === #

    def action_end(self):
        """Let the ladder go on from today."""
        todays = self._get_todays()
        running = self.filtered(lambda p: p.state != "over")
        for company, pauses in running.grouped("company_id").items():
            today = todays[company]
            # one that begins today leaves no day behind
            unused = pauses.filtered(lambda p, today=today: p.date_from >= today)
            for start, begun in unused.grouped("date_from").items():
                # nor does its list say that it lasted until some day to come
                begun.write({"active": False, "date_to": start})
            (pauses - unused).write({"date_to": fields.Date.subtract(today, days=1)})
        return True

    def action_renew(self):
        """Open the dialog for another pause like this one, from today on."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ar_collections.ar_pause_create_action"
        )
        items = self.line_ids.filtered(lambda ln: not ln.reconciled)
        if self.is_for_items and not items:
            raise UserError(
                self.env._("Nothing of this is open: there is nothing to pause.")
            )
        model, records = (
            ("account.move.line", items)
            if self.is_for_items
            else ("ar.debtor", self.debtor_id)
        )
        context = {
            "active_model": model,
            "active_ids": records.ids,
            "default_kind": self.kind,
            "default_reason": self.reason,
        }
        return dict(action, context=context)

    # === BUSINESS METHODS === #

    def _get_todays(self):
        """Today in each company of these pauses, and in the user's.

        :rtype: dict
        """
        companies = self.company_id | self.env.company
        return {company: company._ar_today() for company in companies}

    def _mark_debtors_stale(self):
        self.debtor_id._mark_self_stale()
