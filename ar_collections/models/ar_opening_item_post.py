import psycopg2
from markupsafe import Markup

from odoo import Command, api, models
from odoo.exceptions import UserError
from odoo.tools import format_date, plaintext2html


class ArOpeningItem(models.Model):
    """Posting the rows: an entry for each that is not in the books, and the history."""

    _inherit = "ar.opening.item"

    # === BUSINESS METHODS === #

    def _post_rows(self):
        """Post checked rows, all or none.

        :raise UserError: naming the row that the books do not take
        """
        for company in self.company_id:
            # no row's fault
            company._get_ar_opening_journal()
        try:
            with self.env.cr.savepoint():
                self._write_books()
        except psycopg2.OperationalError:
            # a clash with another transaction: the whole is tried again
            raise
        except (UserError, psycopg2.Error, ValueError) as error:
            row, reason = self._find_culprit(error)
            raise UserError(
                self.env._(
                    "Nothing was posted. Row “%(row)s” cannot be posted: %(reason)s",
                    row=row.display_name,
                    reason=reason,
                )
            ) from error

    def _find_culprit(self, error):
        """The row that fails by itself, found by halving, and why it fails.

        :return: the first row and ``error`` if none fails alone
        """
        rows, reason = self, error
        while len(rows) > 1:
            half = rows[: len(rows) // 2]
            failure = half._try_books()
            rows = half if failure else rows - half
            reason = failure or reason
        reason = rows._try_books() or reason
        return rows, str(reason).strip()

    def _try_books(self):
        """Write and take back; the error, or None."""
        try:
            with self.env.cr.savepoint() as savepoint:
                self._write_books()
                # what the database refuses shows only now
                self.env.flush_all()
                savepoint.rollback()
        except psycopg2.OperationalError:
            raise
        except (UserError, psycopg2.Error, ValueError) as error:
            return error
        return None

    def _write_books(self):
        """Entries, items found in the books, history; then the rows are done."""
        for company, rows in self.grouped("company_id").items():
            rows = rows.with_company(company)
            found = rows.filtered("move_line_id")
            if found:
                found._attach_items()
            if rows != found:
                (rows - found)._create_entries()
        for root, rows in self.grouped(lambda r: r.company_id.root_id).items():
            rows._write_history(root)
        self.state = "done"
        self.flush_recordset()

    def _attach_items(self):
        """Let the ladder see what another import has posted."""
        lines = self.move_line_id
        # core hides the items of general journals from every follow-up
        lines.filtered(
            lambda ln: ln.no_followup and ln.move_id.move_type == "entry"
        ).no_followup = False
        partners = self.partner_id.commercial_partner_id
        self.env["ar.debtor"]._mark_partners_stale(self.company_id, partners.ids)

    def _create_entries(self):
        """One posted entry a row; core moves it out of a locked period."""
        company = self.company_id
        journal = company._get_ar_opening_journal()
        account = company._get_ar_opening_account()
        balances = self._get_balances()
        # thousands of entries: without messages, unless the books must keep them
        moves = self.env["account.move"].with_context(
            tracking_disable=not company.restrictive_audit_trail
        )
        entries = moves.create(
            [row._prepare_entry_vals(journal, account, balances[row]) for row in self]
        )
        entries._post(soft=False)
        for row, entry in zip(self, entries, strict=True):
            row.move_line_id = entry.line_ids.filtered(
                lambda ln: ln.account_type == "asset_receivable"
            )

    def _prepare_entry_vals(self, journal, account, balance):
        """Values of the row's opening entry. Extensions add their own.

        :param journal: a miscellaneous one
        :param account: what the receivable stands against
        :param float balance: the amount in the company's currency
        """
        self.ensure_one()
        return {
            "move_type": "entry",
            "company_id": self.company_id.id,
            "journal_id": journal.id,
            "partner_id": self.partner_id.commercial_partner_id.id,
            "currency_id": self.currency_id.id,
            "date": self.invoice_date,
            "ref": self.number.strip(),
            "narration": self.note and plaintext2html(self.note),
            "line_ids": [
                Command.create(vals)
                for vals in self._prepare_entry_line_vals_list(account, balance)
            ],
        }

    def _prepare_entry_line_vals_list(self, account, balance):
        """The receivable, and what it stands against."""
        partner = self.partner_id.commercial_partner_id
        common = {
            "name": self.number.strip(),
            "partner_id": partner.id,
            "currency_id": self.currency_id.id,
        }
        return [
            {
                **common,
                "account_id": partner.property_account_receivable_id.id,
                "date_maturity": self.date_due,
                "amount_currency": self.amount,
                "balance": balance,
                # core hides the items of general journals otherwise
                "no_followup": False,
            },
            {
                **common,
                "account_id": account.id,
                "amount_currency": -self.amount,
                "balance": -balance,
            },
        ]

    # === HISTORY === #

    def _write_history(self, company):
        """Notices as the other system sent them, so that the ladder goes on from there.

        :param company: the root company, whose debtors they are
        """
        rows = self.filtered("level_id")
        if not rows:
            return
        run = self._create_run(company)
        debtors = rows._get_debtors(company)
        contacts = rows.grouped(lambda r: r._get_contact())
        # messages and followers are for what we send ourselves
        notices = self.env["ar.dunning.notice"].with_context(
            tracking_disable=True, mail_create_nosubscribe=True
        )
        notices = notices.create(
            [
                group._prepare_notice_vals(run, debtors[contact[0]])
                for contact, group in contacts.items()
            ]
        )
        lines = []
        for notice, group in zip(notices, contacts.values(), strict=True):
            group.notice_id = notice
            lines += group._prepare_notice_line_vals_list(notice)
        self.env["ar.dunning.notice.line"].create(lines)

    @api.model
    def _create_run(self, company):
        """The run that holds the imported notices, done from the beginning."""
        today = company._ar_today()
        return self.env["ar.dunning.run"].create(
            {
                "company_id": company.id,
                "date": today,
                "decided_on": today,
                "is_import": True,
                "state": "done",
            }
        )

    def _get_debtors(self, company):
        """The rows' debtors, made where missing: {commercial partner: debtor}."""
        debtors = self.env["ar.debtor"]
        partners = self.partner_id.commercial_partner_id
        debtors._ensure(company, partners.ids)
        # their level and last notice change
        debtors._mark_partners_stale(company, partners.ids)
        return debtors.search(
            [("company_id", "=", company.id), ("partner_id", "in", partners.ids)]
        ).grouped("partner_id")

    def _get_contact(self):
        """What one notice of the other system was about."""
        partner = self.partner_id.commercial_partner_id
        return partner, self.currency_id, self.level_id, self.last_contact

    def _prepare_notice_vals(self, run, debtor):
        """The notice that the other system sent about these rows."""
        partner, currency, level, date = self[0]._get_contact()
        channels = [row.channel or "letter" for row in self]
        text = self.env._(
            "Imported: another system sent level “%(level)s” on %(date)s. Its text is "
            "not kept here.",
            level=level.name,
            date=format_date(self.env, date),
        )
        return {
            "run_id": run.id,
            "company_id": run.company_id.id,
            "debtor_id": debtor.id,
            "partner_id": partner.id,
            "level_id": level.id,
            "currency_id": currency.id,
            "date": date,
            "date_sent": date,
            # a message before none: it counts as a contact
            "channel": next((ch for ch in channels if ch != "none"), "none"),
            "state": "sent",
            "amount_due": sum(self.mapped("amount")),
            "subject": level.name,
            "body": Markup("<p>%s</p>") % text,
            "explanation_sent": Markup("<ul><li>%s</li></ul>") % text,
            "is_printed": True,
            "is_acted": True,
        }

    def _prepare_notice_line_vals_list(self, notice):
        levels = notice.policy_id.level_ids.sorted(lambda lv: (lv.sequence, lv.id))
        return [
            {
                "notice_id": notice.id,
                "move_line_id": row.move_line_id.id,
                "level_id": row.level_id.id,
                "level_rank": levels.ids.index(row.level_id.id) + 1,
                "is_step": True,
                "is_live": True,
                "amount_residual": row.amount,
                "date_due": row.date_due,
                "days_overdue": (row.last_contact - row.date_due).days,
                "date_level": row.last_contact,
            }
            for row in self
        ]
