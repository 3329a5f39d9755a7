"""What a payment covers first, without the ORM.

The law of many countries takes costs, then interest, then principal (Germany: BGB 367),
for consumer loans costs, principal, interest (BGB 497); parties may agree otherwise.
"""

from itertools import permutations

ORDERS = tuple(
    "_".join(order) for order in permutations(("cost", "interest", "principal"))
)


def get_order(name):
    """
    >>> get_order("cost_interest_principal")
    ['cost', 'interest', 'principal']
    """
    return name.split("_")


def allocate(amount, owed, order):
    """Cut a payment into what it covers.

    >>> from decimal import Decimal
    >>> owed = {"cost": Decimal(40), "interest": Decimal("8.34"), "principal": Decimal(1000)}
    >>> allocate(Decimal(400), owed, "cost_interest_principal")[0]["principal"]
    Decimal('351.66')
    >>> allocate(Decimal(400), owed, "principal_interest_cost")[0]["principal"]
    Decimal('400')
    >>> allocate(Decimal(1050), owed, "principal_interest_cost")
    ... # doctest: +NORMALIZE_WHITESPACE
    ({'principal': Decimal('1000'), 'interest': Decimal('8.34'),
      'cost': Decimal('40')}, Decimal('1.66'))

    :param dict owed: open amounts by part; a part that is left out gets nothing
    :return: amounts by part, and what is left
    :rtype: tuple[dict, Decimal]
    """
    parts = {}
    for part in get_order(order):
        if part in owed:
            parts[part] = min(amount, max(owed[part], 0))
            amount -= parts[part]
    return parts, amount
