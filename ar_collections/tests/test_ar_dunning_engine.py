import psycopg2
from freezegun import freeze_time

from odoo import SUPERUSER_ID, fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import TODAY, ArCollectionsCommon


@tagged("post_install", "-at_install")
class TestArDunningEngine(ArCollectionsCommon):
    """When the ladder moves, and that deciding only reads."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.levels.min_interval_days = 5

    # === HELPERS === #

    def _get_step(self, move, date):
        """(verdict, level that it concerns) of an invoice on a day."""
        row = self._decide(date)[self._receivable(move)]
        level = self.env["ar.dunning.level"].browse(row["next_level_id"])
        return row["verdict"], level

    def _assert_steps(self, move, table):
        for date, verdict, level in table:
            with self.subTest(date=date):
                self.assertEqual(self._get_step(move, date), (verdict, level))

    def _create_debtors(self, count):
        """Debtors with one overdue item each, in one journal entry."""
        partners = self.env["res.partner"].create(
            [
                {"name": f"Debtor {n}", "email": f"debtor{n}@example.com"}
                for n in range(count)
            ]
        )
        self._create_opening_entry(
            "2026-03-20", [(p, 100) for p in partners], no_followup=False
        )
        self.env.cr.flush()  # what a commit does first: refresh the debtors
        return partners

    def _count_queries(self, method, *args, **kwargs):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        method(*args, **kwargs)
        return self.env.cr.sql_log_count - before

    # === WHEN === #

    def test_a_letter_of_friday_is_still_right_after_midnight(self):
        """A day off keeps new letters back; those on their way were decided before."""
        self.policy.is_workdays_only = True
        invoice = self._create_invoice_due("2026-03-11", 1000)
        saturday = fields.Date.to_date("2026-03-28")
        self.assertEqual(self._verdict(invoice, saturday), "waiting")
        with freeze_time("2026-03-27"):
            run = self._preview("2026-03-27")
        self.assertTrue(run.notice_ids)
        (row,) = self.env["ar.dunning.engine"]._decide(
            self.company, saturday, runs=run, keeps_days_off=False
        )
        self.assertEqual(row["verdict"], "dun")
        with freeze_time("2026-03-27"):
            run.action_confirm()
        with freeze_time("2026-03-28"):
            notices = run.with_user(SUPERUSER_ID).notice_ids
            self.assertEqual(notices._look_again(), notices)

    def test_levels_by_days_for_an_item_never_contacted(self):
        """A missed reminder before the due date is not made up for, nor is a level
        skipped because much time went by."""
        invoice = self._create_invoice_due(TODAY, 1000)
        due = fields.Date.to_date(TODAY)
        for days, verdict, level in (
            (-8, "waiting", self.upcoming),
            (-7, "dun", self.upcoming),
            (0, "dun", self.upcoming),
            (1, "waiting", self.first),
            (2, "waiting", self.first),
            (3, "dun", self.first),
            (14, "dun", self.first),
            (15, "dun", self.first),
            (30, "dun", self.first),
            (100, "dun", self.first),
        ):
            with self.subTest(days=days):
                step = self._get_step(invoice, fields.Date.add(due, days=days))
                self.assertEqual(step, (verdict, level))

    def test_climbs_one_level_at_a_time_after_downtime(self):
        invoice = self._create_invoice_due("2026-01-31", 1000)
        self._run_ladder("2026-02-03")
        self.assertEqual(self._run_ladder("2026-03-10").level_id, self.second)
        self._assert_steps(
            invoice,
            [
                ("2026-03-10", "interval", self.final),
                ("2026-03-14", "interval", self.final),
                # the second reminder gave a week
                ("2026-03-15", "deadline", self.final),
                ("2026-03-17", "deadline", self.final),
                ("2026-03-18", "dun", self.final),
            ],
        )
        self._run_ladder("2026-03-18")
        self.assertEqual(self._get_step(invoice, TODAY)[0], "finished")

    def test_silent_step_gives_no_time_whether_one_is_asked_for_or_all(self):
        """The steps of all customers are read by another statement than those of a few."""
        self.first.channel = "none"
        item = self._receivable(self._create_invoice_due("2026-03-01", 100))
        notice = self._run_ladder("2026-03-05")
        self.assertEqual(notice.channel, "none")
        notice.sudo().date_deadline = "2026-12-31"
        for partner in (self.customer, None):
            with self.subTest(partner=partner):
                row = self._decide(partner=partner)[item]
                self.assertEqual(row["verdict"], "dun")
                self.assertFalse(row["pay_by"])

    def test_second_reminder_waits_for_its_day(self):
        invoice = self._create_invoice_due("2026-02-28", 1000)
        self._run_ladder("2026-03-03")
        self._assert_steps(
            invoice,
            [
                ("2026-03-14", "waiting", self.second),
                ("2026-03-15", "dun", self.second),
            ],
        )

    def test_distance_is_kept_for_other_items_of_the_debtor_only(self):
        other = self._create_customer("Other Ltd")
        self._create_invoice_due("2026-03-10", 1000)
        mine = self._create_invoice_due("2026-03-15", 1000)
        theirs = self._create_invoice_due("2026-03-15", 1000, other)
        self._run_ladder("2026-03-16")
        self._assert_steps(
            mine,
            [
                ("2026-03-18", "interval", self.first),
                ("2026-03-20", "interval", self.first),
                ("2026-03-21", "dun", self.first),
            ],
        )
        self._assert_steps(theirs, [("2026-03-18", "dun", self.first)])

    def test_distance_of_zero_still_means_once_a_day(self):
        self.levels.min_interval_days = 0
        self._create_invoice_due("2026-03-10", 1000)
        self._run_ladder("2026-03-16")
        late = self._create_invoice_due("2026-03-12", 1000)
        self._assert_steps(
            late,
            [
                ("2026-03-16", "interval", self.first),
                ("2026-03-17", "dun", self.first),
            ],
        )

    def test_decision_for_a_past_day_repeats_no_level_sent_since(self):
        invoice = self._create_invoice_due("2026-02-28", 1000)
        self._run_ladder("2026-03-10")
        self._assert_steps(invoice, [("2026-03-09", "waiting", self.second)])

    def test_end_of_month_basis(self):
        self.first.delay_basis = "end_of_month"
        for due, reached in (
            ("2026-01-31", "2026-02-03"),
            ("2026-01-01", "2026-02-03"),
            ("2026-02-10", "2026-03-03"),
            ("2024-02-10", "2024-03-03"),
            ("2024-02-29", "2024-03-03"),
            ("2025-12-31", "2026-01-03"),
        ):
            with self.subTest(due=due):
                invoice = self._create_invoice_due(due, 100)
                after = fields.Date.add(fields.Date.to_date(due), days=1)
                row = self._decide(after)[self._receivable(invoice)]
                self.assertEqual(row["next_level_id"], self.first.id)
                self.assertEqual(str(row["next_date"]), reached)

    def test_previous_notice_basis(self):
        self.second.write({"delay_basis": "previous_notice", "delay_days": 10})
        invoice = self._create_invoice_due("2026-02-28", 1000)
        self._run_ladder("2026-03-12")
        self._assert_steps(
            invoice,
            [
                ("2026-03-21", "waiting", self.second),
                ("2026-03-22", "dun", self.second),
            ],
        )

    def test_item_in_a_waiting_notice_is_pending(self):
        invoice = self._create_invoice_due("2026-03-10", 1000)
        run = self._preview()
        self.assertEqual(self._verdict(invoice), "pending")
        run.action_cancel()
        self.assertEqual(self._verdict(invoice), "dun")

    def test_cancelled_notice_is_no_step(self):
        invoice = self._create_invoice_due("2026-02-28", 1000)
        with freeze_time("2026-03-10"):
            self._preview("2026-03-10").action_cancel()
        self.assertEqual(self._get_step(invoice, TODAY), ("dun", self.first))

    # === ONLY READS === #

    def test_deciding_writes_nothing(self):
        """Where every write is refused, everything that decides still works."""
        self._create_invoice_due("2026-03-10", 1000)
        self._create_invoice_due("2026-03-30", 3)
        debtor = self.env["ar.debtor"]._get(self.customer, self.company)
        wizard = self.env["ar.dunning.run.start"].new({"company_id": self.company.id})
        self.env.cr.flush()
        self.env.invalidate_all()
        with self.env.cr.savepoint(flush=False) as savepoint:
            self.env.cr.execute("SET LOCAL transaction_read_only = on")
            self.assertEqual(len(self._decide()), 2)
            self.assertEqual(len(self._decide("2026-03-20")), 2)
            self.assertIn("First reminder", debtor.outlook)
            self.assertEqual(wizard.notice_count, 1)
            refused = psycopg2.errors.ReadOnlySqlTransaction
            with mute_logger("odoo.sql_db"), self.assertRaises(refused):
                self.env.cr.execute("UPDATE ar_debtor SET amount_due = 1")
            savepoint.rollback()
        self.assertFalse(self.env["ar.dunning.run"].search([]).notice_ids)

    def test_deciding_a_set_is_deciding_its_parts(self):
        partners = self._create_debtors(3)
        self._create_payment(partners[1], 400)
        self._create_invoice_due("2026-03-30", 50, partners[2])
        self._create_invoice_due("2026-03-01", 50, partners[2])
        together = self._decide(partner=partners)
        apart = {}
        for partner in partners:
            apart.update(self._decide(partner=partner))
        self.assertEqual(together, apart)
        self.assertEqual(self._decide(), apart)

    def test_queries_do_not_grow_with_debtors(self):
        few, many = self._create_debtors(5), self._create_debtors(40)
        engine = self.env["ar.dunning.engine"]
        day = fields.Date.to_date(TODAY)
        counts = [
            self._count_queries(engine._decide, self.company, day, partners=partners)
            for partners in (few, few, many)
        ]
        self.assertEqual(counts[1], counts[2])
        counts = []
        # the first time fills what the registry keeps
        for partners in (few, few, many):
            debtors = self.env["ar.debtor"].search([("partner_id", "in", partners.ids)])
            self.assertEqual(len(debtors), len(partners))
            run = self._preview(debtor_ids=debtors.ids)
            self.assertEqual(len(run.notice_ids), len(partners))
            counts.append(self._count_queries(run.action_preview))
            run.action_cancel()
        self.assertEqual(counts[1], counts[2])
