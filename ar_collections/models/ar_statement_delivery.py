import logging

import psycopg2
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from .ar_dunning_notice_channel import TOKEN

_logger = logging.getLogger(__name__)

# One run of wkhtmltopdf makes their PDFs; most of its time is spent on starting.
BATCH = 10


class ArStatement(models.Model):
    """Delivery: claim under lock, look again, take the figures, send.

    State and e-mail are written in one transaction, so a kill at any instant leaves
    either both or neither.
    """

    _inherit = "ar.statement"

    # === CRONS === #

    @api.model
    def _cron_deliver(self, batch_size=BATCH):
        """Deliver queued statements; any number of workers may do so at once."""
        queued = Domain("state", "=", "queued") & (
            Domain("date_not_before", "=", False)
            | Domain("date_not_before", "<=", fields.Datetime.now())
        )
        commit = self.env["ir.cron"]._commit_progress
        commit(remaining=self.search_count(queued))
        last_id = 0
        while statements := self.search(
            queued & Domain("id", ">", last_id), limit=batch_size, order="id"
        ):
            last_id = statements[-1].id
            statements._deliver_safely()
            if not commit(len(statements)):
                break

    # === BUSINESS METHODS === #

    @api.model
    def _trigger_delivery(self):
        # sudo: a collector starts the delivery without rights on scheduled actions
        self.env.ref("ar_collections.ir_cron_ar_statement_deliver").sudo()._trigger()

    def _deliver(self):
        """Deliver those of the queued statements that nobody else holds.

        :return: the statements that were sent
        :rtype: recordset of `ar.statement`
        """
        mine = self.try_lock_for_update().filtered(lambda s: s.state == "queued")
        ready = mine._look_again()._hold_back()
        sent = self.browse()
        for company, statements in ready.grouped("company_id").items():
            sent += statements.with_company(company)._send()
        return sent

    def _look_again(self):
        """Those that may go: somebody to write to, and no pause of a whole customer.

        A person who sends a statement by hand may send it during a pause. What may not
        go needs attention and says why.
        """
        recipients = self._get_recipients()
        pauses = self.filtered("is_automatic")._get_pauses()
        ready = self.browse()
        for statement in self:
            partner, has_email = recipients[statement.debtor_id.partner_id.id]
            statement.partner_id = partner
            pause = pauses.get(statement.debtor_id)
            if pause:
                statement._set_failed(statement._tell_pause(pause))
            elif not has_email:
                statement._set_failed(
                    self.env._(
                        "%(partner)s has no e-mail address that may be written to. "
                        "Enter one on the customer or its invoice contact and press "
                        "“Try again”, or print the statement.",
                        partner=partner.display_name,
                    )
                )
            elif statement.is_automatic and statement._is_letter_wished():
                statement._set_failed(
                    self.env._(
                        "Not sent: %s wishes letters. Print the statement, or press “Try "
                        "again” after a change of the wish.",
                        partner.display_name,
                    )
                )
            else:
                ready += statement
        return ready

    def _is_letter_wished(self):
        return self.partner_id._get_ar_wish()["channel"] == "letter"

    def _get_pauses(self):
        """The pause of each debtor that is paused as a whole, by one search."""
        pauses = self.env["ar.pause"].search(
            [
                ("debtor_id", "in", self.debtor_id.ids),
                ("is_for_items", "=", False),
            ]
        )
        running = pauses.filtered(lambda p: p.state == "running" and not p.amount)
        return {pause.debtor_id: pause for pause in running}

    def _tell_pause(self, pause):
        if pause.date_to:
            return self.env._(
                "Not sent: %(partner)s is paused until %(date)s (%(reason)s).",
                partner=self.debtor_id.name,
                date=format_date(self.env, pause.date_to),
                reason=pause.reason,
            )
        return self.env._(
            "Not sent: %(partner)s is paused (%(reason)s).",
            partner=self.debtor_id.name,
            reason=pause.reason,
        )

    def _send(self):
        """Send a batch at once; if that fails, one by one, so one stops no other."""
        try:
            with self.env.cr.savepoint():
                return self._send_batch()
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            self.env.invalidate_all()
            if len(self) == 1:
                self._set_problem(error)
                return self.browse()
        sent = self.browse()
        for statement in self:
            sent += statement._send()
        return sent

    def _send_batch(self):
        self._freeze()
        messages = self._render_messages()
        for statement in self:
            statement.date_sent = statement.company_id._ar_today()
            statement.subject = messages[statement.id]["subject"]
            statement.body = messages[statement.id]["body"]
        self._attach()
        # sudo: the mail queue belongs to the system
        mails = (
            self.env["mail.mail"]
            .sudo()
            .create([statement._prepare_mail_vals() for statement in self])
        )
        for statement, mail in zip(self, mails, strict=True):
            statement.mail_message_id = mail.mail_message_id
        self._update_state(("queued",), "sent")
        self._log_on_customers()
        # sudo: as above; the queue runs after this transaction is committed
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
        self.flush_recordset()
        return self

    def _prepare_mail_vals(self):
        """Values of the `mail.mail` of one statement. Extensions may add to them.

        :raise UserError: if there is no address to write from
        """
        self.ensure_one()
        sender = self._get_sender()
        html = self.env["ir.qweb"]._render(
            "ar_collections.notice_mail_layout",
            {"notice": self.with_context(lang=self.lang), "body": self.body},
            lang=self.lang,
        )
        return {
            "subject": self.subject,
            "body": html,
            "body_html": html,
            "email_from": sender,
            "reply_to": sender,
            "recipient_ids": [fields.Command.link(self.partner_id.id)],
            "attachment_ids": [fields.Command.set(self.attachment_ids.ids)],
            "model": "ar.debtor",
            "res_id": self.debtor_id.id,
            "record_name": self.debtor_id.name,
            "auto_delete": False,
        }

    def _log_on_customers(self):
        """Keep the text in the chatter of the customer, too, as notices do.

        Everybody who sees the customer reads it there: links to pay and the files stay
        with the debtor, and where several companies share the customer, only that a
        statement was sent is told.
        """
        note = self.env.ref("mail.mt_note")
        # sudo: whether there is another company does not depend on who sends
        companies = self.env["res.company"].sudo()
        several = companies.search_count([("parent_id", "=", False)], limit=2) > 1
        # sudo: a note in the customer's chatter, whatever the sender may edit there
        self.env["mail.message"].sudo().create(
            [
                {
                    "model": "res.partner",
                    "res_id": statement.debtor_id.partner_id.id,
                    "record_name": statement.debtor_id.name,
                    "subject": statement.subject,
                    "body": statement._get_customer_note(several),
                    "message_type": "notification",
                    "subtype_id": note.id,
                    "author_id": self.env.user.partner_id.id,
                    "email_from": statement.company_id.email_formatted or False,
                    "reply_to": False,
                }
                for statement in self
            ]
        )

    def _get_customer_note(self, is_shared):
        self.ensure_one()
        if is_shared and not self.debtor_id.partner_id.company_id:
            return self.env._(
                "%(company)s: statement of account sent, %(statement)s.",
                company=self.company_id.name,
                statement=self.name,
            )
        return Markup(TOKEN.sub("", self.body or ""))  # noqa: S704, the text as sent

    # === WHAT BECAME OF IT === #

    def _set_problem(self, error):
        known = isinstance(error, UserError)
        if not known:
            _logger.exception("Statement %s could not be sent", self.id)
        self._set_failed(str(error) if known else f"{type(error).__name__}: {error}")

    def _set_failed(self, reason):
        """It did not go, or the mail server gave it back: somebody must look at it."""
        self._update_state(("sent", "queued"), "error").problem = reason

    def _handle_bounce(self, email, reason):
        """The e-mail came back: the address is dead, and somebody is asked.

        :param str email: the address that could not be reached
        :param str reason: what the other mail server said
        """
        for statement in self.filtered(lambda s: s.state == "sent"):
            partner, debtor = statement.partner_id, statement.debtor_id
            if email and partner.email_normalized != email:
                continue
            partner.ar_bounced_email = partner.email_normalized
            statement._set_failed(
                self.env._(
                    "The e-mail to %(email)s came back: %(reason)s",
                    email=partner.email_normalized,
                    reason=reason or self.env._("no reason given"),
                )
            )
            user = debtor.user_id.filtered(lambda u: u.active and not u.share)
            debtor._plan_answer(
                self.env._("E-mail came back"),
                statement.problem,
                user or debtor._get_caretaker(),
            )

    def _set_arrived(self):
        """The mail server took the message after all."""
        failed = self.filtered(lambda s: s.state == "error")
        failed.write({"problem": False})
        failed._update_state(("error",), "sent")
