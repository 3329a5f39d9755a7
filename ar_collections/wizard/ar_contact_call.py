from odoo import api, fields, models


class ArContactCall(models.TransientModel):
    """Prepare a call and write down what came of it."""

    _name = "ar.contact.call"
    _description = "Call a Debtor"
    _inherit = ["ar.wizard.mixin"]

    debtor_id = fields.Many2one("ar.debtor", required=True, readonly=True)
    commercial_partner_id = fields.Many2one(related="debtor_id.partner_id")
    partner_id = fields.Many2one(
        "res.partner",
        "Person",
        required=True,
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('commercial_partner_id', '=', commercial_partner_id)]",
    )
    phone = fields.Char(related="partner_id.phone")
    totals = fields.Html(related="debtor_id.totals")
    outlook = fields.Html(related="debtor_id.outlook")
    hold = fields.Char("Not now", compute="_compute_hold")
    wish = fields.Char("Wishes", compute="_compute_hold")
    local_time = fields.Char("There it is", compute="_compute_hold")
    outcome = fields.Selection(
        [
            ("none", "Nobody answered"),
            ("message", "Left a message"),
            ("talk", "Talked"),
            ("wrong", "Wrong number"),
        ],
        default="none",
        required=True,
    )
    reason_id = fields.Many2one("ar.delay.reason", "Why they have not paid")
    answer = fields.Text(related="reason_id.answer")
    note = fields.Text("What was said")
    date_next = fields.Date("Call again on")
    override = fields.Char("Called anyway because")

    # === COMPUTE METHODS === #

    @api.depends("debtor_id")
    def _compute_partner_id(self):
        """Who gets the reminders, the invoice contact, the customer, whoever has a number.

        Somebody who does not want to be called comes last.
        """
        for call in self:
            customer = call.debtor_id.partner_id
            people = customer.child_ids
            ranked = [
                *people.filtered(lambda p: p.ar_contact_role == "dunning"),
                *people.filtered(lambda p: p.type == "invoice"),
                customer,
                *people,
            ]
            reachable = [p for p in ranked if p.phone]
            willing = [p for p in reachable if not p._is_called_in_vain()]
            call.partner_id = (willing or reachable or [customer])[0]

    @api.depends("debtor_id", "partner_id")
    def _compute_hold(self):
        for call in self:
            person, debtor = call.partner_id, call.debtor_id
            if not (person and debtor):
                call.hold = call.wish = call.local_time = False
                continue
            call.hold = person and debtor._get_call_refusal(person)
            call.wish = person and person._get_ar_wish_summary()
            call.local_time = person and debtor._get_local_time(person)

    # === ACTION METHODS === #

    def action_log(self):
        """Write the call down, and plan the next one if a day was given."""
        self.ensure_one()
        self.debtor_id._log_call(
            self.partner_id,
            self.outcome,
            override=self.override or "",
            reason_id=self.reason_id.id,
            note=self.note,
        )
        if self.date_next:
            self.debtor_id.activity_schedule(
                "ar_collections.mail_activity_type_collection_call",
                date_deadline=self.date_next,
                user_id=self.env.uid,
            )
        return {"type": "ir.actions.act_window_close"}
