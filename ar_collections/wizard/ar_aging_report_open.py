from odoo import fields, models
from odoo.tools import format_date


class ArAgingReportOpen(models.TransientModel):
    """Asks for the day on which the receivables are looked at."""

    _name = "ar.aging.report.open"
    _description = "Ageing at a Date"
    _inherit = ["ar.wizard.mixin"]

    date = fields.Date(
        "As of", required=True, default=lambda self: self.env.company._ar_today()
    )

    def action_open(self):
        """Open the ageing report as of the chosen day."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ar_collections.ar_aging_report_action"
        )
        title = self.env._(
            "Ageing as of %(date)s", date=format_date(self.env, self.date)
        )
        context = {"ar_aging_date": fields.Date.to_string(self.date)}
        return dict(
            action, name=title, display_name=title, context=context, target="main"
        )
