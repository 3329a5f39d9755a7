from odoo import api, fields, models
from odoo.tools import SQL

from .ar_statement import CONTENTS

# Who is due: one statement for all, which also writes the statements. What was made by
# itself counts, whatever became of it; what was made by hand counts if it was sent. Those
# that go with notices have no movements, and put off none that has.
DUE_SQL = """
WITH item AS MATERIALIZED (%(items)s),
open_item AS (
    SELECT partner_id, residual FROM item
     UNION ALL
    -- who owes nothing has a policy, too
    SELECT partner_id, 0 FROM ar_debtor WHERE company_id = %(company)s
),
treated AS (%(treated)s),
last AS (
    SELECT debtor_id,
           MAX(date_to) FILTER (WHERE is_automatic OR state = 'sent') AS date,
           MAX(date_to) FILTER (WHERE state = 'sent') AS date_sent
      FROM ar_statement
     WHERE company_id = %(company)s AND notice_id IS NULL
  GROUP BY debtor_id
),
candidate AS (
    SELECT d.id, d.partner_id, last.date, last.date_sent,
           COALESCE(policy.statement_content, 'both') AS content,
           COALESCE(policy.statement_xlsx, FALSE) AS with_xlsx,
           CASE d.statement_mode WHEN 'never' THEN 0
                                 WHEN 'own' THEN d.statement_days
                                 ELSE policy.statement_days END AS days
      FROM ar_debtor d
      JOIN treated ON treated.debtor_id = d.id
 LEFT JOIN ar_policy policy ON policy.id = treated.policy_id
 LEFT JOIN last ON last.debtor_id = d.id
     WHERE d.company_id = %(company)s
),
due AS (
    SELECT candidate.*,
           COALESCE(date_sent, %(date)s::date - days) + 1 AS date_from
      FROM candidate
     WHERE days > 0 AND COALESCE(date + days <= %(date)s, TRUE)
       AND COALESCE(date_sent < %(date)s, TRUE)
)
INSERT INTO ar_statement (debtor_id, company_id, date_from, date_to, content, with_pdf,
                          with_xlsx, is_automatic, channel, state, create_uid,
                          create_date, write_uid, write_date)
SELECT due.id, %(company)s, date_from, %(date)s, content, TRUE, with_xlsx, TRUE, 'email',
       'queued', %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s, now() AT TIME ZONE 'UTC'
  FROM due
 WHERE EXISTS (SELECT FROM item
                WHERE item.partner_id = due.partner_id AND item.residual_currency != 0)
    OR EXISTS (SELECT FROM %(from)s
                 JOIN res_partner contact ON contact.id = account_move_line.partner_id
                WHERE contact.commercial_partner_id = due.partner_id
                  AND account_move_line.date BETWEEN due.date_from AND %(date)s
                  AND %(where)s)
 ORDER BY due.id
    ON CONFLICT DO NOTHING
 RETURNING id
"""


class ArPolicy(models.Model):
    """Whom the policy sends a statement by itself, and how often."""

    _inherit = "ar.policy"

    statement_days = fields.Integer(
        "Statement every",
        tracking=True,
        help="Days between two statements of account that customers under this policy "
        "get by themselves, counted from the last one. Zero: never.",
    )
    statement_content = fields.Selection(CONTENTS, "Statement shows", default="both")
    statement_xlsx = fields.Boolean("Statement also as Excel")

    _check_statement_days = models.Constraint(
        "CHECK(statement_days >= 0)",
        "Days between statements cannot be negative; zero means never.",
    )


class ArDebtor(models.Model):
    """What one customer wants instead of its policy's statements."""

    _inherit = "ar.debtor"

    # empty: as the policy says
    statement_mode = fields.Selection(
        [("never", "Never"), ("own", "Every … days")],
        "Statements",
        tracking=True,
        help="Empty: as often as the policy says.",
    )
    statement_days = fields.Integer("Statement every", default=30, tracking=True)
    statement_ids = fields.One2many("ar.statement", "debtor_id", readonly=True)
    statement_count = fields.Integer(compute="_compute_statement_count")

    _check_statement_days = models.Constraint(
        "CHECK(statement_mode IS DISTINCT FROM 'own' OR statement_days > 0)",
        "Say after how many days the next statement goes out, or choose Never.",
    )

    @api.depends("statement_ids")
    def _compute_statement_count(self):
        counts = dict(
            self.env["ar.statement"]._read_group(
                [("debtor_id", "in", self.ids)], ["debtor_id"], ["__count"]
            )
        )
        for debtor in self:
            debtor.statement_count = counts.get(debtor._origin, 0)

    # === ACTION METHODS === #

    def action_open_statements(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ar_collections.ar_statement_action"
        )
        return dict(action, domain=[("debtor_id", "=", self.id)], context={})


class ArStatement(models.Model):
    """Statements that policies ask for."""

    _inherit = "ar.statement"

    # === CRONS === #

    @api.model
    def _cron_make_due(self):
        """Every day: queue the statements that are due, company by company."""
        companies = self.env["res.company"].search([("parent_id", "=", False)])
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            self._make_due_safely(company)
            self.env["ir.cron"]._commit_progress(1)
        self._trigger_delivery()

    @api.model
    def _make_due_safely(self, company):
        """A company's day; on a clash with another transaction, once more."""
        statements = self.with_company(company)
        self._retry_for(
            company,
            lambda: statements._make_due(company, company._ar_today()),
            "Statements",
        )

    # === BUSINESS METHODS === #

    @api.model
    def _make_due(self, company, date):
        """Queue a statement for each customer who is due one and has something in it.

        Due: as many days after the last one as the policy that applies says, or the
        debtor itself. Something in it: an open item, or a booking since the last one
        that was sent. The first one covers as many days.

        :param company: root company
        :param date date: the day of the statements, the company's today
        :return: the statements
        :rtype: recordset of `ar.statement`
        """
        self.env["ar.dunning.engine"]._flush_decision()
        self.env["ar.statement"].flush_model()
        open_item = self.env["ar.open.item"]
        domain = open_item._get_open_item_domain(company)
        # access was checked by the system, which asks for all
        query = self.env["account.move.line"]._search(
            domain, active_test=False, bypass_access=True
        )
        rows = self.env.execute_query(
            SQL(
                DUE_SQL,
                items=open_item._get_sql(domain, date, company._ar_today()),
                treated=self.env["ar.policy.rule"]._get_treated_sql(company, date),
                company=company.id,
                date=fields.Date.to_string(date),
                uid=self.env.uid,
                where=query.where_clause or SQL("TRUE"),
                **{"from": query.from_clause},
            )
        )
        self.invalidate_model()
        made = self.browse(row[0] for row in rows)
        made._replace_failed(date)
        return made

    def _replace_failed(self, date):
        """Cancel what failed before for the same customers: the new one tells more."""
        failed = self.search(
            [
                ("debtor_id", "in", self.debtor_id.ids),
                ("state", "=", "error"),
                ("is_automatic", "=", True),
                ("date_to", "<", date),
            ]
        )
        failed._cancel_mails()
        failed._update_state(("error",), "cancel")
