import smtplib
from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError

from ..tools.plaintext import to_plaintext

# A mail server that hung up is asked again then; core's queue would wait an hour.
PATIENCE = timedelta(minutes=15)


class MailMail(models.Model):
    _inherit = "mail.mail"

    ar_handed_over = fields.Datetime(
        "Handed to the mail server",
        readonly=True,
        help="Set, and committed, right before a dunning e-mail goes to the mail "
        "server. If the server is killed in that very moment, nobody can know whether "
        "the e-mail left; such a notice waits for a person instead of going twice.",
    )

    # === BUSINESS METHODS === #

    def _get_ar_notices(self):
        """The notices whose e-mails these are.

        :rtype: recordset of `ar.dunning.notice`
        """
        # sudo: called by the mail queue
        return (
            self.env["ar.dunning.notice"]
            .sudo()
            .search([("mail_message_id", "in", self.mail_message_id.ids)])
        )

    def _send(self, auto_commit=False, **kwargs):
        # EXTENDS 'mail': one kill between SMTP and commit must not send twice
        dunning = self.filtered(lambda m: m.model == "ar.debtor")
        if not auto_commit or not dunning:
            return super()._send(auto_commit=auto_commit, **kwargs)
        uncertain = dunning.filtered(
            lambda m: m.ar_handed_over and m.state == "outgoing"
        )
        uncertain._stop_uncertain()
        for mail in dunning - uncertain:
            mail.ar_handed_over = fields.Datetime.now()
            self._commit_for_good()
            try:
                super(MailMail, mail)._send(auto_commit=auto_commit, **kwargs)
            except smtplib.SMTPServerDisconnected:
                mail._stop_cut_off()
                raise
        others = self - dunning
        return super(MailMail, others)._send(auto_commit=auto_commit, **kwargs)

    def _prepare_outgoing_list(self, *args, **kwargs):
        # EXTENDS 'mail': a claim has to be readable without HTML, too
        values = super()._prepare_outgoing_list(*args, **kwargs)
        if self.model == "ar.debtor":
            for email in values:
                email["body_alternative"] = to_plaintext(email["body"])
        return values

    def _commit_for_good(self):
        """Commit so that a crash of the database server cannot take it back.

        Where ``synchronous_commit`` is off, it could: the mark would be lost, the e-mail
        not, and it would go twice.
        """
        self.env.cr.execute(
            """
            SELECT set_config('synchronous_commit', 'on', TRUE)
             WHERE current_setting('synchronous_commit') = 'off'
            """
        )
        self.env["ir.cron"]._commit_progress()

    def _stop_cut_off(self):
        """The line broke, or the mail server was silent for too long.

        Core leaves such an e-mail behind as failed without telling anybody. The rest of
        the queue was not handed over and is tried again soon.
        """
        self._stop_uncertain(
            self.env._(
                "The mail server did not answer, or the line to it broke, while this "
                "e-mail was handed over; it may have arrived. Ask the customer or look "
                "at the mail server's log, then press “Try again” or cancel the notice."
            )
        )
        # sudo: the queue belongs to the system
        cron = self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()
        cron._trigger(at=fields.Datetime.now() + PATIENCE)
        # whoever called may roll back
        self.env["ir.cron"]._commit_progress()

    def _stop_uncertain(self, reason=None):
        reason = reason or self.env._(
            "The server stopped while this e-mail was handed to the mail server; it "
            "may have arrived. Ask the customer or look at the mail server's log, "
            "then press “Try again” or cancel the notice."
        )
        self.write(
            {"state": "exception", "failure_reason": reason, "failure_type": "unknown"}
        )
        self._get_ar_notices()._set_failed(reason)

    def action_retry(self):
        # EXTENDS 'mail': a notice that was cancelled is not sent by a side door
        cancelled = self._get_ar_notices().filtered(lambda n: n.state == "cancel")
        if cancelled:
            raise UserError(
                self.env._(
                    "Notice %s was cancelled: its e-mail is not sent.",
                    cancelled[0].display_name,
                )
            )
        self.ar_handed_over = False
        return super().action_retry()

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        # EXTENDS 'mail': the notice knows what became of its e-mail
        mails = self.filtered(lambda m: m.model == "ar.debtor")
        if mails and not (failure_type or failure_reason):
            # somebody pressed “Retry” on the e-mail itself
            mails._get_ar_notices()._set_arrived()
        elif mails:
            mails.ar_handed_over = False
            notices = mails._get_ar_notices()
            if failure_type in ("mail_email_invalid", "mail_email_missing"):
                notices._handle_bounce(None, failure_reason)
            else:
                notices._set_failed(
                    failure_reason
                    or mails[0].failure_reason
                    or self.env._("The mail server refused the e-mail.")
                )
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason, failure_type
        )
