from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

# What the ledger source reads: flushed before each query.
LEDGER_FIELDS = {
    "account.move": [
        "ar_policy_id",
        "journal_id",
        "move_type",
        "payment_state",
        "state",
    ],
    "account.move.line": [
        "account_id",
        "amount_currency",
        "amount_residual",
        "amount_residual_currency",
        "balance",
        "company_id",
        "currency_id",
        "date",
        "date_maturity",
        "move_id",
        "no_followup",
        "parent_state",
        "partner_id",
        "reconciled",
    ],
    "account.partial.reconcile": [
        "amount",
        "credit_amount_currency",
        "credit_move_id",
        "debit_amount_currency",
        "debit_move_id",
        "max_date",
    ],
    "res.partner": ["commercial_partner_id"],
}


class ArOpenItem(models.AbstractModel):
    """The one source of open receivable items, as of any date.

    An item is a receivable journal item with its own due date (a maturity line), so
    that each instalment is an item. The ladder, the ageing report and the debtors'
    figures all read this source.
    """

    _name = "ar.open.item"
    _description = "Open Receivable Items"

    # === BUSINESS METHODS === #

    @api.model
    def _get_companies(self, company):
        """The company and its branches, whose receivables are pursued together."""
        # sudo: a branch the user may not enter still counts in the parent's books
        return self.env["res.company"].sudo().search([("id", "child_of", company.id)])

    @api.model
    def _get_ledger_domain(self, company):
        """Journal items of the receivable accounts of a company and its branches."""
        companies = self._get_companies(company)
        # sudo: which accounts are receivables is no secret to whoever reads the items
        accounts = (
            self.env["account.account"]
            .sudo()
            .with_context(active_test=False)
            .search(
                [
                    ("account_type", "=", "asset_receivable"),
                    ("company_ids", "parent_of", companies.ids),
                ]
            )
        )
        # account ids as literals: the planner misjudges a sub-select here
        return Domain(
            [
                ("account_id", "in", accounts.ids),
                ("company_id", "in", companies.ids),
                ("parent_state", "=", "posted"),
            ]
        )

    @api.model
    def _get_open_item_domain(self, company):
        """Journal items that the ladder may pursue. Extensions AND their own terms.

        :param company: record of `res.company`, the root of the books
        :rtype: Domain on `account.move.line`
        """
        return self._get_ledger_domain(company) & Domain("partner_id", "!=", False)

    @api.model
    def _flush_ledger(self):
        for model, names in LEDGER_FIELDS.items():
            self.env[model].flush_model(names)

    @api.model
    def _get_sql(self, domain, date, today):
        """Query of the items in ``domain`` that are open at the end of ``date``.

        Columns: ``id``, ``move_id``, ``company_id``, ``partner_id`` (commercial
        partner, NULL if none), ``contact_id``, ``currency_id``, ``date``,
        ``date_due``, ``no_followup``, ``residual`` (company currency),
        ``residual_currency`` (item's currency); debts positive, credits negative.

        :param Domain domain: on `account.move.line`
        :param date date: a past day is rebuilt from the reconciliations and their
            dates; from ``today`` on, the stored residuals are read
        :param date today: the company's today
        :rtype: SQL
        """
        self._flush_ledger()
        if date >= today:
            return self._get_stored_sql(domain, date)
        return self._get_rebuilt_sql(domain, date)

    @api.model
    def _select(self, domain, residual, residual_currency, joins=SQL()):
        # access was checked by the caller, who chose the company
        query = self.env["account.move.line"]._search(
            domain, active_test=False, bypass_access=True
        )
        return SQL(
            """
            SELECT account_move_line.id,
                   account_move_line.move_id,
                   account_move_line.company_id,
                   contact.commercial_partner_id AS partner_id,
                   account_move_line.partner_id AS contact_id,
                   account_move_line.currency_id,
                   account_move_line.date,
                   COALESCE(account_move_line.date_maturity, account_move_line.date)
                       AS date_due,
                   COALESCE(account_move_line.no_followup, FALSE) AS no_followup,
                   %(residual)s AS residual,
                   %(residual_currency)s AS residual_currency
              FROM %(from)s
         LEFT JOIN res_partner contact ON contact.id = account_move_line.partner_id
              %(joins)s
             WHERE %(where)s
               AND (%(residual)s != 0 OR %(residual_currency)s != 0)
            """,
            residual=residual,
            residual_currency=residual_currency,
            joins=joins,
            where=query.where_clause or SQL("TRUE"),
            **{"from": query.from_clause},
        )

    @api.model
    def _get_stored_sql(self, domain, date):
        return self._select(
            domain & Domain("reconciled", "=", False) & Domain("date", "<=", date),
            SQL("account_move_line.amount_residual"),
            SQL("account_move_line.amount_residual_currency"),
        )

    @api.model
    def _get_rebuilt_sql(self, domain, date):
        day = fields.Date.to_string(date)
        joins = SQL(
            """
         LEFT JOIN (SELECT debit_move_id AS id,
                           SUM(amount) AS amount,
                           SUM(debit_amount_currency) AS amount_currency
                      FROM account_partial_reconcile
                     WHERE max_date <= %(day)s
                  GROUP BY debit_move_id) debit ON debit.id = account_move_line.id
         LEFT JOIN (SELECT credit_move_id AS id,
                           SUM(amount) AS amount,
                           SUM(credit_amount_currency) AS amount_currency
                      FROM account_partial_reconcile
                     WHERE max_date <= %(day)s
                  GROUP BY credit_move_id) credit ON credit.id = account_move_line.id
            """,
            day=day,
        )
        return self._select(
            domain & Domain("date", "<=", date),
            SQL(
                "account_move_line.balance - COALESCE(debit.amount, 0)"
                " + COALESCE(credit.amount, 0)"
            ),
            SQL(
                "account_move_line.amount_currency - COALESCE(debit.amount_currency, 0)"
                " + COALESCE(credit.amount_currency, 0)"
            ),
            joins,
        )
