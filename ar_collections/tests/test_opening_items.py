import io
from datetime import datetime
from unittest.mock import patch

import xlsxwriter

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import file_open, mute_logger

from .common import TODAY, ArCollectionsCommon

COLUMNS = (
    "customer",
    "number",
    "invoice_date",
    "date_due",
    "amount",
    "currency_id",
    "level_name",
    "last_contact",
    "channel",
    "note",
)
GOOD = {
    "customer": "Late Payer Ltd",
    "number": "R-1",
    "invoice_date": "2026-01-21",
    "date_due": "2026-02-20",
    "amount": "100.00",
}
# "Ladder" asks for 8 days between two letters.
DUNNED = {**GOOD, "level_name": "Second reminder", "last_contact": "2026-03-28"}


class OpeningItemsCommon(ArCollectionsCommon):
    # === HELPERS === #

    def _load(self, *rows, columns=COLUMNS, model=None):
        """Import rows as core's import screen does; each a dict of texts."""
        model = self.env["ar.opening.item"] if model is None else model
        result = model.load(
            list(columns), [[row.get(name, "") for name in columns] for row in rows]
        )
        self.assertFalse(result["messages"])
        return model.browse(result["ids"])

    def _post(self, *rows):
        loaded = self._load(*rows)
        loaded.action_post()
        return loaded

    def _count_books(self):
        """How much there is of all that posting may write."""
        return [
            self.env[model].search_count([])
            for model in (
                "account.move",
                "ar.dunning.run",
                "ar.dunning.notice",
                "ar.dunning.notice.line",
            )
        ]

    def _decide_row(self, row, date=TODAY):
        return self._decide(date)[row.move_line_id]


