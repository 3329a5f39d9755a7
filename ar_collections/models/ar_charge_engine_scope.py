from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from odoo import api, fields, models
from odoo.tools import SQL

# Debts that were late at some time before a day: still open, or settled after their due
# date. Which of them are charged is decided with their policies.
LATE_SQL = """
    SELECT line.id, contact.commercial_partner_id AS partner_id
      FROM account_move_line line
      JOIN account_move move ON move.id = line.move_id
      JOIN res_partner contact ON contact.id = line.partner_id
     WHERE line.account_id = ANY(%(accounts)s)
       AND line.company_id = ANY(%(companies)s)
       AND line.parent_state = 'posted'
       AND line.amount_currency > 0
       AND line.date_maturity < %(upto)s
       AND line.date_maturity >= %(since)s
       AND NOT COALESCE(move.is_late_charge, FALSE)
       AND (move.move_type IN ('out_invoice', 'out_receipt')
            OR EXISTS (SELECT FROM ar_opening_item opening
                        WHERE opening.move_line_id = line.id))
       AND (%(partners)s::int[] IS NULL
            OR contact.commercial_partner_id = ANY(%(partners)s::int[]))
       AND (line.amount_residual != 0
            OR EXISTS (
               SELECT
                 FROM account_partial_reconcile partial
                 JOIN account_move_line credit ON credit.id = partial.credit_move_id
                WHERE partial.debit_move_id = line.id
                  AND credit.date > line.date_maturity))
"""


@dataclass(frozen=True)
class Treatment:
    """What a policy does about late charges of an item of which all this is alike."""

    terms: object
    mode: str
    policy_mode: str
    since: date | None

    def refuse(self, due, is_blocked):
        """The reason that an item is not charged more, or None; see `_get_verdicts`."""
        if not self.terms:
            return "terms"
        if self.mode != "bill":
            return "mode"
        if self.since and due < self.since:
            return "since"
        return "blocked" if is_blocked else None

    def is_accrued(self, reason):
        """Whether the item is accrued, though its policy may only accrue."""
        return not reason or (reason == "mode" and self.policy_mode == "accrue")


