from odoo import models

from .ar_contact_governor import ContactRequest


class ArStatement(models.Model):
    """Contact rules and wishes: what goes by itself waits until the customer may be written to.

    A person who sends a statement by hand was asked for it, as during a pause.
    """

    _inherit = "ar.statement"

    # === BUSINESS METHODS === #

    def _get_contact_requests(self):
        return [
            ContactRequest(s.id, s.debtor_id, s.partner_id, "email", [])
            for s in self.filtered("is_automatic")
        ]

    def _get_delivery_cron(self):
        return self.env.ref("ar_collections.ir_cron_ar_statement_deliver")

    def _refuse(self, reason):
        self._set_failed(reason)
