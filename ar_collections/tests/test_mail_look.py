import doctest
import importlib.util
import json
from pathlib import Path

from lxml import html

from odoo import SUPERUSER_ID
from odoo.tests import BaseCase, tagged
from odoo.tools import SQL

from ..tools import plaintext
from ..tools.plaintext import to_plaintext
from .common import ArCollectionsCommon

MIGRATIONS = Path(__file__).parent.parent / "migrations"


class TestPlaintext(BaseCase):
    """The conversion, without a database."""

    def test_doctests(self):
        result = doctest.testmod(plaintext)
        self.assertTrue(result.attempted)
        self.assertFalse(result.failed)

    def test_what_is_not_shown_is_not_read(self):
        text = to_plaintext(
            "<html><head><style>p {color: red}</style></head><body><!-- no -->"
            "<p style='display: none'>hidden</p><p>Shown</p></body></html>"
        )
        self.assertEqual(text, "Shown")

    def test_what_has_to_be_seen_is_left_out(self):
        text = to_plaintext(
            "<p>Pay 5 €.</p><div class='o_ar_mail_only o_ar_seen_only'>"
            "<img alt='QR code'/> Or scan this.</div><p>Thank you</p>"
        )
        self.assertEqual(text, "Pay 5 €.\n\nThank you")

    def test_spaces_of_a_language_are_kept(self):
        text = to_plaintext("<p>Total\n   :  1\u202f190,00\u00a0€ ; merci</p>")
        self.assertEqual(text, "Total : 1\u202f190,00\u00a0€ ; merci")

    def test_each_address_has_one_number(self):
        text = to_plaintext(
            "<p><a href='https://a.example/1'>one</a>, "
            "<a href='https://a.example/2'>two</a>, "
            "<a href='https://a.example/1'>again</a>, "
            "<a href='mailto:a@a.example'>a@a.example</a></p>"
        )
        self.assertEqual(
            text,
            "one [1], two [2], again [1], a@a.example\n\n"
            "[1] https://a.example/1\n[2] https://a.example/2",
        )

    def test_nothing(self):
        self.assertEqual(to_plaintext(""), "")
        self.assertEqual(to_plaintext(False), "")


