from functools import partial

from odoo import models
from odoo.exceptions import UserError


class ArMessageMixin(models.AbstractModel):
    """What is sent to a customer in batches: by whom, and so that a clash loses nothing."""

    _name = "ar.message.mixin"
    _inherit = ["ar.retry.mixin"]
    _description = "Message to a Customer"

    def _deliver_safely(self):
        """Deliver a batch; on a clash with another transaction, start it afresh.

        Whatever else fails fails for one of them: the others go, by halves, and it
        needs attention, or it would come first again each time.
        """
        what = f"Delivery ({self._name})"
        try:
            self._retry(self._deliver, what)
        except Exception as error:
            self.env.cr.rollback()
            if len(self) > 1:
                half = len(self) // 2
                self[:half]._deliver_safely()
                # what is delivered is safe before the other half can fail
                self.env["ir.cron"]._commit_progress()
                self[half:]._deliver_safely()
            else:
                self._retry(partial(self._give_up, error), what)

    def _give_up(self, error):
        """It cannot even be looked at: somebody has to."""
        mine = self.try_lock_for_update().filtered(lambda m: m.state == "queued")
        if mine:
            mine._set_problem(error)

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
