from odoo.tools import SQL

# children first; the rest goes with its tables
HISTORY = (
    "ar_contact",
    "ar_deviation",
    "ar_pause",
    "ar_statement",
    "ar_dunning_skip",
    "ar_dunning_notice_line",
    "ar_dunning_notice",
    "ar_dunning_run",
    "ar_debtor",
)


def post_init_hook(env):
    """Know the debtors, and how they pay, from the first moment."""
    for company in env["res.company"].search([("parent_id", "=", False)]):
        env["ar.debtor"]._refresh(company)
        env["ar.debtor"]._refresh_profiles(company, company._ar_today())


def uninstall_hook(env):
    """Let go of the history first: it protects levels and customers from deletion."""
    for table in HISTORY:
        env.cr.execute(SQL("DELETE FROM %s", SQL.identifier(table)))
