from odoo import models
from odoo.exceptions import AccessError


class ArCollectorMixin(models.AbstractModel):
    """For records that move only through the methods of their model.

    Nobody may write them directly, by screen or by RPC; a method that a collector may
    call checks the group and the company here and then works with full rights.
    """

    _name = "ar.collector.mixin"
    _description = "Moves Only Through Its Methods"

    def _as_collector(self, group="ar_collections.ar_collections_group_user"):
        """These records with full rights, if the user is a collector.

        :raise AccessError: if the user is not in ``group`` or may not see a record
        """
        if not self.env.su and not self.env.user.has_group(group):
            raise AccessError(
                self.env._(
                    "Only collectors may do this. Ask your administrator for the group "
                    "“Collections / Collector”."
                )
            )
        self.check_access("read")
        # sudo: checked right above; states and amounts have no other way to change
        return self.sudo()
