import psycopg2
from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import TODAY, ArCollectionsCommon


@tagged("post_install", "-at_install")
class TestArPause(ArCollectionsCommon):
    """A pause is a row: who asked for it, how long, and that somebody asks again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._create_invoice_due("2026-03-20", 1000)
        cls.item = cls._receivable(cls.invoice)
        cls.debtor = cls.env["ar.debtor"]._get(cls.customer, cls.company)
        cls.collector = new_test_user(
            cls.env, "collector", groups="ar_collections.ar_collections_group_user"
        )

    def _pause(self, **vals):
        return self.env["ar.pause"].create(
            {
                "debtor_id": self.debtor.id,
                "reason": "Asked for time",
                "user_id": self.collector.id,
                **vals,
            }
        )

    def _review(self, date):
        with freeze_time(date):
            self.env["ar.pause"]._cron_review()
        return self.debtor.activity_ids

    # === CONSTRAINTS === #

    def test_item_of_another_customer(self):
        other = self._create_invoice_due(
            "2026-03-20", 10, self._create_customer("Other Ltd")
        )
        revenue = self.invoice.line_ids - self.item
        for line in (self._receivable(other), revenue[0]):
            with (
                self.assertRaisesRegex(ValidationError, "not an open item"),
                self.env.cr.savepoint(),
            ):
                self._pause(line_ids=[Command.set(line.ids)])

    def test_amount_in_the_currency_of_the_items(self):
        currency = self.setup_other_currency("CHF", rates=[("2020-01-01", 2.0)])
        foreign = self._receivable(
            self._create_invoice_due("2026-03-20", 400, currency_id=currency.id)
        )
        with (
            self.assertRaisesRegex(ValidationError, "each currency"),
            self.env.cr.savepoint(),
        ):
            self._pause(
                line_ids=[Command.set((self.item + foreign).ids)],
                amount=100,
                currency_id=currency.id,
            )
        pause = self._pause(line_ids=[Command.set(foreign.ids)], amount=100)
        self.assertEqual(pause.currency_id, currency)
        self.assertEqual(self._decide()[foreign]["amount"], 300)

    def test_dates_and_amount(self):
        for vals in (
            {"date_from": "2026-03-20", "date_to": "2026-03-19"},
            {"amount": -1},
        ):
            with (
                self.subTest(vals=vals),
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.CheckViolation),
                self.env.cr.savepoint(),
            ):
                self._pause(**vals)

    def test_pause_of_a_deleted_item_pauses_nothing_else(self):
        entry = self._create_opening_entry(
            "2026-03-01", [(self.customer, 100)], no_followup=False
        )
        pause = self._pause(line_ids=[Command.set(self._receivable(entry).ids)])
        entry.button_draft()
        entry.line_ids.unlink()
        self.assertFalse(pause.line_ids)
        self.assertTrue(pause.is_for_items)
        self.assertEqual(self._verdict(self.invoice), "dun")

    def test_history_is_not_deleted(self):
        with self.assertRaisesRegex(UserError, "history"):
            self._pause().sudo().unlink()
        user = new_test_user(
            self.env, "reader", groups="ar_collections.ar_collections_group_readonly"
        )
        with self.assertRaises(AccessError):
            self._pause().with_user(user).reason = "Other"

    # === ASKING AGAIN === #

    def test_owner_is_asked_at_the_end_once(self):
        pause = self._pause(date_to="2026-04-10")
        self.assertEqual(pause.date_review.isoformat(), "2026-04-10")
        self.assertFalse(self._review("2026-04-09"))
        activity = self._review("2026-04-10")
        self.assertRecordValues(
            activity,
            [{"user_id": self.collector.id, "summary": activity.summary}],
        )
        self.assertIn("ends", activity.summary)
        self.assertIn("Asked for time", activity.note)
        for day in ("2026-04-11", "2026-05-10", "2026-06-30"):
            self.assertEqual(self._review(day), activity)

    def test_owner_of_a_long_pause_is_asked_every_month(self):
        self._pause()
        self.assertFalse(self._review("2026-04-29"))
        self.assertEqual(len(self._review("2026-04-30")), 1)
        self.assertIn("still right", self.debtor.activity_ids.summary)
        self.assertEqual(len(self._review("2026-05-29")), 1)
        self.assertEqual(len(self._review("2026-05-30")), 2)

    # === THE DEBTOR === #

    def test_ended_early_the_ladder_goes_on(self):
        self.env.cr.flush()  # what a commit does first: refresh the debtors
        with freeze_time("2026-03-25"):
            pause = self._pause(date_to="2026-04-10")
        self.assertEqual(self._verdict(self.invoice), "paused")
        self.assertTrue(self.debtor.is_paused)
        pause.action_end()
        self.assertEqual(pause.date_to.isoformat(), "2026-03-30")
        self.assertEqual(pause.state, "over")
        self.assertEqual(self._verdict(self.invoice), "dun")
        # one that began today leaves no day of pause behind
        pause = self._pause()
        pause.action_end()
        self.assertRecordValues(pause, [{"active": False, "state": "over"}])
        self.assertEqual(self._verdict(self.invoice), "dun")
        kinds = self.env["ar.deviation"].search([("debtor_id", "=", self.debtor.id)])
        self.assertEqual(
            sorted(kinds.mapped("kind")), ["paused", "paused", "resumed", "resumed"]
        )
        self.assertEqual(set(kinds.mapped("amount")), {1000.0})
        told = " ".join(self.debtor.message_ids.mapped("body"))
        self.assertIn("Pause ended", told)

    def test_figures_of_the_debtor_follow(self):
        self.env.cr.flush()
        self.debtor.invalidate_recordset()
        self.assertEqual(self.debtor.next_action_date.isoformat(), "2026-03-31")
        pause = self._pause(date_to="2026-04-10")
        self.env.cr.flush()
        self.debtor.invalidate_recordset()
        self.assertEqual(self.debtor.next_action_date.isoformat(), "2026-04-11")
        self.assertEqual(self.debtor.amount_overdue, 1000)
        pause.action_end()
        self.env.cr.flush()
        self.debtor.invalidate_recordset()
        self.assertEqual(self.debtor.next_action_date.isoformat(), "2026-03-31")

    def test_collector_pauses_several_invoices_at_once(self):
        other = self._create_customer("Other Ltd")
        invoices = self.invoice + self._create_invoice_due("2026-03-20", 50, other)
        wizard = self.env["ar.pause.create"].with_user(self.collector)
        wizard = wizard.with_context(
            active_model="account.move", active_ids=invoices.ids
        )
        wizard.create({"reason": "Flood", "kind": "wait"}).action_pause()
        self.assertEqual(
            {row["verdict"] for row in self._decide().values()}, {"paused"}
        )
        self.assertEqual(len(invoices.ar_pause_ids), 2)
        with self.assertRaisesRegex(UserError, "one customer"):
            wizard.create({"reason": "Flood", "amount": 10}).action_pause()

    # === UNTIL WHEN === #

    def _get_outlook(self):
        [row] = self._decide().values()
        return self.env["ar.dunning.engine"]._explain_row(row)

    def test_a_pause_without_an_end_says_so(self):
        endless = self._pause(date_review="2026-04-20")
        told = (self._get_outlook(), self._preview().skip_ids.explanation)
        for sentence in told:
            self.assertIn("until somebody ends it", sentence)
            self.assertIn("looked at again on 04/20/2026", sentence)
        endless.date_to = "2026-04-10"
        self.assertIn("Paused until 04/10/2026", self._get_outlook())

    def test_the_pause_of_a_whole_item_says_until_when(self):
        self._pause(amount=10)
        self._pause(date_to="2026-04-10")
        self.assertIn("Paused until 04/10/2026", self._get_outlook())
        self._pause(date_review="2026-04-05")
        self.assertIn("looked at again on 04/05/2026", self._get_outlook())

    def test_a_pause_ended_on_its_first_day_does_not_last_until_later(self):
        pause = self._pause(date_to="2026-04-10")
        planned = self._pause(date_from="2026-04-05", date_to="2026-04-10")
        (pause + planned).action_end()
        self.assertEqual(pause.date_to.isoformat(), TODAY)
        self.assertEqual(planned.date_to.isoformat(), "2026-04-05")
        self.assertFalse((pause + planned).filtered("active"))

    def test_item_stays_paused_whoever_owes_it_now(self):
        self._pause(line_ids=[Command.set(self.item.ids)])
        heir = self._create_customer("Heir Ltd")
        self.env.flush_all()
        # as a booking corrected by hand leaves it
        self.env.cr.execute(
            "UPDATE account_move_line SET partner_id = %s WHERE id = %s",
            [heir.id, self.item.id],
        )
        self.env.invalidate_all()
        self.assertEqual(self._verdict(self.invoice), "paused")

    # === WORDS === #

    def test_a_reason_is_asked_of_everybody(self):
        for reason in ("", "  "):
            with (
                self.assertRaisesRegex(ValidationError, "Say why"),
                self.env.cr.savepoint(),
            ):
                self._pause(reason=reason)

    def test_outlook_tells_the_part_that_is_paused(self):
        self.assertNotIn("paused", self.debtor.outlook)
        pause = self._pause(amount=400, date_to="2026-04-05")
        for record in (self.debtor, self.invoice):
            record.invalidate_recordset()
        for outlook in (self.debtor.outlook, self.invoice.ar_outlook):
            self.assertIn("goes out with the next run", outlook)
            self.assertIn("400.00", outlook)
            self.assertIn("of it is paused until 04/05/2026", outlook)
        pause.date_to = False
        self.debtor.invalidate_recordset()
        self.assertIn("paused until somebody ends that", self.debtor.outlook)
        # all of it: said once
        pause.amount = 0
        self.debtor.invalidate_recordset()
        self.assertNotIn("of it is paused", self.debtor.outlook)
