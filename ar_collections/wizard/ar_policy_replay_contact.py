from statistics import median

from odoo import fields, models
from odoo.tools import format_date


class ArPolicyReplay(models.TransientModel):
    """How a replay is kept and shown."""

    _inherit = "ar.policy.replay"

    # === BUSINESS METHODS === #

    def _get_usual_rhythm(self):
        """As the company's runs of the last year took place; every day if unknown."""
        company = self.company_id
        policies = self.env["ar.policy"].search_count(
            [("automatic", "=", True), ("company_id", "in", [company.id, False])],
            limit=1,
        )
        today = company._ar_today() if company else fields.Date.today()
        days = self.env["ar.policy.replay.engine"]._get_days(
            fields.Date.subtract(today, years=1), today, "real", company
        )
        if policies or len(days) < 2:
            return "day"
        gaps = [
            (late - early).days for early, late in zip(days, days[1:], strict=False)
        ]
        if median(gaps) >= 5:
            return "week"
        return "weekday" if all(day.weekday() < 5 for day in days) else "day"

    def _get_real_since(self):
        """The day on which the company first sent anything, None if it never did."""
        # sudo: one date; whoever may open this window manages policies
        [(since,)] = (
            self.env["ar.dunning.notice"]
            .sudo()
            ._read_group(
                [("company_id", "=", self.company_id.id), ("state", "=", "sent")],
                [],
                ["date_sent:min"],
            )
        )
        return since or None

    def _keep(self, contacts):
        """Keep the outcome in this window's own rows."""
        levels = self.env["ar.dunning.level"].browse(
            {contact["level_id"] for contact in contacts}
        )
        # ranked, so that charts show the rungs in their order
        ranks = {
            level.id: rank
            for policy in levels.policy_id
            for rank, level in enumerate(policy.level_ids.sorted("sequence"), 1)
        }
        names = {level.id: f"{ranks[level.id]}. {level.name}" for level in levels}
        rungs = self._get_rungs(levels)
        since = self._get_real_since()
        policies = {level.id: level.policy_id.name for level in levels}
        self.env["ar.policy.replay.contact"].create(
            [
                {
                    "replay_id": self.id,
                    "side": contact["side"],
                    "treated_by": self._get_treated_by(
                        contact["side"], policies[contact["level_id"]]
                    ),
                    "date": contact["date"],
                    "partner_id": contact["partner_id"],
                    "level_id": contact["level_id"],
                    "level_name": names[contact["level_id"]],
                    "rung": rungs[contact["level_id"]],
                    "level_sequence": ranks[contact["level_id"]],
                    "policy_name": policies[contact["level_id"]],
                    "channel": contact["channel"],
                    "is_own": bool(since and contact["date"] >= since),
                    "amount": contact["amount"],
                    "days_overdue": contact["days_overdue"],
                    "needless": int(contact["is_needless"]),
                    "steps": contact.get("steps"),
                }
                for contact in contacts
            ]
        )

    def _get_rungs(self, levels):
        """What stands beside each other in a chart, whatever each policy calls it.

        A note before the due date beside a note, the first reminder beside the first:
        {level id: label}.
        """
        rungs = {}
        for policy in levels.policy_id:
            reminders = 0
            for level in policy.level_ids.sorted("sequence"):
                reminders += level.delay_days >= 0
                is_note = level.delay_days < 0
                rungs[level.id] = self._name_rung(0 if is_note else reminders)
        return rungs

    def _name_rung(self, number):
        if not number:
            return self.env._("0. before the due date")
        return self.env._("%s. reminder", number)

    def _get_treated_by(self, side, policy_name):
        """The side, and the policy where that does not say it: a legend for charts."""
        name = self.outcome["sides"][side]
        return name if name == policy_name else f"{name}: {policy_name}"

    def _get_summary(self):
        """Values of the summary's template.

        ``rows``: (policy, level, {side: (contacts, customers, amount, needless)});
        ``totals``: {side: the same}; ``own``: the same since the company's own history
        begins, if that is later than the first day replayed; ``sides``: [(side, name)].
        """
        self.ensure_one()
        contacts = self.env["ar.policy.replay.contact"]
        domain = [("replay_id", "in", self._origin.ids)]
        figures = ["__count", "partner_id:count_distinct", "amount:sum", "needless:sum"]
        rows, order = {}, {}
        for policy, rank, level, side, *values in contacts._read_group(
            domain, ["policy_name", "level_sequence", "level_name", "side"], figures
        ):
            rows.setdefault((policy, rank, level), {})[side] = values
            # in the order of the columns
            order[policy] = min(side, order.get(policy, side))
        return {
            "rows": [
                (policy, level, rows[policy, rank, level])
                for policy, rank, level in sorted(
                    rows, key=lambda row: (order[row[0]], *row)
                )
            ],
            "totals": {
                side: values
                for side, *values in contacts._read_group(domain, ["side"], figures)
            },
            "own": self._get_own_totals(domain, figures),
            "sides": sorted(self.outcome["sides"].items()),
            "currency": self.currency_id,
            "is_today": self._is_of_today(),
            "notes": self._get_notes(),
        }

    def _get_own_totals(self, domain, figures):
        """Like with like: the totals since anything was really sent.

        :return: ``since`` and ``totals`` ({side: figures}); None if that is all of it
        """
        since = "c_real" in self.outcome["sides"] and self._get_real_since()
        if not since or since <= self._get_days()[0]:
            return None
        return {
            "since": format_date(self.env, since),
            "totals": {
                side: values
                for side, *values in self.env["ar.policy.replay.contact"]._read_group(
                    [*domain, ("date", ">=", since)], ["side"], figures
                )
            },
        }

    def _get_notes(self):
        """What the table is about, in sentences."""
        _ = self.env._
        days = self._get_days()
        if self._is_of_today():
            return [
                _(
                    "Decided for %s, after what was sent until now; drafts that wait to be "
                    "confirmed are not counted as sent.",
                    format_date(self.env, days[0]),
                )
            ]
        notes = [
            _(
                "%(count)s runs from %(first)s to %(last)s.",
                count=len(days),
                first=format_date(self.env, days[0]),
                last=format_date(self.env, days[-1]),
            )
        ]
        if self.days_done < len(days):
            until = days[self.days_done - 1] if self.days_done else days[0]
            notes.append(
                _(
                    "Stopped: only the days until %s are counted.",
                    format_date(self.env, until),
                )
            )
        if "c_real" in self.outcome["sides"]:
            notes.append(self.real_note)
        return notes


