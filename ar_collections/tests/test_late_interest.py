"""What late charges do with payments, disputes, grace, caps and wrong terms."""

import dataclasses
import doctest
from datetime import date
from decimal import Decimal
from fractions import Fraction

from odoo.tests import BaseCase, tagged

from ..tools import (
    charge_document,
    charge_terms,
    day_count,
    exact_money,
    interest_start,
    late_claim,
    late_fees,
    late_interest,
    payment_order,
    rate_rule,
    reference_rate,
    term_error,
)
from ..tools.charge_document import make_document
from ..tools.charge_terms import ChargeTerms
from ..tools.exact_money import CENT, distribute
from ..tools.interest_start import ClaimDates, StartRule
from ..tools.late_claim import ClaimEvent, Cost, Dispute, LateClaim
from ..tools.late_fees import Band, CostScale, Tier
from ..tools.late_interest import assess, get_daily_interest
from ..tools.rate_rule import LateRate, RateRule
from ..tools.reference_rate import (
    MissingRateError,
    RateBook,
    RateSeries,
    RateValue,
)
from ..tools.term_error import TermError

DUE, CUT_OFF = date(2026, 1, 1), date(2026, 2, 15)
TEN = LateRate(RateRule.fixed(Decimal(10)))  # 36500 bear 10 a day
FORTY = (Tier(Decimal("0.01"), Decimal(40)),)


def pay(day, amount, kind="payment"):
    return ClaimEvent(
        date(2026, 1, 1) + (day - 1) * day_count.ONE_DAY, kind, Decimal(amount)
    )


def january(day):
    return date(2026, 1, day)


class InterestCase(BaseCase):
    def assess(self, amount=36500, events=(), upto=CUT_OFF, **terms):
        parts = {name: terms.pop(name, ()) for name in ("costs", "disputes")}
        unit, dates = terms.pop("unit", CENT), terms.pop("dates", ClaimDates(DUE))
        claim = LateClaim(Decimal(amount), dates, unit, tuple(events), **parts)
        terms.setdefault("rate", TEN)
        book = terms.pop("book", RateBook())
        return assess(claim, ChargeTerms(**terms), book, upto)

    def segments(self, result):
        return [(s.days, int(s.base), s.amount) for s in result.segments]


@tagged("post_install", "-at_install")
class TestBalanceOverTime(InterestCase):
    def test_each_day_on_what_is_open_that_day(self):
        events = [
            pay(11, 10000),
            pay(11, 500),
            pay(21, 1000, "credit"),
            pay(31, 500, "debit"),
        ]
        result = self.assess(events=events)
        # 10 days on 36500; 10 on 26000; 10 on 25000; 15 on 25500
        self.assertEqual(
            [segment[:2] for segment in self.segments(result)],
            [(10, 36500), (10, 26000), (10, 25000), (15, 25500)],
        )
        units = 10 * 36500 + 10 * 26000 + 10 * 25000 + 15 * 25500
        self.assertEqual(result.interest_exact, Fraction(units, 3650))

    def test_paid_before_it_was_due(self):
        result = self.assess(events=[pay(-30, 36500)], lump_sums=FORTY)
        self.assertEqual((result.segments, result.costs), ((), ()))
        self.assertEqual(result.total_open, 0)

    def test_interest_stays_owed_when_principal_is_paid(self):
        result = self.assess(events=[pay(31, 36500)], upto=date(2027, 1, 1))
        self.assertEqual(result.interest, Decimal(300))
        self.assertEqual(result.principal_open, 0)
        self.assertEqual(result.total_open, Decimal(300))
        # and is paid some day
        paid = self.assess(events=[pay(31, 36500), pay(41, 300)])
        self.assertEqual(paid.total_open, 0)
        self.assertEqual(paid.interest_paid, Decimal(300))

    def test_what_is_paid_too_much_waits(self):
        events = [pay(11, 40000), pay(21, 1000, "debit")]
        result = self.assess(events=events)
        self.assertEqual(result.interest, Decimal(100))
        # 40000 − 36500 − 100 of interest − 1000 of the debit
        self.assertEqual(result.unallocated, Decimal(2400))
        self.assertEqual(result.total_open, 0)

    def test_a_correction_was_never_owed(self):
        credit = self.assess(events=[pay(31, 36500, "credit")], lump_sums=FORTY)
        self.assertEqual(
            (credit.interest, credit.cost_total), (Decimal(300), Decimal(40))
        )
        never = self.assess(events=[pay(31, 36500, "correction")], lump_sums=FORTY)
        self.assertEqual((never.interest, never.cost_total), (0, 0))
        half = self.assess(events=[pay(31, 18250, "correction")])
        self.assertEqual(half.interest, Decimal(225))

    def test_later_events_are_not_looked_at(self):
        now = self.assess(upto=january(11))
        later = self.assess(events=[pay(12, 36500)], upto=january(11))
        self.assertEqual(later.total_open, now.total_open)
        self.assertEqual(now.interest, Decimal(100))

    def test_one_day_more(self):
        claim = LateClaim(Decimal(36500), ClaimDates(DUE))
        daily = get_daily_interest(claim, ChargeTerms(TEN), RateBook(), CUT_OFF)
        self.assertEqual(daily, 10)

    def test_three_and_no_decimals(self):
        dinar = self.assess("1000.005", unit=Decimal("0.001"))
        # 1000.005 × 10 % × 45 ÷ 365 = 12.328828…
        self.assertEqual(dinar.interest, Decimal("12.329"))
        yen = self.assess(1000, unit=Decimal(1))
        self.assertEqual(yen.interest, Decimal(12))
        with self.assertRaisesRegex(TermError, "no multiple of the unit"):
            self.assess("1000.5", unit=Decimal(1))


