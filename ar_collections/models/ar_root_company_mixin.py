from odoo import api, models
from odoo.exceptions import ValidationError


class ArRootCompanyMixin(models.AbstractModel):
    """For what holds for a company with its branches: they share their customers."""

    _name = "ar.root.company.mixin"
    _description = "Belongs to a Company, Not to a Branch"

    @api.constrains("company_id")
    def _check_company_is_root(self):
        for record in self:
            if record.company_id.parent_id:
                raise ValidationError(
                    self.env._(
                        "%(branch)s is a branch: its receivables are pursued by "
                        "%(root)s. Choose %(root)s for “%(name)s”.",
                        branch=record.company_id.name,
                        root=record.company_id.root_id.name,
                        name=record.display_name,
                    )
                )
