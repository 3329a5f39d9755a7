from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import TODAY, ArCollectionsCommon


@tagged("post_install", "-at_install")
class TestArDunningUndo(ArCollectionsCommon):
    """Taking a run back, deciding it again, and what an approval holds up."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._create_invoice_due("2026-02-28", 1000)
        cls.item = cls._receivable(cls.invoice)
        cls.collector = new_test_user(
            cls.env, "collector", groups="ar_collections.ar_collections_group_user"
        )

    def _undo(self, run, reason="Wrong list", user=None, are_mails_gone=True):
        if are_mails_gone:
            self._get_mails(run).sudo().state = "sent"
        wizard = self.env["ar.dunning.run.undo"].with_user(user or self.env.user)
        wizard.create({"run_id": run.id, "reason": reason}).action_undo()
        self.env.invalidate_all()

    def _get_mails(self, run):
        messages = run.notice_ids.mail_message_id
        return self.env["mail.mail"].search([("mail_message_id", "in", messages.ids)])

    # === UNDO === #

    def test_items_go_back_to_the_level_they_had(self):
        self._run_ladder("2026-03-03")
        notice = self._run_ladder("2026-03-15")
        self.assertEqual(self.item.ar_level_id, self.second)
        with freeze_time("2026-03-16"):
            self._undo(notice.run_id)
        self.assertEqual(self.item.ar_level_id, self.first)
        self.assertRecordValues(
            notice, [{"state": "sent", "is_undone": True, "status": "undone"}]
        )
        self.assertIn("Wrong list", notice.change_note)
        # the customer has read it: the distance of 8 days from it is kept
        rows = [self._decide(day)[self.item] for day in ("2026-03-22", "2026-03-23")]
        self.assertEqual([row["verdict"] for row in rows], ["interval", "dun"])
        self.assertEqual(rows[1]["next_level_id"], self.second.id)
        debtor = notice.debtor_id
        self.assertEqual(debtor.level_id, self.first)
        log = self.env["ar.deviation"].search([("notice_id", "=", notice.id)])
        self.assertRecordValues(log, [{"kind": "undone", "reason": "Wrong list"}])
        # the second reminder can be sent once more
        self.assertEqual(self._run_ladder("2026-03-23").level_id, self.second)

    def test_dialog_counts_nothing_as_sent_that_still_waits(self):
        other = self._create_customer("Other Ltd")
        self._create_invoice_due("2026-02-28", 50, other)
        run = self._run_ladder("2026-03-03").run_id
        mails = self._get_mails(run).sudo()
        self.assertEqual(mails.mapped("state"), ["outgoing"] * 2)

        def count():
            wizard = self.env["ar.dunning.run.undo"].new({"run_id": run.id})
            return wizard.unsent_count, wizard.unprinted_count, wizard.sent_count

        self.assertEqual(count(), (2, 0, 0))
        mails[0].state = "sent"
        self.assertEqual(count(), (1, 0, 1))
        # on its way to the mail server at this moment
        mails[1].ar_handed_over = "2026-03-03 10:00:00"
        self.assertEqual(count(), (0, 0, 2))
        letter = run.notice_ids.filtered(
            lambda n: n.mail_message_id == mails[1].mail_message_id
        )
        letter.sudo().channel = "letter"
        self.assertEqual(count(), (0, 1, 1))

    def test_later_run_must_be_undone_first(self):
        early = self._run_ladder("2026-03-03").run_id
        late = self._run_ladder("2026-03-15").run_id
        with self.assertRaisesRegex(UserError, "later run"):
            self._undo(early)
        self.env.invalidate_all()
        self.assertEqual(self.item.ar_level_id, self.second)
        self._undo(late)
        self._undo(early)
        self.assertFalse(self.item.ar_level_id)
        with self.assertRaisesRegex(UserError, "undone"):
            self._undo(early)

    def test_unprinted_letters_are_cancelled_printed_ones_stay(self):
        other = self._create_customer("Printed Ltd")
        self._create_invoice_due("2026-02-28", 500, other)
        (self.customer + other).email = False
        with self.trap_pdfs():
            notices = self._run_ladder("2026-03-15").sorted("amount_due")
        self.assertEqual(notices.mapped("channel"), ["letter", "letter"])
        notices[0].sudo().is_printed = True
        self._undo(notices.run_id)
        self.assertRecordValues(
            notices,
            [
                {"state": "sent", "is_undone": True},
                {"state": "cancel", "is_undone": True},
            ],
        )
        contacts = self.env["ar.contact"].search([("notice_id", "in", notices.ids)])
        outcomes = {c.notice_id: c.outcome for c in contacts}
        self.assertEqual([outcomes[n] for n in notices], ["sent", "failed"])
        # nobody got the letter: nothing holds the next one back
        verdicts = {r["partner_id"]: r["verdict"] for r in self._decide().values()}
        self.assertEqual(verdicts[self.customer.id], "dun")

    def test_emails_that_wait_in_the_queue_are_withdrawn(self):
        other = self._create_customer("Handed Over Ltd")
        self._create_invoice_due("2026-02-28", 500, other)
        notices = self._run_ladder("2026-03-15").sorted("amount_due")
        mails = self._get_mails(notices.run_id)
        gone, waiting = mails.sorted(
            lambda m: m.mail_message_id != notices[0].mail_message_id
        )
        gone.ar_handed_over = "2026-03-15 10:00:00"
        self._undo(notices.run_id, are_mails_gone=False)
        self.assertRecordValues(
            notices,
            [
                {"state": "sent", "is_undone": True},
                {"state": "cancel", "is_undone": True},
            ],
        )
        self.assertEqual((gone.state, waiting.state), ("outgoing", "cancel"))
        # nobody got it: nothing holds the next one back
        verdicts = {r["partner_id"]: r["verdict"] for r in self._decide().values()}
        self.assertEqual(verdicts[self.customer.id], "dun")
        contacts = self.env["ar.contact"].search([("notice_id", "in", notices.ids)])
        outcomes = {c.notice_id: c.outcome for c in contacts}
        self.assertEqual([outcomes[n] for n in notices], ["sent", "failed"])
        for button in ("mark_outgoing", "action_retry"):
            waiting.state = "exception"
            with self.assertRaisesRegex(UserError, "was cancelled"):
                getattr(waiting, button)()

    def test_undone_notice_that_comes_back_is_not_sent_again(self):
        self.levels.fallback_channel = "letter"
        notice = self._run_ladder("2026-03-15")
        self._undo(notice.run_id)
        for fail in (
            lambda n: n._handle_bounce(self.customer.email_normalized, "No such user"),
            lambda n: n._set_undelivered("Burnt.", "Burnt"),
            lambda n: n._set_unsendable("No post.", "No post"),
            lambda n: n._set_failed("Refused."),
        ):
            fail(notice.sudo())
            self.assertEqual((notice.state, notice.run_id.state), ("sent", "done"))
        self.assertEqual(self.customer.ar_bounced_email, self.customer.email_normalized)
        self.assertEqual(notice.problem, "Refused.")
        self.assertFalse(notice.debtor_id.activity_ids)

    def test_undone_items_are_not_sent_when_looked_at_again(self):
        run = self._preview()
        run.action_confirm()
        run.notice_ids.line_ids.sudo().is_live = False
        with self.trap_contacts() as seen:
            self._deliver()
        self.assertFalse(seen)
        self.assertEqual(run.notice_ids.state, "cancel")

    def test_what_failed_of_a_cancelled_run_stays_in_the_queue_no_more(self):
        run = self._preview()
        run.action_confirm()
        self._deliver()
        mail = self._get_mails(run)
        mail.state = "exception"
        run.notice_ids.sudo()._set_failed("Refused.")
        run.sudo().state = "confirmed"
        run.action_cancel()
        self.assertEqual((run.notice_ids.state, mail.state), ("cancel", "cancel"))

    def test_what_waits_is_not_sent(self):
        run = self._preview()
        run.action_confirm()
        self._undo(run)
        with self.trap_contacts() as seen:
            self._deliver()
        self.assertFalse(seen)
        self.assertRecordValues(run, [{"state": "cancel", "cancel_count": 1}])
        self.assertEqual(self._verdict(self.invoice), "dun")

    def test_what_failed_is_not_tried_again(self):
        """The run is undone: "Try again" must not send what it could not send before."""
        other = self._create_customer("Failing Ltd")
        self._create_invoice_due("2026-02-28", 500, other)
        notices = self._run_ladder("2026-03-15")
        failed = notices.filtered(lambda n: n.partner_id == other)
        failed.sudo()._set_failed("No such mailbox")
        mail = self.env["mail.mail"].create(
            {"mail_message_id": failed.mail_message_id.id, "state": "exception"}
        )
        run = notices.run_id
        self.assertRecordValues(run, [{"state": "done", "error_count": 1}])
        self._undo(run, are_mails_gone=False)
        self.assertRecordValues(
            failed, [{"state": "cancel", "cancel_reason": "The run was undone."}]
        )
        self.assertEqual(mail.state, "cancel")
        self.assertFalse(run.error_count)
        self.assertFalse(any(failed.line_ids.mapped("is_live")))

    def test_earlier_notes_stay(self):
        """Who chose the level is history; the undoing comes after it."""
        self._run_ladder("2026-03-03")
        run = self._preview()
        wizard = self.env["ar.dunning.notice.change"]
        wizard.create(
            {
                "notice_ids": run.notice_ids.ids,
                "level_id": self.first.id,
                "reason": "asked for a softer word",
            }
        ).action_change()
        self.env.invalidate_all()
        run.action_confirm()
        self._deliver()
        before = run.notice_ids.change_note
        self.assertIn("softer word", before)
        self._undo(run)
        note = run.notice_ids.change_note
        self.assertTrue(note.startswith(before))
        self.assertIn("Wrong list", note)

    def test_branches_of_a_head_office_are_refreshed(self):
        self.policy.grouping = "head_office"
        branch = self._create_customer("Branch Ltd", parent_id=self.customer.id)
        self._create_invoice_due("2026-02-28", 500, branch)
        notice = self._run_ladder("2026-03-15")
        owes = self.env["ar.debtor"].search([("partner_id", "=", branch.id)])
        self.assertTrue(owes.level_id)
        self._undo(notice.run_id)
        self.assertFalse(owes.level_id)

    def test_deviations_are_in_the_currency_of_the_company(self):
        foreign = self.env.ref("base.GBP")
        foreign.active = True
        self.env["res.currency.rate"].create(
            {
                "currency_id": foreign.id,
                "company_id": self.company.id,
                "name": "2026-01-01",
                "rate": 2.0,
            }
        )
        self._create_invoice_due("2026-02-28", 300, currency_id=foreign.id)
        notices = self._run_ladder("2026-03-15")
        self._undo(notices.run_id)
        log = self.env["ar.deviation"].search([("notice_id", "in", notices.ids)])
        self.assertEqual(
            {(row.notice_id.currency_id.name, row.amount) for row in log},
            {(self.company.currency_id.name, 1000.0), ("GBP", 150.0)},
        )
        self.assertEqual(set(log.mapped("reason")), {"Wrong list"})
        self.assertEqual(log.user_id, self.env.user)

    def test_undoing_many_costs_no_more_queries(self):
        """A hundred thousand notices are taken back in one statement each."""

        def count(number):
            for i in range(number):
                self._create_invoice_due(
                    "2026-02-28", 500, self._create_customer(f"{number} {i}")
                )
            run = self._run_ladder("2026-03-15").run_id
            self._get_mails(run).sudo().state = "sent"
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            run._undo("Wrong list")
            self.env.flush_all()
            used = self.env.cr.sql_log_count - before
            self.assertEqual(run.undone_count, len(run.notice_ids))
            return used

        few = count(2)
        self.assertLessEqual(count(12), few)

    def test_planned_call_is_withdrawn(self):
        for day in ("2026-03-03", "2026-03-15"):
            self._run_ladder(day)
        notice = self._run_ladder("2026-03-30")
        self.assertEqual(notice.level_id, self.final)
        self.assertEqual(len(notice.debtor_id.activity_ids), 1)
        self._undo(notice.run_id)
        self.assertFalse(notice.debtor_id.activity_ids)

    def test_collector_undoes_nothing(self):
        run = self._run_ladder("2026-03-15").run_id
        with self.assertRaises(AccessError):
            self._undo(run, user=self.collector)
        with self.assertRaises(AccessError):
            run.with_user(self.collector)._undo("No")
        self.assertFalse(run.notice_ids.is_undone)

    # === DECIDE AGAIN === #

    def test_dropped_customers_stay_dropped(self):
        other = self._create_customer("Other Ltd")
        self._create_invoice_due("2026-02-28", 500, other)
        run = self._preview()
        run.notice_ids.filtered(lambda n: n.partner_id == other).action_drop("Called")
        run.action_preview()
        waiting = run.notice_ids.filtered(lambda n: n.state == "draft")
        self.assertEqual(waiting.partner_id, self.customer)
        self.assertEqual(len(run.notice_ids), 2)

    def test_dropped_head_office_stays_dropped(self):
        """Its branches owe on, and share its letter."""
        self.policy.grouping = "head_office"
        branch = self._create_customer("Branch Ltd", parent_id=self.customer.id)
        self._create_invoice_due("2026-02-28", 500, branch)
        run = self._preview()
        self.assertRecordValues(
            run.notice_ids, [{"partner_id": self.customer.id, "amount_due": 1500.0}]
        )
        run.notice_ids.action_drop("Called")
        run.action_preview()
        self.assertEqual(run.notice_ids.mapped("state"), ["cancel"])
        self.assertFalse(run.draft_count)

    # === THE DAY === #

    def test_run_for_a_past_day_cannot_be_confirmed(self):
        run = self._preview("2026-03-20")
        self.assertTrue(run.draft_count)
        with self.assertRaisesRegex(UserError, "not dated back"):
            run.action_confirm()
        self.assertRecordValues(run, [{"state": "draft", "queued_count": 0}])

    def test_run_of_yesterday_can_be_confirmed_today(self):
        with freeze_time("2026-03-30"):
            run = self._preview("2026-03-30")
        run.action_confirm()
        self._deliver()
        self.assertEqual(run.notice_ids.date_sent.isoformat(), TODAY)

    # === APPROVAL === #

    def _confirm_as_collector(self):
        self.first.needs_approval = True
        self.second.needs_approval = True
        self._create_invoice_due("2026-03-26", 30, self._create_customer("Plain Ltd"))
        run = self._preview()
        run.with_user(self.collector).action_confirm()
        self._deliver()
        return run, run.notice_ids.filtered(lambda n: n.partner_id == self.customer)

    def test_notice_waits_for_the_manager(self):
        run, notice = self._confirm_as_collector()
        self.assertRecordValues(notice, [{"state": "draft", "needs_approval": True}])
        self.assertEqual(run.state, "confirmed")
        with self.assertRaises(AccessError):
            notice.with_user(self.collector).action_approve()
        notice.action_approve()
        self.assertRecordValues(
            notice,
            [
                {
                    "state": "queued",
                    "needs_approval": False,
                    "approval_user_id": self.env.user.id,
                }
            ],
        )
        self._deliver()
        # the other one still waits
        self.assertRecordValues(run, [{"state": "confirmed", "sent_count": 1}])
        run.notice_ids.action_approve()
        self._deliver()
        self.assertRecordValues(run, [{"state": "done", "sent_count": 2}])

    def test_others_do_not_wait(self):
        self.first.needs_approval = False
        run = self._preview()
        self.assertEqual(run.notice_ids.mapped("needs_approval"), [False])
        self.first.needs_approval = True
        run.action_preview()
        self.assertEqual(run.notice_ids.mapped("needs_approval"), [True])

    def test_refused_notice_is_not_sent(self):
        run, notice = self._confirm_as_collector()
        with self.assertRaises(AccessError):
            notice.with_user(self.collector).action_refuse("No")
        run.notice_ids.action_refuse("We are in talks")
        self.assertRecordValues(
            notice, [{"state": "cancel", "cancel_reason": "We are in talks"}]
        )
        self.assertEqual(run.state, "done")
        with self.trap_contacts() as seen:
            self._deliver()
        self.assertFalse(seen)

    def test_refusal_keeps_its_reason(self):
        _run, notice = self._confirm_as_collector()
        wizard = self.env["ar.dunning.notice.drop"].with_context(
            active_model=notice._name, active_ids=notice.ids, ar_refuse=True
        )
        refusal = wizard.with_user(self.collector).create({"reason": "No"})
        with self.assertRaisesRegex(AccessError, "Credit manager"):
            refusal.action_drop()
        wizard.create({"reason": "We are in talks"}).action_drop()
        self.assertRecordValues(
            notice, [{"state": "cancel", "cancel_reason": "We are in talks"}]
        )
        self.assertEqual(
            self.env["ar.deviation"].search([("notice_id", "=", notice.id)]).kind,
            "refused",
        )

    # === WHAT WAITS === #

    def test_left_alone_names_and_opens_what_waits(self):
        run = self._preview()
        again = self._preview()
        skip = again.skip_ids.filtered(
            lambda s: s.debtor_id == run.notice_ids.debtor_id
        )
        self.assertEqual(skip.reason, "pending")
        self.assertIn(run.notice_ids.name, skip.explanation)
        self.assertIn("still a draft", skip.explanation)
        action = skip.with_user(self.collector).action_open_waiting()
        self.assertEqual((action["res_model"], action["res_id"]), (run._name, run.id))
        run.action_confirm()
        skip.invalidate_recordset()
        self.assertIn("just being sent", skip.explanation)
        self._deliver()
        skip.invalidate_recordset()
        self.assertIn("comes first", skip.explanation)
        action = skip.action_open_waiting()
        self.assertEqual(action["domain"], [("debtor_id", "=", skip.debtor_id.id)])

    def test_approval_asked_for_after_the_decision(self):
        run = self._preview()
        self.first.needs_approval = True
        self.assertEqual(run.approval_count, 1)
        run.with_user(self.collector).action_confirm()
        self._deliver()
        notice = run.notice_ids
        self.assertRecordValues(notice, [{"state": "draft", "status": "approve"}])
        notice.action_approve()
        self._deliver()
        self.assertRecordValues(
            notice, [{"state": "sent", "approval_user_id": self.env.user.id}]
        )

    def test_approval_not_asked_for_any_more(self):
        self.first.needs_approval = True
        run = self._preview()
        self.first.needs_approval = False
        self.assertEqual(run.approval_count, 0)

    def test_what_was_approved_is_not_asked_for_again(self):
        self.first.needs_approval = True
        run = self._preview()
        notice = run.notice_ids
        notice.action_approve()
        # approved, and its run is nobody's word to send yet
        self.assertEqual(notice.state, "draft")
        self.first.needs_approval = False
        self.first.needs_approval = True
        self.assertRecordValues(
            notice,
            [{"needs_approval": False, "approval_user_id": self.env.user.id}],
        )
        run.with_user(self.collector).action_confirm()
        self._deliver()
        self.assertEqual(notice.state, "sent")

    def test_what_waits_in_a_run_that_is_sent_goes_by_its_own_button(self):
        _run, notice = self._confirm_as_collector()
        notice.level_id.needs_approval = False
        self.assertRecordValues(notice, [{"state": "draft", "needs_approval": True}])

    def test_approval_asked_for_while_it_waits_to_be_sent(self):
        run = self._preview()
        run.action_confirm()
        self.assertEqual(run.notice_ids.state, "queued")
        self.first.needs_approval = True
        with self.trap_contacts() as seen:
            self._deliver()
        self.assertFalse(seen)
        self.assertEqual(run.notice_ids.status, "approve")
        self.assertEqual(run.state, "confirmed")
        run.notice_ids.action_approve()
        self._deliver()
        self.assertEqual((run.notice_ids.state, run.state), ("sent", "done"))

    def test_manager_who_confirms_approves(self):
        self.first.needs_approval = True
        run = self._preview()
        run.action_confirm()
        self._deliver()
        self.assertRecordValues(
            run.notice_ids,
            [{"state": "sent", "approval_user_id": self.env.user.id}],
        )
