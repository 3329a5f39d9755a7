from odoo import fields, models


class ArChargeCostBand(models.Model):
    """The share of a claim's part between two amounts that collecting it may cost.

    As the Dutch scale has it: 15 % of the first 2,500, 10 % of the next, and so on. In
    the currency of the claim.
    """

    _name = "ar.charge.cost.band"
    _description = "Band of Collection Costs"
    _inherit = ["ar.shipped.mixin"]
    _order = "terms_id, id"

    terms_id = fields.Many2one(
        "ar.charge.terms", required=True, index=True, ondelete="cascade"
    )
    up_to = fields.Float(
        "Up to", digits="Account", help="0: the last band, without end."
    )
    percent = fields.Float("%")

    _check_amounts = models.Constraint(
        "CHECK(up_to >= 0 AND percent >= 0)",
        "Amounts of collection costs cannot be negative.",
    )