@tagged("post_install", "-at_install")
class TestDisputes(InterestCase):
    def dispute(self, result, last=date(2026, 1, 31), amount=10950):
        dispute = Dispute(january(12), Decimal(amount), last, result)
        return self.assess(disputes=(dispute,), lump_sums=())

    def test_open_dispute_waits(self):
        result = self.dispute("open")
        # 20 days of 10950: 3 a day wait
        self.assertEqual(result.interest, Decimal(450 - 60))
        self.assertEqual(result.interest_suspended, 60)
        self.assertEqual(self.dispute("open", last=None).interest_suspended, 35 * 3)

    def test_debtor_was_wrong(self):
        result = self.dispute("restored")
        self.assertEqual((result.interest, result.suspended), (Decimal(450), ()))

    def test_debtor_was_right(self):
        result = self.dispute("cancelled")
        self.assertEqual((result.interest, result.suspended), (Decimal(390), ()))

    def test_more_disputed_than_open(self):
        result = self.dispute("open", amount=99999)
        self.assertEqual(result.interest, Decimal(450 - 200))

    def test_all_disputed_has_no_lump_sum_before_it_is_decided(self):
        whole = Dispute(january(1), Decimal(36500))
        result = self.assess(disputes=(whole,), lump_sums=FORTY)
        self.assertEqual(result.cost_total, 0)
        decided = dataclasses.replace(whole, last=january(20))
        result = self.assess(disputes=(decided,), lump_sums=FORTY)
        self.assertEqual([cost.day for cost in result.costs], [january(21)])


