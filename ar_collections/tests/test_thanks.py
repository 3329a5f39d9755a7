from datetime import date
from unittest.mock import patch

from freezegun import freeze_time

from odoo import SUPERUSER_ID, Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ArCollectionsCommon


@tagged("post_install", "-at_install")
class TestThanks(ArCollectionsCommon):
    """Who paid after a reminder is thanked, once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.write(
            {
                "sends_thanks": True,
                "thanks_template_id": cls.env.ref(
                    "ar_collections.mail_template_ar_thanks"
                ).id,
            }
        )
        cls.invoice = cls._create_invoice_due("2026-03-20", 1000)

    def _thank(self, day):
        """Subjects of the thanks that go out on a day."""
        # the scheduled action's user
        notices = self.env(user=SUPERUSER_ID)["ar.dunning.notice"]
        before = self.env["mail.mail"].sudo().search([])
        with freeze_time(day):
            self.env.cr.flush()
            paid = notices._get_paid_lines(self.company, date.fromisoformat(day))
            notices._thank(paid)
        return (self.env["mail.mail"].sudo().search([]) - before).mapped("subject")

    def _remind_and_pay(self, amount=1000):
        self._run_ladder("2026-03-23")
        self._pay(self.invoice, amount, "2026-03-30")
        self.env.cr.flush()
        self.env["ar.debtor"]._refresh(self.company)

    def test_once(self):
        self._remind_and_pay()
        self.assertEqual(len(self._thank("2026-03-31")), 1)
        self.assertFalse(self._thank("2026-04-01"))

    def test_not_without_being_asked_to(self):
        self.policy.sends_thanks = False
        self._remind_and_pay()
        self.assertFalse(self._thank("2026-03-31"))

    def test_not_for_a_part(self):
        self._remind_and_pay(400)
        self.assertFalse(self._thank("2026-03-31"))

    def test_not_while_something_else_is_overdue(self):
        self._create_invoice_due("2026-03-28", 10)
        self._remind_and_pay()
        self.assertFalse(self._thank("2026-03-31"))

    def test_not_without_a_reminder(self):
        self._pay(self.invoice, 1000, "2026-03-30")
        self.assertFalse(self._thank("2026-03-31"))

    def test_not_for_a_credit_note(self):
        self._run_ladder("2026-03-23")
        refund = self._create_invoice_due("2026-03-30", 1000, move_type="out_refund")
        (self._receivable(self.invoice) + self._receivable(refund)).reconcile()
        self.env["ar.debtor"]._refresh(self.company)
        self.assertFalse(self._thank("2026-03-31"))

    def test_not_for_a_write_off(self):
        self._run_ladder("2026-03-23")
        account = self.company_data["default_account_expense"]
        item = self._receivable(self.invoice)
        entry = self.env["account.move"].create(
            {
                "date": "2026-03-30",
                "journal_id": self.company_data["default_journal_misc"].id,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": item.account_id.id,
                            "partner_id": self.customer.id,
                            "credit": 1000,
                        }
                    ),
                    Command.create({"account_id": account.id, "debit": 1000}),
                ],
            }
        )
        entry.action_post()
        (item + entry.line_ids.filtered("credit")).reconcile()
        self.assertTrue(item.reconciled)
        self.env.cr.flush()
        self.env["ar.debtor"]._refresh(self.company)
        self.assertFalse(self._thank("2026-03-31"))

    def test_not_long_after(self):
        self._remind_and_pay()
        self.assertFalse(self._thank("2026-04-20"))

    def test_not_to_who_wants_no_email(self):
        self._remind_and_pay()
        self.customer.ar_no_email = True
        self.assertFalse(self._thank("2026-03-31"))

    def test_hours_are_kept(self):
        self._remind_and_pay()
        self.env["ar.contact.rule"].create(
            {"name": "Evenings", "on_email": True, "hour_from": 18, "hour_to": 20}
        )
        # frozen at midnight
        self.assertFalse(self._thank("2026-03-31"))
        self.env["ar.contact.rule"].search([("name", "=", "Evenings")]).active = False
        self.assertEqual(len(self._thank("2026-03-31")), 1)

    def test_stored_figures_decide_nothing(self):
        """What fell overdue since the last refresh counts: law 1."""
        self._create_invoice_due("2026-03-30", 10)
        self._remind_and_pay()
        debtor = self.env["ar.debtor"]._get(self.customer, self.company)
        debtor.sudo().amount_overdue = 0
        self.assertFalse(self._thank("2026-03-31"))

    def test_one_company_without_sender_stops_no_other(self):
        self._remind_and_pay()
        model = self.env.registry["ar.dunning.notice"]
        companies = self.env["res.company"].search([("parent_id", "=", False)])
        seen = []

        def _get_paid_lines(_notices, company, _date):
            seen.append(company)
            if len(seen) == 1:
                raise ValueError("no sender")
            return []

        with (
            patch.object(model, "_get_paid_lines", _get_paid_lines),
            self.enter_registry_test_mode(),
            mute_logger("odoo.addons.ar_collections.models.ar_retry_mixin"),
        ):
            self.env.ref("ar_collections.ir_cron_ar_thanks").method_direct_trigger()
        self.assertGreater(len(companies), 1)
        self.assertEqual(len(seen), len(companies))
