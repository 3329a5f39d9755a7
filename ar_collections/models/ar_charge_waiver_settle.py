from decimal import Decimal
from fractions import Fraction
from functools import partial

from odoo import api, fields, models
from odoo.fields import Command, Domain

from ..tools.exact_money import distribute
from .ar_reference_rate import exact

# So many days after its end an offer that was met in time is still found: bank
# statements come late.
LATE_BOOKING = 92


class ArChargeWaiver(models.Model):
    """What becomes of an offer: it is met in time, or it is over."""

    _inherit = "ar.charge.waiver"

    open_amount = fields.Monetary(
        "Still to pay",
        compute="_compute_open_amount",
        help="Of the invoices and the rest of the document, for the waiver to hold.",
    )

    # === COMPUTE METHODS === #

    @api.depends("state", "charge_move_id.amount_residual")
    def _compute_open_amount(self):
        for waiver in self:
            is_open = waiver.state in ("to_approve", "offered")
            waiver.open_amount = is_open and float(waiver._get_open(waiver.pay_by))

    # === BUSINESS METHODS === #

    def _settle(self, today):
        """Give what was earned, withdraw what is over. Whatever order things happen in.

        An offer that was withdrawn by the calendar is given all the same, if it turns
        out that the money came in time.
        """
        for waiver in self:
            waiver.lock_for_update()
            if waiver.state not in ("offered", "withdrawn") or waiver.is_by_hand:
                continue
            if not waiver.pay_by or waiver._get_open(waiver.pay_by) <= 0:
                waiver._give(today)
            elif waiver.state == "offered" and waiver.pay_by < today:
                waiver.state = "withdrawn"
                waiver._tell_debtor(self.env._("Offer lapsed: not paid in time"))

    def _settle_free(self, today):
        """The same for those that nobody else holds at this moment."""
        self.try_lock_for_update()._settle(today)

    def _get_open(self, day):
        """What of the invoices and the rest of the document was open on a day."""
        self.ensure_one()
        charge = self.charge_move_id
        lines = charge.charged_line_ids.filtered(lambda ln: ln.state == "billed")
        rest = self._get_open_of(charge, day) - exact(self.amount)
        debts = self._get_open_of(lines.move_line_id, day)
        return max(rest, Decimal(0)) + max(debts, Decimal(0))

    def _get_open_of(self, records, day):
        """What was open of debts on a day, by the days of what was set against them."""
        items = records
        if records._name == "account.move":
            items = records.line_ids.filtered(
                lambda line: line.account_type == "asset_receivable"
            )
        engine = self.env["ar.charge.engine"]
        events = engine._get_settlements(items)
        amounts = [
            engine._to_units(item.amount_currency, item.currency_id) for item in items
        ]
        paid = [
            event.amount
            for item in items
            for event in events.get(item.id, ())
            if day is None or day is False or event.day <= day
        ]
        return sum(amounts, Decimal(0)) - sum(paid, Decimal(0))

    def _give(self, today):
        """Credit the document with what is given up."""
        self.ensure_one()
        credit = self._make_credit(today)
        items = (credit + self.charge_move_id.sudo()).line_ids.filtered(
            lambda ln: ln.account_type == "asset_receivable" and not ln.reconciled
        )
        # else the document is paid: the customer has a credit
        if len(items.move_id) == 2:
            items.reconcile()
        self.write({"state": "done", "credit_move_id": credit.id})
        self._tell_debtor(self._get_given_text())

    def _get_given_text(self):
        return self.env._("Late charges waived")

    def _make_credit(self, today):
        """The credit note, posted, and what it takes back of the charges."""
        credit = self.env["account.move"].with_company(self.company_id)
        # sudo: whoever runs this; who may waive was checked when it was approved
        credit = credit.sudo().create(self._prepare_credit_vals(today))
        lines = self.env["ar.late.charge.line"].sudo()
        lines = lines.create(
            [
                self._prepare_line_vals(line, amount, credit)
                for line, amount in self._share().items()
            ]
        )
        credit.action_post()
        lines._get_siblings()._refresh_states()
        return credit

    def _prepare_credit_vals(self, today):
        """Values of the credit note; extensions may add to them."""
        charge = self.charge_move_id
        engine = self.env["ar.charge.engine"]
        lang = charge.partner_id.lang or self.env.lang
        text = self.with_context(lang=lang).env._(
            "Late charges of %(document)s waived", document=charge.name
        )
        return {
            "move_type": "out_refund",
            "is_late_charge": True,
            "company_id": charge.company_id.id,
            "journal_id": charge.journal_id.id,
            "partner_id": charge.partner_id.id,
            "currency_id": charge.currency_id.id,
            "invoice_date": engine._get_open_day(
                charge.company_id, charge.journal_id, today
            ),
            "fiscal_position_id": False,
            "invoice_payment_term_id": False,
            "reversed_entry_id": charge.id,
            "ref": text,
            "invoice_line_ids": [
                Command.create(
                    {
                        "name": text,
                        "quantity": 1.0,
                        "price_unit": self.amount,
                        "account_id": charge.invoice_line_ids.account_id[:1].id,
                        "tax_ids": [
                            Command.set(charge.invoice_line_ids[:1].tax_ids.ids)
                        ],
                    }
                )
            ],
        }

    def _share(self):
        """The waiver by the lines of the document, each by its amount.

        :return: {line: Decimal}
        """
        charge = self.charge_move_id
        lines = charge.charged_line_ids.filtered(
            lambda ln: ln.state == "billed" and ln.amount > 0
        )
        unit = exact(charge.currency_id.rounding)
        engine = self.env["ar.charge.engine"]
        weights = [engine._to_units(ln.amount, ln.currency_id) for ln in lines]
        amount = engine._to_units(self.amount, charge.currency_id)
        whole = sum(weights)
        parts = [Fraction(amount) * Fraction(one) / Fraction(whole) for one in weights]
        shares = distribute(parts, unit, amount)
        return {ln: part for ln, part in zip(lines, shares, strict=True) if part}

    def _prepare_line_vals(self, line, amount, credit):
        return {
            "company_id": line.company_id.id,
            "debtor_id": line.debtor_id.id,
            "move_id": line.move_id.id,
            "move_line_id": line.move_line_id.id,
            "kind": line.kind,
            "date_from": line.date_from,
            "date_to": line.date_to,
            "date_upto": line.date_upto,
            "terms_id": line.terms_id.id,
            "currency_id": line.currency_id.id,
            "amount": -float(amount),
            "amount_exact": -float(amount),
            "adjustment": "waiver",
            "charge_move_id": credit.id,
            # in force once the credit note is posted
            "state": "reversed",
        }

    # === CRON === #

    @api.model
    def _get_unsettled_domain(self, today):
        """Offers that wait for money, and those that may turn out to have been met."""
        since = fields.Date.subtract(today, days=LATE_BOOKING)
        lapsed = Domain("state", "=", "withdrawn") & Domain("is_by_hand", "=", False)
        lapsed &= Domain("pay_by", ">=", since)
        return Domain("state", "=", "offered") | lapsed

    @api.model
    def _cron_settle(self):
        """Give or withdraw offers: every night, and after payments on what they name."""
        cron = self.env["ir.cron"]
        for company in self.env["res.company"].search([]):
            today = company._ar_today()
            waivers = self.search(
                self._get_unsettled_domain(today)
                & Domain("company_id", "=", company.id)
            )
            cron._commit_progress(remaining=len(waivers))
            for waiver in waivers:
                self._retry_for(
                    company,
                    partial(waiver._settle_free, today),
                    f"Waiver {waiver.id}",
                )
                if not cron._commit_progress(1):
                    return

    @api.model
    def _find_offers(self, company, domain):
        """Offers that still hold today."""
        today = fields.Date.to_string(company._ar_today())
        open_offers = Domain("state", "=", "offered") & Domain("pay_by", ">=", today)
        return self.search(open_offers & domain, order="pay_by, id")

    @api.model
    def _trigger_settling(self, moves):
        """After a payment or its undoing: look at the offers soon."""
        domain = Domain("charge_move_id", "in", moves.ids)
        domain |= Domain("charge_move_id.charged_line_ids.move_id", "in", moves.ids)
        domain &= Domain("state", "in", ("offered", "withdrawn"))
        # sudo: whoever registers payments need not see waivers
        if self.sudo().search_count(domain, limit=1):
            cron = self.env.ref(
                "ar_collections.ir_cron_ar_charge_waiver", raise_if_not_found=False
            )
            if cron:
                cron.sudo()._trigger()


class ArChargeEngine(models.AbstractModel):
    _inherit = "ar.charge.engine"

    # === BUSINESS METHODS === #

    @api.model
    def _get_settlements(self, items):
        """What was set against any debts, on its own day: {item id: [ClaimEvent]}."""
        events = self._get_events(items)
        return {
            item_id: [event for event in found if event.kind != "charge"]
            for item_id, found in events.items()
        }
