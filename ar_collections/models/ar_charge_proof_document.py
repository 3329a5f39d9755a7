from dataclasses import dataclass
from decimal import Decimal
from types import SimpleNamespace

from odoo import api, models

from ..tools.proof_sheet import PLACES, ProofRow
from .ar_reference_rate import exact


@dataclass(frozen=True)
class _Charged:
    """What a document charges on one item, as the sheet's templates take it."""

    rows: tuple
    exact: Decimal
    amount: Decimal
    movements: tuple = ()


class ArChargeProof(models.AbstractModel):
    """The sheet of a document of charges: what it says, not what is owed by now."""

    _inherit = "ar.charge.proof"

    # === BUSINESS METHODS === #

    @api.model
    def _get_sheet_of_document(self, move):
        """The proof sheet of an invoice or credit note of late charges, from its lines.

        :rtype: dict
        """
        lines = move.charged_line_ids.sorted(
            lambda ln: (
                ln.move_line_id.id,
                ln.date_from or ln.create_date.date(),
                ln.id,
            )
        )
        sources = list(dict.fromkeys(ln.rate_source for ln in lines if ln.rate_source))
        terms = lines.terms_id
        claims = [
            self._get_claim_of_lines(item, lines & own, terms, sources)
            for item, own in lines.grouped("move_line_id").items()
        ]
        amounts = {True: Decimal(0), False: Decimal(0)}
        for line in lines:
            amounts[line.kind == "interest"] += self._get_amount(line)
        digits = max(-self._get_unit(move).normalize().as_tuple().exponent, 0)
        return {
            "proof": self,
            "document_move": move,
            "currency": move.currency_id,
            "company": move.company_id,
            "partner": move.commercial_partner_id,
            "upto": max(lines.filtered("date_upto").mapped("date_upto") or [move.date]),
            "claims": claims,
            "terms": terms,
            "rates": [
                {
                    "number": number,
                    "name": "",
                    "since": None,
                    "rate": None,
                    "text": "",
                    "source": self._get_plain_source(source),
                }
                for number, source in enumerate(sources, 1)
            ],
            "sheet": SimpleNamespace(
                exact=sum((claim["proof"].exact for claim in claims), Decimal(0)),
                places=digits + PLACES,
            ),
            "document": SimpleNamespace(
                interest=amounts[True],
                costs=amounts[False],
                total=sum(amounts.values()),
            ),
            "principal": Decimal(0),
            "paid": Decimal(0),
            "total": Decimal(0),
            "daily": None,
            "digits": digits,
        }

    @api.model
    def _get_unit(self, move):
        return exact(move.currency_id.rounding)

    @api.model
    def _get_amount(self, line):
        engine = self.env["ar.charge.engine"]
        return engine._to_units(line.amount, line.currency_id)

    @api.model
    def _get_claim_of_lines(self, item, lines, terms, sources):
        """What the document charges on one item."""
        interest = lines.filtered(lambda ln: ln.kind == "interest" and ln.days)
        if interest.filtered(lambda ln: ln.adjustment == "waiver"):
            interest = interest.filtered(lambda ln: ln.adjustment != "waiver")
        rows = tuple(self._get_row(line, sources) for line in interest)
        costs = [
            SimpleNamespace(
                day=line.date_from or line.charge_move_id.date,
                kind=self._get_line_kind(line),
                amount=self._get_amount(line),
            )
            for line in lines - interest
        ]
        engine = self.env["ar.charge.engine"]
        original = item and engine._to_units(item.amount_currency, item.currency_id)
        return {
            "label": self._get_label(item) if item else self.env._("All items"),
            "terms": lines.terms_id[:1],
            "terms_number": (terms.ids.index(lines.terms_id[:1].id) + 1)
            if lines.terms_id
            else 1,
            "claim": SimpleNamespace(original=original or Decimal(0)),
            "result": SimpleNamespace(
                first=None,
                costs=costs,
                cost_total=sum((cost.amount for cost in costs), Decimal(0)),
                interest_suspended=0,
            ),
            "proof": _Charged(
                rows,
                sum((row.exact for row in rows), Decimal(0)),
                sum((row.amount for row in rows), Decimal(0)),
            ),
            "due": item.date_maturity,
            "daily": None,
        }

    @api.model
    def _get_line_kind(self, line):
        if line.adjustment:
            return "waiver" if line.adjustment == "waiver" else "rounding"
        return line.kind

    @api.model
    def _get_row(self, line, sources):
        """A line of interest as a row; one that takes another back is negative."""
        amount = self._get_amount(line)
        fine = Decimal(f"{line.amount_exact:.6f}")
        sign = -1 if fine < 0 else 1
        base = self.env["ar.charge.engine"]._to_units(
            line.base_amount, line.currency_id
        )
        rate = exact(line.rate)
        times, over = line.days, line.year_days or 365
        accrual = line.terms_id.accrual
        if accrual and accrual != "day" and base and rate:
            over = 1 if accrual == "flat" else 12
            times = int(round(abs(fine) * 100 * over / (base * rate)))
        typed = base * rate / 100 * times / over
        is_cut = abs(typed - abs(fine)) > Decimal("0.01")
        return ProofRow(
            line.date_from,
            line.date_to,
            sign * base,
            rate,
            line.rate_text or f"{rate:f}",
            None,
            times,
            over,
            fine,
            amount,
            (sources.index(line.rate_source) + 1,) if line.rate_source else (),
            typed.quantize(fine) if is_cut else None,
        )
