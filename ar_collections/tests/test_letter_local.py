import doctest
import socket
import time
from contextlib import contextmanager
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.base.models import ir_actions_report as core

from ..models.ir_actions_report import put_printing
from ..tools import local_pages, style_sheets
from .common import TODAY, ArCollectionsCommon
from .pdf import (
    draw_once,
    get_difference,
    get_fonts,
    get_pictures,
    get_text,
    get_words,
)

LETTER = "ar_collections.report_ar_dunning_notice"
STATEMENT = "ar_collections.action_report_ar_statement"
PROOF = "ar_collections.action_report_ar_dunning_notice_proof"
LAYOUTS = ("standard", "boxed", "bold", "striped", "bubble", "wave", "folder")


@tagged("post_install", "-at_install")
class TestLetterLocal(ArCollectionsCommon):
    """A letter looks as it should, whatever the web server does meanwhile."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company.sudo()
        cls.customer.email = False
        cls.company.write({"street": "9 Sender Road", "zip": "1000", "city": "Town"})
        cls.company.report_footer = "Books department, second floor"
        cls.invoice = cls._create_invoice_due("2026-03-20", 1000)

    def setUp(self):
        super().setUp()
        self.env = self.env(context={"force_report_rendering": True})
        self.notice = self._preview().notice_ids.with_env(self.env)
        self.reports = self.env["ir.actions.report"]
        draw_once(self)

    def _set_url(self, url):
        self.env["ir.config_parameter"].sudo().set_param("report.url", url)

    @contextmanager
    def server_that_never_answers(self):
        """It takes what comes, like one whose workers are all busy."""
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen(50)
            self._set_url(f"http://127.0.0.1:{server.getsockname()[1]}")
            yield

    def _make_patiently(self, name, record):
        """With all rules of the style sheets, and core's second of waiting."""
        set_param = self.env["ir.config_parameter"].sudo().set_param
        set_param("report.print_delay", "1000")
        fresh = put_printing(self.reports, is_fresh=True, is_local=True)
        with patch.object(local_pages, "trim", lambda css, *_args: css):
            content = fresh._ar_render_alone(name, record.id)
        set_param("report.print_delay", False)
        return content

    def _assert_same(self, content, expected):
        """Nothing of the two differs on paper."""
        self.assertEqual(get_text(content), get_text(expected))
        pictures = get_pictures(content), get_pictures(expected)
        self.assertEqual(get_difference(*pictures), 0)

    # === TESTS === #

    def test_doctests(self):
        for module in (style_sheets, local_pages):
            found = doctest.testmod(module)
            self.assertTrue(found.attempted)
            self.assertFalse(found.failed)

    def test_styled_while_the_server_does_not_answer(self):
        expected = self._make_patiently(LETTER, self.notice)
        start = time.monotonic()
        with self.server_that_never_answers():
            content = self.notice._render_letters()[self.notice.id]
        self._assert_same(content, expected)
        # the company's font, not one of the machine's
        self.assertTrue(any("Lato" in name for name in get_fonts(content)))
        self.assertLess(time.monotonic() - start, 60)

    def test_every_layout_looks_as_core_makes_it(self):
        for layout in LAYOUTS:
            with self.subTest(layout=layout):
                self.company.external_report_layout_id = self.env.ref(
                    f"web.external_layout_{layout}"
                )
                self.env.flush_all()
                expected = self._make_patiently(LETTER, self.notice)
                with self.server_that_never_answers():
                    content = self.notice._render_letters()[self.notice.id]
                self._assert_same(content, expected)

    def test_the_number_of_the_page_is_one_line_beside_a_long_footer(self):
        self._set_url("http://127.0.0.1:1")
        self.company.report_footer = "Books department, second floor, on the left " * 3
        # the others have it below the footer
        for layout in ("standard", "boxed", "bold", "folder"):
            with self.subTest(layout=layout):
                self.company.external_report_layout_id = self.env.ref(
                    f"web.external_layout_{layout}"
                )
                self.env.flush_all()
                words = get_words(self.notice._render_letters()[self.notice.id])
                number = words[[word.text for word in words].index("Page") :][:4]
                self.assertEqual([w.text for w in number], ["Page", "1", "/", "1"])
                tops = [word.top for word in number]
                self.assertAlmostEqual(min(tops), max(tops), delta=2)

    def test_statement_proof_invoice_and_list_need_no_server(self):
        statement = (
            self.env["ar.statement"]
            .sudo()
            .create(
                {
                    "debtor_id": self.notice.debtor_id.id,
                    "company_id": self.company.id,
                    "date_from": "2026-01-01",
                    "date_to": TODAY,
                }
            )
        )
        documents = (
            ("account.account_invoices", self.invoice),
            (STATEMENT, statement),
            (PROOF, self.notice),
        )
        for name, record in documents:
            with self.subTest(report=name):
                expected = self._make_patiently(name, record)
                with self.server_that_never_answers():
                    content = self.reports._ar_render_each(name, record.ids)[record.id]
                self._assert_same(content, expected)

    def test_what_the_portal_gives_needs_no_server(self):
        self.invoice.is_move_sent = True
        with self.server_that_never_answers():
            content = self.invoice.with_env(self.env)._get_invoice_pdf_proforma()
        self.assertIn(self.invoice.name, "".join(get_text(content["content"])))

    def test_pictures_of_a_text_come_along(self):
        """One from the disk, one that is public, a barcode."""
        picture = (
            self.env["ir.attachment"]
            .sudo()
            .create({"name": "p.png", "raw": self._make_picture(), "public": True})
        )
        shown = (
            "/web/static/img/logo.png",
            f"/web/image/{picture.id}-abc/p.png",
            "/report/barcode/QR/words?width=90&height=90",
        )
        for address in shown:
            with self.subTest(address=address), self.server_that_never_answers():
                self._show(address)
                html = self.reports._ar_render_each(LETTER, self.notice.ids)
                self.assertIn("Kind regards", "".join(get_text(html[self.notice.id])))

    def _make_picture(self):
        return self.reports.barcode("QR", "x", width=50, height=50)

    def _show(self, address):
        template = self.notice.level_id.mail_template_id
        template.body_html = f'<p>Kind regards</p><img src="{address}"/>'
        self.env.flush_all()

    def test_what_cannot_be_had_holds_the_letter_back(self):
        hidden = (
            self.env["ir.attachment"]
            .sudo()
            .create({"name": "p.png", "raw": self._make_picture()})
        )
        for address in (f"/web/image/{hidden.id}", "/web/static/img/no_such_file.png"):
            with self.subTest(address=address):
                self._show(address)
                with self.assertRaisesRegex(UserError, address):
                    self.notice._render_letters()
        run = self.notice.run_id
        run.action_confirm()
        self.notice.with_env(self.env(su=True))._deliver()
        self.assertEqual(self.notice.state, "error")
        self.assertIn("no_such_file.png", self.notice.problem)

    def test_a_letter_without_words_is_held_back(self):
        """As wkhtmltopdf makes it if a font is late."""
        inner = core._run_wkhtmltopdf

        def run(command):
            for path in command:
                if "report.body" in path:
                    with open(path, "w") as file:
                        file.write("<html><body></body></html>")
            bare = [a for n, a in enumerate(command) if not self._is_edge(command, n)]
            return inner(bare)

        with patch.object(core, "_run_wkhtmltopdf", run):
            with self.assertRaisesRegex(UserError, "without words"):
                self.notice._render_letters()

    def _is_edge(self, command, number):
        edges = ("--header-html", "--footer-html")
        return command[number] in edges or command[number - 1] in edges

    def test_an_addon_adds_a_model(self):
        model = self.env.registry["ir.actions.report"]
        inner = model._get_ar_local_models
        made = patch.object(
            model,
            "_get_ar_local_models",
            lambda reports: (*inner(reports), "account.move"),
        )
        streams = self.reports._render_qweb_pdf_prepare_streams
        with made, self.server_that_never_answers():
            content = streams("account.account_invoices", {}, self.invoice.ids)
        content = content[self.invoice.id]["stream"].getvalue()
        self.assertTrue(any("Lato" in name for name in get_fonts(content)))

    def test_no_request_names_files(self):
        """Neither to be read nor to be written over."""
        forged = self.reports.with_context(
            ar_printing={"files": ["/etc"], "outline": "/tmp/x", "is_quick": True},
            ar_outline="/tmp/x",
        )
        command = forged._build_wkhtmltopdf_args(self.company.paperformat_id, False)
        self.assertNotIn("--allow", command)
        self.assertNotIn("--dump-outline", command)
        self.assertEqual(command[command.index("--javascript-delay") + 1], "1000")

    def test_a_delay_that_was_set_is_kept(self):
        self.env["ir.config_parameter"].sudo().set_param("report.print_delay", "300")
        reports = put_printing(self.reports, is_quick=True)
        command = reports._build_wkhtmltopdf_args(self.company.paperformat_id, False)
        self.assertEqual(command[command.index("--javascript-delay") + 1], "300")
