from odoo import models
from odoo.exceptions import UserError


class MailMail(models.Model):
    """A statement knows what became of its e-mail."""

    _inherit = "mail.mail"

    def _get_ar_statements(self):
        """The statements whose e-mails these are.

        :rtype: recordset of `ar.statement`
        """
        # sudo: called by the mail queue
        return (
            self.env["ar.statement"]
            .sudo()
            .search([("mail_message_id", "in", self.mail_message_id.ids)])
        )

    def _stop_uncertain(self, reason=None):
        # EXTENDS 'ar_collections'
        result = super()._stop_uncertain(reason)
        for mail in self:
            mail._get_ar_statements()._set_failed(mail.failure_reason)
        return result

    def _get_ar_claims(self):
        # EXTENDS 'ar_collections': a statement's figures grow old, too
        messages = self._get_ar_statements().mail_message_id
        return super()._get_ar_claims() | self.filtered(
            lambda m: m.mail_message_id in messages
        )

    def _tell_ar_failed(self, problem, summary):
        # EXTENDS 'ar_collections'
        self._get_ar_statements()._set_failed(problem)
        return super()._tell_ar_failed(problem, summary)

    def _check_ar_retry(self):
        # EXTENDS 'ar_collections'
        cancelled = self._get_ar_statements().filtered(lambda s: s.state == "cancel")
        if cancelled:
            raise UserError(
                self.env._(
                    "Statement %s was cancelled: its e-mail is not sent.",
                    cancelled[0].display_name,
                )
            )
        return super()._check_ar_retry()

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        # EXTENDS 'mail'
        statements = self.filtered(
            lambda m: m.model == "ar.debtor"
        )._get_ar_statements()
        if failure_type or failure_reason:
            statements._set_failed(
                failure_reason or self.env._("The mail server refused the e-mail.")
            )
        else:
            statements._set_arrived()
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason, failure_type
        )
