from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo import Command, fields
from odoo.tests import tagged

from .common import TODAY, ArCollectionsCommon

DAYS = [f"2026-0{month}-{day:02}" for month in (1, 2, 3) for day in (1, 10, 15, 20, 28)]


@tagged("post_install", "-at_install")
class TestArOpenItem(ArCollectionsCommon):
    """Law 2: one source of open items, the same as the ledger on every day."""

    # === HELPERS === #

    def _get_items(self, date, today=TODAY):
        """{journal item: row} of the one source at a day."""
        source = self.env["ar.open.item"]
        query = source._get_sql(
            source._get_ledger_domain(self.company),
            fields.Date.to_date(date),
            fields.Date.to_date(today),
        )
        rows = self.env.execute_query_dict(query)
        return {self.env["account.move.line"].browse(r["id"]): r for r in rows}

    def _get_sums(self, date, today=TODAY):
        """{partner id: open amount in company currency}, zero left out."""
        sums = {}
        for row in self._get_items(date, today).values():
            sums[row["partner_id"]] = sums.get(row["partner_id"], 0) + row["residual"]
        return {key: round(float(v), 2) for key, v in sums.items() if round(v, 2)}

    def _get_ledger_sums(self, date):
        """What the general ledger says: the balance of the receivable accounts."""
        groups = self.env["account.move.line"]._read_group(
            [
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("company_id", "=", self.company.id),
                ("date", "<=", date),
            ],
            ["partner_id"],
            ["balance:sum"],
        )
        return {p.id: round(v, 2) for p, v in groups if round(v, 2)}

    def _get_residual(self, move, date, key="residual"):
        items = self._get_items(date)
        rows = [items[line] for line in self._receivable(move) if line in items]
        return float(sum(row[key] for row in rows))

    def _reconcile(self, *moves):
        lines = self.env["account.move.line"].union(*map(self._receivable, moves))
        lines.reconcile()
        return lines

    def _assert_source_is_ledger(self):
        for day in DAYS:
            self.assertEqual(self._get_sums(day), self._get_ledger_sums(day), day)
        items = [self._get_items(TODAY, today) for today in (TODAY, "2026-04-01")]
        residuals = [
            {line.id: float(row["residual"]) for line, row in rows.items()}
            for rows in items
        ]
        self.assertEqual(*residuals, "stored and rebuilt for today differ")

    def _create_foreign_invoice(self):
        currency = self.setup_other_currency(
            "CHF", rates=[("2026-01-01", 2.0), ("2026-02-12", 1.6)]
        )
        return self._create_invoice_due(
            "2026-02-09", 400, invoice_date="2026-01-10", currency_id=currency.id
        )

    def _get_open(self, date):
        return self.env["account.move.line"].union(*self._get_items(date))

    # === TESTS === #

    def test_source_equals_ledger_over_a_history(self):
        other = self._create_customer("Other Ltd")
        invoice = self._create_invoice_due("2026-02-04", 1000)
        self._pay(invoice, 300, "2026-01-15")
        credit = self._create_invoice_due(
            "2026-01-20", 200, move_type="out_refund", invoice_date="2026-01-20"
        )
        self._reconcile(invoice, credit)
        self._create_payment(other, 150, "2026-01-25")
        foreign = self._create_foreign_invoice()
        self._pay(foreign, date="2026-02-20")
        self._create_invoice_due("2026-03-10", 600, other)
        payment = self._pay(invoice, 100, "2026-03-01")
        self._assert_source_is_ledger()
        self._receivable(payment.move_id).remove_move_reconcile()
        self._assert_source_is_ledger()

    def test_exchange_difference_closes_the_foreign_item(self):
        foreign = self._create_foreign_invoice()
        self._pay(foreign, date="2026-02-20")
        self.assertTrue(foreign.line_ids.matched_credit_ids.exchange_move_id)
        self.assertEqual(self._get_residual(foreign, "2026-02-19"), 200)
        self.assertEqual(
            self._get_residual(foreign, "2026-02-19", "residual_currency"), 400
        )
        for day in ("2026-02-20", "2026-03-30", TODAY):
            self.assertFalse(self._receivable(foreign) & self._get_open(day), day)

    def test_each_instalment_is_an_item(self):
        terms = self.env["account.payment.term"].create(
            {
                "name": "30/70",
                "line_ids": [
                    Command.create({"value_amount": 30, "nb_days": 0}),
                    Command.create({"value_amount": 70, "nb_days": 60}),
                ],
            }
        )
        invoice = self._create_invoice_due(
            "2026-03-01",
            1000,
            invoice_date="2026-03-01",
            invoice_payment_term_id=terms.id,
        )
        self._pay(invoice, 100, "2026-03-10")
        items = self._get_items("2026-03-20")
        found = sorted(
            (str(items[line]["date_due"]), float(items[line]["residual"]))
            for line in self._receivable(invoice)
        )
        self.assertEqual(found, [("2026-03-01", 200.0), ("2026-04-30", 700.0)])

    def test_past_day_ignores_later_payment(self):
        invoice = self._create_invoice_due("2026-02-28", 1000)
        self._pay(invoice, 400, "2026-03-10")
        self._pay(invoice, date="2026-03-20")
        for day, residual in (
            ("2026-01-01", 0),
            ("2026-03-09", 1000),
            ("2026-03-10", 600),
            ("2026-03-19", 600),
            ("2026-03-20", 0),
            (TODAY, 0),
        ):
            self.assertEqual(self._get_residual(invoice, day), residual, day)

    def test_credit_note_counts_from_its_date_when_applied_later(self):
        invoice = self._create_invoice_due("2026-02-01", 1000)
        credit = self._create_invoice_due(
            "2026-03-01", 250, move_type="out_refund", invoice_date="2026-03-01"
        )
        self.assertEqual(self._get_residual(credit, TODAY), -250)
        self._reconcile(invoice, credit)
        self.assertEqual(self._get_residual(invoice, "2026-02-28"), 1000)
        self.assertEqual(self._get_residual(invoice, "2026-03-01"), 750)
        self.assertEqual(self._get_residual(credit, "2026-03-01"), 0)

    def test_undone_reconciliation_opens_all_days_again(self):
        invoice = self._create_invoice_due("2026-02-01", 1000)
        payment = self._pay(invoice, date="2026-02-10")
        self.assertEqual(self._get_residual(invoice, "2026-02-20"), 0)
        self._receivable(payment.move_id).remove_move_reconcile()
        for day in ("2026-02-20", TODAY):
            self.assertEqual(self._get_residual(invoice, day), 1000, day)
            self.assertEqual(self._get_residual(payment.move_id, day), -1000, day)

    def test_drafts_and_payables_are_no_receivables(self):
        draft = self._create_invoice_due("2026-02-01", 1000)
        draft.button_draft()
        self._create_invoice_due("2026-02-01", 500, move_type="in_invoice")
        self.assertFalse(self._get_items(TODAY))
        self.assertFalse(self._get_items("2026-03-30"))

    def test_item_without_due_date_is_due_on_its_day(self):
        entry = self._create_opening_entry("2026-02-01", [(self.customer, 80)])
        self._receivable(entry).date_maturity = False
        row = self._get_items(TODAY)[self._receivable(entry)]
        self.assertEqual(str(row["date_due"]), "2026-02-01")

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["invoice", "payment", "credit"]),
                st.integers(1, 40),  # amount
                st.integers(1, 9),  # days since the event before
                st.booleans(),  # applied at once
            ),
            min_size=1,
            max_size=7,
        )
    )
    @settings(
        max_examples=15,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def test_any_history_is_rebuilt_as_it_was(self, events):
        """Every past day looks later as it looked then, item by item."""
        partner = self.env["res.partner"].create({"name": "Random"})
        day, total, seen = fields.Date.to_date("2026-01-01"), 0, {}
        for kind, amount, gap, applied in events:
            day += timedelta(days=gap)
            total += amount if kind == "invoice" else -amount
            line = self._book(kind, amount, day, partner)
            if applied:
                (line + self._get_opposite(line)).reconcile()
            items = self._get_items(day, today=day)
            seen[day] = {
                ln.id: float(row["residual"])
                for ln, row in items.items()
                if row["partner_id"] == partner.id
            }
            self.assertEqual(sum(seen[day].values()), total)
        for past, residuals in seen.items():
            rebuilt = {
                line.id: float(row["residual"])
                for line, row in self._get_items(past).items()
                if row["partner_id"] == partner.id
            }
            self.assertEqual(rebuilt, residuals, past)

    def _book(self, kind, amount, day, partner):
        if kind == "payment":
            return self._receivable(self._create_payment(partner, amount, day).move_id)
        move = self._create_invoice_due(
            day,
            amount,
            partner,
            invoice_date=day,
            move_type="out_invoice" if kind == "invoice" else "out_refund",
        )
        return self._receivable(move)

    def _get_opposite(self, line):
        """Open items of the other sign: each match has the new item on one side."""
        open_lines = self.env["account.move.line"].search(
            [
                ("partner_id", "=", line.partner_id.id),
                ("account_id", "=", line.account_id.id),
                ("reconciled", "=", False),
                ("parent_state", "=", "posted"),
            ]
        )
        return open_lines.filtered(lambda ln: ln.balance * line.balance < 0)
