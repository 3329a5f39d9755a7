from odoo import api, fields, models
from odoo.exceptions import UserError

# From so many debtors on the count takes seconds: it is made when somebody asks for it.
MANY_DEBTORS = 20_000


class ArDunningRunStart(models.TransientModel):
    """Asks for company, date and scope, shows the result, makes the run."""

    _name = "ar.dunning.run.start"
    _description = "Run Dunning"
    _inherit = ["ar.wizard.mixin"]

    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company.root_id,
        domain=[("parent_id", "=", False)],
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(required=True, default=lambda self: self._default_date())
    policy_ids = fields.Many2many(
        "ar.policy",
        string="Policies",
        domain="[('company_id', 'in', (company_id, False))]",
    )
    debtor_ids = fields.Many2many(
        "ar.debtor", string="Debtors", domain="[('company_id', '=', company_id)]"
    )
    is_large = fields.Boolean(compute="_compute_is_large")
    is_counted = fields.Boolean(
        compute="_compute_is_counted", readonly=False, store=True
    )
    about_count = fields.Integer("Customers, about", compute="_compute_about")
    about_amount = fields.Monetary("Overdue, about", compute="_compute_about")
    notice_count = fields.Integer("Notices", compute="_compute_outcome")
    skip_count = fields.Integer("Items left alone", compute="_compute_outcome")
    amount_total = fields.Monetary("Total claimed", compute="_compute_outcome")
    rate_note = fields.Char(compute="_compute_outcome")
    warning = fields.Text(compute="_compute_outcome")

    # === COMPUTE METHODS === #

    @api.model
    def _default_date(self):
        return self.env.company._ar_today()

    @api.onchange("company_id")
    def _onchange_company_id(self):
        # it may live in another day than the user's
        if self.company_id:
            self.date = self.company_id._ar_today()

    @api.depends("company_id", "debtor_ids")
    def _compute_is_large(self):
        for wizard in self:
            found = self.env["ar.debtor"].search_count(
                [("company_id", "=", wizard.company_id.id), ("amount_due", ">", 0)],
                limit=MANY_DEBTORS + 1,
            )
            wizard.is_large = not wizard.debtor_ids and found > MANY_DEBTORS

    @api.depends("company_id", "date", "policy_ids", "debtor_ids")
    def _compute_is_counted(self):
        """Other questions: what was counted does not answer them."""
        self.is_counted = False

    @api.depends("company_id", "date", "is_large")
    def _compute_about(self):
        """From the next steps that the debtors know: nothing is decided for it."""
        self.about_count = self.about_amount = 0
        for wizard in self.filtered("is_large"):
            [(count, amount)] = self.env["ar.debtor"]._read_group(
                [
                    ("company_id", "=", wizard.company_id.id),
                    ("next_action_date", "<=", wizard.date),
                    ("amount_overdue", ">", 0),
                ],
                [],
                ["__count", "amount_overdue:sum"],
            )
            wizard.about_count, wizard.about_amount = count, amount

    @api.depends("company_id", "date", "policy_ids", "debtor_ids", "is_counted")
    def _compute_outcome(self):
        """The live count below the questions: the same decision as the run's."""
        engine = self.env["ar.dunning.engine"]
        for wizard in self:
            figures = {"notices": 0, "skipped": 0, "amounts": []}
            waits = wizard.is_large and not wizard.is_counted
            if wizard.company_id and wizard.date and not waits:
                # the query below is raw SQL: the company's rule is checked here
                wizard.company_id.check_access("read")
                figures = engine._count(
                    wizard.company_id,
                    wizard.date,
                    wizard.policy_ids._origin,
                    wizard.debtor_ids._origin.partner_id,
                    wizard._get_night_drafts(),
                )
            wizard.notice_count = figures["notices"]
            wizard.skip_count = figures["skipped"]
            wizard.amount_total = sum(
                self.env["res.currency"]
                .browse(currency_id)
                ._convert(amount, wizard.currency_id, wizard.company_id, wizard.date)
                for currency_id, amount in figures["amounts"]
            )
            used = self.env["res.currency"].browse([c for c, _a in figures["amounts"]])
            wizard.rate_note = self.env["ar.dunning.run"]._get_rate_note(
                used - wizard.currency_id, wizard.date
            )
            warnings = [wizard._get_warning(), *wizard._get_bank_warnings()]
            wizard.warning = " ".join(filter(None, warnings))

    def _get_night_drafts(self):
        """Drafts that a night prepared and nobody confirmed: this run replaces them.

        One that only looks at another day leaves them alone.
        """
        if self.date != self.company_id._ar_today():
            return self.env["ar.dunning.run"]
        return self.env["ar.dunning.run"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("state", "=", "draft"),
                ("is_automatic", "=", True),
            ]
        )

    def _get_warning(self):
        if not self.company_id or not self.date:
            return False
        waiting = self.env["ar.dunning.run"].search_count(
            [
                ("company_id", "=", self.company_id.id),
                ("state", "=", "draft"),
                ("is_automatic", "=", False),
            ]
        )
        if waiting:
            return self.env._(
                "Draft runs of this company that wait to be confirmed: %(count)s. "
                "Customers in them are left alone here.",
                count=waiting,
            )
        if self.date < self.company_id._ar_today():
            return self.env._(
                "The date lies in the past: the run shows what would have gone out, and "
                "cannot be sent."
            )
        if not self.company_id.email:
            return self.env._(
                "%(company)s has no e-mail address to write from: enter it on the "
                "company first, or e-mails will not go out.",
                company=self.company_id.name,
            )
        if self.date > self.company_id._ar_today():
            return self.env._(
                "The date lies in the future: confirm the run on that day."
            )
        return False

    def _get_bank_warnings(self):
        if not self.company_id or not self.date:
            return []
        policies = self.policy_ids._origin or self.env["ar.policy"].search(
            [("company_id", "in", [self.company_id.id, False])]
        )
        return policies._get_bank_gate_sentences(self.company_id, self.date)

    # === ACTION METHODS === #

    def action_count(self):
        """Count what the run would do, where that is not done by itself."""
        self.ensure_one()
        self.is_counted = True
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ar_collections.ar_dunning_run_start_action"
        )
        return dict(action, res_id=self.id)

    def action_start(self):
        """Make the run with its drafts and open it. Nothing is sent."""
        self.ensure_one()
        if self.debtor_ids.filtered(lambda d: d.company_id != self.company_id):
            raise UserError(
                self.env._(
                    "Choose debtors of %(company)s only.", company=self.company_id.name
                )
            )
        night = self._get_night_drafts()
        if self.debtor_ids:
            night._drop_debtors(self.debtor_ids)
        else:
            night.action_cancel()
        run = self.env["ar.dunning.run"].create(
            {
                "company_id": self.company_id.id,
                "date": self.date,
                "policy_ids": self.policy_ids.ids,
                "debtor_ids": self.debtor_ids.ids,
            }
        )
        run.action_decide()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ar_collections.ar_dunning_run_action"
        )
        # else the web client takes the number of this wizard into the address of the run,
        # where it reads as that of a debtor
        context = {"active_model": False, "active_id": False, "active_ids": []}
        return dict(
            action, res_id=run.id, views=[(False, "form")], context=context, domain=[]
        )
