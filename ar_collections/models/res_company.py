from datetime import date, timedelta

import pytz

from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError

from ..tools.letter_window import get_window
from ..tools.workdays import Workdays

# The span in which working days are counted, around the day of the decision.
YEARS_BEFORE, YEARS_AFTER = 10, 2
DIN_LAYOUT = "l10n_din5008.external_layout_din5008"


class ResCompany(models.Model):
    _inherit = "res.company"

    ar_policy_id = fields.Many2one(
        "ar.policy",
        "Default collections policy",
        groups="base.group_user",
        help="For customers and invoices that name no policy of their own. Empty: the "
        "first policy of the list.",
    )
    ar_aging_buckets = fields.Char(
        "Ageing buckets",
        default="30,60,90,120",
        groups="base.group_user",
        help="Upper ends of the buckets in days late, separated by commas; up to five.",
    )
    ar_opening_journal_id = fields.Many2one(
        "account.journal",
        "Journal of opening items",
        help="Imported items are posted in it. Empty: the journal of the opening entry, "
        "else the first miscellaneous one.",
    )
    ar_opening_account_id = fields.Many2one(
        "account.account",
        "Account of opening items",
        help="What imported items stand against. Empty: the account of undistributed "
        "profits, as for the opening entry.",
    )
    ar_letter_window = fields.Selection(
        [
            ("auto", "As usual in the company's country"),
            ("left", "On the left"),
            ("right", "On the right"),
            ("none", "None: the address as in other documents"),
        ],
        "Window of envelopes",
        # not required by the database: Odoo makes companies while we are not loaded
        default="auto",
        help="Where the address of a letter stands on its first page.",
    )
    ar_letter_has_folds = fields.Boolean(
        "Fold marks", help="Marks at the edge of a letter's first page, to fold it at."
    )
    ar_letter_has_cover = fields.Boolean(
        "List on top of a print batch",
        help="A page that lists the letters that are printed together.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("ar_policy_id")
    def _check_ar_policy_id(self):
        for company in self:
            owner = company.ar_policy_id.company_id
            if owner and owner != company.root_id:
                raise ValidationError(
                    self.env._(
                        "Policy %(policy)s belongs to %(owner)s and cannot be the "
                        "default of %(company)s. Choose a shared one.",
                        policy=company.ar_policy_id.name,
                        owner=owner.name,
                        company=company.name,
                    )
                )

    @api.constrains("ar_aging_buckets")
    def _check_ar_aging_buckets(self):
        for company in self:
            try:
                ends = company._get_aging_buckets()
            except ValueError:
                ends = []
            if not 1 <= len(ends) <= 5 or ends != sorted(set(ends)) or ends[0] < 1:
                raise ValidationError(
                    self.env._(
                        "Ageing buckets are one to five rising numbers of days, for "
                        "example 30,60,90,120."
                    )
                )

    @api.constrains("ar_opening_account_id")
    def _check_ar_opening_account_id(self):
        for company in self:
            # sudo: only the kind of the account
            account = company.sudo().ar_opening_account_id
            if account.account_type in ("asset_receivable", "liability_payable"):
                raise ValidationError(
                    self.env._(
                        "Opening items cannot stand against %(account)s: what is owed "
                        "would be doubled. Choose an account of equity.",
                        account=account.display_name,
                    )
                )

    # === CRUD METHODS === #

    def write(self, vals):
        result = super().write(vals)
        if "ar_policy_id" in vals:
            self.env["ar.debtor"]._refresh_later()
        return result

    # === BUSINESS METHODS === #

    def _is_ar_din_layout(self):
        """Whether the company's documents have the layout of DIN 5008, with its own places."""
        # sudo: the layout is a view, which a collector may not read
        return self.sudo().external_report_layout_id.key == DIN_LAYOUT

    def _get_ar_letter_window(self):
        """The window of the envelopes that the company uses, none without window.

        :rtype: tools.letter_window.Window | None
        """
        self.ensure_one()
        return get_window(self.country_id.code, self.ar_letter_window or "auto")

    def _get_ar_opening_journal(self):
        """Where imported opening items are posted.

        :raise UserError: if the company has no miscellaneous journal
        """
        journals = self.env["account.journal"]
        domain = [("type", "=", "general"), *journals._check_company_domain(self)]
        journal = (
            self.ar_opening_journal_id
            or self.root_id.ar_opening_journal_id
            or self.account_opening_journal_id
            or journals.search(domain, limit=1)
        )
        if not journal:
            raise UserError(
                self.env._(
                    "%(company)s has no miscellaneous journal to post opening items in. "
                    "Make one, or install a chart of accounts.",
                    company=self.name,
                )
            )
        return journal

    def _get_ar_opening_account(self):
        """What imported opening items stand against."""
        return (
            self.ar_opening_account_id
            or self.root_id.ar_opening_account_id
            or self.get_unaffected_earnings_account()
        )

    def _get_ar_imprint(self):
        """Who writes, as the law of most countries asks of a business letter."""
        self.ensure_one()
        # sudo: a collector need not see the company's own contact
        address = self.partner_id.sudo()._display_address(without_company=True)
        lines = ", ".join(filter(None, map(str.strip, address.splitlines())))
        parts = [self.name, lines, self.vat, self.company_registry]
        return ", ".join(filter(None, parts))

    def _ar_today(self):
        """Today where the company is: the one place that asks for it.

        :rtype: date
        """
        return fields.Date.context_today(self.with_context(tz=self._get_ar_tz()))

    def _get_ar_tz(self):
        """Where the company lives, whoever asks: its own zone, its country's if there is
        one only, else that of its working hours."""
        # sudo: in which time zone a company lives, whoever works for its branch
        company = self.sudo()
        zones = pytz.country_timezones.get(company.country_id.code or "", [])
        for tz in (
            company.partner_id.tz,
            zones[0] if len(zones) == 1 else False,
            company.resource_calendar_id.tz,
        ):
            if tz in pytz.all_timezones_set:
                return tz
        return "UTC"

    def _get_ar_public_policy(self):
        """The text of the company's default policy, if it is published."""
        policy = self.env["ar.policy"]._get_company_default(self)
        return policy.description if policy.is_printed_on_invoice else False

    def _get_ar_bank_account(self, currency):
        """The own bank account that customers are asked to pay to, one in ``currency``
        if there is any."""
        # sudo: a collector prints the company's bank account without rights on banks
        accounts = self.sudo().partner_id.bank_ids
        usable = accounts.filtered(lambda a: a.company_id.id in (False, self.id))
        return (usable.filtered(lambda a: a.currency_id == currency) or usable)[:1]

    def _get_aging_buckets(self):
        """Upper ends of the ageing buckets, in days late.

        :rtype: list[int]
        """
        return [
            int(end) for end in (self.ar_aging_buckets or "30,60,90,120").split(",")
        ]

    def _get_workdays(self, day, calendar=None):
        """The working days of the company's working hours around a date.

        Public holidays are the time off that is entered for nobody in particular.

        :param calendar: other working hours than the company's
        :rtype: Workdays
        """
        # sudo: working hours are no secret
        hours = calendar or self.sudo().resource_calendar_id
        return self._get_workdays_around(hours.id, day.year)

    @tools.ormcache("self.id", "calendar_id", "year")
    def _get_workdays_around(self, calendar_id, year):
        """The same for a year; kept until holidays or working hours change."""
        # sudo: as above
        calendar = self.env["resource.calendar"].sudo().browse(calendar_id)
        weekdays = {int(day) for day in calendar.attendance_ids.mapped("dayofweek")}
        first = date(year - YEARS_BEFORE, 1, 1)
        last = date(year + YEARS_AFTER, 12, 31)
        leaves = (
            self.env["resource.calendar.leaves"]
            .sudo()
            .search(
                [
                    ("resource_id", "=", False),
                    ("time_type", "=", "leave"),
                    ("calendar_id", "in", [calendar.id, False]),
                    ("company_id", "in", [self.id, calendar.company_id.id, False]),
                    ("date_to", ">=", first),
                    ("date_from", "<=", last),
                ]
            )
        )
        holidays = set()
        tz = pytz.timezone(calendar.tz or "UTC")
        noon = timedelta(hours=12)
        for leave in leaves:
            start, end = (
                pytz.utc.localize(moment).astimezone(tz).replace(tzinfo=None)
                for moment in (leave.date_from, leave.date_to)
            )
            day = start.date()
            # a day off is one on which noon is off
            while fields.Datetime.to_datetime(day) + noon <= end:
                if fields.Datetime.to_datetime(day) + noon >= start:
                    holidays.add(day)
                day += timedelta(days=1)
        return Workdays(first, last, weekdays or {0, 1, 2, 3, 4}, holidays)
