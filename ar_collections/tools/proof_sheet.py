"""What a pocket calculator needs to follow late charges to the cent, without the ORM.

Each row is *base × rate ÷ 100 × days ÷ year = interest*, with more decimals than the
currency has. The rows' interest adds up to that of the sheet, which is rounded once; in
a second column it is cut to whole units that add up to the document.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from .charge_document import ChargeDocument, make_document
from .exact_money import CENT, distribute, round_half_up

# Decimals beyond those of the currency, and how many at most.
PLACES, MOST_PLACES = 4, 12


@dataclass(frozen=True)
class ProofRow:
    """One row of interest: ``base × rate ÷ 100 × times ÷ over = exact``.

    ``notes`` are the numbers of the rate values it was worked out with, in the list of
    the sheet; ``amount`` is its part of the document in whole units.
    """

    first: date
    last: date
    base: Decimal
    rate: Decimal
    formula: str
    fixing_day: date | None
    times: int
    over: int
    exact: Decimal
    amount: Decimal
    notes: tuple = ()
    before_cap: Decimal | None = None


@dataclass(frozen=True)
class Movement:
    """A day on which what is owed changed, and the principal after it."""

    day: date
    kind: str
    amount: Decimal
    ref: str = ""
    cost: Decimal = Decimal(0)
    interest: Decimal = Decimal(0)
    principal: Decimal = Decimal(0)
    balance: Decimal = Decimal(0)


@dataclass(frozen=True)
class ClaimProof:
    """One claim on a sheet: its history, its rows, what is open of it."""

    assessment: object
    movements: tuple
    rows: tuple
    exact: Decimal
    amount: Decimal


@dataclass(frozen=True)
class ProofSheet:
    """Several claims in one currency, and the list of rate values they use.

    ``values`` are (series code, `RateValue`) in the order of their notes, from 1 on.
    """

    claims: tuple
    values: tuple
    exact: Decimal
    document: ChargeDocument
    places: int


def make_sheet(assessments, unit=CENT, billed=Decimal(0), minimum=Decimal(0)):
    """The sheet of several assessments in one currency; see `make_document`.

    >>> from .late_interest import assess
    >>> from .charge_terms import ChargeTerms
    >>> from .interest_start import ClaimDates
    >>> from .late_claim import LateClaim
    >>> from .rate_rule import EXAMPLE, LateRate, RateRule
    >>> terms = ChargeTerms(LateRate(RateRule("ecb_mro", margin=Decimal(8))))
    >>> claim = LateClaim(Decimal(1000), ClaimDates(date(2026, 1, 1)))
    >>> sheet = make_sheet([assess(claim, terms, EXAMPLE, date(2026, 2, 15))])
    >>> row = sheet.claims[0].rows[0]
    >>> f"{row.base} × {row.rate} ÷ 100 × {row.times} ÷ {row.over} = {row.exact}"
    '1000.00 × 10.15 ÷ 100 × 45 ÷ 365 = 12.513699'
    >>> sheet.exact, sheet.document.interest, row.notes
    (Decimal('12.513699'), Decimal('12.51'), (1,))
    """
    document = make_document(assessments, unit, billed, minimum)
    segments = [segment for one in assessments for segment in one.segments]
    exact, places = _print_exact([one.amount for one in segments], unit, document)
    parts = zip(segments, exact, document.lines[: len(segments)], strict=True)
    values, rows = [], []
    for segment, printed, line in parts:
        rows.append(_make_row(segment, printed, line.amount, values, places))
    claims = []
    for one in assessments:
        own, rows = rows[: len(one.segments)], rows[len(one.segments) :]
        claims.append(
            ClaimProof(
                one,
                tuple(get_movements(one)),
                tuple(own),
                sum((row.exact for row in own), Decimal(0)),
                sum((row.amount for row in own), 0 * unit),
            )
        )
    total = sum(exact, Decimal(0))
    return ProofSheet(tuple(claims), tuple(values), total, document, places)


def _print_exact(amounts, unit, document):
    """Interest with so many decimals that who rounds the printed sum is right."""
    places = -unit.normalize().as_tuple().exponent
    places = max(places, 0) + PLACES
    total = sum(amounts, Fraction(0))
    while True:
        fine = Decimal(1).scaleb(-places)
        printed = round_half_up(total, fine)
        is_right = round_half_up(printed, unit) == document.interest
        if is_right or places >= MOST_PLACES:
            return distribute(amounts, fine, printed), places
        places += 1


def _make_row(segment, exact, amount, values, places):
    times, over = segment.days, segment.year_days
    if segment.share != Fraction(times, over):  # by month, or once
        times, over = segment.share.numerator, segment.share.denominator
    notes = []
    for part in segment.quote.parts:
        if part.value:
            key = (part.code, part.value)
            if key not in values:
                values.append(key)
            notes.append(values.index(key) + 1)
    unit = segment.unit
    base = round_half_up(segment.base, Decimal(1).scaleb(-places))
    if round_half_up(segment.base, unit) == segment.base:
        base = round_half_up(segment.base, unit)
    before = None
    if segment.is_capped:
        before = round_half_up(segment.amount_before_cap, Decimal(1).scaleb(-places))
    return ProofRow(
        segment.first,
        segment.last,
        base,
        segment.rate,
        segment.quote.formula,
        segment.quote.fixing_day,
        times,
        over,
        exact,
        amount,
        tuple(notes),
        before,
    )


# In which order the events of a day are told.
EVENT_ORDER = ("correction", "debit", "credit", "charge", "payment")


def get_movements(assessment):
    """What happened to a claim until the day it was assessed for, as `Movement`.

    What a day's money was used for stands at the last event of the day.
    """
    events = [one for one in assessment.claim.events if one.day <= assessment.upto]
    events.sort(key=lambda one: (one.day, EVENT_ORDER.index(one.kind), one.ref))
    last = {one.day: index for index, one in enumerate(events)}
    paid = _get_used(assessment.allocations)
    balance = assessment.claim.original
    for index, event in enumerate(events):
        used = {"cost": Decimal(0), "interest": Decimal(0), "principal": Decimal(0)}
        if event.kind == "debit":
            balance += event.amount
        if event.kind == "credit":
            used["principal"] = min(event.amount, balance)
            balance -= used["principal"]
        if last[event.day] == index and event.day in paid:
            money = paid.pop(event.day)
            balance -= money["principal"]
            used = {part: used[part] + money[part] for part in used}
        yield Movement(
            event.day, event.kind, event.amount, event.ref, balance=balance, **used
        )
    for day, used in paid.items():  # money of before, once something was owed
        balance -= used["principal"]
        amount = sum(used.values())
        yield Movement(day, "used", amount, balance=balance, **used)


def _get_used(allocations):
    """What the money of each day was used for: {day: {part: amount}}."""
    paid = {}
    for one in allocations:
        parts = paid.setdefault(one.day, {})
        for part in ("cost", "interest", "principal"):
            parts[part] = parts.get(part, 0) + getattr(one, part)
    return paid
