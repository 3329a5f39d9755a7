from odoo import models


class ArDunningRun(models.Model):
    """What the buttons of a run open and print."""

    _inherit = "ar.dunning.run"

    # === ACTION METHODS === #

    def action_open_notices(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ar_collections.ar_dunning_notice_action"
        )
        return dict(
            action,
            domain=[("run_id", "=", self.id)],
            context={"search_default_group_level": 1},
        )

    def action_open_errors(self):
        return dict(
            self.action_open_notices(),
            domain=[("run_id", "=", self.id), ("state", "=", "error")],
            context={},
        )

    def action_open_approvals(self):
        return dict(
            self.action_open_notices(),
            context={"search_default_to_approve": 1},
        )

    def action_open_skips(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ar_collections.ar_dunning_skip_action"
        )
        return dict(action, domain=[("run_id", "=", self.id)])

    def action_print_letters(self):
        """One PDF with all letters of the run that were not printed yet."""
        self.ensure_one()
        to_print = self.env["ar.dunning.notice"]._get_to_print_domain()
        return self.notice_ids.filtered_domain(to_print).action_print()
