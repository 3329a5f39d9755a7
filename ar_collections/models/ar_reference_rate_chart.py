from odoo import api, fields, models
from odoo.tools import SQL, format_date

# Of the drawing, in its own units.
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 720, 200, 44, 24, 10
STEPS = (0.25, 0.5, 1, 2, 5, 10, 20)


class ArReferenceRate(models.Model):
    """Draws a series: a rate stays what it is until it changes, so in steps."""

    _inherit = "ar.reference.rate"

    chart = fields.Html(compute="_compute_chart", sanitize=False)

    # === COMPUTE METHODS === #

    @api.depends(
        "value_ids.rate", "value_ids.date_from", "value_ids.source", "known_until"
    )
    def _compute_chart(self):
        today = self.env.company._ar_today()
        for series in self:
            drawing = series._get_drawing(today)
            series.chart = drawing and self.env["ir.qweb"]._render(
                "ar_collections.reference_rate_chart", drawing
            )

    # === BUSINESS METHODS === #

    def _get_drawing(self, today):
        """Places of line, points and ticks; None without two days to draw between."""
        self.ensure_one()
        values = self.value_ids.filtered("date_from").sorted("date_from")
        if not values:
            return None
        first = values[0].date_from
        last = max(values[-1].date_from, min(self.known_until or today, today))
        days = (last - first).days
        if not days:
            return None
        low, high, step = self._get_scale(values.mapped("rate"))

        def x(day):
            share = (day - first).days / days
            return round(LEFT + share * (WIDTH - LEFT - 8), 1)

        def y(rate):
            share = (rate - low) / (high - low)
            return round(HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP), 1)

        path = [f"M{x(first)},{y(values[0].rate)}"]
        path += [f"H{x(v.date_from)}V{y(v.rate)}" for v in values[1:]]
        every = max(1, round((last.year - first.year) / 12))
        years = range(first.year + 1, last.year + 1, every)
        return {
            "width": WIDTH,
            "height": HEIGHT,
            "left": LEFT,
            "base": HEIGHT - BOTTOM,
            "path": "".join([*path, f"H{x(last)}"]),
            "points": [
                (x(v.date_from), y(v.rate), self._tell_point(v)) for v in values
            ],
            "rates": [
                (y(low + n * step), f"{low + n * step:g}")
                for n in range(round((high - low) / step) + 1)
            ],
            "years": [
                (x(fields.Date.to_date(f"{year}-01-01")), year) for year in years
            ],
        }

    @api.model
    def _get_scale(self, rates):
        """(lowest, highest, step) of the rates' axis, with nothing in it."""
        low, high = min([0.0, *rates]), max([1.0, *rates])
        step = next((one for one in STEPS if (high - low) / one <= 6), STEPS[-1])
        return low // step * step, -(-high // step) * step, step

    @api.model
    def _tell_point(self, value):
        day = format_date(self.env, value.date_from)
        return f"{day}: {value.rate:g} % – {value.source or ''}"


class ArReferenceRateMonth(models.Model):
    """What reference rates were at the end of each month, to compare them in a chart.

    A chart of the values alone would join two changes by a slope.
    """

    _name = "ar.reference.rate.month"
    _description = "Reference Rate by Month"
    _auto = False
    _order = "month desc, reference_rate_id"
    _rec_name = "reference_rate_id"

    reference_rate_id = fields.Many2one("ar.reference.rate", "Series", readonly=True)
    month = fields.Date(readonly=True)
    rate = fields.Float("% a year", digits=(16, 6), readonly=True, aggregator="avg")

    @property
    def _table_query(self):
        today = fields.Date.to_string(self.env.company._ar_today())
        self.env["ar.reference.rate"].flush_model()
        self.env["ar.reference.rate.value"].flush_model()
        return SQL(
            """
            SELECT ROW_NUMBER() OVER (ORDER BY series.id, month) AS id,
                   series.id AS reference_rate_id, month::date AS month, value.rate
              FROM ar_reference_rate series
        CROSS JOIN LATERAL (
                   SELECT MIN(date_from) AS first, MAX(date_from) AS last
                     FROM ar_reference_rate_value
                    WHERE reference_rate_id = series.id) span
        CROSS JOIN LATERAL generate_series(
                   DATE_TRUNC('month', span.first),
                   GREATEST(span.last, LEAST(series.known_until, %(today)s::date)),
                   INTERVAL '1 month') month
        CROSS JOIN LATERAL (
                   SELECT rate
                     FROM ar_reference_rate_value
                    WHERE reference_rate_id = series.id
                      AND date_from < month + INTERVAL '1 month'
                 ORDER BY date_from DESC
                    LIMIT 1) value
             WHERE series.active
            """,
            today=today,
        )
