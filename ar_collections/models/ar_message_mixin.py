from odoo import models
from odoo.exceptions import UserError


class ArMessageMixin(models.AbstractModel):
    """What is sent to a customer in batches: by whom, and so that a clash loses nothing."""

    _name = "ar.message.mixin"
    _inherit = ["ar.retry.mixin"]
    _description = "Message to a Customer"

    def _deliver_safely(self):
        """Deliver a batch; on a clash with another transaction, start it afresh."""
        self._retry(self._deliver, f"Delivery ({self._name})")

    def _get_sender(self):
        """From whom a message comes: the debtor's collector, else the company.

        :return: name and address, as e-mail headers have them
        :raise UserError: if there is no address to write from
        """
        self.ensure_one()
        collector = self.user_id.filtered("active")
        sender = collector.email_formatted or self.company_id.email_formatted
        if not sender:
            raise UserError(
                self.env._(
                    "Company %(company)s has no e-mail address to write from. Enter it "
                    "on the company, then try again.",
                    company=self.company_id.name,
                )
            )
        return sender
