"""One claim as it went: what was owed, and what happened to it, without the ORM.

A claim is one maturity line in its own currency. What happens on a day counts from the
end of that day: the day of payment is still a day of delay.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from .exact_money import CENT
from .interest_start import ClaimDates
from .term_error import require, require_choice, require_exact

EVENTS = ("payment", "charge", "credit", "correction", "debit")
COSTS = ("lump_sum", "fee", "cost")
RESULTS = ("open", "restored", "cancelled")


def require_units(field_name, amount, unit):
    """An amount of whole units of the currency."""
    require_exact(field_name, amount, 0)
    whole = not amount % unit
    require(whole, field_name, f"{amount} is no multiple of the unit {unit}.")


@dataclass(frozen=True)
class ClaimEvent:
    """Something that changes what is owed.

    =========== ====================================================================
    payment     money, taken by the payment order; ``day`` is its value date
    charge      money on a document of late charges: costs and interest first, whatever
                the payment order; what earlier payments covered of them, the principal
    credit      a credit note that counts from its own day; it takes principal only
    correction  a credit note for what was never owed: the claim was always smaller
    debit       what adds to the claim from a day on, such as a payment that came back
    =========== ====================================================================
    """

    day: date
    kind: str
    amount: Decimal
    ref: str = ""

    def __post_init__(self):
        require_choice("event kind", self.kind, EVENTS)


@dataclass(frozen=True)
class Cost:
    """A lump sum, fee or other cost that is claimed from ``day`` on."""

    day: date
    kind: str
    amount: Decimal
    ref: str = ""

    def __post_init__(self):
        require_choice("cost kind", self.kind, COSTS)


@dataclass(frozen=True)
class Dispute:
    """A part of the claim that bears no interest from ``first`` to ``last``.

    ``result``: while it is ``open`` its interest waits; ``restored`` means that the
    debtor was wrong, and interest counts as if nothing had been; ``cancelled`` that no
    interest is owed for it in that time.
    """

    first: date
    amount: Decimal
    last: date | None = None
    result: str = "open"
    ref: str = ""

    def __post_init__(self):
        require_choice("dispute result", self.result, RESULTS)

    def is_on(self, day):
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class LateClaim:
    """A claim with its history; the order of what is in it has no meaning.

    ``cuts`` are days with which a segment ends, because something was charged until
    then: they change no amount.

    >>> claim = LateClaim(Decimal("100.00"), ClaimDates(date(2026, 1, 1)), events=(
    ...     ClaimEvent(date(2026, 1, 9), "correction", Decimal(30)),))
    >>> claim.original
    Decimal('70.00')
    """

    amount: Decimal
    dates: ClaimDates
    unit: Decimal = CENT
    events: tuple = ()
    costs: tuple = ()
    disputes: tuple = ()
    ref: str = ""
    cuts: tuple = ()
    original: Decimal = field(init=False, compare=False, default=Decimal(0))

    def __post_init__(self):
        require_exact("unit", self.unit)
        require(self.unit > 0, "unit", "The unit of a currency is above zero.")
        for one in (self, *self.events, *self.costs, *self.disputes):
            require_units("amount", one.amount, self.unit)
        wrong = self._sum("correction")
        require(
            wrong <= self.amount,
            "amount",
            f"Corrections of {wrong} are more than the claim of {self.amount}.",
        )
        object.__setattr__(self, "original", self.amount - wrong)

    def _sum(self, kind):
        return sum((e.amount for e in self.events if e.kind == kind), Decimal(0))
