from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.exact_money import distribute
from ..tools.late_claim import ClaimEvent, Cost
from .ar_reference_rate import exact

# What settled documents of charges: money on its own value date, credits that a person
# gave, waivers. Our own corrections are no payment: they change what is owed.
CHARGE_PAYMENTS_SQL = """
    SELECT debit.move_id AS charge_id, credit.date AS day, move.name AS ref,
           partial.debit_amount_currency AS amount
      FROM account_partial_reconcile partial
      JOIN account_move_line debit ON debit.id = partial.debit_move_id
      JOIN account_move_line credit ON credit.id = partial.credit_move_id
      JOIN account_move move ON move.id = credit.move_id
     WHERE debit.move_id = ANY(%s)
       AND (NOT COALESCE(move.is_late_charge, FALSE)
            OR EXISTS (SELECT FROM ar_late_charge_line line
                        WHERE line.charge_move_id = move.id
                          AND line.adjustment = 'waiver'))
       AND partial.debit_amount_currency > 0
  ORDER BY partial.id
"""

# Fees and collection costs of letters that were sent.
COSTS_SQL = """
    SELECT line.move_line_id, notice.id, notice.date_sent, notice.currency_id,
           line.fee_amount, line.cost_amount
      FROM ar_dunning_notice_line line
      JOIN ar_dunning_notice notice ON notice.id = line.notice_id
     WHERE line.move_line_id = ANY(%s) AND line.is_live AND notice.state = 'sent'
       AND (line.fee_amount > 0 OR line.cost_amount > 0)
"""


class ArChargeEngine(models.AbstractModel):
    """What was charged before, as it bears on what is owed: cuts, fees, payments."""

    _inherit = "ar.charge.engine"

    # === BUSINESS METHODS === #

    @api.model
    def _get_charge_lines(self, items):
        # sudo: what was charged is a fact, whoever asks
        lines = self.env["ar.late.charge.line"].sudo()
        return lines.search(
            [
                ("move_line_id", "in", items.ids),
                ("charge_move_id.state", "=", "posted"),
            ]
        )

    @api.model
    def _get_billed(self, items, has_costs, upto=None):
        """What documents in force charge on items, waived or not: {item id: Decimal}.

        :param bool has_costs: lump sums, fees and costs, too; else interest only
        :param date upto: only documents of that day or before
        """
        interest, costs = self._get_billed_parts(items, upto)
        if has_costs:
            for item_id, amount in costs.items():
                interest[item_id] += amount
        return interest

    @api.model
    def _get_billed_parts(self, items, upto=None):
        """The same in interest and in costs, each {item id: Decimal}."""
        # sudo: what was charged is a fact, whoever asks
        lines = self.env["ar.late.charge.line"].sudo()
        domain = [
            ("move_line_id", "in", items.ids),
            ("charge_move_id.state", "=", "posted"),
            ("adjustment", "!=", "waiver"),
        ]
        if upto:
            domain.append(("charge_move_id.date", "<=", fields.Date.to_string(upto)))
        groups = lines._read_group(
            domain, ["move_line_id", "currency_id", "kind"], ["amount:sum"]
        )
        interest, costs = defaultdict(Decimal), defaultdict(Decimal)
        for item, currency, kind, amount in groups:
            part = interest if kind == "interest" else costs
            part[item.id] += self._to_units(amount, currency)
        return interest, costs

    @api.model
    def _get_cuts(self, items):
        """Days until which items were charged: {item id: {day}}."""
        cuts = defaultdict(set)
        for line in self._get_charge_lines(items):
            if line.kind == "interest" and line.state == "billed" and line.date_to:
                cuts[line.move_line_id.id].add(line.date_to)
        return cuts

    @api.model
    def _get_costs(self, terms):
        """Fees and collection costs of letters that were sent: {item id: [Cost]}.

        :param dict terms: by id of the item
        """
        self.env["ar.dunning.notice"].flush_model()
        self.env["ar.dunning.notice.line"].flush_model()
        currency = self.env["res.currency"]
        costs = defaultdict(list)
        # rows, since there may be one for each item of the books; whoever looks at an
        # invoice, its letters are facts
        for item_id, notice_id, day, currency_id, *amounts in self.env.execute_query(
            SQL(COSTS_SQL, list(terms))
        ):
            for kind, amount in zip(("fee", "cost"), amounts, strict=True):
                if amount and (kind == "cost" or terms[item_id]._allows_fees()):
                    amount = self._to_units(amount, currency.browse(currency_id))
                    costs[item_id].append(Cost(day, kind, amount, str(notice_id)))
        return costs

    @api.model
    def _get_charge_payments(self, items):
        """What was paid of the documents that charge items: {item id: [ClaimEvent]}.

        A payment of a document is shared among its items by what each was charged.
        """
        invoices = self._get_charge_lines(items).charge_move_id
        invoices = invoices.filtered(lambda move: move.move_type == "out_invoice")
        if not invoices:
            return {}
        self.env["ar.late.charge.line"].flush_model(["charge_move_id", "adjustment"])
        self.env["account.move"].flush_model(["is_late_charge"])
        rows = self.env.execute_query_dict(SQL(CHARGE_PAYMENTS_SQL, invoices.ids))
        paid_ids = {row["charge_id"] for row in rows}
        shares = self._get_shares(invoices.filtered(lambda m: m.id in paid_ids))
        events = defaultdict(list)
        for row in rows:
            charge = invoices.browse(row["charge_id"])
            amount = self._to_units(row["amount"], charge.currency_id)
            for item_id, share in self._share_payment(shares[charge], amount, charge):
                event = ClaimEvent(row["day"], "charge", share, row["ref"] or "")
                events[item_id].append(event)
        mine = set(items.ids)
        return {item_id: paid for item_id, paid in events.items() if item_id in mine}

    @api.model
    def _get_shares(self, charges):
        """What each document charges on each item: {document: {item id: amount}}."""
        # sudo: as above
        lines = self.env["ar.late.charge.line"].sudo()
        groups = lines._read_group(
            [("charge_move_id", "in", charges.ids)],
            ["charge_move_id", "move_line_id"],
            ["amount:sum"],
        )
        shares = defaultdict(dict)
        for charge, item, amount in groups:
            shares[charge][item.id] = max(
                self._to_units(amount, charge.currency_id), Decimal(0)
            )
        return shares

    @api.model
    def _share_payment(self, shares, amount, charge):
        """Cut a payment of a document into (item id, whole units)."""
        whole = sum(shares.values())
        if not whole:
            return []
        exact_shares = [
            Fraction(amount) * Fraction(part) / Fraction(whole)
            for part in shares.values()
        ]
        unit = exact(charge.currency_id.rounding)
        parts = distribute(exact_shares, unit, amount)
        return [pair for pair in zip(shares, parts, strict=True) if pair[1]]
