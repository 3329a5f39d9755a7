from contextlib import nullcontext

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL, split_every

from .ar_debtor_refresh_sql import ALL_SENT_SQL, FRESH_SQL, REFRESH_SQL, SENT_SQL
from .ar_dunning_engine_parts import MANY

SLICE = 100000
ANALYZE_FROM = 500


class ArDebtor(models.Model):
    """Keeps the debtors' stored figures in step with the ledger, set by set."""

    _inherit = "ar.debtor"

    # === BUSINESS METHODS === #

    @api.model
    def _get(self, partner, company):
        """The debtor record of a partner for a company; made if missing, by collectors.

        :param partner: any contact of the customer
        :param company: any of our companies; branches lead to their root
        """
        partner, company = partner.commercial_partner_id, company.root_id
        domain = [("partner_id", "=", partner.id), ("company_id", "=", company.id)]
        debtor = self.search(domain, limit=1)
        group = "ar_collections.ar_collections_group_user"
        may_make = self.env.su or self.env.user.has_group(group)
        if not debtor and may_make:
            self._ensure(company, partner.ids)
            debtor = self.search(domain, limit=1)
        return debtor

    @api.model
    def _ensure(self, company, partner_ids):
        """Make the debtor records that are missing, in one statement a slice."""
        made = 0
        for ids in split_every(SLICE, partner_ids, list):
            rows = self.env.execute_query(
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
            made += len(rows)
        if made > ANALYZE_FROM:
            # or the database believes for minutes that the table is empty
            self.env.cr.execute("ANALYZE ar_debtor")
        self.invalidate_model()

    @api.model
    def _refresh(self, company, partner_ids=None):
        """Recompute the stored figures from the ledger.

        :param company: root company
        :param partner_ids: commercial partners; all that have or had open items if
            None
        :return: ids of the partners about whom a run has something to say today
        :rtype: list[int]
        """
        company = company.root_id
        if partner_ids is None:
            moving = self._refresh_all(company)
        else:
            moving = []
            for ids in self._split_families(partner_ids, SLICE):
                self._ensure(company, ids)
                moving += self._refresh_some(company, ids)
        self.invalidate_model()
        return moving

    @api.model
    def _refresh_some(self, company, partner_ids):
        """Refresh the debtors of these customers; who shares a letter is among them."""
        engine = self.env["ar.dunning.engine"]
        partners = self.env["res.partner"].browse(partner_ids)
        is_many = len(partner_ids) > MANY
        with engine._planning_for_many() if is_many else nullcontext():
            return self._write_fresh(
                company,
                known=self._get_fresh_sql(company, partners),
                sent=SQL(SENT_SQL),
                ids=partner_ids,
            )

    @api.model
    def _refresh_all(self, company):
        """Refresh all debtors of a company, and make those that are missing.

        Nobody is named one by one: a hundred thousand numbers in a query cost as much
        as joins. The figures are kept in between, so that the database knows how many
        there are.
        """
        execute = self.env.cr.execute
        execute("DROP TABLE IF EXISTS ar_fresh")
        with self.env["ar.dunning.engine"]._planning_for_many():
            execute(
                SQL(
                    "CREATE TEMPORARY TABLE ar_fresh ON COMMIT DROP AS %s",
                    self._get_fresh_sql(company),
                )
            )
            execute("ANALYZE ar_fresh")
            self._ensure_fresh(company)
            return self._write_fresh(
                company,
                known=SQL("SELECT * FROM ar_fresh"),
                sent=SQL(ALL_SENT_SQL, company=company.id),
                ids=None,
            )

    @api.model
    def _get_fresh_sql(self, company, partners=None):
        today = company._ar_today()
        decision = self.env["ar.dunning.engine"]._get_decision_sql(
            company, today, partners=partners, is_brief=True
        )
        return SQL(FRESH_SQL, decision=decision, today=fields.Date.to_string(today))

    @api.model
    def _write_fresh(self, company, **parts):
        today = fields.Date.to_string(company._ar_today())
        rows = self.env.execute_query(
            SQL(REFRESH_SQL, company=company.id, today=today, **parts)
        )
        return [partner_id for (partner_id,) in rows]

    @api.model
    def _ensure_fresh(self, company):
        """Make the debtors that the last decision missed: their items are open."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT partner_id FROM ar_fresh
                 WHERE partner_id NOT IN (
                        SELECT partner_id FROM ar_debtor WHERE company_id = %s)
                """,
                company.id,
            )
        )
        if rows:
            self._ensure(company, [partner_id for (partner_id,) in rows])

    @api.model
    def _split_families(self, partner_ids, size):
        """Slices of partners; who shares a letter with others stays with them.

        :rtype: iterator of list[int]
        """
        engine = self.env["ar.dunning.engine"]
        offices = engine._get_offices(partner_ids)
        if not offices:
            yield from split_every(size, sorted(partner_ids), list)
            return
        families = {}
        for partner_id in sorted(partner_ids):
            families.setdefault(offices.get(partner_id, partner_id), []).append(
                partner_id
            )
        part = []
        for members in families.values():
            if part and len(part) + len(members) > size:
                yield part
                part = []
            part += members
        if part:
            yield part

    @api.model
    def _mark_stale(self, move_lines):
        """Refresh the debtors of these journal items before the commit."""
        items = move_lines.filtered(
            lambda ln: ln.account_type == "asset_receivable" and ln.partner_id
        )
        for company, lines in items.grouped("company_id").items():
            self._mark_partners_stale(
                company, lines.partner_id.commercial_partner_id.ids
            )

    def _mark_self_stale(self):
        """Refresh these debtors before the commit."""
        for company, debtors in self.grouped("company_id").items():
            self._mark_partners_stale(company, debtors.partner_id.ids)

    @api.model
    def _mark_partners_stale(self, company, partner_ids):
        """Refresh the debtors of these commercial partners before the commit."""
        if not partner_ids:
            # an empty mark would keep the next one from being noticed
            return
        stale = self.env.cr.precommit.data.setdefault("ar_collections.stale", {})
        if not stale:
            self.env.cr.precommit.add(self._refresh_stale)
        stale.setdefault(company.root_id.id, set()).update(partner_ids)

    @api.model
    def _refresh_stale(self):
        stale = self.env.cr.precommit.data.pop("ar_collections.stale", {})
        # sudo: whoever posts an invoice moves the figures, rights or not
        debtors = self.sudo()
        for company_id, partner_ids in stale.items():
            company = self.env["res.company"].sudo().browse(company_id)
            try:
                with self.env.cr.savepoint():
                    debtors._ensure(company, partner_ids)
                    debtors._refresh(company, debtors._lock_free(company, partner_ids))
            except psycopg2.OperationalError:
                # figures for lists never stop somebody from posting or paying
                debtors.invalidate_model()
                debtors._refresh_later()

    @api.model
    def _lock_free(self, company, partner_ids):
        """Those of the partners whose debtor nobody else refreshes right now."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT partner_id FROM ar_debtor
                 WHERE company_id = %s AND partner_id = ANY(%s)
                   FOR NO KEY UPDATE SKIP LOCKED
                """,
                company.id,
                list(partner_ids),
            )
        )
        free = [partner_id for (partner_id,) in rows]
        if len(free) < len(set(partner_ids)):
            self._refresh_later()
        return free

    @api.model
    def _refresh_later(self):
        """Refresh all debtors in a moment.

        Two people moved one customer's money at once, or what a policy does changed:
        that may touch everybody, and whoever saves it does not wait for them.
        """
        cron = "ar_collections.ir_cron_ar_debtor_refresh"
        # sudo: whoever changes what the figures follow moves them. It is not there yet
        # while the policies that come with the addon are installed
        job = self.env.ref(cron, raise_if_not_found=False)
        if job:
            job.sudo()._trigger()

    @api.model
    def _cron_refresh(self):
        """Bring all debtors' figures up to date; runs when something was left over."""
        for company in self.env["res.company"].search([("parent_id", "=", False)]):
            self._refresh(company)
