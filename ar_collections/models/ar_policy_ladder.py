from odoo import api, fields, models


class ArPolicy(models.Model):
    """The ladder of a policy as it is drawn."""

    _inherit = "ar.policy"

    ladder = fields.Html(compute="_compute_ladder", sanitize=False)
    ladder_line = fields.Html(compute="_compute_ladder", sanitize=False)

    # === COMPUTE METHODS === #

    @api.depends(
        "level_ids.name",
        "level_ids.sequence",
        "level_ids.delay_days",
        "level_ids.delay_basis",
        "level_ids.day_type",
        "level_ids.channel",
        "level_ids.needs_approval",
        "level_ids.variant_ids.payer_profile",
        "level_ids.variant_ids.is_skipped",
        "level_ids.variant_ids.delay_days",
    )
    def _compute_ladder(self):
        """The levels as steps on a line of days around the due date."""
        for policy in self:
            steps = policy._get_ladder_steps()
            policy.ladder = steps and self.env["ir.qweb"]._render(
                "ar_collections.policy_ladder", {"steps": steps}
            )
            policy.ladder_line = steps and self.env["ir.qweb"]._render(
                "ar_collections.policy_ladder_line", {"steps": steps}
            )

    def _get_ladder_steps(self):
        self.ensure_one()
        levels = self.level_ids.sorted("sequence")
        channels = dict(levels._fields["channel"]._description_selection(self.env))
        steps = [
            {
                "is_due": False,
                "is_last": level == levels[-1:],
                "days": level.delay_days,
                "when": f"{level.delay_days:+d}",
                "name": level.name or "",
                "profiles": level._tell_variants(),
                "what": ", ".join(
                    filter(
                        None,
                        [
                            channels.get(level.channel),
                            level.needs_approval and self.env._("approval"),
                        ],
                    )
                ),
            }
            for level in levels
        ]
        early = sum(step["days"] < 0 for step in steps)
        return steps and steps[:early] + [{"is_due": True}] + steps[early:]
