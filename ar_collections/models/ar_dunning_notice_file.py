from odoo import models
from odoo.tools import SQL, split_every

from .ir_actions_report import DOCUMENTS

# More invoices than this would make a mail that mail servers refuse.
MAX_ATTACHED_INVOICES = 10


class Rendered:
    """PDFs that were made for a batch of notices: {id: bytes}."""

    def __init__(self, letters, invoices, statements):
        self.letters = letters
        self.invoices = invoices
        # {notice id: statement}, whose files are made
        self.statements = statements


class ArDunningNotice(models.Model):
    """The files of a notice: letters, invoices, reminders as UBL."""

    _inherit = "ar.dunning.notice"

    # === BUSINESS METHODS === #

    def _need_pdfs(self):
        """Whether wkhtmltopdf may have to work for these notices."""
        levels = self.level_id
        return (
            "letter" in self.mapped("channel")
            or any(levels.mapped("attach_letter"))
            or any(levels.mapped("attach_invoices"))
            or any(levels.mapped("attach_statement"))
        )

    def _attach_files(self):
        """Make and keep the files that go out with these notices.

        What needs wkhtmltopdf is made together, whatever becomes of it one by one.
        """
        rendered = self._render_files()
        # always set: what a caller may have put there is nobody's letter
        ready = self.with_context(ar_rendered=rendered)
        vals_lists = {notice.id: notice._get_files() for notice in ready}
        # sudo: attachments of a message the collector sends in the company's name
        files = self.env["ir.attachment"].sudo()
        files = files.create([vals for found in vals_lists.values() for vals in found])
        owners = [
            notice_id for notice_id, found in vals_lists.items() for _vals in found
        ]
        self._link_files(zip(owners, files.ids, strict=True))

    def _link_files(self, pairs):
        """Link attachments to their notices in one statement.

        :param pairs: (notice id, attachment id)
        """
        pairs = list(pairs)
        self.filtered("attachment_ids").attachment_ids = False  # it is sent once more
        if not pairs:
            return
        self.flush_recordset(["attachment_ids"])
        field = self._fields["attachment_ids"]
        self.env.execute_query(
            SQL(
                """
                INSERT INTO %s (%s, %s)
                SELECT * FROM unnest(%s::int[], %s::int[]) ON CONFLICT DO NOTHING
                RETURNING %s
                """,
                SQL.identifier(field.relation),
                SQL.identifier(field.column1),
                SQL.identifier(field.column2),
                [notice_id for notice_id, _file_id in pairs],
                [file_id for _notice_id, file_id in pairs],
                SQL.identifier(field.column1),
            )
        )
        self.invalidate_recordset(["attachment_ids"])

    def _get_files(self):
        """Values of the attachments of one notice, by its channel."""
        self.ensure_one()
        if self.channel == "letter":
            return [self._get_letter_attachment(), *self._get_ubl_attachments()]
        return self._get_attachments()

    def _get_attachments(self):
        """Attachments of the e-mail, by the level's settings.

        :return: values of `ir.attachment`
        :rtype: list[dict]
        :raise UserError: if a PDF cannot be made
        """
        self.ensure_one()
        vals_list = [self._get_invoice_attachment(i) for i in self._get_invoices()]
        if self.level_id.attach_letter:
            vals_list.append(self._get_letter_attachment())
        rendered = self.env.context.get("ar_rendered")
        statement = rendered and rendered.statements.get(self.id)
        if statement:
            vals_list += [
                self._prepare_attachment_vals(file.name, file.raw)
                for file in statement.attachment_ids
            ]
        return vals_list + self._get_ubl_attachments()

    def _get_file_names(self):
        """What will go with a notice that is not sent yet, for the screen.

        :rtype: list[str]
        """
        self.ensure_one()
        if self.channel not in ("email", "letter"):
            return []
        # sudo: as for the attachments
        names = [
            invoice.sudo().invoice_pdf_report_id.name
            or invoice.sudo()._get_invoice_report_filename()
            for invoice in self._get_invoices()
        ]
        if self.channel == "letter" or self.level_id.attach_letter:
            names.append(self._get_letter_name())
        if self._has_statement():
            names.append(self.env._("Statement of account"))
        if self.reminder_format:
            names.append(self._get_ubl_filename())
        return names

    def _get_invoices(self):
        """The invoices that are attached, by the level's settings."""
        self.ensure_one()
        if self.channel == "letter" or not self.level_id.attach_invoices:
            return self.env["account.move"]
        moves = self.line_ids.filtered(lambda ln: ln.amount_residual > 0).move_id
        invoices = moves.filtered(lambda m: m.is_invoice(include_receipts=True))
        return invoices[:MAX_ATTACHED_INVOICES]

    def _get_invoice_attachment(self, invoice):
        # sudo: the invoice's own PDF, which the customer was sent before
        pdf = invoice.sudo().invoice_pdf_report_id
        if pdf:
            return self._prepare_attachment_vals(pdf.name, pdf.raw)
        rendered = self.env.context.get("ar_rendered")
        content = rendered and rendered.invoices.get(invoice.id)
        return self._prepare_attachment_vals(
            invoice._get_invoice_report_filename(),
            content or self._render_invoices(invoice)[invoice.id],
        )

    def _get_letter_attachment(self):
        rendered = self.env.context.get("ar_rendered")
        content = rendered and rendered.letters.get(self.id)
        return self._prepare_attachment_vals(
            self._get_letter_name(), content or self._render_letters()[self.id]
        )

    def _get_letter_name(self):
        return self.name.replace("/", "-") + ".pdf"

    def _get_kept_letters(self):
        """The letters that were sent, as they are kept.

        :return: {notice id: bytes}
        """
        kept = {}
        # sudo: files of notices that the user may see
        for notice in self.sudo():
            if notice.state == "sent":
                name = notice._get_letter_name()
                files = notice.attachment_ids.filtered(lambda a, n=name: a.name == n)
                if files and files[0].raw:
                    kept[notice.id] = files[0].raw
        return kept

    def _render_files(self):
        """The PDFs that these notices need and that are not stored, made together.

        :return: a `Rendered`, or None if none is needed
        """
        letters = self.filtered(
            lambda n: n.channel == "letter" or n.level_id.attach_letter
        )
        invoices = self.env["account.move"].union(*[n._get_invoices() for n in self])
        # sudo: whether an invoice has its PDF does not depend on who sends
        invoices = invoices.filtered(lambda m: not m.sudo().invoice_pdf_report_id)
        statements = self._make_statements()
        if letters or invoices or statements:
            return Rendered(
                letters._render_letters(), self._render_invoices(invoices), statements
            )
        return None

    def _render_letters(self):
        """The letters as PDF.

        :return: {notice id: bytes}
        """
        groups = self.grouped(lambda n: (n.company_id, n._get_letter_report()))
        contents = {}
        for (company, report), notices in groups.items():
            contents |= notices.with_company(company)._render_pdfs(
                report.report_name, notices.ids
            )
        return contents

    def _render_invoices(self, invoices):
        """Invoices as PDF; nothing is stored: to issue them is core's business.

        :return: {invoice id: bytes}
        """
        contents = {}
        for company, mine in invoices.grouped("company_id").items():
            contents |= self.with_company(company)._render_pdfs(
                "account.account_invoices", mine.ids
            )
        return contents

    def _render_pdfs(self, report_name, res_ids):
        """The PDF of each record, many by one process.

        :return: {record id: bytes}
        """
        contents = {}
        for ids in split_every(DOCUMENTS, res_ids):
            contents |= self.env["ir.actions.report"]._ar_render_each(report_name, ids)
        return contents

    def _prepare_attachment_vals(self, name, content):
        return {
            "name": name,
            "raw": content,
            "res_model": self._name,
            "res_id": self.id,
            "mimetype": "application/pdf",
        }
