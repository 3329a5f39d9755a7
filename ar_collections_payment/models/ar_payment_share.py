from odoo import fields, models
from odoo.tools import SQL


class ArPaymentShare(models.Model):
    """What of an open item an online payment pays; negative: a credit that it uses."""

    _name = "ar.payment.share"
    _description = "Share of an Online Payment"
    _order = "transaction_id, id"
    _rec_name = "move_line_id"

    transaction_id = fields.Many2one(
        "payment.transaction", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="transaction_id.company_id")
    # an invoice that is set to draft may lose its items: the payment is then unapplied
    move_line_id = fields.Many2one(
        "account.move.line", "Item", required=True, index=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="transaction_id.currency_id")
    amount = fields.Monetary(required=True)
    is_part = fields.Boolean(
        help="Only a part of the item is claimed; the rest stays open."
    )

    # === BUSINESS METHODS === #

    def _get_under_way_sql(self):
        """What of each item is paid by payments that are not in the books yet.

        Columns: ``move_line_id``, ``amount``, negative for credits. A transfer that the
        customer only announced is not under way.

        :rtype: SQL
        """
        self.env["payment.transaction"].flush_model()
        self.env["account.payment"].flush_model(["move_id", "state"])
        self.flush_model()
        return SQL(UNDER_WAY_SQL)


# A payment with manual capture is booked by its children. One that is booked and has no
# payment any more was deleted there: it pays nothing.
UNDER_WAY_SQL = """
    SELECT share.move_line_id, SUM(share.amount) AS amount
      FROM ar_payment_share share
      JOIN payment_transaction tx ON tx.id = share.transaction_id
      JOIN payment_provider provider ON provider.id = tx.provider_id
 LEFT JOIN account_payment payment ON payment.id = tx.payment_id
     WHERE (tx.state IN ('pending', 'authorized')
            AND provider.code NOT IN ('none', 'custom'))
        OR (tx.state = 'done' AND payment.move_id IS NULL
            AND (payment.state = 'in_process'
                 OR payment.id IS NULL AND (
                    tx.is_post_processed IS NOT TRUE
                    OR EXISTS (SELECT FROM payment_transaction child
                                WHERE child.source_transaction_id = tx.id
                                  AND child.state = 'done'
                                  AND child.is_post_processed IS NOT TRUE)))
            AND NOT EXISTS (SELECT FROM payment_transaction child
                             WHERE child.source_transaction_id = tx.id
                               AND child.payment_id IS NOT NULL))
  GROUP BY share.move_line_id
"""
