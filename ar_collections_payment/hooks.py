from odoo.tools import SQL


def uninstall_hook(env):
    """Leave no pause of a kind that is not known any more; it goes on as it is."""
    env.cr.execute(SQL("UPDATE ar_pause SET kind = 'other' WHERE kind = 'payment'"))
    env["ar.pause"].invalidate_model(["kind"])
