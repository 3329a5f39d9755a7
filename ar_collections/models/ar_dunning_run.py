from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from .const import MANAGER


class ArDunningRun(models.Model):
    """One decision for one company and date: its notices and what was left alone."""

    _name = "ar.dunning.run"
    _description = "Dunning Run"
    _inherit = ["ar.collector.mixin", "ar.retry.mixin", "ar.root.company.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name", store=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company.root_id,
        index=True,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(
        required=True,
        readonly=True,
        help="The day that is decided for; today, unless another is given.",
    )
    decided_on = fields.Date(readonly=True, copy=False)
    policy_ids = fields.Many2many(
        "ar.policy", string="Policies", help="Empty: all policies."
    )
    debtor_ids = fields.Many2many(
        "ar.debtor", string="Debtors", help="Empty: all debtors of the company."
    )
    is_automatic = fields.Boolean("Night run", readonly=True)
    is_import = fields.Boolean(
        "Imported",
        readonly=True,
        copy=False,
        help="Its notices were sent by another system.",
    )
    user_id = fields.Many2one(
        "res.users",
        "Started by",
        readonly=True,
        default=lambda self: self.env.user,
    )
    confirm_user_id = fields.Many2one("res.users", "Confirmed by", readonly=True)
    confirm_date = fields.Datetime("Confirmed on", readonly=True)
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("confirmed", "Sending"),
            ("done", "Done"),
            ("cancel", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        index=True,
    )
    notice_ids = fields.One2many("ar.dunning.notice", "run_id", readonly=True)
    skip_ids = fields.One2many("ar.dunning.skip", "run_id", readonly=True)
    skip_count = fields.Integer("Left alone", compute="_compute_skip_count")

    # === COMPUTE METHODS === #

    @api.depends("date", "company_id")
    def _compute_name(self):
        for run in self:
            day = fields.Date.to_string(run.date) if run.date else ""
            run.name = f"{day} {run.company_id.name or ''}".strip()

    def _compute_skip_count(self):
        counts = dict(
            self.env["ar.dunning.skip"]._read_group(
                [("run_id", "in", self.ids)], ["run_id"], ["__count"]
            )
        )
        for run in self:
            run.skip_count = counts.get(run._origin, 0)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            # the run's company may live in another day than the user's
            company = self.env["res.company"].browse(vals.get("company_id"))
            today = (company or self.env.company.root_id)._ar_today()
            vals.setdefault("date", today)
            vals.setdefault("decided_on", today)
        runs = super().create(vals_list)
        today = {company: company._ar_today() for company in runs.company_id}
        if not self.env.su and runs.filtered(
            lambda r: (
                r.state != "draft"
                or r.is_automatic
                or r.is_import
                or r.is_stopping
                or r.is_deciding
                or r.decide_total
                or r.confirm_user_id
                or r.confirm_date
                or r.user_id != self.env.user
                or r.decided_on != today[r.company_id]
            )
        ):
            # looked at afterwards: defaults from the context are seen, too
            raise AccessError(
                self.env._("A dunning run begins as a draft of whoever starts it.")
            )
        return runs

    @api.ondelete(at_uninstall=False)
    def _unlink_except_confirmed(self):
        if self.filtered(lambda run: run.state in ("confirmed", "done")):
            raise UserError(
                self.env._(
                    "A run that sent notices is part of the history and cannot be "
                    "deleted."
                )
            )

    # === ACTION METHODS === #

    def action_preview(self):
        """Decide again: replace the drafts of this run by what is right now."""
        self.ensure_one()
        self = self._as_collector()
        self._check_state("draft", self.env._("previewed"))
        self._clear_draft()
        self.decided_on = self.company_id._ar_today()
        self._write_decision()
        return True

    def action_confirm(self):
        """Queue the drafts; they are delivered in batches in the background."""
        self.ensure_one()
        self = self._as_collector()
        # two people press the button at once: the second is refused
        self._lock_or_refuse()
        self._check_state("draft", self.env._("confirmed"))
        self._check_day()
        if not self.draft_count:
            raise UserError(
                self.env._(
                    "There is nothing to send in this run. See “Left alone” for the "
                    "reasons, or cancel the run."
                )
            )
        self.write(
            {
                "state": "confirmed",
                "confirm_user_id": self.env.user.id,
                "confirm_date": fields.Datetime.now(),
            }
        )
        self.notice_ids._follow_approvals([("run_id", "=", self.id)])
        is_person = self.env.uid != SUPERUSER_ID  # the night has seen nothing
        if is_person and self.env.user.has_group(MANAGER):
            # a manager who confirms the run has seen it: that is the approval
            self.env["ar.dunning.notice"].search(
                [
                    ("run_id", "=", self.id),
                    ("state", "=", "draft"),
                    ("needs_approval", "=", True),
                ]
            )._approve()
        self._queue_drafts()
        self.env["ar.dunning.notice"]._trigger_delivery()
        return True

    def action_cancel(self):
        """Stop the run: what was not sent yet will not be sent.

        What the delivery holds at this moment still goes.
        """
        for run in self._as_collector():
            if run.state not in ("draft", "confirmed"):
                raise UserError(
                    self.env._(
                        "Run %(run)s is over; there is nothing left to cancel.",
                        run=run.display_name,
                    )
                )
            run._stop()
        return True

    def action_retry(self):
        """Try all notices of the run again that need attention."""
        return self.notice_ids.filtered(lambda n: n.state == "error").action_retry()

    # === BUSINESS METHODS === #

    def _check_state(self, state, verb):
        if self.state != state:
            raise UserError(
                self.env._(
                    "Run %(run)s is %(state)s and cannot be %(verb)s any more. Start a "
                    "new run.",
                    run=self.display_name,
                    state=dict(self._fields["state"]._description_selection(self.env))[
                        self.state
                    ].lower(),
                    verb=verb,
                )
            )

    def _check_day(self):
        """What goes out speaks of today: a run for another day only shows what would be.

        One that was decided for its own day may be confirmed later; each notice is
        looked at again on the day it goes.
        """
        date = format_date(self.env, self.date)
        if self.date > self.company_id._ar_today():
            raise UserError(
                self.env._(
                    "This run decides for %(date)s. Confirm it on that day: its words "
                    "and days would be wrong before.",
                    date=date,
                )
            )
        if self.date < self.decided_on:
            raise UserError(
                self.env._(
                    "This run shows what would have gone out on %(date)s. Letters are "
                    "not dated back: start a new run for today.",
                    date=date,
                )
            )

    def _finish(self):
        """Close the runs that have nothing left to deliver."""
        waiting = self.env["ar.dunning.notice"]._read_group(
            [("run_id", "in", self.ids), ("state", "in", ("draft", "queued"))],
            ["run_id"],
        )
        done = self - self.browse([run.id for (run,) in waiting])
        done.filtered(lambda run: run.state == "confirmed").state = "done"
