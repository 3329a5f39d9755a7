from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL


class ArDunningRun(models.Model):
    """Taking a run back: what was not sent is cancelled, what was sent is forgotten."""

    _inherit = "ar.dunning.run"

    # === BUSINESS METHODS === #

    def _undo(self, reason):
        """Undo a run as if the ladder had not taken these steps.

        What waits is not sent. What was sent stays in the history, with the mark that
        it does not count: the items go back to the level they had, and the distance
        from the last contact is kept. Letters that nobody printed are cancelled.

        :param str reason: kept on the notices and in the consistency report
        :raise UserError: if a later run has sent these customers something since
        """
        group = "ar_collections.ar_collections_group_manager"
        for run in self._as_collector(group):
            run.lock_for_update()
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
            unprinted = sent.filtered(
                lambda n: n.channel == "letter" and not n.is_printed
            )
            unprinted._update_state(("sent",), "cancel")
            unprinted.cancel_reason = reason
            sent._undo_actions()
            sent._log_deviation("undone", reason)
            run._finish()
            if run.state == "done" and not (sent - unprinted):
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
        """Cancel all that was not sent, in two statements."""
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """
                WITH gone AS (
                    UPDATE ar_dunning_notice
                       SET state = 'cancel', cancel_reason = %(reason)s,
                           write_uid = %(uid)s,
                           write_date = now() AT TIME ZONE 'UTC'
                     WHERE run_id = ANY(%(runs)s)
                       AND state IN ('draft', 'queued', 'error')
                 RETURNING id
                ),
                -- the partial unique index reads it: the items may take the level again
                freed AS (
                    UPDATE ar_dunning_notice_line l SET is_live = FALSE
                      FROM gone WHERE l.notice_id = gone.id AND l.is_live
                 RETURNING l.id
                )
                SELECT COUNT(*) FROM freed
                """,
                reason=reason,
                uid=self.env.uid,
                runs=self.ids,
            )
        )
        self._forget_notices()
