from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..tools.contact_rules import ContactRule

# Channels that rules know; letters wait for nobody's hours but may be counted.
CHANNELS = ("phone", "email", "sms", "letter")
DAYS = {
    "all": frozenset(range(7)),
    "no_sunday": frozenset(range(6)),
    "weekdays": frozenset(range(5)),
}


class ArContactRule(models.Model):
    """How often and when customers may be contacted.

    Rules add up: a contact has to be allowed by every rule that fits the customer and
    the channel.
    """

    _name = "ar.contact.rule"
    _inherit = ["ar.root.company.mixin"]
    _description = "Contact Rule"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one("res.company", help="Empty: for all companies.")
    country_ids = fields.Many2many(
        "res.country",
        string="Countries",
        help="Of the person who is contacted. Empty: all.",
    )
    customer_kind = fields.Selection(
        selection="_selection_customer_kind", help="Empty: every customer."
    )
    on_phone = fields.Boolean("Calls", default=True)
    on_email = fields.Boolean("E-mails")
    on_sms = fields.Boolean("SMS", default=True)
    on_letter = fields.Boolean("Letters")
    scope = fields.Selection(
        [
            ("debtor", "Customer"),
            ("person", "Person"),
            ("debt", "Invoice"),
        ],
        "Counted per",
        required=True,
        default="debtor",
    )
    max_count = fields.Integer("At most", help="0: as many as needed.")
    period_days = fields.Integer("In days", default=7)
    days_after_talk = fields.Integer(
        "Pause after a conversation",
        help="No contact on so many days, the day of the conversation being the first.",
    )
    hour_from = fields.Float("From", help="By the clock of whom is contacted.")
    hour_to = fields.Float("Until")
    days = fields.Selection(
        [
            ("all", "Every day"),
            ("no_sunday", "Monday to Saturday"),
            ("weekdays", "Monday to Friday"),
        ],
        required=True,
        default="all",
    )
    skips_holidays = fields.Boolean(
        "Not on public holidays", help="Those entered in the working hours below."
    )
    calendar_id = fields.Many2one(
        "resource.calendar",
        "Whose holidays",
        help="Working hours with the public holidays of the rule's countries. Empty: "
        "the company's own.",
    )
    source = fields.Char(help="The law or the decision that the rule comes from.")
    source_url = fields.Char("Link to the source")
    summary = fields.Char("What it asks for", compute="_compute_summary")
    channel_names = fields.Char("Channels", compute="_compute_channel_names")

    _check_figures = models.Constraint(
        "CHECK(max_count >= 0 AND period_days >= 0 AND days_after_talk >= 0)",
        "Counts and days cannot be negative.",
    )

    # === COMPUTE METHODS === #

    @api.model
    def _selection_customer_kind(self):
        return self.env["res.partner"]._get_ar_customer_kinds()

    @api.depends(
        "max_count", "period_days", "days_after_talk", "hour_from", "hour_to", "days"
    )
    def _compute_summary(self):
        for rule in self:
            rule.summary = ", ".join(rule._get_sentences())

    @api.depends(*(f"on_{channel}" for channel in CHANNELS))
    def _compute_channel_names(self):
        for rule in self:
            rule.channel_names = ", ".join(
                rule._fields[f"on_{channel}"]._description_string(self.env)
                for channel in CHANNELS
                if rule[f"on_{channel}"]
            )

    def _get_sentences(self):
        """What the rule asks for, in short phrases."""
        _ = self.env._
        names = dict(self._fields["days"]._description_selection(self.env))
        scopes = dict(self._fields["scope"]._description_selection(self.env))
        phrases = []
        if self.max_count:
            phrases.append(
                _(
                    "at most %(count)s in %(days)s days per %(scope)s",
                    count=self.max_count,
                    days=self.period_days,
                    scope=scopes[self.scope].lower(),
                )
            )
        if self.days_after_talk:
            phrases.append(
                _("none for %s days after a conversation", self.days_after_talk)
            )
        if self.hour_from or self.hour_to:
            phrases.append(
                _(
                    "from %(start)s to %(end)s",
                    start=self._format_hour(self.hour_from),
                    end=self._format_hour(self.hour_to or 24.0),
                )
            )
        if self.days != "all":
            phrases.append(names[self.days])
        if self.skips_holidays:
            phrases.append(_("not on public holidays"))
        return phrases

    @api.model
    def _format_hour(self, hour):
        minutes = round(hour * 60)
        return f"{minutes // 60:02}:{minutes % 60:02}"

    # === CONSTRAINT METHODS === #

    @api.constrains("hour_from", "hour_to")
    def _check_hours(self):
        for rule in self:
            end = rule.hour_to or 24.0
            if not (0 <= rule.hour_from < end <= 24):
                raise ValidationError(
                    self.env._(
                        "Rule “%s”: the hours must lie between 0:00 and 24:00, the "
                        "first before the second.",
                        rule.name,
                    )
                )

    @api.constrains("max_count", "period_days")
    def _check_period(self):
        for rule in self:
            if rule.max_count and not rule.period_days:
                raise ValidationError(
                    self.env._(
                        "Rule “%s” counts contacts: say in how many days.", rule.name
                    )
                )

    @api.constrains("on_phone", "on_email", "on_sms", "on_letter")
    def _check_has_channel(self):
        for rule in self:
            if not any(rule[f"on_{channel}"] for channel in CHANNELS):
                raise ValidationError(
                    self.env._("Rule “%s” is for no channel: choose one.", rule.name)
                )

    # === BUSINESS METHODS === #

    def _fits(self, partner, channel, company):
        """Whether the rule holds for a contact with this person."""
        self.ensure_one()
        if channel not in CHANNELS or not self[f"on_{channel}"]:
            return False
        if self.company_id and self.company_id != company:
            return False
        country = partner.country_id or partner.commercial_partner_id.country_id
        if self.country_ids and country not in self.country_ids:
            return False
        kind = partner.commercial_partner_id._get_ar_customer_kind()
        return not self.customer_kind or self.customer_kind == kind

    def _get_channels(self):
        return {channel for channel in CHANNELS if self[f"on_{channel}"]}

    def _as_rule(self, holidays=frozenset()):
        self.ensure_one()
        return ContactRule(
            id=self.id,
            hour_from=self.hour_from,
            hour_to=self.hour_to,
            weekdays=DAYS[self.days],
            skips_holidays=self.skips_holidays,
            max_count=self.max_count,
            period_days=self.period_days,
            days_after_talk=self.days_after_talk,
            holidays=holidays,
        )

    @api.model
    def _get_rules(self, company):
        """All rules that the company may have to keep.

        :rtype: recordset of `ar.contact.rule`
        """
        # sudo: whoever contacts a customer keeps the rules
        return self.sudo().search(
            Domain("company_id", "in", [False, company.root_id.id])
        )
