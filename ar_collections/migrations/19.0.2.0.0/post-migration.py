from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Give each policy its first version, and each debtor its payer profile."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["ar.policy"].with_context(active_test=False).search([])._record_version()
    for company in env["res.company"].search([("parent_id", "=", False)]):
        env["ar.debtor"]._refresh_profiles(company, company._ar_today())
