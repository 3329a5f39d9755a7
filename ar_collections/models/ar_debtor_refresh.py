from odoo import api, fields, models
from odoo.tools import SQL, split_every

SLICE = 20000


class ArDebtor(models.Model):
    """Keeps the debtors' stored figures in step with the ledger, set by set."""

    _inherit = "ar.debtor"

    # === BUSINESS METHODS === #

    @api.model
    def _get(self, partner, company):
        """The debtor record of a partner for a company; made if missing.

        :param partner: any contact of the customer
        :param company: any of our companies; branches lead to their root
        """
        partner, company = partner.commercial_partner_id, company.root_id
        domain = [("partner_id", "=", partner.id), ("company_id", "=", company.id)]
        debtor = self.search(domain, limit=1)
        if not debtor:
            self._ensure(company, partner.ids)
            debtor = self.search(domain, limit=1)
        return debtor

    @api.model
    def _ensure(self, company, partner_ids):
        """Make the debtor records that are missing, in one statement a slice."""
        for ids in split_every(SLICE, partner_ids, list):
            self.env.execute_query(
                SQL(
                    """
                    INSERT INTO ar_debtor
                           (partner_id, company_id, payer_profile, amount_due,
                            amount_overdue, days_overdue, is_cod, is_credit_hold,
                            create_uid, create_date, write_uid, write_date)
                    SELECT p.id, %(company)s, 'new', 0, 0, 0, FALSE, FALSE, %(uid)s,
                           now() AT TIME ZONE 'UTC', %(uid)s,
                           now() AT TIME ZONE 'UTC'
                      FROM res_partner p
                     WHERE p.id = ANY(%(ids)s)
                       AND NOT EXISTS (
                            SELECT FROM ar_debtor d
                             WHERE d.partner_id = p.id AND d.company_id = %(company)s)
                  ORDER BY p.id
                        ON CONFLICT DO NOTHING
                 RETURNING id
                    """,
                    company=company.id,
                    uid=self.env.uid,
                    ids=ids,
                )
            )
        self.invalidate_model()

    @api.model
    def _refresh(self, company, partner_ids=None):
        """Recompute the stored figures from the ledger.

        :param company: root company
        :param partner_ids: commercial partners; all that have or had open items if
            None
        """
        company = company.root_id
        today = company._ar_today()
        if partner_ids is None:
            partner_ids = self._get_moving_partner_ids(company, today)
        for ids in split_every(SLICE, sorted(partner_ids), list):
            self._ensure(company, ids)
            decision = self.env["ar.dunning.engine"]._get_decision_sql(
                company, today, partners=self.env["res.partner"].browse(ids)
            )
            self.env.execute_query(
                SQL(
                    REFRESH_SQL,
                    decision=decision,
                    company=company.id,
                    today=fields.Date.to_string(today),
                    ids=ids,
                )
            )
        self.invalidate_model()

    @api.model
    def _get_moving_partner_ids(self, company, today):
        """Partners with open items now, or whose stored figures say so."""
        open_item = self.env["ar.open.item"]
        items = open_item._get_sql(
            open_item._get_open_item_domain(company), today, today
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT partner_id FROM (%s) item
                 UNION
                SELECT partner_id FROM ar_debtor
                 WHERE company_id = %s AND (amount_due != 0 OR level_id IS NOT NULL
                       OR next_action_date IS NOT NULL)
                """,
                items,
                company.id,
            )
        )
        return [partner_id for (partner_id,) in rows]

    @api.model
    def _mark_stale(self, move_lines):
        """Refresh the debtors of these journal items before the commit."""
        stale = self.env.cr.precommit.data.setdefault("ar_collections.stale", {})
        items = move_lines.filtered(
            lambda ln: ln.account_type == "asset_receivable" and ln.partner_id
        )
        if not items:
            return
        if not stale:
            self.env.cr.precommit.add(self._refresh_stale)
        for item in items:
            partners = stale.setdefault(item.company_id.root_id.id, set())
            partners.add(item.partner_id.commercial_partner_id.id)

    @api.model
    def _refresh_stale(self):
        stale = self.env.cr.precommit.data.pop("ar_collections.stale", {})
        for company_id, partner_ids in stale.items():
            # sudo: whoever posts an invoice moves the figures, rights or not
            self.sudo()._refresh(
                self.env["res.company"].sudo().browse(company_id), partner_ids
            )


# Only debtors whose figures differ are written.
REFRESH_SQL = """
WITH decision AS MATERIALIZED (%(decision)s),
residual AS (
    SELECT d.partner_id,
           SUM(d.residual) AS due,
           SUM(d.residual) FILTER (WHERE d.days_overdue > 0) AS overdue,
           MAX(d.days_overdue)
               FILTER (WHERE d.residual_currency > 0 AND d.days_overdue > 0) AS days,
           -- the ladder's next step, or today where a person has to do something
           MIN(CASE
                   WHEN d.verdict IN ('covered', 'finished', 'no_contact', 'no_policy',
                                      'no_rate', 'pending') THEN %(today)s::date
                   WHEN d.verdict IN ('dun', 'along', 'waiting', 'interval')
                       THEN GREATEST(d.step_date, %(today)s::date)
               END) AS next
      FROM decision d
  GROUP BY d.partner_id
),
top_level AS (
    SELECT DISTINCT ON (d.partner_id) d.partner_id, nl.level_id
      FROM decision d
      JOIN ar_dunning_notice_line nl
        ON nl.move_line_id = d.id AND nl.is_live AND nl.is_step
      JOIN ar_dunning_notice n ON n.id = nl.notice_id AND n.state = 'sent'
  ORDER BY d.partner_id, nl.level_rank DESC, nl.level_id
),
contact AS (
    SELECT debtor_id, MAX(date_sent) AS date
      FROM ar_dunning_notice
     WHERE company_id = %(company)s AND state = 'sent'
  GROUP BY debtor_id
),
fresh AS (
    SELECT debtor.id, top_level.level_id,
           COALESCE(residual.due, 0) AS amount_due,
           GREATEST(COALESCE(residual.overdue, 0), 0) AS amount_overdue,
           COALESCE(residual.days, 0) AS days_overdue,
           residual.next AS next_action_date,
           contact.date AS last_notice_date
      FROM ar_debtor debtor
 LEFT JOIN residual ON residual.partner_id = debtor.partner_id
 LEFT JOIN top_level ON top_level.partner_id = debtor.partner_id
 LEFT JOIN contact ON contact.debtor_id = debtor.id
     WHERE debtor.company_id = %(company)s AND debtor.partner_id = ANY(%(ids)s)
)
UPDATE ar_debtor debtor
   SET level_id = fresh.level_id,
       amount_due = fresh.amount_due,
       amount_overdue = fresh.amount_overdue,
       days_overdue = fresh.days_overdue,
       next_action_date = fresh.next_action_date,
       last_notice_date = fresh.last_notice_date
  FROM fresh
 WHERE debtor.id = fresh.id
   AND (debtor.level_id, debtor.amount_due, debtor.amount_overdue,
        debtor.days_overdue, debtor.next_action_date, debtor.last_notice_date)
       IS DISTINCT FROM
       (fresh.level_id, fresh.amount_due, fresh.amount_overdue,
        fresh.days_overdue, fresh.next_action_date, fresh.last_notice_date)
RETURNING debtor.id
"""
