from odoo import api, models
from odoo.tools import SQL

from .ar_dunning_engine import IN_NOTICE


class ArDunningEngine(models.AbstractModel):
    """Figures of a decision, without reading its rows."""

    _inherit = "ar.dunning.engine"

    # === BUSINESS METHODS === #

    @api.model
    def _count(self, company, date, policies=None, partners=None, runs=None):
        """What a run would do, in figures; for wizards and dashboards.

        :return: ``notices``, ``skipped`` (items left alone), ``amounts`` ([(currency id, amount)])
        :rtype: dict
        """
        sql = self._get_decision_sql(
            company, date, policies, partners, runs, is_brief=True
        )
        rows = self._read_for_many(
            SQL(
                """
                -- on its own, so that it is hashed and not sorted for what follows
                WITH letter AS MATERIALIZED (
                    SELECT currency_id,
                           BOOL_OR(notice_level_id IS NOT NULL) AS is_notice,
                           COUNT(*) FILTER (WHERE verdict NOT IN %s) AS skipped,
                           SUM(amount)
                               FILTER (WHERE notice_level_id IS NOT NULL
                                       AND verdict IN %s) AS amount
                      FROM (%s) decision
                  GROUP BY currency_id, group_id, group_key)
                SELECT currency_id,
                       COUNT(*) FILTER (WHERE is_notice) AS notices,
                       SUM(skipped)::int AS skipped,
                       SUM(amount) AS amount
                  FROM letter
              GROUP BY currency_id
                """,
                (*IN_NOTICE, "other_policy"),
                IN_NOTICE,
                sql,
            )
        )
        return {
            "notices": sum(row["notices"] for row in rows),
            "skipped": sum(row["skipped"] for row in rows),
            "amounts": [
                (row["currency_id"], row["amount"]) for row in rows if row["amount"]
            ],
        }

    @api.model
    def _count_levels(self, company, date):
        """Notices of a run by level: {level id: (notices, amount)}.

        The amount is in the company's currency, converted at the rate of ``date`` as
        the run's own total.
        """
        rows = self._read_for_many(
            SQL(
                """
                SELECT notice_level_id, currency_id, COUNT(*) AS notices,
                       SUM(amount)::float AS amount
                  FROM (SELECT notice_level_id, currency_id, SUM(amount) AS amount
                          FROM (%s) decision
                         WHERE notice_level_id IS NOT NULL AND verdict IN %s
                      GROUP BY notice_level_id, currency_id, group_id, group_key
                       ) letter
              GROUP BY notice_level_id, currency_id
                """,
                self._get_decision_sql(company, date, is_brief=True),
                IN_NOTICE,
            )
        )
        convert = self._get_converter(company)
        counts = {}
        for row in rows:
            notices, total = counts.get(row["notice_level_id"], (0, 0.0))
            total += convert(row["amount"], row["currency_id"], date)
            counts[row["notice_level_id"]] = (notices + row["notices"], total)
        base = company.currency_id
        return {
            level_id: (n, base.round(total)) for level_id, (n, total) in counts.items()
        }

    @api.model
    def _get_converter(self, company):
        """How a run converts a claim: at the rate of its day, whatever was booked.

        :return: function (amount, currency id, date) → amount in the company's
            currency, not rounded; it asks for the rates of a day once
        """
        base = company.currency_id
        # sudo: exchange rates, whoever decides
        currencies = self.env["res.currency"].sudo().with_company(company)
        rates = {}

        def convert(amount, currency_id, date):
            if currency_id == base.id:
                return amount
            key = (currency_id, date)
            if key not in rates:
                currency = currencies.browse(currency_id)
                rates[key] = currency._get_conversion_rate(
                    currency, base, company, date
                )
            return amount * rates[key]

        return convert

    @api.model
    def _read_for_many(self, query):
        with self._planning_for_many():
            return self.env.execute_query_dict(query)
