"""The shipped rates and terms, read from their files: what the tests compute with."""

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal

from odoo.tools import file_path

from ..tools.charge_terms import ChargeTerms
from ..tools.interest_start import StartRule
from ..tools.late_fees import Band, CostScale, Tier
from ..tools.rate_rule import LateRate, RateRule
from ..tools.reference_rate import RateBook, RateSeries, RateValue

FOLDER = "ar_collections/data/charge/"


def read_rows(model):
    with open(file_path(f"{FOLDER}{model}.csv"), encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


def read_book():
    values = defaultdict(list)
    for row in read_rows("ar.reference.rate.value"):
        value = RateValue(
            date.fromisoformat(row["date_from"]), Decimal(row["rate"]), row["source"]
        )
        values[row["reference_rate_id:id"]].append(value)
    return RateBook.of(
        *(
            RateSeries(
                row["code"],
                row["name"],
                tuple(values[row["id"]]),
                date.fromisoformat(row["known_until"]),
            )
            for row in read_rows("ar.reference.rate")
        )
    )


def read_scale(terms):
    """The scale of collection costs of the terms with this id, or None."""
    bands = [r for r in read_rows("ar.charge.cost.band") if r["terms_id:id"] == terms]
    (row,) = [row for row in read_rows("ar.charge.terms") if row["id"] == terms]
    if not bands:
        return None
    bands = tuple(
        Band(Decimal(band["up_to"]) or None, Decimal(band["percent"])) for band in bands
    )
    return CostScale(bands, Decimal(row["cost_min"]), Decimal(row["cost_max"]))


def read_rule(row, prefix=""):
    reference = row[f"{prefix}reference_rate_id:id"]
    if prefix and not (reference or Decimal(row[f"{prefix}margin"])):
        return None
    margin = row[f"{prefix}margin"] if prefix or reference else row["fixed_rate"]
    step = row.get("rate_step" if not prefix else f"{prefix}step")
    return RateRule(
        reference.removeprefix("ar_reference_rate_"),
        Decimal(row[f"{prefix}factor"] or 1),
        Decimal(margin),
        Decimal(step) if step and Decimal(step) else None,
        row["rate_rounding"],
    )


def read_terms():
    """Terms by their id, without the prefix all share."""
    tiers = defaultdict(list)
    for row in read_rows("ar.charge.lump.sum"):
        tier = Tier(
            Decimal(row["amount_from"]),
            Decimal(row["amount"]),
            is_above=row["is_above"] == "1",
            currency=row["currency_id:id"].removeprefix("base."),
        )
        tiers[row["terms_id:id"]].append(tier)
    terms = {}
    for row in read_rows("ar.charge.terms"):
        rate = LateRate(
            read_rule(row),
            read_rule(row, "floor_"),
            read_rule(row, "cap_"),
            row["fixing"],
            row["fixing_period"],
            int(row["fixing_lag"]),
            row["rate_per"],
        )
        terms[row["id"].removeprefix("ar_charge_terms_")] = ChargeTerms(
            rate,
            row["customer_kind"],
            day_count=row["day_count"],
            accrual=row["accrual"],
            compounding=row["compounding"],
            rests=row["rests"],
            start=StartRule(row["start_basis"], int(row["start_days"])),
            order=row["payment_order"],
            lump_sums=tuple(tiers[row["id"]]),
            lump_sum_on_original=row["lump_sum_on_original"] == "1",
            max_fees=int(row["max_fees"]) or None,
        )
    return terms
