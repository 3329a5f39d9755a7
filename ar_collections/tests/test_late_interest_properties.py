"""The engine of late interest against paper and pencil, on histories nobody thought of.

``AR_EXAMPLES=10000 make test ARGS=ar_collections/tests/test_late_interest_properties.py``
tries ten thousand of each; without it some hundreds.
"""

import os
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.charge_terms import ACCRUALS, COMPOUNDINGS, GRACES, ChargeTerms
from ..tools.day_count import DAY_COUNTS
from ..tools.exact_money import distribute, round_half_up
from ..tools.interest_start import ClaimDates, StartRule
from ..tools.late_claim import ClaimEvent, Cost, Dispute, LateClaim
from ..tools.late_fees import Tier
from ..tools.late_interest import assess
from ..tools.payment_order import ORDERS
from ..tools.rate_rule import PERIODS, ROUNDINGS, LateRate, RateRule
from ..tools.reference_rate import RateBook, RateSeries, RateValue
from .naive_interest import Naive

EXAMPLES = int(os.environ.get("AR_EXAMPLES", 200))
FIRST = date(2023, 11, 1)  # a leap year is near
UNITS = [Decimal("0.01"), Decimal(1), Decimal("0.001"), Decimal("0.05")]

many = settings(
    max_examples=EXAMPLES,
    derandomize=EXAMPLES < 10000,
    deadline=None,
    database=None,
    # the first counter-example is told at once; to make it small takes minutes
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
days = st.integers(0, 500).map(lambda count: FIRST + timedelta(days=count))
percents = st.integers(100, 1600).map(lambda points: Decimal(points) / 100)
# of an official rate, which may be below nothing
low_percents = st.integers(-150, 700).map(lambda points: Decimal(points) / 100)
steps = st.sampled_from([None, None, Decimal("0.5"), Decimal("0.25"), Decimal(1)])
short_days = st.integers(0, 20)


def maybe(strategy):
    return st.one_of(st.none(), strategy)


def seldom(strategy):
    return st.integers(0, 3).flatmap(lambda n: st.none() if n else strategy)


@st.composite
def rules(draw):
    if draw(st.booleans()):
        return RateRule.fixed(draw(percents))
    factor = Decimal(draw(st.integers(1, 3)))
    code = draw(st.sampled_from(["one", "two"]))
    rounding = draw(st.sampled_from(list(ROUNDINGS)))
    return RateRule(code, factor, draw(percents), draw(steps), rounding)


@st.composite
def books(draw):
    series = []
    for code in ("one", "two"):
        begins = draw(st.sets(days, max_size=4)) | {date(2022, 1, 1)}
        values = [RateValue(day, draw(low_percents)) for day in sorted(begins)]
        series.append(RateSeries(code, code, tuple(values)))
    return RateBook.of(*series)


@st.composite
def late_rates(draw, fixing=None):
    return LateRate(
        draw(rules()),
        floor=draw(seldom(rules())),
        cap=draw(seldom(rules())),
        fixing=fixing or draw(st.sampled_from(["floating", "floating", "start"])),
        period=draw(st.sampled_from(list(PERIODS))),
        lag=draw(st.integers(0, 1)),
        per=draw(st.sampled_from(["year", "year", "month"])),
    )


def make_tiers(unit):
    return (
        Tier(unit, 40 * unit),
        Tier(1000 * unit, 70 * unit, Decimal("0.5"), is_above=True),
        Tier(10000 * unit, 100 * unit),
    )


@st.composite
def terms_of(draw, unit, **fixed):
    at_payment = draw(st.integers(0, 5)) == 0
    accrual = draw(st.sampled_from(["day", *ACCRUALS]))
    vals = {
        "day_count": draw(st.sampled_from(DAY_COUNTS)),
        "accrual": accrual,
        "compounding": draw(st.sampled_from(list(COMPOUNDINGS))),
        "rests": draw(st.sampled_from(["start", "calendar"])),
        "start": draw(
            st.builds(
                StartRule,
                st.sampled_from(["due"] * 4 + ["supply", "reminder", "notice"]),
                short_days,
            )
        ),
        "grace_days": draw(st.sampled_from([0, 0, 5, 14])),
        "grace": draw(st.sampled_from(GRACES)),
        "order": draw(st.sampled_from(ORDERS)),
        "interest_on_costs": draw(st.booleans()),
        "lump_sums": make_tiers(unit) if draw(st.booleans()) else (),
        "lump_sum_on_original": draw(st.booleans()),
        "cap_total": draw(seldom(st.integers(0, 3000).map(lambda n: n * unit))),
        "cap_percent": draw(seldom(percents)),
        "cap_on": draw(st.sampled_from(["interest", "charges"])),
        "max_fees": draw(maybe(st.integers(0, 3))),
    }
    vals["rate"] = draw(late_rates("payment" if at_payment else None))
    if at_payment:
        vals |= {"accrual": "day", "compounding": "none", "interest_on_costs": False}
        vals["cap_on"] = "interest"
        vals["order"] = draw(
            st.sampled_from([o for o in ORDERS if o.find("principal") < o.find("int")])
        )
    if vals["accrual"] != "day":
        vals["rests"] = "start"
    if vals["accrual"] == "flat":
        vals["compounding"] = "none"
        vals["rate"] = draw(late_rates().filter(lambda rate: rate.per == "year"))
    return ChargeTerms(**(vals | fixed))


@st.composite
def claims(draw, unit):
    count = draw(st.integers(1, 500_000))
    amount = count * unit
    amounts = st.integers(0, count * 2 // 3).map(lambda units: units * unit)
    kinds = st.sampled_from(["payment", "payment", "payment", "credit", "debit"])
    events = draw(st.lists(st.builds(ClaimEvent, days, kinds, amounts), max_size=4))
    if draw(st.integers(0, 3)) == 0:
        events.append(ClaimEvent(draw(days), "correction", count // 3 * unit))
    cost_kinds = st.sampled_from(["fee", "fee", "cost"])
    small = st.integers(0, 3000).map(lambda count: count * unit)
    costs = draw(st.lists(st.builds(Cost, days, cost_kinds, small), max_size=4))
    results = st.sampled_from(["open", "restored", "cancelled"])
    disputes = draw(
        st.lists(st.builds(Dispute, days, amounts, maybe(days), results), max_size=2)
    )
    dates = ClaimDates(
        draw(days), draw(days), draw(days), draw(maybe(days)), draw(days)
    )
    return LateClaim(amount, dates, unit, tuple(events), tuple(costs), tuple(disputes))


@st.composite
def histories(draw, **fixed):
    unit = draw(st.sampled_from(UNITS))
    claim = draw(claims(unit))
    terms = draw(terms_of(unit, **fixed))
    upto = draw(days) + timedelta(days=draw(st.integers(100, 500)))
    return claim, terms, draw(books()), upto


def shuffle(claim, seed):
    """The same claim, written down in another order."""
    parts = {}
    for name in ("events", "costs", "disputes"):
        rows = list(getattr(claim, name))
        Random(seed).shuffle(rows)
        parts[name] = tuple(rows)
    return LateClaim(claim.amount, claim.dates, claim.unit, **parts)


@tagged("post_install", "-at_install")
class TestLateInterestProperties(BaseCase):
    @given(histories())
    @many
    def test_engine_is_paper_and_pencil(self, history):
        claim, _terms, _book, _upto = history
        found, paper = assess(*history), Naive(*history).run()
        self.assertEqual(found.interest_exact, paper.interest)
        self.assertEqual(found.principal_open, paper.principal)
        self.assertEqual(found.cost_total, paper.costs)
        self.assertEqual(found.cost_paid, paper.paid_costs)
        self.assertEqual(found.interest_paid, paper.paid_interest)
        self.assertEqual(found.unallocated, paper.money)
        self.assertEqual(found.interest % claim.unit, 0)

    @given(histories(), st.integers(0, 99))
    @many
    def test_order_has_no_meaning_and_again_is_the_same(self, history, seed):
        claim, *rest = history
        found = assess(claim, *rest)
        other = assess(shuffle(claim, seed), *rest)
        for name in ("segments", "suspended", "allocations", "interest_exact"):
            self.assertEqual(getattr(found, name), getattr(other, name))
        self.assertEqual(found.total_open, other.total_open)
        self.assertEqual(found, assess(claim, *rest))

    @given(histories())
    @many
    def test_lines_are_the_sum(self, history):
        claim, _terms, _book, _upto = history
        found = assess(*history)
        amounts = [segment.amount for segment in found.segments]
        self.assertEqual(sum(amounts), found.interest_exact)
        lines = distribute(amounts, claim.unit)
        self.assertEqual(sum(lines), found.interest)
        for line, exact in zip(lines, amounts, strict=True):
            self.assertLess(abs(Fraction(line) - exact), Fraction(claim.unit))
        self.assertEqual(sum(cost.amount for cost in found.costs), found.cost_total)
        for segment in found.segments:
            exact = segment.base * Fraction(segment.rate) / 100 * segment.share
            self.assertEqual(segment.amount_before_cap, exact)

    @given(histories())
    @many
    def test_money_is_neither_made_nor_lost(self, history):
        claim, _terms, _book, upto = history
        found = assess(*history)
        moved = [event for event in claim.events if event.day <= upto]
        came = sum(e.amount for e in moved if e.kind in ("payment", "credit"))
        owed = claim.original + sum(e.amount for e in moved if e.kind == "debit")
        self.assertEqual(
            owed - found.principal_open + found.interest_paid + found.cost_paid,
            came - found.unallocated,
        )
        if found.unallocated:
            self.assertEqual(found.principal_open + found.cost_open, 0)
        for amount in (found.principal_open, found.interest_open, found.cost_open):
            self.assertGreaterEqual(amount, 0)

    @given(histories(), st.integers(1, 200))
    @many
    def test_interest_only_grows(self, history, more):
        claim, terms, book, upto = history
        assume(terms.rate.fixing != "payment")  # a lower rate serves all of the delay
        now = assess(*history)
        later = assess(claim, terms, book, upto + timedelta(days=more))
        self.assertGreaterEqual(later.interest_exact, now.interest_exact)
        self.assertGreaterEqual(later.cost_total, now.cost_total)

    @given(histories())
    @many
    def test_caps_hold(self, history):
        claim, terms, _book, _upto = history
        found = assess(*history)
        capped = found.interest
        if terms.cap_on == "charges":
            capped += found.cost_total
        if terms.cap_total is not None:
            self.assertLessEqual(capped, terms.cap_total)
        if terms.cap_percent is not None:
            self.assertLessEqual(capped, claim.original * terms.cap_percent / 100)
        if terms.max_fees is not None:
            fees = [cost for cost in found.costs if cost.kind == "fee"]
            self.assertLessEqual(len(fees), terms.max_fees)
        if terms.rate.cap:
            for segment in found.segments:
                cap = next(p for p in segment.quote.parts if p.role == "cap")
                self.assertLessEqual(segment.rate, max(cap.rate, 0))

    @given(histories(interest_on_costs=False, compounding="none"))
    @many
    def test_no_interest_on_interest_nor_fees(self, history):
        """Whatever fees there are: as long as principal is paid first, interest stays."""
        claim, terms, book, upto = history
        most = claim.original + sum(
            event.amount for event in claim.events if event.kind == "debit"
        )
        found = assess(*history)
        for segment in found.segments:
            self.assertLessEqual(segment.base, most)
        if terms.order.startswith("principal") and terms.cap_on == "interest":
            bare = LateClaim(
                claim.amount, claim.dates, claim.unit, claim.events, (), claim.disputes
            )
            self.assertEqual(
                found.interest_exact, assess(bare, terms, book, upto).interest_exact
            )

    @given(
        histories(
            compounding="none", accrual="day", grace_days=0, rests="start",
            cap_total=None, cap_percent=None,
        ),
        st.integers(1, 300),
    )  # fmt: skip
    @many
    def test_a_period_in_two_is_the_whole(self, history, before):
        """Two bills, one after the other, are one: to the cent, nothing lost between."""
        claim, terms, book, upto = history
        assume(terms.rate.fixing != "payment")
        middle = upto - timedelta(days=before)
        whole, first = assess(*history), assess(claim, terms, book, middle)
        second = sum(
            (
                segment.amount
                if segment.first > middle
                else segment.base
                * Fraction(segment.rate)
                / 100
                * get_share_after(terms.day_count, segment, middle)
            )
            for segment in whole.segments
            if segment.last > middle
        )
        self.assertEqual(first.interest_exact + second, whole.interest_exact)
        difference = round_half_up(whole.interest_exact, claim.unit) - first.interest
        self.assertEqual(first.interest + difference, whole.interest)


def get_share_after(day_count, segment, middle):
    from .naive_interest import DAY, weigh

    share, day = Fraction(0), middle + DAY
    while day <= segment.last:
        share += weigh(day_count, day)
        day += DAY
    return share
