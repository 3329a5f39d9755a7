from decimal import Decimal
from fractions import Fraction

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.exact_money import round_half_up
from .ar_reference_rate import exact

# The last day that a letter gave before charges: what is paid by then is charged nothing.
ANNOUNCED_SQL = """
    SELECT line.move_line_id, MAX(notice.date_deadline), MIN(notice.date_sent)
      FROM ar_dunning_notice_line line
      JOIN ar_dunning_notice notice ON notice.id = line.notice_id
     WHERE line.move_line_id = ANY(%s) AND line.is_live
       AND line.days_overdue > 0
       AND notice.state = 'sent' AND notice.has_announced_charges
  GROUP BY line.move_line_id
"""


class ArDunningNotice(models.Model):
    _inherit = "ar.dunning.notice"

    has_announced_charges = fields.Boolean(
        readonly=True,
        copy=False,
        help="The letter said that charges are made on what is open after its deadline.",
    )
    # computed for a whole batch: letters are rendered many at once
    amount_charge_today = fields.Monetary(
        "Late charges until today",
        compute="_compute_amount_charge_today",
        compute_sudo=True,
        help="What will be billed besides the items if they are paid today.",
    )

    # === COMPUTE METHODS === #

    @api.depends("line_ids.amount_residual", "level_id")
    def _compute_amount_charge_today(self):
        self.amount_charge_today = 0
        engine = self.env["ar.charge.engine"]
        for company, notices in self.grouped("company_id").items():
            if not company:
                continue
            late = notices.line_ids.filtered(
                lambda ln: ln.days_overdue > 0 and ln.amount_residual > 0
            )
            payable = engine._get_payable(late.move_line_id, company._ar_today())
            for notice in notices:
                items = (notice.line_ids & late).move_line_id
                notice.amount_charge_today = engine._round_payable(
                    [payable[item] for item in items if item in payable],
                    notice.currency_id,
                )

    # === BUSINESS METHODS === #

    def _send_batch(self, channel):
        told = self.filtered(lambda notice: notice.level_id._has_announcement())
        told.has_announced_charges = True
        return super()._send_batch(channel)


class ArChargeEngine(models.AbstractModel):
    """What is charged as things stand, and what a customer is told about it."""

    _inherit = "ar.charge.engine"

    # === ANNOUNCED === #

    @api.model
    def _get_announced(self, items):
        """Last deadline and first day of the letters that announced charges.

        :return: {item id: (last deadline, day of the first such letter)}
        """
        if not items:
            return {}
        self.env["ar.dunning.notice.line"].flush_model()
        self.env["ar.dunning.notice"].flush_model()
        rows = self.env.execute_query(SQL(ANNOUNCED_SQL, items.ids))
        return {item_id: (deadline, sent) for item_id, deadline, sent in rows}

    @api.model
    def _get_paid_in_time(self, items, announced):
        """Items paid by the announced deadline, by the dates of the payments."""
        paid = items.filtered(
            lambda item: item.id in announced and not item.amount_residual_currency
        )
        events = self._get_events(paid) if paid else {}
        return paid.filtered(
            lambda item: all(
                event.day <= announced[item.id][0]
                for event in events.get(item.id, ())
                if event.kind != "charge"
            )
        )

    @api.model
    def _get_other_verdicts(self, items, day):
        """Also ``announced``: a letter said that what is open after a day is charged.

        Its words are kept: before that day nothing is, and nothing if it was paid then.
        """
        found = super()._get_other_verdicts(items, day)
        announced = self._get_announced(items)
        # by themselves: of tens of thousands only these are read
        said = items.browse(announced)
        in_time = self._get_paid_in_time(said, announced)
        for item in said:
            is_open = bool(item.amount_residual_currency)
            if item in in_time or (is_open and day <= announced[item.id][0]):
                found[item.id] = "announced"
        return found

    @api.model
    def _get_freed(self, items):
        """Charged items that, as is known now, were paid by the announced deadline.

        What had been charged before it was announced stays.
        """
        announced = self._get_announced(items)
        in_time = self._get_paid_in_time(items, announced)
        first = {}
        for line in self._get_charge_lines(in_time):
            day, item_id = line.charge_move_id.date, line.move_line_id.id
            first[item_id] = min(day, first.get(item_id, day))
        return in_time.filtered(
            lambda item: item.id in first and first[item.id] >= announced[item.id][1]
        )

    @api.model
    def _get_free(self, items):
        """Items on which nothing is charged, since they were paid as a letter asked."""
        announced = self._get_announced(items)
        in_time = self._get_paid_in_time(items, announced)
        return in_time - self._get_charge_lines(in_time).move_line_id

    @api.model
    def _get_unbilled_lump_sums(self, results):
        """Lump sums of items that no document charges yet. Letters say their own fee."""
        # sudo: what was charged is a fact, whoever asks
        lines = self.env["ar.late.charge.line"].sudo()
        ids = [item.id for item in results]
        domain = [("move_line_id", "in", ids), ("kind", "=", "lump_sum")]
        billed = lines.search([*domain, ("state", "=", "billed")]).move_line_id
        return sum(
            cost.amount
            for item, result in results.items()
            if item not in billed
            for cost in result.costs
            if cost.kind == "lump_sum"
        )

    @api.model
    def _get_announceable(self, items, day):
        """Items on which a letter may announce charges: those that may be charged."""
        verdicts = self._get_verdicts(items, self._get_terms(items), day)
        return items.filtered(
            lambda item: verdicts.get(item) in (None, "mode", "announced")
        )

    # === TO PAY === #

    @api.model
    def _get_payable(self, items, day):
        """Late charges that a customer who pays on a day owes besides the items.

        Only what will be billed: nothing where the policy does not bill, nor before the
        deadline of an announcement; without what was billed.

        What cannot be worked out is left unsaid: collectors see why on the invoice.

        :return: {item: Fraction}, to be rounded together by `_round_payable`
        """
        terms = self._get_terms(items) if items else {}
        verdicts = self._get_verdicts(items, terms, day)
        items = items.filtered(lambda item: item not in verdicts)
        billed = self._get_billed(items, True)
        return {
            item: result.interest_exact + Fraction(result.cost_total - billed[item.id])
            for item, result in self._assess(items, day, problems={}).items()
        }

    @api.model
    def _round_payable(self, amounts, currency):
        """The sum of such amounts, rounded once as a document is; never below nothing."""
        unit = exact(currency.rounding)
        return float(max(round_half_up(sum(amounts, Fraction(0)), unit), Decimal(0)))


class AccountMove(models.Model):
    _inherit = "account.move"

    # === BUSINESS METHODS === #

    def _get_ar_pay_today(self):
        """What the customer is told who pays this invoice today.

        :return: ``date``, ``open``, ``charges``, ``total`` in the invoice's currency;
            nothing if no charges come on top, or they cannot be worked out
        :rtype: dict
        """
        self.ensure_one()
        day = self.company_id._ar_today()
        # sudo: the figures of the invoice that the customer sees
        move = self.sudo()
        items = move.line_ids.filtered(
            lambda line: (
                line.account_type == "asset_receivable"
                and line.parent_state == "posted"
                and line.amount_residual_currency > 0
            )
        )
        engine = self.env["ar.charge.engine"]
        payable = engine._get_payable(items, day)
        charges = engine._round_payable(payable.values(), move.currency_id)
        if not charges:
            return {}
        total = move.currency_id.round(move.amount_residual + charges)
        return {
            "date": day,
            "open": move.amount_residual,
            "charges": charges,
            "total": total,
        }
