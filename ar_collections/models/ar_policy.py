from odoo import api, fields, models
from odoo.tools import SQL


class ArPolicy(models.Model):
    """A collections policy: the ladder of levels that overdue items climb."""

    _name = "ar.policy"
    _description = "Collections Policy"
    _inherit = ["mail.thread", "ar.root.company.mixin"]
    _order = "sequence, id"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    name = fields.Char(required=True, translate=True, tracking=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        tracking=True,
        help="Leave empty to share the policy among all companies.",
    )
    automatic = fields.Boolean(
        "Run every night",
        tracking=True,
        help="If set, the nightly run sends the notices of this policy by itself. "
        "Otherwise they wait as drafts until somebody confirms the run.",
    )
    grouping = fields.Selection(
        [
            ("debtor", "per customer"),
            ("invoice", "per invoice"),
            ("level", "per level"),
            ("head_office", "per head office"),
        ],
        "One notice",
        required=True,
        default="debtor",
        tracking=True,
        help="One letter for each currency: to the customer about all that it owes, about "
        "each invoice, for each level, or to the head office for all its branches. "
        "The highest level of the items gives the letter its words. Open credits "
        "are deducted from what is claimed, from the oldest debt first.",
    )
    is_workdays_only = fields.Boolean(
        "On working days only",
        tracking=True,
        help="A step that falls on a day off of the company's working hours waits for "
        "the next working day; a reminder before the due date goes out earlier.",
    )
    level_ids = fields.One2many("ar.dunning.level", "policy_id", copy=True)
    rule_ids = fields.One2many(
        "ar.policy.rule",
        "policy_id",
        "Rules that lead here",
        copy=False,
        groups="ar_collections.ar_collections_group_readonly",
    )
    version_ids = fields.One2many(
        "ar.policy.version",
        "policy_id",
        "Versions",
        readonly=True,
        groups="ar_collections.ar_collections_group_readonly",
    )
    version = fields.Integer(
        readonly=True,
        copy=False,
        help="Counts the changes of what the ladder does. A notice remembers the "
        "version that it was decided by.",
    )
    is_ready = fields.Boolean(
        "Ready policy",
        readonly=True,
        copy=False,
        help="Comes with the product: press “Use” to make one of your own from it.",
    )
    description = fields.Html(
        "Text for customers",
        translate=True,
        help="How this company treats late payment, in the customer's words.",
    )
    is_printed_on_invoice = fields.Boolean(
        "Print on invoices", help="Print the text for customers below each invoice."
    )
    debtor_count = fields.Integer(
        compute="_compute_debtor_count",
        groups="ar_collections.ar_collections_group_readonly",
    )

    # === COMPUTE METHODS === #

    def _compute_debtor_count(self):
        counts = dict(
            self.env["ar.debtor"]._read_group(
                [("policy_id", "in", self.ids)], ["policy_id"], ["__count"]
            )
        )
        for policy in self:
            policy.debtor_count = counts.get(policy, 0)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        policies = super().create(vals_list)
        policies._record_version()
        return policies

    def write(self, vals):
        # several levels change at once: only the ladder as a whole has to climb
        later = self.env.cr.cache
        later["ar_collections.ladders"] = later.get("ar_collections.ladders", 0) + 1
        try:
            result = super().write(vals)
        finally:
            later["ar_collections.ladders"] -= 1
        self.level_ids._check_delays_climb()
        self._record_version()
        return result

    def copy_data(self, default=None):
        return [
            vals
            if "name" in (default or {})
            else dict(vals, name=self.env._("%(name)s (copy)", name=policy.name))
            for policy, vals in zip(self, super().copy_data(default), strict=True)
        ]

    # === ACTION METHODS === #

    def action_open_debtors(self):
        """Open the debtors that this policy was chosen for by hand."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ar_collections.ar_debtor_action"
        )
        return dict(action, domain=[("policy_id", "=", self.id)], context={})

    def action_use(self):
        """Make a policy of the company from a ready one, texts included.

        :return: the action that opens it
        """
        self.ensure_one()
        policy = self.copy({"name": self._get_free_name(), "active": True})
        for level in policy.level_ids:
            level._own_texts()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": policy.id,
            "view_mode": "form",
        }

    def _get_free_name(self):
        """The name of a ready policy, told apart from one that is there already."""
        own = [("name", "=", self.name), ("is_ready", "=", False)]
        if not self.search_count(own, limit=1):
            return self.name
        return self.env._("%(name)s (copy)", name=self.name)

    def action_replay(self):
        """Open the back-test of this policy."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ar_collections.ar_policy_replay_action"
        )
        return dict(action, context={"default_policy_id": self.id})

    @api.model
    def preview_changes(self, policy_id, changes):
        """What the ladder would do tonight, before and after unsaved changes.

        The changes are written and rolled back again, so that what is shown is what
        saving would do. A policy that is not saved yet is looked at as the company's
        default.

        :param policy_id: id of the policy, False if it is new
        :param dict changes: values as the form would write them
        :return: ``before`` and ``after``: lists of (level, notices, amount), with the
            amounts in the currency of id ``currency_id``, at today's rates;
            ``is_idle``: it treats nobody who owes something
        :rtype: dict
        :raise UserError: if the changes could not be saved as they are
        """
        policy = self.with_context(tracking_disable=True).browse(policy_id or [])
        policy.check_access("write" if policy else "create")
        company = self.env.company.root_id
        before = policy._count_tonight(company) if policy else []
        with self.env.cr.savepoint() as savepoint:
            if policy:
                policy.write(changes)
            else:
                policy = policy.create(changes)
                # sudo: rolled back below; nobody's default is changed
                company.sudo().ar_policy_id = policy
            after = policy._count_tonight(company)
            # asked only where there is nothing to show
            is_idle = not any(row[1] for row in after) and not policy._is_used(company)
            savepoint.rollback()
        return {
            "before": before,
            "after": after,
            "is_idle": is_idle,
            "currency_id": company.currency_id.id,
        }

    # === BUSINESS METHODS === #

    def _count_tonight(self, company):
        """Notices per level of this policy that a run today would write."""
        counts = self.env["ar.dunning.engine"]._count_levels(
            company, company._ar_today()
        )
        return [
            (level.name, *counts.get(level.id, (0, 0.0)))
            for level in self.level_ids.sorted("sequence")
        ]

    def _is_used(self, company):
        """Whether anything that is open today is treated by this policy."""
        self.ensure_one()
        engine = self.env["ar.dunning.engine"]
        decision = engine._get_decision_sql(company, company._ar_today())
        query = SQL(
            "SELECT EXISTS(SELECT FROM (%s) d WHERE d.policy_id = %s)",
            decision,
            self.id,
        )
        return self.env.execute_query(query)[0][0]

    @api.model
    def _get_company_default(self, company):
        """The policy of an item when neither its invoice nor its debtor names one.

        :return: the company's chosen policy, else the first active one that the
            company may use; empty if there is none
        :rtype: recordset of `ar.policy`
        """
        # sudo: a branch's user is treated by the rules of the root
        company = company.sudo().root_id
        chosen = company.ar_policy_id
        if chosen.active and chosen.company_id.id in (False, company.id):
            return chosen.sudo(self.env.su)
        domain = [("company_id", "in", [company.id, False])]
        return self.sudo().search(domain, limit=1).sudo(self.env.su)

    def _record_version(self):
        """Count a new version if what the ladder does has changed."""
        # sudo: the history of a policy writes itself
        self.env["ar.policy.version"].sudo()._record(self)
        if not all(self.mapped("is_ready")):
            # the worklist says what is to do by it, not after the next night only
            self.env["ar.debtor"]._refresh_later()
