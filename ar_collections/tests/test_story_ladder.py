from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged

from .common import ArCollectionsCommon


@tagged("post_install", "-at_install")
class TestStoryLadder(ArCollectionsCommon):
    """How a debtor climbs the ladder; read it from top to bottom."""

    def test_story_climbs_four_levels_and_pays(self):
        # An invoice of 1,000 is sold on 1 January and falls due on the 31st.
        invoice = self._create_invoice_due(
            "2026-01-31", 1000, invoice_date="2026-01-01"
        )
        item = self._receivable(invoice)

        # Eight days before, nothing happens. Seven days before, a friendly note.
        self.assertFalse(self._run_ladder("2026-01-23"))
        notice = self._run_ladder("2026-01-24")
        self.assertRecordValues(
            notice,
            [{"level_id": self.upcoming.id, "amount_due": 1000.0, "state": "sent"}],
        )
        self.assertEqual(notice.channel, "email")
        self.assertEqual(notice.partner_id, self.customer)

        # The days go by; each day's run looks and leaves the customer alone.
        for day in ("2026-01-25", "2026-01-31", "2026-02-01", "2026-02-02"):
            self.assertFalse(self._run_ladder(day), day)

        # Three days late: the first reminder. Then fifteen, then thirty.
        climb = (
            ("2026-02-03", self.first),
            ("2026-02-15", self.second),
            ("2026-03-02", self.final),
        )
        for day, level in climb:
            notice = self._run_ladder(day)
            self.assertEqual(notice.level_id, level, day)
            self.assertEqual(notice.date_sent.isoformat(), day)
            self.assertEqual(item.ar_level_id, level)
            self.assertEqual(invoice.dunning_level_id, level)
            # The same night once more: nothing.
            self.assertFalse(self._run_ladder(day), day)

        # The last level planned a call for the collector on the debtor.
        debtor = notice.debtor_id
        self.assertEqual(len(debtor.activity_ids), 1)
        self.assertEqual(debtor.activity_ids.date_deadline, notice.date_deadline)

        # The ladder is at its end; somebody has to decide, and the run says so.
        with freeze_time("2026-03-20"):
            run = self._preview("2026-03-20")
            self.assertFalse(run.notice_ids)
            self.assertEqual(run.skip_ids.reason, "finished")
            run.action_cancel()

            # At last the customer pays: nothing is left to say, and no level stays.
            self._pay(invoice)
            self.env["ar.debtor"]._refresh(self.company)
            run = self._preview("2026-03-20")
        self.assertFalse(run.notice_ids)
        self.assertFalse(run.skip_ids)
        self.assertRecordValues(
            debtor, [{"level_id": False, "amount_due": 0.0, "days_overdue": 0}]
        )
        # Four notices with their texts stay in the history.
        self.assertEqual(debtor.notice_count, 4)
        self.assertTrue(all(debtor.notice_ids.mapped("body")))

    def test_deadline_in_the_preview_is_the_one_sent(self):
        """At each level, also the last; and never after the ladder's next step."""
        self._create_invoice_due("2026-01-31", 1000, invoice_date="2026-01-01")
        deadlines = {}
        for day in ("2026-01-24", "2026-02-03", "2026-02-15", "2026-03-02"):
            with freeze_time(day):
                run = self._preview(day)
                shown = run.notice_ids.date_deadline
                run.action_confirm()
                self._deliver()
            self.assertEqual(run.notice_ids.date_deadline, shown, day)
            deadlines[day] = shown.isoformat()
        self.assertEqual(
            deadlines,
            {
                "2026-01-24": "2026-02-02",
                "2026-02-03": "2026-02-10",
                "2026-02-15": "2026-02-23",
                "2026-03-02": "2026-03-12",
            },
        )

    def test_story_first_instalment_overdue(self):
        """30 % at once, 70 % after two months: the header says not due."""
        terms = self.env["account.payment.term"].create(
            {
                "name": "30/70",
                "line_ids": [
                    (0, 0, {"value": "percent", "value_amount": 30, "nb_days": 0}),
                    (0, 0, {"value": "percent", "value_amount": 70, "nb_days": 60}),
                ],
            }
        )
        invoice = self._create_invoice_due(
            "2026-03-25",
            1000,
            invoice_date="2026-03-25",
            invoice_payment_term_id=terms.id,
        )
        self.assertGreater(invoice.invoice_date_due.isoformat(), "2026-03-31")
        notice = self._run_ladder("2026-03-31")
        self.assertEqual(notice.level_id, self.first)
        self.assertEqual(notice.amount_due, 300.0)
        self.assertEqual(len(notice.line_ids), 1)

    def test_story_payment_between_preview_and_confirm(self):
        """Preview in the morning, money at noon, confirmed in the afternoon."""
        paid = self._create_invoice_due("2026-03-20", 500)
        other = self._create_customer("Other Ltd")
        self._create_invoice_due("2026-03-20", 700, other)
        run = self._preview()
        self.assertEqual(len(run.notice_ids), 2)
        self._pay(paid)
        run.action_confirm()
        with self.trap_contacts() as seen:
            self._deliver()
        self.assertEqual([partner for _c, partner, _l in seen], [other])
        dropped = run.notice_ids.filtered(lambda n: n.debtor_id.partner_id != other)
        self.assertEqual(dropped.state, "cancel")
        self.assertIn("paid", dropped.cancel_reason)
        self.assertEqual(run.state, "done")

    def test_story_buys_every_week_and_never_pays(self):
        """Neither the notes about what falls due nor the new reminders hold it back."""
        start = fields.Date.to_date("2026-01-05")
        for week in range(9):
            due = fields.Date.add(start, weeks=week)
            self._create_invoice_due(due, 100, invoice_date="2025-12-01")
        reached = {}
        with self.trap_contacts() as seen:
            for day in range(-7, 46):
                today = fields.Date.add(start, days=day)
                sent = self._run_ladder(fields.Date.to_string(today))
                self.assertLessEqual(len(sent), 1)
                if sent:
                    reached.setdefault(sent.level_id, day)
        # a final demand in the sixth week, as if this were its only invoice
        self.assertEqual(reached[self.first], 3)
        self.assertLessEqual(reached[self.second], 15 + 8)
        self.assertLessEqual(reached[self.final], 30 + 8)
        # and no flood either: no two reminders within eight days
        self.assertLessEqual(len(seen), 46 // 7 + 46 // 8 + 2)
