from ast import literal_eval

from freezegun import freeze_time
from lxml import etree

from odoo import Command
from odoo.tests import new_test_user, tagged

from .common import ArCollectionsCommon


@tagged("post_install", "-at_install")
class TestArDebtorTodo(ArCollectionsCommon):
    """Each row of today's list says why it is there."""

    def _get_debtor(self, partner=None):
        self.env.cr.flush()
        debtor = self.env["ar.debtor"]._get(partner or self.customer, self.company)
        debtor.invalidate_recordset()
        return debtor

    def _get_list(self):
        """Rows of the worklist with its filter, as {customer: reason}."""
        self.env.cr.flush()
        self.env["ar.debtor"].invalidate_model()
        view = self.env.ref("ar_collections.ar_debtor_view_search")
        (todo,) = etree.fromstring(view.arch).xpath("//filter[@name='todo']/@domain")
        rows = self.env["ar.debtor"].search(
            [("company_id", "=", self.company.id), *literal_eval(todo)]
        )
        return {row.name: row.todo_reason for row in rows}

    def test_each_row_says_why(self):
        step = self._create_customer("Step Ltd")
        self._create_invoice_due("2026-03-20", 1000, step)
        lost = self._create_customer("Lost Ltd", email=False, street=False)
        self._create_invoice_due("2026-03-20", 1000, lost)
        covered = self._create_customer("Covered Ltd")
        self._create_invoice_due("2026-03-20", 100, covered)
        self._create_payment(covered, 100)
        called = self._create_customer("Called Ltd")
        self._create_invoice_due("2026-06-20", 100, called)
        debtor = self._get_debtor(called)
        for day, summary in (("2026-03-30", "Ask for the order"), ("2026-04-01", "No")):
            debtor.activity_schedule(
                "ar_collections.mail_activity_type_collection_call",
                date_deadline=day,
                summary=summary,
            )
        later = self._create_customer("Later Ltd")
        self._create_invoice_due("2026-06-20", 100, later)
        self.assertEqual(
            self._get_list(),
            {
                "Step Ltd": f"Due: {self.first.name}",
                "Lost Ltd": "Complete the address",
                "Covered Ltd": "Match the payments",
                "Called Ltd": "Collection call: Ask for the order",
            },
        )
        self.assertFalse(self._get_debtor(later).todo_reason)

    def test_task_and_step_of_one_customer(self):
        self._create_invoice_due("2026-03-20", 1000)
        debtor = self._get_debtor()
        debtor.activity_schedule("mail.mail_activity_data_todo", summary="Look")
        self.assertEqual(debtor.todo_reason, f"Look; Due: {self.first.name}")

    def test_notice_that_waits(self):
        self._create_invoice_due("2026-03-20", 1000)
        self._preview()
        self.assertEqual(
            self._get_list(),
            {"Late Payer Ltd": "Confirm the waiting notice"},
        )

    def test_notice_that_somebody_has_confirmed_already(self):
        self._create_invoice_due("2026-03-20", 1000)
        run = self._preview()
        run.action_confirm()
        notice = run.notice_ids

        def tell():
            self.env.flush_all()
            self.env.invalidate_all()
            return notice.debtor_id.todo_reason

        self.assertEqual(tell(), "Notice is being sent")
        notice.sudo().date_not_before = "2026-03-31 20:00:00"
        self.assertEqual(tell(), "Notice waits for hours of contact")
        notice.sudo().write({"state": "error", "problem": "No address"})
        self.assertEqual(tell(), "Mend the notice that failed")
        notice.sudo().write({"state": "draft", "needs_approval": True})
        self.assertEqual(tell(), "Approve the waiting notice")

    def test_last_deadline_has_passed(self):
        self.policy.level_ids = [Command.set(self.first.ids)]
        self._create_invoice_due("2026-03-01", 1000)
        self._run_ladder("2026-03-10")
        self.assertEqual(
            self._get_list(),
            {
                "Late Payer Ltd": "Decide what comes next",
            },
        )

    def test_letter_that_nobody_printed(self):
        self.customer.email = False
        self._create_invoice_due("2026-03-20", 1000)
        with self.trap_pdfs():
            notice = self._run_ladder("2026-03-31")
        # the ladder counts it as sent, people see that it lies here
        self.assertRecordValues(notice, [{"state": "sent", "status": "print"}])
        self.assertEqual(self._get_list(), {"Late Payer Ltd": "Print the letter"})
        notice.run_id.action_print_letters()
        self.assertEqual(notice.status, "sent")
        self.assertEqual(self._get_list(), {})

    def test_last_contact_and_its_result(self):
        self._create_invoice_due("2026-03-20", 1000)
        debtor = self._get_debtor()
        self.assertFalse(debtor.last_contact)
        self._run_ladder("2026-03-31")
        self.assertEqual(self._get_debtor().last_contact, "E-mail, 03/31/2026")
        with freeze_time("2026-04-01 09:00:00"):
            debtor._log_call(self.customer, "none")
        # written down later, but made before
        self.env["ar.contact"].sudo().create(
            {
                "debtor_id": debtor.id,
                "partner_id": self.customer.id,
                "channel": "phone",
                "outcome": "talk",
                "date": "2026-03-30 09:00:00",
            }
        )
        self.assertEqual(
            self._get_debtor().last_contact, "Call, Nobody answered, 04/01/2026"
        )

    def test_row_has_the_columns_and_buttons_of_the_guide(self):
        view = self.env["ar.debtor"].get_view(view_type="list")["arch"]
        arch = etree.fromstring(view)
        shown = arch.xpath("//field[not(@column_invisible) and not(@optional='hide')]")
        shown = [field.get("name") for field in shown]
        for column in (
            "partner_id",
            "amount_overdue",
            "days_overdue",
            "level_id",
            "payer_profile",
            "last_contact",
            "todo_reason",
            "next_action_date",
            "user_id",
        ):
            self.assertIn(column, shown)
        self.assertEqual(
            arch.xpath("//list/button/@title"), ["Call", "Write", "Pause", "Open"]
        )
        reader = new_test_user(
            self.env, "reader", groups="ar_collections.ar_collections_group_readonly"
        )
        view = self.env["ar.debtor"].with_user(reader).get_view(view_type="list")
        arch = etree.fromstring(view["arch"])
        self.assertEqual(arch.xpath("//list/button/@title"), ["Open"])

    def test_who_has_one_company_chooses_none(self):
        several = self.env.ref("base.group_multi_company")
        other = self.setup_other_company()["company"]
        reader = new_test_user(
            self.env,
            "reader",
            groups="ar_collections.ar_collections_group_readonly",
            company_id=self.company.id,
            company_ids=[Command.set((self.company + other).ids)],
        )
        reader.group_ids = [Command.link(several.id)]
        debtor = self.env["ar.debtor"].with_user(reader)
        for companies, count in ((self.company, 0), (self.company + other, 1)):
            # one at a time in the company switcher, then both
            debtor = debtor.with_context(allowed_company_ids=companies.ids)
            arch = etree.fromstring(debtor.get_view(view_type="search")["arch"])
            found = arch.xpath("//searchpanel/field[@name='company_id']")
            self.assertEqual(len(found), count)

    def test_writing_lands_in_the_debtors_chatter(self):
        self._create_invoice_due("2026-03-20", 1000)
        debtor = self._get_debtor()
        context = debtor.action_write()["context"]
        composer = (
            self.env["mail.compose.message"]
            .with_context(**context)
            .create({"subject": "Your account", "body": "<p>Hello</p>"})
        )
        composer._action_send_mail()
        message = debtor.message_ids.filtered(lambda m: m.subject == "Your account")
        self.assertEqual(message.partner_ids, self.customer)

    def test_page_is_asked_at_once(self):
        counts = []
        for number in (1, 10):
            debtors = self.env["ar.debtor"]
            for index in range(number):
                partner = self._create_customer(f"Page {number} {index}")
                self._create_invoice_due("2026-03-20", 1000, partner)
                debtors += self._get_debtor(partner)
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertTrue(all(debtors.mapped("todo_reason")))
            debtors.mapped("last_contact")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 1)

    def test_reader_sees_it(self):
        self._create_invoice_due("2026-03-20", 1000)
        user = new_test_user(
            self.env, "reader", groups="ar_collections.ar_collections_group_readonly"
        )
        self.assertIn("Due: ", self._get_debtor().with_user(user).todo_reason)

    def test_note_that_the_distance_keeps_back_is_no_next_step(self):
        """Reminded today, the customer gets no note about what is due in three days."""
        self._create_invoice_due("2026-03-28", 1000)
        coming = self._create_invoice_due("2026-04-03", 500)
        (self.first + self.upcoming).min_interval_days = 7
        self._run_ladder("2026-03-31")
        row = self._decide("2026-04-01")[self._receivable(coming)]
        self.assertEqual(row["next_level_id"], self.upcoming.id)
        self.assertFalse(row["step_date"])
        sentence = self.env["ar.dunning.engine"]._explain_row(row)
        self.assertIn("is left out", sentence)
        # the next step is that of the other invoice
        debtor = self._get_debtor()
        self.env["ar.debtor"]._refresh(self.company)
        second = self._decide("2026-04-01")[debtor.open_item_ids[0]]["step_date"]
        self.assertEqual(debtor.next_action_date, second)

    def test_step_that_is_reached_within_the_distance_comes_after_it(self):
        invoice = self._create_invoice_due("2026-03-20", 1000)
        self.second.write({"delay_days": 14, "min_interval_days": 10})
        self._run_ladder("2026-03-31")
        row = self._decide("2026-04-01")[self._receivable(invoice)]
        self.assertEqual(row["verdict"], "waiting")
        self.assertEqual(row["step_date"].isoformat(), "2026-04-10")
        sentence = self.env["ar.dunning.engine"]._explain_row(row)
        self.assertIn("04/10/2026", sentence)
        run = self._preview("2026-04-01")
        self.assertIn("04/10/2026", run.skip_ids.explanation)
