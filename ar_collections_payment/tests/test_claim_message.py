from unittest.mock import patch

from freezegun import freeze_time
from lxml import html

from odoo.tests import tagged

from .common import ClaimCommon

LINK = "odoo.addons.ar_collections_payment.models.ar_claim_link"


@tagged("post_install", "-at_install")
class TestClaimMessage(ClaimCommon):
    """The link and the codes in e-mail and letter."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.euro = cls.setup_other_currency("EUR", rates=[("2026-01-01", 0.5)])
        cls.invoice = cls._create_invoice_due(
            "2026-03-20", 1000, currency_id=cls.euro.id
        )
        cls.account = cls.env["res.partner.bank"].create(
            {
                "acc_number": "BE71096123456769",
                "partner_id": cls.company.partner_id.id,
                "allow_out_payment": True,
            }
        )

    def _get_letter(self, notice):
        content, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "ar_collections.report_ar_dunning_notice", notice.ids
        )
        return html.fromstring(content)

    def test_forms_do_not_begin_at_the_link(self):
        """The first primary button takes the focus: the link is none."""
        for model in ("ar.dunning.notice", "ar.debtor"):
            arch = self.env[model].get_view(view_type="form")["arch"]
            [options] = html.fromstring(arch).xpath(
                "//field[@name='customer_url']/@options"
            )
            self.assertIn("'btn_class': 'secondary'", options)

    def test_email_has_link_and_code(self):
        notice = self._run_ladder("2026-03-31")
        body = html.fromstring(notice.body)
        url = notice._get_payment_url()
        self.assertEqual(body.xpath("//a[contains(., 'See and pay')]/@href"), [url])
        self.assertEqual(body.xpath("//img/@src"), [f"{url}/qr"])
        self.assertIn(url, notice.mail_message_id.body)
        # without HTML there is the link, and nothing to scan
        [email] = notice.mail_message_id.mail_ids._prepare_outgoing_list()
        self.assertIn(url, email["body_alternative"])
        self.assertNotIn("scan", email["body_alternative"])
        image = self.url_open(self._get_path(f"{url}/qr"))
        self.assertEqual(image.headers["Content-Type"], "image/png")
        self.assertTrue(image.content.startswith(b"\x89PNG"))
        # once nothing is due there is no code for it, but no hole in the e-mail either
        self._pay(self.invoice)
        paid = self.url_open(self._get_path(f"{url}/qr"))
        self.assertEqual(paid.status_code, 200)
        self.assertTrue(paid.content.startswith(b"\x89PNG"))
        self.assertNotEqual(paid.content, image.content)

    def test_the_proof_needs_no_link_that_still_holds(self):
        notice = self._run_ladder("2026-03-31")
        reports = self.env["ir.actions.report"]
        content, _kind = reports._render_qweb_html(
            "ar_collections.report_ar_dunning_notice_proof", notice.ids
        )
        page = html.fromstring(content)
        self.assertFalse(page.xpath("//img[contains(@src, '/qr')]"))
        text = " ".join(page.text_content().split())
        self.assertIn(
            "[QR code for your banking app] Or scan this with your banking app.", text
        )

    def test_letter_has_both_codes(self):
        notice = self._preview("2026-03-31").notice_ids
        [codes] = self._get_letter(notice).xpath(
            "//table[contains(@class, 'o_ar_codes')]"
        )
        images = codes.xpath(".//img/@src")
        self.assertEqual(len(images), 2)
        for image in images:
            self.assertTrue(image.startswith("data:image/png;base64,"))
        self.assertEqual(set(codes.xpath(".//a/@href")), {notice._get_payment_url()})

    def test_codes_move_where_the_room_beside_the_address_is_taken(self):
        notice = self._preview("2026-03-31").notice_ids
        path = "//div[contains(@class, 'o_ar_letter')]//table[contains(@class, 'o_ar_codes')]"
        self.assertFalse(self._get_letter(notice).xpath(path))
        folder = self.env.ref("web.external_layout_folder")
        self.company.sudo().external_report_layout_id = folder
        self.assertEqual(len(self._get_letter(notice).xpath(path)), 1)
        every = "//table[contains(@class, 'o_ar_codes')]"
        self.assertEqual(len(self._get_letter(notice).xpath(every)), 1)

    def test_code_says_account_amount_and_reference(self):
        notice = self._preview("2026-03-31").notice_ids
        values = self.account._get_qr_vals(
            "sct_qr", notice.amount_due, self.euro, self.customer, notice.name, ""
        )
        self.assertIn("EUR1000.0", values)
        self.assertIn(notice.name, values)
        self.assertTrue(notice._get_bank_qr())

    def test_without_a_fitting_account_there_is_no_bank_code(self):
        dollar = self._create_customer("Dollar Ltd")
        self._create_invoice_due("2026-03-20", 1000, dollar)
        notice = self._run_ladder("2026-03-31").filtered(
            lambda n: n.debtor_id.partner_id == dollar
        )
        self.assertFalse(notice._get_bank_qr_url())
        self.assertFalse(html.fromstring(notice.body).xpath("//img"))
        [codes] = self._get_letter(notice).xpath(
            "//table[contains(@class, 'o_ar_codes')]"
        )
        self.assertEqual(len(codes.xpath(".//img")), 1)

    def test_a_letter_goes_out_where_no_code_can_be_drawn(self):
        notice = self._preview("2026-03-31").notice_ids
        reports = self.env.registry["ir.actions.report"]
        with (
            patch.object(reports, "barcode", side_effect=ValueError),
            patch(f"{LINK}.draw_qr", side_effect=ValueError("too long")),
            self.assertLogs("odoo.addons.ar_collections_payment", "WARNING"),
        ):
            [codes] = self._get_letter(notice).xpath(
                "//table[contains(@class, 'o_ar_codes')]"
            )
        self.assertFalse(codes.xpath(".//img"))
        self.assertEqual(codes.xpath(".//a/@href"), [notice._get_payment_url()])

    def test_a_letter_printed_again_has_the_same_link(self):
        notice = self._run_ladder("2026-03-31")
        url = notice._get_payment_url()
        with freeze_time("2026-05-05"):
            self.env.invalidate_all()
            self.assertEqual(notice._get_payment_url(), url)
            self.assertIn(url, notice.body)

    def test_chatter_of_the_customer_has_no_keys(self):
        notice = self._run_ladder("2026-03-31")
        self.customer.company_id = self.company
        note = notice._get_customer_note(False)
        key = notice._get_payment_url().rpartition("/")[2]
        self.assertIn(key, notice.body)
        self.assertNotIn(key, note)
        self.assertNotIn("/qr", note)
        self.assertIn(self.invoice.name, note)

    def test_link_speaks_the_language_of_who_got_it(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.customer.lang = "de_DE"
        notice = self._run_ladder("2026-03-31")
        page = self.url_open(self._get_path(notice._get_payment_url()))
        self.assertIn("/de/my/owed/", page.url)
        # the visitor may choose another one
        english = self.url_open(page.url.replace("/de/", "/en/"))
        self.assertIn('lang="en-US"', english.text)
        self.assertIn('lang="de-DE"', page.text)

    def test_note_before_the_due_date_offers_its_items(self):
        self.upcoming.channel = "email"
        self._pay(self.invoice)
        soon = self._receivable(self._create_invoice_due("2026-04-05", 300))
        other = self._receivable(self._create_invoice_due("2026-04-29", 400))
        notice = self._run_ladder("2026-03-31")
        self.assertEqual(notice.level_id, self.upcoming)
        key = notice._get_payment_url().rpartition("/")[2]
        boxes = self._get_boxes(self._get_page(key))
        self.assertEqual((boxes[soon.id], boxes[other.id]), (True, False))
