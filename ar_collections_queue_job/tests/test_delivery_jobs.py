from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

import psycopg2
from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ar_collections.tests.common import TODAY, ArCollectionsCommon
from odoo.addons.ar_collections_queue_job.models import ar_dunning_notice
from odoo.addons.base.tests.test_ir_cron import CronMixinCase
from odoo.addons.queue_job.exception import RetryableJobError
from odoo.addons.queue_job.tests.common import trap_jobs

CRON = "ar_collections.ir_cron_ar_dunning_notice_deliver"


@freeze_time(TODAY)
@tagged("post_install", "-at_install")
class TestDeliveryJobs(ArCollectionsCommon, CronMixinCase):
    """Notices are delivered as jobs where a job runner works, and each once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.notices = cls.env["ar.dunning.notice"]
        cls.customers = [cls._create_customer(f"Queue {n} Ltd") for n in range(5)]
        cls.invoices = [
            cls._create_invoice_due("2026-03-20", 100, customer)
            for customer in cls.customers
        ]

    # === HELPERS === #

    @contextmanager
    def _runner(self, batch=2):
        """A job runner works on this database; jobs are collected, not stored."""
        model = self.env.registry["ar.dunning.notice"]
        with (
            patch.object(model, "_has_job_runner", lambda _self: True),
            patch.object(ar_dunning_notice, "BATCH", batch),
            trap_jobs() as trap,
        ):
            yield trap

    def _confirm(self):
        run = self._preview()
        run.action_confirm()
        return run

    def _perform(self, trap):
        """Perform the jobs, each with what happens after its commit."""
        with self.enter_registry_test_mode():
            trap.perform_enqueued_jobs()
            self.env.flush_all()
            self.env.cr.postcommit.run()
        self.env.invalidate_all()

    def _get_states(self, run):
        return sorted(run.notice_ids.mapped("state"))

    # === ENQUEUE === #

    def test_confirmed_run_becomes_jobs_of_a_batch_each(self):
        with self._runner() as trap:
            run = self._confirm()
        covered = set()
        for job in trap.enqueued_jobs:
            self.assertEqual(job.args[0], run.id)
            self.assertEqual(job.method_name, "_deliver_job")
            self.assertEqual(job.user_id, self.env.ref("base.user_root").id)
            covered.update(range(job.args[1], job.args[2] + 1))
        self.assertGreater(len(trap.enqueued_jobs), 2)
        self.assertLessEqual(set(run.notice_ids.ids), covered)
        self.assertEqual(self._get_states(run), ["queued"] * 5)

    def test_job_goes_to_the_channel_of_collections(self):
        with self._runner() as trap:
            self._confirm()
        channels = {job.channel for job in trap.enqueued_jobs}
        self.assertEqual(channels, {"root.collections"})

    def test_batch_that_waits_is_not_enqueued_twice(self):
        with self._runner() as trap:
            self._confirm()
            count = len(trap.enqueued_jobs)
            self.notices._trigger_delivery()
            self.assertEqual(len(trap.enqueued_jobs), count)

    def test_stored_batch_is_not_enqueued_twice(self):
        model = self.env.registry["ar.dunning.notice"]
        with patch.object(model, "_has_job_runner", lambda _self: True):
            self._confirm()
            domain = [("identity_key", "=like", "ar_collections_deliver_%")]
            queue = self.env["queue.job"].sudo()  # a collector sees no jobs
            jobs = queue.search(domain)
            self.assertTrue(jobs)
            self.notices._trigger_delivery()
            self.assertEqual(queue.search(domain), jobs)

    def test_scheduled_action_stays_as_safety_net(self):
        with self._runner(), self.capture_triggers(CRON) as captured:
            self._confirm()
        self.assertEqual(
            captured.records.mapped("call_at"),
            [fields.Datetime.now() + timedelta(minutes=10)],
        )

    def test_without_a_runner_the_scheduled_action_delivers(self):
        with trap_jobs() as trap, self.capture_triggers(CRON) as captured:
            self.assertFalse(self.notices._has_job_runner())
            self._confirm()
        trap.assert_jobs_count(0)
        self.assertEqual(captured.records.mapped("call_at"), [fields.Datetime.now()])

    def test_runner_is_known_by_its_lock(self):
        with self.env.registry.cursor() as cr:
            cr.execute(
                "SELECT pg_try_advisory_lock(%s)",
                [ar_dunning_notice.PG_ADVISORY_LOCK_ID],
            )
            self.assertTrue(self.notices._has_job_runner())
            cr.execute(
                "SELECT pg_advisory_unlock(%s)",
                [ar_dunning_notice.PG_ADVISORY_LOCK_ID],
            )
        self.assertFalse(self.notices._has_job_runner())

    def test_collector_confirms_without_rights_on_jobs(self):
        collector = self.env["res.users"].create(
            {
                "name": "Queue collector",
                "login": "queue.collector",
                "group_ids": [
                    (4, self.env.ref("ar_collections.ar_collections_group_user").id)
                ],
                "company_ids": [(6, 0, self.company.ids)],
                "company_id": self.company.id,
            }
        )
        run = self._preview()
        with self._runner() as trap:
            run.with_user(collector).action_confirm()
            self._perform(trap)
        self.assertEqual(self._get_states(run), ["sent"] * 5)

    # === DELIVER === #

    def test_jobs_deliver_each_notice_once_and_close_the_run(self):
        with self._runner() as trap, self.trap_contacts() as contacts:
            run = self._confirm()
            self._perform(trap)
            self.assertEqual(run.state, "done")
            for job in trap.calls:
                job.method(*job.args)  # started anew by the runner
        self.assertEqual(self._get_states(run), ["sent"] * 5)
        self.assertEqual(
            sorted(partner.name for _channel, partner, _level in contacts),
            [customer.name for customer in self.customers],
        )

    def test_run_stays_open_until_the_last_job(self):
        with self._runner() as trap:
            run = self._confirm()
            last = trap.enqueued_jobs.pop()
            self._perform(trap)
            self.assertEqual(run.state, "confirmed")
            self.assertGreater(run.sent_count, 0)
            trap.enqueued_jobs.append(last)
            self._perform(trap)
        self.assertEqual(run.state, "done")

    def test_paid_meanwhile_is_not_sent(self):
        with self._runner() as trap:
            run = self._confirm()
            self._pay(self.invoices[2])
            self._perform(trap)
        self.assertEqual(self._get_states(run), ["cancel"] + ["sent"] * 4)
        self.assertEqual(run.state, "done")

    def test_what_cannot_even_be_looked_at_stops_no_other(self):
        model = self.env.registry["ar.dunning.notice"]
        inner = model._refresh
        bad = self.customers[1]

        def _refresh(notice, rows):
            if notice.partner_id == bad:
                raise ValueError("its figures make no sense")
            return inner(notice, rows)

        with self._runner(batch=50) as trap, self.trap_contacts() as contacts:
            run = self._confirm()
            with (
                patch.object(model, "_refresh", _refresh),
                mute_logger(
                    "odoo.addons.ar_collections.models.ar_dunning_notice_delivery"
                ),
            ):
                self._perform(trap)
        self.assertEqual(self._get_states(run), ["error"] + ["sent"] * 4)
        failed = run.notice_ids.filtered(lambda n: n.state == "error")
        self.assertEqual(failed.partner_id, bad)
        self.assertIn("its figures make no sense", failed.problem)
        self.assertEqual(len(contacts), 4)
        self.assertEqual(run.state, "done")

    def test_clash_is_retried_by_the_queue(self):
        run = self._preview()
        model = self.env.registry["ar.dunning.notice"]
        clash = psycopg2.errors.SerializationFailure("somebody pays")
        with self._runner(), patch.object(model, "_deliver", side_effect=clash):
            run.action_confirm()
            with self.assertRaises(RetryableJobError) as raised:
                ids = run.notice_ids.ids
                self.notices._deliver_job(run.id, min(ids), max(ids))
        self.assertEqual(raised.exception.seconds, 5)
        self.assertEqual(self._get_states(run), ["queued"] * 5)
