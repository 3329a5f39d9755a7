from odoo import fields, models


class ResPartner(models.Model):
    """Who wants no SMS, and which number was dead."""

    _inherit = "res.partner"

    ar_no_sms = fields.Boolean(
        "No reminders by SMS",
        groups="base.group_user",
        help="The person does not want them: reminders go to somebody else or another "
        "way.",
    )
    ar_failed_number = fields.Char(
        "Number that gets no SMS",
        groups="base.group_user",
        readonly=True,
        copy=False,
        help="Reminders do not go there any more until the number is changed.",
    )

    def action_trust_number(self):
        """Somebody knows that the number works after all."""
        self.check_access("write")
        # sudo: the mark is written by the SMS queue otherwise
        self.sudo().ar_failed_number = False
