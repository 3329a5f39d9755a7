import logging
import time

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import mute_logger

_logger = logging.getLogger(__name__)

# Seconds of a batch: short enough that a person sees the run move and can stop it.
SECONDS = 2
# With PDFs, which share the start of wkhtmltopdf.
PDF_SECONDS = 5
# Notices of the first batch, before it is known how long they take, and of the largest.
FIRST, MOST = 10, 200
# A run of a few notices moves by a tenth at a time.
STEPS = 10
# A batch that happened to be quick is no reason to hold ten times as many.
GROWTH = 3


def get_batch_size(size, limit, seconds, wanted):
    """How many notices the next batch takes, so that it takes the seconds wanted.

    >>> get_batch_size(10, 200, 0.5, 2)
    30
    >>> get_batch_size(100, 200, 4, 2)
    50
    >>> get_batch_size(2, 200, 60, 2)
    1
    >>> get_batch_size(150, 200, 1, 2)
    200
    """
    factor = min(wanted / max(seconds, 0.01), GROWTH)
    return max(min(int(size * factor), limit), 1)


class ArDunningNotice(models.Model):
    """Delivery: claim under lock, look again, send, run the level's actions.

    State and e-mail are written in one transaction, so a kill at any instant leaves
    either both or neither.
    """

    _inherit = "ar.dunning.notice"

    # === CRONS === #

    @api.model
    def _cron_deliver(self, batch_size=MOST):
        """Deliver queued notices; any number of workers may do so at once.

        :param batch_size: the most notices of a batch
        """
        queued = self._get_due_domain(fields.Datetime.now())
        commit = self.env["ir.cron"]._commit_progress
        waiting = self.search_count(queued)
        commit(remaining=waiting)
        limit = max(min(batch_size, waiting // STEPS), 1)
        size, last_id = min(FIRST, limit), 0
        while notices := self.search(
            queued & Domain("id", ">", last_id), limit=size, order="id"
        ):
            last_id = notices[-1].id
            runs = notices.run_id
            wanted = PDF_SECONDS if notices._need_pdfs() else SECONDS
            start = time.monotonic()
            notices._deliver_safely()
            # what was sent is safe before anything else can fail
            seconds_left = commit(len(notices))
            size = get_batch_size(size, limit, time.monotonic() - start, wanted)
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

    def _deliver(self):
        """Deliver those of the queued notices that nobody else holds.

        :return: the notices that were sent
        :rtype: recordset of `ar.dunning.notice`
        """
        # that another worker took one in this very moment is no error: it is tried again
        with mute_logger("odoo.sql_db"):
            mine = self.try_lock_for_update()
        mine = mine.filtered(lambda n: n.state == "queued")
        mine = mine._lock_items()
        ready = mine._look_again()._hold_back()
        mine.filtered(lambda n: n.state == "cancel")._refresh_debtors()
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
        """Send a batch at once; if that fails, by halves, so one stops no other."""
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
        half = len(self) // 2
        return self[:half]._send(channel) + self[half:]._send(channel)

    def _send_batch(self, channel):
        for company, notices in self.grouped("company_id").items():
            notices.date_sent = company._ar_today()
        for notice in self:
            notice.date_deadline = notice._get_deadline(notice.date_sent)
        self._update_state(("queued",), "sent")
        self._ensure_access_tokens()
        self._get_delivery(channel)()
        self._record_contacts()
        self._seal()
        self._run_actions()
        self.flush_recordset()
        self._refresh_debtors()
        return self

    def _refresh_debtors(self):
        """The worklist shows what comes next, for those whose notice is not to come, too."""
        for company, notices in self.grouped("company_id").items():
            # the letter of a head office moves the items of its branches, too
            offices = notices.filtered(lambda n: n.policy_id.grouping == "head_office")
            partners = notices.debtor_id.partner_id | offices.line_ids.branch_id
            self.env["ar.debtor"]._refresh(company, partners.ids)

    def _get_delivery(self, channel):
        deliver = getattr(self, f"_deliver_{channel}", None)
        if not deliver:
            raise UserError(
                self.env._(
                    "No installed addon sends notices by this channel (%s) any more. "
                    "Choose another one on the level, then try again.",
                    channel,
                )
            )
        return deliver

    def _set_problem(self, error):
        known = isinstance(error, UserError)
        if not known:
            _logger.exception("Notice %s could not be sent", self.id)
        self.env.invalidate_all()
        self._update_state(("queued",), "error")
        self.problem = str(error) if known else f"{type(error).__name__}: {error}"
