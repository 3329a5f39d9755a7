from urllib.parse import urlsplit

from odoo import Command
from odoo.tests import HttpCase, tagged

from .common import TODAY, ArCollectionsCommon


@tagged("post_install", "-at_install")
class TestPortal(ArCollectionsCommon, HttpCase):
    """What the customer sees behind the link of a notice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("de_DE")
        cls.customer.lang = "de_DE"
        cls.invoice = cls._create_invoice_due("2026-03-20", 1000)

    def _get_link(self):
        """Link of the invoice in the notice, without the host."""
        notice = self._run_ladder(TODAY)
        url = urlsplit(notice._get_portal_url(notice.line_ids))
        return f"{url.path}?{url.query}"

    def _get_html(self, **kw):
        url = self.invoice.get_portal_url(report_type="html", **kw)
        return self.url_open(url).text

    def test_a_claimed_invoice_is_no_proforma(self):
        self.assertIn("Proforma", self._get_html())
        self._run_ladder(TODAY)
        page = self._get_html()
        self.assertIn(self.invoice.name, page)
        self.assertNotIn("Proforma", page)
        download = self.invoice._get_invoice_legal_documents("pdf", allow_fallback=True)
        self.assertNotIn("proforma", download["filename"])
        self.assertNotIn(b"Proforma", download["content"])
        # nothing is issued by the way
        self.assertFalse(self.invoice.invoice_pdf_report_id)
        self.assertFalse(self.invoice.is_move_sent)

    def test_an_invoice_that_was_sent_is_no_proforma(self):
        self.invoice.is_move_sent = True
        self.assertNotIn("Proforma", self._get_html())

    def test_a_draft_of_a_notice_does_not_make_it_known(self):
        self._preview()
        self.assertIn("Proforma", self._get_html())

    def test_the_page_is_in_the_language_of_the_letter(self):
        link = self._get_link()
        page = self.url_open(link)
        self.assertIn("/de/my/invoices/", page.url)
        self.assertNotIn("ar_lang", page.url)
        self.assertIn('{"lang": "de_DE"}', page.text)
        # the visitor may choose another one
        english = self.url_open(page.url.replace("/de/", "/en/"))
        self.assertIn('{"lang": "en_US"}', english.text)

    def test_an_unknown_language_does_no_harm(self):
        link = self._get_link().replace("ar_lang=de_DE", "ar_lang=xx_XX")
        page = self.url_open(link)
        self.assertEqual(page.status_code, 200)
        self.assertIn('{"lang": "en_US"}', page.text)

    def test_who_is_logged_in_keeps_the_own_language(self):
        user = self._create_new_portal_user()
        self.customer.child_ids = [Command.link(user.partner_id.id)]
        user.lang = "en_US"
        self.authenticate(user.login, user.login)
        self.assertIn('{"lang": "en_US"}', self.url_open(self._get_link()).text)

    def test_the_page_names_the_company_of_the_invoice(self):
        main = self.env.ref("base.public_user").sudo().company_id
        self.assertNotEqual(main, self.company)
        page = self.url_open(self._get_link()).text
        self.assertIn(f"/logo.png?company={self.company.id}", page)
        # with the end of it: 1 is the beginning of 16, too
        self.assertNotIn(f'/logo.png?company={main.id}"', page)
        self.assertIn(self.company.name, page)
