from odoo import api, fields, models
from odoo.exceptions import UserError


class ArDunningNotice(models.Model):
    """A channel that failed: the level's fallback takes over, else somebody is asked."""

    _inherit = "ar.dunning.notice"

    failed_channel = fields.Char(
        readonly=True,
        copy=False,
        help="The channel that did not reach the customer; this notice does not take it "
        "again by itself.",
    )
    other_channel = fields.Selection(
        selection=lambda self: self._fields["channel"]._description_selection(self.env),
        string="Other way",
        compute="_compute_other_channel",
        help="The level's fallback, if it can reach the recipient.",
    )

    # === COMPUTE METHODS === #

    @api.depends("state", "channel", "level_id", "partner_id")
    def _compute_other_channel(self):
        for notice in self:
            failed = notice.channel if notice.state == "error" else False
            notice.other_channel = failed and notice._get_other_channel(failed)

    # === ACTION METHODS === #

    def action_send_otherwise(self):
        """Send failed notices by the level's fallback instead of trying again."""
        for notice in self._as_collector().filtered(lambda n: n.state == "error"):
            other = notice._get_other_channel(notice.channel)
            if not other:
                raise UserError(
                    self.env._(
                        "%(notice)s has no other way: level “%(level)s” names no "
                        "fallback that reaches %(partner)s. Complete the contact and "
                        "try again, or drop the notice.",
                        notice=notice.display_name,
                        level=notice.level_id.name,
                        partner=notice.partner_id.display_name,
                    )
                )
            notice._take_other_way(is_avoided=True)
        return True

    # === BUSINESS METHODS === #

    def _get_other_channel(self, failed, level=None):
        """The level's fallback, if it is another channel and reaches the recipient.

        :param str failed: the channel that did not
        :param level: the level that the notice is about to take; else its own
        """
        self.ensure_one()
        level = level or self.level_id
        other = level.fallback_channel
        if other in (failed, "none"):
            return False
        engine = self.env["ar.dunning.engine"]
        # sudo: whether the contact can be reached, whoever looks at the notice
        is_reached = engine.sudo()._is_reachable(
            self.partner_id, other, level, self.company_id
        )
        return other if is_reached else False

    def _take_other_way(self, is_avoided):
        """Queue failed notices again.

        :param bool is_avoided: the channel itself has failed; a dead address is left
            out by the decision, another person's may do
        """
        for notice in self:
            notice.failed_channel = is_avoided and notice.channel
            if notice.problem:
                notice.change_note = notice._add_note(notice.problem)
        self._queue_again()

    def _get_way(self, row, level):
        """Recipient and channel by today's decision, but never what failed before.

        :param dict row: the decision on the item that carries the notice
        :param level: the level that it is sent with
        :return: values to write; False if there is no way left
        :rtype: dict | bool
        """
        self.ensure_one()
        if not self.is_redirected:
            self.partner_id, channel = row["recipient_id"], row["channel"]
        else:
            # another level has a channel of its own
            channel = (self if level == self.level_id else level).channel
        if channel == self.failed_channel or not self._is_reached_by(channel, level):
            channel = self._get_other_channel(channel, level)
        return channel and {"partner_id": self.partner_id.id, "channel": channel}

    def _is_reached_by(self, channel, level):
        # the decision has looked already; what a person chose may have died since
        return not self.is_redirected or self.env["ar.dunning.engine"]._is_reachable(
            self.partner_id, channel, level, self.company_id
        )

    def _set_no_way(self, level):
        """Nothing is left to try: somebody must look at it."""
        self._update_state(("queued",), "error")
        engine = self.env["ar.dunning.engine"]
        for notice in self:
            notice.problem = engine._explain_no_contact(level)
            notice._ask_for_address(self.env._("No way to reach the customer"))

    def _set_undelivered(self, problem, summary, is_address_dead=False):
        """These notices did not arrive: the fallback takes over, else somebody is asked.

        A channel's addon calls this when it learns so.

        :param str problem: what happened, in a sentence
        :param str summary: title of the task if a person has to act
        :param bool is_address_dead: the recipient is marked, so that the decision leaves
            the address out; else this notice avoids the channel
        :return: the notices that go another way now
        :rtype: recordset of `ar.dunning.notice`
        """
        failed = self._set_failed(problem)
        otherwise = failed.filtered(
            lambda n: (
                n._has_other_way()
                if is_address_dead
                else n._get_other_channel(n.channel)
            )
        )
        otherwise._take_other_way(is_avoided=not is_address_dead)
        for notice in failed - otherwise:
            notice._ask_for_address(summary)
        return otherwise

    def _set_unsendable(self, problem, summary):
        """The service that sends them is at fault, not the customer's address.

        They wait for a person, who is told once and not once per customer.

        :param str problem: what happened, in a sentence
        :param str summary: title of the task
        """
        failed = self._set_failed(problem)
        for user, notices in failed.grouped(lambda n: n._get_responsible()).items():
            if not notices._is_told(user, summary):
                notices[0].debtor_id._plan_answer(summary, problem, user)

    def _is_told(self, user, summary):
        """Whether a person has the same task already, for whichever customer."""
        kind = self.env.ref("ar_collections.mail_activity_type_answer")
        # sudo: tasks on debtors that the sender may not see count, too
        return bool(
            self.env["mail.activity"]
            .sudo()
            .search_count(
                [
                    ("res_model", "=", "ar.debtor"),
                    ("activity_type_id", "=", kind.id),
                    ("summary", "=", summary),
                    ("user_id", "=", user.id),
                ],
                limit=1,
            )
        )

    def _forget_contacts(self):
        """What did not arrive was no contact: caps do not count it."""
        # sudo: nobody writes contacts by hand
        self.env["ar.contact"].sudo().search(
            [("notice_id", "in", self.ids), ("outcome", "=", "sent")]
        ).outcome = "failed"

    def _restore_contacts(self):
        """It arrived after all: the last contact by that channel was one."""
        # sudo: nobody writes contacts by hand
        contacts = self.env["ar.contact"].sudo()
        for found in (
            contacts.search([("notice_id", "in", self.ids)])
            .grouped("notice_id")
            .values()
        ):
            channel = found.notice_id.channel
            last = found.filtered(lambda c, by=channel: c.channel == by)[:1]
            last.filtered(lambda c: c.outcome == "failed").outcome = "sent"

    def _recall(self):
        """Take back what has not left yet, when a run is undone.

        Letters that nobody printed, e-mails that still wait in the queue. A channel's
        addon adds what it can still stop.

        :return: the notices that nobody got
        :rtype: recordset of `ar.dunning.notice`
        """
        stopped = self.filtered(lambda n: n.channel == "letter" and not n.is_printed)
        stopped += self._recall_mails()
        stopped._cancel_statements()
        stopped._forget_contacts()
        return stopped

    def _get_recallable(self):
        """What `_recall` would take back if it were called now; takes and locks nothing.

        :return: the sent notices that nobody has got yet
        :rtype: recordset of `ar.dunning.notice`
        """
        messages = self._get_queued_mails().mail_message_id
        return self.filtered(
            lambda n: (
                (n.channel == "letter" and not n.is_printed)
                or (n.channel == "email" and n.mail_message_id.sudo() in messages)
            )
        )

    def _get_queued_mails(self):
        """The e-mails that the queue has not handed to the mail server."""
        by_mail = self.filtered(lambda n: n.channel == "email" and n.mail_message_id)
        # sudo: the mail queue belongs to the system
        mails = self.env["mail.mail"].sudo()
        return mails.search(
            [
                ("mail_message_id", "in", by_mail.mail_message_id.ids),
                ("state", "=", "outgoing"),
                ("ar_handed_over", "=", False),
            ]
        )

    def _recall_mails(self):
        """Withdraw the e-mails that the queue has not handed to the mail server."""
        by_mail = self.filtered(lambda n: n.channel == "email" and n.mail_message_id)
        waiting = self._get_queued_mails()
        # what the queue holds at this moment is on its way
        waiting = waiting.try_lock_for_update()
        waiting.invalidate_recordset(["state", "ar_handed_over"])
        waiting = waiting.filtered(
            lambda mail: mail.state == "outgoing" and not mail.ar_handed_over
        )
        waiting._withdraw()
        messages = waiting.mail_message_id
        return by_mail.filtered(lambda n: n.mail_message_id.sudo() in messages)
