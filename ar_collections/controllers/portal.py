from odoo import http
from odoo.http import request

from odoo.addons.account.controllers.portal import PortalAccount


class CollectionsPortal(PortalAccount):
    """The page that the link of a notice opens."""

    @http.route()
    def portal_my_invoice_detail(self, invoice_id, ar_lang=None, **kw):
        """Speak the customer's language to who comes by the link of a notice.

        The language goes into the address by core's own way, so that the visitor may
        choose another one there.
        """
        nearest = request.env["ir.http"].get_nearest_lang(ar_lang)
        if nearest and request.env.user._is_public() and nearest != request.lang.code:
            code = request.env["res.lang"]._get_data(code=nearest).url_code
            query = request.httprequest.args.copy()
            query.pop("ar_lang")
            return request.redirect_query(f"/{code}/my/invoices/{invoice_id}", query)
        return super().portal_my_invoice_detail(invoice_id, **kw)

    def _invoice_get_page_view_values(self, invoice, access_token, **kwargs):
        values = super()._invoice_get_page_view_values(invoice, access_token, **kwargs)
        # else logo and name in the margin are those of the visitor's company: for the
        # public, of the first one
        return {**values, "res_company": invoice.company_id}

    def _show_report(self, model, report_type, report_ref, download=False):
        if model._name == "account.move" and model._is_ar_known_to_customer():
            request.update_context(proforma_invoice=False)
        return super()._show_report(model, report_type, report_ref, download)
