from odoo import api, fields, models
from odoo.exceptions import UserError

# What of a level is recorded with each version of its policy.
LEVEL_FIELDS = (
    "name",
    "sequence",
    "delay_days",
    "delay_basis",
    "day_type",
    "min_interval_days",
    "min_amount",
    "min_percent",
    "channel",
    "fallback_channel",
    "recipient_role",
    "copy_manager",
    "copy_salesperson",
    "deadline_days",
    "needs_approval",
    "mail_template_id",
    "attach_invoices",
    "attach_letter",
    "attach_statement",
    "announces_charges",
    "report_id",
    "action_ids",
)


class ArDunningLevel(models.Model):
    """One rung of a policy: when it is reached, what is said, what is done."""

    _name = "ar.dunning.level"
    _description = "Dunning Level"
    _order = "policy_id, sequence, id"

    policy_id = fields.Many2one(
        "ar.policy", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="policy_id.company_id")
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True, translate=True)
    delay_days = fields.Integer(
        "Days",
        required=True,
        help="Days after the basis on which the level is reached. "
        "Negative: before the due date.",
    )
    delay_basis = fields.Selection(
        [
            ("due_date", "after the due date"),
            ("end_of_month", "after the end of the due month"),
            ("previous_notice", "after the previous notice"),
        ],
        "Counted",
        required=True,
        default="due_date",
    )
    day_type = fields.Selection(
        [("calendar", "calendar days"), ("business", "working days")],
        "In",
        required=True,
        default="calendar",
        help="Working days are those of the company's working hours, without its "
        "public holidays. The deadline is counted in them, too.",
    )
    min_interval_days = fields.Integer(
        "Distance (days)",
        default=5,
        help="Days that must have passed since the last notice to the same customer. "
        "Nobody is ever contacted twice on one day.",
    )
    min_amount = fields.Float(
        "Minimum amount",
        digits="Account",
        help="In the currency of the company that runs the ladder. A claim below it "
        "is not pursued at this level.",
    )
    min_percent = fields.Float(
        "Minimum share (%)",
        digits=(5, 1),
        help="The claim must be at least this part of all that the customer has open "
        "in its currency.",
    )
    needs_approval = fields.Boolean(
        "Manager approves",
        help="A notice of this level waits until a credit manager has approved it.",
    )
    variant_ids = fields.One2many(
        "ar.dunning.level.variant", "level_id", "By payer profile", copy=True
    )
    channel = fields.Selection(
        [("email", "E-mail"), ("letter", "Letter"), ("none", "No message")],
        required=True,
        default="email",
    )
    fallback_channel = fields.Selection(
        [("email", "E-mail"), ("letter", "Letter"), ("none", "Nobody is contacted")],
        "If that is not possible",
        required=True,
        default="letter",
        help="Used when the customer cannot be reached by the channel: no valid address, "
        "blacklisted, not wanted, or it came back. The same as the channel means nobody.",
    )
    mail_template_id = fields.Many2one(
        "mail.template",
        "Text",
        domain=[("model", "=", "ar.dunning.notice")],
        ondelete="restrict",
        help="Subject and text of the message; a letter carries the same words.",
    )
    attach_invoices = fields.Boolean(default=True)
    attach_letter = fields.Boolean(
        help="Also attach the letter as a PDF to the e-mail."
    )
    report_id = fields.Many2one(
        "ir.actions.report",
        "Letter",
        domain=[("model", "=", "ar.dunning.notice")],
        default=lambda self: self._default_report(),
        ondelete="restrict",
    )
    deadline_days = fields.Integer(
        "Days to pay",
        default=7,
        help="The message asks for payment within this many days; the date is "
        "computed when it is sent, and never a day off.",
    )
    action_ids = fields.Many2many(
        "ir.actions.server",
        "ar_dunning_level_action_rel",
        "level_id",
        "action_id",
        "Actions",
        groups="ar_collections.ar_collections_group_manager",
        help="Run once for each notice of this level, when it is sent.",
    )
    notice_model_id = fields.Many2one("ir.model", compute="_compute_notice_model_id")

    _check_interval = models.Constraint(
        "CHECK(min_interval_days >= 0 AND deadline_days >= 0 AND min_amount >= 0)",
        "Distance, days to pay and minimum amount cannot be negative.",
    )
    _check_percent = models.Constraint(
        "CHECK(min_percent >= 0 AND min_percent <= 100)",
        "The minimum share is a percentage between 0 and 100.",
    )

    # === COMPUTE METHODS === #

    @api.model
    def _default_report(self):
        return self.env.ref(
            "ar_collections.action_report_ar_dunning_notice", raise_if_not_found=False
        )

    def _compute_notice_model_id(self):
        # sudo: only names the model that new server actions are for
        model = self.env["ir.model"].sudo()._get("ar.dunning.notice")
        self.notice_model_id = model

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        levels = super().create(vals_list)
        levels.policy_id._record_version()
        return levels

    def write(self, vals):
        result = super().write(vals)
        self.policy_id._record_version()
        if "needs_approval" in vals:
            # sudo: drafts of all companies, whoever changes the policy
            notices = self.env["ar.dunning.notice"].sudo()
            notices._follow_approvals([("level_id", "in", self.ids)])
        return result

    def unlink(self):
        policies = self.policy_id
        result = super().unlink()
        policies.exists()._record_version()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        used = self.env["ar.dunning.notice"].search_count(
            [("level_id", "in", self.ids)], limit=1
        )
        if used:
            raise UserError(
                self.env._(
                    "Notices were sent at one of these levels, and their history needs "
                    "it. Archive the policy and make a new one instead."
                )
            )

    # === BUSINESS METHODS === #

    @api.model
    def _get_version_fields(self):
        """What of a level is recorded with each version; addons append their fields."""
        return list(LEVEL_FIELDS)

    def _get_variant(self, profile):
        """What the level does otherwise for payers of a profile; empty if nothing."""
        return self.variant_ids.filtered(lambda v: v.payer_profile == profile)

    def _get_template(self, profile):
        """The text of the level for a payer of this profile.

        :rtype: recordset of `mail.template`
        """
        self.ensure_one()
        return self._get_variant(profile).mail_template_id or self.mail_template_id

    def _get_deadline_days(self, profile):
        variant = self._get_variant(profile)
        return variant.deadline_days if variant else self.deadline_days

    def _own_texts(self):
        """Copy the texts, so that editing them changes no other policy's."""
        for holder in (self, *self.variant_ids):
            if holder.mail_template_id:
                name = f"{self.policy_id.name}: {holder.mail_template_id.name}"
                # sudo: the same words; whoever uses them need not be a template editor
                text = holder.mail_template_id.sudo().copy({"name": name})
                holder.mail_template_id = text.sudo(self.env.su)

    def _get_day(self, company, basis, days):
        """The day that is ``days`` from ``basis``, in the level's kind of days.

        The decision's query counts the same way.
        """
        self.ensure_one()
        day = fields.Date.add(basis, days=days)
        if self.day_type == "business":
            return company._get_workdays(basis).add(basis, days)
        if self.policy_id.is_workdays_only:
            workdays = company._get_workdays(basis)
            return workdays.previous(day) if days < 0 else workdays.next(day)
        return day
