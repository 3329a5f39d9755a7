"""Official rates and their dated values, without the ORM.

A series answers for a day with its latest value at or before that day. It never guesses:
before the first value, or after the day until which it is known, it raises
`MissingRateError` with the name of the series and the day.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal


class MissingRateError(LookupError):
    """A reference rate has no value for a day; no interest may be computed with it.

    ``code`` and ``name`` say which series, ``day`` which day, ``newest`` the last value
    that is known before it, if any.
    """

    def __init__(self, code, name, day, newest=None):
        self.code, self.name, self.day, self.newest = code, name, day, newest
        known = f"its last value is of {newest.date_from}" if newest else "it has none"
        super().__init__(
            f"Reference rate {name} ({code}) has no value for {day}: {known}."
        )


@dataclass(frozen=True)
class RateValue:
    """What a rate is from a day on: percent a year, and who says so."""

    date_from: date
    rate: Decimal
    source: str = ""


@dataclass(frozen=True)
class RateSeries:
    """An official rate.

    :param known_until: last day for which the values are known to be all there are; a
        newer value moves it. Empty: no such limit
    :param max_age: a value answers for so many days at most. Empty: no such limit

    >>> series = RateSeries("ecb_mro", "ECB main refinancing", [
    ...     RateValue(date(2025, 4, 23), Decimal("2.40")),
    ...     RateValue(date(2025, 6, 11), Decimal("2.15"))],
    ...     known_until=date(2026, 6, 30))
    >>> series.get_value(date(2025, 6, 10)).rate, series.get_value(date(2026, 1, 1)).rate
    (Decimal('2.40'), Decimal('2.15'))
    >>> try:
    ...     series.get_value(date(2026, 7, 1))
    ... except MissingRateError as error:
    ...     print(error)  # doctest: +NORMALIZE_WHITESPACE
    Reference rate ECB main refinancing (ecb_mro) has no value for 2026-07-01:
    its last value is of 2025-06-11.
    """

    code: str
    name: str
    values: tuple = ()
    known_until: date | None = None
    max_age: int | None = None
    _days: tuple = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self):
        values = tuple(sorted(self.values, key=lambda value: value.date_from))
        days = tuple(value.date_from for value in values)
        if len(set(days)) != len(days):
            twice = next(day for day in days if days.count(day) > 1)
            raise ValueError(f"Reference rate {self.name} has two values for {twice}.")
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "_days", days)

    def get_value(self, day):
        """The value in force on ``day``.

        :raises MissingRateError: if none is known
        """
        index = bisect_right(self._days, day)
        newest = self.values[index - 1] if index else None
        if newest is None or self._is_stale(newest, day):
            raise MissingRateError(self.code, self.name, day, newest)
        return newest

    def _is_stale(self, newest, day):
        if self.max_age is not None:
            if day > newest.date_from + timedelta(days=self.max_age):
                return True
        if self.known_until is None or newest is not self.values[-1]:
            return False
        return day > max(self.known_until, newest.date_from)

    def get_change_days(self, first, last):
        """Days from ``first`` to ``last``, both included, on which a value begins."""
        start = bisect_right(self._days, first - timedelta(days=1))
        return self._days[start : bisect_right(self._days, last)]


class RateBook(dict):
    """Series by code; asking for one that is not there is an error, too.

    A book does not change: rates that were worked out with it once are kept.

    >>> try:
    ...     RateBook().get_value("boe", date(2026, 1, 1))
    ... except MissingRateError as error:
    ...     print(error)
    Reference rate boe (boe) has no value for 2026-01-01: it has none.
    """

    def __init__(self, *args):
        super().__init__(*args)
        self._quotes = {}

    @classmethod
    def of(cls, *series):
        return cls((one.code, one) for one in series)

    def get_quotes(self, rate):
        """Quotes of a `LateRate` by first day of their period, to be filled."""
        # kept by identity, since to compare rates takes longer than to work one out
        return self._quotes.setdefault(id(rate), (rate, {}))[1]

    def get_value(self, code, day):
        if code not in self:
            raise MissingRateError(code, code, day)
        return self[code].get_value(day)

    def get_change_days(self, code, first, last):
        return self[code].get_change_days(first, last) if code in self else ()
