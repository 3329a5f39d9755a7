from odoo import api, fields, models
from odoo.tools import SQL

# Every entry of the wanted customers, and what moved between their currencies or to
# another customer: a payment in euros that settles an invoice in francs leaves the first
# column and enters the second. With it, a currency's balance is what is open in it.
MOVEMENTS_SQL = """
WITH wanted (key, partner_id, date_from, date_to) AS (VALUES %(wanted)s),
line AS MATERIALIZED (
    SELECT account_move_line.id, account_move_line.move_id,
           contact.commercial_partner_id AS partner_id,
           account_move_line.currency_id, account_move_line.date,
           account_move_line.date_maturity, account_move_line.amount_currency
      FROM %(from)s
      JOIN res_partner contact ON contact.id = account_move_line.partner_id
     WHERE %(where)s
),
side AS (
    SELECT partial.id AS partial_id, line.*, -partial.debit_amount_currency AS amount,
           GREATEST(partial.max_date, line.date) AS day
      FROM line
      JOIN account_partial_reconcile partial ON partial.debit_move_id = line.id
     UNION ALL
    SELECT partial.id, line.*, partial.credit_amount_currency,
           GREATEST(partial.max_date, line.date)
      FROM line
      JOIN account_partial_reconcile partial ON partial.credit_move_id = line.id
),
entry AS (
    SELECT id, move_id, partner_id, currency_id, date, date_maturity,
           amount_currency AS amount, FALSE AS is_transfer
      FROM line
     WHERE amount_currency != 0
     UNION ALL
    SELECT MIN(id), MIN(move_id), partner_id, currency_id, day, NULL, SUM(amount), TRUE
      FROM side
  GROUP BY partial_id, partner_id, currency_id, day
    HAVING SUM(amount) != 0
),
opening AS (
    SELECT wanted.key, entry.currency_id, SUM(entry.amount) AS amount
      FROM wanted
      JOIN entry
        ON entry.partner_id = wanted.partner_id AND entry.date < wanted.date_from
  GROUP BY wanted.key, entry.currency_id
),
movement AS (
    SELECT wanted.key, entry.*
      FROM wanted
      JOIN entry
        ON entry.partner_id = wanted.partner_id
       AND entry.date BETWEEN wanted.date_from AND wanted.date_to
)
SELECT key, currency_id, amount, NULL::date AS date, NULL::date AS due,
       NULL::varchar AS number, NULL::varchar AS ref, NULL::varchar AS kind,
       NULL::int AS move_id, NULL::int AS id, FALSE AS is_transfer
  FROM opening
 UNION ALL
SELECT movement.key, movement.currency_id, movement.amount, movement.date,
       CASE WHEN %(is_sale)s THEN movement.date_maturity END,
       move.name, CASE WHEN %(is_sale)s THEN move.ref END,
       CASE WHEN movement.is_transfer THEN 'transfer' ELSE %(kind)s END,
       movement.move_id, movement.id, movement.is_transfer
  FROM movement
  JOIN account_move move ON move.id = movement.move_id
  JOIN account_journal journal ON journal.id = move.journal_id
 ORDER BY date NULLS FIRST, is_transfer, move_id, id
"""

ITEMS_SQL = """
SELECT item.partner_id, item.currency_id, item.date, item.date_due AS due,
       item.residual, item.residual_currency AS open, line.amount_currency AS amount,
       move.name AS number, CASE WHEN %(is_sale)s THEN move.ref END AS ref,
       %(kind)s AS kind, line.id
  FROM (%(items)s) item
  JOIN account_move_line line ON line.id = item.id
  JOIN account_move move ON move.id = item.move_id
  JOIN account_journal journal ON journal.id = move.journal_id
 ORDER BY item.date_due, item.id
"""

IS_SALE_SQL = "move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')"

KIND_SQL = """
CASE WHEN move.move_type IN ('out_invoice', 'out_receipt') THEN 'invoice'
     WHEN move.move_type = 'out_refund' THEN 'credit'
     WHEN EXISTS (SELECT FROM account_partial_reconcile exchange
                   WHERE exchange.exchange_move_id = move.id) THEN 'exchange'
     WHEN journal.type IN ('bank', 'cash', 'credit')
          OR move.origin_payment_id IS NOT NULL THEN 'payment'
     ELSE 'other' END
"""


