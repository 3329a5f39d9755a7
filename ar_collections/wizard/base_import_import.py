from copy import deepcopy

from odoo import models

from odoo.addons.base_import.models.base_import import ImportValidationError

OPENING = "ar.opening.item"
# Of whose files every bad cell is told with its row, not only the first.
TOLD = (OPENING, "ar.reference.rate.value")


class BaseImportImport(models.TransientModel):
    _inherit = "base_import.import"

    def execute_import(self, fields, columns, options, dryrun=False):
        """Say whether it is only a test: opening items name their problems then."""
        self = self.with_context(ar_import_test=dryrun)
        result = super().execute_import(fields, columns, options, dryrun=dryrun)
        messages = result.get("messages") or []
        if len(messages) == 1 and "ar_rows" in messages[0]:
            # of which the web client shows each at its row
            return dict(result, messages=messages[0]["ar_rows"])
        return result

    def _parse_import_data(self, data, import_fields, options):
        """Tell every bad cell with its row, not only the first."""
        if self.res_model not in TOLD:
            return super()._parse_import_data(data, import_fields, options)
        untouched = deepcopy(data)
        try:
            data = super()._parse_import_data(data, import_fields, options)
        except ImportValidationError as error:
            problems = self._get_bad_cells(untouched, import_fields, options)
            if not problems:
                raise
            raise self._prepare_bad_rows(problems) from error
        problems = self._get_bad_currencies(untouched, import_fields)
        if problems:
            raise self._prepare_bad_rows(problems)
        return data

    def _get_bad_cells(self, data, import_fields, options):
        """Each amount, day and currency that cannot be read: [(row, problem)]."""
        kinds = self.env[self.res_model].fields_get(attributes=["type", "string"])
        problems = self._get_bad_currencies(data, import_fields)
        for index, name in enumerate(import_fields):
            kind = kinds.get(name, {}).get("type")
            for number, line in enumerate(data, 1):
                value = line[index]
                try:
                    if kind in ("float", "monetary"):
                        self._parse_float_from_data([line], index, name, options)
                    elif kind == "date":
                        self._parse_date_from_data([line], index, name, kind, options)
                except (ImportValidationError, ValueError):
                    problems.append(
                        (
                            number,
                            self.env._(
                                "“%(value)s” in column “%(column)s” cannot be read.",
                                value=value,
                                column=kinds[name]["string"],
                            ),
                        )
                    )
        return problems

    def _get_bad_currencies(self, data, import_fields):
        if "currency_id" not in import_fields:
            return []
        index = import_fields.index("currency_id")
        known = set(self.env["res.currency"].search([]).mapped("name"))
        return [
            (
                number,
                self.env._(
                    "Currency “%s” is not known or not active: switch it on under "
                    "Currencies, or correct the file.",
                    line[index].strip(),
                ),
            )
            for number, line in enumerate(data, 1)
            if line[index].strip() and line[index].strip().upper() not in known
        ]

    def _prepare_bad_rows(self, problems):
        """One error that carries a message for each row, as the web client shows them."""
        rows = {}
        for number, problem in sorted(problems):
            rows.setdefault(number, []).append(problem)
        error = ImportValidationError(self.env._("%s rows cannot be read.", len(rows)))
        error.ar_rows = [
            {
                "type": "error",
                "message": self.env._(
                    "(row %(number)s) %(problems)s",
                    number=number,
                    problems=" ".join(found),
                ),
                "record": number,
                "rows": {"from": number, "to": number},
            }
            for number, found in rows.items()
        ]
        return error
