from collections import namedtuple
from datetime import timedelta, timezone
from zoneinfo import ZoneInfo

import pytz

from odoo import api, fields, models
from odoo.tools import format_datetime

from ..tools.contact_rules import get_first_allowed

# A contact that somebody wants to make: ``key`` names it in the answer, ``move_ids`` are
# the documents that it is about.
ContactRequest = namedtuple("ContactRequest", "key debtor partner channel move_ids")


class ArContactRule(models.Model):
    """Keeps the rules: who has to wait, and until when."""

    _inherit = "ar.contact.rule"

    # === BUSINESS METHODS === #

    @api.model
    def _get_holds(self, requests, moment):
        """Those of the contacts that have to wait.

        Contacts that are allowed count for the ones after them in the list.

        :param requests: list of `ContactRequest`
        :param datetime moment: when the contacts would be made, UTC without zone
        :return: {key: (first moment that is allowed, rule that refuses)}
        :rtype: dict
        """
        holds = {}
        by_company = {}
        for request in requests:
            by_company.setdefault(request.debtor.company_id, []).append(request)
        for company, mine in by_company.items():
            rules = self._get_rules(company)
            if rules:
                holds |= self._get_company_holds(company, rules, mine, moment)
        return holds

    @api.model
    def _get_company_holds(self, company, rules, requests, moment):
        history = self._get_history(rules, requests, moment)
        holidays = self._get_holidays(company, rules, moment)
        aware = moment.replace(tzinfo=timezone.utc)
        holds, known = {}, {}
        for request in requests:
            names = self._get_zone_names(request.partner, company)
            # a country has dozens, and customers are of few countries
            if names not in known:
                known[names] = self._get_zones(names, aware)
            zones = known[names]
            fitting = rules.filtered(
                lambda rule, request=request: rule._fits(
                    request.partner, request.channel, company
                )
            )
            pairs = [
                (rule._as_rule(), days)
                for rule in fitting
                for days in rule._get_days(history, request, zones[0])
            ]
            until, refusing = get_first_allowed(aware, pairs, zones, holidays)
            if refusing:
                naive = until.astimezone(timezone.utc).replace(tzinfo=None)
                holds[request.key] = (naive, rules.browse(refusing.id))
            else:
                history.setdefault(request.debtor.id, []).append(
                    {
                        "moment": moment,
                        "channel": request.channel,
                        "partner_id": request.partner.id,
                        "is_talk": False,
                        "move_ids": set(request.move_ids),
                    }
                )
        return holds

    def _get_days(self, history, request, zone):
        """The contacts that count for this rule, one list for each debt it is about.

        :return: lists of (day in that zone, is_talk)
        """
        channels = self._get_channels()
        mine = [
            done
            for done in history.get(request.debtor.id, ())
            if done["channel"] in channels
            and (self.scope != "person" or done["partner_id"] == request.partner.id)
        ]

        def days(done_list):
            return tuple(
                (self._get_day(done["moment"], zone), done["is_talk"])
                for done in done_list
            )

        if self.scope != "debt" or not request.move_ids:
            return [days(mine)]
        return [
            days(d for d in mine if not d["move_ids"] or move_id in d["move_ids"])
            for move_id in request.move_ids
        ]

    @api.model
    def _get_day(self, moment, zone):
        return moment.replace(tzinfo=timezone.utc).astimezone(zone).date()

    @api.model
    def _get_history(self, rules, requests, moment):
        """Contacts that may still count, as {debtor id: list of dict}, in one search."""
        spans = rules.mapped("period_days") + rules.mapped("days_after_talk")
        if not any(rules.mapped("max_count")) and not any(
            rules.mapped("days_after_talk")
        ):
            return {}
        debtors = self.env["ar.debtor"].concat(*{r.debtor for r in requests})
        # sudo: what counts does not depend on who asks
        contacts = (
            self.env["ar.contact"]
            .sudo()
            .search(
                [
                    ("debtor_id", "in", debtors.ids),
                    ("date", ">=", moment - timedelta(days=max(spans) + 2)),
                    ("date", "<=", moment),
                    ("outcome", "!=", "wrong"),
                ]
            )
        )
        history = {}
        for contact in contacts:
            moves = contact.notice_id.line_ids.move_id or contact.move_ids
            history.setdefault(contact.debtor_id.id, []).append(
                {
                    "moment": contact.date,
                    "channel": contact.channel,
                    "partner_id": contact.partner_id.id,
                    "is_talk": contact.outcome == "talk",
                    "move_ids": set(moves.ids),
                }
            )
        return history

    @api.model
    def _get_holidays(self, company, rules, moment):
        """Days off in the weeks to come, if any rule asks for them."""
        if not any(rules.mapped("skips_holidays")):
            return frozenset()
        first = moment.date() - timedelta(days=2)
        workdays = company._get_workdays(first)
        works = set(workdays.days)
        weekdays = {day.weekday() for day in works}
        span = (first + timedelta(days=i) for i in range(60))
        return frozenset(
            day for day in span if day.weekday() in weekdays and day not in works
        )

    @api.model
    def _get_zone_names(self, partner, company):
        """Where the person may be: the own time zone, else all of the country."""
        name = partner.tz or partner.commercial_partner_id.tz
        if name in pytz.all_timezones_set:
            return (name,)
        country = partner.country_id or partner.commercial_partner_id.country_id
        names = pytz.country_timezones.get(country.code or "")
        return tuple(names or (company.partner_id.tz or "UTC",))

    @api.model
    def _get_zones(self, names, moment):
        """The time zones of these names; of zones with the same clock one is enough."""
        zones = {}
        for name in names:
            zone = ZoneInfo(name)
            zones.setdefault(zone.utcoffset(moment.replace(tzinfo=None)), zone)
        return list(zones.values())

    def _explain_hold(self, until):
        """Why a contact has to wait, and until when, in one sentence."""
        self.ensure_one()
        return self.env._(
            "Rule “%(rule)s” allows it again on %(moment)s.",
            rule=self.name,
            moment=format_datetime(self.env, until),
        )

    @api.model
    def _get_hold(self, debtor, partner, channel, moves=None, moment=None):
        """Whether one contact has to wait: (first moment allowed, rule), or None."""
        moment = moment or fields.Datetime.now()
        request = ContactRequest(
            0, debtor, partner, channel, moves.ids if moves else []
        )
        return self._get_holds([request], moment).get(0)
