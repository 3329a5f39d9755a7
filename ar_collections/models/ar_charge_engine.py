from collections import defaultdict
from contextlib import contextmanager
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.interest_start import ClaimDates
from ..tools.late_claim import ClaimEvent, Dispute, LateClaim
from ..tools.late_interest import assess
from ..tools.reference_rate import MissingRateError
from ..tools.term_error import TermError
from .ar_reference_rate import exact

# What was set against each debt, on the day of what was set against it: money on its own
# value date, a credit note on its own date, whenever somebody reconciled them.
EVENTS_SQL = """
    SELECT partial.debit_move_id AS line_id,
           COALESCE(CASE WHEN move.move_type = 'out_refund' THEN move.invoice_date END,
                    credit.date) AS day,
           CASE WHEN move.move_type = 'out_refund' THEN 'credit' ELSE 'payment' END
               AS kind,
           partial.debit_amount_currency AS amount,
           move.name AS ref
      FROM account_partial_reconcile partial
      JOIN account_move_line credit ON credit.id = partial.credit_move_id
      JOIN account_move move ON move.id = credit.move_id
     WHERE partial.debit_move_id = ANY(%s)
       AND partial.debit_amount_currency != 0
  ORDER BY partial.id
"""

# The first letter that put the debtor in default, and the deadline that it gave.
REMINDERS_SQL = """
    SELECT line.move_line_id, MIN(notice.date_sent), MIN(notice.date_deadline)
      FROM ar_dunning_notice_line line
      JOIN ar_dunning_notice notice ON notice.id = line.notice_id
     WHERE line.move_line_id = ANY(%s) AND line.is_live
       AND notice.state = 'sent' AND line.days_overdue > 0
  GROUP BY line.move_line_id
"""


