import base64
import io
from datetime import date
from decimal import Decimal
from fractions import Fraction

import openpyxl

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tests.common import BaseCase

from ..tools.charge_terms import ChargeTerms
from ..tools.exact_money import round_half_up
from ..tools.interest_start import ClaimDates
from ..tools.late_claim import ClaimEvent, LateClaim
from ..tools.late_fees import Tier
from ..tools.late_interest import assess
from ..tools.proof_sheet import make_sheet
from ..tools.rate_rule import EXAMPLE, LateRate, RateRule
from .common import ArCollectionsCommon

DUE = date(2026, 1, 1)
RATE = LateRate(RateRule("ecb_mro", margin=Decimal(8)))


def by_calculator(row):
    """What a clerk gets who types a row in, with the figures that are printed."""
    return (
        Fraction(row.base)
        * Fraction(row.rate)
        / 100
        * Fraction(row.times)
        / Fraction(row.over)
    )


@tagged("-at_install", "post_install")
class TestProofSheet(BaseCase):
    """The arithmetic of the sheet: printed figures lead to the printed sums."""

    def _check(self, assessments, unit=Decimal("0.01")):
        sheet = make_sheet(assessments, unit)
        rows = [row for claim in sheet.claims for row in claim.rows]
        fine = Decimal(1).scaleb(-sheet.places)
        for row in rows:
            with self.subTest(row=row):
                if row.before_cap is None:
                    difference = abs(by_calculator(row) - Fraction(row.exact))
                    # one unit of the last decimal, for a base that is no whole unit
                    self.assertLessEqual(difference, 2 * Fraction(fine))
        self.assertEqual(sum(row.exact for row in rows), sheet.exact)
        self.assertEqual(round_half_up(sheet.exact, unit), sheet.document.interest)
        self.assertEqual(sum(row.amount for row in rows), sheet.document.interest)
        return sheet

    def _assess(self, amount, events=(), upto=date(2026, 2, 15), due=DUE, **terms):
        terms = ChargeTerms(RATE, **terms)
        claim = LateClaim(Decimal(amount), ClaimDates(due), events=tuple(events))
        return assess(claim, terms, EXAMPLE, upto)

    def test_three_invoices_one_rounding(self):
        """Example 7: 1.25 + 2.50 + 3.75 would be 7.50; the sum is 7.51."""
        sheet = self._check([self._assess(amount) for amount in (100, 200, 300)])
        self.assertEqual(sheet.document.interest, Decimal("7.51"))
        self.assertEqual(sheet.exact, Decimal("7.508219"))

    def test_part_payment(self):
        """Example 18, and what the payment was used for."""
        paid = ClaimEvent(date(2026, 1, 31), "payment", Decimal(400), "BNK/7")
        sheet = self._check([self._assess(1000, [paid])])
        (claim,) = sheet.claims
        self.assertEqual([str(row.base) for row in claim.rows], ["1000.00", "600.00"])
        (movement,) = claim.movements
        self.assertEqual((movement.principal, movement.balance), (400, 600))

    def test_payment_order_shows(self):
        """Costs, interest, principal: 40 and 8.34 first, so 351.66 of the claim."""
        paid = ClaimEvent(date(2026, 1, 31), "payment", Decimal(400))
        result = self._assess(
            1000,
            [paid],
            order="cost_interest_principal",
            lump_sums=(Tier(Decimal("0.01"), Decimal(40)),),
        )
        sheet = self._check([result])
        (movement,) = sheet.claims[0].movements
        self.assertEqual(
            (movement.cost, movement.interest, movement.principal, movement.balance),
            (Decimal(40), Decimal("8.34"), Decimal("351.66"), Decimal("648.34")),
        )

    def test_credit_beyond_the_claim(self):
        credit = ClaimEvent(date(2026, 1, 31), "credit", Decimal(1005))
        sheet = self._check([self._assess(1000, [credit])])
        (movement,) = sheet.claims[0].movements
        self.assertEqual(movement.balance, 0)
        self.assertEqual(movement.interest, Decimal("5.00"))

    def test_change_of_rate_names_its_value(self):
        result = self._assess(10000, due=date(2025, 6, 15))
        sheet = self._check([result])
        self.assertEqual(sheet.document.interest, Decimal("685.41"))  # example 4
        self.assertEqual(
            [row.notes for row in sheet.claims[0].rows], [(1,), (2,), (3,)]
        )
        self.assertEqual(sheet.values[0][1].rate, Decimal("3.15"))

    def test_interest_on_interest(self):
        result = self._assess(1000, due=date(2025, 1, 15), compounding="year")
        sheet = self._check([result])
        self.assertGreater(sheet.claims[0].rows[-1].base, 1000)

    def test_by_month_and_once(self):
        for accrual, over in (("month_started", 12), ("month_full", 12), ("flat", 1)):
            with self.subTest(accrual=accrual):
                sheet = self._check([self._assess(1000, accrual=accrual)])
                row = sheet.claims[0].rows[0]
                self.assertEqual((row.times, row.over), (1, over))

    def test_cut_by_a_limit(self):
        sheet = self._check([self._assess(1000, cap_total=Decimal(10))])
        (row,) = sheet.claims[0].rows
        self.assertEqual(row.amount, Decimal("10.00"))
        self.assertEqual(row.before_cap, Decimal("12.513699"))

    def test_more_decimals_where_rounding_hangs_on_them(self):
        """A printed 12.505000 that is in truth a bit less must not round to 12.51."""
        amount = Fraction(125049999, 10**7)  # 12.5049999 → 12.505000 with six decimals
        rate = Decimal(10)
        base = amount * 100 / Fraction(rate) * 365 / 45

        class Part:
            parts, formula, fixing_day = (), "10", None

        from ..tools.late_result import Segment  # noqa: PLC0415

        share = Fraction(45, 365)
        quote = Part()
        quote.rate, quote.share = rate, Fraction(rate) / 100
        units = base * 100
        segment = Segment(
            DUE,
            DUE,
            45,
            365,
            share,
            units,
            quote,
            amount * 100,
            amount * 100,
            Decimal("0.01"),
        )
        result = self._assess(1000)
        object.__setattr__(result, "segments", (segment,))
        sheet = make_sheet([result])
        self.assertEqual(sheet.document.interest, Decimal("12.50"))
        self.assertEqual(round_half_up(sheet.exact), Decimal("12.50"))
        self.assertGreater(sheet.places, 6)


