from odoo import api, fields, models
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

    # computed for a whole batch: letters are rendered many at once
    waiver_offer_ids = fields.Many2many(
        "ar.charge.waiver",
        string="Offers",
        compute="_compute_waiver_offer_ids",
        compute_sudo=True,
        groups="ar_collections.ar_collections_group_readonly",
    )

    # === COMPUTE METHODS === #

    @api.depends("debtor_id", "currency_id")
    def _compute_waiver_offer_ids(self):
        for company, notices in self.grouped("company_id").items():
            about = Domain("debtor_id", "in", notices.debtor_id.ids)
            offers = self.env["ar.charge.waiver"]._find_offers(company, about)
            found = offers.grouped(
                lambda offer: (offer.debtor_id, offer.charge_move_id.currency_id)
            )
            for notice in notices:
                key = (notice.debtor_id, notice.currency_id)
                notice.waiver_offer_ids = found.get(key, offers.browse())

    # === BUSINESS METHODS === #

    def _get_waiver_offers(self):
        """Offers that hold for the customer, in the currency of the notice."""
        # sudo: the customer's own, whoever sees the letter
        return self.sudo().waiver_offer_ids
