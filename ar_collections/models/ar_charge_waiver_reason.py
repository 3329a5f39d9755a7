from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    ar_waiver_limit = fields.Monetary(
        "Four eyes above",
        currency_field="currency_id",
        help="If more than this is waived of a document of late charges, somebody else "
        "than who proposed it has to approve. 0: no limit.",
    )


class ArChargeWaiverReason(models.Model):
    """Why late charges are waived; a short list, so that it can be counted."""

    _name = "ar.charge.waiver.reason"
    _description = "Reason of a Waiver"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", help="Leave empty to share the reason among all companies."
    )

    _name_uniq = models.Constraint(
        "UNIQUE(name, company_id)", "There is a reason with this name already."
    )
