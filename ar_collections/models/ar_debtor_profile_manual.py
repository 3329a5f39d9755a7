from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date

# A judgement by hand ages, too: so long it holds if nobody says how long.
MANUAL_MONTHS = 6


class ArDebtor(models.Model):
    """A payer profile by hand: with a reason, for a time, and written down."""

    _inherit = "ar.debtor"

    # === CONSTRAINT METHODS === #

    @api.constrains("profile_manual", "profile_reason")
    def _check_profile_reason(self):
        for debtor in self:
            if debtor.profile_manual and not (debtor.profile_reason or "").strip():
                raise ValidationError(
                    self.env._(
                        "Say why the payer profile of %s differs from what the "
                        "payments show.",
                        debtor.display_name,
                    )
                )

    @api.constrains("profile_manual", "profile_until")
    def _check_profile_until(self):
        for debtor in self:
            until = debtor.profile_until
            if (
                debtor.profile_manual
                and until
                and until < debtor.company_id._ar_today()
            ):
                raise ValidationError(
                    self.env._(
                        "The payer profile of %(debtor)s cannot end on %(until)s, which "
                        "has passed. Choose a day to come, or empty the profile by hand.",
                        debtor=debtor.display_name,
                        until=format_date(self.env, until),
                    )
                )

    @api.onchange("profile_manual")
    def _onchange_profile_manual(self):
        today = (self.company_id or self.env.company)._ar_today()
        if self.profile_manual and not (
            self.profile_until and self.profile_until >= today
        ):
            self.profile_until = fields.Date.add(today, months=MANUAL_MONTHS)

    # === CRUD METHODS === #

    def write(self, vals):
        """Change debtors; a profile by hand always has an end.

        :raise ValidationError: if it has no reason, or if its end has passed
        """
        if "payer_profile" in vals and "profile_manual" not in vals:
            # whoever sets the profile itself means to set it by hand
            vals = dict(vals)
            vals["profile_manual"] = vals.pop("payer_profile")
            vals.setdefault("profile_reason", self.env._("Set on the debtor"))
        if not {"profile_manual", "profile_until"} & vals.keys():
            return super().write(vals)
        before = {debtor: debtor.profile_manual for debtor in self}
        todays = {company: company._ar_today() for company in self.company_id}
        result = True
        for debtors, own in self._split_by_end(vals, todays):
            result = super(ArDebtor, debtors).write(own)
        for debtor in self:
            by_hand = debtor._is_profile_by_hand() and debtor.profile_manual
            profile = by_hand or debtor.profile_computed or "new"
            if profile != debtor.payer_profile:
                super(ArDebtor, debtor).write({"payer_profile": profile})
                # they reach the levels on other days
                debtor._mark_self_stale()
        self._log_profile(before)
        return result

    # === BUSINESS METHODS === #

    def _split_by_end(self, vals, todays):
        """What to write, with an end where there would be none or a past one.

        :return: list of (debtors, values)
        """
        lasting = self.browse()
        if not vals.get("profile_until"):
            lasting = self.filtered(
                lambda d: (
                    vals.get("profile_manual", d.profile_manual)
                    and (
                        "profile_until" in vals
                        or not d.profile_until
                        or d.profile_until < todays[d.company_id]
                    )
                )
            )
        parts = [(self - lasting, vals)] if self - lasting else []
        for company, debtors in lasting.grouped("company_id").items():
            until = fields.Date.add(todays[company], months=MANUAL_MONTHS)
            parts.append((debtors, {**vals, "profile_until": until}))
        return parts

    def _log_profile(self, before):
        changed = self.filtered(
            lambda d: d.profile_manual and d.profile_manual != before[d]
        )
        no_notice = self.env["ar.dunning.notice"]
        self.env["ar.deviation"]._log(
            "profile",
            [(d, d.profile_reason, no_notice, d.amount_overdue) for d in changed],
        )

    def _is_profile_by_hand(self):
        self.ensure_one()
        today = self.company_id._ar_today()
        return bool(
            self.profile_manual
            and (not self.profile_until or self.profile_until >= today)
        )
