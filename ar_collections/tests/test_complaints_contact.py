from freezegun import freeze_time

from odoo.tests import tagged

from .common import ArCollectionsCommon


@tagged("post_install", "-at_install")
class TestContactComplaints(ArCollectionsCommon):
    """What bit users of other dunning, as listed in the project's study of complaints.

    The number in the name of a test is that of the complaint.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._create_invoice_due("2026-03-20", 1000)

    def _create_contact(self, name, **vals):
        return self.env["res.partner"].create(
            {"name": name, "parent_id": self.customer.id, **vals}
        )

    def test_complaint_9_goes_to_another_person_than_the_invoice_contact(self):
        """https://github.com/odoo/odoo/issues/62141"""
        self._create_contact("Invoices", type="invoice", email="inv@c.example.com")
        clerk = self._create_contact(
            "Payments", email="pay@c.example.com", ar_contact_role="dunning"
        )
        notice = self._preview().notice_ids
        self.assertEqual(notice.partner_id, clerk)
        # and one notice to somebody else still, by hand
        other = self._create_contact("Boss", email="boss@c.example.com")
        change = self.env["ar.dunning.notice.change"].create(
            {"notice_ids": notice.ids, "partner_id": other.id, "reason": "asked for it"}
        )
        change.action_change()
        self.assertEqual(notice.partner_id, other)
        self.assertEqual(notice.amount_due, 1000)

    def test_complaint_16_no_letter_although_the_invoice_contact_has_an_email(self):
        """https://github.com/OCA/credit-control/issues/343"""
        self.customer.email = False
        contact = self._create_contact(
            "Invoices", type="invoice", email="inv@c.example.com"
        )
        notice = self._preview().notice_ids
        self.assertEqual((notice.channel, notice.partner_id), ("email", contact))

    def test_complaint_17_a_blacklisted_address_leaves_nothing_queued(self):
        """https://github.com/OCA/credit-control/pull/447"""
        notice = self._preview().notice_ids
        self.assertEqual(notice.channel, "email")
        notice.run_id.action_confirm()
        # it is blacklisted between the decision and the sending
        self.env["mail.blacklist"].sudo().create({"email": self.customer.email})
        self._deliver()
        self.assertEqual((notice.state, notice.channel), ("sent", "letter"))
        mails = self.env["mail.mail"].sudo().search([("model", "=", "ar.debtor")])
        self.assertFalse(mails.filtered(lambda m: m.res_id == notice.debtor_id.id))

    def test_complaint_17_nor_without_another_way(self):
        self.levels.fallback_channel = "none"
        notice = self._preview().notice_ids
        notice.run_id.action_confirm()
        self.env["mail.blacklist"].sudo().create({"email": self.customer.email})
        self._deliver()
        self.assertIn(notice.state, ("cancel", "error"))
        self.assertTrue(notice.cancel_reason or notice.problem)

    def test_complaint_20_credit_notes_are_in_the_reminder(self):
        """https://github.com/OCA/credit-control/issues/211"""
        credit = self._create_invoice_due(
            "2026-03-25", 300, move_type="out_refund", invoice_date="2026-03-25"
        )
        notice = self._preview().notice_ids
        self.assertIn(credit, notice.line_ids.move_id)
        self.assertEqual(notice.amount_due, 700)
        message = notice._get_message()["body"]
        for part in (self.invoice.name, credit.name, "700.00"):
            self.assertIn(part, message)

    def test_complaint_21_another_recipient_leaves_the_total_as_it_is(self):
        """https://github.com/OCA/credit-control/issues/378"""
        other = self._create_contact("Boss", email="boss@c.example.com")
        notice = self._preview().notice_ids
        self.env["ar.dunning.notice.change"].create(
            {"notice_ids": notice.ids, "partner_id": other.id, "reason": "asked for it"}
        ).action_change()
        for text in (notice._get_message()["body"], notice.preview):
            self.assertIn("1,000.00", text)
            self.assertNotRegex(text, r"(?<![\d,.])0\.00")
        notice.run_id.action_confirm()
        self._deliver()
        self.assertEqual((notice.state, notice.partner_id), ("sent", other))
        self.assertIn("1,000.00", notice.body)

    def test_complaint_37_no_reminder_after_payment(self):
        """https://github.com/akaunting/akaunting/issues/259"""
        notice = self._preview().notice_ids
        notice.run_id.action_confirm()
        self._pay(self.invoice, 1000, "2026-03-31")
        self._deliver()
        self.assertEqual(notice.state, "cancel")
        self.assertIn("paid", notice.cancel_reason.lower())
        # nor on any day after it
        for day in ("2026-04-10", "2026-04-30", "2026-06-30"):
            with freeze_time(day):
                self.assertFalse(self._preview(day).notice_ids)

    def test_complaint_37_nor_while_the_payment_is_not_matched_yet(self):
        notice = self._preview().notice_ids
        notice.run_id.action_confirm()
        self._create_payment(self.customer, 1000)
        self._deliver()
        self.assertEqual(notice.state, "cancel")


@tagged("post_install", "-at_install")
class TestOneMessage(ArCollectionsCommon):
    """Who has something overdue and something coming gets one message, not three."""

    def test_story_one_message_not_three(self):
        """Two overdue items on two levels and one that falls due: one letter a time."""
        old = self._create_invoice_due("2026-03-04", 500)
        self._run_ladder("2026-03-09")
        young = self._create_invoice_due("2026-03-26", 200)
        coming = self._create_invoice_due("2026-04-03", 80)
        seen = []
        for day in ("2026-03-31", "2026-04-01", "2026-04-02", "2026-04-07"):
            with freeze_time(day), self.trap_contacts() as contacts:
                self._run_ladder(day)
            seen += [(day, contact) for contact in contacts]
        with self.subTest("one a day at most, and one in the week"):
            days = [day for day, _contact in seen]
            self.assertEqual(len(days), len(set(days)))
            self.assertEqual(len(days), 1, seen)
        notices = self.env["ar.dunning.notice"].search(
            [("partner_id", "=", self.customer.id), ("state", "=", "sent")]
        )
        last = notices.sorted("id")[-1]
        # what is overdue is claimed; what comes is no part of the claim
        self.assertEqual(last.line_ids.move_id, old + young)
        self.assertNotIn(coming, last.line_ids.move_id)
        self.assertEqual(last.amount_due, 700)
        self.assertEqual(last.level_id, self.second)
