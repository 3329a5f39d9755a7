from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import TODAY, ArCollectionsCommon


@tagged("post_install", "-at_install")
class TestArDebtorProfile(ArCollectionsCommon):
    """How a debtor pays, by figures that were worked out by hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtor = cls.env["ar.debtor"]._get(cls.customer, cls.company)

    def _create_paid(self, due, paid, amount=100):
        invoice = self._create_invoice_due(due, amount)
        self._pay(invoice, date=paid)
        return invoice

    def _create_three(self):
        # 30 days late, paid today: weighs 100
        self._create_paid("2026-03-01", "2026-03-31")
        # on its day, 180 days ago: weighs half, 50
        self._create_paid("2025-10-02", "2025-10-02")
        # 12 days late, 360 days ago: weighs a quarter of 200, 50
        self._create_paid("2025-03-24", "2025-04-05", 200)

    def _assert_profile(self, profile, average, late, count):
        self.env["ar.debtor"]._refresh_profiles(
            self.company, fields.Date.to_date(TODAY)
        )
        self.assertRecordValues(
            self.debtor,
            [
                {
                    "profile_computed": profile,
                    "days_late_average": average,
                    "late_percent": late,
                    "paid_count": count,
                }
            ],
        )

    # === ARITHMETIC === #

    def test_weights(self):
        """(30 × 100 + 0 × 50 + 12 × 50) / 200 = 18 days; 150 of 200 were late."""
        self._create_three()
        self._assert_profile("slow", 18.0, 75.0, 3)

    def test_overdue_counts_as_if_paid_today(self):
        """60 days late: (3600 + 60 × 100) / 300 = 32 days; 250 of 300 late."""
        self._create_three()
        self._create_invoice_due("2026-01-30", 100)
        self._assert_profile("chronic", 32.0, 83.3, 4)

    def test_overdue_for_some_days_is_no_evidence(self):
        """20 days late: (3600 + 20 × 100) / 300 = 18.7 days, but three items."""
        self._create_three()
        self._create_invoice_due("2026-03-11", 100)
        self._assert_profile("slow", 18.7, 83.3, 3)

    def test_exchange_differences_are_neither_debts_nor_payments(self):
        """Three invoices in francs, paid 10 days late at another rate: three items."""
        francs = self.setup_other_currency(
            "CHF", rates=[("2020-01-01", 2.0), ("2026-03-10", 1.6), ("2026-03-20", 2.5)]
        )
        for due, paid in (
            ("2026-02-01", "2026-02-11"),
            ("2026-02-28", "2026-03-10"),
            ("2026-03-15", "2026-03-25"),
        ):
            invoice = self._create_invoice_due(due, 100, currency_id=francs.id)
            self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoice.ids
            ).create({"payment_date": paid})._create_payments()
            self.assertEqual(invoice.amount_residual, 0)
        differences = self.env["account.partial.reconcile"].search(
            [("exchange_move_id", "!=", False)]
        )
        self.assertEqual(len(differences.exchange_move_id), 2)
        self._assert_profile("slow", 10.0, 100.0, 3)
        months = self.debtor._get_paid_months()
        self.assertEqual({round(days) for _month, days, _amount in months}, {10})

    def test_two_items_are_too_few(self):
        self._create_paid("2026-01-01", "2026-03-31")
        self._create_paid("2026-01-02", "2026-03-31")
        self._assert_profile("new", 88.5, 100.0, 2)
        self.assertIn("Too little", self.debtor.profile_explanation)

    def test_credit_notes_are_no_payments(self):
        self._create_three()
        invoice = self._create_invoice_due("2025-06-01", 5000)
        credit = self._create_invoice_due(
            "2026-03-31", 5000, move_type="out_refund", invoice_date="2026-03-31"
        )
        (self._receivable(invoice) + self._receivable(credit)).reconcile()
        self._assert_profile("slow", 18.0, 75.0, 3)

    def test_paid_early_counts_as_on_time(self):
        for day in ("01", "02", "03"):
            self._create_paid(f"2026-03-{day}", "2026-02-20")
        self._assert_profile("good", 0.0, 0.0, 3)

    def test_bank_days_are_not_late(self):
        for day in ("25", "26", "27"):
            self._create_paid(f"2026-03-{day}", f"2026-03-{int(day) + 3}")
        self._assert_profile("good", 3.0, 0.0, 3)

    def test_older_than_two_years_is_forgotten(self):
        for day in ("01", "02", "03"):
            self._create_paid(f"2023-12-{day}", "2024-03-30")
        self._assert_profile("new", 0.0, 0.0, 0)

    def test_clean_slate(self):
        """Nothing late for half a year: good, whatever was before."""
        for day in ("12", "13", "14"):
            # 60 days late, 200 days ago and more
            self._create_paid(f"2025-07-{day}", f"2025-09-{int(day) - 2}")
        self._assert_profile("chronic", 60.0, 100.0, 3)
        self._create_paid("2026-03-20", "2026-03-20")
        self.env["ar.debtor"]._refresh_profiles(self.company, self.company._ar_today())
        self.assertRecordValues(
            self.debtor, [{"payer_profile": "good", "paid_count": 4}]
        )
        # until the next that is late
        self._create_paid("2026-03-01", "2026-03-21", 1000)
        self.env["ar.debtor"]._refresh_profiles(self.company, self.company._ar_today())
        self.assertEqual(self.debtor.payer_profile, "slow")

    def test_part_payments_count_by_their_amounts(self):
        """10 of 100 in time, 90 after 40 days: 36 days, one item each."""
        for day in ("10", "11", "12"):
            invoice = self._create_invoice_due(f"2026-02-{day}", 100)
            self._pay(invoice, 10, f"2026-02-{day}")
            self._pay(invoice, date=f"2026-03-{int(day) + 12}")
        self.env["ar.debtor"]._refresh_profiles(self.company, self.company._ar_today())
        self.assertEqual(self.debtor.paid_count, 3)
        self.assertEqual(self.debtor.profile_computed, "chronic")
        # the shares of 10 are 40 days older than those of 90
        part, rest = 10 * 0.5 ** (47 / 180), 90 * 0.5 ** (7 / 180)
        expected = 40 * rest / (part + rest)
        self.assertAlmostEqual(self.debtor.days_late_average, expected, 0)

    # === BY HAND === #

    def test_override_with_an_end(self):
        self._create_three()
        self._assert_profile("slow", 18.0, 75.0, 3)
        invoice = self._create_invoice_due("2026-04-01", 10)
        with self.assertRaisesRegex(ValidationError, "Say why"):
            self.debtor.write({"profile_manual": "chronic"})
        self.debtor.write(
            {
                "profile_manual": "chronic",
                "profile_reason": "Bounced twice",
                "profile_until": "2026-04-10",
            }
        )
        self.assertRecordValues(
            self.debtor, [{"payer_profile": "chronic", "profile_computed": "slow"}]
        )
        self.assertIn("Bounced twice", self.debtor.profile_explanation)
        for day, profile in (("2026-04-10", "chronic"), ("2026-04-11", "slow")):
            row = self._decide(day)[self._receivable(invoice)]
            self.assertEqual(row["profile"], profile)
            with freeze_time(day):
                self.env["ar.debtor"]._refresh_profiles(
                    self.company, self.company._ar_today()
                )
            self.assertEqual(self.debtor.payer_profile, profile)
        self.debtor.profile_manual = False
        self.assertEqual(self.debtor.payer_profile, "slow")

    def test_override_ends_after_half_a_year(self):
        reason = {"profile_manual": "chronic", "profile_reason": "Bounced twice"}
        for vals in (reason, {**reason, "profile_until": False}):
            self.debtor.write(vals)
            self.assertEqual(self.debtor.profile_until.isoformat(), "2026-09-30")
        # an end that is still to come stays when the profile changes
        self.debtor.profile_until = "2026-05-01"
        self.debtor.profile_manual = "slow"
        self.assertEqual(self.debtor.profile_until.isoformat(), "2026-05-01")
        with freeze_time("2026-06-01"):
            self.debtor.profile_manual = "good"
            self.assertEqual(self.debtor.profile_until.isoformat(), "2026-12-01")
        with self.assertRaisesRegex(ValidationError, "Say why"):
            self.debtor.profile_reason = "  "

    def test_override_by_the_profile_itself_ends_too(self):
        self.debtor.payer_profile = "slow"
        self.assertEqual(self.debtor.profile_manual, "slow")
        self.assertEqual(self.debtor.profile_until.isoformat(), "2026-09-30")

    def test_override_cannot_end_in_the_past(self):
        vals = {"profile_manual": "chronic", "profile_reason": "Bounced twice"}
        with self.assertRaisesRegex(ValidationError, "has passed"):
            with self.env.cr.savepoint():
                self.debtor.write({**vals, "profile_until": "2026-03-30"})
        self.debtor.write({**vals, "profile_until": TODAY})
        self.assertEqual(self.debtor.payer_profile, "chronic")
        with self.assertRaisesRegex(ValidationError, "has passed"):
            self.debtor.profile_until = "2026-03-01"

    def test_override_is_a_deviation(self):
        self._create_invoice_due("2026-03-20", 1000)
        self.env.cr.flush()
        self.debtor.invalidate_recordset()
        vals = {"profile_manual": "chronic", "profile_reason": "Bounced twice"}
        self.debtor.write(vals)
        self.debtor.write({**vals, "profile_until": "2026-05-01"})
        self.debtor.profile_manual = False
        rows = self.env["ar.deviation"].search([("debtor_id", "=", self.debtor.id)])
        self.assertRecordValues(
            rows, [{"kind": "profile", "reason": "Bounced twice", "amount": 1000}]
        )

    def test_policy_by_hand_is_a_deviation(self):
        self.debtor.policy_id = self.policy
        self.debtor.policy_id = self.policy
        self.debtor.policy_id = False
        rows = self.env["ar.deviation"].search([("debtor_id", "=", self.debtor.id)])
        self.assertRecordValues(
            rows.sorted("id"),
            [
                {"kind": "policy", "reason": "by rule → Ladder"},
                {"kind": "policy", "reason": "Ladder → by rule"},
            ],
        )

    # === WHAT IS SHOWN === #

    def test_chart_shows_thresholds_and_what_is_open(self):
        self._create_three()
        self._create_invoice_due("2026-01-30", 100)
        self._create_invoice_due("2026-03-30", 900)
        self._assert_profile("chronic", 32.0, 83.3, 4)
        rules = {rule["name"]: rule for rule in self.debtor._get_profile_rules()}
        self.assertEqual(
            [name for name, rule in rules.items() if rule["is_own"]], ["Chronic"]
        )
        self.assertIn("30 days", rules["Chronic"]["rule"])
        chart = self.debtor.profile_chart
        self.assertIn("more than 30 days late on average", chart)
        self.assertIn("open now", chart)
        items = self.debtor._get_open_items()[self.company.id, self.customer.id]
        # one day late is within the bank days
        self.assertEqual(self.debtor._get_overdue_now(items), (60, 100))

    def test_nothing_open_shows_no_bar(self):
        self._create_three()
        self._assert_profile("slow", 18.0, 75.0, 3)
        self.assertNotIn("open now", self.debtor.profile_chart)

    def test_profile_is_per_company(self):
        other = self.setup_other_company()["company"]
        self._create_three()
        self.env["ar.debtor"]._refresh_profiles(self.company, self.company._ar_today())
        theirs = self.env["ar.debtor"].sudo()._get(self.customer, other)
        self.env["ar.debtor"]._refresh_profiles(other, other._ar_today())
        self.assertEqual(
            (self.debtor.payer_profile, theirs.payer_profile), ("slow", "new")
        )
