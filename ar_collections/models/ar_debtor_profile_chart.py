from odoo import api, fields, models
from odoo.tools import SQL, format_date

from .ar_debtor_profile import (
    CLEAN_DAYS,
    EVIDENCE,
    GOOD_DAYS,
    GRACE_DAYS,
    HALF_LIFE_DAYS,
    HISTORY_DAYS,
    SLOW_DAYS,
)
from .ar_debtor_profile_sql import MONTHS_SQL

# Height of the longest bar, in pixels.
HEIGHT = 90


class ArDebtor(models.Model):
    """Shows why a debtor has its payer profile."""

    _inherit = "ar.debtor"

    profile_explanation = fields.Char(compute="_compute_profile_explanation")
    profile_chart = fields.Html(compute="_compute_profile_chart")

    # === COMPUTE METHODS === #

    @api.depends("payer_profile", "profile_manual", "profile_reason", "profile_until")
    def _compute_profile_explanation(self):
        _ = self.env._
        for debtor in self:
            facts = _(
                "%(days).1f days late on average, %(percent).1f %% of the amount paid "
                "late (%(count)s items of the last two years; what is overdue now counts as "
                "if it were paid today).",
                days=debtor.days_late_average,
                percent=debtor.late_percent,
                count=debtor.paid_count,
            )
            if debtor.paid_count < EVIDENCE:
                facts = _(
                    "Too little is known: %(count)s paid or long overdue items, at "
                    "least %(least)s are needed.",
                    count=debtor.paid_count,
                    least=EVIDENCE,
                )
            if debtor._is_profile_by_hand():
                until = format_date(self.env, debtor.profile_until)
                facts = _(
                    "Set by hand%(until)s: %(reason)s. Otherwise: %(facts)s",
                    until=_(" until %s", until) if until else "",
                    reason=debtor.profile_reason or "",
                    facts=facts,
                )
            debtor.profile_explanation = facts

    @api.depends("profile_computed", "partner_id", "company_id")
    def _compute_profile_chart(self):
        """Days late by month of payment and of what is open now, as bars."""
        open_items = self._get_open_items()
        for debtor in self:
            key = (debtor.company_id.id, debtor.partner_id.id)
            bars = debtor._get_bars(open_items.get(key, []))
            longest = max([bar["days"] for bar in bars] + [1])
            for bar in bars:
                bar["height"] = 3 + round(HEIGHT * bar["days"] / longest)
                bar["kind"] = self._get_class_of_days(bar["days"])
            debtor.profile_chart = self.env["ir.qweb"]._render(
                "ar_collections.debtor_profile_chart",
                {
                    "bars": bars,
                    "height": HEIGHT + 30,
                    "limits": [
                        {"days": days, "bottom": 3 + round(HEIGHT * days / longest)}
                        for days in (GOOD_DAYS, SLOW_DAYS)
                        if days <= longest
                    ],
                    "rules": debtor._get_profile_rules(),
                    "grace": GRACE_DAYS,
                    "half_life": HALF_LIFE_DAYS,
                },
            )

    # === BUSINESS METHODS === #

    def _get_bars(self, open_items):
        """What was paid by month, and what is overdue now: days late and amount."""
        self.ensure_one()
        currency = self.company_id.currency_id
        bars = [
            {
                "label": month.strftime("%m/%y"),
                "days": days,
                "amount": currency.format(amount),
                "is_open": False,
            }
            for month, days, amount in self._get_paid_months()
        ]
        days, amount = self._get_overdue_now(open_items)
        if amount:
            bars.append(
                {
                    "label": self.env._("open now"),
                    "days": days,
                    "amount": currency.format(amount),
                    "is_open": True,
                }
            )
        return bars

    def _get_overdue_now(self, open_items):
        """What counts as if it were paid today: (days late by amount, amount)."""
        today = self.company_id._ar_today() if self.company_id else None
        late = [
            ((today - row["date_due"]).days, row["residual"])
            for row in open_items
            if row["residual"] > 0 and (today - row["date_due"]).days > GRACE_DAYS
        ]
        amount = sum(residual for _days, residual in late)
        if not amount:
            return 0, 0
        return sum(days * residual for days, residual in late) / amount, amount

    @api.model
    def _get_class_of_days(self, days):
        if days <= GOOD_DAYS:
            return "good"
        return "slow" if days <= SLOW_DAYS else "chronic"

    def _get_profile_rules(self):
        """Which figures lead to which profile, and which of them this debtor has."""
        self.ensure_one()
        _ = self.env._
        names = dict(self._fields["profile_computed"]._description_selection(self.env))
        rules = {
            "new": _("fewer than %s paid or long overdue items", EVIDENCE),
            "good": _(
                "up to %(good)s days late on average, or nothing late for %(clean)s days",
                good=GOOD_DAYS,
                clean=CLEAN_DAYS,
            ),
            "slow": _(
                "more than %(good)s and up to %(slow)s days late on average",
                good=GOOD_DAYS,
                slow=SLOW_DAYS,
            ),
            "chronic": _("more than %s days late on average", SLOW_DAYS),
        }
        return [
            {
                "name": names[profile],
                "rule": rule,
                "is_own": profile == (self.profile_computed or "new"),
            }
            for profile, rule in rules.items()
        ]

    def _get_paid_months(self):
        """What the debtor paid by month: (month, days late by amount, amount)."""
        self.ensure_one()
        if not self.partner_id:
            return []
        open_item = self.env["ar.open.item"]
        domain = open_item._get_open_item_domain(self.company_id)
        engine = self.env["ar.dunning.engine"]
        domain &= engine._get_partner_domain(self.partner_id)
        debts = self.env["account.move.line"]._search(
            domain, active_test=False, bypass_access=True
        )
        open_item._flush_ledger()
        return self.env.execute_query(
            SQL(
                MONTHS_SQL,
                debts.select(),
                fields.Date.subtract(
                    self.company_id._ar_today(), days=HISTORY_DAYS // 2
                ),
            )
        )
