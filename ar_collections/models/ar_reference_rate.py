from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.reference_rate import MissingRateError, RateBook, RateSeries, RateValue

# Rates are read from the database as they were typed, not as a float rounds them.
DIGITS = 6


def exact(number):
    """The decimal number that a float field shows: 2.15, not 2.149999999, nor 2.150."""
    number = Decimal(str(round(number, DIGITS)))
    whole = number.to_integral_value()
    return whole if number == whole else number.normalize()


class ArReferenceRate(models.Model):
    """An official rate that statutory interest refers to, in percent a year.

    Official figures are the same for all companies. What is shipped is renewed by an
    update, except for what somebody has corrected.
    """

    _name = "ar.reference.rate"
    _description = "Reference Rate"
    _inherit = ["mail.thread", "ar.shipped.mixin"]
    _order = "name, id"
    _rec_names_search = ["name", "code"]  # files may name a series by either

    name = fields.Char(required=True, tracking=True)
    code = fields.Char(
        required=True, tracking=True, help="By which files and extensions name it."
    )
    active = fields.Boolean(default=True)
    source = fields.Text(help="Who publishes the rate, and what was checked.")
    source_url = fields.Char("Web page")
    known_until = fields.Date(
        tracking=True,
        help="Last day for which the values below are known to be all there are. After "
        "it nothing is charged with the rate until somebody has looked it up and moved "
        "this day. Empty: no such limit.",
    )
    max_age = fields.Integer(
        "Longest age of a value",
        help="So many days a value answers for, at most. 0: no such limit.",
    )
    value_ids = fields.One2many(
        "ar.reference.rate.value", "reference_rate_id", "Values", copy=True
    )
    rate = fields.Float(
        "Newest value", digits=(16, DIGITS), compute="_compute_rate", store=False
    )
    date_from = fields.Date("Since", compute="_compute_rate")
    is_known_today = fields.Boolean(compute="_compute_is_known_today")

    _code_uniq = models.UniqueIndex(
        "(code)", "There is a reference rate with this code already."
    )
    _check_age = models.Constraint("CHECK(max_age >= 0)", "An age cannot be negative.")

    # === COMPUTE METHODS === #

    @api.depends("value_ids.rate", "value_ids.date_from")
    def _compute_rate(self):
        for series in self:
            newest = series.value_ids.sorted("date_from")[-1:]
            series.rate = newest.rate
            series.date_from = newest.date_from

    @api.depends("value_ids.date_from", "known_until", "max_age")
    def _compute_is_known_today(self):
        today = self.env.company._ar_today()
        for series in self:
            try:
                series._get_series().get_value(today)
                series.is_known_today = True
            except MissingRateError:
                series.is_known_today = False

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        used = self.env["ar.charge.terms"].with_context(active_test=False)
        used = used.search(self._get_used_domain(), limit=1)
        if used:
            raise UserError(
                self.env._(
                    "Charge terms “%(terms)s” refer to this rate. Archive the rate, or "
                    "choose another one there first.",
                    terms=used.name,
                )
            )

    def _get_used_domain(self):
        return [
            "|",
            "|",
            ("reference_rate_id", "in", self.ids),
            ("floor_reference_rate_id", "in", self.ids),
            ("cap_reference_rate_id", "in", self.ids),
        ]

    # === ACTION METHODS === #

    def action_open_values(self):
        """Open the values of the series, as a chart first."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ar_collections.ar_reference_rate_value_action"
        )
        return dict(
            action,
            domain=[("reference_rate_id", "=", self.id)],
            context={"default_reference_rate_id": self.id},
            name=self.name,
        )

    def action_import_values(self):
        """Open core's import screen for values, which has a template to download."""
        return {
            "type": "ir.actions.client",
            "tag": "import",
            "name": self.env._("Import Values of Reference Rates"),
            "params": {
                "active_model": "ar.reference.rate.value",
                "context": dict(self.env.context),
            },
        }

    # === BUSINESS METHODS === #

    def _get_series(self):
        """The series for the arithmetic in `tools`.

        :rtype: RateSeries
        """
        self.ensure_one()
        values = tuple(
            RateValue(value.date_from, exact(value.rate), value.source or "")
            for value in self.value_ids
            if value.date_from
        )
        return RateSeries(
            self.code,
            self.name,
            values,
            known_until=self.known_until or None,
            max_age=self.max_age or None,
        )

    def _get_book(self):
        """These series as the book that the arithmetic looks rates up in.

        :rtype: RateBook
        """
        self.value_ids.fetch(["date_from", "rate", "source", "reference_rate_id"])
        return RateBook.of(*(series._get_series() for series in self))

    def _get_value(self, date):
        """The rate in force on a day.

        :return: percent a year
        :rtype: Decimal
        :raise UserError: if none is known for the day; names series and day
        """
        self.ensure_one()
        try:
            return self._get_series().get_value(date).rate
        except MissingRateError as error:
            raise UserError(self._tell_missing(error)) from error

    @api.model
    def _tell_missing(self, error):
        """What is missing and what to do, in words of the user's language."""
        newest = error.newest and fields.Date.to_string(error.newest.date_from)
        return self.env._(
            "Reference rate %(name)s has no value for %(day)s (its newest one is of "
            "%(newest)s). Enter it under Configuration ▸ Reference Rates, or move the "
            "day until which the values are known; nothing is charged without it.",
            name=error.name,
            day=fields.Date.to_string(error.day),
            newest=newest or self.env._("never"),
        )
