"""Charging again and again comes to the same as charging once: without Odoo's ORM."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.charge_difference import Charged, Owed, get_changes
from ..tools.exact_money import CENT, round_half_up
from .test_late_interest_properties import many

ITEMS = ("a", "b", "c")


@st.composite
def pieces(draw):
    """What is owed at some moment: segments of interest and lump sums."""
    found = {}
    for item, kind, number, cents in draw(
        st.lists(
            st.tuples(
                st.sampled_from(ITEMS),
                st.sampled_from(("interest", "interest", "lump_sum")),
                st.integers(1, 4),
                st.integers(1, 5_000_000),
            ),
            max_size=8,
        )
    ):
        exact = Fraction(cents, 1000)
        if kind == "lump_sum":
            exact = Fraction(40)
        found[item, kind, number] = Owed(item, kind, (number, exact), exact)
    return list(found.values())


def charge(owed, charged):
    """The lines in force after a document of what is due now."""
    lines, changes = list(charged), get_changes(owed, charged)
    for change in changes:
        number = len(lines) + 1
        if change.undone:
            of = change.undone
            line = Charged(number, of.item, of.kind, of.key, change.amount, of.id)
        elif change.owed:
            of = change.owed
            line = Charged(number, of.item, of.kind, of.key, change.amount)
        else:
            line = Charged(number, change.item, "interest", None, change.amount)
        lines.append(line)
    return lines


def get_target(owed):
    interest = sum((p.exact for p in owed if p.kind == "interest"), Fraction(0))
    costs = sum((p.exact for p in owed if p.kind != "interest"), Fraction(0))
    return round_half_up(interest, CENT) + round_half_up(costs, CENT)


@tagged("post_install", "-at_install")
class TestChargeDifference(BaseCase):
    @many
    @given(st.lists(pieces(), min_size=1, max_size=5))
    def test_documents_add_up_to_what_is_owed_whatever_came_before(self, history):
        lines = []
        for owed in history:
            lines = charge(owed, lines)
            total = sum((line.amount for line in lines), Decimal(0))
            self.assertEqual(total, get_target(owed))
            self.assertEqual(charge(owed, lines), lines, "twice changes nothing")

    @many
    @given(pieces(), st.lists(pieces(), max_size=3))
    def test_order_of_events_does_not_matter(self, last, before):
        """Whatever was charged meanwhile, in the end the same is charged."""
        totals = set()
        for history in (before, before[::-1], []):
            lines = []
            for owed in [*history, last]:
                lines = charge(owed, lines)
            totals.add(sum((line.amount for line in lines), Decimal(0)))
        self.assertEqual(totals, {get_target(last)})

    @many
    @given(st.lists(pieces(), min_size=1, max_size=4))
    def test_nothing_is_taken_back_twice(self, history):
        lines = []
        for owed in history:
            lines = charge(owed, lines)
        undone = [line.undoes for line in lines if line.undoes]
        self.assertEqual(len(undone), len(set(undone)))
