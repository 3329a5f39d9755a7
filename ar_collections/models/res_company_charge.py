from odoo import fields, models
from odoo.exceptions import UserError

JOURNAL_CODE = "LATE"


class ResCompany(models.Model):
    """Where late charges are posted."""

    _inherit = "res.company"

    ar_charge_journal_id = fields.Many2one(
        "account.journal",
        "Journal of late charges",
        help="Empty: the sales journal with the code LATE, made when it is needed.",
    )
    ar_charge_account_id = fields.Many2one(
        "account.account",
        "Account of late charges",
        help="Empty: the first account of other income, else that of the journal.",
    )
    ar_charge_tax_ids = fields.Many2many(
        "account.tax",
        "ar_company_charge_tax_rel",
        "company_id",
        "tax_id",
        "Taxes on late charges",
        help="Empty: none, since interest for late payment is no price for anything.",
    )

    # === BUSINESS METHODS === #

    def _get_ar_charge_journal(self):
        """The journal of late charges, made at first use."""
        self.ensure_one()
        chosen = self.ar_charge_journal_id or self.root_id.ar_charge_journal_id
        if chosen:
            return chosen
        journals = self.env["account.journal"]
        domain = [*journals._check_company_domain(self), ("type", "=", "sale")]
        found = journals.search([*domain, ("code", "=", JOURNAL_CODE)], limit=1)
        return found or journals.create(
            {
                "name": self.env._("Late charges"),
                "code": JOURNAL_CODE,
                "type": "sale",
                "company_id": self.root_id.id,
                "default_account_id": self._get_ar_charge_account().id,
                "refund_sequence": True,
            }
        )

    def _get_ar_charge_account(self):
        """The account of late charges.

        :raise UserError: if the company has no account for income
        """
        self.ensure_one()
        chosen = self.ar_charge_account_id or self.root_id.ar_charge_account_id
        if chosen:
            return chosen
        accounts = self.env["account.account"].with_company(self)
        for kind in ("income_other", "income"):
            domain = accounts._check_company_domain(self)
            domain = [*domain, ("account_type", "=", kind)]
            if found := accounts.search(domain, limit=1):
                return found
        raise UserError(
            self.env._(
                "%(company)s has no account for income from late charges. Choose one in "
                "the settings, or install a chart of accounts.",
                company=self.name,
            )
        )
