"""The days at which the walk through a claim's life has to stop, without the ORM."""

from datetime import date, timedelta
from fractions import Fraction

from .charge_terms import COMPOUNDINGS
from .day_count import ONE_DAY, add_months, count_days, get_year_days


class LateCalendar:
    """First day of lateness, grace, months, years and changes of rate of one claim."""

    def __init__(self, claim, terms, book, upto):
        self.claim, self.terms, self.book, self.upto = claim, terms, book, upto
        self.start = terms.start.get_first_day(claim.dates)
        self.first, self.grace_end = self.start, None
        grace = timedelta(days=terms.grace_days)
        if self.start and grace:
            if terms.grace == "after":
                self.first += grace
            else:
                self.grace_end = self.start + grace - ONE_DAY
        self.charge_day = self.start and self.start + grace
        has_days = bool(self.first) and self.first <= upto
        self.rests = self._get_rests() if has_days else frozenset()
        self.months = self._get_months() if has_days else {}

    # === WHAT A DAY IS === #

    def is_late(self, day):
        """Whether the day bears interest."""
        return bool(self.first) and day >= self.first

    def is_in_grace(self, day):
        return bool(self.grace_end) and day <= self.grace_end

    def is_over_grace(self, day):
        """Whether a lump sum may be due on the day."""
        return bool(self.charge_day) and day >= self.charge_day

    def count(self, first, last):
        """(days as counted, days of their year)"""
        day_count = self.terms.day_count
        return count_days(day_count, first, last), get_year_days(day_count, first)

    def get_share(self, first, last):
        """Part of a year that these days bear interest for; they lie between two cuts."""
        accrual = self.terms.accrual
        if accrual == "day":
            return Fraction(*self.count(first, last))
        if accrual == "flat":
            return Fraction(first == self.first)
        if accrual == "month_started":
            return Fraction(first - ONE_DAY in self.months, 12)
        return Fraction(last in self.months.values(), 12)

    # === CUTS === #

    def get_ends(self):
        """Last days of the stretches in which all days are alike; at least ``upto``."""
        ends = {self.upto, *self.rests, *self.months, *self.months.values()}
        ends.update(event.day for event in self.claim.events)
        ends.update(cost.day for cost in self.claim.costs)
        ends.update(self.claim.cuts)
        for dispute in self.claim.disputes:
            ends.add(dispute.first - ONE_DAY)
            ends.update([dispute.last] if dispute.last else ())
        if self.first:
            ends.add(self.first - ONE_DAY)
            ends.add(self.charge_day - ONE_DAY)
            ends.update([self.grace_end] if self.grace_end else ())
            ends.update(self._get_rate_ends())
        if self.terms.accrual == "flat" and self.first:
            ends.add(self.first)
        return sorted(day for day in ends if day <= self.upto)

    def _get_rate_ends(self):
        ends = []
        rate = self.terms.rate
        if rate and rate.fixing == "floating" and self.first <= self.upto:
            cuts = rate.get_cuts(self.first, self.upto, self.book)
            ends = [day - ONE_DAY for day in cuts]
        if self.terms.day_count == "act/act":
            years = range(self.first.year, self.upto.year)
            ends += [date(year, 12, 31) for year in years]
        return ends

    def _get_rests(self):
        """Days at whose end the interest so far begins to bear interest."""
        months = COMPOUNDINGS[self.terms.compounding]
        if not months:
            return frozenset()
        if self.terms.rests == "start":
            return frozenset(self._get_anniversaries(months))
        year, month = self.first.year, (self.first.month - 1) // months * months + 1
        begin = date(year, month, 1)
        ends, count = [], months
        while (end := add_months(begin, count) - ONE_DAY) <= self.upto:
            ends.append(end)
            count += months
        return frozenset(ends)

    def _get_months(self):
        """Last day before each month of lateness, and the last day of that month."""
        if not self.terms.accrual.startswith("month"):
            return {}
        ends = [self.first - ONE_DAY, *self._get_anniversaries(1)]
        ends.append(add_months(ends[0], len(ends)))
        return dict(zip(ends, ends[1:], strict=False))

    def _get_anniversaries(self, months):
        """Last days of full ``months`` of lateness, up to ``upto``."""
        anchor, count, ends = self.first - ONE_DAY, months, []
        while (end := add_months(anchor, count)) <= self.upto:
            ends.append(end)
            count += months
        return ends
