import logging

import psycopg2

from odoo import models

_logger = logging.getLogger(__name__)

# A payment that is being registered holds its items for moments only.
ATTEMPTS = 5


class ArRetryMixin(models.AbstractModel):
    """For work of the night and of the delivery, which others' work may get into."""

    _name = "ar.retry.mixin"
    _description = "Starts Afresh After a Clash"

    def _retry(self, work, what):
        """Do something; on a clash with another transaction, start it afresh.

        :param work: function without arguments; what it wrote is gone after a clash
        :param str what: how the log calls it
        :return: whether it was done in the end
        """
        for attempt in range(ATTEMPTS):
            try:
                work()
                self.env.flush_all()
                return True
            except psycopg2.OperationalError:
                # serialisation failure: somebody posted or paid in this very moment
                self.env.cr.rollback()
                _logger.info("%s met a concurrent change (try %s)", what, attempt + 1)
                self.env["ir.cron"]._commit_progress()
        return False

    def _retry_for(self, company, work, what):
        """The same for one company of many: its trouble must not keep the others."""
        try:
            if not self._retry(work, what):
                _logger.error(
                    "%s of company %s gave up: too much traffic", what, company.id
                )
        except Exception:
            self.env.cr.rollback()
            _logger.exception("%s of company %s failed", what, company.id)
