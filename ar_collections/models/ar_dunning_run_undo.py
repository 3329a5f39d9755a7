import psycopg2

from odoo import fields, models
from odoo.exceptions import LockError, UserError
from odoo.tools import SQL


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
        group = "ar_collections.ar_collections_group_manager"
        for run in self._as_collector(group):
            run._lock_or_refuse()
            sent = run.notice_ids.filtered(
                lambda n: n.state == "sent" and not n.is_undone
            )
            if not sent and run.state not in ("draft", "confirmed"):
                raise UserError(
                    self.env._(
                        "Nothing of run %(run)s can be undone.", run=run.display_name
                    )
                )
            run._check_no_later_step(sent)
            if run.state in ("draft", "confirmed"):
                run.action_cancel()
            if run.is_stopping:
                # what is on its way would not be undone
                run._refuse_busy()
            sent.line_ids.is_live = False
            sent.line_ids.flush_recordset(["is_live"])
            sent.write(
                {
                    "is_undone": True,
                    "change_note": self.env._(
                        "Undone by %(user)s: %(reason)s",
                        user=self.env.user.name,
                        reason=reason,
                    ),
                }
            )
            recalled = sent._recall()
            recalled._update_state(("sent",), "cancel")
            recalled.cancel_reason = reason
            sent._undo_actions()
            sent._log_deviation("undone", reason)
            run._finish()
            if run.state == "done" and not (sent - recalled):
                run.state = "cancel"
            self.env["ar.debtor"]._refresh(
                run.company_id, run.notice_ids.debtor_id.partner_id.ids
            )

    def _check_no_later_step(self, notices):
        later = self.env["ar.dunning.notice.line"].search(
            [
                ("move_line_id", "in", notices.line_ids.move_line_id.ids),
                ("is_live", "=", True),
                ("is_step", "=", True),
                ("notice_id.state", "=", "sent"),
                ("notice_id.id", ">", max(notices.ids, default=0)),
            ],
            limit=1,
        )
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
