from datetime import timedelta

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import TODAY, ArCollectionsCommon


@tagged("post_install", "-at_install")
class TestArDunningNotice(ArCollectionsCommon):
    """What the customer gets, what is kept of it, and what the notice says of itself."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._create_invoice_due("2026-03-20", 1000)

    # === HELPERS === #

    def _send(self):
        run = self._preview()
        run.action_confirm()
        self._deliver()
        return run.notice_ids

    def _get_mail(self, notice):
        return (
            self.env["mail.mail"]
            .sudo()
            .search([("mail_message_id", "=", notice.mail_message_id.id)])
        )

    def _refuse(self, mail):
        mail._postprocess_sent_message(
            success_pids=[],
            success_emails=[],
            failure_reason="refused",
            failure_type="mail_smtp",
        )

    # === WORDS === #

    def test_one_mail_to_the_recipient(self):
        notice = self._send()
        self.assertRecordValues(
            self._get_mail(notice),
            [
                {
                    "recipient_ids": self.customer.ids,
                    "subject": notice.subject,
                    "model": "ar.debtor",
                    "res_id": notice.debtor_id.id,
                    "state": "outgoing",
                    "auto_delete": False,
                }
            ],
        )
        self.assertIn("books@company.example.com", self._get_mail(notice).email_from)
        for part in (self.invoice.name, "1,000.00", "Late Payer Ltd"):
            self.assertIn(part, self._get_mail(notice).body_html)

    def test_collector_is_the_sender(self):
        debtor = self.env["ar.debtor"]._get(self.customer, self.company)
        debtor.user_id = self.env.user
        notice = self._send()
        self.assertIn("accountman@test.com", self._get_mail(notice).reply_to)

    def test_each_customer_reads_their_own_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        template = self.first.mail_template_id.sudo()
        template.with_context(
            lang="fr_FR"
        ).subject = "Rappel de {{ object.amount_due }}"
        self.customer.lang = "fr_FR"
        english = self._create_customer("English Ltd", lang="en_US")
        self._create_invoice_due("2026-03-20", 500, english)
        notices = self._send().sorted("amount_due")
        self.assertIn("friendly reminder", notices[0].subject)
        self.assertEqual(notices[1].subject, "Rappel de 1000.0")

    def test_text_is_kept_as_sent(self):
        notice = self._send()
        body = notice.body
        self.first.mail_template_id.sudo().body_html = "<p>Other words</p>"
        self.customer.name = "Renamed Ltd"
        self.env.invalidate_all()
        self.assertEqual(notice.body, body)
        self.assertIn(body, notice.preview)
        self.assertIn("Late Payer Ltd", notice.preview)

    def test_text_is_in_the_chatter_of_debtor_and_customer(self):
        notice = self._send()
        self.assertIn(notice.mail_message_id, notice.debtor_id.message_ids)
        self.assertIn(self.invoice.name, notice.mail_message_id.body)

    def _assert_author(self, notice, author):
        self.assertEqual(notice.mail_message_id.author_id, author)
        note = self.customer.message_ids.filtered(lambda m: m.subject == notice.subject)
        self.assertEqual(note.author_id, author)
        # core shows no subject of notifications, and lets authors edit comments
        self.assertNotIn(note.message_type, ("notification", "comment"))

    def test_chatter_names_the_company_as_author_not_the_robot(self):
        self._assert_author(self._send(), self.company.partner_id)

    def test_chatter_names_the_collector_as_author(self):
        collector = new_test_user(
            self.env,
            "mona",
            groups="ar_collections.ar_collections_group_user",
            email="mona@company.example.com",
        )
        debtor = self.env["ar.debtor"]._get(self.customer, self.company)
        debtor.user_id = collector
        notice = self._send()
        self._assert_author(notice, collector.partner_id)
        self.assertEqual(notice.mail_message_id.email_from, collector.email_formatted)

    def _get_customer_note(self, notice):
        note = self.customer.message_ids.filtered(lambda m: m.subject == notice.subject)
        self.assertEqual(len(note), 1)
        self.assertTrue(note.is_internal or note.subtype_id.internal)
        return note.body

    def test_customer_of_one_company_has_the_text_without_keys_to_the_invoice(self):
        self.customer.company_id = self.company
        notice = self._send()
        body = self._get_customer_note(notice)
        self.assertIn(self.invoice.name, body)
        self.assertIn("access_token", notice.body)
        self.assertNotIn("access_token", body)
        self.assertNotIn("ar_lang", body)

    def test_customer_of_another_company_has_no_claim_of_ours(self):
        other = self.setup_other_company()["company"]
        notice = self._send()
        # sudo: it came to belong to the other one after it bought here
        self.env.cr.execute(
            "UPDATE res_partner SET company_id = %s WHERE id = %s",
            [other.id, self.customer.id],
        )
        self.customer.invalidate_recordset(["company_id"])
        body = notice._get_customer_note(is_shared=True)
        self.assertIn(notice.name, body)
        self.assertNotIn(self.invoice.name, body)

    def test_shared_customer_tells_other_companies_no_claim(self):
        notice = self._send()
        body = self._get_customer_note(notice)
        self.assertIn(notice.name, body)
        self.assertNotIn(self.invoice.name, body)

    def test_preview_of_a_draft_is_what_will_be_sent(self):
        run = self._preview()
        preview = run.notice_ids.preview
        self.assertIn("friendly reminder", preview)
        self.assertIn(self.invoice.name, preview)
        self.assertFalse(run.notice_ids.body)

    def test_deadline_counts_from_the_day_it_is_sent(self):
        self.first.deadline_days = 3
        self.second.delay_days = 28
        notice = self._send()
        day = fields.Date.to_date(TODAY)
        self.assertRecordValues(
            notice,
            [{"date_sent": day, "date_deadline": fields.Date.add(day, days=3)}],
        )

    # === ATTACHMENTS === #

    def test_invoices_are_attached_if_the_level_says_so(self):
        second = self._create_invoice_due("2026-03-21", 500)
        self._create_payment(self.customer, 100)
        self.first.attach_invoices = True
        with self.trap_pdfs() as seen:
            notice = self._send()
        self.assertEqual(
            seen,
            [("account.account_invoices", (self.invoice + second).ids)],
        )
        self.assertEqual(len(notice.attachment_ids), 2)
        self.assertEqual(self._get_mail(notice).attachment_ids, notice.attachment_ids)

    def test_letter_is_attached_if_the_level_says_so(self):
        self.first.attach_letter = True
        with self.trap_pdfs() as seen:
            notice = self._send()
        self.assertEqual(
            seen, [("ar_collections.report_ar_dunning_notice", notice.ids)]
        )
        self.assertRecordValues(
            notice.attachment_ids, [{"res_model": notice._name, "res_id": notice.id}]
        )

    def test_level_without_attachments(self):
        self.assertFalse(self._send().attachment_ids)

    # === LETTER === #

    def test_letter_is_kept_and_printed_once(self):
        self.customer.email = False
        with self.trap_pdfs():
            notice = self._send()
        self.assertRecordValues(
            notice, [{"channel": "letter", "state": "sent", "is_printed": False}]
        )
        self.assertEqual(len(notice.attachment_ids), 1)
        self.assertFalse(notice.mail_message_id)
        self.assertEqual(notice.run_id.letter_count, 1)
        notice.run_id.action_print_letters()
        notice.run_id.invalidate_recordset()
        self.assertTrue(notice.is_printed)
        self.assertEqual(notice.run_id.letter_count, 0)

    def test_letter_shows_address_and_items(self):
        notice = self._preview().notice_ids
        report = self.env["ir.actions.report"]
        html, _kind = report._render_qweb_html(
            "ar_collections.report_ar_dunning_notice", notice.ids
        )
        for part in (
            "1 Main Street",
            "Ghent",
            self.invoice.name,
            "1,000.00",
            notice.name,
        ):
            self.assertIn(part, html.decode())

    # === TROUBLE === #

    def test_company_without_address_says_the_way_out(self):
        self.company.email = False
        notice = self._send()
        self.assertEqual(notice.state, "error")
        self.assertIn("Enter it on the company", notice.problem)
        self.company.email = "books@company.example.com"
        notice.action_retry()
        self._deliver()
        self.assertRecordValues(notice, [{"state": "sent", "problem": False}])

    def test_refused_mail_is_an_error_until_it_is_sent_again(self):
        notice = self._send()
        old = self._get_mail(notice)
        self._refuse(old)
        self.assertRecordValues(notice, [{"state": "error", "problem": "refused"}])
        self.assertEqual(notice.run_id.error_count, 1)
        self.assertFalse(self._receivable(self.invoice).ar_level_id)
        notice.action_retry()
        self._deliver()
        self.assertEqual(old.state, "cancel")
        self.assertRecordValues(notice, [{"state": "sent", "problem": False}])
        self.assertNotEqual(self._get_mail(notice), old)
        self.assertEqual(self._get_mail(notice).state, "outgoing")

    def test_mail_that_perhaps_left_waits_for_a_person(self):
        notice = self._send()
        mail = self._get_mail(notice)
        mail.ar_handed_over = fields.Datetime.now()  # … and the server was killed
        mail._send(auto_commit=True)
        self.assertEqual(mail.state, "exception")
        self.assertEqual(notice.state, "error")
        self.assertIn("may have arrived", notice.problem)

    def test_notice_whose_text_fails_can_be_opened(self):
        """Else nobody could read why, choose another level, or drop it."""
        self._create_invoice_due("2026-03-20", 500, self._create_customer("Other Ltd"))
        # a text is tried on the last notice when it is saved
        notice = self._preview().notice_ids.sorted("id")[0]
        template = notice.level_id._get_template(notice.payer_profile)
        template.sudo().subject = f"{{{{ 1 / (object.id != {notice.id}) }}}}"
        self.env.invalidate_all()
        with mute_logger("odoo.addons.mail.models.mail_render_mixin"):
            preview = notice.preview
        self.assertIn("cannot be filled in for this customer", preview)
        self.assertIn(notice.level_id.name, preview)

    # === HEAD OFFICES === #

    def test_letter_to_a_head_office_names_the_branches(self):
        self.policy.grouping = "head_office"
        branch = self._create_customer("Branch & Sons", parent_id=self.customer.id)
        item = self._create_invoice_due("2026-02-28", 500, branch)
        notice = self._preview().notice_ids
        self.assertEqual(notice.partner_id, self.customer)
        line = notice.line_ids.filtered(lambda ln: ln.move_id == item)
        self.assertEqual(line.branch_id, branch)
        self.assertFalse((notice.line_ids - line).branch_id)
        self.assertEqual(notice.preview.count("Branch &amp; Sons"), 1)
        # after the number of its own document, before that of nobody else
        self.assertIn("Branch &amp; Sons", notice.preview.split(item.name)[1])

    def test_branch_has_the_level_as_soon_as_the_letter_is_sent(self):
        self.policy.grouping = "head_office"
        branch = self._create_customer("Branch Ltd", parent_id=self.customer.id)
        self._create_invoice_due("2026-02-28", 500, branch)
        notice = self._run_ladder("2026-03-15")
        debtor = self.env["ar.debtor"].search([("partner_id", "=", branch.id)])
        self.assertNotEqual(debtor, notice.debtor_id)
        self.assertEqual(debtor.level_id, notice.level_id)

    def _get_outcomes(self, notice):
        contacts = self.env["ar.contact"].search([("notice_id", "=", notice.id)])
        return contacts.mapped("outcome")

    def test_refused_mail_is_no_contact_until_it_arrives(self):
        notice = self._send()
        mail = self._get_mail(notice)
        self._refuse(mail)
        self.assertEqual(self._get_outcomes(notice), ["failed"])
        mail._postprocess_sent_message([], [])
        self.assertEqual(notice.state, "sent")
        self.assertEqual(self._get_outcomes(notice), ["sent"])
        # what perhaps arrived counts
        mail._stop_uncertain()
        self.assertEqual(notice.state, "error")
        self.assertEqual(self._get_outcomes(notice), ["sent"])

    def test_retry_of_the_mail_itself_begins_anew(self):
        notice = self._send()
        mail = self._get_mail(notice)
        mail.write({"state": "exception", "ar_handed_over": fields.Datetime.now()})
        mail.mark_outgoing()
        self.assertRecordValues(mail, [{"state": "outgoing", "ar_handed_over": False}])

    def test_replaced_mail_is_not_sent_by_its_own_retry(self):
        notice = self._send()
        old = self._get_mail(notice)
        self._refuse(old)
        notice.action_retry()
        self._deliver()
        self.assertEqual(old.state, "cancel")
        with self.assertRaisesRegex(UserError, "taken out of the queue"):
            old.mark_outgoing()
        self.assertEqual(old.state, "cancel")

    def test_mail_cancelled_in_the_queue_is_not_sent(self):
        for button in ("cancel", "unlink"):
            with self.subTest(button=button):
                notice = self._send()
                getattr(self._get_mail(notice), button)()
                self.assertEqual(notice.state, "error")
                self.assertIn("cancelled in the queue", notice.problem)
                self.assertEqual(self._get_outcomes(notice)[0], "failed")
                self.assertFalse(self._receivable(self.invoice).ar_level_id)
                notice.action_drop()

    def test_mail_that_waited_for_days_is_looked_at_again(self):
        model = self.env["mail.mail"]
        for give_up in (
            lambda mail: mail._send(auto_commit=False),
            lambda mail: model._give_up_waiting_ar_mails(),
        ):
            notice = self._send()
            mail = self._get_mail(notice)
            with freeze_time(fields.Datetime.now() + timedelta(hours=23)):
                model._give_up_waiting_ar_mails()
                self.assertEqual((mail.state, notice.state), ("outgoing", "sent"))
            with freeze_time(fields.Datetime.now() + timedelta(hours=25)):
                give_up(mail)
                self.assertEqual((mail.state, notice.state), ("cancel", "error"))
                self.assertIn("more than a day", notice.problem)
                with self.assertRaisesRegex(UserError, "older than a day"):
                    mail.mark_outgoing()
            notice.action_drop()

    # === EXPLANATION === #

    def test_explanation_names_rule_and_figures(self):
        self.first.min_amount = 50
        self._create_payment(self.customer, 100)
        explanation = self._preview().notice_ids.explanation
        for part in (
            self.invoice.name,
            "First reminder",
            "3 days after the due date",
            "03/20/2026",
            "03/23/2026",
            "900.00",
            "50.00",
            "not been contacted before",
        ):
            self.assertIn(part, explanation)

    def test_explanation_of_a_second_notice_names_the_first(self):
        self._run_ladder("2026-03-23")
        explanation = self._preview("2026-04-10").notice_ids.explanation
        self.assertIn("Second reminder", explanation)
        self.assertIn("03/23/2026", explanation)

    def test_explanation_of_the_letter(self):
        self.customer.email = False
        self.assertIn("no usable e-mail", self._preview().notice_ids.explanation)

    def test_explanation_of_items_left_alone(self):
        self.first.min_amount = 50
        for partner, amount, due, parts in (
            ("Small Ltd", 3, "2026-03-20", ("3.00", "50.00", "First reminder")),
            ("Early Ltd", 900, "2026-03-30", ("First reminder", "04/02/2026")),
        ):
            customer = self._create_customer(partner)
            move = self._create_invoice_due(due, amount, customer)
            skip = self._preview().skip_ids.filtered(lambda s, m=move: s.move_id == m)
            for part in parts:
                self.assertIn(part, skip.explanation)

    def test_explanation_of_the_distance_kept(self):
        self._run_ladder(TODAY)
        self._create_invoice_due("2026-03-10", 900)
        skip = self._preview().skip_ids.filtered(lambda s: s.reason == "interval")
        self.assertIn("03/31/2026", skip.explanation)

    def test_explanation_of_the_distance_and_the_time_to_pay(self):
        """Both end on a day of their own; the sentence says why it is the later one."""
        self.first.write({"deadline_days": 10, "min_interval_days": 2})
        self.second.min_interval_days = 5
        self._run_ladder("2026-04-10")
        skip = self._preview("2026-04-13").skip_ids.filtered(
            lambda s: s.move_id == self.invoice
        )
        self.assertEqual(skip.reason, "interval")
        for part in ("distance of 5 days", "time to pay", "04/21/2026"):
            self.assertIn(part, skip.explanation)
        self.env["ar.dunning.notice"].sudo().search([]).date_deadline = "2026-04-14"
        (row,) = self._decide("2026-04-13", partner=self.customer).values()
        sentence = self.env["ar.dunning.engine"]._explain_row(row)
        self.assertNotIn("time to pay", sentence)
        self.assertIn("until 04/15/2026", sentence)

    def test_explanation_counts_the_days_of_the_payer(self):
        """Chronic payers reach levels on other days: those are told, not the level's."""
        self.first.variant_ids = [
            Command.create({"payer_profile": "chronic", "is_skipped": True})
        ]
        self.second.variant_ids = [
            Command.create({"payer_profile": "chronic", "delay_days": 1})
        ]
        debtor = self.env["ar.debtor"]._get(self.customer, self.company)
        debtor.write({"profile_manual": "chronic", "profile_reason": "case"})
        explanation = self._preview().notice_ids.explanation
        self.assertIn(
            "1 day after the due date, the payer being “Chronic”", explanation
        )
        self.assertIn("reached on 03/21/2026", explanation)
        self.assertNotIn(self.second.description, explanation)
        # what does not differ is told as before
        self.second.variant_ids.delay_days = self.second.delay_days
        self.assertEqual(self.second._describe_for("chronic"), self.second.description)

    def test_explanation_of_the_deadline_that_is_waited_for(self):
        self.first.write({"deadline_days": 10, "min_interval_days": 2})
        self.second.min_interval_days = 2
        self._run_ladder("2026-04-10")
        (row,) = self._decide("2026-04-20", partner=self.customer).values()
        self.assertEqual(row["verdict"], "deadline")
        # the day after it is the first on which the next level may come
        self.assertEqual(str(row["step_date"]), "2026-04-21")
        sentence = self.env["ar.dunning.engine"]._explain_row(row)
        self.assertIn("deadline of the last letter, 04/20/2026", sentence)
        (row,) = self._decide("2026-04-21", partner=self.customer).values()
        self.assertEqual(row["verdict"], "dun")
