import secrets

from odoo.exceptions import ValidationError
from odoo.http import request

from .portal import ClaimPortal

# More would be no choice that somebody made on a page.
MAX_ITEMS = 500


class ClaimChoice(ClaimPortal):
    """What somebody chose to pay: signed, and checked again before it is paid."""

    # === THE CHOICE === #

    @staticmethod
    def _cast_ids(values):
        return {int(v) for v in values[:MAX_ITEMS] if v.isascii() and v.isdecimal()}

    @staticmethod
    def _get_lines(items):
        lines = request.env["account.move.line"].sudo()
        return lines.browse(item.line.id for item in items)

    def _get_chosen(self, link, ids):
        """The section and the items of it that were chosen, as they are now.

        :return: (section, items); (None, []) if there is none, or of several sections
        """
        # sudo: the key stands for the rights on its customer's items, and only these
        # are found
        sections = request.env["ar.claim"].sudo()._get_sections(link)
        found = [
            (section, items)
            for section in sections
            if (
                items := [i for i in section.items if i.line.id in ids and i.is_payable]
            )
        ]
        if len(found) != 1:
            return None, []
        return found[0]

    def _make_order(self, link, section, items, amount, back):
        """What the page stands for, signed."""
        begun = request.env["payment.transaction"].sudo()  # only the last number
        last = begun.search(
            [("ar_debtor_id", "=", link.debtor.id)], order="id desc", limit=1
        )
        return request.env["ar.claim.link"]._sign_order(
            {
                "debtor": link.debtor.id,
                "items": {str(item.line.id): item.amount for item in items},
                "amount": amount,
                "page": secrets.token_hex(8),
                "last": last.id,
                "back": back,
            }
        )

    # === THE CHECKS === #

    def _check_order(self, link, order, amount):
        """Compare what was signed, and what the browser shows, with what is open now."""
        section, items = self._get_chosen(link, {int(i) for i in order["items"]})
        now = {str(item.line.id): item.amount for item in items}
        if (
            not section
            or now != order["items"]
            or section.currency.compare_amounts(section.sum(items), order["amount"])
            or not isinstance(amount, int | float)
            or section.currency.compare_amounts(amount, order["amount"])
            or order["amount"] <= 0
        ):
            raise ValidationError(self._get_stale_text())
        return section, items

    def _check_begun(self, items, order):
        """Refuse if another page has begun to pay any of these items meanwhile.

        What the page told of before, or what it began itself, is replaced.
        """
        # sudo: a customer's own payments
        begun = (
            request.env["payment.transaction"]
            .sudo()
            ._find_begun(self._get_lines(items))
        )
        others = begun.filtered(
            lambda tx: tx.id > (order["last"] or 0) and tx.ar_page != order["page"]
        )
        if others:
            raise ValidationError(
                request.env._(
                    "A payment of the same items was begun in another window. Finish it "
                    "there, or go back to the list and choose again."
                )
            )
        begun._supersede()

    @staticmethod
    def _get_stale_text():
        return request.env._(
            "Something has changed since this page was opened. Nothing was paid. Please "
            "go back to the list and choose again."
        )
