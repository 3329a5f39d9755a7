"""Late charges on one claim over time, without the ORM.

A claim is walked from cut to cut: days on which something happens, a rate changes, a
year of interest is over. Between two cuts all days are alike and become one `Segment`.
At the end of a day come, in this order, its interest, its costs, what adds to the claim,
credits and payments, then compounding. So the day of payment still bears interest, and
the order in which things were recorded has no meaning.

>>> from datetime import date
>>> from decimal import Decimal
>>> from .charge_terms import ChargeTerms
>>> from .interest_start import ClaimDates
>>> from .late_claim import ClaimEvent, LateClaim
>>> from .rate_rule import EXAMPLE, LateRate, RateRule
>>> terms = ChargeTerms(
...     LateRate(RateRule("ecb_mro", margin=Decimal(8))), order="principal_interest_cost")
>>> claim = LateClaim(Decimal(1000), ClaimDates(date(2026, 1, 1)), events=(
...     ClaimEvent(date(2026, 1, 31), "payment", Decimal(400)),))
>>> result = assess(claim, terms, EXAMPLE, date(2026, 2, 15))
>>> for one in result.segments:
...     print(one.first, one.last, one.days, one.base, one.quote.formula, one.amount)
2026-01-02 2026-01-31 30 1000 2.15 + 8 = 10.15 609/73
2026-02-01 2026-02-15 15 600 2.15 + 8 = 10.15 1827/730
>>> result.interest, result.principal_open, result.total_open
(Decimal('10.85'), Decimal('600.00'), Decimal('610.85'))
"""

from fractions import Fraction

from .day_count import ONE_DAY
from .interest_cuts import LateCalendar
from .late_account import LateAccount
from .late_fees import get_tier_amount, limit_fees
from .late_result import Allocation, Assessment, ChargedCost, Segment
from .payment_order import get_order


def assess(claim, terms, book, upto, currency="", currency_rates=None):
    """What is owed on ``claim`` at the end of the day ``upto``, and why.

    :param LateClaim claim: amounts and history; what is after ``upto`` is not looked at
    :param ChargeTerms terms:
    :param RateBook book: reference rates; only those that are needed must be known
    :param date upto: last day of interest
    :param str currency: of the claim, for lump sums set in another currency
    :param dict currency_rates: see `late_fees.get_tier_amount`
    :raises MissingRateError: if a reference rate is not known for a day of interest
    :rtype: Assessment
    """
    return _Walk(claim, terms, book, upto, (currency, currency_rates)).run()


def get_daily_interest(claim, terms, book, upto):
    """What one day more costs, exact: the interest of the day after ``upto``."""
    today = assess(claim, terms, book, upto)
    return (
        assess(claim, terms, book, upto + ONE_DAY).interest_exact - today.interest_exact
    )


