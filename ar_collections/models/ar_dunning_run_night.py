from odoo import api, models


class ArDunningRun(models.Model):
    """The night run."""

    _inherit = "ar.dunning.run"

    # === CRONS === #

    @api.model
    def _cron_run(self):
        """Night run: per company, send automatic policies, prepare the others.

        A draft that an earlier night prepared and nobody confirmed is replaced, so
        that what waits is always today's decision.
        """
        companies = self.env["res.company"].search([("parent_id", "=", False)])
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            self.with_company(company)._run_night_safely(company)
            self.env["ir.cron"]._commit_progress(1)

    @api.model
    def _run_night_safely(self, company):
        """A company's night; on a clash with another transaction, once more."""
        self._retry_for(
            company, lambda: self._run_night(company, company._ar_today()), "Night run"
        )

    @api.model
    def _run_night(self, company, date):
        domain = [("is_automatic", "=", True), ("company_id", "=", company.id)]
        if self.search_count(domain + [("date", "=", date)], limit=1):
            return self.browse()
        waiting = self.search(domain + [("state", "=", "draft")])
        waiting._clear_draft()
        waiting.state = "cancel"
        moving = self.env["ar.debtor"]._refresh(company)
        policies = self.env["ar.policy"].search(
            [("company_id", "in", [company.id, False])]
        )
        automatic = policies.filtered("automatic")
        runs = self.browse()
        for chosen, confirm in ((automatic, True), (policies - automatic, False)):
            if not chosen:
                continue
            run = self.create(
                {
                    "company_id": company.id,
                    "date": date,
                    "policy_ids": chosen.ids,
                    "is_automatic": True,
                }
            )
            # the others have nothing to hear: the refresh right above has just decided
            run._write_decision(moving)
            if not run.draft_count and not run.skip_ids:
                # nothing to do, nothing to tell
                run.unlink()
                continue
            if not run.draft_count:
                run.action_cancel()
            elif confirm:
                run.action_confirm()
            runs += run
        return runs
