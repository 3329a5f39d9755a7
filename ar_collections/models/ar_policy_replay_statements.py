import re
from datetime import date

from psycopg2.extensions import AsIs

from odoo import api, fields, models
from odoo.tools import SQL

from .ar_dunning_engine import IN_NOTICE
from .ar_dunning_engine_parts import OFFICE_SQL
from .ar_policy_replay_sql import (
    CONTACTS_SQL,
    DAY_SQL,
    JUDGE_SQL,
    NO_WAITING_SQL,
    PROFILE_SQL,
    STEPS_SQL,
    TOLD_SQL,
    TREATED_SQL,
)

# Stands for the day in statements that are planned once and executed for many days. No
# ledger is so old: a parameter of that time is this day, or was counted from it.
ANY_DAY = date(1500, 1, 1)


class ArPolicyReplay(models.AbstractModel):
    """The statements of a replayed day, planned once for all days."""

    _inherit = "ar.policy.replay.engine"

    # === STATEMENTS === #

    @api.model
    def _get_statements(self, company, day, policies, partners):
        """The statements of one day by name, in the order in which they run.

        One judges how customers had paid, if that matters; then one for each side
        decides, remembers what it decided and tells the contacts.
        """
        date_sql = fields.Date.to_string(day)
        statements = {}
        if any(map(self._needs_profiles, policies)):
            judged = self.env["ar.debtor"]._get_judged_sql(company, day)
            statements["ar_replay_judge"] = SQL(JUDGE_SQL, judged=judged)
        for side, policy in enumerate(policies):
            statements[f"ar_replay_decide_{side}"] = SQL(
                DAY_SQL,
                decision=self.env["ar.dunning.engine"]._get_decision_sql(
                    company,
                    day,
                    partners=partners,
                    parts=self._get_parts(company, day, policy, side),
                ),
                side=side,
                date=date_sql,
                in_notice=IN_NOTICE,
                deadlines=self.env["ar.dunning.engine"]._get_deadlines_sql(
                    SQL("%s::date", date_sql), SQL(TOLD_SQL), policy
                ),
            )
        return statements

    @api.model
    def _prepare(self, company, policies, partners):
        """Plan the statements with the day left open.

        :return: those that are planned; nothing if a part of the query counts from the
            day in Python, so that it has to be made for each day
        """
        statements = self._get_statements(company, ANY_DAY, policies, partners)
        if any(
            self._is_counted_from_any_day(param)
            for statement in statements.values()
            for param in statement.params
        ):
            return {}
        literals = (ANY_DAY, fields.Date.to_string(ANY_DAY))
        for name, statement in statements.items():
            params = [AsIs("$1") if p in literals else p for p in statement.params]
            self.env.flush_query(statement)
            self.env.cr.execute(
                SQL(
                    "PREPARE %s (date) AS %s",
                    SQL.identifier(name),
                    SQL(statement.code, *params),
                )
            )
        return statements

    @api.model
    def _is_counted_from_any_day(self, param):
        """Whether a parameter is a day near the one that stands for any day."""
        if isinstance(param, (list, tuple)):
            return any(self._is_counted_from_any_day(part) for part in param)
        if isinstance(param, date):
            param = fields.Date.to_string(param)
        return (
            isinstance(param, str)
            and re.match(r"1(4[5-9]|5[0-4])\d-\d\d-\d\d", param) is not None
            and param != fields.Date.to_string(ANY_DAY)
        )

    @api.model
    def _get_execution(self, planned, day):
        literal = fields.Date.to_string(day)
        return {
            name: SQL("EXECUTE %s (%s)", SQL.identifier(name), literal)
            for name in planned
        }

    @api.model
    def _forget_statements(self):
        rows = self.env.execute_query(
            SQL("SELECT name FROM pg_prepared_statements WHERE name ~ '^ar_replay_'")
        )
        for (name,) in rows:
            self.env.cr.execute(SQL("DEALLOCATE %s", SQL.identifier(name)))

    # === PARTS OF THE DECISION === #

    @api.model
    def _get_parts(self, company, day, policy, side):
        """The replay's own history, profiles and policy for the decision's query."""
        date_sql = fields.Date.to_string(day)
        parts = {
            "steps": SQL(STEPS_SQL, side=side),
            "contacts": SQL(CONTACTS_SQL, side=side),
            "waiting_notices": SQL(NO_WAITING_SQL),
            "workday": SQL("SELECT first, before, days FROM ar_replay_workday"),
            "rates": SQL("SELECT currency_id, factor FROM ar_replay_rate"),
            # when statements were imported is not known any more
            "bank_date": date_sql,
        }
        if self._needs_profiles(policy):
            parts["treated"] = self.env["ar.policy.rule"]._get_treated_sql(
                company, day, SQL(PROFILE_SQL, date=date_sql)
            )
        if not policy:
            return parts
        engine = self.env["ar.dunning.engine"]
        groupings = engine._get_groupings(policy)
        if "head_office" in groupings:
            parts["office"] = SQL(OFFICE_SQL)
        return {
            **parts,
            "policy_filter": SQL("id = %s", policy.id),
            "special_policy": SQL("%s::int", policy.id),
            "default_policy": policy.id,
            "treated": SQL(TREATED_SQL, company=company.id, policy=policy.id),
            "netting": engine._get_netting_sql(groupings),
            "step_date": engine._get_rung_date_sql(day, policy),
        }

    @api.model
    def _needs_profiles(self, policy):
        """Whether the day's payer profiles matter to what is replayed."""
        # sudo: whoever asks
        variants = self.env["ar.dunning.level.variant"].sudo()
        if policy:
            domain = [("level_id.policy_id", "=", policy.id)]
            return bool(variants.search_count(domain, limit=1))
        rules = self.env["ar.policy.rule"].sudo()
        return bool(
            variants.search_count([("level_id.policy_id.active", "=", True)], limit=1)
            or rules.search_count([("payer_profile", "!=", False)], limit=1)
        )
