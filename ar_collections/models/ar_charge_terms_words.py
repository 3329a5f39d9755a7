from odoo import api, fields, models
from odoo.tools import format_amount

from .ar_reference_rate import exact


class ArChargeTerms(models.Model):
    """Says in words what the terms charge, for whoever has to defend it."""

    _inherit = "ar.charge.terms"

    summary = fields.Char("In short", compute="_compute_summary")
    rate_today = fields.Char("Rate today", compute="_compute_summary")
    rate_in_list = fields.Char("Today's rate", compute="_compute_summary")
    is_rate_missing = fields.Boolean(compute="_compute_summary")
    explanation = fields.Html(compute="_compute_explanation", sanitize=False)

    # === COMPUTE METHODS === #

    @api.depends_context("lang")
    @api.depends("has_interest", "reference_rate_id", "margin", "fixed_rate", "factor")
    def _compute_summary(self):
        today = self.env.company._ar_today()
        for terms in self:
            terms.summary = terms._tell_rate()
            rate, missing = terms._tell_rate_today(today)
            terms.rate_today = rate
            terms.rate_in_list = missing or rate
            terms.is_rate_missing = bool(missing)

    @api.depends_context("lang")
    @api.depends(lambda self: self._get_told_fields())
    def _compute_explanation(self):
        for terms in self:
            terms.explanation = self.env["ir.qweb"]._render(
                "ar_collections.charge_terms_words",
                {"sentences": terms._get_sentences()},
            )

    # === BUSINESS METHODS === #

    @api.model
    def _get_told_fields(self):
        """Stored fields that the sentences follow from."""
        kinds = ("float", "integer", "boolean", "selection", "one2many")
        own = [
            name
            for name, field in self._fields.items()
            if field.store
            and field.type in kinds
            and not name.startswith(("message_", "activity_"))
        ]
        rates = ["reference_rate_id", "floor_reference_rate_id"]
        steps = [
            f"lump_sum_ids.{name}" for name in ("amount", "percent", "currency_id")
        ]
        return [*own, *rates, "cap_reference_rate_id", *steps]

    def _get_sentences(self):
        """What the terms charge, sentence by sentence. Extensions append theirs.

        :rtype: list[str]
        """
        self.ensure_one()
        sentences = [*self._tell_start()]
        if self.has_interest:
            sentences += [self._tell_rate_rule(), *self._tell_limits_of_rate()]
            sentences += [self._tell_fixing()] if self.reference_rate_id else []
            sentences += self._tell_counting()
        else:
            sentences.append(self.env._("No interest is charged."))
        sentences += [*self._tell_lump_sums(), *self._tell_limits()]
        sentences.append(self._tell_order())
        if self.has_interest:
            sentences.append(self._tell_rounding())
        return sentences

    def _tell_start(self):
        _ = self.env._
        yield {
            "due": _(
                "Lateness begins on the day after the due date; without one, %s days "
                "after invoice or delivery.",
                self.start_days,
            ),
            "supply": _(
                "Lateness begins %s days after invoice or delivery.", self.start_days
            ),
            "reminder": _(
                "Lateness begins %s days after the first reminder, not before the due "
                "date.",
                self.start_days,
            ),
            "notice": _(
                "Lateness begins after the deadline of the first reminder, not before "
                "the due date."
            ),
        }[self.start_basis or "due"]
        if self.grace_days and self.grace == "after":
            yield _("The first %s days of it cost nothing.", self.grace_days)
        elif self.grace_days:
            yield _(
                "Who pays within %s days of it is charged nothing; after them every "
                "day counts.",
                self.grace_days,
            )

    def _tell_rate_rule(self):
        _ = self.env._
        sentence = _("The rate is %s.", self._tell_rate())
        if self.reference_rate_id and self.rate_step:
            way = dict(self._fields["rate_rounding"]._description_selection(self.env))
            sentence += " " + _(
                "It is rounded %(way)s to steps of %(step)s points.",
                way=way[self.rate_rounding],
                step=f"{exact(self.rate_step):f}",
            )
        return sentence

    def _tell_limits_of_rate(self):
        _ = self.env._
        floor, cap = self._tell_limit("floor"), self._tell_limit("cap")
        if floor:
            yield _("It is at least %s a year.", floor)
        if cap:
            yield _("It is at most %s a year.", cap)

    def _tell_limit(self, name):
        """A lowest or highest rate in words, or nothing."""
        series, margin = self[f"{name}_reference_rate_id"], self[f"{name}_margin"]
        if not series:
            return f"{exact(margin):f} %" if margin else ""
        factor = self[f"{name}_factor"]
        words = series.name if factor == 1 else f"{exact(factor):f} × {series.name}"
        return f"{words} + {exact(margin):f}" if margin else words

    def _tell_fixing(self):
        _ = self.env._
        days = ""
        if self.fixing_lag:
            days = _(" (as it was %s days before)", self.fixing_lag)
        if self.fixing == "payment":
            return _(
                "The rate in force on the day of payment%s serves for the whole delay.",
                days,
            )
        period = dict(self._fields["fixing_period"]._description_selection(self.env))
        if self.fixing_period == "day" and self.fixing == "floating":
            return _("Each change of the reference rate counts from its day%s.", days)
        if self.fixing == "start":
            return _(
                "The reference rate of the first day of the %(period)s%(days)s in which "
                "lateness begins serves to the end.",
                period=period[self.fixing_period],
                days=days,
            )
        return _(
            "The reference rate of the first day of each %(period)s%(days)s serves for "
            "that %(period)s.",
            period=period[self.fixing_period],
            days=days,
        )

    def _tell_counting(self):
        _ = self.env._
        count = dict(self._fields["day_count"]._description_selection(self.env))
        yield {
            "day": _(
                "Each day counts, the day of payment too: %s.", count[self.day_count]
            ),
            "month_started": _("Each month that has begun counts as 1/12 of a year."),
            "month_full": _("Each full month counts as 1/12 of a year."),
            "flat": _("The percents are charged once, not by time."),
        }[self.accrual or "day"]
        yield {
            "none": _("Interest bears no interest."),
            "year": _("Interest bears interest after each full year."),
            "month": _("Interest bears interest after each month."),
        }[self.compounding or "none"]
        if self.is_interest_on_costs:
            yield _("Lump sums and fees bear interest.")

    def _tell_lump_sums(self):
        _ = self.env._
        for step in self.lump_sum_ids.sorted("amount_from"):
            currency = step.currency_id or self.env.company.currency_id
            parts = []
            if step.amount:
                parts.append(format_amount(self.env, step.amount, currency))
            if step.percent:
                parts.append(_("%s %% of it", f"{exact(step.percent):f}"))
            since = f"{exact(step.amount_from):f}"
            if step.is_above:
                yield _(
                    "Lump sum on each late invoice of more than %(since)s: %(amount)s.",
                    since=since,
                    amount=" + ".join(parts),
                )
            elif step.amount_from > 1:
                yield _(
                    "Lump sum on each late invoice from %(since)s on: %(amount)s.",
                    since=since,
                    amount=" + ".join(parts),
                )
            else:
                yield _("Lump sum on each late invoice: %s.", " + ".join(parts))

    def _tell_limits(self):
        _ = self.env._
        what = dict(self._fields["cap_on"]._description_selection(self.env))
        limits = []
        if self.cap_total:
            limits.append(f"{exact(self.cap_total):f}")
        if self.cap_percent:
            limits.append(_("%s %% of the claim", f"{exact(self.cap_percent):f}"))
        if limits:
            yield _(
                "Limit of %(what)s for each invoice: %(limits)s.",
                what=what[self.cap_on],
                limits=", ".join(limits),
            )
        if self.max_fees:
            yield _("At most %s fees are charged.", self.max_fees)
        if self.min_amount:
            yield _(
                "Less than %s is not billed yet but carried on.",
                f"{exact(self.min_amount):f}",
            )

    def _tell_order(self):
        order = dict(self._fields["payment_order"]._description_selection(self.env))
        return self.env._(
            "A payment covers %s, in this order.",
            order.get(self.payment_order, ""),
        )

    def _tell_rounding(self):
        return self.env._(
            "Interest is added up exactly and rounded half-up once for the whole "
            "document, to the smallest unit of the currency."
        )
