from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import TODAY, ArCollectionsCommon

FIRST = fields.Date.to_date("2026-02-01")


@tagged("post_install", "-at_install")
class TestPolicyReplay(ArCollectionsCommon):
    """A policy is tried on the past before it meets a customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.engine = cls.env["ar.policy.replay.engine"]
        cls.other = cls._create_customer("Part Payer Ltd")
        # climbs all the way and never pays
        cls._create_invoice_due("2026-01-25", 1000)
        cls._create_invoice_due("2026-02-20", 300)
        # pays two days after the first reminder
        cls.prompt = cls._create_invoice_due("2026-02-05", 500, cls.other)
        cls._create_invoice_due("2026-03-05", 800, cls.other)
        cls.days = [FIRST + timedelta(days=i) for i in range(58)]

    def _live(self):
        """The ladder as it really ran, night by night, with a payment in between."""
        with self.trap_contacts():
            for day in self.days:
                if str(day) == "2026-02-10":
                    with freeze_time(day):
                        self._pay(self.prompt)
                self._run_ladder(str(day))

    def _key(self, contact):
        return (
            contact["date"],
            contact["partner_id"],
            contact["level_id"],
            round(contact["amount"], 2),
            tuple(sorted(contact["item_ids"] or [])),
        )

    def test_same_policy_on_the_same_past_gives_what_was_really_sent(self):
        self._live()
        real = self.engine._get_real(self.company, self.days[0], self.days[-1])
        replayed = self.engine._replay(self.company, self.days)
        self.assertGreater(len(real), 5)
        self.assertEqual(
            [self._key(contact) for contact in replayed],
            [self._key(contact) for contact in real],
        )
        forced = self.engine._replay(self.company, self.days, self.policy)
        self.assertEqual(
            [self._key(contact) for contact in forced],
            [self._key(contact) for contact in real],
        )

    def test_replay_goes_on_from_what_was_sent_before_its_first_day(self):
        self._live()
        half = self.days[20:]
        real = self.engine._get_real(self.company, half[0], half[-1])
        self.assertEqual(
            [self._key(c) for c in self.engine._replay(self.company, half)],
            [self._key(c) for c in real],
        )

    def test_contact_without_need_is_one_whose_items_are_paid_in_three_days(self):
        self._live()
        replayed = self.engine._replay(self.company, self.days)
        needless = [c for c in replayed if c["is_needless"]]
        # the reminder of 8 February; paid on the 10th
        self.assertEqual(
            [(str(c["date"]), c["partner_id"]) for c in needless],
            [("2026-02-08", self.other.id)],
        )

    def test_replay_writes_nothing(self):
        models = ("run", "notice", "notice.line", "skip")
        count = lambda: [  # noqa: E731
            self.env[f"ar.dunning.{model}"].search_count([]) for model in models
        ]
        before = count()
        self.assertTrue(self.engine._replay(self.company, self.days))
        self.assertEqual(count(), before)

    def test_other_policy_sends_other_letters(self):
        gentle = self.policy.copy({"name": "Gentle", "active": False})
        gentle.level_ids.sorted("sequence")[1:].unlink()
        replayed = self.engine._replay(self.company, self.days, gentle)
        self.assertEqual(
            {contact["level_id"] for contact in replayed}, set(gentle.level_ids.ids)
        )

    def test_queries_do_not_grow_with_the_ledger(self):
        days = self.days[:5]
        self.engine._replay(self.company, days)
        counts = []
        for _round in range(2):
            start = self.env.cr.sql_log_count
            self.engine._replay(self.company, days)
            counts.append(self.env.cr.sql_log_count - start)
            for number in range(5):
                customer = self._create_customer(f"More {number} Ltd")
                self._create_invoice_due("2026-01-20", 100, customer)
            self.env.flush_all()
            self.env.invalidate_all()
            self.engine._replay(self.company, days[:1])
        self.assertEqual(counts[0], counts[1])

    def test_wizard_shows_both_sides_by_level(self):
        self._live()
        wizard = self.env["ar.policy.replay"].create(
            {"mode": "past", "months": 3, "company_id": self.company.id}
        )
        wizard.action_show()
        self.assertEqual(set(wizard.contact_ids.mapped("side")), {"a_policy", "c_real"})
        self.assertIn("First reminder", wizard.summary)
        self.assertIn("What really happened", wizard.summary)
        groups = dict(
            self.env["ar.policy.replay.contact"]._read_group(
                [("replay_id", "=", wizard.id)], ["side"], ["needless:sum"]
            )
        )
        self.assertEqual(groups["c_real"], 1)

    def test_simulation_of_today_is_what_a_run_would_do(self):
        wizard = self.env["ar.policy.replay"].create({"company_id": self.company.id})
        wizard.action_show()
        run = self._preview(TODAY)
        self.assertEqual(len(wizard.contact_ids), len(run.notice_ids))
        self.assertEqual(
            sorted(wizard.contact_ids.mapped("amount")),
            sorted(run.notice_ids.mapped("amount_due")),
        )

    def test_unsaved_changes_show_what_they_would_do_and_are_not_kept(self):
        before = self.policy.version
        outcome = self.policy.preview_changes(
            self.policy.id, {"level_ids": [(1, self.second.id, {"delay_days": 20})]}
        )
        self.assertEqual(self.second.delay_days, 15)
        self.assertEqual(self.policy.version, before)
        self.assertEqual(len(outcome["before"]), 4)
        # the invoices were never dunned: both are at the first reminder
        self.assertEqual([row[1] for row in outcome["before"]], [0, 2, 0, 0])
        none = {"level_ids": [(1, self.first.id, {"min_amount": 1e6})]}
        outcome = self.policy.preview_changes(self.policy.id, none)
        self.assertEqual([row[1] for row in outcome["after"]], [0, 0, 0, 0])

    def test_collector_may_neither_replay_nor_preview_changes(self):
        collector = new_test_user(
            self.env,
            "collector-replay",
            "ar_collections.ar_collections_group_user",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        replay = self.env["ar.policy.replay"].with_user(collector)
        with self.assertRaises(AccessError):
            replay.create({"company_id": self.company.id})
        with self.assertRaises(AccessError):
            self.env["ar.policy"].with_user(collector).preview_changes(
                self.policy.id, {"automatic": True}
            )
