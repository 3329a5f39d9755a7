from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    ar_policy_id = fields.Many2one(related="company_id.ar_policy_id", readonly=False)
    ar_aging_buckets = fields.Char(
        related="company_id.ar_aging_buckets", readonly=False
    )
    ar_opening_journal_id = fields.Many2one(
        related="company_id.ar_opening_journal_id", readonly=False
    )
    ar_opening_account_id = fields.Many2one(
        related="company_id.ar_opening_account_id", readonly=False
    )
    ar_charge_journal_id = fields.Many2one(
        related="company_id.ar_charge_journal_id", readonly=False
    )
    ar_charge_account_id = fields.Many2one(
        related="company_id.ar_charge_account_id", readonly=False
    )
    ar_charge_tax_ids = fields.Many2many(
        related="company_id.ar_charge_tax_ids", readonly=False
    )
    ar_accrual_journal_id = fields.Many2one(
        related="company_id.ar_accrual_journal_id", readonly=False
    )
    ar_accrual_account_id = fields.Many2one(
        related="company_id.ar_accrual_account_id", readonly=False
    )
    ar_waiver_limit = fields.Monetary(
        related="company_id.ar_waiver_limit",
        currency_field="currency_id",
        readonly=False,
    )
    ar_letter_window = fields.Selection(
        related="company_id.ar_letter_window", readonly=False, required=True
    )
    ar_letter_has_folds = fields.Boolean(
        related="company_id.ar_letter_has_folds", readonly=False
    )
    ar_letter_has_cover = fields.Boolean(
        related="company_id.ar_letter_has_cover", readonly=False
    )
