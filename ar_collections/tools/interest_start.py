"""From which day a debt is late, without the ORM."""

from dataclasses import dataclass
from datetime import date, timedelta

from .term_error import TermError, require, require_choice

BASES = ("due", "supply", "reminder", "notice")


@dataclass(frozen=True)
class ClaimDates:
    """The days of one claim that its start may depend on; ``None`` is unknown.

    :param due: agreed last day of payment
    :param invoice: day the invoice was received, else its date
    :param supply: day of delivery, or of acceptance
    :param reminder: day of the reminder that puts the debtor in default
    :param notice: last day of the deadline that a notice gave
    """

    due: date | None = None
    invoice: date | None = None
    supply: date | None = None
    reminder: date | None = None
    notice: date | None = None


@dataclass(frozen=True)
class StartRule:
    """When lateness begins; the first day that counts follows the last day in time.

    ========== =====================================================================
    due        after the due date; if none was agreed, as ``supply``
    supply     ``days`` after invoice or delivery, whichever came later
    reminder   ``days`` after a reminder, not before the due date
    notice     after the deadline of a notice, not before the due date
    ========== =====================================================================

    >>> dates = ClaimDates(date(2026, 1, 1), reminder=date(2026, 1, 10))
    >>> StartRule().get_first_day(dates)
    datetime.date(2026, 1, 2)
    >>> StartRule("reminder", 30).get_first_day(dates)
    datetime.date(2026, 2, 10)
    >>> StartRule("notice").get_first_day(dates) is None  # nobody gave a deadline
    True
    >>> StartRule().get_first_day(ClaimDates(
    ...     invoice=date(2026, 1, 5), supply=date(2026, 1, 12)))  # nothing was agreed
    datetime.date(2026, 2, 12)
    """

    basis: str = "due"
    days: int = 30

    def __post_init__(self):
        require_choice("start_basis", self.basis, BASES)
        require(self.days >= 0, "start_days", "Days until the start are not negative.")

    def get_first_day(self, dates):
        """First day of lateness; ``None`` as long as what puts in default is missing."""
        last = getattr(self, f"_get_last_{self.basis}")(dates)
        return last and last + timedelta(days=1)

    def _get_last_due(self, dates):
        return dates.due or self._get_last_supply(dates)

    def _get_last_supply(self, dates):
        known = [day for day in (dates.invoice, dates.supply) if day]
        if not known:
            raise TermError(
                "due_date",
                "Neither a due date nor a day of invoice or supply is known.",
            )
        return max(known) + timedelta(days=self.days)

    def _get_last_reminder(self, dates):
        if not dates.reminder:
            return None
        last = dates.reminder + timedelta(days=self.days)
        return max(last, dates.due) if dates.due else last

    def _get_last_notice(self, dates):
        if not dates.notice:
            return None
        return max(dates.notice, dates.due) if dates.due else dates.notice
