from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    """Documents that charge lateness, and what was charged on an invoice."""

    _inherit = "account.move"

    is_late_charge = fields.Boolean(
        "Charges lateness",
        copy=False,
        readonly=True,
        # not for the customer, who reads the invoice on the portal
        groups="base.group_user",
        help="The document charges lateness, or gives such charges back. It bears none "
        "itself.",
    )
    late_charge_line_ids = fields.One2many(
        "ar.late.charge.line",
        "move_id",
        "Late charges",
        readonly=True,
        groups="ar_collections.ar_collections_group_readonly",
        help="What was charged because this invoice was paid late.",
    )
    charged_line_ids = fields.One2many(
        "ar.late.charge.line",
        "charge_move_id",
        "Charges of this document",
        readonly=True,
        groups="ar_collections.ar_collections_group_readonly",
    )

    _late_charge_idx = models.Index("(company_id) WHERE is_late_charge")

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        moves = super().create(vals_list)
        # looked at afterwards: defaults from the context are seen, too
        # sudo: the mark is hidden from customers who order
        if not self.env.su and any(move.is_late_charge for move in moves.sudo()):
            self._refuse_mark()
        return moves

    def write(self, vals):
        if "is_late_charge" in vals and not self.env.su:
            self._refuse_mark()
        return super().write(vals)

    def _refuse_mark(self):
        """Only our own methods make a document one of charges."""
        raise UserError(
            self.env._(
                "A document of late charges is made by “Charge late interest”, not by "
                "hand."
            )
        )

    def _post(self, soft=True):
        posted = super()._post(soft)
        posted._refresh_charges()
        return posted

    def button_draft(self):
        result = super().button_draft()
        self._refresh_charges()
        return result

    def button_cancel(self):
        result = super().button_cancel()
        self._refresh_charges()
        return result

    # === ACTION METHODS === #

    def action_waive_charges(self):
        """Waive of the last document that charges this invoice.

        :raise UserError: if nothing is left to waive
        """
        self.ensure_one()
        self.check_access("read")
        waivers = self.env["ar.charge.waiver"]
        # sudo: documents about an invoice that the user sees
        charges = self.sudo().late_charge_line_ids.charge_move_id.filtered(
            lambda move: move.move_type == "out_invoice" and move.state == "posted"
        )
        for charge in charges.sorted("id", reverse=True):
            if waivers._get_waivable(charge) > 0:
                action = self.env["ir.actions.act_window"]._for_xml_id(
                    "ar_collections.ar_charge_waiver_create_action"
                )
                context = {"active_model": self._name, "active_id": charge.id}
                return dict(action, context=context)
        raise UserError(
            self.env._(
                "Of the charges on %(invoice)s nothing is left to waive.",
                invoice=self.name,
            )
        )

    # === BUSINESS METHODS === #

    def _refresh_charges(self):
        """A document of charges was posted, reset or cancelled: its lines follow."""
        # sudo: whoever posts documents need not see what else was charged
        charges = self.sudo().filtered("is_late_charge")
        if not charges:
            return
        charges._check_charges()
        charges.charged_line_ids._get_siblings()._refresh_states()

    def _check_charges(self):
        """Posted again, a document says what its lines say, and nothing twice."""
        for move in self.filtered(lambda m: m.state == "posted"):
            if move.charged_line_ids:
                move._check_charged_amount()
                move._check_charged_once()

    def _check_charged_amount(self):
        amount = sum(self.charged_line_ids.mapped("amount"))
        says = -self.direction_sign * self.amount_untaxed
        if self.currency_id.compare_amounts(amount, says):
            raise UserError(
                self.env._(
                    "%(document)s charges %(lines)s by its lines, but its amount is "
                    "%(amount)s. Cancel it, then charge anew.",
                    document=self.display_name,
                    lines=self.currency_id.format(amount),
                    amount=self.currency_id.format(says),
                )
            )

    def _check_charged_once(self):
        """What was charged anew while the document was a draft is not charged twice."""
        mine = self.charged_line_ids.filtered(
            lambda ln: not (ln.reversed_line_id or ln.adjustment)
        )
        others = mine._get_siblings() - self.charged_line_ids
        others = others.filtered(lambda ln: ln.state == "billed")
        keys = {(ln.move_line_id, ln.kind, ln._get_key()) for ln in mine}
        double = others.filtered(
            lambda ln: (ln.move_line_id, ln.kind, ln._get_key()) in keys
        )
        if double:
            raise UserError(
                self.env._(
                    "%(other)s has charged meanwhile what %(document)s charges. Cancel "
                    "%(document)s.",
                    other=double[0].charge_move_id.name,
                    document=self.name,
                )
            )
