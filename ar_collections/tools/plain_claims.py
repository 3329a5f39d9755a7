"""Many claims of the same terms at once, as far as nothing unusual happened to them.

Simple interest is linear in what bears it: of a claim that is settled bit by bit, each
bit has borne what a claim of one unit bears from the first day of lateness to the day
on which the bit was paid. So a million claims need only what one unit bears, for each
pair of days, and that `late_interest.assess` says once. What is not linear (money that
covers interest first, interest on costs, compounding after a payment, a cap that costs
and interest share) is not worked out here: who asks walks such a claim.

>>> from datetime import date
>>> from decimal import Decimal
>>> from .charge_terms import ChargeTerms
>>> from .interest_start import ClaimDates
>>> from .rate_rule import EXAMPLE, LateRate, RateRule
>>> terms = ChargeTerms(LateRate(RateRule("ecb_mro", margin=Decimal(8))))
>>> plain = PlainClaims(terms, EXAMPLE, date(2026, 2, 15))
>>> dates = ClaimDates(date(2026, 1, 1))
>>> plain.assess(100000, dates)  # 1,000.00 × 10.15 % × 45 ÷ 365 = 12.5137, in cents
(Fraction(91350, 73), 0)
>>> paid = [(date(2026, 1, 31), "payment", 40000)]  # 8.3425 + 2.5027
>>> plain.assess(100000, dates, paid)
(Fraction(79170, 73), 0)
"""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from operator import itemgetter

from .day_count import ONE_DAY
from .exact_money import CENT, to_exact
from .interest_cuts import LateCalendar
from .interest_start import ClaimDates, StartRule
from .late_claim import LateClaim
from .late_fees import get_tier, get_tier_amount, limit_fees
from .late_interest import assess

# Units of the claim that is walked: so many that what compounds is never half a unit.
MANY = 10**15
LINEAR = {"payment", "credit"}


