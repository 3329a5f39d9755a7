from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date

from .ar_reference_rate import DIGITS, exact


class ArReferenceRateValue(models.Model):
    """What a reference rate is from a day on."""

    _name = "ar.reference.rate.value"
    _description = "Value of a Reference Rate"
    _inherit = ["ar.shipped.mixin"]
    _order = "date_from desc, id desc"
    _rec_name = "date_from"

    reference_rate_id = fields.Many2one(
        "ar.reference.rate", "Series", required=True, index=True, ondelete="cascade"
    )
    date_from = fields.Date("From", required=True)
    rate = fields.Float(
        "% a year", digits=(16, DIGITS), required=True, aggregator="avg"
    )
    source = fields.Char(help="Where the figure was read.")

    _date_uniq = models.UniqueIndex(
        "(reference_rate_id, date_from)",
        "The series has a value from this day on already: correct that one.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("rate")
    def _check_rate(self):
        for value in self:
            if not -10 <= value.rate <= 100:
                raise ValidationError(
                    self.env._(
                        "%(rate)s %% a year is no rate of %(series)s: enter percents, "
                        "such as 2.15.",
                        rate=value.rate,
                        series=value.reference_rate_id.name,
                    )
                )

    # === CRUD METHODS === #

    @api.model
    def load(self, fields, data):
        """Import values; one that is there for its day already is corrected."""
        return super().load(*self._find_existing(fields, data))

    @api.model
    def get_import_templates(self):
        return [
            {
                "label": self.env._("Import Template for Reference Rates"),
                "template": "/ar_collections/static/csv/ar_reference_rate_values.csv",
            }
        ]

    @api.model_create_multi
    def create(self, vals_list):
        values = super().create(vals_list)
        values._tell_series({})
        return values

    def write(self, vals):
        before = {value: (value.date_from, value.rate) for value in self}
        result = super().write(vals)
        self._tell_series(before)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_and_tell(self):
        for value in self:
            value.reference_rate_id._message_log(
                body=self.env._(
                    "Value removed: %(rate)s %% from %(day)s",
                    rate=exact(value.rate),
                    day=format_date(self.env, value.date_from),
                )
            )

    # === BUSINESS METHODS === #

    @api.model
    def _find_existing(self, names, data):
        """Add to rows of a file the ids of the values that they correct."""
        names = list(names)
        if "date_from" not in names or "reference_rate_id" not in names:
            return names, data
        if {"id", ".id"} & set(names):  # the file says itself what it means
            return names, data
        at = names.index("reference_rate_id"), names.index("date_from")
        rates = self.env["ar.reference.rate"].with_context(active_test=False)
        texts = list({row[at[0]] for row in data})
        named = ["|", ("name", "in", texts), ("code", "in", texts)]
        ids = {
            (text, str(value.date_from)): value.id
            for value in rates.search(named).value_ids
            for text in (value.reference_rate_id.name, value.reference_rate_id.code)
        }
        found = [ids.get((row[at[0]], row[at[1]]), "") for row in data]
        rows = [[*row, str(one)] for row, one in zip(data, found, strict=True)]
        return [*names, ".id"], rows

    def _tell_series(self, before):
        """Write into the series' chatter what was entered or corrected by a person."""
        if not self.env.registry.ready:  # an update brings them
            return
        for series, values in self.grouped("reference_rate_id").items():
            lines = [line for v in values if (line := v._tell(before.get(v)))]
            if lines:
                series._message_log(body="; ".join(lines))

    def _tell(self, before):
        self.ensure_one()
        now = (self.date_from, self.rate)
        if before == now:
            return None

        def figures(date_from, rate):
            return f"{exact(rate):f}", format_date(self.env, date_from)

        rate, day = figures(*now)
        if not before:
            return self.env._("New value: %(rate)s %% from %(day)s", rate=rate, day=day)
        old, old_day = figures(*before)
        return self.env._(
            "Corrected: %(old)s %% from %(old_day)s → %(rate)s %% from %(day)s",
            old=old,
            old_day=old_day,
            rate=rate,
            day=day,
        )
