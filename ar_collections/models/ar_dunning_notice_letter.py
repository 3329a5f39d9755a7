from lxml import html
from markupsafe import Markup

from odoo import api, models

from ..tools.letter_window import MIDDLE, PADDING

# Room for a letterhead with a logo and four lines of address, where no window asks for less.
LETTERHEAD = 62
# The text is that much narrower than the page, whose width its shares count from.
INSET = 1.15
# What may stand beside the window: every window leaves more than that free.
BESIDE = 72

# The class of what a letter leaves out.
MAIL_ONLY = "o_ar_mail_only"


class ArDunningNotice(models.Model):
    """The place of what a letter shows, for the window of its envelope."""

    _inherit = "ar.dunning.notice"

    # === BUSINESS METHODS === #

    def _is_din_letter(self):
        """Whether the company's letters have the layout of DIN 5008, with places of its own."""
        return self.company_id[:1]._is_ar_din_layout()

    def _get_letter_window(self):
        """The window of the company's envelopes; none for layouts that have their own."""
        return not self._is_din_letter() and self.company_id[:1]._get_ar_letter_window()

    def _get_letter_margin(self):
        """Millimetres above the text of each page; False: as the company's paper says."""
        if self._is_din_letter():
            return False
        window = self._get_letter_window()
        return window.start if window else LETTERHEAD

    def _get_letter_places(self):
        """Where address and fold marks stand, as shares of the width of the text's page.

        Per cent of a width are the only lengths that reach the paper as they are: all
        others depend on resolution and shrinking, which differ from paper to paper.

        :return: {"address": style, "beside": style, "sender": bool, "below": style,
            "folds": [style]} or False if the address does not stand in a window
        """
        self.ensure_one()
        window = self._get_letter_window()
        if not window:
            return False
        company = self.company_id
        report = self._get_letter_report().with_company(company)
        # sudo: the paper is chosen for everybody
        paper = report.sudo().get_paperformat()
        width = paper.print_page_width - paper.margin_left - paper.margin_right

        def share(millimetres):
            return f"{100 * millimetres / width:.3f}%"

        bottom = max(window.bottom, window.start + self._get_beside_height())
        edge = width * (1 - 1 / INSET) / 2
        beside = edge if window.left >= MIDDLE else width - edge - BESIDE
        return {
            "beside": f"left:{share(beside)};width:{share(BESIDE)};",
            "address": f"left:{share(window.left + PADDING - paper.margin_left)};"
            f"width:{share(window.right - window.left - 2 * PADDING)};",
            "sender": window.has_sender,
            "below": f"padding-top:{share(INSET * (bottom - window.start))};",
            "folds": [
                f"padding-top:{share(fold - window.start)};width:{share(4)};"
                f"margin-left:{share(5 - paper.margin_left)};"
                for fold in window.folds
            ]
            if company.ar_letter_has_folds
            else [],
        }

    def _get_beside_height(self):
        """Millimetres that stand beside the window: none here, an extension may add some."""
        return 0

    @api.model
    def _get_letter_body(self, body):
        """The words of a message without what is for e-mails only.

        Such as a picture that is fetched from the server: no letter waits for it.
        """
        if MAIL_ONLY not in (body or ""):
            return body
        tree = html.fragment_fromstring(body, create_parent="div")
        for element in tree.find_class(MAIL_ONLY):
            element.drop_tree()
        return Markup(html.tostring(tree, encoding="unicode"))

    @api.model
    def _is_letter(self, report):
        """Whether a report is a letter; others only tell of notices, as a proof does."""
        if report == self.env.ref("ar_collections.action_report_ar_dunning_notice"):
            return True
        # sudo: the letters of all levels, whoever prints
        levels = self.env["ar.dunning.level"].sudo()
        return bool(levels.search_count([("report_id", "=", report.id)], limit=1))

    def _get_letter_report(self):
        """The report of the level, else the standard one."""
        return self.level_id.report_id[:1] or self.env.ref(
            "ar_collections.action_report_ar_dunning_notice"
        )

    def _get_letter_sender(self):
        """The sender's address in one line, for where it can be returned to."""
        partner = self.company_id.partner_id
        place = " ".join(filter(None, [partner.zip, partner.city]))
        parts = [self.company_id.name, partner.street, place]
        return " · ".join(part for part in parts if part)
