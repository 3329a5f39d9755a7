from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.ar_reference_rate import exact
from ..tools.day_count import ONE_DAY
from ..tools.interest_start import ClaimDates
from ..tools.late_claim import ClaimEvent, LateClaim


class ArChargeCalculator(models.TransientModel):
    """What lateness costs on any amount: no invoice is needed, nothing is booked."""

    _name = "ar.charge.calculator"
    _description = "Late Charge Calculator"
    _inherit = ["ar.charge.proof.mixin", "ar.wizard.mixin"]

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
    )
    name = fields.Char("About", help="Printed on the proof sheet.")
    amount = fields.Monetary("Claim", help="With VAT: interest counts on all of it.")
    date_due = fields.Date("Due")
    date_invoice = fields.Date("Invoice or delivery")
    date_reminder = fields.Date("First reminder")
    date_deadline = fields.Date("Deadline of the reminder")
    date = fields.Date(
        "Until", required=True, default=lambda self: self.env.company._ar_today()
    )
    country_id = fields.Many2one(
        "res.country",
        "Law of",
        default=lambda self: self.env.company.account_fiscal_country_id,
    )
    state_id = fields.Many2one(
        "res.country.state", domain="[('country_id', '=', country_id)]"
    )
    customer_kind = fields.Selection(
        selection="_selection_customer_kind",
        string="Customer is",
        required=True,
        default="business",
    )
    terms_id = fields.Many2one(
        "ar.charge.terms",
        "Charge terms",
        compute="_compute_terms_id",
        store=True,
        readonly=False,
        help="Those of the law above; or choose yours.",
    )
    start_basis = fields.Selection(related="terms_id.start_basis")
    line_ids = fields.One2many(
        "ar.charge.calculator.line", "calculator_id", "Payments and credits"
    )
    problem = fields.Char(compute="_compute_result")
    interest = fields.Monetary(compute="_compute_result")
    costs = fields.Monetary("Lump sums", compute="_compute_result")
    charges = fields.Monetary("Late charges", compute="_compute_result")
    daily = fields.Monetary("Each day more", compute="_compute_result")
    principal = fields.Monetary("Open of the claim", compute="_compute_result")
    pay_today = fields.Monetary(
        "To pay on that day",
        compute="_compute_result",
        help="Settles claim and charges with money of that day.",
    )
    collection_costs = fields.Monetary(
        "Collection costs up to",
        compute="_compute_result",
        help="What the terms allow for collecting; not in the sums above.",
    )
    result = fields.Html(compute="_compute_result", sanitize=False)
    result_text = fields.Text(compute="_compute_result")

    # === COMPUTE METHODS === #

    @api.model
    def _selection_customer_kind(self):
        return self.env["res.partner"]._get_ar_customer_kinds()

    @api.depends("country_id", "state_id", "customer_kind", "company_id")
    def _compute_terms_id(self):
        for one in self:
            one.terms_id = one.country_id and self.env[
                "ar.charge.terms"
            ]._get_for_country(
                one.country_id,
                one.customer_kind,
                one.date or one.company_id._ar_today(),
                one.company_id,
                one.state_id,
            )

    @api.depends(lambda self: self._get_inputs())
    @api.depends_context("lang")
    def _compute_result(self):
        for one in self:
            sheet, one.problem = one._get_sheet()
            one._show(sheet)

    @api.model
    def _get_inputs(self):
        """Fields that the result follows from."""
        own = [name for name in self._fields if name.startswith("date")]
        lines = [f"line_ids.{name}" for name in ("date", "amount", "kind")]
        return [*own, *lines, "amount", "currency_id", "terms_id", "name"]

    # === BUSINESS METHODS === #

    def _get_sheets(self):
        """The proof sheet, if nothing is missing.

        :raise UserError: says what is missing
        """
        self.ensure_one()
        sheet, problem = self._get_sheet()
        if problem:
            raise UserError(problem)
        return [sheet]

    def _get_sheet(self):
        """(proof sheet, nothing) or (nothing, what is missing)."""
        self.ensure_one()
        missing = self._get_missing()
        if missing:
            return None, missing
        try:
            claim = self._get_claim()
            entry = {
                "assessment": self._assess(claim, self.date),
                "terms": self.terms_id,
                "label": self.name or self.env._("Claim"),
            }
        except UserError as error:
            return None, str(error)
        try:
            entry["after"] = self._assess(claim, self.date + ONE_DAY)
        except UserError:  # tomorrow's rate is not known; what is owed today is
            entry["after"] = None
        sheet = self.env["ar.charge.proof"]._get_sheet(
            self.currency_id, self.date, [entry], company=self.company_id
        )
        return sheet, False

    def _get_missing(self):
        """What has to be entered before anything can be computed."""
        _ = self.env._
        if not self.amount or self.amount < 0:
            return _("Enter the claim: an amount above zero.")
        if not self.date:
            return _("Enter until which day it is computed.")
        if not (self.date_due or self.date_invoice):
            return _("Enter when the claim was due, or the day of invoice.")
        if self.terms_id:
            return False
        if self.country_id and self.customer_kind == "consumer":
            return _(
                "No charge terms for consumers are known for %s: nothing is charged. "
                "Choose other terms if yours were agreed.",
                self.country_id.name,
            )
        return _(
            "No charge terms are known for %s, and nobody guesses a law. Choose charge "
            "terms, or enter those of your contract under Configuration ▸ Charge Terms.",
            self.country_id.name or _("no country"),
        )

    def _get_claim(self):
        engine = self.env["ar.charge.engine"]
        currency = self.currency_id

        def to_units(amount):
            return engine._to_units(amount, currency)

        lines = self.line_ids.filtered(lambda line: line.date and line.amount)
        return LateClaim(
            to_units(self.amount),
            ClaimDates(
                due=self.date_due or None,
                invoice=self.date_invoice or None,
                reminder=self.date_reminder or None,
                notice=self.date_deadline or None,
            ),
            unit=exact(currency.rounding),
            events=tuple(
                ClaimEvent(line.date, line.kind, to_units(line.amount))
                for line in lines
            ),
            ref=self.name or "",
        )

    def _assess(self, claim, upto):
        engine = self.env["ar.charge.engine"]
        terms = self.terms_id
        known = engine._get_rules(terms, self.currency_id, self.company_id, upto)
        return engine._assess_claim(
            claim, terms, known, engine._get_book([terms]), upto
        )

    def _show(self, sheet):
        """Put a sheet, or nothing, into the fields of the result."""
        self.ensure_one()
        scale = sheet and self.terms_id._get_cost_scale()
        document = sheet and sheet["document"]
        self.interest = sheet and float(document.interest)
        self.costs = sheet and float(document.costs)
        self.charges = sheet and float(document.total)
        self.principal = sheet and float(sheet["principal"])
        self.daily = sheet and float(sheet["daily"] or 0)
        self.pay_today = sheet and float(sheet["total"])
        self.collection_costs = scale and float(
            scale.get_amount(sheet["principal"], exact(self.currency_id.rounding))
        )
        self.result = sheet and self.env["ir.qweb"]._render(
            "ar_collections.charge_proof_body", {"sheet": sheet, "is_screen": True}
        )
        self.result_text = sheet and self.env["ar.charge.proof"]._get_text(sheet)


class ArChargeCalculatorLine(models.TransientModel):
    """Something that was paid or credited on the claim."""

    _name = "ar.charge.calculator.line"
    _description = "Payment in the Calculator"
    _order = "date, id"

    calculator_id = fields.Many2one(
        "ar.charge.calculator", required=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="calculator_id.currency_id")
    kind = fields.Selection(
        [
            ("payment", "Payment"),
            ("credit", "Credit note"),
            ("debit", "Added to the claim"),
        ],
        required=True,
        default="payment",
    )
    date = fields.Date(required=True)
    amount = fields.Monetary(required=True)

    # === CONSTRAINT METHODS === #

    _check_amount = models.Constraint(
        "CHECK(amount >= 0)", "Enter what was paid or credited as a positive amount."
    )
