import io

from odoo import fields

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Rows above a table: customer, company, period, an empty one.
TOP = 4


def make_workbook(statement):
    """A statement as an XLSX file: real dates and numbers, a sheet for each table.

    :param statement: record of `ar.statement`
    :rtype: bytes
    """
    # as core does: loaded by those who need it
    import xlsxwriter  # noqa: PLC0415

    statement = statement.with_context(lang=statement.lang or statement.env.lang)
    output = io.BytesIO()
    with xlsxwriter.Workbook(output, {"in_memory": True}) as workbook:
        workbook.set_properties({"title": statement.name})
        for section in statement._get_sections():
            if statement.content != "items":
                _Sheet(workbook, statement, section).write_movements()
            if statement.content != "movements":
                _Sheet(workbook, statement, section).write_items()
    return output.getvalue()


def get_kind_name(env, kind, amount):
    """What a document is, in the customer's words."""
    return {
        "invoice": env._("Invoice"),
        "credit": env._("Credit note"),
        "payment": env._("Payment") if amount <= 0 else env._("Repayment"),
        "transfer": env._("Set off"),
        "exchange": env._("Exchange difference"),
        "other": env._("Entry"),
    }[kind]


class _Sheet:
    """One table of a statement in one currency."""

    def __init__(self, workbook, statement, section):
        self.workbook, self.statement, self.section = workbook, statement, section
        self.env = statement.env
        places = section["currency"].decimal_places
        money = "#,##0" + ("." + "0" * places if places else "")
        self.formats = {
            name: workbook.add_format(properties)
            for name, properties in {
                "title": {"bold": True, "font_size": 14},
                "head": {"bold": True, "bottom": 1, "text_wrap": True},
                "head_number": {"bold": True, "bottom": 1, "align": "right"},
                "date": {"num_format": 14, "align": "left"},
                "money": {"num_format": money},
                "total": {"bold": True, "top": 1},
                "total_money": {"bold": True, "top": 1, "num_format": money},
            }.items()
        }
        self.row = TOP

    def write_movements(self):
        """Opening balance, each movement with the balance after it, closing balance."""
        _ = self.env._
        section = self.section
        columns = (
            (_("Date"), 12),
            (_("Document"), 24),
            (_("Kind"), 16),
            (_("Your reference"), 24),
            (_("Due"), 12),
            (_("Amount"), 16),
            (_("Balance"), 16),
        )
        self._open(_("Movements"), columns, 2)
        statement = self.statement
        self._date(0, fields.Date.to_string(statement.date_from))
        self.sheet.write_string(self.row, 1, _("Opening balance"))
        self._money(6, section["opening"])
        first = self.row = self.row + 1
        for entry in section["movements"]:
            self._entry(entry, 5)
            self.sheet.write_formula(
                self.row,
                6,
                f"=G{self.row}+F{self.row + 1}",
                self.formats["money"],
                entry["balance"],
            )
            self.row += 1
        self._total(_("Closing balance"), 7)
        total = sum(entry["amount"] for entry in section["movements"])
        self._sum(5, first, section["currency"].round(total))
        self.sheet.write_formula(
            self.row,
            6,
            f"=G{self.row}",
            self.formats["total_money"],
            section["closing"],
        )

    def write_items(self):
        """Open items with their age, their sum, and the ageing below."""
        _ = self.env._
        section = self.section
        columns = (
            (_("Date"), 12),
            (_("Document"), 24),
            (_("Kind"), 16),
            (_("Your reference"), 24),
            (_("Due"), 12),
            (_("Days late"), 10),
            (_("Amount"), 16),
            (_("Open"), 16),
        )
        self._open(_("Open items"), columns, 3)
        first = self.row
        for item in section["items"]:
            self._entry(item, 6)
            self.sheet.write_number(self.row, 5, item["days"])
            self._money(7, item["open"])
            self.row += 1
        self._total(_("Balance"), 8)
        if section["items"]:
            self._sum(7, first, section["closing"])
        else:
            self._money(7, 0.0, "total_money")
        self._write_aging()

    def _write_aging(self):
        _ = self.env._
        aging = self.section["aging"]
        self.row += 2
        self.sheet.write_string(self.row, 1, _("Ageing"), self.formats["head"])
        self.sheet.write_blank(self.row, 2, None, self.formats["head"])
        names = [_("%s days late", name) for name in self.statement._get_bucket_names()]
        for name, amount in (
            (_("Not due"), aging["not_due"]),
            *zip(names, aging["buckets"], strict=True),
            (_("Payments and credits not applied"), aging["credits"]),
        ):
            self.row += 1
            self.sheet.write_string(self.row, 1, name)
            self._money(2, amount)

    # === PARTS === #

    def _open(self, title, columns, numbers):
        """Begin a sheet; the last ``numbers`` columns hold numbers."""
        statement = self.statement
        currency = self.section["currency"].name
        # a sheet's name takes 31 signs
        self.sheet = self.workbook.add_worksheet(f"{currency} {title}"[:31])
        self.sheet.write_string(0, 0, f"{title}, {currency}", self.formats["title"])
        self.sheet.write_string(
            1, 0, f"{statement.debtor_id.name or ''} – {statement.company_id.name}"
        )
        self.sheet.write_string(2, 0, statement.name)
        self._date(2, fields.Date.to_string(statement.date_to), row=2)
        for column, (name, width) in enumerate(columns):
            is_number = column >= len(columns) - numbers
            style = self.formats["head_number" if is_number else "head"]
            self.sheet.write_string(TOP, column, name, style)
            self.sheet.set_column(column, column, width)
        self.row = TOP + 1
        self.sheet.freeze_panes(TOP + 1, 0)
        self.sheet.repeat_rows(TOP)
        self.sheet.set_landscape()
        self.sheet.fit_to_pages(1, 0)

    def _entry(self, entry, amount_column):
        kind = get_kind_name(self.env, entry["kind"], entry["amount"])
        self._date(0, entry["date"])
        # never as a formula, whatever a customer's reference begins with
        self.sheet.write_string(self.row, 1, entry["number"])
        self.sheet.write_string(self.row, 2, kind)
        self.sheet.write_string(self.row, 3, entry["ref"])
        if entry["due"]:
            self._date(4, entry["due"])
        self._money(amount_column, entry["amount"])

    def _date(self, column, value, row=None):
        self.sheet.write_datetime(
            self.row if row is None else row,
            column,
            fields.Datetime.to_datetime(value),
            self.formats["date"],
        )

    def _money(self, column, value, style="money"):
        self.sheet.write_number(self.row, column, value, self.formats[style])

    def _total(self, name, columns):
        for column in range(columns):
            self.sheet.write_blank(self.row, column, None, self.formats["total"])
        self.sheet.write_string(self.row, 1, name, self.formats["total"])

    def _sum(self, column, first, value):
        """The sum of the column's rows from ``first`` on, as a formula."""
        letter = chr(ord("A") + column)
        if self.row > first:
            self.sheet.write_formula(
                self.row,
                column,
                f"=SUM({letter}{first + 1}:{letter}{self.row})",
                self.formats["total_money"],
                value,
            )
