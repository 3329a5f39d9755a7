import pytz

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    _inherit = "res.company"

    ar_policy_id = fields.Many2one(
        "ar.policy",
        "Default collections policy",
        help="For customers and invoices that name no policy of their own. Empty: the "
        "first policy of the list.",
    )
    ar_aging_buckets = fields.Char(
        "Ageing buckets",
        default="30,60,90,120",
        help="Upper ends of the buckets in days late, separated by commas; up to five.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("ar_aging_buckets")
    def _check_ar_aging_buckets(self):
        for company in self:
            try:
                ends = company._get_aging_buckets()
            except ValueError:
                ends = []
            if not 1 <= len(ends) <= 5 or ends != sorted(set(ends)) or ends[0] < 1:
                raise ValidationError(
                    self.env._(
                        "Ageing buckets are one to five rising numbers of days, for "
                        "example 30,60,90,120."
                    )
                )

    # === BUSINESS METHODS === #

    def _ar_today(self):
        """Today where the company is: the one place that asks for it.

        :rtype: date
        """
        tz = self.partner_id.tz if self else False
        if tz not in pytz.all_timezones_set:
            tz = self.env.user.tz or "UTC"
        return fields.Date.context_today(self.with_context(tz=tz))

    def _get_aging_buckets(self):
        """Upper ends of the ageing buckets, in days late.

        :rtype: list[int]
        """
        return [
            int(end) for end in (self.ar_aging_buckets or "30,60,90,120").split(",")
        ]
