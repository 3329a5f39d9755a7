from odoo import api, fields, models


class ArDunningNoticeLine(models.Model):
    """One open item in a notice: a debt that moves, a debt listed, or a credit."""

    _name = "ar.dunning.notice.line"
    _description = "Dunning Notice Line"
    _order = "notice_id, date_due, id"
    _rec_name = "move_line_id"
    # many rows, written by the run in one statement: no columns nobody reads
    _log_access = False

    notice_id = fields.Many2one(
        "ar.dunning.notice", required=True, index=True, ondelete="cascade"
    )
    move_line_id = fields.Many2one(
        "account.move.line",
        "Journal Item",
        required=True,
        index=True,
        ondelete="restrict",
    )
    move_id = fields.Many2one(related="move_line_id.move_id", string="Document")
    branch_id = fields.Many2one(
        "res.partner",
        compute="_compute_branch_id",
        # whoever reads the letter, it says the same
        compute_sudo=True,
        help="Whose item it is, in a letter to the head office.",
    )
    currency_id = fields.Many2one(related="notice_id.currency_id")
    level_id = fields.Many2one(
        "ar.dunning.level",
        ondelete="restrict",
        help="The level that the item stands on with this notice.",
    )
    level_rank = fields.Integer("Rung")
    is_step = fields.Boolean("Moves up", help="The item reaches its level now.")
    is_live = fields.Boolean(default=True)
    amount_residual = fields.Monetary("Open", help="What is claimed of the item.")
    amount_paused = fields.Monetary(
        "Paused", help="Also open, but paused and not claimed."
    )
    pause_ids = fields.Many2many(
        "ar.pause",
        compute="_compute_pause_ids",
        # whoever reads the letter, it says the same
        compute_sudo=True,
        help="What keeps back the paused part.",
    )
    decided_level_id = fields.Many2one(
        "ar.dunning.level",
        "Level as decided",
        ondelete="set null",
        help="If somebody chose another level for the notice.",
    )
    date_due = fields.Date("Due")
    days_overdue = fields.Integer("Days late")
    date_level = fields.Date("Level reached on")
    date_previous = fields.Date("Previous notice")

    # Law 6: an item takes each level once, whoever decides and however often.
    _step_uniq = models.UniqueIndex(
        "(move_line_id, level_id) WHERE is_live AND is_step",
        "This item has already been taken to this level.",
    )

    # === COMPUTE METHODS === #

    @api.depends("move_line_id.partner_id", "notice_id.debtor_id")
    def _compute_branch_id(self):
        for line in self:
            owner = line.move_line_id.partner_id.commercial_partner_id
            line.branch_id = owner - line.notice_id.debtor_id.partner_id

    @api.depends("amount_paused")
    def _compute_pause_ids(self):
        """The pauses of a part of these items on the days of their notices."""
        parts = self.filtered(lambda ln: ln.amount_paused > 0)
        (self - parts).pause_ids = False
        partners = parts.move_line_id.partner_id.commercial_partner_id
        pauses = self.env["ar.pause"].search(
            [("partner_id", "in", partners.ids), ("amount", ">", 0)]
        )
        todays = {
            company: company._ar_today() for company in parts.notice_id.company_id
        }
        for line in parts:
            item, notice = line.move_line_id, line.notice_id
            # one that is not sent is looked at again with each new day
            last = notice.date_sent or max(notice.date, todays[notice.company_id])
            line.pause_ids = pauses.filtered(
                lambda p, item=item, notice=notice, last=last: (
                    p.company_id == notice.company_id
                    and p.partner_id == item.partner_id.commercial_partner_id
                    and p.currency_id == notice.currency_id
                    and p.date_from <= last
                    and (not p.date_to or p.date_to >= notice.date)
                    and (not p.is_for_items or item in p.line_ids)
                )
            )

    # === BUSINESS METHODS === #

    def _is_under_review(self):
        """Whether the paused part is disputed; other pauses have other reasons."""
        self.ensure_one()
        return set(self.pause_ids.mapped("kind")) == {"dispute"}

    def _is_asked_before(self):
        """Whether an earlier reminder asked for the item, and this one does not anew.

        What is at the end of the ladder is claimed in softer letters about newer items:
        its own deadline stays.
        """
        self.ensure_one()
        level = self.level_id
        return bool(
            self.amount_residual > 0
            and not (self.is_step or self.decided_level_id)
            and self.date_previous
            and level
            and level.channel != "none"
            and level.delay_days >= 0
        )

    def _is_right(self, row):
        """Whether today's decision on the item is the one of this line.

        :param row: the item's row of the decision, None if it is settled
        """
        self.ensure_one()
        level = self.decided_level_id or self.level_id
        return bool(
            row and row["verdict"] == "dun" and row["next_level_id"] == level.id
        )

    def _stay(self, row):
        """Take no step after all: the item keeps the level it stood on."""
        self.write(
            {
                "is_step": False,
                "decided_level_id": False,
                "level_id": row and row["last_level_id"],
                "level_rank": row and row["last_rank"],
                "date_previous": row and row["last_date"],
            }
        )

    @api.model
    def _prepare_decision_vals(self, row):
        """What the decision says of an item's amounts and days."""
        is_credit = row["verdict"] == "credit"
        paused = 0.0 if is_credit else row["residual_currency"] - row["amount"]
        return {
            "amount_residual": row["amount"],
            "amount_paused": paused,
            "days_overdue": row["days_overdue"],
        }
