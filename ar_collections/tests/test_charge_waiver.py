from datetime import date
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .test_late_charges import LateChargesCommon

MANAGER = "ar_collections.ar_collections_group_manager"
COLLECTOR = "ar_collections.ar_collections_group_user"


@tagged("post_install", "-at_install")
class TestChargeWaiver(LateChargesCommon):
    """1,000 due on 1 January, charged 52.51 on 15 February; what is given up of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.waivers = cls.env["ar.charge.waiver"]
        cls.reason = cls.env.ref("ar_collections.ar_charge_waiver_reason_goodwill")
        cls.manager = new_test_user(cls.env, "waiver_manager", MANAGER)
        cls.second = new_test_user(cls.env, "waiver_second", MANAGER)
        cls.collector = new_test_user(cls.env, "waiver_collector", COLLECTOR)
        for user in (cls.manager, cls.second, cls.collector):
            user.write({"company_ids": [(4, cls.company.id)]})
            user.company_id = cls.company

    def setUp(self):
        super().setUp()
        self.charge = self._bill("2026-02-15")
        self.startPatcher(freeze_time("2026-02-16"))

    def _waive(self, amount, user=None, pay_by=None, charge=None):
        wizard = self.env["ar.charge.waiver.create"].with_user(user or self.manager)
        wizard = wizard.with_context(
            active_model="account.move", active_id=(charge or self.charge).id
        ).create(
            {
                "amount": amount,
                "reason_id": self.reason.id,
                "is_conditional": bool(pay_by),
                "pay_by": pay_by,
            }
        )
        return self.waivers.browse(wizard.action_waive()["res_id"])

    def _settle(self, day):
        """What the night's scheduled action does."""
        cron = self.env.ref("ar_collections.ir_cron_ar_charge_waiver")
        with freeze_time(day), self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()

    # === WITHOUT CONDITION === #

    def test_a_part_is_credited_at_once(self):
        waiver = self._waive(40)
        self.assertRecordValues(
            waiver,
            [
                {
                    "state": "done",
                    "user_id": self.manager.id,
                    "approver_id": self.manager.id,
                    "debtor_id": self.charge.charged_line_ids.debtor_id.id,
                }
            ],
        )
        credit = waiver.credit_move_id
        self.assertRecordValues(
            credit,
            [
                {
                    "move_type": "out_refund",
                    "state": "posted",
                    "amount_total": 40,
                    "reversed_entry_id": self.charge.id,
                    "is_late_charge": True,
                }
            ],
        )
        self.assertEqual(self.charge.amount_residual, 12.51)
        self.assertEqual(sum(credit.charged_line_ids.mapped("amount")), -40)
        self.assertEqual(set(credit.charged_line_ids.mapped("state")), {"waived"})

    def test_what_was_waived_is_not_charged_again(self):
        self._waive(52.51)
        self.assertEqual(self.charge.payment_state, "reversed")
        self.assertFalse(self._bill("2026-02-16", upto="2026-02-15"))
        # one day more: 0.278, in a new document
        self.assertEqual(self._bill("2026-02-17").amount_total, 0.56)

    def test_more_than_is_left_is_refused(self):
        self._waive(40)
        with self.assertRaisesRegex(UserError, "12.51"):
            self._waive(12.52)
        with self.assertRaisesRegex(UserError, "above zero"):
            self._waive(-1)
        self._waive(12.51)

    def test_only_a_posted_document_of_late_charges(self):
        self.charge.button_draft()
        with self.assertRaisesRegex(UserError, "no posted document"):
            self._waive(10)

    def test_a_paid_document_leaves_a_credit(self):
        self._pay(self.charge, date="2026-02-16")
        waiver = self._waive(12.51)
        self.assertEqual(waiver.credit_move_id.amount_residual, 12.51)

    def test_yen_have_no_cents(self):
        jpy = self.setup_other_currency("JPY", rates=[("2025-01-01", 100.0)])
        self._create_invoice_due("2026-01-01", 100000, currency_id=jpy.id)
        charges = self._bill("2026-02-15") - self.charge
        charge = charges.filtered(lambda move: move.currency_id == jpy)
        waiver = self._waive(1000, charge=charge)
        self.assertEqual(
            sum(waiver.credit_move_id.charged_line_ids.mapped("amount")), -1000
        )

    # === VALID IF PAID BY === #

    def test_paid_in_time(self):
        waiver = self._waive(40, pay_by="2026-03-01")
        self.assertEqual(waiver.state, "offered")
        self.assertEqual(waiver.open_amount, 1012.51)
        self.assertEqual(self.charge.amount_residual, 52.51)
        self._pay(self.invoice, date="2026-02-27")
        self._settle("2026-02-28")
        self.assertEqual(waiver.state, "offered", "The rest of the charge is open")
        self._pay(self.charge, 12.51, date="2026-03-01")
        self._settle("2026-03-01")
        self.assertEqual(waiver.state, "done")
        self.assertEqual(self.charge.amount_residual, 0)

    def test_paid_late(self):
        waiver = self._waive(40, pay_by="2026-03-01")
        self._pay(self.invoice, date="2026-03-02")
        self._pay(self.charge, 12.51, date="2026-03-02")
        self._settle("2026-03-01")
        self.assertEqual(waiver.state, "offered")
        self._settle("2026-03-02")
        self.assertEqual(waiver.state, "withdrawn")
        self.assertEqual(self.charge.amount_residual, 40)

    def test_paid_in_time_but_booked_late(self):
        """The bank statement came after the night that withdrew the offer."""
        waiver = self._waive(40, pay_by="2026-03-01")
        self._settle("2026-03-02")
        self.assertEqual(waiver.state, "withdrawn")
        self._pay(self.invoice, date="2026-02-27")
        self._pay(self.charge, 12.51, date="2026-02-27")
        self._settle("2026-03-05")
        self.assertEqual(waiver.state, "done")

    def test_withdrawn_by_hand_stays_so(self):
        waiver = self._waive(40, pay_by="2026-03-01")
        waiver.with_user(self.manager).action_withdraw()
        self._pay(self.invoice, date="2026-02-27")
        self._pay(self.charge, 12.51, date="2026-02-27")
        self._settle("2026-02-28")
        self.assertEqual(waiver.state, "withdrawn")

    def test_a_payment_calls_for_settling(self):
        cron = self.env.ref("ar_collections.ir_cron_ar_charge_waiver")
        triggers = self.env["ir.cron.trigger"].sudo()
        self._pay(self.invoice, 10, date="2026-02-16")
        self.assertFalse(triggers.search_count([("cron_id", "=", cron.id)]))
        self._waive(40, pay_by="2026-03-01")
        self._pay(self.invoice, 10, date="2026-02-16")
        self.assertTrue(triggers.search_count([("cron_id", "=", cron.id)]))

    def test_the_customer_is_told(self):
        mails = self.env["mail.mail"].sudo()
        before = mails.search([])
        self._waive(40, pay_by="2026-03-01")
        mail = mails.search([]) - before
        self.assertEqual(mail.recipient_ids, self.customer)
        for text in (self.charge.name, "1,012.51", "40.00", "March 1, 2026"):
            self.assertIn(text, mail.body_html.replace("\xa0", " "))
        self.assertIn("40.00", mail.subject)
        # given at once, there is nothing to offer
        before = mails.search([])
        self._waive(1)
        self.assertFalse(mails.search([]) - before)

    def test_who_has_no_email_is_told_another_way(self):
        self.charge.partner_id.email = False
        waiver = self._waive(40, pay_by="2026-03-10")
        self.assertEqual(waiver.state, "offered")
        self.assertIn("no e-mail address", waiver.debtor_id.message_ids[0].body)

    def test_one_that_fails_stops_no_other(self):
        other = self._create_customer("Other")
        self._create_invoice_due("2026-01-01", 1000, partner=other)
        second = self._bill("2026-02-15", partners=other)
        failing = self._waive(40, pay_by="2026-03-10")
        kept = self._waive(40, pay_by="2026-03-10", charge=second)
        give_up = type(failing)._tell_debtor

        def refuse(waiver, what):
            if waiver.id == failing.id:
                raise ValueError("something")
            return give_up(waiver, what)

        with (
            patch.object(type(failing), "_tell_debtor", refuse),
            mute_logger("odoo.addons.ar_collections.models.ar_retry_mixin"),
        ):
            self._settle("2026-03-11")
        self.assertEqual((failing.state, kept.state), ("offered", "withdrawn"))

    def test_letter_and_portal_say_it_while_it_holds(self):
        waiver = self._waive(40, pay_by="2026-03-01")
        for move in (self.charge, self.invoice):
            self.assertEqual(move._get_ar_waiver_offers(), waiver)
        with freeze_time("2026-02-20"):
            run = self._preview("2026-02-20")
            notice = run.notice_ids.filtered(lambda n: n.partner_id == self.customer)
            block = str(notice._get_charge_block())
        self.assertIn("Sunday, March 1, 2026", block)
        self.assertIn("1,012.51", block)
        with freeze_time("2026-03-02"):
            self.assertFalse(self.charge._get_ar_waiver_offers())

    def test_the_portal_shows_the_customer_the_offer(self):
        waiver = self._waive(40, pay_by="2026-03-01")
        values = {"offers": waiver}
        html = self.env["ir.qweb"]._render(
            "ar_collections.charge_waiver_offers", values
        )
        self.assertIn(self.charge.name, html)
        self.assertIn("40.00", html)

    def test_offer_for_a_day_gone_by_is_refused(self):
        with self.assertRaisesRegex(UserError, "day to come"):
            self._waive(40, pay_by="2026-02-15")

    # === WHO MAY === #

    def test_a_collector_proposes(self):
        waiver = self._waive(40, user=self.collector)
        self.assertEqual(waiver.state, "to_approve")
        with self.assertRaises(AccessError):
            waiver.with_user(self.collector).action_approve()
        waiver.with_user(self.manager).action_approve()
        self.assertRecordValues(
            waiver,
            [
                {
                    "state": "done",
                    "user_id": self.collector.id,
                    "approver_id": self.manager.id,
                }
            ],
        )

    def test_four_eyes_above_the_limit(self):
        self.company.sudo().ar_waiver_limit = 30
        waiver = self._waive(40)
        self.assertEqual(waiver.state, "to_approve")
        with self.assertRaisesRegex(UserError, "somebody else"):
            waiver.with_user(self.manager).action_approve()
        waiver.with_user(self.second).action_approve()
        self.assertEqual(waiver.state, "done")

    def test_the_limit_is_not_gone_around_in_slices(self):
        self.company.sudo().ar_waiver_limit = 30
        self.assertEqual(self._waive(30).state, "done")
        self.assertEqual(self._waive(1).state, "to_approve")

    def test_refused(self):
        waiver = self._waive(40, user=self.collector)
        waiver.with_user(self.manager).action_refuse()
        self.assertEqual(waiver.state, "refused")
        with self.assertRaisesRegex(UserError, "Refused"):
            waiver.with_user(self.manager).action_approve()
        self._waive(52.51)

    def test_nobody_writes_it_by_hand(self):
        waiver = self._waive(40, user=self.collector)
        for user in (self.collector, self.manager):
            mine = waiver.with_user(user)
            for call in (
                lambda mine=mine: mine.write({"state": "done"}),
                lambda mine=mine: mine.write({"user_id": self.second.id}),
                lambda mine=mine: mine.copy(),
                lambda mine=mine: mine.unlink(),
            ):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    call()
        reader = new_test_user(
            self.env, "waiver_reader", "ar_collections.ar_collections_group_readonly"
        )
        with self.assertRaises(AccessError):
            self.env["ar.charge.waiver.create"].with_user(reader).create(
                {"charge_move_id": self.charge.id, "amount": 1, "reason_id": 1}
            )

    def test_another_company_sees_nothing(self):
        waiver = self._waive(40)
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "waiver_stranger",
            MANAGER,
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        with self.assertRaises(AccessError):
            waiver.with_user(stranger).read(["amount"])
        with self.assertRaises(AccessError):
            self._waive(1, user=stranger)

    def test_it_is_a_deviation(self):
        self._waive(40)
        row = self.env["ar.deviation"].search([("kind", "=", "waived")])
        self.assertRecordValues(
            row,
            [{"user_id": self.manager.id, "amount": 40, "reason": self.reason.name}],
        )

    def test_books_stay_balanced_and_interest_ends_with_the_payment(self):
        waiver = self._waive(40, pay_by="2026-03-01")
        self._pay(self.invoice, date="2026-02-27")
        self._pay(self.charge, 12.51, date="2026-02-27")
        self._settle("2026-02-27")
        moves = self.charge + waiver.credit_move_id
        for move in moves:
            self.assertAlmostEqual(sum(move.line_ids.mapped("balance")), 0)
        # 57 days are 15.85; 12.51 of them are charged already
        self.assertEqual(self._bill("2026-03-15").amount_total, 3.34)
        self.assertEqual(waiver.date_approved.date(), date(2026, 2, 16))


