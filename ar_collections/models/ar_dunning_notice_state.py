import logging

from odoo import api, models
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)


class ArDunningNotice(models.Model):
    """States: the one gate through which they change, and who takes notices through it."""

    _inherit = "ar.dunning.notice"

    # === BUSINESS METHODS === #

    def _update_state(self, allowed_states, target_state):
        """Only gate through which ``state`` changes.

        :return: the notices that were moved to ``target_state``
        :rtype: recordset of `ar.dunning.notice`
        """
        todo = self.filtered(lambda n: n.state in allowed_states)
        for notice in self - todo - self.filtered(lambda n: n.state == target_state):
            _logger.info(
                "Notice %s: refused %s -> %s", notice.id, notice.state, target_state
            )
        todo.write({"state": target_state})
        if target_state == "cancel":
            # the partial unique index reads it: these items may take the level again
            todo.line_ids.is_live = False
            todo.line_ids.flush_recordset(["is_live"])
        todo.flush_recordset(["state"])
        return todo

    def _cancel(self, reason):
        """Cancel notices that have not been sent, with the reason."""
        sent = self.filtered(lambda n: n.state == "sent")
        if sent:
            raise UserError(
                self.env._(
                    "Notice %(notice)s was sent already and cannot be taken back. "
                    "Write to the customer instead.",
                    notice=sent[0].display_name,
                )
            )
        # what failed must not go out by its own “Retry” afterwards
        self._cancel_mails()
        moved = self._update_state(("draft", "queued", "error"), "cancel")
        moved.write({"cancel_reason": reason})
        return moved

    def _cancel_mails(self):
        """Take the messages of these notices that were not sent out of their queues."""
        # sudo: the mail queue belongs to the system
        self.env["mail.mail"].sudo().search(
            [
                ("mail_message_id", "in", self.mail_message_id.ids),
                ("state", "!=", "sent"),
            ]
        )._withdraw()
        self._cancel_statements()

    @api.model
    def _trigger_delivery(self):
        # sudo: a collector starts the delivery without rights on scheduled actions
        self.env.ref(
            "ar_collections.ir_cron_ar_dunning_notice_deliver"
        ).sudo()._trigger()

    def _queue_again(self):
        """Send once more, after looking again; what was not sent yet is not doubled."""
        self._cancel_mails()
        self.write({"problem": False, "date_sent": False})
        self._update_state(("error",), "queued")
        self.run_id.filtered(lambda run: run.state == "done").state = "confirmed"
        if self:
            self._trigger_delivery()

    def _set_failed(self, reason, may_have_arrived=False):
        """The message did not arrive: somebody must look at it.

        Of a notice that was undone this is only written down: it is not sent again.

        :param bool may_have_arrived: it counts as a contact then
        :return: the notices that need another try
        :rtype: recordset of `ar.dunning.notice`
        """
        undone = self.filtered(lambda n: n.state == "sent" and n.is_undone)
        failed = (self - undone)._update_state(("sent", "queued"), "error")
        (failed + undone).write({"problem": reason})
        if not may_have_arrived:
            (failed + undone)._forget_contacts()
        return failed

    def _set_arrived(self):
        """The mail server took the message after all."""
        failed = self.filtered(lambda n: n.state == "error")
        failed.write({"problem": False})
        failed._update_state(("error",), "sent")
        failed._restore_contacts()

    def _log_deviation(self, kind, reason):
        """Write down that a person did something else than the policy says."""
        self.env["ar.deviation"]._log_notices(kind, reason, self)
