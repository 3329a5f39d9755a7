"""What an assessment of late charges says, each cent with its reasons."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from .day_count import ONE_DAY
from .exact_money import round_half_up


@dataclass(frozen=True)
class Segment:
    """Days that bear the same interest.

    ``days`` as the day count has them, out of ``year_days``; ``share`` is the part of a
    year. ``base_units``, ``charged`` and ``full`` are counted in units of the currency;
    ``full`` is what a cap has cut down to ``charged``.
    """

    first: date
    last: date
    days: int
    year_days: int
    share: Fraction
    base_units: object
    quote: object
    charged: Fraction
    full: Fraction
    unit: Decimal

    @property
    def base(self):
        """The amount that bore interest, exact."""
        return self.base_units * Fraction(self.unit)

    @property
    def amount(self):
        """The interest, exact and not rounded."""
        return self.charged * Fraction(self.unit)

    @property
    def amount_before_cap(self):
        return self.full * Fraction(self.unit)

    @property
    def is_capped(self):
        return self.charged is not self.full and self.charged != self.full

    @property
    def rate(self):
        return self.quote.rate

    def continues(self, other):
        """Whether ``other`` is only more of the same."""
        return (
            self.last + ONE_DAY == other.first
            and self.base_units == other.base_units
            and self.year_days == other.year_days
            and not (self.is_capped or other.is_capped)
            and self.quote == other.quote
        )

    def join(self, other):
        full = self.full + other.full
        return Segment(
            self.first,
            other.last,
            self.days + other.days,
            self.year_days,
            self.share + other.share,
            self.base_units,
            self.quote,
            full,
            full,
            self.unit,
        )


@dataclass(frozen=True)
class ChargedCost:
    """A lump sum, fee or cost; ``full`` is what a cap has cut down to ``amount``."""

    day: date
    kind: str
    amount: Decimal
    full: Decimal
    ref: str = ""


@dataclass(frozen=True)
class Allocation:
    """What the money of one day was used for, and what is left of it."""

    day: date
    amount: Decimal
    left: Decimal
    cost: Decimal = Decimal(0)
    interest: Decimal = Decimal(0)
    principal: Decimal = Decimal(0)


@dataclass(frozen=True)
class Assessment:
    """What is owed on a claim at the end of the day ``upto``.

    ``segments`` add up to ``interest_exact``. ``suspended`` are those of disputed parts
    without a result yet; they are not in any sum. ``first`` is the first day of
    interest, or ``None`` as long as it has not begun.
    """

    claim: object
    terms: object
    upto: date
    first: date | None
    segments: tuple
    suspended: tuple
    costs: tuple
    allocations: tuple
    interest_exact: Fraction
    interest_paid: Decimal
    cost_total: Decimal
    cost_paid: Decimal
    principal_open: Decimal
    unallocated: Decimal

    @property
    def interest(self):
        """All interest so far, paid or not, rounded once."""
        return round_half_up(self.interest_exact, self.claim.unit)

    @property
    def interest_open(self):
        return self.interest - self.interest_paid

    @property
    def cost_open(self):
        return self.cost_total - self.cost_paid

    @property
    def charges(self):
        """Interest and costs so far, paid or not."""
        return self.interest + self.cost_total

    @property
    def total_open(self):
        """The pay-today figure: what settles the claim with money of the day ``upto``."""
        return self.principal_open + self.interest_open + self.cost_open

    @property
    def interest_suspended(self):
        """Interest that waits for the result of disputes, exact."""
        return sum((segment.amount for segment in self.suspended), Fraction(0))