@tagged("post_install", "-at_install")
class TestGraceAndStart(InterestCase):
    def test_grace_from_the_first_day(self):
        grace = {"grace_days": 10, "lump_sums": FORTY}
        self.assertEqual(self.assess(upto=january(11), **grace).charges, 0)
        over = self.assess(upto=january(12), **grace)
        self.assertEqual((over.interest, over.cost_total), (Decimal(110), Decimal(40)))
        paid = self.assess(events=[pay(11, 36500)], **grace)
        self.assertEqual((paid.charges, paid.total_open), (0, 0))

    def test_grace_from_the_first_day_with_the_rate_at_payment(self):
        """The rate is known late; the days of the grace are owed all the same."""
        grace = {"grace_days": 10, "rate": dataclasses.replace(TEN, fixing="payment")}
        self.assertEqual(self.assess(upto=january(11), **grace).interest, 0)
        self.assertEqual(self.assess(upto=january(12), **grace).interest, Decimal(110))
        paid = self.assess(events=[pay(12, 36500)], **grace)
        self.assertEqual(paid.interest, Decimal(110))
        # half of it within the grace: five days on all, six on the other half
        paid = self.assess(events=[pay(6, 18250), pay(12, 18250)], **grace)
        self.assertEqual(paid.interest, Decimal(80))
        paid = self.assess(events=[pay(11, 36500)], **grace)
        self.assertEqual(paid.interest, 0)

    def test_payment_within_grace_covers_principal(self):
        """Nobody owes interest while the grace lasts, whatever the payment order."""
        events = [pay(6, 36499)]
        result = self.assess(
            events=events, grace_days=10, order="interest_cost_principal"
        )
        self.assertEqual(result.allocations[0].principal, Decimal(36499))
        # five days on all, then on 1
        self.assertEqual(result.interest, Decimal("50.01"))

    def test_grace_from_the_day_after(self):
        result = self.assess(grace_days=10, grace="after", lump_sums=FORTY)
        self.assertEqual(result.interest, Decimal(350))
        self.assertEqual(result.costs[0].day, january(12))

    def test_start_after_a_deadline(self):
        dates = ClaimDates(DUE, notice=january(31))
        result = self.assess(dates=dates, start=StartRule("notice"))
        self.assertEqual(result.interest, Decimal(150))
        early = ClaimDates(DUE, notice=date(2025, 12, 1))
        result = self.assess(dates=early, start=StartRule("notice"))
        self.assertEqual(result.interest, Decimal(450))

    def test_no_date_at_all(self):
        with self.assertRaisesRegex(TermError, "due_date: Neither a due date"):
            self.assess(dates=ClaimDates())


