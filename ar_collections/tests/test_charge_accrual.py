from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .test_late_charges import LateChargesCommon


@tagged("post_install", "-at_install")
class TestChargeAccrual(LateChargesCommon):
    """What is earned and not billed stands in the books at the end of a month.

    1,000 due on 1 January at 10.15 %: 8.34 until 31 January, 16.13 until 28 February.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account = cls.env["account.account"].create(
            {
                "name": "Accrued income",
                "code": "199100",
                "account_type": "asset_current",
            }
        )
        cls.income = cls.company._get_ar_charge_account()

    def setUp(self):
        super().setUp()
        self.startPatcher(freeze_time("2026-03-05"))

    def _wizard(self, day="2026-02-28", user=None, **vals):
        wizards = self.env["ar.charge.accrual.create"]
        if user:
            wizards = wizards.with_user(user)
        return wizards.create({"date": day, "account_id": self.account.id, **vals})

    def _accrue(self, day="2026-02-28", **vals):
        action = self._wizard(day, **vals).action_accrue()
        return self.env["account.move"].search(action["domain"], order="date")

    def _balance(self, day):
        lines = self.env["account.move.line"].search(
            [
                ("account_id", "=", self.account.id),
                ("date", "<=", day),
                ("parent_state", "=", "posted"),
            ]
        )
        return self.company.currency_id.round(sum(lines.mapped("balance")))

    def test_entry_and_reversal(self):
        entry, reversal = self._accrue()
        self.assertRecordValues(
            entry + reversal,
            [
                {"date": date(2026, 2, 28), "state": "posted", "move_type": "entry"},
                {"date": date(2026, 3, 1), "state": "posted", "move_type": "entry"},
            ],
        )
        # 1,000 × 10.15 % × 58 ÷ 365 = 16.1288
        self.assertRecordValues(
            entry.line_ids.sorted("balance"),
            [
                {"account_id": self.income.id, "balance": -16.13},
                {"account_id": self.account.id, "balance": 16.13},
            ],
        )
        self.assertEqual(entry.line_ids.partner_id, self.customer)
        self.assertEqual(reversal.reversed_entry_id, entry)
        self.assertEqual(self._balance("2026-02-28"), 16.13)
        self.assertEqual(self._balance("2026-03-01"), 0)

    def test_what_is_billed_is_not_accrued(self):
        """Example 1: 12.51 billed on 15 February; the rest of the month is 3.62."""
        self._bill("2026-02-15")
        self.assertEqual(self._wizard().total, 3.62)
        # a document of March was not there in February
        with freeze_time("2026-03-05"):
            self._bill("2026-03-05")
        self.assertEqual(self._wizard().total, 3.62)

    def test_what_was_waived_is_not_accrued_again(self):
        charge = self._bill("2026-02-15")
        with freeze_time("2026-02-16"):
            self.env["ar.charge.waiver"]._propose(
                charge,
                52.51,
                self.env.ref("ar_collections.ar_charge_waiver_reason_goodwill"),
            )
        self.assertEqual(self._wizard().total, 3.62)

    def test_with_lump_sums(self):
        self.assertEqual(self._wizard(has_costs=True).total, 56.13)

    def test_policies_that_only_accrue(self):
        self.policy.charge_mode = "accrue"
        self.assertEqual(self._wizard().total, 16.13)
        self.policy.charge_mode = "announce"
        wizard = self._wizard()
        self.assertEqual(wizard.total, 0)
        with self.assertRaisesRegex(UserError, "Nothing is owed"):
            wizard.action_accrue()

    def test_twice_is_refused(self):
        entry, _reversal = self._accrue()
        wizard = self._wizard()
        self.assertEqual(wizard.former_id, entry)
        with self.assertRaisesRegex(UserError, f"{entry.name}.*already"):
            wizard.action_accrue()
        # another month is no second time
        self._accrue("2026-01-31")
        self.assertEqual(self._balance("2026-01-31"), 8.34)

    def test_replaced_and_to_be_seen(self):
        former = self._accrue()
        self._pay(self.invoice, 400, date="2026-01-31")
        moves = self._accrue(is_replaced=True)
        self.assertEqual(set(former.mapped("state")), {"cancel"})
        self.assertIn("accrued anew", former[0].message_ids[0].body)
        # 8.3425 + 600 × 10.15 % × 28 ÷ 365 = 4.6718
        self.assertEqual(self._balance("2026-02-28"), 13.01)
        self.assertEqual(set(moves.mapped("state")), {"posted"})

    def test_reversal_of_a_day_to_come_waits(self):
        _entry, reversal = self._accrue("2026-02-28", reversal_date="2026-03-31")
        self.assertEqual(reversal.state, "draft")
        self.assertEqual(reversal.auto_post, "at_date")

    def test_locked_period(self):
        self.company.sudo().fiscalyear_lock_date = "2026-02-28"
        with self.assertRaisesRegex(UserError, "locked"):
            self._accrue()
        self.assertFalse(self._balance("2026-12-31"))

    def test_foreign_currency_at_the_rate_of_the_day(self):
        """USD 1,000 bear USD 16.13; 1.25 to the euro: 12.90."""
        usd = self.setup_other_currency("USD", rates=[("2025-01-01", 1.25)])
        self._create_invoice_due("2026-01-01", 1000, currency_id=usd.id)
        wizard = self._wizard()
        self.assertEqual(wizard.total, 29.03)
        wizard.action_accrue()
        line = self.env["account.move.line"].search(
            [("account_id", "=", self.account.id), ("currency_id", "=", usd.id)],
            order="date",
            limit=1,
        )
        self.assertEqual((line.amount_currency, line.balance), (16.13, 12.9))

    def test_missing_rate_is_told(self):
        self.terms.reference_rate_id.value_ids.filtered(
            lambda value: value.date_from > date(2025, 1, 1)
        ).unlink()
        self.terms.reference_rate_id.known_until = "2025-12-31"
        wizard = self._wizard()
        self.assertIn("ECB main", wizard.problem)
        with self.assertRaisesRegex(UserError, "ECB main"):
            wizard.action_accrue()

    def test_last_month_is_proposed_and_shown(self):
        self.company.sudo().ar_accrual_account_id = self.account
        with Form(self.env["ar.charge.accrual.create"]) as form:
            self.assertEqual(form.date, date(2026, 2, 28))
            self.assertEqual(form.reversal_date, date(2026, 3, 1))
            self.assertEqual(form.total, 16.13)
            self.assertEqual(form.account_id, self.account)

    def test_who_may(self):
        collector = new_test_user(
            self.env, "accrual_collector", "ar_collections.ar_collections_group_user"
        )
        with self.assertRaises(AccessError):
            self._wizard(user=collector)
        wizard = self._wizard()
        with self.assertRaises(AccessError):
            wizard.with_user(collector).action_accrue()

    def test_books_of_a_company_that_is_not_ones_own(self):
        """The figures are read with full rights: who may see them is checked before."""
        other = self.setup_other_company()["company"]
        manager = new_test_user(
            self.env,
            "accrual_manager",
            "ar_collections.ar_collections_group_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        mine = self._wizard(user=manager, company_id=other.id, account_id=False)
        self.assertFalse(mine.total)
        foreign = self._wizard().with_user(manager).with_company(other)
        for call in (foreign.action_accrue, foreign._get_amounts):
            with self.assertRaises(AccessError):
                call()

    def test_two_companies(self):
        other = self.setup_other_company()["company"]
        self._accrue()
        wizard = self.env["ar.charge.accrual.create"].create(
            {"date": "2026-02-28", "company_id": other.id}
        )
        self.assertFalse(wizard.former_id)
        self.assertEqual(wizard.total, 0)
