import base64

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, formatLang

from ..tools.ubl_reminder import build_reminder, find_gaps


class ArDunningNotice(models.Model):
    """The notice as a file for the customer's own system: a UBL 2.1 `Reminder`.

    Here the values are gathered, `tools/ubl_reminder.py` writes them down.
    """

    _inherit = "ar.dunning.notice"

    reminder_format = fields.Selection(
        related="debtor_id.partner_id.ar_reminder_format"
    )
    reminder_file = fields.Binary("Reminder as XML", compute="_compute_reminder_file")

    # === COMPUTE METHODS === #

    @api.depends_context("lang")
    def _compute_reminder_file(self):
        """Made when it is asked for; what was sent is among the attachments."""
        for notice in self:
            try:
                file = notice.reminder_format and notice._get_ubl_content()
            except UserError:
                # who reads many notices is not stopped by a gap in one of them
                file = False
            notice.reminder_file = base64.b64encode(file) if file else False

    # === ACTION METHODS === #

    def action_download_reminder(self):
        """Download the XML: the file that was sent, else as it would be sent now.

        :raise UserError: if something that the format demands is missing
        """
        self.ensure_one()
        name = self._get_ubl_filename()
        kept = self.attachment_ids.filtered(lambda a: a.name == name)[:1]
        if kept:
            url = f"/web/content/{kept.id}?download=true"
        else:
            # a gap is better told here, in a dialogue, than by the download
            self._get_ubl_content()
            url = f"/web/content/{self._name}/{self.id}/reminder_file/{name}?download=true"
        return {"type": "ir.actions.act_url", "url": url, "target": "self"}

    # === BUSINESS METHODS === #

    def _get_ubl_attachments(self):
        """The XML for a customer who asks for it.

        :return: values of `ir.attachment`, none or one
        :rtype: list[dict]
        :raise UserError: if something that the format demands is missing
        """
        self.ensure_one()
        if not self.reminder_format:
            return []
        vals = self._prepare_attachment_vals(
            self._get_ubl_filename(), self._get_ubl_content()
        )
        return [vals | {"mimetype": "application/xml"}]

    def _get_ubl_filename(self):
        return self.name.replace("/", "-") + ".xml"

    def _get_ubl_content(self):
        """The document, in words of the recipient's language.

        :rtype: bytes
        """
        self.ensure_one()
        notice = self.with_context(lang=self.partner_id.lang or self.env.lang)
        vals = notice._prepare_ubl_vals()
        gaps = find_gaps(vals)
        if gaps:
            raise UserError("\n".join(self._explain_ubl_gap(*gap) for gap in gaps))
        return build_reminder(vals)

    def _explain_ubl_gap(self, what, role):
        """What to enter where, so that the document can be made."""
        if what == "decimals":
            return self.env._(
                "The reminder cannot be written as OIOUBL: it knows two decimals, and "
                "%(currency)s has more. Choose another format on the customer.",
                currency=self.currency_id.name,
            )
        if what == "legal_id":
            return self.env._(
                "The reminder cannot be written as OIOUBL: company %(company)s has "
                "neither a company ID nor a tax number. Enter one, then try again.",
                company=self.company_id.name,
            )
        partner = self.debtor_id.partner_id
        if role == "supplier":
            partner = self.company_id.partner_id
        return self.env._(
            "The reminder cannot be written as OIOUBL: %(partner)s has no address in it. "
            "That is a CVR, a GLN or a European tax number, with the country. Enter it "
            "on the contact, or choose another format for the customer; then try again.",
            partner=partner.display_name,
        )

    # === VALUES === #

    def _prepare_ubl_vals(self):
        """All that the document says, as plain data. Extensions may add to it.

        Amounts are in the notice's currency and as on the notice: claims positive,
        credits negative.
        """
        self.ensure_one()
        date = self.date_sent or self.date
        company = self.company_id
        partner = self.debtor_id.partner_id
        return {
            "profile": self.reminder_format,
            "id": self.name,
            "date": date,
            "deadline": self.date_deadline or self._get_deadline(date),
            "sequence": self._get_level_rank(),
            "is_advice": self.level_id.delay_days < 0,
            "currency": self.currency_id.name,
            "decimals": self.currency_id.decimal_places,
            "note": self.subject,
            "supplier": self._prepare_ubl_party_vals(
                company.partner_id, self._get_contact()
            ),
            "customer": self._prepare_ubl_party_vals(partner, self.partner_id),
            "account": self._prepare_ubl_account_vals(),
            "lines": [
                self._prepare_ubl_line_vals(line)
                for line in self.line_ids.sorted(lambda ln: (ln.date_due, ln.id))
                if not self.currency_id.is_zero(line.amount_residual)
            ],
            "charges": self._prepare_ubl_charge_vals(),
        }

    def _get_level_rank(self):
        """The number of the reminder among those of its kind, from 1.

        A note before the due date is no reminder: the first one after it is number 1.
        """
        levels = self.policy_id.level_ids.sorted(lambda lv: (lv.sequence, lv.id))
        is_advice = self.level_id.delay_days < 0
        levels = levels.filtered(lambda lv: (lv.delay_days < 0) == is_advice)
        # a level that was archived since is not among them any more
        return levels.ids.index(self.level_id.id) + 1 if self.level_id in levels else 1

    def _prepare_ubl_party_vals(self, partner, contact):
        """One of the two parties, and whom to ask there."""
        vals = {
            "name": partner.name or partner.display_name,
            "ref": partner.ref,
            "street": partner.street,
            "street2": partner.street2,
            "city": partner.city,
            "zip": partner.zip,
            "state": partner.state_id.name,
            "country": partner.country_id.code,
            "vat": partner.vat,
            "registry": partner.company_registry,
            "endpoint": None,
            "contact": {
                "id": contact.id,
                "name": contact.name or partner.name,
                "phone": contact.phone,
                "email": contact.email,
            },
        }
        # of account_edi_ubl_cii, which need not be there
        if "peppol_eas" in partner._fields and partner.peppol_endpoint:
            vals["endpoint"] = (partner.peppol_eas, partner.peppol_endpoint)
        return vals

    def _prepare_ubl_account_vals(self):
        """The bank account that the letter names, too; empty if there is none."""
        bank = self._get_bank_account()
        if not bank:
            return {}
        return {
            "number": bank.sanitized_acc_number,
            "holder": bank.acc_holder_name or self.company_id.name,
            "bic": bank.bank_id.bic,
            "bank": bank.bank_id.name,
            "country": bank.bank_id.country.code or self.company_id.country_id.code,
        }

    def _prepare_ubl_line_vals(self, line):
        """One open item with the document that it comes from."""
        move = line.move_id
        kind = "invoice" if line.amount_residual > 0 else "other"
        if move.move_type == "out_refund":
            kind = "credit_note"
        return {
            "document": line.move_line_id._get_document_name(),
            "kind": kind,
            "date": move.invoice_date or move.date,
            "due": line.date_due,
            "amount": self.currency_id.round(line.amount_residual),
            "note": self._get_ubl_line_note(line),
        }

    def _get_ubl_line_note(self, line):
        """In words, what the document has no element for."""
        due = format_date(self.env, line.date_due)
        if line.amount_residual < 0:
            name = line.move_line_id._get_document_name()
            notes = [self.env._("Credit %(name)s of %(date)s.", name=name, date=due)]
        else:
            notes = [self.env._("Due on %(date)s.", date=due)]
        if line.days_overdue > 0 and line.amount_residual > 0:
            notes.append(self.env._("Days late: %(days)s.", days=line.days_overdue))
        if line.amount_paused > 0:
            amount = formatLang(
                self.env, line.amount_paused, currency_obj=self.currency_id
            )
            notes.append(
                self.env._(
                    "Under review and not claimed here: %(amount)s.", amount=amount
                )
                if line._is_under_review()
                else self.env._("Not claimed here: %(amount)s.", amount=amount)
            )
        if line.move_id.ref and line.move_id.is_sale_document(include_receipts=True):
            notes.append(self.env._("Your reference: %(ref)s.", ref=line.move_id.ref))
        return " ".join(notes)

    def _prepare_ubl_charge_vals(self):
        """What is claimed beyond the items; to be filled in by who charges lateness.

        :return: `kind` (`interest` or `fee`), `reason` for the customer and `amount` in
            the notice's currency, positive, of each charge
        :rtype: list[dict]
        """
        return []