@tagged("post_install", "-at_install")
class TestOpeningItems(OpeningItemsCommon):
    """Open items of another system become receivables of ours."""

    # === POSTING === #

    def test_row_becomes_a_receivable(self):
        row = self._load({**GOOD, "note": "Old friend"})
        self.assertRecordValues(
            row,
            [{"state": "draft", "problem": False, "partner_id": self.customer.id}],
        )
        row.action_post()
        self.assertEqual(row.state, "done")
        self.assertRecordValues(
            row.move_line_id,
            [
                {
                    "partner_id": self.customer.id,
                    "date_maturity": fields.Date.to_date("2026-02-20"),
                    "date": fields.Date.to_date("2026-01-21"),
                    "balance": 100.0,
                    "amount_residual": 100.0,
                    "account_type": "asset_receivable",
                    "no_followup": False,
                    "ref": "R-1",
                    "parent_state": "posted",
                }
            ],
        )
        self.assertEqual(row.move_id.journal_id.type, "general")
        self.assertIn("Old friend", row.move_id.narration)
        counterpart = row.move_id.line_ids - row.move_line_id
        self.assertEqual(counterpart.account_id.account_type, "equity_unaffected")
        self.assertFalse(row.notice_id)
        self.assertEqual(self._decide_row(row)["verdict"], "dun")

    def test_all_waiting_rows_are_posted_if_none_is_chosen(self):
        rows = self._load(GOOD, {**GOOD, "number": "R-2"})
        message = self.env["ar.opening.item"].action_post()["params"]["message"]
        self.assertEqual(set(rows.mapped("state")), {"done"})
        self.assertIn("2 items", message)
        with self.assertRaisesRegex(UserError, "no row to post"):
            self.env["ar.opening.item"].action_post()

    def test_credit_covers_debts(self):
        rows = self._post(
            GOOD, {**GOOD, "number": "G-1", "amount": "-40", "date_due": "2026-01-21"}
        )
        self.assertEqual(rows[1].move_line_id.balance, -40)
        notice = self._run_ladder(TODAY)
        self.assertEqual(notice.amount_due, 60)

    def test_settings_choose_journal_and_account(self):
        journal = self.company_data["default_journal_misc"].copy({"code": "OPEN"})
        account = self.company_data["default_account_revenue"]
        with Form(self.env["res.config.settings"]) as form:
            form.ar_opening_journal_id = journal
            form.ar_opening_account_id = account
        form.record.execute()
        row = self._post(GOOD)
        self.assertEqual(row.move_id.journal_id, journal)
        self.assertIn(account, row.move_id.line_ids.account_id)

    def test_receivable_is_no_counterpart(self):
        with self.assertRaisesRegex(ValidationError, "doubled"):
            self.company.ar_opening_account_id = self.company_data[
                "default_account_receivable"
            ]

    def test_foreign_currency_at_the_rate_of_the_day(self):
        currency = self.setup_other_currency(
            "EUR", rates=[("2026-01-01", 2.0), ("2026-03-01", 4.0)]
        )
        row = self._post({**GOOD, "currency_id": "EUR"})
        self.assertRecordValues(
            row.move_line_id,
            [
                {
                    "currency_id": currency.id,
                    "amount_currency": 100.0,
                    "balance": 50.0,
                }
            ],
        )

    def test_locked_period(self):
        self.setup_other_currency(
            "EUR", rates=[("2026-01-01", 2.0), ("2026-03-01", 4.0)]
        )
        self.company.fiscalyear_lock_date = "2026-02-28"
        rows = self._post(GOOD, {**GOOD, "number": "R-2", "currency_id": "EUR"})
        for row, balance in zip(rows, (100, 50), strict=True):
            self.assertGreater(row.move_id.date.isoformat(), "2026-02-28")
            self.assertLessEqual(row.move_id.date.isoformat(), TODAY)
            self.assertEqual(row.move_line_id.date_maturity, row.date_due)
            self.assertEqual(row.move_line_id.balance, balance)

    # === WHO IS MEANT === #

    def test_customer_by_name_reference_tax_number_and_external_id(self):
        self.customer.write({"ref": "C-77", "vat": "BE0477472701"})
        self.env["ir.model.data"].create(
            {
                "module": "old",
                "name": "customer_9",
                "model": "res.partner",
                "res_id": self.customer.id,
            }
        )
        texts = (" late payer LTD", "C-77", "be 0477.472.701", "old.customer_9")
        rows = self._load(*({**GOOD, "customer": t, "number": f"R-{t}"} for t in texts))
        self.assertEqual(rows.mapped("problem"), [False] * len(texts))
        self.assertEqual(rows.partner_id, self.customer)

    def test_contact_means_its_company(self):
        contact = self._create_customer(
            "Jane Clerk", is_company=False, parent_id=self.customer.id
        )
        row = self._post({**GOOD, "customer": "Jane Clerk"})
        self.assertNotEqual(contact, row.partner_id)
        self.assertEqual(row.move_line_id.partner_id, self.customer)

    def test_ambiguous_name_is_solved_by_hand(self):
        twin = self._create_customer("Late Payer Ltd", email="twin@example.com")
        row = self._load(GOOD)
        self.assertIn("2 customers", row.problem)
        row.partner_id = twin
        self.assertEqual(row.state, "draft")
        row.action_post()
        self.assertEqual(row.move_line_id.partner_id, twin)

    def test_another_name_is_looked_up_again(self):
        row = self._load(GOOD)
        other = self._create_customer("Other Ltd")
        row.customer = "Other Ltd"
        self.assertFalse(row.partner_id)
        row.action_check()
        self.assertEqual(row.partner_id, other)

    # === BAD ROWS === #

    def test_each_bad_row_says_what_is_wrong(self):
        self.setup_other_currency("EUR", rates=[("2026-03-01", 2.0)])
        self.policy.copy({"name": "Other", "company_id": self.company.id}).level_ids[
            0
        ].name = "Only there"
        cases = (
            ({"customer": "Nobody"}, "no customer “Nobody”"),
            ({"customer": ""}, "customer is missing"),
            ({"number": " "}, "number is missing"),
            ({"amount": "0"}, "amount is 0"),
            ({"amount": "0.001"}, "amount is 0"),
            ({"invoice_date": ""}, "invoice date is missing"),
            ({"date_due": ""}, "due date is missing"),
            ({"date_due": "2026-01-20"}, "due before"),
            ({"invoice_date": "2026-04-01"}, "invoice date is in the future"),
            ({"currency_id": "EUR"}, "no exchange rate of EUR"),
            ({"last_contact": "2026-04-01"}, "contact is in the future"),
            ({"last_contact": "2026-01-01"}, "before the invoice date"),
            ({"last_contact": ""}, "needs the date of the last contact"),
            ({"level_name": ""}, "needs the level"),
            ({"level_name": "Fifth"}, "no level “Fifth”"),
            ({"level_name": "Only there"}, "not in policy “Ladder”"),
            ({"level_name": "Other / Only there"}, "not in policy “Ladder”"),
            ({"amount": "-5"}, "credit has no level"),
        )
        rows = self._load(
            *(
                {**DUNNED, "number": f"R-{nth}", **change}
                for nth, (change, _sentence) in enumerate(cases)
            )
        )
        before = self._count_books()
        for row, (change, sentence) in zip(rows, cases, strict=True):
            with self.subTest(change=change):
                self.assertEqual(row.state, "error")
                self.assertIn(sentence, row.problem)
        with self.assertRaisesRegex(UserError, "18 of 18 rows"):
            rows.action_post()
        self.assertEqual(self._count_books(), before)

    def test_bad_row_says_all_that_is_wrong(self):
        row = self._load(
            {
                **DUNNED,
                "customer": "Nobody",
                "date_due": "2026-01-20",
                "amount": "0",
                "level_name": "Fifth",
                "last_contact": "2026-04-01",
            }
        )
        self.assertEqual(
            row.problem.splitlines(),
            [
                "There is no customer “Nobody”.",
                "It is due before its invoice date.",
                "The open amount is 0.",
                "The last contact is in the future.",
                "No policy has a level “Fifth”.",
            ],
        )

    def test_doubles_of_an_unknown_customer(self):
        rows = self._load(
            {**GOOD, "customer": "Nobody"}, {**GOOD, "customer": "nobody"}
        )
        for row in rows:
            self.assertIn("more than one row", row.problem)

    def test_level_of_some_policy_says_nothing_of_an_unknown_customer(self):
        row = self._load({**DUNNED, "customer": "Nobody"})
        self.assertEqual(row.problem, "There is no customer “Nobody”.")

    def test_good_row_has_no_problem(self):
        self.assertFalse(self._load(DUNNED).problem)

    def test_dates_that_are_none_stop_the_file(self):
        result = self.env["ar.opening.item"].load(
            list(COLUMNS[:5]),
            [[GOOD[name] for name in COLUMNS[:5]], ["A", "2", "soon", "later", "1"]],
        )
        self.assertFalse(result["ids"])
        self.assertEqual({m["rows"]["from"] for m in result["messages"]}, {1})
        self.assertFalse(self.env["ar.opening.item"].search_count([]))

    def test_doubles(self):
        rows = self._load(GOOD, {**GOOD, "number": "r-1 "}, {**GOOD, "number": "R-2"})
        for row in rows[:2]:
            self.assertIn("more than one row", row.problem)
        self.assertFalse(rows[2].problem)
        rows[1].unlink()
        rows.exists().action_post()
        self.assertIn("imported before", self._load(GOOD).problem)

    def test_document_in_other_letters_was_imported_before(self):
        self._post(GOOD)
        row = self._load({**GOOD, "number": " r-1"})
        self.assertIn("imported before", row.problem)

    def test_same_number_of_two_customers_is_no_double(self):
        self._create_customer("Other Ltd")
        rows = self._post(GOOD, {**GOOD, "customer": "Other Ltd"})
        self.assertEqual(len(rows.move_line_id.partner_id), 2)

    def test_reversed_entry_may_be_imported_again(self):
        row = self._post(GOOD)
        row.move_id._reverse_moves(cancel=True)
        again = self._post({**GOOD, "amount": "90"})
        self.assertEqual(again.move_line_id.balance, 90)

    # === ALL OR NOTHING === #

    def test_one_bad_row_stops_all(self):
        rows = self._load(GOOD, {**DUNNED, "number": "R-2", "level_name": "Fifth"})
        before = self._count_books()
        with self.assertRaisesRegex(UserError, "1 of 2 rows.*\n\n.*R-2.*Fifth"):
            rows.action_post()
        self.assertEqual(self._count_books(), before)
        rows[1].level_name = "First reminder"
        rows.action_post()
        self.assertEqual(set(rows.mapped("state")), {"done"})

    @mute_logger("odoo.sql_db")
    def test_failure_that_the_database_sees_at_the_end(self):
        """The row is found, although the refusal is about another record."""
        rows = self._load(*({**GOOD, "number": f"R-{nth}"} for nth in range(5)))
        before = self._count_books()
        bank = self.env["res.bank"].create({"name": "Old Bank"})
        model = self.env.registry["ar.opening.item"]
        prepare = model._prepare_entry_vals

        def spoil(row, journal, account, balance):
            if row.number == "R-3":
                bank.name = False
            return prepare(row, journal, account, balance)

        with (
            patch.object(model, "_prepare_entry_vals", spoil),
            self.assertRaisesRegex(UserError, "Row “Late Payer Ltd, R-3”"),
        ):
            rows.action_post()
        self.assertEqual(self._count_books(), before)
        self.assertEqual(bank.name, "Old Bank")

    def test_failure_names_the_row_and_leaves_nothing(self):
        rows = self._load(*({**DUNNED, "number": f"R-{nth}"} for nth in range(5)))
        before = self._count_books()
        model = self.env.registry["ar.opening.item"]
        prepare = model._prepare_entry_vals

        def spoil(row, journal, account, balance):
            vals = prepare(row, journal, account, balance)
            if row.number == "R-3":
                vals["line_ids"].pop()
            return vals

        with patch.object(model, "_prepare_entry_vals", spoil):
            with self.assertRaisesRegex(UserError, "Row “Late Payer Ltd, R-3”"):
                rows.action_post()
        self.assertEqual(self._count_books(), before)
        self.assertEqual(set(rows.mapped("state")), {"draft"})

    def test_failure_of_the_history_takes_the_entries_back(self):
        rows = self._load(DUNNED)
        before = self._count_books()
        error = UserError("No history today.")
        model = self.env.registry["ar.opening.item"]
        with (
            patch.object(model, "_write_history", side_effect=error),
            self.assertRaisesRegex(UserError, "R-1.*No history today"),
        ):
            rows.action_post()
        self.assertEqual(self._count_books(), before)
        self.assertFalse(rows.move_line_id)

    # === IN THE BOOKS ALREADY === #

    def test_item_of_another_import_is_taken(self):
        entry = self._create_opening_entry("2026-02-20", [(self.customer, 100)])
        entry.ref = "R-1"
        item = self._receivable(entry)
        self.assertTrue(item.no_followup)
        row = self._post(DUNNED)
        self.assertEqual(row.move_line_id, item)
        self.assertFalse(item.no_followup)
        self.assertEqual(item.ar_level_id, self.second)

    def test_invoice_of_the_books_is_taken(self):
        invoice = self._create_invoice_due("2026-02-20", 100)
        row = self._post({**DUNNED, "number": invoice.name})
        self.assertEqual(row.move_line_id, self._receivable(invoice))

    def test_item_that_disagrees_is_a_problem(self):
        entry = self._create_opening_entry("2026-02-20", [(self.customer, 80)])
        entry.ref = "R-1"
        self.assertIn("80.00", self._load(GOOD).problem)

    def test_settled_document_is_a_problem(self):
        invoice = self._create_invoice_due("2026-02-20", 100)
        self._pay(invoice)
        row = self._load({**GOOD, "number": invoice.name})
        self.assertIn("otherwise than what is open", row.problem)

    def test_item_that_our_ladder_pursued_is_a_problem(self):
        invoice = self._create_invoice_due("2026-02-20", 100)
        self._run_ladder("2026-03-30")
        row = self._load({**DUNNED, "number": invoice.name})
        self.assertIn("already notices", row.problem)

    # === THE LADDER GOES ON === #

    def test_ladder_waits_for_the_distance_then_climbs(self):
        row = self._post(DUNNED)
        self.assertEqual(row.move_line_id.ar_level_id, self.second)
        decision = self._decide_row(row)
        self.assertEqual(decision["verdict"], "interval")
        self.assertEqual(decision["next_level_id"], self.final.id)
        self.assertEqual(decision["step_date"].isoformat(), "2026-04-05")
        self.assertFalse(self._run_ladder("2026-04-04"))
        notice = self._run_ladder("2026-04-05")
        self.assertEqual(notice.level_id, self.final)
        self.assertEqual(notice.contact_date.isoformat(), "2026-03-28")

    def test_first_level_leads_to_the_second(self):
        self._post(
            {**DUNNED, "level_name": "first reminder", "last_contact": "2026-03-01"}
        )
        self.assertEqual(self._run_ladder(TODAY).level_id, self.second)

    def test_end_of_the_ladder(self):
        row = self._post({**DUNNED, "level_name": "Ladder / Final demand"})
        self.assertEqual(self._decide_row(row)["verdict"], "finished")

    def test_imported_notice(self):
        row = self._post({**DUNNED, "channel": "E-mail"})
        notice = row.notice_id
        self.assertRecordValues(
            notice,
            [
                {
                    "state": "sent",
                    "date_sent": fields.Date.to_date("2026-03-28"),
                    "channel": "email",
                    "level_id": self.second.id,
                    "amount_due": 100.0,
                    "debtor_id": self.env["ar.debtor"]
                    ._get(self.customer, self.company)
                    .id,
                }
            ],
        )
        self.assertRecordValues(
            notice.line_ids,
            [
                {
                    "level_rank": 3,
                    "is_step": True,
                    "is_live": True,
                    "days_overdue": 36,
                }
            ],
        )
        self.assertIn("another system", notice.explanation)
        self.assertIn("another system", notice.preview)
        self.assertRecordValues(
            notice.run_id,
            [{"state": "done", "is_import": True, "letter_count": 0}],
        )
        self.assertFalse(notice.mail_message_id)

    def test_one_notice_for_customer_level_and_day(self):
        rows = self._post(
            DUNNED,
            {**DUNNED, "number": "R-2", "channel": "No message"},
            {**DUNNED, "number": "R-3", "last_contact": "2026-03-20"},
            {**DUNNED, "number": "R-4", "level_name": "First reminder"},
        )
        self.assertEqual(rows[0].notice_id, rows[1].notice_id)
        self.assertEqual(len(rows.notice_id), 3)
        self.assertEqual(rows[0].notice_id.amount_due, 200)
        self.assertEqual(rows[0].notice_id.channel, "letter")
        self.assertEqual(len(rows.notice_id.run_id), 1)

    def test_debtor_shows_the_level(self):
        row = self._post(DUNNED)
        self.env.cr.flush()
        debtor = row.notice_id.debtor_id
        self.assertEqual(debtor.level_id, self.second)
        self.assertEqual(debtor.amount_overdue, 100)
        self.assertEqual(debtor.last_notice_date.isoformat(), "2026-03-28")

    def test_import_can_be_forgotten_by_undoing_its_run(self):
        row = self._post({**DUNNED, "last_contact": "2026-03-20"})
        row.notice_id.run_id._undo("Wrong levels")
        self.assertEqual(self._run_ladder(TODAY).level_id, self.first)

    def test_policy_of_the_customer(self):
        own = self.policy.copy({"name": "Own", "company_id": self.company.id})
        own.level_ids[1].name = "Own first"
        self.customer.with_company(self.company).ar_policy_id = own
        row = self._load({**DUNNED, "level_name": "Own first"})
        self.assertFalse(row.problem)
        self.assertEqual(row.level_id, own.level_ids[1])

    def test_policy_by_a_rule_on_what_is_imported(self):
        own = self.policy.copy({"name": "Big", "company_id": self.company.id})
        own.level_ids[1].name = "Big first"
        self.env["ar.policy.rule"].create({"policy_id": own.id, "amount_from": 150})
        rows = self._load(
            {**DUNNED, "level_name": "Big first"},
            {**GOOD, "number": "R-2"},
        )
        self.assertFalse(rows[0].problem)
        self.assertIn("not in policy “Ladder”", self._load_alone().problem)

    def _load_alone(self):
        other = self._create_customer("Small Ltd")
        return self._load({**DUNNED, "customer": other.name, "level_name": "Big first"})

    # === MANY ROWS === #

    def test_queries_do_not_grow_with_the_rows(self):
        def count(start, size):
            rows = self._load(
                *({**DUNNED, "number": f"R-{start + n}"} for n in range(size))
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            rows.sudo()._check_rows()
            self.env.flush_all()
            checked = self.cr.sql_log_count - before
            entries = rows.sudo()
            entries.with_company(self.company)._create_entries()
            self.env.flush_all()
            before = self.cr.sql_log_count
            entries._write_history(self.company)
            self.env.flush_all()
            return checked, self.cr.sql_log_count - before

        count(0, 2)
        few, many = count(100, 5), count(200, 60)
        self.assertLessEqual(many[0], few[0] + 2)
        self.assertLessEqual(many[1], few[1] + 2)

    # === SCREENS === #

    def test_buttons_above_an_empty_list(self):
        """The web client sends no record at all."""
        model = self.env["ar.opening.item"]
        action = call_kw(model, "action_import", [[]], {})
        self.assertEqual(action["params"]["active_model"], model._name)
        for name in ("action_check", "action_post"):
            with self.subTest(name=name), self.assertRaises(UserError):
                call_kw(model, name, [[]], {})

    def test_template_fits_the_import_screen(self):
        model = self.env["ar.opening.item"]
        (template,) = model.get_import_templates()
        with file_open(template["template"].lstrip("/"), "rb") as file:
            wizard = self.env["base_import.import"].create(
                {
                    "res_model": model._name,
                    "file": file.read(),
                    "file_name": "items.csv",
                    "file_type": "text/csv",
                }
            )
        options = {
            "quoting": '"',
            "separator": ",",
            "has_headers": True,
            "encoding": "utf-8",
            "date_format": "%Y-%m-%d",
            "float_thousand_separator": "",
            "float_decimal_separator": ".",
        }
        preview = wizard.parse_preview(options)
        matches = [preview["matches"].get(nth) for nth in range(len(COLUMNS))]
        self.assertEqual(matches, [[name] for name in COLUMNS])
        self.setup_other_currency("EUR")
        result = wizard.execute_import(list(COLUMNS), preview["headers"], options)
        self.assertFalse(result["messages"])
        rows = model.browse(result["ids"])
        self.assertEqual(rows.mapped("amount"), [1250, 310.4, -45])
        self.assertEqual(rows.mapped("channel"), ["email", False, False])

    def _import_file(self, text, dryrun):
        wizard = self.env["base_import.import"].create(
            {
                "res_model": "ar.opening.item",
                "file": text.encode(),
                "file_name": "items.csv",
                "file_type": "text/csv",
            }
        )
        options = {
            "quoting": '"',
            "separator": ",",
            "has_headers": True,
            "encoding": "utf-8",
            "date_format": "%Y-%m-%d",
            "float_thousand_separator": "",
            "float_decimal_separator": ".",
        }
        columns = text.splitlines()[0].split(",")
        return wizard.execute_import(columns, columns, options, dryrun=dryrun)

    def test_the_import_screen_tests_each_row(self):
        """A test names the bad rows and leaves none; the import itself keeps them all."""
        text = (
            "customer,number,invoice_date,date_due,amount\n"
            "Late Payer Ltd,R-1,2026-01-21,2026-02-20,100\n"
            "Nobody,R-2,2026-01-21,2026-01-20,100\n"
        )
        head, problem = self._import_file(text, dryrun=True)["messages"]
        self.assertIn("1 of 2 rows", head["message"])
        self.assertEqual(problem["record"], 2)
        for sentence in ("Nobody, R-2", "no customer", "due before"):
            self.assertIn(sentence, problem["message"])
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(self.env["ar.opening.item"].search_count([]))
        result = self._import_file(text, dryrun=False)
        self.assertFalse(result["messages"])
        rows = self.env["ar.opening.item"].browse(result["ids"])
        self.assertEqual(rows.mapped("state"), ["draft", "error"])

    def test_what_cannot_be_read_is_named_row_by_row(self):
        """Core stops at the first bad cell and does not say where it is."""
        text = (
            "customer,number,invoice_date,date_due,amount,currency_id\n"
            "Late Payer Ltd,R-1,2026-01-21,2026-02-20,100,\n"
            "Late Payer Ltd,R-2,2026-01-21,2026-02-20,lots,\n"
            "Late Payer Ltd,R-3,2026-01-21,the day after,100,\n"
            "Late Payer Ltd,R-4,2026-01-21,2026-02-20,many,QQQ\n"
        )
        for dryrun in (True, False):
            messages = self._import_file(text, dryrun=dryrun)["messages"]
            self.assertEqual([m["record"] for m in messages], [2, 3, 4])
            self.assertIn(
                "(row 2) “lots” in column “Open amount”", messages[0]["message"]
            )
            self.assertIn(
                "“the day after” in column “Due date”", messages[1]["message"]
            )
            for word in ("many", "QQQ", "not known or not active"):
                self.assertIn(word, messages[2]["message"])
            self.assertFalse(self.env["ar.opening.item"].search_count([]))

    def test_unknown_currency_alone(self):
        text = "customer,number,amount,currency_id\nLate Payer Ltd,R-1,100,QQQ\n"
        (message,) = self._import_file(text, dryrun=True)["messages"]
        self.assertIn("(row 1) Currency “QQQ”", message["message"])

    def test_an_excel_file_is_imported_like_a_text_file(self):
        content = io.BytesIO()
        with xlsxwriter.Workbook(content) as book:
            sheet = book.add_worksheet()
            day = book.add_format({"num_format": "yyyy-mm-dd"})
            columns = ["customer", "number", "invoice_date", "date_due", "amount"]
            sheet.write_row(0, 0, columns)
            for row, amount in enumerate((1250.5, -45), 1):
                sheet.write_row(row, 0, ["Late Payer Ltd", f"X-{row}"])
                sheet.write_datetime(row, 2, datetime(2026, 1, 21), day)
                sheet.write_datetime(row, 3, datetime(2026, 2, 20), day)
                sheet.write_number(row, 4, amount)
        wizard = self.env["base_import.import"].create(
            {
                "res_model": "ar.opening.item",
                "file": content.getvalue(),
                "file_name": "items.xlsx",
                "file_type": "application/vnd.openxmlformats-officedocument"
                ".spreadsheetml.sheet",
            }
        )
        preview = wizard.parse_preview({"has_headers": True})
        self.assertFalse(preview.get("error"))
        result = wizard.execute_import(columns, columns, preview["options"])
        self.assertFalse(result["messages"])
        rows = self.env["ar.opening.item"].browse(result["ids"])
        self.assertEqual(rows.mapped("amount"), [1250.5, -45])
        self.assertEqual(
            [str(row.date_due) for row in rows], ["2026-02-20", "2026-02-20"]
        )

    def test_test_of_a_document_in_two_rows_names_each_row(self):
        line = "Late Payer Ltd,R-9,2026-01-21,2026-02-20,100.00,,,,,"
        text = "\n".join((",".join(COLUMNS), line, line))
        _head, *problems = self._import_file(text, dryrun=True)["messages"]
        self.assertEqual(
            [m["message"].split(") ")[0] for m in problems], ["(row 1", "(row 2"]
        )
        for message in problems:
            self.assertIn("in more than one row", message["message"])

    def test_door_entry_values(self):
        model = self.env.registry["ar.opening.item"]
        prepare = model._prepare_entry_vals

        def extend(row, *args):
            return dict(prepare(row, *args), ref=f"OLD {row.number}")

        with patch.object(model, "_prepare_entry_vals", extend):
            self.assertEqual(self._post(GOOD).move_id.ref, "OLD R-1")

    def test_door_checks(self):
        def check(rows):
            for row in rows.filtered(lambda r: not r.note):
                yield row, "Say where it comes from."

        model = self.env.registry["ar.opening.item"]
        checks = model._get_checks
        with patch.object(
            model, "_get_checks", lambda rows: [*checks(rows), lambda: check(rows)]
        ):
            rows = self._load({**GOOD, "note": "SAP"}, {**GOOD, "number": "R-2"})
        self.assertEqual(rows.mapped("problem"), [False, "Say where it comes from."])


@tagged("post_install", "-at_install")
class TestOpeningItemsAccess(OpeningItemsCommon):
    """Credit managers only, and each in its own companies."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_data = cls.setup_other_company()
        cls.other_company = cls.other_data["company"]
        cls.env.user.company_ids += cls.other_company
        company = {"company_id": cls.company.id, "company_ids": cls.company.ids}
        groups = {
            "employee": "base.group_user",
            "billing": "account.group_account_invoice",
            "readonly": "ar_collections.ar_collections_group_readonly",
            "collector": "ar_collections.ar_collections_group_user",
            "manager": "ar_collections.ar_collections_group_manager",
        }
        cls.users = {
            key: new_test_user(cls.env, f"opening_{key}", groups=group, **company)
            for key, group in groups.items()
        }

    def _as(self, key, record):
        return record.with_env(self.env(user=self.users[key], context={}))

    def test_manager_imports_and_posts(self):
        rows = self._load(
            DUNNED, model=self._as("manager", self.env["ar.opening.item"])
        )
        rows.action_check()
        rows.action_post()
        self.assertEqual(rows.state, "done")
        self.assertTrue(rows.notice_id)

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
    def test_others_are_refused(self):
        row = self._load(GOOD)
        for key in ("employee", "billing", "readonly", "collector"):
            mine = self._as(key, row)
            for name, call in {
                "read": lambda mine=mine: mine.read(["number"]),
                "write": lambda mine=mine: mine.write({"number": "X"}),
                "unlink": lambda mine=mine: mine.unlink(),
                "create": lambda mine=mine: mine.create({"number": "X"}),
                "check": lambda mine=mine: mine.action_check(),
                "post": lambda mine=mine: mine.action_post(),
                "post all": lambda mine=mine: mine.browse().action_post(),
            }.items():
                with self.subTest(user=key, call=name), self.assertRaises(AccessError):
                    call()
            result = mine.load(["number"], [["X"]])
            self.assertFalse(result["ids"])
        self.assertEqual(row.state, "draft")

    def test_what_was_found_cannot_be_written(self):
        row = self._as("manager", self._load(GOOD))
        line = self._receivable(self._create_invoice_due("2026-02-20", 5))
        for vals in ({"state": "done"}, {"move_line_id": line.id}, {"problem": "no"}):
            with self.subTest(vals=vals):
                with self.assertRaises(AccessError):
                    row.write(vals)
                with self.assertRaises(AccessError):
                    row.create({"number": "X", **vals})
                defaults = {f"default_{key}": value for key, value in vals.items()}
                with self.assertRaises(AccessError):
                    row.with_context(**defaults).create({"number": "X"})

    def test_posted_row_stays(self):
        row = self._as("manager", self._load(GOOD))
        row.action_post()
        with self.assertRaises(UserError):
            row.number = "R-2"
        with self.assertRaises(UserError):
            row.unlink()

    def test_collector_forges_no_imported_run(self):
        runs = self._as("collector", self.env["ar.dunning.run"])
        with self.assertRaises(AccessError):
            runs.create({"company_id": self.company.id, "is_import": True})

    # === COMPANIES === #

    def test_manager_sees_own_company_only(self):
        env = self.env(context={"allowed_company_ids": self.other_company.ids})
        theirs = self._load(GOOD, model=self.env["ar.opening.item"].with_env(env))
        self.assertEqual(theirs.company_id, self.other_company)
        mine = self._load(GOOD)
        self.assertFalse(mine.problem)
        rows = self._as("manager", mine).search([])
        self.assertEqual(rows, mine)
        with self.assertRaises(AccessError):
            self._as(
                "manager", theirs.with_context(allowed_company_ids=None)
            ).action_post()
        self._as("manager", self.env["ar.opening.item"]).action_post()
        self.assertEqual((mine.state, theirs.state), ("done", "draft"))

    def test_each_company_gets_its_own_entries_and_run(self):
        self.other_company.ar_policy_id = self.policy.copy(
            {"company_id": self.other_company.id}
        )
        companies = self.company + self.other_company
        env = self.env(context={"allowed_company_ids": companies.ids})
        columns = [*COLUMNS, "company_id"]
        rows = self._load(
            {**DUNNED, "company_id": self.company.name},
            {**DUNNED, "company_id": self.other_company.name},
            columns=columns,
            model=self.env["ar.opening.item"].with_env(env),
        )
        rows.action_post()
        for row, company in zip(rows, companies, strict=True):
            self.assertEqual(row.move_id.company_id, company)
            self.assertEqual(row.notice_id.run_id.company_id, company)
            self.assertEqual(row.notice_id.debtor_id.company_id, company)
            self.assertEqual(row.level_id.policy_id, company.ar_policy_id)

    def test_customer_of_another_company_is_unknown(self):
        self._create_customer("Theirs Ltd", company_id=self.other_company.id)
        row = self._load({**GOOD, "customer": "Theirs Ltd"})
        self.assertIn("no customer", row.problem)

    def test_branch_item_belongs_to_the_debtor_of_the_root(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        self.env.user.company_ids += branch
        env = self.env(context={"allowed_company_ids": (branch + self.company).ids})
        row = self._load(DUNNED, model=self.env["ar.opening.item"].with_env(env))
        row.action_post()
        self.assertEqual(row.move_id.company_id, branch)
        self.assertEqual(row.notice_id.debtor_id.company_id, self.company)
        self.assertEqual(self._decide_row(row)["verdict"], "interval")
