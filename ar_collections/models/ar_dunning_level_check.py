from itertools import pairwise

from odoo import api, models
from odoo.exceptions import ValidationError

MAX_DAYS = 3650


class ArDunningLevel(models.Model):
    """What a level may not be."""

    _inherit = "ar.dunning.level"

    # === CONSTRAINT METHODS === #

    @api.constrains("policy_id", "sequence", "delay_days", "delay_basis", "day_type")
    def _check_delays_climb(self):
        """Later rungs must come later, or the ladder would jump to the last one."""
        if self.env.cr.cache.get("ar_collections.ladders"):
            # the policy is being written: it looks at the whole at the end
            return
        profiles = [False, *dict(self.variant_ids._fields["payer_profile"].selection)]
        for policy in self.policy_id:
            levels = policy.level_ids.sorted(lambda lv: (lv.sequence, lv.id))
            for profile in profiles:
                for day_type in ("calendar", "business"):
                    steps = levels.filtered(
                        lambda lv, day_type=day_type: (
                            lv.delay_basis == "due_date" and lv.day_type == day_type
                        )
                    )
                    steps._check_steps_climb(profile)

    def _check_steps_climb(self, profile):
        steps = [
            (level, level._get_variant(profile).delay_days)
            if level._get_variant(profile)
            else (level, level.delay_days)
            for level in self
            if not level._get_variant(profile).is_skipped
        ]
        for (low, low_days), (high, high_days) in pairwise(steps):
            if high_days <= low_days:
                names = dict(
                    self.variant_ids._fields["payer_profile"]._description_selection(
                        self.env
                    )
                )
                raise ValidationError(
                    self.env._(
                        "In policy %(policy)s, level “%(high)s” (%(high_days)s "
                        "days) must come later than level “%(low)s” "
                        "(%(low_days)s days)%(profile)s. Change the days or the order.",
                        policy=low.policy_id.name,
                        high=high.name,
                        high_days=high_days,
                        low=low.name,
                        low_days=low_days,
                        profile=f" ({names[profile]})" if profile else "",
                    )
                )

    @api.constrains("delay_days", "min_interval_days", "deadline_days")
    def _check_bounds(self):
        """Days that no ladder has are a slip of the finger, and break dates."""
        for level in self:
            for holder in (level, *level.variant_ids):
                for name in ("delay_days", "min_interval_days", "deadline_days"):
                    days = holder[name] if name in holder._fields else 0
                    if abs(days) > MAX_DAYS:
                        raise ValidationError(
                            self.env._(
                                "Level “%(level)s”: %(days)s in “%(field)s” is more than "
                                "ten years. Enter at most %(most)s days.",
                                level=level.name,
                                days=days,
                                field=holder._fields[name]._description_string(
                                    self.env
                                ),
                                most=MAX_DAYS,
                            )
                        )

    @api.constrains("channel", "mail_template_id")
    def _check_has_text(self):
        for level in self:
            if level.channel != "none" and not level.mail_template_id:
                raise ValidationError(
                    self.env._(
                        "Level “%(level)s” sends a message: choose its text, or set "
                        "its channel to “No message”.",
                        level=level.name,
                    )
                )

    @api.constrains("action_ids")
    def _check_actions(self):
        # sudo: the action's model, whoever edits the level
        for action in self.sudo().action_ids:
            if action.model_id.model != "ar.dunning.notice":
                raise ValidationError(
                    self.env._(
                        "Action “%(action)s” works on %(model)s. A level runs actions "
                        "on dunning notices only.",
                        action=action.name,
                        model=action.model_id.name,
                    )
                )

    @api.constrains("delay_basis", "delay_days")
    def _check_negative_delay(self):
        for level in self:
            days = [level.delay_days, *level.variant_ids.mapped("delay_days")]
            if min(days) < 0 and level.delay_basis != "due_date":
                raise ValidationError(
                    self.env._(
                        "Only days counted from the due date can be negative "
                        "(level “%(level)s”).",
                        level=level.name,
                    )
                )
