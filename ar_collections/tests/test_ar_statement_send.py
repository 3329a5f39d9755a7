from contextlib import contextmanager
from email.message import EmailMessage
from unittest.mock import patch

import psycopg2
from freezegun import freeze_time

from odoo import SUPERUSER_ID, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import TODAY, ArCollectionsCommon

DELIVERY = "odoo.addons.ar_collections.models.ar_statement_delivery"


@tagged("post_install", "-at_install")
class TestArStatementSend(ArCollectionsCommon):
    """Who gets a statement by itself, how it goes out, and who may send one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.statement_days = 30
        cls.invoice = cls._create_invoice_due("2026-03-20", 1000)
        cls.debtor = cls.env["ar.debtor"]._get(cls.customer, cls.company)

    # === HELPERS === #

    @property
    def robot(self):
        """The statements as the scheduled action sees them."""
        return self.env(user=SUPERUSER_ID)["ar.statement"]

    def _make_due(self, date=TODAY):
        with freeze_time(date):
            made = self.robot.with_company(self.company)._make_due(
                self.company, fields.Date.to_date(date)
            )
        self.env.invalidate_all()
        return self.env["ar.statement"].browse(
            made.filtered(lambda s: s.company_id == self.company).ids
        )

    @contextmanager
    def trap_pdfs(self):
        """Make no PDF, which needs wkhtmltopdf; collect the ids, run by run."""
        seen = []

        def _render_pdfs(statements):
            seen.append(statements.ids)
            return {statement.id: b"%PDF-1.4 trapped" for statement in statements}

        with patch.object(
            self.env.registry["ar.statement"], "_render_pdfs", _render_pdfs
        ):
            yield seen

    def _deliver(self, date=TODAY):
        with freeze_time(date), self.trap_pdfs() as seen:
            self.robot.search([("state", "=", "queued")])._deliver()
            self.env.flush_all()
        self.env.invalidate_all()
        return seen

    def _send_on(self, date):
        made = self._make_due(date)
        self._deliver(date)
        return made

    def _get_mails(self, statements):
        return (
            self.env["mail.mail"]
            .sudo()
            .search([("mail_message_id", "in", statements.mail_message_id.ids)])
        )

    @contextmanager
    def _refused_by_database(self):
        with (
            self.assertRaises(psycopg2.IntegrityError),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            yield
            self.env.flush_all()

    def _start_wizard(self, debtors=None, **vals):
        debtors = debtors or self.debtor
        return (
            self.env["ar.statement.create"]
            .with_context(active_model="ar.debtor", active_ids=debtors.ids)
            .create(vals)
        )

    # === WHO IS DUE === #

    def test_story_of_a_statement_by_itself(self):
        first = self._send_on(TODAY)
        self.assertRecordValues(
            first,
            [
                {
                    "debtor_id": self.debtor.id,
                    "partner_id": self.customer.id,
                    "state": "sent",
                    "is_automatic": True,
                    # so many days as lie between two of them
                    "date_from": fields.Date.to_date("2026-03-02"),
                    "date_to": fields.Date.to_date(TODAY),
                    "amount": 1000.0,
                }
            ],
        )
        self.assertFalse(self._make_due(TODAY), "the same day twice")
        self.assertFalse(self._make_due("2026-04-29"), "a day too early")
        with freeze_time("2026-04-20"):
            self._pay(self.invoice, 400)
        second = self._send_on("2026-04-30")
        self.assertEqual(fields.Date.to_string(second.date_from), "2026-04-01")
        section = second._get_sections()[0]
        self.assertEqual((section["opening"], section["closing"]), (1000, 600))
        with freeze_time("2026-05-10"):
            self._pay(self.invoice)
        # nothing is open any more, but something moved
        third = self._send_on("2026-05-30")
        self.assertEqual(third.amount, 0)
        # and then nothing is to be told
        self.assertFalse(self._make_due("2026-06-29"))
        self.assertFalse(self._make_due("2026-12-31"))

    def test_it_waits_for_the_hours_that_the_customer_wishes(self):
        self.customer.write(
            {
                "tz": "Europe/Brussels",
                "country_id": self.env.ref("base.be").id,
                "ar_wish_from": 14.0,
                "ar_wish_to": 18.0,
            }
        )
        made = self._make_due()
        self.customer.ar_wish_email = True
        # ten o'clock there
        self._deliver(f"{TODAY} 08:00:00")
        self.assertEqual(made.state, "queued")
        self.assertEqual(
            fields.Datetime.to_string(made.date_not_before), f"{TODAY} 12:00:00"
        )
        self.assertIn("from 14:00 to 18:00", made.hold_note)
        self.assertFalse(self._get_mails(made))
        cron = self.env.ref("ar_collections.ir_cron_ar_statement_deliver")
        for time, sent in (("09:00:00", 0), ("12:30:00", 1)):
            with (
                freeze_time(f"{TODAY} {time}"),
                self.trap_pdfs() as seen,
                self.enter_registry_test_mode(),
            ):
                cron.method_direct_trigger()
            self.assertEqual(len(seen), sent, time)
        self.env.invalidate_all()
        self.assertEqual(made.state, "sent")
        self.assertEqual(len(self._get_mails(made)), 1)
        self.assertFalse(made.hold_note or made.date_not_before)

    def test_one_by_hand_was_asked_for(self):
        self.customer.write(
            {"ar_wish_from": 14.0, "ar_wish_email": True, "ar_wish_channel": "letter"}
        )
        with freeze_time(f"{TODAY} 08:00:00"):
            self._start_wizard().action_send()
        made = self.env["ar.statement"].search([("debtor_id", "=", self.debtor.id)])
        self._deliver(f"{TODAY} 08:00:00")
        self.assertEqual(made.state, "sent")

    def test_who_may_not_be_written_to_for_long_needs_attention(self):
        self.env["ar.contact.rule"].create(
            {
                "name": "One e-mail a month",
                "on_email": True,
                "on_phone": False,
                "max_count": 1,
                "period_days": 30,
            }
        )
        self.env["ar.contact"].sudo().create(
            {
                "debtor_id": self.debtor.id,
                "partner_id": self.customer.id,
                "channel": "email",
                "outcome": "sent",
                "date": f"{TODAY} 06:00:00",
            }
        )
        made = self._make_due()
        self._deliver(f"{TODAY} 08:00:00")
        self.assertEqual(made.state, "error")
        self.assertIn("One e-mail a month", made.problem)
        self.assertFalse(self._get_mails(made))

    def test_who_wishes_letters_is_not_written_e_mails(self):
        self.customer.ar_wish_channel = "letter"
        made = self._make_due()
        self._deliver()
        self.assertEqual(made.state, "error")
        self.assertIn("wishes letters", made.problem)

    def test_never_is_the_default(self):
        self.policy.statement_days = 0
        self.assertFalse(self._make_due())
        self.assertEqual(self.env["ar.policy"].create({"name": "P"}).statement_days, 0)

    def test_debtor_has_its_own_wish(self):
        self.debtor.statement_mode = "never"
        self.assertFalse(self._make_due())
        self.policy.statement_days = 0
        self.debtor.write({"statement_mode": "own", "statement_days": 7})
        self.assertTrue(self._send_on(TODAY))
        self.assertFalse(self._make_due("2026-04-06"))
        self.assertTrue(self._make_due("2026-04-07"))

    def test_a_wish_needs_days(self):
        with self._refused_by_database():
            self.debtor.write({"statement_mode": "own", "statement_days": 0})
        with self._refused_by_database():
            self.policy.statement_days = -1

    def test_policy_that_applies_decides(self):
        """Chosen by a rule, not by hand: the same way as for the ladder."""
        other = self.policy.copy({"name": "Other", "statement_days": 0})
        tag = self.env["res.partner.category"].create({"name": "Quiet"})
        self.env["ar.policy.rule"].create(
            {"policy_id": other.id, "category_ids": tag.ids}
        )
        self.customer.category_id = tag
        self.assertFalse(self._make_due())
        self.customer.category_id = False
        self.assertTrue(self._make_due())

    def test_whoever_never_bought_gets_nothing(self):
        silent = self._create_customer("Silent Ltd")
        self.env["ar.debtor"]._ensure(self.company, silent.ids)
        self.assertEqual(self._make_due().debtor_id, self.debtor)

    def test_sent_by_hand_counts(self):
        wizard = self._start_wizard()
        wizard.action_send()
        self._deliver()
        self.assertFalse(self._make_due("2026-04-29"))
        self.assertTrue(self._make_due("2026-04-30"))

    def test_draft_by_hand_does_not_count(self):
        self._start_wizard().action_print()
        self.assertTrue(self._make_due())

    def test_cancelled_comes_again_in_due_course(self):
        statement = self._make_due()
        statement.action_cancel()
        self.assertFalse(self._make_due(TODAY))
        self.assertFalse(self._make_due("2026-04-29"))
        again = self._make_due("2026-04-30")
        # never sent: all of it is told again
        self.assertEqual(fields.Date.to_string(again.date_from), "2026-04-01")

    def test_one_query_for_all(self):
        counts = []
        for number in range(2):
            for other in range(10 * number):
                customer = self._create_customer(f"C {number} {other}")
                self._create_invoice_due("2026-03-20", 100, customer)
            self.env.cr.precommit.run()
            self.env.flush_all()
            self.env.invalidate_all()
            date = fields.Date.to_date(TODAY)
            self.robot._make_due(self.company, date)  # fills the caches
            self.env.flush_all()
            self.env.cr.execute("DELETE FROM ar_statement")
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            made = self.robot._make_due(self.company, date)
            counts.append(self.env.cr.sql_log_count - start)
            self.assertEqual(len(made), 1 + 10 * number)
        self.assertEqual(*counts)

    # === WHO GETS NOTHING, VISIBLY === #

    def test_wholly_paused_needs_attention(self):
        self.env["ar.pause"].create(
            {"debtor_id": self.debtor.id, "reason": "in court", "date_to": "2026-04-10"}
        )
        statement = self._send_on(TODAY)
        self.assertEqual(statement.state, "error")
        self.assertIn("in court", statement.problem)
        self.assertFalse(statement.mail_message_id)
        # a person may send it all the same
        self._start_wizard().action_send()
        self._deliver()
        self.assertEqual(
            self.debtor.statement_ids.sorted("id").mapped("state"), ["error", "sent"]
        )

    def test_pause_that_is_over_or_partial_stops_nothing(self):
        pauses = self.env["ar.pause"]
        pauses.create(
            {
                "debtor_id": self.debtor.id,
                "reason": "was",
                "date_from": "2026-01-01",
                "date_to": "2026-02-01",
            }
        )
        pauses.create({"debtor_id": self.debtor.id, "reason": "part", "amount": 10})
        self.assertEqual(self._send_on(TODAY).state, "sent")

    def test_without_address_needs_attention_and_can_be_mended(self):
        self.customer.email = False
        statement = self._send_on(TODAY)
        self.assertEqual(statement.state, "error")
        self.assertIn("no e-mail address", statement.problem)
        self.customer.email = "now@example.com"
        statement.action_send()
        self._deliver()
        self.assertRecordValues(statement, [{"state": "sent", "problem": False}])

    def test_blacklisted_needs_attention(self):
        self.env["mail.blacklist"].sudo()._add(self.customer.email)
        self.assertEqual(self._send_on(TODAY).state, "error")

    def test_failed_one_is_replaced_by_the_next(self):
        self.customer.email = False
        failed = self._send_on(TODAY)
        self.customer.email = "now@example.com"
        second = self._send_on("2026-04-30")
        self.assertEqual((failed.state, second.state), ("cancel", "sent"))

    def test_invoice_contact_gets_it_in_its_language(self):
        root = self.env(user=SUPERUSER_ID)
        root["res.lang"]._activate_lang("de_DE")
        root["ir.module.module"]._load_module_terms(["ar_collections"], ["de_DE"])
        self.env.invalidate_all()
        contact = self.env["res.partner"].create(
            {
                "name": "Accounts",
                "type": "invoice",
                "parent_id": self.customer.id,
                "email": "accounts@example.com",
                "lang": "de_DE",
            }
        )
        statement = self._send_on(TODAY)
        self.assertRecordValues(
            statement, [{"partner_id": contact.id, "lang": "de_DE"}]
        )
        self.assertIn("Kontoauszug", statement.subject)
        self.assertIn("Saldo", statement.body)
        html = (
            self.env["ir.actions.report"]
            ._render_qweb_html("ar_collections.report_ar_statement", statement.ids)[0]
            .decode()
        )
        self.assertIn("Offene Posten", html)

    # === HOW IT GOES OUT === #

    def test_email_with_files_kept_on_debtor_and_customer(self):
        self.policy.statement_xlsx = True
        statement = self._send_on(TODAY)
        (mail,) = self._get_mails(statement)
        self.assertEqual(mail.recipient_ids, self.customer)
        self.assertEqual((mail.model, mail.res_id), ("ar.debtor", self.debtor.id))
        self.assertEqual(mail.attachment_ids, statement.attachment_ids)
        self.assertEqual(
            {name.rsplit(".")[-1] for name in mail.attachment_ids.mapped("name")},
            {"pdf", "xlsx"},
        )
        self.assertIn(mail.mail_message_id, self.debtor.message_ids)
        note = self.customer.message_ids[0]
        self.assertEqual(note.author_id, self.env.ref("base.partner_root"))
        self.assertFalse(note.attachment_ids)
        self.assertNotIn("access_token", note.body)

    def test_pdfs_of_a_batch_are_made_together(self):
        for number in range(3):
            self._create_invoice_due(
                "2026-03-20", 100, self._create_customer(f"Customer {number}")
            )
        self.env.cr.precommit.run()
        made = self._make_due()
        self.assertEqual(len(made), 4)
        self.assertEqual([len(ids) for ids in self._deliver()], [4])
        self.assertEqual(set(made.mapped("state")), {"sent"})

    def test_one_that_fails_stops_no_other(self):
        bad = self._create_customer("Bad Ltd")
        self._create_invoice_due("2026-03-20", 100, bad)
        self.env.cr.precommit.run()
        made = self._make_due()
        model = self.env.registry["ar.statement"]
        right = model._prepare_mail_vals

        def _prepare_mail_vals(statement):
            if statement.debtor_id.partner_id == bad:
                raise ValueError("broken")
            return right(statement)

        with (
            patch.object(model, "_prepare_mail_vals", _prepare_mail_vals),
            mute_logger(DELIVERY),
        ):
            self._deliver()
        states = {s.debtor_id.partner_id: s.state for s in made}
        self.assertEqual(states, {self.customer: "sent", bad: "error"})
        failed = made.filtered(lambda s: s.state == "error")
        self.assertIn("broken", failed.problem)
        self.assertFalse(failed.mail_message_id)

    def test_figures_are_those_of_the_moment_it_is_sent(self):
        statement = self._make_due()
        self._pay(self.invoice, 250)
        self._deliver()
        self.assertEqual(statement.amount, 750)

    def test_mail_server_gives_it_back(self):
        statement = self._send_on(TODAY)
        mail = self._get_mails(statement)
        mail._postprocess_sent_message([], [], "mailbox full", "mail_smtp")
        self.assertRecordValues(
            statement, [{"state": "error", "problem": "mailbox full"}]
        )
        statement.action_cancel()
        with self.assertRaises(UserError):
            mail.action_retry()

    def test_server_killed_while_it_was_handed_over(self):
        """Nobody knows whether it arrived: a person looks, it does not go twice."""
        statement = self._send_on(TODAY)
        self._get_mails(statement)._stop_uncertain()
        self.assertEqual(statement.state, "error")
        self.assertIn("may have arrived", statement.problem)

    def test_cron_makes_and_delivers(self):
        with self.enter_registry_test_mode(), self.trap_pdfs():
            self.env.ref("ar_collections.ir_cron_ar_statement").method_direct_trigger()
            self.env.ref(
                "ar_collections.ir_cron_ar_statement_deliver"
            ).method_direct_trigger()
        self.assertEqual(self.debtor.statement_ids.mapped("state"), ["sent"])

    def test_the_same_day_is_refused_by_the_database(self):
        """Two workers at once: whatever they think, the second row is not written."""
        statement = self._make_due()
        with self._refused_by_database():
            statement.sudo().copy({"is_automatic": True})

    # === BY HAND === #

    def test_wizard_prints_drafts(self):
        # else Odoo asks for a letterhead first
        self.company.external_report_layout_id = self.env.ref(
            "web.external_layout_standard"
        )
        action = self._start_wizard(content="items").action_print()
        self.assertEqual(action["report_name"], "ar_collections.report_ar_statement")
        statement = self.debtor.statement_ids
        self.assertRecordValues(
            statement, [{"state": "draft", "content": "items", "amount": 1000.0}]
        )
        with self.trap_pdfs():
            statement.action_set_sent()
        self.assertRecordValues(statement, [{"state": "sent", "channel": "letter"}])
        self.assertEqual(len(statement.attachment_ids), 1)

    def test_wizard_gives_out_excel_and_zip(self):
        for with_pdf, mimetype in ((False, "sheet"), (True, "zip")):
            with self.trap_pdfs():
                wizard = self._start_wizard(with_pdf=with_pdf, with_xlsx=True)
                action = wizard.action_print()
            self.assertEqual(action["type"], "ir.actions.act_url")
            file = self.env["ir.attachment"].search(
                [("res_model", "=", wizard._name), ("res_id", "=", wizard.id)]
            )
            self.assertIn(mimetype, file.mimetype)

    def test_wizard_for_contacts_of_one_customer_is_about_the_customer(self):
        contact = self.env["res.partner"].create(
            {"name": "Buyer", "parent_id": self.customer.id}
        )
        partners = contact + self.customer + self._create_customer("New Ltd")
        wizard = (
            self.env["ar.statement.create"]
            .with_context(active_model="res.partner", active_ids=partners.ids)
            .create({})
        )
        self.assertEqual(wizard.debtor_ids.partner_id, partners - contact)

    def test_wizard_shows_before_it_does(self):
        wizard = self._start_wizard()
        form = Form(wizard)
        self.assertIn(self.invoice.name, form.preview)
        self.assertFalse(form.warning)
        form.date_to = "2026-05-01"
        self.assertIn("today or an earlier day", form.warning)
        form.date_to = TODAY
        self.customer.email = False
        form.date_from = "2026-01-01"
        self.assertIn(self.customer.name, form.warning)

    def test_wizard_refuses_what_makes_no_sense(self):
        for vals in (
            {"with_pdf": False},
            {"date_from": "2026-03-31", "date_to": "2026-03-01"},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                self._start_wizard(**vals).action_send()

    # === RIGHTS === #

    def _as(self, group, record):
        user = new_test_user(
            self.env,
            f"statement_{group.replace('.', '_')}",
            groups=group,
            company_id=self.company.id,
            company_ids=self.company.ids,
        )
        return record.with_env(self.env(user=user, context={}))

    def test_salesperson_sees_and_sends_none(self):
        statement = self._make_due()
        for group in ("base.group_user", "account.group_account_invoice"):
            other = self._as(group, statement)
            with self.subTest(group=group):
                for call in (
                    lambda other=other: other.read(["summary"]),
                    lambda other=other: other.search([]),
                    lambda other=other: other.action_send(),
                    lambda other=other: other.action_cancel(),
                    lambda other=other: other.env["ar.statement.create"].create({}),
                ):
                    with self.assertRaises(AccessError):
                        call()
                with self.assertRaises(AccessError):
                    other.env["ir.actions.report"]._render_qweb_html(
                        "ar_collections.report_ar_statement", statement.ids
                    )

    def test_readonly_reads_and_moves_nothing(self):
        statement = self._make_due()
        reader = self._as("ar_collections.ar_collections_group_readonly", statement)
        self.assertTrue(reader.read())
        for method in (
            "action_send",
            "action_print",
            "action_set_sent",
            "action_cancel",
        ):
            with self.subTest(method=method), self.assertRaises(AccessError):
                getattr(reader, method)()
        with self.assertRaises(AccessError):
            reader.env["ar.statement.create"].create({})

    def test_nobody_writes_a_statement_directly(self):
        statement = self._make_due()
        user = self._as("ar_collections.ar_collections_group_manager", statement)
        for vals in ({"state": "sent"}, {"amount": 1}, {"figures": {}}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                user.write(vals)
        with self.assertRaises(AccessError):
            user.unlink()
        with self.assertRaises(AccessError):
            user.create(
                {
                    "debtor_id": self.debtor.id,
                    "company_id": self.company.id,
                    "date_from": TODAY,
                    "date_to": TODAY,
                }
            )

    def test_collector_sends(self):
        wizard = self._as(
            "ar_collections.ar_collections_group_user", self._start_wizard()
        )
        debtor = self.debtor.with_env(wizard.env)
        other = wizard.with_context(active_model="ar.debtor", active_ids=debtor.ids)
        other.create({}).action_send()
        self._deliver()
        self.assertEqual(self.debtor.statement_ids.state, "sent")
        self.assertTrue(debtor.statement_ids.read())

    def test_another_company_sees_none(self):
        statement = self._make_due()
        company = self.env["res.company"].create({"name": "Elsewhere"})
        user = new_test_user(
            self.env,
            "statement_elsewhere",
            groups="ar_collections.ar_collections_group_manager",
            company_id=company.id,
            company_ids=company.ids,
        )
        other = statement.with_env(self.env(user=user, context={}))
        self.assertFalse(other.search([("id", "=", statement.id)]))
        with self.assertRaises(AccessError):
            other.action_send()
        wizard = other.env["ar.statement.create"]
        with self.assertRaises(AccessError):
            wizard.create(
                {
                    "debtor_ids": self.debtor.ids,
                    "date_from": TODAY,
                    "date_to": TODAY,
                }
            ).action_send()

    # === HISTORY === #

    def test_what_was_sent_stays(self):
        statement = self._send_on(TODAY)
        with self.assertRaises(UserError):
            statement.sudo().unlink()

    def test_merged_customers_keep_their_statements(self):
        twin = self._create_customer("Late Payer Limited")
        self._create_invoice_due("2026-03-20", 70, twin)
        self.env.cr.precommit.run()
        statements = self._send_on(TODAY)
        self.assertEqual(len(statements), 2)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((twin + self.customer).ids, self.customer)
        self.env.invalidate_all()
        self.assertEqual(statements.exists().debtor_id, self.debtor)
        self.assertEqual(len(statements.exists()), 2)

    # === CUSTOMERS WHO BECOME CONTACTS, DEAD ADDRESSES === #

    def test_statement_of_a_customer_who_became_a_contact(self):
        head = self._create_customer("Head Ltd")
        self.customer.is_company = False
        statement = self._make_due()
        self.customer.parent_id = head
        self._deliver()
        self.assertRecordValues(statement, [{"state": "sent", "partner_id": head.id}])

    def test_recipient_of_a_contact_is_found(self):
        """Debtors of former versions may still be of a contact."""
        head = self._create_customer("Head Ltd")
        contact = self.env["res.partner"].create({"name": "A", "parent_id": head.id})
        found = self.robot._find_recipients(contact.ids)
        self.assertEqual(found, {contact.id: (head, True)})

    def test_one_that_cannot_be_looked_at_stops_no_other(self):
        bad = self._create_customer("Bad Ltd")
        self._create_invoice_due("2026-03-20", 100, bad)
        self.env.cr.precommit.run()
        made = self._make_due()
        model = self.env.registry["ar.statement"]
        right = model._look_again

        def _look_again(statements):
            if bad in statements.debtor_id.partner_id:
                raise ValueError("broken")
            return right(statements)

        with (
            patch.object(model, "_look_again", _look_again),
            self.enter_registry_test_mode(),
            self.trap_pdfs(),
            mute_logger(DELIVERY),
        ):
            self.env.ref(
                "ar_collections.ir_cron_ar_statement_deliver"
            ).method_direct_trigger()
        self.env.invalidate_all()
        states = {s.debtor_id.partner_id: s.state for s in made}
        self.assertEqual(states, {self.customer: "sent", bad: "error"})

    def test_dead_address_is_passed_over(self):
        contact = self.env["res.partner"].create(
            {
                "name": "Invoices",
                "type": "invoice",
                "parent_id": self.customer.id,
                "email": "dead@customer.example.com",
                "ar_bounced_email": "dead@customer.example.com",
            }
        )
        self.assertEqual(self._send_on(TODAY).partner_id, self.customer)
        contact.email = "alive@customer.example.com"
        self.assertEqual(
            self.robot._find_recipients(self.customer.ids)[self.customer.id],
            (contact, True),
        )

    def test_bounce_marks_the_address_and_asks_somebody(self):
        statement = self._send_on(TODAY)
        email = self.customer.email_normalized
        # sudo: the mail gateway
        thread = self.env["mail.thread"].sudo()
        bounce = EmailMessage()
        bounce["Subject"] = "Mailbox unknown"
        thread._routing_handle_bounce(
            bounce,
            {
                "bounced_email": email,
                "bounced_partner": self.customer.sudo(),
                "bounced_msg_ids": [],
                "bounced_message": statement.mail_message_id.sudo(),
                "email_from": "mailer-daemon@customer.example.com",
                "to": "bounce@company.example.com",
                "message_id": "<bounce@customer.example.com>",
            },
        )
        self.assertEqual(statement.state, "error")
        self.assertIn("Mailbox unknown", statement.problem)
        self.assertEqual(self.customer.ar_bounced_email, email)
        task = self.debtor.activity_ids.filtered(
            lambda a: a.summary == "E-mail came back"
        )
        self.assertEqual(len(task), 1)
