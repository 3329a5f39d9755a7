from odoo import api, fields, models

# Contacts of a customer whom reminders may go to; core's invoice contact needs no role.
ROLES = [
    ("dunning", "Gets reminders"),
    ("manager", "Gets reminders of late levels"),
]


class ArDunningLevel(models.Model):
    """Whom at the customer a level writes to."""

    _inherit = "ar.dunning.level"

    recipient_role = fields.Selection(
        [
            ("invoice", "Invoice contact"),
            ("dunning", "Contact for reminders"),
            ("manager", "Manager"),
        ],
        "Goes to",
        required=True,
        default="dunning",
        help="If the customer has no such contact that can be reached: the next one of "
        "manager, contact for reminders, invoice contact, the customer itself.",
    )
    copy_manager = fields.Boolean(
        "Copy to the manager",
        help="The customer's managers see the e-mail, too, and that they do.",
    )
    copy_salesperson = fields.Boolean(
        "Copy to the salesperson", help="Of the customer; not of the invoices."
    )


class ResPartner(models.Model):
    """Who gets reminders, and who wants none on a channel."""

    _inherit = "res.partner"

    ar_contact_role = fields.Selection(
        ROLES,
        "Reminders",
        groups="base.group_user",
        help="Empty: as the addresses say.",
    )
    ar_no_email = fields.Boolean(
        "No reminders by e-mail",
        groups="base.group_user",
        help="The person does not want them: reminders go to somebody else or by letter.",
    )
    ar_no_phone = fields.Boolean(
        "No calls about money",
        groups="base.group_user",
        help="The person does not want them: calls are refused.",
    )
    ar_bounced_email = fields.Char(
        "E-mail that came back",
        groups="base.group_user",
        readonly=True,
        copy=False,
        help="Reminders do not go there any more until the address is changed.",
    )

    def _is_called_in_vain(self):
        """Whether the person does not want to be called, here or by the blacklist."""
        self.ensure_one()
        if self.ar_no_phone:
            return True
        if "phone.blacklist" not in self.env:
            return False
        # sudo: whoever calls has to know
        blocked = self.env["phone.blacklist"].sudo()
        number = self.sudo()._phone_format(number=self.phone) if self.phone else False
        return bool(number and blocked.search_count([("number", "=", number)], limit=1))

    def action_trust_email(self):
        """Somebody knows that the address works after all."""
        self.check_access("write")
        # sudo: the mark is written by the mail gateway otherwise
        self.sudo().ar_bounced_email = False


class ArDunningNotice(models.Model):
    """Copies of a notice, and what goes with it."""

    _inherit = "ar.dunning.notice"

    copied_to = fields.Char(
        readonly=True,
        copy=False,
        help="Who got a copy of the e-mail, as it was when it was sent.",
    )
    copy_names = fields.Char(
        "Copy to",
        compute="_compute_extras",
        help="Beside the recipient: what the level asks for until it is sent, what was "
        "sent from then on.",
    )
    file_names = fields.Char(
        "Goes with it",
        compute="_compute_extras",
        help="Made right before it is sent, from what is open then.",
    )

    @api.depends("partner_id", "channel", "level_id", "state", "copied_to")
    def _compute_extras(self):
        # as the customer gets it, also before it is sent
        waiting = self.filtered(
            lambda n: n.state in ("draft", "queued", "error") and n.level_id
        )
        copies = waiting.filtered(lambda n: n.channel == "email")._get_copies()
        for notice in self:
            names = ", ".join(copies.get(notice.id, ()))
            notice.copy_names = names or notice.copied_to
            notice.file_names = (
                ", ".join(notice._get_file_names()) if notice in waiting else False
            )

    def _get_copies(self):
        """Whom each notice goes to beside its recipient.

        :return: {notice id: list of formatted e-mail addresses}
        :rtype: dict[int, list[str]]
        """
        managers = self.env["res.partner"]
        wanting = self.filtered("level_id.copy_manager")
        if wanting:
            managers = managers.search(
                [
                    ("commercial_partner_id", "in", wanting.debtor_id.partner_id.ids),
                    ("ar_contact_role", "=", "manager"),
                    ("ar_no_email", "=", False),
                    ("email_normalized", "!=", False),
                ]
            ).filtered(
                lambda p: (
                    not p.is_blacklisted and p.email_normalized != p.ar_bounced_email
                )
            )
        copies = {}
        for notice in self:
            customer = notice.debtor_id.partner_id
            people = managers.filtered(
                lambda p, customer=customer: p.commercial_partner_id == customer
            )
            if not notice.level_id.copy_manager:
                people = people.browse()
            if notice.level_id.copy_salesperson:
                # sudo: the salesperson may work for another company, too
                people |= customer.sudo().user_id.filtered("active").partner_id
            people = (people - notice.partner_id).filtered("email_normalized")
            copies[notice.id] = people.mapped("email_formatted")
        return copies
