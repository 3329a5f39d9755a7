"""Many claims at once say the same of each as walking it: to the last digit."""

import doctest
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import plain_claims
from ..tools.charge_terms import ChargeTerms
from ..tools.interest_start import ClaimDates
from ..tools.late_claim import ClaimEvent, Cost, LateClaim
from ..tools.late_fees import Tier
from ..tools.late_interest import assess
from ..tools.plain_claims import PlainClaims
from ..tools.rate_rule import EXAMPLE, LateRate, RateRule
from ..tools.reference_rate import MissingRateError, RateBook
from .test_late_interest_properties import UNITS, books, claims, days, many, terms_of

UPTO = date(2026, 2, 15)
DUE = ClaimDates(date(2026, 1, 1))
RATE = LateRate(RateRule.fixed(Decimal(10)))


@st.composite
def quiet_claims(draw, unit):
    """A claim without a dispute; what happened to it is mostly ordinary."""
    claim = draw(claims(unit))
    happened = draw(st.sampled_from(["nothing", "paid", "paid in parts", "anything"]))
    costs = claim.costs if draw(st.integers(0, 2)) == 0 else ()
    events = {
        "nothing": (),
        "paid": (ClaimEvent(draw(days), "payment", claim.amount),),
        "paid in parts": tuple(
            event for event in claim.events if event.kind in ("payment", "credit")
        ),
        "anything": claim.events,
    }[happened]
    return LateClaim(claim.amount, claim.dates, unit, events, costs)


@st.composite
def quiet_histories(draw):
    unit = draw(st.sampled_from(UNITS))
    upto = draw(days) + timedelta(days=draw(st.integers(-100, 500)))
    return draw(quiet_claims(unit)), draw(terms_of(unit)), draw(books()), upto


def assess_plain(claim, terms, book, upto):
    """As for a million of them: amounts as whole numbers, events as rows."""
    plain = PlainClaims(terms, book, upto, claim.unit)
    unit = claim.unit
    events = [
        (event.day, event.kind, int(event.amount // unit)) for event in claim.events
    ]
    return plain.assess(int(claim.amount // unit), claim.dates, events, claim.costs)


@tagged("post_install", "-at_install")
class TestPlainClaims(BaseCase):
    @given(quiet_histories())
    @many
    def test_plain_is_as_walked(self, history):
        claim, *rest = history
        found = assess_plain(claim, *rest)
        if found is None:
            return
        walked = assess(claim, *rest)
        self.assertEqual(found[0] * Fraction(claim.unit), walked.interest_exact)
        self.assertEqual(found[1] * claim.unit, walked.cost_total)

    @given(quiet_claims(Decimal("0.01")), books(), days)
    @many
    def test_usual_terms_are_always_plain(self, claim, book, upto):
        """Simple interest, principal first: what nearly all books are charged by."""
        terms = ChargeTerms(
            LateRate(RateRule("one", margin=Decimal(9))),
            lump_sums=(Tier(Decimal("0.01"), Decimal(40)),),
        )
        ordinary = all(event.kind in ("payment", "credit") for event in claim.events)
        found = assess_plain(claim, terms, book, upto)
        self.assertEqual(found is not None, ordinary)

    def assess(self, units=100_000, dates=DUE, events=(), costs=(), **terms):
        terms = ChargeTerms(**{"rate": RATE, **terms})
        plain = PlainClaims(terms, EXAMPLE, UPTO)
        return plain.assess(units, dates, events, costs)

    def test_by_hand(self):
        """1,000.00 at 10 % for 45 days are 12.3288, in cents."""
        self.assertEqual(self.assess()[0], Fraction(100_000 * 45, 3650))
        paid = [(date(2026, 1, 31), "payment", 100_000)]
        self.assertEqual(self.assess(events=paid)[0], Fraction(100_000 * 30, 3650))
        # more than all of it, and before it was late
        paid = [(date(2026, 1, 1), "credit", 200_000)]
        self.assertEqual(self.assess(events=paid), (0, 0))

    def test_grace_that_is_not_over(self):
        terms = {"grace_days": 14, "lump_sums": (Tier(Decimal(0), Decimal(40)),)}
        self.assertEqual(self.assess(**terms)[1], 4000)
        paid = [(date(2026, 1, 15), "payment", 100_000)]
        self.assertEqual(self.assess(events=paid, **terms), (0, 0))
        paid = [(date(2026, 1, 16), "payment", 100_000)]
        self.assertEqual(self.assess(events=paid, **terms)[1], 4000)

    def test_cap_on_interest(self):
        self.assertEqual(self.assess(cap_total=Decimal(5))[0], 500)

    def test_fees_until_the_day(self):
        costs = [
            Cost(date(2026, 2, day), "fee", Decimal(5), str(day)) for day in (1, 9, 20)
        ]
        self.assertEqual(self.assess(costs=costs)[1], 1000)
        self.assertEqual(self.assess(costs=costs, max_fees=1)[1], 500)

    def test_what_is_to_be_walked(self):
        paid = [(date(2026, 1, 20), "payment", 500)]
        fee = [Cost(date(2026, 1, 20), "fee", Decimal(5))]
        for how in (
            # money that covers interest first
            {"order": "cost_interest_principal", "events": paid},
            {"order": "interest_principal_cost", "events": paid},
            # the first day of lateness is one of interest
            {
                "order": "interest_principal_cost",
                "events": [(date(2026, 1, 2), "payment", 500)],
            },
            {"interest_on_costs": True, "costs": fee},
            {"compounding": "month", "events": paid},
            {"compounding": "month", "grace_days": 40},
            # a first month of less than half a cent
            {"compounding": "month", "units": 50},
            {"events": [(date(2026, 1, 20), "charge", 500)]},
            {"events": [(date(2026, 1, 20), "correction", 500)]},
            # costs and interest share what the cap leaves
            {"cap_total": Decimal(8), "cap_on": "charges", "costs": fee},
        ):
            self.assertIsNone(self.assess(**how), how)
        for how in (
            {"order": "cost_interest_principal"},
            # before it was late
            {
                "order": "cost_interest_principal",
                "events": [(date(2026, 1, 1), "payment", 500)],
            },
            {
                "order": "cost_interest_principal",
                "events": [(*paid[0][:1], "credit", 5)],
            },
            {"compounding": "month"},
            {"compounding": "year", "events": paid},
            {"cap_total": Decimal(50), "cap_on": "charges", "costs": fee},
        ):
            self.assertIsNotNone(self.assess(**how), how)

    def test_missing_rate(self):
        """As walking does: only the rates that are needed."""
        terms = ChargeTerms(LateRate(RateRule("ecb_mro", margin=Decimal(8))))
        plain = PlainClaims(terms, RateBook(), UPTO)
        with self.assertRaisesRegex(MissingRateError, "ecb_mro.*2026-01-01"):
            plain.assess(100, DUE)
        paid = [(date(2026, 1, 1), "payment", 100)]
        self.assertEqual(plain.assess(100, DUE, paid), (0, 0))

    def test_examples_in_the_text(self):
        result = doctest.testmod(plain_claims)
        self.assertFalse(result.failed)
        self.assertGreater(result.attempted, 8)
