from odoo import api, fields, models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    ar_level_id = fields.Many2one(
        "ar.dunning.level", "Dunning level", compute="_compute_ar_level_id"
    )
    ar_days_overdue = fields.Integer("Days late", compute="_compute_ar_days_overdue")

    # === COMPUTE METHODS === #

    def _compute_ar_level_id(self):
        """The highest level at which a notice about the item was sent."""
        # sudo: sales people see how far an invoice was pursued, not the letters
        groups = (
            self.env["ar.dunning.notice.line"]
            .sudo()
            ._read_group(
                [
                    ("move_line_id", "in", self.ids),
                    ("is_live", "=", True),
                    ("is_step", "=", True),
                    ("notice_id.state", "=", "sent"),
                ],
                ["move_line_id", "level_id"],
                ["level_rank:max"],
            )
        )
        best = {}
        for line, level, rank in groups:
            if rank > best.get(line.id, (0, None))[0]:
                best[line.id] = (rank, level)
        for line in self:
            line.ar_level_id = best.get(line._origin.id, (0, False))[1]

    @api.depends("date_maturity")
    def _compute_ar_days_overdue(self):
        todays = {company: company._ar_today() for company in self.company_id}
        for line in self:
            due = line.date_maturity or line.date
            today = todays.get(line.company_id)
            line.ar_days_overdue = max((today - due).days, 0) if due and today else 0
