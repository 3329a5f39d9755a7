from freezegun import freeze_time
from lxml import html

from odoo import Command
from odoo.tests import tagged

from odoo.addons.ar_collections.tests.common import TODAY

from .common import ClaimCommon


@tagged("post_install", "-at_install")
class TestClaimPortal(ClaimCommon):
    """The same page for a customer who is logged in."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = cls._create_new_portal_user()
        cls.user.partner_id.parent_id = cls.customer
        cls.user.lang = "en_US"
        cls.desk = cls._receivable(
            cls._create_invoice_due("2026-03-20", 200, cls.buyer)
        )

    def setUp(self):
        super().setUp()
        self.authenticate(self.user.login, self.user.login)

    def _get_my_page(self):
        response = self.url_open("/my/owed")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.headers["Referrer-Policy"], "strict-origin")
        return html.fromstring(response.text)

    def test_story_customer_pays_all_contacts(self):
        page = self._get_my_page()
        self.assertEqual(self._get_named(page, "ar_due"), ["$ 200.00"])
        action = page.xpath("//form[contains(@class, 'o_ar_claim')]")[0].get("action")
        key = action.split("/")[3]
        page = self._get_page(key, f"/pay?item={self.desk.id}&mine=1")
        [form] = page.xpath("//form[@id='o_payment_form']")
        tx = self._begin(dict(form.attrib))
        self.assertEqual(tx.partner_id, self.user.partner_id)
        self.assertEqual(tx.landing_route, "/my/owed")
        self._finish(tx)
        self.assertEqual(self.desk.amount_residual, 0)
        page = self._get_my_page()
        self.assertFalse(page.xpath("//input[@name='item']"))

    def test_home_has_a_card(self):
        self.assertIn("/my/owed", self.url_open("/my/home").text)
        counters = ["ar_owed_count", "overdue_invoice_count"]
        counts = self.make_jsonrpc_request("/my/counters", {"counters": counters})
        # core counts those of the contact itself only
        self.assertEqual(counts, {"ar_owed_count": 1, "overdue_invoice_count": 1})

    def test_an_overdue_instalment_counts_as_overdue(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Instalments",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 50, "nb_days": days}
                    )
                    for days in (10, 200)
                ],
            }
        )
        invoice = self._create_invoice_due(
            "2026-03-11",
            100,
            invoice_date="2026-03-01",
            invoice_payment_term_id=term.id,
        )
        # core goes by the last part
        self.assertGreater(invoice.invoice_date_due.isoformat(), "2026-09-01")
        listed = self.url_open("/my/invoices?filterby=overdue_invoices").text
        self.assertIn(invoice.name, listed)
        self.assertIn(self.desk.move_id.name, listed)

    def test_the_day_is_that_of_the_books(self):
        """Due today where it is owed, and yesterday where the customer looks from."""
        self.desk.move_id.line_ids.filtered("date_maturity").date_maturity = TODAY
        self.user.tz = "Pacific/Kiritimati"
        self.company.partner_id.tz = "Pacific/Honolulu"
        with freeze_time(f"{TODAY} 14:00:00"):
            listed = self.url_open("/my/invoices?filterby=overdue_invoices").text
        self.assertNotIn(self.desk.move_id.name, listed)

    def test_cores_page_for_overdue_invoices_leads_here(self):
        response = self.url_open("/my/invoices/overdue", allow_redirects=False)
        self.assertTrue(response.headers["Location"].endswith("/my/owed"))

    def test_nothing_of_others(self):
        stranger = self._create_customer("Stranger Ltd")
        other = self._create_invoice_due("2026-03-20", 999, stranger)
        self.assertNotIn(other.name, self.url_open("/my/owed").text)
        page = self._get_my_page()
        self.assertEqual(self._get_named(page, "ar_due"), ["$ 200.00"])

    def test_who_owes_nothing_reads_so(self):
        self._pay(self.desk.move_id)
        page = self._get_my_page()
        self.assertIn("You owe nothing", self._get_text(page))

    def test_logged_out_visitors_log_in(self):
        self.authenticate(None, None)
        response = self.url_open("/my/owed")
        self.assertIn("/web/login", response.url)

    def test_a_strangers_login_pays_in_the_customers_name(self):
        stranger = self._create_new_portal_user(login="stranger_portal")
        self.authenticate(stranger.login, stranger.login)
        tx = self._begin(self._get_form(self._get_key(), self.desk))
        self.assertEqual(tx.partner_id, self.customer)
        self._finish(tx)
        self.assertEqual(self.desk.amount_residual, 0)
