from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.tools import SQL

# Whoever asks again for a new link within this time gets none.
LINK_PAUSE = timedelta(hours=1)


class ArDebtor(models.Model):
    """The page on which the customer sees and pays what is owed."""

    _inherit = "ar.debtor"

    link_number = fields.Integer(
        readonly=True,
        groups="ar_collections.ar_collections_group_user",
        help="Goes into the links; with another one, all earlier links are invalid.",
    )
    date_link_sent = fields.Datetime(
        "New link sent on",
        readonly=True,
        groups="ar_collections.ar_collections_group_user",
    )
    payment_number = fields.Integer(
        readonly=True,
        groups="ar_collections.ar_collections_group_user",
        help="Counts the payments begun, so that two at once cannot be for the same.",
    )
    customer_url = fields.Char(
        "Customer page",
        compute="_compute_customer_url",
        groups="ar_collections.ar_collections_group_user",
        help="Opens without a password what the customer owes. Give it to nobody else.",
    )
    transaction_ids = fields.One2many(
        "payment.transaction", "ar_debtor_id", groups="base.group_system"
    )

    # === COMPUTE METHODS === #

    @api.depends("partner_id", "company_id")
    def _compute_customer_url(self):
        for debtor in self:
            known = debtor._origin
            debtor.customer_url = known and known._get_new_link()

    # === ACTION METHODS === #

    def action_open_customer_page(self):
        """Open the page as the customer sees it."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": self.customer_url,
            "target": "new",
        }

    def action_revoke_links(self):
        """Make all links to the customer's page invalid that were sent until now."""
        self.check_access("write")
        for debtor in self:
            # sudo: the number is written here only
            debtor.sudo().link_number += 1
            debtor._message_log(
                body=self.env._(
                    "All links to pay that were sent until now are invalid. The customer "
                    "gets a new one with the next reminder, or by asking for it on the "
                    "page."
                )
            )
        return True

    # === BUSINESS METHODS === #

    def _begin_payment(self):
        """Let two payments begin one after the other only.

        Writing the row makes the second of two requests at once start afresh, and then
        it sees what the first has begun.
        """
        self.ensure_one()
        self.env.execute_query(
            SQL(
                """
                UPDATE ar_debtor SET payment_number = COALESCE(payment_number, 0) + 1
                 WHERE id = %s RETURNING payment_number
                """,
                self.id,
            )
        )
        self.invalidate_recordset(["payment_number"])

    def _get_new_link(self):
        """A link that holds from today on."""
        self.ensure_one()
        links = self.env["ar.claim.link"]
        today = self.company_id._ar_today()
        return links._get_url(self, links._get_last_day(self.company_id, today))

    def _get_link_partner(self):
        """Who gets the statements, and a new link that was asked for."""
        self.ensure_one()
        partner = self.partner_id
        found = self.env["ar.statement"]._find_recipients(partner.ids)
        return found.get(partner.id, (partner, False))[0]

    def _send_link(self):
        """Send a new link to the address on file, not more than once an hour.

        :return: whether it was sent; whoever asked is not told
        """
        self.ensure_one()
        now = fields.Datetime.now()
        partner = self._get_link_partner()
        if (
            not partner.email_normalized
            or partner.email_normalized == partner.ar_bounced_email
            or (self.date_link_sent and self.date_link_sent > now - LINK_PAUSE)
        ):
            return False
        self.date_link_sent = now
        self.env.ref("ar_collections_payment.mail_template_ar_link").send_mail(
            self.id, email_values={"recipient_ids": [Command.set(partner.ids)]}
        )
        self._message_log(
            body=self.env._(
                "A new link to pay was asked for on the customer page and sent to "
                "%(partner)s.",
                partner=partner.display_name,
            )
        )
        return True
