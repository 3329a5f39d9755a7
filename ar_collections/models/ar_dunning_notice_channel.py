import re

from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError

# Opens an invoice without a password, in the customer's language.
TOKEN = re.compile(r"[?&](?:amp;)?access_token=[\w-]+(?:&(?:amp;)?ar_lang=\w+)?")


class ArDunningNotice(models.Model):
    """Channels: the message that goes out, and where its text is kept."""

    _inherit = "ar.dunning.notice"

    # === BUSINESS METHODS === #

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
                "message_type": "notification",
                "subtype_id": note.id,
                "author_id": self.env.user.partner_id.id,
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
