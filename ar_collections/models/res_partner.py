from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .const import PROFILES


class ResPartner(models.Model):
    _inherit = "res.partner"

    ar_debtor_ids = fields.One2many(
        "ar.debtor",
        "partner_id",
        "Debtor records",
        groups="ar_collections.ar_collections_group_readonly",
    )
    ar_debtor_id = fields.Many2one(
        "ar.debtor",
        "Debtor",
        compute="_compute_ar_debtor_id",
        compute_sudo=True,
        groups="ar_collections.ar_collections_group_readonly",
    )
    ar_policy_id = fields.Many2one(
        "ar.policy",
        "Collections policy",
        groups="base.group_user",
        compute="_compute_ar_debtor_id",
        inverse="_inverse_ar_policy_id",
        compute_sudo=True,
    )
    dunning_level_id = fields.Many2one(
        "ar.dunning.level",
        compute="_compute_ar_debtor_id",
        compute_sudo=True,
        groups="base.group_user",
    )
    is_cod = fields.Boolean(
        "Cash on delivery",
        compute="_compute_ar_debtor_id",
        compute_sudo=True,
        groups="base.group_user",
    )
    is_credit_hold = fields.Boolean(
        "Credit hold",
        compute="_compute_ar_debtor_id",
        compute_sudo=True,
        groups="base.group_user",
    )
    payer_profile = fields.Selection(
        PROFILES,
        groups="base.group_user",
        compute="_compute_ar_debtor_id",
        compute_sudo=True,
    )
    ar_customer_kind = fields.Selection(
        [("business", "Business"), ("consumer", "Consumer"), ("public", "Public body")],
        "Kind of customer",
        groups="base.group_user",
        help="Empty: a company or somebody with a tax number is a business, anybody else "
        "a consumer. Policies and late charges depend on it.",
    )
    ar_reminder_format = fields.Selection(
        [("ubl_21", "UBL 2.1"), ("oioubl_21", "OIOUBL 2.1 (Denmark)")],
        "Reminder as data",
        groups="base.group_user",
        help="For a customer whose system reads reminders: each one comes with an XML "
        "file of this format, attached to the e-mail and kept on the notice. Empty: no "
        "file. OIOUBL needs the CVR, tax number or GLN of both sides.",
    )
    ar_amount_overdue = fields.Monetary(
        "Overdue",
        compute="_compute_ar_debtor_id",
        compute_sudo=True,
        groups="ar_collections.ar_collections_group_readonly",
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "commercial_partner_id.ar_debtor_ids.level_id",
        "commercial_partner_id.ar_debtor_ids.policy_id",
        "commercial_partner_id.ar_debtor_ids.amount_overdue",
    )
    @api.depends_context("company")
    def _compute_ar_debtor_id(self):
        """What the current company knows of the customer as a debtor."""
        debtors = self.env["ar.debtor"].search(
            [
                ("partner_id", "in", self.commercial_partner_id.ids),
                ("company_id", "=", self.env.company.root_id.id),
            ]
        )
        by_partner = {debtor.partner_id: debtor for debtor in debtors}
        for partner in self:
            debtor = by_partner.get(
                partner.commercial_partner_id, self.env["ar.debtor"]
            )
            partner.ar_debtor_id = debtor
            partner.ar_policy_id = debtor.policy_id
            partner.dunning_level_id = debtor.level_id
            partner.is_cod = debtor.is_cod
            partner.is_credit_hold = debtor.is_credit_hold
            partner.payer_profile = debtor.payer_profile
            partner.ar_amount_overdue = debtor.amount_overdue

    def _inverse_ar_policy_id(self):
        for partner in self:
            debtor = self.env["ar.debtor"]._get(partner, self.env.company)
            if not debtor and partner.ar_policy_id:
                raise AccessError(
                    self.env._(
                        "Only collectors choose a policy for a customer who owes "
                        "nothing yet (%(partner)s). Ask one of them.",
                        partner=partner.display_name,
                    )
                )
            debtor.policy_id = partner.ar_policy_id

    @api.model
    def _commercial_fields(self):
        return super()._commercial_fields() + ["ar_customer_kind", "ar_reminder_format"]

    # === CRUD METHODS === #

    def write(self, vals):
        result = super().write(vals)
        if "parent_id" in vals or "is_company" in vals:
            self._move_ar_debtors()
        if {"ar_customer_kind", "category_id", "country_id"} & vals.keys():
            self._mark_ar_debtors_stale()
        return result

    # === BUSINESS METHODS === #

    def _mark_ar_debtors_stale(self):
        """What rules ask for has changed: another policy may apply."""
        # sudo: whoever edits the contact moves what follows from it
        if not self.env["ar.policy.rule"].sudo().search_count([], limit=1):
            return
        debtors = self.env["ar.debtor"].sudo()
        customers = self.commercial_partner_id
        debtors.search([("partner_id", "in", customers.ids)])._mark_self_stale()

    def _move_ar_debtors(self):
        """Who became a contact takes what is known of the debtor to its company.

        Core moves the journal items there; pauses, history and the like go with them.
        """
        moved = self.filtered(lambda p: p.commercial_partner_id != p)
        # sudo: whoever may edit the contact moves what hangs on it, as merging does
        debtors = self.env["ar.debtor"].sudo()
        known = debtors.search([("partner_id", "in", moved.ids)]).partner_id
        merge = self.env["base.partner.merge.automatic.wizard"].sudo()
        for partner in known:
            target = partner.commercial_partner_id
            for debtor in merge._merge_ar_debtors(partner, target):
                debtor._mark_partners_stale(debtor.company_id, target.ids)

    @api.model
    def _get_ar_customer_kinds(self):
        """Kinds of customers and their names, for fields of what is set by kind."""
        return self._fields["ar_customer_kind"]._description_selection(self.env)

    def _get_ar_customer_kind(self):
        """What kind of customer it is, where nobody has said so (rules do the same)."""
        self.ensure_one()
        is_business = self.is_company or self.vat
        return self.ar_customer_kind or ("business" if is_business else "consumer")

    # === ACTION METHODS === #

    def action_open_ar_debtor(self):
        """Open the customer's debtor record, made on first use."""
        self.ensure_one()
        debtor = self.env["ar.debtor"]._get(self, self.env.company)
        if not debtor:
            raise UserError(
                self.env._(
                    "%(partner)s is not pursued by %(company)s yet, or you may not see "
                    "it: ask a collector, or switch to that company.",
                    partner=self.display_name,
                    company=self.env.company.root_id.name,
                )
            )
        return {
            "type": "ir.actions.act_window",
            "res_model": "ar.debtor",
            "res_id": debtor.id,
            "view_mode": "form",
        }
