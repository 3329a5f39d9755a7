import base64
import logging
from typing import NamedTuple

from werkzeug.exceptions import HTTPException

from odoo import api, fields, models
from odoo.tools.image import image_data_uri
from odoo.tools.misc import hash_sign, verify_hash_signed

from odoo.addons.ar_collections.tools.qr_code import draw_qr

_logger = logging.getLogger(__name__)

LINK_SCOPE = "ar_collections_payment.link"
ORDER_SCOPE = "ar_collections_payment.order"
# What a link may be about: one letter in the key, to keep the QR code coarse.
MODELS = {"d": "ar.debtor", "n": "ar.dunning.notice"}
LETTERS = {model: letter for letter, model in MODELS.items()}
# A page to pay that was left open for longer has to be opened afresh.
ORDER_HOURS = 12


class Link(NamedTuple):
    """What a genuine key stands for; records with full rights."""

    debtor: models.Model
    notice: models.Model
    is_valid: bool

    @property
    def partners(self):
        """The customers whose items it shows: the debtor, and whose the notice names.

        A head office may get one letter with its branches.
        """
        named = self.notice.line_ids.move_line_id.partner_id.commercial_partner_id
        return self.debtor.partner_id | named

    @property
    def lines(self):
        """What the notice was about; nothing, if there is none."""
        return self.notice.line_ids.move_line_id


class ArClaimLink(models.AbstractModel):
    """Keys to the page on which a customer sees and pays what is owed.

    A key names a notice or a debtor and its last day, and is signed with the database's
    secret; nothing is stored. Each debtor has a number that goes into its keys, so that
    all of them can be made invalid at once.
    """

    _name = "ar.claim.link"
    _description = "Links to What a Customer Owes"

    # === BUSINESS METHODS === #

    @api.model
    def _make_key(self, record, last_day):
        """The key to what the debtor of ``record`` owes, for use up to ``last_day``.

        :param record: a debtor, or the notice that the link stands in
        :param date last_day: in the company's time zone
        :rtype: str
        """
        debtor = record if record._name == "ar.debtor" else record.debtor_id
        # sudo: the secret and the number of the keys, for whoever sends
        return hash_sign(
            self.sudo().env,
            LINK_SCOPE,
            [
                LETTERS[record._name],
                record.id,
                debtor.sudo().link_number,
                last_day.toordinal(),
            ],
        )

    @api.model
    def _get_url(self, record, last_day):
        """The address that opens the page in the customer's language."""
        return f"{record.get_base_url()}/pay/{self._make_key(record, last_day)}"

    @api.model
    def _read_key(self, key):
        """What a key opens.

        :return: None if it is not one of ours, or what it was for is gone. One that has
            expired or was made invalid tells whom it was for, but is not valid.
        :rtype: Link | None
        """
        values = self._verify(LINK_SCOPE, key)
        if not values:
            return None
        letter, record_id, number, last_day = values
        # sudo: the signature stands for the rights; whoever has the key sees the claim
        record = self.sudo().env[MODELS[letter]].browse(record_id).exists()
        if not record:
            return None
        notice = record if letter == "n" else record.notice_ids.browse()
        debtor = notice.debtor_id or record
        today = debtor.company_id._ar_today().toordinal()
        return Link(debtor, notice, number == debtor.link_number and today <= last_day)

    @api.model
    def _sign_order(self, order):
        """Sign what is about to be paid, so that nobody changes it on the way.

        :param dict order: plain values
        :rtype: str
        """
        # sudo: the secret of the database
        return hash_sign(
            self.sudo().env, ORDER_SCOPE, order, expiration_hours=ORDER_HOURS
        )

    @api.model
    def _read_order(self, text):
        """What was signed by `_sign_order`, None if it was not or is too old."""
        return self._verify(ORDER_SCOPE, text)

    @api.model
    def _verify(self, scope, text):
        try:
            # sudo: the secret of the database; the comparison takes constant time
            return verify_hash_signed(self.sudo().env, scope, text or "")
        except ValueError:
            # no base64, no text, another version: nothing that we have made
            return None

    @api.model
    def _get_last_day(self, company, date):
        """The last day of a link that is made on ``date``."""
        # sudo: how long links hold, whoever sends
        return fields.Date.add(date, days=company.sudo().ar_link_days)

    @api.model
    def _get_bank_qr(self, account, amount, currency, reference, partner):
        """A code for banking apps: account, amount and reference, as a data URI.

        :param str reference: what the payment is recognised by
        :return: None if account, currency or amount allow none
        :rtype: str | None
        """
        if not account or currency.compare_amounts(amount, 0) <= 0:
            return None
        try:
            # sudo: the company's own account, which the message names anyway
            return account.sudo().build_qr_code_base64(
                currency.round(amount), reference, "", currency, partner
            )
        except HTTPException:
            _logger.warning("No QR codes: reportlab cannot draw on this server")
            return None

    @api.model
    def _has_bank_qr(self, account, amount, currency, reference, partner):
        """Whether `_get_bank_qr` would draw one; many e-mails ask, and draw none."""
        if not account or currency.compare_amounts(amount, 0) <= 0:
            return False
        # sudo: as above
        return bool(
            account.sudo()._build_qr_code_vals(
                currency.round(amount), reference, "", currency, partner
            )
        )

    @api.model
    def _get_link_qr(self, url):
        """A code of an address, as a data URI.

        :return: None if the address is too long for one; no letter fails for that
        :rtype: str | None
        """
        try:
            image = draw_qr(url)
        except ValueError as error:
            _logger.warning("No QR code of the page to pay: %s", error)
            return None
        return image_data_uri(base64.b64encode(image))
