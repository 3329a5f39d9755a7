from odoo import api, fields, models
from odoo.exceptions import UserError


class ArDunningNoticeChange(models.TransientModel):
    """Gives drafts another level or recipient, with a reason that is kept."""

    _name = "ar.dunning.notice.change"
    _description = "Change Notices"

    notice_ids = fields.Many2many(
        "ar.dunning.notice", default=lambda self: self.env.context.get("active_ids", [])
    )
    policy_id = fields.Many2one("ar.policy", compute="_compute_policy_id")
    customer_id = fields.Many2one("res.partner", compute="_compute_policy_id")
    level_id = fields.Many2one(
        "ar.dunning.level",
        "Another level",
        domain="[('policy_id', '=', policy_id)]",
        help="Lower: the words of that level; the items keep the level they have. "
        "Higher: only a credit manager may.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Another recipient",
        help="A contact of the customer, or whoever stands in for it.",
    )
    reason = fields.Char(required=True)

    # === COMPUTE METHODS === #

    @api.depends("notice_ids")
    def _compute_policy_id(self):
        for wizard in self:
            policy = wizard.notice_ids.policy_id
            customer = wizard.notice_ids.debtor_id.partner_id
            wizard.policy_id = policy if len(policy) == 1 else False
            wizard.customer_id = customer if len(customer) == 1 else False

    # === ACTION METHODS === #

    def action_change(self):
        """Change the drafts.

        :raise UserError: if neither is chosen, or several customers would get one
            recipient
        """
        self.ensure_one()
        if not (self.level_id or self.partner_id):
            raise UserError(self.env._("Choose another level or another recipient."))
        if self.partner_id and not self.customer_id:
            raise UserError(
                self.env._("Change the recipient of one customer at a time.")
            )
        if self.level_id:
            self.notice_ids._change_level(self.level_id, self.reason)
        if self.partner_id:
            self.notice_ids._change_recipient(self.partner_id, self.reason)
        return {"type": "ir.actions.act_window_close"}
