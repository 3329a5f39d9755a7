from odoo import models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def unlink(self):
        # the items of an invoice that is deleted; nothing of it is being paid any more
        # sudo: what is under way does not depend on who deletes
        shares = self.env["ar.payment.share"].sudo()
        transactions = shares.search([("move_line_id", "in", self.ids)]).transaction_id
        result = super().unlink()
        transactions.invalidate_recordset(["ar_share_ids"])
        transactions._update_ar_pauses()
        return result


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def unlink(self):
        # a payment that is deleted pays nothing: the ladder goes on
        # sudo: as above
        transactions = self.env["payment.transaction"].sudo()
        transactions = transactions.search([("payment_id", "in", self.ids)])
        result = super().unlink()
        transactions.invalidate_recordset(["payment_id"])
        transactions._update_ar_pauses()
        return result
