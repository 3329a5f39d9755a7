from odoo import models


class BaseImportImport(models.TransientModel):
    _inherit = "base_import.import"

    def execute_import(self, fields, columns, options, dryrun=False):
        """Say whether it is only a test: opening items name their problems then."""
        self = self.with_context(ar_import_test=dryrun)
        return super().execute_import(fields, columns, options, dryrun=dryrun)
