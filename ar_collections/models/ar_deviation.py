from odoo import api, fields, models
from odoo.exceptions import UserError


class ArDeviation(models.Model):
    """One time that practice left the policy: who did what, to whom, and why.

    Rows are only ever added, by the methods that do these things.
    """

    _name = "ar.deviation"
    _description = "Deviation from the Policy"
    _order = "date desc, id desc"
    _rec_name = "reason"

    company_id = fields.Many2one("res.company", required=True, index=True)
    date = fields.Date(required=True, index=True)
    user_id = fields.Many2one("res.users", "Person", required=True)
    debtor_id = fields.Many2one("ar.debtor", index=True, ondelete="restrict")
    notice_id = fields.Many2one(
        "ar.dunning.notice", ondelete="set null", index="btree_not_null"
    )
    kind = fields.Selection(selection="_get_kinds", required=True)
    reason = fields.Char(required=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary(help="What it was about, in the company's currency.")

    @api.model
    def _get_kinds(self):
        """Kinds of deviations. Extensions append theirs.

        :rtype: list[tuple[str, str]]
        """
        _ = self.env._
        return [
            ("dropped", _("Notice dropped")),
            ("lowered", _("Level lowered")),
            ("raised", _("Level raised")),
            ("redirected", _("Recipient changed")),
            ("refused", _("Approval refused")),
            ("undone", _("Run undone")),
            ("paused", _("Paused")),
            ("prolonged", _("Pause prolonged")),
            ("resumed", _("Pause ended early")),
            ("policy", _("Policy chosen by hand")),
            ("profile", _("Profile set by hand")),
            ("contacted", _("Called against a contact rule")),
        ]

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What was done is part of the history."))

    # === BUSINESS METHODS === #

    @api.model
    def _log(self, kind, debtors_reasons):
        """Add rows for what the current user has just done.

        :param str kind: one of `_get_kinds`
        :param debtors_reasons: list of (debtor, reason, notice, amount); the amount in
            the company's currency
        """
        # sudo: nobody writes this by hand
        self.sudo().create(
            [
                {
                    "company_id": debtor.company_id.id,
                    "date": debtor.company_id._ar_today(),
                    "user_id": self.env.uid,
                    "debtor_id": debtor.id,
                    "notice_id": notice.id,
                    "kind": kind,
                    "reason": reason or self.env._("no reason given"),
                    "amount": amount,
                }
                for debtor, reason, notice, amount in debtors_reasons
            ]
        )
