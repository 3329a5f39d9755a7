from datetime import timedelta

from odoo import api, fields, models

# The queue runs at once and then once a day; a letter that waits longer is told.
PATIENCE = timedelta(days=2)
# The service cannot post this letter; the others mean that it posts none at the moment.
UNPOSTABLE = {
    "MISSING_REQUIRED_FIELDS",
    "NO_PRICE_AVAILABLE",
    "FORMAT_ERROR",
    "ATTACHMENT_ERROR",
}
NO_CREDIT = {"CREDIT_ERROR", "TRIAL_ERROR"}


class ArDunningNotice(models.Model):
    """What becomes of a letter at the post service."""

    _inherit = "ar.dunning.notice"

    post_state = fields.Selection(
        [
            ("pending", "Waits for the post service"),
            ("sent", "Handed to the post"),
            ("error", "Not posted"),
            ("cancel", "Taken back"),
        ],
        "Post",
        readonly=True,
        copy=False,
    )
    post_failure = fields.Char(
        readonly=True, copy=False, help="The post service's reason, as a code."
    )
    post_note = fields.Html(
        "What the post service said",
        related="post_letter_id.info_msg",
        related_sudo=True,
    )

    # === ACTION METHODS === #

    def action_buy_stamps(self):
        """Open the page on which credits for the post service are bought."""
        self._as_collector("ar_collections.ar_collections_group_manager")
        # sudo: the account's key is for those who may buy
        url = self.env["iap.account"].sudo().get_credits_url(service_name="snailmail")
        return {"type": "ir.actions.act_url", "url": url, "target": "new"}

    def action_print_instead(self):
        """Letters that could not be posted are made once more, to print yourself."""
        failed = self._as_collector().filtered(
            lambda n: n.state == "error" and n.post_failure
        )
        failed.write(
            {"is_print_forced": True, "is_printed": False, "failed_channel": False}
        )
        failed._queue_again()
        return True

    # === CRONS === #

    @api.autovacuum
    def _give_up_waiting_letters(self):
        """A letter that its queue did not take is not posted days later, nor for ever."""
        waiting = self.search(
            [
                ("post_state", "=", "pending"),
                ("post_letter_id.create_date", "<", fields.Datetime.now() - PATIENCE),
            ]
        )
        stopped = waiting._withdraw_letters()
        stopped.write(
            {"post_state": "error", "post_failure": "WAITED", "is_printed": False}
        )
        stopped._set_unsendable(
            self.env._(
                "The letter waited for the post service for more than two days and was "
                "taken out of its queue. Ask your administrator whether the scheduled "
                "action “Snailmail: process letters queue” runs, then try again or "
                "print it yourself."
            ),
            self.env._("Letters are not being posted"),
        )

    # === BUSINESS METHODS === #

    def _handle_posted(self):
        self.write({"post_state": "sent", "post_failure": False})

    def _handle_post_failure(self, code, sentence):
        """The letter was not posted: the fallback takes over, else somebody is asked.

        :param str code: of `snailmail.letter.error_code`
        :param str sentence: what happened
        """
        self.write({"post_state": "error", "post_failure": code, "is_printed": False})
        for notice in self:
            # the chatter says that it was sent, since core wrote that when it was queued
            notice._message_log(body=sentence)
        if code in UNPOSTABLE:
            for notice in self:
                notice._set_undelivered(
                    sentence, self.env._("Letter could not be posted")
                )
        else:
            self._set_unsendable(sentence, self.env._("Letters cannot be posted"))

    def _get_post_problem(self, code):
        """Why it was not posted, in a sentence."""
        _ = self.env._
        return {
            "CREDIT_ERROR": _(
                "Not posted: there are no credits left for the post service. Buy "
                "credits and try again, or print it yourself."
            ),
            "TRIAL_ERROR": _(
                "Not posted: the company has no account with the post service yet. Buy "
                "credits and try again, or print it yourself."
            ),
            "NO_PRICE_AVAILABLE": _(
                "Not posted: the post service does not send letters to that country."
            ),
            "MISSING_REQUIRED_FIELDS": _(
                "Not posted: the recipient's name or postal address is not complete."
            ),
            "FORMAT_ERROR": _(
                "Not posted: the post service cannot print this letter. Look at its "
                "layout, or print it yourself."
            ),
            "ATTACHMENT_ERROR": _("Not posted: the letter could not be made as a PDF."),
        }.get(
            code,
            _(
                "The post service did not answer or had an error; if it did not answer, "
                "the letter may be on its way."
            ),
        )

    def _withdraw_letters(self):
        """Take the letters that still wait out of the post service's queue.

        :return: the notices whose letters will not be posted
        """
        # sudo: the queue of the post service
        waiting = self.post_letter_id.sudo().try_lock_for_update()
        waiting = waiting.filtered(
            lambda letter: letter.state == "pending" and not letter.ar_handed_over
        )
        stopped = self.filtered(lambda n: n.post_letter_id.sudo() in waiting)
        stopped.post_state = "cancel"
        waiting.cancel()
        return stopped

    def _cancel_mails(self):
        # EXTENDS 'ar_collections'
        result = super()._cancel_mails()
        self._withdraw_letters()
        return result

    def _get_recallable(self):
        # EXTENDS 'ar_collections'
        # sudo: the queue of the post service
        waiting = self.post_letter_id.sudo().filtered(
            lambda letter: letter.state == "pending" and not letter.ar_handed_over
        )
        return super()._get_recallable() | self.filtered(
            lambda n: n.post_letter_id.sudo() in waiting
        )

    def _recall(self):
        # EXTENDS 'ar_collections': a letter that the service does not have yet
        stopped = self._withdraw_letters()
        stopped._forget_contacts()
        return super()._recall() | stopped
