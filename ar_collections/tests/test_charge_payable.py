import re
from datetime import date, timedelta
from fractions import Fraction

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .test_late_charges import LateChargesCommon


@tagged("post_install", "-at_install")
class TestChargePayable(LateChargesCommon):
    """What letters and pages say about charges is what is charged, no more."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.terms.lump_sum_ids.unlink()

    def _announce(self, day="2026-01-31"):
        """The letter of 31 January; its deadline."""
        self.first.announces_charges = True
        notice = self._run_ladder(day)
        self.assertTrue(notice.has_announced_charges)
        return notice.date_deadline

    def _get_text(self, notice):
        return notice._get_message()["body"]

    # === WHAT A LETTER COSTS === #

    def _set_fee(self, level=None, **vals):
        (level or self.first).fee_ids = [
            Command.create({"currency_id": self.eur.id, "amount": 5, **vals})
        ]

    def test_letter_names_its_fee_before_and_after_it_went(self):
        self._set_fee()
        with freeze_time("2026-01-10"):
            run = self._preview("2026-01-10")
            notice = run.notice_ids
            self.assertEqual(notice.amount_fee, 5)
            self.assertFalse(notice.line_ids.fee_amount)
            self.assertIn("we charge a fee of", self._get_text(notice))
            run.action_confirm()
            self._deliver()
        self.assertEqual(notice.state, "sent")
        self.assertEqual(notice.line_ids.fee_amount, 5)
        self.assertIn("we charge a fee of", self._get_text(notice))
        self.first.fee_ids.amount = 50
        self.assertEqual(notice.amount_fee, 5)

    def test_letter_names_collection_costs(self):
        self.terms.cost_band_ids = [Command.create({"percent": 15})]
        self.first.has_collection_costs = True
        notice = self._run_ladder("2026-01-10")
        self.assertEqual(notice.amount_cost, 150)
        self.assertIn("collection costs of", self._get_text(notice))

    def test_no_fee_is_named_nor_charged_where_nothing_is_billed(self):
        self._set_fee()
        self.policy.charge_mode = "announce"
        notice = self._run_ladder("2026-01-10")
        self.assertFalse(notice.line_ids.fee_amount)
        self.assertNotIn("a fee of", self._get_text(notice))

    def test_fees_beyond_their_number_are_not_named(self):
        self._set_fee()
        self._set_fee(self.second)
        self.terms.max_fees = 1
        self._run_ladder("2026-01-10")
        notice = self._run_ladder("2026-02-10")
        self.assertEqual(notice.level_id, self.second)
        self.assertFalse(notice.amount_fee)
        self.assertNotIn("a fee of", self._get_text(notice))

    # === WHAT WAS ANNOUNCED === #

    def test_before_the_deadline_of_an_announcement_nothing_is_billed(self):
        deadline = self._announce()
        self.assertFalse(self._bill(str(deadline)))
        after = deadline + timedelta(days=1)
        self.assertTrue(self._bill(str(after)).amount_total)

    def test_paid_by_the_deadline_is_charged_nothing(self):
        deadline = self._announce()
        self._pay(self.invoice, date=str(deadline))
        self.assertFalse(self._bill("2026-04-01"))

    def test_paid_a_day_after_the_deadline_is_charged_from_the_due_date(self):
        """1,000 × 10.15 % × days from 2 January ÷ 365."""
        day = self._announce() + timedelta(days=1)
        self._pay(self.invoice, date=str(day))
        days = (day - date(2026, 1, 1)).days
        self.assertEqual(
            self._bill("2026-04-01").amount_total,
            self.eur.round(1000 * 0.1015 * days / 365),
        )

    def test_part_paid_by_the_deadline_is_charged(self):
        deadline = self._announce()
        self._pay(self.invoice, 400, date=str(deadline))
        self.assertTrue(self._bill("2026-04-01").amount_total)

    def test_wizard_says_that_a_letter_gives_time(self):
        deadline = self._announce()
        with freeze_time(deadline):
            wizard = self.env["ar.late.charge.bill"].create({})
            wizard.action_preview()
            self.assertEqual(wizard.line_ids.mapped("state"), ["announced"])

    def test_payment_in_time_that_is_booked_late_gives_all_back(self):
        deadline = self._announce()
        charge = self._bill("2026-03-31")
        self._pay(self.invoice, date=str(deadline))
        credit = self._bill("2026-04-01", grow=False)
        self.assertEqual(credit.amount_total, charge.amount_total)
        self.assertEqual(self._get_net(), 0)
        self.assertFalse(self._bill("2026-04-01"))

    def test_what_was_billed_before_the_announcement_stays(self):
        charge = self._bill("2026-01-20")
        deadline = self._announce()
        self._pay(self.invoice, date=str(deadline))
        self.assertFalse(self._bill("2026-04-01"))
        self.assertEqual(self._get_net(), charge.amount_total)

    def test_nothing_is_announced_on_what_fell_due_before_charging_began(self):
        self.first.announces_charges = True
        self.policy.charge_since = "2026-01-15"
        notice = self._run_ladder("2026-01-31")
        self.assertNotIn("we charge interest", self._get_text(notice))

    def test_ready_level_sends_the_invoice_again_with_the_announcement(self):
        """30 days late: the invoice once more, and what lateness will cost."""
        ready = self.env.ref("ar_collections.ar_dunning_level_ready_standard_final")
        self.assertEqual(ready.delay_days, 30)
        self.assertTrue(ready.attach_invoices)
        self.assertTrue(ready.announces_charges)
        with freeze_time("2026-02-02"):
            policy = ready.policy_id.browse(ready.policy_id.action_use()["res_id"])
            policy.write({"charge_terms_id": self.terms.id, "charge_mode": "announce"})
            policy.level_ids.filtered(lambda lv: lv.delay_days < 30).unlink()
            self.company.ar_policy_id = policy
            notice = self._preview("2026-02-02").notice_ids
            self.assertEqual(notice.level_id.delay_days, 30)
            self.assertIn("we charge interest", self._get_text(notice))

    # === PAY TODAY === #

    def test_letter_says_what_to_pay_today(self):
        """30 days: 1,000 × 10.15 % × 30 ÷ 365 = 8.3425."""
        notice = self._run_ladder("2026-01-31")
        with freeze_time("2026-01-31"):
            self.assertEqual(notice.amount_charge_today, 8.34)
        body = self._get_text(notice)
        self.assertIn("8.34", body)
        self.assertIn("1,008.34", body)

    def test_letter_of_a_policy_that_bills_nothing_says_nothing(self):
        self.policy.charge_mode = "accrue"
        notice = self._run_ladder("2026-01-31")
        self.assertFalse(notice.amount_charge_today)
        self.assertNotIn("Interest for late payment", self._get_text(notice))

    def test_letter_whose_charges_cannot_be_worked_out_leaves_them_unsaid(self):
        rate = self.env.ref("ar_collections.ar_reference_rate_ecb_mro")
        other = rate.copy({"code": "none_yet", "value_ids": False})
        self.terms.reference_rate_id = other
        notice = self._run_ladder("2026-01-31")
        self.assertEqual(notice.state, "sent")
        self.assertFalse(notice.amount_charge_today)

    def test_one_missing_rate_keeps_no_other_from_being_said(self):
        rate = self.env.ref("ar_collections.ar_reference_rate_ecb_mro")
        other = rate.copy({"code": "none_yet", "value_ids": False})
        terms = self._create_terms(name="No rate", reference_rate_id=other.id)
        policy = self.policy.copy({"charge_terms_id": terms.id})
        policy.charge_since = "2025-01-01"
        unknown = self._create_invoice_due("2026-01-01", 1000)
        unknown.ar_policy_id = policy
        items = self._receivable(self.invoice + unknown)
        day = date(2026, 1, 31)
        payable = self.engine._get_payable(items, day)
        self.assertEqual(list(payable), list(self._receivable(self.invoice)))
        problems = {}
        self.engine._assess(items, day, problems=problems)
        self.assertIn(other.name, problems[self._receivable(unknown)])
        with self.assertRaisesRegex(UserError, re.escape(other.name)):
            self.engine._assess(items, day)

    def test_invoice_page_says_what_to_pay_today(self):
        with freeze_time("2026-01-31"):
            self.assertEqual(
                self.invoice._get_ar_pay_today(),
                {
                    "date": date(2026, 1, 31),
                    "open": 1000,
                    "charges": 8.34,
                    "total": 1008.34,
                },
            )
            deadline = self._announce()
            # a letter gives time: nothing is owed for lateness yet
            self.assertFalse(self.invoice._get_ar_pay_today())
        with freeze_time(deadline + timedelta(days=1)):
            self.assertTrue(self.invoice._get_ar_pay_today())

    def test_queries_do_not_grow_with_the_letters(self):
        self._set_fee()

        def count(number):
            for i in range(number):
                partner = self._create_customer(f"{number} {i}")
                self._create_invoice_due("2026-01-01", 1000, partner=partner)
            with freeze_time("2026-01-31"):
                notices = self._preview("2026-01-31").notice_ids.sudo()
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                notices = notices.browse(notices.ids)
                notices.mapped("amount_charge_today")
                notices.mapped("amount_fee")
                self.assertTrue(all(notices.mapped("amount_charge_today")))
                return self.env.cr.sql_log_count - before

        count(1)
        self.assertLessEqual(count(12), count(2))

    # === TOTALS AND BUTTONS === #

    def _get_totals(self, day):
        debtor = self.env["ar.debtor"]._get(self.customer, self.company)
        with freeze_time(day):
            (row,) = debtor._get_charge_totals()[0]
            self.assertIn("Accrued", debtor.charge_totals)
        return {k: v for k, v in row.items() if k != "currency"}

    def test_totals_of_a_debtor(self):
        """8.34 of 30 days are billed, 3.34 waived, 4.17 accrue in 15 days more."""
        charge = self._bill("2026-01-31")
        with freeze_time("2026-01-31"):
            wizard = self.env["ar.charge.waiver.create"].create(
                {
                    "charge_move_id": charge.id,
                    "amount": 3.34,
                    "reason_id": self.env.ref(
                        "ar_collections.ar_charge_waiver_reason_goodwill"
                    ).id,
                }
            )
            wizard.action_waive()
        self.assertEqual(
            self._get_totals("2026-02-15"),
            {
                "open": 1000,
                "accrued": 4.17,
                "billed": 8.34,
                "waived": 3.34,
                "unpaid": 5,
                "pay_today": 1009.17,
            },
        )

    def test_totals_tell_a_missing_rate(self):
        rate = self.env.ref("ar_collections.ar_reference_rate_ecb_mro")
        other = rate.copy({"code": "none_yet", "value_ids": False})
        self.terms.reference_rate_id = other
        debtor = self.env["ar.debtor"]._get(self.customer, self.company)
        with freeze_time("2026-02-15"):
            self.assertIn(other.name, debtor.charge_totals)

    def test_charge_button_opens_the_wizard_for_the_customer(self):
        debtor = self.env["ar.debtor"]._get(self.customer, self.company)
        wizard = self.env["ar.late.charge.bill"].with_context(
            active_model="account.move", active_ids=self.invoice.ids
        )
        self.assertEqual(wizard.create({}).debtor_ids, debtor)

    def test_waive_button_finds_the_last_document_with_something_left(self):
        with self.assertRaisesRegex(UserError, "nothing is left to waive"):
            self.invoice.action_waive_charges()
        self._bill("2026-01-31")
        last = self._bill("2026-02-15")
        action = self.invoice.action_waive_charges()
        self.assertEqual(action["context"]["active_id"], last.id)

    def test_debtor_buttons_show_its_own(self):
        debtor = self.env["ar.debtor"]._get(self.customer, self.company)
        self._bill("2026-01-31")
        action = debtor.action_open_charges()
        found = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(found.debtor_id, debtor)
        action = debtor.action_open_waivers()
        self.assertEqual(action["res_model"], "ar.charge.waiver")

    def test_lesser_user_waives_nothing(self):
        self._bill("2026-01-31")
        user = new_test_user(
            self.env, "payable_reader", "account.group_account_invoice"
        )
        user.write({"company_ids": [(4, self.company.id)]})
        user.company_id = self.company
        action = self.invoice.with_user(user).action_waive_charges()
        with self.assertRaises(AccessError):
            self.env[action["res_model"]].with_user(user).create({})

    def test_figures_are_exact_decimals(self):
        items = self._receivable(self.invoice)
        payable = self.engine._get_payable(items, date(2026, 1, 31))
        self.assertEqual(payable, {items: Fraction(1000 * 1015 * 30, 10000 * 365)})

    # === SETTINGS === #

    def test_settings_choose_journal_account_and_taxes(self):
        journal = self.env["account.journal"].create(
            {"name": "Interest", "code": "INT", "type": "sale"}
        )
        settings = self.env["res.config.settings"].create(
            {"ar_charge_journal_id": journal.id}
        )
        settings.execute()
        self.assertEqual(self._bill("2026-01-31").journal_id, journal)
