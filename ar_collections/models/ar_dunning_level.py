from itertools import pairwise

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


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
    channel = fields.Selection(
        [("email", "E-mail"), ("letter", "Letter"), ("none", "No message")],
        required=True,
        default="email",
    )
    fallback_channel = fields.Selection(
        [("letter", "Letter"), ("none", "Nobody is contacted")],
        "If no e-mail is possible",
        required=True,
        default="letter",
        help="Used when the customer has no valid e-mail address or it is blacklisted.",
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
        "computed when it is sent.",
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
    description = fields.Char(compute="_compute_description")
    notice_model_id = fields.Many2one("ir.model", compute="_compute_notice_model_id")

    _check_interval = models.Constraint(
        "CHECK(min_interval_days >= 0 AND deadline_days >= 0 AND min_amount >= 0)",
        "Distance, days to pay and minimum amount cannot be negative.",
    )

    # === COMPUTE METHODS === #

    @api.model
    def _default_report(self):
        return self.env.ref(
            "ar_collections.action_report_ar_dunning_notice", raise_if_not_found=False
        )

    @api.depends("delay_days", "delay_basis")
    def _compute_description(self):
        for level in self:
            basis = dict(level._fields["delay_basis"]._description_selection(self.env))
            if level.delay_basis == "due_date" and level.delay_days < 0:
                level.description = self.env._(
                    "%(days)s days before the due date", days=-level.delay_days
                )
            else:
                level.description = self.env._(
                    "%(days)s days %(basis)s",
                    days=level.delay_days,
                    basis=basis.get(level.delay_basis, ""),
                )

    def _compute_notice_model_id(self):
        # sudo: only names the model that new server actions are for
        model = self.env["ir.model"].sudo()._get("ar.dunning.notice")
        self.notice_model_id = model

    # === CONSTRAINT METHODS === #

    @api.constrains("policy_id", "sequence", "delay_days", "delay_basis")
    def _check_delays_climb(self):
        """Later rungs must come later, or the ladder would jump to the last one."""
        for policy in self.policy_id:
            levels = policy.level_ids.sorted(lambda lv: (lv.sequence, lv.id))
            levels = levels.filtered(lambda lv: lv.delay_basis == "due_date")
            for low, high in pairwise(levels):
                if high.delay_days <= low.delay_days:
                    raise ValidationError(
                        self.env._(
                            "In policy %(policy)s, level “%(high)s” (%(high_days)s "
                            "days) must come later than level “%(low)s” "
                            "(%(low_days)s days). Change the days or the order.",
                            policy=policy.name,
                            high=high.name,
                            high_days=high.delay_days,
                            low=low.name,
                            low_days=low.delay_days,
                        )
                    )

    @api.constrains("channel", "mail_template_id")
    def _check_has_text(self):
        for level in self:
            if level.channel != "none" and not level.mail_template_id:
                raise ValidationError(
                    self.env._(
                        "Level “%(level)s” sends a message: choose its text, or set "
                        "its channel to “No message”.",
                        level=level.name,
                    )
                )

    @api.constrains("delay_basis", "delay_days")
    def _check_negative_delay(self):
        for level in self:
            if level.delay_days < 0 and level.delay_basis != "due_date":
                raise ValidationError(
                    self.env._(
                        "Only days counted from the due date can be negative "
                        "(level “%(level)s”).",
                        level=level.name,
                    )
                )

    # === CRUD METHODS === #

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
