from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .ar_dunning_notice_state import NO_CREDIT


class SnailmailLetter(models.Model):
    _inherit = "snailmail.letter"

    ar_handed_over = fields.Datetime(
        "Handed to the post service",
        readonly=True,
        copy=False,
        help="Set, and committed, right before a dunning letter goes to the service. If "
        "the server is killed in that very moment, nobody can know whether it will be "
        "posted; such a notice waits for a person instead of going twice.",
    )

    # === BUSINESS METHODS === #

    def _get_ar_notices(self):
        """The notices whose letters these are.

        :rtype: recordset of `ar.dunning.notice`
        """
        # sudo: called by the queue of the post service
        return (
            self.env["ar.dunning.notice"]
            .sudo()
            .search([("post_letter_id", "in", self.ids)])
        )

    def cancel(self):
        # EXTENDS 'snailmail': somebody took a letter out of the queue by hand
        notices = self._get_ar_notices().filtered(lambda n: n.post_state == "pending")
        result = super().cancel()
        if notices:
            notices._handle_post_failure(
                "CANCELED",
                self.env._(
                    "The letter was cancelled in the queue before it was posted."
                ),
            )
        return result

    @api.model
    def _snailmail_cron(self, autocommit=True):
        # EXTENDS 'snailmail': ours first, since core stops at the first one that fails
        ours = self.search(
            [("state", "=", "pending"), ("model", "=", "ar.dunning.notice")], order="id"
        )
        for letter in ours:
            letter._post_once()
        return super()._snailmail_cron(autocommit)

    def _snailmail_print(self, immediate=True):
        # EXTENDS 'snailmail': a dunning letter is never posted by a side door
        ours = self.filtered(lambda letter: letter.model == "ar.dunning.notice")
        for letter in ours if immediate else ():
            if letter.state == "pending" and letter._get_ar_notices():
                letter._post_once()
        others = self - ours
        return super(SnailmailLetter, others)._snailmail_print(immediate)

    def snailmail_print(self):
        # EXTENDS 'snailmail': trying again looks at the customer's debt again
        notices = self.env["ar.dunning.notice"]
        ours = self.filtered(lambda letter: letter.model == notices._name)
        if ours:
            raise UserError(
                self.env._(
                    "This is a dunning letter: press “Try again” on notice %s, so that "
                    "what is open is looked at again first.",
                    notices.browse(ours[0].res_id).display_name,
                )
            )
        return super().snailmail_print()

    def _post_once(self):
        """Mark the letter, commit, and hand it to the service; never a second time."""
        self.ensure_one()
        letter = self._take_pending()
        if not letter:
            return
        if letter.ar_handed_over:
            letter._fail("UNCERTAIN", letter._get_uncertain_words())
            self.env["ir.cron"]._commit_progress()
            return
        letter.ar_handed_over = fields.Datetime.now()
        self.env["mail.mail"]._commit_for_good()
        # the commit has let go of the row
        letter = letter._take_pending()
        if letter:
            letter._hand_over()
            self.env["ir.cron"]._commit_progress()

    def _take_pending(self):
        mine = self.try_lock_for_update()
        mine.invalidate_recordset(["state", "ar_handed_over"])
        return mine.filtered(lambda letter: letter.state == "pending")

    def _hand_over(self):
        # the queue runs in no company: each has its own account with the service
        letter = self.with_context(allowed_company_ids=self.company_id.ids)
        try:
            if letter._is_valid_address(letter):
                letter._snailmail_print_valid_address()
            else:
                letter._snailmail_print_invalid_address()
        except AccessError:
            # core's words for: the service did not answer
            letter.error_code = "UNKNOWN_ERROR"
        if letter.state == "sent":
            letter._get_ar_notices()._handle_posted()
            return
        code = letter.error_code or "UNKNOWN_ERROR"
        letter._fail(code)
        if code in NO_CREDIT:
            # the others of the company would fail the same way, each with a message
            letter._get_waiting_siblings()._fail(code)

    def _get_waiting_siblings(self):
        return self.search(
            [
                ("state", "=", "pending"),
                ("model", "=", "ar.dunning.notice"),
                ("company_id", "=", self.company_id.id),
                ("ar_handed_over", "=", False),
            ]
        ).try_lock_for_update()

    def _fail(self, code, sentence=None):
        """Tell the notices, and leave the queue: core would post it without a look."""
        notices = self._get_ar_notices()
        # said before it is cancelled: nobody did that by hand; info_msg stays
        notices.post_state = "error"
        self.cancel()
        if notices:
            notices._handle_post_failure(
                code, sentence or notices._get_post_problem(code)
            )

    def _get_uncertain_words(self):
        return self.env._(
            "The server stopped while this letter was handed to the post service; it "
            "may be on its way. Look at the service's list of letters, then press “Try "
            "again” or drop the notice."
        )
