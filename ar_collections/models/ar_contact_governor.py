from collections import namedtuple
from datetime import timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytz

from odoo import api, fields, models, tools
from odoo.tools import format_date, format_time

from ..tools.contact_rules import HORIZON, get_first_allowed

# A contact that somebody wants to make: ``key`` names it in the answer, ``move_ids`` are
# the documents that it is about.
ContactRequest = namedtuple("ContactRequest", "key debtor partner channel move_ids")
# So far ahead two clocks that agree today have to agree, to count as one.
SAME_CLOCK = timedelta(days=60)


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
        :return: {key: (first moment that is allowed, why not before, in a sentence)}
        :rtype: dict
        """
        holds = {}
        by_company = {}
        for request in requests:
            by_company.setdefault(request.debtor.company_id, []).append(request)
        for company, mine in by_company.items():
            rules = self._get_rules(company)
            holds |= rules._get_company_holds(company, mine, moment)
        return holds

    def _get_company_holds(self, company, requests, moment):
        """The same for one company, whose rules these are."""
        history = self._get_history(requests, moment)
        holidays = {rule.id: rule._get_holidays(company, moment) for rule in self}
        aware = moment.replace(tzinfo=timezone.utc)
        holds = {}
        for request in requests:
            zones = self._get_zones(request.partner, company, aware)
            pairs = self._get_pairs(company, request, history, holidays, zones[0])
            until, refusing = get_first_allowed(aware, pairs, zones)
            if refusing:
                naive = until.astimezone(timezone.utc).replace(tzinfo=None)
                why = self._explain_hold(request, refusing, until - aware, naive, zones)
                holds[request.key] = (naive, why)
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

    def _get_pairs(self, company, request, history, holidays, zone):
        """What the person wishes and what the rules ask for, each with what counts."""
        wish = request.partner._get_ar_wish_rule(request.channel)
        pairs = [(wish, ())] if wish else []
        for rule in self:
            if rule._fits(request.partner, request.channel, company):
                plain = rule._as_rule(holidays[rule.id])
                pairs += [
                    (plain, days) for days in rule._get_days(history, request, zone)
                ]
        return pairs

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

    def _get_history(self, requests, moment):
        """Contacts that may still count, as {debtor id: list of dict}, in one search."""
        spans = self.mapped("period_days") + self.mapped("days_after_talk")
        if not any(self.mapped("max_count")) and not any(
            self.mapped("days_after_talk")
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
                    ("outcome", "not in", ("wrong", "failed")),
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

    def _get_holidays(self, company, moment):
        """Public holidays that count for the rule around that moment.

        Those of the rule's own working hours: the customers of a rule for another
        country have other holidays than the company.
        """
        self.ensure_one()
        if not self.skips_holidays:
            return frozenset()
        workdays = company._get_workdays(moment.date(), self.calendar_id)
        return workdays.holidays

    @api.model
    def _get_zones(self, partner, company, moment):
        """Where the person may be: the own time zone, else all of the country.

        A time zone outside of the person's country is not believed: a new contact gets
        that of whoever enters it. Of zones with the same clock one is enough.
        """
        country = partner.country_id or partner.commercial_partner_id.country_id
        names = pytz.country_timezones.get(country.code or "") or []
        for own in (partner.tz, partner.commercial_partner_id.tz):
            if own in names or (own and not names and own in pytz.all_timezones_set):
                zone = self._find_zone(own)
                if zone:
                    return [zone]
        clocks = self._get_clocks(country.code, moment.date()) if names else []
        if not clocks:
            own = company.partner_id.tz
            return [(own and self._find_zone(own)) or ZoneInfo("UTC")]
        return [ZoneInfo(name) for name in clocks]

    @api.model
    def _find_zone(self, name):
        """The time zone, None if the machine's own list is older than pytz's."""
        try:
            return ZoneInfo(name)
        except ZoneInfoNotFoundError:
            return None

    @api.model
    @tools.ormcache("country_code", "day")
    def _get_clocks(self, country_code, day):
        """Names of a country's time zones, one for each clock from that day on.

        Zones that agree today and will not after a change of the clock are two.
        """
        noon = fields.Datetime.to_datetime(day)
        span = [noon + timedelta(days=i) for i in range(0, SAME_CLOCK.days, 5)]
        clocks = {}
        for name in pytz.country_timezones[country_code]:
            zone = self._find_zone(name)
            if not zone:
                continue
            offsets = tuple(zone.utcoffset(moment) for moment in span)
            clocks.setdefault(offsets, name)
        return list(clocks.values())

    @api.model
    def _explain_hold(self, request, refusing, wait, until, zones):
        """Why a contact has to wait, and until when by the person's clock."""
        if wait >= HORIZON:
            return self.env._(
                "There is no moment that all rules and the wishes of %s allow.",
                request.partner.display_name,
            )
        zone = zones[0].key
        local = until.replace(tzinfo=timezone.utc).astimezone(zones[0])
        moment = self.env._(
            "%(day)s, %(time)s (%(zone)s)",
            day=format_date(self.env, local.date(), date_format="full"),
            time=format_time(self.env, local.time(), time_format="short"),
            zone=zone,
        )
        if not refusing.id:
            return self.env._(
                "%(person)s wishes to be contacted %(wish)s: next on %(moment)s.",
                person=request.partner.display_name,
                wish=request.partner._get_ar_wish_sentence(),
                moment=moment,
            )
        return self.env._(
            "Rule “%(rule)s” allows it again on %(moment)s.",
            rule=self.browse(refusing.id).name,
            moment=moment,
        )

    @api.model
    def _get_hold(self, debtor, partner, channel, moves=None, moment=None):
        """Whether one contact has to wait: (first moment allowed, why), or None."""
        moment = moment or fields.Datetime.now()
        request = ContactRequest(
            0, debtor, partner, channel, moves.ids if moves else []
        )
        return self._get_holds([request], moment).get(0)
