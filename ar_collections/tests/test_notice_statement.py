from contextlib import contextmanager
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.tests import new_test_user, tagged

from .common import TODAY, ArCollectionsCommon


@tagged("post_install", "-at_install")
class TestNoticeStatement(ArCollectionsCommon):
    """A statement of account goes with the e-mails of a level; who else gets what."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.levels.attach_invoices = False
        cls.first.attach_statement = True
        cls._create_invoice_due("2026-03-20", 1000)
        cls._create_invoice_due("2026-04-15", 70)

    @contextmanager
    def trap_statements(self):
        """Make no PDF, which needs wkhtmltopdf; collect how many are made together."""
        seen = []

        def _render_pdfs(statements):
            seen.append(len(statements))
            return {statement.id: b"%PDF-1.4 trapped" for statement in statements}

        with patch.object(
            self.env.registry["ar.statement"], "_render_pdfs", _render_pdfs
        ):
            yield seen

    def _send(self, date=TODAY):
        with self.trap_statements(), self.trap_pdfs():
            return self._run_ladder(date)

    # === THE STATEMENT === #

    def test_it_goes_with_the_e_mail_and_is_kept(self):
        notice = self._send()
        statement = notice.statement_ids
        self.assertRecordValues(
            statement,
            [
                {
                    "state": "sent",
                    "debtor_id": notice.debtor_id.id,
                    "partner_id": notice.partner_id.id,
                    "date_to": fields.Date.to_date(TODAY),
                    "date_sent": fields.Date.to_date(TODAY),
                    "content": "items",
                    "is_automatic": False,
                    # what is not due yet, too
                    "amount": 1070.0,
                }
            ],
        )
        name = statement.name.replace("/", "-") + ".pdf"
        self.assertEqual(notice.attachment_ids.mapped("name"), [name])
        mail = notice.mail_message_id
        self.assertEqual(mail.attachment_ids.mapped("name"), [name])
        self.assertTrue(notice.is_intact)

    def test_statements_of_a_batch_are_made_together(self):
        for number in range(3):
            customer = self._create_customer(f"Customer {number} Ltd")
            self._create_invoice_due("2026-03-20", 50, customer)
        with self.trap_statements() as seen:
            notices = self._run_ladder(TODAY)
        self.assertEqual(len(notices.statement_ids), 4)
        # the first round of the delivery is a small one
        self.assertLess(len(seen), 4)

    def test_letters_and_other_levels_go_without(self):
        self.first.attach_statement = False
        self.assertFalse(self._send().statement_ids)
        self.second.write({"attach_statement": True, "channel": "letter"})
        notice = self._send("2026-04-20")
        self.assertEqual(notice.level_id, self.second)
        self.assertFalse(notice.statement_ids)

    def test_it_puts_off_none_that_comes_by_itself(self):
        self.policy.statement_days = 30
        self._send()
        with freeze_time(TODAY):
            made = (
                self.env["ar.statement"]
                .sudo()
                .with_company(self.company)
                ._make_due(self.company, fields.Date.to_date(TODAY))
            )
        mine = made.filtered(lambda s: s.debtor_id.partner_id == self.customer)
        self.assertEqual(len(mine), 1)
        self.assertEqual(fields.Date.to_string(mine.date_from), "2026-03-02")

    def test_one_that_came_back_is_not_counted_as_sent(self):
        notice = self._send()
        old = notice.statement_ids
        notice.sudo()._set_failed("It came back.")
        with freeze_time(TODAY):
            notice.action_retry()
        self._send_rest()
        self.assertEqual(notice.state, "sent")
        self.assertEqual(old.state, "cancel")
        self.assertEqual((notice.statement_ids - old).state, "sent")
        self.assertEqual(len(notice.attachment_ids), 1)

    def _send_rest(self):
        with self.trap_statements(), self.trap_pdfs(), freeze_time(TODAY):
            self._deliver()

    def test_an_undone_run_leaves_none(self):
        notice = self._send()
        with freeze_time(TODAY):
            wizard = self.env["ar.dunning.run.undo"]
            wizard.create({"run_id": notice.run_id.id, "reason": "No"}).action_undo()
        self.env.invalidate_all()
        self.assertEqual(notice.state, "cancel")
        self.assertEqual(notice.statement_ids.state, "cancel")

    # === WHAT THE SCREEN SAYS BEFORE === #

    def test_a_draft_names_what_goes_with_it_and_who_gets_a_copy(self):
        self.first.write(
            {
                "attach_invoices": True,
                "attach_letter": True,
                "copy_manager": True,
                "copy_salesperson": True,
            }
        )
        self._create_customer(
            "Boss",
            parent_id=self.customer.id,
            is_company=False,
            ar_contact_role="manager",
            email="boss@customer.example.com",
        )
        self.customer.user_id = new_test_user(
            self.env, "seller", email="seller@us.example.com"
        )
        collector = new_test_user(
            self.env, "collector", groups="ar_collections.ar_collections_group_user"
        )
        notice = self._preview().notice_ids.with_user(collector)
        for address in ("boss@customer.example.com", "seller@us.example.com"):
            self.assertIn(address, notice.copy_names)
        number = self.env["account.move"].search(
            [("partner_id", "=", self.customer.id), ("amount_total", "=", 1000)]
        )
        names = notice.file_names.split(", ")
        self.assertEqual(len(names), 3)
        self.assertIn(number.name.replace("/", "_"), names[0])
        self.assertEqual(names[1], notice.name.replace("/", "-") + ".pdf")
        self.assertEqual(names[2], "Statement of account")

    def test_the_proof_names_who_got_a_copy(self):
        self.first.copy_salesperson = True
        seller = new_test_user(self.env, "seller", email="seller@us.example.com")
        self.customer.user_id = seller
        notice = self._send()
        self.assertIn("seller@us.example.com", notice.copied_to)
        self.assertTrue(notice.is_intact)
        # nobody makes others of them afterwards
        self.customer.user_id = False
        notice.invalidate_recordset(["copy_names"])
        self.assertIn("seller@us.example.com", notice.copy_names)
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "ar_collections.report_ar_dunning_notice_proof", notice.ids
        )
        self.assertIn("seller@us.example.com", html.decode())
        notice.sudo().copied_to = "nobody@us.example.com"
        notice.invalidate_recordset(["is_intact"])
        self.assertFalse(notice.is_intact)