@tagged("post_install", "-at_install")
class TestProofOfDocument(LateChargesCommon):
    """The sheet of a document says what it charged, whatever happened since."""

    def _get_sheet(self, move):
        wizard = self.env["ar.charge.proof.print"].create(
            {"date": "2026-03-31", "move_ids": move.ids}
        )
        (sheet,) = wizard._get_sheets()
        self.assertTrue(wizard.workbook)
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "ar_collections.report_ar_charge_proof", wizard.ids
        )
        return sheet, html.decode()

    def test_invoice(self):
        charge = self._bill("2026-02-15")
        sheet, html = self._get_sheet(charge)
        self.assertEqual(float(sheet["document"].total), charge.amount_total)
        for text in (
            charge.name,
            self.invoice.name,
            "1,000.00 × 10.15 ÷ 100 × 45 ÷ 365",
            "12.513699",
            "2.15 + 8 = 10.15 %",
        ):
            self.assertIn(text, html)
        self.assertNotIn("To pay on", html)

    def test_correction(self):
        """400 were paid on 31 January: 12.51 taken back, 8.34 and 2.51 charged."""
        charge = self._bill("2026-02-15")
        self._pay(self.invoice, 400, date="2026-01-31")
        credit = self._bill("2026-02-20", grow=False)
        sheet, html = self._get_sheet(credit)
        self.assertEqual(float(sheet["document"].total), -credit.amount_total)
        rows = [row for claim in sheet["claims"] for row in claim["proof"].rows]
        parts = sum(row.amount for row in rows)
        parts += sum(claim["result"].cost_total for claim in sheet["claims"])
        self.assertEqual(float(parts), -credit.amount_total)
        self.assertIn("-1,000.00 × 10.15 ÷ 100 × 45 ÷ 365", html)
        # that of the invoice is as it was
        self.assertEqual(float(self._get_sheet(charge)[0]["document"].total), 52.51)

    def test_waiver(self):
        charge = self._bill("2026-02-15")
        with freeze_time("2026-02-16"):
            waiver = self.env["ar.charge.waiver"]._propose(
                charge,
                40,
                self.env.ref("ar_collections.ar_charge_waiver_reason_goodwill"),
            )
        sheet, html = self._get_sheet(waiver.credit_move_id)
        self.assertEqual(float(sheet["document"].total), -40)
        self.assertIn("Waived", html)
