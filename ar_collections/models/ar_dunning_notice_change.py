from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from .const import MANAGER


class ArDunningNotice(models.Model):
    """What a person may change of a draft: level and recipient."""

    _inherit = "ar.dunning.notice"

    is_level_changed = fields.Boolean("Level chosen by hand", readonly=True)
    is_redirected = fields.Boolean("Recipient chosen by hand", readonly=True)
    change_reason = fields.Char(readonly=True)
    is_undone = fields.Boolean(
        "Undone",
        readonly=True,
        help="Sent, but the ladder does not count it any more.",
    )

    # === BUSINESS METHODS === #

    def _change_level(self, level, reason):
        """Send the words of another level of the same policy.

        An item takes each level once: one that was at the level before hears its words
        again and stays where it is. No item is taken above what is due for it, but
        those that carry the notice if a credit manager says so.

        :raise UserError: if the notice is no draft, or the level does not fit
        :raise AccessError: if somebody else chooses a level above what is due
        """
        notices = self._as_collector()
        for notice in notices:
            notice._check_level(level, self)
        notices = notices.filtered(lambda n: n.level_id != level)
        ranks = notices._get_ranks()
        kinds = {
            notice: "raised" if ranks[level] > ranks[notice.level_id] else "lowered"
            for notice in notices
        }
        notices._take_level(level, ranks)
        for notice in notices:
            notice.write(
                {
                    "change_note": notice._add_note(
                        self.env._(
                            "%(user)s chose level “%(after)s” instead of “%(before)s”: "
                            "%(reason)s",
                            user=self.env.user.name,
                            after=level.name,
                            before=notice.level_id.name,
                            reason=reason,
                        )
                    ),
                    "level_id": level.id,
                    # back at what is due, it follows the decision again
                    "is_level_changed": level != notice._get_due_level(),
                    "needs_approval": level.needs_approval,
                    "change_reason": reason,
                }
            )
            notice.date_deadline = notice._get_deadline(notice.date)
            notice._log_deviation(kinds[notice], reason)

    def _check_level(self, level, asked):
        """Refuse what nobody, or only a credit manager, may choose.

        :param asked: the same notices as the user has them, without full rights
        """
        self._check_draft()
        if level.policy_id != self.policy_id:
            raise UserError(
                self.env._(
                    "Level “%(level)s” belongs to another policy than the notice.",
                    level=level.name,
                )
            )
        if self.days_overdue > 0 and level.delay_days < 0:
            raise UserError(
                self.env._(
                    "Level “%(level)s” speaks of a due date to come; what notice "
                    "%(notice)s claims is overdue.",
                    level=level.name,
                    notice=self.display_name,
                )
            )
        due = self._get_due_level()
        ranks = self._get_ranks()
        is_manager = asked.env.su or asked.env.user.has_group(MANAGER)
        if ranks[level] > ranks[due] and not is_manager:
            raise AccessError(
                self.env._(
                    "Level “%(level)s” is above what is due: “%(due)s”. Only a credit "
                    "manager may go beyond the policy.",
                    level=level.name,
                    due=due.name,
                )
            )

    def _get_due_level(self):
        """The level that the policy asked for, whatever a person chose since."""
        self.ensure_one()
        if not self.is_level_changed:
            return self.level_id
        decided = self.line_ids.decided_level_id
        fitting = decided.filtered(lambda lv: lv.policy_id == self.policy_id)
        ranks = self._get_ranks()
        return max(fitting, key=ranks.get, default=self.level_id)

    def _get_ranks(self):
        """Where levels stand on their ladders, from 1: {level: rank}."""
        policies = self.policy_id | self.line_ids.decided_level_id.policy_id
        policies |= self.line_ids.level_id.policy_id
        return {
            level: rank
            for policy in policies
            for rank, level in enumerate(
                policy.level_ids.sorted(lambda lv: (lv.sequence, lv.id)), 1
            )
        }

    def _take_level(self, level, ranks):
        """Move the items of the notices; those that had the level hear it again.

        :param dict ranks: {level: rank}, of `_get_ranks`
        """
        lines = self.line_ids.filtered(lambda ln: ln.is_step or ln.decided_level_id)
        before = {
            (step.move_line_id, step.level_id)
            for step in lines.search(
                [
                    ("move_line_id", "in", lines.move_line_id.ids),
                    ("is_live", "=", True),
                    ("is_step", "=", True),
                    ("notice_id", "not in", self.ids),
                ]
            )
        }
        due = {notice: notice._get_due_level() for notice in self}
        for line in lines:
            decided = line.decided_level_id or line.level_id
            # an item below comes along: it never goes further than its own level
            is_carrier = decided == due[line.notice_id]
            target = level if is_carrier or ranks[level] < ranks[decided] else decided
            line.write(
                {
                    "decided_level_id": decided.id,
                    "level_id": target.id,
                    "level_rank": ranks[target],
                    "is_step": (line.move_line_id, target) not in before,
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
                    "change_note": notice._add_note(
                        self.env._(
                            "%(user)s chose %(after)s as recipient instead of "
                            "%(before)s: %(reason)s",
                            user=self.env.user.name,
                            after=partner.display_name,
                            before=notice.partner_id.display_name,
                            reason=reason,
                        )
                    ),
                }
            )
            notice._log_deviation("redirected", reason)

    def _add_note(self, note):
        """What was noted before, and one more sentence: all of it is told in *Why*."""
        self.ensure_one()
        return "\n".join(filter(None, [self.change_note, note]))

    def _get_channel_for(self, partner):
        level = self.level_id
        engine = self.env["ar.dunning.engine"]
        if engine._is_reachable(partner, level.channel, level, self.company_id):
            return level.channel
        other = level.fallback_channel
        if other != "none" and engine._is_reachable(
            partner, other, level, self.company_id
        ):
            return other
        raise UserError(
            self.env._(
                "%(partner)s: %(reason)s",
                partner=partner.display_name,
                reason=engine._explain_no_contact(level),
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
