from datetime import date
from decimal import Decimal
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import ArCollectionsCommon


class LateChargesCommon(ArCollectionsCommon):
    """A company in EUR that bills 10.15 % a year (ECB 2.15 + 8) and EUR 40."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.engine = cls.env["ar.charge.engine"].sudo()
        cls.eur = cls.env.ref("base.EUR")
        cls.eur.active = True
        cls.company.sudo().currency_id = cls.eur
        cls.terms = cls._create_terms(
            lump_sum_ids=[
                Command.create(
                    {"amount_from": 0.01, "amount": 40, "currency_id": cls.eur.id}
                )
            ]
        )
        cls.policy.write(
            {
                "charge_terms_id": cls.terms.id,
                "charge_mode": "bill",
                "charge_since": "2025-01-01",
            }
        )
        cls.invoice = cls._create_invoice_due("2026-01-01", 1000)

    @classmethod
    def _create_terms(cls, **vals):
        return cls.env["ar.charge.terms"].create(
            {
                "name": "ECB + 8",
                "reference_rate_id": cls.env.ref(
                    "ar_collections.ar_reference_rate_ecb_mro"
                ).id,
                "margin": 8,
                **vals,
            }
        )

    def _bill(self, day, upto=None, partners=None, grow=True):
        """Charge on a day, until that day if no other is given."""
        with freeze_time(day):
            day = date.fromisoformat(day)
            upto = date.fromisoformat(upto) if upto else day
            return self.engine._bill(self.company, upto, day, partners, grow).sudo(
                False
            )

    def _get_lines(self, invoice=None, state=None):
        lines = (invoice or self.invoice).late_charge_line_ids
        return lines.filtered(lambda ln: not state or ln.state == state)

    def _get_net(self, partner=None, currency=None):
        """What the documents of charges come to, less what they gave back."""
        moves = self.env["account.move"].search(
            [
                ("is_late_charge", "=", True),
                ("state", "=", "posted"),
                ("commercial_partner_id", "=", (partner or self.customer).id),
                ("currency_id", "=", (currency or self.eur).id),
            ]
        )
        return sum(moves.mapped("amount_total_in_currency_signed"))


@tagged("post_install", "-at_install")
class TestLateCharges(LateChargesCommon):
    """Billing and its corrections; figures by hand, as FEATURES.md 5.3 has them."""

    def _get_today(self, day):
        with freeze_time(day):
            self.invoice.invalidate_recordset()
            return self.invoice.amount_late_charge, self.invoice.ar_pay_today

    def test_pay_today_leaves_out_what_has_a_document_of_its_own(self):
        charges, total = self._get_today("2026-02-15")
        self.assertGreater(charges, 40)
        self.assertEqual(total, 1000 + charges)
        move = self._bill("2026-02-15")
        self.assertEqual(move.amount_total, charges)
        self.assertEqual(self._get_today("2026-02-15"), (0, 1000))
        # ten days more: 1,000 × 10.15 % × 10 ÷ 365
        self.assertEqual(self._get_today("2026-02-25"), (2.78, 1002.78))

    def test_one_invoice_for_what_is_owed(self):
        """Example 1: 1,000 × 10.15 % × 45 ÷ 365 = 12.5137, and the lump sum of 40."""
        charge = self._bill("2026-02-15")
        self.assertRecordValues(
            charge,
            [
                {
                    "move_type": "out_invoice",
                    "state": "posted",
                    "is_late_charge": True,
                    "partner_id": self.customer.id,
                    "amount_total": 52.51,
                    "amount_tax": 0,
                    "invoice_date": date(2026, 2, 15),
                }
            ],
        )
        self.assertEqual(charge.journal_id.code, "LATE")
        self.assertTrue(charge.name.startswith("LATE/"))
        interest = charge.invoice_line_ids[0].name
        for text in (self.invoice.name, "45 days", "10.15 %", "1,000.00"):
            self.assertIn(text, interest)
        self.assertRecordValues(
            self._get_lines(),
            [
                {
                    "kind": "interest",
                    "date_from": date(2026, 1, 2),
                    "date_to": date(2026, 2, 15),
                    "days": 45,
                    "base_amount": 1000,
                    "rate": 10.15,
                    "amount": 12.51,
                    "amount_exact": 12.513699,
                    "state": "billed",
                    "charge_move_id": charge.id,
                    "terms_id": self.terms.id,
                },
                {
                    "kind": "lump_sum",
                    "date_from": date(2026, 1, 2),
                    "date_to": date(2026, 1, 2),
                    "days": 0,
                    "base_amount": 0,
                    "rate": 0,
                    "amount": 40,
                    "amount_exact": 40,
                    "state": "billed",
                    "charge_move_id": charge.id,
                    "terms_id": self.terms.id,
                },
            ],
        )
        # the overdue invoice is as it was
        self.assertEqual(self.invoice.amount_residual, 1000)

    def test_twice_changes_nothing(self):
        self._bill("2026-02-15")
        self.assertFalse(self._bill("2026-02-15"))
        self.assertFalse(self._bill("2026-02-20", upto="2026-01-31"))

    def test_the_next_time_only_what_came_since(self):
        """90 days are 25.0274: 12.51 were billed, 12.52 are left, not 12.51."""
        self._bill("2026-02-15")
        charge = self._bill("2026-04-01")
        self.assertEqual(charge.amount_total, 12.52)
        line = self._get_lines().filtered(lambda ln: ln.charge_move_id == charge)
        self.assertRecordValues(
            line, [{"date_from": date(2026, 2, 16), "days": 45, "amount": 12.52}]
        )

    def test_backdated_payment_is_corrected_by_a_credit_note(self):
        """Example 22: 8.34 were owed, 12.51 billed: 4.17 go back, the lump sum stays."""
        charge = self._bill("2026-02-15")
        with freeze_time("2026-02-20"):
            self._pay(self.invoice, date="2026-01-31")
        credit = self._bill("2026-02-20", grow=False)
        self.assertRecordValues(
            credit,
            [
                {
                    "move_type": "out_refund",
                    "amount_total": 4.17,
                    "reversed_entry_id": charge.id,
                    "ref": f"Correction of {charge.name}",
                }
            ],
        )
        self.assertAlmostEqual(charge.amount_residual, 48.34)
        self.assertEqual(credit.amount_residual, 0)
        self.assertFalse(self._bill("2026-03-31"))
        states = {(ln.amount, ln.state) for ln in self._get_lines()}
        self.assertEqual(
            states,
            {
                (12.51, "reversed"),
                (-12.51, "reversed"),
                (8.34, "billed"),
                (40.0, "billed"),
            },
        )

    def test_paid_in_time_after_all(self):
        """Nothing was owed: all goes back, the lump sum, too."""
        self._bill("2026-02-15")
        self._pay(self.invoice, date="2026-01-01")
        self.assertEqual(self._bill("2026-02-20", grow=False).amount_total, 52.51)
        self.assertEqual(self._get_net(), 0)
        self.assertFalse(self._bill("2026-02-20"))

    def test_payment_taken_back_charges_again(self):
        self._bill("2026-02-15")
        self._pay(self.invoice, date="2026-01-01")
        self._bill("2026-02-20", grow=False)
        self._receivable(self.invoice).remove_move_reconcile()
        again = self._bill("2026-02-20", upto="2026-02-15")
        self.assertEqual(again.amount_total, 52.51)
        self.assertEqual(self._get_net(), 52.51)

    def test_cancelled_invoice_gives_its_charges_back(self):
        self._bill("2026-02-15")
        self.invoice.button_draft()
        self.assertEqual(self._bill("2026-02-20", grow=False).amount_total, 52.51)
        self.invoice.button_cancel()
        self.assertFalse(self._bill("2026-02-20"))
        self.assertEqual(self._get_net(), 0)

    def test_corrected_rate_is_charged_or_given_back(self):
        """At 4.15 + 8 the 45 days are 14.9794: 2.47 more."""
        self._bill("2026-02-15")
        value = self.terms.reference_rate_id.value_ids.filtered(
            lambda v: v.date_from <= date(2026, 1, 1)
        ).sorted("date_from")[-1]
        value.sudo().rate = 4.15
        self.assertEqual(self._bill("2026-02-20", grow=False).amount_total, 2.47)
        value.sudo().rate = 2.15
        self.assertEqual(self._bill("2026-02-20", grow=False).amount_total, 2.47)
        self.assertAlmostEqual(self._get_net(), 52.51)

    def test_document_that_is_reset_frees_its_lines(self):
        charge = self._bill("2026-02-15")
        charge.button_draft()
        self.assertEqual(set(self._get_lines().mapped("state")), {"reversed"})
        again = self._bill("2026-02-15")
        self.assertEqual(again.amount_total, 52.51)
        # not charged twice by posting it again
        with (
            freeze_time("2026-02-15"),
            self.assertRaisesRegex(UserError, again.name),
            self.cr.savepoint(),
        ):
            charge.action_post()
        again.button_cancel()
        with freeze_time("2026-02-15"):
            charge.action_post()
        self.assertEqual(set(charge.charged_line_ids.mapped("state")), {"billed"})
        self.assertFalse(self._bill("2026-02-15"))
        self.assertAlmostEqual(self._get_net(), 52.51)

    def test_document_that_a_person_changed_is_not_posted(self):
        charge = self._bill("2026-02-15")
        charge.button_draft()
        charge.invoice_line_ids[0].price_unit = 20
        with self.assertRaisesRegex(UserError, "52.51.*60.00"):
            charge.action_post()

    def test_charges_bear_no_interest(self):
        charge = self._bill("2026-02-15")
        charge.invoice_date_due = "2026-02-16"
        items = self._receivable(charge)
        self.assertEqual(self.engine._assess(items, date(2026, 6, 30)), {})
        self._pay(self.invoice, date="2026-02-15")
        self.assertFalse(self._bill("2026-06-30"))

    def test_minimum_is_carried_not_lost(self):
        self.terms.lump_sum_ids.unlink()
        self.terms.min_amount = 20
        self.assertFalse(self._bill("2026-02-15"))
        # 90 days: 25.0274
        self.assertEqual(self._bill("2026-04-01").amount_total, 25.03)

    def test_one_document_for_all_invoices_rounded_once(self):
        """Example 7: 7.51 on the total, 7.50 if rounded invoice by invoice."""
        self._pay(self.invoice, date="2026-01-01")
        for amount in (100, 200, 300):
            self._create_invoice_due("2026-01-01", amount)
        charge = self._bill("2026-02-15")
        self.assertEqual(len(charge), 1)
        self.assertAlmostEqual(charge.amount_total, 127.51)
        self.assertEqual(len(charge.invoice_line_ids), 6)

    def test_invoice_of_a_contact_is_charged_to_the_invoice_address(self):
        child = self._create_customer(
            "Branch", parent_id=self.customer.id, is_company=False
        )
        address = self._create_customer(
            "Accounts Payable",
            parent_id=self.customer.id,
            is_company=False,
            type="invoice",
        )
        self._pay(self.invoice, date="2026-01-01")
        self._create_invoice_due("2026-01-01", 1000, partner=child)
        self.assertEqual(self._bill("2026-02-15").partner_id, address)

    def test_modes_and_dates_of_the_policy(self):
        item = self._receivable(self.invoice)

        def reason():
            day = date(2026, 2, 15)
            scope = self.engine._get_scope(self.company, day, day)
            return scope[1].get(item)

        self.assertIsNone(reason())
        self.policy.charge_mode = "accrue"
        self.assertEqual(reason(), "mode")
        self.policy.charge_mode = "bill"
        self.policy.charge_since = "2026-01-02"
        self.assertEqual(self._bill("2026-02-15"), self.env["account.move"])
        self.policy.charge_since = "2026-01-01"
        self.invoice.no_followup = True
        self.assertEqual(reason(), "blocked")
        self.invoice.no_followup = False
        self.customer.ar_customer_kind = "consumer"
        self.assertEqual(reason(), "terms")

    def test_level_has_its_own_mode(self):
        self.first.charge_mode = "announce"
        self.policy.charge_since = "2026-01-01"
        self._run_ladder("2026-01-10")
        item = self._receivable(self.invoice)
        self.assertEqual(item.ar_level_id, self.first)
        self.assertFalse(self._bill("2026-02-15"))
        self.first.charge_mode = False
        self.assertTrue(self._bill("2026-02-15"))

    def test_a_policy_that_begins_to_charge_does_not_look_back(self):
        policy = self.policy.copy({"charge_mode": "none", "charge_since": False})
        policy.charge_mode = "bill"
        self.assertEqual(policy.charge_since, date(2026, 3, 31))

    def test_what_was_billed_stays_when_the_policy_stops(self):
        self._bill("2026-02-15")
        self.policy.charge_mode = "none"
        self.assertFalse(self._bill("2026-03-31"))
        self._pay(self.invoice, date="2026-01-31")
        self.assertEqual(self._bill("2026-03-31").amount_total, 4.17)

    def test_new_terms_do_not_change_what_was_charged(self):
        self._bill("2026-02-15")
        self.policy.charge_terms_id = self._create_terms(name="Other", margin=20)
        # still 10.15 %: 90 days are 25.03, less 12.51
        self.assertEqual(self._bill("2026-04-01").amount_total, 12.52)

    def test_customer_who_turns_out_to_be_a_consumer(self):
        self._bill("2026-02-15")
        self.customer.ar_customer_kind = "consumer"
        self.assertEqual(self._bill("2026-02-20", grow=False).amount_total, 52.51)

    def test_locked_period(self):
        self.company.sudo().sale_lock_date = "2026-02-28"
        charge = self._bill("2026-03-05", upto="2026-02-15")
        self.assertEqual(charge.invoice_date, date(2026, 3, 5))
        with freeze_time("2026-03-05"):
            late = self.engine._bill(self.company, date(2026, 2, 20), date(2026, 2, 20))
        self.assertEqual((late.invoice_date, late.date), (date(2026, 3, 1),) * 2)
        self.assertIn("locked", late.message_ids[0].body)

    def test_payment_of_the_charges_stops_what_runs_on_by_the_order_of_law(self):
        """Costs and interest first: 1,000 on 15 February leave 52.51 of the principal."""
        self.terms.payment_order = "cost_interest_principal"
        charge = self._bill("2026-02-15")
        self._pay(self.invoice, date="2026-02-15")
        self._pay(charge, date="2026-03-01")
        item = self._receivable(self.invoice)
        result = self.engine._assess(item, date(2026, 3, 31))[item]
        # 52.51 × 10.15 % × 14 ÷ 365 = 0.2044: 12.7181 in all, and 12.51 are paid
        self.assertEqual(result.interest, Decimal("12.72"))
        self.assertEqual(result.total_open, Decimal("0.21"))

    # === FEES === #

    def _set_fee(self, **vals):
        self.first.fee_ids = [
            Command.create({"currency_id": self.eur.id, "amount": 5, **vals})
        ]
        self.terms.lump_sum_ids.unlink()

    def test_fee_of_a_letter(self):
        self._set_fee()
        notice = self._run_ladder("2026-01-10")
        # a fee that is raised later does not change what was claimed
        self.first.fee_ids.amount = 50
        charge = self._bill("2026-02-15")
        self.assertEqual(charge.amount_total, 17.51)
        fee = self._get_lines().filtered(lambda ln: ln.kind == "fee")
        self.assertEqual((fee.amount, fee.notice_id), (5, notice))

    def test_fee_in_percent_with_a_limit(self):
        self._set_fee(amount=0, percent=2, amount_max=15)
        self._run_ladder("2026-01-10")
        self.assertEqual(self._bill("2026-02-15").amount_total, 27.51)

    def test_no_fee_in_another_currency_nor_for_consumers(self):
        self._set_fee(currency_id=self.env.ref("base.USD").id)
        self._run_ladder("2026-01-10")
        self.assertEqual(self._bill("2026-02-15").amount_total, 12.51)
        buyer = self._create_customer("Buyer", ar_customer_kind="consumer")
        consumer = self._create_terms(customer_kind="consumer")
        self.terms.consumer_terms_id = consumer
        self._set_fee()
        self._create_invoice_due("2026-01-01", 1000, partner=buyer)
        self._run_ladder("2026-01-20")
        bill = self._bill("2026-02-15", partners=buyer)
        self.assertEqual(bill.amount_total, 12.51)
        consumer.is_fee_allowed = True
        other = self._create_customer("Other", ar_customer_kind="consumer")
        self._create_invoice_due("2026-01-15", 1000, partner=other)
        self._run_ladder("2026-02-01")
        self._bill("2026-02-15", partners=other)
        fees = self.env["ar.late.charge.line"].search(
            [("kind", "=", "fee"), ("debtor_id.partner_id", "=", other.id)]
        )
        self.assertEqual(fees.mapped("amount"), [5])
        # they are not allowed after all
        consumer.is_fee_allowed = False
        self.assertEqual(self._bill("2026-02-15", partners=other).amount_total, 5)
        self.assertEqual(fees.state, "reversed")

    def test_number_of_fees_is_limited(self):
        self._set_fee()
        self.second.fee_ids = [
            Command.create({"currency_id": self.eur.id, "amount": 5})
        ]
        self.terms.max_fees = 1
        self._run_ladder("2026-01-10")
        self._run_ladder("2026-02-10")
        self.assertEqual(self._receivable(self.invoice).ar_level_id, self.second)
        self.assertEqual(self._bill("2026-02-15").amount_total, 17.51)

    def test_collection_costs_are_claimed_once(self):
        self.terms.cost_band_ids = [Command.create({"percent": 15})]
        self.terms.lump_sum_ids.unlink()
        (self.first + self.second).has_collection_costs = True
        first = self._run_ladder("2026-01-10")
        self.assertEqual(first.line_ids.cost_amount, 150)
        second = self._run_ladder("2026-02-10")
        self.assertEqual(second.level_id, self.second)
        self.assertFalse(second.line_ids.cost_amount)
        self.assertEqual(self._bill("2026-02-15").amount_total, 162.51)

    def test_fees_of_many_letters_cost_no_more_queries(self):
        self._set_fee()
        self.first.has_collection_costs = True
        self.terms.cost_band_ids = [Command.create({"percent": 15})]

        def count(number):
            for i in range(number):
                partner = self._create_customer(f"{number} {i}")
                self._create_invoice_due("2026-01-01", 1000, partner=partner)
            with freeze_time("2026-01-10"):
                notices = self._preview("2026-01-10").notice_ids.sudo()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            notices.browse(notices.ids)._set_fees()
            self.env.flush_all()
            used = self.env.cr.sql_log_count - before
            self.assertEqual(len(notices.filtered("line_ids.fee_amount")), len(notices))
            return used

        count(1)
        self.assertLessEqual(count(12), count(2))

    # === WIZARD === #

    def test_preview_tells_what_would_be_billed_and_bills_it(self):
        other = self._create_customer("Consumer", ar_customer_kind="consumer")
        self._create_invoice_due("2026-01-01", 500, partner=other)
        with freeze_time("2026-02-15"):
            wizard = self.env["ar.late.charge.bill"].create({})
            wizard.action_preview()
            self.assertEqual(
                {(ln.partner_id, ln.amount, ln.state) for ln in wizard.line_ids},
                {(self.customer, 52.51, "bill"), (other, 0, "terms")},
            )
            self.assertFalse(self._get_lines())
            action = wizard.action_bill()
            self.assertEqual(
                self.env["account.move"].search(action["domain"]).amount_total, 52.51
            )
            with self.assertRaisesRegex(UserError, "nothing to bill"):
                wizard.action_bill()
            wizard.date_upto = "2026-02-16"
            with self.assertRaisesRegex(UserError, "until today"):
                wizard.action_preview()

    def test_some_policies_only(self):
        other = self._create_customer("Other")
        self._create_invoice_due("2026-01-01", 500, partner=other)
        policy = self.policy.copy({"name": "Other", "charge_since": "2025-01-01"})
        self.env["ar.debtor"]._get(other, self.company).policy_id = policy
        self.env["ar.debtor"]._refresh(self.company)
        with freeze_time("2026-02-15"):
            for chosen, expected in ((policy, other), (self.policy, self.customer)):
                wizard = self.env["ar.late.charge.bill"].create(
                    {"policy_ids": [Command.set(chosen.ids)]}
                )
                wizard.action_preview()
                self.assertEqual(wizard.line_ids.partner_id, expected)

    def test_the_journal_is_looked_up_once(self):
        for number in range(3):
            partner = self._create_customer(f"Other {number}")
            self._create_invoice_due("2026-01-01", 1000, partner=partner)
        model = type(self.company)
        with patch.object(
            model, "_get_ar_charge_journal", autospec=True,
            side_effect=model._get_ar_charge_journal,
        ) as lookup:  # fmt: skip
            charges = self._bill("2026-02-15")
        self.assertEqual(len(charges), 4)
        lookup.assert_called_once()

    def test_charging_is_for_credit_managers(self):
        user = new_test_user(
            self.env,
            "mere_collector",
            "ar_collections.ar_collections_group_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        wizard = self.env["ar.late.charge.bill"].create({})
        with self.assertRaises(AccessError):
            wizard.with_user(user).action_bill()

    def test_every_night_corrects_what_was_billed(self):
        self._bill("2026-02-15")
        self._pay(self.invoice, date="2026-01-31")
        with self.enter_registry_test_mode():
            cron = self.env.ref("ar_collections.ir_cron_ar_charge_correct").sudo()
            cron.method_direct_trigger()
        self.assertAlmostEqual(self._get_net(), 48.34)

    def test_a_correction_that_fails_stops_no_other(self):
        other = self._create_customer("Other")
        late = self._create_invoice_due("2026-01-01", 1000, partner=other)
        self._bill("2026-02-15")
        self._pay(self.invoice, date="2026-01-31")
        self._pay(late, date="2026-01-31")
        make = type(self.engine)._make_document

        def fail(engine, plan, date):
            if plan.partner == self.customer:
                raise ValueError("something")
            return make(engine, plan, date)

        with (
            patch.object(type(self.engine), "_make_document", fail),
            mute_logger("odoo.addons.ar_collections.models.ar_retry_mixin"),
            self.enter_registry_test_mode(),
        ):
            cron = self.env.ref("ar_collections.ir_cron_ar_charge_correct").sudo()
            cron.method_direct_trigger()
        self.assertAlmostEqual(self._get_net(), 52.51)
        self.assertAlmostEqual(self._get_net(other), 48.34)

    # === RIGHTS === #

    def test_only_our_methods_write_charges(self):
        self._bill("2026-02-15")
        line = self._get_lines()[:1]
        user = new_test_user(
            self.env,
            "collector",
            "ar_collections.ar_collections_group_manager",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        mine = line.with_user(user)
        self.assertTrue(mine.read(["amount"]))
        with self.assertRaises(AccessError):
            mine.write({"amount": 0})
        with self.assertRaises(AccessError):
            mine.unlink()
        with self.assertRaises(AccessError):
            mine.create({"kind": "fee"})
        nobody = new_test_user(self.env, "seller", "base.group_user")
        with self.assertRaises(AccessError):
            line.with_user(nobody).read(["amount"])
        with self.assertRaises(UserError):
            self.invoice.with_user(self.env.user).is_late_charge = True
        with self.assertRaises(UserError):
            self.env["account.move"].with_context(default_is_late_charge=True).create(
                {"move_type": "out_invoice", "partner_id": self.customer.id}
            )
