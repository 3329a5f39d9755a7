from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import ArCollectionsCommon

COLLECTOR = "ar_collections.ar_collections_group_user"


@tagged("post_install", "-at_install")
class TestArPauseChange(ArCollectionsCommon):
    """What becomes of a pause is told, and nobody is forgotten."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._create_invoice_due("2026-03-20", 1000)
        cls.item = cls._receivable(cls.invoice)
        cls.debtor = cls.env["ar.debtor"]._get(cls.customer, cls.company)
        cls.collector = new_test_user(cls.env, "collector", groups=COLLECTOR)
        cls.other = cls._create_customer("Other Ltd")
        cls.other_invoice = cls._create_invoice_due("2026-03-20", 50, cls.other)
        cls.other_debtor = cls.env["ar.debtor"]._get(cls.other, cls.company)

    def _pause(self, **vals):
        return self.env["ar.pause"].create(
            {
                "debtor_id": self.debtor.id,
                "reason": "Asked for time",
                "user_id": self.collector.id,
                **vals,
            }
        )

    def _deviations(self, *debtors):
        ids = [debtor.id for debtor in debtors or [self.debtor]]
        rows = self.env["ar.deviation"].search([("debtor_id", "in", ids)])
        return [(row.kind, row.amount) for row in rows.sorted("id")]

    def _told(self, debtor=None):
        message = (debtor or self.debtor).message_ids[:1]
        return message.body.striptags().replace("\xa0", " ")

    def _wizard(self, records, user=None, **vals):
        wizard = self.env["ar.pause.create"].with_user(user or self.collector)
        return wizard.with_context(
            active_model=records._name, active_ids=records.ids
        ).create({"reason": "Flood", **vals})

    # === WHAT STAYS === #

    def test_pause_stays_with_its_customer(self):
        pause = self._pause(line_ids=[Command.set(self.item.ids)])
        other = self.setup_other_company()["company"]
        for vals in (
            {"debtor_id": self.other_debtor.id},
            {"company_id": other.id},
            {"is_for_items": False},
        ):
            with (
                self.subTest(vals=vals),
                self.assertRaisesRegex(UserError, "stays with its customer"),
                self.env.cr.savepoint(),
            ):
                pause.with_user(self.collector).write(vals)
        with self.assertRaisesRegex(UserError, "for some items"):
            with self.env.cr.savepoint():
                pause.with_user(self.collector).line_ids = False
        with self.assertRaisesRegex(ValidationError, "not an open item"):
            with self.env.cr.savepoint():
                pause.line_ids = self._receivable(self.other_invoice)
        # what a form sends back unchanged
        pause.write({"debtor_id": self.debtor.id, "reason": "Other"})
        self.assertEqual(self._verdict(self.other_invoice), "dun")

    def test_what_follows_from_the_debtor_is_not_given(self):
        other = self.setup_other_company()["company"]
        pause = self._pause(
            line_ids=[Command.set(self.item.ids)],
            company_id=other.id,
            is_for_items=False,
        )
        self.assertRecordValues(
            pause, [{"company_id": self.company.id, "is_for_items": True}]
        )

    # === WHAT IS TOLD === #

    def test_each_change_is_told(self):
        pause = self._pause(date_to="2026-04-10")
        manager = self.env.user
        for vals, expected in (
            ({"date_to": "2026-04-20"}, "Until: 04/10/2026 → 04/20/2026"),
            ({"kind": "dispute"}, "Kind: Not now → Dispute"),
            ({"reason": "Broken goods"}, "Reason: Asked for time → Broken goods"),
            ({"user_id": manager.id}, f"Owner: collector → {manager.name}"),
            ({"amount": 300}, "Amount: all of it → $ 300.00"),
            ({"line_ids": self.item.ids}, f"everything → {self.invoice.name}"),
        ):
            with self.subTest(vals=vals):
                before = len(self.debtor.message_ids)
                pause.write(vals)
                self.assertEqual(len(self.debtor.message_ids), before + 1)
                self.assertIn("Pause changed", self._told())
                self.assertIn(expected.split(" → ")[-1], self._told())
                self.assertIn(expected.split(": ")[0], self._told())
        before = len(self.debtor.message_ids)
        pause.write({"reason": "Broken goods"})
        pause.date_review = "2026-04-15"
        self.assertEqual(len(self.debtor.message_ids), before)

    def test_changes_of_length_are_deviations(self):
        pause = self._pause(date_to="2026-04-10")
        pause.date_to = "2026-04-05"
        self.assertEqual(self._deviations(), [("paused", 1000)])
        pause.date_to = "2026-05-01"
        pause.date_to = False
        pause.active = False
        self.assertIn("Pause ended", self._told())
        pause.active = True
        self.assertIn("Paused again", self._told())
        pause.action_end()
        kinds = [kind for kind, _amount in self._deviations()]
        self.assertEqual(
            kinds,
            ["paused", "prolonged", "prolonged", "resumed", "paused", "resumed"],
        )

    def test_many_are_told_in_one_go(self):
        self._create_invoice_due("2026-03-20", 70)
        vals = {"reason": "Flood", "user_id": self.collector.id}
        pauses = self.env["ar.pause"].create(
            [
                {**vals, "debtor_id": self.debtor.id, "date_from": "2026-03-01"},
                {**vals, "debtor_id": self.debtor.id, "amount": 10},
                {**vals, "debtor_id": self.other_debtor.id},
            ]
        )
        self.assertEqual(self._told().count("Paused"), 2)
        self.assertEqual(
            self._deviations(self.debtor, self.other_debtor),
            [("paused", 1070), ("paused", 10), ("paused", 50)],
        )
        before = len(self.debtor.message_ids), len(self.other_debtor.message_ids)
        pauses.action_end()
        self.assertEqual(len(self.other_debtor.message_ids), before[1] + 1)
        # one that began before is shortened, one of today leaves no day behind
        self.assertEqual(len(self.debtor.message_ids), before[0] + 2)
        self.assertEqual(set(pauses.mapped("state")), {"over"})

    def test_no_query_for_each_pause(self):
        """Ending ten costs about as many queries as ending one."""
        counts = []
        for number in (1, 10):
            debtors = self.env["ar.debtor"]
            for index in range(number):
                partner = self._create_customer(f"Many {number} {index}")
                self._create_invoice_due("2026-03-20", 50, partner)
                debtors += self.env["ar.debtor"]._get(partner, self.company)
            self.env.flush_all()
            vals = {"reason": "Flood", "user_id": self.collector.id}
            pauses = self.env["ar.pause"].create(
                [
                    {**vals, "debtor_id": debtor.id, "date_from": "2026-03-01"}
                    for debtor in debtors
                ]
            )
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            pauses.action_end()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLess(counts[1], counts[0] + 15)

    def test_no_more_is_logged_than_is_open(self):
        pause = self._pause(amount=5000)
        self.assertEqual(self._deviations(), [("paused", 1000)])
        self._pay(self.invoice, 400)
        pause.action_end()
        self.assertEqual(self._deviations()[-1], ("resumed", 600))
        self._pause(amount=250, line_ids=[Command.set(self.item.ids)])
        self.assertEqual(self._deviations()[-1], ("paused", 250))

    def test_amount_is_logged_in_the_currency_of_the_company(self):
        currency = self.setup_other_currency("CHF", rates=[("2020-01-01", 2.0)])
        self._create_invoice_due("2026-03-20", 400, currency_id=currency.id)
        self._pause(amount=5000, currency_id=currency.id)
        self.assertEqual(self._deviations(), [("paused", 200)])
        self._pause(amount=100, currency_id=currency.id)
        self.assertEqual(self._deviations()[-1], ("paused", 50))

    # === ASKING AGAIN === #

    def _review(self, date):
        with freeze_time(date):
            self.env["ar.pause"]._cron_review()
        return self.debtor.activity_ids.sorted("id")[-1:]

    def test_somebody_else_is_asked_if_the_owner_left(self):
        self._pause()
        boss = new_test_user(self.env, "boss", groups=COLLECTOR)
        self.debtor.user_id = boss
        self.collector.active = False
        self.assertEqual(self._review("2026-04-30").user_id, boss)
        boss.group_ids = [Command.clear()]
        boss.group_ids = self.env.ref("base.group_user")
        asked = self._review("2026-05-30").user_id
        self.assertTrue(asked.has_group("ar_collections.ar_collections_group_manager"))
        self.assertTrue(asked.active)

    def test_owner_without_the_company_is_not_asked(self):
        self._pause()
        other = self.setup_other_company()["company"]
        self.collector.write({"company_ids": other.ids, "company_id": other.id})
        self.assertNotEqual(self._review("2026-04-30").user_id, self.collector)
        self.assertEqual(len(self.debtor.activity_ids), 1)

    def test_owner_is_a_colleague_who_sees_the_customer(self):
        for groups in ("base.group_user", "base.group_portal"):
            user = new_test_user(self.env, f"no {groups}", groups=groups)
            with (
                self.subTest(groups=groups),
                self.assertRaisesRegex(ValidationError, "cannot own a pause"),
                self.env.cr.savepoint(),
            ):
                self._pause(user_id=user.id)
        # a customer may be behind it, by a method that has checked what he may do
        vals = {"debtor_id": self.debtor.id, "reason": "x", "user_id": user.id}
        self.assertTrue(self.env["ar.pause"].sudo().create(vals))

    def test_nobody_puts_the_question_off_for_ever(self):
        pause = self._pause()
        for date in ("2026-07-02", "2099-01-01"):
            with (
                self.subTest(date=date),
                self.assertRaisesRegex(ValidationError, "must be asked"),
                self.env.cr.savepoint(),
            ):
                pause.date_review = date
        pause.date_review = "2026-07-01"

    def test_who_prolongs_is_asked_a_month_later(self):
        pause = self._pause(date_to="2026-04-10")
        with freeze_time("2026-06-01"):
            pause.invalidate_recordset()
            pause.date_to = False
            self.assertEqual(pause.date_review.isoformat(), "2026-07-01")

    def test_pause_of_all_holds_in_every_currency(self):
        """Also where nobody wrote an amount, as the dialog does."""
        currency = self.setup_other_currency("CHF", rates=[("2020-01-01", 2.0)])
        foreign = self._create_invoice_due("2026-03-20", 400, currency_id=currency.id)
        self._wizard(self.debtor).action_pause()
        for invoice in (self.invoice, foreign):
            self.assertEqual(self._verdict(invoice), "paused")

    # === THE DIALOG === #

    def test_dialog_refuses_an_end_that_has_passed(self):
        wizard = self._wizard(self.debtor, date_from="2026-03-01", date_to="2026-03-30")
        self.assertTrue(wizard.is_past)
        with self.assertRaisesRegex(UserError, "over already"):
            wizard.action_pause()
        wizard.date_to = "2026-03-31"
        wizard.action_pause()
        self.assertEqual(self._verdict(self.invoice), "paused")

    def test_dialog_asks_when_to_ask_if_there_is_no_end(self):
        wizard = self._wizard(self.debtor, date_to=False)
        self.assertEqual(wizard.date_review.isoformat(), "2026-04-30")
        self.assertIn("until somebody ends", wizard.summary)
        wizard.date_review = "2026-04-07"
        wizard.action_pause()
        pause = self.debtor.pause_ids
        self.assertRecordValues(pause, [{"date_to": False, "state": "running"}])
        self.assertEqual(pause.date_review.isoformat(), "2026-04-07")

    def test_dialog_says_what_it_does(self):
        self._pause(line_ids=[Command.set(self.item.ids)])
        wizard = self._wizard(self.invoice, amount=100)
        self.assertIn(
            f"100.00 of {self.invoice.name}", wizard.summary.replace("\xa0", " ")
        )
        self.assertIn("until 04/14/2026", wizard.summary)
        self.assertEqual(wizard.pause_ids, self.debtor.pause_ids)
        both = self._wizard(self.debtor + self.other_debtor)
        self.assertIn("2 customers", both.summary)
        self.assertEqual(both.count, 2)
        with self.assertRaisesRegex(UserError, "Choose the customers"):
            self.env["ar.pause.create"].create({"reason": "x"}).action_pause()
        with self.assertRaisesRegex(UserError, "Say why"):
            self._wizard(self.debtor, reason="  ").action_pause()

    def test_pause_again(self):
        pause = self._pause(
            line_ids=[Command.set(self.item.ids)], kind="dispute", date_to="2026-04-01"
        )
        with freeze_time("2026-04-20"):
            action = pause.with_user(self.collector).action_renew()
            wizard = self.env["ar.pause.create"].with_user(self.collector)
            wizard.with_context(**action["context"]).create({}).action_pause()
        again = self.debtor.pause_ids - pause
        self.assertRecordValues(
            again,
            [{"kind": "dispute", "reason": "Asked for time", "is_for_items": True}],
        )
        self.assertEqual(again.date_to.isoformat(), "2026-05-04")
        self._pay(self.invoice)
        with self.assertRaisesRegex(UserError, "nothing to pause"):
            pause.action_renew()

    # === WHO MAY === #

    def test_invoicing_user_pauses_nothing(self):
        user = new_test_user(self.env, "biller", groups="account.group_account_invoice")
        pause = self._pause()
        for refused in (
            lambda: self._wizard(self.invoice, user),
            lambda: pause.with_user(user).action_end(),
            lambda: pause.with_user(user).action_renew(),
            lambda: pause.with_user(user).write({"active": False}),
            lambda: (
                self.env["ar.pause"]
                .with_user(user)
                .create({"debtor_id": self.debtor.id, "reason": "x"})
            ),
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                refused()

    def test_collector_pauses_nothing_of_another_company(self):
        other = self.setup_other_company()["company"]
        debtor = self.env["ar.debtor"].sudo()._get(self.customer, other)
        pauses = self.env["ar.pause"].with_user(self.collector)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            pauses.create({"debtor_id": debtor.id, "reason": "x"})
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self._wizard(debtor).action_pause()

    def test_the_dialog_names_a_part_of_all_that_is_owed(self):
        wizard = self._wizard(self.debtor, amount=300, date_to="2026-04-10")
        said = wizard.summary.replace("\xa0", " ")
        self.assertIn("no reminder of $ 300.00 of what is owed until", said)
        self.assertNotIn("anything", said)
