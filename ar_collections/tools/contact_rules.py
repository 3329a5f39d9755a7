"""When a person may be contacted again, by rules, without the ORM.

Hours are those of the person's clock, days those of the person's calendar.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone

# Further ahead nobody plans; rules that allow nothing at all end here, too.
HORIZON = timedelta(days=400)


@dataclass(frozen=True)
class ContactRule:
    """One rule; what is zero or empty does not restrict.

    ``weekdays``: allowed ones, Monday is 0. ``max_count`` contacts in ``period_days``
    days, today's included. ``days_after_talk``: none on that many days, the day of the
    conversation being the first. ``holidays``: days off where the person lives.
    """

    id: int = 0
    hour_from: float = 0.0
    hour_to: float = 0.0
    weekdays: frozenset = frozenset(range(7))
    skips_holidays: bool = False
    max_count: int = 0
    period_days: int = 0
    days_after_talk: int = 0
    holidays: frozenset = frozenset()

    def next(self, moment, zone, history=()):
        """The first moment from ``moment`` on at which the rule allows a contact.

        :param datetime moment: aware
        :param zone: where the person lives
        :param history: (day, is_talk) of each contact that counts, in that zone
        :rtype: datetime
        """
        here = moment.astimezone(zone)
        day = max(here.date(), self._get_free_day(here.date(), history))
        while not self._is_open(day):
            day += timedelta(days=1)
            if day - here.date() > HORIZON:
                break
        if day > here.date():
            return self._at(day, self.hour_from, zone)
        if not self.hour_to and not self.hour_from:
            return moment
        if here < self._at(day, self.hour_from, zone):
            return self._at(day, self.hour_from, zone)
        if here < self._at(day, self.hour_to or 24.0, zone):
            return moment
        return self.next(self._at(day, 24.0, zone), zone, history)

    def _is_open(self, day):
        return day.weekday() in self.weekdays and not (
            self.skips_holidays and day in self.holidays
        )

    def _get_free_day(self, day, history):
        """The first day from ``day`` on that caps and conversations leave free."""
        days = sorted(done for done, _is_talk in history)
        free = day
        if self.max_count and self.period_days and len(days) >= self.max_count:
            free = max(free, days[-self.max_count] + timedelta(days=self.period_days))
        talks = [done for done, is_talk in history if is_talk]
        if self.days_after_talk and talks:
            free = max(free, max(talks) + timedelta(days=self.days_after_talk))
        return free

    @staticmethod
    def _at(day, hour, zone):
        minutes = round(hour * 60)
        day += timedelta(days=minutes // 1440)
        clock = time(minutes % 1440 // 60, minutes % 60)
        return datetime.combine(day, clock, tzinfo=zone).astimezone(timezone.utc)


def get_first_allowed(moment, rules, zones):
    """The first moment that all rules allow in all zones, and which rule says so.

    :param datetime moment: aware
    :param rules: (`ContactRule`, history) pairs
    :param zones: all in which the person may live
    :return: (moment, first rule that refuses or None)
    :rtype: tuple[datetime, ContactRule | None]
    """
    start, refusing = moment, None
    changed = True
    while changed and moment - start < HORIZON:
        changed = False
        for rule, history in rules:
            for zone in zones:
                later = rule.next(moment, zone, history)
                if later > moment:
                    moment, changed = later, True
                    refusing = refusing or rule
    return moment, refusing