@tagged("post_install", "-at_install")
class TestMailLook(ArCollectionsCommon):
    """The e-mail as mail readers show it: in HTML, in the dark, and without HTML."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"vat": "BE0477472701", "phone": "+32 9 000 00 00"})
        cls.company.partner_id.write({"street": "Quay 5", "zip": "9000"})
        cls.customer.lang = "en_US"
        cls._create_invoice_due("2026-03-20", 1000, ref="PO-77")
        cls._create_invoice_due("2026-03-22", 234.5)

    def setUp(self):
        super().setUp()
        run = self._preview()
        run.action_confirm()
        self._deliver()
        self.notice = run.notice_ids
        self.mail = self.notice.mail_message_id.sudo().mail_ids
        [self.email] = self.mail._prepare_outgoing_list()
        self.page = html.document_fromstring(self.email["body"])

    # === HTML === #

    def test_page_tells_its_language_and_its_charset(self):
        self.assertTrue(self.email["body"].lstrip().startswith("<!DOCTYPE html>"))
        self.assertEqual(self.page.get("lang"), "en-US")
        self.assertTrue(self.page.xpath("//meta[@charset='utf-8']"))
        self.assertTrue(self.page.xpath("//meta[@name='viewport']"))
        self.assertTrue(self.page.findtext(".//title").strip())

    def test_every_link_has_a_text_and_every_picture_too(self):
        links = self.page.xpath("//a")
        self.assertTrue(links)
        for link in links:
            self.assertTrue(link.text_content().strip(), link.get("href"))
        for image in self.page.xpath("//img"):
            self.assertTrue(image.get("alt"), image.get("src"))

    def test_nothing_is_fetched_from_elsewhere(self):
        base = self.notice.get_base_url()
        for address in self.page.xpath("//img/@src | //link/@href | //script/@src"):
            self.assertTrue(address.startswith(("data:", "cid:", base)), address)

    def test_tables_are_data_or_say_that_they_are_layout(self):
        for table in self.page.xpath("//table"):
            headed = table.xpath("./thead//th[@scope]")
            self.assertTrue(headed or table.get("role") == "presentation")

    def test_dark_readers_get_colours_that_can_be_read(self):
        [style] = self.page.xpath("//style/text()")
        self.assertIn("prefers-color-scheme: dark", style)
        [scheme] = self.page.xpath("//meta[@name='color-scheme']/@content")
        self.assertEqual(scheme, "light dark")
        # each colour that is written beside a text is turned
        for inline in self.page.xpath("//body//@style"):
            for part in inline.split(";"):
                name, _colon, value = part.strip().partition(":")
                if name == "color" and value not in ("inherit", "#1f2328", "#ffffff"):
                    self.assertIn(f'[style*="color:{value}"]', style)

    def test_phone_and_address_can_be_tapped(self):
        hrefs = self.page.xpath("//a/@href")
        self.assertIn(f"mailto:{self.company.email}", hrefs)
        self.assertIn("tel:+3290000000", hrefs)

    def test_foot_says_who_writes(self):
        text = self.email["body_alternative"]
        for part in (self.company.name, "Quay 5", "BE0477472701", self.notice.name):
            self.assertIn(part, text)

    # === WITHOUT HTML === #

    def test_claim_is_a_table_without_html(self):
        lines = self.email["body_alternative"].splitlines()
        [first] = [line for line in lines if "1,000.00" in line]
        [total] = [line for line in lines if line.startswith("Total due")]
        self.assertRegex(first, r"^INV/\S+ \[1\] {2,}\S.*1,000\.00")
        self.assertEqual(len(first), len(total))
        self.assertIn("1,234.50", total)
        below = lines[lines.index(first) + 1 : lines.index(first) + 3]
        self.assertTrue(below[0].startswith("  due "), below)
        self.assertEqual(below[1], "  Your reference: PO-77")

    def test_links_can_be_copied_without_html(self):
        text = self.email["body_alternative"]
        for number, line in enumerate(self.notice.line_ids.sorted("date_due"), 1):
            url = self.notice._get_portal_url(line)
            self.assertIn(f"[{number}] {url}\n", f"{text}\n")
        self.assertNotIn("None", text)
        self.assertNotIn("<", text)
        self.assertNotRegex(text, r"\n{3,}")
        self.assertNotRegex(text, r" ,| \.")

    def test_other_e_mails_are_converted_as_ever(self):
        mail = self.mail.create(
            {"body_html": "<p>Hello <b>you</b></p>", "model": False}
        )
        mail.email_to = "a@a.example"
        [email] = mail._prepare_outgoing_list()
        self.assertEqual(email["body_alternative"], "Hello *you*")


@tagged("post_install", "-at_install")
class TestMendedWords(ArCollectionsCommon):
    """An upgrade replaces a text that nobody touched, and no other."""

    def _migrate(self):
        path = MIGRATIONS / "19.0.3.1.0" / "pre-words.py"
        spec = importlib.util.spec_from_file_location("words", path)
        words = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(words)
        words.migrate(self.env.cr, "19.0.3.0.0")

    def _write_texts(self, template, texts):
        self.env.cr.execute(
            SQL(
                "UPDATE mail_template SET subject = subject || %s::jsonb WHERE id = %s",
                json.dumps(texts),
                template.id,
            )
        )

    def _read_texts(self, template):
        query = SQL("SELECT subject FROM mail_template WHERE id = %s", template.id)
        return self.env.execute_query(query)[0][0]

    def test_untouched_translation_is_replaced_and_an_own_one_kept(self):
        root = self.env(user=SUPERUSER_ID)
        template = root.ref("ar_collections.mail_template_ar_thanks")
        shipped = "Grazie per il Suo pagamento a {{ object.company_id.name }}"
        own = "Grazie mille, {{ object.company_id.name }}"
        self.env.flush_all()
        self._write_texts(template, {"it_IT": shipped, "it_CH": own, "de_DE": shipped})
        self._migrate()
        texts = self._read_texts(template)
        self.assertNotIn("it_IT", texts)
        self.assertEqual(texts["it_CH"], own)
        # it is an Italian text: in German somebody wrote it
        self.assertEqual(texts["de_DE"], shipped)
        self.assertTrue(texts["en_US"])
        self.env.invalidate_all()
        root["res.lang"]._activate_lang("it_IT")
        root["ir.module.module"]._load_module_terms(["ar_collections"], ["it_IT"])
        self.assertIn("il suo pagamento", template.with_context(lang="it_IT").subject)

    def test_sentences_of_letters_are_mended(self):
        root = self.env(user=SUPERUSER_ID)
        root["res.lang"]._activate_lang("it_IT")
        root["ir.module.module"]._load_module_terms(["ar_collections"], ["it_IT"])
        view = root.ref("ar_collections.notice_items_table")
        self.assertIn("Suo riferimento:", view.with_context(lang="it_IT").arch_db)
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE ir_ui_view
                   SET arch_db = arch_db || jsonb_build_object('it_IT', replace(
                           arch_db->>'it_IT', 'Suo rif', 'Vostro rif'))
                 WHERE id = %s
                """,
                view.id,
            )
        )
        self._migrate()
        self.env.invalidate_all()
        self.assertIn("Suo riferimento:", view.with_context(lang="it_IT").arch_db)
        self.assertIn("Your reference:", view.with_context(lang="en_US").arch_db)
