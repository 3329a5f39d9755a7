from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    ar_letter_way = fields.Selection(related="company_id.ar_letter_way", readonly=False)
