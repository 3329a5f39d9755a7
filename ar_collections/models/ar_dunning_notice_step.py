from odoo import fields, models


class ArDunningNotice(models.Model):
    """Days: by when the customer is to pay, and what the ladder does next."""

    _inherit = "ar.dunning.notice"

    # === BUSINESS METHODS === #

    def _get_deadline(self, date):
        """By when the customer is asked to pay a notice of ``date``.

        A working day. The ladder's next step comes after it. A run's query counts the
        same way.
        """
        level = self.level_id
        workdays = self.company_id._get_workdays(date)
        days = level._get_deadline_days(self.payer_profile)
        return max(date, workdays.next(level._get_day(self.company_id, date, days)))

    def _get_next_step(self):
        """What the ladder does next if this notice is not answered.

        :return: (level, earliest date), or (empty level, None) at the ladder's end
        """
        self.ensure_one()
        levels = self.policy_id.level_ids.sorted(lambda lv: (lv.sequence, lv.id))
        above = levels[list(levels).index(self.level_id) + 1 :] if levels else levels
        above = above.filtered(
            lambda lv: not lv._get_variant(self.payer_profile).is_skipped
        )
        if not above:
            return self.env["ar.dunning.level"], None
        level = above[0]
        sent = self.date_sent or self.date
        steps = self.line_ids.filtered(lambda ln: ln.level_id == self.level_id)
        # the oldest of them goes first
        due = min(steps.mapped("date_due"), default=sent)
        base = sent if level.delay_basis == "previous_notice" else due
        if level.delay_basis == "end_of_month":
            base = fields.Date.end_of(due, "month")
        variant = level._get_variant(self.payer_profile)
        days = variant.delay_days if variant else level.delay_days
        earliest = fields.Date.add(sent, days=max(level.min_interval_days, 1))
        if self.channel != "none" and self.level_id.delay_days >= 0:
            deadline = self.date_deadline or self._get_deadline(sent)
            earliest = max(earliest, fields.Date.add(deadline, days=1))
        return level, max(level._get_day(self.company_id, base, days), earliest)
