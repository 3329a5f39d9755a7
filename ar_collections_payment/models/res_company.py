from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    ar_link_days = fields.Integer(
        "Links to pay hold (days)",
        default=90,
        groups="base.group_user",
        help="How long the link of a reminder opens what the customer owes. After that "
        "the customer asks for a new one on the page.",
    )

    _check_ar_link_days = models.Constraint(
        "CHECK(ar_link_days BETWEEN 1 AND 730)",
        "Links to pay hold for one day at least and two years at most.",
    )