class ArPolicyReplayContact(models.TransientModel):
    """One contact that a policy would have made, or that was made."""

    _name = "ar.policy.replay.contact"
    _description = "Contact in a Back-Test"
    _order = "date, partner_id, side"
    _rec_name = "level_name"

    replay_id = fields.Many2one(
        "ar.policy.replay", required=True, index=True, ondelete="cascade"
    )
    side = fields.Selection(
        [
            ("a_policy", "This policy"),
            ("b_other", "The other policy"),
            ("c_real", "What really happened"),
        ],
        required=True,
    )
    treated_by = fields.Char()
    date = fields.Date(required=True)
    partner_id = fields.Many2one("res.partner", "Customer")
    level_id = fields.Many2one("ar.dunning.level", "Rung", ondelete="cascade")
    policy_name = fields.Char("Policy")
    level_name = fields.Char("Level")
    level_sequence = fields.Integer(aggregator=None)
    rung = fields.Char("Step", help="Stands beside the same step of other policies.")
    channel = fields.Char()
    is_own = fields.Boolean(
        "Since anything was sent", help="On a day with which reality can be compared."
    )
    currency_id = fields.Many2one(related="replay_id.currency_id")
    amount = fields.Monetary("Claimed")
    days_overdue = fields.Integer("Days late", aggregator="avg")
    needless = fields.Integer(
        "Without need", help="The customer paid within three days anyway."
    )
    steps = fields.Json(help="Items that took a step: (item, level, rank).")
