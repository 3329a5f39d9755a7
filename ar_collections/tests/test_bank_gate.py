from freezegun import freeze_time

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import ArCollectionsCommon


@tagged("post_install", "-at_install")
class TestBankGate(ArCollectionsCommon):
    """Nobody is reminded while nobody knows what was paid."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["account.bank.statement.line"].search([]).move_id.unlink()
        cls.policy.bank_max_age = 5
        cls.invoice = cls._create_invoice_due("2026-03-20", 100)

    def _add_statement_line(self, date, company=None, **vals):
        journal = self.bank_journal
        if company:
            journal = self.env["account.journal"].search(
                [("type", "=", "bank"), ("company_id", "=", company.id)], limit=1
            )
        return self.env["account.bank.statement.line"].create(
            {
                "journal_id": journal.id,
                "date": date,
                "payment_ref": "something else",
                "amount": 1,
                **vals,
            }
        )

    def test_nothing_goes_out_without_any_statement(self):
        self.assertEqual(self._verdict(self.invoice), "bank")

    def test_newest_statement_decides(self):
        # 31 March less five days
        self._add_statement_line("2026-03-25")
        self.assertEqual(self._verdict(self.invoice), "bank")
        self._add_statement_line("2026-03-26")
        self.assertEqual(self._verdict(self.invoice), "dun")
        self.assertEqual(self._verdict(self.invoice, "2026-04-01"), "bank")

    def test_bank_of_another_company_tells_nothing(self):
        other = self.setup_other_company()["company"]
        self._add_statement_line("2026-03-30", other)
        self.assertEqual(self._verdict(self.invoice), "bank")

    def test_bank_of_a_branch_counts(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        journal = self.env["account.journal"].create(
            {
                "name": "Bank of the branch",
                "code": "BB",
                "type": "bank",
                "company_id": branch.id,
                "suspense_account_id": self.bank_journal.suspense_account_id.id,
            }
        )
        self._add_statement_line("2026-03-30", journal_id=journal.id)
        self.assertEqual(self._verdict(self.invoice), "dun")

    def test_from_a_level_on(self):
        self.policy.bank_level_id = self.second
        self.assertEqual(self._verdict(self.invoice), "dun")
        self._add_statement_line("2026-03-19")
        self._run_ladder("2026-03-23")
        self.assertEqual(self._verdict(self.invoice, "2026-04-20"), "bank")

    def test_note_before_the_due_date_and_silent_steps_go_on(self):
        coming = self._create_invoice_due("2026-04-05", 50)
        self.assertEqual(self._verdict(coming), "dun")
        self.first.channel = "none"
        self.assertEqual(self._verdict(self.invoice), "dun")

    def test_policies_that_do_not_ask_are_not_held(self):
        self.policy.bank_max_age = 0
        self.assertEqual(self._verdict(self.invoice), "dun")

    def test_run_and_wizard_say_so_on_top(self):
        run = self._preview()
        self.assertIn("no bank statement", run.bank_note)
        self.assertEqual(run.skip_ids.reason, "bank")
        self.assertIn("newer bank statements", run.skip_ids.explanation)
        wizard = self.env["ar.dunning.run.start"].create(
            {"company_id": self.company.id, "date": "2026-03-31"}
        )
        self.assertIn("no bank statement", wizard.warning)
        run.action_cancel()
        self._add_statement_line("2026-03-30")
        self.assertFalse(self._preview().bank_note)

    def test_looked_at_again_before_sending(self):
        self._add_statement_line("2026-03-30")
        run = self._preview()
        run.action_confirm()
        with freeze_time("2026-04-10"):
            self._deliver()
        self.assertEqual(run.notice_ids.state, "cancel")
        self.assertIn("newer bank statements", run.notice_ids.cancel_reason)

    def test_level_of_another_policy(self):
        other = self.policy.copy()
        with self.assertRaisesRegex(ValidationError, "of its own"):
            self.policy.bank_level_id = other.level_ids[0]
        self.policy.bank_level_id = self.second
        self.assertFalse(self.policy.copy().bank_level_id)

    def test_change_makes_a_version(self):
        version = self.policy.version
        self.policy.bank_max_age = 9
        self.env.flush_all()
        latest = self.env["ar.policy.version"].search(
            [("policy_id", "=", self.policy.id)], limit=1
        )
        self.assertEqual(latest.snapshot["bank_max_age"], 9)
        self.assertGreaterEqual(self.policy.version, version)
