"""The shipped reference rates and country packs: complete, sourced, usable."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from ..tools.interest_start import ClaimDates
from ..tools.late_claim import LateClaim
from ..tools.late_interest import assess
from .charge_packs import read_book, read_rows, read_scale, read_terms

# how a row says where it is from; what nobody has read does not ship as active
MARKS = ("[checked", "[computed", "[general knowledge]")
EU = set(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()
)
# in the euro since 2026; what the act says since then was not found: nothing is guessed
UNKNOWN = {"BG"}


@tagged("post_install", "-at_install")
class TestChargeData(BaseCase):
    def test_every_row_has_its_own_id_and_a_source(self):
        for model in (
            "ar.reference.rate", "ar.reference.rate.value", "ar.charge.terms",
            "ar.charge.lump.sum", "ar.charge.cost.band",
        ):  # fmt: skip
            rows = read_rows(model)
            self.assertTrue(rows, model)
            twice = [one for one, n in Counter(r["id"] for r in rows).items() if n > 1]
            self.assertFalse(twice, model)
            for row in rows:
                if "source" in row and model != "ar.reference.rate":
                    self.assertTrue(row["source"].startswith(MARKS), row["id"])

    def test_what_was_not_read_is_not_active(self):
        for row in read_rows("ar.charge.terms"):
            if row["active"] == "1":
                self.assertTrue(row["source"].startswith("[checked]"), row["id"])
                self.assertTrue(row["source_url"].startswith("http"), row["id"])

    def test_rates_are_ordered_and_known_from_2014_on(self):
        book = read_book()
        for code in ("ecb_mro", "boe", "de_base", "at_base", "se_reference"):
            values = book[code].values
            self.assertLessEqual(values[0].date_from, date(2014, 1, 1), code)
            for value in values:
                self.assertTrue(Decimal(-1) <= value.rate < Decimal(26), value)
        for row in read_rows("ar.reference.rate"):
            self.assertIn(row["code"], book)
            self.assertTrue(book[row["code"]].values, row["code"])

    def test_ecb_by_half_year_as_ireland_publishes_it(self):
        table = "0.25 0.15 0.05 0.05 0.05 0 0 0 0 0 0 0 0 0 0 0 0 0 2.5 4 4.5 4.25 3.15 2.15"
        halves = [
            date(year, month, 1) for year in range(2014, 2026) for month in (1, 7)
        ]
        book = read_book()
        found = [book.get_value("ecb_mro", day).rate for day in halves]
        self.assertEqual(found, [Decimal(rate) for rate in table.split()])

    def test_german_base_rate_follows_the_ecb(self):
        """BGB § 247: it moves by what the rate of the last operation has moved."""
        book = read_book()
        values = book["de_base"].values
        for before, after in zip(values, values[1:], strict=False):
            moved = [
                book.get_value("ecb_mro", value.date_from - timedelta(days=1)).rate
                for value in (before, after)
            ]
            self.assertEqual(
                after.rate - before.rate, moved[1] - moved[0], after.date_from
            )

    def test_austrian_base_rate_moves_by_half_a_point_at_least(self):
        values = read_book()["at_base"].values
        for before, after in zip(values, values[1:], strict=False):
            self.assertGreaterEqual(abs(after.rate - before.rate), Decimal("0.5"))

    def test_every_state_of_the_union_is_there(self):
        rows = read_rows("ar.charge.terms")
        countries = {
            row["country_id:id"].removeprefix("base.").upper().replace("UK", "GB")
            for row in rows
        }
        self.assertEqual(EU - countries, UNKNOWN)
        self.assertLessEqual({"GB", "US", "IN", "CA"}, countries)

    def test_no_lump_sum_for_consumers(self):
        for name, terms in read_terms().items():
            if terms.kind == "consumer":
                self.assertFalse(terms.lump_sums, name)

    def test_lump_sums_belong_to_terms(self):
        known = {row["id"] for row in read_rows("ar.charge.terms")}
        for row in read_rows("ar.charge.lump.sum"):
            self.assertIn(row["terms_id:id"], known)

    def test_scales_are_there(self):
        scales = [read_scale(row["id"]) for row in read_rows("ar.charge.terms")]
        scales = [scale for scale in scales if scale]
        self.assertEqual(len(scales), 3)
        for scale in scales:
            self.assertEqual(scale.get_amount(Decimal(1000)), 150)

    def test_every_pack_computes(self):
        book, dates = read_book(), ClaimDates(
            date(2024, 3, 31), date(2024, 3, 1), date(2024, 3, 1), None, date(2024, 4, 1)
        )  # fmt: skip
        late = ("it_consumer", "be_consumer", "hu_", "ro_")  # known for other days only
        for name, terms in read_terms().items():
            if name.startswith(late):
                continue
            claim = LateClaim(Decimal(1000), dates)
            currencies = {
                code: Decimal(1) for code in ("EUR", "GBP", "SEK", "DKK", "CZK")
            }
            with self.subTest(name):
                result = assess(claim, terms, book, date(2024, 6, 30), "", currencies)
                self.assertGreater(result.interest, 0)
