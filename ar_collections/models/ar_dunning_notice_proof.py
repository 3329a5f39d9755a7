import hashlib
import json

from lxml import html
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

# The class of what only a mail reader with pictures shows.
SEEN_ONLY = "o_ar_seen_only"


class ArDunningLevel(models.Model):
    _inherit = "ar.dunning.level"

    is_registered = fields.Boolean(
        "Registered letter",
        help="Letters of this level are sent by registered post: the notice asks for "
        "the tracking number and the proof of delivery.",
    )


class ArDunningNotice(models.Model):
    """What was sent, so that it can be shown to a court."""

    _inherit = "ar.dunning.notice"

    seal = fields.Char(
        readonly=True,
        copy=False,
        help="SHA-256 of text, recipient, claim and attachments, taken when it was sent.",
    )
    sent_to = fields.Char(
        readonly=True,
        copy=False,
        help="E-mail or postal address as it was when it was sent.",
    )
    is_intact = fields.Boolean(
        "As sent", compute="_compute_is_intact", help="The seal fits what is kept."
    )
    is_registered = fields.Boolean(compute="_compute_is_registered", store=True)
    tracking_number = fields.Char(readonly=True, copy=False, tracking=True)
    date_delivered = fields.Date(
        "Delivered on", readonly=True, copy=False, tracking=True
    )
    proof_ids = fields.Many2many(
        "ir.attachment",
        "ar_dunning_notice_proof_rel",
        "notice_id",
        "attachment_id",
        "Proof of delivery",
        readonly=True,
        copy=False,
    )

    # === COMPUTE METHODS === #

    @api.depends("seal", "body", "subject", "attachment_ids", "sent_to", "copied_to")
    def _compute_is_intact(self):
        for notice in self:
            notice.is_intact = bool(notice.seal) and notice.seal == notice._get_seal()

    @api.depends("channel", "level_id")
    def _compute_is_registered(self):
        for notice in self:
            notice.is_registered = (
                notice.channel == "letter" and notice.level_id.is_registered
            )

    # === BUSINESS METHODS === #

    def _seal(self):
        """Seal these notices, which were just sent, and keep why they were.

        What led to a notice stays as it was; levels change their names and days later.
        """
        copies = self.filtered(lambda n: n.channel == "email")._get_copies()
        for notice in self:
            notice.sent_to = notice._get_address()
            notice.copied_to = ", ".join(copies.get(notice.id, ())) or False
            notice.write(
                {
                    "explanation_sent": notice._get_explanation(),
                    "seal": notice._get_seal(),
                }
            )

    def _get_address(self):
        """Where the notice goes: e-mail or postal address in one line.

        :rtype: str
        """
        self.ensure_one()
        # sudo: the address of the recipient, whoever sends
        partner = self.partner_id.sudo()
        if self.channel == "email":
            return partner.email_normalized or partner.email or ""
        if self.channel != "letter":
            return ""
        lines = partner._display_address(without_company=True).splitlines()
        return ", ".join(line.strip() for line in lines if line.strip())

    def _get_seal(self):
        """SHA-256 of what the customer got.

        :rtype: str
        """
        self.ensure_one()
        files = self._get_file_seals()
        content = {
            "notice": self.id,
            "recipient": self.partner_id.id,
            "channel": self.channel,
            "date": fields.Date.to_string(self.date_sent),
            "deadline": fields.Date.to_string(self.date_deadline),
            "claim": f"{self.currency_id.name} {self.amount_due:.6f}",
            "subject": self.subject or "",
            "body": str(self.body or ""),
            "files": [list(file) for file in files],
        }
        if self.sent_to:
            # notices of earlier versions were sealed without it
            content["address"] = self.sent_to
        if self.copied_to:
            content["copies"] = self.copied_to
        text = json.dumps(content, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def _get_proof_body(self):
        """The text as it was sent, for the proof.

        A picture that the mail reader fetched, as a code to pay with, is named instead:
        what it shows changes, and it is there for a time only.
        """
        self.ensure_one()
        if SEEN_ONLY not in (self.body or ""):
            return self.body
        tree = html.fragment_fromstring(self.body, create_parent="div")
        for element in tree.find_class(SEEN_ONLY):
            for picture in element.findall(".//img"):
                name = html.Element("span")
                name.text = f"[{picture.get('alt') or 'image'}] "
                name.tail = picture.tail
                picture.getparent().replace(picture, name)
        return Markup(html.tostring(tree, encoding="unicode"))

    def _get_file_seals(self):
        """Name and SHA-256 of each file that was sent, for the printed proof, too."""
        # sudo: the files of the notice, whoever looks at it; screens ask for the size
        # of files instead of the files
        plain = {"bin_size": False, "bin_size_raw": False}
        files = self.sudo().with_context(**plain).attachment_ids.sorted("id")
        return [
            (file.name, hashlib.sha256(file.raw or b"").hexdigest()) for file in files
        ]

    def _record_delivery(self, tracking_number, date_delivered, proofs):
        """Keep how and when a letter arrived.

        :param proofs: recordset of `ir.attachment`, kept with the notice
        :raise UserError: if the notice is no letter that was sent
        """
        notices = self._as_collector()
        for notice in notices:
            if notice.state != "sent" or notice.channel != "letter":
                raise UserError(
                    self.env._("%s is no letter that was sent.", notice.display_name)
                )
            if date_delivered and date_delivered < notice.date_sent:
                raise UserError(
                    self.env._(
                        "%s cannot have arrived before it was sent.",
                        notice.display_name,
                    )
                )
            if date_delivered and date_delivered > notice.company_id._ar_today():
                raise UserError(
                    self.env._(
                        "%s cannot have arrived on a day to come.", notice.display_name
                    )
                )
        for notice in notices:
            files = notice._take_proofs(proofs)
            notice.write(
                {
                    "tracking_number": (tracking_number or "").strip(),
                    "date_delivered": date_delivered,
                    "proof_ids": [fields.Command.link(file.id) for file in files],
                }
            )

    def _take_proofs(self, proofs):
        """Keep files with the notice; those of another record stay there, too.

        :param proofs: recordset of `ir.attachment` of whoever uploads them
        :raise AccessError: if they are not theirs to give
        """
        proofs.check_access("write")
        # sudo: checked above; they are the notice's now, and nobody's to change
        mine = proofs.sudo().filtered(lambda file: not file.res_id)
        owner = {"res_model": self._name, "res_id": self.id}
        mine.write(owner)
        others = proofs.sudo() - mine
        return mine + others.browse([file.copy(owner).id for file in others])