class ArChargeEngine(models.AbstractModel):
    """Which items are charged until when, and why the others are not."""

    _inherit = "ar.charge.engine"

    # === BUSINESS METHODS === #

    @api.model
    def _get_scope(self, company, upto, today, partners=None, grow=True):
        """What is to be looked at to charge a company's debtors.

        :param company: the root of the books
        :param date upto: charge until this day
        :param date today: what is known until then counts
        :param partners: commercial partners; None for all
        :param bool grow: also charge more; else only correct what was charged
        :return: ({item: day until which it is charged}, {item: reason that it is not})
        :rtype: tuple[dict, dict]
        """
        charged = self._get_charged_until(company, partners)
        items = self.env["account.move.line"].browse(list(charged))
        if grow:
            items |= self._get_late_items(company, upto, partners)
        posted = items.filtered(lambda item: item.parent_state == "posted")
        terms = self._get_terms(posted) if posted else {}
        days, reasons = {}, {}
        verdicts = self._get_verdicts(posted, terms, max(upto, today)) if grow else {}
        freed = self._get_freed(posted.filtered(lambda item: item.id in charged))
        for item in posted:
            before = charged.get(item.id)
            reason = verdicts.get(item)
            if grow and not reason:
                days[item] = max(filter(None, (upto, before)))
            elif before and terms.get(item) and item not in freed:
                days[item] = before
            if reason:
                reasons[item] = reason
        return days, reasons

    @api.model
    def _get_charged_until(self, company, partners=None):
        """Items that documents in force charge, and until when: {item id: day}."""
        # sudo: as for whoever charges; the wizard checks who may
        lines = self.env["ar.late.charge.line"].sudo()
        domain = [
            ("debtor_id.company_id", "=", company.id),
            ("charge_move_id.state", "=", "posted"),
            ("move_line_id", "!=", False),
        ]
        if partners is not None:
            domain.append(("debtor_id.partner_id", "in", partners.ids))
        groups = lines._read_group(domain, ["move_line_id"], ["date_upto:max"])
        return {item.id: day for item, day in groups if day}

    @api.model
    def _get_late_items(self, company, upto, partners=None):
        """Items that were late before a day, of policies that charge at all."""
        late = self._get_late_query(company, upto, partners)
        rows = self.env.execute_query(
            SQL("SELECT late.id FROM (%s) late ORDER BY id", late)
        )
        return self.env["account.move.line"].browse([row[0] for row in rows])

    @api.model
    def _get_late_query(self, company, upto, partners=None):
        """Query of ``id`` and ``partner_id`` (commercial partner) of late items."""
        self.env["ar.open.item"]._flush_ledger()
        self.env["account.move"].flush_model(["is_late_charge", "move_type"])
        self.env["ar.opening.item"].flush_model(["move_line_id"])
        # sudo: the company was checked by the caller
        every = self.env["res.company"].sudo()
        companies = every.search([("id", "child_of", company.id)])
        accounts = self.env["account.account"].sudo().with_context(active_test=False)
        accounts = accounts.search(
            [
                ("account_type", "=", "asset_receivable"),
                ("company_ids", "parent_of", companies.ids),
            ]
        )
        return SQL(
            LATE_SQL,
            accounts=accounts.ids,
            companies=companies.ids,
            upto=fields.Date.to_string(upto),
            since=self._get_charge_since(company),
            partners=partners.ids if partners is not None else None,
        )

    @api.model
    def _get_charge_since(self, company):
        """The earliest due date that any policy of the company charges."""
        # sudo: as above
        policies = self.env["ar.policy"].sudo().with_context(active_test=False)
        domain = [
            ("company_id", "in", [company.id, False]),
            ("charge_terms_id", "!=", False),
        ]
        days = policies.search(domain).mapped("charge_since")
        return fields.Date.to_string(min(days)) if days and all(days) else "1900-01-01"

    @api.model
    def _get_verdicts(self, items, terms, day):
        """Why items are not charged more: {item: reason}.

        Reasons: ``terms`` (the customer is charged nothing), ``mode`` (the policy or
        level does not bill), ``since`` (fell due before charging began), ``blocked``.

        :param date day: what is known until then counts
        """
        policies = items.move_id._get_ar_policies()
        levels, others = self._get_levels(items), self._get_other_verdicts(items, day)
        found = {}
        for item in items:
            treatment = self._get_treatment(
                policies[item.move_id], levels.get(item.id), terms.get(item)
            )
            reason = treatment.refuse(item.date_maturity, item.no_followup)
            if reason := reason or others.get(item.id):
                found[item] = reason
        return found

    @api.model
    def _get_other_verdicts(self, items, day):
        """Reasons of extensions that items are not charged more: {item id: reason}.

        It is asked of tens of thousands of items at once: to be read by their ids.
        """
        return {}

    @api.model
    def _get_treatment(self, policy, level, terms):
        """What a policy does about an item at a level, by terms."""
        # sudo: what a policy says does not depend on who asks
        policy = policy.sudo()
        mode = policy.charge_mode
        if level and level.policy_id == policy and level.charge_mode:
            mode = level.charge_mode
        return Treatment(terms, mode, policy.charge_mode, policy.charge_since)

    @api.model
    def _get_levels(self, items):
        """The highest level at which each item was sent: {item id: level}."""
        # sudo: as above
        groups = (
            self.env["ar.dunning.notice.line"]
            .sudo()
            ._read_group(
                [
                    ("move_line_id", "in", items.ids),
                    ("is_live", "=", True),
                    ("is_step", "=", True),
                    ("notice_id.state", "=", "sent"),
                ],
                ["move_line_id", "level_id"],
                ["level_rank:max"],
            )
        )
        best = defaultdict(lambda: (-1, None))
        for item, level, rank in groups:
            if rank > best[item.id][0]:
                best[item.id] = (rank, level)
        return {item_id: level for item_id, (_rank, level) in best.items()}
