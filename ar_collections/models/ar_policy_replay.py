from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .ar_dunning_engine import IN_NOTICE
from .ar_dunning_engine_parts import OFFICE_SQL
from .ar_policy_replay_sql import (
    CONTACTS_SQL,
    DAY_SQL,
    NEEDLESS_SQL,
    PROFILE_SQL,
    REAL_SQL,
    SEED_SQL,
    STEPS_SQL,
    TABLES_SQL,
    TREATED_SQL,
)


class ArPolicyReplay(models.AbstractModel):
    """Replays the ladder on the past, day by day, with the one decision of all.

    Nothing is written but temporary tables of the transaction: they hold what the replay
    has “sent” so far, in place of the notices.
    """

    _name = "ar.policy.replay.engine"
    _description = "Replay of the Ladder"

    # === BUSINESS METHODS === #

    @api.model
    def _replay(self, company, days, policy=None, partners=None):
        """Who would have been contacted on these days.

        The ledger is read as it stood at the end of each day. What was sent before the
        first day is taken from the notices. Contacts, tags and the marks on invoices are
        those of now; pauses and payer profiles are those of the day.

        :param company: root company
        :param days: rising dates on which a run takes place
        :param policy: for every customer; if empty, each is treated as today
        :param partners: only these commercial partners; all if empty
        :return: a dict per contact: ``date``, ``partner_id``, ``level_id``,
            ``currency_id``, ``amount`` (claim in the company's currency),
            ``days_overdue``, ``item_ids`` (those that took the level), ``is_needless``
            (all of them were paid within three days)
        :rtype: list[dict]
        """
        self.env["ar.dunning.engine"]._flush_decision()
        self._make_tables(company, days[0])
        contacts = []
        for day in days:
            contacts += self._replay_day(company, day, policy, partners)
        return self._mark_needless(company, contacts)

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
        return self._mark_needless(company, contacts)

    @api.model
    def _get_days(self, date_from, date_to, rhythm, company):
        """Days of runs: every ``day``, every ``week``, or as ``real`` runs took place."""
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
        return [date_to - timedelta(days=step * i) for i in range(count, -1, -1)]

    @api.model
    def _make_tables(self, company, first_day):
        for statement in TABLES_SQL:
            self.env.cr.execute(statement)
        self.env.cr.execute(
            SQL(
                SEED_SQL,
                company=company.id,
                first_day=fields.Date.to_string(first_day),
            )
        )

    @api.model
    def _replay_day(self, company, day, policy, partners):
        engine = self.env["ar.dunning.engine"]
        decision = engine._get_decision_sql(
            company,
            day,
            partners=partners,
            parts=self._get_parts(company, day, policy),
        )
        return self.env.execute_query_dict(
            SQL(
                DAY_SQL,
                decision=decision,
                date=fields.Date.to_string(day),
                in_notice=IN_NOTICE,
            )
        )

    @api.model
    def _get_parts(self, company, day, policy):
        """The replay's own history, profiles and policy for the decision's query."""
        parts = {
            # when statements were imported is not known any more
            "bank_date": fields.Date.to_string(day),
            "steps": SQL(STEPS_SQL),
            "contacts": SQL(CONTACTS_SQL),
            "waiting_notices": SQL(
                "SELECT NULL::int AS partner_id, NULL::int AS currency_id WHERE FALSE"
            ),
        }
        if self._needs_profiles(policy):
            judged = self.env["ar.debtor"]._get_judged_sql(company, day)
            self.env.cr.execute("TRUNCATE ar_replay_profile")
            self.env.cr.execute(
                SQL(
                    "INSERT INTO ar_replay_profile"
                    " SELECT partner_id, profile FROM (%s) judged",
                    judged,
                )
            )
            parts["treated"] = self.env["ar.policy.rule"]._get_treated_sql(
                company, day, SQL(PROFILE_SQL, date=fields.Date.to_string(day))
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
            "workday": engine._get_workdays_sql(company, day, policy),
            "step_date": engine._get_rung_date_sql(policy),
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

    @api.model
    def _mark_needless(self, company, contacts):
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
