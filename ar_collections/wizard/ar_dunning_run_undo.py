from odoo import api, fields, models


class ArDunningRunUndo(models.TransientModel):
    """Takes a run back after showing what that means."""

    _name = "ar.dunning.run.undo"
    _description = "Undo a Dunning Run"
    _inherit = ["ar.wizard.mixin"]

    run_id = fields.Many2one(
        "ar.dunning.run",
        required=True,
        default=lambda self: self._default_run(),
    )
    reason = fields.Char(required=True)
    waiting_count = fields.Integer("Not sent yet", compute="_compute_counts")
    unprinted_count = fields.Integer("Letters not printed", compute="_compute_counts")
    unsent_count = fields.Integer(
        "Not handed over yet",
        compute="_compute_counts",
        help="Messages that still wait for the mail server or another service.",
    )
    sent_count = fields.Integer("Already with customers", compute="_compute_counts")

    @api.model
    def _default_run(self):
        if self.env.context.get("active_model") in (None, "ar.dunning.run"):
            return self.env.context.get("active_id")
        # the id of something else
        return False

    # === COMPUTE METHODS === #

    @api.depends("run_id")
    def _compute_counts(self):
        for wizard in self:
            run = wizard.run_id
            wizard.waiting_count = run.draft_count + run.queued_count + run.error_count
            # what is taken back: nobody has it yet
            sent = run._get_countable() if run else self.env["ar.dunning.notice"]
            waiting = sent._get_recallable()
            letters = waiting.filtered(lambda n: n.channel == "letter")
            wizard.unprinted_count = len(letters)
            wizard.unsent_count = len(waiting - letters)
            wizard.sent_count = len(sent - waiting)

    # === ACTION METHODS === #

    def action_undo(self):
        """Undo the run; see `ar.dunning.run._undo`."""
        self.ensure_one()
        self.run_id._undo(self.reason)
        return {"type": "ir.actions.act_window_close"}
