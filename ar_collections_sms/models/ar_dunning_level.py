from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ArDunningLevel(models.Model):
    """Levels that are sent as SMS."""

    _inherit = "ar.dunning.level"

    channel = fields.Selection(
        selection_add=[("sms", "SMS"), ("none",)],
        ondelete={"sms": lambda levels: levels._leave_sms()},
    )
    fallback_channel = fields.Selection(
        selection_add=[("sms", "SMS"), ("none",)], ondelete={"sms": "set letter"}
    )
    sms_template_id = fields.Many2one(
        "sms.template",
        "SMS text",
        domain=[("model", "=", "ar.dunning.notice")],
        ondelete="restrict",
        help="What the customer reads on the phone; also where SMS is the fallback.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains(
        "channel", "fallback_channel", "mail_template_id", "sms_template_id"
    )
    def _check_has_text(self):
        # EXTENDS 'ar_collections': an SMS has a text of its own
        by_sms = self.filtered(lambda lv: "sms" in (lv.channel, lv.fallback_channel))
        for level in by_sms:
            if not level.sms_template_id and level.channel != "none":
                raise ValidationError(
                    self.env._(
                        "Level “%(level)s” sends an SMS: choose its SMS text, or "
                        "another channel.",
                        level=level.name,
                    )
                )
        only_sms = by_sms.filtered(
            lambda lv: lv.channel == "sms" and lv.fallback_channel in ("sms", "none")
        )
        return super(ArDunningLevel, self - only_sms)._check_has_text()

    # === BUSINESS METHODS === #

    def _get_sms_template(self, profile):
        """The SMS text of the level for a payer of this profile.

        :rtype: recordset of `sms.template`
        """
        self.ensure_one()
        return self._get_variant(profile).sms_template_id or self.sms_template_id

    def _own_texts(self):
        # EXTENDS 'ar_collections'
        result = super()._own_texts()
        for holder in (self, *self.variant_ids):
            if holder.sms_template_id:
                name = f"{self.policy_id.name}: {holder.sms_template_id.name}"
                # sudo: the same words; who uses them need not be an administrator
                text = holder.sms_template_id.sudo().copy()
                text.name = name
                holder.sms_template_id = text.sudo(self.env.su)
        return result

    @api.model
    def _get_version_fields(self):
        # EXTENDS 'ar_collections'
        return [*super()._get_version_fields(), "sms_template_id"]

    def _leave_sms(self):
        """The addon is uninstalled: levels go on by e-mail, or without words."""
        for level in self:
            level.channel = "email" if level.mail_template_id else "none"
