from datetime import timedelta

from odoo import Command, fields, models
from odoo.exceptions import UserError

from odoo.addons.sms.tools.sms_tools import sms_content_to_rendered_html

from ..tools.sms_size import measure, simplify

# As long as a link to an invoice: what the level's form shows as an example.
KEY = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
SAMPLE_PATH = f"/my/invoices/12345?access_token={KEY}&ar_lang=en_US"


class ArDunningNotice(models.Model):
    """The channel SMS: words, and the SMS that is queued for the provider."""

    _inherit = "ar.dunning.notice"

    sms_size = fields.Char("Size", compute="_compute_sms_size")

    # === COMPUTE METHODS === #

    def _compute_preview(self):
        # EXTENDS 'ar_collections': as it looks on a phone
        by_sms = self.filtered(lambda n: n.channel == "sms")
        result = super(ArDunningNotice, self - by_sms)._compute_preview()
        for notice in by_sms:
            notice.preview = self.env["ir.qweb"]._render(
                "ar_collections_sms.notice_preview",
                {"notice": notice, **notice._get_message()},
            )
        return result

    def _compute_sms_size(self):
        by_sms = self.filtered(lambda n: n.channel == "sms")
        (self - by_sms).sms_size = False
        texts = by_sms._render_sms()
        for notice in by_sms:
            characters, parts, is_unicode = measure(texts.get(notice.id, ""))
            notice.sms_size = self.env._(
                "%(characters)s characters, %(parts)s SMS%(unicode)s",
                characters=characters,
                parts=parts,
                unicode=is_unicode and self.env._(" (in Unicode)") or "",
            )

    # === BUSINESS METHODS === #

    def _render_messages(self):
        # EXTENDS 'ar_collections': the number is the subject, so that it is sealed, too
        by_sms = self.filtered(lambda n: n.channel == "sms")
        messages = super(ArDunningNotice, self - by_sms)._render_messages()
        for notice_id, text in by_sms._render_sms().items():
            number = self.browse(notice_id)._get_sms_number()
            messages[notice_id] = {
                "subject": f"SMS {number or '–'}",
                "body": sms_content_to_rendered_html(text),
                "text": text,
            }
        return messages

    def _render_sms(self):
        """The exact text of each notice's SMS in its recipient's language.

        :rtype: dict[int, str]
        """
        texts = {}
        groups = self.grouped(lambda n: n.level_id._get_sms_template(n.payer_profile))
        for template, notices in groups.items():
            if not template:
                continue
            # the words are the company's; a collector need not be an administrator
            rendered = template._render_field("body", notices.ids, compute_lang=True)
            for notice in notices:
                texts[notice.id] = simplify(rendered[notice.id].strip())
        return texts

    def _get_sms_number(self):
        """The recipient's number in international format: mobile, else phone."""
        self.ensure_one()
        # sudo: the contact as the decision read it
        return self.partner_id.sudo().phone_sanitized

    def _get_sms_link(self, pattern="%s"):
        """Where the customer pays, put into ``pattern``; empty if there is no page.

        The whole claim if payments are taken for it, else the invoice if it is one.
        """
        url = self._get_sms_url()
        return pattern % url if url else ""

    def _get_sms_url(self):
        self.ensure_one()
        if not self._origin:
            return (self.company_id or self.env.company).get_base_url() + SAMPLE_PATH
        if url := self._get_payment_url():
            return url
        claimed = self.line_ids.filtered(lambda ln: ln.amount_residual > 0)
        url = self._get_portal_url(claimed) if len(claimed) == 1 else False
        if url and self.state != "sent" and "access_token" not in url:
            # a preview writes no key, but it is as long as what will be sent
            lang = self.partner_id.lang
            url += f"?access_token={KEY}" + (f"&ar_lang={lang}" if lang else "")
        return url

    def _get_sms_date(self):
        """By when to pay: what comes on its due date, what is late by the deadline."""
        self.ensure_one()
        coming = [due for due in self.line_ids.mapped("date_due") if due >= self.date]
        if self.days_overdue <= 0 and coming:
            return min(coming)
        return self.date_deadline or self.date + timedelta(days=7)

    def _deliver_sms(self):
        """Queue one SMS per notice, kept on notice, debtor and customer."""
        messages = self._render_messages()
        for notice in self:
            if not notice._get_sms_number():
                raise UserError(
                    self.env._(
                        "%s has no valid phone number: complete the contact, then try "
                        "again.",
                        notice.partner_id.display_name,
                    )
                )
            notice.subject = messages[notice.id]["subject"]
            notice.body = messages[notice.id]["body"]
        # sudo: the debtor's chatter and the queue, whoever confirmed the run
        system = self.sudo()
        # looked up once: each time it is looked for in the database
        subtype = {"subtype_id": self.env.ref("mail.mt_note").id}
        posted = system.env["mail.message"].create(
            [{**subtype, **notice._prepare_sms_message_vals()} for notice in system]
        )
        queued = system.env["sms.sms"].create(
            [
                notice._prepare_sms_vals(message, messages[notice.id]["text"])
                for notice, message in zip(system, posted, strict=True)
            ]
        )
        system.env["mail.notification"].create(
            [self._prepare_sms_notification_vals(sms) for sms in queued]
        )
        for notice, message in zip(self, posted, strict=True):
            notice.mail_message_id = message
        self._log_on_customers(self._get_clean_words())

    def _prepare_sms_message_vals(self):
        """Values of the message in the debtor's chatter."""
        return {
            "model": "ar.debtor",
            "res_id": self.debtor_id.id,
            "record_name": self.debtor_id.name,
            "record_company_id": self.company_id.id,
            "subject": self.subject,
            "body": self.body,
            "message_type": "sms",
            "author_id": self.env.user.partner_id.id,
            "email_from": self.company_id.email_formatted or False,
            "reply_to": False,
        }

    def _prepare_sms_vals(self, message, text):
        """Values of the `sms.sms` of one notice. Extensions may add to them.

        :param message: its `mail.message`
        :param str text: the exact text
        """
        self.ensure_one()
        return {
            "number": self._get_sms_number(),
            "body": text,
            "partner_id": self.partner_id.id,
            "mail_message_id": message.id,
            "state": "outgoing",
        }

    def _prepare_sms_notification_vals(self, sms):
        """As core links an SMS to its message, so that delivery reports find it."""
        return {
            "author_id": sms.mail_message_id.author_id.id,
            "mail_message_id": sms.mail_message_id.id,
            "res_partner_id": sms.partner_id.id,
            "sms_number": sms.number,
            "notification_type": "sms",
            "sms_id_int": sms.id,
            "sms_tracker_ids": [Command.create({"sms_uuid": sms.uuid})],
            "is_read": True,
            "notification_status": "ready",
        }
