from odoo import api, fields, models

from ..models.const import MANAGER


class ArChargeWaiverCreate(models.TransientModel):
    """Waives all or a part of a charge document, or offers a discount on an invoice."""

    _name = "ar.charge.waiver.create"
    _description = "Waive Late Charges"
    _inherit = ["ar.wizard.mixin"]

    charge_move_id = fields.Many2one(
        "account.move",
        "Document",
        required=True,
        domain=[("state", "=", "posted"), ("move_type", "=", "out_invoice")],
        default=lambda self: self._default_charge(),
    )
    currency_id = fields.Many2one(related="charge_move_id.currency_id")
    is_discount = fields.Boolean(compute="_compute_left")
    left = fields.Monetary("At most", compute="_compute_left")
    amount = fields.Monetary(compute="_compute_amount", store=True, readonly=False)
    reason_id = fields.Many2one("ar.charge.waiver.reason", required=True)
    note = fields.Char(help="For your own people.")
    is_conditional = fields.Boolean(
        "Only if paid in time",
        compute="_compute_is_conditional",
        store=True,
        readonly=False,
    )
    pay_by = fields.Date(
        "Valid if paid by",
        default=lambda self: fields.Date.add(self.env.company._ar_today(), days=14),
    )
    message = fields.Char(compute="_compute_message")

    # === COMPUTE METHODS === #

    @api.model
    def _default_charge(self):
        context = self.env.context
        if context.get("active_model") == "account.move":
            return context.get("active_id")
        return False

    @api.depends("charge_move_id")
    def _compute_left(self):
        waivers = self.env["ar.charge.waiver"]
        for one in self:
            charge = one.charge_move_id
            # sudo: the lines of a document that the user may see
            one.left = charge and waivers._get_waivable(charge.sudo())
            one.is_discount = bool(charge) and waivers._is_for_discount(charge)

    @api.depends("left", "is_discount")
    def _compute_amount(self):
        for one in self:
            # all of the charges; but nobody gives away a whole invoice by default
            one.amount = 0 if one.is_discount else one.left

    @api.depends("is_discount")
    def _compute_is_conditional(self):
        for one in self.filtered("is_discount"):
            one.is_conditional = True

    @api.depends("amount", "charge_move_id", "is_conditional")
    def _compute_message(self):
        waivers = self.env["ar.charge.waiver"]
        for one in self:
            # sudo: as above
            charge = one.charge_move_id.sudo()
            whole = one.amount + (waivers._get_waived(charge) if charge else 0)
            one.message = charge and one._tell(waivers._is_above_limit(charge, whole))

    def _tell(self, is_above):
        """What the button will do."""
        _ = self.env._
        manager = self.env.user.has_group(MANAGER)
        if is_above:
            return _("So much takes a second person: a credit manager has to approve.")
        if not manager:
            return _("A credit manager has to approve.")
        if self.is_discount:
            return _(
                "The offer is sent to the customer. Once the rest of the invoice is paid "
                "in time, a credit note is made; else it lapses."
            )
        if self.is_conditional:
            return _(
                "The offer is sent to the customer. Once the invoices and the rest of "
                "the document are paid in time, a credit note is made; else it lapses."
            )
        return _("A credit note is made at once.")

    # === ACTION METHODS === #

    def action_waive(self):
        """Waive it, offer it, or ask a manager to approve it."""
        self.ensure_one()
        waivers = self.env["ar.charge.waiver"]
        waivers._as_collector()
        # the user's own rights say which documents are seen
        self.charge_move_id.check_access("read")
        waiver = waivers._propose(
            self.charge_move_id,
            self.amount,
            self.reason_id,
            self.note,
            self.is_conditional and self.pay_by,
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": waiver._name,
            "res_id": waiver.id,
            "view_mode": "form",
        }
