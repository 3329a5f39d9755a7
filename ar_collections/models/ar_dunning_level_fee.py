from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.late_fees import Tier, get_tier_amount
from .ar_reference_rate import exact


class ArDunningLevelFee(models.Model):
    """What a letter of a level costs who gets it, from an amount of the claim on."""

    _name = "ar.dunning.level.fee"
    _description = "Fee of a Dunning Level"
    _order = "level_id, currency_id, amount_from"

    level_id = fields.Many2one(
        "ar.dunning.level", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="level_id.company_id")
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
        help="Claims in other currencies bear no fee, unless they have a row, too.",
    )
    amount_from = fields.Monetary("Claims from")
    amount = fields.Monetary("Fee")
    percent = fields.Float("% of the claim", digits=(16, 4))
    amount_max = fields.Monetary("At most", help="0: no limit.")

    _tier_uniq = models.Constraint(
        "UNIQUE(level_id, currency_id, amount_from)",
        "A level has one fee from an amount on in each currency.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("amount_from", "amount", "percent", "amount_max")
    def _check_not_negative(self):
        for fee in self:
            if min(fee.amount_from, fee.amount, fee.percent, fee.amount_max) < 0:
                raise ValidationError(
                    self.env._(
                        "The fee of level “%(level)s” may not be negative.",
                        level=fee.level_id.name,
                    )
                )

    # === BUSINESS METHODS === #

    def _get_amount(self, claim, currency):
        """What these fees come to for a claim in a currency; nothing if none is set.

        :param Decimal claim: what the letter claims
        :rtype: Decimal
        """
        unit = exact(currency.rounding)
        mine = self.filtered(lambda fee: fee.currency_id == currency)
        row = mine.filtered(lambda fee: exact(fee.amount_from) <= claim)
        row = row.sorted("amount_from")[-1:]
        if not row or claim <= 0:
            return Decimal(0)
        tier = Tier(exact(row.amount_from), exact(row.amount), exact(row.percent))
        amount = get_tier_amount((tier,), claim, unit)
        return min(amount, exact(row.amount_max)) if row.amount_max else amount
