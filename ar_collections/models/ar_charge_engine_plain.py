from collections import defaultdict
from fractions import Fraction

from odoo import api, models

from ..tools.interest_start import ClaimDates
from ..tools.plain_claims import PlainClaims
from .ar_reference_rate import exact

SLICE = 1000  # items that are walked at a go
NEEDS_LETTERS = ("reminder", "notice")  # starts of lateness that hang on letters


class ArChargeEngine(models.AbstractModel):
    """What lateness costs on many items: plain ones by `tools.plain_claims`.

    The others are walked one by one as `_assess` does. Both say the same of an item.
    """

    _inherit = "ar.charge.engine"

    # === BUSINESS METHODS === #

    @api.model
    def _assess_rows(self, rows, upto, today, known):
        """Interest and costs of items at the end of a day, as `_assess` has them.

        In units of their currencies: sums of whole numbers are quick.

        :param list rows: (row, terms) of `_read_rows`, all those of a debtor, by debtor
        :param dict known: what is kept from one call to the next, empty at first
        :return: {item id: (interest, exact, and costs)}
        :rtype: dict[int, tuple[Fraction, int]]
        :raise UserError: as `_assess`
        """
        found, others = {}, []
        read = self._read_history(rows, upto, known)
        for row, terms in rows:
            key = (terms, row.currency_id, row.company_id)
            if key not in known:
                known[key] = self._get_plain_claims(*key, upto)
            owed = self._assess_row(row, terms, known[key], read)
            if owed is None:
                others.append(row)
            else:
                found[row.id] = owed
        for items in self._slice(others):
            for item, result in self._assess(items, upto, today).items():
                unit = result.claim.unit
                interest = result.interest_exact / Fraction(unit)
                found[item.id] = (interest, int(result.cost_total // unit))
            # a record is many times a row: they are not kept
            items.move_id.invalidate_recordset()
            items.invalidate_recordset()
        return found

    @api.model
    def _read_history(self, rows, upto, known):
        """What happened to items, by item id, and which are not plain for sure."""
        ids = [row.id for row, _terms in rows]
        if "disputing" not in known and rows:
            company = self.env["res.company"].browse(rows[0][0].company_id)
            known["disputing"] = self._get_disputing(company, upto)
        waiting = [row.id for row, terms in rows if terms.start_basis in NEEDS_LETTERS]
        reminders = {}
        if waiting:
            reminders = self._get_reminders(
                self.env["account.move.line"].browse(waiting)
            )
        return {
            "events": self._read_events(ids),
            "costs": self._get_costs({row.id: terms for row, terms in rows}),
            "reminders": reminders,
            "walked": self._get_walked(ids),
            "disputing": known.get("disputing", ()),
        }

    @api.model
    def _get_plain_claims(self, terms, currency_id, company_id, upto):
        """Terms as `tools.plain_claims` takes them, and the decimals of the currency."""
        currency = self.env["res.currency"].browse(currency_id)
        company = self.env["res.company"].browse(company_id)
        rules, name, rates = self._get_rules(terms, currency, company, upto)
        unit = exact(currency.rounding)
        book = self._get_book([terms])
        return PlainClaims(rules, book, upto, unit, name, rates), currency

    @api.model
    def _assess_row(self, row, terms, known, read):
        """Interest and costs of one item; None if it is to be walked."""
        plain, currency = known
        if row.partner_id in read["disputing"] or row.id in read["walked"]:
            return None
        unit = plain.unit
        amounts = [self._to_units(row.amount, currency)]
        events = read["events"].get(row.id, ())
        amounts += [self._to_units(amount, currency) for _d, _k, amount in events]
        if any(amount % unit or amount < 0 for amount in amounts):
            return None  # an error, which walking names
        units, *paid = [int(amount // unit) for amount in amounts]
        events = [
            (day, kind, part)
            for (day, kind, _a), part in zip(events, paid, strict=True)
        ]
        dates = ClaimDates(
            row.date_maturity,
            row.invoice_date or row.date,
            row.delivery_date,
            *read["reminders"].get(row.id, (None, None)),
        )
        with self._tell_errors(terms):
            return plain.assess(units, dates, events, read["costs"].get(row.id, ()))

    @api.model
    def _slice(self, rows):
        """Rows as items, `SLICE` at a go; a debtor shares a dispute among all it owes."""
        by_partner = defaultdict(list)
        for row in rows:
            by_partner[row.partner_id].append(row.id)
        ids = []
        for mine in by_partner.values():
            ids += mine
            if len(ids) >= SLICE:
                yield self.env["account.move.line"].browse(ids)
                ids = []
        if ids:
            yield self.env["account.move.line"].browse(ids)
