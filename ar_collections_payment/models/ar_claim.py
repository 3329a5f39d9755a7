from dataclasses import dataclass, field

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.ar_collections.models.ar_dunning_engine_parts import PAUSED_SQL

# Settled items are shown for as long as somebody may ask what became of them.
PAID_DAYS = 90
PAID_MAX = 20


@dataclass
class ClaimItem:
    """An open item as its customer sees it; the record comes with full rights."""

    line: models.Model
    currency: models.Model
    date_due: object
    days_late: int
    open: float
    # what may be paid here and now, and is claimed unless it stands aside
    amount: float
    # credit, due, later, aside or waiting
    group: str
    is_disputed: bool = False
    is_part: bool = False
    is_chosen: bool = False
    # an early-payment discount that the invoice's own page gives
    discount: float = 0.0
    discount_date: object = None

    @property
    def is_payable(self):
        return self.group != "waiting" and not self.discount


@dataclass
class ClaimSection:
    """What is owed to one company in one currency."""

    company: models.Model
    currency: models.Model
    items: list = field(default_factory=list)

    def get(self, group):
        return [item for item in self.items if item.group == group]

    def sum(self, items):
        return self.currency.round(sum(item.amount for item in items))

    @property
    def due(self):
        """What is due today, less the credits; negative: a balance in favour."""
        return self.sum(self.get("due") + self.get("credit"))

    @property
    def chosen(self):
        return [item for item in self.items if item.is_chosen and item.is_payable]

    @property
    def to_pay(self):
        """The sum of what is chosen beforehand."""
        return max(self.sum(self.chosen), 0.0)

    @property
    def oldest(self):
        return min((item.date_due for item in self.get("due")), default=None)

    def get_charges(self):
        """Late charges until today that will be billed besides; 0 if there are none."""
        late = [item.line.id for item in self.get("due") if item.days_late]
        if not late:
            return 0.0
        # sudo: the customer's own items, as the page shows them
        lines = self.items[0].line.sudo().browse(late)
        engine = lines.env["ar.charge.engine"]
        payable = engine._get_payable(lines, self.company._ar_today())
        return engine._round_payable(payable.values(), self.currency)

    def get_offers(self, debtor):
        """Waivers and discounts that hold for the customer in this currency."""
        waivers = debtor.env["ar.charge.waiver"]
        about = Domain("debtor_id", "=", debtor.id)
        about &= Domain("charge_move_id.currency_id", "=", self.currency.id)
        about &= Domain("company_id", "=", self.company.id)
        # sudo: the offer was made to whoever reads the page
        return waivers.sudo()._find_offers(self.company, about)


