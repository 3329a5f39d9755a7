from odoo import api, fields, models
from odoo.exceptions import AccessError


class ArPause(models.Model):
    """What is being paid online is not dunned meanwhile."""

    _inherit = "ar.pause"

    transaction_id = fields.Many2one(
        "payment.transaction",
        "Online payment",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups="base.group_system",
    )

    @api.model
    def _get_pause_reasons(self):
        # EXTENDS 'ar_collections'
        return [
            *super()._get_pause_reasons(),
            ("payment", self.env._("Online payment")),
        ]

    @api.model_create_multi
    def create(self, vals_list):
        # a pause of a payment is told of by the payment: nobody hides another one so
        if not self.env.su and any("transaction_id" in vals for vals in vals_list):
            raise AccessError(
                self.env._("Only an online payment pauses what it pays by itself.")
            )
        return super().create(vals_list)

    def _log_on_debtors(self, texts):
        # EXTENDS 'ar_collections': the payment writes in the chatter itself
        by_hand = self._get_by_hand()
        return super()._log_on_debtors(
            {p: text for p, text in texts.items() if p in by_hand}
        )

    def _log_deviation(self, kind):
        # EXTENDS 'ar_collections': a customer who pays is no deviation
        return super(ArPause, self._get_by_hand())._log_deviation(kind)

    def _get_by_hand(self):
        # sudo: whether a payment made it, whoever ends it
        return self.sudo().filtered(lambda p: not p.transaction_id).sudo(self.env.su)