@tagged("post_install", "-at_install")
class TestChargingRules(InterestCase):
    def test_whole_months(self):
        events = [pay(11, 6500)]
        started = self.assess(events=events, accrual="month_started")
        # the second month began on 2 February, with 30000 open: 36500 ÷ 120 + 250
        self.assertEqual(started.interest_exact, Fraction(36500, 120) + 250)
        full = self.assess(events=events, accrual="month_full")
        self.assertEqual(full.interest, Decimal(250))  # 30000 were late the whole month

    def test_months_end_with_short_months(self):
        dates = ClaimDates(date(2025, 12, 31))
        result = self.assess(accrual="month_full", dates=dates, upto=date(2026, 3, 31))
        self.assertEqual(
            [segment.last for segment in result.segments],
            [january(31), date(2026, 2, 28), date(2026, 3, 31)],
        )

    def test_flat(self):
        result = self.assess(accrual="flat", events=[pay(31, 36500)])
        self.assertEqual(result.interest, Decimal(3650))

    def test_leap_year_by_its_own_days(self):
        dates = ClaimDates(date(2023, 12, 30))
        result = self.assess(
            36600, dates=dates, upto=date(2024, 1, 2), day_count="act/act"
        )
        # one day of 365, two of 366
        self.assertEqual(result.interest_exact, Fraction(3660, 365) + 20)
        self.assertEqual([segment.year_days for segment in result.segments], [365, 366])

    def test_compounding_by_calendar(self):
        result = self.assess(compounding="month", rests="calendar")
        # 300 are added on 31 January: 15 days on 36800
        self.assertEqual(result.interest_exact, 300 + Fraction(36800 * 15, 3650))

    def test_compounding_after_interest_was_paid(self):
        events = [pay(32, 310)]
        order = {"order": "interest_cost_principal", "compounding": "month"}
        result = self.assess(events=events, **order)
        self.assertEqual(result.interest, Decimal(450))
        self.assertEqual(result.interest_open, Decimal(140))

    def test_rate_at_payment_keeps_the_payment_order(self):
        """Found by ten thousand histories: costs came before interest."""
        rate = dataclasses.replace(TEN, fixing="payment")
        costs = (Cost(january(5), "fee", Decimal(80)),)
        for order, interest, cost in [
            ("principal_interest_cost", 100, 20), ("principal_cost_interest", 40, 80),
        ]:  # fmt: skip
            result = self.assess(
                events=[pay(11, 36620)], rate=rate, costs=costs, order=order
            )
            found = (result.interest_paid, result.cost_paid)
            self.assertEqual(found, (Decimal(interest), Decimal(cost)), order)

    def test_interest_on_costs_only_if_agreed(self):
        costs = (Cost(january(11), "fee", Decimal(3650)),)
        self.assertEqual(self.assess(costs=costs).interest, Decimal(450))
        agreed = self.assess(costs=costs, interest_on_costs=True)
        self.assertEqual(agreed.interest, Decimal(450 + 35))

    def test_caps(self):
        self.assertEqual(
            self.assess(cap_total=Decimal("99.999")).interest, Decimal("99.99")
        )
        self.assertEqual(self.assess(cap_percent=Decimal(1)).interest, Decimal(365))
        costs = (Cost(january(11), "fee", Decimal(60)),)
        limits = {"cap_total": Decimal(150), "cap_on": "charges", "costs": costs}
        result = self.assess(**limits)
        # 100 of interest, 50 of the fee, and nothing after it
        self.assertEqual(
            (result.interest, result.cost_total), (Decimal(100), Decimal(50))
        )
        self.assertTrue(result.segments[-1].is_capped)
        self.assertEqual(result.costs[0].full, Decimal(60))

    def test_fees_beyond_the_number_are_not_charged(self):
        costs = tuple(Cost(january(day), "fee", Decimal(day)) for day in (25, 5, 15))
        result = self.assess(costs=costs, max_fees=2)
        self.assertEqual([cost.amount for cost in result.costs], [5, 15])

    def test_below_the_minimum_is_carried(self):
        first = self.assess(1000)
        document = make_document([first], minimum=Decimal(15))
        self.assertEqual((document.difference, document.carried), (0, Decimal("12.33")))
        later = self.assess(1000, upto=date(2026, 3, 1))
        document = make_document([later], minimum=Decimal(15))
        self.assertEqual((document.difference, document.carried), (Decimal("16.16"), 0))
        credit = make_document([first], billed=Decimal(20), minimum=Decimal(15))
        self.assertEqual(credit.difference, Decimal("-7.67"))

    def test_proof_can_be_followed(self):
        rate = LateRate(RateRule("ecb_mro", margin=Decimal(8)))
        result = self.assess(1000, rate=rate, book=rate_rule.EXAMPLE)
        proof = make_document([result]).lines[0].get_proof()
        found = proof["base"] * proof["rate"] / 100 * proof["days"] / proof["year_days"]
        self.assertEqual(round(found, 6), proof["exact"])
        self.assertEqual(proof["formula"], "2.15 + 8 = 10.15")
        self.assertEqual(proof["fixing_day"], DUE)
        self.assertEqual(proof["amount"], Decimal("12.51"))

    def test_floats_are_refused(self):
        with self.assertRaises(TermError):
            LateClaim(0.1, ClaimDates(DUE))
        with self.assertRaises(TermError):
            RateRule.fixed(10.15)
        with self.assertRaises(TypeError):
            distribute([0.5])


