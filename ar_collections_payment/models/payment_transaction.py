from datetime import timedelta
from typing import NamedTuple

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Command

# A payment that is not confirmed by then is a matter for a person.
PAUSE_DAYS = 14
# One that was begun and left is forgotten by then.
DRAFT_TIME = timedelta(minutes=30)
# What the customer only announced: it may take days, and holds nothing up.
ANNOUNCED = ("none", "custom")


class Counterpart(NamedTuple):
    """One receivable line of a payment's entry, and what it settles."""

    account: models.Model
    amount: float
    items: models.Model


class PaymentTransaction(models.Model):
    """A payment of the items that a customer chose, and of nothing else."""

    _inherit = "payment.transaction"

    ar_debtor_id = fields.Many2one(
        "ar.debtor", "Debtor", readonly=True, index="btree_not_null"
    )
    ar_share_ids = fields.One2many(
        "ar.payment.share", "transaction_id", "Items paid", readonly=True
    )
    ar_page = fields.Char(
        readonly=True, copy=False, help="The page to pay that it was begun on."
    )
    ar_pause_ids = fields.One2many("ar.pause", "transaction_id", readonly=True)

    # === BUSINESS METHODS - BEGINNING === #

    @api.model
    def _find_begun(self, lines):
        """Payments of any of these items that were begun lately and not finished."""
        since = fields.Datetime.now() - DRAFT_TIME
        return self.search(
            [
                ("ar_share_ids.move_line_id", "in", lines.ids),
                ("state", "=", "draft"),
                ("last_state_change", ">=", since),
            ]
        )

    def _supersede(self):
        """Let a later attempt take the place of these.

        Not cancelled: if the customer finishes one of them after all, the money is
        booked, and stays as a credit if nothing is left to pay.
        """
        self._set_error(self.env._("The customer began another payment instead."))

    # === BUSINESS METHODS - STATE === #

    def _update_state(self, allowed_states, target_state, state_message):
        # EXTENDS 'payment': what is being paid is not dunned meanwhile
        moved = super()._update_state(allowed_states, target_state, state_message)
        moved._update_ar_pauses()
        return moved

    def _post_process(self):
        # EXTENDS 'account_payment'
        result = super()._post_process()
        self._update_ar_pauses()
        return result

    def _is_under_way(self):
        """Whether it pays something that the books do not show yet."""
        self.ensure_one()
        if self.state == "done":
            parts = self | self.child_transaction_ids
            payment = parts.payment_id
            if not payment:
                # booked next, unless it was, and somebody deleted the payment
                done = parts.filtered(lambda tx: tx.state == "done")
                return not all(done.mapped("is_post_processed"))
            return not payment.move_id and payment[0].state == "in_process"
        return (
            self.state in ("pending", "authorized")
            and self.provider_code not in ANNOUNCED
        )

    def _update_ar_pauses(self):
        """Pause what is under way; let the ladder go on where it is not any more."""
        owners = self | self.source_transaction_id
        # sudo: the customer's payment decides, whoever processes it
        for tx in owners.with_user(SUPERUSER_ID):
            running = tx.ar_pause_ids.filtered(lambda p: p.active)
            # what it would have paid may be deleted
            running.filtered(lambda p: not p.line_ids).action_end()
            running = running.filtered("active")
            if not tx.ar_share_ids or not tx._is_under_way():
                running.action_end()
            elif not running:
                debts = tx.ar_share_ids.filtered(lambda s: s.amount > 0).move_line_id
                tx.ar_pause_ids.create(
                    [
                        tx._prepare_ar_pause_vals(customer, items)
                        for customer, items in debts.grouped(
                            lambda ln: ln.partner_id.commercial_partner_id
                        ).items()
                    ]
                )

    def _prepare_ar_pause_vals(self, customer, items):
        """Values of the pause of one customer's items; a head office pays others', too."""
        company = self.ar_debtor_id.company_id
        debtor = self.ar_debtor_id._get(customer, company)
        today = company._ar_today()
        return {
            "transaction_id": self.id,
            "debtor_id": debtor.id,
            "line_ids": [Command.set(items.ids)],
            "kind": "payment",
            "reason": self.reference,
            "user_id": (debtor.user_id or self.env.user).id,
            "date_from": today,
            "date_to": fields.Date.add(today, days=PAUSE_DAYS),
        }

    # === BUSINESS METHODS - BOOKING === #

    def _create_payment(self, **extra_create_values):
        # EXTENDS 'account_payment', which settles all that is open of the invoices, also
        # instalments that nobody chose
        order = self._get_ar_order()
        if not order:
            return super()._create_payment(**extra_create_values)
        order._apply_ar_credits()
        parts = order._get_ar_counterparts(self.amount)
        invoices = order.invoice_ids
        order.invoice_ids = [Command.clear()]
        payment = super()._create_payment(
            **{**self._prepare_ar_payment_vals(parts, invoices), **extra_create_values}
        )
        order.invoice_ids = [Command.set(invoices.ids)]
        self._settle_ar_items(payment, parts)
        return payment

    def _get_ar_order(self):
        """The transaction that says what is paid: this one, or the captured one."""
        self.ensure_one()
        source = self.source_transaction_id
        order = source if source and source.operation == self.operation else self
        return order if order.ar_share_ids else self.browse()

    def _get_ar_items(self):
        """Journal items that are still there to be paid or used."""
        items = self.ar_share_ids.move_line_id
        return items.filtered(
            lambda ln: ln.parent_state == "posted" and not ln.reconciled
        )

    def _apply_ar_credits(self):
        """Set the chosen credits off against the chosen debts, the oldest first."""
        open_items = self._get_ar_items()
        parts = self.ar_share_ids.filtered("is_part").move_line_id
        for items in (open_items - parts).grouped("account_id").values():
            if len({item.balance > 0 for item in items}) == 2:
                items.reconcile()

    def _get_ar_counterparts(self, amount):
        """The receivable lines that the payment needs: as a rule one.

        An item of which only a part is claimed has one of its own, else the rest of it
        would be paid before what is younger.

        :rtype: list[Counterpart]
        """
        currency = self.currency_id
        parts = {s.move_line_id: s.amount for s in self.ar_share_ids if s.is_part}
        debts = self._get_ar_items().filtered(lambda ln: ln.balance > 0)
        found = []
        whole = debts.filtered(lambda ln: ln not in parts)
        for account, items in whole.grouped("account_id").items():
            open_sum = sum(items.mapped("amount_residual_currency"))
            found.append(Counterpart(account, open_sum, items))
        found += [
            Counterpart(
                item.account_id, min(parts[item], item.amount_residual_currency), item
            )
            for item in debts
            if item in parts
        ]
        return self._fit_ar_counterparts(found, amount, currency)

    @api.model
    def _fit_ar_counterparts(self, found, amount, currency):
        """Cut the counterparts to what was paid; what is too much stays with the first."""
        fitting, left = [], amount
        for part in found:
            share = currency.round(min(part.amount, left))
            if share > 0:
                fitting.append(part._replace(amount=share))
                left = currency.round(left - share)
        if fitting and left:
            fitting[0] = fitting[0]._replace(
                amount=currency.round(fitting[0].amount + left)
            )
        return fitting

    def _prepare_ar_payment_vals(self, parts, invoices):
        """Values of the payment. The first counterpart is core's own line."""
        company = self.company_id
        today = company._ar_today()
        vals = {"date": today, "invoice_ids": [Command.set(invoices.ids)]}
        if parts:
            vals["destination_account_id"] = parts[0].account.id
        if len(parts) > 1:
            vals["write_off_line_vals"] = [
                {
                    "name": self.reference,
                    "account_id": part.account.id,
                    "partner_id": self.partner_id.commercial_partner_id.id,
                    "currency_id": self.currency_id.id,
                    "amount_currency": -part.amount,
                    "balance": -self.currency_id._convert(
                        part.amount, company.currency_id, company, today
                    ),
                    "date_maturity": today,
                }
                for part in parts[1:]
            ]
        return vals

    def _settle_ar_items(self, payment, parts):
        """Reconcile each counterpart with its items, the oldest first (as core does).

        Without an outstanding account the payment has no entry; the bank statement then
        settles the items.
        """
        lines = payment.move_id.line_ids.sorted("id").filtered(
            lambda ln: ln.account_type == "asset_receivable"
        )
        for line, part in zip(lines, parts, strict=False):
            items = part.items.filtered(lambda ln: not ln.reconciled)
            (line + items).filtered(
                lambda ln, part=part: ln.account_id == part.account
            ).reconcile()

    # === BUSINESS METHODS - LOGGING === #

    def _log_message_on_linked_documents(self, message):
        # EXTENDS 'account_payment': the collector reads it on the debtor
        result = super()._log_message_on_linked_documents(message)
        debtor = self.ar_debtor_id or self.source_transaction_id.ar_debtor_id
        if debtor:
            by_system = self.env.uid == SUPERUSER_ID or self.env.context.get(
                "payment_backend_action"
            )
            author = self.env.user.partner_id if by_system else self.partner_id
            debtor.message_post(body=message, author_id=author.id)
        return result
