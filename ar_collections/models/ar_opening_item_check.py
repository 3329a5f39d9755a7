from collections import Counter
from itertools import chain

from odoo import models
from odoo.fields import Domain
from odoo.tools import format_date


class ArOpeningItem(models.Model):
    """Looking at the rows: what each of them means, and all that is wrong with it.

    Each check takes the rows of one company, asks the database a fixed number of
    questions, and yields (row, sentence).
    """

    _inherit = "ar.opening.item"

    # === BUSINESS METHODS === #

    def _check_rows(self):
        """Write what was found, and the problems, on each row that is not posted.

        :return: the rows with a problem
        """
        rows = self.filtered(lambda r: r.state != "done")
        problems = {}
        for company, group in rows.grouped("company_id").items():
            group = group.with_company(company)
            # one after the other: a check reads what the one before it found
            for row, sentence in chain.from_iterable(
                check() for check in group._get_checks()
            ):
                problems.setdefault(row.id, []).append(sentence)
        for row in rows:
            row.problem = "\n".join(problems.get(row.id, [])) or False
            row.state = "error" if row.problem else "draft"
        return rows.filtered("problem")

    def _get_checks(self):
        """The checks, in their order. Extensions add their own."""
        return [
            self._check_customers,
            self._check_values,
            self._check_rates,
            self._check_doubles,
            self._check_ledger,
            self._check_history,
            self._check_levels,
        ]

    def _check_values(self):
        _ = self.env._
        today = self.company_id._ar_today()
        for row in self:
            row.currency_id = row.currency_id or row.company_id.currency_id
            day, due, contact = row.invoice_date, row.date_due, row.last_contact
            is_level = bool((row.level_name or "").strip())
            tests = (
                (not (row.number or "").strip(), _("The document number is missing.")),
                (not day, _("The invoice date is missing.")),
                (day and day > today, _("The invoice date is in the future.")),
                (not due, _("The due date is missing.")),
                (day and due and due < day, _("It is due before its invoice date.")),
                (row.currency_id.is_zero(row.amount), _("The open amount is 0.")),
                (is_level and row.amount < 0, _("A credit has no level.")),
                (
                    is_level and not contact,
                    _("A level needs the date of the last contact."),
                ),
                (
                    contact and not is_level,
                    _("A last contact needs the level that was sent."),
                ),
                (contact and contact > today, _("The last contact is in the future.")),
                (
                    contact and day and contact < day,
                    _("The last contact is before the invoice date."),
                ),
            )
            yield from ((row, sentence) for is_wrong, sentence in tests if is_wrong)

    def _check_rates(self):
        foreign = self.filtered(
            lambda r: r.invoice_date and r.currency_id != r.company_id.currency_id
        )
        if not foreign:
            return
        # sudo: exchange rates, whoever imports
        first_days = dict(
            self.env["res.currency.rate"]
            .sudo()
            ._read_group(
                [
                    ("currency_id", "in", foreign.currency_id.ids),
                    ("company_id", "in", [False, self.company_id.root_id.id]),
                ],
                ["currency_id"],
                ["name:min"],
            )
        )
        for row in foreign:
            first_day = first_days.get(row.currency_id)
            if not first_day or first_day > row.invoice_date:
                yield (
                    row,
                    self.env._(
                        "There is no exchange rate of %(currency)s on %(date)s.",
                        currency=row.currency_id.name,
                        date=format_date(self.env, row.invoice_date),
                    ),
                )

    def _get_key(self):
        """What makes two rows the same document; None if one cannot tell."""
        self.ensure_one()
        number = (self.number or "").strip().lower()
        partner = self.partner_id.commercial_partner_id
        # a text that nobody is found by may still be there twice
        customer = partner.id or (self.customer or "").strip().lower()
        return (customer, number) if customer and number else None

    def _check_doubles(self):
        keys = {row: row._get_key() for row in self}
        numbers = [row.number for row in self if row.number]
        partners = self.partner_id.commercial_partner_id
        others = self.search(
            Domain("id", "not in", self.ids)
            & Domain("company_id", "=", self.company_id.id)
            & (
                Domain("number", "in", numbers)
                # written in other letters
                | Domain("partner_id.commercial_partner_id", "in", partners.ids)
            )
        )
        waiting = Counter(key for key in keys.values() if key)
        waiting.update(r._get_key() for r in others if r.state != "done")
        before = {r._get_key() for r in others if r.state == "done" and r._is_valid()}
        for row, key in keys.items():
            if key and key in before:
                yield row, self.env._("The document was imported before.")
            elif key and waiting[key] > 1:
                yield row, self.env._("The document is in more than one row.")

    def _is_valid(self):
        """Whether what a row became still stands: it was neither deleted nor reversed."""
        line = self.move_line_id
        return bool(line) and not (line.reconciled and line.move_id.reversal_move_ids)

    def _check_ledger(self):
        """Find the items that another import has already posted."""
        documents = self._find_documents()
        taken = set()
        for row in self:
            row.move_line_id = False
            lines = documents.get(row._get_key(), self.env["account.move.line"])
            lines = lines.filtered(
                lambda ln, row=row: (ln.balance > 0) == (row.amount > 0)
            )
            match = lines.filtered(
                lambda ln, row=row: row._is_item(ln) and ln.id not in taken
            )[:1]
            row.move_line_id = match
            taken.add(match.id)
            if lines and not match:
                yield row, self._explain_ledger(lines)

    def _explain_ledger(self, lines):
        """What the books say of a number, if the row says otherwise."""
        _ = self.env._
        open_items = [
            _(
                "%(amount)s due %(date)s",
                amount=line.currency_id.format(line.amount_residual_currency),
                date=format_date(self.env, line.date_maturity or line.date),
            )
            for line in lines[:3]
        ]
        return _(
            "%(entry)s of the books has this number, but the row says otherwise than "
            "what is open of it: %(open)s.",
            entry=lines[0].move_name,
            open=", ".join(open_items),
        )

    def _is_item(self, line):
        """Whether a journal item says what the row says."""
        return (
            not line.reconciled
            and line.currency_id == self.currency_id
            and (line.date_maturity or line.date) == self.date_due
            and not self.currency_id.compare_amounts(
                line.amount_residual_currency, self.amount
            )
        )

    def _find_documents(self):
        """Receivables in the books: {(commercial partner id, number): items}."""
        numbers = [row.number.strip() for row in self if (row.number or "").strip()]
        partners = self.partner_id.commercial_partner_id
        domain = self.env["ar.open.item"]._get_ledger_domain(self.company_id.root_id)
        domain &= Domain("partner_id.commercial_partner_id", "in", partners.ids)
        domain &= Domain.OR(
            [
                Domain("move_name", "in", numbers),
                Domain("ref", "in", numbers),
                # a label names other documents, too
                Domain("name", "in", numbers) & Domain("reconciled", "=", False),
            ]
        )
        lines = self.env["account.move.line"].search(domain, order="date_maturity, id")
        documents = {}
        for line in lines.filtered(lambda ln: not ln.move_id.reversal_move_ids):
            partner = line.partner_id.commercial_partner_id
            for number in {line.move_name, line.ref, line.name} & set(numbers):
                key = (partner.id, number.lower())
                documents[key] = documents.get(key, lines.browse()) | line
        return documents

    def _check_history(self):
        """What our own ladder has already pursued has its history here."""
        dunned = {
            line.id
            for (line,) in self.env["ar.dunning.notice.line"]._read_group(
                [
                    ("move_line_id", "in", self.move_line_id.ids),
                    ("is_live", "=", True),
                    ("is_step", "=", True),
                ],
                ["move_line_id"],
            )
        }
        for row in self:
            if row.move_line_id.id in dunned and row.level_name:
                yield (
                    row,
                    self.env._(
                        "There are already notices about %s here.",
                        row.move_line_id.move_name,
                    ),
                )
