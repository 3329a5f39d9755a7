from odoo import api, fields, models


class ArPolicy(models.Model):
    """A collections policy: the ladder of levels that overdue items climb."""

    _name = "ar.policy"
    _description = "Collections Policy"
    _inherit = ["mail.thread"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        tracking=True,
        help="Leave empty to share the policy among all companies.",
    )
    automatic = fields.Boolean(
        "Run every night",
        tracking=True,
        help="If set, the nightly run sends the notices of this policy by itself. "
        "Otherwise they wait as drafts until somebody confirms the run.",
    )
    level_ids = fields.One2many("ar.dunning.level", "policy_id", copy=True)
    description = fields.Html(
        "Text for customers",
        translate=True,
        help="How this company treats late payment, in the customer's words.",
    )
    debtor_count = fields.Integer(
        compute="_compute_debtor_count",
        groups="ar_collections.ar_collections_group_readonly",
    )

    # === COMPUTE METHODS === #

    def _compute_debtor_count(self):
        counts = dict(
            self.env["ar.debtor"]._read_group(
                [("policy_id", "in", self.ids)], ["policy_id"], ["__count"]
            )
        )
        for policy in self:
            policy.debtor_count = counts.get(policy, 0)

    # === CRUD METHODS === #

    def copy_data(self, default=None):
        return [
            vals
            if "name" in (default or {})
            else dict(vals, name=self.env._("%(name)s (copy)", name=policy.name))
            for policy, vals in zip(self, super().copy_data(default), strict=True)
        ]

    # === ACTION METHODS === #

    def action_open_debtors(self):
        """Open the debtors that this policy was chosen for by hand."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ar_collections.ar_debtor_action"
        )
        return dict(action, domain=[("policy_id", "=", self.id)], context={})

    # === BUSINESS METHODS === #

    @api.model
    def _get_company_default(self, company):
        """The policy of an item when neither its invoice nor its debtor names one.

        :return: the company's chosen policy, else the first active one that the
            company may use; empty if there is none
        :rtype: recordset of `ar.policy`
        """
        chosen = company.ar_policy_id
        if chosen.active:
            return chosen
        domain = [("company_id", "in", [company.id, False])]
        return self.search(domain, limit=1)
