from odoo import fields, models


class ArChargeLumpSum(models.Model):
    """A lump sum that is charged for a claim from an amount on."""

    _name = "ar.charge.lump.sum"
    _description = "Lump Sum for Late Payment"
    _inherit = ["ar.shipped.mixin"]
    _order = "terms_id, amount_from, id"

    terms_id = fields.Many2one(
        "ar.charge.terms", required=True, index=True, ondelete="cascade"
    )
    amount_from = fields.Float("Claim from", digits="Account", default=0.01)
    is_above = fields.Boolean(
        "Above it only", help="The amount itself still belongs to the step below."
    )
    amount = fields.Float("Lump sum", digits="Account")
    percent = fields.Float("% of the claim")
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
        help="Of the lump sum; it is converted if the claim is in another currency. The "
        "steps are in the currency of the claim.",
    )

    _check_amounts = models.Constraint(
        "CHECK(amount_from >= 0 AND amount >= 0 AND percent >= 0)",
        "Amounts of a lump sum cannot be negative.",
    )
