import hashlib
import json

from odoo import api, fields, models
from odoo.exceptions import UserError


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
    is_intact = fields.Boolean(
        "As sent", compute="_compute_is_intact", help="The seal fits what is kept."
    )
    is_registered = fields.Boolean(compute="_compute_is_registered", store=True)
    tracking_number = fields.Char(readonly=True, copy=False)
    date_delivered = fields.Date("Delivered on", readonly=True, copy=False)
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

    @api.depends("seal", "body", "subject", "attachment_ids")
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
        for notice in self:
            notice.write(
                {
                    "explanation_sent": notice._get_explanation(),
                    "seal": notice._get_seal(),
                }
            )

    def _get_seal(self):
        """SHA-256 of what the customer got.

        :rtype: str
        """
        self.ensure_one()
        # sudo: the files of the notice, whoever looks at it
        files = self.sudo().attachment_ids.sorted("id")
        content = {
            "notice": self.id,
            "recipient": self.partner_id.id,
            "channel": self.channel,
            "date": fields.Date.to_string(self.date_sent),
            "deadline": fields.Date.to_string(self.date_deadline),
            "claim": f"{self.currency_id.name} {self.amount_due:.6f}",
            "subject": self.subject or "",
            "body": str(self.body or ""),
            "files": [
                [file.name, hashlib.sha256(file.raw or b"").hexdigest()]
                for file in files
            ],
        }
        text = json.dumps(content, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def _get_file_seals(self):
        """Name and SHA-256 of each file that was sent, for the printed proof."""
        # sudo: as above
        return [
            (file.name, hashlib.sha256(file.raw or b"").hexdigest())
            for file in self.sudo().attachment_ids.sorted("id")
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
        for notice in notices:
            # sudo: files that the collector has just uploaded belong to the notice now
            proofs.sudo().write({"res_model": self._name, "res_id": notice.id})
            notice.write(
                {
                    "tracking_number": tracking_number,
                    "date_delivered": date_delivered,
                    "proof_ids": [fields.Command.link(file.id) for file in proofs],
                }
            )
