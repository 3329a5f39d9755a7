from odoo import api, models

# What is sent by e-mail from a debtor's chatter.
MESSAGE_MODELS = ("ar.dunning.notice", "ar.statement")


class ArDunningNotice(models.Model):
    """What comes back: bounces."""

    _inherit = "ar.dunning.notice"

    def _handle_bounce(self, email, reason):
        """An e-mail came back: the address is dead, the fallback channel takes over.

        Where there is none, the notice needs attention and somebody is asked.

        :param str email: the address that could not be reached
        :param str reason: what the other mail server said
        """
        people = self.partner_id.filtered(
            lambda p: not email or p.email_normalized == email
        )
        for partner in people:
            partner.ar_bounced_email = partner.email_normalized
        for notice in self.filtered(
            lambda n: n.partner_id in people and n.state == "sent"
        ):
            notice._set_undelivered(
                self.env._(
                    "The e-mail to %(email)s came back: %(reason)s",
                    email=notice.partner_id.email_normalized,
                    reason=reason or self.env._("no reason given"),
                ),
                self.env._("E-mail came back"),
                is_address_dead=True,
            )

    def _has_other_way(self):
        """Whether the customer can be reached without the address that is dead."""
        self.ensure_one()
        rows = self.env["ar.dunning.engine"]._decide(
            self.company_id,
            self.company_id._ar_today(),
            partners=self.debtor_id.partner_id,
            runs=self.run_id,
            keeps_days_off=False,
        )
        return any(
            row["currency_id"] == self.currency_id.id
            and row["group_key"] == self.group_key
            and row["recipient_id"]
            and row["notice_level_id"]
            for row in rows
        )

    def _ask_for_address(self, summary):
        """Somebody has to find out how the customer is reached."""
        for notice in self:
            notice.debtor_id._plan_answer(
                summary, notice.problem, notice._get_responsible()
            )


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        # EXTENDS 'mail': a notice or statement knows that its e-mail came back
        result = super()._routing_handle_bounce(email_message, message_dict)
        message = message_dict["bounced_message"]
        if message and message.model == "ar.debtor":
            lines = str(email_message.get("Subject") or "").strip().splitlines()
            reason = " ".join(lines)[:200]
            for name in MESSAGE_MODELS:
                # sudo: the mail gateway
                sent = self.env[name].sudo()
                sent = sent.search([("mail_message_id", "=", message.id)])
                sent._handle_bounce(message_dict["bounced_email"], reason)
        return result


class ArDebtor(models.Model):
    """What customers answer."""

    _inherit = "ar.debtor"

    def _message_post_after_hook(self, message, msg_vals):
        # EXTENDS 'mail': a reply that nobody reads is worse than none
        result = super()._message_post_after_hook(message, msg_vals)
        if message.message_type == "email" and not message.author_id.user_ids.filtered(
            lambda u: not u.share
        ):
            self._tell_reply(message)
        return result

    def _tell_reply(self, message):
        """Plan to answer what a customer wrote."""
        self.ensure_one()
        # the last one who wrote to the customer, if the collector is nobody
        notice = self.env["ar.dunning.notice"].search(
            [("debtor_id", "=", self.id), ("state", "=", "sent")], limit=1
        )
        user = self.user_id.filtered(lambda u: u.active and not u.share)
        if not user:
            user = notice._get_responsible() if notice else self._get_caretaker()
        self._plan_answer(
            self.env._("Customer replied"), message.preview or message.subject, user
        )

    def _get_caretaker(self):
        """The first credit manager of the company, for what has no owner."""
        # sudo: users of other companies are looked at, not shown
        manager = self.env.ref("ar_collections.ar_collections_group_manager").sudo()
        return manager.all_user_ids.sorted("id").filtered(
            lambda u: self.company_id in u.company_ids and u.active and not u.share
        )[:1]

    def _plan_answer(self, summary, note, user):
        """Plan one task; a second one about the same adds nothing."""
        self.ensure_one()
        kind = self.env.ref("ar_collections.mail_activity_type_answer")
        waiting = self.activity_ids.filtered(
            lambda a: a.activity_type_id == kind and a.summary == summary
        )
        if not waiting:
            self.activity_schedule(
                "ar_collections.mail_activity_type_answer",
                summary=summary,
                note=note,
                user_id=user.id or self.env.uid,
            )
