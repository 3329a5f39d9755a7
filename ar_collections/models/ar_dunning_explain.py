from odoo import api, fields, models
from odoo.tools import format_date, formatLang


class ArDunningEngine(models.AbstractModel):
    """Puts the decision's rule and figures into sentences, in the reader's language."""

    _inherit = "ar.dunning.engine"

    @api.model
    def _explain_skip(self, facts):
        """Why an item was left alone.

        :param dict facts: ``reason``, ``level``, ``next_level``, ``interval``, ``next_date``,
            ``contact_date``, ``currency``, ``claim``, ``min_amount``, ``is_entry``,
            ``waiting`` (the notice that comes first), ``pause_until``,
            ``is_pause_endless``, ``last_level_id`` (sent before)
        """
        _ = self.env._
        money = dict.fromkeys(("claim", "min_amount"), "")
        for key in money:
            if facts.get("currency"):
                money[key] = formatLang(
                    self.env, facts.get(key) or 0.0, currency_obj=facts["currency"]
                )
        if facts["reason"] == "no_followup" and facts.get("is_entry"):
            return _(
                "Marked “No Follow-Up”. Odoo sets this by itself on entries of general "
                "journals such as opening balances; press “Include” to chase it."
            )
        if facts["reason"] == "interval" and not facts.get("contact_date"):
            return _(
                "It has taken a step today; level “%(level)s” follows on %(until)s at "
                "the earliest.",
                level=facts.get("level"),
                until=format_date(self.env, facts.get("step_date")),
            )
        if facts["reason"] in ("waiting", "interval") and not facts.get("step_date"):
            return _(
                "The customer was contacted on %(date)s; the note about this coming "
                "due date is left out.",
                date=format_date(self.env, facts.get("contact_date")),
            )
        sentences = {
            "no_policy": _("No policy applies: choose a default in the settings."),
            "no_followup": _("Marked “No Follow-Up” on the invoice."),
            "blocked": _("The invoice is blocked for payment."),
            "paused": self._explain_pause(facts),
            "failed": _("Could not be decided: %s", facts.get("problem") or ""),
            "pending": self._explain_waiting(facts.get("waiting")),
            "finished": self._explain_end(facts),
            "waiting": _(
                "Level “%(level)s” is reached on %(step_date)s.",
                level=facts.get("level"),
                step_date=format_date(self.env, facts.get("step_date")),
            ),
            "interval": self._explain_distance(facts),
            "deadline": self._explain_deadline(facts),
            "reminded": _(
                "The customer gets a reminder of what is overdue; the note about this "
                "coming due date would only blur it."
            ),
            "covered": _(
                "Payments and credit notes not matched yet cover the debt (claim "
                "%(claim)s). Match them.",
                claim=money["claim"],
            ),
            "minimum": _(
                "The claim of %(claim)s is below the minimum of %(min_amount)s for "
                "level “%(level)s”.",
                level=facts.get("level"),
                **money,
            ),
            "no_rate": _(
                "No exchange rate to compare the claim with the minimum amount: enter "
                "a rate for the currency."
            ),
            "bank": _(
                "Level “%(level)s” waits for newer bank statements: what was paid is "
                "not known. Import or enter them, then run again.",
                level=facts.get("level"),
            ),
            "no_contact": self._explain_no_contact(facts.get("next_level")),
            "other_policy": _("Its policy is not part of this run."),
        }
        return sentences.get(facts["reason"], facts["reason"])

    @api.model
    def _explain_end(self, facts):
        """Why no level is left for an item; ``facts`` as in `_explain_skip`."""
        if not facts.get("last_level_id"):
            return self.env._(
                "Its policy has no level that would still come for it: add one to the "
                "policy, or choose another policy."
            )
        return self.env._(
            "The last level of its ladder was sent; somebody must decide what comes next."
        )

    @api.model
    def _explain_distance(self, facts):
        """How long a level keeps away from the last contact; ``facts`` as above."""
        contact, until = facts.get("contact_date"), facts.get("step_date")
        days = max(facts.get("interval") or 0, 1)
        values = {
            "date": format_date(self.env, contact),
            "level": facts.get("level"),
            "days": days,
            "until": format_date(self.env, until),
        }
        if contact and until and until > fields.Date.add(contact, days=days):
            return self.env._(
                "The customer was contacted on %(date)s; level “%(level)s” keeps a "
                "distance of %(days)s days and lets the time to pay pass that was given "
                "then: %(until)s at the earliest.",
                **values,
            )
        return self.env._(
            "The customer was contacted on %(date)s; level “%(level)s” keeps a "
            "distance of %(days)s days, until %(until)s.",
            **values,
        )

    @api.model
    def _explain_deadline(self, facts):
        """Which letter's deadline an item waits for; ``facts`` as in `_explain_skip`."""
        step_date = facts.get("step_date")
        return self.env._(
            "Waits for the deadline of the last letter, %(date)s: level “%(level)s” "
            "does not come before it has passed.",
            date=format_date(
                self.env, step_date and fields.Date.subtract(step_date, days=1)
            ),
            level=facts.get("level"),
        )

    @api.model
    def _explain_pause(self, facts):
        """Until when an item is paused; ``facts`` as in `_explain_skip`."""
        until = format_date(self.env, facts.get("pause_until"))
        if facts.get("is_pause_endless"):
            return self.env._(
                "Paused until somebody ends it; to be looked at again on %(until)s. See "
                "the pauses of the customer.",
                until=until,
            )
        return self.env._(
            "Paused until %(until)s; see the pauses of the customer.", until=until
        )

    @api.model
    def _explain_waiting(self, notice):
        """Which notice of the same customer comes first, and what it waits for.

        :param notice: the one that waits (draft, queued, error); None if not known
        """
        _ = self.env._
        if not notice:
            return _(
                "Another notice to this customer comes first: it is a draft to be "
                "confirmed, is just being sent, or could not be sent."
            )
        words = {
            "notice": notice.name,
            "level": notice.level_id.name,
            "run": notice.run_id.name,
        }
        sentences = {
            "draft": _(
                "Notice %(notice)s (“%(level)s”) to this customer is still a draft in "
                "run %(run)s: confirm or cancel that first.",
                **words,
            ),
            "approval": _(
                "Notice %(notice)s (“%(level)s”) to this customer waits in run %(run)s "
                "for a credit manager to approve it.",
                **words,
            ),
            "queued": _(
                "Notice %(notice)s (“%(level)s”) of run %(run)s is just being sent to "
                "this customer.",
                **words,
            ),
            "error": _(
                "Notice %(notice)s (“%(level)s”) of run %(run)s could not be sent to "
                "this customer: try it again or drop it.",
                **words,
            ),
        }
        is_confirmed = notice.state == "draft" and notice.run_id.state == "confirmed"
        return sentences["approval" if is_confirmed else notice.state]

    @api.model
    def _explain_row(self, row):
        """What a row of the decision means for its item, in a sentence or two."""
        sentence = self._explain_verdict(row)
        part = row["residual_currency"] - row["amount"]
        if row["verdict"] in ("credit", "paused") or part <= 0:
            return sentence
        return f"{sentence} {self._explain_paused_part(row, part)}"

    @api.model
    def _explain_paused_part(self, row, part):
        """That a part of an item is not claimed, and until when."""
        currency = self.env["res.currency"].browse(row["currency_id"])
        if row["is_pause_endless"]:
            return self.env._(
                "%(amount)s of it is paused until somebody ends that.",
                amount=currency.format(part),
            )
        return self.env._(
            "%(amount)s of it is paused until %(until)s.",
            amount=currency.format(part),
            until=format_date(self.env, row["pause_until"]),
        )

    @api.model
    def _explain_verdict(self, row):
        """What becomes of an item, as a sentence."""
        level = self.env["ar.dunning.level"].browse(row["next_level_id"])
        verdict = row["verdict"]
        if verdict == "dun":
            return self.env._(
                "Level “%(level)s” goes out with the next run.", level=level.name
            )
        if verdict == "along":
            verdict = self._get_own_verdict(row)
        line = self.env["account.move.line"].browse(row["id"])
        return self._explain_skip(
            {
                **row,
                "reason": verdict,
                "is_entry": line.move_id.move_type == "entry",
                "level": level.name,
                "next_level": level,
                "interval": level.min_interval_days,
                "currency": line.currency_id,
            }
        )

    @api.model
    def _get_own_verdict(self, row):
        """Why an item that is only listed in a notice does not move by itself."""
        if row["own_verdict"] != "dun":
            return row["own_verdict"]
        has_minimum = row["min_amount"] or row["min_percent"]
        return "minimum" if has_minimum else "covered"
