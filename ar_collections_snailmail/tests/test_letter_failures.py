from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import PostCommon


@tagged("post_install", "-at_install")
class TestLetterFailures(PostCommon):
    """Who cannot get a letter by post, and what the service does not post."""

    def _get_way(self):
        row = self._decide()[self._receivable(self.invoice)]
        return row["verdict"], row["channel"]

    # === DECISION === #

    def test_address_as_the_service_needs_it(self):
        letters = self.env["snailmail.letter"]
        engine = self.env["ar.dunning.engine"]
        self.assertEqual(self._get_way(), ("dun", "letter"))
        for field in ("street", "zip", "city", "country_id"):
            with self.subTest(field=field):
                kept = self.customer[field]
                self.customer[field] = False
                self.assertEqual(self._get_way(), ("dun", "email"))
                # the same rule as core's
                self.assertEqual(
                    engine._is_reachable(
                        self.customer, "letter", self.first, self.company
                    ),
                    letters._is_valid_address(self.customer),
                )
                self.customer[field] = kept

    def test_printed_letter_needs_no_zip_code(self):
        self.customer.zip = False
        self.company.ar_letter_way = "print"
        self.assertEqual(self._get_way(), ("dun", "letter"))

    def test_nobody_to_contact_says_what_is_missing(self):
        self.customer.zip = False
        self.first.fallback_channel = "none"
        run = self._preview()
        self.assertEqual(run.skip_ids.reason, "no_contact")
        self.assertIn("zip code", run.skip_ids.explanation)

    def test_address_lost_since_the_decision(self):
        run = self._preview()
        run.action_confirm()
        self.customer.zip = False
        self._deliver()
        self.assertRecordValues(run.notice_ids, [{"state": "sent", "channel": "email"}])

    # === WHAT THE SERVICE DOES NOT POST === #

    def test_country_that_is_not_served_goes_by_the_fallback(self):
        notice = self._send()
        self._process_queue("NO_PRICE_AVAILABLE")
        self.assertEqual((notice.state, notice.failed_channel), ("queued", "letter"))
        self._deliver()
        self.assertRecordValues(notice, [{"state": "sent", "channel": "email"}])
        self.assertIn("that country", notice.change_note)

    def test_without_a_fallback_it_can_be_printed(self):
        self.first.fallback_channel = "none"
        notice = self._send()
        self._process_queue("NO_PRICE_AVAILABLE")
        self.assertRecordValues(
            notice, [{"state": "error", "post_state": "error", "is_printed": False}]
        )
        self.assertEqual(
            notice.debtor_id.activity_ids.summary, "Letter could not be posted"
        )
        self.assertIn("that country", notice.message_ids[0].body)
        notice.action_print_instead()
        self._deliver()
        self.assertRecordValues(
            notice, [{"state": "sent", "channel": "letter", "is_printed": False}]
        )
        self.assertEqual(notice.run_id.letter_count, 1)
        self._process_queue()
        self.assertFalse(self.posted)

    def test_lack_of_credits_stops_the_queue_and_is_told_once(self):
        other = self._create_customer(
            "Other Ltd", country_id=self.env.ref("base.be").id
        )
        self._create_invoice_due("2026-03-20", 500, other)
        notices = self._send()
        service = self._process_queue("CREDIT_ERROR")
        self.assertEqual(service.call_count, 1)
        self.assertEqual(notices.mapped("state"), ["error", "error"])
        self.assertEqual(set(notices.mapped("post_failure")), {"CREDIT_ERROR"})
        self.assertIn("Buy credits", notices[0].problem)
        self.assertEqual(len(notices.debtor_id.activity_ids), 1)
        # core tries letters without credits again every day; not these
        service = self._process_queue()
        self.assertFalse(service.called)
        # one has paid meanwhile, the other gets its letter
        self._pay(self.invoice)
        notices.action_retry()
        self._deliver()
        self._process_queue()
        self.assertEqual(sorted(notices.mapped("state")), ["cancel", "sent"])
        self.assertEqual(len(self.posted), 1)

    def test_service_that_does_not_answer_waits_for_a_person(self):
        notice = self._send()
        self._process_queue(AccessError("timeout"))
        self.assertEqual(notice.state, "error")
        self.assertIn("may be on its way", notice.problem)
        service = self._process_queue()
        self.assertFalse(service.called)

    def test_one_failure_stops_no_other(self):
        other = self._create_customer(
            "Other Ltd", country_id=self.env.ref("base.be").id
        )
        self._create_invoice_due("2026-03-20", 500, other)
        notices = self._send()
        service = self._process_queue(AccessError("timeout"))
        self.assertEqual(service.call_count, 2)
        self.assertEqual(notices.mapped("state"), ["error", "error"])

    def test_cancelled_in_the_queue_needs_attention(self):
        notice = self._send()
        notice.post_letter_id.sudo().cancel()
        self.assertEqual(notice.state, "error")
        self.assertIn("cancelled", notice.problem)

    def test_queue_that_does_not_run_is_told(self):
        notice = self._send()
        notices = self.env["ar.dunning.notice"].sudo()
        # the day of a record is the database's, which no test can freeze
        made = notice.post_letter_id.create_date
        with freeze_time(made + timedelta(days=1)):
            notices._give_up_waiting_letters()
            self.assertEqual(notice.post_state, "pending")
        with freeze_time(made + timedelta(days=3)):
            notices._give_up_waiting_letters()
        self.assertEqual((notice.state, notice.post_state), ("error", "error"))
        self._process_queue()
        self.assertFalse(self.posted)

    def test_failed_letter_is_not_posted_by_a_side_door(self):
        self.first.fallback_channel = "none"
        notice = self._send()
        self._process_queue("FORMAT_ERROR")
        letter = notice.post_letter_id.sudo()
        with self.assertRaisesRegex(UserError, "Try again"):
            letter.snailmail_print()
        with self._mock_service() as service:
            letter.message_id.send_letter()
        self.assertFalse(service.called)
