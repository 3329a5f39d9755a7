from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .common import ArCollectionsCommon


@tagged("post_install", "-at_install")
class TestPolicyAdvice(ArCollectionsCommon):
    """A policy says what somebody probably did not mean by it."""

    def test_ready_policies_need_no_advice(self):
        ready = self.env["ar.policy"].with_context(active_test=False)
        ready = ready.search([("is_ready", "=", True)])
        self.assertTrue(ready)
        self.assertEqual(ready.mapped("advice"), [False] * len(ready))

    def test_more_days_to_pay_than_until_the_next_step(self):
        self.assertFalse(self.policy.advice)
        # 12 days from the first to the second reminder
        self.first.deadline_days = 12
        self.assertIn(self.first.name, self.policy.advice)
        self.assertIn("12 days to pay", self.policy.advice)
        self.assertIn("waits until the time to pay is over", self.policy.advice)
        self.second.min_interval_days = 13
        self.assertFalse(self.policy.advice)

    def test_counted_from_the_previous_notice(self):
        self.second.write(
            {
                "delay_basis": "previous_notice",
                "delay_days": 5,
                "min_interval_days": 3,
            }
        )
        self.first.deadline_days = 7
        self.assertIn("may follow after 5", self.policy.advice)

    def test_no_level_at_all(self):
        policy = self.env["ar.policy"].create({"name": "Empty"})
        self.assertIn("no level", policy.advice)

    def test_first_reminder_follows_no_notice(self):
        self.first.write({"delay_basis": "previous_notice", "delay_days": 3})
        # it follows the note
        self.assertFalse(self.policy.advice)
        self.upcoming.unlink()
        self.assertIn("no previous notice", self.policy.advice)
        self.assertIn("3 days from the due date", self.policy.advice)

    def test_item_of_a_policy_without_levels_says_so(self):
        invoice = self._create_invoice_due("2026-03-10", 1000)
        invoice.ar_policy_id = self.env["ar.policy"].create({"name": "Empty"})
        skip = self._preview().skip_ids
        self.assertEqual(skip.reason, "finished")
        self.assertIn("no level", skip.explanation)
        self.assertNotIn("last level", skip.explanation)
        row = self._decide()[self._receivable(invoice)]
        told = self.env["ar.dunning.engine"]._explain_row(row)
        self.assertEqual(told, skip.explanation)

    def test_absurd_days_are_refused(self):
        variant = {"payer_profile": "slow", "deadline_days": 99999999}
        for vals in (
            {"delay_days": 99999999},
            {"delay_days": -3651},
            {"min_interval_days": 3651},
            {"deadline_days": 3651},
            {"variant_ids": [Command.create(variant)]},
        ):
            level = self.upcoming if vals.get("delay_days", 0) < 0 else self.final
            with (
                self.subTest(vals),
                self.assertRaisesRegex(ValidationError, "at most 3650 days"),
                self.env.cr.savepoint(),
            ):
                level.write(vals)
        self.final.delay_days = 3650

    def test_no_deadline_without_words(self):
        self.first.write({"deadline_days": 12, "channel": "none"})
        self.assertFalse(self.policy.advice)

    def test_shown_before_the_policy_is_saved(self):
        with Form(self.policy) as form:
            with form.level_ids.edit(1) as level:
                level.deadline_days = 12
            self.assertIn("12 days to pay", form.advice)

    def test_note_before_the_due_date_gives_no_time_to_pay(self):
        self.upcoming.deadline_days = 30
        self.assertFalse(self.policy.advice)

    def test_days_of_two_kinds_are_not_compared(self):
        """Twelve working days may be sixteen others: nothing is said rather than wrong."""
        self.first.deadline_days = 12
        self.assertTrue(self.policy.advice)
        self.second.day_type = "business"
        self.assertFalse(self.policy.advice)

    # === HEAD OFFICES === #

    def _create_branch(self, office, amount=100, policy=None):
        """A branch that owes something, under a policy of its own; its debtor."""
        branch = self._create_customer("Branch", parent_id=office.id)
        if amount:
            self._create_invoice_due("2026-03-01", amount, branch)
        debtor = self.env["ar.debtor"]._get(branch, self.company)
        debtor.policy_id = policy
        debtor._refresh(self.company, branch.ids)
        self.policy.invalidate_recordset(["advice"])
        return debtor

    def test_branch_that_owes_nothing_is_no_matter(self):
        self.policy.grouping = "head_office"
        other = self.policy.copy({"name": "Other"})
        office = self._create_customer("Head Office")
        self._create_branch(office, amount=0, policy=other)
        self.assertFalse(self.policy.advice)

    def test_branch_of_an_office_under_another_policy_is_no_matter(self):
        self.policy.grouping = "head_office"
        other = self.policy.copy({"name": "Other"})
        third = self.policy.copy({"name": "Third"})
        office = self._create_customer("Head Office")
        self.env["ar.debtor"]._get(office, self.company).policy_id = third
        self._create_branch(office, policy=other)
        self.assertFalse(self.policy.advice)

    def test_office_at_the_top_counts_not_the_one_between(self):
        self.policy.grouping = "head_office"
        other = self.policy.copy({"name": "Other"})
        third = self.policy.copy({"name": "Third"})
        office = self._create_customer("Head Office")
        region = self._create_branch(office, amount=0, policy=third)
        self._create_branch(region.partner_id, policy=other)
        # one is told by its name, several are counted
        self.assertIn("Branch is a branch of", self.policy.advice)
        self._create_branch(office, policy=other)
        self.assertIn("2 branches of head offices", self.policy.advice)

    def test_branch_that_is_left_out_of_its_head_office(self):
        office = self._create_customer("Head Office")
        branch = self._create_customer("Branch", parent_id=office.id)
        self.assertEqual(branch.commercial_partner_id, branch)
        self._create_invoice_due("2026-03-01", 100, branch)
        other = self.policy.copy({"name": "Other"})
        self.policy.grouping = "head_office"
        debtor = self.env["ar.debtor"]._get(branch, self.company)
        debtor._refresh(self.company, branch.ids)
        self.assertFalse(self.policy.advice)
        debtor.policy_id = other
        self.policy.invalidate_recordset(["advice"])
        self.assertIn("Branch", self.policy.advice)
        # the other one writes to the branch itself
        self.assertFalse(other.advice)
