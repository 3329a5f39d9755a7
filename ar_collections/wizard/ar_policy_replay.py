from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

# A browser gets news of a back-test about this often, in seconds.
SLICE_SECONDS = 1.5


class ArPolicyReplay(models.TransientModel):
    """Simulates a policy on today, or replays it on the past beside what happened."""

    _name = "ar.policy.replay"
    _description = "Simulate and Back-Test a Policy"
    _inherit = ["ar.wizard.mixin"]

    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company.root_id,
        domain=[("parent_id", "=", False)],
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    mode = fields.Selection(
        [("today", "What it would do today"), ("past", "What it would have done")],
        required=True,
        default="today",
    )
    policy_id = fields.Many2one(
        "ar.policy",
        context={"active_test": False},
        domain="[('company_id', 'in', (company_id, False))]",
        help="Applied to every customer. Empty: each customer is treated as today.",
    )
    compare = fields.Selection(
        [("real", "What really happened"), ("policy", "Another policy")],
        required=True,
        default="real",
    )
    other_policy_id = fields.Many2one(
        "ar.policy",
        "The other policy",
        context={"active_test": False},
        domain="[('company_id', 'in', (company_id, False))]",
    )
    months = fields.Integer(default=12, help="How far back, up to three years.")
    rhythm = fields.Selection(
        [
            ("day", "every day"),
            ("weekday", "Monday to Friday"),
            ("week", "once a week"),
            ("real", "on the days of the real runs"),
        ],
        "Runs take place",
        compute="_compute_rhythm",
        precompute=True,
        store=True,
        readonly=False,
        required=True,
        help="Proposed: as often as this company really runs its ladder.",
    )
    real_note = fields.Char(compute="_compute_real_note")
    contact_ids = fields.One2many("ar.policy.replay.contact", "replay_id")
    outcome = fields.Json(
        readonly=True, help="What is shown: its settings, days and names of sides."
    )
    days_done = fields.Integer(readonly=True)
    has_outcome = fields.Boolean(compute="_compute_is_stale")
    is_stale = fields.Boolean(compute="_compute_is_stale")
    summary = fields.Html(compute="_compute_summary", sanitize=False)

    # === COMPUTE METHODS === #

    def _compute_display_name(self):
        self.display_name = self.env._("Simulate and back-test")

    @api.depends("company_id")
    def _compute_rhythm(self):
        for replay in self:
            replay.rhythm = replay._get_usual_rhythm()

    @api.depends("company_id", "months")
    def _compute_real_note(self):
        _ = self.env._
        for replay in self:
            since = replay._get_real_since()
            first = replay._get_past_span()[0]
            replay.real_note = (
                _("Nothing was ever really sent: there is nothing to compare with.")
                if not since
                else _(
                    "The first message was really sent on %(date)s. Before that day there "
                    "is nothing to compare with.",
                    date=format_date(self.env, since),
                )
                if since > first
                else _(
                    "Messages were really sent since %s.", format_date(self.env, since)
                )
            )

    @api.depends(
        "company_id",
        "mode",
        "policy_id",
        "compare",
        "other_policy_id",
        "months",
        "rhythm",
        "outcome",
    )
    def _compute_is_stale(self):
        for replay in self:
            replay.has_outcome = bool(replay.outcome)
            replay.is_stale = (
                replay.has_outcome
                and replay.outcome["settings"] != replay._get_settings()
            )

    @api.depends("outcome", "days_done")
    def _compute_summary(self):
        for replay in self:
            replay.summary = replay.outcome and self.env["ir.qweb"]._render(
                "ar_collections.policy_replay_summary", replay._get_summary()
            )

    # === ACTION METHODS === #

    def action_show(self):
        """Replay at once and show the outcome in this form. Nothing is sent.

        :raise UserError: if the span makes no sense
        """
        progress = self.action_start()
        while progress["done"] < progress["total"]:
            progress = self.action_step()
        return True

    def action_start(self):
        """Forget what was shown and note what is to be replayed.

        :return: ``done`` and ``total`` (days), ``until`` (the last day done)
        :rtype: dict
        :raise UserError: if the span makes no sense
        """
        self._check_may_replay()
        if self.mode == "past" and not 1 <= self.months <= 36:
            raise UserError(self.env._("Choose 1 to 36 months."))
        self.contact_ids.unlink()
        first, last = self._get_past_span()
        rhythm = self.rhythm
        if self.mode == "today":
            first = last = self.company_id._ar_today()
            rhythm = "day"
        # sudo: the days of runs; whoever may open this window manages policies
        engine = self.env["ar.policy.replay.engine"].sudo()
        days = engine._get_days(first, last, rhythm, self.company_id)
        if not days:
            raise UserError(
                self.env._("No run took place in that time: choose other days.")
            )
        self.days_done = 0
        self.outcome = {
            "settings": self._get_settings(),
            "span": [fields.Date.to_string(day) for day in (first, last)],
            "days": [fields.Date.to_string(day) for day in days],
            "sides": self._get_sides(),
        }
        return self._get_progress()

    def action_step(self):
        """Replay some more days, for a second or two.

        :return: as `action_start`
        :rtype: dict
        """
        self._check_may_replay()
        days = self._get_days()[self.days_done :]
        if not days:
            return self._get_progress()
        policies = self._get_policies()
        # sudo: the ledger and the notices are read as a whole; whoever may open this
        # window manages policies
        engine = self.env["ar.policy.replay.engine"].sudo()
        contacts, done = engine._replay_sides(
            self.company_id,
            days,
            list(policies.values()),
            past=self,
            seconds=SLICE_SECONDS,
        )
        sides = list(policies)
        for contact in contacts:
            contact["side"] = sides[contact["side"]]
        if "c_real" in self.outcome["sides"]:
            contacts += self._get_real(days[done - 1])
        self._keep(contacts)
        self.days_done += done
        return self._get_progress()

    def action_open_contacts(self):
        """Open the contacts behind the table, as chart, pivot and list."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ar_collections.ar_policy_replay_contact_action"
        )
        is_today = self._is_of_today()
        measures = ["__count", "amount", *([] if is_today else ["needless"])]
        return dict(
            action,
            domain=[("replay_id", "=", self.id)],
            context={
                "is_today": is_today,
                "pivot_measures": measures,
                # like with like; the filter can be taken away
                "search_default_is_own": bool(self._get_summary()["own"]),
            },
        )

    # === BUSINESS METHODS === #

    def _check_may_replay(self):
        """Access to this window, and to the company and policies it names."""
        self.ensure_one()
        self.check_access("write")
        self.company_id.check_access("read")
        (self.policy_id | self.other_policy_id).check_access("read")

    def _get_settings(self):
        """What the outcome depends on, as it stands in the form."""
        settings = {
            "company_id": self.company_id._origin.id,
            "mode": self.mode,
            "policy_id": self.policy_id._origin.id,
        }
        if self.mode == "past":
            settings.update(
                months=self.months, rhythm=self.rhythm, compare=self.compare
            )
            if self.compare == "policy":
                settings["other_policy_id"] = self.other_policy_id._origin.id
        return settings

    def _get_sides(self):
        """Sides of the comparison with the names that they have on the screen."""
        as_today = self.env._("Each customer as today")
        sides = {"a_policy": self.policy_id.name or as_today}
        if self.mode == "past" and self.compare == "policy":
            sides["b_other"] = self.other_policy_id.name or as_today
        elif self.mode == "past":
            sides["c_real"] = self.env._("What really happened")
        return sides

    def _get_policies(self):
        """The policy of each side that is decided, as it was when it was started."""
        settings = self.outcome["settings"]
        policy = self.env["ar.policy"]
        policies = {"a_policy": policy.browse(settings["policy_id"] or [])}
        if "b_other" in self.outcome["sides"]:
            policies["b_other"] = policy.browse(settings["other_policy_id"] or [])
        for chosen in policies.values():
            chosen.check_access("read")
        return policies

    def _get_past_span(self):
        """First and last day of the past that is replayed."""
        today = (self.company_id or self.env.company.root_id)._ar_today()
        months = min(max(self.months, 1), 36)
        return (
            fields.Date.subtract(today, months=months),
            fields.Date.subtract(today, days=1),
        )

    def _get_days(self):
        return [fields.Date.to_date(day) for day in self.outcome["days"]]

    def _get_progress(self):
        days = self._get_days()
        until = days[self.days_done - 1] if self.days_done else days[0]
        return {
            "done": self.days_done,
            "total": len(days),
            "until": format_date(self.env, until),
        }

    def _is_of_today(self):
        return bool(self.outcome) and self.outcome["settings"]["mode"] == "today"

    def _get_real(self, until):
        """What was really sent after the days done, up to ``until``."""
        first, last = map(fields.Date.to_date, self.outcome["span"])
        days = self._get_days()
        if self.days_done:
            first = fields.Date.add(days[self.days_done - 1], days=1)
        if until == days[-1]:
            until = last
        engine = self.env["ar.policy.replay.engine"].sudo()  # as in `action_step`
        contacts = engine._get_real(self.company_id, first, until)
        return [dict(contact, side="c_real") for contact in contacts]
