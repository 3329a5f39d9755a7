import base64
import re
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_amount, format_date, formatLang

from ..tools.day_count import ONE_DAY
from ..tools.exact_money import round_half_up
from ..tools.proof_sheet import make_sheet
from .ar_charge_proof_xlsx import make_workbook
from .ar_reference_rate import exact


class ArChargeProof(models.AbstractModel):
    """Turns assessments into a sheet that a court clerk can follow.

    A sheet is plain data: the calculator, an invoice, a debtor and a charge document
    give what they know, the PDF and the workbook print it.
    """

    _name = "ar.charge.proof"
    _description = "Proof Sheet of Late Charges"

    # === BUSINESS METHODS === #

    @api.model
    def _get_sheet(self, currency, upto, entries, **known):
        """The proof sheet of several claims in one currency.

        :param currency: `res.currency` of the claims
        :param date upto: last day of interest
        :param list entries: for each claim ``assessment``, ``terms`` (`ar.charge.terms`)
            and ``label``; optionally ``after``, the assessment a day later
        :param known: more for the sheet: ``title``, ``company``, ``debtor``
        :return: for the templates; amounts are Decimal, texts in the user's language
        :rtype: dict
        """
        unit = exact(currency.rounding)
        assessments = [entry["assessment"] for entry in entries]
        sheet = make_sheet(assessments, unit)
        terms = self.env["ar.charge.terms"].union(*(e["terms"] for e in entries))
        claims = [
            {
                "label": entry["label"],
                "terms": entry["terms"],
                "terms_number": terms.ids.index(entry["terms"].id) + 1,
                "claim": proof.assessment.claim,
                "result": proof.assessment,
                "proof": proof,
                "due": proof.assessment.claim.dates.due,
                "daily": self._get_daily(entry),
            }
            for entry, proof in zip(entries, sheet.claims, strict=True)
        ]
        principal = sum((one.principal_open for one in assessments), 0 * unit)
        paid = [one.interest_paid + one.cost_paid for one in assessments]
        paid = sum(paid, 0 * unit)
        return {
            "proof": self,
            "currency": currency,
            "upto": upto,
            "sheet": sheet,
            "document": sheet.document,
            "claims": claims,
            "terms": terms,
            "rates": self._get_rates(sheet),
            "principal": principal,
            "paid": paid,
            "total": principal + sheet.document.total - paid,
            "daily": self._sum_daily(claims, unit),
            "digits": -unit.normalize().as_tuple().exponent,
            **known,
        }

    @api.model
    def _get_daily(self, entry):
        """Interest of one day more, exact; None if its rate is not known yet."""
        after = entry.get("after")
        return after and after.interest_exact - entry["assessment"].interest_exact

    @api.model
    def _sum_daily(self, claims, unit):
        daily = [claim["daily"] for claim in claims]
        if not daily or None in daily:
            return None
        return round_half_up(sum(daily), unit)

    @api.model
    def _get_rates(self, sheet):
        """The values of reference rates that the rows' notes refer to."""
        # sudo: official figures, whoever prints
        series = self.env["ar.reference.rate"].sudo()
        series = series.with_context(active_test=False)
        codes = list({code for code, _value in sheet.values})
        names = {one.code: one.name for one in series.search([("code", "in", codes)])}
        return [
            {
                "number": number,
                "name": names.get(code, code),
                "since": value.date_from,
                "rate": value.rate,
                "text": f"{value.rate:f}",
                "source": self._get_plain_source(value.source),
            }
            for number, (code, value) in enumerate(sheet.values, 1)
        ]

    @api.model
    def _get_plain_source(self, source):
        """A source without our own mark of how far it was looked at."""
        return re.sub(r"(?m)^\[[a-z ]+\]\s*", "", source or "")

    @api.model
    def _get_sheets_of_items(self, items, upto, **known):
        """A sheet for each company and currency of receivable items to a day.

        :raise UserError: if a reference rate is missing
        """
        engine = self.env["ar.charge.engine"]
        results = engine._assess(items, upto)
        terms = engine._get_terms(items)
        after = self._assess_after(items, upto)
        groups = {}
        for item, result in results.items():
            if not (result.charges or result.suspended):
                continue
            entry = {
                "assessment": result,
                "terms": terms[item],
                "label": self._get_label(item),
                "after": after.get(item),
            }
            key = (item.company_id, item.currency_id)
            groups.setdefault(key, []).append(entry)
        return [
            self._get_sheet(currency, upto, entries, company=company, **known)
            for (company, currency), entries in groups.items()
        ]

    @api.model
    def _assess_after(self, items, upto):
        """The same a day later, for what a day costs; nothing if no rate is known."""
        try:
            return self.env["ar.charge.engine"]._assess(items, upto + ONE_DAY)
        except UserError:  # what is owed until today is known all the same
            return {}

    @api.model
    def _get_label(self, item):
        move = item.move_id
        parts = move.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        if len(parts) > 1:
            ordered = parts.sorted(lambda ln: (ln.date_maturity or ln.date, ln.id))
            number = ordered.ids.index(item.id) + 1
            return self.env._(
                "%(invoice)s, part %(number)s", invoice=move.name, number=number
            )
        return move.name

    @api.model
    def _get_items_of(self, debtors, date):
        """Debts of debtors that are late on a day and still open."""
        items = self.env["account.move.line"]
        for debtor in debtors:
            domain = self.env["ar.open.item"]._get_ledger_domain(debtor.company_id)
            items |= items.search(
                domain
                & Domain("partner_id.commercial_partner_id", "=", debtor.partner_id.id)
                & Domain("date_maturity", "<", date)
                & Domain("reconciled", "=", False)
            )
        return items

    @api.model
    def _get_workbook(self, sheets):
        """Sheets as an XLSX file, base64 as a binary field has it."""
        return base64.b64encode(make_workbook(self.env, sheets))

    # === WORDS === #

    @api.model
    def _print(self, amount, places):
        """A number with its decimals in the user's language, exact to the last one."""
        return formatLang(self.env, float(Decimal(amount)), digits=places)

    @api.model
    def _get_kind_name(self, kind):
        """What a movement or cost is."""
        _ = self.env._
        return {
            "payment": _("Payment"),
            "charge": _("Payment of late charges"),
            "credit": _("Credit note"),
            "correction": _("Correction: was never owed"),
            "debit": _("Added to the claim"),
            "used": _("Money of before, used now"),
            "lump_sum": _("Lump sum"),
            "fee": _("Fee"),
            "cost": _("Costs"),
            "rounding": _("Rounding, with what was charged before"),
            "waiver": _("Waived"),
        }[kind]

    @api.model
    def _get_row_formula(self, row, currency):
        """``1,000.00 × 10.15 ÷ 100 × 45 ÷ 365``, to type into a calculator."""
        places = -exact(currency.rounding).normalize().as_tuple().exponent
        if row.base % exact(currency.rounding):
            places = -row.base.as_tuple().exponent
        base = self._print(row.base, max(places, 0))
        rate = self._print(row.rate, max(2, -row.rate.as_tuple().exponent))
        return f"{base} × {rate} ÷ 100 × {row.times} ÷ {row.over}"

    @api.model
    def _get_formula_words(self):
        """How each row is computed, in words."""
        return self.env._(
            "Interest = amount × rate in percent a year ÷ 100 × days ÷ days of the year. "
            "Type what stands in a row into a pocket calculator, from left to right, and "
            "you get its interest. The days are from the first to the last one, both "
            "included. The rows' interest is added up and rounded once, half a unit up; "
            "the last column shares the rounded sum among the rows, so that they add up "
            "to it."
        )

    @api.model
    def _get_text(self, sheet):
        """A sheet as plain text, to paste into a letter or an e-mail."""
        _ = self.env._
        currency, lines = sheet["currency"], []

        def money(amount):
            return format_amount(self.env, float(amount), currency)

        def day(date):
            return format_date(self.env, date)

        for claim in sheet["claims"]:
            amount = money(claim["claim"].original)
            lines.append(f"{claim['label']}: {amount}")
            for row in claim["proof"].rows:
                formula = self._get_row_formula(row, currency)
                exact_text = self._print(row.exact, sheet["sheet"].places)
                lines.append(
                    f"{day(row.first)} – {day(row.last)}: {formula} = {exact_text}"
                )
            for cost in claim["result"].costs:
                kind = self._get_kind_name(cost.kind)
                lines.append(f"{day(cost.day)}: {kind} {money(cost.amount)}")
        document = sheet["document"]
        lines += [
            _("Interest, rounded once: %s", money(document.interest)),
            _("Lump sums and fees: %s", money(document.costs)),
            _(
                "To pay on %(day)s: %(amount)s",
                day=day(sheet["upto"]),
                amount=money(sheet["total"]),
            ),
        ]
        return "\n".join(lines)
