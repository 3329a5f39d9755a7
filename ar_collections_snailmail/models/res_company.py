from odoo import fields, models

WAYS = [("print", "Print yourself"), ("post", "Send by post")]


class ResCompany(models.Model):
    _inherit = "res.company"

    ar_letter_way = fields.Selection(
        WAYS,
        "Letters",
        required=True,
        default="print",
        help="How dunning letters leave the house, unless their level says otherwise. "
        "By post: Odoo's service prints, stamps and posts them; each costs credits.",
    )
