from odoo import models


class ArShippedMixin(models.AbstractModel):
    """Records that come with the addon and are renewed by its updates.

    Law changes, so that a new version brings new figures; but what somebody has
    corrected stays as it is.
    """

    _name = "ar.shipped.mixin"
    _description = "Comes with the Addon"

    def write(self, vals):
        result = super().write(vals)
        # while modules load, it is the update that writes; a context key could be anybody's
        if self.env.registry.ready:
            self._keep_from_updates()
        return result

    def _keep_from_updates(self):
        # sudo: where a record comes from is the system's; only who may write it is here
        data = self.env["ir.model.data"].sudo()
        data.search(
            [
                ("model", "=", self._name),
                ("res_id", "in", self.ids),
                ("noupdate", "=", False),
            ]
        ).noupdate = True
