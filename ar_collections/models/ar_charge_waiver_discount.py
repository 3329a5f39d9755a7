from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_date

from .ar_reference_rate import exact


class ArChargeWaiver(models.Model):
    """An incentive to pay: a discount on an open invoice, if the rest is paid by a day.

    It goes the way of an offer to waive charges: the customer is told of it, the payment
    in time turns it into a credit note, a late one withdraws it.
    """

    _inherit = "ar.charge.waiver"

    is_discount = fields.Boolean(
        "Discount",
        readonly=True,
        help="Of the price of an invoice, not of charges on it.",
    )

    # === BUSINESS METHODS === #

    @api.model
    def _is_for_discount(self, move):
        """Whether giving something up of a document is a discount on its price."""
        # sudo: the mark is hidden from some who see the invoice
        return move.move_type == "out_invoice" and not move.sudo().is_late_charge

    @api.model
    def _prepare_waiver_vals(self, charge, amount, reason, note, pay_by):
        vals = super()._prepare_waiver_vals(charge, amount, reason, note, pay_by)
        if self._is_for_discount(charge):
            debtor = self.env["ar.debtor"]._get(
                charge.commercial_partner_id, charge.company_id.root_id
            )
            vals |= {"is_discount": True, "debtor_id": debtor.id}
        return vals

    @api.model
    def _check_document(self, charge, pay_by):
        if not self._is_for_discount(charge):
            return super()._check_document(charge, pay_by)
        if charge.state != "posted" or charge.currency_id.is_zero(
            charge.amount_residual
        ):
            raise UserError(self.env._("On %s nothing is open.", charge.display_name))
        if not pay_by:
            raise UserError(
                self.env._(
                    "A discount on %s is an offer: say by when the rest has to be paid. "
                    "For one without condition make a credit note.",
                    charge.display_name,
                )
            )

    @api.model
    def _get_waivable(self, charge):
        if not self._is_for_discount(charge):
            return super()._get_waivable(charge)
        # what was given is no longer open; what is offered is not offered twice
        offers = self.sudo().search(
            [
                ("charge_move_id", "=", charge.id),
                ("state", "in", ("to_approve", "offered")),
            ]
        )
        return charge.currency_id.round(
            charge.amount_residual - sum(offers.mapped("amount"))
        )

    def _get_open(self, day):
        if not self.is_discount:
            return super()._get_open(day)
        rest = self._get_open_of(self.charge_move_id, day) - exact(self.amount)
        return max(rest, Decimal(0))

    def _make_credit(self, today):
        if not self.is_discount:
            return super()._make_credit(today)
        # sudo: whoever runs this; who may give it was checked when it was approved
        credit = self.env["account.move"].with_company(self.company_id).sudo()
        credit = credit.create(self._prepare_discount_vals(today))
        credit.action_post()
        return credit

    def _get_given_text(self):
        if self.is_discount:
            return self.env._("Discount given")
        return super()._get_given_text()

    def _prepare_discount_vals(self, today):
        """Values of the credit note, with the invoice's taxes; extensions may add."""
        self.ensure_one()
        invoice = self.charge_move_id
        engine = self.env["ar.charge.engine"]
        lang = invoice.partner_id.lang or self.env.lang
        env = self.with_context(lang=lang).env
        text = env._(
            "Discount on %(document)s, paid by %(day)s",
            document=invoice.name,
            day=format_date(env, self.pay_by),
        )
        return {
            "move_type": "out_refund",
            "company_id": invoice.company_id.id,
            "journal_id": invoice.journal_id.id,
            "partner_id": invoice.partner_id.id,
            "currency_id": invoice.currency_id.id,
            "invoice_date": engine._get_open_day(
                invoice.company_id, invoice.journal_id, today
            ),
            "fiscal_position_id": invoice.fiscal_position_id.id,
            "invoice_payment_term_id": False,
            "reversed_entry_id": invoice.id,
            "ref": text,
            "invoice_line_ids": [
                Command.create(vals)
                for vals in self._prepare_discount_lines_vals(invoice, text)
            ],
        }

    def _prepare_discount_lines_vals(self, invoice, text):
        """The discount by the taxes and accounts of the invoice: core's own arithmetic."""
        taxes = self.env["account.tax"]
        base_lines, _tax_lines = invoice._get_rounded_base_and_tax_lines()
        lines = taxes._prepare_global_discount_lines(
            base_lines,
            invoice.company_id,
            "fixed",
            self.amount,
            computation_key=f"ar_discount,{self.id}",
            grouping_function=lambda line: {"account_id": line["account_id"]},
        )
        return [
            {
                "name": text,
                "quantity": 1.0,
                # a credit note says what it gives back, above zero
                "price_unit": -line["price_unit"],
                "account_id": line["account_id"].id,
                "tax_ids": [Command.set(line["tax_ids"].ids)],
            }
            for line in lines
        ]

    def _get_template(self):
        if self.is_discount:
            return self.env.ref(
                "ar_collections.mail_template_ar_discount", raise_if_not_found=False
            )
        return super()._get_template()
