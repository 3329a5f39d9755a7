from odoo import models
from odoo.tools import formatLang

from .ar_dunning_engine import IN_NOTICE


class ArDunningNotice(models.Model):
    """Right before sending, look again: the decision is taken anew under lock."""

    _inherit = "ar.dunning.notice"

    # === BUSINESS METHODS === #

    def _look_again(self):
        """Decide again under lock; drop or refresh what changed since the decision.

        :return: the notices that still are right to send
        :rtype: recordset of `ar.dunning.notice`
        """
        ready = self.browse()
        for run, notices in self.grouped("run_id").items():
            rows = self.env["ar.dunning.engine"]._decide(
                run.company_id,
                run.company_id._ar_today(),
                run.policy_ids,
                notices.debtor_id.partner_id,
                run,
                # decided on its day; past midnight it is still the same letter
                keeps_days_off=False,
            )
            by_key = {}
            for row in rows:
                key = (row["group_id"], row["currency_id"], row["group_key"])
                by_key.setdefault(key, []).append(row)
            for notice in notices:
                key = (
                    notice.debtor_id.partner_id.id,
                    notice.currency_id.id,
                    notice.group_key,
                )
                if notice._refresh(by_key.get(key, [])):
                    ready += notice
        return ready._hold_for_approval()

    def _refresh(self, rows):
        """Bring the notice in line with today's decision on its debtor.

        :return: whether it is still to be sent
        """
        self.ensure_one()
        now = {row["id"]: row for row in rows}
        steps = self.line_ids.filtered(
            lambda ln: ln.is_live and (ln.is_step or ln.decided_level_id)
        )
        right = steps.filtered(lambda ln: ln._is_right(now.get(ln.move_line_id.id)))
        if not right:
            self._cancel(self._get_drop_reason(steps, now))
            return False
        for line in steps - right:
            line._stay(now.get(line.move_line_id.id))
        rows = [now[line.move_line_id.id] for line in right]
        if not self._follow_decision(max(rows, key=lambda row: row["level_rank"])):
            return False
        before = self.amount_due
        gone = self._update_lines(now)
        self._write_changed(
            {"amount_due": sum(self.line_ids.mapped("amount_residual"))}
        )
        if self.currency_id.compare_amounts(self.amount_due, 0) <= 0:
            self._cancel(
                self.env._("Not sent: payments and credit notes cover the claim.")
            )
            return False
        self._note_change(before, gone)
        return True

    def _update_lines(self, now):
        """Bring the lines in line with the decision: amounts, what left, what came.

        :param dict now: the decision on the debtor's items, by journal item
        :return: number of items that left
        """
        gone = self.line_ids.filtered(
            lambda ln: now.get(ln.move_line_id.id, {}).get("verdict") not in IN_NOTICE
        )
        count = len(gone)
        gone.is_live = False
        gone.flush_recordset(["is_live"])
        gone.unlink()
        for line in self.line_ids:
            vals = line._prepare_decision_vals(now[line.move_line_id.id])
            if any(line[name] != value for name, value in vals.items()):
                line.write(vals)
        known = set(self.line_ids.move_line_id.ids)
        line = self.env["ar.dunning.notice.line"]
        line.create(
            [
                {
                    "notice_id": self.id,
                    "move_line_id": row["id"],
                    "date_due": row["date_due"],
                    # it is owed, but its own step is left to the next run
                    "level_id": row["last_level_id"],
                    "level_rank": row["last_rank"],
                    "date_previous": row["last_date"],
                    **line._prepare_decision_vals(row),
                }
                for row in now.values()
                if row["verdict"] in IN_NOTICE and row["id"] not in known
            ]
        )
        return count

    def _follow_decision(self, row):
        """Take over level, recipient and channel as they are right now.

        The level comes down when the item that carried it was settled. What a person
        chose, level or recipient, stays.

        :param row: the decision on the highest item that still moves
        :return: whether the notice is still to be sent
        """
        if row["notice_level_id"] != row["level_id"]:
            self._cancel(
                self.env._(
                    "Not sent: what is open has changed so much that the next run has "
                    "to decide afresh."
                )
            )
            return False
        level = self.level_id
        if not self.is_level_changed:
            level = level.browse(row["level_id"])
        way = self._get_way(row, level)
        if not way:
            self._set_no_way(level)
            return False
        vals = {"min_amount": row["min_amount"] or 0.0, **way}
        if level != self.level_id:
            vals["level_id"] = level.id
            self.change_note = self._add_note(
                self.env._(
                    "Looked at again before sending: level “%(before)s” became "
                    "“%(after)s”, since the items of the higher one are settled.",
                    before=self.level_id.name,
                    after=level.name,
                )
            )
        self._write_changed(vals)
        return True

    def _write_changed(self, vals):
        """Write what differs; most notices are sent as they were decided."""
        old = {name: self[name] for name in vals}
        changed = {
            name: vals[name]
            for name, value in old.items()
            if vals[name] != (value.id if self._fields[name].relational else value)
        }
        if changed:
            self.write(changed)

    def _note_change(self, before, gone):
        if not self.currency_id.compare_amounts(before, self.amount_due):
            return
        amounts = {
            key: formatLang(self.env, amount, currency_obj=self.currency_id)
            for key, amount in (("before", before), ("after", self.amount_due))
        }
        if gone:
            note = self.env._(
                "Looked at again before sending: the claim changed from %(before)s to "
                "%(after)s. Settled and left out: %(count)s of its items.",
                count=gone,
                **amounts,
            )
        else:
            note = self.env._(
                "Looked at again before sending: the claim changed from %(before)s to "
                "%(after)s.",
                **amounts,
            )
        self.change_note = self._add_note(note)

    def _get_drop_reason(self, steps, now):
        """Why nothing of the notice is left to say, in the words of the decision."""
        if not steps:
            return self.env._("Not sent: another run has taken its items.")
        row = next(
            (now[ln.move_line_id.id] for ln in steps if ln.move_line_id.id in now), None
        )
        if row is None:
            return self._get_gone_reason(steps.move_line_id)
        if row["verdict"] == "dun":
            return self.env._(
                "Not sent: the item has reached another level since the decision; the "
                "next run takes it up."
            )
        return self.env._(
            "Not sent: %(reason)s",
            reason=self.env["ar.dunning.engine"]._explain_row(row),
        )

    def _get_gone_reason(self, items):
        """Why the decision on this customer knows nothing of these items any more."""
        unposted = items.filtered(lambda item: item.parent_state != "posted").move_id
        if unposted:
            return self.env._(
                "Not sent: %s is not posted any more.", unposted[0].display_name
            )
        still = items.filtered(lambda item: not item.reconciled)
        owner = still.partner_id.commercial_partner_id - self.debtor_id.partner_id
        if owner:
            return self.env._(
                "Not sent: what it is about is owed by %s now; the next run takes it up.",
                owner[0].display_name,
            )
        if still:
            return self.env._(
                "Not sent: what is open belongs to another letter since the decision, "
                "as by a new head office or policy; the next run takes it up."
            )
        return self.env._("Not sent: paid or credited since the decision.")
