from unittest.mock import patch

from lxml import html

from odoo import Command, fields
from odoo.tests import tagged

from .common import TODAY, ArCollectionsCommon


class PaperChosen(Exception):
    """Stops before the PDF is made; what it would be made on is known."""


@tagged("post_install", "-at_install")
class TestLetters(ArCollectionsCommon):
    """The look of a letter, and whether its sentences are true."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._create_invoice_due("2026-03-20", 1000)

    def _get_notice(self, date=TODAY):
        return self._preview(date).notice_ids

    def _get_body(self, notice):
        return html.fromstring(notice._get_message()["body"])

    # === LOOK === #

    def test_paper_is_the_companys_whoever_prints(self):
        paper = self.env["report.paperformat"].create({"name": "Own", "format": "A5"})
        self.company.sudo().paperformat_id = paper
        elsewhere = self.setup_other_company()["company"]
        notice = self._get_notice()
        both = (elsewhere + self.company).ids
        reports = self.env["ir.actions.report"].with_context(allowed_company_ids=both)
        self.assertNotEqual(reports.get_paperformat(), paper)
        seen = []

        def run(report, *args, **kwargs):
            seen.append(report.get_paperformat())
            raise PaperChosen

        with (
            patch.object(type(reports), "_run_wkhtmltopdf", run),
            self.assertRaises(PaperChosen),
        ):
            reports.with_context(force_report_rendering=True)._render_qweb_pdf(
                "ar_collections.report_ar_dunning_notice", notice.ids
            )
        self.assertEqual(seen, [paper])

    def test_total_is_in_one_row_with_the_last_document(self):
        for day in range(1, 4):
            last = self._create_invoice_due(f"2026-03-2{day}", 100)
        [table] = self._get_body(self._get_notice()).xpath("//table[thead]")
        rows = table.xpath("./tbody/tr")
        self.assertEqual(len(rows), 4)
        for row in rows[:-1]:
            self.assertNotIn("Total due", row.text_content())
        for part in (last.name, "Total due", "1,300.00"):
            self.assertIn(part, rows[-1].text_content())

    def test_a_letter_ends_with_a_close_and_a_name(self):
        notice = self._get_notice()
        text = self._get_body(notice).text_content().split()
        company = self.company.name.split()
        self.assertEqual(text[-len(company) :], company)
        self.assertEqual(text[-len(company) - 2 : -len(company)], ["Kind", "regards"])
        notice.debtor_id.user_id = self.env.user
        text = " ".join(self._get_body(notice).text_content().split())
        close = f"Kind regards {self.env.user.name} {self.company.name}"
        self.assertTrue(text.endswith(close), text)

    # === SENTENCES === #

    def _get_upcoming_text(self, *, credit):
        """The note about an invoice of tomorrow, beside arrears and a credit."""
        self.invoice.no_followup = False
        self._create_invoice_due("2026-04-03", 700)
        self._create_invoice_due(
            TODAY, credit, move_type="out_refund", invoice_date=TODAY
        )
        notice = self._get_notice()
        # as for an open credit that is shared with what is overdue
        notice.sudo().level_id = self.upcoming
        return " ".join(self._get_body(notice).text_content().split())

    def test_a_note_asks_for_arrears(self):
        self.assertIn("past its due date", self._get_upcoming_text(credit=400))

    def test_a_note_does_not_ask_for_what_a_credit_covers(self):
        text = self._get_upcoming_text(credit=1000)
        self.assertIn("credit of", text)
        self.assertNotIn("past its due date", text)

    def test_a_credit_has_its_own_date_and_no_due_date(self):
        self._create_invoice_due(
            "2026-04-24", 40, move_type="out_refund", invoice_date="2026-03-25"
        )
        text = " ".join(self._get_body(self._get_notice()).text_content().split())
        self.assertIn("credit of 03/25/2026", text)
        self.assertNotIn("04/24/2026", text)

    def test_a_second_letter_does_not_say_each_item_was_named_before(self):
        self._run_ladder("2026-03-24")
        new = self._create_invoice_due("2026-03-25", 50)
        notice = self._get_notice("2026-04-07")
        self.assertEqual(notice.level_id, self.second)
        self.assertIn(new, notice.line_ids.move_id)
        text = " ".join(self._get_body(notice).text_content().split())
        self.assertIn("We wrote to you before and have not received", text)
        self.assertNotIn("wrote to you before about", text)
        self.assertNotIn("items listed below are still", text)

    # === PARTS THAT ARE NOT CLAIMED === #

    def _pause_part(self, kind, **vals):
        debtor = self.env["ar.debtor"]._get(self.customer, self.company)
        return self.env["ar.pause"].create(
            {
                "debtor_id": debtor.id,
                "amount": 300,
                "kind": kind,
                "reason": "two pallets",
                **vals,
            }
        )

    def test_why_names_what_is_paused(self):
        self._pause_part("dispute")
        why = self._get_notice().explanation
        for part in ("300.00", "paused: two pallets", self.env.user.name, "700.00"):
            self.assertIn(part, why)
        self.assertIn("the open items less what is paused.", why)
        self.assertNotIn("credit", why)

    def test_why_names_credits_only_where_there_are(self):
        run = self._preview()
        self.assertIn("the open items.", run.notice_ids.explanation)
        run.action_cancel()
        self._create_payment(self.customer, 100)
        self._pause_part("promise")
        why = self._get_notice().explanation
        self.assertIn("less what is paused and less every open credit", why)

    def test_only_a_dispute_is_under_review(self):
        other = self._create_invoice_due("2026-03-20", 50)
        pause = self._pause_part(
            "promise", line_ids=[Command.set(self._receivable(self.invoice).ids)]
        )
        # of another item: says nothing about this one
        self._pause_part(
            "dispute",
            amount=20,
            line_ids=[Command.set(self._receivable(other).ids)],
        )
        notice = self._get_notice()
        text = " ".join(self._get_body(notice).text_content().split())
        self.assertIn("Not claimed here: $ 300.00", text)
        self.assertIn("Under review, not claimed here: $ 20.00", text)
        line = notice.line_ids.filtered(lambda ln: ln.move_id == self.invoice)
        self.assertIn("Not claimed here", notice._get_ubl_line_note(line))
        pause.kind = "dispute"
        self.env.invalidate_all()
        self.assertIn("Under review", notice._get_ubl_line_note(line))

    # === NUMBERS AND LEVELS === #

    def test_items_of_another_level_name_it(self):
        self._run_ladder("2026-03-24")
        new = self._create_invoice_due("2026-03-25", 50)
        self._create_payment(self.customer, 10)
        self.first.with_context(lang="en_US").name = "Own first"
        notice = self._get_notice("2026-04-07")
        self.assertEqual(notice.level_id, self.second)
        rows = self._get_body(notice).xpath("//table[thead]/tbody//tr[not(.//tr)]")
        told = [row.text_content() for row in rows if "Own first" in row.text_content()]
        self.assertEqual(len(told), 1)
        self.assertIn(new.name, told[0])
        body = notice._get_message()["body"]
        self.assertNotIn(self.second.name, html.fromstring(body).text_content())

    def test_what_was_demanded_before_keeps_its_deadline(self):
        """A softer letter about a newer item does not ask anew for an older one."""
        old = self._create_invoice_due("2026-01-10", 1000)
        for day in ("2026-01-13", "2026-01-25", "2026-02-09"):
            notice = self._run_ladder(day)
        self.assertEqual(notice.level_id, self.final)
        self.assertNotIn("Already asked for", notice.body)
        self.assertNotIn("What we asked for before", notice.body)
        notice = self._run_ladder("2026-03-23")
        self.assertEqual((notice.level_id, notice.amount_due), (self.first, 2000))
        text = " ".join(self._get_body(notice).text_content().split())
        told = f"Already asked for on 02/09/2026: {self.final.name}"
        self.assertIn(told, text)
        self.assertEqual(text.count("Already asked for"), 1)
        self.assertEqual(text.count("remains payable by the date that we named"), 1)
        lines = notice.line_ids
        self.assertEqual(
            [line.move_id for line in lines if line._is_asked_before()], [old]
        )
        self.assertEqual(lines.filtered("is_step").move_id, self.invoice)

    def test_opening_items_bear_the_number_that_the_customer_knows(self):
        row = self.env["ar.opening.item"].create(
            {
                "customer": self.customer.name,
                "number": "R-77",
                "invoice_date": "2026-02-20",
                "date_due": "2026-03-20",
                "amount": 40,
            }
        )
        row.action_post()
        old = row.move_line_id
        # an entry of the books, whose texts are nobody else's business
        entry = self._create_opening_entry(
            "2026-03-20", [(self.customer, 30)], name="Hopeless", no_followup=False
        )
        notice = self._get_notice().filtered(lambda n: n.partner_id == self.customer)
        debtor = notice.debtor_id
        figures = self.env["ar.statement.ledger"]._get_figures(
            self.company,
            [(1, self.customer.id, old.date, fields.Date.to_date("2026-04-01"))],
        )
        [section] = figures[1]["currencies"]
        statement = {entry["number"] for entry in section["items"]}
        moved = {entry["number"] for entry in section["movements"]}
        ubl = {notice._prepare_ubl_line_vals(ln)["document"] for ln in notice.line_ids}
        body = self._get_body(notice).text_content()
        rows = self._decide(partner=self.customer).values()
        outlook = debtor._get_outlook_html(rows)
        for number in ("R-77", entry.name, self.invoice.name):
            for place in (body, outlook, statement, ubl, notice.explanation):
                self.assertIn(number, place)
        self.assertLessEqual({"R-77", entry.name}, moved)
        for number in (old.move_name, "Hopeless"):
            for place in (body, outlook, statement, moved, ubl):
                self.assertNotIn(number, place)
