from odoo import api, fields, models


class ArDunningLevelVariant(models.Model):
    _inherit = "ar.dunning.level.variant"

    sms_template_id = fields.Many2one(
        "sms.template",
        "SMS text",
        domain=[("model", "=", "ar.dunning.notice")],
        ondelete="restrict",
        help="Empty: the level's own text.",
    )

    # === BUSINESS METHODS === #

    @api.model
    def _get_version_fields(self):
        # EXTENDS 'ar_collections'
        return [*super()._get_version_fields(), "sms_template_id"]
