from odoo import fields, models
from odoo.exceptions import UserError


class ArDunningNotice(models.Model):
    """What a person may change of a draft, and the approval of a manager."""

    _inherit = "ar.dunning.notice"

    is_level_changed = fields.Boolean("Level chosen by hand", readonly=True)
    is_redirected = fields.Boolean("Recipient chosen by hand", readonly=True)
    change_reason = fields.Char(readonly=True)
    needs_approval = fields.Boolean("To approve", readonly=True)
    approval_user_id = fields.Many2one("res.users", "Approved by", readonly=True)
    approval_date = fields.Datetime("Approved on", readonly=True)
    is_undone = fields.Boolean(
        "Undone",
        readonly=True,
        help="Sent, but the ladder does not count it any more.",
    )

    # === ACTION METHODS === #

    def action_approve(self):
        """Let notices go out whose level needs a credit manager's approval."""
        notices = self._as_collector("ar_collections.ar_collections_group_manager")
        waiting = notices.filtered(lambda n: n.state == "draft" and n.needs_approval)
        waiting._approve()
        waiting.filtered(lambda n: n.run_id.state == "confirmed")._update_state(
            ("draft",), "queued"
        )
        self._trigger_delivery()
        return True

    def action_refuse(self, reason=""):
        """Refuse the approval: the notice is not sent."""
        notices = self._as_collector("ar_collections.ar_collections_group_manager")
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

    def _change_level(self, level, reason):
        """Send the words of another level of the same policy.

        An item takes each level once: one that was at the level before hears its words
        again and stays where it is.

        :raise UserError: if the notice is no draft, or a collector raises the level
        """
        for notice in self._as_collector():
            notice._check_draft()
            if level.policy_id != notice.policy_id:
                raise UserError(
                    self.env._(
                        "Level “%(level)s” belongs to another policy than the notice.",
                        level=level.name,
                    )
                )
            before = notice.level_id
            if level == before:
                continue
            order = list(
                before.policy_id.level_ids.sorted(lambda v: (v.sequence, v.id))
            )
            is_raised = order.index(level) > order.index(before)
            if is_raised:
                # whoever asks, not the full rights that the notice has by now
                self._as_collector("ar_collections.ar_collections_group_manager")
            notice._take_level(level, order.index(level) + 1)
            notice.write(
                {
                    "level_id": level.id,
                    "is_level_changed": True,
                    "needs_approval": level.needs_approval,
                    "change_reason": reason,
                    "change_note": self.env._(
                        "%(user)s chose level “%(after)s” instead of “%(before)s”: "
                        "%(reason)s",
                        user=self.env.user.name,
                        after=level.name,
                        before=before.name,
                        reason=reason,
                    ),
                }
            )
            notice.date_deadline = notice._get_deadline(notice.date)
            notice._log_deviation("raised" if is_raised else "lowered", reason)

    def _take_level(self, level, rank):
        """Move the items of the notice to a level; those that had it hear it again."""
        lines = self.line_ids.filtered(lambda ln: ln.is_step or ln.decided_level_id)
        had = self.env["ar.dunning.notice.line"].search(
            [
                ("move_line_id", "in", lines.move_line_id.ids),
                ("level_id", "=", level.id),
                ("is_live", "=", True),
                ("is_step", "=", True),
                ("notice_id", "!=", self.id),
            ]
        )
        for line in lines:
            line.write(
                {
                    "decided_level_id": (line.decided_level_id or line.level_id).id,
                    "level_id": level.id,
                    "level_rank": rank,
                    "is_step": line.move_line_id not in had.move_line_id,
                }
            )

    def _change_recipient(self, partner, reason):
        """Write to somebody else of the customer, or to whoever stands in for it."""
        for notice in self._as_collector():
            notice._check_draft()
            if partner == notice.partner_id:
                continue
            notice.write(
                {
                    "partner_id": partner.id,
                    "channel": notice._get_channel_for(partner),
                    "is_redirected": True,
                    "change_reason": reason,
                }
            )
            notice._log_deviation("redirected", reason)

    def _get_channel_for(self, partner):
        level = self.level_id
        if level.channel != "email" or partner.email_normalized:
            return level.channel
        if level.fallback_channel == "letter" and partner.street and partner.city:
            return "letter"
        raise UserError(
            self.env._(
                "%(partner)s has no e-mail address and no complete postal address. "
                "Complete the contact first.",
                partner=partner.display_name,
            )
        )

    def _check_draft(self):
        self.ensure_one()
        if self.state != "draft":
            raise UserError(
                self.env._(
                    "Notice %(notice)s is no draft any more and cannot be changed.",
                    notice=self.display_name,
                )
            )
