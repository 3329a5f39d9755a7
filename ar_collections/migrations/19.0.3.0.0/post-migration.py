from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Record of each policy what versions did not look at before."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["ar.policy"].with_context(active_test=False).search([])._record_version()