class ArChargeEngine(models.AbstractModel):
    """What lateness costs on receivable items, from the ledger alone.

    It writes nothing. The arithmetic is in `tools.late_interest`; here the ledger
    becomes its claims and records become its terms.
    """

    _name = "ar.charge.engine"
    _inherit = ["ar.retry.mixin"]
    _description = "Late Charges of Receivable Items"

    # === BUSINESS METHODS === #

    @api.model
    def _assess(self, items, upto, today=None, problems=None):
        """What lateness costs on each item at the end of a day.

        :param items: debts, as `account.move.line` of receivable accounts
        :param date upto: last day of interest
        :param date today: what is known until then counts, as disputes that have ended
            since; ``upto`` if not given
        :param dict problems: takes {item: error message} instead of an error for all
        :return: {item: Assessment}; items that are charged nothing are not in it
        :rtype: dict
        :raise UserError: if a reference rate or an exchange rate is missing; it names
            series and day
        """
        return self._assess_until(items, [upto], today, problems)[upto]

    @api.model
    def _assess_until(self, items, days, today=None, problems=None):
        """The same at the end of each of several days, by what is known on one.

        :param list days: the first is the one that the figures are for
        :return: {day: {item: Assessment}}
        :rtype: dict
        """
        terms = self._get_terms(items)
        items = items.filtered(lambda item: terms.get(item))
        book = self._get_book(terms.values())
        today = max(days[0], today or days[0])
        claims = self._get_claims(items, terms, max(days), today)
        known, found = {}, {day: {} for day in days}
        for item in items:
            # items share terms and currency: looked up once for all of them
            key = (terms[item], item.currency_id, item.company_id)
            try:
                if key not in known:
                    known[key] = self._get_rules(*key, days[0])
                claim = (claims[item], terms[item], known[key], book)
                results = [self._assess_claim(*claim, day) for day in days]
            except UserError as error:
                if problems is None:
                    raise
                problems[item] = str(error)
                continue
            for day, result in zip(days, results, strict=True):
                found[day][item] = result
        return found

    @api.model
    def _get_rules(self, terms, currency, company, date):
        """Terms for claims in a currency: (rules, its name, rates for lump sums)."""
        # sudo: exchange rates, whoever looks at the invoice
        rates = self.sudo()._get_lump_sum_rates(terms, currency, company, date)
        rules = self._convert_limits(terms, currency, company, date)
        return rules, currency.name, rates

    @api.model
    def _assess_claim(self, claim, terms, known, book, upto):
        """One claim by one set of terms."""
        rules, currency, rates = known
        with self._tell_errors(terms):
            return assess(claim, rules, book, upto, currency, rates)

    @contextmanager
    def _tell_errors(self, terms):
        """Errors of the arithmetic become sentences.

        :raise UserError: instead of a missing rate or terms that make no sense
        """
        try:
            yield
        except MissingRateError as error:
            raise UserError(
                self.env["ar.reference.rate"]._tell_missing(error)
            ) from error
        except TermError as error:
            raise UserError(terms._tell_error(error)) from error

    @api.model
    def _get_terms(self, items):
        """The terms of each item: those of its policy, for its kind of customer.

        :return: {item: `ar.charge.terms`}
        """
        policies = items.move_id._get_ar_policies()
        kept = self._get_kept_terms(items)
        found = {}
        # what charges lateness is dunned as other items, but bears nothing itself
        for item in items:
            # sudo: a fact, whoever asks
            if item.move_id.sudo().is_late_charge:
                continue
            kind = item.partner_id.commercial_partner_id._get_ar_customer_kind()
            policy = policies[item.move_id]
            right = self._choose_terms(policy, kind, kept.get(item.id))
            if right:
                found[item] = right
        return found

    @api.model
    def _choose_terms(self, policy, kind, kept=None):
        """The terms that a policy has for a kind of customer.

        :param kept: terms by which an item was charged once: it stays under them, if
            they are for such customers
        """
        if kept and kept._get_for_kind(kind) == kept:
            return kept
        # sudo: which terms hold does not depend on who asks
        chosen = policy.sudo().charge_terms_id.filtered("active")
        return chosen and chosen._get_for_kind(kind)

    @api.model
    def _get_kept_terms(self, items):
        """Terms by which items were charged already: {item id: terms}."""
        # sudo: which terms hold does not depend on who asks
        groups = (
            self.env["ar.late.charge.line"]
            .sudo()
            ._read_group(
                [
                    ("move_line_id", "in", items.ids),
                    ("state", "in", ("billed", "waived")),
                    ("terms_id", "!=", False),
                ],
                ["move_line_id", "terms_id"],
                ["id:max"],
            )
        )
        ordered = sorted(groups, key=lambda group: group[2])
        return {item.id: terms for item, terms, _last in ordered}

    @api.model
    def _get_book(self, terms):
        every = self.env["ar.charge.terms"].sudo().union(*terms)
        return every._get_series()._get_book()

    @api.model
    def _get_claims(self, items, terms, upto, today):
        """The items with their history until a day, as the arithmetic takes them."""
        events = self._get_events(items)
        reminders = self._get_reminders(items)
        disputes = self._get_disputes(items, upto, today)
        costs = self._get_costs({item.id: terms[item] for item in items})
        cuts = self._get_cuts(items)
        claims = {}
        for item in items:
            move = item.move_id
            reminder, deadline = reminders.get(item.id, (None, None))
            supply = move._fields.get("delivery_date") and move.delivery_date
            claims[item] = LateClaim(
                self._to_units(item.amount_currency, item.currency_id),
                ClaimDates(
                    due=item.date_maturity or None,
                    invoice=move.invoice_date or item.date,
                    supply=supply or None,
                    reminder=reminder,
                    notice=deadline,
                ),
                unit=exact(item.currency_id.rounding),
                events=tuple(events.get(item.id, ())),
                costs=tuple(costs.get(item.id, ())),
                disputes=tuple(disputes.get(item.id, ())),
                ref=move.name or "",
                cuts=tuple(cuts.get(item.id, ())),
            )
        return claims

    @api.model
    def _to_units(self, amount, currency):
        """A stored amount as the decimal number that it stands for."""
        return Decimal(f"{amount:.{currency.decimal_places}f}")

    @api.model
    def _get_events(self, items):
        """Payments and credit notes of each item: {item id: [ClaimEvent]}."""
        currencies = {item.id: item.currency_id for item in items}
        events = defaultdict(list)
        for item_id, day, kind, amount, ref in self._query_events(items.ids):
            amount = self._to_units(amount, currencies[item_id])
            events[item_id].append(ClaimEvent(day, kind, amount, ref or ""))
        for item_id, paid in self._get_charge_payments(items).items():
            events[item_id] += paid
        return events

    @api.model
    def _query_events(self, ids):
        """Rows of what was set against items: (item id, day, kind, amount, number)."""
        self.env["ar.open.item"]._flush_ledger()
        self.env["account.move"].flush_model(["invoice_date", "move_type", "name"])
        return self.env.execute_query(SQL(EVENTS_SQL, ids))

    @api.model
    def _get_reminders(self, items):
        """First reminder of each item and its deadline: {item id: (day, day)}."""
        self.env["ar.dunning.notice.line"].flush_model()
        self.env["ar.dunning.notice"].flush_model()
        rows = self.env.execute_query(SQL(REMINDERS_SQL, items.ids))
        return {line_id: (sent, deadline) for line_id, sent, deadline in rows}

    @api.model
    def _get_disputes(self, items, upto, today):
        """Disputed parts: interest on them waits while the dispute lasts.

        Once it has ended without a credit note, interest counts as if it had not been.

        :return: {item id: [Dispute]}
        """
        # sudo: what is disputed is not claimed from anybody, whoever asks
        pauses = (
            self.env["ar.pause"]
            .sudo()
            .search(
                [
                    ("kind", "=", "dispute"),
                    (
                        "debtor_id.partner_id",
                        "in",
                        items.partner_id.commercial_partner_id.ids,
                    ),
                    ("company_id", "in", items.company_id.root_id.ids),
                    ("date_from", "<=", fields.Date.to_string(upto)),
                ],
                order="id",
            )
        )
        found = defaultdict(list)
        for pause in pauses:
            is_open = not pause.date_to or pause.date_to >= today
            for item, amount in self._share(pause, items):
                found[item.id].append(
                    Dispute(
                        pause.date_from,
                        amount,
                        pause.date_to or None,
                        "open" if is_open else "restored",
                        str(pause.id),
                    )
                )
        return found

    @api.model
    def _share(self, pause, items):
        """What of each item a pause holds back, the oldest first, as the ladder does."""
        mine = items.filtered(
            lambda item: (
                item.partner_id.commercial_partner_id == pause.debtor_id.partner_id
                and (item in pause.line_ids or not pause.is_for_items)
                and (not pause.amount or item.currency_id == pause.currency_id)
            )
        )
        left = self._to_units(pause.amount, pause.currency_id)
        for item in mine.sorted(
            lambda line: (line.date_maturity or line.date, line.id)
        ):
            whole = self._to_units(item.amount_currency, item.currency_id)
            amount = min(whole, left) if pause.amount else whole
            left -= amount
            if amount > 0:
                yield item, amount
