import io
from datetime import timedelta

from freezegun import freeze_time
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lxml.html import fromstring
from openpyxl import load_workbook

from odoo import Command, fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..models.ar_statement_xlsx import make_workbook
from .common import TODAY, ArCollectionsCommon

common = settings(
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=25,
    # examples are small; to shrink one takes minutes
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
days = st.integers(0, 89)
ledgers = st.lists(
    st.tuples(
        st.sampled_from(["invoice", "credit", "payment", "entry"]),
        days,  # booked so many days after the first of the year
        st.integers(1, 400),
        st.sampled_from([0, 0, 1]),  # currency
        st.integers(0, 1),  # whose
        st.booleans(),  # on a contact of the customer
    ),
    min_size=2,
    max_size=7,
)
# which two of them are reconciled, if they can be
pairs = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=8
)


@tagged("post_install", "-at_install")
class TestArStatement(ArCollectionsCommon):
    """What a statement says: opening + movements = closing = open items = ledger."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.foreign = cls.setup_other_currency(
            "CHF", rates=[("2025-01-01", 2.0), ("2026-02-12", 1.6)]
        )
        cls.contact = cls.env["res.partner"].create(
            {"name": "Buyer", "parent_id": cls.customer.id}
        )
        cls.other = cls._create_customer("Other Payer Ltd")
        cls.debtor = cls._get_debtor(cls.customer)

    # === HELPERS === #

    @classmethod
    def _get_debtor(cls, partner):
        return cls.env["ar.debtor"]._get(partner, cls.company)

    def _get_figures(self, date_from, date_to=TODAY, partners=None):
        """{partner: figures}"""
        partners = partners or self.customer
        return self.env["ar.statement.ledger"]._get_figures(
            self.company,
            [
                (
                    partner.id,
                    partner.id,
                    fields.Date.to_date(date_from),
                    fields.Date.to_date(date_to),
                )
                for partner in partners
            ],
        )

    def _get_section(self, date_from, date_to=TODAY, currency=None):
        currency = currency or self.company.currency_id
        (figures,) = self._get_figures(date_from, date_to).values()
        return next(s for s in figures["currencies"] if s["currency_id"] == currency.id)

    def _create_statement(self, date_from="2026-01-01", date_to=TODAY, **vals):
        return (
            self.env["ar.statement"]
            .sudo()
            .create(
                {
                    "debtor_id": self.debtor.id,
                    "company_id": self.company.id,
                    "date_from": date_from,
                    "date_to": date_to,
                    **vals,
                }
            )
        )

    def _get_ledger_balance(self, partner, date):
        """What the receivable accounts say, in company currency."""
        groups = self.env["account.move.line"]._read_group(
            [
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("company_id", "child_of", self.company.id),
                ("partner_id.commercial_partner_id", "=", partner.id),
                ("date", "<=", date),
            ],
            [],
            ["balance:sum"],
        )
        return groups[0][0] or 0.0

    def _assert_adds_up(self, figures):
        """The law of a statement, in each currency."""
        for section in figures["currencies"]:
            balance = section["opening"]
            for movement in section["movements"]:
                balance += movement["amount"]
                self.assertAlmostEqual(movement["balance"], balance, 2)
            self.assertAlmostEqual(section["closing"], balance, 2)
            opened = sum(item["open"] for item in section["items"])
            self.assertAlmostEqual(section["closing"], opened, 2)
            aging = section["aging"]
            parts = aging["not_due"] + sum(aging["buckets"]) + aging["credits"]
            self.assertAlmostEqual(section["closing"], parts, 2)

    def _create_history(self):
        """An invoice of January, paid in part twice, one of them after February."""
        invoice = self._create_invoice_due(
            "2026-02-09", 1000, invoice_date="2026-01-10", ref="PO 7"
        )
        self._pay(invoice, 300, "2026-02-05")
        self._pay(invoice, 200, "2026-03-05")
        return invoice

    # === FIGURES === #

    def test_movements_of_a_month(self):
        invoice = self._create_history()
        section = self._get_section("2026-02-01", "2026-02-28")
        self.assertEqual((section["opening"], section["closing"]), (1000, 700))
        (movement,) = section["movements"]
        self.assertEqual(movement["date"], "2026-02-05")
        self.assertEqual(movement["kind"], "payment")
        self.assertEqual((movement["amount"], movement["balance"]), (-300, 700))
        (item,) = section["items"]
        self.assertEqual(
            {name: item[name] for name in ("number", "due", "days", "ref")},
            {"number": invoice.name, "due": "2026-02-09", "days": 19, "ref": "PO 7"},
        )
        self.assertEqual((item["amount"], item["open"]), (1000, 700))

    def test_later_payments_do_not_count(self):
        self._create_history()
        for date, opened in (
            ("2026-01-09", None),
            ("2026-01-10", 1000),
            ("2026-02-05", 700),
            ("2026-03-04", 700),
            (TODAY, 500),
        ):
            with self.subTest(date=date):
                section = self._get_section("2026-01-01", date)
                found = sum(item["open"] for item in section["items"]) or None
                self.assertEqual(found, opened)

    def test_payment_of_tomorrow_does_not_count_today(self):
        """The stored residual knows it already; a statement of today must not."""
        invoice = self._create_invoice_due("2026-03-20", 400)
        self._pay(invoice, date="2026-04-05")
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(self._get_section("2026-03-01")["closing"], 400)
        (figures,) = self._get_figures("2026-03-01").values()
        self._assert_adds_up(figures)

    def test_kinds_of_movements(self):
        self._create_invoice_due("2026-02-09", 1000)
        self._create_invoice_due(
            "2026-02-10", 100, move_type="out_refund", invoice_date="2026-02-10"
        )
        self._create_payment(self.customer, 50, "2026-02-11")
        self._create_payment(self.customer, 20, "2026-02-12", payment_type="outbound")
        self._create_opening_entry("2026-02-13", [(self.customer, 70)])
        section = self._get_section("2026-01-01")
        self.assertEqual(
            [(m["kind"], m["amount"]) for m in section["movements"]],
            [
                ("invoice", 1000),
                ("credit", -100),
                ("payment", -50),
                ("payment", 20),
                ("other", 70),
            ],
        )
        self.assertEqual(section["closing"], 940)

    def test_unapplied_payments_and_credits_are_shown(self):
        self._create_invoice_due("2026-03-01", 1000)
        self._create_payment(self.customer, 150, "2026-03-10")
        section = self._get_section("2026-03-01")
        self.assertEqual([item["open"] for item in section["items"]], [1000, -150])
        self.assertEqual(section["aging"]["credits"], -150)
        self.assertEqual(section["aging"]["overdue"], 1000)

    def test_aging_has_the_buckets_of_the_company(self):
        self.company.ar_aging_buckets = "10,45"
        for due, amount in (
            ("2026-04-01", 1),
            (TODAY, 2),
            ("2026-03-30", 4),
            ("2026-03-21", 8),
            ("2026-03-20", 16),
            ("2026-02-14", 32),
            ("2026-02-13", 64),
        ):
            self._create_invoice_due(due, amount, invoice_date="2026-01-01")
        (figures,) = self._get_figures("2026-01-01").values()
        self.assertEqual(figures["ends"], [10, 45])
        aging = figures["currencies"][0]["aging"]
        self.assertEqual(aging["not_due"], 3)
        self.assertEqual(aging["buckets"], [12, 48, 64])

    def test_other_contacts_of_the_customer_are_in(self):
        self._create_invoice_due("2026-03-01", 1000)
        self._create_invoice_due("2026-03-02", 500, self.contact)
        self._create_invoice_due("2026-03-02", 9, self._create_customer("Other"))
        self.assertEqual(self._get_section("2026-01-01")["closing"], 1500)

    def test_branches_of_our_company_are_in(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        self.env.user.company_ids += branch
        self._create_invoice_due("2026-03-01", 1000)
        move = self._create_opening_entry("2026-03-01", [(self.customer, 40)])
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_move_line SET company_id = %s WHERE move_id = %s",
            (branch.id, move.id),
        )
        self.env.invalidate_all()
        self.assertEqual(self._get_section("2026-01-01")["closing"], 1040)

    def test_instalments_have_their_own_days(self):
        terms = self.env["account.payment.term"].create(
            {
                "name": "30/70",
                "line_ids": [
                    Command.create({"value_amount": 30, "nb_days": 0}),
                    Command.create({"value_amount": 70, "nb_days": 60}),
                ],
            }
        )
        self._create_invoice_due(
            "2026-03-01",
            1000,
            invoice_date="2026-03-01",
            invoice_payment_term_id=terms.id,
        )
        section = self._get_section("2026-03-01")
        self.assertEqual(
            [(i["due"], i["open"], i["days"]) for i in section["items"]],
            [("2026-03-01", 300, 30), ("2026-04-30", 700, 0)],
        )

    def test_each_currency_is_a_section(self):
        self._create_invoice_due("2026-03-01", 1000)
        self._create_invoice_due("2026-03-01", 400, currency_id=self.foreign.id)
        (figures,) = self._get_figures("2026-01-01").values()
        self.assertEqual(
            [(s["currency_id"], s["closing"]) for s in figures["currencies"]],
            [(self.company.currency_id.id, 1000), (self.foreign.id, 400)],
        )
        self.assertAlmostEqual(
            figures["amount"], self._get_ledger_balance(self.customer, TODAY), 2
        )

    def test_exchange_difference_leaves_nothing_behind(self):
        invoice = self._create_invoice_due(
            "2026-02-09", 400, invoice_date="2026-01-10", currency_id=self.foreign.id
        )
        self._pay(invoice, date="2026-02-20")
        self.assertTrue(invoice.line_ids.matched_credit_ids.exchange_move_id)
        section = self._get_section("2026-01-01", currency=self.foreign)
        self.assertEqual([m["amount"] for m in section["movements"]], [400, -400])
        self.assertFalse(section["items"])

    def test_payment_in_another_currency_is_set_off(self):
        """It leaves its own currency and enters the invoice's; neither is owed then."""
        invoice = self._create_invoice_due(
            "2026-02-09", 400, invoice_date="2026-01-10", currency_id=self.foreign.id
        )
        payment = self._create_payment(self.customer, 250, "2026-02-20")
        lines = self._receivable(invoice) + self._receivable(payment.move_id)
        lines.reconcile()
        (figures,) = self._get_figures("2026-01-01").values()
        self._assert_adds_up(figures)
        kinds = []
        for section in figures["currencies"]:
            kinds.append([movement["kind"] for movement in section["movements"]])
            self.assertEqual(section["closing"], 0)
        self.assertEqual(
            kinds, [["payment", "transfer", "exchange"], ["invoice", "transfer"]]
        )
        # before it was paid, nothing was set off
        (figures,) = self._get_figures("2026-01-01", "2026-02-19").values()
        self.assertEqual([s["closing"] for s in figures["currencies"]], [400])

    def test_nothing_at_all_is_said_in_the_company_currency(self):
        (figures,) = self._get_figures("2026-01-01").values()
        (section,) = figures["currencies"]
        self.assertEqual(section["currency_id"], self.company.currency_id.id)
        self.assertEqual((section["opening"], section["closing"]), (0, 0))

    def test_a_day_to_come_is_refused(self):
        with self.assertRaises(ValidationError):
            self._create_statement(date_to="2026-04-01")

    # === PROPERTIES === #

    @common
    @given(ledgers, pairs, days, days)
    def test_every_ledger_adds_up(self, ledger, pairs, one, two):
        start = fields.Date.to_date("2026-01-01")
        partners = self.customer + self.other
        cr = self.env.cr
        savepoint = cr.savepoint(flush=True)
        try:
            lines = [self._book(start, *row) for row in ledger]
            for left, right in pairs:
                self._match(lines[left % len(lines)] + lines[right % len(lines)])
            first, last = sorted((one, two))
            spans = {(first, last), (0, 89), (last, 89)}
            for low, high in spans:
                low, high = (start + timedelta(days=d) for d in (low, high))
                self._assert_ledger(partners, low, high)
        finally:
            self.env.flush_all()
            savepoint.rollback()
            savepoint.close(rollback=False)
            self.env.invalidate_all()

    def _book(self, start, kind, day, amount, currency, whose, is_contact):
        """One document; its receivable line."""
        partner = (self.customer + self.other)[whose]
        if is_contact and partner == self.customer:
            partner = self.contact
        date = start + timedelta(days=day)
        currency = self.foreign if currency else self.company.currency_id
        if kind in ("invoice", "credit"):
            move = self._create_invoice_due(
                date + timedelta(days=amount % 45),
                amount,
                partner,
                invoice_date=date,
                currency_id=currency.id,
                move_type="out_invoice" if kind == "invoice" else "out_refund",
            )
        elif kind == "payment":
            move = self._create_payment(
                partner, amount, date, currency_id=currency.id
            ).move_id
        else:
            move = self._create_opening_entry(date, [(partner, amount)])
        return self._receivable(move)

    def _match(self, lines):
        lines = lines.filtered(lambda ln: not ln.reconciled)
        if len(lines) == 2 and len({ln.balance > 0 for ln in lines}) == 2:
            lines.reconcile()

    def _assert_ledger(self, partners, low, high):
        figures = self._get_figures(low, high, partners)
        for partner in partners:
            self._assert_adds_up(figures[partner.id])
        # together they are the ledger, whoever paid for whom
        ledger = sum(self._get_ledger_balance(p, high) for p in partners)
        self.assertAlmostEqual(sum(f["amount"] for f in figures.values()), ledger, 2)
        if low > fields.Date.to_date("2026-01-01"):
            before = self._get_figures("2025-12-01", low - timedelta(days=1), partners)
            for partner in partners:
                closing = {
                    s["currency_id"]: s["closing"]
                    for s in before[partner.id]["currencies"]
                }
                for section in figures[partner.id]["currencies"]:
                    self.assertAlmostEqual(
                        section["opening"], closing.get(section["currency_id"], 0), 2
                    )

    # === MANY AT ONCE === #

    def test_many_statements_cost_as_many_queries_as_one(self):
        customers = self.customer
        for number in range(12):
            customers += self._create_customer(f"Customer {number}")
        for customer in customers:
            self._create_invoice_due("2026-03-01", 100, customer)
        self.env["ar.debtor"]._ensure(self.company, customers.ids)
        debtors = self.env["ar.debtor"].search([("partner_id", "in", customers.ids)])
        counts = []
        # the first one fills the caches
        for some in (debtors[:1], debtors[:1], debtors):
            statements = (
                self.env["ar.statement"]
                .sudo()
                .create(
                    [
                        {
                            "debtor_id": debtor.id,
                            "company_id": self.company.id,
                            "date_from": "2026-01-01",
                            "date_to": TODAY,
                        }
                        for debtor in some
                    ]
                )
            )
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            statements._freeze()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - start)
        self.assertEqual(*counts[1:])

    # === EXCEL === #

    def _load(self, statement):
        return load_workbook(io.BytesIO(make_workbook(statement)))

    def test_workbook_has_real_numbers_dates_and_formulas(self):
        invoice = self._create_history()
        invoice.ref = "=1+1"
        statement = self._create_statement(lang="en_US")
        book = self._load(statement)
        self.assertEqual(book.sheetnames, ["USD Movements", "USD Open items"])
        sheet = book["USD Movements"]
        self.assertEqual(sheet.freeze_panes, "A6")
        rows = list(sheet.iter_rows(min_row=6, values_only=True))
        self.assertEqual(rows[0][1::5], ("Opening balance", 0))
        self.assertEqual(fields.Date.to_string(rows[1][0].date()), "2026-01-10")
        self.assertEqual(rows[1][1:4], (invoice.name, "Invoice", "=1+1"))
        self.assertEqual(sheet["D7"].data_type, "s", "a reference became a formula")
        self.assertEqual(rows[1][5:], (1000, "=G6+F7"))
        self.assertEqual(rows[-1][5:], ("=SUM(F7:F9)", "=G9"))
        items = book["USD Open items"]
        self.assertEqual(items["H6"].value, 500)
        self.assertEqual(items["H7"].value, "=SUM(H6:H6)")
        # what those see who do not calculate: the values beside the formulas
        book = load_workbook(io.BytesIO(make_workbook(statement)), data_only=True)
        self.assertEqual(book["USD Movements"]["G10"].value, 500)
        self.assertEqual(book["USD Open items"]["H7"].value, 500)

    def test_workbook_has_sheets_by_currency_and_content(self):
        self._create_invoice_due("2026-03-01", 1000)
        self._create_invoice_due("2026-03-01", 400, currency_id=self.foreign.id)
        statement = self._create_statement(content="items", lang="en_US")
        self.assertEqual(
            self._load(statement).sheetnames, ["USD Open items", "CHF Open items"]
        )

    # === PAPER === #

    def test_paper_and_screen_show_the_same(self):
        self._create_history()
        self._create_payment(self.customer, 50, "2026-03-20")
        statement = self._create_statement(date_from="2026-02-01")
        html = (
            self.env["ir.actions.report"]
            ._render_qweb_html("ar_collections.report_ar_statement", statement.ids)[0]
            .decode()
        )
        for text in (
            "Statement of account as of",
            "Opening balance",
            "Closing balance",
            "Not applied",
            "1 – 30",
            "PO 7",
        ):
            with self.subTest(text=text):
                self.assertIn(text, html)
                if text != "Statement of account as of":
                    self.assertIn(text, statement.preview)

    def test_no_page_break_divides_the_balance_from_the_last_entry(self):
        self._create_history()
        statement = self._create_statement(date_from="2026-02-01")
        content = self.env["ir.actions.report"]._render_qweb_html(
            "ar_collections.report_ar_statement", statement.ids
        )[0]
        page = fromstring(content)
        totals = page.xpath("//tr[contains(@class, 'o_ar_total')]")
        self.assertEqual(len(totals), 2)
        for total in totals:
            # one row, which is not divided, holds both
            self.assertEqual(len(total.xpath("ancestor::tr")), 1)
            [last] = total.xpath("preceding-sibling::tr")
            self.assertTrue(last.text_content().strip())
            outer = total.xpath("ancestor::tr")[0]
            self.assertFalse(outer.xpath("following-sibling::tr"))
        # a few items stay together with their heading
        [heading] = page.xpath("//h5[contains(., 'Open items')]")
        self.assertIn("o_ar_keep", heading.getparent().get("class"))

    def test_what_was_taken_stays_as_it_was(self):
        invoice = self._create_history()
        statement = self._create_statement()
        statement._freeze()
        self.assertIn("500.00", statement.summary)
        self.assertEqual(statement.amount, 500)
        with freeze_time("2026-04-02"):
            self._pay(invoice, 500, "2026-03-30")
            statement.invalidate_recordset()
            self.assertIn("500.00", statement.preview)
            self.assertEqual(statement._get_sections()[0]["closing"], 500)
