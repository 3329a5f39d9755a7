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
                run._get_day(),
                run.policy_ids,
                notices.debtor_id.partner_id,
                run,
                as_of=run.company_id._ar_today(),
            )
            by_key = {}
            for row in rows:
                key = (row["debtor_id"], row["currency_id"])
                by_key.setdefault(key, []).append(row)
            for notice in notices:
                key = (notice.debtor_id.id, notice.currency_id.id)
                if notice._refresh(by_key.get(key, [])):
                    ready += notice
        return ready

    def _refresh(self, rows):
        """Bring the notice in line with today's decision on its debtor.

        :return: whether it is still to be sent
        """
        self.ensure_one()
        now = {row["id"]: row for row in rows}
        steps = self.line_ids.filtered("is_step")
        right = steps.filtered(lambda ln: ln._is_right(now.get(ln.move_line_id.id)))
        if not right:
            self._cancel(self._get_drop_reason(steps, now))
            return False
        (steps - right).is_step = False
        top = right.sorted("level_rank")[-1]
        if not self._follow_decision(top.level_id, now[top.move_line_id.id]):
            return False
        before = self.amount_due
        gone = self.line_ids.filtered(
            lambda ln: now.get(ln.move_line_id.id, {}).get("verdict") not in IN_NOTICE
        )
        gone.is_live = False
        gone.flush_recordset(["is_live"])
        gone.unlink()
        for line in self.line_ids:
            row = now[line.move_line_id.id]
            line.amount_residual = row["residual_currency"]
            line.days_overdue = row["days_overdue"]
        self._add_credits(now)
        self.amount_due = sum(self.line_ids.mapped("amount_residual"))
        self._note_change(before, gone)
        return True

    def _follow_decision(self, level, row):
        """Take over level, recipient and channel as they are right now.

        The level comes down when the item that carried it was settled.

        :return: whether the notice is still to be sent
        """
        if row["notice_level_id"] != level.id:
            self._cancel(
                self.env._(
                    "Not sent: what is open has changed so much that the next run has "
                    "to decide afresh."
                )
            )
            return False
        if level != self.level_id:
            self.change_note = self.env._(
                "Looked at again before sending: level “%(before)s” became "
                "“%(after)s”, since the items of the higher one are settled.",
                before=self.level_id.name,
                after=level.name,
            )
        self.write(
            {
                "level_id": level.id,
                "partner_id": row["recipient_id"],
                "channel": row["channel"],
                "min_amount": row["min_amount"] or 0.0,
            }
        )
        return True

    def _add_credits(self, now):
        """List payments and credit notes that came in since the decision."""
        known = self.line_ids.move_line_id.ids
        self.env["ar.dunning.notice.line"].create(
            [
                {
                    "notice_id": self.id,
                    "move_line_id": row["id"],
                    "amount_residual": row["residual_currency"],
                    "date_due": row["date_due"],
                    "days_overdue": row["days_overdue"],
                }
                for row in now.values()
                if row["verdict"] == "credit" and row["id"] not in known
            ]
        )

    def _note_change(self, before, gone):
        if not self.currency_id.compare_amounts(before, self.amount_due):
            return
        amounts = [
            formatLang(self.env, amount, currency_obj=self.currency_id)
            for amount in (before, self.amount_due)
        ]
        note = self.env._(
            "Looked at again before sending: the claim changed from %(before)s to "
            "%(after)s; %(count)s items left the notice.",
            before=amounts[0],
            after=amounts[1],
            count=len(gone),
        )
        self.change_note = "\n".join(filter(None, [self.change_note, note]))

    def _get_drop_reason(self, steps, now):
        """Why nothing of the notice is left to say, in the words of the decision."""
        row = next(
            (now[ln.move_line_id.id] for ln in steps if ln.move_line_id.id in now), None
        )
        if row is None:
            return self.env._("Not sent: paid or credited since the decision.")
        if row["verdict"] == "dun":
            return self.env._(
                "Not sent: the item has reached another level since the decision; the "
                "next run takes it up."
            )
        return self.env._(
            "Not sent: %(reason)s",
            reason=self.env["ar.dunning.engine"]._explain_row(row),
        )
