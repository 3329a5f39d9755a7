from datetime import timedelta
from itertools import pairwise
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import TODAY, ArCollectionsCommon

FIRST = fields.Date.to_date("2026-02-01")


class ReplayCommon(ArCollectionsCommon):
    """A past to replay: some customers and how they paid."""

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


@tagged("post_install", "-at_install")
class TestPolicyReplay(ReplayCommon):
    """A policy is tried on the past before it meets a customer."""

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

    def _replay_unplanned(self, policy=None):
        """The same with each day's query made for that day."""
        with patch.object(type(self.engine), "_prepare", lambda *_args: {}):
            return self.engine._replay(self.company, self.days, policy)

    def _vary(self):
        """Everything that changes from day to day: profiles, working days, rates."""
        self.policy.is_workdays_only = True
        self.env["ar.dunning.level.variant"].create(
            {
                "level_id": self.second.id,
                "payer_profile": "chronic",
                "is_skipped": True,
            }
        )
        self.policy.level_ids.min_amount = 100
        rates = [(str(day), 1 + number % 3) for number, day in enumerate(self.days)]
        currency = self.setup_other_currency("CHF", rates=rates[20:])
        for number in range(4):
            late = self._create_customer(f"Chronic {number} Ltd")
            self._create_invoice_due("2025-09-01", 90 + number, late)
            self._create_invoice_due("2026-01-28", 199, late, currency_id=currency.id)
            with freeze_time("2026-02-20"):
                self._pay(self._create_invoice_due("2025-11-01", 80, late))
                self._pay(self._create_invoice_due("2025-12-01", 80, late))

    def test_days_planned_once_are_decided_as_if_each_was_planned(self):
        self._vary()
        planned = self.engine._replay(self.company, self.days)
        self.assertEqual(planned, self._replay_unplanned())
        self.assertGreater(len({c["currency_id"] for c in planned}), 1)
        self.assertEqual(
            self.engine._replay(self.company, self.days, self.policy),
            self._replay_unplanned(self.policy),
        )

    def test_query_that_counts_from_the_day_in_python_is_made_for_each_day(self):
        source = type(self.env["ar.open.item"])
        rebuilt = source._get_rebuilt_sql

        def _get_stale_sql(self, domain, date):
            return rebuilt(self, domain, date - timedelta(days=9))

        with freeze_time("2026-02-07"):
            self._pay(self.prompt)
        plain = self.engine._replay(self.company, self.days)
        with patch.object(source, "_get_rebuilt_sql", _get_stale_sql):
            shifted = self.engine._replay(self.company, self.days)
            self.assertEqual(shifted, self._replay_unplanned())
        # whatever is booked is known nine days later
        self.assertNotEqual(shifted, plain)

    def test_two_policies_walk_together_as_each_alone(self):
        self._vary()
        gentle = self.policy.copy({"name": "Gentle", "active": False})
        gentle.level_ids.sorted("sequence")[2:].unlink()
        policies = [self.policy, gentle, None]
        together, done = self.engine._replay_sides(self.company, self.days, policies)
        self.assertEqual(done, len(self.days))
        for side, policy in enumerate(policies):
            alone = self.engine._replay(self.company, self.days, policy)
            self.assertEqual(
                [self._key(c) for c in together if c["side"] == side],
                [self._key(c) for c in alone],
            )

    def test_each_further_day_costs_the_same_few_queries(self):
        counts = []
        for number in (1, 6, 11, 16, 21):
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            self.engine._replay(self.company, self.days[:number])
            counts.append(self.env.cr.sql_log_count - start)
        # the newest rate, the payer profiles and the decision; the first round warms up
        more = [late - early for early, late in pairwise(counts[1:])]
        self.assertEqual(more, [15, 15, 15])

    def test_failed_replay_leaves_nothing_that_the_next_one_trips_over(self):
        with (
            patch.object(type(self.engine), "_finish", side_effect=UserError("No")),
            patch.object(type(self.engine), "_forget_statements", lambda _self: None),
            self.assertRaises(UserError),
        ):
            self.engine._replay(self.company, self.days[:2])
        self.assertTrue(self.engine._replay(self.company, self.days))

    def test_foreign_claims_are_converted_as_the_run_converts_them(self):
        # booked at 2 to 1, on the day of the run it is 4 to 1
        currency = self.setup_other_currency(
            "CHF", rates=[("2020-01-01", 2.0), (TODAY, 4.0)]
        )
        swiss = self._create_customer("Swiss Ltd")
        self._create_invoice_due("2026-03-20", 1000, swiss, currency_id=currency.id)
        company, today = self.company, fields.Date.to_date(TODAY)
        replayed = self.engine._replay(company, [today], partners=swiss)
        self.assertEqual([c["amount"] for c in replayed], [250])
        tonight = self.policy.preview_changes(self.policy.id, {})
        with self.trap_contacts():
            run = self._preview()
            run.action_confirm()
            self._deliver()
        self.assertEqual(sum(row[2] for row in tonight["before"]), run.amount_total)
        self.assertEqual(sum(row[2] for row in tonight["after"]), run.amount_total)
        self.assertEqual(tonight["currency_id"], company.currency_id.id)
        real = self.engine._get_real(company, today, today, partners=swiss)
        self.assertEqual([c["amount"] for c in real], [250])

    def test_days_of_runs(self):
        first, last = self.days[0], self.days[-1]
        count = lambda rhythm: len(  # noqa: E731
            self.engine._get_days(first, last, rhythm, self.company)
        )
        self.assertEqual(
            [count(rhythm) for rhythm in ("day", "weekday", "week", "real")],
            [58, 41, 9, 0],
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

    def test_a_policy_that_nobody_has_says_so(self):
        unused = self.policy.copy({"name": "Unused"})
        outcome = unused.preview_changes(unused.id, {})
        self.assertTrue(outcome["is_idle"])
        self.assertFalse(any(row[1] for row in outcome["after"]))
        # treated by it, though nothing is due
        self.policy.level_ids.min_amount = 1e6
        outcome = self.policy.preview_changes(self.policy.id, {})
        self.assertFalse(any(row[1] for row in outcome["after"]))
        self.assertFalse(outcome["is_idle"])
        self.company.ar_policy_id = unused
        self.assertFalse(unused.preview_changes(unused.id, {})["is_idle"])

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
