from lxml import html

from odoo import SUPERUSER_ID, Command, fields
from odoo.tests import tagged

from .common import ClaimCommon


@tagged("post_install", "-at_install")
class TestClaimPage(ClaimCommon):
    """What the customer sees behind the link."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.old = cls._create_invoice_due("2026-02-20", 1000)
        cls.desk = cls._create_invoice_due("2026-03-20", 200, cls.buyer)
        cls.later = cls._create_invoice_due("2026-04-20", 50)

    def test_page_shows_all_contacts_of_the_customer(self):
        page = self._get_page(self._get_key())
        text = self._get_text(page)
        for part in (self.old.name, self.desk.name, self.later.name):
            self.assertIn(part, text)
        self.assertIn(self.buyer.name, text)
        self.assertEqual(self._get_named(page, "ar_due"), ["$ 1,200.00"])
        self.assertEqual(
            self._get_boxes(page),
            {
                self._receivable(self.old).id: True,
                self._receivable(self.desk).id: True,
                self._receivable(self.later).id: False,
            },
        )

    def test_without_a_provider_no_room_is_left_for_boxes(self):
        self.provider.state = "disabled"
        page = self._get_page(self._get_key())
        self.assertEqual(len(page.xpath("//label[@data-group]")), 3)
        self.assertFalse(self._get_boxes(page))
        self.assertFalse(page.xpath("//label/span[contains(@class, 'o_ar_gap')]"))

    def test_page_says_what_lateness_costs_and_what_is_offered(self):
        """39 days: 1,000 × 10 % × 39 ÷ 365 = 10.685; 11 days of 200: 0.603."""
        page = self._get_page(self._get_key())
        self.assertFalse(self._get_named(page, "ar_charges"))
        terms = self.env["ar.charge.terms"].create({"name": "10 %", "fixed_rate": 10})
        self.policy.write(
            {
                "charge_terms_id": terms.id,
                "charge_mode": "bill",
                "charge_since": "2025-01-01",
            }
        )
        self.env["ar.charge.waiver"]._propose(
            self.old,
            100,
            self.env.ref("ar_collections.ar_charge_waiver_reason_early"),
            pay_by=fields.Date.to_date("2026-04-20"),
        )
        page = self._get_page(self._get_key())
        [charges] = self._get_named(page, "ar_charges")
        self.assertIn("$ 11.29 until today", charges)
        [offers] = self._get_named(page, "ar_offers")
        self.assertIn("we give you a discount of $ 100.00", offers)

    def test_page_speaks_five_more_languages(self):
        """No word of ours is left in English."""
        languages = {"de": "DE", "fr": "FR", "es": "ES", "nl": "NL", "it": "IT"}
        codes = [f"{code}_{country}" for code, country in languages.items()]
        root = self.env(user=SUPERUSER_ID)
        for code in codes:
            root["res.lang"]._activate_lang(code)
        root["ir.module.module"]._load_module_terms(["ar_collections_payment"], codes)
        self._create_invoice_due("2026-03-25", 20, move_type="out_refund")
        self.later.action_toggle_block_payment()
        key = self._get_key()
        for code in languages:
            with self.subTest(language=code):
                page = self.url_open(f"/{code}/my/owed/{key}")
                [body] = html.fromstring(page.text).find_class("o_ar_owed")
                text = self._get_text(body)
                self.assertIn(self.old.name, text)
                for word in ("You", "due", "days", "deducted", "asked", "Pay", "glad"):
                    self.assertNotRegex(text, rf"\b{word}\b")

    def test_notes_of_the_ladder_stay_aside(self):
        """What nobody asks for now is listed, but neither in the sum nor ticked."""
        held = self._create_invoice_due("2026-03-01", 33)
        held.no_followup = True
        blocked = self._create_invoice_due("2026-03-02", 44)
        blocked.action_toggle_block_payment()
        page = self._get_page(self._get_key())
        self.assertEqual(self._get_named(page, "ar_due"), ["$ 1,200.00"])
        boxes = self._get_boxes(page)
        for invoice in (held, blocked):
            self.assertIs(boxes[self._receivable(invoice).id], False)
        self.assertIn("Open, but not asked for now", self._get_text(page))

    def test_a_letters_link_shows_today_not_the_day_of_the_letter(self):
        notice = self._run_ladder("2026-03-31")
        key = notice._get_payment_url().rpartition("/")[2]
        self._pay(self.old, 400)
        self._pay(self.desk)
        page = self._get_page(key)
        self.assertEqual(self._get_named(page, "ar_due"), ["$ 600.00"])
        [paid] = self._get_named(page, "ar_paid")
        self.assertIn(self.desk.name, paid)
        self.assertIn("Paid", paid)

    def test_what_was_credited_is_not_called_paid(self):
        self._run_ladder("2026-03-31")
        reversal = self.desk._reverse_moves(cancel=True)
        self.assertEqual(self.desk.payment_state, "reversed")
        self.assertTrue(reversal)
        [gone] = self._get_named(self._get_page(self._get_key()), "ar_paid")
        self.assertIn("Credited", gone)

    def test_credits_beyond_the_debts_are_in_favour(self):
        self._create_invoice_due("2026-03-25", 1500, move_type="out_refund")
        page = self._get_page(self._get_key())
        self.assertEqual(self._get_named(page, "ar_credit"), ["$ 300.00"])
        self.assertFalse(self._get_named(page, "ar_due"))
        self.assertFalse(self._get_named(page, "ar_bank"))

    def test_an_early_discount_is_left_to_the_invoices_own_page(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "2 % in ten days",
                "early_discount": True,
                "discount_percentage": 2,
                "discount_days": 10,
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 100, "nb_days": 30}
                    )
                ],
            }
        )
        invoice = self._create_invoice_due(
            "2026-04-24",
            500,
            invoice_date="2026-03-25",
            invoice_payment_term_id=term.id,
        )
        page = self._get_page(self._get_key())
        line = self._receivable(invoice)
        self.assertNotIn(line.id, self._get_boxes(page))
        self.assertIn("$ 10.00 discount if paid by", self._get_text(page))

    def test_a_letter_to_the_head_office_shows_its_branches(self):
        """The notice names their items; a branch's own link shows its own alone."""
        self.policy.grouping = "head_office"
        branch = self._create_customer("North Branch", parent_id=self.customer.id)
        self.assertEqual(branch.commercial_partner_id, branch)
        north = self._create_invoice_due("2026-03-20", 77, branch)
        notice = self._run_ladder("2026-03-31")
        self.assertEqual(notice.debtor_id.partner_id, self.customer)
        key = notice._get_payment_url().rpartition("/")[2]
        page = self._get_page(key)
        self.assertEqual(self._get_named(page, "ar_due"), ["$ 1,277.00"])
        own = self._get_page(self._get_key(branch))
        self.assertEqual(self._get_named(own, "ar_due"), ["$ 77.00"])
        tx = self._pay_online(key, self._receivable(self.old) + self._receivable(north))
        self.assertEqual(tx.amount, 1077)
        self.assertEqual((north + self.old).mapped("amount_residual"), [0, 0])

    def test_bank_details_are_those_of_the_company(self):
        self.env["res.partner.bank"].create(
            {
                "acc_number": "BE71096123456769",
                "partner_id": self.company.partner_id.id,
                "allow_out_payment": True,
            }
        )
        [bank] = self._get_named(self._get_page(self._get_key()), "ar_bank")
        for part in (
            "BE71 0961 2345 6769",
            "$ 1,200.00",
            self.old.name,
            self.desk.name,
        ):
            self.assertIn(part, bank)

    def test_the_number_of_queries_does_not_grow_with_the_items(self):
        link = self.env["ar.claim.link"]
        key = self._get_key()

        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            sections = self.env["ar.claim"].sudo()._get_sections(link._read_key(key))
            for section in sections:
                for item in section.items:
                    item.line._get_document_name()
            return self.env.cr.sql_log_count - before

        count()  # fills what is kept for longer than a page
        few = count()
        for day in range(1, 21):
            self._create_invoice_due(f"2026-03-{day:02}", 10 + day)
        count()  # what new invoices have cleared
        self.assertEqual(count(), few)
        self.assertLess(few, 25)
