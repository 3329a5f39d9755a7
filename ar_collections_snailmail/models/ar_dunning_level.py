from odoo import api, fields, models

from .res_company import WAYS


class ArDunningLevel(models.Model):
    """Whether letters of a level are printed or sent by post."""

    _inherit = "ar.dunning.level"

    letter_way = fields.Selection(
        WAYS,
        "Letters",
        help="Empty: as the company's settings say. A registered letter is always yours "
        "to print: the post service gives no receipt.",
    )

    # === BUSINESS METHODS === #

    def _is_posted(self, company):
        """Whether the post service sends letters of this level for a company."""
        self.ensure_one()
        way = self.letter_way or company._get_ar_letter_way()
        return way == "post" and not self.is_registered

    @api.model
    def _get_version_fields(self):
        # EXTENDS 'ar_collections'
        return [*super()._get_version_fields(), "letter_way"]
