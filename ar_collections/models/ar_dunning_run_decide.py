import logging

from odoo import api, models
from odoo.tools import SQL, split_every

from .ar_dunning_engine import IN_NOTICE

_logger = logging.getLogger(__name__)

# Debtors decided in one statement: bounds the memory of the database and the time
# between two commits of the night run.
SLICE = 5000


class ArDunningRun(models.Model):
    """Deciding and writing a run; by hand and by night."""

    _inherit = "ar.dunning.run"

    # === BUSINESS METHODS === #

    def _clear_draft(self):
        self.notice_ids.filtered(lambda n: n.state == "draft").unlink()
        self.skip_ids.unlink()

    def _write_decision(self):
        """Decide and write notices and skipped items, a slice of debtors at a time."""
        partner_ids = self._get_partner_ids()
        self.env["ar.debtor"]._ensure(self.company_id, partner_ids)
        for ids in split_every(SLICE, partner_ids, list):
            self._write_slice(self.env["res.partner"].browse(ids))
        self.invalidate_recordset()
        self.env["ar.dunning.notice"].invalidate_model()
        self.env["ar.dunning.skip"].invalidate_model()

    def _get_partner_ids(self):
        """Commercial partners with open items, sorted."""
        if self.debtor_ids:
            return sorted(self.debtor_ids.partner_id.ids)
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

    def _write_slice(self, partners):
        decision = self.env["ar.dunning.engine"]._get_decision_sql(
            self.company_id, self.date, self.policy_ids, partners
        )
        not_kept = ["other_policy"]
        if self.is_automatic:
            # states rather than decisions of this night; the debtor's form tells them
            not_kept += ["waiting", "finished", "interval", "pending"]
        self.env.execute_query(
            SQL(
                WRITE_SQL,
                decision=decision,
                run=self.id,
                company=self.company_id.id,
                date=self.date,
                uid=self.env.uid,
                in_notice=IN_NOTICE,
                not_kept=tuple(not_kept),
            )
        )

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
            try:
                self.with_company(company)._run_night(company, company._ar_today())
            except Exception:
                # whatever it is: one company's trouble must not keep the others' letters back
                self.env.cr.rollback()
                _logger.exception("Night run of company %s failed", company.id)
            self.env["ir.cron"]._commit_progress(1)

    @api.model
    def _run_night(self, company, date):
        self.env["ar.debtor"]._refresh(company)
        domain = [("is_automatic", "=", True), ("company_id", "=", company.id)]
        if self.search_count(domain + [("date", "=", date)], limit=1):
            return self.browse()
        self.search(domain + [("state", "=", "draft")]).action_cancel()
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
            run.action_preview()
            if not run.draft_count:
                run.action_cancel()
            elif confirm:
                run.action_confirm()
            runs += run
        return runs


# One statement: the decision, its notices, their lines and the items left alone.
WRITE_SQL = """
WITH decision AS MATERIALIZED (%(decision)s),
new_notice AS (
    INSERT INTO ar_dunning_notice
           (run_id, company_id, debtor_id, partner_id, level_id, currency_id, date,
            date_deadline, channel, state, is_printed, amount_due, min_amount,
            contact_date, create_uid, create_date, write_uid, write_date)
    SELECT %(run)s, %(company)s, d.debtor_id, d.recipient_id, d.notice_level_id,
           d.currency_id, %(date)s::date,
           -- by when to pay, but before the ladder's next step (`_get_deadline`)
           GREATEST(%(date)s::date, LEAST(
               %(date)s::date + MAX(l.deadline_days),
               GREATEST(
                   %(date)s::date + MAX(CASE WHEN next.min_interval_days > 1
                                             THEN next.min_interval_days
                                             WHEN next.id IS NOT NULL THEN 1 END),
                   MIN(CASE next.delay_basis
                           WHEN 'due_date' THEN d.date_due
                           WHEN 'end_of_month' THEN
                               (date_trunc('month', d.date_due)
                                + interval '1 month - 1 day')::date
                           ELSE %(date)s::date
                       END + next.delay_days)
                       FILTER (WHERE d.level_id = d.notice_level_id)) - 1)),
           d.channel, 'draft', FALSE, SUM(d.residual_currency),
           COALESCE(MAX(d.min_amount)
                    FILTER (WHERE d.level_id = d.notice_level_id), 0),
           d.contact_date, %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s,
           now() AT TIME ZONE 'UTC'
      FROM decision d
      JOIN ar_dunning_level l ON l.id = d.notice_level_id
 LEFT JOIN LATERAL (
        SELECT * FROM ar_dunning_level above
         WHERE above.policy_id = l.policy_id AND l.delay_days >= 0
           AND (above.sequence, above.id) > (l.sequence, l.id)
      ORDER BY above.sequence, above.id
         LIMIT 1) next ON TRUE
     WHERE d.verdict IN %(in_notice)s
  GROUP BY d.debtor_id, d.recipient_id, d.notice_level_id, d.currency_id, d.channel,
           d.contact_date
 RETURNING id, debtor_id, currency_id
),
new_line AS (
    INSERT INTO ar_dunning_notice_line
           (notice_id, move_line_id, level_id, level_rank, is_step, is_live,
            amount_residual, date_due, days_overdue, date_level, date_previous)
    SELECT n.id, d.id, CASE WHEN d.verdict != 'credit' THEN d.level_id END,
           d.level_rank, d.verdict = 'dun', TRUE, d.residual_currency, d.date_due,
           d.days_overdue, d.next_date, d.last_date
      FROM decision d
      JOIN new_notice n
        ON n.debtor_id = d.debtor_id AND n.currency_id = d.currency_id
     WHERE d.verdict IN %(in_notice)s AND d.notice_level_id IS NOT NULL
    -- a worker that decided at the same time: the index refuses the double
    ON CONFLICT DO NOTHING
),
new_skip AS (
    INSERT INTO ar_dunning_skip
           (run_id, debtor_id, move_line_id, reason, currency_id, amount_residual,
            date_due, days_overdue, next_level_id, next_date, contact_date, claim,
            min_amount)
    SELECT %(run)s, d.debtor_id, d.id, d.verdict, d.currency_id, d.residual_currency,
           d.date_due, d.days_overdue, d.next_level_id, d.next_date, d.contact_date,
           d.claim, d.min_amount
      FROM decision d
     WHERE d.verdict NOT IN %(in_notice)s AND d.verdict NOT IN %(not_kept)s
)
SELECT COUNT(*) FROM new_notice
"""
