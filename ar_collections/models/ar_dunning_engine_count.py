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
        sql = self._get_decision_sql(company, date, policies, partners, runs)
        rows = self._read_for_many(
            SQL(
                """
                SELECT currency_id,
                       COUNT(*) FILTER (WHERE is_notice) AS notices,
                       SUM(skipped)::int AS skipped,
                       SUM(amount) AS amount
                  FROM (SELECT currency_id,
                               BOOL_OR(notice_level_id IS NOT NULL) AS is_notice,
                               COUNT(*) FILTER (WHERE verdict NOT IN %s) AS skipped,
                               SUM(amount)
                                   FILTER (WHERE notice_level_id IS NOT NULL
                                           AND verdict IN %s) AS amount
                          FROM (%s) decision
                      GROUP BY currency_id, group_id, group_key) letter
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

        The amount is in the company's currency.
        """
        rows = self._read_for_many(
            SQL(
                """
                SELECT notice_level_id, COUNT(*) AS notices, SUM(amount)::float AS amount
                  FROM (SELECT notice_level_id, SUM(residual) AS amount
                          FROM (%s) decision
                         WHERE notice_level_id IS NOT NULL AND verdict IN %s
                      GROUP BY notice_level_id, currency_id, group_id, group_key
                       ) letter
              GROUP BY notice_level_id
                """,
                self._get_decision_sql(company, date),
                IN_NOTICE,
            )
        )
        return {r["notice_level_id"]: (r["notices"], r["amount"]) for r in rows}

    @api.model
    def _read_for_many(self, query):
        with self._planning_for_many():
            return self.env.execute_query_dict(query)
