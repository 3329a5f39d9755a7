from odoo import models


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        """A letter is on its company's paper, whoever prints it from where.

        Core takes the paper of the company that the user works in.
        """
        report = self._get_report(report_ref)
        if report.model == "ar.dunning.notice" and res_ids:
            notices = self.env["ar.dunning.notice"].browse(res_ids)
            self = self.with_company(notices.company_id[:1])  # noqa: PLW0642
        return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids)
