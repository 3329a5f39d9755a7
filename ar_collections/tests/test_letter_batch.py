from pathlib import Path
from subprocess import CompletedProcess
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base.models import ir_actions_report as core

from .common import ArCollectionsCommon
from .pdf import draw_once, get_difference, get_pictures, get_text

LETTER = "ar_collections.report_ar_dunning_notice"
REPORTS = "odoo.addons.ar_collections.models.ir_actions_report"


@tagged("post_install", "-at_install")
class TestLetterBatch(ArCollectionsCommon):
    """Letters made together are the letters made alone: nobody gets another's page."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        # a French letter of some pages between two short ones
        cls.french = cls._create_customer("Dupont SA", lang="fr_FR", email=False)
        cls.third = cls._create_customer("Third Ltd", email=False)
        cls.customer.email = False
        cls.company.report_footer = "Books department, second floor"
        cls._create_invoice_due("2026-03-20", 1000)
        cls.long = [
            cls._create_invoice_due("2026-03-20", 10 + n, cls.french) for n in range(16)
        ]
        cls._create_invoice_due("2026-03-20", 77, cls.third)
        # headings that somebody wrote into the text
        template = cls.first.mail_template_id
        for lang in ("en_US", "fr_FR"):
            text = template.with_context(lang=lang)
            text.body_html = f"{text.body_html}<h1>Why</h1><h2>How</h2>"

    def setUp(self):
        super().setUp()
        draw_once(self)
        self.env = self.env(context={"force_report_rendering": True})

    def _get_notices(self):
        return self._preview().notice_ids.with_env(self.env).sorted("id")

    def _count_runs(self):
        """How many documents each run of wkhtmltopdf makes."""
        seen, inner = [], core._run_wkhtmltopdf

        def run(command):
            seen.append(sum("report.body.tmp" in argument for argument in command))
            return inner(command)

        return seen, patch.object(core, "_run_wkhtmltopdf", run)

    def _render_both_ways(self, notices):
        together = notices._render_letters()
        alone = {
            notice.id: self.env["ir.actions.report"]._ar_render_alone(LETTER, notice.id)
            for notice in notices
        }
        return together, alone

    def test_letters_made_together_are_those_made_alone(self):
        notices = self._get_notices()
        self.assertEqual(len(notices), 3)
        seen, runs = self._count_runs()
        with runs:
            together, alone = self._render_both_ways(notices)
        self.assertEqual(seen, [3, 1, 1, 1])
        for notice in notices:
            one = together[notice.id]
            text = get_text(one)
            self.assertEqual(text, get_text(alone[notice.id]))
            pictures = get_pictures(one), get_pictures(alone[notice.id])
            self.assertEqual(get_difference(*pictures), 0)
            # its own and nobody else's, with header, footer and number of each page
            self.assertIn(notice.name, text[0])
            for other in notices - notice:
                self.assertNotIn(other.name, "".join(text))
            for number, page in enumerate(text, 1):
                self.assertRegex(page, rf"{number}\s*/\s*{len(text)}")
                self.assertIn("Books department, second floor", page)
        french = notices.filtered(lambda n: n.partner_id == self.french)
        self.assertGreater(len(get_text(together[french.id])), 1)
        self.assertIn("mardi 7 avril 2026", get_text(together[french.id])[0])

    def test_what_wkhtmltopdf_dies_of_is_made_another_way(self):
        """Some tables kill it, if their rows are not to be divided between pages."""
        notices = self._get_notices()
        bad, inner, seen = notices[1], core._run_wkhtmltopdf, []

        def run(command):
            bodies = [path for path in command if "report.body.tmp" in path]
            texts = [Path(path).read_text() for path in bodies]
            seen.append(len(bodies))
            if any(bad.name in t and "page-break-inside: avoid" in t for t in texts):
                return CompletedProcess(command, -11, "", "")
            return inner(command)

        with (
            patch.object(core, "_run_wkhtmltopdf", run),
            mute_logger("odoo.addons.base.models.ir_actions_report"),
        ):
            letters = notices._render_letters()
        # all, the first half, the other one, its halves, of which one once more
        self.assertEqual(seen, [3, 1, 2, 1, 1, 1])
        for notice in notices:
            self.assertIn(notice.name, "".join(get_text(letters[notice.id])))

    def test_one_process_makes_all_letters_of_a_batch(self):
        run = self._preview()
        run.action_confirm()
        notices = run.notice_ids.with_env(self.env(su=True))
        seen, runs = self._count_runs()
        with runs:
            notices._deliver()
        self.assertEqual(seen, [3])
        self.assertEqual(set(notices.mapped("state")), {"sent"})
        for notice in notices:
            text = "".join(get_text(notice.attachment_ids.raw))
            self.assertIn(notice.name, text)
            self.assertIn(notice.partner_id.name, text)

    def _deliver_letters(self):
        run = self._preview()
        run.action_confirm()
        run.notice_ids.with_env(self.env(su=True))._deliver()
        # an administrator is not asked for a layout first
        run = run.with_context(discard_logo_check=True)
        return run, run.notice_ids.sorted("id")

    def _print(self, action):
        """The PDF that the client downloads for an action."""
        self.assertEqual(action["type"], "ir.actions.report")
        reports = self.env["ir.actions.report"].with_context(**action["context"])
        ids = action["context"]["active_ids"]
        return reports._render_qweb_pdf(action["report_name"], ids)[0]

    def test_a_print_batch_is_what_is_kept_in_the_order_of_sending(self):
        run, notices = self._deliver_letters()
        kept = [get_text(notice.attachment_ids.raw) for notice in notices]
        # neither the address nor the words are asked again
        notices.partner_id.street = "Moved 1"
        notices.sudo().body = "Changed"
        action = run.action_print_letters()
        self.assertEqual(set(notices.mapped("is_printed")), {True})
        seen, runs = self._count_runs()
        with runs:
            content = self._print(action)
        self.assertEqual(seen, [])
        self.assertEqual(get_text(content), sum(kept, []))
        # one alone is the very file, from the menu too
        file = notices[1].attachment_ids.raw
        self.assertEqual(self._print(notices[1].action_print()), file)
        reports = self.env["ir.actions.report"]
        self.assertEqual(reports._render_qweb_pdf(LETTER, notices[1].ids)[0], file)

    def test_a_list_on_top_of_a_print_batch(self):
        self.company.sudo().ar_letter_has_cover = True
        run, notices = self._deliver_letters()
        cover, *letters = get_text(self._print(run.action_print_letters()))
        for notice in notices:
            self.assertIn(notice.name, cover)
            self.assertIn(notice.partner_id.name, cover)
        kept = [get_text(notice.attachment_ids.raw) for notice in notices]
        self.assertEqual(letters, sum(kept, []))

    def test_what_only_tells_of_a_letter_is_not_the_letter(self):
        _run, notices = self._deliver_letters()
        reports = self.env["ir.actions.report"]
        proof = "ar_collections.report_ar_dunning_notice_proof"
        pages = get_text(reports._render_qweb_pdf(proof, notices[0].ids)[0])
        # in lines as long as the paper is wide
        self.assertIn(notices[0].seal, "".join("".join(pages).split()))
        cover = "ar_collections.report_ar_letter_cover"
        [page] = get_text(reports._render_qweb_pdf(cover, notices.ids)[0])
        for notice in notices:
            self.assertIn(notice.name, page)

    def test_the_letter_of_a_level_is_kept_too(self):
        _run, notices = self._deliver_letters()
        notice = notices[0]
        own = self.env.ref("ar_collections.action_report_ar_dunning_notice").sudo()
        own = own.copy({"name": "Our own letter"})
        notice.level_id.sudo().report_id = own
        reports = self.env["ir.actions.report"]
        content = reports._render_qweb_pdf(own.id, notice.ids)[0]
        self.assertEqual(content, notice.attachment_ids.raw)

    def test_a_letter_sent_again_is_made_anew(self):
        _run, notices = self._deliver_letters()
        notice = notices[0].sudo()
        old = notice.attachment_ids
        notice._set_failed("It came back.")
        notice.partner_id.street = "Moved 1"
        self.env.invalidate_all()
        notice.action_retry()
        notice.with_env(self.env(su=True))._deliver()
        self.assertEqual(notice.state, "sent")
        self.assertEqual(len(notice.attachment_ids), 1)
        self.assertNotEqual(notice.attachment_ids, old)
        self.assertIn("Moved 1", get_text(notice.attachment_ids.raw)[0])

    def test_a_letter_that_fails_stops_no_other(self):
        run = self._preview()
        run.action_confirm()
        notices = run.notice_ids.with_env(self.env(su=True))
        bad = notices.filtered(lambda n: n.partner_id == self.third)
        model, problem = type(self.env["ir.actions.report"]), "Wkhtmltopdf failed"
        inner = model._ar_render_each

        def render(reports, name, ids):
            if bad.id in ids:
                raise UserError(problem)
            return inner(reports, name, ids)

        with patch.object(model, "_ar_render_each", render):
            notices._deliver()
        self.assertRecordValues(bad, [{"state": "error", "problem": problem}])
        good = notices - bad
        self.assertEqual(set(good.mapped("state")), {"sent"})
        self.assertEqual(len(good.attachment_ids), 2)

    def test_pages_that_cannot_be_told_apart_are_made_alone(self):
        notices = self._get_notices()
        seen, runs = self._count_runs()
        with runs, patch(f"{REPORTS}.read_starts", lambda *args: None):
            together = notices._render_letters()
        self.assertEqual(seen, [3, 1, 1, 1])
        for notice in notices:
            self.assertIn(notice.name, "".join(get_text(together[notice.id])))

    def test_letters_in_another_order_are_made_alone(self):
        """An own report may sort what it prints."""
        self.env.ref(LETTER).arch_db = self.env.ref(LETTER).arch_db.replace(
            't-foreach="docs"', """t-foreach="docs.sorted('id', reverse=True)\""""
        )
        notices = self._get_notices()
        together = notices._render_letters()
        for notice in notices:
            self.assertIn(notice.name, "".join(get_text(together[notice.id])))

    def test_without_patched_qt_letters_are_made_alone(self):
        notices = self._get_notices()
        seen, runs = self._count_runs()
        info = core._wkhtml()._replace(is_patched_qt=False)
        with (
            runs,
            patch(f"{REPORTS}._wkhtml", lambda: info),
            mute_logger("odoo.addons.base.models.ir_actions_report"),
        ):
            notices._render_letters()
        self.assertEqual(seen, [1, 1, 1])

    def test_letters_of_two_companies_are_on_their_own_paper(self):
        paper = self.env["report.paperformat"].create({"name": "Own", "format": "A5"})
        first = self._get_notices()
        other = self.setup_other_company()["company"]
        other.sudo().paperformat_id = paper
        second = first[0].sudo().copy({"run_id": first.run_id.id})
        second.company_id = other
        seen, inner = {}, core.IrActionsReport._run_wkhtmltopdf

        def run(reports, bodies, *args, **kwargs):
            seen[reports.get_paperformat()] = len(bodies)
            return inner(reports, bodies, *args, **kwargs)

        with patch.object(core.IrActionsReport, "_run_wkhtmltopdf", run):
            letters = (first.sudo() + second)._render_letters()
        self.assertEqual(len(letters), 4)
        self.assertEqual(seen.pop(paper), 1)
        self.assertEqual(list(seen.values()), [3])

    def test_invoices_without_a_stored_pdf_are_made_together(self):
        notice = self._get_notices().filtered(lambda n: n.partner_id == self.french)
        seen, runs = self._count_runs()
        invoices = notice.line_ids.move_id[:3]
        with runs:
            contents = notice._render_invoices(invoices)
        self.assertEqual(seen, [3])
        for invoice in invoices:
            text = "".join(get_text(contents[invoice.id]))
            self.assertIn(invoice.name, text)
            for other in invoices - invoice:
                self.assertNotIn(other.name, text)
