import smtplib
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.plaintext import to_plaintext

# A mail server that hung up is asked again then; core's queue would wait an hour.
PATIENCE = timedelta(minutes=15)
# A reminder that waits longer may be wrong by now: it is looked at again, not sent.
TOO_LATE = timedelta(days=1)


class MailMail(models.Model):
    _inherit = "mail.mail"

    ar_handed_over = fields.Datetime(
        "Handed to the mail server",
        readonly=True,
        help="Set, and committed, right before a dunning e-mail goes to the mail "
        "server. If the server is killed in that very moment, nobody can know whether "
        "the e-mail left; such a notice waits for a person instead of going twice.",
    )

    ar_is_withdrawn = fields.Boolean(
        "Withdrawn",
        readonly=True,
        copy=False,
        help="Taken out of the queue with its notice or statement, or because that is "
        "sent once more: it never leaves by its own “Retry”.",
    )

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_tells_ar(self):
        self._tell_ar_cancelled()

    # === ACTION METHODS === #

    def action_retry(self):
        # EXTENDS 'mail': core passes over what is cancelled without a word
        self.filtered(
            lambda m: m.model == "ar.debtor" and m.state in ("exception", "cancel")
        )._check_ar_retry()
        return super().action_retry()

    def mark_outgoing(self):
        # EXTENDS 'mail': what was taken back is not sent by a side door
        mine = self.filtered(lambda m: m.model == "ar.debtor")
        mine._check_ar_retry()
        mine.ar_handed_over = False
        return super().mark_outgoing()

    def cancel(self):
        # EXTENDS 'mail': a notice that nobody will get is not sent
        self._tell_ar_cancelled()
        return super().cancel()

    # === CRONS === #

    @api.autovacuum
    def _give_up_waiting_ar_mails(self):
        """An e-mail that its queue did not take is not sent days later, nor for ever."""
        waiting = self.search(
            [
                ("state", "=", "outgoing"),
                ("model", "=", "ar.debtor"),
                ("date", "<", fields.Datetime.now() - TOO_LATE),
                ("ar_handed_over", "=", False),
            ]
        )
        waiting.try_lock_for_update()._give_up_late()

    # === BUSINESS METHODS === #

    def _withdraw(self):
        """Take these out of the queue for good, without telling whose they are."""
        self.write({"state": "cancel", "ar_is_withdrawn": True})

    def _get_ar_claims(self):
        """Those of these e-mails that carry figures; the others may be late."""
        messages = self._get_ar_notices().mail_message_id
        return self.filtered(lambda m: m.mail_message_id in messages)

    def _tell_ar_failed(self, problem, summary):
        """Tell the notices of these e-mails that they do not leave.

        :param str problem: what happened, in a sentence
        :param str summary: title of the task
        """
        self._get_ar_notices()._set_unsendable(problem, summary)

    def _tell_ar_cancelled(self):
        waiting = self.filtered(
            lambda m: m.model == "ar.debtor" and m.state == "outgoing"
        )
        if waiting:
            waiting._tell_ar_failed(
                self.env._("The e-mail was cancelled in the queue before it was sent."),
                self.env._("E-mails were cancelled"),
            )

    def _give_up_late(self):
        """Withdraw e-mails that have waited so long that they may be wrong by now.

        :return: those that are not sent
        """
        end = fields.Datetime.now() - TOO_LATE
        late = self.filtered(lambda m: m.date and m.date < end)
        late = late and late._get_ar_claims()
        if late:
            late._withdraw()
            late._tell_ar_failed(
                self.env._(
                    "The e-mail waited in the queue for more than a day and was taken "
                    "out of it. Ask your administrator whether the scheduled action "
                    "“Mail: Email Queue Manager” runs, then press “Try again”."
                ),
                self.env._("E-mails are not being sent"),
            )
        return late

    def _check_ar_retry(self):
        """Refuse what must not be sent as it is.

        :raise UserError: if it was taken back, or its figures are of another day
        """
        notices = self._get_ar_notices()
        gone = notices.filtered(lambda n: n.state == "cancel" or n.is_undone)
        if gone:
            raise UserError(
                self.env._(
                    "Notice %s was cancelled: its e-mail is not sent.",
                    gone[0].display_name,
                )
            )
        end = fields.Datetime.now() - TOO_LATE
        old = self.filtered(lambda m: m.date and m.date < end)._get_ar_claims()
        for mail in old | self.filtered("ar_is_withdrawn"):
            raise UserError(
                self.env._(
                    "E-mail “%s” was taken out of the queue or is older than a day: what "
                    "it claims may have been paid. Press “Try again” on its notice or "
                    "statement, which looks first at what is still owed.",
                    mail.subject,
                )
            )

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
        late = dunning.filtered(
            lambda m: m.state == "outgoing" and not m.ar_handed_over
        )._give_up_late()
        if late:
            return (self - late)._send(auto_commit=auto_commit, **kwargs)
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
        self._get_ar_notices()._set_failed(reason, may_have_arrived=True)

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
