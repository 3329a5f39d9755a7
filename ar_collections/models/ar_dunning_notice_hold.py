from odoo import api, fields, models
from odoo.fields import Domain

from .ar_contact_governor import ContactRequest


class ArDunningNotice(models.Model):
    """Contact rules: notices wait until the customer may be contacted."""

    _inherit = "ar.dunning.notice"

    # === BUSINESS METHODS === #

    @api.model
    def _get_due_domain(self, moment):
        """Notices that are queued and need not wait any longer.

        What is left of a run that somebody stopped is not taken up.
        """
        return (
            Domain("state", "=", "queued")
            & Domain("run_id.is_stopping", "!=", True)
            & (
                Domain("date_not_before", "=", False)
                | Domain("date_not_before", "<=", moment)
            )
        )

    def _get_contact_requests(self):
        return [
            ContactRequest(
                notice.id,
                notice.debtor_id,
                notice.partner_id,
                notice.channel,
                notice.line_ids.move_id.ids,
            )
            for notice in self
        ]

    def _get_delivery_cron(self):
        return self.env.ref("ar_collections.ir_cron_ar_dunning_notice_deliver")

    def _refuse(self, reason):
        # the next run takes it up
        self._cancel(reason)

    def _get_releasing_user(self):
        """Who let the notice go: a person, or the night's work itself.

        What delivers it in the background acts for whoever approved it or confirmed its run.
        """
        self.ensure_one()
        return self.approval_user_id or self.run_id.confirm_user_id or self.env.user

    def _record_contacts(self, moment=None):
        """What is sent counts as a contact, from now on or from ``moment``."""
        vals_list = [
            {
                "debtor_id": notice.debtor_id.id,
                "partner_id": notice.partner_id.id,
                "channel": notice.channel,
                "date": moment or fields.Datetime.now(),
                "notice_id": notice.id,
                "user_id": notice._get_releasing_user().id,
            }
            for notice in self
            if notice.channel != "none"
        ]
        # sudo: nobody writes contacts by hand
        self.env["ar.contact"].sudo().create(vals_list)
