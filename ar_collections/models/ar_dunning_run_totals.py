from odoo import api, fields, models
from odoo.tools import format_date


class ArDunningRun(models.Model):
    """What a run's two lists come to: by level what goes out, by reason what stays."""

    _inherit = "ar.dunning.run"

    level_totals = fields.Html(compute="_compute_level_totals", sanitize=False)
    reason_totals = fields.Html(compute="_compute_reason_totals", sanitize=False)
    rate_note = fields.Char(compute="_compute_rate_note")

    # === COMPUTE METHODS === #

    @api.depends("notice_ids.state", "notice_ids.level_id", "notice_ids.amount_due")
    def _compute_level_totals(self):
        groups = self.env["ar.dunning.notice"]._read_group(
            [("run_id", "in", self.ids), ("state", "!=", "cancel")],
            ["run_id", "level_id", "currency_id"],
            ["__count", "debtor_id:count_distinct", "amount_due:sum"],
        )
        for run in self:
            rows = [row[1:] for row in groups if row[0] == run._origin]
            # the highest level first, as in the list below
            rows.sort(key=lambda row: (-row[0].sequence, -row[0].id, row[1].name))
            named = run._name_levels({row[0]: row[0] for row in rows})
            labels = {level: name for name, level in named}
            run.level_totals = run._render_totals(
                self.env._("Level"),
                self.env._("Notices"),
                [(labels[level], *rest) for level, *rest in rows],
            )

    @api.depends("skip_ids")
    def _compute_reason_totals(self):
        skip = self.env["ar.dunning.skip"]
        groups = skip._read_group(
            [("run_id", "in", self.ids)],
            ["run_id", "reason", "currency_id"],
            ["__count", "debtor_id:count_distinct", "amount_residual:sum"],
        )
        names = dict(skip._fields["reason"]._description_selection(self.env))
        for run in self:
            rows = [row[1:] for row in groups if row[0] == run._origin]
            rows.sort(key=lambda row: (row[0], row[1].name))
            run.reason_totals = run._render_totals(
                self.env._("Reason"),
                self.env._("Items"),
                [(names[reason], *rest) for reason, *rest in rows],
            )

    @api.depends("notice_ids.state", "notice_ids.currency_id", "date")
    def _compute_rate_note(self):
        foreign = self.env["ar.dunning.notice"]._read_group(
            [("run_id", "in", self.ids), ("state", "!=", "cancel")],
            ["run_id"],
            ["currency_id:recordset"],
        )
        currencies = dict(foreign)
        for run in self:
            used = currencies.get(run._origin, run.currency_id)
            run.rate_note = run._get_rate_note(used - run.currency_id, run.date)

    # === BUSINESS METHODS === #

    @api.model
    def _get_rate_note(self, foreign, date):
        """At which rates claims in other currencies are in a total; False if none is."""
        if not foreign or not date:
            return False
        return self.env._(
            "%(currencies)s at the rates of %(date)s. The worklist shows them as they "
            "were booked.",
            currencies=", ".join(foreign.sorted("name").mapped("name")),
            date=format_date(self.env, date),
        )

    def _render_totals(self, title, unit, rows):
        """A small table.

        :param rows: (label, currency, count, customers, amount)
        """
        return rows and self.env["ir.qweb"]._render(
            "ar_collections.run_totals", {"title": title, "unit": unit, "rows": rows}
        )
