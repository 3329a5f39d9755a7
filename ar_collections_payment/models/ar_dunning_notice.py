import re

from odoo import api, fields, models

# The key in the address of the customer's page, as `ar.claim.link` makes it.
KEY = re.compile(r"/pay/[\w-]{40,}(?:/qr)?")
# Layouts that leave the left free beside the address, whether or not something is there;
# in the others the address would move, out of the window of its envelope.
ROOMY = ("striped", "boxed", "bold", "standard")

# Millimetres from the top of the codes to the foot of the line below them.
CODES = 34


class ArDunningNotice(models.Model):
    """The link and the QR codes to pay the claim of a notice."""

    _inherit = "ar.dunning.notice"

    customer_url = fields.Char(
        "Customer page",
        compute="_compute_customer_url",
        groups="ar_collections.ar_collections_group_user",
        help="The link in the message. It opens without a password what the customer "
        "owes: give it to nobody else.",
    )

    # === COMPUTE METHODS === #

    @api.depends("date_sent", "debtor_id")
    def _compute_customer_url(self):
        for notice in self:
            notice.customer_url = notice._get_payment_url()

    # === ACTION METHODS === #

    def action_open_customer_page(self):
        """Open the page as the customer sees it."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": self.customer_url,
            "target": "new",
        }

    # === BUSINESS METHODS === #

    def _get_payment_url(self):
        # EXTENDS 'ar_collections'
        notice = self._origin
        if not notice:
            return super()._get_payment_url()
        links = self.env["ar.claim.link"]
        # from the day it was sent, so that a letter printed again has the same link
        sent = self.date_sent or self.company_id._ar_today()
        return links._get_url(notice, links._get_last_day(self.company_id, sent))

    @api.model
    def _remove_keys(self, html):
        # EXTENDS 'ar_collections'
        return KEY.sub("/my/owed", super()._remove_keys(html))

    def _get_link_qr(self):
        """The link as an image for a letter, as a data URI; None if that fails."""
        self.ensure_one()
        return self.env["ar.claim.link"]._get_link_qr(self._get_payment_url())

    def _get_bank_qr(self):
        """The claim as a code for banking apps, as a data URI.

        :return: None where bank account and currency know no such code
        :rtype: str | None
        """
        self.ensure_one()
        return self.env["ar.claim.link"]._get_bank_qr(*self._get_bank_qr_values())

    def _get_bank_qr_url(self):
        """Where an e-mail finds that image: mail readers show none that is part of it.

        :rtype: str | bool
        """
        self.ensure_one()
        if not self.env["ar.claim.link"]._has_bank_qr(*self._get_bank_qr_values()):
            return False
        return f"{self._get_payment_url()}/qr"

    def _get_beside_height(self):
        # EXTENDS 'ar_collections'
        height = super()._get_beside_height()
        return max(height, CODES) if self.amount_due > 0 else height

    def _has_room_for_codes(self):
        """Whether the company's letters have room beside the address."""
        self.ensure_one()
        # sudo: the layout is chosen for everybody who prints
        layout = self.company_id.sudo().external_report_layout_id
        return not layout or layout.key in {
            f"web.external_layout_{name}" for name in ROOMY
        }

    def _get_bank_qr_values(self):
        self.ensure_one()
        return (
            self._get_bank_account(),
            self.amount_due,
            self.currency_id,
            self.name,
            self.debtor_id.partner_id,
        )
