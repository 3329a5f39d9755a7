"""Which rate late payment bears on which day, and where it comes from, without the ORM.

``RateRule``: one rate, *factor × reference + margin*, rounded if the law says so; a
fixed rate has no reference. ``LateRate``: such a rule with a floor, a cap and the rule
of fixing: floating, frozen at the start, or the rate at payment.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from fractions import Fraction

from .term_error import require, require_choice, require_exact

FIXINGS = ("floating", "start", "payment")
PERIODS = {"day": 0, "month": 1, "quarter": 3, "half_year": 6, "year": 12}
ROUNDINGS = {"up": ROUND_CEILING, "down": ROUND_FLOOR, "half_up": ROUND_HALF_UP}
MONTHS_OF = {"year": Decimal(1), "month": Decimal(12)}


@dataclass(frozen=True)
class RatePart:
    """How one rule came to its rate: ``factor`` × ``value`` + ``margin``, rounded."""

    role: str
    code: str
    value: object
    factor: Decimal
    margin: Decimal
    step: Decimal | None
    rate: Decimal

    @property
    def formula(self):
        """The arithmetic in figures, in no language.

        >>> RateRule(reference="ecb_mro", margin=Decimal(8), step=Decimal("0.5")
        ...     ).get_part("rate", date(2026, 1, 1), EXAMPLE).formula
        '2.15 + 8 = 10.15 → 10.5'
        """
        terms = [f"{self.factor:f} × "] if self.factor != 1 else [""]
        terms += [f"{self.value.rate:f}"] if self.value else []
        if self.value and self.margin:
            terms.append(f" {'+' if self.margin > 0 else '−'} {abs(self.margin):f}")
        if not self.value:
            return f"{self.rate:f}"
        exact = self.factor * self.value.rate + self.margin
        text = f"{''.join(terms)} = {exact:f}"
        return text if exact == self.rate else f"{text} → {self.rate:f}"


@dataclass(frozen=True)
class RateRule:
    """A rate in percent: ``factor`` × reference + ``margin``, rounded to ``step``.

    >>> RateRule.fixed(Decimal("12")).get_part("rate", date(2026, 1, 1), {}).rate
    Decimal('12')
    >>> bank = RateRule(reference="rbi_bank", factor=Decimal(3))  # India
    >>> bank.get_part("rate", date(2026, 1, 1), EXAMPLE).formula
    '3 × 5.5 = 16.5'
    """

    reference: str = ""
    factor: Decimal = Decimal(1)
    margin: Decimal = Decimal(0)
    step: Decimal | None = None
    rounding: str = "up"

    @classmethod
    def fixed(cls, rate):
        """The rule of a rate that is agreed in figures."""
        return cls(margin=rate)

    def __post_init__(self):
        require_exact("factor", self.factor)
        require_exact("margin", self.margin)
        require_choice("rounding", self.rounding, ROUNDINGS)
        if self.step is not None:
            require_exact("step", self.step)
            require(self.step > 0, "step", "The step of rounding must be above zero.")

    def get_part(self, role, day, book):
        """The rate that the rule gives on the fixing day ``day``."""
        value = book.get_value(self.reference, day) if self.reference else None
        rate = self.factor * value.rate + self.margin if value else self.margin
        if self.step is not None:
            steps = (rate / self.step).to_integral_value(ROUNDINGS[self.rounding])
            rate = steps * self.step
        return RatePart(
            role, self.reference, value, self.factor, self.margin, self.step, rate
        )


@dataclass(frozen=True)
class RateQuote:
    """The yearly rate in percent, the day it was fixed on, and all that led to it.

    ``parts`` are the rate and, if there are, floor and cap; ``applied`` is the one
    that prevailed.
    """

    rate: Decimal
    fixing_day: date | None
    applied: RatePart
    parts: tuple
    share: Fraction = Fraction(0)  # the rate as a part of one

    @property
    def formula(self):
        return self.applied.formula


@dataclass(frozen=True)
class LateRate:
    """The rate of late payment.

    :param RateRule rule: what it is, ``floor`` what it is at least, ``cap`` at most;
        the cap has the last word
    :param str fixing: ``floating`` each period has its own rate; ``start`` the rate of
        the first day of interest serves to the end; ``payment`` the rate on the day of
        payment serves for all of the delay of what is then paid
    :param str period: how long a rate that was fixed serves; a ``half_year`` in the EU
    :param int lag: days before the first day of the period on which the rate is read:
        0 is 1 January and 1 July, 1 is 31 December and 30 June
    :param str per: what the percents of ``rule`` are for, a ``year`` or a ``month``;
        floor and cap are yearly, and so is the rate of a quote

    >>> late = LateRate(RateRule("ecb_mro", margin=Decimal(8)))
    >>> [(str(first), str(last), quote.formula) for first, last, quote in
    ...     late.get_periods(date(2025, 6, 16), date(2026, 2, 15), EXAMPLE)]
    ... # doctest: +NORMALIZE_WHITESPACE
    [('2025-06-16', '2025-06-30', '3.15 + 8 = 11.15'),
     ('2025-07-01', '2025-12-31', '2.15 + 8 = 10.15'),
     ('2026-01-01', '2026-02-15', '2.15 + 8 = 10.15')]
    """

    rule: RateRule
    floor: RateRule | None = None
    cap: RateRule | None = None
    fixing: str = "floating"
    period: str = "half_year"
    lag: int = 0
    per: str = "year"

    def __post_init__(self):
        require_choice("fixing", self.fixing, FIXINGS)
        require_choice("period", self.period, PERIODS)
        require_choice("per", self.per, MONTHS_OF)
        require(
            self.lag >= 0, "lag", "The day of fixing is not after the period began."
        )

    @property
    def _rules(self):
        rules = (("rate", self.rule), ("floor", self.floor), ("cap", self.cap))
        return [(role, rule) for role, rule in rules if rule]

    def get_period_start(self, day):
        """First day of the period that ``day`` belongs to.

        >>> LateRate(RateRule()).get_period_start(date(2025, 12, 31))
        datetime.date(2025, 7, 1)
        """
        months = PERIODS[self.period]
        if not months:
            return day
        return date(day.year, (day.month - 1) // months * months + 1, 1)

    def get_quote(self, day, book):
        """The rate that ``day`` bears.

        A rate below nothing is none: the debtor is never paid for being late.
        """
        fixing_day = self.get_period_start(day) - timedelta(days=self.lag)
        parts = [rule.get_part(role, fixing_day, book) for role, rule in self._rules]
        applied, rate = parts[0], parts[0].rate * MONTHS_OF[self.per]
        for part in parts[1:]:
            is_better = {"floor": part.rate > rate, "cap": part.rate < rate}
            if is_better[part.role]:
                applied, rate = part, part.rate
        rate = max(rate, Decimal(0))
        if not any(part.code for part in parts):
            fixing_day = None
        elif self.period == "day":  # two days with the same values are no different
            fixing_day = max(part.value.date_from for part in parts if part.value)
        share = Fraction(rate) / 100
        return RateQuote(rate, fixing_day, applied, tuple(parts), share)

    def get_periods(self, first, last, book):
        """(first day, last day, quote) from ``first`` to ``last``, floating."""
        starts = [first, *self.get_cuts(first, last, book)]
        ends = [start - timedelta(days=1) for start in starts[1:]] + [last]
        periods = []
        for start, end in zip(starts, ends, strict=True):
            quote = self.get_quote(start, book)
            periods.append((start, end, quote))
        return periods

    def get_cuts(self, first, last, book):
        """Days after ``first`` on which a new rate may begin."""
        if not any(rule.reference for _role, rule in self._rules):
            return []
        if self.period == "day":
            lag = timedelta(days=self.lag)
            days = {
                day + lag
                for _role, rule in self._rules
                for day in book.get_change_days(rule.reference, first - lag, last - lag)
            }
            return sorted(days - {first})
        cuts, months = [], PERIODS[self.period]
        year, month = first.year, (first.month - 1) // months * months + 1
        while True:
            year, month = (
                (year, month + months) if month + months < 13 else (year + 1, 1)
            )
            if date(year, month, 1) > last:
                return cuts
            cuts.append(date(year, month, 1))


def _example():
    from .reference_rate import RateBook, RateSeries, RateValue

    values = [(2025, 1, "3.15"), (2025, 7, "2.15"), (2026, 1, "2.15")]
    ecb = [RateValue(date(y, m, 1), Decimal(rate)) for y, m, rate in values]
    rbi = [RateValue(date(2025, 12, 5), Decimal("5.5"))]
    return RateBook.of(
        RateSeries("ecb_mro", "ECB main refinancing", ecb),
        RateSeries("rbi_bank", "RBI bank rate", rbi),
    )


EXAMPLE = _example()  # of the examples above; no official list
