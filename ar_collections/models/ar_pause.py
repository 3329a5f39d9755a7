from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

# Somebody is asked again after so many days, however long the pause is meant to last.
REVIEW_DAYS = 30


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
    amount = fields.Monetary(
        help="The part that is not claimed, from the oldest item on. Zero: all of it."
    )
    kind = fields.Selection(
        selection="_get_pause_reasons", required=True, default="wait", index=True
    )
    reason = fields.Char(required=True)
    user_id = fields.Many2one(
        "res.users",
        "Owner",
        required=True,
        default=lambda self: self.env.user,
        domain=[("share", "=", False)],
        help="Is asked whether the pause is still right.",
    )
    date_from = fields.Date(
        "From", required=True, default=lambda self: self.env.company._ar_today()
    )
    date_to = fields.Date("Until", help="The last day; the ladder goes on after it.")
    date_review = fields.Date(
        "Ask again on",
        compute="_compute_date_review",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
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

    @api.depends("date_from", "date_to")
    def _compute_date_review(self):
        for pause in self:
            latest = fields.Date.add(
                pause.date_from or fields.Date.today(), days=REVIEW_DAYS
            )
            pause.date_review = min(pause.date_to or latest, latest)

    @api.depends("date_from", "date_to", "active")
    def _compute_state(self):
        todays = {company: company._ar_today() for company in self.company_id}
        for pause in self:
            today = todays.get(pause.company_id) or fields.Date.today()
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

    # === CONSTRAINT METHODS === #

    @api.constrains("line_ids", "debtor_id")
    def _check_lines(self):
        for pause in self:
            strange = pause.line_ids.filtered(
                lambda ln, pause=pause: (
                    ln.partner_id.commercial_partner_id != pause.debtor_id.partner_id
                    or ln.account_type != "asset_receivable"
                    or ln.company_id.root_id != pause.company_id
                )
            )
            if strange:
                raise ValidationError(
                    self.env._(
                        "%(item)s is not an open item of %(debtor)s. Pause it from its "
                        "own customer.",
                        item=strange[0].display_name,
                        debtor=pause.debtor_id.display_name,
                    )
                )

    @api.constrains("amount", "line_ids")
    def _check_amount_is_open(self):
        for pause in self.filtered("is_for_items"):
            total = sum(pause.line_ids.mapped("amount_residual_currency"))
            if (
                pause.amount
                and pause.currency_id.compare_amounts(pause.amount, total) > 0
            ):
                raise ValidationError(
                    self.env._(
                        "Only %(open)s of these items is open: pause that much at most, "
                        "or leave the amount at zero to pause all of it.",
                        open=pause.currency_id.format(total),
                    )
                )

    @api.constrains("amount", "line_ids", "currency_id")
    def _check_currency(self):
        for pause in self:
            foreign = pause.line_ids.filtered(
                lambda ln, pause=pause: ln.currency_id != pause.currency_id
            )
            if pause.amount and foreign:
                raise ValidationError(
                    self.env._(
                        "The part to pause is in %(currency)s, but %(item)s is in "
                        "%(other)s. Make a pause for each currency.",
                        currency=pause.currency_id.name,
                        item=foreign[0].display_name,
                        other=foreign[0].currency_id.name,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        pauses = super().create(vals_list)
        for pause in pauses:
            pause.debtor_id._message_log(body=pause._tell(self.env._("Paused")))
        pauses._log_deviation("paused")
        pauses._mark_debtors_stale()
        return pauses

    def write(self, vals):
        result = super().write(vals)
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
        for pause in self.filtered(lambda p: p.state != "over"):
            today = pause.company_id._ar_today()
            if pause.date_from >= today:
                pause.active = False
            else:
                pause.date_to = fields.Date.subtract(today, days=1)
            pause.debtor_id._message_log(body=pause._tell(self.env._("Pause ended")))
            pause._log_deviation("resumed")
        return True

    # === BUSINESS METHODS === #

    def _tell(self, what):
        """The pause in one line, for the debtor's chatter."""
        self.ensure_one()
        items = ", ".join(filter(None, self.line_ids.mapped("move_name")))
        parts = [
            items or self.env._("everything"),
            self.currency_id.format(self.amount) if self.amount else "",
            dict(self._fields["kind"]._description_selection(self.env))[self.kind],
            self.reason,
        ]
        end = format_date(self.env, self.date_to) if self.date_to else ""
        if end:
            parts.append(self.env._("until %s", end))
        return f"{what}: {', '.join(filter(None, parts))}"

    def _log_deviation(self, kind):
        rows = []
        for pause in self:
            company = pause.company_id
            amount = pause.currency_id._convert(
                pause.amount, company.currency_id, company, company._ar_today()
            )
            amount = amount or (
                sum(pause.line_ids.mapped("amount_residual"))
                if pause.is_for_items
                else pause.debtor_id.amount_overdue
            )
            rows.append(
                (pause.debtor_id, pause.reason, self.env["ar.dunning.notice"], amount)
            )
        self.env["ar.deviation"]._log(kind, rows)

    def _mark_debtors_stale(self):
        stale = self.env["ar.debtor"]
        for company, pauses in self.grouped("company_id").items():
            stale._mark_partners_stale(company, pauses.debtor_id.partner_id.ids)

    # === CRONS === #

    @api.model
    def _cron_review(self):
        """Ask the owners of pauses whose day to ask again has come.

        A pause that has ended is told of once; one that goes on is asked about again
        and again.
        """
        for company in self.env["res.company"].search([("parent_id", "=", False)]):
            today = company._ar_today()
            due = self.search(
                [("company_id", "=", company.id), ("date_review", "<=", today)]
            )
            for pause in due.filtered(
                lambda p, today=today: not p.date_to or p.date_to >= p.date_review
            ):
                pause._ask_owner(today)

    def _ask_owner(self, today):
        over = self.date_to and self.date_to <= today
        self.debtor_id.activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=today,
            summary=self.env._("The pause ends: see what was agreed")
            if over
            else self.env._("Is the pause still right?"),
            note=self._tell(self.env._("Paused")),
            user_id=self.user_id.id,
        )
        self.date_review = fields.Date.add(today, days=REVIEW_DAYS)
