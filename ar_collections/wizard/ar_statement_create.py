import io
import zipfile

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.ar_statement import CONTENTS
from ..models.ar_statement_xlsx import XLSX_TYPE, make_workbook


class ArStatementCreate(models.TransientModel):
    """Asks for period and form, shows the result, prints or sends statements."""

    _name = "ar.statement.create"
    _description = "Statement of Account"
    _inherit = ["ar.wizard.mixin"]

    debtor_ids = fields.Many2many("ar.debtor", string="Customers", required=True)
    date_from = fields.Date("From", required=True)
    date_to = fields.Date(
        "To", required=True, default=lambda self: self.env.company._ar_today()
    )
    content = fields.Selection(CONTENTS, "Shows", required=True, default="both")
    with_pdf = fields.Boolean("PDF", default=True)
    with_xlsx = fields.Boolean("Excel")
    count = fields.Integer("Statements", compute="_compute_outcome")
    warning = fields.Char(compute="_compute_outcome")
    preview = fields.Html(compute="_compute_preview", sanitize=False)

    @api.model
    def default_get(self, names):
        values = super().default_get(names)
        ids = self.env.context.get("active_ids") or []
        model = self.env.context.get("active_model")
        debtors = self.env["ar.debtor"]
        if model == "ar.debtor":
            debtors = debtors.browse(ids)
        elif model == "res.partner":
            debtors = self._find_debtors(self.env[model].browse(ids))
        if debtors:
            values["debtor_ids"] = [fields.Command.set(debtors.ids)]
        if "date_from" not in values:
            # a whole month, and what came since
            today = self.env.company._ar_today()
            values["date_from"] = fields.Date.subtract(today.replace(day=1), months=1)
        return values

    @api.model
    def _find_debtors(self, partners):
        """Debtor records of these contacts' customers in the current company."""
        customers = partners.commercial_partner_id
        company = self.env.company.root_id
        domain = [
            ("partner_id", "in", customers.ids),
            ("company_id", "=", company.id),
        ]
        debtors = self.env["ar.debtor"]
        debtors.check_access("read")
        if self.env.user.has_group("ar_collections.ar_collections_group_user"):
            debtors._ensure(company, customers.ids)
        return debtors.search(domain)

    # === COMPUTE METHODS === #

    @api.depends("debtor_ids", "date_from", "date_to")
    def _compute_outcome(self):
        for wizard in self:
            wizard.count = len(wizard.debtor_ids)
            wizard.warning = " ".join(wizard._get_warnings())

    def _get_warnings(self):
        """What is wrong, or what somebody should know before sending."""
        _ = self.env._
        debtors = self.debtor_ids._origin
        warnings = []
        if self.date_from and self.date_to and self.date_from > self.date_to:
            warnings.append(_("The first day lies after the last one."))
        if self.date_to and any(
            self.date_to > company._ar_today() for company in debtors.company_id
        ):
            warnings.append(
                _("A statement tells what is booked: choose today or an earlier day.")
            )
        recipients = self.env["ar.statement"]._find_recipients(debtors.partner_id.ids)
        silent = debtors.filtered(lambda d: not recipients[d.partner_id.id][1])
        if silent:
            warnings.append(
                _(
                    "Without an e-mail address that may be written to: %(names)s.",
                    names=self._get_names(silent),
                )
            )
        paused = debtors.filtered("is_paused")
        if paused:
            warnings.append(_("Paused: %(names)s.", names=self._get_names(paused)))
        return warnings

    @api.model
    def _get_names(self, debtors):
        names = debtors[:3].mapped("name")
        more = len(debtors) - len(names)
        if more:
            names.append(self.env._("%s more", more))
        return ", ".join(names)

    @api.depends("debtor_ids", "date_from", "date_to", "content")
    def _compute_preview(self):
        """What the customer would see, if it is one."""
        for wizard in self:
            debtor = wizard.debtor_ids._origin
            is_possible = (
                len(debtor) == 1
                and wizard.date_from
                and wizard.date_to
                and wizard.date_from <= wizard.date_to
            )
            if not is_possible:
                wizard.preview = False
                continue
            debtor.check_access("read")
            wizard.preview = (
                self.env["ar.statement"].new(wizard._prepare_vals(debtor)).preview
            )

    # === ACTION METHODS === #

    def action_send(self):
        """Queue the statements for the sender and open them.

        :raise UserError: if no form was chosen
        """
        statements = self._make()
        statements.action_send()
        return self._open(statements)

    def action_print(self):
        """Make the statements as drafts and give out their PDF or Excel files.

        :raise UserError: if no form was chosen
        """
        statements = self._make()
        statements._freeze()
        if not self.with_xlsx:
            return statements.sudo(False).action_print()
        return self._download(statements)

    # === BUSINESS METHODS === #

    def _make(self):
        self.ensure_one()
        if not self.debtor_ids:
            raise UserError(self.env._("Choose at least one customer."))
        if not (self.with_pdf or self.with_xlsx):
            raise UserError(self.env._("Choose PDF, Excel or both."))
        if self.date_from > self.date_to:
            raise UserError(self.env._("The first day lies after the last one."))
        self.debtor_ids.check_access("read")
        statements = self.env["ar.statement"]._as_collector()
        return statements.create(
            [self._prepare_vals(debtor) for debtor in self.debtor_ids]
        )

    def _prepare_vals(self, debtor):
        return {
            "debtor_id": debtor.id,
            "company_id": debtor.company_id.id,
            "date_from": self.date_from,
            "date_to": self.date_to,
            "content": self.content,
            "with_pdf": self.with_pdf,
            "with_xlsx": self.with_xlsx,
        }

    def _download(self, statements):
        """One file, or a ZIP of several, kept with this wizard until it is cleaned up."""
        pdfs = statements._render_pdfs() if self.with_pdf else {}
        files = []
        for statement in statements:
            if statement.id in pdfs:
                files.append((statement._get_file_name("pdf"), pdfs[statement.id]))
            files.append((statement._get_file_name("xlsx"), make_workbook(statement)))
        name, content = files[0]
        mimetype = XLSX_TYPE
        if len(files) > 1:
            name, mimetype = f"{self.env._('Statements')}.zip", "application/zip"
            output = io.BytesIO()
            with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
                for part, data in files:
                    archive.writestr(part, data)
            content = output.getvalue()
        attachment = self.env["ir.attachment"].create(
            {
                "name": name,
                "raw": content,
                "mimetype": mimetype,
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{attachment.id}?download=true",
            "target": "download",
        }

    def _open(self, statements):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ar_collections.ar_statement_action"
        )
        if len(statements) == 1:
            return dict(
                action, res_id=statements.id, views=[(False, "form")], context={}
            )
        return dict(action, domain=[("id", "in", statements.ids)], context={})
