from odoo import fields, models
from odoo.exceptions import UserError

# Handed over together; more would have to be asked about after a kill.
BATCH = 20


class SmsSms(models.Model):
    _inherit = "sms.sms"

    ar_handed_over = fields.Datetime(
        "Handed to the provider",
        readonly=True,
        copy=False,
        help="Set, and committed, right before a dunning SMS goes to the provider. If "
        "the server is killed in that very moment, nobody can know whether the SMS "
        "left; such a notice waits for a person instead of going twice.",
    )

    ar_is_withdrawn = fields.Boolean(
        "Withdrawn",
        readonly=True,
        copy=False,
        help="Taken out of the queue with its notice, or because that is sent once "
        "more: it never leaves by its own “Retry”.",
    )

    # === ACTION METHODS === #

    def resend_failed(self):
        # EXTENDS 'sms': somebody has decided to send it again
        failed = self.filtered(lambda sms: sms.state == "error")
        failed._check_ar_retry()
        failed.ar_handed_over = False
        return super().resend_failed()

    def action_set_outgoing(self):
        # EXTENDS 'sms': the same by the button of the form
        self._check_ar_retry()
        self.filtered(
            lambda sms: sms.mail_message_id.model == "ar.debtor"
        ).ar_handed_over = False
        return super().action_set_outgoing()

    # === BUSINESS METHODS === #

    def _check_ar_retry(self):
        """Refuse what was taken back: it is not sent by a side door.

        :raise UserError: if its notice was cancelled or is sent by another SMS
        """
        # sudo: called by the SMS queue
        notices = self.env["ar.dunning.notice"].sudo()
        gone = notices.search(
            [("mail_message_id", "in", self.mail_message_id.ids)]
        ).filtered(lambda n: n.state == "cancel" or n.is_undone)
        for sms in self:
            if sms.ar_is_withdrawn or sms.mail_message_id in gone.mail_message_id:
                raise UserError(
                    self.env._(
                        "The SMS to %s was taken out of the queue with its notice. Press "
                        "“Try again” on the notice, which looks first at what is still "
                        "owed; one that was cancelled is not sent.",
                        sms.number,
                    )
                )

    def _send(self, unlink_failed=False, unlink_sent=True, raise_exception=False):
        # EXTENDS 'sms': one kill between provider and commit must not send twice
        dunning = self.filtered(lambda sms: sms.mail_message_id.model == "ar.debtor")
        if not dunning:
            return super()._send(unlink_failed, unlink_sent, raise_exception)
        # the row is ours: nobody else is handing it over at this moment
        uncertain = dunning.filtered("ar_handed_over")
        uncertain._stop_uncertain()
        todo = dunning - uncertain
        by_company = todo.grouped(lambda sms: sms.mail_message_id.record_company_id)
        for company, batch in by_company.items():
            for start in range(0, len(batch), BATCH):
                batch[start : start + BATCH]._send_once(company, unlink_sent)
        others = self - dunning
        if others:
            return super(SmsSms, others)._send(
                unlink_failed, unlink_sent, raise_exception
            )
        return None

    def _send_once(self, company, unlink_sent):
        """Mark these, commit, and hand them to the provider of their company."""
        self.ar_handed_over = fields.Datetime.now()
        self.env["mail.mail"]._commit_for_good()
        # the commit has let go of the rows
        mine = self.try_lock_for_update()
        mine.invalidate_recordset(["state"])
        mine = mine.filtered(lambda sms: sms.state == "outgoing")
        # the queue runs in no company: each has its own account with the provider
        mine = mine.with_context(allowed_company_ids=company.ids)
        for sms_api, batch in mine._split_by_api():
            batch._send_with_api(sms_api, unlink_sent=unlink_sent)
        self.env["ir.cron"]._commit_progress()

    def _stop_uncertain(self):
        if not self:
            return
        reason = self.env._(
            "The server stopped while this SMS was handed to the provider; it may have "
            "arrived. Ask the customer or look at the provider's log, then press “Try "
            "again” or drop the notice."
        )
        self.write({"state": "error", "failure_type": "unknown"})
        # sudo: called by the SMS queue
        trackers = self.sudo().sms_tracker_id
        trackers._action_update_from_sms_state("error", "unknown", reason)

    def _withdraw(self):
        """Take these out of the queue without telling their notices, who know."""
        if not self:
            return
        # sudo: the queue belongs to the system
        withdrawn = self.sudo()
        withdrawn.write(
            {"state": "canceled", "failure_type": False, "ar_is_withdrawn": True}
        )
        withdrawn.sms_tracker_id.mail_notification_id.notification_status = "canceled"
