import logging
import re

import psycopg2
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import formatLang

_logger = logging.getLogger(__name__)

# Small enough that a person sees the run move, PDFs and all; large enough to share the
# queries. A run of a few notices moves by a tenth at a time.
BATCH = 5
STEPS = 10
# Opens an invoice without a password, in the customer's language.
TOKEN = re.compile(r"[?&](?:amp;)?access_token=[\w-]+(?:&(?:amp;)?ar_lang=\w+)?")
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

    def _run_actions(self):
        """Run the level's server actions, once for each notice, however often sent."""
        todo = self.filtered(lambda n: not n.is_acted)
        todo.is_acted = True
        for notice in todo:
            # sudo: a collector sends, the credit manager has chosen the actions
            for action in notice.level_id.sudo().action_ids:
                if action.model_id.model != self._name:
                    continue
                # sudo: what a level does is decided by its policy, not by the sender
                action.sudo().with_context(
                    active_model=notice._name,
                    active_id=notice.id,
                    active_ids=notice.ids,
                ).run()

    def _plan_call(self):
        """Plan a call on the debtor for its collector; a shipped server action."""
        for notice in self:
            debtor = notice.debtor_id
            user = notice._get_responsible()
            debtor.activity_schedule(
                "ar_collections.mail_activity_type_collection_call",
                date_deadline=notice.date_deadline,
                summary=notice._get_call_summary(),
                note=debtor.totals,
                user_id=user.id,
            )

    def _get_responsible(self):
        """Who takes the next step: the collector, else whoever sent the run.

        Nobody who left, and no robot.
        """
        self.ensure_one()
        robot = self.env.ref("base.user_root")
        near = (
            self.debtor_id.user_id,
            self.run_id.confirm_user_id,
            self.run_id.user_id,
        )
        for user in near:
            if user.active and user != robot and not user.share:
                return user
        # sudo: users of other companies are looked at, not shown
        manager = self.env.ref("ar_collections.ar_collections_group_manager").sudo()
        managers = manager.all_user_ids.sorted("id").filtered(
            lambda u: self.company_id in u.company_ids and u != robot and not u.share
        )
        return managers[:1] or self.env.user

    def _undo_actions(self):
        """Take back what the levels' actions did, as far as it can be taken back.

        Calls that were planned and not made yet are withdrawn. Extensions whose actions
        can be undone do so here.
        """
        call = self.env.ref("ar_collections.mail_activity_type_collection_call")
        planned = {
            (n.debtor_id.id, n.date_deadline, n._get_call_summary()) for n in self
        }
        self.debtor_id.activity_ids.filtered(
            lambda a: (
                a.activity_type_id == call
                and (a.res_id, a.date_deadline, a.summary) in planned
            )
        ).unlink()

    def _get_call_summary(self):
        return self.env._(
            "%(level)s: %(amount)s open",
            level=self.level_id.name,
            amount=formatLang(self.env, self.amount_due, currency_obj=self.currency_id),
        )

    # === CHANNELS === #

    def _deliver_none(self):
        """The level only runs its actions."""

    def _deliver_email(self):
        """Queue one e-mail per notice, kept on notice, debtor and customer."""
        messages = self._render_messages()
        copies = self._get_copies()
        replies = self.debtor_id._notify_get_reply_to_batch()
        vals_list = []
        for notice in self:
            notice.subject = messages[notice.id]["subject"]
            notice.body = messages[notice.id]["body"]
            # sudo: attachments of a message the collector sends in the company's name
            notice.attachment_ids = (
                self.env["ir.attachment"].sudo().create(notice._get_attachments())
            )
            vals = notice._prepare_mail_vals()
            vals_list.append(notice._address(vals, copies[notice.id], replies))
        # sudo: the mail queue belongs to the system
        mails = self.env["mail.mail"].sudo().create(vals_list)
        for notice, mail in zip(self, mails, strict=True):
            notice.mail_message_id = mail.mail_message_id
        self._log_on_customers()
        # sudo: as above; the queue runs after this transaction is committed
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    def _deliver_letter(self):
        """Make the PDF to print; the words are the same as in the e-mail."""
        messages = self._render_messages()
        for notice in self:
            notice.subject = messages[notice.id]["subject"]
            notice.body = messages[notice.id]["body"]
            notice.attachment_ids = (
                self.env["ir.attachment"]
                .sudo()  # as for e-mails
                .create(
                    [notice._get_letter_attachment(), *notice._get_ubl_attachments()]
                )
            )
        self._log_on_customers()

    def _prepare_mail_vals(self):
        """Values of the `mail.mail` of one notice. Extensions may add to them."""
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
        lang = self.partner_id.lang or self.env.lang
        html = self.env["ir.qweb"]._render(
            "ar_collections.notice_mail_layout",
            {"notice": self.with_context(lang=lang), "body": self.body},
            lang=lang,
        )
        return {
            "subject": self.subject,
            "body": html,
            "body_html": html,
            "email_from": sender,
            # in the chatter, too, it is from whom the customer sees, not from a robot
            "author_id": self._get_contact().id,
            "reply_to": sender,
            "recipient_ids": [fields.Command.link(self.partner_id.id)],
            "attachment_ids": [fields.Command.set(self.attachment_ids.ids)],
            "model": "ar.debtor",
            "res_id": self.debtor_id.id,
            "record_name": self.debtor_id.name,
            "auto_delete": False,
        }

    def _address(self, vals, copies, replies):
        """Add copies, and where replies go: to the debtor's chatter if that can be.

        :param copies: formatted addresses
        :param replies: {debtor id: reply address of the company's mail domain}
        """
        reply_to = replies.get(self.debtor_id.id)
        if reply_to:
            vals["reply_to"] = reply_to
        if copies:
            # one message that shows all who get it
            vals["email_to"] = self.partner_id.email_formatted
            vals["email_cc"] = ", ".join(copies)
            vals["recipient_ids"] = [fields.Command.clear()]
        return vals

    def _log_on_customers(self):
        """Keep the text in the chatter of the customer, too.

        Everybody who sees the customer reads it there: links to pay are taken out, and
        where others may see the customer than those of this company, only the level is
        told.
        """
        note = self.env.ref("mail.mt_note")
        # sudo: whether there is another company does not depend on who sends
        several = (
            self.env["res.company"]
            .sudo()
            .search_count([("parent_id", "=", False)], limit=2)
        )
        vals_list = [
            {
                "model": "res.partner",
                "res_id": notice.debtor_id.partner_id.id,
                "record_name": notice.debtor_id.name,
                "subject": notice.subject,
                "body": notice._get_customer_note(several > 1),
                # shown with its subject, and nobody's own words to edit
                "message_type": "auto_comment",
                "subtype_id": note.id,
                "author_id": notice._get_contact().id,
                "email_from": notice.company_id.email_formatted or False,
                "reply_to": False,
            }
            for notice in self
        ]
        # sudo: a note in the customer's chatter, whatever the sender may edit there
        self.env["mail.message"].sudo().create(vals_list)

    def _get_customer_note(self, is_shared):
        self.ensure_one()
        # sudo: whose customer it is, whoever sends
        owner = self.debtor_id.partner_id.sudo().company_id.root_id
        if is_shared and owner != self.company_id.root_id:
            return self.env._(
                "%(company)s: %(level)s sent, %(notice)s.",
                company=self.company_id.name,
                level=self.level_id.name,
                notice=self.name,
            )
        return Markup(TOKEN.sub("", self.body or ""))  # noqa: S704, the text as sent
