from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import NUMBER, SmsCommon


@tagged("post_install", "-at_install")
class TestSmsFailures(SmsCommon):
    """Who cannot get an SMS, and what does not arrive: nothing stays queued for ever."""

    def _assert_way(self, channel, partner=None):
        row = self._decide()[self._receivable(self.invoice)]
        self.assertEqual(row["verdict"], "dun")
        self.assertEqual(row["channel"], channel)
        self.assertEqual(row["recipient_id"], (partner or self.customer).id)

    def _block(self, number=NUMBER):
        self.env["phone.blacklist"].sudo().add(number)

    # === DECISION === #

    def test_number_of_the_country_of_the_person(self):
        self._assert_way("sms")
        self.assertEqual(self._preview().notice_ids._get_sms_number(), NUMBER)

    def test_who_has_no_number_gets_the_fallback(self):
        self.customer.phone = False
        self._assert_way("email")

    def test_impossible_number_is_none(self):
        self.customer.phone = "12"
        self._assert_way("email")

    def test_blacklisted_number_gets_the_fallback(self):
        self._block()
        self._assert_way("email")

    def test_who_wants_no_sms_gets_the_fallback(self):
        self.customer.ar_no_sms = True
        self._assert_way("email")

    def test_contact_with_a_number_goes_before_the_customer_without(self):
        self.customer.phone = False
        contact = self.env["res.partner"].create(
            {
                "name": "Accounts",
                "type": "invoice",
                "parent_id": self.customer.id,
                "phone": "+32470123499",
            }
        )
        self._assert_way("sms", contact)

    def test_nobody_to_contact_says_what_is_missing(self):
        self._block()
        self.first.fallback_channel = "none"
        run = self._preview()
        self.assertFalse(run.notice_ids)
        self.assertEqual(run.skip_ids.reason, "no_contact")
        self.assertIn("phone number", run.skip_ids.explanation)

    def test_blacklisted_between_decision_and_delivery(self):
        run = self._preview()
        run.action_confirm()
        self._block()
        self._deliver()
        self.assertRecordValues(run.notice_ids, [{"channel": "email", "state": "sent"}])
        self.assertFalse(self._get_sms(run.notice_ids))

    # === WHAT DOES NOT ARRIVE === #

    def test_wrong_number_goes_by_the_fallback_and_is_marked(self):
        notice = self._send()
        self._process_queue(sim_error="wrong_number_format")
        self.assertEqual(notice.state, "queued")
        self.assertEqual(self.customer.ar_failed_number, NUMBER)
        self._deliver()
        self.assertRecordValues(notice, [{"state": "sent", "channel": "email"}])
        self.assertIn("Wrong Number Format", notice.change_note)
        self.assertFalse(self._get_sms(notice))
        # a new number is a new chance
        self._assert_failed_number_is_left_out()

    def _assert_failed_number_is_left_out(self):
        engine = self.env["ar.dunning.engine"]
        args = ("sms", self.first, self.company)
        self.assertFalse(engine._is_reachable(self.customer, *args))
        self.customer.phone = "0470 12 34 57"
        self.assertTrue(engine._is_reachable(self.customer, *args))
        self.customer.phone = "0470 12 34 56"
        self.customer.action_trust_number()
        self.assertTrue(engine._is_reachable(self.customer, *args))

    def test_number_that_the_provider_cannot_reach_later(self):
        notice = self._send()
        self._process_queue()
        self._report(self._get_sms(notice), "invalid_destination")
        self.assertEqual(notice.state, "queued")
        self.assertEqual(self.customer.ar_failed_number, NUMBER)

    def test_lost_sms_goes_by_the_fallback_and_the_number_is_not_to_blame(self):
        notice = self._send()
        self._process_queue()
        self._report(self._get_sms(notice), "expired")
        self.assertEqual((notice.state, notice.failed_channel), ("queued", "sms"))
        self.assertFalse(self.customer.ar_failed_number)
        self._deliver()
        self.assertRecordValues(notice, [{"state": "sent", "channel": "email"}])
        contacts = self.env["ar.contact"].search([("notice_id", "=", notice.id)])
        self.assertEqual(
            sorted(contacts.mapped(lambda c: (c.channel, c.outcome))),
            [("email", "sent"), ("sms", "failed")],
        )

    def test_without_a_fallback_somebody_is_asked(self):
        self.first.fallback_channel = "none"
        notice = self._send()
        self._process_queue(sim_error="wrong_number_format")
        self.assertEqual(notice.state, "error")
        self.assertIn(NUMBER, notice.problem)
        task = notice.debtor_id.activity_ids
        self.assertIn("check the number", task.summary)
        self.assertTrue(task.user_id)
        # the number is mended
        self.customer.phone = "0470 12 34 57"
        notice.action_retry()
        self._deliver()
        self.assertRecordValues(notice, [{"state": "sent", "channel": "sms"}])
        self.assertEqual(notice.subject, "SMS +32470123457")

    def test_lack_of_credits_is_told_once_and_waits_for_a_person(self):
        other = self._create_customer("Other Ltd", phone="+32470123499")
        self._create_invoice_due("2026-03-20", 500, other)
        notices = self._send()
        self._process_queue(sim_error="credit")
        self.assertEqual(notices.mapped("state"), ["error", "error"])
        self.assertEqual(set(notices.mapped("sms_failure")), {"sms_credit"})
        self.assertIn("Buy credits", notices[0].problem)
        self.assertEqual(len(notices.debtor_id.activity_ids), 1)
        # credits are bought
        notices.action_retry()
        self._deliver()
        self._process_queue()
        self.assertEqual(notices.mapped("state"), ["sent", "sent"])
        self.assertEqual(len(self._sms), 2)
        self.assertFalse(any(notices.mapped("sms_failure")))

    def test_provider_that_is_down_waits_for_a_person_who_may_go_another_way(self):
        notice = self._send()
        self._process_queue(sim_error="jsonrpc_exception")
        self.assertEqual(notice.state, "error")
        self.assertIn("may have arrived", notice.problem)
        self.assertEqual(notice.other_channel, "email")
        notice.action_send_otherwise()
        self._deliver()
        self.assertRecordValues(notice, [{"state": "sent", "channel": "email"}])
        self.assertFalse(self._get_sms(notice))

    def test_paid_meanwhile_is_not_sent_by_trying_again(self):
        notice = self._send()
        self._process_queue(sim_error="credit")
        self._pay(self.invoice)
        notice.action_retry()
        self._deliver()
        self._process_queue()
        self.assertEqual(notice.state, "cancel")
        self.assertFalse(self._sms)

    def test_resent_from_the_queue_is_known(self):
        notice = self._send()
        self._process_queue(sim_error="credit")
        sms = self._get_sms(notice)
        with self.mockSMSGateway(), self.enter_registry_test_mode():
            sms.with_env(sms.env).state = "outgoing"
            sms.ar_handed_over = False
        self._process_queue()
        self.assertRecordValues(notice, [{"state": "sent", "problem": False}])

    def test_taken_back_it_is_not_sent_by_its_own_buttons(self):
        notice = self._send()
        self._process_queue(sim_error="credit")
        sms = self._get_sms(notice)
        notice.action_retry()
        self.assertEqual(sms.state, "canceled")
        with self.assertRaisesRegex(UserError, "taken out of the queue"):
            sms.action_set_outgoing()
        notice.action_drop()
        sms.state = "error"
        for button in ("resend_failed", "action_set_outgoing"):
            with self.assertRaisesRegex(UserError, "cancelled is not sent"):
                getattr(sms, button)()
        self.assertEqual(sms.state, "error")

    def test_undone_notice_whose_sms_fails_is_not_sent_again(self):
        notice = self._send()
        self._get_sms(notice).ar_handed_over = "2026-03-31 10:00:00"
        notice.run_id._undo("Wrong list")
        self.assertEqual((notice.state, notice.is_undone), ("sent", True))
        notice.sudo()._handle_sms_state("exception", "sms_invalid_destination")
        self.assertEqual((notice.state, notice.run_id.state), ("sent", "done"))

    def test_cancelled_in_the_queue_needs_attention(self):
        notice = self._send()
        self._get_sms(notice).action_set_canceled()
        self.assertEqual(notice.state, "error")
        self.assertIn("cancelled", notice.problem)

    def test_queue_that_does_not_run_is_told(self):
        notice = self._send()
        notices = self.env["ar.dunning.notice"].sudo()
        with freeze_time("2026-04-01 09:00:00"):
            notices._give_up_waiting_sms()
            self.assertEqual(notice.state, "sent")
        with freeze_time("2026-04-01 11:00:00"):
            notices._give_up_waiting_sms()
        self.assertEqual(notice.state, "error")
        self.assertIn("scheduled action", notice.problem)
        self._process_queue()
        self.assertFalse(self._sms)

    def test_report_by_the_public_address(self):
        """The provider has no user and no rights."""
        notice = self._send()
        self._process_queue()
        uuid = self._get_sms(notice).uuid
        self.env.flush_all()
        self.make_jsonrpc_request(
            "/sms/status",
            {"message_statuses": [{"sms_status": "not_delivered", "uuids": [uuid]}]},
        )
        self.env.invalidate_all()
        self.assertEqual(notice.state, "queued")
