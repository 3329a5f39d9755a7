"""Amounts without floats: exact fractions, rounded once, without a cent lost.

Late charges are added up as fractions. What is printed or posted is rounded half-up to
the currency's smallest unit, once for the whole document; its lines are then cut so
that they add up to it.
"""

from decimal import Decimal
from fractions import Fraction

CENT = Decimal("0.01")


def to_exact(value):
    """``value`` as a fraction; a float is refused, since it is no exact amount.

    >>> to_exact(Decimal("10.15"))
    Fraction(203, 20)
    >>> to_exact(0.1)
    Traceback (most recent call last):
    TypeError: 0.1 is a float: give a Decimal
    """
    if isinstance(value, float):
        raise TypeError(f"{value!r} is a float: give a Decimal")
    return Fraction(value)


def count_units(value, unit):
    """How many units make ``value``, rounded half-up; half a unit goes away from zero.

    >>> count_units(Fraction(5, 1000), CENT), count_units(Fraction(-5, 1000), CENT)
    (1, -1)
    """
    units = to_exact(value) / to_exact(unit)
    whole = (2 * abs(units.numerator) + units.denominator) // (2 * units.denominator)
    return whole if units >= 0 else -whole


def round_half_up(value, unit=CENT):
    """``value`` in whole units of the currency.

    >>> round_half_up(Fraction(108452, 10000))  # 8.3425 + 2.5027
    Decimal('10.85')
    >>> round_half_up(Decimal("12.5")), round_half_up(Decimal("12.5"), Decimal(1))
    (Decimal('12.50'), Decimal('13'))
    >>> round_half_up(Decimal("1.0005"), Decimal("0.001"))  # a Kuwaiti dinar
    Decimal('1.001')
    >>> round_half_up(Decimal("7.325"), Decimal("0.05"))  # Swiss cash
    Decimal('7.35')
    """
    return unit * count_units(value, unit)


def distribute(amounts, unit=CENT, total=None):
    """The amounts in whole units, so that their sum is the rounded sum.

    Every amount is cut down to whole units; the units that then lack go, one each, to
    the amounts that lost most, the first of equals first. So no line is a whole unit
    away from its exact amount.

    >>> shares = [Fraction(125137, 100000), Fraction(250274, 100000)]
    >>> distribute([*shares, Fraction(375411, 100000)])  # 7.50822 is 7.51, not 7.50
    [Decimal('1.25'), Decimal('2.50'), Decimal('3.76')]

    :param total: rounded sum, if it is known otherwise
    :rtype: list[Decimal]
    """
    exact = [to_exact(amount) / to_exact(unit) for amount in amounts]
    units = [amount.numerator // amount.denominator for amount in exact]
    wanted = count_units(sum(map(to_exact, amounts)) if total is None else total, unit)
    lost = sorted(range(len(exact)), key=lambda i: (units[i] - exact[i], i))
    missing = wanted - sum(units)
    if not 0 <= missing <= len(units):
        raise ValueError(f"{total} is not the rounded sum of the amounts")
    for index in lost[:missing]:
        units[index] += 1
    return [unit * count for count in units]
