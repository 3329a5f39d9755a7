"""What is owed on one claim while it is walked through its days, without the ORM.

All amounts in it are counted in units of the currency, so that they are whole numbers;
only interest is a fraction until it is claimed, paid or billed.
"""

from fractions import Fraction

from .exact_money import to_exact
from .payment_order import allocate


def round_units(units):
    """A fraction of units, rounded half-up."""
    return (2 * units.numerator + units.denominator) // (2 * units.denominator)


class LateAccount:
    """Principal, costs and interest of a claim, and the money not used for them.

    ``accrued`` is all interest so far, exact; it is rounded once as a whole, never part
    by part: what is owed of it is ``accrued`` rounded, less what was paid of it.
    """

    def __init__(self, claim, terms):
        self.terms, self.unit = terms, claim.unit
        self.principal = self.to_units(claim.original)
        self.cost_total = self.cost_paid = self.interest_paid = self.pot = 0
        self.accrued = self.carried = Fraction(0)
        cap = terms.get_cap(claim.original)
        # rounded down, so that rounding half-up never leads over it
        self.cap_left = (
            None if cap is None else int(to_exact(cap) // to_exact(self.unit))
        )

    def to_units(self, amount):
        return int(amount // self.unit)

    def to_amount(self, units):
        return self.unit * units

    # what is owed

    @property
    def cost_open(self):
        return self.cost_total - self.cost_paid

    @property
    def interest_open(self):
        return round_units(self.accrued) - self.interest_paid

    def get_base(self, disputed=0):
        """What bears interest: principal that is not disputed, what was added to it."""
        base = max(self.principal - disputed, 0)
        if self.terms.interest_on_costs:
            base += self.cost_open
        return base + self.carried

    # what adds to it

    def add_interest(self, units):
        """Claim interest; returns what the cap leaves of it."""
        units = self._cut(units)
        self.accrued += units
        return units

    def add_cost(self, units):
        """Claim a cost; returns what a cap on all charges leaves of it."""
        if self.terms.cap_on == "charges":
            # the cap is cut by fractions of interest, a cost is whole units
            units = int(self._cut(units, whole=True))
        self.cost_total += units
        return units

    def _cut(self, units, whole=False):
        if self.cap_left is None:
            return units
        left = self.cap_left
        if whole:
            left = Fraction(left).numerator // Fraction(left).denominator
        units = min(units, left)
        self.cap_left -= units
        return units

    def capitalise(self):
        """From now on the interest that is open bears interest, exact.

        What is less than half a unit is no debt: it would bear interest for ever.
        """
        left = self.accrued - self.interest_paid if self.interest_open else 0
        self.carried = max(left, Fraction(0))

    # what takes from it

    def credit(self, units):
        """Take from the principal only; what is over waits. Returns what was taken."""
        taken = min(units, self.principal)
        self.principal -= taken
        self.pot += units - taken
        return taken

    def pay(self, parts=("cost", "interest", "principal")):
        """Use the money at hand for these parts, in the order of the terms.

        :return: units by part
        :rtype: dict
        """
        owed = {
            "cost": self.cost_open,
            "interest": self.interest_open,
            "principal": self.principal,
        }
        owed = {part: owed[part] for part in parts}
        paid, self.pot = allocate(self.pot, owed, self.terms.order)
        self.cost_paid += paid.get("cost", 0)
        self.principal -= paid.get("principal", 0)
        self._pay_interest(paid.get("interest", 0))
        return paid

    def _pay_interest(self, units):
        """The oldest interest first, so what bears interest itself."""
        self.interest_paid += units
        if units:
            left = self.carried - units if self.interest_open else 0
            self.carried = max(left, Fraction(0))
