from odoo import models
from odoo.tools import SQL

from .ir_qweb import CompiledTexts


class ArDunningNotice(models.Model):
    """The words, tables and attachments of a notice."""

    _inherit = "ar.dunning.notice"

    # === BUSINESS METHODS === #

    def _render_messages(self):
        """Subject and body of each notice in its recipient's language.

        :return: {notice id: {"subject": str, "body": Markup}}
        :rtype: dict
        """
        messages = {}
        texts = self.grouped(lambda n: n.level_id._get_template(n.payer_profile))
        for template, notices in texts.items():
            if not template:
                continue
            # the words are the company's; a collector need not be a template editor
            template = template.with_context(ar_compiled=CompiledTexts())  # noqa: PLW2901
            subjects = template._render_field("subject", notices.ids, compute_lang=True)
            bodies = template._render_field(
                "body_html",
                notices.ids,
                compute_lang=True,
                options={"post_process": True},
            )
            for notice in notices:
                messages[notice.id] = {
                    "subject": subjects[notice.id],
                    "body": bodies[notice.id],
                }
        return messages

    def _get_message(self):
        """Subject and body: the very words sent, or those that would be sent."""
        self.ensure_one()
        if self.body:
            return {"subject": self.subject, "body": self.body}
        empty = {"subject": self.level_id.name, "body": ""}
        return self._render_messages().get(self.id, empty)

    def _is_for_another(self):
        """Whether the recipient does not belong to the debtor, whom the text must name."""
        self.ensure_one()
        # sudo: whose contact it is, also where the collector may not see it
        reader = self.partner_id.sudo().commercial_partner_id
        return reader != self.debtor_id.sudo().partner_id

    def _get_items_table(self):
        """HTML table of the claim, for mail templates and letters."""
        self.ensure_one()
        return self.env["ir.qweb"]._render(
            "ar_collections.notice_items_table", {"notice": self}
        )

    def _get_payment_block(self):
        """HTML with the ways to pay, for mail templates and letters."""
        self.ensure_one()
        return self.env["ir.qweb"]._render(
            "ar_collections.notice_payment_block", {"notice": self}
        )

    def _get_closing_block(self):
        """HTML with what happens next and when, and whom to ask."""
        self.ensure_one()
        return self.env["ir.qweb"]._render(
            "ar_collections.notice_closing_block", {"notice": self}
        )

    def _has_arrears(self):
        """Whether more is past its due date than the credits listed with it cover."""
        self.ensure_one()
        late = self.line_ids.filtered(
            lambda ln: ln.days_overdue > 0 or ln.amount_residual < 0
        )
        arrears = sum(late.mapped("amount_residual"))
        return self.currency_id.compare_amounts(arrears, 0) > 0

    def _get_bank_account(self):
        """The company's own bank account that the customer is asked to pay to."""
        return self.company_id._get_ar_bank_account(self.currency_id)

    def _get_payment_url(self):
        """Link to pay the whole claim; none here. Extensions that take payments give one.

        A key: `_remove_keys` must know it, too.

        :rtype: str | bool
        """
        self.ensure_one()
        return False

    def _get_portal_url(self, line):
        """Link on which the customer sees and pays one invoice without a password.

        A preview writes nothing: an invoice without access token gets one when the
        notice is sent.
        """
        # sudo: the access token is written on first use, whoever sends
        move = line.move_id.sudo()
        if not move.is_invoice(include_receipts=True):
            return False
        if self.state == "sent" or move.access_token:
            if not move.access_token:
                move = move.with_context(skip_is_manually_modified=True)
            # the page speaks the language of the letter (`controllers/portal.py`)
            lang = self.partner_id.lang
            query = f"&ar_lang={lang}" if lang else None
            return move.get_base_url() + move.get_portal_url(query_string=query)
        return move.get_base_url() + move.access_url

    def _ensure_access_tokens(self):
        """Give the invoices their tokens in one statement.

        Core writes them one by one through the whole recomputation of an invoice, 75 ms
        each; nothing depends on a token.
        """
        invoices = self.line_ids.move_id.filtered(
            lambda move: move.is_invoice(include_receipts=True)
        )
        invoices.flush_recordset(["access_token"])
        self.env.execute_query(
            SQL(
                """
                UPDATE account_move SET access_token = gen_random_uuid()::text
                 WHERE id = ANY(%s) AND access_token IS NULL
             RETURNING id
                """,
                invoices.ids,
            )
        )
        invoices.invalidate_recordset(["access_token"])

    def _get_contact(self):
        """Whom the customer may ask: the collector, else the company."""
        self.ensure_one()
        collector = self.user_id.filtered("active")
        return collector.partner_id or self.company_id.partner_id
