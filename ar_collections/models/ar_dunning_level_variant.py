from odoo import api, fields, models

from .const import PROFILES

VARIANT_FIELDS = (
    "payer_profile",
    "is_skipped",
    "delay_days",
    "deadline_days",
    "mail_template_id",
)


class ArDunningLevelVariant(models.Model):
    """What a level does otherwise for payers of one profile."""

    _name = "ar.dunning.level.variant"
    _description = "Dunning Level by Payer Profile"
    _order = "level_id, id"
    _rec_name = "payer_profile"

    level_id = fields.Many2one(
        "ar.dunning.level", required=True, index=True, ondelete="cascade"
    )
    payer_profile = fields.Selection(
        PROFILES,
        "Payer",
        required=True,
    )
    is_skipped = fields.Boolean(
        "Skip the level", help="These payers start with the next level instead."
    )
    delay_days = fields.Integer(
        "Days", compute="_compute_days", store=True, readonly=False, precompute=True
    )
    deadline_days = fields.Integer(
        "Days to pay",
        compute="_compute_days",
        store=True,
        readonly=False,
        precompute=True,
    )
    mail_template_id = fields.Many2one(
        "mail.template",
        "Text",
        domain=[("model", "=", "ar.dunning.notice")],
        ondelete="restrict",
        help="Empty: the level's own text.",
    )

    _profile_uniq = models.Constraint(
        "UNIQUE(level_id, payer_profile)",
        "A level can differ only once for each payer profile.",
    )
    _check_deadline = models.Constraint(
        "CHECK(deadline_days >= 0)", "Days to pay cannot be negative."
    )

    # === COMPUTE METHODS === #

    @api.depends("level_id")
    def _compute_days(self):
        for variant in self:
            variant.delay_days = variant.level_id.delay_days
            variant.deadline_days = variant.level_id.deadline_days

    # === CONSTRAINT METHODS === #

    @api.constrains("delay_days", "deadline_days")
    def _check_bounds(self):
        self.level_id._check_bounds()

    @api.constrains("is_skipped", "delay_days", "payer_profile")
    def _check_delays_climb(self):
        self.level_id._check_delays_climb()
        self.level_id._check_negative_delay()

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        variants = super().create(vals_list)
        variants.level_id.policy_id._record_version()
        return variants

    def write(self, vals):
        result = super().write(vals)
        self.level_id.policy_id._record_version()
        return result

    def unlink(self):
        policies = self.level_id.policy_id
        result = super().unlink()
        policies.exists()._record_version()
        return result

    # === BUSINESS METHODS === #

    @api.model
    def _get_version_fields(self):
        """What of it is recorded with each version; addons append their fields."""
        return list(VARIANT_FIELDS)
