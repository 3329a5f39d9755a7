import doctest
from unittest.mock import patch

from freezegun import freeze_time
from lxml import etree

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models import ar_dunning_notice_delivery
from .common import TODAY, ArCollectionsCommon

# What an integrator's own action may do: it leaves a mark each time it runs.
MARK = "record.partner_id.write({'ref': (record.partner_id.ref or '') + 'x'})"
DELIVERY = "odoo.addons.ar_collections.models.ar_dunning_notice_delivery"


@tagged("post_install", "-at_install")
class TestArDunningDelivery(ArCollectionsCommon):
    """Law 7, look again under lock; law 5, effects; and one failure stops no other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls._create_customer("Other Ltd")
        cls.invoice = cls._create_invoice_due("2026-03-20", 1000)

    # === HELPERS === #

    def _queue(self, date=TODAY):
        run = self._preview(date)
        run.action_confirm()
        return run.notice_ids

    def _add_action(self, code, level=None):
        action = self.env["ir.actions.server"].create(
            {
                "name": "Integrator's own",
                "model_id": self.env["ir.model"]._get_id("ar.dunning.notice"),
                "state": "code",
                "code": code,
            }
        )
        (level or self.first).action_ids += action
        return action

    def _credit(self, amount):
        return self._create_invoice_due(
            TODAY, amount, move_type="out_refund", invoice_date=TODAY
        )

    def _assert_dropped(self, change, reason):
        notice = self._queue()
        change()
        with self.trap_contacts() as seen:
            self._deliver()
        self.assertFalse(seen)
        self.assertEqual(notice.state, "cancel")
        self.assertIn(reason, notice.cancel_reason)
        self.assertEqual(notice.run_id.state, "done")

    # === LOOK AGAIN === #

    def test_paid_since_the_decision(self):
        self._assert_dropped(lambda: self._pay(self.invoice), "paid")

    def test_blocked_since_the_decision(self):
        self._assert_dropped(self.invoice.action_toggle_block_payment, "blocked")

    def test_no_followup_since_the_decision(self):
        def change():
            self.invoice.no_followup = True

        self._assert_dropped(change, "No Follow-Up")

    def test_covered_by_an_unmatched_credit_note_since_the_decision(self):
        self._assert_dropped(lambda: self._credit(1000), "cover")

    def test_below_the_minimum_since_the_decision(self):
        self.first.min_amount = 50
        self._assert_dropped(lambda: self._pay(self.invoice, 960), "minimum")

    def test_invoice_reset_to_draft_since_the_decision(self):
        self._assert_dropped(self.invoice.button_draft, "not posted any more")

    def test_another_customer_since_the_decision(self):
        def change():
            self.invoice.button_draft()
            self.invoice.partner_id = self.other
            self.invoice.action_post()

        self._assert_dropped(change, "owed by Other Ltd now")

    def test_a_head_office_since_the_decision(self):
        self.policy.grouping = "head_office"
        self._assert_dropped(
            lambda: self.customer.write({"parent_id": self.other.id}), "head office"
        )

    def test_customer_of_a_cancelled_notice_has_its_next_step_at_once(self):
        later = self._receivable(self._create_invoice_due("2026-04-25", 70))
        self._queue()
        debtor = self.env["ar.debtor"]._get(self.customer, self.company)
        with freeze_time(TODAY):
            debtor._refresh(self.company, self.customer.ids)
        self.assertEqual(fields.Date.to_string(debtor.next_action_date), TODAY)
        self._pay(self.invoice)
        self._deliver()
        row = self._decide()[later]
        self.assertEqual(debtor.next_action_date, row["next_date"])

    def test_part_paid_since_the_decision(self):
        notice = self._queue()
        self._pay(self.invoice, 400)
        self._deliver()
        self.assertRecordValues(notice, [{"state": "sent", "amount_due": 600.0}])
        self.assertEqual(notice.line_ids.amount_residual, 600.0)
        self.assertIn("600.00", notice.change_note)
        self.assertIn("600.00", notice.body)
        self.assertNotIn("1,000.00", notice.body)

    def test_credit_note_since_the_decision_is_listed(self):
        notice = self._queue()
        credit = self._credit(250)
        self._deliver()
        self.assertRecordValues(notice, [{"state": "sent", "amount_due": 750.0}])
        self.assertEqual(notice.line_ids.move_id, self.invoice + credit)

    def test_unchanged_notice_has_no_change_note(self):
        notice = self._queue()
        self._deliver()
        self.assertRecordValues(
            notice, [{"state": "sent", "amount_due": 1000.0, "change_note": False}]
        )

    def test_level_comes_down_with_the_item_that_carried_it(self):
        """The item that reached the second level is paid; what remains is at the
        first, and must not get the second level's words."""
        with freeze_time("2026-03-01"):
            old = self._create_invoice_due("2026-02-20", 300)
        self._run_ladder("2026-03-01")
        notice = self._queue()
        self.assertEqual(notice.level_id, self.second)
        self._pay(old)
        self._deliver()
        self.assertEqual(self._receivable(self.invoice).ar_level_id, self.first)
        sent = notice.filtered(lambda n: n.state == "sent")
        self.assertIn(sent.level_id, (self.first, self.env["ar.dunning.level"]))

    def test_reminder_before_the_due_date_is_not_sent_after_it(self):
        with freeze_time("2026-03-20"):
            partner = self._create_customer("Coming Up Ltd")
            self._create_invoice_due("2026-03-25", 700, partner)
            notice = self._queue("2026-03-20").filtered(
                lambda n: n.partner_id == partner
            )
            self.assertEqual(notice.level_id, self.upcoming)
        self._deliver()  # the mail server was down for eleven days
        self.assertNotEqual((notice.state, notice.level_id), ("sent", self.upcoming))

    def test_contacted_since_by_another_way_is_not_written_twice(self):
        notice = self._queue()
        twin = notice.sudo().copy({"run_id": self._preview("2026-03-30").id})
        twin.write({"state": "sent", "date_sent": TODAY})
        self._deliver()
        self.assertEqual(notice.state, "cancel")
        self.assertIn("contacted", notice.cancel_reason)

    # === EFFECTS === #

    def test_own_server_action_runs_once_for_each_notice(self):
        self._create_invoice_due("2026-03-20", 500, self.other)
        self._add_action(MARK)
        self._queue()
        self._deliver()
        self._deliver()
        self.assertEqual((self.customer + self.other).mapped("ref"), ["x", "x"])

    def test_own_server_action_runs_once_though_the_mail_is_sent_again(self):
        self._add_action(MARK)
        notice = self._queue()
        self._deliver()
        notice.sudo()._set_failed("The mail server refused the e-mail.")
        notice.action_retry()
        self._deliver()
        self.assertEqual(notice.state, "sent")
        self.assertEqual(self.customer.ref, "x")

    def test_actions_of_other_levels_do_not_run(self):
        self._add_action(MARK, self.second)
        self._queue()
        self._deliver()
        self.assertFalse(self.customer.ref)

    # === FAILURES === #

    def test_failure_of_one_debtor_stops_no_other_and_can_be_mended(self):
        self._create_invoice_due("2026-03-20", 500, self.other)
        action = self._add_action(
            f"if record.partner_id.id == {self.customer.id}: raise UserError('Mend me')\n"
            + MARK
        )
        notices = self._queue().sorted("amount_due")
        self._deliver()
        self.assertRecordValues(
            notices,
            [
                {"partner_id": self.other.id, "state": "sent", "problem": False},
                {
                    "partner_id": self.customer.id,
                    "state": "error",
                    "problem": "Mend me",
                },
            ],
        )
        self.assertRecordValues(notices.run_id, [{"state": "done", "error_count": 1}])
        action.code = MARK
        notices.run_id.action_retry()
        self._deliver()
        self.assertEqual(notices.mapped("state"), ["sent", "sent"])
        self.assertEqual(notices.partner_id.mapped("ref"), ["x", "x"])
        self.assertEqual(notices.run_id.state, "done")

    def test_failed_notice_leaves_no_mail_behind(self):
        self._add_action("raise UserError('Mend me')")
        before = self.env["mail.mail"].sudo().search_count([])
        notice = self._queue()
        self._deliver()
        self.assertRecordValues(
            notice, [{"state": "error", "date_sent": False, "body": False}]
        )
        self.assertEqual(self.env["mail.mail"].sudo().search_count([]), before)

    def test_broken_text_of_one_level_stops_no_other_level(self):
        broken = self.second.mail_template_id.copy()
        broken.sudo().subject = "{{ object.no_such_field }}"
        with freeze_time("2026-03-01"):
            self._create_invoice_due("2026-02-20", 300, self.other)
        self._run_ladder("2026-03-01")
        self.second.mail_template_id = broken
        notices = self._queue().sorted("amount_due")
        with mute_logger(DELIVERY, "odoo.addons.mail.models.mail_render_mixin"):
            self._deliver()
        self.assertRecordValues(
            notices,
            [
                {"level_id": self.second.id, "state": "error"},
                {"level_id": self.first.id, "state": "sent"},
            ],
        )
        self.assertTrue(notices[0].problem)
        broken.sudo().subject = "Mended"
        notices.action_retry()
        self._deliver()
        self.assertRecordValues(notices[0], [{"state": "sent", "subject": "Mended"}])

    def test_error_blocks_only_its_debtor_and_cancel_frees_it(self):
        action = self._add_action("raise UserError('Mend me')")
        notice = self._queue()
        self._deliver()
        self.assertEqual(self._verdict(self.invoice), "pending")
        self.first.action_ids -= action
        notice.action_cancel()
        self.assertEqual(self._verdict(self.invoice), "dun")

    def test_retry_is_looked_at_again_too(self):
        self._add_action("raise UserError('Mend me')")
        notice = self._queue()
        self._deliver()
        self._pay(self.invoice)
        self.first.action_ids = [Command.clear()]
        notice.action_retry()
        self._deliver()
        self.assertEqual(notice.state, "cancel")
        with self.assertRaises(UserError):
            notice.run_id.action_confirm()

    # === COST === #

    def _count_queries(self, count):
        """Statements of delivering ``count`` e-mails, with all caches filled."""
        for number in range(count):
            partner = self._create_customer(f"Customer {count} {number} Ltd")
            self._create_invoice_due("2026-03-20", 500, partner)
        notices = self._queue().sudo()
        self.assertEqual(len(notices), count)
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        notices._deliver()
        self.env.flush_all()
        self.assertEqual(set(notices.mapped("state")), {"sent"})
        return self.env.cr.sql_log_count - before

    def test_statements_do_not_grow_with_the_notices(self):
        self._pay(self.invoice)
        self._count_queries(1)
        few = self._count_queries(3)
        self.assertLessEqual(self._count_queries(12), few + 3)

    def test_messages_are_sanitised(self):
        """Everybody reads the chatter of a customer; the words are written as core would."""
        self.customer.company_id = self.company  # its chatter gets the text itself
        words = '<p>Pay <script>alert(1)</script><b onclick="x()">now</b></p>'
        notices = self._queue()
        model = type(notices)
        with patch.object(
            model,
            "_render_messages",
            lambda batch: {n.id: {"subject": "S", "body": words} for n in batch},
        ):
            self._deliver()
        self.assertEqual(notices.body, words)
        for message in notices.mail_message_id + self.customer.message_ids[0]:
            self.assertEqual(str(message.body), "<p>Pay <b>now</b></p>")
        mail = self.env["mail.mail"].sudo().search([], order="id desc", limit=1)
        self.assertEqual(mail.mail_message_id, notices.mail_message_id)
        self.assertIn("now</b>", mail.body_html)

    def test_a_text_is_compiled_once_for_a_batch(self):
        for partner in (self.other, self._create_customer("Third Ltd")):
            self._create_invoice_due("2026-03-20", 500, partner)
        notices = self._queue()
        model, seen = type(self.env["ir.qweb"]), []
        inner = model._generate_code

        def generate(qweb, template):
            seen.append(etree.iselement(template))
            return inner(qweb, template)

        with patch.object(model, "_generate_code", generate):
            self._deliver()
        # core looks once for what a restricted user may not write in a template
        self.assertEqual(sum(seen), 2)
        self.assertEqual(len(notices), 3)
        for notice in notices:
            self.assertIn(notice.partner_id.name, notice.body)
            for other in notices - notice:
                self.assertNotIn(other.partner_id.name, notice.body)

    # === STEPS === #

    def test_batches_take_the_seconds_wanted(self):
        found = doctest.testmod(ar_dunning_notice_delivery)
        self.assertTrue(found.attempted)
        self.assertFalse(found.failed)

    def _count_steps(self, batch_size):
        """How many notices each step of the scheduled action takes."""
        steps = []
        notices = self.env["ar.dunning.notice"].sudo()
        with (
            patch.object(
                type(notices), "_deliver_safely", lambda batch: steps.append(len(batch))
            ),
            patch.object(
                type(self.env["ir.cron"]), "_commit_progress", lambda *a, **kw: 60
            ),
        ):
            notices._cron_deliver(batch_size)
        return steps

    def test_a_small_run_is_seen_to_move(self):
        for number in range(3):
            self._create_invoice_due(
                "2026-03-20", 500, self._create_customer(f"Customer {number} Ltd")
            )
        self._queue()
        self.assertEqual(self._count_steps(batch_size=5), [1, 1, 1, 1])
        with patch(f"{DELIVERY}.STEPS", 2):
            self.assertEqual(self._count_steps(batch_size=5), [2, 2])
            self.assertEqual(self._count_steps(batch_size=1), [1, 1, 1, 1])

    def test_one_that_cannot_be_looked_at_stops_no_other(self):
        bad = self.other
        self._create_invoice_due("2026-03-20", 100, bad)
        notices = self._queue()
        self.assertEqual(len(notices), 2)
        model = self.env.registry["ar.dunning.notice"]
        right = model._hold_back

        def _hold_back(notices):
            if bad in notices.debtor_id.partner_id:
                raise ValueError("broken")
            return right(notices)

        with (
            patch.object(model, "_hold_back", _hold_back),
            self.enter_registry_test_mode(),
            self.trap_pdfs(),
            mute_logger(DELIVERY),
        ):
            self.env.ref(
                "ar_collections.ir_cron_ar_dunning_notice_deliver"
            ).method_direct_trigger()
        self.env.invalidate_all()
        states = {n.debtor_id.partner_id: n.state for n in notices}
        self.assertEqual(states, {self.customer: "sent", bad: "error"})
        failed = notices.filtered(lambda n: n.state == "error")
        self.assertIn("broken", failed.problem)
