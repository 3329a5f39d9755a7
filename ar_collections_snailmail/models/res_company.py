from odoo import fields, models

WAYS = [("print", "Print yourself"), ("post", "Send by post")]


class ResCompany(models.Model):
    _inherit = "res.company"

    ar_letter_way = fields.Selection(
        WAYS,
        "Letters",
        default="print",
        help="How dunning letters leave the house, unless their level says otherwise. "
        "By post: Odoo's service prints, stamps and posts them; each costs credits.",
    )

    # === BUSINESS METHODS === #

    def _get_ar_letter_way(self):
        """How letters of a company leave the house; branches do as their root does."""
        # sudo: a setting of the company, whoever decides or sends
        return self.root_id.sudo().ar_letter_way or "print"
