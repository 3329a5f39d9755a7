from odoo import models


class ArChargeWaiver(models.Model):
    """What customers and colleagues are told of a waiver."""

    _inherit = "ar.charge.waiver"

    # === BUSINESS METHODS === #

    def _tell_debtor(self, what):
        """Write into the customer's chatter what became of a waiver."""
        self.ensure_one()
        self.debtor_id._message_log(
            body=self.env._(
                "%(what)s: %(amount)s of %(document)s (%(reason)s)",
                what=what,
                amount=self.currency_id.format(self.amount),
                document=self.charge_move_id.name,
                reason=self.reason_id.name,
            )
        )

    def _get_template(self):
        """The words of an offer."""
        return self.env.ref(
            "ar_collections.mail_template_ar_charge_waiver", raise_if_not_found=False
        )

    def _tell_customer(self):
        """Send the offer: how much is waived if what is paid by when."""
        self.ensure_one()
        template = self._get_template()
        partner = self.charge_move_id.partner_id
        if template and partner.email_normalized:
            template.send_mail(self.id)
            self._tell_debtor(self.env._("Waiver offered"))
        else:
            # nobody would know of it, and the day would pass
            self._tell_debtor(
                self.env._(
                    "Waiver offered, but %s has no e-mail address: tell them another way",
                    partner.display_name,
                )
            )
