import doctest
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged
from odoo.tools import SQL

from ..models.ar_dunning_engine_days_sql import WORKDAY_ADD_SQL, WORKDAY_PREVIOUS_SQL
from ..tools import workdays as module
from ..tools.workdays import Workdays
from .common import ArCollectionsCommon

FIRST, LAST = date(2026, 1, 1), date(2026, 3, 31)
days = st.dates(date(2025, 12, 25), date(2026, 4, 7))


@tagged("post_install", "-at_install")
class TestWorkdays(ArCollectionsCommon):
    """Working days: in Python and in the decision's query, the same."""

    def _count(self, workdays, day, count):
        """(add, next, previous) as the query counts them."""
        day = SQL("%s::date", day)
        workday = SQL(
            "SELECT %s::date AS first, %s::int[] AS before, %s::date[] AS days",
            workdays.first,
            workdays.before,
            workdays.days,
        )
        ((*found,),) = self.env.execute_query(
            SQL(
                "WITH workday AS (%s) SELECT %s, %s, %s",
                workday,
                SQL(WORKDAY_ADD_SQL, day=day, count=SQL("%s", count)),
                SQL(WORKDAY_ADD_SQL, day=day, count=SQL("0")),
                SQL(WORKDAY_PREVIOUS_SQL, day=day),
            )
        )
        return found

    @given(
        st.sets(st.integers(0, 6)),
        st.sets(st.dates(FIRST, LAST), max_size=10),
        st.lists(st.tuples(days, st.integers(-30, 30)), min_size=1, max_size=5),
    )
    @settings(
        max_examples=60,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def test_query_and_tool_agree(self, weekdays, holidays, steps):
        workdays = Workdays(FIRST, LAST, weekdays, holidays)
        for day, count in steps:
            self.assertEqual(
                self._count(workdays, day, count),
                [workdays.add(day, count), workdays.next(day), workdays.previous(day)],
            )

    @given(st.sets(st.dates(FIRST, LAST), max_size=10), days, st.integers(-15, 15))
    @settings(max_examples=60, derandomize=True, deadline=None, database=None)
    def test_tool_counts_day_by_day(self, holidays, day, count):
        """Against walking the calendar, well inside the days that it knows."""
        day = min(max(day, date(2026, 2, 10)), date(2026, 2, 20))
        workdays = Workdays(
            FIRST - timedelta(60), LAST + timedelta(60), set(range(5)), holidays
        )

        def works(one):
            return one.weekday() < 5 and one not in holidays

        found, left = day, abs(count)
        while left or (not count and not works(found)):
            found += timedelta(-1 if count < 0 else 1)
            left -= works(found) and left > 0
        self.assertEqual(workdays.add(day, count), found)

    def test_holidays_are_kept_until_they_change(self):
        thursday = date(2026, 5, 14)
        calendar = self.company.resource_calendar_id
        calendar.tz = "UTC"

        def after():
            return self.company._get_workdays(thursday).add(thursday, 1)

        self.assertEqual(after(), date(2026, 5, 15))
        before = self.env.cr.sql_log_count
        after()
        self.assertEqual(self.env.cr.sql_log_count, before)
        leave = self.env["resource.calendar.leaves"].create(
            {
                "name": "Bridge day",
                "calendar_id": calendar.id,
                "date_from": "2026-05-15 00:00:00",
                "date_to": "2026-05-15 23:59:59",
            }
        )
        self.assertEqual(after(), date(2026, 5, 18))
        leave.date_to = "2026-05-18 23:59:59"
        self.assertEqual(after(), date(2026, 5, 19))
        leave.unlink()
        self.assertEqual(after(), date(2026, 5, 15))
        calendar.attendance_ids.filtered(lambda a: a.dayofweek == "4").unlink()
        self.assertEqual(after(), date(2026, 5, 18))
        other = calendar.copy()
        other.attendance_ids.filtered(lambda a: a.dayofweek == "0").unlink()
        self.company.resource_calendar_id = other
        self.assertEqual(after(), date(2026, 5, 19))


@tagged("post_install", "-at_install")
class TestWorkdaysText(BaseCase):
    def test_examples_in_the_text(self):
        result = doctest.testmod(module)
        self.assertGreater(result.attempted, 3)
        self.assertFalse(result.failed)
