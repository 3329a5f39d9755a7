from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import TODAY, ArCollectionsCommon


@tagged("post_install", "-at_install")
class TestArAgingReport(ArCollectionsCommon):
    """Open items by days late, the same as the ledger on any day."""

    def _get_report(self, date=None):
        self.env.flush_all()
        self.env.invalidate_all()  # the day is part of the query, not of the cache
        report = self.env["ar.aging.report"].with_context(ar_aging_date=date)
        return report.search([("company_id", "=", self.company.id)])

    def _create_items(self, *days_late):
        """An item per number of days late, worth that many plus 1,000."""
        for days in days_late:
            due = fields.Date.subtract(fields.Date.to_date(TODAY), days=days)
            self._create_opening_entry("2025-06-30", [(self.customer, 1000 + days)])
            self.env["account.move.line"].search(
                [("partner_id", "=", self.customer.id), ("balance", "=", 1000 + days)]
            ).date_maturity = due

    def _get_buckets(self, date=None):
        rows = self._get_report(date)
        return {row.amount - 1000: row.bucket for row in rows}

    def test_borders_of_the_buckets(self):
        self._create_items(-1, 0, 1, 30, 31, 60, 61, 90, 91, 120, 121)
        self.assertEqual(
            self._get_buckets(),
            {
                -1: "0",
                0: "0",
                1: "1",
                30: "1",
                31: "2",
                60: "2",
                61: "3",
                90: "3",
                91: "4",
                120: "4",
                121: "5",
            },
        )

    def test_own_buckets(self):
        self.company.ar_aging_buckets = "10,45"
        self._create_items(10, 11, 45, 46)
        self.assertEqual(self._get_buckets(), {10: "1", 11: "2", 45: "2", 46: "3"})
        self.assertEqual(
            dict(self.env["ar.aging.report"]._selection_bucket()),
            {"0": "Not due", "1": "1 - 10", "2": "11 - 45", "3": "Over 45"},
        )

    def test_bad_buckets_are_refused(self):
        for buckets in (
            "30,20",
            "30,30",
            "0,30",
            "-5,30",
            "a,b",
            "30,,60",
            "1.5",
            "1,2,3,4,5,6",
        ):
            with self.subTest(buckets=buckets), self.assertRaises(ValidationError):
                self.company.ar_aging_buckets = buckets

    def test_sum_is_the_ledger_on_any_day(self):
        invoice = self._create_invoice_due("2026-01-31", 1000)
        self._pay(invoice, 300, "2026-02-10")
        self._create_payment(self.customer, 50, "2026-02-20")
        self._create_invoice_due(
            "2026-03-01", 80, move_type="out_refund", invoice_date="2026-03-01"
        )
        self._pay(invoice, date="2026-03-20")
        for date, amount in (
            ("2025-12-31", 0),
            ("2026-01-01", 1000),
            ("2026-02-09", 1000),
            ("2026-02-10", 700),
            ("2026-02-20", 650),
            ("2026-03-01", 570),
            ("2026-03-19", 570),
            ("2026-03-20", -130),
            (TODAY, -130),
            (None, -130),
        ):
            with self.subTest(date=date):
                self.assertEqual(sum(self._get_report(date).mapped("amount")), amount)
                self.assertEqual(self._get_ledger_balance(date or TODAY), amount)

    def _get_ledger_balance(self, date):
        domain = [
            ("account_type", "=", "asset_receivable"),
            ("parent_state", "=", "posted"),
            ("company_id", "=", self.company.id),
            ("date", "<=", date),
        ]
        groups = self.env["account.move.line"]._read_group(domain, [], ["balance:sum"])
        return groups[0][0] or 0

    def test_past_day_has_the_age_of_that_day(self):
        invoice = self._create_invoice_due("2026-01-31", 1000)
        self._pay(invoice, date="2026-03-30")
        self.assertRecordValues(
            self._get_report("2026-03-10"),
            [{"move_id": invoice.id, "days_overdue": 38, "bucket": "2"}],
        )
        self.assertFalse(self._get_report())

    def test_not_due_is_never_negative(self):
        self._create_invoice_due("2026-04-20", 1000)
        self.assertRecordValues(
            self._get_report(), [{"days_overdue": 0, "bucket": "0", "amount": 1000}]
        )

    def test_items_without_a_partner_are_in(self):
        self._create_opening_entry("2026-01-31", [(None, 70)])
        self.assertRecordValues(
            self._get_report(), [{"partner_id": False, "amount": 70.0}]
        )

    def test_amounts_in_both_currencies(self):
        currency = self.setup_other_currency("CHF", rates=[("2020-01-01", 2.0)])
        self._create_invoice_due("2026-03-20", 400, currency_id=currency.id)
        self.assertRecordValues(
            self._get_report(),
            [
                {
                    "amount": 200.0,
                    "amount_currency": 400.0,
                    "currency_id": currency.id,
                    "company_currency_id": self.company.currency_id.id,
                }
            ],
        )

    def test_grouped_by_bucket(self):
        self._create_items(5, 10, 40)
        groups = self.env["ar.aging.report"]._read_group(
            [("company_id", "=", self.company.id)], ["bucket"], ["amount:sum"]
        )
        self.assertEqual(groups, [("1", 2015.0), ("2", 1040.0)])

    def test_wizard_opens_the_day(self):
        wizard = self.env["ar.aging.report.open"].create({"date": "2026-02-28"})
        action = wizard.action_open()
        self.assertEqual(action["context"], {"ar_aging_date": "2026-02-28"})
        self.assertIn("02/28/2026", action["name"])
