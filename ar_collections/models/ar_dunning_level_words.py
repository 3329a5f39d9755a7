from odoo import api, fields, models
from odoo.tools import SQL


class ArDunningLevel(models.Model):
    """What a level is called, and when it is reached, in words."""

    _inherit = "ar.dunning.level"

    description = fields.Char(compute="_compute_description")

    # === COMPUTE METHODS === #

    @api.depends("delay_days", "delay_basis", "day_type")
    def _compute_description(self):
        for level in self:
            level.description = level._describe(level.delay_days)

    @api.depends("name", "policy_id.name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        """The level; with its policy where another policy's looks the same in lists."""
        namesakes = self._get_namesakes()
        for level in self:
            policies = namesakes.get(level.name, level.policy_id) - level.policy_id
            level.display_name = (
                f"{level.name} ({level.policy_id.name})" if policies else level.name
            )

    # === BUSINESS METHODS === #

    def _get_namesakes(self):
        """Policies that have sent something at a level of the same name.

        :return: {name: policies}, without names that only one policy has
        """
        names = list(filter(None, set(self.mapped("name"))))
        domain = [("name", "in", names), ("policy_id.is_ready", "=", False)]
        levels = self.with_context(active_test=False).search(domain)
        by_name = levels.grouped("name")
        levels = levels.filtered(lambda lv: len(by_name[lv.name].policy_id) > 1)
        if not levels:
            return {}
        self.env["ar.dunning.notice"].flush_model(["level_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT l.id FROM ar_dunning_level l
                 WHERE l.id = ANY(%s) AND EXISTS (
                        SELECT FROM ar_dunning_notice n WHERE n.level_id = l.id)
                """,
                levels.ids,
            )
        )
        used = self.browse(level for (level,) in rows)
        return {name: same.policy_id for name, same in used.grouped("name").items()}

    def _describe(self, delay):
        """When the level is reached, in words, for a delay of this many days."""
        self.ensure_one()
        basis = dict(self._fields["delay_basis"]._description_selection(self.env))
        rule = self._get_rules()[
            self.delay_basis == "due_date" and delay < 0,
            self.day_type == "business",
            abs(delay) == 1,
        ]
        return rule % {"days": abs(delay), "basis": basis.get(self.delay_basis, "")}

    def _describe_for(self, profile):
        """When payers of a profile reach the level, in words.

        :param str profile: a payer profile; empty for what holds for all
        """
        variant = self._get_variant(profile) if profile else self.variant_ids.browse()
        if not variant or variant.delay_days == self.delay_days:
            return self.description
        payers = dict(variant._fields["payer_profile"]._description_selection(self.env))
        return self.env._(
            "%(rule)s, the payer being “%(profile)s”",
            rule=self._describe(variant.delay_days),
            profile=payers.get(profile, profile),
        )

    @api.model
    def _get_rules(self):
        """Sentences by (before the due date, working days, one day)."""
        _ = self.env._
        return {
            (True, True, True): _("1 working day before the due date"),
            (True, True, False): _("%(days)s working days before the due date"),
            (True, False, True): _("1 day before the due date"),
            (True, False, False): _("%(days)s days before the due date"),
            (False, True, True): _("1 working day %(basis)s"),
            (False, True, False): _("%(days)s working days %(basis)s"),
            (False, False, True): _("1 day %(basis)s"),
            (False, False, False): _("%(days)s days %(basis)s"),
        }

    def _tell_variants(self):
        """Which payers reach the level on another day, in words; empty if none do."""
        self.ensure_one()
        variants = self.variant_ids.filtered(
            lambda v: v.is_skipped or v.delay_days != self.delay_days
        )
        payers = dict(
            variants._fields["payer_profile"]._description_selection(self.env)
        )
        return ", ".join(
            self.env._("%s: left out", payers.get(variant.payer_profile, ""))
            if variant.is_skipped
            else self.env._(
                "%(payer)s: %(days)s days",
                payer=payers.get(variant.payer_profile, ""),
                days=variant.delay_days,
            )
            for variant in variants
        )