@tagged("post_install", "-at_install")
class TestTermsAreChecked(InterestCase):
    def test_terms_that_nobody_could_charge_by(self):
        payment = dataclasses.replace(TEN, fixing="payment")
        month = dataclasses.replace(TEN, per="month")
        for field, vals in [
            ("lump_sums", {"kind": "consumer", "lump_sums": FORTY}),
            ("lump_sums", {"lump_sums": FORTY * 2}),
            ("day_count", {"day_count": "30/365"}),
            ("order", {"order": "interest"}),
            ("grace_days", {"grace_days": -1}),
            ("cap_total", {"cap_total": Decimal(-1)}),
            ("cap_percent", {"cap_percent": 5.0}),
            ("max_fees", {"max_fees": -1}),
            ("compounding", {"accrual": "flat", "compounding": "year"}),
            ("rests", {"accrual": "month_full", "rests": "calendar"}),
            ("rate", {"accrual": "flat", "rate": month}),
            ("fixing", {"rate": payment, "compounding": "year"}),
            ("fixing", {"rate": payment, "order": "interest_cost_principal"}),
            ("fixing", {"rate": payment, "cap_on": "charges", "cap_total": Decimal(9)}),
        ]:
            with self.subTest(vals), self.assertRaises(TermError) as caught:
                ChargeTerms(**({"rate": TEN} | vals))
            self.assertEqual(caught.exception.field, field)

    def test_rates_that_cannot_be(self):
        for vals in [
            {"fixing": "never"}, {"period": "week"}, {"lag": -1}, {"per": "day"},
        ]:  # fmt: skip
            with self.subTest(vals), self.assertRaises(TermError):
                LateRate(RateRule(), **vals)
        for vals in [{"step": Decimal(0)}, {"rounding": "even"}, {"factor": 3.0}]:
            with self.subTest(vals), self.assertRaises(TermError):
                RateRule(**vals)

    def test_scales_and_claims_that_cannot_be(self):
        open_end = Band(None, Decimal(1))
        for bands in [(), (Band(Decimal(5), Decimal(1)),), (open_end, open_end)]:
            with self.subTest(bands), self.assertRaises(TermError):
                CostScale(bands)
        with self.assertRaisesRegex(TermError, "more than the claim"):
            self.assess(10, [pay(1, 11, "correction")])
        with self.assertRaises(TermError):
            self.assess(events=[pay(1, -5)])

    def test_missing_values_name_series_and_day(self):
        series = RateSeries(
            "x", "X rate", (RateValue(january(1), Decimal(1)),), max_age=30
        )
        book = RateBook.of(series)
        rate = LateRate(RateRule("x"), period="day")
        self.assertTrue(self.assess(rate=rate, book=book, upto=january(31)).interest)
        with self.assertRaises(MissingRateError) as caught:
            late = ClaimDates(january(31))
            self.assess(rate=rate, book=book, upto=date(2026, 2, 1), dates=late)
        self.assertEqual(caught.exception.code, "x")
        self.assertEqual(caught.exception.day, date(2026, 2, 1))
        self.assertEqual(caught.exception.newest.date_from, january(1))
        with self.assertRaisesRegex(
            MissingRateError, r"X rate \(x\).*2025-12-31: it has"
        ):
            series.get_value(date(2025, 12, 31))
        with self.assertRaisesRegex(MissingRateError, "other"):
            self.assess(rate=LateRate(RateRule("other")), book=book)

    def test_a_rate_that_nobody_needs_may_be_missing(self):
        """Paid in full in January, a rate of July is not asked for."""
        values = (RateValue(january(1), Decimal(2)),)
        book = RateBook.of(RateSeries("x", "X", values, known_until=date(2026, 6, 30)))
        rate = LateRate(RateRule("x"))
        events = [pay(31, 36500)]
        result = self.assess(events=events, rate=rate, book=book, upto=date(2026, 9, 1))
        self.assertEqual(result.interest, Decimal(60))
        with self.assertRaises(MissingRateError):
            self.assess(rate=rate, book=book, upto=date(2026, 9, 1))

    def test_two_values_for_a_day(self):
        value = RateValue(january(1), Decimal(1))
        with self.assertRaisesRegex(ValueError, "two values for 2026-01-01"):
            RateSeries("x", "X", (value, value))

    def test_examples_in_the_text(self):
        for module in (
            charge_document, charge_terms, day_count, exact_money, interest_start,
            late_claim, late_fees, late_interest, payment_order, rate_rule,
            reference_rate, term_error,
        ):  # fmt: skip
            result = doctest.testmod(module)
            self.assertFalse(result.failed, module.__name__)
        self.assertGreater(doctest.testmod(late_interest).attempted, 8)
