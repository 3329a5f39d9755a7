from odoo import api, fields, models


class ArDunningNoticeProof(models.TransientModel):
    """Keeps tracking number and proof of delivery of a letter."""

    _name = "ar.dunning.notice.proof"
    _description = "Delivery of a Letter"
    _inherit = ["ar.wizard.mixin"]

    notice_id = fields.Many2one(
        "ar.dunning.notice",
        required=True,
        readonly=True,
        default=lambda self: self._default_notice(),
    )
    tracking_number = fields.Char(
        compute="_compute_from_notice", store=True, readonly=False
    )
    date_delivered = fields.Date(
        "Delivered on", compute="_compute_from_notice", store=True, readonly=False
    )
    proof_ids = fields.Many2many(
        "ir.attachment", string="Receipts", help="The receipt, scanned or photographed."
    )

    @api.model
    def _default_notice(self):
        context = self.env.context
        if context.get("active_model") == "ar.dunning.notice":
            return context.get("active_id")
        # the id of something else
        return False

    @api.depends("notice_id")
    def _compute_from_notice(self):
        for proof in self:
            proof.tracking_number = proof.notice_id.tracking_number
            proof.date_delivered = proof.notice_id.date_delivered

    def action_save(self):
        self.ensure_one()
        self.notice_id._record_delivery(
            self.tracking_number, self.date_delivered, self.proof_ids
        )
        return {"type": "ir.actions.act_window_close"}
