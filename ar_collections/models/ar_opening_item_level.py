from odoo import fields, models
from odoo.tools import SQL

# What customers owe, with what the rows bring; then who is treated how.
OPEN_ITEMS_SQL = """
WITH item AS (%(items)s),
open_item AS (
    SELECT partner_id, residual FROM item
     UNION ALL
    SELECT * FROM unnest(%(partners)s::int[], %(balances)s::numeric[])
)
%(treated)s
"""


class ArOpeningItem(models.Model):
    """Which level of which policy a row means."""

    _inherit = "ar.opening.item"

    # === BUSINESS METHODS === #

    def _check_levels(self):
        rows = self.filtered(lambda r: (r.level_name or "").strip())
        (self - rows).level_id = False
        if not rows:
            return
        applied = rows._get_applied_policies()
        rungs = rows._get_rungs()
        for row in rows:
            row.level_id = False
            policy = applied.get(row)
            if not policy:
                yield from ((row, text) for text in row._explain_no_policy(rungs))
                continue
            level, sentence = row._find_level(policy, rungs)
            row.level_id = level
            if sentence:
                yield row, sentence

    def _find_level(self, policy, rungs):
        """The level that the row names.

        :param policy: the one that applies to the customer
        :param dict rungs: {(policy name or None, level name): levels}, all in lower case
        :return: (level, None), or (no level, what is wrong)
        """
        text = self.level_name.strip()
        levels = self._find_levels(rungs)
        level = levels.filtered(lambda lv: lv.policy_id == policy)
        if len(level) == 1:
            return level, None
        return level.browse(), self._explain_level(text, policy, levels, level)

    def _find_levels(self, rungs):
        """All levels that have the name, of whatever policy."""
        text = self.level_name.strip().lower()
        levels = rungs.get((None, text))
        if not levels and "/" in text:
            levels = rungs.get(tuple(part.strip() for part in text.rsplit("/", 1)))
        return levels or self.env["ar.dunning.level"]

    def _explain_no_policy(self, rungs):
        """What can be said of the level as long as one knows no policy."""
        if self.partner_id:
            yield self.env._("No policy applies to the customer.")
        elif not self._find_levels(rungs):
            yield self.env._(
                "No policy has a level “%(level)s”.", level=self.level_name.strip()
            )

    def _explain_level(self, text, policy, levels, fitting):
        """Why a text names no level: too many of the policy, or none."""
        _ = self.env._
        words = {"level": text, "policy": policy.name}
        if fitting:
            return _("Policy “%(policy)s” has several levels “%(level)s”.", **words)
        if levels:
            return _(
                "Level “%(level)s” is not in policy “%(policy)s”, which applies to "
                "the customer.",
                **words,
            )
        return _(
            "There is no level “%(level)s”. Policy “%(policy)s” applies to the "
            "customer; its levels are: %(names)s.",
            names=", ".join(policy.level_ids.mapped("name")),
            **words,
        )

    def _get_rungs(self):
        """Levels by name: {(policy name or None, level name): levels}, in lower case.

        In the user's language and in English, of all policies of the company.
        """
        policies = self.env["ar.policy"].search(
            [("company_id", "in", [self.company_id.root_id.id, False])]
        )
        rungs = {}
        for lang in {self.env.lang, "en_US"}:
            for level in policies.with_context(lang=lang).level_ids:
                name = level.name.strip().lower()
                for key in (None, level.policy_id.name.strip().lower()):
                    known = rungs.get((key, name), self.env["ar.dunning.level"])
                    rungs[key, name] = known | level.with_env(self.env)
        return rungs

    def _get_applied_policies(self):
        """The policy of each row once it is in the books: {row: policy}.

        By invoice, customer, rule and company as the ladder finds it; what the rows
        bring counts in what the customer owes.
        """
        company = self.company_id.root_id
        default = self.env["ar.policy"]._get_company_default(company)
        treated = self._get_treated(company)
        found = {}
        for row in self.filtered("partner_id"):
            special = row.move_line_id.move_id.ar_policy_id
            partner = row.partner_id.commercial_partner_id
            found[row] = special if special.active else treated.get(partner.id, default)
        return found

    def _get_treated(self, company):
        """Policies by commercial partner id, of those that do not have the default."""
        engine = self.env["ar.dunning.engine"]
        open_item = self.env["ar.open.item"]
        engine._flush_decision()
        partners = self.partner_id.commercial_partner_id
        today = company._ar_today()
        domain = open_item._get_open_item_domain(company)
        domain &= engine._get_partner_domain(partners)
        balances = self._get_new_items(partners)._get_balances()
        rows = self.env.execute_query_dict(
            SQL(
                OPEN_ITEMS_SQL,
                items=open_item._get_sql(domain, today, today),
                partners=[row.partner_id.commercial_partner_id.id for row in balances],
                balances=list(balances.values()),
                treated=self.env["ar.policy.rule"]._get_treated_sql(company, today),
            )
        )
        policies = self.env["ar.policy"]
        return {
            row["partner_id"]: policies.browse(row["policy_id"] or []) for row in rows
        }

    def _get_new_items(self, partners):
        """All rows that bring these customers a debt that is not in the books yet."""
        return self.search(
            [
                ("state", "!=", "done"),
                ("move_line_id", "=", False),
                ("company_id", "=", self.company_id.id),
                ("partner_id.commercial_partner_id", "in", partners.ids),
            ]
        )

    def _get_balances(self):
        """What the rows are worth in the company's currency: {row: balance}.

        At the rate of the invoice date, which is looked up once for each day.
        """
        factors, balances = {}, {}
        for row in self:
            base = row.company_id.currency_id
            currency = row.currency_id or base
            key = (row.company_id, currency, row.invoice_date or fields.Date.today())
            if key not in factors:
                factors[key] = currency._get_conversion_rate(
                    currency, base, row.company_id, key[2]
                )
            balances[row] = base.round(row.amount * factors[key])
        return balances
