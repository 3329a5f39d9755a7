from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _move_ar_debtors(self):
        # EXTENDS 'ar_collections': a person's link must not show what the company owes
        moved = self.filtered(lambda p: p.commercial_partner_id != p)
        debtors = self.env["ar.debtor"].sudo()
        sources = debtors.search([("partner_id", "in", moved.ids)])
        companies = sources.company_id
        involved = moved | moved.commercial_partner_id
        among = [
            ("partner_id", "in", involved.ids),
            ("company_id", "in", companies.ids),
        ]
        # higher than any: a notice's link takes the number of the debtor that is left
        highest = max(debtors.search(among).mapped("link_number"), default=0)
        result = super()._move_ar_debtors()
        if sources:
            debtors.search(among).link_number = highest + 1
        return result
