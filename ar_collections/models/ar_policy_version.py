from odoo import api, fields, models

# What the ladder does, and what of it is told when it changes.
POLICY_FIELDS = (
    "grouping",
    "is_workdays_only",
    "automatic",
    "bank_max_age",
    "bank_level_id",
    "description",
    "is_printed_on_invoice",
)


class ArPolicyVersion(models.Model):
    """How a policy was at a time: what notices of that time were decided by."""

    _name = "ar.policy.version"
    _description = "Version of a Collections Policy"
    _order = "policy_id, number desc"
    _rec_name = "number"

    policy_id = fields.Many2one(
        "ar.policy", required=True, index=True, readonly=True, ondelete="cascade"
    )
    number = fields.Integer("Version", required=True, readonly=True)
    snapshot = fields.Json("Ladder", readonly=True)
    changes = fields.Text(readonly=True)

    _number_uniq = models.UniqueIndex("(policy_id, number)")

    # === BUSINESS METHODS === #

    @api.model
    def _record(self, policies):
        """Keep a snapshot of each policy that differs from its last version.

        All changes of one transaction make one version.
        """
        latest = self._get_latest(policies)
        now = self.env.cr.now().replace(microsecond=0)
        for policy in policies.with_context(lang=None):
            # sudo: what a level does is for managers to read
            snapshot = self._take_snapshot(policy.sudo())
            last = latest.get(policy.id, self)
            if last and self._fill(last.snapshot, snapshot) == snapshot:
                # written by an older addon, which did not look at all of it
                if last.snapshot != snapshot:
                    last.snapshot = snapshot
                continue
            before = last
            if last and last.create_date.replace(microsecond=0) == now:
                before = self.search(
                    [("policy_id", "=", policy.id), ("number", "<", last.number)],
                    limit=1,
                )
                last.write(
                    {
                        "snapshot": snapshot,
                        "changes": self._tell(before.snapshot, snapshot),
                    }
                )
                continue
            version = self.create(
                {
                    "policy_id": policy.id,
                    "number": last.number + 1,
                    "snapshot": snapshot,
                    "changes": self._tell(before.snapshot, snapshot),
                }
            )
            policy.version = version.number

    @api.model
    def _fill(self, before, after):
        """A snapshot, with what it did not record yet taken from a later one."""
        if not before:
            return before
        later = {level["id"]: level for level in after["levels"]}
        levels = [{**later.get(lv["id"], {}), **lv} for lv in before["levels"]]
        return {**after, **before, "levels": levels}

    @api.model
    def _get_latest(self, policies):
        versions = self.search([("policy_id", "in", policies.ids)], order="number")
        return {version.policy_id.id: version for version in versions}

    @api.model
    def _take_snapshot(self, policy):
        def pick(record, names):
            return {name: self._take_value(record, name) for name in names}

        levels = policy.level_ids.sorted(lambda lv: (lv.sequence, lv.id))
        return {
            **pick(policy, POLICY_FIELDS),
            "levels": [
                {
                    "id": level.id,
                    **pick(level, level._get_version_fields()),
                    "variants": [
                        pick(variant, variant._get_version_fields())
                        for variant in level.variant_ids.sorted("payer_profile")
                    ],
                }
                for level in levels
            ],
        }

    @api.model
    def _take_value(self, record, name):
        """The value of a field as JSON has it."""
        field, value = record._fields[name], record[name]
        if field.type == "many2many":
            return sorted(value.ids)
        if field.type == "html":
            return str(value or "")
        return value.id if field.type == "many2one" else value

    @api.model
    def _tell(self, before, after):
        """The differences of two snapshots, a line each."""
        if not before:
            return self.env._("First version.")
        before = self._fill(before, after)
        lines = self._tell_fields(
            self.env["ar.policy"], before, after, POLICY_FIELDS, ""
        )
        old = {level["id"]: level for level in before["levels"]}
        for level in after["levels"]:
            was = old.pop(level["id"], None)
            if not was:
                lines.append(self.env._("Level “%s” added.", level["name"]))
                continue
            prefix = f"{level['name']}: "
            model = self.env["ar.dunning.level"]
            names = model._get_version_fields()
            lines += self._tell_fields(model, was, level, names, prefix)
            if was["variants"] != level["variants"]:
                lines.append(prefix + self.env._("payer profiles changed."))
        lines += [
            self.env._("Level “%s” removed.", level["name"]) for level in old.values()
        ]
        return "\n".join(lines)

    @api.model
    def _tell_fields(self, model, before, after, names, prefix):
        lines = []
        for name in names:
            if before.get(name) != after.get(name):
                label = model._fields[name]._description_string(self.env)
                if model._fields[name].type == "html":
                    lines.append(self.env._("%s changed.", prefix + label))
                    continue
                old = self._tell_value(model, name, before.get(name))
                new = self._tell_value(model, name, after.get(name))
                lines.append(f"{prefix}{label}: {old} → {new}")
        return lines

    @api.model
    def _tell_value(self, model, name, value):
        field = model._fields[name]
        if field.type == "many2one":
            return self.env[field.comodel_name].browse(value).exists().display_name
        if field.type == "many2many":
            records = self.env[field.comodel_name].browse(value).exists()
            return ", ".join(records.mapped("display_name")) or self.env._("none")
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, value)
        if field.type == "boolean":
            return self.env._("yes") if value else self.env._("no")
        return value
