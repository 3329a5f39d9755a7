from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import TODAY, ArCollectionsCommon

BACKGROUND = "odoo.addons.ar_collections.models.ar_dunning_run_background"
START = "odoo.addons.ar_collections.wizard.ar_dunning_run_start"
GROUP = "ar_collections.ar_collections_group"


@tagged("post_install", "-at_install")
class TestArDunningBackground(ArCollectionsCommon):
    """A run on very many customers is decided in the background, slice by slice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls.env["res.partner"]
        for number in range(3):
            customer = cls._create_customer(f"Customer {number} Ltd")
            cls._create_invoice_due("2026-03-20", 100 * (number + 1), customer)
            cls.customers += customer
        cls.collector = new_test_user(
            cls.env,
            "background",
            f"{GROUP}_user",
            company_id=cls.company.id,
            company_ids=cls.company.ids,
        )
        cls.startClassPatcher(patch(f"{BACKGROUND}.AT_ONCE", 2))
        cls.startClassPatcher(patch(f"{BACKGROUND}.SLICE", 1))

    def _start(self):
        wizard = self.env["ar.dunning.run.start"].with_user(self.collector)
        action = wizard.create({"company_id": self.company.id}).action_start()
        return self.env["ar.dunning.run"].browse(action["res_id"])

    def _work(self):
        with freeze_time(TODAY), self.enter_registry_test_mode():
            self.env.ref(
                "ar_collections.ir_cron_ar_dunning_run_decide"
            ).method_direct_trigger()
        self.env.invalidate_all()

    def _work_for_a_moment(self):
        """The scheduled action has time for one slice."""
        with patch.object(
            type(self.env["ir.cron"]), "_commit_progress", lambda *a, **kw: 0
        ):
            self.env["ar.dunning.run"].sudo()._cron_decide()
        self.env.invalidate_all()

    def _read_notices(self, run):
        return [
            (n.debtor_id, n.level_id, n.amount_due, n.date_deadline, n.state)
            for n in run.notice_ids.sorted(lambda n: n.debtor_id.id)
        ]

    def test_very_many_are_counted_when_somebody_asks(self):
        """A count is a decision on all of them: seconds, and at each change."""
        start = self.env["ar.dunning.run.start"].with_user(self.collector)
        engine = self.env.registry["ar.dunning.engine"]
        self.env["ar.debtor"]._refresh(self.company)
        with (
            patch(f"{START}.MANY_DEBTORS", 2),
            patch.object(
                engine, "_count", autospec=True, side_effect=engine._count
            ) as counted,
        ):
            wizard = start.create({"company_id": self.company.id})
            self.assertRecordValues(
                wizard,
                [
                    {
                        "is_large": True,
                        "about_count": 3,
                        "about_amount": 600.0,
                        "notice_count": 0,
                    }
                ],
            )
            self.assertFalse(counted.called)
            action = wizard.action_count()
            self.assertEqual(action["res_id"], wizard.id)
            self.assertRecordValues(
                wizard, [{"notice_count": 3, "amount_total": 600.0}]
            )
            # another question: what was counted is no answer to it
            wizard.date = "2026-03-26"
            self.assertRecordValues(wizard, [{"is_counted": False, "notice_count": 0}])
            # few that were chosen are counted at once
            wizard.debtor_ids = self.env["ar.debtor"].search(
                [("partner_id", "=", self.customers[0].id)]
            )
            self.assertRecordValues(wizard, [{"is_large": False, "notice_count": 1}])

    def test_few_are_counted_at_once(self):
        start = self.env["ar.dunning.run.start"].with_user(self.collector)
        wizard = start.create({"company_id": self.company.id})
        self.assertRecordValues(wizard, [{"is_large": False, "notice_count": 3}])

    def test_the_page_comes_at_once_and_the_drafts_later(self):
        run = self._start()
        self.assertRecordValues(
            run, [{"is_deciding": True, "draft_count": 0, "decide_progress": 0.0}]
        )
        self._work()
        self.assertRecordValues(
            run,
            [{"is_deciding": False, "draft_count": 3, "decide_slices": False}],
        )
        self.assertEqual(run.notice_ids.create_uid, self.collector)

    def test_it_decides_what_a_small_run_decides(self):
        run = self._start()
        self._work()
        decided = self._read_notices(run)
        run.action_preview()
        self.assertEqual(self._read_notices(run), decided)

    def test_out_of_time_goes_on_where_it_was(self):
        run = self._start()
        self._work_for_a_moment()
        self.assertRecordValues(
            run, [{"is_deciding": True, "draft_count": 1, "decide_done": 1}]
        )
        self.assertAlmostEqual(run.decide_progress, 100 / 3)
        first = run.notice_ids
        self._work()
        self.assertEqual(run.notice_ids & first, first)
        self.assertRecordValues(run, [{"is_deciding": False, "draft_count": 3}])

    def test_nothing_is_sent_or_decided_again_before_it_is_complete(self):
        run = self._start()
        self._work_for_a_moment()
        for method in ("action_confirm", "action_preview", "action_decide"):
            with self.subTest(method), self.assertRaisesRegex(UserError, "decided"):
                getattr(run.with_user(self.collector), method)()

    def test_cancelled_while_deciding(self):
        run = self._start()
        self._work_for_a_moment()
        run.with_user(self.collector).action_cancel()
        self._work()
        self.assertRecordValues(
            run, [{"state": "cancel", "is_deciding": False, "draft_count": 0}]
        )
        self.assertEqual(run.cancel_count, 1)

    def test_decided_again_in_the_background(self):
        run = self._start()
        self._work()
        run.with_user(self.collector).action_decide()
        self.assertRecordValues(run, [{"is_deciding": True, "draft_count": 0}])
        self._work()
        self.assertRecordValues(run, [{"is_deciding": False, "draft_count": 3}])

    def test_few_customers_are_decided_on_at_once(self):
        with patch(f"{BACKGROUND}.AT_ONCE", 3):
            run = self._start()
        self.assertRecordValues(run, [{"is_deciding": False, "draft_count": 3}])

    def test_a_lesser_user_starts_nothing(self):
        run = self._start()
        self._work()
        reader = new_test_user(
            self.env,
            "reader",
            f"{GROUP}_readonly",
            company_id=self.company.id,
            company_ids=self.company.ids,
        )
        with self.assertRaises(AccessError):
            run.with_user(reader).action_decide()
        with self.assertRaises(AccessError):
            run.with_user(self.collector).write({"is_deciding": True})
        with self.assertRaises(AccessError):
            self.env["ar.dunning.run"].with_user(self.collector).create(
                {"company_id": self.company.id, "is_deciding": True}
            )
