from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_date

from ..tools.late_account import round_units
from .ar_reference_rate import exact


@dataclass
class Tally:
    """What a debtor owes in charges, in units of a currency, and what was billed."""

    interest: Fraction = Fraction(0)
    costs: int = 0
    billed: Decimal = Decimal(0)


class ResCompany(models.Model):
    _inherit = "res.company"

    ar_accrual_journal_id = fields.Many2one(
        "account.journal",
        "Journal of accruals",
        help="Empty: the first miscellaneous one.",
    )
    ar_accrual_account_id = fields.Many2one(
        "account.account",
        "Account of accrued charges",
        help="What is owed and not billed yet stands here at the end of a period.",
    )


class AccountMove(models.Model):
    _inherit = "account.move"

    ar_accrual_date = fields.Date(
        "Accrues late charges until",
        copy=False,
        readonly=True,
        groups="account.group_account_readonly",
    )

    # one accrual for a period, whoever runs it at the same moment
    _ar_accrual_uniq = models.UniqueIndex(
        "(company_id, ar_accrual_date)"
        " WHERE ar_accrual_date IS NOT NULL AND state != 'cancel'",
        "Late charges are accrued for this day already.",
    )


class ArChargeEngine(models.AbstractModel):
    """Interest that is earned and not billed, at the end of a period."""

    _inherit = "ar.charge.engine"

    # === BUSINESS METHODS === #

    @api.model
    def _get_unbilled(self, company, upto, today, has_costs=False):
        """What is owed in charges and not billed, by debtor and currency.

        Of policies that bill and of those that only accrue. What was billed is what
        documents in force say; what was waived of them was billed before.

        :param date today: what is known until then counts
        :param bool has_costs: lump sums and fees, too; else interest only
        :return: {(commercial partner, company, currency): Decimal}, without nothings;
            negative where more was billed than is owed
        :rtype: dict
        :raise UserError: if a reference rate is missing
        """
        tallies, known = defaultdict(Tally), {}
        for ids in self._get_late_batches(company, upto):
            self._tally(company, ids, (upto, today, has_costs), tallies, known)
        partners = self.env["res.partner"].browse([key[0] for key in tallies])
        companies, currencies = self.env["res.company"], self.env["res.currency"]
        unbilled = {}
        for partner, (key, tally) in zip(partners, tallies.items(), strict=True):
            currency = currencies.browse(key[2])
            unit = exact(currency.rounding)
            owed = unit * (round_units(tally.interest) + tally.costs) - tally.billed
            if owed:
                unbilled[partner, companies.browse(key[1]), currency] = owed
        return unbilled

    @api.model
    def _tally(self, company, ids, options, tallies, known):
        """Add items of whole debtors to what is owed and billed of each."""
        upto, today, has_costs = options
        rows = [
            (row, treatment.terms)
            for row, treatment, reason in self._read_rows(company, ids, upto)
            if treatment.is_accrued(reason)
        ]
        assessed = self._assess_rows(rows, upto, max(upto, today), known)
        items = self.env["account.move.line"].browse(list(assessed))
        billed = self._get_billed(items, has_costs, upto)
        for row, _terms in rows:
            if row.id in assessed:
                tally = tallies[row.partner_id, row.company_id, row.currency_id]
                interest, costs = assessed[row.id]
                tally.interest += interest
                tally.costs += costs if has_costs else 0
                tally.billed += billed.get(row.id, 0)

    # === ENTRY === #

    @api.model
    def _accrue(self, company, date, reversal_date, amounts, journal, account):
        """Post the accrual of a day and its reversal.

        To be called with full rights, by who checked them.

        :param dict amounts: of `_get_unbilled`
        :return: the entry and its reversal
        :raise UserError: if the period is closed
        """
        self._check_open(company, journal, (date, reversal_date))
        vals = self._prepare_accrual_vals(company, date, amounts, journal, account)
        entry = self.env["account.move"].with_company(company).create(vals)
        entry._post()
        reversal = entry._reverse_moves(
            [
                {
                    "ref": self.env._("Reversal of: %s", entry.ref),
                    "name": "/",
                    "date": reversal_date,
                }
            ]
        )
        # of a day to come it is posted by Odoo when that day has come
        reversal._post(soft=True)
        return entry + reversal

    @api.model
    def _check_open(self, company, journal, dates):
        for date in dates:
            if company._get_violated_lock_dates(date, False, journal):
                raise UserError(
                    self.env._(
                        "The period of %s is locked: choose a day that is open.",
                        format_date(self.env, date),
                    )
                )

    @api.model
    def _prepare_accrual_line(
        self, text, account, currency, amount, balance, partner=None
    ):
        return Command.create(
            {
                "name": text,
                "partner_id": partner and partner.id,
                "account_id": account.id,
                "currency_id": currency.id,
                "amount_currency": amount,
                "balance": balance,
                "tax_ids": [Command.clear()],
            }
        )

    @api.model
    def _prepare_accrual_vals(self, company, date, amounts, journal, account):
        """Values of the entry; extensions may add to them."""
        income = company._get_ar_charge_account()
        text = self.env._("Late charges accrued until %s", format_date(self.env, date))
        lines, earned = [], defaultdict(lambda: [0.0, 0.0])
        for (partner, _company, currency), amount in amounts.items():
            balance = currency._convert(
                float(amount), company.currency_id, company, date
            )
            lines.append(
                self._prepare_accrual_line(
                    text, account, currency, float(amount), balance, partner
                )
            )
            earned[currency][0] -= float(amount)
            earned[currency][1] -= balance
        for currency, (amount, balance) in earned.items():
            # together: a line for each customer would double the items to post
            lines.append(
                self._prepare_accrual_line(
                    text,
                    income,
                    currency,
                    currency.round(amount),
                    company.currency_id.round(balance),
                )
            )
        return {
            "move_type": "entry",
            "ref": text,
            "date": date,
            "journal_id": journal.id,
            "company_id": company.id,
            "ar_accrual_date": date,
            "line_ids": lines,
        }
