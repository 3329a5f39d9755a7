from collections import defaultdict
from datetime import timedelta
from math import ceil

from odoo import Command, models

from .ar_demo import TERMS
from .behaviours import OLDEST, jitter
from .customers import CUSTOMERS

CUSTOMER = {c.ref: c for c in CUSTOMERS}


class ArDemo(models.AbstractModel):
    """Fourteen months of bookkeeping of the active company, through the ORM."""

    _inherit = "ar.demo"

    def _post_story(self, plans, partners, products, today):
        """Post all documents of the active company.

        Batches are created in date order: document numbers then follow the calendar.

        :param dict plans: {customer ref: Plan}
        :param dict partners: {customer ref: partner}
        """
        self._post_opening_balances(plans, partners, today)
        planned = sorted(
            ((ref, inv) for ref, plan in plans.items() for inv in plan.invoices),
            key=lambda item: (-item[1].age, item[0]),
        )
        invoices = self._post_invoices(planned, partners, products, today)
        story = [
            (inv, invoice)
            for (_ref, inv), invoice in zip(planned, invoices, strict=True)
        ]
        self._name_records({f"invoice_{i.key}": inv for i, inv in story if i.key})
        self._apply_credit_notes(story, today)
        self._leave_credits_open(plans, partners, products, today)
        self._receive_payments(story, plans, partners, today)
        for inv, invoice in story:
            if inv.no_followup:
                invoice.no_followup = True
            if inv.blocked:
                invoice.action_toggle_block_payment()

    # === INVOICES AND CREDIT NOTES === #

    def _post_invoices(self, planned, partners, products, today):
        """:return: the invoices, in the order of `planned`"""
        invoices = self.env["account.move"].create(
            [
                self._prepare_move(partners[ref], CUSTOMER[ref], inv, products, today)
                for ref, inv in planned
            ]
        )
        invoices.action_post()
        invoices.is_move_sent = True  # otherwise every list shouts "not sent"
        return invoices

    def _prepare_move(self, partner, customer, doc, products, today):
        """Values of an invoice dated ``doc.age`` days ago, of about ``doc.amount``."""
        product = products[jitter(customer.name, doc.age, len(products))]
        vals = {
            "move_type": "out_invoice",
            "partner_id": partner.id,
            "invoice_date": today - timedelta(days=doc.age),
            "invoice_user_id": self.env.ref("base.user_admin").id,
            "invoice_payment_term_id": self.env.ref(TERMS[customer.terms]).id,
            "invoice_line_ids": [
                Command.create(
                    {
                        "product_id": product.id,
                        "quantity": max(1, round(doc.amount / product.list_price)),
                        "price_unit": product.list_price,
                    }
                )
            ],
        }
        if customer.currency:
            vals["currency_id"] = self._get_currency(customer.currency).id
        return vals

    def _apply_credit_notes(self, story, today):
        """Credit invoices in full or in part; core reconciles the two on posting."""
        credited = [(inv, invoice) for inv, invoice in story if inv.credit]
        for inv, invoice in sorted(credited, key=lambda item: -item[0].credit.age):
            date = today - timedelta(days=inv.credit.age)
            values = {"invoice_date": date, "date": date, "ref": invoice.name}
            note = invoice._reverse_moves([{**values, **self._due_at_once(date)}])
            for line in note.invoice_line_ids:
                line.price_unit *= inv.credit.upto
            note.action_post()
            note.is_move_sent = True
            self._name_records({f"credit_note_{inv.key}": note})

    def _due_at_once(self, date):
        """Core's reversal wizard gives a credit note no terms either; without a date it
        would fall due today."""
        return {"invoice_payment_term_id": False, "invoice_date_due": date}

    def _leave_credits_open(self, plans, partners, products, today):
        """Credit notes the customer has not used yet."""
        for ref, plan in plans.items():
            if doc := plan.open_credit:
                vals = self._prepare_move(
                    partners[ref], CUSTOMER[ref], doc, products, today
                )
                vals.update(self._due_at_once(vals["invoice_date"]))
                vals["move_type"] = "out_refund"
                note = self.env["account.move"].create(vals)
                note.action_post()
                note.is_move_sent = True
                self._name_records({f"credit_note_{ref}": note})

    def _post_opening_balances(self, plans, partners, today):
        """Debts taken over from the old system, by a general entry as importers do."""
        for ref, plan in plans.items():
            if doc := plan.opening:
                due = today - timedelta(days=doc.age)
                entry = self.env["account.move"].create(
                    self._prepare_opening(partners[ref], doc.amount, due, today)
                )
                entry.action_post()
                self._name_records({"entry_opening_balance": entry})

    def _prepare_opening(self, partner, amount, due, today):
        """Values of an entry dated on the first day of the story; core sets
        `no_followup` on its receivable line because the journal is a general one."""
        company = self.env.company
        receivable = partner.with_company(company).property_account_receivable_id
        sides = (
            (receivable, amount, {"partner_id": partner.id, "date_maturity": due}),
            (company.get_unaffected_earnings_account(), -amount, {}),
        )
        return {
            "move_type": "entry",
            "journal_id": self._get_journal("general").id,
            "date": today - timedelta(days=OLDEST),
            "ref": "Opening balance",
            "line_ids": [
                Command.create(
                    {
                        "account_id": account.id,
                        "balance": balance,
                        "name": "Opening balance",
                        **more,
                    }
                )
                for account, balance, more in sides
            ],
        }

    # === PAYMENTS === #

    def _receive_payments(self, story, plans, partners, today):
        """Post the payments in date order and reconcile them with their invoices."""
        receipts = self._plan_receipts(story, plans, partners)
        payments = self.env["account.payment"].create(
            [self._prepare_payment(today, *receipt) for receipt in receipts]
        )
        payments.action_post()
        lines_of = defaultdict(self.env["account.move.line"].browse)
        for (_age, invoice, partner, _amount), payment in zip(
            receipts, payments, strict=True
        ):
            if invoice:
                lines_of[invoice] |= self._get_receivables(invoice | payment.move_id)
            else:
                ref = next(r for r, p in partners.items() if p == partner)
                self._name_records({f"payment_{ref}": payment})
        # each payment keeps its own date: core dates a partial by the later document
        self.env["account.move.line"]._reconcile_plan(list(lines_of.values()))

    def _plan_receipts(self, story, plans, partners):
        """:return: [(age, invoice or None, partner, amount)], oldest first"""
        receipts = []
        debts = defaultdict(float)
        for inv, invoice in story:
            partner = invoice.commercial_partner_id
            residual, paid = invoice.amount_residual, 0.0
            for payment in inv.payments:
                target = residual * payment.upto - payment.short
                amount = invoice.currency_id.round(target - paid)
                receipts.append((payment.age, invoice, partner, amount))
                paid += amount
            debts[partner] += residual - paid
        for ref, plan in plans.items():
            if plan.unapplied:
                # a round sum, as people pay who lost track of what they owe
                amount = ceil(debts[partners[ref]] * plan.unapplied.upto / 10) * 10.0
                receipts.append((plan.unapplied.age, None, partners[ref], amount))
        return sorted(receipts, key=lambda receipt: -receipt[0])

    def _prepare_payment(self, today, age, invoice, partner, amount):
        currency = invoice.currency_id if invoice else self.env.company.currency_id
        return {
            "payment_type": "inbound",
            "partner_type": "customer",
            "partner_id": partner.id,
            "amount": amount,
            "currency_id": currency.id,
            "date": today - timedelta(days=age),
            "journal_id": self._get_journal("bank").id,
            "memo": invoice.name if invoice else "Payment on account",
        }

    def _get_receivables(self, moves):
        return moves.line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )

    # === LOOKUPS === #

    def _get_currency(self, name):
        currency = self.env.ref(f"base.{name}")
        if not currency.active:  # a write would empty the caches each time
            currency.active = True
        return currency

    def _get_journal(self, kind):
        """First journal of the active company of that type."""
        return self.env["account.journal"].search(
            [("company_id", "=", self.env.company.id), ("type", "=", kind)], limit=1
        )
