from odoo import models


class SmsTracker(models.Model):
    _inherit = "sms.tracker"

    def _update_sms_notifications(
        self, notification_status, failure_type=False, failure_reason=False
    ):
        # EXTENDS 'sms': every report of a provider comes by here; the notice knows
        result = super()._update_sms_notifications(
            notification_status, failure_type, failure_reason
        )
        told = self.mail_notification_id.filtered(
            lambda n: n.notification_status == notification_status
        )
        messages = told.mail_message_id.filtered(lambda m: m.model == "ar.debtor")
        if messages:
            # sudo: the provider reports without a user
            notices = self.env["ar.dunning.notice"].sudo()
            notices.search(
                [("mail_message_id", "in", messages.ids), ("channel", "=", "sms")]
            )._handle_sms_state(notification_status, failure_type, failure_reason)
        return result
