from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, format_amount


class ArPolicyRule(models.Model):
    """Which customers a policy is for, unless somebody chose one by hand.

    The first rule that fits decides. Order: invoice, customer, rules, company.
    """

    _name = "ar.policy.rule"
    _inherit = ["ar.root.company.mixin"]
    _description = "Rule of a Collections Policy"
    _order = "sequence, id"
    _rec_name = "summary"
    _check_company_auto = True

    sequence = fields.Integer(default=10)
    policy_id = fields.Many2one(
        "ar.policy", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company.root_id,
        help="Leave empty to apply the rule in all companies.",
    )
    active = fields.Boolean(default=True)
    category_ids = fields.Many2many(
        "res.partner.category", string="Tags", help="The customer has one of them."
    )
    country_ids = fields.Many2many("res.country", string="Countries")
    customer_kind = fields.Selection(selection="_selection_customer_kind")
    payer_profile = fields.Selection(selection="_selection_payer_profile")
    amount_from = fields.Float(
        "Owes at least",
        digits="Account",
        help="All that the customer has open, in the currency of the company.",
    )
    summary = fields.Char("When", compute="_compute_summary")

    _check_amount = models.Constraint(
        "CHECK(amount_from >= 0)", "The amount of a rule cannot be negative."
    )

    @api.model
    def _selection_customer_kind(self):
        return self.env["res.partner"]._get_ar_customer_kinds()

    @api.model
    def _selection_payer_profile(self):
        field = self.env["ar.debtor"]._fields["payer_profile"]
        return field._description_selection(self.env)

    # === COMPUTE METHODS === #

    @api.depends(
        "category_ids", "country_ids", "customer_kind", "payer_profile", "amount_from"
    )
    def _compute_summary(self):
        for rule in self:
            rule.summary = ", ".join(rule._get_conditions())

    def _get_conditions(self):
        """The rule's conditions in words."""
        self.ensure_one()
        _ = self.env._
        conditions = []
        if self.category_ids:
            names = " / ".join(self.category_ids.mapped("name"))
            conditions.append(_("tag %s", names))
        if self.country_ids:
            names = " / ".join(self.country_ids.mapped("name"))
            conditions.append(_("country %s", names))
        for name, label in (
            ("customer_kind", _("customer")),
            ("payer_profile", _("payer")),
        ):
            if self[name]:
                chosen = dict(self._fields[name]._description_selection(self.env))
                conditions.append(f"{label}: {chosen[self[name]].lower()}")
        if self.amount_from:
            currency = (self.company_id or self.env.company).currency_id
            amount = format_amount(self.env, self.amount_from, currency)
            conditions.append(_("owes at least %s", amount))
        return conditions

    # === CONSTRAINT METHODS === #

    # the policy is always there, so that a rule without any of the others is seen, too
    @api.constrains(
        "policy_id",
        "category_ids",
        "country_ids",
        "customer_kind",
        "payer_profile",
        "amount_from",
    )
    def _check_has_condition(self):
        for rule in self:
            if not rule._get_conditions():
                raise ValidationError(
                    self.env._(
                        "A rule without a condition would fit every customer. Give it "
                        "a condition, or choose the policy as the company's default in "
                        "the settings."
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        for rule in rules:
            rule._tell(self.env._("Rule added: %s", rule._describe()))
        self.env["ar.debtor"]._refresh_later()
        return rules

    def write(self, vals):
        before = {rule: (rule.policy_id, rule._describe()) for rule in self}
        result = super().write(vals)
        for rule, (policy, was) in before.items():
            now = rule._describe()
            if (policy, was) == (rule.policy_id, now):
                continue
            rule._tell(self.env._("Rule changed: %(was)s → %(now)s", was=was, now=now))
            if policy != rule.policy_id:
                rule._tell(self.env._("Rule removed: %s", was), policy)
        self.env["ar.debtor"]._refresh_later()
        return result

    def unlink(self):
        for rule in self:
            rule._tell(self.env._("Rule removed: %s", rule._describe()))
        self.env["ar.debtor"]._refresh_later()
        return super().unlink()

    # === BUSINESS METHODS === #

    def _describe(self):
        """The rule in one line: conditions, company, and that it is off."""
        self.ensure_one()
        parts = [", ".join(self._get_conditions())]
        if self.company_id:
            parts.append(self.company_id.name)
        if not self.active:
            parts.append(self.env._("archived"))
        return "; ".join(parts)

    def _tell(self, text, policy=None):
        """Keep in the policy's history whom it was for."""
        (policy or self.policy_id)._message_log(body=text)

    @api.model
    def _get_treated_sql(self, company, date, profile=None):
        """Who is treated how: for the decision, and for those who show it.

        Reads the relation ``open_item (partner_id, residual)`` of the query around it.
        ``profile`` replaces the expression for the payer profile of debtor ``d``.

        Columns: ``partner_id`` (commercial partner), ``debtor_id``, ``profile``,
        ``policy_id``, ``source`` (``debtor``, ``rule``, ``company``), ``rule_id``.

        :rtype: SQL
        """
        # sudo: how a customer is treated does not depend on who looks
        rules = self.sudo().search(
            [
                ("company_id", "in", [company.id, False]),
                ("policy_id.active", "=", True),
            ]
        )
        default = self.env["ar.policy"].sudo()._get_company_default(company)
        return SQL(
            TREATED_RULES_SQL if rules else TREATED_SQL,
            company=company.id,
            date=fields.Date.to_string(date),
            profile=profile or self.env["ar.debtor"]._get_profile_sql(date),
            rules=rules._get_values_sql(),
            default_policy=default.id or None,
        )

    def _get_values_sql(self):
        """Rows (sequence, id, policy, tags, countries, kind, profile, amount)."""
        rows = [
            SQL(
                "(%s, %s, %s, %s::int[], %s::int[], %s, %s, %s::numeric)",
                position,
                rule.id,
                rule.policy_id.id,
                rule.category_ids.ids,
                rule.country_ids.ids,
                rule.customer_kind or None,
                rule.payer_profile or None,
                rule.amount_from,
            )
            for position, rule in enumerate(self)
        ]
        return SQL("VALUES %s", SQL(", ").join(rows)) if rows else SQL()


# Without rules: the customer's own policy, else the company's.
TREATED_SQL = """
    SELECT d.partner_id, d.id AS debtor_id, %(profile)s AS profile,
           COALESCE(p.id, %(default_policy)s) AS policy_id,
           CASE WHEN p.id IS NULL THEN 'company' ELSE 'debtor' END AS source,
           NULL::int AS rule_id
      FROM ar_debtor d
 LEFT JOIN ar_policy p ON p.id = d.policy_id AND p.active
     WHERE d.company_id = %(company)s
       AND d.partner_id IN (SELECT partner_id FROM open_item)
"""

TREATED_RULES_SQL = """
    SELECT owing.partner_id, owing.debtor_id, owing.profile,
           COALESCE(owing.policy_id, fit.policy_id, %(default_policy)s) AS policy_id,
           CASE WHEN owing.policy_id IS NOT NULL THEN 'debtor'
                WHEN fit.policy_id IS NOT NULL THEN 'rule'
                ELSE 'company' END AS source,
           fit.id AS rule_id
      FROM (SELECT o.partner_id, o.amount, d.id AS debtor_id, p.id AS policy_id,
                   COALESCE(%(profile)s, 'new') AS profile
              FROM (SELECT partner_id, SUM(residual) AS amount
                      FROM open_item GROUP BY partner_id) o
         LEFT JOIN ar_debtor d
                ON d.partner_id = o.partner_id AND d.company_id = %(company)s
         LEFT JOIN ar_policy p ON p.id = d.policy_id AND p.active) owing
      JOIN res_partner partner ON partner.id = owing.partner_id
 LEFT JOIN LATERAL (
        SELECT rule.id, rule.policy_id
          FROM (%(rules)s) rule (sequence, id, policy_id, tags, countries, kind,
                                 profile, amount)
         WHERE (rule.tags = '{}' OR EXISTS (
                    SELECT FROM res_partner_res_partner_category_rel tag
                     WHERE tag.partner_id = owing.partner_id
                       AND tag.category_id = ANY(rule.tags)))
           AND (rule.countries = '{}' OR partner.country_id = ANY(rule.countries))
           AND (rule.kind IS NULL OR rule.kind = COALESCE(
                    partner.ar_customer_kind,
                    CASE WHEN partner.is_company OR COALESCE(partner.vat, '') != ''
                         THEN 'business' ELSE 'consumer' END))
           AND (rule.profile IS NULL OR rule.profile = owing.profile)
           AND (rule.amount = 0 OR rule.amount <= owing.amount)
      ORDER BY rule.sequence
         LIMIT 1) fit ON owing.policy_id IS NULL
"""
