import psycopg2

from odoo import SUPERUSER_ID
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from .common import TODAY, ArCollectionsCommon


@tagged("post_install", "-at_install")
class TestArDunningChange(ArCollectionsCommon):
    """A person chooses another level or recipient, and that is what is sent."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._create_invoice_due("2026-02-28", 1000)
        cls.item = cls._receivable(cls.invoice)
        cls.collector = new_test_user(
            cls.env, "collector", groups="ar_collections.ar_collections_group_user"
        )

    def _change(self, notices, user=None, **vals):
        wizard = self.env["ar.dunning.notice.change"].with_user(user or self.env.user)
        wizard = wizard.with_context(active_ids=notices.ids)
        wizard.create({"reason": "As agreed", **vals}).action_change()

    def _prepare_second(self):
        """The draft of a second reminder."""
        self._run_ladder("2026-03-03")
        notice = self._preview().notice_ids
        self.assertEqual(notice.level_id, self.second)
        return notice

    def _send(self, notice):
        notice.run_id.action_confirm()
        self._deliver()
        return notice

    # === LEVEL === #

    def test_lower_level_repeats_its_words_without_a_step(self):
        notice = self._prepare_second()
        self._change(notice, user=self.collector, level_id=self.first.id)
        self.assertRecordValues(
            notice.line_ids,
            [
                {
                    "level_id": self.first.id,
                    "is_step": False,
                    "decided_level_id": self.second.id,
                }
            ],
        )
        self._send(notice)
        self.assertRecordValues(
            notice, [{"state": "sent", "level_id": self.first.id, "amount_due": 1000.0}]
        )
        self.assertIn("friendly reminder", notice.subject)
        self.assertIn("As agreed", notice.change_note)
        # the item stands where it stood; the second reminder comes after the distance
        self.assertEqual(self.item.ar_level_id, self.first)
        rows = [self._decide(day)[self.item] for day in ("2026-04-07", "2026-04-08")]
        self.assertEqual([row["verdict"] for row in rows], ["interval", "dun"])
        self.assertEqual(rows[1]["next_level_id"], self.second.id)

    def test_lower_level_that_was_left_out_is_taken(self):
        self.second.delay_days = 4
        self.first.min_amount = 5000
        self._run_ladder("2026-03-03")
        notice = self._preview().notice_ids
        self.assertFalse(notice)  # the first level's minimum is never met
        self.first.min_amount = 0
        notice = self._preview().notice_ids
        self._change(notice, level_id=self.second.id)
        self._change(notice, level_id=self.first.id)
        self.assertRecordValues(
            notice.line_ids, [{"level_id": self.first.id, "is_step": True}]
        )
        self._send(notice)
        self.assertEqual(self.item.ar_level_id, self.first)

    def test_only_managers_raise(self):
        notice = self._prepare_second()
        with self.assertRaises(AccessError):
            self._change(notice, user=self.collector, level_id=self.final.id)
        self.assertEqual(notice.level_id, self.second)
        self._change(notice, level_id=self.final.id)
        self._send(notice)
        self.assertRecordValues(notice, [{"state": "sent", "level_id": self.final.id}])
        self.assertEqual(self.item.ar_level_id, self.final)
        self.assertEqual(self._verdict(self.invoice), "finished")
        kinds = self.env["ar.deviation"].search([("notice_id", "=", notice.id)])
        self.assertEqual(kinds.mapped("kind"), ["raised"])

    def test_collector_goes_back_to_what_is_due(self):
        notice = self._prepare_second()
        self._change(notice, user=self.collector, level_id=self.first.id)
        self._change(notice, user=self.collector, level_id=self.second.id)
        self.assertRecordValues(
            notice, [{"level_id": self.second.id, "is_level_changed": False}]
        )
        self.assertRecordValues(
            notice.line_ids, [{"level_id": self.second.id, "is_step": True}]
        )
        with self.assertRaisesRegex(AccessError, "above what is due: “Second"):
            self._change(notice, user=self.collector, level_id=self.final.id)

    def test_items_below_never_go_above_their_own_level(self):
        """Neither when a manager raises the notice nor when it is lowered again."""
        fresh = self._receivable(self._create_invoice_due("2026-03-20", 50))
        self.policy.level_ids.min_interval_days = 1
        notice = self._prepare_second()
        at = {ln.move_line_id: ln for ln in notice.line_ids}
        self.assertEqual(at[fresh].level_id, self.first)
        self._change(notice, level_id=self.final.id)
        self.assertEqual(at[self.item].level_id, self.final)
        self.assertRecordValues(
            at[fresh], [{"level_id": self.first.id, "level_rank": 2, "is_step": True}]
        )
        self._change(notice, level_id=self.second.id)
        self.assertEqual(at[self.item].level_id, self.second)
        self.assertEqual(at[fresh].level_id, self.first)
        self._send(notice)
        self.assertEqual(self.item.ar_level_id, self.second)
        self.assertEqual(fresh.ar_level_id, self.first)

    def test_run_counts_what_deciding_again_would_forget(self):
        notice = self._prepare_second()
        run = notice.run_id
        self.assertEqual(run.changed_count, 0)
        self._change(notice, level_id=self.first.id)
        self.assertEqual(run.changed_count, 1)
        run.action_preview()
        self.assertEqual(run.changed_count, 0)
        self.assertEqual(run.notice_ids.level_id, self.second)

    def test_overdue_items_get_no_note_of_a_due_date_to_come(self):
        notice = self._prepare_second()
        with self.assertRaisesRegex(UserError, "due date to come"):
            self._change(notice, level_id=self.upcoming.id)

    def _open_dialog(self, notice, user=None):
        wizard = self.env["ar.dunning.notice.change"].with_user(user or self.env.user)
        return wizard.with_context(active_model=notice._name, active_ids=notice.ids)

    def test_dialog_shows_what_is_due_and_warns_above_it(self):
        notice = self._prepare_second()
        form = Form(self._open_dialog(notice))
        self.assertEqual(form.due_level_ids[:], self.second)
        self.assertEqual(form.choice_ids[:], self.first + self.second + self.final)
        self.assertFalse(form.above_count)
        form.level_id = self.final
        self.assertEqual(form.above_count, 1)
        form = Form(self._open_dialog(notice, self.collector))
        self.assertEqual(form.choice_ids[:], self.first + self.second)

    def test_dialogs_ignore_the_ids_of_something_else(self):
        notice = self._prepare_second()
        foreign = {
            "active_model": "res.partner",
            "active_id": notice.run_id.id,
            "active_ids": notice.ids,
        }
        change = self.env["ar.dunning.notice.change"].with_context(**foreign)
        with self.assertRaisesRegex(UserError, "to change first"):
            change.create({"reason": "No", "level_id": self.first.id}).action_change()
        drop = self.env["ar.dunning.notice.drop"].with_context(**foreign)
        with self.assertRaisesRegex(UserError, "to drop first"):
            drop.create({"reason": "No"}).action_drop()
        undo = self.env["ar.dunning.run.undo"].with_context(**foreign)
        self.assertFalse(undo.default_get(["run_id"]).get("run_id"))
        self.assertRecordValues(
            notice, [{"state": "draft", "level_id": self.second.id}]
        )

    def test_item_still_takes_each_level_once(self):
        notice = self._prepare_second()
        self._change(notice, level_id=self.first.id)
        # to write the step all the same is refused by the database
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.UniqueViolation),
            self.env.cr.savepoint(),
        ):
            notice.line_ids.sudo().is_step = True
            self.env.flush_all()

    def test_approval_goes_with_the_level(self):
        self.final.needs_approval = True
        notice = self._prepare_second()
        self._change(notice, level_id=self.final.id)
        self.assertTrue(notice.needs_approval)
        self._change(notice, level_id=self.second.id)
        self.assertFalse(notice.needs_approval)

    def test_notice_that_needs_no_approval_any_more_goes(self):
        """Its run was confirmed before: nobody would queue it otherwise."""
        self.second.needs_approval = True
        notice = self._prepare_second()
        run = notice.run_id.with_user(self.collector)
        run.action_confirm()
        self.assertEqual(notice.state, "draft")
        lawyer = self._create_contact("Lawyer", email="lawyer@example.com")
        self._change(notice, user=self.collector, partner_id=lawyer.id)
        self.assertRecordValues(notice, [{"state": "draft", "needs_approval": True}])
        self._change(
            notice,
            user=self.collector,
            level_id=self.first.id,
            partner_id=self.customer.id,
        )
        self.assertRecordValues(
            notice, [{"state": "queued", "partner_id": self.customer.id}]
        )
        self._deliver()
        self.assertRecordValues(notice, [{"state": "sent", "level_id": self.first.id}])
        self.assertEqual(run.state, "done")

    def test_level_of_another_policy_is_refused(self):
        notice = self._prepare_second()
        other = self.policy.copy().level_ids[1]
        with self.assertRaisesRegex(UserError, "another policy"):
            notice._change_level(other, "No")

    def test_sent_notice_is_not_changed(self):
        notice = self._send(self._prepare_second())
        for vals in ({"level_id": self.first.id}, {"partner_id": self.customer.id}):
            with self.assertRaisesRegex(UserError, "no draft"):
                self._change(notice, **vals)

    # === RECIPIENT === #

    def _create_contact(self, name, **vals):
        return self.env["res.partner"].create({"name": name, **vals})

    def test_look_again_keeps_the_chosen_recipient(self):
        lawyer = self._create_contact("Lawyer", email="lawyer@example.com")
        notice = self._preview().notice_ids
        self._change(notice, user=self.collector, partner_id=lawyer.id)
        self._create_invoice_due("2026-03-20", 100)  # the claim changes meanwhile
        self._send(notice)
        self.assertRecordValues(
            notice,
            [
                {
                    "partner_id": lawyer.id,
                    "state": "sent",
                    "amount_due": 1100.0,
                    "debtor_id": notice.debtor_id.id,
                }
            ],
        )

    def test_somebody_else_reads_whom_it_concerns(self):
        """In the recipient's language; the customer's own contacts know."""
        line = "This concerns:"
        own = self._create_contact(
            "Own Books", email="own@example.com", parent_id=self.customer.id
        )
        lawyer = self._create_contact("Lawyer", email="lawyer@example.com")
        notice = self._preview().notice_ids
        self.assertNotIn(line, notice.preview)
        self._change(notice, partner_id=own.id)
        self.assertNotIn(line, notice.preview)
        self._change(notice, partner_id=lawyer.id)
        self.assertRegex(notice.preview, rf"{line}\s+Late Payer Ltd\s")
        root = self.env(user=SUPERUSER_ID)
        root["res.lang"]._activate_lang("de_DE")
        root["ir.module.module"]._load_module_terms(["ar_collections"], ["de_DE"])
        self.env.invalidate_all()
        lawyer.lang = "de_DE"
        self._send(notice)
        self.assertRegex(notice.body, r"Es geht um:\s+Late Payer Ltd\s")

    def test_why_tells_who_redirected_and_chose_the_level(self):
        lawyer = self._create_contact("Lawyer", email="lawyer@example.com")
        notice = self._prepare_second()
        self._change(
            notice,
            user=self.collector,
            partner_id=lawyer.id,
            level_id=self.first.id,
            reason="She acts for them",
        )
        name = self.collector.name
        note = f"{name} chose Lawyer as recipient instead of Late Payer Ltd: She acts"
        self._create_invoice_due("2026-03-20", 100)
        self._send(notice)
        for text in (note, f"{name} chose level", "the claim changed"):
            self.assertIn(text, notice.explanation_sent)
        self.assertEqual(notice.explanation_sent.count("She acts for them"), 2)

    def test_picker_begins_with_the_customers_own_contacts(self):
        own = self._create_contact("Own Books", parent_id=self.customer.id)
        lawyer = self._create_contact("Lawyer", email="lawyer@example.com")
        form = Form(self._open_dialog(self._preview().notice_ids))
        domain = self.env["ar.dunning.notice.change"]._fields["partner_id"].domain
        offered = {}
        for outside in (False, True):
            form.is_outside = outside
            names = {"is_outside": outside, "customer_id": self.customer.id}
            found = self.env["res.partner"].search(safe_eval(domain, names))
            offered[outside] = found & (self.customer | own | lawyer)
        self.assertEqual(offered[False], self.customer | own)
        self.assertEqual(offered[True], self.customer | own | lawyer)
        form.partner_id = own
        self.assertFalse(form.is_foreign)
        form.partner_id = lawyer
        self.assertTrue(form.is_foreign)
        form.is_outside = False
        self.assertFalse(form.partner_id)

    def test_look_again_keeps_the_chosen_level(self):
        notice = self._prepare_second()
        self._change(notice, level_id=self.first.id)
        self._create_invoice_due("2026-03-20", 100)
        self._send(notice)
        self.assertRecordValues(
            notice, [{"level_id": self.first.id, "amount_due": 1100.0}]
        )

    def test_chosen_recipient_without_e_mail_gets_a_letter(self):
        notice = self._preview().notice_ids
        bare = self._create_contact("No Address")
        with self.assertRaisesRegex(UserError, "no complete postal address"):
            self._change(notice, partner_id=bare.id)
        lawyer = self._create_contact("Lawyer", street="1 Court Road", city="Ghent")
        self._change(notice, partner_id=lawyer.id)
        self.assertRecordValues(
            notice, [{"partner_id": lawyer.id, "channel": "letter"}]
        )

    def test_one_recipient_for_one_customer(self):
        other = self._create_customer("Other Ltd")
        self._create_invoice_due("2026-03-20", 100, other)
        notices = self._preview().notice_ids
        with self.assertRaisesRegex(UserError, "one customer at a time"):
            self._change(notices, partner_id=self.customer.id)
        with self.assertRaisesRegex(UserError, "another level or another"):
            self._change(notices)

    # === LOOK AGAIN === #

    def test_new_debt_and_credit_since_the_decision(self):
        """The claim is what a decision of now would claim, and never negative."""
        for credit, claim in ((700, 800), (1100, 400), (1600, 0)):
            with self.subTest(credit=credit):
                customer = self._create_customer(f"Credit {credit}")
                self._create_invoice_due("2026-03-20", 1000, customer)
                run = self._preview()
                self._create_invoice_due("2026-03-21", 500, customer)
                self._create_payment(customer, credit)
                run.action_confirm()
                rows = self.env["ar.dunning.engine"]._decide(
                    self.company, run.date, partners=customer, runs=run
                )
                self.assertEqual(max(rows[0]["claim"], 0), claim)
                self._deliver()
                notice = run.notice_ids.filtered(
                    lambda n, c=customer: n.debtor_id.partner_id == c
                )
                self.assertEqual(notice.state, "sent" if claim else "cancel")
                if claim:
                    self.assertEqual(notice.amount_due, claim)
                    listed = notice.line_ids.mapped("amount_residual")
                    self.assertEqual(sum(listed), claim)

    def test_a_reminder_never_claims_what_is_not_due(self):
        """Neither when it is decided nor when it is looked at again."""
        self._create_invoice_due("2026-04-05", 700)
        notice = self._preview().notice_ids
        self._create_invoice_due("2026-04-06", 300)
        self._create_invoice_due("2026-04-20", 200)
        self.assertEqual(notice.amount_due, 1000.0)
        self._send(notice)
        self.assertRecordValues(
            notice, [{"state": "sent", "amount_due": 1000.0, "level_id": self.first.id}]
        )
        self.assertEqual(notice.line_ids.move_line_id, self.item)
        self.assertEqual(notice.date_sent.isoformat(), TODAY)
