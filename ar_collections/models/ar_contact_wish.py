from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.contact_rules import ContactRule

# Channels that wishes about hours and days are for; the others only if the person asks.
LOUD = ("phone", "sms")


class ArWeekday(models.Model):
    """A day of the week, to choose several."""

    _name = "ar.weekday"
    _description = "Day of the Week"
    _order = "number"

    name = fields.Char(required=True, translate=True)
    number = fields.Integer(required=True, help="Monday is 0.")

    _number_uniq = models.Constraint("UNIQUE(number)", "There are seven days.")


class ResPartner(models.Model):
    """When and how a person wishes to be contacted about money.

    What a customer says holds for its contacts who say nothing themselves, each line of
    it by itself.
    """

    _inherit = "res.partner"

    ar_wish_from = fields.Float(
        "Contact from",
        groups="base.group_user",
        help="By the person's clock; calls and SMS wait until then.",
    )
    ar_wish_to = fields.Float("Contact until", groups="base.group_user")
    ar_wish_weekday_ids = fields.Many2many(
        "ar.weekday",
        "ar_wish_weekday_rel",
        "partner_id",
        "weekday_id",
        "Contact on",
        groups="base.group_user",
        help="Empty: on any day.",
    )
    ar_wish_email = fields.Boolean(
        "For e-mails, too",
        groups="base.group_user",
        help="Reminders by e-mail keep these hours and days as well.",
    )
    ar_wish_channel = fields.Selection(
        [("email", "E-mail"), ("letter", "Letter"), ("phone", "Call")],
        "Prefers",
        groups="base.group_user",
        help="Letter: levels that may fall back to a letter send one instead of the "
        "e-mail. E-mail and call are shown to whoever calls.",
    )
    ar_wish_note = fields.Char(
        "Wish in words",
        groups="base.group_user",
        help="Shown to whoever calls.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("ar_wish_from", "ar_wish_to")
    def _check_ar_wish_hours(self):
        for partner in self:
            end = partner.ar_wish_to or 24.0
            if not (0 <= partner.ar_wish_from < end <= 24):
                raise ValidationError(
                    self.env._(
                        "%s: the hours of contact must lie between 0:00 and 24:00, "
                        "the first before the second.",
                        partner.display_name,
                    )
                )

    # === BUSINESS METHODS === #

    def _get_ar_wish(self):
        """What the person wishes; what it leaves open, the customer decides.

        :return: {"hours": (from, to), "weekdays": recordset, "email": bool,
            "channel": str, "note": str}
        :rtype: dict
        """
        self.ensure_one()
        # sudo: whoever contacts a person keeps to its wishes
        mine, theirs = self.sudo(), self.commercial_partner_id.sudo()
        timed = mine if mine._has_ar_times() else theirs
        return {
            "hours": next(
                (
                    (p.ar_wish_from, p.ar_wish_to)
                    for p in (mine, theirs)
                    if p.ar_wish_from or p.ar_wish_to
                ),
                (0.0, 0.0),
            ),
            "weekdays": mine.ar_wish_weekday_ids or theirs.ar_wish_weekday_ids,
            "email": timed.ar_wish_email,
            "channel": mine.ar_wish_channel or theirs.ar_wish_channel,
            "note": mine.ar_wish_note or theirs.ar_wish_note,
        }

    def _has_ar_times(self):
        return bool(self.ar_wish_from or self.ar_wish_to or self.ar_wish_weekday_ids)

    def _get_ar_wish_rule(self, channel):
        """The wish as a rule for one channel; None if there is no wish about it.

        :rtype: ContactRule
        """
        wish = self._get_ar_wish()
        start, end = wish["hours"]
        days = frozenset(wish["weekdays"].mapped("number"))
        heeded = channel in LOUD or (channel == "email" and wish["email"])
        if not heeded or not (start or end or days):
            return None
        return ContactRule(
            hour_from=start, hour_to=end, weekdays=days or frozenset(range(7))
        )

    def _get_ar_wish_sentence(self):
        """Days and hours of the wish: "on Monday, Tuesday, from 14:00 to 18:00"."""
        _ = self.env._
        wish = self._get_ar_wish()
        start, end = wish["hours"]
        clock = self.env["ar.contact.rule"]._format_hour
        phrases = []
        if wish["weekdays"]:
            names = wish["weekdays"].sorted("number").mapped("name")
            phrases.append(_("on %s", ", ".join(names)))
        if start and end:
            phrases.append(
                _("from %(start)s to %(end)s", start=clock(start), end=clock(end))
            )
        elif start:
            phrases.append(_("after %s", clock(start)))
        elif end:
            phrases.append(_("before %s", clock(end)))
        return ", ".join(phrases)

    def _get_ar_wish_summary(self):
        """All that whoever calls has to know of the person's wishes, in one line."""
        self.ensure_one()
        wish = self._get_ar_wish()
        names = dict(self._fields["ar_wish_channel"]._description_selection(self.env))
        prefers = wish["channel"] and self.env._("prefers: %s", names[wish["channel"]])
        parts = [self._get_ar_wish_sentence(), prefers, wish["note"]]
        return " · ".join(filter(None, parts))