@tagged("post_install", "-at_install")
class TestChargeCalculator(ArCollectionsCommon):
    """The calculator and the sheets of invoices and debtors."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.eur = cls.env.ref("base.EUR")
        cls.eur.active = True
        cls.company.sudo().currency_id = cls.eur
        cls.german = cls.env.ref("ar_collections.ar_charge_terms_de_business")
        cls.policy.charge_terms_id = cls.german

    def _calculate(self, **vals):
        return self.env["ar.charge.calculator"].create(
            {
                "amount": 1000,
                "date_due": "2026-01-01",
                "date": "2026-02-15",
                "country_id": self.env.ref("base.de").id,
                **vals,
            }
        )

    # === CALCULATOR === #

    def test_german_business_and_consumer(self):
        """Example 10: 10.27 % is 12.66 and 40; 6.27 % is 7.73 and nothing."""
        one = self._calculate()
        self.assertEqual(one.terms_id, self.german)
        self.assertEqual((one.interest, one.costs), (12.66, 40))
        self.assertEqual((one.charges, one.pay_today), (52.66, 1052.66))
        self.assertEqual(one.daily, 0.28)
        consumer = self._calculate(customer_kind="consumer")
        self.assertEqual((consumer.interest, consumer.costs), (7.73, 0))

    def test_payments_in_any_order(self):
        lines = [
            {"date": "2026-02-10", "amount": 100},
            {"date": "2026-01-31", "amount": 300, "kind": "credit"},
        ]
        results = []
        for given in (lines, lines[::-1]):
            one = self._calculate(line_ids=[Command.create(vals) for vals in given])
            results.append((one.charges, one.pay_today))
        self.assertEqual(*results)
        # payments cover the costs first: 40 of the 100, then interest to that day
        self.assertGreater(results[0][1], 1000 - 400)

    def test_figures_follow_while_typing(self):
        with Form(self.env["ar.charge.calculator"]) as form:
            self.assertIn("above zero", form.problem)
            form.amount = 1000
            self.assertIn("due", form.problem)
            form.date_due = "2026-01-01"
            form.date = "2026-02-15"
            form.country_id = self.env.ref("base.de")
            self.assertFalse(form.problem)
            self.assertEqual(form.interest, 12.66)
            with form.line_ids.new() as line:
                line.date = "2026-01-01"
                line.amount = 1000
            self.assertEqual(form.charges, 0)

    def test_nobody_guesses_a_law(self):
        one = self._calculate(country_id=self.env.ref("base.mn").id)
        self.assertFalse(one.terms_id)
        self.assertIn("Mongolia", one.problem)
        with self.assertRaisesRegex(UserError, "guesses"):
            one.action_print()

    def test_missing_rate_is_told(self):
        one = self._calculate(date="2031-01-15")
        self.assertIn("German base rate", one.problem)
        self.assertEqual(one.pay_today, 0)

    def test_tomorrow_may_be_unknown(self):
        """The last day that is known has a figure, only not what a day more costs."""
        self.german.reference_rate_id.known_until = "2026-12-31"
        one = self._calculate(date="2026-12-31")
        self.assertFalse(one.problem)
        self.assertEqual(one.daily, 0)

    def test_yen_and_dinar(self):
        for name, interest in (("JPY", 1266), ("KWD", 12.662)):
            currency = self.env.ref(f"base.{name}")
            currency.active = True
            self.env["res.currency.rate"].create(
                {
                    "currency_id": currency.id,
                    "company_id": self.company.id,
                    "name": "2025-01-01",
                    "rate": 1.0,
                }
            )
            amount = 100000 if name == "JPY" else 1000
            one = self._calculate(currency_id=currency.id, amount=amount)
            with self.subTest(name=name):
                self.assertEqual(one.interest, interest)
                self.assertFalse(one.problem)

    def test_text_to_paste(self):
        text = self._calculate(name="Invoice 7").result_text
        self.assertIn("Invoice 7: 1,000.00", text.replace("€ ", ""))
        self.assertIn("1,000.00 × 10.27 ÷ 100 × 45 ÷ 365 = 12.661644", text)

    def test_whoever_is_in_accounting_may_calculate(self):
        for group in ("group_account_invoice", "group_account_readonly"):
            user = new_test_user(self.env, f"calc_{group}", f"account.{group}")
            with self.subTest(group=group):
                model = self.env["ar.charge.calculator"].with_user(user)
                one = model.create(
                    {
                        "amount": 1000,
                        "date_due": "2026-01-01",
                        "date": "2026-02-15",
                        "country_id": self.env.ref("base.de").id,
                    }
                )
                self.assertEqual(one.charges, 52.66)
                self.assertIn("12.661644", one.result)
                with self.assertRaises(AccessError):
                    self.german.with_user(user).write({"margin": 1})
        employee = new_test_user(self.env, "calc_employee", "base.group_user")
        with self.assertRaises(AccessError):
            self.env["ar.charge.calculator"].with_user(employee).create({})

    def test_nothing_is_booked(self):
        models = ("account.move", "ir.attachment", "mail.message")
        before = [self.env[model].search_count([]) for model in models]
        one = self._calculate()
        one.action_export()
        self.assertTrue(one.workbook)
        after = [self.env[model].search_count([]) for model in models]
        self.assertEqual(before, after)

    # === SHEETS === #

    def _print(self, record, report):
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            f"ar_collections.{report}", record.ids
        )
        return html.decode()

    def test_sheet_says_all_that_a_clerk_needs(self):
        html = self._print(self._calculate(), "report_ar_charge_calculator")
        for text in (
            "1,000.00 × 10.27 ÷ 100 × 45 ÷ 365",
            "12.661644",
            "1.27 + 9 = 10.27 %",
            "German base rate",
            "BGB § 288",
            "half-up",
            "pocket calculator",
            "rounded once",
        ):
            with self.subTest(text=text):
                self.assertIn(text, html)
        # our own mark of how far a source was looked at is for us
        self.assertNotRegex(html, r"\[(checked|computed|general knowledge)\]")

    def test_workbook_computes_what_is_printed(self):
        one = self._calculate(
            line_ids=[Command.create({"date": "2026-01-31", "amount": 400})]
        )
        content = io.BytesIO(base64.b64decode(one.workbook))
        tab = openpyxl.load_workbook(content).active
        formulas = [
            (cell.row, cell.value)
            for row in tab.iter_rows()
            for cell in row
            if isinstance(cell.value, str) and cell.value.startswith("=")
        ]
        rows = [row for row, formula in formulas if "*" in formula]
        self.assertEqual(len(rows), 2)
        total = 0
        for row in rows:
            days, year, base, rate = (tab.cell(row, n).value for n in (3, 4, 5, 6))
            total += base * rate / 100 * days / year
        self.assertAlmostEqual(round(total, 2), one.interest)
        content.seek(0)
        shown = openpyxl.load_workbook(content, data_only=True).active
        values = [cell.value for row in shown.iter_rows() for cell in row]
        self.assertIn(one.charges, values)
        self.assertIn(one.pay_today, values)

    def test_a_name_is_no_formula(self):
        one = self._calculate(name="=1+1")
        content = io.BytesIO(base64.b64decode(one.workbook))
        tab = openpyxl.load_workbook(content).active
        cells = [cell for row in tab.iter_rows() for cell in row]
        named = next(cell for cell in cells if str(cell.value).startswith("=1+1"))
        self.assertEqual(named.data_type, "s")

    def test_sheet_of_an_invoice(self):
        invoice = self._create_invoice_due("2026-01-01", 1000)
        wizard = (
            self.env["ar.charge.proof.print"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"date": "2026-02-15"})
        )
        (sheet,) = wizard._get_sheets()
        self.assertEqual(sheet["document"].total, Decimal("52.66"))
        self.assertEqual(sheet["total"], Decimal("1052.66"))
        html = self._print(wizard, "report_ar_charge_proof")
        self.assertIn(invoice.name, html)
        self.assertIn("1,000.00 × 10.27 ÷ 100 × 45 ÷ 365", html)

    def test_sheet_of_a_debtor(self):
        """Each currency has its own; another customer's items are in none."""
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
        for amount in (100, 200, 300):
            self._create_invoice_due("2026-01-01", amount)
        self._create_invoice_due("2026-01-01", 500, currency_id=usd.id)
        other = self._create_customer("Other Ltd")
        self._create_invoice_due("2026-01-01", 700, partner=other)
        debtor = self.env["ar.debtor"]._get(self.customer, self.company)
        wizard = self.env["ar.charge.proof.print"].create(
            {"date": "2026-02-15", "debtor_ids": debtor.ids}
        )
        sheets = {sheet["currency"]: sheet for sheet in wizard._get_sheets()}
        self.assertEqual(set(sheets), {self.eur, usd})
        self.assertEqual(len(sheets[self.eur]["claims"]), 3)
        # 600 × 10.27 % × 45 ÷ 365 = 7.597, and 40 for each invoice
        self.assertEqual(sheets[self.eur]["document"].total, Decimal("127.60"))

    def test_nothing_to_prove_is_said(self):
        invoice = self._create_invoice_due("2026-05-01", 1000)
        wizard = self.env["ar.charge.proof.print"].create(
            {"date": "2026-02-15", "move_ids": invoice.ids}
        )
        with self.assertRaisesRegex(UserError, "not late"):
            wizard.action_print()

    def test_instalments_are_told_apart(self):
        plan = self.env["account.payment.term"].create(
            {
                "name": "Two",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 50, "nb_days": 0}
                    ),
                    Command.create(
                        {"value": "percent", "value_amount": 50, "nb_days": 9}
                    ),
                ],
            }
        )
        invoice = self._create_invoice_due(
            "2026-01-01",
            1000,
            invoice_date="2026-01-01",
            invoice_payment_term_id=plan.id,
        )
        proof = self.env["ar.charge.proof"]
        (sheet,) = proof._get_sheets_of_items(
            self._receivable(invoice), date(2026, 2, 15)
        )
        labels = [claim["label"] for claim in sheet["claims"]]
        self.assertEqual(labels, [f"{invoice.name}, part {n}" for n in (1, 2)])
