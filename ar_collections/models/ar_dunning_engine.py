from contextlib import contextmanager

from odoo import api, fields, models
from odoo.tools import SQL, LazyTranslate

from .ar_dunning_engine_parts import (
    ALL_CONTACTS_SQL,
    ALL_DEBTORS_SQL,
    ALL_STEPS_SQL,
    CONTACTS_SQL,
    DEBTORS_SQL,
    ENTRY_COLUMNS,
    MANY,
    NO_OFFICE_SQL,
    OFFICE_SQL,
    PAUSED_SQL,
    PLAIN_NETTING_SQL,
    SPLIT_NETTING_SQL,
    STEPS_SQL,
    WAITING_NOTICES_SQL,
)
from .ar_dunning_engine_sql import DECISION_SQL
from .const import PROFILE_ROWS_SQL

_lt = LazyTranslate(__name__)

# What each sort or hash may take while many are decided on.
WORK_MEM = "64MB"
# Verdicts of items that go into a notice …
IN_NOTICE = ("dun", "along", "credit")
# … and of items that are left alone although the ladder looked at them.
SKIP_REASONS = [
    ("no_policy", _lt("No policy")),
    ("no_followup", _lt("No follow-up")),
    ("blocked", _lt("Blocked for payment")),
    ("paused", _lt("Paused")),
    ("pending", _lt("Already in a waiting notice")),
    ("finished", _lt("Ladder finished")),
    ("waiting", _lt("Next level not reached")),
    ("interval", _lt("Contacted lately")),
    ("deadline", _lt("Time to pay not over")),
    ("reminded", _lt("A reminder goes out instead")),
    ("covered", _lt("Covered by credits")),
    ("minimum", _lt("Below the minimum amount")),
    ("no_rate", _lt("Exchange rate missing")),
    ("bank", _lt("Bank data too old")),
    ("no_contact", _lt("No way to contact")),
    ("other_policy", _lt("Policy not part of this run")),
    ("failed", _lt("Could not be decided")),
]


