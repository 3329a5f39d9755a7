from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .test_late_charges import LateChargesCommon

DAY = "2026-02-16"


@tagged("post_install", "-at_install")
class TestChargeDiscount(LateChargesCommon):
    """An incentive: 1,000 due on 1 January; 100 less if 900 come by the end of February."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.waivers = cls.env["ar.charge.waiver"]
        cls.reason = cls.env.ref("ar_collections.ar_charge_waiver_reason_early")
        cls.startClassPatcher(freeze_time(DAY))

    def _offer(self, amount=100, pay_by="2026-02-28", invoice=None, user=None):
        wizard = self.env["ar.charge.waiver.create"].with_user(user or self.env.user)
        wizard = wizard.with_context(
            active_model="account.move", active_id=(invoice or self.invoice).id
        ).create({"amount": amount, "reason_id": self.reason.id, "pay_by": pay_by})
        self.assertTrue(wizard.is_discount)
        self.assertTrue(wizard.is_conditional)
        return self.waivers.browse(wizard.action_waive()["res_id"])

    def _settle(self, day):
        cron = self.env.ref("ar_collections.ir_cron_ar_charge_waiver")
        with freeze_time(day), self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()

    def test_paid_in_time_the_rest_is_credited(self):
        offer = self._offer()
        self.assertRecordValues(
            offer, [{"state": "offered", "is_discount": True, "open_amount": 900}]
        )
        mail = self.env["mail.mail"].sudo().search([], order="id desc", limit=1)
        self.assertIn("we give you a discount of", mail.body_html)
        self._pay(self.invoice, 900, date="2026-02-27")
        self._settle("2026-03-01")
        self.assertEqual(offer.state, "done")
        self.assertRecordValues(
            offer.credit_move_id,
            [
                {
                    "move_type": "out_refund",
                    "amount_total": 100,
                    "is_late_charge": False,
                    "reversed_entry_id": self.invoice.id,
                    "state": "posted",
                }
            ],
        )
        self.assertEqual(self.invoice.amount_residual, 0)

    def test_paid_late_it_lapses(self):
        offer = self._offer()
        self._settle("2026-03-01")
        self.assertEqual(offer.state, "withdrawn")
        self._pay(self.invoice, 900, date="2026-03-01")
        self._settle("2026-03-02")
        self.assertEqual(offer.state, "withdrawn")
        self.assertEqual(self.invoice.amount_residual, 100)

    def test_too_little_is_not_enough(self):
        offer = self._offer()
        self._pay(self.invoice, 899.99, date="2026-02-20")
        self._settle("2026-02-21")
        self.assertEqual(offer.state, "offered")
        self.assertEqual(offer.open_amount, 0.01)

    def test_taxes_go_with_it(self):
        """Two rates: the credit note takes of each its share, and is 100 in all."""
        taxes = self.env["account.tax"].create(
            [
                {"name": f"{rate} %", "amount": rate, "type_tax_use": "sale"}
                for rate in (21, 6)
            ]
        )
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_date": "2026-01-01",
                "invoice_line_ids": [
                    Command.create(
                        {"name": "x", "price_unit": price, "tax_ids": [(6, 0, tax.ids)]}
                    )
                    for tax, price in zip(taxes, (333.33, 123.45), strict=True)
                ],
            }
        )
        invoice.action_post()
        offer = self._offer(invoice=invoice)
        self._pay(invoice, invoice.amount_residual - 100, date="2026-02-20")
        self._settle("2026-02-21")
        credit = offer.credit_move_id
        self.assertEqual(credit.amount_total, 100)
        self.assertEqual(credit.line_ids.filtered("tax_line_id").tax_line_id, taxes)
        share = credit.amount_tax / credit.amount_total
        self.assertAlmostEqual(share, invoice.amount_tax / invoice.amount_total, 3)
        self.assertEqual(invoice.amount_residual, 0)

    def test_tax_in_the_price(self):
        tax = self.env["account.tax"].create(
            {
                "name": "21 % in the price",
                "amount": 21,
                "type_tax_use": "sale",
                "price_include_override": "tax_included",
            }
        )
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_date": "2026-01-01",
                "invoice_line_ids": [
                    Command.create(
                        {"name": "x", "price_unit": 121, "tax_ids": [(6, 0, tax.ids)]}
                    )
                ],
            }
        )
        invoice.action_post()
        offer = self._offer(10, invoice=invoice)
        self._pay(invoice, 111, date="2026-02-20")
        self._settle("2026-02-21")
        credit = offer.credit_move_id
        self.assertEqual((credit.amount_total, credit.amount_tax), (10, 1.74))

    def test_without_a_day_it_is_refused(self):
        with self.assertRaisesRegex(UserError, "by when the rest has to be paid"):
            self._offer(pay_by=False)

    def test_more_than_is_open_is_refused(self):
        self._offer(600)
        with self.assertRaisesRegex(UserError, "400"):
            self._offer(500)

    def test_above_the_limit_somebody_else_approves(self):
        self.company.sudo().ar_waiver_limit = 50
        offer = self._offer()
        self.assertEqual(offer.state, "to_approve")
        with self.assertRaisesRegex(UserError, "somebody else"):
            offer.action_approve()

    def test_collector_proposes_manager_approves(self):
        user = new_test_user(
            self.env, "discounter", "ar_collections.ar_collections_group_user"
        )
        user.write({"company_ids": [(4, self.company.id)]})
        user.company_id = self.company
        offer = self._offer(user=user)
        self.assertEqual(offer.state, "to_approve")
        with self.assertRaises(AccessError):
            offer.with_user(user).action_approve()
        offer.action_approve()
        self.assertEqual(offer.state, "offered")

    def test_letter_and_page_say_it(self):
        self._offer()
        notice = self._run_ladder(DAY)
        self.assertIn("we give you a discount of", notice._get_message()["body"])
        self.assertEqual(len(self.invoice._get_ar_waiver_offers()), 1)

    def test_interest_counts_the_discount_from_its_own_day(self):
        offer = self._offer()
        self._pay(self.invoice, 900, date="2026-02-20")
        self._settle("2026-02-21")
        self.assertEqual(offer.credit_move_id.invoice_date, date(2026, 2, 21))
        item = self._receivable(self.invoice)
        result = self.engine._assess(item, date(2026, 3, 31))[item]
        # 1,000 × 10.15 % × 50 ÷ 365 = 13.9041 and 100 × 10.15 % × 1 ÷ 365 = 0.0278
        self.assertEqual(float(result.interest), 13.93)
