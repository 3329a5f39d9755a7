from odoo import api, fields, models
from odoo.tools import SQL


class ArAgingReport(models.Model):
    """Open receivable items by days late, as of any day.

    The day travels in the context (``ar_aging_date``), as core's stock reports do: it
    chooses what is shown and unlocks nothing. Without it, today.
    """

    _name = "ar.aging.report"
    _description = "Ageing"
    _auto = False
    _order = "partner_id, date_due, id"
    _rec_name = "move_id"

    move_id = fields.Many2one("account.move", "Document", readonly=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    company_currency_id = fields.Many2one("res.currency", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    date = fields.Date(readonly=True)
    date_due = fields.Date("Due", readonly=True)
    days_overdue = fields.Integer("Days late", readonly=True, aggregator="max")
    bucket = fields.Selection(selection="_selection_bucket", readonly=True)
    amount = fields.Monetary(
        "Open", currency_field="company_currency_id", readonly=True
    )
    amount_currency = fields.Monetary("Open in currency", readonly=True)
    user_id = fields.Many2one("res.users", "Collector", readonly=True)
    invoice_user_id = fields.Many2one("res.users", "Salesperson", readonly=True)
    country_id = fields.Many2one("res.country", readonly=True)

    @api.model
    def _selection_bucket(self):
        ends = self.env.company._get_aging_buckets()
        names = [("0", self.env._("Not due"))]
        low = 1
        for number, end in enumerate(ends, start=1):
            names.append((str(number), f"{low} - {end}"))
            low = end + 1
        names.append((str(len(ends) + 1), self.env._("Over %(days)s", days=ends[-1])))
        return names

    @property
    def _table_query(self):
        roots = self.env.companies.root_id
        parts = [self._get_company_sql(company) for company in roots]
        return SQL(" UNION ALL ").join(SQL("(%s)", part) for part in parts)

    def _get_company_sql(self, company):
        open_item = self.env["ar.open.item"]
        today = company._ar_today()
        date = fields.Date.to_date(self.env.context.get("ar_aging_date")) or today
        items = open_item._get_sql(open_item._get_ledger_domain(company), date, today)
        days = SQL("(%s::date - item.date_due)", fields.Date.to_string(date))
        return SQL(
            """
            SELECT item.id, item.move_id, item.partner_id, item.company_id,
                   %(currency)s AS company_currency_id, item.currency_id, item.date,
                   item.date_due, GREATEST(%(days)s, 0) AS days_overdue,
                   %(bucket)s AS bucket, item.residual AS amount,
                   item.residual_currency AS amount_currency,
                   debtor.user_id, move.invoice_user_id, partner.country_id
              FROM (%(items)s) item
              JOIN account_move move ON move.id = item.move_id
         LEFT JOIN res_partner partner ON partner.id = item.partner_id
         LEFT JOIN ar_debtor debtor
                ON debtor.partner_id = item.partner_id
               AND debtor.company_id = %(company)s
            """,
            currency=company.currency_id.id,
            company=company.id,
            days=days,
            bucket=self._get_bucket_sql(days),
            items=items,
        )

    @api.model
    def _get_bucket_sql(self, days):
        ends = self.env.company._get_aging_buckets()
        cases = [SQL("WHEN %s <= 0 THEN '0'", days)]
        for number, end in enumerate(ends, start=1):
            cases.append(SQL("WHEN %s <= %s THEN %s", days, end, str(number)))
        return SQL("CASE %s ELSE %s END", SQL(" ").join(cases), str(len(ends) + 1))
