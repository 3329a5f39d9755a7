from odoo import fields, models
from odoo.exceptions import UserError

from ..tools.post_layout import clear_margins

# The service cannot find the address on these; it goes on a page of its own.
COVERED_LAYOUTS = ("boxed", "bold", "striped", "bubble", "wave", "folder")


class ArDunningNotice(models.Model):
    """The letter channel through the post service."""

    _inherit = "ar.dunning.notice"

    post_letter_id = fields.Many2one(
        "snailmail.letter", readonly=True, copy=False, index="btree_not_null"
    )
    is_print_forced = fields.Boolean(
        readonly=True, copy=False, help="Somebody prints it instead of posting it."
    )

    # === BUSINESS METHODS === #

    def _is_posted(self):
        self.ensure_one()
        return (
            self.channel == "letter"
            and not self.is_print_forced
            and self.level_id._is_posted(self.company_id)
        )

    def _deliver_letter(self):
        # EXTENDS 'ar_collections': what the service posts has its layout
        posted = self.filtered(lambda n: n._is_posted())
        if printed := self - posted:
            super(ArDunningNotice, printed)._deliver_letter()
        for notice in posted:
            notice._check_post_address()
        for with_cover, notices in posted.grouped(lambda n: n._needs_cover()).items():
            laid_out = notices.with_context(snailmail_layout=not with_cover)
            super(ArDunningNotice, laid_out)._deliver_letter()
            notices._post(with_cover)
        return None

    def _check_post_address(self):
        # sudo: the contact as the decision read it
        partner = self.partner_id.sudo()
        if not self.env["snailmail.letter"].sudo()._is_valid_address(partner):
            raise UserError(
                self.env._(
                    "%s has no complete postal address: the post service needs street, "
                    "zip code, city and country. Complete the contact, then try again.",
                    self.partner_id.display_name,
                )
            )

    def _needs_cover(self):
        """Whether the address goes on a page of its own, where the service finds it."""
        company = self.company_id.sudo()  # sudo: settings of the company
        # by their keys: looking the views up asks the database for each letter
        layouts = {f"web.external_layout_{name}" for name in COVERED_LAYOUTS}
        return bool(
            company.snailmail_cover or company.external_report_layout_id.key in layouts
        )

    def _post(self, with_cover):
        """Queue the letters that were just made: what is kept is what is posted."""
        # sudo: the queue of the post service and the files that are kept
        letters = self.env["snailmail.letter"].sudo()
        letters = letters.create(
            [notice._prepare_post_vals(with_cover) for notice in self.sudo()]
        )
        for notice, letter in zip(self, letters, strict=True):
            file = letter.attachment_id
            pdf = clear_margins(file.raw)
            file.raw = letter._append_cover_page(pdf) if with_cover else pdf
            notice.write(
                {
                    "post_letter_id": letter.id,
                    "post_state": "pending",
                    "post_failure": False,
                    # nothing is left to print
                    "is_printed": True,
                }
            )
        # sudo: as above; it runs after this transaction is committed
        self.env.ref("snailmail.snailmail_print").sudo()._trigger()

    def _prepare_post_vals(self, with_cover):
        """Values of the `snailmail.letter` of one notice. Extensions may add to them."""
        self.ensure_one()
        company = self.company_id
        return {
            "user_id": self.env.uid,
            "model": self._name,
            "res_id": self.id,
            "partner_id": self.partner_id.id,
            "company_id": company.id,
            "report_template": self.level_id.report_id.id,
            "attachment_id": self._get_letter_file().id,
            "cover": with_cover,
            "color": company.snailmail_color,
            "duplex": company.snailmail_duplex,
        }

    def _get_letter_file(self):
        """The letter itself among the files that were just made."""
        pdfs = self.attachment_ids.filtered(lambda f: f.mimetype == "application/pdf")
        if not pdfs:
            raise UserError(self.env._("The letter could not be made as a PDF."))
        return pdfs.sorted("id")[0]
