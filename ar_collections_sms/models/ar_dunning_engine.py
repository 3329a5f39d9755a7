from odoo import api, models
from odoo.tools import SQL

# A number in international format (core makes it of mobile, else phone, and the country),
# not marked as dead, not refused by its owner.
SMS_SQL = """
    (COALESCE(p.phone_sanitized, '') != '' AND p.ar_no_sms IS NOT TRUE
     AND p.phone_sanitized IS DISTINCT FROM p.ar_failed_number
     AND NOT EXISTS (SELECT FROM phone_blacklist b
                      WHERE b.number = p.phone_sanitized AND b.active))
"""


class ArDunningEngine(models.AbstractModel):
    _inherit = "ar.dunning.engine"

    # === BUSINESS METHODS === #

    @api.model
    def _get_reach_conditions(self, company):
        # EXTENDS 'ar_collections'
        return {**super()._get_reach_conditions(company), "sms": SQL(SMS_SQL)}

    @api.model
    def _flush_decision(self):
        # EXTENDS 'ar_collections'
        self.env["phone.blacklist"].flush_model()
        return super()._flush_decision()

    @api.model
    def _get_missing_words(self):
        # EXTENDS 'ar_collections'
        return {
            **super()._get_missing_words(),
            "sms": self.env._("no phone number that may get an SMS"),
        }
