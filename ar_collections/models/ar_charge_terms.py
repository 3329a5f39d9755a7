from odoo import api, fields, models
from odoo.exceptions import UserError

RATE_DIGITS = (16, 6)


class ArChargeTerms(models.Model):
    """How lateness is charged: by law or by contract, for one kind of customer.

    Every figure of a charge follows from these terms, the reference rates and the
    ledger; `tools/charge_terms.py` says what each field means.
    """

    _name = "ar.charge.terms"
    _description = "Charge Terms"
    _inherit = ["mail.thread", "ar.shipped.mixin", "ar.root.company.mixin"]
    _order = "sequence, name, id"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    name = fields.Char(required=True, translate=True, tracking=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(
        default=True,
        tracking=True,
        help="Terms by law that nobody has read up for you are archived: look at their "
        "source before you use them.",
    )
    company_id = fields.Many2one(
        "res.company", help="Leave empty to share the terms among all companies."
    )
    country_id = fields.Many2one(
        "res.country", "Law of", help="Whose law the terms follow, if they do."
    )
    state_id = fields.Many2one(
        "res.country.state", domain="[('country_id', '=?', country_id)]"
    )
    customer_kind = fields.Selection(
        selection="_selection_customer_kind",
        string="For",
        required=True,
        default="business",
        tracking=True,
    )
    date_from = fields.Date("In force since")
    date_to = fields.Date("In force until")
    source = fields.Text(help="The rule, by article, and how well it was checked.")
    source_url = fields.Char("Web page")
    is_agreement_needed = fields.Boolean(
        "Must be agreed",
        tracking=True,
        help="The law gives no such charge by itself: it must be in the contract or in "
        "terms that the customer accepted before the sale.",
    )
    consumer_terms_id = fields.Many2one(
        "ar.charge.terms",
        "For consumers",
        domain=[("customer_kind", "=", "consumer")],
        check_company=True,
        help="Terms for the consumers among the customers. Empty: they are charged "
        "nothing.",
    )
    public_terms_id = fields.Many2one(
        "ar.charge.terms",
        "For public bodies",
        domain=[("customer_kind", "=", "public")],
        check_company=True,
        help="Terms for the public bodies among the customers. Empty: as for businesses.",
    )

    # the rate
    has_interest = fields.Boolean("Interest", default=True, tracking=True)
    reference_rate_id = fields.Many2one(
        "ar.reference.rate",
        tracking=True,
        ondelete="restrict",
        help="Empty: a fixed rate.",
    )
    factor = fields.Float("Times", digits=RATE_DIGITS, default=1.0)
    margin = fields.Float(
        "Points on top",
        digits=RATE_DIGITS,
        tracking=True,
        help="Percentage points above the reference rate.",
    )
    fixed_rate = fields.Float("Fixed rate", digits=RATE_DIGITS, tracking=True)
    rate_step = fields.Float(
        "Rounded to steps of",
        digits=RATE_DIGITS,
        help="0.5: to half points, as in Belgium. 0: not rounded.",
    )
    rate_rounding = fields.Selection(
        [("up", "up"), ("half_up", "to the nearest"), ("down", "down")],
        "Rounded",
        required=True,
        default="up",
    )
    rate_per = fields.Selection(
        [("year", "a year"), ("month", "a month")],
        "Percent",
        required=True,
        default="year",
    )
    fixing = fields.Selection(
        [
            ("floating", "Each period has its own rate"),
            ("start", "The rate of the first day serves to the end"),
            ("payment", "The rate of the day of payment serves for the whole delay"),
        ],
        "Which day's rate",
        required=True,
        default="floating",
        tracking=True,
    )
    fixing_period = fields.Selection(
        [
            ("half_year", "half-year"),
            ("quarter", "quarter"),
            ("month", "month"),
            ("year", "year"),
            ("day", "each change of the reference rate"),
        ],
        "Period",
        required=True,
        default="half_year",
    )
    fixing_lag = fields.Integer(
        "Days before",
        help="0: the rate of the period's first day, as 1 January. 1: of the day before "
        "it, as 31 December.",
    )
    floor_reference_rate_id = fields.Many2one(
        "ar.reference.rate", "At least", ondelete="restrict"
    )
    floor_factor = fields.Float(digits=RATE_DIGITS, default=1.0)
    floor_margin = fields.Float(digits=RATE_DIGITS)
    cap_reference_rate_id = fields.Many2one(
        "ar.reference.rate", "At most", ondelete="restrict"
    )
    cap_factor = fields.Float(digits=RATE_DIGITS, default=1.0)
    cap_margin = fields.Float(
        "Highest rate", digits=RATE_DIGITS, help="0 without a reference rate: no limit."
    )
    cap_step = fields.Float(digits=RATE_DIGITS)

    # how it accrues
    day_count = fields.Selection(
        [
            ("act/365", "actual days / 365"),
            ("act/360", "actual days / 360"),
            ("act/act", "actual days / days of the year"),
            ("30/360", "months of 30 days / 360"),
        ],
        "Days and year",
        required=True,
        default="act/365",
        tracking=True,
    )
    accrual = fields.Selection(
        [
            ("day", "by day"),
            ("month_started", "by month, as soon as it has begun"),
            ("month_full", "by full month"),
            ("flat", "once"),
        ],
        "Counts",
        required=True,
        default="day",
    )
    compounding = fields.Selection(
        [
            ("none", "Simple interest"),
            ("year", "Interest on interest after each full year"),
            ("month", "Interest on interest after each month"),
        ],
        required=True,
        default="none",
        tracking=True,
    )
    rests = fields.Selection(
        [("start", "from the first day of lateness"), ("calendar", "of the calendar")],
        "Years and months",
        required=True,
        default="start",
    )
    start_basis = fields.Selection(
        [
            ("due", "the due date"),
            ("supply", "days after invoice or delivery"),
            ("reminder", "days after a reminder"),
            ("notice", "the deadline of a notice"),
        ],
        "Late after",
        required=True,
        default="due",
        tracking=True,
    )
    start_days = fields.Integer("Days", default=30)
    grace_days = fields.Integer(
        "Days of grace", tracking=True, help="So many days late cost nothing."
    )
    grace = fields.Selection(
        [
            ("first_day", "from the first day of lateness"),
            ("after", "from the day after the grace"),
        ],
        "After them it counts",
        required=True,
        default="first_day",
    )
    payment_order = fields.Selection(
        [
            ("principal_interest_cost", "principal, interest, costs"),
            ("cost_interest_principal", "costs, interest, principal"),
            ("interest_principal_cost", "interest, principal, costs"),
            ("cost_principal_interest", "costs, principal, interest"),
        ],
        "A payment covers first",
        required=True,
        default="principal_interest_cost",
        tracking=True,
    )
    is_interest_on_costs = fields.Boolean(
        "Interest on charges",
        tracking=True,
        help="Lump sums and fees bear interest, too. In most countries they may not.",
    )

    # lump sums, fees, limits
    lump_sum_ids = fields.One2many(
        "ar.charge.lump.sum", "terms_id", "Lump sums", copy=True
    )
    lump_sum_on_original = fields.Boolean(
        "By the whole claim",
        help="Which lump sum it is follows the claim as it was, not what is still open.",
    )
    cost_band_ids = fields.One2many(
        "ar.charge.cost.band", "terms_id", "Collection costs", copy=True
    )
    cost_min = fields.Float("Collection costs at least", digits="Account")
    cost_max = fields.Float(
        "Collection costs at most", digits="Account", help="0: no limit."
    )
    cost_source = fields.Char("Rule of the collection costs")
    max_fees = fields.Integer("Fees at most", help="0: any number.")
    cap_total = fields.Float(
        "Charges at most", digits="Account", help="0: no limit. In company currency."
    )
    cap_percent = fields.Float("Charges at most, % of the claim", help="0: no limit.")
    cap_on = fields.Selection(
        [("interest", "interest"), ("charges", "all charges")],
        "Limit of",
        required=True,
        default="interest",
    )
    min_amount = fields.Float(
        "Smallest document",
        digits="Account",
        help="Less than this is not billed yet but carried on. In company currency.",
    )

    # === COMPUTE METHODS === #

    @api.model
    def _selection_customer_kind(self):
        return self.env["res.partner"]._get_ar_customer_kinds()

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        used = self.env["ar.policy"].with_context(active_test=False)
        used = used.search([("charge_terms_id", "in", self.ids)], limit=1)
        if used:
            raise UserError(
                self.env._(
                    "Policy “%(policy)s” charges by these terms. Choose other ones "
                    "there first, or archive the terms.",
                    policy=used.name,
                )
            )

    # === BUSINESS METHODS === #

    def _get_for_kind(self, kind):
        """The terms for a kind of customer; empty if it is charged nothing.

        :param str kind: ``business``, ``consumer`` or ``public``
        """
        self.ensure_one()
        if self.customer_kind == kind:
            return self
        if kind == "consumer":
            return self.consumer_terms_id.filtered("active")
        if kind == "public" and self.customer_kind == "business":
            return self.public_terms_id.filtered("active") or self
        return self.browse()
