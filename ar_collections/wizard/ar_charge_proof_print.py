from odoo import api, fields, models
from odoo.exceptions import UserError


class ArChargeProofMixin(models.AbstractModel):
    """A wizard that has proof sheets: prints them, or gives them as a workbook."""

    _name = "ar.charge.proof.mixin"
    _description = "Has Proof Sheets"

    workbook = fields.Binary(compute="_compute_workbook")

    # === COMPUTE METHODS === #

    def _compute_workbook(self):
        proof = self.env["ar.charge.proof"]
        for one in self:
            one.workbook = proof._get_workbook(one._get_sheets())

    # === ACTION METHODS === #

    def action_print(self):
        """The proof sheet as PDF."""
        self.ensure_one()
        self._get_sheets()  # says what is missing before the printer would
        name = self._name.replace(".", "_")
        report = self.env.ref(f"ar_collections.action_report_{name}")
        return report.report_action(self, config=False)

    def action_export(self):
        """The proof sheet as a workbook; it is made while it is downloaded."""
        self.ensure_one()
        self._get_sheets()
        file = self.env._("proof-sheet")
        return {
            "type": "ir.actions.act_url",
            "target": "download",
            "url": f"/web/content/{self._name}/{self.id}/workbook/{file}.xlsx"
            "?download=true",
        }

    # === BUSINESS METHODS === #

    def _get_sheets(self):
        """What is to be printed: sheets of `ar.charge.proof`."""
        raise NotImplementedError


class ArChargeProofPrint(models.TransientModel):
    """Asks until which day late charges are to be proved, for invoices or debtors."""

    _name = "ar.charge.proof.print"
    _description = "Proof Sheet of Late Charges"
    _inherit = ["ar.charge.proof.mixin", "ar.wizard.mixin"]

    date = fields.Date(
        "Until", required=True, default=lambda self: self.env.company._ar_today()
    )
    move_ids = fields.Many2many("account.move", string="Invoices")
    debtor_ids = fields.Many2many("ar.debtor", string="Debtors")

    @api.model
    def default_get(self, fields_list):
        """The invoices or debtors from which the wizard was opened."""
        values = super().default_get(fields_list)
        names = {"account.move": "move_ids", "ar.debtor": "debtor_ids"}
        name = names.get(self.env.context.get("active_model"))
        if name in fields_list:
            values[name] = [(6, 0, self.env.context.get("active_ids") or [])]
        return values

    # === BUSINESS METHODS === #

    def _get_sheets(self):
        """A sheet for each invoice's or debtor's company and currency.

        :raise UserError: if nothing is charged on them, or a rate is missing
        """
        self.ensure_one()
        proof = self.env["ar.charge.proof"]
        # sudo: whether it is a document of charges, which the user reads anyway
        charges = self.move_ids.filtered(lambda move: move.sudo().is_late_charge)
        sheets = [proof._get_sheet_of_document(charge) for charge in charges]
        for customer, items in (
            self._get_items()
            .grouped(lambda item: item.partner_id.commercial_partner_id)
            .items()
        ):
            sheets += proof._get_sheets_of_items(items, self.date, partner=customer)
        if not sheets:
            raise UserError(
                self.env._(
                    "Nothing is charged on these items until %s: they are not late, or "
                    "their policy has no charge terms for this kind of customer.",
                    self.date,
                )
            )
        return sheets

    def _get_items(self):
        """The debts of the invoices or debtors; of debtors those that are open."""
        # sudo: as above
        invoices = self.move_ids.filtered(lambda move: not move.sudo().is_late_charge)
        items = invoices.line_ids
        if self.debtor_ids:
            items = self.env["ar.charge.proof"]._get_items_of(
                self.debtor_ids, self.date
            )
        return items.filtered(
            lambda line: (
                line.account_type == "asset_receivable"
                and line.parent_state == "posted"
                and line.amount_currency > 0
            )
        )
