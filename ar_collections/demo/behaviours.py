"""How the demo customers pay. Plain Python: ages in days before today, no ORM.

A behaviour is a function ``(customer, company) -> Plan``. Every figure is derived from
the customer's name, so two installations are equal to the cent.
"""

from itertools import cycle
from typing import NamedTuple
from zlib import crc32

from .customers import GBP, TERM_DAYS

OLDEST = 420  # days: the story spans a bit less than 14 months


class Payment(NamedTuple):
    """Money received `age` days ago: `upto` of the total is paid from then on."""

    age: int
    upto: float = 1.0
    short: float = 0.0  # left unpaid on purpose


class Invoice(NamedTuple):
    """An invoice to post. `key` becomes the external id ``invoice_<key>_demo``."""

    age: int
    amount: float
    payments: tuple = ()
    credit: Payment = None  # credit note applied to the invoice
    key: str = ""
    no_followup: bool = False
    blocked: bool = False


class Plan(NamedTuple):
    """All one customer does with one of our companies."""

    invoices: list
    open_credit: Invoice = None  # credit note left open
    unapplied: Payment = None  # payment of `upto` times the open debt, left unapplied
    opening: Invoice = None  # debt from before our books, due `age` days ago


def jitter(name, index, spread):
    """Pseudo-random integer in [0, spread): stable over processes, unlike ``hash``.

    >>> jitter("Nordkap", 1, 10) == jitter("Nordkap", 1, 10)
    True
    """
    return crc32(f"{name}/{index}".encode()) % spread


# === BUILDING BLOCKS === #


def _amount(customer, index):
    """Usual amount, 30 % up or down."""
    return customer.amount * (70 + jitter(customer.name, f"amount{index}", 61)) / 100


def _owed(customer, overdue, key="", **more):
    """An invoice (first) due `overdue` days ago; negative: still to come."""
    age = TERM_DAYS[customer.terms] + overdue
    return Invoice(age, _amount(customer, f"due{overdue}"), key=key, **more)


def _settled(customer, lags, step, until=90, oldest=OLDEST):
    """Invoices from `oldest` to `until` days ago, all paid; `lags` are the days between
    due date and payment, taken in turn (negative: before)."""
    term = TERM_DAYS[customer.terms]
    ages = range(oldest - jitter(customer.name, "start", 7), until, -step)
    paid_ages = [a - term - lag for a, lag in zip(ages, cycle(lags), strict=False)]
    return [
        Invoice(age, _amount(customer, age), (Payment(paid),))
        for age, paid in zip(ages, paid_ages, strict=False)
    ]


# === RELIABLE === #


def early(customer, company):
    paid = _settled(customer, (-10, -8, -12), step=30, until=35)
    return Plan([*paid, _owed(customer, -24)])


def _due_soon(days):
    def behaviour(customer, company):
        newest = _owed(customer, -days, key=f"due_in_{days}")
        return Plan([*_settled(customer, (0, -2, 1), step=60, until=60), newest])

    return behaviour


def forgot_once(customer, company):
    paid = _settled(customer, (-3, 0, -1), step=58, until=75)
    younger = _owed(customer, 2)._replace(payments=(Payment(4),))
    return Plan([*paid, _owed(customer, 9, key="forgotten"), younger])


# === LATE === #


def always_late(customer, company):
    late = _settled(customer, (20,), step=30, until=52)
    return Plan([*late, _owed(customer, 5, key="always_late"), _owed(customer, -22)])


def slightly_late(customer, company):
    return Plan(
        [*_settled(customer, (5, 9, 12), step=70, until=60), _owed(customer, 6)]
    )


def chronic(customer, company):
    paid = [
        inv._replace(payments=(Payment(inv.payments[0].age + 25, 0.4), *inv.payments))
        for inv in _settled(customer, (60, 72, 80), step=62, until=120)
    ]
    half = _owed(
        customer, 70, key=f"chronic_half_paid_{company}", payments=(Payment(11, 0.5),)
    )
    return Plan([*paid, half, *(_owed(customer, days) for days in (95, 41, 17, -9))])


def public(customer, company):
    paid = _settled(customer, (15, 28, 35), step=65, until=75)
    return Plan([*paid, _owed(customer, 22), _owed(customer, -12)])


def uk_public(customer, company):
    return Plan([*_settled(customer, (18, 26), step=100), _owed(customer, 19)])


def part_paid(customer, company):
    half = _owed(customer, 45, key="part_paid", payments=(Payment(30, 0.5),))
    return Plan([*_settled(customer, (6, 11), step=90), half])


# === LOST === #


