from odoo import api, models


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        self.env["ar.debtor"]._mark_stale(
            partials.debit_move_id + partials.credit_move_id
        )
        self.env["ar.charge.waiver"]._trigger_settling(partials.debit_move_id.move_id)
        return partials

    def unlink(self):
        self.env["ar.debtor"]._mark_stale(self.debit_move_id + self.credit_move_id)
        return super().unlink()