class ArDunningEngine(models.AbstractModel):
    """Decides who gets what. Pure: one SELECT, nothing is written.

    Preview, night run, forecast and simulation all call `_get_decision_sql`; the run
    keeps its rows in a temporary table and writes from there, everybody else reads them.
    """

    _name = "ar.dunning.engine"
    _description = "Dunning Decision"

    # === BUSINESS METHODS === #

    @api.model
    def _decide(
        self,
        company,
        date,
        policies=None,
        partners=None,
        runs=None,
        keeps_days_off=True,
    ):
        """Decide for all open items of a company.

        :param company: root company (record of `res.company`)
        :param date date: the day that is decided for
        :param policies: only items under these policies move; all if empty
        :param partners: only these commercial partners; all if empty
        :param runs: decide as if the notices of these runs did not exist, to look
            again at what they decided
        :param bool keeps_days_off: false to look again at what is on its way already,
            on a day off, too
        :return: a dict per open item, see `_get_decision_sql` for the keys
        :rtype: list[dict]
        """
        return self.env.execute_query_dict(
            self._get_decision_sql(
                company,
                date,
                policies,
                partners,
                runs,
                keeps_days_off=keeps_days_off,
            )
        )

    @api.model
    def _get_decision_sql(
        self,
        company,
        date,
        policies=None,
        partners=None,
        runs=None,
        parts=None,
        is_brief=False,
        keeps_days_off=True,
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
        from the last notice is kept and its deadline has passed), ``last_date`` (its
        last notice), ``pay_by`` (the latest deadline that its reminders named),
        ``contact_date`` (the debtor's last notice), ``pause_until``
        (when it is looked at again, if it ``is_pause_endless``),
        ``own_verdict`` (before the letter as a whole was looked at),
        ``verdict`` (``dun``: it moves to
        ``level_id``; ``along``: listed because it is owed; ``credit``; or a reason of
        `SKIP_REASONS`), and of its notice ``notice_level_id``, ``claim``,
        ``open_total``, ``min_amount`` (all in ``currency_id``), ``min_percent``,
        ``recipient_id``, ``channel``. A credit that several letters share has a row
        for each; what is open counts in the first of them.

        ``parts`` replaces parts of the query, see `_get_parts`: a replay brings its own
        history and policy. With ``is_brief`` the columns ``claim`` and ``open_total``
        are left empty in letters without any step: on an ordinary night nearly all.

        :rtype: SQL
        """
        self._flush_decision()
        open_item = self.env["ar.open.item"]
        domain = open_item._get_open_item_domain(company)
        if partners:
            domain &= self._get_partner_domain(partners)
        return SQL(
            DECISION_SQL,
            open_items=open_item._get_sql(domain, date, company._ar_today()),
            company=company.id,
            date=fields.Date.to_string(date),
            policies=list(policies.ids) if policies else None,
            basis=self._get_basis_sql(
                SQL("level.delay_basis"),
                SQL("situation.date_due"),
                SQL("situation.previous_date"),
            ),
            letters=self._get_letters_sql(company, is_brief),
            profiles=SQL(PROFILE_ROWS_SQL),
            **{
                "rates": self._get_rates_sql(company, date),
                "step_date": self._get_rung_date_sql(
                    date, keeps_days_off=keeps_days_off
                ),
                **self._get_parts(
                    company,
                    date,
                    list(runs.ids) if runs else [],
                    not partners or len(partners) > MANY,
                ),
                **(parts or {}),
            },
        )

    @api.model
    def _get_parts(self, company, date, run_ids, is_wide):
        """The parts of the query that depend on what the company uses."""
        # sudo: which rules apply does not depend on who asks
        policy = self.env["ar.policy"].sudo()
        default = policy._get_company_default(company)
        day = fields.Date.to_string(date)
        groupings = {grouping for (grouping,) in policy._read_group([], ["grouping"])}
        debtors = SQL(ALL_DEBTORS_SQL if is_wide else DEBTORS_SQL, company=company.id)
        notices = {"debtors": debtors, "company": company.id, "runs": run_ids}
        return {
            "policy_filter": SQL("active"),
            "special_policy": SQL("special.policy_id"),
            "default_policy": default.id or None,
            "steps": SQL(ALL_STEPS_SQL if is_wide else STEPS_SQL, company=company.id),
            "contacts": SQL(ALL_CONTACTS_SQL if is_wide else CONTACTS_SQL, **notices),
            "waiting_notices": SQL(WAITING_NOTICES_SQL, **notices),
            "office": SQL(OFFICE_SQL if "head_office" in groupings else NO_OFFICE_SQL),
            "paused": SQL(PAUSED_SQL, company=company.id, date=day),
            "treated": self.env["ar.policy.rule"]._get_treated_sql(company, date),
            "netting": self._get_netting_sql(groupings),
            "workday": self._get_workdays_sql(company, date),
            "bank_date": self._get_bank_date(company, date),
        }

    @api.model
    def _get_bank_date(self, company, date):
        """Up to when the bank is known, if any policy asks for it."""
        # sudo: as above
        gated = [("bank_max_age", ">", 0)]
        if not self.env["ar.policy"].sudo().search_count(gated, limit=1):
            return None
        newest = company._get_bank_date(date)
        return newest and fields.Date.to_string(newest)

    @contextmanager
    def _planning_for_many(self):
        """Within it, the database plans decisions on many customers well.

        It cannot guess the rows of a decision: it would sort a million of them on disk
        for joins with a few hundred, and compile what runs once. And its usual 4 MB for
        each sort or hash are for many small queries at once: here a hash of a million
        items would be cut into dozens of files.
        """
        settings = {"jit": "off", "enable_mergejoin": "off"}
        ((is_small,),) = self.env.execute_query(
            SQL(
                "SELECT pg_size_bytes(current_setting('work_mem')) < pg_size_bytes(%s)",
                WORK_MEM,
            )
        )
        if is_small:
            settings["work_mem"] = WORK_MEM
        for name, value in settings.items():
            self.env.cr.execute(SQL("SET LOCAL %s = %s", SQL.identifier(name), value))
        yield
        # an error rolls them back together with what failed
        for name in settings:
            self.env.cr.execute(SQL("SET LOCAL %s TO DEFAULT", SQL.identifier(name)))

    @api.model
    def _get_groupings(self, policies):
        return set(policies.mapped("grouping"))

    @api.model
    def _get_netting_sql(self, groupings):
        columns = [SQL.identifier(name) for name in ENTRY_COLUMNS]
        if not groupings & {"invoice", "level"}:
            return SQL(PLAIN_NETTING_SQL, columns=SQL(", ").join(columns))
        return SQL(
            SPLIT_NETTING_SQL,
            columns=SQL(", ").join(columns),
            credit_columns=SQL(", ").join(
                SQL("credit.%s", column) for column in columns
            ),
        )

    @api.model
    def _flush_decision(self):
        """Write what the query reads; whoever makes it read more, flushes that, too."""
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
