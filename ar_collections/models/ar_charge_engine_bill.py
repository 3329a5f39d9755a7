from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.fields import Command, Datetime
from odoo.tools import format_date

from ..tools.exact_money import round_half_up
from .ar_charge_engine_plan import PLACES


class ArChargeEngine(models.AbstractModel):
    """Documents from plans: an invoice, or a credit note that corrects one."""

    _inherit = "ar.charge.engine"

    # === BUSINESS METHODS === #

    @api.model
    def _bill(self, company, upto, date, partners=None, grow=True):
        """Charge until a day what is owed and was not charged yet; give back the rest.

        Twice changes nothing. To be called with full rights, by who checked them.

        :param company: the root of the books
        :param date upto: last day of interest
        :param date date: day of the documents, if its period is open
        :param partners: commercial partners; None for all
        :param bool grow: also charge more; else only correct what was charged
        :return: the documents
        :rtype: recordset of `account.move`
        """
        plans, _reasons = self._plan(company, upto, date, partners, grow)
        return self._make_documents(plans, date)

    @api.model
    def _cron_correct(self):
        """Every night: what was billed, against what is owed by the ledger of today."""
        lines = self.env["ar.late.charge.line"]
        groups = lines._read_group([("charge_move_id", "!=", False)], ["debtor_id"])
        debtors = self.env["ar.debtor"].union(*(debtor for (debtor,) in groups))
        for company, mine in debtors.grouped("company_id").items():
            today = company._ar_today()
            plans, _reasons = self._plan(
                company, today, today, mine.partner_id, grow=False
            )
            wrong = [plan for plan in plans if plan.state in ("bill", "credit")]
            self.env["ir.cron"]._commit_progress(remaining=len(wrong))
            for plan in wrong:
                self._retry_for(
                    company,
                    # worked out anew: somebody may have paid since
                    partial(
                        self._bill, company, today, today, plan.partner, grow=False
                    ),
                    f"Correction of the charges of debtor {plan.partner.id}",
                )
                if not self.env["ir.cron"]._commit_progress(1):
                    return

    @api.model
    def _make_documents(self, plans, date):
        """The documents of plans that come to something, posted."""
        documents, journals = self.env["account.move"], {}
        for plan in plans:
            if plan.state in ("bill", "credit"):
                if plan.company not in journals:
                    journals[plan.company] = plan.company._get_ar_charge_journal()
                plan.journal = journals[plan.company]
                documents += self._make_document(plan, date)
        return documents

    @api.model
    def _make_document(self, plan, date):
        """One document for one debtor and currency.

        :raise UserError: if somebody else charges this debtor at the same moment
        """
        debtor = self.env["ar.debtor"]._get(plan.partner, plan.company)
        # the row is changed, so that of two who charge at once the second one fails
        debtor.date_charged = Datetime.now()
        debtor.flush_recordset(["date_charged"])
        move = self.env["account.move"].with_company(plan.company)
        move = move.create(self._prepare_document_vals(plan, date))
        lines = self._make_lines(plan, move, debtor)
        move.action_post()
        (lines | plan.lines if plan.lines else lines)._get_siblings()._refresh_states()
        if move.move_type == "out_refund":
            self._apply_credit(move, plan)
        self._tell_date(move, date)
        return move

    @api.model
    def _prepare_document_vals(self, plan, date):
        """Values of the invoice or credit note; extensions may add to them."""
        company, partner = plan.company, plan.partner
        contact = partner.browse(partner.address_get(["invoice"])["invoice"])
        is_credit = plan.total < 0
        journal = plan.journal
        vals = {
            "move_type": "out_refund" if is_credit else "out_invoice",
            "is_late_charge": True,
            "company_id": company.id,
            "journal_id": journal.id,
            "partner_id": contact.id,
            "currency_id": plan.currency.id,
            "invoice_date": self._get_open_day(company, journal, date),
            "fiscal_position_id": False,
            "invoice_line_ids": [
                Command.create(line) for line in self._prepare_lines_vals(plan, contact)
            ],
        }
        if is_credit:
            corrected = self._get_corrected(plan)
            vals["reversed_entry_id"] = corrected[-1:].id
            lang = contact.lang or self.env.lang
            vals["ref"] = self.with_context(lang=lang).env._(
                "Correction of %(documents)s",
                documents=", ".join(corrected.mapped("name")),
            )
            vals["invoice_payment_term_id"] = False
        return vals

    @api.model
    def _get_corrected(self, plan):
        """The invoices whose lines a plan takes back."""
        undone = {change.undone.id for change in plan.changes if change.undone}
        lines = plan.lines or self.env["ar.late.charge.line"]
        moves = lines.charge_move_id.filtered(lambda m: m.move_type == "out_invoice")
        hit = lines.filtered(lambda ln: ln.id in undone).charge_move_id & moves
        return (hit or moves).sorted("id").with_env(self.env)

    @api.model
    def _get_open_day(self, company, journal, date):
        """The first day from ``date`` on whose period is open."""
        has_tax = bool(company.ar_charge_tax_ids)
        while locks := company._get_violated_lock_dates(date, has_tax, journal):
            date = locks[-1][0] + timedelta(days=1)
        return date

    @api.model
    def _tell_date(self, move, date):
        if move.invoice_date != date:
            move.message_post(
                body=self.env._(
                    "The period of %(date)s is locked: dated the next open day.",
                    date=format_date(self.env, date),
                )
            )

    # === WHAT IS REMEMBERED === #

    @api.model
    def _make_lines(self, plan, move, debtor):
        """Remember what a document charges, line by line."""
        vals_list = [
            self._prepare_charge_line_vals(change, plan, move, debtor)
            for change in plan.changes
        ]
        return self.env["ar.late.charge.line"].create(vals_list)

    @api.model
    def _prepare_charge_line_vals(self, change, plan, move, debtor):
        item = self.env["account.move.line"].browse(change.item or [])
        vals = {
            "company_id": plan.company.id,
            "debtor_id": debtor.id,
            "move_line_id": item.id,
            "move_id": item.move_id.id,
            "currency_id": plan.currency.id,
            "amount": float(change.amount),
            "charge_move_id": move.id,
            "date_upto": plan.days.get(item),
            # in force once the document is posted
            "state": "reversed",
        }
        if change.undone:
            return vals | self._copy_undone(change.undone)
        if not change.owed:
            return vals | {
                "kind": "interest",
                "adjustment": "waived" if change.is_waived else "rounding",
            }
        vals["terms_id"] = plan.terms[item].id
        return vals | self._prepare_piece_vals(change.owed, plan.results[item])

    @api.model
    def _copy_undone(self, undone):
        """A line that takes another back says the same, with the opposite amount."""
        line = self.env["ar.late.charge.line"].browse(undone.id)
        names = (
            "kind", "date_from", "date_to", "days", "year_days", "day_count",
            "base_amount", "rate", "rate_text", "rate_source", "adjustment",
        )  # fmt: skip
        return {
            **{name: line[name] for name in names},
            "move_id": line.move_id.id,
            "move_line_id": line.move_line_id.id,
            "date_upto": line.date_upto,
            "amount_exact": -line.amount_exact,
            "terms_id": line.terms_id.id,
            "notice_id": line.notice_id.id,
            "reversed_line_id": line.id,
        }

    @api.model
    def _prepare_piece_vals(self, owed, result):
        source = owed.source
        vals = {
            "kind": owed.kind,
            "amount_exact": float(round_half_up(owed.exact, PLACES)),
        }
        if owed.kind != "interest":
            notice_id = int(source.ref) if source.ref else False
            day = {"date_from": source.day, "date_to": source.day}
            return vals | day | {"notice_id": notice_id}
        quote = source.quote
        sources = [part.value.source for part in quote.parts if part.value]
        return vals | {
            "date_from": source.first,
            "date_to": source.last,
            "days": source.days,
            "year_days": source.year_days,
            "day_count": result.terms.day_count,
            "base_amount": float(round_half_up(source.base, result.claim.unit)),
            "rate": float(quote.rate),
            "rate_text": quote.formula,
            "rate_source": "\n".join(filter(None, sources)),
        }

    @api.model
    def _apply_credit(self, credit, plan):
        """Set a correction against what is open of what it corrects, oldest first."""
        charges = plan.lines.charge_move_id.with_env(self.env).filtered(
            lambda move: move.move_type == "out_invoice"
        )
        charges = self._get_corrected(plan) | charges.sorted("id")
        for move in charges:
            open_items = (credit + move).line_ids.filtered(
                lambda line: (
                    line.account_type == "asset_receivable" and not line.reconciled
                )
            )
            if len(open_items.move_id) == 2 and len(open_items.account_id) == 1:
                open_items.reconcile()


class ArDebtor(models.Model):
    _inherit = "ar.debtor"

    date_charged = fields.Datetime(
        "Last charged", readonly=True, help="When late charges were last billed."
    )
