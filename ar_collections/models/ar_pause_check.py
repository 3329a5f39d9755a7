from odoo import api, models
from odoo.exceptions import UserError, ValidationError

# Whose money it is and of which company follows from the debtor, for good.
FIXED = ("debtor_id", "partner_id", "company_id", "is_for_items")


class ArPause(models.Model):
    """What can be paused, and what of a pause stays as it is."""

    _inherit = "ar.pause"

    # === CONSTRAINT METHODS === #

    @api.constrains("line_ids", "debtor_id")
    def _check_lines(self):
        for pause in self:
            strange = pause.line_ids.filtered(
                lambda ln, pause=pause: (
                    ln.partner_id.commercial_partner_id != pause.debtor_id.partner_id
                    or ln.account_type != "asset_receivable"
                    or ln.company_id.root_id != pause.company_id
                )
            )
            if strange:
                raise ValidationError(
                    self.env._(
                        "%(item)s is not an open item of %(debtor)s. Pause it from its "
                        "own customer.",
                        item=strange[0].display_name,
                        debtor=pause.debtor_id.display_name,
                    )
                )

    @api.constrains("reason")
    def _check_reason(self):
        if not all((pause.reason or "").strip() for pause in self):
            raise ValidationError(self.env._("Say why the customer is not reminded."))

    @api.constrains("amount", "line_ids")
    def _check_amount_is_open(self):
        for pause in self.filtered("is_for_items"):
            total = sum(pause.line_ids.mapped("amount_residual_currency"))
            if (
                pause.amount
                and pause.currency_id.compare_amounts(pause.amount, total) > 0
            ):
                raise ValidationError(
                    self.env._(
                        "Only %(open)s of these items is open: pause that much at most, "
                        "or leave the amount at zero to pause all of it.",
                        open=pause.currency_id.format(total),
                    )
                )

    @api.constrains("amount", "line_ids", "currency_id")
    def _check_currency(self):
        for pause in self:
            foreign = pause.line_ids.filtered(
                lambda ln, pause=pause: ln.currency_id != pause.currency_id
            )
            if pause.amount and foreign:
                raise ValidationError(
                    self.env._(
                        "The part to pause is in %(currency)s, but %(item)s is in "
                        "%(other)s. Make a pause for each currency.",
                        currency=pause.currency_id.name,
                        item=foreign[0].display_name,
                        other=foreign[0].currency_id.name,
                    )
                )

    # === BUSINESS METHODS === #

    def _check_fixed(self, vals):
        fixed = [name for name in FIXED if name in vals]
        for pause in self:
            for name in fixed:
                if (
                    self._fields[name].convert_to_write(pause[name], pause)
                    != vals[name]
                ):
                    raise UserError(
                        self.env._(
                            "A pause stays with its customer, company and items: end "
                            "the one of %(debtor)s and make another where it belongs.",
                            debtor=pause.debtor_id.display_name,
                        )
                    )

    def _check_still_for_items(self):
        """A pause of items never becomes one of all that the customer owes."""
        if not all(pause.is_for_items for pause in self):
            raise UserError(
                self.env._(
                    "This pause is for some items. End it and pause the customer, if "
                    "all that is owed shall wait."
                )
            )
