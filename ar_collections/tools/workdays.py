"""Arithmetic of working days, without the ORM.

A `Workdays` counts on two plain lists, which a query can take as arrays to reach the
same days (`ar.dunning.engine`).
"""

from datetime import timedelta
from itertools import accumulate


class Workdays:
    """The working days between two days; days outside count as the nearest inside.

    >>> from datetime import date
    >>> week = Workdays(date(2026, 3, 1), date(2026, 4, 30), {0, 1, 2, 3, 4},
    ...                 {date(2026, 4, 3), date(2026, 4, 6)})
    >>> week.add(date(2026, 4, 2), 1)  # Thursday before Easter
    datetime.date(2026, 4, 7)
    >>> week.add(date(2026, 4, 4), -1)  # Saturday: the working day before
    datetime.date(2026, 4, 2)
    >>> week.next(date(2026, 4, 3)), week.previous(date(2026, 4, 3))
    (datetime.date(2026, 4, 7), datetime.date(2026, 4, 2))
    """

    def __init__(self, first, last, weekdays, holidays=()):
        """
        :param date first: first day that is counted
        :param date last: last day that is counted
        :param set weekdays: working days of the week, Monday is 0; all if empty
        :param holidays: dates on which nobody works
        """
        self.first = first
        self.holidays = frozenset(holidays)
        count = (last - first).days + 1
        span = [first + timedelta(days=i) for i in range(count)]
        works = [
            (day.weekday() in weekdays or not weekdays) and day not in holidays
            for day in span
        ]
        self.days = [day for day, work in zip(span, works, strict=True) if work]
        # working days before each day; one more at the end
        self.before = [0, *accumulate(int(work) for work in works)]

    def _index(self, day):
        return min(max((day - self.first).days, 0), len(self.before) - 2)

    def _get(self, number):
        return self.days[min(max(number, 0), len(self.days) - 1)]

    def add(self, day, count):
        """The day ``count`` working days after ``day``, before it if negative.

        From a day off, the first working day after it is one day away, the last one
        before it is one day back; zero leads to the first working day from ``day`` on.
        """
        index = self._index(day)
        if count > 0:
            return self._get(self.before[index + 1] + count - 1)
        return self._get(self.before[index] + count)

    def next(self, day):
        """``day``, or the first working day after it."""
        return self.add(day, 0)

    def previous(self, day):
        """``day``, or the last working day before it."""
        return self._get(self.before[self._index(day) + 1] - 1)
