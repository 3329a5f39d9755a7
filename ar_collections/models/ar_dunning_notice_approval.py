from odoo import api, fields, models
from odoo.fields import Domain

from .const import MANAGER


class ArDunningNotice(models.Model):
    """The approval of a manager, and the state as people read it."""

    _inherit = "ar.dunning.notice"

    needs_approval = fields.Boolean("To approve", readonly=True)
    approval_user_id = fields.Many2one("res.users", "Approved by", readonly=True)
    approval_date = fields.Datetime("Approved on", readonly=True)

    status = fields.Selection(
        selection=lambda self: self._selection_status(), compute="_compute_status"
    )

    remark = fields.Text(
        compute="_compute_remark",
        help="Why it was not sent, waits, or needs attention.",
    )

    # === COMPUTE METHODS === #

    def _selection_status(self):
        states = self._fields["state"]._description_selection(self.env)
        return [
            *states,
            ("approve", self.env._("To approve")),
            ("print", self.env._("To print")),
            ("undone", self.env._("Undone")),
        ]

    @api.depends(
        "state",
        "needs_approval",
        "is_undone",
        "run_id.state",
        "channel",
        "is_printed",
    )
    def _compute_status(self):
        """The state as people read it.

        In a run that is sending nothing is a draft; a letter that the ladder counts as
        sent still lies here until somebody prints it.
        """
        to_print = self.filtered_domain(self._get_to_print_domain())
        for notice in self:
            waits = notice.state == "draft" and notice.needs_approval
            is_sending = notice.run_id.state == "confirmed"
            notice.status = "approve" if waits and is_sending else notice.state
            if notice in to_print:
                notice.status = "print"
            if notice.state == "sent" and notice.is_undone:
                notice.status = "undone"

    @api.depends("state", "problem", "cancel_reason", "date_not_before", "hold_note")
    def _compute_remark(self):
        for notice in self:
            waits = notice.state == "queued" and notice.date_not_before
            notice.remark = {
                "error": notice.problem,
                "cancel": notice.cancel_reason,
                "queued": waits and notice.hold_note,
            }.get(notice.state)

    @api.model
    def _get_to_print_domain(self):
        """Letters that are made and that nobody has printed."""
        return Domain(
            [
                ("state", "=", "sent"),
                ("channel", "=", "letter"),
                ("is_printed", "=", False),
            ]
        )

    # === ACTION METHODS === #

    def action_approve(self):
        """Let notices go out whose level needs a credit manager's approval."""
        notices = self._as_collector(MANAGER)
        waiting = notices.filtered(lambda n: n.state == "draft" and n.needs_approval)
        waiting._approve()
        waiting._queue_if_confirmed()
        return True

    def action_refuse(self, reason=""):
        """Refuse the approval: the notice is not sent."""
        notices = self._as_collector(MANAGER)
        waiting = notices.filtered(lambda n: n.state == "draft" and n.needs_approval)
        waiting._cancel(
            reason or self.env._("Refused by %(user)s.", user=self.env.user.name)
        )
        waiting._log_deviation("refused", reason)
        waiting.run_id._finish()
        return True

    # === BUSINESS METHODS === #

    def _approve(self):
        self.write(
            {
                "needs_approval": False,
                "approval_user_id": self.env.uid,
                "approval_date": fields.Datetime.now(),
            }
        )

    @api.model
    def _follow_approvals(self, domain):
        """Drafts ask for what their level asks for now, not when they were decided.

        :param domain: which of the drafts
        """
        drafts = Domain("state", "=", "draft") & Domain("approval_user_id", "=", False)
        for asks in (True, False):
            changed = Domain("level_id.needs_approval", "=", asks)
            changed &= Domain("needs_approval", "=", not asks)
            # one that waits in a run that is being sent goes by its own button
            if not asks:
                changed &= Domain("run_id.state", "=", "draft")
            self.search(drafts & changed & Domain(domain)).needs_approval = asks

    def _hold_for_approval(self):
        """Give those back that nobody approved, their level being asked for it now.

        :return: the notices that may go out
        :rtype: recordset of `ar.dunning.notice`
        """
        waiting = self.filtered(
            lambda n: n.level_id.needs_approval and not n.approval_user_id
        )
        waiting.needs_approval = True
        waiting._update_state(("queued",), "draft")
        return self - waiting

    def _queue_if_confirmed(self):
        """Queue drafts whose run is being sent, unless they wait for an approval."""
        ready = self._as_collector().filtered(
            lambda n: (
                n.state == "draft"
                and not n.needs_approval
                and n.run_id.state == "confirmed"
            )
        )
        ready._update_state(("draft",), "queued")
        if ready:
            self._trigger_delivery()
