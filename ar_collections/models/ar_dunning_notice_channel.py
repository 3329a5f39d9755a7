import re

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL

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
        self._keep_words()
        self._attach_files()
        copies = self._get_copies()
        replies = self.debtor_id._notify_get_reply_to_batch()
        vals_list = [
            notice._address(notice._prepare_mail_vals(), copies[notice.id], replies)
            for notice in self
        ]
        clean = self._get_clean_words()
        mails = self._create_messages("mail.mail", vals_list, clean)
        for notice, mail in zip(self, mails, strict=True):
            notice.mail_message_id = mail.mail_message_id
        self._log_on_customers(clean)
        # sudo: the mail queue belongs to the system; it runs after this transaction is committed
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    def _deliver_letter(self):
        """Make the PDF to print; the words are the same as in the e-mail."""
        self._keep_words()
        self._attach_files()
        self._log_on_customers(self._get_clean_words())

    def _keep_words(self):
        messages = self._render_messages()
        for notice in self:
            notice.write(messages[notice.id])

    def _get_clean_words(self):
        """The words of these notices as a message keeps them, with and without tokens.

        Core sanitises the same words three times for each e-mail, a quarter of all that
        it costs.

        :return: {text: sanitised text}
        """
        field = self.env["mail.message"]._fields["body"]
        clean = {}
        for notice in self:
            words = str(notice.body or "")
            text = str(field.convert_to_column(words, self.env["mail.message"]) or "")
            clean |= {words: text, self._remove_keys(words): self._remove_keys(text)}
        return clean

    @api.model
    def _create_messages(self, model, vals_list, clean):
        """Create messages whose words are sanitised already.

        :param model: `mail.mail` or `mail.message`
        :param clean: {text: sanitised text}; core sees to texts that are not in it
        """
        texts = []
        for vals in vals_list:
            text = clean.get(str(vals["body"] or ""))
            # core makes attachments of pictures within a text
            texts.append(None if text and "data:image" in text else text)
            if texts[-1] is not None:
                vals["body"] = False
        # sudo: the mail queue belongs to the system; a note in the customer's chatter is
        # written whatever the sender may edit there
        records = self.env[model].sudo().create(vals_list)
        messages = records if model == "mail.message" else records.mail_message_id
        self._fill_texts(messages, texts)
        records.invalidate_recordset(["body"])
        return records

    @api.model
    def _fill_texts(self, messages, texts):
        """Write the bodies of messages in one statement; None: it has its body."""
        pairs = [
            (message.id, text)
            for message, text in zip(messages, texts, strict=True)
            if text is not None
        ]
        messages.flush_recordset(["body"])
        self.env.execute_query(
            SQL(
                """
                UPDATE mail_message m SET body = t.body
                  FROM unnest(%s::int[], %s::text[]) t (id, body)
                 WHERE m.id = t.id RETURNING m.id
                """,
                [message_id for message_id, _text in pairs],
                [text for _id, text in pairs],
            )
        )
        messages.invalidate_recordset(["body"])

    def _prepare_mail_vals(self):
        """Values of the `mail.mail` of one notice. Extensions may add to them."""
        self.ensure_one()
        sender = self._get_sender()
        lang = self.partner_id.lang or self.env.lang
        html = self.env["ir.qweb"]._render(
            "ar_collections.notice_mail_layout",
            {"notice": self.with_context(lang=lang), "body": self.body},
            lang=lang,
        )
        return {
            "subject": self.subject,
            # the chatter shows the words, the customer gets them in the layout
            "body": self.body,
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

    def _log_on_customers(self, clean):
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
        self._create_messages("mail.message", vals_list, clean)

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
        # the text as sent
        return Markup(self._remove_keys(self.body or ""))  # noqa: S704

    @api.model
    def _remove_keys(self, html):
        """A text without what opens a page without a password. Extensions add theirs.

        :param str html: the text of a notice
        :rtype: str
        """
        return TOKEN.sub("", html)
