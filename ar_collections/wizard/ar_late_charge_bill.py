from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.const import MANAGER


class ArLateChargeBill(models.TransientModel):
    """Charge late interest: first look at it, then bill."""

    _name = "ar.late.charge.bill"
    _description = "Charge Late Interest"
    _inherit = ["ar.collector.mixin", "ar.wizard.mixin"]

    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company.root_id,
    )
    date_upto = fields.Date(
        "Charge until",
        required=True,
        default=lambda self: self.env.company._ar_today(),
        help="Last day of interest.",
    )
    debtor_ids = fields.Many2many(
        "ar.debtor",
        string="Customers",
        domain="[('company_id', '=', company_id)]",
        default=lambda self: self._default_debtors(),
        help="Empty: all customers.",
    )
    policy_ids = fields.Many2many(
        "ar.policy", string="Policies", help="Empty: all policies."
    )
    line_ids = fields.One2many("ar.late.charge.bill.line", "wizard_id")
    is_previewed = fields.Boolean()

    # === COMPUTE METHODS === #

    @api.model
    def _default_debtors(self):
        context = self.env.context
        debtors = self.env["ar.debtor"]
        model, ids = context.get("active_model"), context.get("active_ids", [])
        if model == "ar.debtor":
            return debtors.browse(ids)
        if model == "account.move":
            partners = self.env[model].browse(ids).commercial_partner_id
            company = self.env.company.root_id
            domain = [
                ("partner_id", "in", partners.ids),
                ("company_id", "=", company.id),
            ]
            return debtors.search(domain)
        return debtors

    # === ACTION METHODS === #

    def action_preview(self):
        """List what would be billed, and who is left alone and why."""
        self.ensure_one()
        self._check_may_charge()
        self.line_ids.unlink()
        plans, reasons = self._get_plans()
        vals_list = [self._prepare_plan_vals(plan, reasons) for plan in plans]
        vals_list += self._prepare_reason_vals(plans, reasons)
        self.write(
            {
                "is_previewed": True,
                "line_ids": [fields.Command.create(vals) for vals in vals_list],
            }
        )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ar_collections.ar_late_charge_bill_action"
        )
        return dict(action, res_id=self.id)

    def action_bill(self):
        """Bill what is owed now, and open the documents."""
        self.ensure_one()
        self._check_may_charge()
        plans, _reasons = self._get_plans()
        # sudo: checked right above; documents and lines are written by methods only
        engine = self.env["ar.charge.engine"].sudo()
        documents = engine._make_documents(plans, self.company_id._ar_today())
        if not documents:
            raise UserError(
                self.env._("There is nothing to bill until this day. Look at the list.")
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Late charges"),
            "res_model": "account.move",
            "view_mode": "list,form",
            "domain": [("id", "in", documents.ids)],
            # the columns of customer invoices
            "context": {"default_move_type": "out_invoice", "create": False},
        }

    # === BUSINESS METHODS === #

    def _check_may_charge(self):
        # charging is for credit managers, of this company
        self._as_collector(MANAGER)
        if self.company_id not in self.env.companies:
            raise UserError(
                self.env._(
                    "Choose %(company)s among your companies first.",
                    company=self.company_id.name,
                )
            )
        today = self.company_id._ar_today()
        if self.date_upto > today:
            raise UserError(
                self.env._("Interest is charged until today at most, not beforehand.")
            )

    def _get_plans(self):
        """What the engine would do for the customers and policies chosen."""
        partners = self.debtor_ids.partner_id if self.debtor_ids else None
        if self.policy_ids:
            debtors = self.env["ar.debtor"].search(
                [("company_id", "=", self.company_id.id)]
            )
            mine = debtors._filter_policies(self.policy_ids).partner_id
            partners = mine if partners is None else partners & mine
        # sudo: checked by the caller
        engine = self.env["ar.charge.engine"].sudo()
        today = self.company_id._ar_today()
        return engine._plan(self.company_id.sudo(), self.date_upto, today, partners)

    def _prepare_plan_vals(self, plan, reasons):
        engine = self.env["ar.charge.engine"]
        key = (plan.partner, plan.company, plan.currency)
        waiting = sum(
            reason == "announced" and engine._get_group(item) == key
            for item, reason in reasons.items()
        )
        message = plan.message
        if waiting and not message:
            message = self.env._(
                "%s more are not charged: a letter gives time", waiting
            )
        return {
            "partner_id": plan.partner.id,
            "currency_id": plan.currency.id,
            "amount": float(plan.total),
            "item_count": len(plan.results),
            "state": plan.state,
            "message": message,
        }

    def _prepare_reason_vals(self, plans, reasons):
        """Customers of whom nothing is charged, by reason."""
        engine = self.env["ar.charge.engine"]
        known = {(plan.partner, plan.company, plan.currency) for plan in plans}
        left = {}
        for item, reason in reasons.items():
            key = engine._get_group(item)
            if key not in known:
                left.setdefault((key[0], key[2], reason), []).append(item)
        return [
            {
                "partner_id": partner.id,
                "currency_id": currency.id,
                "item_count": len(items),
                "state": reason,
            }
            for (partner, currency, reason), items in left.items()
        ]


class ArLateChargeBillLine(models.TransientModel):
    """What charging would do for one customer in one currency."""

    _name = "ar.late.charge.bill.line"
    _description = "Preview of Late Charges"
    _order = "amount desc, id"

    wizard_id = fields.Many2one("ar.late.charge.bill", ondelete="cascade")
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary("To bill", readonly=True)
    item_count = fields.Integer("Items", readonly=True)
    state = fields.Selection(
        [
            ("bill", "Will be billed"),
            ("credit", "A credit note corrects what was billed"),
            ("carried", "Below the smallest document, carried on"),
            ("nothing", "Nothing new"),
            ("problem", "Cannot be worked out"),
            ("terms", "The customer is charged nothing by the terms"),
            ("mode", "The policy or level does not bill"),
            ("since", "Fell due before the policy began to charge"),
            ("announced", "A letter gives time, or it was paid in that time"),
            ("blocked", "No Follow-Up"),
        ],
        "What happens",
        readonly=True,
    )
    message = fields.Char(readonly=True)
