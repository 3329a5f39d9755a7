from odoo import api, models
from odoo.tools import SQL, split_every

from .ar_dunning_engine_reach import EMAIL_SQL
from .ar_statement_xlsx import XLSX_TYPE, make_workbook
from .ir_actions_report import DOCUMENTS

REPORT = "ar_collections.action_report_ar_statement"

# As for notices: one with a usable address before one without; among these the invoice
# contact, or the customer itself where there are several.
RECIPIENTS_SQL = """
SELECT DISTINCT ON (partner_id) partner_id, recipient_id, has_email
  FROM (SELECT p.commercial_partner_id AS partner_id, p.id AS recipient_id,
               %(has_email)s AS has_email,
               COUNT(*) FILTER (WHERE p.id != p.commercial_partner_id)
                   OVER (PARTITION BY p.commercial_partner_id) AS contacts
          FROM res_partner p
         WHERE p.commercial_partner_id = ANY(%(customers)s)
           AND (p.id = p.commercial_partner_id OR (p.type = 'invoice' AND p.active))
       ) candidate
 ORDER BY partner_id, has_email DESC, (recipient_id = partner_id) = (contacts != 1) DESC,
          recipient_id
"""


class ArStatement(models.Model):
    """The words, tables and files of a statement, and to whom they go."""

    _inherit = "ar.statement"

    # === BUSINESS METHODS === #

    def _get_recipients(self):
        return self._find_recipients(self.debtor_id.partner_id.ids)

    @api.model
    def _find_recipients(self, partner_ids):
        """Who gets the statements of these customers, by one query.

        :param partner_ids: ids of customers
        :return: {customer's id: (recipient, whether it has a usable e-mail)}
        :rtype: dict
        """
        self.env["res.partner"].flush_model()
        self.env["mail.blacklist"].flush_model()
        # a customer may have become somebody's contact: its company gets it then
        customers = self.env["res.partner"].browse(partner_ids)
        rows = self.env.execute_query(
            SQL(
                RECIPIENTS_SQL,
                customers=customers.commercial_partner_id.ids,
                has_email=SQL(EMAIL_SQL),
            )
        )
        # shared prefetch: names and languages of all are read at once
        partners = self.env["res.partner"].browse(row[1] for row in rows)
        found = {
            row[0]: (partner, row[2])
            for row, partner in zip(rows, partners, strict=True)
        }
        return {
            customer.id: found[customer.commercial_partner_id.id]
            for customer in customers
        }

    def _render_messages(self):
        """Subject and body of each statement in its recipient's language.

        :return: {statement id: {"subject": str, "body": Markup}}
        :rtype: dict
        """
        # sudo: the words are the company's; a collector need not be a template editor
        template = self.env.ref("ar_collections.mail_template_ar_statement").sudo()
        subjects = template._render_field("subject", self.ids, compute_lang=True)
        bodies = template._render_field(
            "body_html", self.ids, compute_lang=True, options={"post_process": True}
        )
        return {
            statement.id: {
                "subject": subjects[statement.id],
                "body": bodies[statement.id],
            }
            for statement in self
        }

    def _get_balances_table(self):
        """HTML table of the balances, for the mail template."""
        self.ensure_one()
        return self.env["ir.qweb"]._render(
            "ar_collections.statement_balances_table", {"o": self}
        )

    def _get_contact(self):
        """Whom the customer may ask: the collector, else the company."""
        self.ensure_one()
        collector = self.user_id.filtered("active")
        return collector.partner_id or self.company_id.partner_id

    def _get_bank_account(self, currency):
        """The company's bank account to pay to, one in ``currency`` if there is any."""
        return self.company_id._get_ar_bank_account(currency)

    def _get_file_name(self, extension):
        return f"{self.name.replace('/', '-')}.{extension}"

    def _attach(self):
        """Make the files of these statements and keep them on them.

        :raise UserError: if a PDF cannot be made
        """
        pdfs = self.filtered("with_pdf")._render_pdfs()
        vals_list = []
        for statement in self:
            vals_list += statement._get_attachments(pdfs.get(statement.id))
        # sudo: attachments of a message the collector sends in the company's name
        attachments = self.env["ir.attachment"].sudo().create(vals_list)
        by_statement = attachments.grouped("res_id")
        for statement in self:
            statement.attachment_ids = by_statement.get(statement.id, False)

    def _get_attachments(self, pdf):
        """Attachments of one statement. Extensions may add to them.

        :param bytes pdf: its PDF, None if it goes without
        :return: values of `ir.attachment`
        :rtype: list[dict]
        """
        self.ensure_one()
        vals_list = []
        if pdf:
            vals_list.append(
                self._prepare_attachment_vals("pdf", pdf, "application/pdf")
            )
        if self.with_xlsx:
            vals_list.append(
                self._prepare_attachment_vals("xlsx", make_workbook(self), XLSX_TYPE)
            )
        return vals_list

    def _prepare_attachment_vals(self, extension, content, mimetype):
        return {
            "name": self._get_file_name(extension),
            "raw": content,
            "res_model": self._name,
            "res_id": self.id,
            "mimetype": mimetype,
        }

    def _render_pdfs(self):
        """PDFs of these statements, many by one run of wkhtmltopdf.

        :return: {statement id: bytes}
        :rtype: dict
        :raise UserError: if wkhtmltopdf is missing or broken
        """
        contents = {}
        for company, statements in self.grouped("company_id").items():
            reports = self.env["ir.actions.report"].with_company(company)
            for ids in split_every(DOCUMENTS, statements.ids):
                contents |= reports._ar_render_each(REPORT, ids)
        return contents
