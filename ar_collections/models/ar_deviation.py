from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

LOG_SQL = """
    INSERT INTO ar_deviation
           (company_id, date, user_id, debtor_id, notice_id, kind, reason, amount,
            create_uid, write_uid, create_date, write_date)
    SELECT %(company)s, %(today)s, %(uid)s, n.debtor_id, n.id, %(kind)s, %(reason)s,
           ROUND((n.amount_due * rate.rate / %(rounding)s)::numeric)
               * %(rounding)s::numeric,
           %(uid)s, %(uid)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
      FROM ar_dunning_notice n
      JOIN (VALUES %(rates)s) AS rate (currency_id, date, rate)
        ON rate.currency_id = n.currency_id AND rate.date = n.date
     WHERE n.id = ANY(%(notices)s)
  ORDER BY n.id
 RETURNING id
"""


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
            ("waived", _("Late charges waived")),
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

    @api.model
    def _log_notices(self, kind, reason, notices):
        """Add a row for each of these notices, as many as there are, in one statement."""
        self.env.flush_all()
        for company, own in notices.grouped("company_id").items():
            convert = self.env["ar.dunning.engine"]._get_converter(company)
            days = self.env["ar.dunning.notice"]._read_group(
                [("id", "in", own.ids)], ["currency_id", "date:day"]
            )
            rates = [
                SQL("(%s, %s::date, %s)", c.id, day, convert(1.0, c.id, day))
                for c, day in days
            ]
            if not rates:
                continue
            self.env.execute_query(
                SQL(
                    LOG_SQL,
                    rates=SQL(", ").join(rates),
                    rounding=company.currency_id.rounding,
                    company=company.id,
                    today=company._ar_today(),
                    uid=self.env.uid,
                    kind=kind,
                    reason=reason or self.env._("no reason given"),
                    notices=own.ids,
                )
            )
        self.invalidate_model()
