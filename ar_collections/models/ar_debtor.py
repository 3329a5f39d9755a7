from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_date


class ArDebtor(models.Model):
    """One commercial partner as one of our companies sees it.

    The stored amounts are a cache for lists and charts, refreshed when receivables
    move and every night; no decision reads them.
    """

    _name = "ar.debtor"
    _description = "Debtor"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "amount_overdue desc, id"
    _check_company_auto = True

    partner_id = fields.Many2one(
        "res.partner",
        "Customer",
        required=True,
        readonly=True,
        index=True,
        # letters that were sent keep the debtor, and with it the customer
        ondelete="cascade",
        domain=[("parent_id", "=", False)],
    )
    name = fields.Char(related="partner_id.complete_name", string="Name")
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    policy_id = fields.Many2one(
        "ar.policy",
        tracking=True,
        check_company=True,
        help="Empty: the first rule that fits, else the company's default policy.",
    )
    user_id = fields.Many2one(
        "res.users", "Collector", tracking=True, domain=[("share", "=", False)]
    )
    level_id = fields.Many2one(
        "ar.dunning.level",
        readonly=True,
        ondelete="set null",
        help="The highest level that an open item was sent at.",
    )
    amount_due = fields.Monetary("Open", readonly=True)
    amount_overdue = fields.Monetary("Overdue", readonly=True)
    amount_not_due = fields.Monetary("Not yet due", compute="_compute_amount_not_due")
    days_overdue = fields.Integer(
        "Days late", readonly=True, aggregator="max", help="Of the oldest item."
    )
    is_cod = fields.Boolean("Cash on delivery", readonly=True)
    is_credit_hold = fields.Boolean("Credit hold", readonly=True)
    next_action_date = fields.Date(
        "Next step",
        readonly=True,
        help="When the ladder takes its next step; today if somebody has to decide.",
    )
    last_notice_date = fields.Date("Last notice", readonly=True)
    note = fields.Html("Notes for collectors")
    notice_ids = fields.One2many("ar.dunning.notice", "debtor_id")
    pause_ids = fields.One2many("ar.pause", "debtor_id", context={"active_test": False})
    is_paused = fields.Boolean(
        compute="_compute_is_paused",
        search="_search_is_paused",
        help="All that the customer owes is paused today.",
    )
    notice_count = fields.Integer(compute="_compute_notice_count")
    open_item_ids = fields.Many2many(
        "account.move.line",
        string="Open items",
        compute="_compute_open_items",
    )
    outlook = fields.Html("What the ladder does next", compute="_compute_outlook")
    totals = fields.Html(compute="_compute_open_items")

    _partner_company_uniq = models.Constraint(
        "UNIQUE(partner_id, company_id)",
        "This customer already has a debtor record in the company.",
    )

    # === COMPUTE METHODS === #

    @api.depends("partner_id", "company_id")
    def _compute_display_name(self):
        for debtor in self:
            debtor.display_name = debtor.partner_id.display_name

    @api.depends("amount_due", "amount_overdue")
    def _compute_amount_not_due(self):
        for debtor in self:
            debtor.amount_not_due = debtor.amount_due - debtor.amount_overdue

    @api.depends("pause_ids.state", "pause_ids.amount")
    def _compute_is_paused(self):
        for debtor in self:
            debtor.is_paused = any(
                pause.state == "running" and not pause.is_for_items and not pause.amount
                for pause in debtor.pause_ids
            )

    @api.model
    def _search_is_paused(self, operator, value):
        if operator != "in":
            return NotImplemented
        running = self.env["ar.pause"]._search(
            [
                ("state", "in", ["running"]),
                ("is_for_items", "=", False),
                ("amount", "=", 0),
            ]
        )
        return fields.Domain("pause_ids", "in", running)

    @api.depends("notice_ids")
    def _compute_notice_count(self):
        counts = dict(
            self.env["ar.dunning.notice"]._read_group(
                [("debtor_id", "in", self.ids)], ["debtor_id"], ["__count"]
            )
        )
        for debtor in self:
            debtor.notice_count = counts.get(debtor._origin, 0)

    @api.depends("partner_id", "company_id")
    def _compute_open_items(self):
        items = self._get_open_items()
        for debtor in self:
            mine = items.get((debtor.company_id.id, debtor.partner_id.id), [])
            debtor.open_item_ids = [
                (6, 0, [r["id"] for r in sorted(mine, key=lambda r: r["date_due"])])
            ]
            debtor.totals = self._get_totals_html(mine)

    @api.depends("partner_id", "company_id")
    def _compute_outlook(self):
        engine = self.env["ar.dunning.engine"]
        for company, debtors in self.grouped("company_id").items():
            rows = (
                engine._decide(
                    company, company._ar_today(), partners=debtors.partner_id
                )
                if debtors.partner_id and company
                else []
            )
            for debtor in debtors:
                mine = [r for r in rows if r["partner_id"] == debtor.partner_id.id]
                debtor.outlook = debtor._get_outlook_html(mine)

    # === CRUD METHODS === #

    def write(self, vals):
        kept = {name for name in vals if self._fields[name].readonly}
        if kept and not self.env.su:
            raise AccessError(
                self.env._(
                    "The figures of a debtor come from the ledger and cannot be written "
                    "(%(fields)s).",
                    fields=", ".join(sorted(kept)),
                )
            )
        return super().write(vals)

    # === ACTION METHODS === #

    def action_open_notices(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ar_collections.ar_dunning_notice_action"
        )
        return dict(action, domain=[("debtor_id", "=", self.id)], context={})

    def action_open_invoices(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_out_invoice_type"
        )
        domain = [
            ("commercial_partner_id", "=", self.partner_id.id),
            ("company_id", "child_of", self.company_id.id),
            ("move_type", "in", ("out_invoice", "out_refund")),
        ]
        return dict(action, domain=domain, context={"create": False})

    def action_open_items(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ar_collections.ar_open_item_action"
        )
        return dict(action, domain=[("id", "in", self.open_item_ids.ids)])

    def action_open_partner(self):
        self.ensure_one()
        return self.partner_id.get_formview_action()

    def action_open(self):
        self.ensure_one()
        return self.get_formview_action()

    def action_write(self):
        """Open the mail composer; what is written lands in the debtor's chatter."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Write to %s", self.partner_id.display_name),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_partner_ids": self.partner_id.ids,
                "default_composition_mode": "comment",
            },
        }

    def action_start_run(self):
        """Open the run wizard for the selected debtors."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Run dunning"),
            "res_model": "ar.dunning.run.start",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_company_id": self.company_id[:1].id,
                "default_debtor_ids": self.ids,
            },
        }

    # === BUSINESS METHODS === #

    def _get_open_items(self):
        """Open items of these debtors, from the one source, by company and partner."""
        open_item = self.env["ar.open.item"]
        items = {}
        for company, debtors in self.grouped("company_id").items():
            if not (company and debtors.partner_id):
                continue
            engine = self.env["ar.dunning.engine"]
            today = company._ar_today()
            domain = open_item._get_open_item_domain(
                company
            ) & engine._get_partner_domain(debtors.partner_id)
            query = open_item._get_sql(domain, today, today)
            for row in self.env.execute_query_dict(query):
                key = (company.id, row["partner_id"])
                items.setdefault(key, []).append(row)
        return items

    def _get_totals_html(self, items):
        """Open and overdue per currency, as a small table."""
        sums = {}
        for row in items:
            open_sum, overdue = sums.get(row["currency_id"], (0, 0))
            company = self.env["res.company"].browse(row["company_id"])
            late = row["date_due"] < company._ar_today()
            sums[row["currency_id"]] = (
                open_sum + row["residual_currency"],
                overdue + (row["residual_currency"] if late else 0),
            )
        rows = [
            self.env._(
                "%(currency)s: open %(open)s, of it overdue %(overdue)s",
                currency=currency.name,
                open=currency.format(sums[currency.id][0]),
                overdue=currency.format(max(sums[currency.id][1], 0)),
            )
            for currency in self.env["res.currency"].browse(sums)
        ]
        return Markup("<br/>").join(escape(row) for row in rows)

    def _get_outlook_html(self, rows):
        """What the ladder will do next for each open debt, when, and why."""
        self.ensure_one()
        engine = self.env["ar.dunning.engine"]
        debts = [row for row in rows if row["verdict"] != "credit"]
        documents = {}
        moves = [row["move_id"] for row in debts]
        debts.sort(key=lambda r: (r["date_due"], r["id"]))
        lines = self.env["account.move.line"].browse(row["id"] for row in debts)
        for row, line in zip(debts, lines, strict=True):
            name = line._get_document_name()
            if moves.count(row["move_id"]) > 1:
                # an instalment is told by its due date
                name = f"{name} ({format_date(self.env, row['date_due'])})"
            documents.setdefault(engine._explain_row(row), []).append(name)
        if not documents:
            return Markup("<p>%s</p>") % self.env._("Nothing is open.")
        return Markup("<ul>%s</ul>") % Markup("").join(
            Markup("<li><b>%s</b><br/>%s</li>") % (", ".join(names), sentence)
            for sentence, names in documents.items()
        )
