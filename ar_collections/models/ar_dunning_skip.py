from odoo import api, fields, models

from .ar_dunning_engine import SKIP_REASONS


class ArDunningSkip(models.Model):
    """An open item that a run left alone, and why."""

    _name = "ar.dunning.skip"
    _description = "Item Left Alone by a Dunning Run"
    _inherit = ["ar.collector.mixin"]
    _order = "run_id desc, reason, debtor_id, date_due, id"
    _rec_name = "move_line_id"
    _log_access = False

    run_id = fields.Many2one(
        "ar.dunning.run", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="run_id.company_id")
    debtor_id = fields.Many2one(
        "ar.debtor", required=True, index=True, ondelete="cascade"
    )
    move_line_id = fields.Many2one(
        "account.move.line",
        "Journal Item",
        required=True,
        # without it, deleting any journal item would scan this table
        index=True,
        ondelete="cascade",
    )
    move_id = fields.Many2one(related="move_line_id.move_id", string="Document")
    reason = fields.Selection(selection="_selection_reason", required=True)
    currency_id = fields.Many2one("res.currency", required=True)
    amount_residual = fields.Monetary("Open")
    date_due = fields.Date("Due")
    days_overdue = fields.Integer("Days late", aggregator="max")
    next_level_id = fields.Many2one(
        "ar.dunning.level", "Next level", ondelete="set null"
    )
    next_date = fields.Date("Reached on")
    contact_date = fields.Date("Last notice")
    claim = fields.Monetary(aggregator=None)
    min_amount = fields.Monetary("Minimum", aggregator=None)
    problem = fields.Char()
    is_pause_endless = fields.Boolean(
        help="Paused until somebody ends it: the date is when that is looked at again."
    )
    explanation = fields.Text(compute="_compute_explanation")
    is_clearable = fields.Boolean(compute="_compute_is_clearable")

    @api.model
    def _selection_reason(self):
        return [(reason, self.env._(label)) for reason, label in SKIP_REASONS]

    # === COMPUTE METHODS === #

    @api.depends("reason")
    def _compute_explanation(self):
        engine = self.env["ar.dunning.engine"]
        waiting = self._get_waiting_notices()
        sent = self._get_sent_items()
        for skip in self:
            skip.explanation = engine._explain_skip(
                {
                    "reason": skip.reason,
                    "is_entry": skip.move_id.move_type == "entry",
                    "level": skip.next_level_id.name,
                    "next_level": skip.next_level_id,
                    "interval": skip.next_level_id.min_interval_days,
                    "next_date": skip.next_date,
                    "pause_until": skip.next_date,
                    "is_pause_endless": skip.is_pause_endless,
                    "step_date": skip.next_date,
                    "contact_date": skip.contact_date,
                    "currency": skip.currency_id,
                    "claim": skip.claim,
                    "min_amount": skip.min_amount,
                    "problem": skip.problem,
                    "waiting": waiting.get(skip),
                    "last_level_id": sent.get(skip.move_line_id.id),
                }
            )

    @api.depends("reason", "move_line_id.no_followup")
    def _compute_is_clearable(self):
        for skip in self:
            skip.is_clearable = (
                skip.reason == "no_followup"
                and skip.move_line_id.no_followup
                and skip.move_id.move_type == "entry"
            )

    def _get_sent_items(self):
        """A level that each item at a ladder's end was sent: {item id: level id}."""
        finished = self.filtered(lambda s: s.reason == "finished")
        if not finished:
            return {}
        steps = self.env["ar.dunning.notice.line"]._read_group(
            [
                ("move_line_id", "in", finished.move_line_id.ids),
                ("is_live", "=", True),
                ("is_step", "=", True),
                ("notice_id.state", "=", "sent"),
            ],
            ["move_line_id"],
            ["level_id:max"],
        )
        return {item.id: level_id for item, level_id in steps}

    def _get_waiting_notices(self):
        """The notice that each pending item has to wait for: {skip: notice}."""
        pending = self.filtered(lambda s: s.reason == "pending")
        notices = self.env["ar.dunning.notice"]
        if not pending:
            return {}
        found = notices.search(
            [
                ("state", "in", ("draft", "queued", "error")),
                ("debtor_id", "in", pending.debtor_id.ids),
            ],
            order="id desc",
        )
        by_key = {(n.debtor_id, n.currency_id): n for n in found}
        return {
            skip: by_key[skip.debtor_id, skip.currency_id]
            for skip in pending
            if (skip.debtor_id, skip.currency_id) in by_key
        }

    # === ACTION METHODS === #

    def action_open_waiting(self):
        """Open the run whose notice comes first, else all notices that wait."""
        self.ensure_one()
        notice = self._get_waiting_notices().get(self)
        if notice:
            return notice.run_id.get_formview_action()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ar_collections.ar_dunning_notice_action"
        )
        return dict(
            action,
            domain=[("debtor_id", "=", self.debtor_id.id)],
            context={"search_default_waiting": 1, "search_default_error": 1},
        )

    def action_include(self):
        """Let the ladder see items that Odoo excluded from follow-up.

        Core sets *No Follow-Up* on every entry of a general journal, opening balances
        included; nobody chose that.
        """
        self.filtered("is_clearable")._as_collector().move_line_id.no_followup = False
        return True