class _Walk:
    """One claim on its way; what it is at is in ``account``."""

    def __init__(self, claim, terms, book, upto, currency=("", None)):
        self.claim, self.terms, self.book, self.upto = claim, terms, book, upto
        self.currency = currency
        self.account = LateAccount(claim, terms)
        self.calendar = LateCalendar(claim, terms, book, upto)
        self.segments, self.suspended, self.waiting = [], [], []
        self.lots = []  # [first, last, base] whose rate the day of payment will tell
        self.costs, self.allocations = [], []
        self.quotes = book.get_quotes(terms.rate) if terms.rate else {}
        self.has_lump_sum = not terms.lump_sums
        self.events, self.due_costs = {}, {}
        for event in claim.events:
            self.events.setdefault(event.day, []).append(event)
        for cost in limit_fees(claim.costs, terms.max_fees):
            self.due_costs.setdefault(cost.day, []).append(cost)

    def run(self):
        ends = self.calendar.get_ends()
        day = ends[0] - ONE_DAY
        for end in ends:
            first = day + ONE_DAY
            if self._is_lump_sum_due(first):
                self.has_lump_sum = True
                self._pass(first, first, self._make_lump_sum(first))
                first += ONE_DAY
            if first <= end:
                self._pass(first, end)
            day = end
        if self.lots:
            self._fix(self.account.principal, self.upto)
        return self._get_result()

    def _pass(self, first, last, costs=()):
        """The days from ``first`` to ``last``, then the end of the last one."""
        if self.terms.rate and self.calendar.is_late(first):
            self._accrue(first, last)
        events = self.events.get(last, ())
        for cost in (*self.due_costs.get(last, ()), *costs):
            self._add_cost(cost)
        self._take_events(last, events)
        self._pay(last)
        if last == self.calendar.grace_end:
            self._end_grace(last)
        if last in self.calendar.rests:
            self.account.capitalise()

    def _take_events(self, day, events):
        """What happened to the claim on a day; money is only laid ready."""
        units = self.account.to_units
        for event in events:
            if event.kind == "debit":
                self.account.principal += units(event.amount)
        for event in events:
            if event.kind == "credit":
                self._fix(self.account.credit(units(event.amount)), day)
        self._pay_charges(day, events)
        for event in events:
            if event.kind == "payment":
                self.account.pot += units(event.amount)

    # === INTEREST === #

    def _accrue(self, first, last):
        share = self.calendar.get_share(first, last)
        if not share:
            return
        cancelled, waiting = self._get_disputed(first)
        principal = max(self.account.principal - cancelled, 0)
        disputed = min(waiting, principal)
        base = self.account.get_base(cancelled + waiting)
        if base and self.terms.rate.fixing == "payment":
            self.lots.append([first, last, base])
        elif base:
            self._claim(first, last, base, self._get_quote(first), share)
        if disputed:
            quote = self._get_quote(last if self.lots else first)
            self._join(self.suspended, first, last, disputed, quote, share)

    def _get_disputed(self, day):
        """Units that bear no interest on a day: for good, and until a result is known."""
        units = {"cancelled": 0, "open": 0}
        for dispute in self.claim.disputes:
            if dispute.result != "restored" and dispute.is_on(day):
                units[dispute.result] += self.account.to_units(dispute.amount)
        return units["cancelled"], units["open"]

    def _claim(self, first, last, base, quote, share, day=None):
        """Add interest, or let it wait if the grace is not over on ``day``."""
        if self.calendar.is_in_grace(day or first):
            self.waiting.append((first, last, base, quote, share))
            return
        self._join(self.segments, first, last, base, quote, share)

    def _join(self, segments, first, last, base, quote, share):
        """Append a segment, or make the last one longer if it is no different."""
        exact = Fraction(
            base.numerator * quote.share.numerator * share.numerator,
            base.denominator * quote.share.denominator * share.denominator,
        )
        charged = exact
        if segments is self.segments:
            charged = self.account.add_interest(exact)
        days, year_days = self.calendar.count(first, last)
        new = Segment(
            first,
            last,
            days,
            year_days,
            share,
            base,
            quote,
            charged,
            exact,
            self.claim.unit,
        )
        if segments and self._is_joined(segments[-1], new):
            new = segments.pop().join(new)
        segments.append(new)

    def _is_joined(self, last, new):
        is_daily = self.terms.accrual == "day"
        return is_daily and last.last not in self.claim.cuts and last.continues(new)

    def _end_grace(self, day):
        """What waited is owed from now on, if something is still open."""
        if self.account.principal and self.upto > day:
            for args in self.waiting:
                self._join(self.segments, *args)
            self._pay(day)
        self.waiting = []

    def _fix(self, units, day):
        """Of all delay so far, that of ``units`` of principal ends on ``day``."""
        if not (units and self.lots):
            return
        quote = self._get_quote(day)
        for lot in self.lots:
            first, last, base = lot
            taken = min(base, units)
            if taken:
                lot[2] -= taken
                share = self.calendar.get_share(first, last)
                # days of a grace that is over by now are owed, too
                self._claim(first, last, taken, quote, share, day)

    def _get_quote(self, day):
        rate = self.terms.rate
        day = self.calendar.first if rate.fixing == "start" else day
        key = rate.get_period_start(day)
        if key not in self.quotes:
            self.quotes[key] = rate.get_quote(day, self.book)
        return self.quotes[key]

    # === COSTS AND PAYMENTS === #

    def _is_lump_sum_due(self, day):
        if self.has_lump_sum or not self.calendar.is_over_grace(day):
            return False
        return self.account.principal > sum(self._get_disputed(day))

    def _make_lump_sum(self, day):
        amount = self.claim.original
        if not self.terms.lump_sum_on_original:
            units = self.account.principal - sum(self._get_disputed(day))
            amount = self.account.to_amount(units)
        amount = get_tier_amount(
            self.terms.lump_sums, amount, self.claim.unit, *self.currency
        )
        return [ChargedCost(day, "lump_sum", amount, amount)] if amount else []

    def _add_cost(self, cost):
        charged = self.account.add_cost(self.account.to_units(cost.amount))
        charged = self.account.to_amount(charged)
        self.costs.append(
            ChargedCost(cost.day, cost.kind, charged, cost.amount, cost.ref)
        )

    def _pay_charges(self, day, events):
        """Money on documents of charges: what is over goes by the payment order."""
        money = sum((e.amount for e in events if e.kind == "charge"), 0)
        if money:
            self.account.pot += self.account.to_units(money)
            amount = self.account.pot
            self._note(day, amount, self.account.pay(("cost", "interest")))

    def _pay(self, day):
        if not self.account.pot:
            return
        amount = self.account.pot
        if self.lots:  # the rate of what is paid is known only now
            paid = {}
            for part in get_order(self.terms.order):
                paid |= self.account.pay((part,))
                if part == "principal":
                    self._fix(paid[part], day)
        else:
            paid = self.account.pay()
        self._note(day, amount, paid)

    def _note(self, day, amount, paid):
        """Remember what money was used for."""
        if any(paid.values()):
            to_amount = self.account.to_amount
            parts = {part: to_amount(units) for part, units in paid.items()}
            left = to_amount(self.account.pot)
            self.allocations.append(Allocation(day, to_amount(amount), left, **parts))

    def _get_result(self):
        account = self.account
        return Assessment(
            claim=self.claim,
            terms=self.terms,
            upto=self.upto,
            first=self.calendar.first,
            segments=tuple(self.segments),
            suspended=tuple(self.suspended),
            costs=tuple(self.costs),
            allocations=tuple(self.allocations),
            interest_exact=account.accrued * Fraction(account.unit),
            interest_paid=account.to_amount(account.interest_paid),
            cost_total=account.to_amount(account.cost_total),
            cost_paid=account.to_amount(account.cost_paid),
            principal_open=account.to_amount(account.principal),
            unallocated=account.to_amount(account.pot),
        )
