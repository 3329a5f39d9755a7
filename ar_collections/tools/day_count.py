"""How days become parts of a year, without the ORM.

A period is given by its first and its last day; both count. A debt due on 1 January and
paid on 31 January is late from 2 to 31 January: thirty days.

========== =====================================================================
act/365    each day is 1/365 of a year, in leap years too
act/360    each day is 1/360 of a year
act/act    each day is 1/366 of a year in a leap year, 1/365 in another (ISDA)
30/360     each month has 30 days, a year 360: *30E/360*, the European way. The 31st
           does not count, and after the end of February 1 March also counts the days
           that February lacks
========== =====================================================================

30/360 as in US bonds is not offered: how it counts one day depends on the first day of
the period, so that cutting a period at a payment would make days vanish.
"""

from calendar import isleap, monthrange
from datetime import date, timedelta
from fractions import Fraction

DAY_COUNTS = ("act/365", "act/360", "act/act", "30/360")
ONE_DAY = timedelta(days=1)


def add_months(day, months):
    """The same day some months later, or the last one of a shorter month.

    >>> add_months(date(2024, 1, 31), 1), add_months(date(2024, 2, 29), 12)
    (datetime.date(2024, 2, 29), datetime.date(2025, 2, 28))
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def count_days(day_count, first, last):
    """Number of days from ``first`` to ``last``, both included, as counted.

    >>> count_days("act/365", date(2026, 1, 2), date(2026, 2, 15))
    45
    >>> count_days("30/360", date(2026, 1, 2), date(2026, 1, 31))  # not the 31st
    29
    >>> count_days("30/360", date(2026, 2, 1), date(2026, 3, 1))  # 28 + 1 + 2 for Feb.
    31
    """
    if day_count == "30/360":
        return _serial_30(last) - _serial_30(first - ONE_DAY)
    return (last - first).days + 1


def _serial_30(day):
    return 360 * day.year + 30 * day.month + min(day.day, 30)


def get_year_days(day_count, day):
    """Days of the year that ``day`` is a part of, as counted.

    >>> get_year_days("act/act", date(2024, 7, 1)), get_year_days("30/360", date.min)
    (366, 360)
    """
    if day_count == "act/act":
        return 366 if isleap(day.year) else 365
    return 365 if day_count == "act/365" else 360


def get_year_share(day_count, first, last):
    """The part of a year from ``first`` to ``last``, both included.

    >>> get_year_share("act/act", date(2023, 12, 31), date(2024, 1, 2))
    Fraction(548, 66795)
    >>> _ == Fraction(1, 365) + Fraction(2, 366)
    True
    """
    share = Fraction(0)
    while first <= last:
        end = last
        if day_count == "act/act":
            end = min(last, date(first.year, 12, 31))
        days = count_days(day_count, first, end)
        share += Fraction(days, get_year_days(day_count, first))
        first = end + ONE_DAY
    return share
