from odoo import fields, models


class ArPolicy(models.Model):
    """What lateness costs under a policy."""

    _inherit = "ar.policy"

    charge_terms_id = fields.Many2one(
        "ar.charge.terms",
        "Late charges",
        check_company=True,
        tracking=True,
        ondelete="restrict",
        domain=[("customer_kind", "=", "business")],
        help="What lateness costs. Consumers and public bodies are treated as the terms "
        "say. Empty: nothing is charged.",
    )
