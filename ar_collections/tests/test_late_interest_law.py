"""Late charges by the law of each country, with the rates and terms that are shipped.

Every case is worked out by hand in its comment, so that a reader with a pocket
calculator can follow: amount × percent ÷ 100 × days ÷ days of the year. Days are counted
from the day after the due date; the day of payment counts.
"""

import dataclasses
from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from ..tools.charge_document import make_document
from ..tools.charge_terms import ChargeTerms
from ..tools.exact_money import CENT
from ..tools.interest_start import ClaimDates, StartRule
from ..tools.late_claim import ClaimEvent, Cost, LateClaim
from ..tools.late_interest import assess
from ..tools.rate_rule import LateRate, RateRule
from ..tools.reference_rate import MissingRateError
from .charge_packs import read_book, read_scale, read_terms

DUE, CUT_OFF = "2026-01-01", "2026-02-15"  # 45 days


def day(text):
    return date.fromisoformat(text)


def pay(when, amount, kind="payment"):
    return ClaimEvent(day(when), kind, Decimal(amount))


class LawCase(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.book, cls.packs = read_book(), read_terms()

    def claim(self, amount, due=DUE, events=(), costs=(), unit=CENT, **dates):
        dates = {name: day(text) for name, text in dates.items()}
        dates = ClaimDates(due and day(due), **dates)
        return LateClaim(Decimal(amount), dates, unit, tuple(events), tuple(costs))

    def assess(self, pack, amount, due=DUE, upto=CUT_OFF, changes=None, **claim):
        terms = self.packs[pack] if isinstance(pack, str) else pack
        terms = dataclasses.replace(terms, **(changes or {}))
        currency = claim.pop("currency", "EUR")
        rates = claim.pop("rates", None)
        claim = self.claim(amount, due, **claim)
        return assess(claim, terms, self.book, day(upto), currency, rates)

    def check(self, result, interest, costs="0"):
        self.assertEqual(result.interest, Decimal(interest))
        self.assertEqual(result.cost_total, Decimal(costs))

    def rates(self, result):
        return [str(segment.rate) for segment in result.segments]


@tagged("post_install", "-at_install")
class TestWorkedExamples(LawCase):
    """FEATURES.md, 5.3, by the number of the row; the reference is ECB + 8."""

    def eu(self, *args, **kwargs):
        return self.assess("es_business", *args, **kwargs)

    def test_01_one_thousand(self):
        # 1000 × 10.15 ÷ 100 × 45 ÷ 365 = 12.5137
        result = self.eu(1000)
        self.check(result, "12.51", "40")
        self.assertEqual(result.charges, Decimal("52.51"))

    def test_02_year_of_360(self):
        # 1000 × 10.15 ÷ 100 × 45 ÷ 360 = 12.6875
        self.check(self.eu(1000, changes={"day_count": "act/360"}), "12.69", "40")

    def test_03_the_due_day_is_in_time(self):
        # 1000 × 10.15 ÷ 100 × 1 ÷ 365 = 0.2781
        on_time = self.eu(1000, events=[pay("2026-01-01", 1000)])
        self.check(on_time, "0", "0")
        late = self.eu(1000, events=[pay("2026-01-02", 1000)])
        self.check(late, "0.28", "40")

    def test_04_rate_by_half_year(self):
        # 10000 × 11.15 % × 15 ÷ 365 = 45.8219; × 10.15 % × 184 ÷ 365 = 511.6712;
        # × 10.15 % × 46 ÷ 365 = 127.9178; together 685.4110
        result = self.eu(10000, "2025-06-15")
        self.check(result, "685.41", "40")
        lines = make_document([result]).lines
        self.assertEqual(
            [str(line.amount) for line in lines], ["45.82", "511.67", "127.92", "40.00"]
        )
        self.assertEqual([line.segment.days for line in lines[:3]], [15, 184, 46])

    def test_07_three_invoices_one_letter(self):
        # 600 × 10.15 % × 45 ÷ 365 = 7.5082; each by itself 1.2514, 2.5027, 3.7541
        results = [self.eu(amount) for amount in (100, 200, 300)]
        document = make_document(results)
        self.assertEqual(document.costs, Decimal(120))
        self.assertEqual(document.interest, Decimal("7.51"))
        self.assertEqual(sum(line.amount for line in document.lines), document.total)
        alone = [make_document([result]).interest for result in results]
        self.assertEqual(alone, [Decimal("1.25"), Decimal("2.50"), Decimal("3.75")])

    def test_09_the_base_has_vat_in_it(self):
        # 1210 × 10.15 % × 45 ÷ 365 = 15.1416
        self.check(self.eu(1210), "15.14", "40")

    def test_10_germany(self):
        # 1.27 + 9: 1000 × 10.27 % × 45 ÷ 365 = 12.6616
        self.check(self.assess("de_business", 1000), "12.66", "40")
        # 1.27 + 5: 1000 × 6.27 % × 45 ÷ 365 = 7.7301
        self.check(self.assess("de_consumer", 1000), "7.73", "0")

    def test_12_united_kingdom_freezes(self):
        # 4.75 + 8: 5000 × 12.75 % × 204 ÷ 365 = 356.3014
        result = self.assess(
            "gb_business", 5000, "2025-06-10", "2025-12-31", currency="GBP"
        )
        self.check(result, "356.30", "70")
        self.assertEqual(self.rates(result), ["12.75"])

    def test_13_floating_is_not_the_default(self):
        # 5000 × 12.75 % × 20 ÷ 365 = 34.9315; × 12.25 % × 184 ÷ 365 = 308.7671
        result = self.assess(
            "gb_business_floating", 5000, "2025-06-10", "2025-12-31", currency="GBP"
        )
        self.check(result, "343.70", "70")

    def test_14_united_kingdom(self):
        # 3.75 + 8: 1000 × 11.75 % × 45 ÷ 365 = 14.4863
        self.check(self.assess("gb_business", 1000, currency="GBP"), "14.49", "70")

    def test_15_lump_sum_edges(self):
        for amount, lump_sum in [
            ("999.99", 40), ("1000", 70), ("9999.99", 70), ("10000", 100),
        ]:  # fmt: skip
            result = self.assess("gb_business", amount, currency="GBP")
            self.assertEqual(result.cost_total, lump_sum, amount)

    def test_18_part_payment_principal_first(self):
        # 1000 × 10.15 % × 30 ÷ 365 = 8.3425; 600 × 10.15 % × 15 ÷ 365 = 2.5027
        result = self.eu(
            1000,
            events=[pay("2026-01-31", 400)],
            changes={"order": "principal_interest_cost", "lump_sums": ()},
        )
        self.check(result, "10.85", "0")
        self.assertEqual(result.principal_open, Decimal(600))
        self.assertEqual(result.total_open, Decimal("610.85"))
        lines = [line.amount for line in make_document([result]).lines]
        self.assertEqual(lines, [Decimal("8.34"), Decimal("2.51")])

    def test_22_a_payment_turns_up_late(self):
        # billed 12.51 + 40; 1000 × 10.15 % × 30 ÷ 365 = 8.3425; 8.34 − 12.51 = −4.17
        billed = make_document([self.eu(1000)])
        self.assertEqual(billed.difference, Decimal("52.51"))
        late = self.eu(
            1000,
            events=[pay("2026-01-31", 1000)],
            changes={"order": "principal_interest_cost"},
        )
        corrected = make_document([late], billed=billed.total)
        self.assertEqual(late.interest, Decimal("8.34"))
        self.assertEqual(corrected.difference, Decimal("-4.17"))
        self.assertEqual(corrected.costs, Decimal(40))
        again = make_document([late], billed=corrected.total)
        self.assertEqual(again.difference, 0)

    def test_23_instalments(self):
        # 900 × 10.15 % × 45 ÷ 365 = 11.2623; the second part is due on 1 March
        results = [self.eu(900), self.eu(2100, "2026-03-01")]
        self.assertEqual([result.interest for result in results], [Decimal("11.26"), 0])
        self.assertEqual(results[1].cost_total, 0)

    def test_36_foreign_currency(self):
        result = self.eu(1000, changes={"lump_sums": ()}, currency="USD")
        self.check(result, "12.51")


@tagged("post_install", "-at_install")
class TestEuroCountries(LawCase):
    def test_germany_over_three_half_years_and_a_leap_year(self):
        # 10000 from 2023-12-15, paid on 2024-07-10: 16 days at 3.12 + 9,
        # 182 (leap) at 3.62 + 9, 10 at 3.37 + 9
        # 53.1288 + 629.2712 + 33.8904 = 716.2904
        result = self.assess("de_business", 10000, "2023-12-15", "2024-07-10")
        self.check(result, "716.29", "40")
        self.assertEqual(self.rates(result), ["12.12", "12.62", "12.37"])
        self.assertEqual([s.days for s in result.segments], [16, 182, 10])

    def test_germany_base_rate_below_zero(self):
        # −0.88 + 5 = 4.12: 2500 × 4.12 % × 100 ÷ 365 = 28.2192
        self.check(
            self.assess("de_consumer", 2500, "2021-03-01", "2021-06-09"), "28.22"
        )

    def test_germany_payment_covers_interest_first(self):
        # BGB 367: on 31 January 1000 × 10.27 % × 30 ÷ 365 = 8.4411, so 8.44, and 40 are
        # owed; of 400 are left 351.56 for the principal: 648.44
        # 648.44 × 10.27 % × 15 ÷ 365 = 2.7368; together 11.1779
        result = self.assess("de_business", 1000, events=[pay("2026-01-31", 400)])
        self.check(result, "11.18", "40")
        paid = result.allocations[0]
        self.assertEqual(
            (paid.cost, paid.interest, paid.principal),
            (Decimal(40), Decimal("8.44"), Decimal("351.56")),
        )
        self.assertEqual(result.total_open, Decimal("651.18"))  # 648.44 + 11.18 − 8.44

    def test_germany_consumer_loan_pays_principal_before_interest(self):
        # BGB 497(3): 1000 × 6.27 % × 30 ÷ 365 = 5.1534; 600 × 6.27 % × 15 ÷ 365 = 1.5460
        result = self.assess("de_consumer_loan", 1000, events=[pay("2026-01-31", 400)])
        self.check(result, "6.70")
        self.assertEqual(result.principal_open, Decimal(600))

    def test_austria(self):
        # 1.53 + 9.2: 1000 × 10.73 % × 45 ÷ 365 = 13.2288
        self.check(self.assess("at_business", 1000), "13.23", "40")
        # 4 %: 1000 × 4 % × 45 ÷ 365 = 4.9315
        self.check(self.assess("at_consumer", 1000), "4.93")
        # 2022-12-31: one day at −0.62 + 9.2, the next at 1.88 + 9.2
        # 36500 × 8.58 % ÷ 365 = 8.58; × 11.08 % ÷ 365 = 11.08
        result = self.assess("at_business", 36500, "2022-12-30", "2023-01-01")
        self.check(result, "19.66", "40")

    def test_france(self):
        # 2.15 + 10: 1000 × 12.15 % × 45 ÷ 365 = 14.9795
        self.check(self.assess("fr_business", 1000), "14.98", "40")
        # 4.50 + 10 in H1 2024, 4.25 + 10 in H2; three times 4.92 is 14.76, and prevails
        # 10000 × 14.76 % × 30 ÷ 365 = 121.3151
        result = self.assess("fr_business", 10000, "2024-07-31", "2024-08-30")
        self.check(result, "121.32", "40")
        self.assertEqual(result.segments[0].quote.applied.role, "floor")
        self.assertEqual(result.segments[0].quote.formula, "3 × 4.92 = 14.76")

    def test_france_agreed_at_the_floor(self):
        # agreed at three times the legal rate: 3 × 2.62 = 7.86
        # 1000 × 7.86 % × 45 ÷ 365 = 9.6904
        floor = self.packs["fr_business"].rate.floor
        result = self.assess("fr_business", 1000, changes={"rate": LateRate(floor)})
        self.check(result, "9.69", "40")

    def test_belgium_rounds_up_to_the_next_half_point(self):
        # 2.15 + 8 = 10.15, rounded up 10.5: 1000 × 10.5 % × 45 ÷ 365 = 12.9452
        result = self.assess("be_business", 1000)
        self.check(result, "12.95", "40")
        self.assertEqual(result.segments[0].quote.formula, "2.15 + 8 = 10.15 → 10.5")
        # 4.50 + 8 = 12.5 stays: 2400 × 12.5 % × 60 ÷ 365 = 49.3151 (29 February counts)
        result = self.assess("be_business", 2400, "2024-01-31", "2024-03-31")
        self.check(result, "49.32", "40")

    def test_belgium_consumer(self):
        # legal rate 4.5 % from the end of the 14 days of the first reminder on
        # 800 × 4.5 % × 15 ÷ 365 = 1.4795
        result = self.assess("be_consumer", 800, notice="2026-01-31")
        self.check(result, "1.48")
        # agreed 15 % is cut to what businesses pay, 10.5 %: 800 × 10.5 % × 15 ÷ 365
        # = 3.4521
        rate = self.packs["be_consumer"].rate
        agreed = dataclasses.replace(rate, rule=RateRule.fixed(Decimal(15)))
        changes = {"rate": agreed}
        result = self.assess("be_consumer", 800, notice="2026-01-31", changes=changes)
        self.check(result, "3.45")
        self.assertEqual(result.segments[0].quote.applied.role, "cap")

    def test_netherlands_compounds_after_each_full_year(self):
        # due 2023-01-31. First year: 150 days at 10.5 (to 30 June), 184 at 12, 31 at 12.5
        # 10000: 431.5068 + 604.9315 + 106.1644 = 1142.6027 are added on 2024-01-31.
        # 11142.6027 × 12.5 % × 29 ÷ 365 (February 2024) = 110.6629; together 1253.2656
        result = self.assess("nl_business", 10000, "2023-01-31", "2024-02-29")
        self.check(result, "1253.27", "40")
        self.assertEqual(round(float(result.segments[-1].base), 4), 11142.6027)
        # one day before the year is over nothing is compounded yet
        base = self.assess("nl_business", 10000, "2023-01-31", "2024-01-31")
        self.assertEqual({segment.base for segment in base.segments}, {10000})

    def test_netherlands_due_on_29_february(self):
        # the first full year ends on 2025-02-28: 10000 × 12.5 % × 122 ÷ 365 = 417.8082;
        # × 12.25 % × 184 ÷ 365 = 617.5342; × 11.15 % × 59 ÷ 365 = 180.2329: 1215.5753
        # are added. 11215.5753 × 11.15 % × 1 ÷ 365 = 3.4261; together 1219.0014
        result = self.assess("nl_business", 10000, "2024-02-29", "2025-03-01")
        self.check(result, "1219.00", "40")
        self.assertEqual([s.days for s in result.segments], [122, 184, 59, 1])
        self.assertEqual(result.segments[-1].first, day("2025-03-01"))

    def test_netherlands_consumer_and_costs_by_the_scale(self):
        # 7 %: 2500 × 7 % × 60 ÷ 365 = 28.7671. The 14 days passed on 2024-03-20:
        # costs are 15 % of 2500
        scale = read_scale("ar_charge_terms_nl_consumer")
        costs = Cost(day("2024-03-21"), "cost", scale.get_amount(Decimal(2500)))
        result = self.assess(
            "nl_consumer", 2500, "2024-01-31", "2024-03-31", costs=[costs]
        )
        self.check(result, "28.77", "375")
        # the costs bear no interest, whatever they are
        bare = self.assess("nl_consumer", 2500, "2024-01-31", "2024-03-31")
        self.assertEqual(bare.interest_exact, result.interest_exact)

    def test_netherlands_scale(self):
        scale = read_scale("ar_charge_terms_nl_consumer")
        for claim, costs in [
            ("1", "40"),  # 15 % is 0.15: at least 40
            ("4000", "525"),  # 375 + 150
            ("7500", "750"),  # 375 + 250 + 125
            ("50000", "1275"),  # 375 + 250 + 250 + 400
            ("300000", "3275"),  # 375 + 250 + 250 + 1900 + 500
            ("5000000", "6775"),
        ]:
            self.assertEqual(scale.get_amount(Decimal(claim)), Decimal(costs), claim)

    def test_spain(self):
        # 3.15 + 8: 3000 × 11.15 % × 90 ÷ 365 = 82.4795
        result = self.assess("es_business", 3000, "2025-02-28", "2025-05-29")
        self.check(result, "82.48", "40")
        # over the new year 2024: 1000 × 12 % × 31 ÷ 365 = 10.1918, × 12.5 % × 60 ÷ 365
        # = 20.5479: the rate of 4.25 from 12 June 2024 on waits for 1 July
        result = self.assess("es_business", 1000, "2023-11-30", "2024-02-29")
        self.check(result, "30.74", "40")
        result = self.assess("es_business", 1000, "2024-06-10", "2024-06-30")
        self.assertEqual(self.rates(result), ["12.50"])

    def test_italy(self):
        # 2.15 + 8: 7500 × 10.15 % × 31 ÷ 365 = 64.6541
        self.check(self.assess("it_business", 7500, upto="2026-02-01"), "64.65", "40")
        # month end: due 2025-06-30, so all of it at the rate of 1 July
        # 7500 × 10.15 % × 31 ÷ 365 = 64.6541
        result = self.assess("it_business", 7500, "2025-06-30", "2025-07-31")
        self.check(result, "64.65", "40")
        self.assertEqual(self.rates(result), ["10.15"])

    def test_ireland_one_rate_at_payment(self):
        # due 2024-05-31, paid on 2024-07-30: 4.25 + 8 for all 60 days
        # 2000 × 12.25 % × 60 ÷ 365 = 40.2740
        result = self.assess(
            "ie_business", 2000, "2024-05-31", "2024-08-31",
            events=[pay("2024-07-30", 2000)],
        )  # fmt: skip
        self.check(result, "40.27", "70")
        self.assertEqual(self.rates(result), ["12.25"])
        # paid a month earlier: 12.5 for 30 days: 2000 × 12.5 % × 30 ÷ 365 = 20.5479
        result = self.assess(
            "ie_business", 2000, "2024-05-31", "2024-08-31",
            events=[pay("2024-06-30", 2000)],
        )  # fmt: skip
        self.check(result, "20.55", "70")

    def test_ireland_two_part_payments_are_two_late_payments(self):
        # 500 paid on 30 June: 500 × 12.5 % × 30 ÷ 365 = 5.1370
        # 1500 on 30 July: 1500 × 12.25 % × 60 ÷ 365 = 30.2055; together 35.3425
        events = [pay("2024-06-30", 500), pay("2024-07-30", 1500)]
        result = self.assess(
            "ie_business", 2000, "2024-05-31", "2024-08-31", events=events
        )
        self.check(result, "35.34", "70")
        # as the other reading has it, 12.5 to the end: 5.1370 + 30.8219
        result = self.assess(
            "ie_business_frozen", 2000, "2024-05-31", "2024-08-31", events=events
        )
        self.check(result, "35.96", "70")

    def test_ireland_lump_sums(self):
        for amount, lump_sum in [("1000", 40), ("1000.01", 70), ("10000.01", 100)]:
            result = self.assess("ie_business", amount)
            self.assertEqual(result.cost_total, lump_sum, amount)

    def test_portugal(self):
        # 10.15 between businesses, 9.15 else: 1000 × 9.15 % × 45 ÷ 365 = 11.2808
        self.check(self.assess("pt_business", 1000), "12.51", "40")
        self.check(self.assess("pt_consumer", 1000), "11.28")

    def test_finland(self):
        # 2.15 becomes 2.5, + 8: 1000 × 10.5 % × 45 ÷ 365; + 7: 9.5 %
        rate = self.packs["fi_business"].rate
        self.assertEqual(
            rate.get_quote(day("2026-01-01"), self.book).rate, Decimal("10.5")
        )
        self.check(self.assess("fi_business", 1000), "12.95", "40")
        # 1000 × 9.5 % × 45 ÷ 365 = 11.7123
        self.check(self.assess("fi_consumer", 1000), "11.71")

    def test_slovakia(self):
        # ECB 2.40 on 2025-06-02, 2.15 from 11 June on. By half-year: 3.15 + 8
        # 1000 × 11.15 % × 29 ÷ 365 = 8.8589, × 10.15 % × 31 ÷ 365 = 8.6205
        result = self.assess("sk_business", 1000, "2025-06-01", "2025-07-31")
        self.check(result, "17.48", "40")
        # by choice 2.40 + 9 to the end: 1000 × 11.4 % × 60 ÷ 365 = 18.7397
        result = self.assess("sk_business_fixed", 1000, "2025-06-01", "2025-07-31")
        self.check(result, "18.74", "40")
        # consumers 2.40 + 5: 1000 × 7.4 % × 60 ÷ 365 = 12.1644
        result = self.assess("sk_consumer", 1000, "2025-06-01", "2025-07-31")
        self.check(result, "12.16")

    def test_croatia(self):
        # + 8 and + 3: 1000 × 5.15 % × 45 ÷ 365 = 6.3493
        self.check(self.assess("hr_business", 1000), "12.51", "40")
        self.check(self.assess("hr_consumer", 1000), "6.35")

    def test_the_second_half_of_2026(self):
        # 2.40 since June: + 8 = 10.40; Germany 1.52 + 9 = 10.52
        # 1000 × 10.4 % × 31 ÷ 365 = 8.8329; × 10.52 % = 8.9348
        result = self.assess("es_business", 1000, "2026-06-30", "2026-07-31")
        self.check(result, "8.83", "40")
        result = self.assess("de_business", 1000, "2026-06-30", "2026-07-31")
        self.check(result, "8.93", "40")
        with self.assertRaisesRegex(MissingRateError, r"ecb_mro.*2026-12-31"):
            self.assess("es_business", 1000, "2026-06-30", "2027-01-01")
        with self.assertRaisesRegex(MissingRateError, r"nl_legal.*2025-07-01"):
            self.assess("nl_consumer", 1000, "2025-06-30", "2025-07-01")


@tagged("post_install", "-at_install")
class TestOtherCountries(LawCase):
    def test_united_kingdom_edges_of_freezing(self):
        # due 30 June: interest starts on 1 July, so the rate of 30 June: 4.25 + 8
        # 1000 × 12.25 % × 31 ÷ 365 = 10.4041
        result = self.assess(
            "gb_business", 1000, "2025-06-30", "2025-07-31", currency="GBP"
        )
        self.check(result, "10.40", "70")
        # due 29 June: starts on 30 June, so the rate of 31 December: 4.75 + 8
        # 1000 × 12.75 % × 32 ÷ 365 = 11.1781
        result = self.assess(
            "gb_business", 1000, "2025-06-29", "2025-07-31", currency="GBP"
        )
        self.check(result, "11.18", "70")

    def test_united_kingdom_nothing_agreed(self):
        # delivered on 2025-12-10, invoiced on 5 December: 30 days end on 2026-01-09
        # 1000 × 11.75 % × 37 ÷ 365 = 11.9110
        result = self.assess(
            "gb_business", 1000, None, currency="GBP",
            invoice="2025-12-05", supply="2025-12-10",
        )  # fmt: skip
        self.check(result, "11.91", "70")
        self.assertEqual(result.first, day("2026-01-10"))

    def test_poland_tiers(self):
        # at 4.2 zloty for the euro: 40 → 168, 70 → 294, 100 → 420
        for amount, lump_sum in [
            ("5000", 168), ("5000.01", 294), ("49999.99", 294), ("50000", 420),
        ]:  # fmt: skip
            result = self.assess(
                "pl_business", amount, currency="PLN", rates={"EUR": Decimal("4.2")}
            )
            self.assertEqual(result.cost_total, lump_sum, amount)
        # the tier follows the claim, also where a part was paid before it was due
        result = self.assess(
            "pl_business", 60000, currency="PLN", rates={"EUR": Decimal("4.2")},
            events=[pay("2025-12-20", 59000)],
        )  # fmt: skip
        self.assertEqual(result.cost_total, 420)

    def test_poland_interest(self):
        # 4.00 + 10: 10000 × 14 % × 45 ÷ 365 = 172.6027
        result = self.assess(
            "pl_business", 10000, currency="PLN", rates={"EUR": Decimal("4.2")}
        )
        self.check(result, "172.60", "294")
        # consumers by day: 5 days at 4.25 + 5.5, from 4 December on at 4.00 + 5.5
        # 10000 × 9.75 % × 5 ÷ 365 = 13.3562, × 9.5 % × 28 ÷ 365 = 72.8767
        result = self.assess(
            "pl_consumer", 10000, "2025-11-28", "2025-12-31", currency="PLN"
        )
        self.check(result, "86.23")
        self.assertEqual([s.days for s in result.segments], [5, 28])

    def test_denmark_thirty_day_months(self):
        # 1.75 + 8. January has 30 days; 28 February is the 58th, two more come in March
        # 12000 × 9.75 % × 58 ÷ 360 = 188.50
        result = self.assess(
            "dk_business", 12000, "2025-12-31", "2026-02-28", currency="DKK"
        )
        self.check(result, "188.50", "310")
        # three months: 12000 × 9.75 % × 90 ÷ 360 = 292.50
        result = self.assess(
            "dk_business", 12000, "2025-12-31", "2026-03-30", currency="DKK"
        )
        self.check(result, "292.50", "310")
        # a whole half-year is half of the rate: 12000 × 9.75 % ÷ 2 = 585
        result = self.assess(
            "dk_business", 12000, "2025-12-31", "2026-06-30", currency="DKK"
        )
        self.check(result, "585", "310")
        # from the end of July to the end of August: 12000 × 9.75 % × 30 ÷ 360 = 97.50
        result = self.assess(
            "dk_business", 12000, "2025-07-31", "2025-08-31", currency="DKK"
        )
        self.check(result, "97.50", "310")

    def test_denmark_three_fees_and_no_interest_on_them(self):
        fees = [
            Cost(day(text), "fee", Decimal(100))
            for text in ("2026-01-11", "2026-01-22", "2026-02-02", "2026-02-13")
        ]
        result = self.assess("dk_consumer", 5000, currency="DKK", costs=fees)
        bare = self.assess("dk_consumer", 5000, currency="DKK")
        # 5000 × 9.75 % × 44 ÷ 360 = 59.5833: 29 days in January (the 31st is none), 15
        self.check(result, "59.58", "300")
        self.assertEqual(result.interest_exact, bare.interest_exact)

    def test_sweden(self):
        # 2.00 + 8: 1000 × 10 % × 45 ÷ 365 = 12.3288
        self.check(self.assess("se_business", 1000, currency="SEK"), "12.33", "450")
        # −0.50 + 8 to 30 June 2019, 0.00 + 8 from 1 July on
        # 36500 × 7.5 % × 30 ÷ 365 = 225, × 8 % × 31 ÷ 365 = 248
        result = self.assess(
            "se_consumer", 36500, "2019-05-31", "2019-07-31", currency="SEK"
        )
        self.check(result, "473")

    def test_czechia_freezes(self):
        # 3.75 + 8 of 1 January 2022 to the end, though it was 7.00 on 1 July
        # 100000 × 11.75 % × 365 ÷ 365 = 11750
        result = self.assess(
            "cz_business", 100000, "2022-06-29", "2023-06-29", currency="CZK"
        )
        self.check(result, "11750", "1200")
        # due a day later it starts on 1 July: 7.00 + 8
        result = self.assess(
            "cz_consumer", 100000, "2022-06-30", "2023-06-30", currency="CZK"
        )
        self.check(result, "15000")

    def test_hungary(self):
        # 6.50 + 8: 100000 × 14.5 % × 45 ÷ 365 = 1787.67, in whole forints;
        # 40 euro at 385.25 are 15410
        result = self.assess(
            "hu_business", 100000, currency="HUF", rates={"EUR": Decimal("385.25")},
            unit=Decimal(1),
        )  # fmt: skip
        self.check(result, "1788", "15410")
        # 7.75 on 1 July 2022: 100000 × 7.75 % × 31 ÷ 365 = 658.22
        result = self.assess(
            "hu_consumer", 100000, "2022-06-30", "2022-07-31", currency="HUF",
            unit=Decimal(1),
        )  # fmt: skip
        self.check(result, "658")

    def test_india_compounds_each_month(self):
        # 3 × 6.75 = 20.25. Due 2024-03-31. April: 30 days
        # 100000 × 20.25 % × 30 ÷ 365 = 1664.3836
        # 101664.3836 × 20.25 % × 31 ÷ 365 = 1748.4882 (May)
        # 103412.8718 × 20.25 % × 30 ÷ 365 = 1721.1868 (June, to the 30th)
        result = self.assess(
            "in_business", 100000, "2024-03-31", "2024-06-30", currency="INR"
        )
        self.check(result, "5134.06")
        self.assertEqual([s.days for s in result.segments], [30, 31, 30])

    def test_india_bank_rate_falls_inside(self):
        # due 2025-05-31: 5 days at 3 × 6.25 = 18.75, from 6 June on 3 × 5.75 = 17.25
        # 36500 × 18.75 % × 5 ÷ 365 = 93.75, × 17.25 % × 25 ÷ 365 = 431.25: 525.00 added
        # 37025 × 17.25 % × 10 ÷ 365 = 174.9812
        result = self.assess(
            "in_business", 36500, "2025-05-31", "2025-07-10", currency="INR"
        )
        self.check(result, "699.98")

    def test_india_nothing_agreed(self):
        # accepted on 2025-12-20: 15 days end on 2026-01-04; 3 × 5.5 = 16.5
        # 36500 × 16.5 % × 11 ÷ 365 = 181.50
        result = self.assess(
            "in_business",
            36500,
            None,
            "2026-01-15",
            supply="2025-12-20",
            currency="INR",
        )
        self.check(result, "181.50")

    def canada(self, **rate):
        return ChargeTerms(
            LateRate(RateRule.fixed(Decimal("1.5")), per="month", **rate)
        )

    def test_canada_month_rate_without_a_yearly_one(self):
        # Interest Act s. 4: 1.5 % a month would be 18 % a year; 5 % at most
        # 1000 × 5 % × 45 ÷ 365 = 6.1644
        capped = self.canada(cap=RateRule.fixed(Decimal(5)))
        self.check(self.assess(capped, 1000), "6.16")
        # with "18 % a year" said: 1000 × 18 % × 45 ÷ 365 = 22.1918
        self.check(self.assess(self.canada(), 1000), "22.19")

    def test_canada_no_rate_agreed(self):
        # Interest Act s. 3, 5 %: 1000 × 5 % × 366 ÷ 365 = 50.1370 in a leap year
        result = self.assess("ca_business_no_rate", 1000, "2023-12-31", "2024-12-31")
        self.check(result, "50.14")

    def test_united_states_legal_rates(self):
        # New York 9 %: 1000 × 9 % × 45 ÷ 365 = 11.0959
        self.check(self.assess("us_ny_business", 1000), "11.10")
        # California 10 %: 1000 × 10 % × 45 ÷ 365 = 12.3288
        self.check(self.assess("us_ca_business", 1000), "12.33")
        self.assertNotIn("us_tx_business", self.packs)  # lists contradict: no guess

    def test_united_states_by_the_month(self):
        # 1.5 % for each month that began: 45 days are two months, 1000 × 3 % = 30
        terms = dataclasses.replace(self.canada(), accrual="month_started")
        self.check(self.assess(terms, 1000), "30")
        # each full month: one, 15
        terms = dataclasses.replace(terms, accrual="month_full")
        self.check(self.assess(terms, 1000), "15")

    def test_consumer_start_by_reminder(self):
        # 30 days after a demand of 2026-01-05: 4 February is the last day in time
        # 1000 × 10 % × 11 ÷ 365 = 3.0137
        start = {"start": StartRule("reminder", 30)}
        result = self.assess(
            "se_consumer",
            1000,
            None,
            currency="SEK",
            changes=start,
            reminder="2026-01-05",
        )
        self.check(result, "3.01")
        result = self.assess("se_consumer", 1000, currency="SEK", changes=start)
        self.assertIsNone(result.first)
        self.check(result, "0")
