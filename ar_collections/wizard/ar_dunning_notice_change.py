from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.ar_dunning_notice_change import MANAGER


class ArDunningNoticeChange(models.TransientModel):
    """Gives drafts another level or recipient, with a reason that is kept."""

    _name = "ar.dunning.notice.change"
    _description = "Change Notices"
    _inherit = ["ar.wizard.mixin"]

    notice_ids = fields.Many2many(
        "ar.dunning.notice", default=lambda self: self._default_notices()
    )
    policy_id = fields.Many2one("ar.policy", compute="_compute_policy_id")
    customer_id = fields.Many2one("res.partner", compute="_compute_policy_id")
    due_level_ids = fields.Many2many(
        "ar.dunning.level",
        string="Due by the policy",
        compute="_compute_levels",
        help="What the ladder decided for these notices.",
    )
    choice_ids = fields.Many2many("ar.dunning.level", compute="_compute_levels")
    level_id = fields.Many2one(
        "ar.dunning.level",
        "Another level",
        domain="[('id', 'in', choice_ids)]",
        help="Lower: the words of that level; the items keep the level they have. "
        "Higher: only a credit manager may.",
    )
    above_count = fields.Integer(compute="_compute_above_count")
    partner_id = fields.Many2one(
        "res.partner",
        "Another recipient",
        domain="[] if is_outside else [('id', 'child_of', customer_id)]",
        help="A contact of the customer, or whoever stands in for it.",
    )
    is_outside = fields.Boolean(
        "Somebody outside the customer",
        help="Offers all contacts, not only those of the customer.",
    )
    is_foreign = fields.Boolean(compute="_compute_is_foreign")
    reason = fields.Char(required=True)

    @api.model
    def _default_notices(self):
        if self.env.context.get("active_model") in (None, "ar.dunning.notice"):
            return self.env.context.get("active_ids", [])
        # the ids of something else
        return []

    # === COMPUTE METHODS === #

    @api.depends("notice_ids")
    def _compute_policy_id(self):
        for wizard in self:
            policy = wizard.notice_ids.policy_id
            customer = wizard.notice_ids.debtor_id.partner_id
            wizard.policy_id = policy if len(policy) == 1 else False
            wizard.customer_id = customer if len(customer) == 1 else False

    @api.depends("notice_ids")
    def _compute_levels(self):
        """What is due, and what this person may choose instead."""
        is_manager = self.env.user.has_group(MANAGER)
        for wizard in self:
            notices = wizard.notice_ids._origin
            due = [notice._get_due_level() for notice in notices]
            wizard.due_level_ids = wizard.level_id.browse().union(*due)
            levels = wizard.policy_id.level_ids
            if not is_manager and due:
                ranks = notices._get_ranks()
                most = min(ranks[level] for level in due)
                levels = levels.filtered(lambda lv, r=ranks, m=most: r[lv] <= m)
            if any(notice.days_overdue > 0 for notice in notices):
                levels = levels.filtered(lambda lv: lv.delay_days >= 0)
            wizard.choice_ids = levels

    @api.depends("level_id", "notice_ids")
    def _compute_above_count(self):
        for wizard in self:
            notices, level = wizard.notice_ids._origin, wizard.level_id._origin
            ranks = notices._get_ranks()
            wizard.above_count = sum(
                ranks.get(level, 0) > ranks[notice._get_due_level()]
                for notice in notices
            )

    @api.depends("partner_id", "customer_id")
    def _compute_is_foreign(self):
        """Somebody else would read what the customer owes."""
        for wizard in self:
            partner = wizard.partner_id.commercial_partner_id
            wizard.is_foreign = bool(partner) and partner != wizard.customer_id

    @api.onchange("is_outside")
    def _onchange_is_outside(self):
        if not self.is_outside and self.is_foreign:
            self.partner_id = False

    # === ACTION METHODS === #

    def action_change(self):
        """Change the drafts.

        :raise UserError: if neither is chosen, or several customers would get one
            recipient
        """
        self.ensure_one()
        if not self.notice_ids:
            raise UserError(self.env._("Choose the notices to change first."))
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
        # in a run that is being sent nobody confirms them any more
        self.notice_ids._queue_if_confirmed()
        return {"type": "ir.actions.act_window_close"}
