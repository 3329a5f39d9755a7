"""How lateness is charged, as plain data that is checked, without the ORM."""

from dataclasses import dataclass
from decimal import Decimal

from .day_count import DAY_COUNTS
from .interest_start import StartRule
from .late_fees import check_tiers
from .payment_order import ORDERS, get_order
from .rate_rule import LateRate
from .term_error import require, require_choice, require_exact

ACCRUALS = ("day", "month_started", "month_full", "flat")
COMPOUNDINGS = {"none": 0, "month": 1, "year": 12}
RESTS = ("start", "calendar")
GRACES = ("first_day", "after")
KINDS = ("business", "consumer", "public")
CAPS = ("interest", "charges")


@dataclass(frozen=True)
class ChargeTerms:
    """Terms of late charges.

    :param LateRate rate: the rate; ``None`` if there is no interest
    :param str kind: whom the terms are for: ``business``, ``consumer``, ``public``
    :param str day_count: see `day_count`
    :param str accrual: ``day``; by whole month that ``month_started`` or is a
        ``month_full``, counted from the first day of lateness; ``flat`` takes the
        percents of what is open on the first day, once
    :param str compounding: ``none``; after each full ``year`` or ``month`` the interest
        until then bears interest
    :param str rests: years and months are counted from the ``start`` of lateness, or
        end with those of the ``calendar``
    :param StartRule start: from which day on
    :param int grace_days: days after that without charges
    :param str grace: once the grace has passed with something open, interest counts
        from the ``first_day`` of lateness, or only from the day ``after`` the grace
    :param str order: what a payment covers first; see `payment_order`. Without a rule
        it is the principal: as the ledger books it, and mildest for the debtor
    :param bool interest_on_costs: lump sums, fees and costs bear interest, too
    :param tuple lump_sums: tiers, see `late_fees`; never for consumers
    :param bool lump_sum_on_original: the tier follows the claim, not what is still open
    :param Decimal cap_total: charges of one claim are that much at most
    :param Decimal cap_percent: charges of one claim, in percent of it, at most
    :param str cap_on: the caps bind ``interest`` alone, or all ``charges``
    :param int max_fees: so many fees at most; the first ones count
    :param Decimal minimum: a document below it is not made; what it would hold is
        carried to the next
    """

    rate: LateRate | None = None
    kind: str = "business"
    day_count: str = "act/365"
    accrual: str = "day"
    compounding: str = "none"
    rests: str = "start"
    start: StartRule = StartRule()
    grace_days: int = 0
    grace: str = "first_day"
    order: str = "principal_interest_cost"
    interest_on_costs: bool = False
    lump_sums: tuple = ()
    lump_sum_on_original: bool = False
    cap_total: Decimal | None = None
    cap_percent: Decimal | None = None
    cap_on: str = "interest"
    max_fees: int | None = None
    minimum: Decimal = Decimal(0)

    def __post_init__(self):
        require_choice("kind", self.kind, KINDS)
        require_choice("day_count", self.day_count, DAY_COUNTS)
        require_choice("accrual", self.accrual, ACCRUALS)
        require_choice("compounding", self.compounding, COMPOUNDINGS)
        require_choice("rests", self.rests, RESTS)
        require_choice("grace", self.grace, GRACES)
        require_choice("order", self.order, ORDERS)
        require_choice("cap_on", self.cap_on, CAPS)
        self._check_numbers()
        self._check_lump_sums()
        self._check_combinations()

    def _check_numbers(self):
        require(self.grace_days >= 0, "grace_days", "Days of grace are not negative.")
        for name in ("cap_total", "cap_percent", "minimum"):
            if getattr(self, name) is not None:
                require_exact(name, getattr(self, name), 0)
        fees = self.max_fees is None or self.max_fees >= 0
        require(fees, "max_fees", "A number of fees is not negative.")

    def _check_lump_sums(self):
        check_tiers("lump_sums", self.lump_sums)
        allowed = self.kind != "consumer" or not self.lump_sums
        require(allowed, "lump_sums", "A lump sum is never charged to a consumer.")

    def _check_combinations(self):
        """What contradicts itself, or what no rule of law that we know asks for."""
        by_month = self.accrual in ("month_started", "month_full")
        require(
            self.accrual != "flat" or self.compounding == "none",
            "compounding",
            "A flat charge is made once, it does not compound.",
        )
        require(
            self.rests == "start" or not by_month,
            "rests",
            "Whole months are counted from the first day of lateness.",
        )
        if not self.rate:
            return
        require(
            self.accrual != "flat" or self.rate.per == "year",
            "rate",
            "A flat charge takes its percents once, not by month.",
        )
        if self.rate.fixing != "payment":
            return
        order = get_order(self.order)
        plain = (self.accrual, self.compounding, self.interest_on_costs)
        require(
            plain == ("day", "none", False)
            and order.index("principal") < order.index("interest")
            and (self.cap_on == "interest" or self.get_cap(Decimal(0)) is None),
            "fixing",
            "The rate at payment needs simple interest by day, a payment order that "
            "takes principal before interest, and no cap on all charges.",
        )

    def get_cap(self, amount):
        """The cap for a claim of ``amount``, or ``None``."""
        caps = [self.cap_total] if self.cap_total is not None else []
        if self.cap_percent is not None:
            caps.append(amount * self.cap_percent / 100)
        return min(caps) if caps else None
