import logging
from datetime import timedelta

import psycopg2

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.queue_job.exception import RetryableJobError
from odoo.addons.queue_job.jobrunner.runner import PG_ADVISORY_LOCK_ID

_logger = logging.getLogger(__name__)

# Notices of one job: it holds their items until it commits, with PDFs 1.5 s each.
BATCH = 20
# The scheduled action then takes what no job has delivered.
SAFETY_NET = timedelta(minutes=10)
# A payment that is being registered is over by then.
RETRY_SECONDS = 5


class ArDunningNotice(models.Model):
    """Delivery as jobs: the same claim under lock, on as many nodes as there are."""

    _inherit = "ar.dunning.notice"

    # === BUSINESS METHODS === #

    @api.model
    def _trigger_delivery(self):
        # EXTENDS 'ar_collections': where nobody runs jobs, all stays as it was
        if not self._has_job_runner():
            return super()._trigger_delivery()
        # as the scheduled action: the system sends, in nobody's language
        system = self.env(user=SUPERUSER_ID, context={})
        system[self._name]._enqueue_delivery(fields.Datetime.now())
        cron = system.ref("ar_collections.ir_cron_ar_dunning_notice_deliver")
        cron._trigger(at=fields.Datetime.now() + SAFETY_NET)

    @api.model
    def _has_job_runner(self):
        """Whether a job runner works on this database: it holds a lock there."""
        [(found,)] = self.env.execute_query(
            SQL(
                """
                SELECT EXISTS (
                    SELECT FROM pg_locks
                     WHERE locktype = 'advisory' AND granted AND objsubid = 1
                       AND classid::bigint = %s AND objid::bigint = %s
                       AND database = (SELECT oid FROM pg_database
                                        WHERE datname = current_database()))
                """,
                PG_ADVISORY_LOCK_ID >> 32,
                PG_ADVISORY_LOCK_ID & 0xFFFFFFFF,
            )
        )
        return found

    @api.model
    def _enqueue_delivery(self, now):
        """Enqueue a job for each batch that has notices due at ``now``.

        Batches are ranges of ids within a run, so that the same notices always belong
        to the same batch, and a batch that waits in the queue is not put there twice.
        """
        queued = self.search_fetch(self._get_due_domain(now), ["run_id"])
        for run_id, number in sorted({(n.run_id.id, n.id // BATCH) for n in queued}):
            delayed = self.with_delay(
                identity_key=f"ar_collections_deliver_{run_id}_{number}",
                description=self.env._("Deliver dunning notices"),
            )
            delayed._deliver_job(run_id, number * BATCH, (number + 1) * BATCH - 1)

    @api.model
    def _deliver_job(self, run_id, first_id, last_id):
        """Deliver the notices of a run from ``first_id`` to ``last_id`` that are due.

        A job may not commit on the way, so a clash starts the whole job afresh.

        :raise RetryableJobError: on a clash with another transaction
        """
        notices = self.search(
            self._get_due_domain(fields.Datetime.now())
            & Domain("run_id", "=", run_id)
            & Domain("id", ">=", first_id)
            & Domain("id", "<=", last_id),
            order="id",
        )
        try:
            notices._deliver_part()
        except psycopg2.OperationalError as error:
            raise RetryableJobError(
                "Delivery met a concurrent change", seconds=RETRY_SECONDS
            ) from error
        # only then does it see what the other jobs did
        self.env.cr.postcommit.add(lambda: self._close_run(run_id))

    def _deliver_part(self):
        """Deliver; if something unforeseen fails, by halves, so that one stops no other.

        As `_deliver_safely`, which may commit between the halves: a job may not.
        """
        try:
            with self.env.cr.savepoint():
                self._deliver()
                self.env.flush_all()
            return
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            self.env.invalidate_all()
            if len(self) < 2:
                self._give_up(error)
                return
        half = len(self) // 2
        self[:half]._deliver_part()
        self[half:]._deliver_part()

    @api.model
    def _close_run(self, run_id):
        """Close a run if nothing is left to deliver, in a transaction of its own.

        Each job looks once it has committed, so the last one sees all of it.
        """
        lock = SQL(
            """
            SELECT id FROM ar_dunning_run
             WHERE id = %s AND state = 'confirmed' FOR NO KEY UPDATE
            """,
            run_id,
        )
        try:
            with self.env.registry.cursor() as cr:
                # waits for whoever closes it with an older view
                cr.execute(lock, log_exceptions=False)
                if cr.rowcount:
                    self.env(cr=cr)["ar.dunning.run"].browse(run_id)._finish()
        except psycopg2.OperationalError:
            # somebody else did; if not, the scheduled action does
            _logger.info("Run %s was closed by another worker", run_id)
