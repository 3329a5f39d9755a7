from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .ar_dunning_engine_parts import (
    CONTACTS_SQL,
    DEBTORS_SQL,
    ENTRY_COLUMNS,
    NO_OFFICE_SQL,
    OFFICE_SQL,
    PAUSED_SQL,
    PLAIN_NETTING_SQL,
    SPLIT_NETTING_SQL,
    STEPS_SQL,
    WAITING_NOTICES_SQL,
    WORKDAY_ADD_SQL,
    WORKDAY_PREVIOUS_SQL,
    WORKDAY_STEP_SQL,
    WORKDAYS_SQL,
)
from .ar_dunning_engine_sql import DECISION_SQL

# Verdicts of items that go into a notice …
IN_NOTICE = ("dun", "along", "credit")
# … and of items that are left alone although the ladder looked at them.
SKIP_REASONS = [
    ("no_policy", "No policy"),
    ("no_followup", "No follow-up"),
    ("blocked", "Blocked for payment"),
    ("paused", "Paused"),
    ("pending", "Already in a waiting notice"),
    ("finished", "Ladder finished"),
    ("waiting", "Next level not reached"),
    ("interval", "Contacted lately"),
    ("reminded", "A reminder goes out instead"),
    ("covered", "Covered by credits"),
    ("minimum", "Below the minimum amount"),
    ("no_rate", "Exchange rate missing"),
    ("no_contact", "No way to contact"),
    ("other_policy", "Policy not part of this run"),
    ("failed", "Could not be decided"),
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
        self,
        company,
        date,
        policies=None,
        partners=None,
        runs=None,
        as_of=None,
        parts=None,
    ):
        """The decision as one query; a row per open item, credits included.

        Columns: ``id`` (journal item), ``move_id``, ``partner_id``, ``debtor_id``
        (NULL: not made yet), ``group_id`` (partner whose letter it belongs to),
        ``group_key`` (which of the partner's letters), ``currency_id``, ``residual``
        (company currency), ``residual_currency``, ``amount`` (what may be claimed of
        it), ``date_due``, ``days_overdue``, ``policy_id``, ``policy_source``,
        ``rule_id``, ``profile``,
        ``level_id`` and ``level_rank`` (reached by this decision, else the one it
        stands on), ``next_level_id``, ``next_date`` (when the next level is reached),
        ``step_date`` (the same, or when the distance
        from the last notice is kept), ``last_date`` (its last notice),
        ``contact_date`` (the debtor's last notice), ``pause_until``,
        ``own_verdict`` (before the letter as a whole was looked at),
        ``verdict`` (``dun``: it moves to
        ``level_id``; ``along``: listed because it is owed; ``credit``; or a reason of
        `SKIP_REASONS`), and of its notice ``notice_level_id``, ``claim``,
        ``open_total``, ``min_amount`` (all in ``currency_id``), ``min_percent``,
        ``recipient_id``, ``channel``. A credit that several letters share has a row
        for each; what is open counts in the first of them.

        ``parts`` replaces parts of the query, see `_get_parts`: a replay brings its own
        history and policy.

        :rtype: SQL
        """
        self._flush_decision()
        open_item = self.env["ar.open.item"]
        domain = open_item._get_open_item_domain(company)
        if partners:
            domain &= self._get_partner_domain(partners)
        return SQL(
            DECISION_SQL,
            open_items=open_item._get_sql(domain, as_of or date, company._ar_today()),
            company=company.id,
            date=fields.Date.to_string(date),
            policies=list(policies.ids) if policies else None,
            rates=self._get_rates_sql(company, date),
            **{
                **self._get_parts(company, date, list(runs.ids) if runs else []),
                **(parts or {}),
            },
        )

    @api.model
    def _get_parts(self, company, date, run_ids):
        """The parts of the query that depend on what the company uses."""
        # sudo: which rules apply does not depend on who asks
        policy = self.env["ar.policy"].sudo()
        default = policy._get_company_default(company)
        day = fields.Date.to_string(date)
        groupings = {grouping for (grouping,) in policy._read_group([], ["grouping"])}
        debtors = SQL(DEBTORS_SQL, company=company.id)
        notices = {"debtors": debtors, "company": company.id, "runs": run_ids}
        return {
            "policy_filter": SQL("active"),
            "special_policy": SQL("special.policy_id"),
            "default_policy": default.id or None,
            "steps": SQL(STEPS_SQL, company=company.id),
            "contacts": SQL(CONTACTS_SQL, **notices),
            "waiting_notices": SQL(WAITING_NOTICES_SQL, **notices),
            "office": SQL(OFFICE_SQL if "head_office" in groupings else NO_OFFICE_SQL),
            "paused": SQL(PAUSED_SQL, company=company.id, date=day),
            "treated": self.env["ar.policy.rule"]._get_treated_sql(company, date),
            "netting": self._get_netting_sql(groupings),
            "workday": self._get_workdays_sql(company, date),
            "step_date": self._get_rung_date_sql(),
        }

    @api.model
    def _get_rung_date_sql(self, policy=None):
        return self._get_step_date_sql(
            SQL("based.basis"),
            SQL("based.delay_days"),
            SQL("based.day_type"),
            SQL("situation.is_workdays_only"),
            policy,
        )

    @api.model
    def _get_groupings(self, policies):
        return set(policies.mapped("grouping"))

    @api.model
    def _get_netting_sql(self, groupings):
        if not groupings & {"invoice", "level"}:
            return SQL(PLAIN_NETTING_SQL)
        columns = [SQL.identifier(name) for name in ENTRY_COLUMNS]
        return SQL(
            SPLIT_NETTING_SQL,
            columns=SQL(", ").join(columns),
            credit_columns=SQL(", ").join(
                SQL("credit.%s", column) for column in columns
            ),
        )

    @api.model
    def _has_workdays(self, policy=None):
        """Whether any level in use, or of ``policy``, counts in working days."""
        # sudo: how days are counted, whoever decides
        levels = self.env["ar.dunning.level"].sudo()
        domain = Domain("day_type", "=", "business")
        domain |= Domain("policy_id.is_workdays_only", "=", True)
        scope = Domain("policy_id.active", "=", True)
        if policy:
            scope = Domain("policy_id", "=", policy.id)
        return bool(levels.search_count(domain & scope, limit=1))

    @api.model
    def _get_workdays_sql(self, company, date, policy=None):
        """The company's working days around a date as arrays, see `tools/workdays.py`."""
        if not self._has_workdays(policy):
            return SQL(
                "SELECT NULL::date AS first, '{}'::int[] AS before, '{}'::date[] AS days"
            )
        workdays = company._get_workdays(date)
        return SQL(
            WORKDAYS_SQL,
            first=workdays.first,
            before=workdays.before,
            days=workdays.days,
        )

    @api.model
    def _get_step_date_sql(self, basis, delay, day_type, is_workdays_only, policy=None):
        """The day that is ``delay`` days from ``basis``, in the level's kind of days.

        Reads the relation ``workday`` of the query around it. All arguments are SQL.
        """
        if not self._has_workdays(policy):
            return SQL("(%s + %s)", basis, delay)
        day = SQL("(%s + %s)", basis, delay)
        return SQL(
            WORKDAY_STEP_SQL,
            day=day,
            delay=delay,
            day_type=day_type,
            is_workdays_only=is_workdays_only,
            counted=SQL(WORKDAY_ADD_SQL, day=basis, count=delay),
            previous=SQL(WORKDAY_PREVIOUS_SQL, day=day),
            next=SQL(WORKDAY_ADD_SQL, day=day, count=SQL("0")),
        )

    @api.model
    def _count(self, company, date, policies=None, partners=None, runs=None):
        """What a run would do, in figures; for wizards and dashboards.

        :return: ``notices``, ``skipped`` (items left alone), ``amounts`` ([(currency id, amount)])
        :rtype: dict
        """
        sql = self._get_decision_sql(company, date, policies, partners, runs)
        rows = self.env.execute_query_dict(
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
        rows = self.env.execute_query(
            SQL(
                """
                SELECT notice_level_id, COUNT(*), SUM(amount)::float
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
        return {level_id: (count, amount) for level_id, count, amount in rows}

    @api.model
    def _get_partner_domain(self, partners):
        """Items of these customers, and of all that get one letter with them."""
        # every contact of a debtor, by literal ids: the partial index is on partner_id
        contacts = self.env["res.partner"]._search(
            [("commercial_partner_id", "in", self._get_families(partners.ids))],
            active_test=False,
            bypass_access=True,
        )
        return Domain("partner_id", "in", list(contacts.get_result_ids()))

    @api.model
    def _get_families(self, partner_ids):
        """These customers, and where letters go to the head office, their relatives.

        To decide on a part of the customers gives what deciding on all of them gives,
        if nobody is decided on without those whose letter is shared.
        """
        if not self._writes_to_head_offices():
            return list(partner_ids)
        offices = self._get_offices(partner_ids)
        # a head office leads to its branches, too
        rows = self.env.execute_query(
            SQL(
                """
                WITH RECURSIVE family AS (
                    SELECT unnest(%s::int[]) AS id
                     UNION
                    SELECT p.id FROM family
                      JOIN res_partner p ON p.parent_id = family.id
                )
                SELECT p.id FROM family JOIN res_partner p USING (id)
                 WHERE p.commercial_partner_id = p.id
                """,
                list({*offices.values(), *partner_ids}),
            )
        )
        return [partner_id for (partner_id,) in rows]

    @api.model
    def _writes_to_head_offices(self):
        # sudo: how letters are grouped, whoever decides
        policies = self.env["ar.policy"].sudo()
        return bool(policies.search_count([("grouping", "=", "head_office")], limit=1))

    @api.model
    def _get_offices(self, partner_ids):
        """The head office of each branch, where any policy writes to head offices.

        :return: {commercial partner: top of its parents}; nothing for the others
        :rtype: dict[int, int]
        """
        if not self._writes_to_head_offices():
            return {}
        self.env["res.partner"].flush_model(["parent_id", "commercial_partner_id"])
        rows = self.env.execute_query(
            SQL(
                "WITH open_item AS (SELECT unnest(%s::int[]) AS partner_id) %s",
                list(partner_ids),
                SQL("SELECT partner_id, office_id FROM (%s) office", SQL(OFFICE_SQL)),
            )
        )
        offices = dict(rows)
        # a head office has a family of its own
        return {**{office: office for office in offices.values()}, **offices}

    @api.model
    def _flush_decision(self):
        for model in (
            "ar.debtor",
            "ar.dunning.level",
            "ar.dunning.level.variant",
            "ar.dunning.notice",
            "ar.dunning.notice.line",
            "ar.pause",
            "ar.policy",
            "ar.policy.rule",
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
