from ast import literal_eval

import psycopg2
from lxml import etree, html

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import TODAY, ArCollectionsCommon


@tagged("post_install", "-at_install")
class TestArDunningRun(ArCollectionsCommon):
    """From the decision to the last notice, and that nothing acts twice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls._create_customer("Other Ltd")
        cls.invoice = cls._create_invoice_due("2026-03-20", 1000)
        cls.other_invoice = cls._create_invoice_due("2026-03-20", 500, cls.other)

    def _get_notice(self, run, partner):
        return run.notice_ids.filtered(lambda n: n.debtor_id.partner_id == partner)

    # === PREVIEW === #

    def test_preview_writes_drafts_and_sends_nothing(self):
        before = self.env["mail.mail"].sudo().search_count([])
        with self.trap_contacts() as seen:
            run = self._preview()
            self._deliver()
        self.assertFalse(seen)
        self.assertEqual(run.notice_ids.mapped("state"), ["draft", "draft"])
        self.assertEqual(self.env["mail.mail"].sudo().search_count([]), before)
        self.assertFalse(self._receivable(self.invoice).ar_level_id)

    def test_totals_by_level_and_by_reason(self):
        second = self._create_customer("Third Ltd")
        francs = self.setup_other_currency("CHF", rates=[("2020-01-01", 2.0)])
        self._create_invoice_due("2026-03-21", 40, second, currency_id=francs.id)
        self._create_invoice_due("2026-04-30", 77, second)
        run = self._preview()

        def read(table):
            rows = html.fromstring(table).xpath("//tbody/tr")
            return [
                [cell.text_content().strip().replace("\xa0", " ") for cell in row]
                for row in rows
            ]

        self.assertEqual(
            sorted(read(run.level_totals)),
            sorted(
                [
                    [self.first.name, "1", "1", "CHF 40.00"],
                    ["", "2", "2", "$ 1,500.00"],
                ]
            ),
        )
        self.assertEqual(
            read(run.reason_totals), [["Next level not reached", "1", "1", "$ 77.00"]]
        )
        self.assertIn("CHF at the rates of 03/31/2026", run.rate_note)
        self.assertFalse(self._preview("2026-03-10").rate_note)

    def test_a_customer_whose_credits_cover_it_is_not_late(self):
        # paid today: what is not past its own day counts as the ladder counts it
        self._create_payment(self.other, 500)
        debtor = self.env["ar.debtor"]._get(self.other, self.company)
        self.env["ar.debtor"]._refresh(self.company)
        self.assertRecordValues(
            debtor, [{"amount_overdue": 0.0, "days_overdue": 0, "amount_due": 0.0}]
        )
        self.assertEqual(
            self.env["ar.debtor"]._get(self.customer, self.company).days_overdue, 11
        )

    def test_preview_again_replaces_the_drafts(self):
        run = self._preview()
        old = run.notice_ids
        self._pay(self.invoice)
        run.action_preview()
        self.assertFalse(old.exists())
        self.assertRecordValues(
            run.notice_ids, [{"partner_id": self.other.id, "amount_due": 500.0}]
        )

    def test_preview_for_some_debtors_only(self):
        debtor = self.env["ar.debtor"]._get(self.other, self.company)
        run = self._preview(debtor_ids=debtor.ids)
        self.assertEqual(run.notice_ids.debtor_id, debtor)

    def test_future_run_is_a_simulation_that_cannot_be_sent(self):
        """Claims that are not due must not go out before their day."""
        customer = self._create_customer("Not Due Ltd")
        self._create_invoice_due("2026-04-20", 900, customer)
        run = self._preview("2026-04-30")
        self.assertEqual(self._get_notice(run, customer).level_id, self.first)
        with self.assertRaises(UserError):
            run.action_confirm()

    def test_wizard_shows_what_the_run_will_do(self):
        self._create_invoice_due("2026-03-20", 3, self._create_customer("Small Ltd"))
        wizard = self.env["ar.dunning.run.start"].create(
            {"company_id": self.company.id}
        )
        self.assertRecordValues(
            wizard, [{"notice_count": 2, "skip_count": 1, "amount_total": 1500.0}]
        )
        action = wizard.action_start()
        run = self.env["ar.dunning.run"].browse(action["res_id"])
        self.assertRecordValues(run, [{"draft_count": 2, "skip_count": 1}])
        # no wizard's number in the address
        self.assertIs(action["context"]["active_id"], False)
        self.assertEqual(action["path"], "dunning-runs")

    # === DROP, CONFIRM, CANCEL === #

    def test_dropped_notice_is_not_sent_and_keeps_the_reason(self):
        run = self._preview()
        notice = self._get_notice(run, self.customer)
        drop = self.env["ar.dunning.notice.drop"].with_context(active_ids=notice.ids)
        drop.create({"reason": "Spoke to them this morning"}).action_drop()
        run.action_confirm()
        with self.trap_contacts() as seen:
            self._deliver()
        self.assertEqual([partner for _c, partner, _l in seen], [self.other])
        self.assertRecordValues(
            notice,
            [{"state": "cancel", "cancel_reason": "Spoke to them this morning"}],
        )

    def test_confirmed_run_takes_no_second_confirmation(self):
        run = self._preview()
        run.action_confirm()
        self.assertRecordValues(run, [{"state": "confirmed", "queued_count": 2}])
        for method in (run.action_confirm, run.action_preview):
            with self.assertRaisesRegex(UserError, "sending"):
                method()

    def test_nothing_to_send_is_refused(self):
        (self.invoice + self.other_invoice).no_followup = True
        run = self._preview()
        with self.assertRaisesRegex(UserError, "nothing to send"):
            run.action_confirm()

    def test_cancelled_run_frees_its_items(self):
        self._preview().action_cancel()
        run = self._preview()
        self.assertEqual(run.draft_count, 2)

    def test_waiting_draft_keeps_another_run_from_the_debtor(self):
        self._preview()
        run = self._preview()
        self.assertFalse(run.notice_ids)
        self.assertEqual(run.skip_ids.mapped("reason"), ["pending", "pending"])

    def test_levels_of_one_name_are_told_apart_by_their_policy(self):
        other = self.policy.copy({"name": "Other"})
        name = self.first.name
        run = self._preview()
        self.assertEqual(run.figures["levels"], [[name, 2]])
        self.other.with_company(self.company).ar_policy_id = other
        run.action_preview()
        self.assertCountEqual(
            run.figures["levels"], [[f"{name} (Ladder)", 1], [f"{name} (Other)", 1]]
        )

    def test_what_waits_for_approval_is_no_draft_in_a_run_that_sends(self):
        self.first.needs_approval = True
        run = self._preview()
        notice = run.notice_ids[0]
        self.assertEqual((notice.status, run.approval_count), ("draft", 2))
        collector = new_test_user(
            self.env, "clerk", groups="ar_collections.ar_collections_group_user"
        )
        run.with_user(collector).action_confirm()
        self.assertEqual((notice.status, notice.state), ("approve", "draft"))
        notice.action_approve()
        self.assertEqual(notice.status, "queued")

    def test_run_tells_how_many_e_mails_wait_for_the_mail_server(self):
        run, other = self._preview(), self._preview()
        self.assertEqual(run.mail_waiting_count, 0)
        run.action_confirm()
        self._deliver()
        self.assertEqual((run.sent_count, run.mail_waiting_count), (2, 2))
        self.assertEqual(other.mail_waiting_count, 0)
        mails = self.env["mail.mail"].sudo()
        message = run.notice_ids[0].mail_message_id
        mails.search([("mail_message_id", "=", message.id)]).state = "sent"
        run.invalidate_recordset(["mail_waiting_count"])
        self.assertEqual(run.mail_waiting_count, 1)

    def test_stop_while_sending(self):
        run = self._preview()
        run.action_confirm()
        first = self._get_notice(run, self.customer)
        first.sudo()._deliver()
        run.action_cancel()
        self._deliver()
        self.assertRecordValues(
            first + self._get_notice(run, self.other),
            [{"state": "sent"}, {"state": "cancel"}],
        )
        self.assertEqual(run.state, "done")
        with self.assertRaisesRegex(UserError, "over"):
            run.action_cancel()

    def test_sent_notice_cannot_be_dropped(self):
        notices = self._run_ladder(TODAY)
        with self.assertRaisesRegex(UserError, "sent already"):
            notices[0].action_drop()

    # === TWICE === #

    def test_same_day_twice_acts_once(self):
        with self.trap_contacts() as seen:
            self.assertEqual(len(self._run_ladder(TODAY)), 2)
            self.assertFalse(self._run_ladder(TODAY))
            self._deliver()
        self.assertEqual(len(seen), 2)

    def test_database_refuses_an_item_twice_on_one_level(self):
        line = self._preview().notice_ids[0].line_ids
        self.env.flush_all()
        copy = """
            INSERT INTO ar_dunning_notice_line
                   (notice_id, move_line_id, level_id, is_step, is_live)
            SELECT notice_id, move_line_id, level_id, TRUE, TRUE
              FROM ar_dunning_notice_line WHERE id = %s"""
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.UniqueViolation),
        ):
            self.env.cr.execute(copy, [line.id])
        line.notice_id.action_drop()
        self.env.cr.execute(copy, [line.id])

    def test_another_worker_that_decided_too_makes_no_double(self):
        """Two workers decide before either has written; the index sorts them out."""
        first = self._preview()
        self.env.cr.execute(
            "UPDATE ar_dunning_notice SET state = 'cancel' WHERE run_id = %s",
            [first.id],
        )
        second = self._preview()
        self.assertFalse(second.notice_ids.line_ids)
        self.env.cr.execute(
            "UPDATE ar_dunning_notice SET state = 'draft' WHERE run_id = %s", [first.id]
        )
        self.env.invalidate_all()
        for run in (first, second):
            if run.draft_count:
                run.action_confirm()
        with self.trap_contacts() as seen:
            self._deliver()
        self.assertEqual(len(seen), 2)

    # === FIGURES AND HISTORY === #

    def _get_filter(self, name):
        view = self.env.ref("ar_collections.ar_dunning_run_view_search")
        (domain,) = etree.fromstring(view.arch).xpath(
            f"//filter[@name='{name}']/@domain"
        )
        return literal_eval(domain)

    def test_figures(self):
        self.other.email = False
        currency = self.setup_other_currency("CHF", rates=[("2020-01-01", 2.0)])
        self._create_invoice_due("2026-03-20", 400, currency_id=currency.id)
        run = self._preview()
        self.assertRecordValues(
            run,
            [
                {
                    "notice_count": 3,
                    "debtor_count": 2,
                    "draft_count": 3,
                    "amount_total": 1700.0,
                    "progress": 0.0,
                    "figures": {
                        "levels": [["First reminder", 3]],
                        "channels": [["E-mail", 2], ["Letter", 1]],
                    },
                }
            ],
        )
        run.action_confirm()
        with self.trap_pdfs():
            self._deliver()
        self.assertRecordValues(
            run, [{"sent_count": 3, "letter_count": 1, "progress": 100.0}]
        )
        # done for the ladder, with something to do for people
        domain = self._get_filter("to_print")
        self.assertIn(run, self.env["ar.dunning.run"].search(domain))
        run.action_print_letters()
        self.assertEqual(run.letter_count, 0)
        self.assertNotIn(run, self.env["ar.dunning.run"].search(domain))

    def test_history_cannot_be_deleted(self):
        notices = self._run_ladder(TODAY)
        for record in (notices[0], notices.run_id):
            with self.assertRaisesRegex(UserError, "history"):
                record.sudo().unlink()

    def test_invoice_can_be_corrected_after_a_notice(self):
        self._run_ladder(TODAY)
        self.invoice.button_draft()
        self.invoice.write(
            {
                "invoice_date_due": "2026-03-25",
                "invoice_line_ids": [
                    Command.update(
                        self.invoice.invoice_line_ids.id, {"price_unit": 800}
                    )
                ],
            }
        )
        self.invoice.action_post()
        self.assertEqual(self._receivable(self.invoice).amount_residual, 800)

    def _create_instalments(self):
        """An invoice of two instalments, both overdue."""
        terms = self.env["account.payment.term"].create(
            {
                "name": "30/70",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 30}),
                    Command.create(
                        {"value": "percent", "value_amount": 70, "nb_days": 5}
                    ),
                ],
            }
        )
        customer = self._create_customer("Instalments Ltd")
        return self._create_invoice_due(
            "2026-02-20",
            1000,
            customer,
            invoice_date="2026-02-20",
            invoice_payment_term_id=terms.id,
        )

    def _cut_anew(self, invoice):
        """One instalment instead of two: a journal item is deleted."""
        invoice.button_draft()
        invoice.write(
            {"invoice_payment_term_id": False, "invoice_date_due": "2026-03-01"}
        )
        invoice.action_post()

    def test_unsent_notice_stops_no_correction(self):
        invoice = self._create_instalments()
        old = self._receivable(invoice)
        self.assertEqual(len(old), 2)
        # cancelled notices, drafts, and items that another run left alone
        self._preview().notice_ids.action_drop()
        run = self._preview()
        self.assertTrue(self._preview().skip_ids)
        self._cut_anew(invoice)
        self.assertEqual(len(self._receivable(invoice)), 1)
        self.assertEqual(len(old.exists()), 1)
        # nothing of it is claimed twice or lost
        run.action_preview()
        notice = self._get_notice(run, invoice.partner_id)
        self.assertEqual(notice.amount_due, 1000)

    def test_waiting_notice_of_a_deleted_invoice_is_not_sent(self):
        invoice = self._create_instalments()
        run = self._preview()
        notice = self._get_notice(run, invoice.partner_id)
        run.action_confirm()
        invoice.button_draft()
        invoice.unlink()
        self.assertFalse(invoice.exists())
        with self.trap_contacts() as seen:
            self._deliver()
        self.assertNotIn(notice.partner_id, [partner for _c, partner, _l in seen])
        self.assertEqual(notice.state, "cancel")

    def test_sent_notice_keeps_its_items(self):
        invoice = self._create_instalments()
        self._run_ladder(TODAY)
        for method in (self._cut_anew, self._delete):
            with (
                self.subTest(method=method.__name__),
                self.assertRaisesRegex(UserError, "was sent about .* credit note"),
                self.env.cr.savepoint(),
            ):
                method(invoice)

    def _delete(self, invoice):
        invoice.button_draft()
        invoice.unlink()

    def test_refreshed_debtor_shows_the_ledger(self):
        self._run_ladder(TODAY)
        self._pay(self.invoice, 300, TODAY)
        self._create_invoice_due("2026-05-01", 50, invoice_date=TODAY)
        self.env["ar.debtor"]._refresh(self.company)
        self.assertRecordValues(
            self.env["ar.debtor"]._get(self.customer, self.company),
            [
                {
                    "amount_due": 750.0,
                    "amount_overdue": 700.0,
                    "days_overdue": 11,
                    "level_id": self.first.id,
                }
            ],
        )
