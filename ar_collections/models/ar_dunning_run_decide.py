import logging

import psycopg2

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .ar_dunning_engine import IN_NOTICE
from .ar_dunning_run_sql import LETTER_SQL, WRITE_SQL

_logger = logging.getLogger(__name__)

# Debtors decided in one statement: bounds the memory of the database and the time
# that one statement takes.
SLICE = 5000


class ArDunningRun(models.Model):
    """Deciding and writing a run."""

    _inherit = "ar.dunning.run"

    # === BUSINESS METHODS === #

    def _clear_draft(self):
        """Take the drafts and skipped items of these runs away, in two statements."""
        notices = self.env["ar.dunning.notice"]
        drafts = fields.Domain("run_id", "in", self.ids) & fields.Domain(
            "state", "=", "draft"
        )
        # somebody wrote on them: their messages and activities go the proper way
        notices.search(
            drafts
            & fields.Domain.OR(
                [
                    fields.Domain("message_ids", "!=", False),
                    fields.Domain("activity_ids", "!=", False),
                ]
            )
        ).unlink()
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """
                WITH line AS (
                    DELETE FROM ar_dunning_notice_line l
                     USING ar_dunning_notice n
                     WHERE n.id = l.notice_id AND n.run_id = ANY(%(runs)s)
                       AND n.state = 'draft'
                ),
                skip AS (
                    DELETE FROM ar_dunning_skip WHERE run_id = ANY(%(runs)s)
                )
                SELECT 1
                """,
                runs=self.ids,
            )
        )
        self.env.execute_query(
            SQL(
                "DELETE FROM ar_dunning_notice WHERE run_id = ANY(%s)"
                " AND state = 'draft' RETURNING id",
                self.ids,
            )
        )
        self._forget_notices()

    def _drop_debtors(self, debtors):
        """Take some debtors out of night drafts: another run decides on them now."""
        runs = self._as_collector()
        runs.env["ar.dunning.notice"].search(
            [
                ("run_id", "in", runs.ids),
                ("state", "=", "draft"),
                ("debtor_id", "in", debtors.ids),
            ]
        ).unlink()
        for run in runs.filtered(lambda r: not r.draft_count):
            run.action_cancel()

    def _forget_notices(self):
        """What was written in SQL is read anew."""
        self.invalidate_recordset()
        for name in ("notice", "notice.line", "skip"):
            self.env[f"ar.dunning.{name}"].invalidate_model()

    def _write_decision(self, partner_ids=None):
        """Decide and write notices and skipped items, a slice of debtors at a time.

        :param partner_ids: only these commercial partners, if given
        """
        if partner_ids is None:
            partner_ids = self._get_partner_ids()
        debtor = self.env["ar.debtor"]
        offices = self.env["ar.dunning.engine"]._get_offices(partner_ids)
        debtor._ensure(self.company_id, {*partner_ids, *offices.values()})
        for ids in debtor._split_families(partner_ids, SLICE):
            self._write_slice_safely(ids)
        self._forget_notices()

    def _get_partner_ids(self):
        """Commercial partners with open items, sorted."""
        if self.debtor_ids:
            families = self.env["ar.dunning.engine"]._get_families
            return sorted(families(self.debtor_ids.partner_id.ids))
        open_item = self.env["ar.open.item"]
        items = open_item._get_sql(
            open_item._get_open_item_domain(self.company_id),
            self.date,
            self.company_id._ar_today(),
        )
        rows = self.env.execute_query(
            SQL("SELECT DISTINCT partner_id FROM (%s) item ORDER BY 1", items)
        )
        return [partner_id for (partner_id,) in rows]

    def _write_slice_safely(self, partner_ids):
        """Write a slice; if it fails, halve it until the one debtor is found.

        That one is listed with its reason and stops no other.
        """
        try:
            with self.env.cr.savepoint():
                self._write_slice(self.env["res.partner"].browse(partner_ids))
        except psycopg2.OperationalError:
            # a clash with another transaction: the whole is tried again
            raise
        except (psycopg2.Error, UserError, ValueError, ZeroDivisionError) as error:
            parts = list(
                self.env["ar.debtor"]._split_families(
                    partner_ids, max(len(partner_ids) // 2, 1)
                )
            )
            if len(parts) == 1:
                self._write_failure(partner_ids, error)
                return
            for part in parts:
                self._write_slice_safely(part)

    def _write_failure(self, partner_ids, error):
        _logger.warning("Run %s: %s not decided: %s", self.id, partner_ids, error)
        company = self.company_id
        debtors = self.env["ar.debtor"].search(
            [("partner_id", "in", partner_ids), ("company_id", "=", company.id)]
        )
        items = debtors._get_open_items().values()
        by_partner = {debtor.partner_id.id: debtor.id for debtor in debtors}
        self.env["ar.dunning.skip"].create(
            [
                {
                    "run_id": self.id,
                    "debtor_id": by_partner[row["partner_id"]],
                    "move_line_id": row["id"],
                    "reason": "failed",
                    "currency_id": row["currency_id"],
                    "amount_residual": row["residual_currency"],
                    "date_due": row["date_due"],
                    "problem": str(error).strip().splitlines()[0],
                }
                for rows in items
                for row in rows
            ]
        )

    def _write_slice(self, partners):
        engine = self.env["ar.dunning.engine"]
        not_kept = ["other_policy"]
        if self.is_automatic:
            # states rather than decisions of this night; the debtor's form tells them
            not_kept += [
                "waiting",
                "finished",
                "interval",
                "deadline",
                "pending",
                "bank",
            ]
        day = SQL("%s::date", fields.Date.to_string(self.date))
        with engine._planning_for_many():
            self._keep_decision(partners)
            self._write_kept(day, not_kept)

    def _write_kept(self, day, not_kept):
        engine = self.env["ar.dunning.engine"]
        self.env.execute_query(
            SQL(
                WRITE_SQL,
                workday=engine._get_all_workdays_sql(self.company_id, self.date),
                deadlines=engine._get_deadlines_sql(
                    day,
                    SQL(
                        "SELECT DISTINCT notice_level_id AS level_id, profile"
                        " FROM ar_decision WHERE notice_level_id IS NOT NULL"
                    ),
                ),
                run=self.id,
                company=self.company_id.id,
                date=day,
                uid=self.env.uid,
                in_notice=IN_NOTICE,
                not_kept=tuple(not_kept),
                policies=list(self.policy_ids.ids) or None,
            )
        )

    def _keep_decision(self, partners):
        """Decide into a temporary table, so that the database knows how much it is.

        As a part of one statement it would expect a single row and compare each item
        with each notice.
        """
        decision = self.env["ar.dunning.engine"]._get_decision_sql(
            self.company_id, self.date, self.policy_ids, partners
        )
        # who was dropped from it stays dropped, whoever shares the letter
        dropped = self.env["ar.dunning.notice"].search(
            [("run_id", "=", self.id), ("state", "=", "cancel")]
        )
        execute = self.env.cr.execute
        execute("DROP TABLE IF EXISTS ar_decision")
        execute(
            SQL(
                "CREATE TEMPORARY TABLE ar_decision ON COMMIT DROP AS"
                " SELECT * FROM (%s) decision WHERE group_id != ALL(%s::int[])",
                decision,
                dropped.debtor_id.partner_id.ids,
            )
        )
        execute("ANALYZE ar_decision")
        execute("DROP TABLE IF EXISTS ar_letter")
        execute(SQL(LETTER_SQL, company=self.company_id.id, in_notice=IN_NOTICE))
        execute("ANALYZE ar_letter")
