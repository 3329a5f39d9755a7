import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError

from .ar_dunning_run_decide import SLICE

_logger = logging.getLogger(__name__)

# Customers that are decided on while somebody waits for the page: about a quarter of
# a minute. A web server ends a request after two.
AT_ONCE = 20000
# The decision meets people who post and pay.
ATTEMPTS = 5
DECIDED = {"is_deciding": False, "decide_slices": False, "decide_done": 0}


class ArDunningRun(models.Model):
    """Deciding a large run in the background, a committed slice at a time.

    What is left to do is written down when it begins, so that a decision that is killed
    or out of time goes on where it was.
    """

    _inherit = "ar.dunning.run"

    is_deciding = fields.Boolean("Being decided", readonly=True, copy=False)
    # lists of customers; hundreds of kilobytes that no list of runs may read
    decide_slices = fields.Json(readonly=True, copy=False, prefetch=False)
    decide_done = fields.Integer(readonly=True, copy=False, aggregator=None)
    decide_total = fields.Integer(readonly=True, copy=False, aggregator=None)
    decide_progress = fields.Float(compute="_compute_decide_progress")

    # === COMPUTE METHODS === #

    @api.depends("is_deciding", "decide_done", "decide_total")
    def _compute_decide_progress(self):
        for run in self:
            run.decide_progress = 100.0 * run.decide_done / (run.decide_total or 1)

    # === ACTION METHODS === #

    def action_decide(self):
        """Decide as `action_preview` does; with very many customers in the background."""
        self.ensure_one()
        run = self._as_collector()
        run._check_state("draft", self.env._("previewed"))
        partner_ids = run._get_partner_ids()
        if len(partner_ids) <= AT_ONCE:
            return run.action_preview()
        run._clear_draft()
        run._plan_decision(partner_ids)
        return True

    # === BUSINESS METHODS === #

    def _check_state(self, state, verb):
        if self.is_deciding:
            raise UserError(
                self.env._(
                    "Run %(run)s is still being decided. Wait until it is complete, or "
                    "cancel it.",
                    run=self.display_name,
                )
            )
        return super()._check_state(state, verb)

    def _plan_decision(self, partner_ids):
        """Leave the decision on these customers to the scheduled action."""
        debtor = self.env["ar.debtor"]
        offices = self.env["ar.dunning.engine"]._get_offices(partner_ids)
        debtor._ensure(self.company_id, {*partner_ids, *offices.values()})
        slices = list(debtor._split_families(partner_ids, SLICE))
        self.write(
            {
                "is_deciding": True,
                "decide_slices": slices,
                "decide_done": 0,
                "decide_total": len(slices),
                "decided_on": self.company_id._ar_today(),
            }
        )
        # sudo: a collector starts the decision without rights on scheduled actions
        self.env.ref("ar_collections.ir_cron_ar_dunning_run_decide").sudo()._trigger()

    def _decide_next(self):
        """Decide on the next slice, in the name of whoever started the run."""
        slices, done = self.decide_slices or [], self.decide_done
        # sudo: what the scheduled action may do, the notices being that person's
        run = self.with_user(self.user_id).sudo().with_company(self.company_id)
        if done < len(slices):
            run._write_slice_safely(slices[done])
            run._forget_notices()
        # last: whoever cancelled the run meanwhile makes this one fail
        run.write(DECIDED if done + 1 >= len(slices) else {"decide_done": done + 1})
        run.flush_recordset()

    def _stop(self):
        deciding = self.filtered("is_deciding")
        # first: a slice that ends in this moment makes this transaction fail and be
        # tried again, or fails itself
        deciding.write(DECIDED)
        deciding.flush_recordset()
        return super()._stop()

    # === CRONS === #

    @api.model
    def _cron_decide(self):
        """Go on deciding large runs until they are complete or time is up."""
        commit = self.env["ir.cron"]._commit_progress
        waiting = [("is_deciding", "=", True)]
        runs = self.search(waiting)
        commit(remaining=sum(run.decide_total - run.decide_done for run in runs))
        failures = 0
        while run := self.search(waiting, order="id", limit=1):
            try:
                run._decide_next()
            except psycopg2.OperationalError:
                # it was cancelled, or somebody paid in this very moment
                self.env.cr.rollback()
                failures += 1
                _logger.info("Run %s met a concurrent change (%s)", run.id, failures)
                if failures >= ATTEMPTS or not commit():
                    break
                continue
            failures = 0
            if not commit(1):
                break
