from itertools import pairwise

from odoo import api, fields, models


class ArPolicy(models.Model):
    """What a policy may be, but somebody probably did not mean."""

    _inherit = "ar.policy"

    advice = fields.Text(
        compute="_compute_advice",
        help="What to look at again in this policy; nothing of it is forbidden.",
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "grouping",
        "level_ids.name",
        "level_ids.sequence",
        "level_ids.channel",
        "level_ids.delay_days",
        "level_ids.delay_basis",
        "level_ids.day_type",
        "level_ids.deadline_days",
        "level_ids.min_interval_days",
    )
    def _compute_advice(self):
        for policy in self:
            policy.advice = "\n".join(policy._get_advice()) or False

    def _get_advice(self):
        """Sentences on what to look at again. Extensions may add theirs.

        :rtype: list[str]
        """
        self.ensure_one()
        return [
            *self._get_ladder_advice(),
            *self._get_deadline_advice(),
            *self._get_office_advice(),
        ]

    def _get_ladder_advice(self):
        """A ladder without a rung, or without a day for its first one."""
        if not self.level_ids:
            return [
                self.env._(
                    "This policy has no level: nobody under it ever gets a reminder. Add "
                    "levels, or use a ready policy."
                )
            ]
        first = self.level_ids.sorted("sequence")[:1]
        if first.delay_basis != "previous_notice":
            return []
        return [
            self.env._(
                "“%(level)s” is the first level: there is no previous notice that it "
                "could follow, and it counts %(days)s days from the due date. Count it "
                "“after the due date”.",
                level=first.name,
                days=first.delay_days,
            )
        ]

    def _get_deadline_advice(self):
        """The next step waits for the deadline: say so where that makes it later."""
        levels = self.level_ids.sorted("sequence")
        levels = levels.filtered(lambda level: level.delay_days >= 0)
        advice = []
        for level, above in pairwise(levels):
            days = above._get_least_distance(level)
            if level.channel == "none" or days is None or level.deadline_days < days:
                continue
            advice.append(
                self.env._(
                    "“%(level)s” gives %(deadline)s days to pay, but “%(above)s” may "
                    "follow after %(days)s: it waits until the time to pay is over. "
                    "Give fewer days to pay, or more until the next step.",
                    level=level.name,
                    deadline=level.deadline_days,
                    above=above.name,
                    days=days,
                )
            )
        return advice

    def _get_office_advice(self):
        """Letters to head offices are about the branches that have the policy, too."""
        if self.grouping != "head_office" or not self._origin:
            return []
        company = (self.company_id or self.env.company).root_id
        branches = self.env["ar.debtor"].search(
            [
                ("company_id", "=", company.id),
                ("partner_id.parent_id", "!=", False),
                ("amount_due", ">", 0),
            ]
        )
        offices = self._get_offices(branches)
        # whose own policy is another one: not on the head office's letter
        apart = branches.filtered(
            lambda branch: (
                branch.applied_policy_id != self._origin
                and offices[branch] == self._origin
            )
        )
        if not apart:
            return []
        names = ", ".join(apart[:3].mapped("partner_id.name"))
        if len(apart) == 1:
            return [
                self.env._(
                    "%(name)s is a branch of a head office under this policy, but is "
                    "under another one and gets letters of its own. Choose this policy "
                    "for it, too, or let a rule do it.",
                    name=names,
                )
            ]
        return [
            self.env._(
                "%(count)s branches of head offices under this policy are under another "
                "one and get letters of their own (%(names)s). Choose this policy for "
                "them, too, or let a rule do it.",
                count=len(apart),
                names=names,
            )
        ]

    @api.model
    def _get_offices(self, branches):
        """The policy of each branch's head office: {debtor: policy}."""
        tops = {}
        for branch in branches:
            top = branch.partner_id
            while top.parent_id:
                top = top.parent_id
            tops[branch] = top.commercial_partner_id
        offices = self.env["ar.debtor"].search(
            [
                ("company_id", "in", branches.company_id.ids),
                ("partner_id", "in", [top.id for top in tops.values()]),
            ]
        )
        policies = {
            (office.company_id, office.partner_id): office.applied_policy_id
            for office in offices
        }
        return {
            branch: policies.get((branch.company_id, top))
            # an office that never owed anything
            or self._get_company_default(branch.company_id)
            for branch, top in tops.items()
        }


class ArDunningLevel(models.Model):
    _inherit = "ar.dunning.level"

    def _get_least_distance(self, below):
        """How many days this level comes at least after the one below it.

        :return: days, or None if it cannot be said
        """
        self.ensure_one()
        apart = None
        if self.delay_basis == "previous_notice":
            apart = self.delay_days
        elif self.delay_basis == below.delay_basis and self.day_type == below.day_type:
            apart = self.delay_days - below.delay_days
        if apart is None:
            return None
        return max(apart, self.min_interval_days, 1)
