from odoo import models
from odoo.fields import Domain


class AccountMove(models.Model):
    _inherit = "account.move"

    # === BUSINESS METHODS === #

    def _get_ar_waiver_offers(self):
        """Offers that hold for a charge document, or for an invoice that it is about.

        :rtype: recordset of `ar.charge.waiver`
        """
        about = Domain("charge_move_id", "in", self.ids)
        about |= Domain("charge_move_id.charged_line_ids.move_id", "in", self.ids)
        # sudo: the offer was made to whoever may see the invoice
        return self.env["ar.charge.waiver"].sudo()._find_offers(self.company_id, about)


class ArDunningNotice(models.Model):
    _inherit = "ar.dunning.notice"

    # === BUSINESS METHODS === #

    def _get_waiver_offers(self):
        """Offers that hold for the customer, in the currency of the notice."""
        about = Domain("debtor_id", "=", self.debtor_id.id)
        about &= Domain("charge_move_id.currency_id", "=", self.currency_id.id)
        # sudo: the customer's own, whoever sees the letter
        return self.env["ar.charge.waiver"].sudo()._find_offers(self.company_id, about)
