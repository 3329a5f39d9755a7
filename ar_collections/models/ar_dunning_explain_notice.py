from odoo import api, models
from odoo.tools import format_date, formatLang


class ArDunningEngine(models.AbstractModel):
    """Puts into sentences why a notice says what it says."""

    _inherit = "ar.dunning.engine"

    @api.model
    def _explain_step(self, line):
        """Why a notice line stands where it does."""
        _ = self.env._
        name = line.move_line_id._get_document_name()
        if line.amount_residual < 0:
            return _(
                "%(item)s: credit, deducted from the claim.",
                item=name,
            )
        if not line.is_step:
            return _(
                "%(item)s: %(days)s days late; listed because it is owed, its level "
                "does not change.",
                item=name,
                days=line.days_overdue,
            )
        level = line.level_id
        values = {
            "item": name,
            "level": level.name,
            "rule": level._describe_for(line.notice_id.payer_profile),
            "due": format_date(self.env, line.date_due),
            "date": format_date(self.env, line.date_level),
            "previous": format_date(self.env, line.date_previous),
        }
        if line.date_previous:
            return _(
                "%(item)s: due %(due)s, last notice %(previous)s; level “%(level)s” "
                "(%(rule)s) reached on %(date)s.",
                **values,
            )
        return _(
            "%(item)s: due %(due)s, no notice yet; level “%(level)s” (%(rule)s) "
            "reached on %(date)s.",
            **values,
        )

    @api.model
    def _explain_notice(self, notice):
        """Which rules and figures led to a notice: a list of sentences."""
        _ = self.env._
        lines = notice.line_ids.sorted(lambda ln: (not ln.is_step, ln.date_due, ln.id))
        money = {
            key: formatLang(self.env, value, currency_obj=notice.currency_id)
            for key, value in (
                ("claim", notice.amount_due),
                ("minimum", notice.min_amount),
            )
        }
        sentences = [self._explain_step(line) for line in lines]
        sentences += [
            self._explain_paused(line) for line in lines if line.amount_paused > 0
        ]
        sentences.append(self._explain_claim(notice, money["claim"]))
        if notice.min_amount:
            sentences.append(
                _(
                    "The minimum of level “%(level)s” is %(minimum)s.",
                    level=notice.level_id.name,
                    minimum=money["minimum"],
                )
            )
        sentences.append(self._explain_contact(notice))
        return sentences

    @api.model
    def _explain_claim(self, notice, claim):
        """What the claim is made of.

        :param str claim: the amount, in the notice's currency, in words
        """
        _ = self.env._
        has_credit = any(line.amount_residual < 0 for line in notice.line_ids)
        has_pause = any(line.amount_paused > 0 for line in notice.line_ids)
        if has_credit and has_pause:
            return _(
                "Claim: %(claim)s, the open items less what is paused and less every "
                "open credit.",
                claim=claim,
            )
        if has_credit:
            return _(
                "Claim: %(claim)s, the open items less every open credit.", claim=claim
            )
        if has_pause:
            return _(
                "Claim: %(claim)s, the open items less what is paused.", claim=claim
            )
        return _("Claim: %(claim)s, the open items.", claim=claim)

    @api.model
    def _explain_paused(self, line):
        """Which part of an item is not claimed, why, and who answers for that."""
        _ = self.env._
        values = {
            "item": line.move_line_id._get_document_name(),
            "amount": line.currency_id.format(line.amount_paused),
            "pauses": "; ".join(
                f"{pause.reason}, {pause.user_id.name}" for pause in line.pause_ids
            ),
        }
        if not line.pause_ids:
            return _("%(item)s: %(amount)s paused and not claimed.", **values)
        return _("%(item)s: %(amount)s paused: %(pauses)s.", **values)

    @api.model
    def _explain_contact(self, notice):
        _ = self.env._
        is_letter = notice.level_id.channel == "email" and notice.channel == "letter"
        if is_letter and notice.partner_id._get_ar_wish()["channel"] == "letter":
            return _(
                "Sent as a letter: %(person)s prefers letters.",
                person=notice.partner_id.display_name,
            )
        if notice.channel not in (notice.level_id.channel, "none"):
            names = dict(notice._fields["channel"]._description_selection(self.env))
            missing = self._get_missing_words().get(notice.level_id.channel)
            if notice.failed_channel == notice.level_id.channel:
                missing = _("that did not arrive")
            return _(
                "Goes by %(channel)s instead of %(other)s: %(missing)s.",
                channel=names[notice.channel],
                other=names.get(notice.level_id.channel, notice.level_id.channel),
                missing=missing or _("not possible"),
            )
        if notice.contact_date:
            return _(
                "The customer was last contacted on %(date)s (distance kept: %(days)s "
                "days).",
                date=format_date(self.env, notice.contact_date),
                days=max(notice.level_id.min_interval_days, 1),
            )
        return _("The customer has not been contacted before.")
