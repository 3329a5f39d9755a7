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
            # sudo: how the group is called
            role = self.env.ref(group).sudo()
            raise AccessError(
                self.env._(
                    "Only people of the group “%(group)s” may do this. Ask one of them, "
                    "or your administrator for the group.",
                    group=role.full_name,
                )
            )
        self.check_access("read")
        # sudo: checked right above; states and amounts have no other way to change
        return self.sudo()
