"""Lump sums, fees and the scale of collection costs, without the ORM."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from .exact_money import CENT, round_half_up, to_exact
from .term_error import TermError, require, require_exact


@dataclass(frozen=True)
class Tier:
    """What is charged from an amount of the claim on.

    :param Decimal amount_from: the tier serves claims from this amount on
    :param Decimal fixed: a fixed amount, and ``percent`` of the claim besides
    :param bool is_above: the amount itself still belongs to the tier below
    :param str currency: of the fixed amount, if it is another than the claim's
    """

    amount_from: Decimal
    fixed: Decimal = Decimal(0)
    percent: Decimal = Decimal(0)
    is_above: bool = False
    currency: str = ""

    def serves(self, amount):
        if self.is_above:
            return amount > self.amount_from
        return amount >= self.amount_from


def check_tiers(field, tiers):
    """Tiers that anybody could read only in one way."""
    starts = [tier.amount_from for tier in tiers]
    require(starts == sorted(set(starts)), field, "Tiers begin one above the other.")
    for tier in tiers:
        for name in ("amount_from", "fixed", "percent"):
            require_exact(f"{field}.{name}", getattr(tier, name), 0)


def get_tier(tiers, amount):
    """The highest tier that serves ``amount``, or ``None``.

    >>> uk = [Tier(Decimal(start), Decimal(fixed)) for start, fixed in
    ...       [("0.01", 40), (1000, 70), (10000, 100)]]
    >>> [int(get_tier(uk, Decimal(amount)).fixed)
    ...  for amount in ("999.99", "1000", "9999.99", "10000")]
    [40, 70, 70, 100]

    Poland's first tier has its upper end in it, the second one has not:

    >>> pl = [Tier(Decimal("0.01"), Decimal(40), currency="EUR"),
    ...       Tier(Decimal(5000), Decimal(70), is_above=True, currency="EUR"),
    ...       Tier(Decimal(50000), Decimal(100), currency="EUR")]
    >>> [int(get_tier(pl, Decimal(amount)).fixed)
    ...  for amount in ("5000", "5000.01", "49999.99", "50000")]
    [40, 70, 70, 100]
    """
    found = None
    for tier in tiers:
        if tier.serves(amount):
            found = tier
    return found


def get_tier_amount(tiers, amount, unit=CENT, currency="", rates=None):
    """What the tiers charge for a claim of ``amount``, in its currency.

    A fixed amount in another currency is converted with ``rates``: units of the claim's
    currency for one unit of the other. If the rate is missing, nothing is guessed.

    >>> pl = [Tier(Decimal("0.01"), Decimal(40), currency="EUR")]
    >>> get_tier_amount(pl, Decimal(900), CENT, "PLN", {"EUR": Decimal("4.2580")})
    Decimal('170.32')
    >>> try:
    ...     get_tier_amount(pl, Decimal(900), CENT, "PLN")
    ... except TermError as error:
    ...     print(error)
    lump_sums: No rate is known to convert EUR to PLN.
    """
    tier = get_tier(tiers, amount)
    if not tier:
        return round_half_up(0, unit)
    fixed = to_exact(tier.fixed)
    if tier.currency and tier.currency != currency:
        rate = (rates or {}).get(tier.currency)
        if not rate:
            raise TermError(
                "lump_sums",
                f"No rate is known to convert {tier.currency} to {currency}.",
            )
        fixed *= to_exact(rate)
    return round_half_up(fixed + to_exact(tier.percent) * to_exact(amount) / 100, unit)


@dataclass(frozen=True)
class Fee:
    """A fee of one level, in the currencies that it is set for.

    :param dict amounts: fixed amount by currency
    :param Decimal percent: of the claim, in every currency
    :param dict tiers: tiers by currency; they replace the two others
    :param dict caps: most that the fee may be, by currency

    >>> Fee({"DKK": Decimal(100)}).get_amount(Decimal(5000), "DKK")
    Decimal('100.00')
    >>> Fee(percent=Decimal("1.5"), caps={"EUR": Decimal(10)}).get_amount(
    ...     Decimal("333.33"), "EUR")
    Decimal('5.00')
    >>> try:
    ...     Fee({"DKK": Decimal(100)}).get_amount(Decimal(5000), "SEK")
    ... except TermError as error:
    ...     print(error)
    fee: The fee is not set for SEK.
    """

    amounts: dict | None = None
    percent: Decimal = Decimal(0)
    tiers: dict | None = None
    caps: dict | None = None

    def get_amount(self, amount, currency, unit=CENT):
        """The fee for a claim of ``amount``."""
        if self.tiers is not None:
            self._require(currency, self.tiers)
            fee = get_tier_amount(self.tiers[currency], amount, unit, currency)
        else:
            if self.amounts:
                self._require(currency, self.amounts)
            fixed = to_exact((self.amounts or {}).get(currency, 0))
            share = to_exact(self.percent) * to_exact(amount) / 100
            fee = round_half_up(fixed + share, unit)
        cap = (self.caps or {}).get(currency)
        return fee if cap is None else min(fee, cap)

    @staticmethod
    def _require(currency, known):
        require(currency in known, "fee", f"The fee is not set for {currency}.")


@dataclass(frozen=True)
class Band:
    """The part of a claim between two amounts, and its share of collection costs."""

    up_to: Decimal | None
    percent: Decimal


@dataclass(frozen=True)
class CostScale:
    """Collection costs by bands of the claim; the last band has no end.

    The Dutch scale (Besluit vergoeding voor buitengerechtelijke incassokosten, art. 2):

    >>> dutch = CostScale(
    ...     tuple(Band(end and Decimal(end), Decimal(share)) for end, share in [
    ...         (2500, 15), (5000, 10), (10000, 5), (200000, 1), (None, "0.5")]),
    ...     minimum=Decimal(40), maximum=Decimal(6775))
    >>> [str(dutch.get_amount(Decimal(claim))) for claim in (
    ...     100,  # 15 % is 15, at least 40
    ...     "266.67",  # 15 % is 40.0005
    ...     3000,  # 375 + 10 % of 500
    ...     12000,  # 375 + 250 + 250 + 1 % of 2,000
    ...     1000000,  # 375 + 250 + 250 + 1,900 + 0.5 % of 800,000
    ...     2000000)]
    ['40.00', '40.00', '425.00', '895.00', '6775.00', '6775.00']
    """

    bands: tuple
    minimum: Decimal = Decimal(0)
    maximum: Decimal | None = None

    def __post_init__(self):
        ends = [band.up_to for band in self.bands]
        ordered = all(ends[:-1]) and ends[:-1] == sorted(set(ends[:-1]))
        require(bool(ends) and ordered, "bands", "Bands end one above the other.")
        require(ends[-1] is None, "bands", "The last band has no end.")

    def get_amount(self, amount, unit=CENT):
        """Collection costs of a claim; none of a claim of nothing."""
        if amount <= 0:
            return round_half_up(0, unit)
        costs, start = Fraction(0), Fraction(0)
        for band in self.bands:
            end = to_exact(amount if band.up_to is None else min(band.up_to, amount))
            costs += max(end - start, 0) * to_exact(band.percent) / 100
            start = max(start, end)
        costs = max(costs, to_exact(self.minimum))
        if self.maximum is not None:
            costs = min(costs, to_exact(self.maximum))
        return round_half_up(costs, unit)


def limit_fees(costs, max_fees):
    """The costs without the fees beyond the number allowed, by day.

    :param costs: `Cost` in any order; only those of kind ``fee`` are counted
    """
    counted, kept = 0, []
    for cost in sorted(costs, key=lambda one: (one.day, one.kind, one.ref, one.amount)):
        counted += cost.kind == "fee"
        if cost.kind != "fee" or max_fees is None or counted <= max_fees:
            kept.append(cost)
    return kept
