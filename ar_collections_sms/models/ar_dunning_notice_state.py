from datetime import timedelta

from odoo import api, fields, models

# An SMS that waits longer is told to a person: its queue does not run.
PATIENCE = timedelta(days=1)
# The number does not get SMS: it is marked, so that the decision leaves it out.
DEAD = {
    "sms_number_missing",
    "sms_number_format",
    "sms_invalid_destination",
    "sms_not_allowed",
    "sms_blacklist",
    "sms_optout",
}
# This SMS did not arrive, whatever the number is worth.
LOST = {
    "sms_country_not_supported",
    "sms_expired",
    "sms_not_delivered",
    "sms_rejected",
    "sms_duplicate",
}
STATES = [
    ("ready", "Waits for the provider"),
    ("process", "With the provider"),
    ("pending", "Sent"),
    ("sent", "Delivered"),
    ("bounce", "Came back"),
    ("exception", "Failed"),
    ("canceled", "Cancelled"),
]


class ArDunningNotice(models.Model):
    """What becomes of an SMS: delivered, failed, taken back."""

    _inherit = "ar.dunning.notice"

    sms_state = fields.Selection(STATES, "SMS", compute="_compute_sms_state")
    sms_failure = fields.Char(
        readonly=True, copy=False, help="The provider's reason, as a code."
    )

    # === COMPUTE METHODS === #

    def _compute_sms_state(self):
        self.sms_state = False
        # sudo: what became of the SMS, whoever reads the notice
        found = (
            self.env["mail.notification"]
            .sudo()
            .search(
                [
                    ("mail_message_id", "in", self.mail_message_id.ids),
                    ("notification_type", "=", "sms"),
                ]
            )
        )
        by_message = {n.mail_message_id.id: n.notification_status for n in found}
        known = dict(STATES)
        for notice in self.filtered(lambda n: n.channel == "sms"):
            state = by_message.get(notice.mail_message_id.id)
            notice.sms_state = state if state in known else False

    # === ACTION METHODS === #

    def action_buy_sms_credits(self):
        """Open the page on which SMS are bought."""
        self._as_collector("ar_collections.ar_collections_group_manager")
        # sudo: the account's key is for those who may buy
        url = self.env["iap.account"].sudo().get_credits_url(service_name="sms")
        return {"type": "ir.actions.act_url", "url": url, "target": "new"}

    # === CRONS === #

    @api.autovacuum
    def _give_up_waiting_sms(self):
        """An SMS that its queue did not take is not sent days later, nor for ever."""
        queued = self.env["sms.sms"].search(
            [
                ("state", "=", "outgoing"),
                ("mail_message_id.model", "=", "ar.debtor"),
                ("mail_message_id.date", "<", fields.Datetime.now() - PATIENCE),
            ]
        )
        waiting = queued.try_lock_for_update()
        notices = self.search(
            [
                ("mail_message_id", "in", waiting.mail_message_id.ids),
                ("channel", "=", "sms"),
            ]
        )
        waiting._withdraw()
        notices._set_unsendable(
            self.env._(
                "The SMS waited in the queue for more than a day and was taken out of "
                "it. Ask your administrator whether the scheduled action “SMS: SMS "
                "Queue Manager” runs, then press “Try again”."
            ),
            self.env._("SMS are not being sent"),
        )

    # === BUSINESS METHODS === #

    def _handle_sms_state(self, status, failure_type=False, reason=False):
        """The provider tells what became of the SMS of these notices.

        :param str status: of `mail.notification`
        :param failure_type: of `mail.notification`
        :param reason: in the provider's words
        """
        if status in ("exception", "bounce"):
            for notice in self.filtered(lambda n: n.state in ("sent", "queued")):
                notice._handle_sms_failure(failure_type or "unknown", reason)
        elif status == "canceled":
            self._set_unsendable(
                self.env._("The SMS was cancelled in the queue before it was sent."),
                self.env._("SMS were cancelled"),
            )
        elif status in ("pending", "sent"):
            # somebody pressed “Resend” on the SMS itself
            arrived = self.filtered(lambda n: n.state == "error")
            arrived._set_arrived()
            arrived.sms_failure = False

    def _handle_sms_failure(self, failure_type, reason):
        self.ensure_one()
        self.sms_failure = failure_type
        problem = self._get_sms_problem(failure_type, reason)
        if failure_type in DEAD:
            self.partner_id.ar_failed_number = self._get_sms_number()
            self._set_undelivered(
                problem,
                self.env._("SMS did not arrive: check the number"),
                is_address_dead=True,
            )
        elif failure_type in LOST:
            self._set_undelivered(problem, self.env._("SMS did not arrive"))
        else:
            self._set_unsendable(problem, self.env._("SMS cannot be sent"))

    def _get_sms_problem(self, failure_type, reason):
        """Why it failed, in a sentence."""
        notifications = self.env["mail.notification"]
        words = dict(
            notifications._fields["failure_type"]._description_selection(self.env)
        )
        why = words.get(failure_type, failure_type)
        if reason:
            why = f"{why} ({reason})"
        number = self._get_sms_number() or self.env._("no number")
        if failure_type == "sms_server":
            return self.env._(
                "The SMS provider did not answer or refused the SMS to %(number)s: "
                "%(why)s. If it did not answer, the SMS may have arrived.",
                number=number,
                why=why,
            )
        if failure_type == "sms_credit":
            return self.env._(
                "The SMS to %(number)s was not sent: %(why)s. Buy credits, then press "
                "“Try again”.",
                number=number,
                why=why,
            )
        return self.env._(
            "The SMS to %(number)s did not arrive: %(why)s.", number=number, why=why
        )

    def _get_queued_sms(self, states):
        # sudo: the queue belongs to the system
        return (
            self.env["sms.sms"]
            .sudo()
            .search(
                [
                    ("mail_message_id", "in", self.mail_message_id.ids),
                    ("state", "in", states),
                ]
            )
        )

    def _cancel_mails(self):
        # EXTENDS 'ar_collections'
        result = super()._cancel_mails()
        self._get_queued_sms(("outgoing", "error"))._withdraw()
        self.filtered("sms_failure").sms_failure = False
        return result

    def _get_recallable(self):
        # EXTENDS 'ar_collections'
        by_sms = self.filtered(lambda n: n.channel == "sms")
        waiting = by_sms._get_queued_sms(("outgoing",)).filtered(
            lambda sms: not sms.ar_handed_over
        )
        messages = waiting.mail_message_id
        return super()._get_recallable() | by_sms.filtered(
            lambda n: n.mail_message_id in messages
        )

    def _recall(self):
        # EXTENDS 'ar_collections': an SMS that still waits in our queue
        by_sms = self.filtered(lambda n: n.channel == "sms")
        waiting = by_sms._get_queued_sms(("outgoing",))
        # what the queue holds at this moment is on its way
        waiting = waiting.try_lock_for_update().filtered(
            lambda sms: sms.state == "outgoing" and not sms.ar_handed_over
        )
        waiting._withdraw()
        stopped = by_sms.filtered(
            lambda n: n.mail_message_id in waiting.mail_message_id
        )
        stopped._forget_contacts()
        return super()._recall() | stopped
