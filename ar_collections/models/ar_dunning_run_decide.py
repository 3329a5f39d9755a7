import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .ar_dunning_engine import IN_NOTICE

_logger = logging.getLogger(__name__)

# Debtors decided in one statement: bounds the memory of the database and the time
# that one statement takes.
SLICE = 5000
# The night meets people who post and pay.
ATTEMPTS = 5


class ArDunningRun(models.Model):
    """Deciding and writing a run; by hand and by night."""

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
        runs.notice_ids.filtered(
            lambda n: n.state == "draft" and n.debtor_id in debtors
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
            not_kept += ["waiting", "finished", "interval", "pending"]
        day = SQL("%s::date", fields.Date.to_string(self.date))
        self._keep_decision(partners)
        self.env.execute_query(
            SQL(
                WRITE_SQL,
                workday=engine._get_workdays_sql(self.company_id, self.date),
                step_date=engine._get_step_date_sql(
                    SQL("d.basis"),
                    SQL("rung.next_delay_days"),
                    SQL("rung.next_day_type"),
                    SQL("rung.is_workdays_only"),
                ),
                deadline=engine._get_step_date_sql(
                    day,
                    SQL("COALESCE(own.deadline_days, l.deadline_days)"),
                    SQL("l.day_type"),
                    SQL("p.is_workdays_only"),
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
        # to compile these statements costs more than to run them
        execute("SET LOCAL jit = off")
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

    # === CRONS === #

    @api.model
    def _cron_run(self):
        """Night run: per company, send automatic policies, prepare the others.

        A draft that an earlier night prepared and nobody confirmed is replaced, so
        that what waits is always today's decision.
        """
        companies = self.env["res.company"].search([("parent_id", "=", False)])
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            self.with_company(company)._run_night_safely(company)
            self.env["ir.cron"]._commit_progress(1)

    @api.model
    def _run_night_safely(self, company):
        """A company's night; on a clash with another transaction, once more."""
        for attempt in range(ATTEMPTS):
            try:
                self._run_night(company, company._ar_today())
                self.env.flush_all()
                return
            except psycopg2.OperationalError:
                # somebody posted or paid in this very moment
                self.env.cr.rollback()
                _logger.info("Night run met a concurrent change (try %s)", attempt + 1)
            except Exception:
                # whatever it is: one company's trouble must not keep the others' letters
                self.env.cr.rollback()
                _logger.exception("Night run of company %s failed", company.id)
                return
        _logger.error("Night run of company %s gave up: too much traffic", company.id)

    @api.model
    def _run_night(self, company, date):
        domain = [("is_automatic", "=", True), ("company_id", "=", company.id)]
        if self.search_count(domain + [("date", "=", date)], limit=1):
            return self.browse()
        waiting = self.search(domain + [("state", "=", "draft")])
        waiting._clear_draft()
        waiting.state = "cancel"
        moving = self.env["ar.debtor"]._refresh(company)
        policies = self.env["ar.policy"].search(
            [("company_id", "in", [company.id, False])]
        )
        automatic = policies.filtered("automatic")
        runs = self.browse()
        for chosen, confirm in ((automatic, True), (policies - automatic, False)):
            if not chosen:
                continue
            run = self.create(
                {
                    "company_id": company.id,
                    "date": date,
                    "policy_ids": chosen.ids,
                    "is_automatic": True,
                }
            )
            # the others have nothing to hear: the refresh right above has just decided
            run._write_decision(moving)
            if not run.draft_count:
                run.action_cancel()
            elif confirm:
                run.action_confirm()
            runs += run
        return runs


# The letters of a decision, with the ids that their notices will have.
LETTER_SQL = """
CREATE TEMPORARY TABLE ar_letter ON COMMIT DROP AS
SELECT nextval('ar_dunning_notice_id_seq')::int AS id, letter.*,
       debtor.id AS debtor_id
  FROM (SELECT DISTINCT group_id, group_key, currency_id
          FROM ar_decision
         WHERE notice_level_id IS NOT NULL AND verdict IN %(in_notice)s) letter
  JOIN ar_debtor debtor
    ON debtor.partner_id = letter.group_id AND debtor.company_id = %(company)s
"""

# One statement: the notices of a decision, their lines and the items left alone.
WRITE_SQL = """
WITH workday AS MATERIALIZED (%(workday)s),
-- each level as each profile meets it, with the deadline and the rung above it
rung AS MATERIALIZED (
    SELECT l.id AS level_id, profile.name AS profile, l.needs_approval, p.version,
           p.is_workdays_only, %(deadline)s AS deadline,
           above.id AS next_id, above.delay_basis AS next_basis,
           above.day_type AS next_day_type, above.delay_days AS next_delay_days,
           above.min_interval_days AS next_interval
      FROM ar_dunning_level l
      JOIN ar_policy p ON p.id = l.policy_id AND p.active
     CROSS JOIN (VALUES ('new'), ('good'), ('slow'), ('chronic')) profile (name)
 LEFT JOIN ar_dunning_level_variant own
        ON own.level_id = l.id AND own.payer_profile = profile.name
 LEFT JOIN LATERAL (
        SELECT up.id, up.delay_basis, up.day_type, up.min_interval_days,
               COALESCE(other.delay_days, up.delay_days) AS delay_days
          FROM ar_dunning_level up
     LEFT JOIN ar_dunning_level_variant other
            ON other.level_id = up.id AND other.payer_profile = profile.name
         WHERE up.policy_id = l.policy_id
           AND COALESCE(own.delay_days, l.delay_days) >= 0
           AND (up.sequence, up.id) > (l.sequence, l.id)
           AND NOT COALESCE(other.is_skipped, FALSE)
      ORDER BY up.sequence, up.id
         LIMIT 1) above ON TRUE
),
claimed AS (
    SELECT decision.*,
           CASE rung.next_basis
               WHEN 'due_date' THEN decision.date_due
               WHEN 'end_of_month' THEN (date_trunc('month', decision.date_due)
                                         + interval '1 month - 1 day')::date
               ELSE %(date)s
           END AS basis,
           rung.level_id AS rung_level_id, rung.profile AS rung_profile,
           letter.id AS notice_id, letter.debtor_id AS letter_debtor_id
      FROM ar_decision decision
      JOIN ar_letter letter
        ON letter.group_id = decision.group_id
       AND letter.group_key = decision.group_key
       AND letter.currency_id = decision.currency_id
      JOIN rung ON rung.level_id = decision.notice_level_id
       AND rung.profile = decision.profile
     WHERE decision.verdict IN %(in_notice)s
),
new_notice AS (
    INSERT INTO ar_dunning_notice
           (id, run_id, company_id, debtor_id, partner_id, level_id, currency_id, date,
            group_key, policy_version, payer_profile, needs_approval,
            date_deadline, channel, state, is_printed, amount_due, min_amount,
            contact_date, create_uid, create_date, write_uid, write_date)
    SELECT d.notice_id, %(run)s, %(company)s, d.letter_debtor_id, d.recipient_id,
           d.notice_level_id,
           d.currency_id, %(date)s, d.group_key, MAX(rung.version),
           MIN(d.profile) FILTER (WHERE d.verdict = 'dun'),
           BOOL_OR(rung.needs_approval),
           -- by when to pay, but before the ladder's next step (`_get_deadline`)
           GREATEST(%(date)s, LEAST(
               MIN(rung.deadline),
               GREATEST(
                   %(date)s + MAX(CASE WHEN rung.next_interval > 1
                                       THEN rung.next_interval
                                       WHEN rung.next_id IS NOT NULL THEN 1 END),
                   MIN(%(step_date)s) FILTER (WHERE d.level_id = d.notice_level_id
                                              AND rung.next_id IS NOT NULL)
               ) - 1)),
           d.channel, 'draft', FALSE, SUM(d.amount),
           COALESCE(MAX(d.min_amount)
                    FILTER (WHERE d.level_id = d.notice_level_id), 0),
           MAX(d.contact_date), %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s,
           now() AT TIME ZONE 'UTC'
      FROM claimed d
      JOIN rung ON rung.level_id = d.rung_level_id AND rung.profile = d.rung_profile
  GROUP BY d.notice_id, d.letter_debtor_id, d.recipient_id, d.notice_level_id,
           d.currency_id, d.group_key, d.channel
 RETURNING id
),
new_line AS (
    INSERT INTO ar_dunning_notice_line
           (notice_id, move_line_id, level_id, level_rank, is_step, is_live,
            amount_residual, amount_paused, date_due, days_overdue, date_level,
            date_previous)
    SELECT d.notice_id, d.id, CASE WHEN d.verdict != 'credit' THEN d.level_id END,
           d.level_rank, d.verdict = 'dun', TRUE, d.amount,
           CASE WHEN d.verdict != 'credit' THEN d.residual_currency - d.amount END,
           d.date_due, d.days_overdue, d.next_date, d.last_date
      FROM claimed d
    -- a worker that decided at the same time: the index refuses the double
    ON CONFLICT DO NOTHING
),
new_skip AS (
    INSERT INTO ar_dunning_skip
           (run_id, debtor_id, move_line_id, reason, currency_id, amount_residual,
            date_due, days_overdue, next_level_id, next_date, contact_date, claim,
            min_amount)
    SELECT %(run)s, d.debtor_id, d.id, d.verdict, d.currency_id, d.residual_currency,
           d.date_due, d.days_overdue, d.next_level_id,
           CASE d.verdict WHEN 'paused' THEN d.pause_until
                WHEN 'interval' THEN d.step_date ELSE d.next_date END,
           d.contact_date, d.claim,
           GREATEST(d.min_amount, d.min_percent * d.open_total / 100)
      FROM ar_decision d
     WHERE d.verdict NOT IN %(in_notice)s AND d.verdict NOT IN %(not_kept)s
       -- what another run of the same night looks at is listed there
       AND (d.policy_id = ANY(%(policies)s::int[])) IS NOT FALSE
)
SELECT COUNT(*) FROM new_notice
"""
