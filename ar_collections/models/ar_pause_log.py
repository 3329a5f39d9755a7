from markupsafe import Markup, escape

from odoo import models
from odoo.tools import format_date

from .ar_pause import TOLD


class ArPause(models.Model):
    """What happens to a pause is told in the debtor's chatter and in the deviations."""

    _inherit = "ar.pause"

    # === BUSINESS METHODS === #

    def _tell(self, what):
        """The pause in one line, for the debtor's chatter."""
        self.ensure_one()
        parts = [
            self.scope,
            self._tell_value("kind"),
            self.reason,
        ]
        if self.date_to:
            parts.append(self.env._("until %s", self._tell_value("date_to")))
        return f"{what}: {', '.join(filter(None, parts))}"

    def _tell_value(self, name):
        """The value of a field in words."""
        _ = self.env._
        field, value = self._fields[name], self[name]
        if name == "line_ids":
            # entries of another ledger may have no number
            names = dict.fromkeys(ln.move_name or ln.name or "" for ln in value)
            if self.is_for_items:
                return ", ".join(filter(None, names)) or _("items without a number")
            return _("everything")
        if name == "amount":
            return self.currency_id.format(value) if value else _("all of it")
        if name == "date_to" and not value:
            return _("no end")
        if field.type == "date":
            return format_date(self.env, value)
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, value)
        if field.type == "boolean":
            return _("yes") if value else _("no")
        return value.display_name if field.type == "many2one" else value or ""

    def _get_told(self):
        """What is told of these pauses now, as {pause: {field: (value, words)}}."""
        return {
            pause: {
                "state": pause.state,
                **{name: (pause[name], pause._tell_value(name)) for name in TOLD},
            }
            for pause in self
        }

    def _log_created(self):
        self._log_on_debtors(
            {pause: pause._tell(self.env._("Paused")) for pause in self}
        )
        self._log_deviation("paused")

    def _log_changed(self, before):
        """Tell what differs from ``before``, which is what `_get_told` gave."""
        now = self._get_told()
        texts, deviations = {}, {}
        for pause in self:
            changes = pause._tell_changes(before[pause], now[pause])
            if not changes:
                continue
            kind = pause._get_kind_of_change(before[pause], now[pause])
            what = {
                "resumed": self.env._("Pause ended"),
                "paused": self.env._("Paused again"),
            }.get(kind, self.env._("Pause changed"))
            told = "; ".join(changes[name] for name in changes if name != "active")
            texts[pause] = pause._tell(what) + (f" ({told})" if told else "")
            if kind:
                deviations[kind] = deviations.get(kind, self.browse()) + pause
        self._log_on_debtors(texts)
        for kind, pauses in deviations.items():
            pauses._log_deviation(kind)

    def _tell_changes(self, before, now):
        """What differs, as {field: sentence}."""
        self.ensure_one()
        return {
            name: self.env._(
                "%(field)s: %(old)s → %(new)s",
                field=self._fields[name]._description_string(self.env),
                old=before[name][1],
                new=now[name][1],
            )
            for name in TOLD
            if before[name][0] != now[name][0]
        }

    def _get_kind_of_change(self, before, now):
        """The kind of deviation that a change is; None if it is none.

        :return: one of `ar.deviation._get_kinds`, or None
        """
        if (before["state"] == "over") != (now["state"] == "over"):
            return "resumed" if now["state"] == "over" else "paused"
        old, new = before["date_to"][0], now["date_to"][0]
        if now["state"] != "over" and old and (not new or new > old):
            return "prolonged"
        return None

    def _log_on_debtors(self, texts):
        """Write in the chatters of the debtors, all in one go.

        :param dict texts: {pause: text}
        """
        lines = {}
        for pause, text in texts.items():
            lines.setdefault(pause.debtor_id.id, []).append(escape(text))
        if lines:
            self.env["ar.debtor"].browse(lines)._message_log_batch(
                {key: Markup("<br/>").join(rows) for key, rows in lines.items()}
            )

    def _log_deviation(self, kind):
        amounts = self._get_open_amounts()
        no_notice = self.env["ar.dunning.notice"]
        self.env["ar.deviation"]._log(
            kind,
            [
                (pause.debtor_id, pause.reason, no_notice, amounts[pause])
                for pause in self
            ],
        )

    def _get_open_amounts(self):
        """What each pause is about: what is open of it, in its company's currency.

        A part is capped by what is open of what it is a part of.

        :return: {pause: amount}
        :rtype: dict
        """
        items = self.debtor_id._get_open_items()
        amounts = {}
        for pause in self:
            company = pause.company_id
            lines = set(pause.line_ids.ids)
            rows = [
                row
                for row in items.get((company.id, pause.debtor_id.partner_id.id), [])
                if row["residual"] > 0
                and (not pause.is_for_items or row["id"] in lines)
                and (not pause.amount or row["currency_id"] == pause.currency_id.id)
            ]
            amount = sum(row["residual"] for row in rows)
            whole = sum(row["residual_currency"] for row in rows)
            if (
                pause.amount
                and pause.currency_id.compare_amounts(pause.amount, whole) < 0
            ):
                amount = amount * pause.amount / whole
            amounts[pause] = company.currency_id.round(amount)
        return amounts
