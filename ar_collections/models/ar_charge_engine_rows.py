from collections import defaultdict
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

# Items that are read at a go: so many rows are held, however many items there are.
BATCH = 50_000

ROWS_SQL = """
    SELECT line.id, line.company_id, line.currency_id, line.date, line.date_maturity,
           line.amount_currency, line.no_followup, move.invoice_date,
           move.delivery_date, move.ar_policy_id,
           move.commercial_partner_id AS owner_id,
           contact.commercial_partner_id AS partner_id
      FROM account_move_line line
      JOIN account_move move ON move.id = line.move_id
      JOIN res_partner contact ON contact.id = line.partner_id
     WHERE line.id = ANY(%s)
  ORDER BY contact.commercial_partner_id, line.id
"""


class LateRow(NamedTuple):
    """What is read of an item: the columns of the query above."""

    id: int
    company_id: int
    currency_id: int
    date: object
    date_maturity: object
    amount: float
    no_followup: bool
    invoice_date: object
    delivery_date: object
    policy_id: int
    owner_id: int
    partner_id: int


class ArChargeEngine(models.AbstractModel):
    """Late items of all debtors as plain rows: a million records need gigabytes.

    What is decided of an item is decided by the same methods as in `_get_terms` and
    `_get_verdicts`; only what they look at is read for many items at once.
    """

    _inherit = "ar.charge.engine"

    # === BUSINESS METHODS === #

    @api.model
    def _get_late_batches(self, company, upto):
        """Ids of items that were late before a day, those of a debtor together.

        :return: lists of item ids, of about `BATCH`
        """
        late = self._get_late_query(company, upto)
        groups = self.env.execute_query(
            SQL(
                "SELECT array_agg(id) FROM (%s) late"
                " GROUP BY partner_id ORDER BY partner_id",
                late,
            )
        )
        batch = []
        for (ids,) in groups:
            batch += ids
            if len(batch) >= BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    @api.model
    def _read_rows(self, company, ids, day):
        """Items as (row, what is done about it, why it is not charged), by debtor."""
        self.env["account.move"].flush_model(
            ["invoice_date", "delivery_date", "ar_policy_id", "commercial_partner_id"]
        )
        self.env["ar.late.charge.line"].flush_model(["charge_move_id", "move_line_id"])
        rows = [LateRow(*row) for row in self.env.execute_query(SQL(ROWS_SQL, ids))]
        items = self.env["account.move.line"].browse(ids)
        kept, levels = self._get_kept_terms(items), self._get_charging_levels(items)
        others = self._get_other_verdicts(items, day)
        policies, kinds = self._get_row_policies(company, rows), self._get_kinds(rows)
        known = {}
        for row in rows:
            policy = policies["own"].get(row.policy_id)
            if policy is None:
                policy = policies["owner"].get(row.owner_id, policies["default"])
            kind = kinds[row.partner_id]
            terms, level = kept.get(row.id), levels.get(row.id)
            key = (policy.id, kind, terms and terms.id, level and level.id)
            if key not in known:
                right = self._choose_terms(policy, kind, terms)
                known[key] = self._get_treatment(policy, level, right)
            reason = known[key].refuse(row.date_maturity, row.no_followup)
            yield row, known[key], reason or others.get(row.id)

    @api.model
    def _get_row_policies(self, company, rows):
        """Policies as `account.move._get_ar_policies` finds them.

        :return: ``own`` of invoices {policy id: policy}, active ones only; those that
            apply to an ``owner`` {commercial partner id: policy}; the ``default``
        """
        # sudo: how a customer is treated does not depend on who asks
        policies = self.env["ar.policy"].sudo()
        company = company.sudo().root_id
        debtors = self.env["ar.debtor"].sudo()
        debtors = debtors.search(
            [
                ("partner_id", "in", list({row.owner_id or 0 for row in rows})),
                ("company_id", "=", company.id),
            ]
        )
        debtors.fetch(["company_id", "partner_id"])
        treated = debtors._get_treated()
        default = policies._get_company_default(company)
        own = policies.browse({row.policy_id for row in rows if row.policy_id})
        owners = {}
        for debtor in debtors:
            found = treated.get(debtor.id, {"policy_id": default.id})["policy_id"]
            owners[debtor.partner_id.id] = policies.browse(found or [])
        return {
            "own": {policy.id: policy for policy in own if policy.active},
            "owner": owners,
            "default": default,
        }

    @api.model
    def _get_kinds(self, rows):
        """What kind of customers they are: {commercial partner id: kind}."""
        partners = self.env["res.partner"].browse({row.partner_id for row in rows})
        partners.fetch(["is_company", "vat", "ar_customer_kind"])
        return {partner.id: partner._get_ar_customer_kind() for partner in partners}

    @api.model
    def _get_charging_levels(self, items):
        """The levels of `_get_levels`, if any level has a mode of its own."""
        # sudo: as above
        levels = self.env["ar.dunning.level"].sudo().with_context(active_test=False)
        if not levels.search_count([("charge_mode", "!=", False)], limit=1):
            return {}
        return self._get_levels(items)

    @api.model
    def _get_walked(self, ids):
        """Items that are to be walked one by one, whatever they look like: a set of ids.

        Those charged by documents on which something was set. Extensions that change
        what `_get_claims` makes of items add them.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT charge.move_line_id
                  FROM ar_late_charge_line charge
                  JOIN account_move_line debt ON debt.move_id = charge.charge_move_id
                  JOIN account_partial_reconcile partial
                    ON partial.debit_move_id = debt.id
                 WHERE charge.move_line_id = ANY(%s)
                """,
                ids,
            )
        )
        return {item_id for (item_id,) in rows}

    @api.model
    def _get_disputing(self, company, upto):
        """Commercial partners with disputes until a day: a set of ids."""
        # sudo: as for `_get_disputes`
        groups = (
            self.env["ar.pause"]
            .sudo()
            ._read_group(
                [
                    ("kind", "=", "dispute"),
                    ("company_id", "=", company.sudo().root_id.id),
                    ("date_from", "<=", upto),
                ],
                ["debtor_id"],
            )
        )
        return {debtor.partner_id.id for (debtor,) in groups}

    @api.model
    def _read_events(self, ids):
        """What was set against items: {item id: [(day, kind, amount)]}."""
        events = defaultdict(list)
        for item_id, day, kind, amount, _ref in self._query_events(ids):
            events[item_id].append((day, kind, amount))
        return events