class ArStatementLedger(models.AbstractModel):
    """What a statement says, from the ledger: many customers by a few queries.

    Per currency: opening balance + movements = closing balance = sum of the open items.
    """

    _name = "ar.statement.ledger"
    _description = "Figures of Statements"

    # === BUSINESS METHODS === #

    @api.model
    def _get_figures(self, company, wanted):
        """The figures of statements of one company, its branches included.

        Nothing after ``date_to`` counts, payments of later days neither.

        :param company: root company
        :param wanted: tuples (key, commercial partner id, date_from, date_to)
        :return: {key: figures}; figures are made of JSON's types only: ``amount``
            (company currency, debts positive), ``ends`` (of the ageing buckets) and
            ``currencies``, a list with ``currency_id``, ``opening``, ``movements``,
            ``closing``, ``items`` and ``aging`` in that currency
        :rtype: dict
        """
        if not wanted:
            return {}
        ends = company.sudo()._get_aging_buckets()  # sudo: borders are no secret
        items = self._get_items(company, wanted)
        movements = self._get_movements(company, wanted)
        figures = {}
        for key, partner_id, _date_from, date_to in wanted:
            mine = items.get((partner_id, date_to), [])
            moved = movements.get(key, [])
            currency_ids = {row["currency_id"] for row in mine if row["open"]}
            currency_ids |= {row["currency_id"] for row in moved}
            currencies = self.env["res.currency"].browse(
                # nothing at all is said in the company's own currency
                currency_ids or company.currency_id.ids
            )
            figures[key] = {
                "amount": company.currency_id.round(
                    sum(row["residual"] for row in mine)
                ),
                "ends": ends,
                "currencies": [
                    self._get_section(
                        currency,
                        [row for row in moved if row["currency_id"] == currency.id],
                        [
                            row
                            for row in mine
                            if row["currency_id"] == currency.id and row["open"]
                        ],
                        date_to,
                        ends,
                    )
                    for currency in currencies.sorted(
                        lambda c: (c != company.currency_id, c.name)
                    )
                ],
            }
        return figures

    @api.model
    def _get_domain(self, company, partner_ids):
        """Receivables of these customers, of whichever of their contacts."""
        # literal ids: the index of the journal items is on the contact
        contacts = self.env["res.partner"]._search(
            [("commercial_partner_id", "in", list(partner_ids))],
            active_test=False,
            bypass_access=True,
        )
        return self.env["ar.open.item"]._get_ledger_domain(company) & fields.Domain(
            "partner_id", "in", list(contacts.get_result_ids())
        )

    @api.model
    def _get_movements(self, company, wanted):
        open_item = self.env["ar.open.item"]
        open_item._flush_ledger()
        self.env["account.move"].flush_model(["name", "ref", "origin_payment_id"])
        self.env["account.partial.reconcile"].flush_model(["exchange_move_id"])
        domain = self._get_domain(company, {row[1] for row in wanted}) & fields.Domain(
            "date", "<=", max(row[3] for row in wanted)
        )
        # access was checked by the caller, who chose the customers
        query = self.env["account.move.line"]._search(
            domain, active_test=False, bypass_access=True
        )
        rows = self.env.execute_query_dict(
            SQL(
                MOVEMENTS_SQL,
                wanted=SQL(", ").join(
                    SQL("(%s, %s, %s::date, %s::date)", *row) for row in wanted
                ),
                where=query.where_clause or SQL("TRUE"),
                is_sale=SQL(IS_SALE_SQL),
                kind=SQL(KIND_SQL),
                **{"from": query.from_clause},
            )
        )
        self._name_documents(row for row in rows if not row["is_transfer"])
        movements = {}
        for row in rows:
            movements.setdefault(row["key"], []).append(row)
        return movements

    @api.model
    def _get_items(self, company, wanted):
        """Open items by (partner, day); one query for each day that is asked for."""
        days = {}
        for _key, partner_id, _date_from, date_to in wanted:
            days.setdefault(date_to, set()).add(partner_id)
        found = {}
        for day, partner_ids in days.items():
            items = self.env["ar.open.item"]._get_sql(
                self._get_domain(company, partner_ids),
                day,
                # always rebuilt: what a later payment settled was open on the day
                fields.Date.add(day, days=1),
            )
            query = SQL(
                ITEMS_SQL,
                items=items,
                is_sale=SQL(IS_SALE_SQL),
                kind=SQL(KIND_SQL),
            )
            rows = self.env.execute_query_dict(query)
            self._name_documents(rows)
            for row in rows:
                found.setdefault((row["partner_id"], day), []).append(row)
        return found

    @api.model
    def _name_documents(self, rows):
        """Write the customer's own numbers in rows of entries that are no documents."""
        rows = [row for row in rows if row["kind"] == "other"]
        # sudo: access was checked by the caller, who chose the customers
        lines = self.env["account.move.line"].sudo().browse(row["id"] for row in rows)
        for row, line in zip(rows, lines, strict=True):
            row["number"] = line._get_document_name()

    @api.model
    def _get_section(self, currency, rows, items, date_to, ends):
        """One currency of a statement."""
        balance = currency.round(sum(row["amount"] for row in rows if not row["date"]))
        section = {
            "currency_id": currency.id,
            "opening": balance,
            "movements": [],
            "items": [],
        }
        for row in rows:
            if not row["date"]:
                continue
            balance = currency.round(balance + row["amount"])
            section["movements"].append(
                {
                    **self._get_entry(row),
                    "amount": currency.round(row["amount"]),
                    "balance": balance,
                }
            )
        section["closing"] = balance
        for row in items:
            section["items"].append(
                {
                    **self._get_entry(row),
                    "days": max((date_to - row["due"]).days, 0),
                    "amount": currency.round(row["amount"]),
                    "open": currency.round(row["open"]),
                }
            )
        section["aging"] = self._get_aging(currency, section["items"], ends)
        return section

    @api.model
    def _get_entry(self, row):
        return {
            "date": fields.Date.to_string(row["date"]),
            "due": fields.Date.to_string(row["due"]) or False,
            "number": row["number"] or "",
            "ref": row["ref"] or "",
            "kind": row["kind"],
        }

    @api.model
    def _get_aging(self, currency, items, ends):
        """Debts by days late as the ageing report has them; credits beside them."""
        buckets = [0.0] * (len(ends) + 2)
        credits_open = 0.0
        for item in items:
            if item["open"] < 0:
                credits_open += item["open"]
            elif not item["days"]:
                buckets[0] += item["open"]
            else:
                buckets[1 + sum(item["days"] > end for end in ends)] += item["open"]
        return {
            "not_due": currency.round(buckets[0]),
            "buckets": [currency.round(amount) for amount in buckets[1:]],
            "overdue": currency.round(sum(buckets[1:])),
            "credits": currency.round(credits_open),
        }
