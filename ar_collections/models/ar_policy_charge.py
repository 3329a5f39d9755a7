from odoo import api, fields, models

CHARGE_MODES = [
    ("none", "Nothing"),
    ("announce", "Say what it will be"),
    ("accrue", "Accrue, bill nothing"),
    ("bill", "Bill"),
]


class ArPolicy(models.Model):
    """What lateness costs under a policy, and what is done about it."""

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
    charge_mode = fields.Selection(
        CHARGE_MODES,
        "What is done",
        required=True,
        default="none",
        tracking=True,
        help="Say what it will be: in the letters of levels that announce charges. "
        "Accrue: worked out and shown, not billed. Bill: the wizard “Charge late "
        "interest” makes invoices, and every night what was billed is corrected.",
    )
    charge_since = fields.Date(
        "Due since",
        tracking=True,
        help="What fell due before this day is not charged. Set to today when charging "
        "begins, so that nobody is billed for years gone by.",
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        policies = super().create(vals_list)
        policies._begin_charging()
        return policies

    def write(self, vals):
        result = super().write(vals)
        if "charge_mode" in vals:
            self._begin_charging()
        return result

    def _begin_charging(self):
        for policy in self:
            if policy.charge_mode in ("accrue", "bill") and not policy.charge_since:
                company = policy.company_id or self.env.company
                policy.charge_since = company._ar_today()


class ArDunningLevel(models.Model):
    """What reaching a level changes in that, and what the letter itself costs."""

    _inherit = "ar.dunning.level"

    charge_mode = fields.Selection(
        CHARGE_MODES,
        "Late charges",
        help="What is done about late charges of items at this level. Empty: as the "
        "policy says.",
    )
    fee_ids = fields.One2many("ar.dunning.level.fee", "level_id", "Fees", copy=True)
    has_collection_costs = fields.Boolean(
        "Claims collection costs",
        help="From this level on the collection costs of the charge terms are owed, once "
        "for each item.",
    )