class PlainClaims:
    """Claims by one set of terms, in one currency, at the end of one day.

    :param ChargeTerms terms:
    :param RateBook book: reference rates
    :param date upto: last day of interest
    :param Decimal unit: of the currency; all amounts are whole numbers of it
    :param str currency: and ``rates``: see `late_fees.get_tier_amount`
    """

    def __init__(self, terms, book, upto, unit=CENT, currency="", rates=None):
        self.terms, self.book, self.upto, self.unit = terms, book, upto, unit
        self.currency = (currency, rates)
        self.grace = timedelta(days=terms.grace_days)
        # until the end of such a grace nothing is owed, and then from the first day
        self.is_waiting = bool(self.grace) and terms.grace == "first_day"
        self.is_principal_first = terms.order.startswith("principal")
        self.one = replace(
            terms,
            start=StartRule("due"),
            grace_days=0 if self.is_waiting else terms.grace_days,
            lump_sums=(),
            interest_on_costs=False,
            cap_total=None,
            cap_percent=None,
            max_fees=None,
        )
        self.starts, self.borne, self.rests, self.tiers = {}, {}, {}, {}

    def assess(self, units, dates, events=(), costs=()):
        """Interest and costs of a claim, as `late_interest.assess` has them.

        :param int units: of the currency that are claimed
        :param ClaimDates dates:
        :param events: (day, kind, units) in any order, kinds as in `ClaimEvent`
        :param costs: `Cost` in any order, lump sums left out
        :return: interest in units, exact, and costs in units; None if the claim is not
            that plain
        :raise MissingRateError: if a reference rate is not known for a day of interest
        :rtype: tuple[Fraction, int] or None
        """
        if dates not in self.starts:
            self.starts[dates] = self.terms.start.get_first_day(dates)
        start = self.starts[dates]
        if not self._is_linear(start, events, costs):
            return None
        paid, left = self._settle(units, events) if events else ((), units)
        if not self._compounds_alike(start, units, events):
            return None
        interest = self._get_interest(start, left, paid)
        costs = self._get_costs(start, units, paid, costs)
        return self._limit(units, interest, costs)

    # === WHAT IS LINEAR === #

    def _is_linear(self, start, events, costs):
        terms = self.terms
        if terms.interest_on_costs and (costs or terms.lump_sums):
            return False
        if not events:
            return True
        if not LINEAR.issuperset(kind for _day, kind, _units in events):
            return False
        return self.is_principal_first or not any(
            kind == "payment" and (costs or (start and day >= start))
            for day, kind, _units in events
        )

    def _settle(self, units, events):
        """(day, units) by which the claim became smaller, and what is left of it."""
        paid = []
        for day, _kind, amount in sorted(events, key=itemgetter(0)):
            amount = min(amount, units)
            if amount and day <= self.upto:
                paid.append((day, amount))
                units -= amount
        return paid, units

    def _compounds_alike(self, start, units, events):
        """Whether interest that bears interest is in proportion to the claim.

        It is if nothing was paid and the first of it comes to half a unit at least.
        """
        if self.terms.compounding == "none" or not start:
            return True
        if start not in self.rests:
            self.rests[start] = self._get_first_rest(start)
        rest = self.rests[start]
        if not rest:
            return True
        if events or self.is_waiting:
            return False
        return 2 * units * self._get_borne(start, rest) >= 1

    def _get_first_rest(self, start):
        claim = self._make_claim(start)
        rests = LateCalendar(claim, self.one, self.book, self.upto).rests
        return min(rests, default=None)

    # === INTEREST === #

    def _make_claim(self, start):
        return LateClaim(MANY * self.unit, ClaimDates(start - ONE_DAY), self.unit)

    def _get_borne(self, start, day):
        """What one unit has borne at the end of a day."""
        key = (start, day)
        if key not in self.borne:
            claim = self._make_claim(start)
            found = assess(claim, self.one, self.book, day)
            self.borne[key] = found.interest_exact / Fraction(claim.amount)
        return self.borne[key]

    def _get_interest(self, start, left, paid):
        if not (self.terms.rate and start):
            return Fraction(0)
        interest = Fraction(0)
        if left and start <= self.upto:
            borne = self._get_borne(start, self.upto)
            # at once: a product of fractions takes several times as long
            interest = Fraction(left * borne.numerator, borne.denominator)
        for day, units in paid:
            if day >= start:
                interest += units * self._get_borne(start, day)
        if self.is_waiting and self._is_in_grace(start, left, paid):
            return Fraction(0)
        return interest

    def _is_in_grace(self, start, left, paid):
        """Whether the grace is not over, or was not when nothing was left."""
        end = start + self.grace - ONE_DAY
        return self.upto <= end or (not left and paid[-1][0] <= end)

    # === COSTS === #

    def _get_costs(self, start, units, paid, costs):
        total = self._get_lump_sum(start, units, paid)
        if costs:
            for cost in limit_fees(costs, self.terms.max_fees):
                if cost.day <= self.upto:
                    total += int(cost.amount // self.unit)
        return total

    def _get_lump_sum(self, start, units, paid):
        if not (self.terms.lump_sums and start and start + self.grace <= self.upto):
            return 0
        left = units - sum(part for day, part in paid if day < start + self.grace)
        if not left:
            return 0
        return self._get_tier_units(units if self.terms.lump_sum_on_original else left)

    def _get_tier_units(self, units):
        amount = self.unit * units
        tier = get_tier(self.terms.lump_sums, amount)
        if not tier:
            return 0
        # a share of the claim is another one for each, a fixed amount is not
        key = units if tier.percent else tier
        if key not in self.tiers:
            found = get_tier_amount((tier,), amount, self.unit, *self.currency)
            self.tiers[key] = int(found // self.unit)
        return self.tiers[key]

    def _limit(self, units, interest, costs):
        """Interest and costs under the caps; None if they share one that is reached."""
        cap = self.terms.get_cap(self.unit * units)
        if cap is None:
            return interest, costs
        cap = int(to_exact(cap) // to_exact(self.unit))
        if self.terms.cap_on == "interest":
            return min(interest, Fraction(cap)), costs
        return (interest, costs) if interest + costs <= cap else None