def stopped_paying(customer, company):
    paid = _settled(customer, (0, -2, 3), step=45, until=215)
    silent = [_owed(customer, days) for days in (125, 95, 65, 35)]
    return Plan([*paid, _owed(customer, 155, key="stopped_paying"), *silent])


def hopeless(customer, company):
    return Plan(
        [
            _owed(customer, 300, key="hopeless"),
            *(_owed(customer, d) for d in (240, 180)),
        ]
    )


# === SPECIAL CASES === #


def instalment(customer, company):
    paid = [
        Invoice(age, _amount(customer, age), (Payment(age - 2, 0.3), Payment(age - 59)))
        for age in (380, 290, 170)
    ]
    running = Invoice(
        58, _amount(customer, 58), (Payment(56, 0.3),), key="instalment_running"
    )
    return Plan([*paid, running, _owed(customer, 25, key="instalment")])


def overpaid(customer, company):
    paid = _settled(customer, (2, 4), step=90)
    return Plan([*paid, _owed(customer, 8, key="overpaid")], unapplied=Payment(4, 1.75))


def credit_open(customer, company):
    paid = _settled(customer, (0, 3), step=85)
    debt = _owed(customer, 18, key="credit_open")
    note = Invoice(20, customer.amount * 0.35)
    return Plan([*paid, debt], open_credit=note)


def foreign(customer, company):
    paid = _settled(customer, (4, 7, 2), step=66)
    half = _owed(customer, 8, key="foreign_half_paid", payments=(Payment(3, 0.5),))
    return Plan([*paid, _owed(customer, 33, key="foreign"), half, _owed(customer, -18)])


def foreign_overdue(customer, company):
    return Plan(
        [*_settled(customer, (5, 3), step=110), _owed(customer, 24, key="uk_euro")]
    )


def _branch(overdue):
    def behaviour(customer, company):
        paid = _settled(customer, (1, 4), step=110)
        return Plan([*paid, _owed(customer, overdue, key=customer.ref)])

    return behaviour


def nothing(customer, company):
    return Plan([])


def _one_open(overdue, step=100, lags=(1, 3), **more):
    """Pays, but one invoice, named like the customer, is open for its own reason."""

    def behaviour(customer, company):
        paid = _settled(customer, lags, step)
        return Plan([*paid, _owed(customer, overdue, key=customer.ref, **more)])

    return behaviour


def no_contact(customer, company):
    return Plan([_owed(customer, 47, key="no_contact"), _owed(customer, 17)])


def opening(customer, company):
    paid = _settled(customer, (2, 6), step=100, oldest=OLDEST - 20)
    return Plan(paid, opening=Invoice(OLDEST + 25, customer.amount * 1.15))


def credited(customer, company):
    paid = _settled(customer, (3, 5), step=100)
    full = _owed(customer, 50, key="credited_in_full", credit=Payment(60, 1.0))
    part = _owed(
        customer,
        21,
        key="credited_in_part",
        credit=Payment(30, 0.25),
        payments=(Payment(14),),
    )
    return Plan([*paid, full, part])


def two_companies(customer, company):
    overdue = 27 if company == GBP else 14
    paid = _settled(customer, (2, 8), step=120)
    return Plan([*paid, _owed(customer, overdue, key=f"two_companies_{company}")])


BEHAVIOURS = {
    "early": early,
    "forgot_once": forgot_once,
    "always_late": always_late,
    "slightly_late": slightly_late,
    "chronic": chronic,
    "public": public,
    "uk_public": uk_public,
    "part_paid": part_paid,
    "stopped_paying": stopped_paying,
    "hopeless": hopeless,
    "instalment": instalment,
    "overpaid": overpaid,
    "credit_open": credit_open,
    "foreign": foreign,
    "foreign_overdue": foreign_overdue,
    "head_office": nothing,
    "branch_overdue": _branch(22),
    "branch_just_due": _branch(8),
    "branch_current": _branch(-15),
    "no_contact": no_contact,
    "no_email": _one_open(20),
    "blacklisted": _one_open(16),
    "three_euro": _one_open(40, payments=(Payment(38, 1.0, short=3.0),)),
    "no_followup": _one_open(28, no_followup=True),
    "blocked": _one_open(34, blocked=True),
    "consumer": _one_open(12, step=140),
    "uk_consumer": _one_open(7, step=150),
    "opening": opening,
    "credited": credited,
    "two_companies": two_companies,
    "due_in_3_days": _due_soon(3),
    "due_in_6_days": _due_soon(6),
    "due_in_7_days": _due_soon(7),
}


def plan(customer, company):
    """What `customer` did with our `company` (``eur`` or ``gbp``) until today.

    :rtype: Plan
    """
    return BEHAVIOURS[customer.behaviour](customer, company)
