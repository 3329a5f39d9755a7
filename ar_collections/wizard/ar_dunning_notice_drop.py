from odoo import api, fields, models


class ArDunningNoticeDrop(models.TransientModel):
    """Takes notices out of their run, with a reason that is kept."""

    _name = "ar.dunning.notice.drop"
    _description = "Drop Notices"

    notice_ids = fields.Many2many(
        "ar.dunning.notice", default=lambda self: self._default_notices()
    )
    reason = fields.Char(required=True)

    @api.model
    def _default_notices(self):
        return self.env.context.get("active_ids", [])

    def action_drop(self):
        """Cancel the notices; the ladder proposes them again another day."""
        self.ensure_one()
        self.notice_ids.action_drop(self.reason)
        return {"type": "ir.actions.act_window_close"}
