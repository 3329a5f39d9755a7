from odoo import models
from odoo.tools import formatLang


class ArDunningNotice(models.Model):
    """Effects: what a level does beyond its message, once for each notice."""

    _inherit = "ar.dunning.notice"

    # === BUSINESS METHODS === #

    def _run_actions(self):
        """Run the level's server actions, once for each notice, however often sent."""
        todo = self.filtered(lambda n: not n.is_acted)
        todo.is_acted = True
        for notice in todo:
            # sudo: a collector sends, the credit manager has chosen the actions
            for action in notice.level_id.sudo().action_ids:
                if action.model_id.model != self._name:
                    continue
                # sudo: what a level does is decided by its policy, not by the sender
                action.sudo().with_context(
                    active_model=notice._name,
                    active_id=notice.id,
                    active_ids=notice.ids,
                ).run()

    def _plan_call(self):
        """Plan a call on the debtor for its collector; a shipped server action."""
        for notice in self:
            debtor = notice.debtor_id
            user = notice._get_responsible()
            debtor.activity_schedule(
                "ar_collections.mail_activity_type_collection_call",
                date_deadline=notice.date_deadline,
                summary=notice._get_call_summary(),
                note=notice._get_call_note(),
                user_id=user.id,
            )

    def _get_responsible(self):
        """Who takes the next step: the collector, else whoever sent the run.

        Nobody who left, and no robot.
        """
        self.ensure_one()
        robot = self.env.ref("base.user_root")
        near = (
            self.debtor_id.user_id,
            self.run_id.confirm_user_id,
            self.run_id.user_id,
        )
        for user in near:
            if user.active and user != robot and not user.share:
                return user
        # sudo: users of other companies are looked at, not shown
        manager = self.env.ref("ar_collections.ar_collections_group_manager").sudo()
        managers = manager.all_user_ids.sorted("id").filtered(
            lambda u: self.company_id in u.company_ids and u != robot and not u.share
        )
        return managers[:1] or self.env.user

    def _undo_actions(self):
        """Take back what the levels' actions did, as far as it can be taken back.

        Calls that were planned and not made yet are withdrawn. Extensions whose actions
        can be undone do so here.
        """
        call = self.env.ref("ar_collections.mail_activity_type_collection_call")
        calls = self.debtor_id.activity_ids.filtered(
            lambda a: a.activity_type_id == call
        )
        # thousands of notices, few calls: the summary is only made for those
        called = set(calls.mapped("res_id"))
        planned = {
            (n.debtor_id.id, n.date_deadline, n._get_call_summary())
            for n in self
            if n.debtor_id.id in called
        }
        calls.filtered(
            lambda a: (a.res_id, a.date_deadline, a.summary) in planned
        ).unlink()

    def _get_call_summary(self):
        return self.env._(
            "%(level)s: %(amount)s open",
            level=self.level_id.name,
            amount=formatLang(self.env, self.amount_due, currency_obj=self.currency_id),
        )
