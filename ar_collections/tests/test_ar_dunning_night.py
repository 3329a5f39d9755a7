from unittest.mock import patch

from freezegun import freeze_time

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import TODAY, ArCollectionsCommon


@tagged("post_install", "-at_install")
class TestArDunningNight(ArCollectionsCommon):
    """The night run, through its scheduled action."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._create_invoice_due("2026-03-20", 1000)

    def _run_night(self, date=TODAY, cron="ir_cron_ar_dunning_run"):
        with freeze_time(date), self.enter_registry_test_mode():
            self.env.ref(f"ar_collections.{cron}").method_direct_trigger()
        return self._get_runs()

    def _get_runs(self):
        """Night runs of our company that hold notices."""
        runs = self.env["ar.dunning.run"].search([("company_id", "=", self.company.id)])
        return runs.filtered("notice_ids").sorted("id")

    def test_automatic_policy_is_queued_and_then_sent(self):
        self.policy.automatic = True
        run = self._run_night()
        self.assertRecordValues(
            run, [{"state": "confirmed", "is_automatic": True, "queued_count": 1}]
        )
        self._run_night(cron="ir_cron_ar_dunning_notice_deliver")
        self.assertRecordValues(run, [{"state": "done", "sent_count": 1}])
        self.assertEqual(self._receivable(self.invoice).ar_level_id, self.first)

    def test_night_approves_nothing(self):
        """A manager's approval is a manager's, not that of the robot of the night."""
        self.policy.automatic = True
        self.first.needs_approval = True
        run = self._run_night()
        self.assertRecordValues(
            run.notice_ids,
            [{"state": "draft", "needs_approval": True, "approval_user_id": False}],
        )
        self._run_night(cron="ir_cron_ar_dunning_notice_deliver")
        self.assertEqual(run.notice_ids.state, "draft")
        run.notice_ids.action_approve()
        self._run_night(cron="ir_cron_ar_dunning_notice_deliver")
        self.assertEqual(run.notice_ids.state, "sent")

    def test_manual_policy_waits_as_a_draft(self):
        run = self._run_night()
        self.assertRecordValues(run, [{"state": "draft", "draft_count": 1}])
        self._run_night(cron="ir_cron_ar_dunning_notice_deliver")
        self.assertEqual(run.notice_ids.state, "draft")

    def test_automatic_and_manual_policies_make_two_runs(self):
        manual = self.policy.copy()
        self.policy.automatic = True
        partner = self._create_customer("Manual Ltd")
        partner.ar_policy_id = manual
        self._create_invoice_due("2026-03-20", 500, partner)
        self.assertRecordValues(
            self._run_night(),
            [
                {"state": "confirmed", "amount_total": 1000.0},
                {"state": "draft", "amount_total": 500.0},
            ],
        )

    def test_unconfirmed_draft_of_an_earlier_night_is_replaced(self):
        old = self._run_night("2026-03-30")
        run = self._run_night() - old
        self.assertRecordValues(run, [{"state": "draft", "draft_count": 1}])
        # nothing of it piles up, night after night
        self.assertRecordValues(old, [{"state": "cancel", "notice_count": 0}])
        self.assertFalse(old.notice_ids)

    def test_unconfirmed_nights_leave_nothing_behind(self):
        """Thirty nights that nobody looks at hold as much as one."""
        self._create_invoice_due("2026-03-20", 3, self._create_customer("Small Ltd"))
        names = ("ar.dunning.notice", "ar.dunning.notice.line", "ar.dunning.skip")

        def count():
            return [self.env[name].search_count([]) for name in names]

        self._run_night("2026-03-28")
        once = count()
        self.assertEqual(once, [1, 1, 1])
        notice = self._get_runs().notice_ids
        notice.message_post(body="Wait for their call")
        notice.activity_schedule("mail.mail_activity_data_todo", summary="Ask")
        for day in ("2026-03-29", "2026-03-30", TODAY):
            self._run_night(day)
            self.assertEqual(count(), once, day)
        self.assertFalse(notice.exists())
        for name in ("mail.message", "mail.activity", "mail.followers"):
            left = self.env[name].search_count(
                [
                    ("res_id", "=", notice.id),
                    (
                        "model" if name == "mail.message" else "res_model",
                        "=",
                        notice._name,
                    ),
                ]
            )
            self.assertFalse(left, name)

    def test_a_night_with_nothing_to_do_leaves_no_run(self):
        self._pay(self.invoice)
        self._run_night()
        runs = self.env["ar.dunning.run"].search
        mine = [("company_id", "=", self.company.id)]
        self.assertFalse(runs(mine))
        # what was held back is told
        self._create_invoice_due("2026-03-20", 3)
        self._run_night()
        self.assertRecordValues(runs(mine), [{"state": "cancel", "skip_count": 1}])

    def test_draft_of_a_person_is_not_replaced(self):
        mine = self._preview("2026-03-30")
        self._run_night()
        self.assertRecordValues(mine, [{"state": "draft", "draft_count": 1}])

    def test_same_night_twice_makes_one_run(self):
        run = self._run_night()
        self.assertEqual(self._run_night(), run)
        self.assertRecordValues(run, [{"state": "draft", "draft_count": 1}])

    def test_night_refreshes_the_debtors(self):
        debtor = self.env["ar.debtor"]._get(self.customer, self.company)
        self._run_night("2026-04-05")
        self.assertEqual(debtor.days_overdue, 16)

    def test_trouble_of_one_company_stops_no_other(self):
        self.policy.automatic = True
        run_night = self.env.registry["ar.dunning.run"]._run_night
        ours = self.company

        def _run_night(runs, company, date):
            if company != ours:
                raise ValueError("broken")
            return run_night(runs, company, date)

        with (
            patch.object(self.env.registry["ar.dunning.run"], "_run_night", _run_night),
            mute_logger("odoo.addons.ar_collections.models.ar_dunning_run_decide"),
        ):
            self.assertEqual(self._run_night().queued_count, 1)

    def test_why_items_were_left_alone_is_kept_for_a_year(self):
        self._create_invoice_due("2026-03-20", 3, self._create_customer("Small Ltd"))
        self.policy.level_ids.min_amount = 10
        run = self._run_night()
        run.notice_ids.action_drop()
        run.action_cancel()
        skips = self.env["ar.dunning.skip"]
        for date, kept in (("2027-03-31", True), ("2027-04-01", False)):
            with freeze_time(date):
                run._gc_skips()
            found = skips.search_count([("run_id", "=", run.id)])
            self.assertEqual(bool(found), kept, date)

    def test_reasons_are_told_in_the_language_of_who_reads(self):
        field = self.env["ar.dunning.skip"]._fields["reason"]
        labels = dict(field._description_selection(self.env))
        self.assertEqual(labels["paused"], "Paused")
        with patch.object(
            type(self.env), "_", lambda _env, source, *_args: f"[{source}]"
        ):
            labels = dict(field._description_selection(self.env))
        self.assertEqual(labels["paused"], "[Paused]")
