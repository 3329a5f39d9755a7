from odoo import api, models

# What a debtor knows beside its figures: kept unless the target has its own.
KEPT = ("policy_id", "user_id")
PROFILE = ("profile_manual", "profile_reason", "profile_until")


class BasePartnerMerge(models.TransientModel):
    """Merging customers keeps what was sent to each of them."""

    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        debtors = self._merge_ar_debtors(src_partners, dst_partner)
        result = super()._update_foreign_keys(src_partners, dst_partner)
        # only now the items have moved, too; on the way core flushes several times
        for debtor in debtors:
            debtor._mark_partners_stale(debtor.company_id, dst_partner.ids)
        return result

    @api.model
    def _merge_ar_debtors(self, src_partners, dst_partner):
        """One debtor per company remains, with the history of all.

        :return: these debtors
        """
        # sudo: whoever may merge partners moves their history, too
        debtors = self.env["ar.debtor"].sudo()
        partners = src_partners | dst_partner
        found = debtors.search([("partner_id", "in", partners.ids)])
        left = debtors
        for group in found.grouped("company_id").values():
            target = group.filtered(lambda d: d.partner_id == dst_partner) or group[:1]
            self._move_ar_history(group - target, target)
            target.partner_id = dst_partner
            target.flush_recordset()
            left += target
        return left

    @api.model
    def _move_ar_history(self, sources, target):
        if not sources:
            return
        notes = [debtor.note for debtor in target + sources if debtor.note]
        kept = {
            name: next((debtor[name].id for debtor in sources if debtor[name]), False)
            for name in KEPT
            if not target[name]
        }
        by_hand = (target + sources).filtered(lambda d: d._is_profile_by_hand())[:1]
        if by_hand - target:
            # reason and end belong to the profile
            kept.update({name: by_hand[name] for name in PROFILE})
        target.write(kept)
        if notes:
            target.note = "".join(notes)
        # one automatic statement a day, and core deletes what would be the second
        sources.statement_ids.is_automatic = False
        self.env.flush_all()
        self._update_foreign_keys_generic("ar.debtor", sources, target)
        self._update_reference_fields_generic("ar.debtor", sources, target)
        sources.unlink()
