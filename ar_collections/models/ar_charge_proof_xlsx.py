import io

from odoo import fields


def make_workbook(env, sheets):
    """Proof sheets as an XLSX file that computes by itself: each sum is a formula.

    :param list sheets: of `ar.charge.proof`
    :rtype: bytes
    """
    # as core does: loaded by those who need it
    import xlsxwriter  # noqa: PLC0415

    output = io.BytesIO()
    with xlsxwriter.Workbook(output, {"in_memory": True}) as workbook:
        workbook.set_properties({"title": env._("Late charges: proof sheet")})
        for number, sheet in enumerate(sheets, 1):
            _ProofTab(workbook, env, sheet, number).write_sheet()
    return output.getvalue()


class _ProofTab:
    """One sheet: claims in one currency."""

    def __init__(self, workbook, env, sheet, number):
        self.env, self.sheet = env, sheet
        self.proof = sheet["proof"]
        places = max(sheet["digits"], 0)
        money = "#,##0" + ("." + "0" * places if places else "")
        fine = "#,##0." + "0" * sheet["sheet"].places
        self.formats = {
            name: workbook.add_format(properties)
            for name, properties in {
                "title": {"bold": True, "font_size": 14},
                "bold": {"bold": True},
                "head": {"bold": True, "bottom": 1, "text_wrap": True},
                "date": {"num_format": 14, "align": "left"},
                "money": {"num_format": money},
                "fine": {"num_format": fine},
                "rate": {"num_format": "0.00####"},
                "total": {"bold": True, "top": 1},
                "total_money": {"bold": True, "top": 1, "num_format": money},
                "total_fine": {"bold": True, "top": 1, "num_format": fine},
                "wrap": {"text_wrap": True, "valign": "top"},
            }.items()
        }
        name = f"{number} {sheet['currency'].name}"
        self.tab = workbook.add_worksheet(name)
        self.row = 0
        self.places = places
        self.interest_cells, self.charged_cells = [], []

    def write_sheet(self):
        _ = self.env._
        self._head()
        for claim in self.sheet["claims"]:
            self._claim(claim)
        self._sums()
        self._text(_("How it is computed"), "bold")
        self._text(self.proof._get_formula_words())
        for number, terms in enumerate(self.sheet["terms"], 1):
            self.row += 1
            self._text(f"({number}) {terms.name}", "bold")
            for sentence in terms._get_sentences():
                self._text(sentence)
            if terms.source:
                source = terms.env["ar.charge.proof"]._get_plain_source(terms.source)
                self._text(_("Source: %s", source))
        self._rates()

    def _head(self):
        _ = self.env._
        sheet = self.sheet
        title = _("Late charges: proof sheet, %s", sheet["currency"].name)
        self._text(title, "title")
        names = [sheet.get(name) for name in ("company", "partner")]
        self._text(" – ".join(record.display_name for record in names if record))
        self.tab.write_string(self.row, 0, _("Until"))
        self._date(1, sheet["upto"])
        self.row += 2
        widths = (12, 12, 8, 8, 16, 10, 34, 18, 14)
        for column, width in enumerate(widths):
            self.tab.set_column(column, column, width)
        self.tab.set_landscape()
        self.tab.fit_to_pages(1, 0)

    def _claim(self, claim):
        _ = self.env._
        result = claim["result"]
        self._text(f"{claim['label']} ({claim['terms_number']})", "bold")
        self.tab.write_string(self.row, 0, _("Claim"))
        self._money(4, claim["claim"].original)
        if claim["due"]:
            self.tab.write_string(self.row, 5, _("Due"))
            self._date(6, claim["due"])
        self.row += 1
        for move in claim["proof"].movements:
            self._date(0, move.day)
            name = self.proof._get_kind_name(move.kind)
            self.tab.write_string(self.row, 1, name)
            self.tab.write_string(self.row, 6, move.ref)
            self._money(4, move.amount)
            self.row += 1
        self._columns()
        first = self.row
        for row in claim["proof"].rows:
            self._interest(row)
        for cost in result.costs:
            self._date(0, cost.day)
            name = self.proof._get_kind_name(cost.kind)
            self.tab.write_string(self.row, 6, name)
            self._money(8, cost.amount)
            self.row += 1
        if self.row > first:
            self.interest_cells.append(f"H{first + 1}:H{self.row}")
            self.charged_cells.append(f"I{first + 1}:I{self.row}")
        self.row += 1

    def _columns(self):
        _ = self.env._
        names = (
            _("From"),
            _("To"),
            _("Days"),
            _("of"),
            _("On"),
            _("% a year"),
            _("Rate"),
            _("Interest"),
            _("Charged"),
        )
        for column, name in enumerate(names):
            self.tab.write_string(self.row, column, name, self.formats["head"])
        self.row += 1

    def _interest(self, row):
        at = self.row + 1
        self._date(0, row.first)
        self._date(1, row.last)
        self.tab.write_number(self.row, 2, row.times)
        self.tab.write_number(self.row, 3, row.over)
        self._money(4, row.base)
        rate = self.formats["rate"]
        self.tab.write_number(self.row, 5, float(row.rate), rate)
        notes = "".join(f" [{number}]" for number in row.notes)
        self.tab.write_string(self.row, 6, f"{row.formula} %{notes}")
        fine, exact = self.formats["fine"], float(row.exact)
        if row.before_cap is None:
            formula = f"=E{at}*F{at}/100*C{at}/D{at}"
            self.tab.write_formula(self.row, 7, formula, fine, exact)
        else:
            self.tab.write_number(self.row, 7, exact, fine)
            cap = self.env._("%s before the limit", f"{row.before_cap:f}")
            self.tab.write_string(self.row, 9, cap)
        self._money(8, row.amount)
        self.row += 1

    def _sums(self):
        _ = self.env._
        sheet = self.sheet
        document = sheet["document"]
        for name, cells, column, value, style in (
            (
                _("Interest, exact"),
                self.interest_cells,
                7,
                sheet["sheet"].exact,
                "total_fine",
            ),
            (
                _("Interest rounded once, and lump sums"),
                self.charged_cells,
                8,
                document.total,
                "total_money",
            ),
        ):
            self.tab.write_string(self.row, 6, name, self.formats["total"])
            formula = f"=SUM({','.join(cells)})" if cells else "=0"
            style = self.formats[style]
            self.tab.write_formula(self.row, column, formula, style, float(value))
            self.row += 1
        amounts = (
            (_("Open of the claims"), sheet["principal"]),
            (_("Paid of the charges"), -sheet["paid"]),
            (_("To pay on that day"), sheet["total"]),
        )
        if sheet.get("document_move"):  # says what was charged, not what is open
            amounts = ()
        for name, amount in amounts:
            self.tab.write_string(self.row, 6, name)
            self._money(8, amount)
            self.row += 1
        self.row += 1

    def _rates(self):
        _ = self.env._
        if not self.sheet["rates"]:
            return
        self.row += 1
        self._text(_("Reference rates"), "bold")
        for rate in self.sheet["rates"]:
            self.tab.write_string(self.row, 0, f"[{rate['number']}]")
            if rate["since"]:
                self._date(1, rate["since"])
            if rate["rate"] is not None:
                style = self.formats["rate"]
                self.tab.write_number(self.row, 5, float(rate["rate"]), style)
            texts = filter(None, (rate["name"], rate["source"]))
            self.tab.write_string(self.row, 6, ": ".join(texts))
            self.row += 1

    # === PARTS === #

    def _text(self, text, style=None):
        # never as a formula, whatever a reference begins with
        self.tab.write_string(self.row, 0, text, self.formats.get(style))
        self.row += 1

    def _date(self, column, day):
        day = fields.Datetime.to_datetime(day)
        self.tab.write_datetime(self.row, column, day, self.formats["date"])

    def _money(self, column, amount):
        amount = float(amount)
        self.tab.write_number(self.row, column, amount, self.formats["money"])
