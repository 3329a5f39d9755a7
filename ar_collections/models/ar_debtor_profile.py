from odoo import api, fields, models
from odoo.tools import SQL

from .ar_debtor_profile_sql import JUDGED_SQL, PROFILE_SQL
from .const import PROFILES

# How the payer profile is judged (days are days after the due date).
HISTORY_DAYS = 730
HALF_LIFE_DAYS = 180  # a payment of half a year ago weighs half
EVIDENCE = 3  # fewer paid or long overdue items: still new
GRACE_DAYS = 3  # bank days: not late yet
GOOD_DAYS = 5
SLOW_DAYS = 30
CLEAN_DAYS = 180  # nothing late for so long wipes the slate clean


class ArDebtor(models.Model):
    """How a debtor really pays, and which profile follows from it."""

    _inherit = "ar.debtor"

    payer_profile = fields.Selection(
        PROFILES,
        default="new",
        help="From how late the invoices of the last two years were really paid, unless "
        "somebody set it by hand.",
    )
    profile_computed = fields.Selection(PROFILES, "Computed profile", readonly=True)
    profile_manual = fields.Selection(
        PROFILES, "Profile by hand", tracking=True, help="Empty: the computed one."
    )
    profile_reason = fields.Char("Reason", tracking=True)
    profile_until = fields.Date(
        "Valid until",
        tracking=True,
        help="The last day; then the payments decide again. Half a year if left empty.",
    )
    days_late_average = fields.Float(
        "Days late on average",
        digits=(6, 1),
        readonly=True,
        aggregator="avg",
        help="Of the last two years, by amount; older payments count less.",
    )
    late_percent = fields.Float(
        "Paid late (%)", digits=(5, 1), readonly=True, aggregator="avg"
    )
    paid_count = fields.Integer("Items looked at", readonly=True)

    # === BUSINESS METHODS === #

    @api.model
    def _get_profile_sql(self, date):
        """The profile of the row ``d`` of `ar_debtor` on a date.

        :rtype: SQL
        """
        return SQL(
            """
            CASE WHEN d.profile_manual IS NOT NULL
                      AND COALESCE(d.profile_until, 'infinity') >= %s
                 THEN d.profile_manual ELSE COALESCE(d.profile_computed, 'new') END
            """,
            fields.Date.to_string(date),
        )

    @api.model
    def _refresh_profiles(self, company, date, partner_ids=None):
        """Judge anew how the debtors of a company pay, in one statement.

        Each payment of the last two years counts with its days after the due date, its
        amount and its age; what is overdue now counts as if it were paid today. What
        was credited was not paid and does not count.

        :param partner_ids: commercial partners; all debtors if None
        """
        self.flush_model()
        self.env.execute_query(
            SQL(
                PROFILE_SQL,
                judged=self._get_judged_sql(company, date, partner_ids),
                profile=self._get_profile_sql(date),
                company=company.id,
                partner_ids=partner_ids,
            )
        )
        self.invalidate_model()

    @api.model
    def _get_judged_sql(self, company, date, partner_ids=None):
        """How customers had paid until the end of ``date``.

        Columns: ``partner_id``, ``evidence``, ``average`` (days), ``late`` (percent),
        ``profile``; a row for each customer that anything is known of.

        :rtype: SQL
        """
        open_item = self.env["ar.open.item"]
        domain = open_item._get_open_item_domain(company)
        if partner_ids is not None:
            partners = self.env["res.partner"].browse(partner_ids)
            domain &= self.env["ar.dunning.engine"]._get_partner_domain(partners)
        debts = self.env["account.move.line"]._search(
            domain, active_test=False, bypass_access=True
        )
        return SQL(
            JUDGED_SQL,
            debts=debts.select(),
            open_items=open_item._get_sql(domain, date, company._ar_today()),
            date=fields.Date.to_string(date),
            history=HISTORY_DAYS,
            half_life=float(HALF_LIFE_DAYS),
            evidence=EVIDENCE,
            grace=GRACE_DAYS,
            good=GOOD_DAYS,
            slow=SLOW_DAYS,
            clean=CLEAN_DAYS,
        )

    # === CRONS === #

    @api.model
    def _cron_refresh_profiles(self):
        """Once a day, before the night run: how everybody pays."""
        companies = self.env["res.company"].search([("parent_id", "=", False)])
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            self._refresh_profiles(company, company._ar_today())
            self.env["ir.cron"]._commit_progress(1)
