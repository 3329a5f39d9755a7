from datetime import date
from decimal import Decimal

from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .charge_packs import read_book, read_scale, read_terms
from .common import ArCollectionsCommon


@tagged("post_install", "-at_install")
class TestArChargeTerms(ArCollectionsCommon):
    """Reference rates and charge terms as records: what is shipped, refused, kept."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rates = cls.env["ar.reference.rate"]
        cls.terms = cls.env["ar.charge.terms"]
        cls.ecb = cls.env.ref("ar_collections.ar_reference_rate_ecb_mro")
        cls.german = cls.env.ref("ar_collections.ar_charge_terms_de_business")

    def _create_terms(self, **vals):
        return self.terms.create({"name": "Contract", "fixed_rate": 12, **vals})

    # === RATES === #

    def test_value_in_force_on_a_day(self):
        self.assertEqual(self.ecb._get_value(date(2025, 1, 1)), Decimal("3.15"))
        self.assertEqual(self.ecb._get_value(date(2025, 7, 1)), Decimal("2.15"))

    def test_missing_value_names_series_and_day(self):
        with self.assertRaisesRegex(UserError, "ECB main.*1999-01-01"):
            self.ecb._get_value(date(1999, 1, 1))
        newer = self.ecb.value_ids.filtered(lambda v: v.date_from > date(2026, 1, 1))
        newer.unlink()
        self.ecb.known_until = "2026-01-31"
        with self.assertRaisesRegex(UserError, "2026-02-01"):
            self.ecb._get_value(date(2026, 2, 1))
        self.assertFalse(self.ecb.is_known_today)

    def test_a_percentage_is_a_percentage(self):
        with self.assertRaisesRegex(ValidationError, "2.15"):
            self.ecb.value_ids[0].rate = 215

    def test_one_value_a_day(self):
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(UniqueViolation),
            self.cr.savepoint(),
        ):
            self.ecb.value_ids[0].copy()

    def test_correction_is_told_in_the_chatter(self):
        value = self.ecb.value_ids[0]
        old = value.rate
        value.rate = 2.65
        self.assertIn(f"{old} %", self.ecb.message_ids[0].body)
        self.assertIn("2.65 %", self.ecb.message_ids[0].body)

    def test_what_somebody_corrected_outlasts_an_update(self):
        data = self.env["ir.model.data"]
        value = self.ecb.value_ids[0]
        row = data.search([("model", "=", value._name), ("res_id", "=", value.id)])
        self.assertFalse(row.noupdate)
        # no context key gets around it
        value.with_context(install_mode=True).rate = 2.4
        self.assertTrue(row.noupdate)

    def test_a_rate_in_use_stays(self):
        with self.assertRaisesRegex(UserError, "refer to this rate"):
            self.ecb.unlink()

    # === TERMS === #

    def test_records_are_what_the_files_say(self):
        """The same rules as the arithmetic's tests use, so these tests count here."""
        book = self.rates.with_context(active_test=False).search([])._get_book()
        self.assertEqual(
            {code: series.values for code, series in book.items()},
            {code: series.values for code, series in read_book().items()},
        )
        for name, rules in read_terms().items():
            terms = self.env.ref(f"ar_collections.ar_charge_terms_{name}")
            self.assertEqual(terms._get_rules(), rules, name)
            scale = read_scale(f"ar_charge_terms_{name}")
            self.assertEqual(terms._get_cost_scale(), scale, name)

    def test_rate_of_today_in_words(self):
        self.assertEqual(self.german.rate_today, "1.27 + 9 = 10.27 %")
        self.assertEqual(self.german.rate_in_list, self.german.rate_today)
        self.assertFalse(self.german.is_rate_missing)

    def test_missing_rate_is_short_in_the_list_and_explained_in_the_form(self):
        rate = self.german.reference_rate_id
        rate.value_ids.unlink()
        self.german.invalidate_recordset()
        self.assertTrue(self.german.is_rate_missing)
        self.assertIn("Enter it under Configuration", self.german.rate_today)
        self.assertRegex(self.german.rate_in_list, r"^no value for \S+$")

    def test_rules_in_words(self):
        """An accountant reads what is charged without knowing the fields."""

        def words(name):
            terms = self.env.ref(f"ar_collections.ar_charge_terms_{name}")
            return " ".join(terms._get_sentences())

        france = words("fr_business")
        self.assertIn("The rate is ECB main refinancing operations + 10 %", france)
        self.assertIn("at least 3 × French legal interest rate", france)
        self.assertIn("40.00", france)
        self.assertIn("costs, interest, principal, in this order", france)
        self.assertIn("rounded up to steps of 0.5 points", words("be_business"))
        self.assertIn(
            "in which lateness begins serves to the end", words("gb_business")
        )
        self.assertIn("after each full year", words("nl_business"))
        self.assertIn(
            "Lump sum on each late invoice from 10000 on", words("gb_business")
        )
        for terms in self.terms.with_context(active_test=False).search([]):
            with self.subTest(terms=terms.name):
                self.assertIn("<li>", terms.explanation)

    def test_words_follow_the_fields(self):
        with Form(self.terms) as form:
            form.name = "Contract"
            form.fixed_rate = 12
            self.assertIn("The rate is 12 % a year", form.explanation)
            form.grace_days = 5
            self.assertIn("within 5 days", form.explanation)

    def test_whom_the_terms_are_for(self):
        consumer = self.german.consumer_terms_id
        self.assertEqual(consumer.customer_kind, "consumer")
        self.assertEqual(self.german._get_for_kind("business"), self.german)
        self.assertEqual(self.german._get_for_kind("consumer"), consumer)
        self.german.write({"consumer_terms_id": False, "public_terms_id": False})
        self.assertFalse(self.german._get_for_kind("consumer"))
        self.assertEqual(self.german._get_for_kind("public"), self.german)
        self.assertFalse(consumer._get_for_kind("business"))

    def test_archived_consumer_terms_charge_nothing(self):
        self.german.consumer_terms_id.active = False
        self.assertFalse(self.german._get_for_kind("consumer"))

    def test_what_contradicts_itself_is_refused(self):
        terms = self._create_terms()
        with self.assertRaisesRegex(ValidationError, "Contract.*flat"):
            terms.write({"accrual": "flat", "compounding": "year"})
        with self.assertRaisesRegex(ValidationError, "consumer"):
            terms.write(
                {
                    "customer_kind": "consumer",
                    "lump_sum_ids": [Command.create({"amount": 40})],
                }
            )
        with self.assertRaisesRegex(ValidationError, "end before"):
            terms.write({"date_from": "2026-01-01", "date_to": "2025-01-01"})

    def test_float_becomes_the_number_that_is_shown(self):
        terms = self._create_terms(fixed_rate=8.15)
        self.assertEqual(terms._get_rules().rate.rule.margin, Decimal("8.15"))

    def test_terms_of_a_policy_stay(self):
        terms = self._create_terms()
        self.policy.charge_terms_id = terms
        with self.assertRaisesRegex(UserError, self.policy.name):
            terms.unlink()

    # === RIGHTS === #

    def test_who_may_change_rates_and_terms(self):
        collector = new_test_user(
            self.env, "charge_collector", "ar_collections.ar_collections_group_user"
        )
        for record in (self.ecb, self.ecb.value_ids[0], self.german):
            record.with_user(collector).read(["display_name"])
            with self.assertRaises(AccessError):
                record.with_user(collector).write({"source": "me"})
        with self.assertRaises(AccessError):
            self.german.lump_sum_ids.with_user(collector).unlink()
        employee = new_test_user(self.env, "charge_employee", "base.group_user")
        with self.assertRaises(AccessError):
            self.ecb.with_user(employee).read(["name"])

    def test_terms_of_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        terms = self._create_terms(company_id=other.id)
        manager = new_test_user(
            self.env,
            "charge_manager",
            "ar_collections.ar_collections_group_manager",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        with self.assertRaises(AccessError):
            terms.with_user(manager).read(["name"])
