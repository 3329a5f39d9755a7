from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .ar_dunning_engine_days_sql import (
    BASIS_SQL,
    DEADLINES_SQL,
    RUNG_DATE_SQL,
    WORKDAY_ADD_SQL,
    WORKDAY_PREVIOUS_SQL,
    WORKDAY_STEP_SQL,
    WORKDAYS_SQL,
)


class ArDunningEngine(models.AbstractModel):
    """When a step is reached: calendar days, working days, bases."""

    _inherit = "ar.dunning.engine"

    # === BUSINESS METHODS === #

    @api.model
    def _get_basis_sql(self, delay_basis, date_due, previous):
        """The day from which a level counts. All arguments are SQL."""
        return SQL(
            BASIS_SQL, delay_basis=delay_basis, date_due=date_due, previous=previous
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
        return self._get_all_workdays_sql(company, date)

    @api.model
    def _get_all_workdays_sql(self, company, date):
        """The same, whether or not a level counts in them: deadlines always do."""
        workdays = company._get_workdays(date)
        return SQL(
            WORKDAYS_SQL,
            first=workdays.first,
            before=workdays.before,
            days=workdays.days,
        )

    @api.model
    def _get_rung_date_sql(self, date, policy=None, keeps_days_off=True):
        """The day on which a situation reaches a level; part of the decision's query.

        :param date date: the day that is decided for. What was kept back until a day
            off, by a distance, a deadline or a pause, waits for the next working day
        :param bool keeps_days_off: false to look again at what is on its way already
        """
        step_date = self._get_step_date_sql(
            SQL("based.basis"),
            SQL("based.delay_days"),
            SQL("based.day_type"),
            SQL("situation.is_workdays_only"),
            policy,
        )
        if not keeps_days_off or not self._has_workdays(policy):
            return step_date
        day = fields.Date.to_string(date)
        return SQL(
            RUNG_DATE_SQL,
            step_date=step_date,
            date=day,
            open_day=self._get_next_workday_sql(SQL("%s::date", day)),
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
            previous=self._get_previous_workday_sql(day),
            next=self._get_next_workday_sql(day),
        )

    @api.model
    def _get_deadlines_sql(self, day, told, policy=None):
        """By when letters of ``day`` ask to pay, by level and payer profile.

        Reads the relation ``workday`` of the query around it, which has to be filled.

        :param SQL told: rows (``level_id``, ``profile``)
        """
        return SQL(
            DEADLINES_SQL,
            day=day,
            told=told,
            deadline=self._get_next_workday_sql(
                self._get_step_date_sql(
                    day,
                    SQL("COALESCE(own.deadline_days, l.deadline_days)"),
                    SQL("l.day_type"),
                    SQL("p.is_workdays_only"),
                    policy,
                )
            ),
        )

    @api.model
    def _get_next_workday_sql(self, day):
        """``day``, or the first working day after it. Reads ``workday`` as above."""
        return SQL(WORKDAY_ADD_SQL, day=day, count=SQL("0"))

    @api.model
    def _get_previous_workday_sql(self, day):
        """``day``, or the last working day before it. Reads ``workday`` as above."""
        return SQL(WORKDAY_PREVIOUS_SQL, day=day)
