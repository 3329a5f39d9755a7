from datetime import date
from decimal import Decimal

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import ArCollectionsCommon


@tagged("post_install", "-at_install")
class TestArChargeEngine(ArCollectionsCommon):
    """What lateness costs on real invoices; figures as FEATURES.md 5.3 has them.

    ECB 2.15 + 8 = 10.15 % a year, by day of 365.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.engine = cls.env["ar.charge.engine"]
        cls.terms = cls.env["ar.charge.terms"].create(
            {
                "name": "ECB + 8",
                "reference_rate_id": cls.env.ref(
                    "ar_collections.ar_reference_rate_ecb_mro"
                ).id,
                "margin": 8,
                "lump_sum_ids": [
                    Command.create(
                        {
                            "amount_from": 0.01,
                            "amount": 40,
                            "currency_id": cls.env.ref("base.EUR").id,
                        }
                    )
                ],
            }
        )
        cls.policy.charge_terms_id = cls.terms
        eur = cls.env.ref("base.EUR")
        eur.active = True
        cls.company.sudo().currency_id = eur
        cls.invoice = cls._create_invoice_due("2026-01-01", 1000)

    def _items(self, invoice=None):
        lines = (invoice or self.invoice).line_ids
        return lines.filtered(lambda ln: ln.account_type == "asset_receivable")

    def _assess(self, upto, invoice=None):
        items = self._items(invoice)
        found = self.engine._assess(items, date.fromisoformat(upto))
        return found[items] if len(items) == 1 else found

    def test_a_late_invoice(self):
        """Example 1: 1,000 × 10.15 % × 45 ÷ 365 = 12.5137, and the lump sum."""
        result = self._assess("2026-02-15")
        self.assertEqual(result.interest, Decimal("12.51"))
        self.assertEqual(result.cost_total, Decimal(40))
        self.assertEqual(result.total_open, Decimal("1052.51"))

    def test_not_late_yet(self):
        """Example 3: paid on the due date, nothing; a day late, 0.28 and the lump sum."""
        self.assertEqual(self._assess("2026-01-01").charges, 0)
        result = self._assess("2026-01-02")
        self.assertEqual((result.interest, result.cost_total), (Decimal("0.28"), 40))

    def test_part_payment_counts_from_its_own_day(self):
        """Example 18: 400 paid on 31 January, whenever it is reconciled."""
        self._pay(self.invoice, 400, date="2026-01-31")
        result = self._assess("2026-02-15")
        self.assertEqual(result.interest, Decimal("10.85"))
        self.assertEqual(result.principal_open, Decimal(600))

    def test_interest_stays_after_the_debt_is_paid(self):
        self._pay(self.invoice, date="2026-01-31")
        self.assertEqual(self.invoice.amount_residual, 0)
        result = self._assess("2026-03-31")
        self.assertEqual(result.interest, Decimal("8.34"))
        self.assertEqual(result.principal_open, 0)

    def test_credit_note_counts_from_its_own_day(self):
        credit = self._create_invoice_due(
            "2026-01-31", 400, move_type="out_refund", invoice_date="2026-01-31"
        )
        (self._items() + self._items(credit)).reconcile()
        self.assertEqual(self._assess("2026-02-15").interest, Decimal("10.85"))

    def test_each_instalment_by_its_own_due_date(self):
        """Example 23: 30 % of 3,000 due on 1 January, the rest on 1 March."""
        plan = self.env["account.payment.term"].create(
            {
                "name": "30/70",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 30, "nb_days": 0}
                    ),
                    Command.create(
                        {"value": "percent", "value_amount": 70, "nb_days": 59}
                    ),
                ],
            }
        )
        invoice = self._create_invoice_due(
            "2026-01-01",
            3000,
            invoice_date="2026-01-01",
            invoice_payment_term_id=plan.id,
        )
        self.assertEqual(str(invoice.invoice_date_due), "2026-03-01")
        found = self._assess("2026-02-15", invoice)
        self.assertEqual(
            sorted(result.interest for result in found.values()),
            [Decimal(0), Decimal("11.26")],
        )

    def test_consumers_are_not_charged_as_businesses(self):
        self.customer.ar_customer_kind = "consumer"
        self.assertEqual(self.engine._assess(self._items(), date(2026, 2, 15)), {})

    def test_no_terms_no_charge(self):
        self.policy.charge_terms_id = False
        self.assertEqual(self.engine._assess(self._items(), date(2026, 2, 15)), {})

    def test_missing_rate_is_an_error_never_nothing(self):
        self.terms.reference_rate_id.value_ids.filtered(
            lambda value: value.date_from > date(2025, 1, 1)
        ).unlink()
        self.terms.reference_rate_id.known_until = "2025-12-31"
        with self.assertRaisesRegex(UserError, "ECB main.*2026-01-01"):
            self._assess("2026-02-15")

    def test_disputed_part_waits(self):
        self.env["ar.pause"].create(
            {
                "debtor_id": self.env["ar.debtor"]._get(self.customer, self.company).id,
                "kind": "dispute",
                "reason": "Broken",
                "line_ids": self._items().ids,
                "amount": 400,
                "currency_id": self.invoice.currency_id.id,
                "date_from": "2026-01-02",
                "date_to": "2026-02-10",
            }
        )
        # 600 × 10.15 % × 10 ÷ 365
        self.assertEqual(self._assess("2026-01-11").interest, Decimal("1.67"))
        # over, and no credit note came of it
        self.assertEqual(self._assess("2026-02-15").interest, Decimal("12.51"))

    def test_foreign_currency_is_charged_in_its_own(self):
        """Example 36: USD 1,000; the lump sum of EUR 40 is converted."""
        usd = self.env.ref("base.USD")
        usd.active = True
        self.env["res.currency.rate"].create(
            {
                "currency_id": usd.id,
                "company_id": self.company.id,
                "name": "2025-01-01",
                "rate": 1.25,
            }
        )
        invoice = self._create_invoice_due("2026-01-01", 1000, currency_id=usd.id)
        result = self._assess("2026-02-15", invoice)
        self.assertEqual(result.interest, Decimal("12.51"))
        self.assertEqual(result.cost_total, Decimal(50))

    # === WHERE IT IS SEEN === #

    def test_invoice_shows_each_segment(self):
        with freeze_time("2026-02-15"):
            self.assertEqual(self.invoice.amount_late_charge, 52.51)
            self.assertEqual(self.invoice.ar_pay_today, 1052.51)
            self.assertIn("2.15 + 8 = 10.15 %", self.invoice.ar_late_charge_table)
            self.assertIn("45 / 365", self.invoice.ar_late_charge_table)

    def test_invoice_tells_what_is_missing(self):
        self.terms.reference_rate_id.known_until = "2026-01-31"
        self.terms.reference_rate_id.value_ids.filtered(
            lambda value: value.date_from > date(2025, 7, 1)
        ).unlink()
        self.terms.reference_rate_id.known_until = "2025-12-31"
        self.assertEqual(self.invoice.amount_late_charge, 0)
        self.assertIn("2026-01-01", self.invoice.ar_late_charge_table)

    def test_letter_announces_interest_by_its_deadline(self):
        """B16: what it will be at the deadline, and for each day."""
        with freeze_time("2026-01-05"):
            run = self._preview("2026-01-05")
            notice = run.notice_ids.filtered(lambda n: n.partner_id == self.customer)
            self.assertNotIn("interest for late payment", notice._get_message()["body"])
            notice.level_id.announces_charges = True
            # nothing is threatened that the policy does not do
            self.assertIsNone(notice._get_charge_figures())
            self.policy.charge_mode = "announce"
            days = (notice.date_deadline - date(2026, 1, 1)).days
            figures = notice._get_charge_figures()
            self.assertEqual(figures["interest"], round(1000 * 10.15 * days / 36500, 2))
            self.assertEqual((figures["costs"], figures["daily"]), (40, 0.28))
            body = notice._get_message()["body"]
            self.assertIn("interest for late payment", body)
            self.assertIn("2.15 + 8 = 10.15", body)

    def test_a_day_more_is_a_day_though_a_dispute_ends(self):
        """The interest that waited is not what a day costs."""
        self.env["ar.pause"].create(
            {
                "debtor_id": self.env["ar.debtor"]._get(self.customer, self.company).id,
                "kind": "dispute",
                "reason": "Broken",
                "amount": 400,
                "currency_id": self.invoice.currency_id.id,
                "date_from": "2026-01-02",
                "date_to": "2026-01-12",
            }
        )
        with freeze_time("2026-01-05"):
            run = self._preview("2026-01-05")
            notice = run.notice_ids.filtered(lambda n: n.partner_id == self.customer)
            notice.level_id.announces_charges = True
            self.policy.charge_mode = "announce"
            notice.sudo().date_deadline = "2026-01-12"
            figures = notice._get_charge_figures()
        # 600 × 10.15 % × 11 ÷ 365; the day after, 1,000 × 10.15 % ÷ 365
        self.assertEqual((figures["interest"], figures["daily"]), (1.84, 0.28))

    def test_queries_do_not_grow_with_the_items(self):
        # a lump sum in another currency: its rate, too, is looked up once
        usd = self.env.ref("base.USD")
        usd.active = True
        self.terms.lump_sum_ids.currency_id = usd
        self.env["res.currency.rate"].create(
            {
                "currency_id": usd.id,
                "company_id": self.company.id,
                "name": "2025-01-01",
                "rate": 1.25,
            }
        )
        invoices = self.invoice
        for _number in range(9):
            invoices += self._create_invoice_due("2026-01-01", 100)
        upto = date(2026, 2, 15)

        def count(moves):
            items = self._items(moves)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.engine._assess(items, upto)
            return self.cr.sql_log_count - before

        count(invoices)
        self.assertEqual(count(invoices), count(invoices[:2]))