class ArClaim(models.AbstractModel):
    """What a customer owes one company today, as the customer may see it.

    The same items and pauses as the ladder's, so that page and letter agree; read
    afresh for each view, and never more of a pause than whether an item is disputed.
    """

    _name = "ar.claim"
    _description = "What a Customer Owes"

    # === BUSINESS METHODS === #

    @api.model
    def _get_sections(self, link):
        """What is open, by company (branches have their own) and currency.

        :param link: whose items, with full rights; those of its notice are chosen
            beforehand although they may not be due yet
        :return: the largest sum first
        :rtype: list[ClaimSection]
        """
        company, lines = link.debtor.company_id, link.lines
        today = company._ar_today()
        rows = self.env.execute_query_dict(self._get_sql(company, link.partners, today))
        # shared prefetch: numbers and contacts of all are read at once
        records = self.env["account.move.line"].browse(row["id"] for row in rows)
        companies = self.env["res.company"].browse(row["company_id"] for row in rows)
        disputed = self._get_disputed(link, today)
        sections = {}
        for row, line, company in zip(rows, records, companies, strict=True):
            item = self._get_item(row, line, today)
            item.is_disputed = bool(disputed & {line.id, None}) and item.open > 0
            item.is_chosen = item.group in ("due", "credit") or (
                item.group == "later" and line in lines
            )
            key = (company, item.currency)
            sections.setdefault(key, ClaimSection(*key)).items.append(item)
        for section in sections.values():
            self._add_discounts(section)
        return sorted(sections.values(), key=lambda s: (-s.due, s.currency.name))

    @api.model
    def _get_item(self, row, line, today):
        currency = line.currency_id
        # what is being paid in this moment is neither owed nor offered again
        payable = currency.round(row["open"] - row["under_way"])
        claimed = currency.round(payable - row["paused"])
        amount = claimed
        if row["open"] < 0:
            amount = min(payable, 0.0)
            group = "credit" if amount else "waiting"
        elif currency.compare_amounts(payable, 0) <= 0:
            amount, group = 0.0, "waiting"
        elif row["is_held"] or currency.compare_amounts(claimed, 0) <= 0:
            amount, group = payable, "aside"
        else:
            group = "due" if row["date_due"] <= today else "later"
        return ClaimItem(
            line=line,
            currency=currency,
            date_due=row["date_due"],
            days_late=max((today - row["date_due"]).days, 0),
            open=row["open"],
            amount=amount,
            group=group,
            is_part=group != "credit" and currency.compare_amounts(amount, payable) < 0,
        )

    @api.model
    def _get_sql(self, company, partners, today):
        open_item = self.env["ar.open.item"]
        self.env["ar.pause"].flush_model()
        # every contact of these, by literal ids: the partial index is on partner_id
        contacts = self.env["res.partner"]._search(
            [("commercial_partner_id", "in", partners.ids)], active_test=False
        )
        domain = open_item._get_open_item_domain(company)
        domain &= Domain("partner_id", "in", list(contacts.get_result_ids()))
        return SQL(
            CLAIM_SQL,
            open_items=open_item._get_sql(domain, today, today),
            paused=SQL(
                PAUSED_SQL, company=company.id, date=fields.Date.to_string(today)
            ),
            under_way=self.env["ar.payment.share"]._get_under_way_sql(),
        )

    @api.model
    def _get_disputed(self, link, today):
        """Ids of the journal items that are disputed; with None, all of them."""
        pauses = self.env["ar.pause"].search(
            [
                ("company_id", "=", link.debtor.company_id.id),
                ("debtor_id.partner_id", "in", link.partners.ids),
                ("kind", "=", "dispute"),
                ("date_from", "<=", today),
                "|",
                ("date_to", "=", False),
                ("date_to", ">=", today),
            ]
        )
        disputed = set(pauses.line_ids.ids)
        return (
            disputed | {None}
            if pauses.filtered(lambda p: not p.is_for_items)
            else (disputed)
        )

    @api.model
    def _add_discounts(self, section):
        """Mark what is cheaper on the invoice's own page, where core reckons it."""
        today = section.company._ar_today()
        for item in section.get("later"):
            line = item.line
            if not line.discount_date or line.discount_date < today:
                continue
            if line.move_id._is_eligible_for_early_payment_discount(
                item.currency, today
            ):
                full, reduced = line.amount_currency, line.discount_amount_currency
                item.discount = item.currency.round(full - reduced)
                item.discount_date = line.discount_date

    @api.model
    def _get_settled(self, link):
        """Debts that were claimed or paid here lately and are settled.

        :rtype: recordset of `account.move.line`
        """
        debtor = link.debtor
        since = fields.Date.subtract(debtor.company_id._ar_today(), days=PAID_DAYS)
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                SETTLED_SQL,
                debtor=debtor.id,
                since=fields.Date.to_string(since),
                lines=link.lines.ids,
                limit=PAID_MAX,
            )
        )
        return self.env["account.move.line"].browse(row[0] for row in rows)


CLAIM_SQL = """
WITH open_item AS (%(open_items)s),
     paused AS (%(paused)s),
     under_way AS (%(under_way)s)
SELECT open_item.id, open_item.company_id, open_item.date_due,
       open_item.residual_currency AS open,
       open_item.no_followup AND open_item.residual_currency > 0
           OR move.payment_state = 'blocked' AS is_held,
       CASE WHEN paused.is_whole THEN open_item.residual_currency
            ELSE COALESCE(paused.amount, 0) END AS paused,
       COALESCE(under_way.amount, 0) AS under_way
  FROM open_item
  JOIN account_move move ON move.id = open_item.move_id
LEFT JOIN paused ON paused.id = open_item.id
LEFT JOIN under_way ON under_way.move_line_id = open_item.id
 WHERE open_item.residual_currency != 0
 ORDER BY open_item.date_due, open_item.id
"""

SETTLED_SQL = """
SELECT item.id
  FROM account_move_line item
 WHERE item.reconciled AND item.parent_state = 'posted' AND item.balance > 0
   AND item.id IN (
        SELECT nl.move_line_id
          FROM ar_dunning_notice_line nl
          JOIN ar_dunning_notice n ON n.id = nl.notice_id
         WHERE n.debtor_id = %(debtor)s AND n.state = 'sent' AND n.channel != 'none'
           AND n.date_sent >= %(since)s
         UNION
        SELECT share.move_line_id
          FROM ar_payment_share share
          JOIN payment_transaction tx ON tx.id = share.transaction_id
         WHERE tx.ar_debtor_id = %(debtor)s AND tx.state = 'done'
           AND tx.last_state_change >= %(since)s
         UNION
        SELECT unnest(%(lines)s::integer[]))
 ORDER BY item.date_maturity DESC, item.id DESC
 LIMIT %(limit)s
"""
