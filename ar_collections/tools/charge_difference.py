"""What a document has to say so that what was charged becomes what is owed, no ORM.

What is owed is a list of `Owed` pieces, worked out anew from the ledger. What was
charged is remembered as `Charged` lines of the documents that are in force. Pieces that
were charged stay as they are; lines that are no longer owed are undone by a line of the
same amount; pieces that are new are charged. So a document that is made twice says
nothing the second time, whatever happened in between and in whatever order.

Interest is rounded once for all pieces of a debtor and currency together: the lines of
all documents in force always add up to the rounded sum.
"""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from .exact_money import CENT, distribute, round_half_up, to_exact

INTEREST = "interest"


@dataclass(frozen=True)
class Owed:
    """A piece of what is owed: a segment of interest or a cost.

    ``key`` is what makes it the same as a line that was charged; ``source`` is what it
    was made of.
    """

    item: object
    kind: str
    key: tuple
    exact: Fraction
    source: object = None


@dataclass(frozen=True)
class Charged:
    """A line of a document in force.

    ``undoes`` is the id of the line that it takes back. A line without a key
    (a rounding) is not kept but found anew. ``is_waiver``: given up, by a person.
    """

    id: int
    item: object
    kind: str
    key: tuple | None
    amount: Decimal
    undoes: int | None = None
    is_waiver: bool = False


@dataclass(frozen=True)
class Change:
    """A line of the new document: a new piece, an undone line, or what evens it out.

    ``is_waived``: less is owed than was waived, and nothing is given back twice; else it
    is a rounding.
    """

    item: object
    amount: Decimal
    owed: Owed | None = None
    undone: Charged | None = None
    is_waived: bool = False


def get_live(lines):
    """The lines that nothing in force undoes, and undoings whose line is not in force.

    >>> one = Charged(1, "a", "interest", ("k",), Decimal(5))
    >>> two = Charged(2, "a", "interest", ("k",), Decimal(-5), undoes=1)
    >>> get_live([one, two]), [line.id for line in get_live([two])]
    ([], [2])
    >>> three = Charged(3, "a", "interest", ("k",), Decimal(5), undoes=2)
    >>> [line.id for line in get_live([one, two, three])]
    [1]
    """
    known = {line.id: line for line in lines}
    gone = set()
    for line in sorted(lines, key=lambda one: -one.id):
        if line.id not in gone and line.undoes in known and line.undoes not in gone:
            gone.update((line.id, line.undoes))
    return [line for line in lines if line.id not in gone]


def get_changes(owed, charged, unit=CENT):
    """Lines of the document that is due now; none if it would come to nothing.

    :param owed: all pieces of one debtor, company and currency
    :param charged: all lines of documents in force about the same
    :rtype: list[Change]

    Charged until 15 February; then it turns out that 400 were paid on 31 January:

    >>> a, b, c = (Fraction(str(x)) for x in ("12.51370", "8.34247", "2.50274"))
    >>> [line.amount for line in get_changes([Owed("a", "interest", (1,), a)], [])]
    [Decimal('12.51')]
    >>> first = Charged(1, "a", "interest", (1,), Decimal("12.51"))
    >>> get_changes([Owed("a", "interest", (1,), a)], [first])
    []
    >>> [line.amount for line in get_changes(
    ...     [Owed("a", "interest", (2,), b), Owed("a", "interest", (3,), c)], [first])]
    [Decimal('-12.51'), Decimal('8.34'), Decimal('2.51')]
    """
    waivers = [line for line in charged if line.is_waiver]
    kept, undone, new = _match(owed, [ln for ln in charged if not ln.is_waiver])
    changes = [Change(line.item, -line.amount, undone=line) for line in undone]
    changes += _charge(owed, kept, new, unit)
    changes += _respect_waivers(kept, changes, waivers, unit)
    if not sum((change.amount for change in changes), 0 * unit):
        return []
    return changes


def _match(owed, charged):
    """(lines that stay, lines to undo, pieces that are new)"""
    waiting = defaultdict(list)
    for piece in owed:
        waiting[piece.item, piece.kind, piece.key].append(piece)
    kept, undone = [], []
    for line in get_live(charged):
        pieces = waiting.get((line.item, line.kind, line.key))
        if pieces and line.key is not None and line.undoes is None:
            pieces.pop()
            kept.append(line)
        else:
            undone.append(line)
    new = [piece for pieces in waiting.values() for piece in pieces]
    return kept, undone, new


def _charge(owed, kept, new, unit):
    """Lines for new pieces, so that all interest adds up to its rounded sum."""
    costs = [
        Change(piece.item, round_half_up(piece.exact, unit), owed=piece)
        for piece in new
        if piece.kind != INTEREST
    ]
    interest = [piece for piece in new if piece.kind == INTEREST]
    exact = [piece.exact for piece in owed if piece.kind == INTEREST]
    target = round_half_up(sum(exact, Fraction(0)), unit)
    lines = [line for line in kept if line.kind == INTEREST]
    total = target - sum((line.amount for line in lines), 0 * unit)
    parts = [piece.exact for piece in interest]
    floors = [unit * (to_exact(part) // to_exact(unit)) for part in parts]
    low = sum(floors, 0 * unit)
    share = min(max(total, low), low + unit * len(parts))
    amounts = distribute(parts, unit, share)
    changes = [
        Change(piece.item, amount, owed=piece)
        for piece, amount in zip(interest, amounts, strict=True)
    ]
    if rest := total - share:
        # lines that were undone had more or less of the roundings than their share
        item = next(
            iter([*(p.item for p in interest), *(ln.item for ln in lines)]), None
        )
        changes.append(Change(item, rest))
    return changes + costs


def _respect_waivers(kept, changes, waivers, unit):
    """Where less is owed than was given up, nothing is given back twice."""
    given = defaultdict(lambda: 0 * unit)
    for line in waivers:
        given[line.item] -= line.amount
    owed = defaultdict(lambda: 0 * unit)
    for line in [*kept, *(one for one in changes if not one.undone)]:
        owed[line.item] += line.amount
    return [
        Change(item, amount - owed[item], is_waived=True)
        for item, amount in given.items()
        if amount > owed[item]
    ]
