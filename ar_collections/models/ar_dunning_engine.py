from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .ar_dunning_engine_sql import DECISION_SQL

# Verdicts of items that go into a notice …
IN_NOTICE = ("dun", "along", "credit")
# … and of items that are left alone although the ladder looked at them.
SKIP_REASONS = [
    ("no_policy", "No policy"),
    ("no_followup", "No follow-up"),
    ("blocked", "Blocked for payment"),
    ("pending", "Already in a waiting notice"),
    ("finished", "Ladder finished"),
    ("waiting", "Next level not reached"),
    ("interval", "Contacted lately"),
    ("covered", "Covered by credits"),
    ("minimum", "Below the minimum amount"),
    ("no_rate", "Exchange rate missing"),
    ("no_contact", "No way to contact"),
    ("other_policy", "Policy not part of this run"),
]


class ArDunningEngine(models.AbstractModel):
    """Decides who gets what. Pure: one SELECT, nothing is written.

    Preview, night run, forecast and simulation all call `_get_decision_sql`; the run
    wraps it into its INSERTs, everybody else reads its rows.
    """

    _name = "ar.dunning.engine"
    _description = "Dunning Decision"

    # === BUSINESS METHODS === #

    @api.model
    def _decide(
        self, company, date, policies=None, partners=None, runs=None, as_of=None
    ):
        """Decide for all open items of a company.

        :param company: root company (record of `res.company`)
        :param date date: the day that is decided for
        :param policies: only items under these policies move; all if empty
        :param partners: only these commercial partners; all if empty
        :param runs: decide as if the notices of these runs did not exist, to look
            again at what they decided
        :param date as_of: the ledger's day, if it is not ``date``
        :return: a dict per open item, see `_get_decision_sql` for the keys
        :rtype: list[dict]
        """
        return self.env.execute_query_dict(
            self._get_decision_sql(company, date, policies, partners, runs, as_of)
        )

    @api.model
    def _get_decision_sql(
        self, company, date, policies=None, partners=None, runs=None, as_of=None
    ):
        """The decision as one query; a row per open item, credits included.

        Columns: ``id`` (journal item), ``move_id``, ``partner_id``, ``debtor_id``
        (NULL: not made yet), ``currency_id``, ``residual`` (company currency),
        ``residual_currency``, ``date_due``, ``days_overdue``, ``policy_id``,
        ``level_id`` and ``level_rank`` (reached by this decision, else the one it
        stands on), ``next_level_id``, ``next_date`` (when the next level is reached),
        ``step_date`` (the same, or when the distance
        from the last notice is kept), ``last_date`` (its last notice),
        ``contact_date`` (the debtor's last notice), ``verdict`` (``dun``: it moves to
        ``level_id``; ``along``: listed because it is owed; ``credit``; or a reason of
        `SKIP_REASONS`), and of its notice ``notice_level_id``, ``claim``,
        ``min_amount`` (both in ``currency_id``), ``recipient_id``, ``channel``.

        :rtype: SQL
        """
        self._flush_decision()
        today = company._ar_today()
        open_item = self.env["ar.open.item"]
        domain = open_item._get_open_item_domain(company)
        if partners:
            domain &= self._get_partner_domain(partners)
        return SQL(
            DECISION_SQL,
            open_items=open_item._get_sql(domain, as_of or date, today),
            company=company.id,
            date=fields.Date.to_string(date),
            default_policy=self.env["ar.policy"]._get_company_default(company).id
            or None,
            policies=list(policies.ids) if policies else None,
            runs=list(runs.ids) if runs else [],
            rates=self._get_rates_sql(company, date),
        )

    @api.model
    def _count(self, company, date, policies=None, partners=None, runs=None):
        """What a run would do, in figures; for wizards and dashboards.

        :return: ``notices``, ``skipped`` (items left alone, those whose next level is
            not reached yet not counted), ``amounts`` ([(currency id, amount)])
        :rtype: dict
        """
        sql = self._get_decision_sql(company, date, policies, partners, runs)
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT currency_id,
                       COUNT(DISTINCT partner_id)
                           FILTER (WHERE notice_level_id IS NOT NULL) AS notices,
                       COUNT(*) FILTER (WHERE verdict NOT IN %s) AS skipped,
                       SUM(residual_currency)
                           FILTER (WHERE notice_level_id IS NOT NULL
                                   AND verdict IN %s) AS amount
                  FROM (%s) decision
              GROUP BY currency_id
                """,
                (*IN_NOTICE, "waiting", "other_policy"),
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
    def _get_partner_domain(self, partners):
        # every contact of a debtor, by literal ids: the partial index is on partner_id
        contacts = self.env["res.partner"]._search(
            [("commercial_partner_id", "in", partners.ids)],
            active_test=False,
            bypass_access=True,
        )
        return Domain("partner_id", "in", list(contacts.get_result_ids()))

    @api.model
    def _flush_decision(self):
        for model in (
            "ar.debtor",
            "ar.dunning.level",
            "ar.dunning.notice",
            "ar.dunning.notice.line",
            "ar.policy",
            "mail.blacklist",
            "res.partner",
        ):
            self.env[model].flush_model()

    @api.model
    def _get_rates_sql(self, company, date):
        """Rows (currency, factor): company currency × factor = that currency.

        A foreign currency without any rate is left out; its items are then skipped
        with the reason instead of being compared at a rate of 1.
        """
        # sudo: exchange rates, whoever decides
        currencies = self.env["res.currency"].sudo().search([])
        root = company.root_id
        rated = (
            self.env["res.currency.rate"]
            .sudo()
            ._read_group(
                [
                    ("currency_id", "in", currencies.ids),
                    ("company_id", "in", [False, root.id]),
                    ("name", "<=", date),
                ],
                ["currency_id"],
            )
        )
        known = {currency.id for (currency,) in rated}
        base = company.currency_id
        rows = [SQL("(%s, 1.0::numeric)", base.id)]
        for currency in currencies.filtered(lambda c: c.id in known) - base:
            factor = currencies._get_conversion_rate(base, currency, company, date)
            rows.append(SQL("(%s, %s::numeric)", currency.id, factor))
        return SQL("VALUES %s", SQL(", ").join(rows))
