from odoo import api, fields, models
from odoo.exceptions import UserError


class ArDunningNoticeDrop(models.TransientModel):
    """Takes notices out of their run, with a reason that is kept."""

    _name = "ar.dunning.notice.drop"
    _description = "Drop Notices"
    _inherit = ["ar.wizard.mixin"]

    notice_ids = fields.Many2many(
        "ar.dunning.notice", default=lambda self: self._default_notices()
    )
    is_refusal = fields.Boolean(
        default=lambda self: bool(self.env.context.get("ar_refuse")),
        help="A credit manager does not approve.",
    )
    reason = fields.Char(required=True)

    @api.model
    def _default_notices(self):
        if self.env.context.get("active_model") in (None, "ar.dunning.notice"):
            return self.env.context.get("active_ids", [])
        # the ids of something else
        return []

    def action_drop(self):
        """Cancel the notices; the ladder proposes them again another day."""
        self.ensure_one()
        if not self.notice_ids:
            raise UserError(self.env._("Choose the notices to drop first."))
        if self.is_refusal:
            self.notice_ids.action_refuse(self.reason)
        else:
            self.notice_ids.action_drop(self.reason)
        return {"type": "ir.actions.act_window_close"}
