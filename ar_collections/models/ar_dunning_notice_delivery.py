import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

_logger = logging.getLogger(__name__)

# Small enough that a person sees the run move, PDFs and all; large enough to share the
# queries. A run of a few notices moves by a tenth at a time.
BATCH = 5
STEPS = 10
# A payment that is being registered holds its items for moments only.
ATTEMPTS = 5


class ArDunningNotice(models.Model):
    """Delivery: claim under lock, look again, send, run the level's actions.

    State and e-mail are written in one transaction, so a kill at any instant leaves
    either both or neither.
    """

    _inherit = "ar.dunning.notice"

    # === CRONS === #

    @api.model
    def _cron_deliver(self, batch_size=BATCH):
        """Deliver queued notices; any number of workers may do so at once."""
        queued = self._get_due_domain(fields.Datetime.now())
        commit = self.env["ir.cron"]._commit_progress
        waiting = self.search_count(queued)
        commit(remaining=waiting)
        batch_size = max(min(batch_size, waiting // STEPS), 1)
        last_id = 0
        while notices := self.search(
            queued & Domain("id", ">", last_id), limit=batch_size, order="id"
        ):
            last_id = notices[-1].id
            runs = notices.run_id
            notices._deliver_safely()
            # what was sent is safe before anything else can fail
            seconds_left = commit(len(notices))
            runs._close()
            # whoever wants to stop a run does not wait for the next batch
            commit()
            if not seconds_left:
                break
        confirmed = self.env["ar.dunning.run"].search([("state", "=", "confirmed")])
        if not confirmed._close():
            # another worker is closing it and may not have seen our last batch
            self._trigger_delivery()

    # === BUSINESS METHODS === #

    def _deliver_safely(self):
        """Deliver a batch; on a clash with another transaction, start it afresh."""
        for attempt in range(ATTEMPTS):
            try:
                self._deliver()
                self.env.flush_all()
                return
            except psycopg2.OperationalError:
                # serialisation failure: somebody paid in this very moment
                self.env.cr.rollback()
                _logger.info("Delivery met a concurrent change (try %s)", attempt + 1)
                self.env["ir.cron"]._commit_progress()

    def _deliver(self):
        """Deliver those of the queued notices that nobody else holds.

        :return: the notices that were sent
        :rtype: recordset of `ar.dunning.notice`
        """
        mine = self.try_lock_for_update().filtered(lambda n: n.state == "queued")
        mine = mine._lock_items()
        ready = mine._look_again()._hold_back()
        sent = self.browse()
        for key, notices in ready.grouped(lambda n: (n.company_id, n.channel)).items():
            company, channel = key
            sent += notices.with_company(company)._send(channel)
        return sent

    def _lock_items(self):
        """Lock the journal items against payments; leave out notices that wait.

        They stay queued and are taken again by the next round.
        """
        items = self.line_ids.move_line_id
        # allow_referencing: reconciling other items of the customer goes on
        free = items.try_lock_for_update(allow_referencing=True)
        free.invalidate_recordset(["amount_residual", "amount_residual_currency"])
        return self.filtered(lambda n: n.line_ids.move_line_id <= free)

    def _send(self, channel):
        """Send a batch at once; if that fails, one by one, so one stops no other."""
        try:
            with self.env.cr.savepoint():
                return self._send_batch(channel)
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            if len(self) == 1:
                self._set_problem(error)
                return self.browse()
            self.env.invalidate_all()
        sent = self.browse()
        for notice in self:
            sent += notice._send(channel)
        return sent

    def _send_batch(self, channel):
        for notice in self:
            notice.date_sent = notice.company_id._ar_today()
            notice.date_deadline = notice._get_deadline(notice.date_sent)
        self._update_state(("queued",), "sent")
        self._ensure_access_tokens()
        getattr(self, f"_deliver_{channel}")()
        self._record_contacts()
        for notice in self:
            # what led to it, as it was; levels change their names and days later
            notice.explanation_sent = notice._get_explanation()
        self._seal()
        self._run_actions()
        self.flush_recordset()
        self.env["ar.debtor"]._refresh(self.company_id, self.debtor_id.partner_id.ids)
        return self

    def _set_problem(self, error):
        known = isinstance(error, UserError)
        if not known:
            _logger.exception("Notice %s could not be sent", self.id)
        self.env.invalidate_all()
        self._update_state(("queued",), "error")
        self.problem = str(error) if known else f"{type(error).__name__}: {error}"
