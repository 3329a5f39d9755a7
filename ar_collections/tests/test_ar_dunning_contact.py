from odoo.tests import tagged

from .common import ArCollectionsCommon

ADDRESS = {"street": "2 Side Street", "city": "Ghent"}
NO_ADDRESS = {"street": False, "city": False}


@tagged("post_install", "-at_install")
class TestArDunningContact(ArCollectionsCommon):
    """Who gets a notice, and by which channel."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._create_invoice_due("2026-03-20", 1000)

    def _create_contact(self, email=False, **vals):
        return self.env["res.partner"].create(
            {
                "name": "Accounts",
                "type": "invoice",
                "parent_id": self.customer.id,
                "email": email,
                **vals,
            }
        )

    def _assert_contact(self, partner, channel):
        row = self._decide()[self._receivable(self.invoice)]
        self.assertEqual(row["verdict"], "dun")
        self.assertEqual((row["recipient_id"], row["channel"]), (partner.id, channel))

    def _block(self, email):
        self.env["mail.blacklist"].sudo()._add(email)

    def test_customer_itself_by_email(self):
        self._assert_contact(self.customer, "email")

    def test_invoice_contact_by_email(self):
        self._assert_contact(self._create_contact("accounts@example.com"), "email")

    def test_invoice_contact_by_email_although_head_office_has_none(self):
        self.customer.email = False
        self._assert_contact(self._create_contact("accounts@example.com"), "email")

    def test_head_office_by_email_if_invoice_contact_has_none(self):
        self._create_contact(**ADDRESS)
        self._assert_contact(self.customer, "email")

    def test_head_office_if_invoice_contact_is_blacklisted(self):
        self._create_contact("accounts@example.com")
        self._block("accounts@example.com")
        self._assert_contact(self.customer, "email")

    def test_archived_invoice_contact_is_nobody(self):
        self._create_contact("accounts@example.com").active = False
        self._assert_contact(self.customer, "email")

    def test_several_invoice_contacts_mean_the_head_office(self):
        self._create_contact("one@example.com")
        self._create_contact("two@example.com")
        self._assert_contact(self.customer, "email")

    def test_letter_without_email(self):
        self.customer.email = False
        self._assert_contact(self.customer, "letter")

    def test_letter_if_email_is_blacklisted(self):
        self._block(self.customer.email)
        self._assert_contact(self.customer, "letter")

    def test_letter_if_email_is_no_address(self):
        self.customer.email = "unknown"
        self._assert_contact(self.customer, "letter")

    def test_letter_to_invoice_contact_with_an_address(self):
        self.customer.email = False
        self._assert_contact(self._create_contact(**ADDRESS), "letter")

    def test_letter_to_head_office_if_invoice_contact_has_no_address(self):
        self.customer.email = False
        self._create_contact(**NO_ADDRESS)
        self._assert_contact(self.customer, "letter")

    def test_letter_is_possible_for_a_level_of_letters(self):
        self.levels.channel = "letter"
        self._assert_contact(self.customer, "letter")

    def test_nobody_to_contact(self):
        self.customer.write({"email": False, "street": False})
        run = self._preview()
        self.assertFalse(run.notice_ids)
        self.assertEqual(run.skip_ids.reason, "no_contact")
        self.assertIn("postal address", run.skip_ids.explanation)

    def test_level_without_fallback_contacts_nobody(self):
        self.customer.email = False
        self.first.fallback_channel = "none"
        self.assertEqual(self._verdict(self.invoice), "no_contact")

    def test_level_without_message_needs_no_address(self):
        self.customer.write({"email": False, "street": False})
        self.levels.channel = "none"
        self._assert_contact(self.customer, "none")

    def test_invoice_on_a_child_contact_is_claimed_from_the_customer(self):
        buyer = self._create_contact("buyer@example.com", type="other")
        self._create_invoice_due("2026-03-20", 500, buyer)
        notice = self._preview().notice_ids
        self.assertEqual(notice.debtor_id.partner_id, self.customer)
        self.assertEqual(notice.partner_id, self.customer)
        self.assertEqual(notice.amount_due, 1500.0)
