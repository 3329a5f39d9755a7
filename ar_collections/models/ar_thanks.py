from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.tools import SQL

from .ar_contact_governor import ContactRequest

# Nobody is thanked for what is longer ago.
DAYS = 7
# Debtors thanked in one transaction.
BATCH = 50


class ArPolicy(models.Model):
    """Thank-you when what was dunned is paid."""

    _inherit = "ar.policy"

    sends_thanks = fields.Boolean(
        "Thank for payments",
        help="Who paid after a reminder, and owes nothing overdue any more, gets a short "
        "e-mail once.",
    )
    thanks_template_id = fields.Many2one(
        "mail.template",
        "Text of the thank-you",
        domain=[("model", "=", "ar.dunning.notice")],
        default=lambda self: self._default_thanks_template(),
        ondelete="restrict",
    )

    @api.model
    def _default_thanks_template(self):
        return self.env.ref(
            "ar_collections.mail_template_ar_thanks", raise_if_not_found=False
        )


class ArDunningNoticeLine(models.Model):
    _inherit = "ar.dunning.notice.line"

    is_thanked = fields.Boolean(help="The customer was thanked for paying it.")


class ArDunningNotice(models.Model):
    _inherit = "ar.dunning.notice"

    # === CRONS === #

    @api.model
    def _cron_thank(self):
        """Thank those who have paid what they were reminded of."""
        companies = self.env["res.company"].search([("parent_id", "=", False)])
        commit = self.env["ir.cron"]._commit_progress
        commit(remaining=len(companies))
        for company in companies:
            work = partial(self._thank_company, company)
            self._retry_for(company, work, "Thanks for payments")
            commit(1)

    # === BUSINESS METHODS === #

    @api.model
    def _thank_company(self, company):
        paid = self._get_paid_lines(company, company._ar_today())
        for start in range(0, len(paid), BATCH):
            self.with_company(company)._thank(paid[start : start + BATCH])
            self.env["ir.cron"]._commit_progress()

    @api.model
    def _get_paid_lines(self, company, date):
        """Lines of notices that customers paid lately and were not thanked for.

        Only of customers who owe nothing overdue any more.

        :return: list of (id of the customer's last such notice, ids of the lines)
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                PAID_SQL,
                company=company.id,
                since=fields.Date.to_string(date - timedelta(days=DAYS)),
            )
        )
        late = self._get_late_partners(company, date, [row[2] for row in rows])
        return [
            (notice_id, line_ids)
            for notice_id, line_ids, partner_id in rows
            if partner_id not in late
        ]

    @api.model
    def _get_late_partners(self, company, date, partner_ids):
        """Those of the customers who owe something overdue, by the ledger itself.

        :rtype: set[int]
        """
        if not partner_ids:
            return set()
        open_item = self.env["ar.open.item"]
        engine = self.env["ar.dunning.engine"]
        partners = self.env["res.partner"].browse(partner_ids)
        domain = open_item._get_open_item_domain(company)
        domain &= engine._get_partner_domain(partners)
        rows = self.env.execute_query(
            SQL(
                LATE_SQL,
                items=open_item._get_sql(domain, date, company._ar_today()),
                date=fields.Date.to_string(date),
            )
        )
        return {partner_id for (partner_id,) in rows}

    @api.model
    def _thank(self, paid):
        """Send one e-mail per customer and mark the lines.

        :param paid: rows of `_get_paid_lines`
        :return: the notices that were thanked for
        """
        lines = {self.browse(notice_id): line_ids for notice_id, line_ids in paid}
        notices = self.concat(*lines)
        # another worker thanks the others right now
        free = notices.debtor_id.try_lock_for_update()
        mine = notices.filtered(lambda n: n.debtor_id in free and n._can_be_thanked())
        held = self.env["ar.contact.rule"]._get_holds(
            [
                ContactRequest(n.id, n.debtor_id, n.partner_id, "email", [])
                for n in mine
            ],
            fields.Datetime.now(),
        )
        mine = mine.filtered(lambda n: n.id not in held)
        by_template = mine.grouped(lambda n: n.policy_id.thanks_template_id)
        for template, group in by_template.items():
            group._send_thanks(template)
        done = [line_id for notice in mine for line_id in lines[notice]]
        self.env["ar.dunning.notice.line"].browse(done).is_thanked = True
        return mine

    def _can_be_thanked(self):
        partner = self.partner_id
        return (
            partner.email_normalized
            and not partner.is_blacklisted
            and not partner.ar_no_email
            and partner.email_normalized != partner.ar_bounced_email
            and self.policy_id.thanks_template_id
        )

    def _send_thanks(self, template):
        subjects = template._render_field("subject", self.ids, compute_lang=True)
        bodies = template._render_field(
            "body_html", self.ids, compute_lang=True, options={"post_process": True}
        )
        vals_list = []
        for notice in self:
            lang = notice.partner_id.lang or self.env.lang
            html = self.env["ir.qweb"]._render(
                "ar_collections.notice_mail_layout",
                {"notice": notice.with_context(lang=lang), "body": bodies[notice.id]},
                lang=lang,
            )
            vals_list.append(
                {
                    **notice._prepare_mail_vals(),
                    "subject": subjects[notice.id],
                    "body": html,
                    "body_html": html,
                    "attachment_ids": [fields.Command.clear()],
                }
            )
        # sudo: the mail queue belongs to the system
        self.env["mail.mail"].sudo().create(vals_list)
        # sudo: as above
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()


PAID_SQL = """
SELECT MAX(n.id), array_agg(DISTINCT nl.id ORDER BY nl.id), d.partner_id
  FROM account_partial_reconcile part
  JOIN account_move_line item ON item.id = part.debit_move_id AND item.reconciled
  JOIN account_move_line paying ON paying.id = part.credit_move_id
  JOIN account_move payment
    ON payment.id = paying.move_id
   AND (payment.origin_payment_id IS NOT NULL OR payment.statement_line_id IS NOT NULL)
  JOIN ar_dunning_notice_line nl
    ON nl.move_line_id = item.id AND nl.is_live AND nl.is_step
   AND nl.is_thanked IS NOT TRUE
  JOIN ar_dunning_notice n
    ON n.id = nl.notice_id AND n.state = 'sent' AND n.channel != 'none'
   AND n.company_id = %(company)s
  JOIN ar_dunning_level l ON l.id = n.level_id AND l.delay_days >= 0
  JOIN ar_policy p ON p.id = l.policy_id AND p.sends_thanks
  JOIN ar_debtor d ON d.id = n.debtor_id
 WHERE part.max_date >= %(since)s AND payment.date > n.date_sent - 1
GROUP BY n.debtor_id, d.partner_id
ORDER BY n.debtor_id
"""

# As the debtors' figures: what credits cover is not late.
LATE_SQL = """
SELECT item.partner_id
  FROM (%(items)s) item
 WHERE item.date_due < %(date)s OR item.residual_currency < 0
GROUP BY item.partner_id
HAVING SUM(item.residual) > 0
"""
