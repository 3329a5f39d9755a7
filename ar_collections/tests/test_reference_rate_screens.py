from datetime import date

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import file_open, mute_logger

from .common import ArCollectionsCommon

OPTIONS = {
    "quoting": '"',
    "separator": ",",
    "has_headers": True,
    "encoding": "utf-8",
    "date_format": "%Y-%m-%d",
    "float_thousand_separator": "",
    "float_decimal_separator": ".",
}
COLUMNS = ["reference_rate_id", "date_from", "rate", "source"]


@tagged("post_install", "-at_install")
class TestReferenceRateScreens(ArCollectionsCommon):
    """Official rates as people enter them: from a file, with a chart, told when corrected."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.values = cls.env["ar.reference.rate.value"]
        cls.series = cls.env["ar.reference.rate"].create(
            {"name": "Official rate", "code": "official"}
        )

    def _wizard(self, content):
        return self.env["base_import.import"].create(
            {
                "res_model": self.values._name,
                "file": content,
                "file_name": "values.csv",
                "file_type": "text/csv",
            }
        )

    def _import(self, *rows, dryrun=False):
        text = "\n".join([",".join(COLUMNS), *rows])
        wizard = self._wizard(text.encode())
        return wizard.execute_import(COLUMNS, COLUMNS, OPTIONS, dryrun=dryrun)

    # === FROM A FILE === #

    def test_template_fits_the_import_screen(self):
        (template,) = self.values.get_import_templates()
        with file_open(template["template"].lstrip("/"), "rb") as file:
            wizard = self._wizard(file.read())
        preview = wizard.parse_preview(OPTIONS)
        matches = [preview["matches"].get(nth) for nth in range(len(COLUMNS))]
        self.assertEqual(matches, [[name] for name in COLUMNS])
        result = wizard.execute_import(COLUMNS, preview["headers"], OPTIONS)
        self.assertFalse(result["messages"])
        rows = self.values.browse(result["ids"])
        self.assertEqual(rows.mapped("rate"), [2.4, 1.52])
        self.assertEqual(rows.reference_rate_id.mapped("code"), ["ecb_mro", "de_base"])

    def test_series_by_name_or_code(self):
        self._import("official,2026-01-01,2.15,a", "Official rate,2026-07-01,2.4,b")
        self.assertEqual(sorted(self.series.value_ids.mapped("rate")), [2.15, 2.4])

    def test_every_bad_cell_is_told_with_its_row(self):
        result = self._import(
            "official,2026-01-01,2.15,ok",
            "official,soon,2.15,",
            "official,2026-03-01,much,",
            "nobody,2026-04-01,2,",
            dryrun=True,
        )
        told = {m["record"]: m["message"] for m in result["messages"]}
        self.assertIn("soon", told[2])
        self.assertIn("much", told[3])
        self.assertFalse(self.series.value_ids)

    def test_what_is_no_rate_or_no_series_is_told(self):
        with mute_logger("odoo.sql_db"):
            result = self._import(
                "official,2026-01-01,215,", "nobody,2026-04-01,2,", dryrun=True
            )
        told = " ".join(m["message"] for m in result["messages"])
        self.assertIn("215", told)
        self.assertIn("nobody", told)

    def test_a_file_corrects_what_is_there(self):
        self._import("official,2026-01-01,2.15,a")
        value = self.series.value_ids
        result = self._import("official,2026-01-01,2.4,b", "official,2026-07-01,3,c")
        self.assertFalse(result["messages"])
        self.assertEqual((value.rate, value.source), (2.4, "b"))
        self.assertEqual(len(self.series.value_ids), 2)
        told = " ".join(self.series.message_ids.mapped("body"))
        self.assertIn("2.15 % from 01/01/2026 → 2.4 %", told)
        # nothing changed: nothing is told
        count = len(self.series.message_ids)
        self._import("official,2026-01-01,2.4,b")
        self.assertEqual(len(self.series.message_ids), count)

    def test_a_correction_says_by_whom(self):
        self._import("official,2026-01-01,2.15,a")
        manager = new_test_user(
            self.env, "rate_manager", "ar_collections.ar_collections_group_manager"
        )
        self.series.value_ids.with_user(manager).rate = 2.5
        message = self.series.message_ids[0]
        self.assertEqual(message.author_id, manager.partner_id)
        self.assertIn("2.15 %", message.body)
        self.assertIn("2.5 %", message.body)

    def test_a_collector_imports_nothing(self):
        collector = new_test_user(
            self.env, "rate_collector", "ar_collections.ar_collections_group_user"
        )
        with self.assertRaises(AccessError):
            self.values.with_user(collector).create(
                {
                    "reference_rate_id": self.series.id,
                    "date_from": "2026-01-01",
                    "rate": 2,
                }
            )
        result = self.values.with_user(collector).load(
            COLUMNS, [["official", "2026-01-01", "2.15", ""]]
        )
        self.assertFalse(result["ids"])
        self.assertFalse(self.series.value_ids)

    # === CHART === #

    def test_chart_is_a_step_from_value_to_value(self):
        self.assertFalse(self.series.chart)
        self._import(
            "official,2024-03-31,1,a",
            "official,2025-03-31,3,b",
            "official,2026-03-31,2,c",
        )
        drawing = self.series._get_drawing(date(2026, 3, 31))
        # along to the next value, then straight up or down: never a slope
        self.assertRegex(drawing["path"], r"^M[\d.]+,[\d.]+(H[\d.]+V[\d.]+){2}H[\d.]+$")
        (x1, y1, _), (x2, y2, tip), (x3, y3, _) = drawing["points"]
        self.assertAlmostEqual(x2 - x1, x3 - x2, delta=1)
        self.assertGreater(y1, y3)
        self.assertGreater(y3, y2)
        self.assertIn("b", tip)
        self.assertIn("<svg", self.series.chart)

    def test_months_between_two_values(self):
        self._import("official,2025-11-15,1,a", "official,2026-02-01,2,b")
        self.series.known_until = "2026-03-10"
        months = self.env["ar.reference.rate.month"].search(
            [("reference_rate_id", "=", self.series.id)], order="month"
        )
        self.assertEqual(
            [(str(m.month)[:7], m.rate) for m in months],
            [
                ("2025-11", 1),
                ("2025-12", 1),
                ("2026-01", 1),
                ("2026-02", 2),
                ("2026-03", 2),
            ],
        )
        reader = new_test_user(
            self.env, "rate_reader", "ar_collections.ar_collections_group_readonly"
        )
        self.assertTrue(months.with_user(reader).read(["rate"]))
