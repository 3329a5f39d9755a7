from odoo import api, fields, models
from odoo.tools import SQL


class ArDebtor(models.Model):
    """Which policy a debtor is under, and why this one."""

    _inherit = "ar.debtor"

    applied_policy_id = fields.Many2one(
        "ar.policy", "Policy that applies", compute="_compute_applied_policy_id"
    )
    policy_reason = fields.Char("Why this policy", compute="_compute_applied_policy_id")

    # === COMPUTE METHODS === #

    @api.depends("policy_id", "company_id", "payer_profile")
    def _compute_applied_policy_id(self):
        treated = self._get_treated()
        defaults = {
            company: self.env["ar.policy"]._get_company_default(company)
            for company in self.company_id
        }
        for debtor in self:
            default = defaults.get(debtor.company_id, self.env["ar.policy"])
            row = treated.get(debtor._origin.id)
            if debtor.policy_id.active and not (row and row["source"] == "debtor"):
                # chosen right now, not saved yet
                row = {"policy_id": debtor.policy_id.id, "source": "debtor"}
            row = row or {"policy_id": default.id, "source": "company"}
            debtor.applied_policy_id = row["policy_id"]
            debtor.policy_reason = self._explain_policy(
                row["source"], row.get("rule_id")
            )

    # === CRUD METHODS === #

    def write(self, vals):
        """Change debtors; a policy that is chosen by hand is a deviation."""
        before = (
            {debtor: debtor.policy_id for debtor in self} if "policy_id" in vals else {}
        )
        result = super().write(vals)
        changed = {
            debtor: policy
            for debtor, policy in before.items()
            if policy != debtor.policy_id
        }
        no_notice = self.env["ar.dunning.notice"]
        self.env["ar.deviation"]._log(
            "policy",
            [
                (
                    debtor,
                    self.env._(
                        "%(old)s → %(new)s",
                        # sudo: the policy of before may be another company's
                        old=policy.sudo().name or self.env._("by rule"),
                        new=debtor.policy_id.name or self.env._("by rule"),
                    ),
                    no_notice,
                    debtor.amount_overdue,
                )
                for debtor, policy in changed.items()
            ],
        )
        self.browse(debtor.id for debtor in changed)._mark_self_stale()
        return result

    # === BUSINESS METHODS === #

    def _get_treated(self):
        """Who of these debtors is treated how, as {debtor id: row}.

        :return: rows of `ar.policy.rule._get_treated_sql`
        """
        open_item = self.env["ar.open.item"]
        engine = self.env["ar.dunning.engine"]
        found = {}
        for company, debtors in self.grouped("company_id").items():
            if not (company and debtors.partner_id):
                continue
            engine._flush_decision()
            today = company._ar_today()
            domain = open_item._get_open_item_domain(company)
            domain &= engine._get_partner_domain(debtors.partner_id)
            rows = self.env.execute_query_dict(
                SQL(
                    """
                    WITH item AS (%(items)s),
                    open_item AS (
                        SELECT partner_id, residual FROM item
                         UNION ALL
                        -- a debtor that owes nothing has a policy, too
                        SELECT id, 0 FROM res_partner WHERE id = ANY(%(partner_ids)s)
                    )
                    %(treated)s
                    """,
                    items=open_item._get_sql(domain, today, today),
                    partner_ids=debtors.partner_id.ids,
                    treated=self.env["ar.policy.rule"]._get_treated_sql(company, today),
                )
            )
            found.update({row["debtor_id"]: row for row in rows if row["debtor_id"]})
        return found

    def _filter_policies(self, policies):
        """Those of these debtors that one of the policies applies to."""
        treated = self._get_treated()
        chosen = set(policies.ids)
        return self.filtered(
            lambda debtor: treated.get(debtor.id, {}).get("policy_id") in chosen
        )

    @api.model
    def _explain_policy(self, source, rule_id):
        """Why a policy applies, as a sentence."""
        _ = self.env._
        # sudo: whoever sees the customer may know how it is treated
        rule = self.env["ar.policy.rule"].sudo().browse(rule_id or [])
        return {
            "invoice": _("Chosen on the invoice."),
            "debtor": _("Chosen for this customer by hand."),
            "rule": _("By rule: %s.", rule.summary),
            "company": _("The company's default."),
        }[source]
