from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from odoo import api, models
from odoo.tools import split_every

from ..tools.charge_difference import Owed, get_changes
from ..tools.exact_money import round_half_up
from .ar_late_charge_line import EXACT_DIGITS
from .ar_reference_rate import exact

PLACES = Decimal(1).scaleb(-EXACT_DIGITS[1])
SLICE = 500  # debtors at a time


@dataclass
class ChargePlan:
    """What charging would do for one debtor, company and currency; it writes nothing.

    ``state``: ``bill`` or ``credit`` a document, ``carried`` below the minimum,
    ``nothing`` new, or a ``problem`` with its ``message``. ``journal`` is set when it is
    carried out.
    """

    partner: object
    company: object
    currency: object
    results: dict = field(default_factory=dict)
    days: dict = field(default_factory=dict)
    terms: dict = field(default_factory=dict)
    changes: list = field(default_factory=list)
    lines: object = None
    journal: object = None
    total: Decimal = Decimal(0)
    minimum: Decimal = Decimal(0)
    state: str = "nothing"
    message: str = ""


class ArChargeEngine(models.AbstractModel):
    """What is owed against what was charged, debtor by debtor. It writes nothing."""

    _inherit = "ar.charge.engine"

    # === BUSINESS METHODS === #

    @api.model
    def _plan(self, company, upto, today, partners=None, grow=True):
        """What charging until a day would do.

        :param company: the root of the books
        :param date upto: last day of interest
        :param date today: what is known until then counts
        :param partners: commercial partners; None for all
        :param bool grow: also charge more; else only correct what was charged
        :return: (list of `ChargePlan`, {item that is left alone: reason})
        :rtype: tuple[list, dict]
        """
        days, reasons = self._get_scope(company, upto, today, partners, grow)
        groups = defaultdict(dict)
        for item, day in days.items():
            groups[self._get_group(item)][item] = day
        lines = self._get_charged_groups(company, partners)
        for key in lines:
            groups.setdefault(key, {})
        plans = []
        ordered = sorted(groups, key=lambda key: [record.id for record in key])
        for keys in split_every(SLICE, ordered, list):
            plans += self._plan_groups(keys, groups, lines, today)
        return plans, reasons

    @api.model
    def _get_group(self, item):
        """Whose document an item is charged in: one per debtor, company and currency."""
        partner = item.partner_id.commercial_partner_id
        return (partner, item.company_id, item.currency_id)

    @api.model
    def _get_charged_groups(self, company, partners=None):
        """Lines of documents in force by debtor, company and currency."""
        # sudo: as for the scope
        lines = self.env["ar.late.charge.line"].sudo()
        domain = [
            ("debtor_id.company_id", "=", company.id),
            ("charge_move_id.state", "=", "posted"),
        ]
        if partners is not None:
            domain.append(("debtor_id.partner_id", "in", partners.ids))
        found = lines.search(domain, order="id")
        return found.grouped(
            lambda line: (
                line.debtor_id.partner_id.with_env(self.env),
                line.company_id.with_env(self.env),
                line.currency_id.with_env(self.env),
            )
        )

    @api.model
    def _plan_groups(self, keys, groups, lines, today):
        days = {item: day for key in keys for item, day in groups[key].items()}
        results, problems = self._assess_days(days, today)
        items = self.env["account.move.line"].union(*days) if days else ()
        terms = self._get_terms(items) if items else {}
        plans = []
        for key in keys:
            plan = ChargePlan(*key, lines=lines.get(key))
            plan.days, plan.terms = groups[key], terms
            plan.results = {i: results[i] for i in groups[key] if i in results}
            bad = [problems[item] for item in groups[key] if item in problems]
            if bad:
                plan.state, plan.message = "problem", bad[0]
            else:
                self._fill(plan)
            plans.append(plan)
        return plans

    @api.model
    def _assess_days(self, days, today):
        """Each item at the end of its own day, and what keeps some unknown.

        :return: ({item: Assessment}, {item: error message})
        """
        by_day = defaultdict(lambda: self.env["account.move.line"])
        for item, day in days.items():
            by_day[day] += item
        results, problems = {}, {}
        for day, items in by_day.items():
            # one rate that is missing does not keep the others from being charged
            results |= self._assess(items, day, today, problems)
        return results, problems

    @api.model
    def _fill(self, plan):
        """Compare what is owed with what was charged."""
        unit = exact(plan.currency.rounding)
        owed = [
            piece
            for item, result in plan.results.items()
            for piece in self._get_pieces(item, result)
        ]
        charged = plan.lines._to_charged() if plan.lines else []
        plan.changes = get_changes(owed, charged, unit)
        plan.total = sum((change.amount for change in plan.changes), Decimal(0))
        plan.minimum = max(
            (result.terms.minimum for result in plan.results.values()),
            default=Decimal(0),
        )
        if plan.total < 0:
            plan.state = "credit"
        elif 0 < plan.total < plan.minimum:
            plan.state = "carried"
        elif plan.total:
            plan.state = "bill"

    @api.model
    def _get_pieces(self, item, result):
        """What is owed on an item, piece by piece, as `tools.charge_difference` has it."""
        for segment in result.segments:
            amount = round_half_up(segment.amount, PLACES)
            key = (segment.first, segment.last, amount, False)
            yield Owed(item.id, "interest", key, segment.amount, segment)
        for cost in result.costs:
            amount = round_half_up(cost.amount, PLACES)
            key = (cost.day, cost.day, amount, int(cost.ref) if cost.ref else False)
            yield Owed(item.id, cost.kind, key, cost.amount, cost)
