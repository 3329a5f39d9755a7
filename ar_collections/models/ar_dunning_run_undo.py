import psycopg2

from odoo import fields, models
from odoo.exceptions import LockError, UserError
from odoo.tools import SQL

from .ar_dunning_run_undo_sql import LATER_SQL, RECALL_SQL, TAKE_BACK_SQL, TOUCHED_SQL
from .const import MANAGER


class ArDunningRun(models.Model):
    """Taking a run back: what was not sent is cancelled, what was sent is forgotten."""

    _inherit = "ar.dunning.run"

    is_stopping = fields.Boolean(
        readonly=True,
        copy=False,
        help="Somebody stopped it while notices were on their way: the delivery cancels "
        "the rest after the batch it holds.",
    )

    # === BUSINESS METHODS === #

    def _lock_or_refuse(self):
        """Lock these runs.

        :raise UserError: if the delivery or somebody else holds one of them
        """
        try:
            self.lock_for_update()
        except LockError as error:
            raise UserError(
                self.env._(
                    "Run %(run)s is being sent or changed at this very moment. Try "
                    "again in a few seconds.",
                    run=", ".join(self.mapped("display_name")),
                )
            ) from error

    def _stop(self):
        """Cancel what waits; what the delivery holds right now finishes.

        A run that is being sent gets a mark then, and the delivery cancels the rest.

        :raise UserError: if a draft is being changed by somebody else
        """
        self.ensure_one()
        if self._cancel_waiting(self.env._("The run was cancelled.")):
            self.write(
                {"state": "done" if self.sent_count else "cancel", "is_stopping": False}
            )
        elif self.state == "confirmed":
            self.is_stopping = True
            self.env["ar.dunning.notice"]._trigger_delivery()
        else:
            self._refuse_busy()

    def _refuse_busy(self):
        raise UserError(
            self.env._(
                "Notices of run %(run)s are being sent or changed at this very moment. "
                "Try again in a few seconds.",
                run=self.display_name,
            )
        )

    def _close(self):
        """Between two batches of the delivery: stop and finish these runs.

        :return: whether all of them were looked at; what another transaction holds is
            left to the next round
        """
        try:
            with self.env.cr.savepoint():
                mine = self.try_lock_for_update()
                stopping = mine.filtered(
                    lambda run: run.state == "confirmed" and run.is_stopping
                )
                for run in stopping:
                    run._stop()
                (mine - stopping)._finish()
        except psycopg2.OperationalError:
            # somebody wrote them since our transaction began
            return False
        return mine == self and not any(stopping.mapped("is_stopping"))

    def _undo(self, reason):
        """Undo a run as if the ladder had not taken these steps.

        What waits is not sent. What was sent stays in the history, with the mark that
        it does not count: the items go back to the level they had, and the distance
        from the last contact is kept. What has not left yet, such as letters that nobody
        printed, is cancelled.

        :param str reason: kept on the notices and in the consistency report
        :raise UserError: if a later run has sent these customers something since
        """
        for run in self._as_collector(MANAGER):
            run._lock_or_refuse()
            sent = run._get_countable()
            if not sent and run.state not in ("draft", "confirmed"):
                raise UserError(
                    self.env._(
                        "Nothing of run %(run)s can be undone.", run=run.display_name
                    )
                )
            run._check_no_later_step(sent)
            run._cancel_rest()
            recalled = sent._recall()
            run._take_back(sent, recalled, reason)
            sent._undo_actions()
            sent._log_deviation("undone", reason)
            run._finish()
            if run.state == "done" and not (sent - recalled):
                run.state = "cancel"
            self.env["ar.debtor"]._refresh(run.company_id, run._get_touched_ids())

    def _get_countable(self):
        """The notices that were sent and still count; without their texts in memory."""
        self.ensure_one()
        return (
            self.env["ar.dunning.notice"]
            .with_context(prefetch_fields=False)
            .search(
                [
                    ("run_id", "=", self.id),
                    ("state", "=", "sent"),
                    ("is_undone", "=", False),
                ]
            )
        )

    def _cancel_rest(self):
        """Nothing of an undone run goes out any more, not even what failed."""
        if self.state in ("draft", "confirmed"):
            self.action_cancel()
        elif not self._cancel_waiting(self.env._("The run was undone.")):
            self._refuse_busy()
        if self.is_stopping:
            # what is on its way would not be undone
            self._refuse_busy()

    def _take_back(self, sent, recalled, reason):
        """Mark the notices and make their lines not live, however many there are.

        :param sent: notices whose steps do not count any longer
        :param recalled: those of them that nobody got: they are cancelled
        """
        note = self.env._(
            "Undone by %(user)s: %(reason)s", user=self.env.user.name, reason=reason
        )
        self.env.flush_all()
        self.env.execute_query(
            SQL(TAKE_BACK_SQL, note=note, uid=self.env.uid, sent=sent.ids)
        )
        self.env.execute_query(SQL(RECALL_SQL, reason=reason, recalled=recalled.ids))
        self._forget_notices()

    def _get_touched_ids(self):
        """The customers that the run was about, branches of head offices included."""
        rows = self.env.execute_query(SQL(TOUCHED_SQL, run=self.id))
        return [partner_id for (partner_id,) in rows]

    def _check_no_later_step(self, notices):
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(LATER_SQL, sent=notices.ids, last=max(notices.ids, default=0))
        )
        later = self.env["ar.dunning.notice.line"].browse([line for (line,) in rows])
        if later:
            raise UserError(
                self.env._(
                    "A later run has already taken %(item)s of %(debtor)s further. "
                    "Undo that run first.",
                    item=later.move_line_id.move_name,
                    debtor=later.notice_id.debtor_id.display_name,
                )
            )

    def _queue_drafts(self):
        """Queue what needs no approval, in one statement."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE ar_dunning_notice
                   SET state = 'queued', write_uid = %s,
                       write_date = now() AT TIME ZONE 'UTC'
                 WHERE run_id = ANY(%s) AND state = 'draft' AND needs_approval IS NOT TRUE
             RETURNING id
                """,
                self.env.uid,
                self.ids,
            )
        )
        self._forget_notices()
        return len(rows)

    def _cancel_waiting(self, reason):
        """Cancel all that was not sent and that no other transaction holds.

        :param str reason: kept on the notices
        :return: whether nothing is left that waits
        :rtype: bool
        """
        self.env.flush_all()
        try:
            with self.env.cr.savepoint(flush=False):
                # a clash is expected here and no error for the log
                self.env.cr.execute(self._get_cancel_sql(reason), log_exceptions=False)
                failed = [row[0] for row in self.env.cr.fetchall()]
        except psycopg2.OperationalError:
            # the delivery committed a batch since this transaction began
            return False
        finally:
            self._forget_notices()
        # what failed must not go out by its own “Retry” afterwards
        self.env["ar.dunning.notice"].browse(failed)._cancel_mails()
        return not self.env["ar.dunning.notice"].search_count(
            [
                ("run_id", "in", self.ids),
                ("state", "in", ("draft", "queued", "error")),
            ],
            limit=1,
        )

    def _get_cancel_sql(self, reason):
        return SQL(
            """
            -- what the delivery holds is on its way: nobody waits for it
            WITH free AS (
                SELECT id, state FROM ar_dunning_notice
                 WHERE run_id = ANY(%(runs)s) AND state IN ('draft', 'queued', 'error')
                   FOR NO KEY UPDATE SKIP LOCKED
            ),
            gone AS (
                UPDATE ar_dunning_notice n
                   SET state = 'cancel', cancel_reason = %(reason)s,
                       write_uid = %(uid)s,
                       write_date = now() AT TIME ZONE 'UTC'
                  FROM free WHERE free.id = n.id
             RETURNING n.id, free.state AS before
            ),
            -- the partial unique index reads it: the items may take the level again
            freed AS (
                UPDATE ar_dunning_notice_line l SET is_live = FALSE
                  FROM gone WHERE l.notice_id = gone.id AND l.is_live
             RETURNING l.id
            )
            SELECT id FROM gone WHERE before = 'error'
            """,
            reason=reason,
            uid=self.env.uid,
            runs=self.ids,
        )
