from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from ..wizard import ar_policy_replay
from .common import TODAY
from .test_policy_replay import ReplayCommon


@tagged("post_install", "-at_install")
class TestPolicyReplayWindow(ReplayCommon):
    """The window in which a policy is tried: what it shows, and to whom."""

    def _create_window(self, **vals):
        return self.env["ar.policy.replay"].create(
            {"company_id": self.company.id, **vals}
        )

    def _get_rows(self, window):
        return [
            (
                c.date,
                c.partner_id,
                c.treated_by,
                c.level_name,
                c.amount,
                c.needless,
                c.steps,
            )
            for c in window.contact_ids.sorted(
                lambda c: (c.date, c.partner_id.id, c.side, c.level_name, c.amount)
            )
        ]

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

    def test_slices_come_to_what_one_walk_comes_to(self):
        self._live()
        gentle = self.policy.copy({"name": "Gentle"})
        vals = {"mode": "past", "months": 1, "rhythm": "day"}
        for more in (
            {"compare": "real"},
            {"compare": "policy", "other_policy_id": gentle.id},
        ):
            whole = self._create_window(**vals, **more)
            whole.action_show()
            sliced = self._create_window(**vals, **more)
            progress = sliced.action_start()
            self.assertEqual((progress["done"], progress["total"]), (0, 31))
            with patch.object(ar_policy_replay, "SLICE_SECONDS", 0):
                self.assertEqual(sliced.action_step()["done"], 1)
                for _slice in range(29):
                    sliced.action_step()
                self.assertEqual(sliced.action_step()["done"], 31)
            self.assertGreater(len(whole.contact_ids), 5)
            self.assertEqual(self._get_rows(sliced), self._get_rows(whole))
            # nothing is left to do
            self.assertEqual(sliced.action_step()["done"], 31)
            self.assertEqual(len(sliced.contact_ids), len(whole.contact_ids))

    def test_stopped_replay_says_until_when_it_counts(self):
        window = self._create_window(mode="past", months=2, rhythm="day")
        window.action_start()
        with patch.object(ar_policy_replay, "SLICE_SECONDS", 0):
            window.action_step()
        self.assertIn("only the days until 01/31/2026", window.summary)
        window.action_show()
        self.assertNotIn("only the days until", window.summary)

    def test_outcome_is_of_the_earlier_settings_once_they_change(self):
        window = self._create_window(mode="past", months=2, compare="policy")
        window.policy_id = self.policy
        window.action_show()
        self.assertFalse(window.is_stale)
        for name, value in (
            ("mode", "today"),
            ("months", 3),
            ("rhythm", "week"),
            ("compare", "real"),
            ("policy_id", self.env["ar.policy"]),
            ("other_policy_id", self.policy),
        ):
            with self.subTest(name=name), Form(window) as form:
                before = form[name]
                form[name] = value
                self.assertTrue(form.is_stale)
                form[name] = before
                self.assertFalse(form.is_stale)
        # the table keeps the names that it was made with
        window.policy_id = False
        self.assertIn("Ladder", window.summary)
        self.assertTrue(window.is_stale)
        window.action_show()
        self.assertFalse(window.is_stale)

    def test_today_counts_what_was_sent_today(self):
        before = self._create_window()
        before.action_show()
        self.assertTrue(before.contact_ids)
        self.assertTrue(self._run_ladder(TODAY))
        window = self._create_window()
        window.action_show()
        start = self.env["ar.dunning.run.start"].create({})
        self.assertEqual(len(window.contact_ids), start.notice_count)
        self.assertFalse(window.contact_ids)
        self.assertIn("after what was sent until now", window.summary)

    def test_like_is_compared_with_like(self):
        """Both sides since anything was really sent, below the whole time."""
        self._live()
        window = self._create_window(mode="past", months=3)
        window.action_show()
        # the history is as long as what is replayed
        first = window._get_days()[0]
        with patch.object(type(window), "_get_real_since", lambda _self: first):
            self.assertFalse(window._get_summary()["own"])
        planned = window.contact_ids.filtered(lambda c: c.side == "a_policy")
        since = sorted(planned.mapped("date"))[len(planned) // 2]
        with patch.object(type(window), "_get_real_since", lambda _self: since):
            window.action_show()
            values = window._get_summary()
            own = values["own"]
            self.assertIn(own["since"], window.summary)
            action = window.action_open_contacts()
        late = window.contact_ids.filtered(lambda c: c.date >= since)
        self.assertEqual(window.contact_ids.filtered("is_own"), late)
        self.assertTrue(action["context"]["search_default_is_own"])
        count = len(late.filtered(lambda c: c.side == "a_policy"))
        self.assertEqual(own["totals"]["a_policy"][0], count)
        self.assertGreater(values["totals"]["a_policy"][0], count)

    def test_steps_of_two_policies_stand_side_by_side(self):
        gentle = self.policy.copy({"name": "Gentle"})
        gentle.level_ids[0].unlink()
        gentle.level_ids[0].name = "Asked kindly"
        window = self._create_window(
            mode="past",
            months=2,
            policy_id=self.policy.id,
            compare="policy",
            other_policy_id=gentle.id,
        )
        window.action_show()
        first = window.contact_ids.filtered(lambda c: c.rung == "1. reminder")
        self.assertEqual(
            {(c.side, c.level_name) for c in first},
            {("a_policy", "2. First reminder"), ("b_other", "1. Asked kindly")},
        )

    def test_levels_of_two_policies_are_told_apart(self):
        gentle = self.policy.copy({"name": "Gentle"})
        window = self._create_window(
            mode="past",
            months=2,
            policy_id=self.policy.id,
            compare="policy",
            other_policy_id=gentle.id,
        )
        window.action_show()
        self.assertEqual(
            set(window.contact_ids.mapped("treated_by")), {"Ladder", "Gentle"}
        )
        values = window._get_summary()
        # each row is of one policy, and that of the first column stands first
        self.assertEqual(
            [(policy, *figures) for policy, _level, figures in values["rows"]],
            [("Ladder", "a_policy")] * 4 + [("Gentle", "b_other")] * 4,
        )
        self.assertEqual(values["totals"]["a_policy"], values["totals"]["b_other"])

    def test_what_was_paid_anyway_is_told_of_the_past_only(self):
        window = self._create_window()
        window.action_show()
        self.assertNotIn("Without need", window.summary)
        action = window.action_open_contacts()
        self.assertTrue(action["context"]["is_today"])
        self.assertNotIn("needless", action["context"]["pivot_measures"])
        window.mode = "past"
        window.action_show()
        self.assertIn("Without need", window.summary)
        self.assertIn(
            "needless", window.action_open_contacts()["context"]["pivot_measures"]
        )

    def test_it_says_since_when_anything_was_really_sent(self):
        window = self._create_window(mode="past", months=12)
        self.assertIn("Nothing was ever really sent", window.real_note)
        self.days = self.days[:3]
        self._live()
        window.invalidate_recordset()
        self.assertIn("first message was really sent on 02/01/2026", window.real_note)
        window.action_show()
        self.assertIn("02/01/2026", window.summary)
        window.months = 1
        self.assertIn("really sent since 02/01/2026", window.real_note)

    def test_rhythm_is_that_of_the_real_runs(self):
        runs = self.env["ar.dunning.run"].sudo()  # they took place long ago

        def usual(*days):
            runs.search([]).state = "cancel"
            runs.create(
                [
                    {"company_id": self.company.id, "date": day, "state": "done"}
                    for day in days
                ]
            )
            return self._create_window().rhythm

        self.assertEqual(usual(), "day")
        self.assertEqual(usual("2026-03-02", "2026-03-09", "2026-03-16"), "week")
        self.assertEqual(usual("2026-03-02", "2026-03-03", "2026-03-05"), "weekday")
        self.assertEqual(usual("2026-03-01", "2026-03-02", "2026-03-03"), "day")
        self.policy.automatic = True
        self.assertEqual(usual("2026-03-02", "2026-03-09", "2026-03-16"), "day")

    # === SECURITY === #

    def _new_manager(self, login, companies):
        return new_test_user(
            self.env,
            login,
            "ar_collections.ar_collections_group_manager",
            company_id=companies[:1].id,
            company_ids=[(6, 0, companies.ids)],
        )

    def test_rows_are_of_whoever_made_them(self):
        mine = self._create_window()
        mine.action_show()
        self.assertTrue(mine.contact_ids)
        colleague = self._new_manager("colleague", self.company)
        self.assertFalse(self.env["ar.policy.replay"].with_user(colleague).search([]))
        contacts = self.env["ar.policy.replay.contact"].with_user(colleague)
        self.assertFalse(contacts.search([]))
        for method in ("action_show", "action_start", "action_step", "unlink"):
            with self.subTest(method=method), self.assertRaises(AccessError):
                getattr(mine.with_user(colleague), method)()
        with self.assertRaises(AccessError):
            mine.contact_ids.with_user(colleague).read(["partner_id", "amount"])
        with self.assertRaises(AccessError):
            contacts.create(
                {"replay_id": mine.id, "side": "c_real", "date": TODAY, "amount": 1}
            )

    def test_other_companies_are_not_replayed(self):
        other = self.setup_other_company()["company"]
        stranger = self._new_manager("stranger", other)
        replay = self.env["ar.policy.replay"].with_user(stranger)
        with self.assertRaises(AccessError):
            replay.create({"company_id": self.company.id})
        for name in ("policy_id", "other_policy_id"):
            with self.subTest(name=name), self.assertRaises(AccessError):
                replay.create(
                    {"company_id": other.id, "mode": "past", name: self.policy.id}
                ).action_start()
        # what was made in a company that was left since
        both = self._new_manager("both", self.company | other)
        window = (
            self.env["ar.policy.replay"]
            .with_user(both)
            .create({"company_id": self.company.id})
        )
        both.write({"company_id": other.id, "company_ids": [(6, 0, other.ids)]})
        with self.assertRaises(AccessError):
            window.with_user(both).read(["summary"])

    def test_policy_that_may_not_be_read_any_more_stops_the_replay(self):
        manager = self._new_manager("manager", self.company)
        window = (
            self.env["ar.policy.replay"]
            .with_user(manager)
            .create({"company_id": self.company.id, "policy_id": self.policy.id})
        )
        window.action_start()
        other = self.setup_other_company()["company"]
        foreign = self.policy.copy({"company_id": other.id})
        window.outcome = {
            **window.outcome,
            "settings": {**window.outcome["settings"], "policy_id": foreign.id},
        }
        with self.assertRaises(AccessError):
            window.action_step()
