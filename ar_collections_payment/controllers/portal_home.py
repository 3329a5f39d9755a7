from odoo.fields import Domain
from odoo.http import request

from odoo.addons.account_payment.controllers.portal import PortalAccount


class ClaimHome(PortalAccount):
    """What the customer who is logged in owes, for the portal's home and menu."""

    # === HOME === #

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "ar_owed_count" in counters:
            values["ar_owed_count"] = self._get_my_open_count()
        return values

    def _get_overdue_invoices_domain(self, partner_id=None):
        # all contacts of the customer, and an instalment when it is due
        if partner_id or request.env.user._is_public():
            return super()._get_overdue_invoices_domain(partner_id)
        late = Domain("account_type", "=", "asset_receivable")
        late &= Domain("reconciled", "=", False)
        # the day of whose books they are, never that of whoever looks
        late &= Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("date_maturity", "<", company._ar_today())
            for company in self._get_my_companies()
        )
        customer = request.env.user.partner_id.commercial_partner_id
        domain = [
            *(
                leaf
                for leaf in super()._get_overdue_invoices_domain()
                if leaf[0] not in ("partner_id", "invoice_date_due")
            ),
            ("commercial_partner_id", "=", customer.id),
            ("line_ids", "any", late),
        ]
        return domain

    def _get_my_open_domain(self):
        customer = request.env.user.partner_id.commercial_partner_id
        return Domain(
            [
                ("partner_id", "child_of", customer.id),
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
            ]
        )

    def _get_my_open_count(self):
        # sudo: the customer's own items, of which portal users see the invoices
        lines = request.env["account.move.line"].sudo()
        debts = self._get_my_open_domain() & Domain("balance", ">", 0)
        return lines.search_count(debts)

    def _get_my_companies(self):
        """To which companies the customer of who is logged in owes something."""
        # sudo: as above
        lines = request.env["account.move.line"].sudo()
        groups = lines._read_group(self._get_my_open_domain(), ["company_id"])
        return request.env["res.company"].sudo().union(*(one for (one,) in groups))

    def _get_my_debtors(self):
        """Where the customer of who is logged in owes something."""
        roots = self._get_my_companies().root_id
        customer = request.env.user.partner_id.commercial_partner_id
        # sudo: the customer never sees the debtor, only what is owed
        debtors = request.env["ar.debtor"].sudo()
        return [debtors._get(customer, company) for company in roots]
