import time
from datetime import date, timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .ar_policy_replay_sql import (
    NEEDLESS_SQL,
    NO_PAST_SQL,
    PAST_SQL,
    REAL_SQL,
    SEED_SQL,
    TABLES_SQL,
)

# So often the database looks at how much the replay has sent, and the working days
# around the day are taken anew.
UPKEEP_DAYS = 30


class ArPolicyReplay(models.AbstractModel):
    """Replays the ladder on the past, day by day, with the one decision of all.

    Nothing is written but temporary tables of the transaction: they hold what the replay
    has “sent” so far, in place of the notices. To plan the decision takes the database
    longer than to take it, so that it is planned once for all days.
    """

    _name = "ar.policy.replay.engine"
    _description = "Replay of the Ladder"

    # === BUSINESS METHODS === #

    @api.model
    def _replay(self, company, days, policy=None, partners=None):
        """Who would have been contacted on these days.

        The ledger is read as it stood at the end of each day. What was sent before the
        first day is taken from the notices, and what was sent on it if it is today.
        Contacts, tags and the marks on invoices are those of now; pauses and payer
        profiles are those of the day.

        :param company: root company
        :param days: rising dates on which a run takes place
        :param policy: for every customer; if empty, each is treated as today
        :param partners: only these commercial partners; all if empty
        :return: a dict per contact: ``date``, ``partner_id``, ``level_id``, ``channel``,
            ``currency_id``, ``amount`` (claim in the company's currency at the rate of
            the day), ``days_overdue``, ``item_ids`` (those that took the level),
            ``steps`` (the same with level and rank), ``is_needless`` (all of them were
            paid within three days)
        :rtype: list[dict]
        """
        return self._replay_sides(company, days, [policy], partners)[0]

    @api.model
    def _replay_sides(
        self, company, days, policies, partners=None, past=None, seconds=None
    ):
        """Replay several policies in one walk over the days, each for itself.

        :param policies: list of policies, or None for “each customer as today”; its
            index is the key ``side`` of the contacts
        :param past: window (`ar.policy.replay`) that holds what earlier slices of the
            same replay sent; history from before its own first day is real
        :param seconds: stop after the day on which so much time has passed
        :return: contacts as `_replay` has them, number of days done
        :rtype: tuple[list[dict], int]
        """
        started = time.monotonic()
        self.env["ar.dunning.engine"]._flush_decision()
        self._make_tables(company, policies, days[0], past)
        today = company._ar_today()
        planned = self._prepare(company, policies, partners) if days[0] < today else {}
        rated, contacts = None, []
        for done, day in enumerate(days, 1):
            if done % UPKEEP_DAYS == 1:
                self._keep_up(company, day)
            rated = self._keep_rates(company, day, rated)
            # the ledger of today is another query than the ledger of a past day
            statements = self._get_execution(planned, day) if day < today else {}
            statements = statements or self._get_statements(
                company, day, policies, partners
            )
            for statement in statements.values():
                contacts += self.env.execute_query_dict(statement)
            if seconds is not None and time.monotonic() - started >= seconds:
                break
        self._forget_statements()
        return self._finish(company, contacts), done

    @api.model
    def _get_real(self, company, date_from, date_to, partners=None):
        """What was really sent, in the form of `_replay`."""
        self.env["ar.dunning.engine"]._flush_decision()
        contacts = self.env.execute_query_dict(
            SQL(
                REAL_SQL,
                company=company.id,
                date_from=fields.Date.to_string(date_from),
                date_to=fields.Date.to_string(date_to),
                partner_ids=list(partners.ids) if partners else None,
            )
        )
        return self._finish(company, contacts)

    @api.model
    def _get_days(self, date_from, date_to, rhythm, company):
        """Days of runs: every ``day``, ``weekday`` (Monday to Friday) or ``week``, or as
        ``real`` runs took place."""
        if rhythm == "real":
            runs = self.env["ar.dunning.run"].search(
                [
                    ("company_id", "=", company.id),
                    ("date", ">=", date_from),
                    ("date", "<=", date_to),
                    ("state", "in", ("confirmed", "done")),
                ]
            )
            return sorted(set(runs.mapped("date")))
        step = 7 if rhythm == "week" else 1
        count = (date_to - date_from).days // step
        days = [date_to - timedelta(days=step * i) for i in range(count, -1, -1)]
        if rhythm == "weekday":
            return [day for day in days if day.weekday() < 5]
        return days

    # === TABLES === #

    @api.model
    def _make_tables(self, company, policies, first_day, past):
        execute = self.env.cr.execute
        # to compile these statements costs more than to run them
        execute("SET LOCAL jit = off")
        execute("SET LOCAL plan_cache_mode = force_generic_plan")
        # those of a replay that failed: they outlive its transaction
        self._forget_statements()
        for statement in TABLES_SQL:
            execute(statement)
        if past:
            past.env["ar.policy.replay.contact"].flush_model()
            first_day = past._get_days()[0]
        if first_day == company._ar_today():
            # what was sent today already was sent before this decision
            first_day += timedelta(days=1)
        execute(
            SQL(
                SEED_SQL,
                company=company.id,
                first_day=fields.Date.to_string(first_day),
                sides=len(policies),
                past=SQL(PAST_SQL, replay=past.id) if past else SQL(NO_PAST_SQL),
            )
        )

    @api.model
    def _keep_up(self, company, day):
        """Now and then: working days around the day, and how big the tables are."""
        engine = self.env["ar.dunning.engine"]
        workdays = engine._get_all_workdays_sql(company, day)
        execute = self.env.cr.execute
        execute("DELETE FROM ar_replay_workday")
        execute(SQL("INSERT INTO ar_replay_workday %s", workdays))
        execute("ANALYZE ar_replay_step")
        execute("ANALYZE ar_replay_contact")

    @api.model
    def _keep_rates(self, company, day, rated):
        """Exchange rates of the day.

        :param rated: what this method said of the day before
        :return: day of the newest rate
        """
        # sudo: exchange rates, whoever decides
        newest = (
            self.env["res.currency.rate"]
            .sudo()
            .search([("name", "<=", day)], order="name DESC", limit=1)
        ).name or date.min
        if newest != rated:
            rates = self.env["ar.dunning.engine"]._get_rates_sql(company, day)
            self.env.cr.execute("DELETE FROM ar_replay_rate")
            self.env.cr.execute(SQL("INSERT INTO ar_replay_rate %s", rates))
        return newest

    # === OUTCOME === #

    @api.model
    def _finish(self, company, contacts):
        """Convert the claims as a run does, and mark what was not needed."""
        convert = self.env["ar.dunning.engine"]._get_converter(company)
        for contact in contacts:
            amount = convert(
                contact["amount"], contact["currency_id"], contact.pop("rate_date")
            )
            contact["amount"] = company.currency_id.round(amount)
        return self._mark_needless(contacts)

    @api.model
    def _mark_needless(self, contacts):
        """Mark the contacts whose items were all paid within three days anyway."""
        pairs = [
            (index, item_id, contact["date"])
            for index, contact in enumerate(contacts)
            for item_id in contact["item_ids"] or []
        ]
        late = set()
        if pairs:
            rows = self.env.execute_query(
                SQL(
                    NEEDLESS_SQL,
                    contacts=[pair[0] for pair in pairs],
                    items=[pair[1] for pair in pairs],
                    dates=[fields.Date.to_string(pair[2]) for pair in pairs],
                )
            )
            late = {index for (index,) in rows}
        for index, contact in enumerate(contacts):
            contact["is_needless"] = bool(contact["item_ids"]) and index not in late
        return contacts
