"""The document that charges several claims, and its proof sheet, without the ORM.

Interest is rounded once for the whole document. Its lines are cut so that they add up
to it (`exact_money.distribute`), so that a clerk who adds up the lines gets the sum.
What was billed before is subtracted from what is owed in all: so nothing is lost or
charged twice by billing often, and a payment that turns up late corrects itself.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from .exact_money import CENT, distribute, round_half_up


@dataclass(frozen=True)
class DocumentLine:
    """One line: a segment of interest or a cost, with all that leads to its amount.

    ``exact`` is the interest before rounding. ``values`` are the values of reference
    rates that it was computed with.
    """

    ref: str
    kind: str
    first: date
    last: date
    amount: Decimal
    exact: Fraction
    segment: object = None
    cost: object = None

    @property
    def values(self):
        parts = self.segment.quote.parts if self.segment else ()
        return tuple(part.value for part in parts if part.value)

    def get_proof(self, places=6):
        """What a pocket calculator needs: base × rate ÷ 100 × days ÷ year = interest.

        Amounts that are no whole units are given with ``places`` decimals.
        """
        if not self.segment:
            return {"ref": self.ref, "kind": self.kind, "amount": self.amount}
        segment, unit = self.segment, Decimal(1).scaleb(-places)
        return {
            "ref": self.ref,
            "kind": self.kind,
            "first": self.first,
            "last": self.last,
            "days": segment.days,
            "year_days": segment.year_days,
            "base": round_half_up(segment.base, unit).normalize(),
            "rate": segment.rate,
            "formula": segment.quote.formula,
            "fixing_day": segment.quote.fixing_day,
            "sources": [value.source for value in self.values],
            "exact": round_half_up(self.exact, unit),
            "amount": self.amount,
        }


@dataclass(frozen=True)
class ChargeDocument:
    """What several claims owe in charges, and what of it is to be billed now.

    ``difference`` is what a document would say: negative, it is a credit note.
    ``carried`` is what is left for the next one, since this would be below the minimum.
    """

    lines: tuple
    interest: Decimal
    costs: Decimal
    billed: Decimal
    difference: Decimal
    carried: Decimal

    @property
    def total(self):
        return self.interest + self.costs


def make_document(assessments, unit=CENT, billed=Decimal(0), minimum=Decimal(0)):
    """
    :param assessments: of claims in one currency
    :param Decimal billed: what was billed of these claims before, less credit notes
    :param Decimal minimum: below it nothing is billed; a credit note has no minimum
    :rtype: ChargeDocument
    """
    parts = [
        (assessment, segment)
        for assessment in assessments
        for segment in assessment.segments
    ]
    exact = [segment.amount for _assessment, segment in parts]
    interest = round_half_up(sum(exact, Fraction(0)), unit)
    amounts = distribute(exact, unit, interest)
    lines = [
        DocumentLine(
            one.claim.ref, "interest", part.first, part.last, amount, part.amount, part
        )
        for (one, part), amount in zip(parts, amounts, strict=True)
    ]
    for one in assessments:
        for cost in one.costs:
            lines.append(
                DocumentLine(
                    one.claim.ref,
                    cost.kind,
                    cost.day,
                    cost.day,
                    cost.amount,
                    Fraction(cost.amount),
                    cost=cost,
                )
            )
    costs = sum((one.cost_total for one in assessments), 0 * unit)
    difference, carried = interest + costs - billed, 0 * unit
    if 0 < difference < minimum:
        difference, carried = carried, difference
    return ChargeDocument(tuple(lines), interest, costs, billed, difference, carried)
