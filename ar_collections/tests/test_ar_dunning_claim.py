from odoo.tests import tagged

from .common import TODAY, ArCollectionsCommon


@tagged("post_install", "-at_install")
class TestArDunningClaim(ArCollectionsCommon):
    """What is claimed, from whom, under which policy, and when it is too little."""

    # === HELPERS === #

    def _create_late(self, amount, partner=None, due="2026-03-20", **vals):
        return self._create_invoice_due(due, amount, partner, **vals)

    def _get_notices(self):
        return self._preview().notice_ids

    def _get_row(self, move):
        return self._decide()[self._receivable(move)]

    # === LEFT ALONE === #

    def test_no_followup_is_left_alone(self):
        invoice = self._create_late(1000)
        invoice.no_followup = True
        self.assertEqual(self._verdict(invoice), "no_followup")

    def test_blocked_invoice_is_left_alone(self):
        invoice = self._create_late(1000)
        invoice.action_toggle_block_payment()
        self.assertEqual(self._verdict(invoice), "blocked")
        invoice.action_toggle_block_payment()
        self.assertEqual(self._verdict(invoice), "dun")

    def test_opening_entry_says_why_and_can_be_included(self):
        entry = self._create_opening_entry("2026-03-01", [(self.customer, 100)])
        run = self._preview()
        self.assertFalse(run.notice_ids)
        self.assertRecordValues(
            run.skip_ids,
            [{"reason": "no_followup", "is_clearable": True, "move_id": entry.id}],
        )
        self.assertIn("opening balances", run.skip_ids.explanation)
        run.skip_ids.action_include()
        run.action_preview()
        self.assertRecordValues(
            run.notice_ids, [{"level_id": self.first.id, "amount_due": 100.0}]
        )

    def test_no_policy_at_all(self):
        invoice = self._create_late(1000)
        self.env["ar.policy"].search([]).active = False
        self.assertEqual(self._verdict(invoice), "no_policy")

    # === CREDITS AND PART PAYMENTS === #

    def test_unapplied_payment_covers_the_debt(self):
        invoice = self._create_late(1000)
        self._create_payment(self.customer, 1200)
        self.assertEqual(self._verdict(invoice), "covered")
        self.assertFalse(self._get_notices())

    def test_debt_paid_to_the_cent_is_covered(self):
        invoice = self._create_late(1000)
        self._create_payment(self.customer, 1000)
        self.assertEqual(self._verdict(invoice), "covered")

    def test_smaller_payment_and_credit_note_are_netted_and_listed(self):
        self._create_late(1000)
        self._create_payment(self.customer, 400)
        self._create_late(100, move_type="out_refund")
        notice = self._get_notices()
        self.assertEqual(notice.amount_due, 500.0)
        self.assertRecordValues(
            notice.line_ids.sorted("amount_residual"),
            [
                {"amount_residual": -400.0, "is_step": False, "level_id": False},
                {"amount_residual": -100.0, "is_step": False, "level_id": False},
                {"amount_residual": 1000.0, "is_step": True, "level_id": self.first.id},
            ],
        )

    def test_credit_of_another_debtor_covers_nothing(self):
        invoice = self._create_late(1000)
        self._create_payment(self._create_customer("Other Ltd"), 5000)
        self.assertEqual(self._get_row(invoice)["claim"], 1000)

    def test_part_paid_invoice_is_dunned_for_the_rest(self):
        invoice = self._create_late(1000)
        self._pay(invoice, 900, "2026-03-25")
        notice = self._get_notices()
        self.assertEqual(notice.amount_due, 100.0)
        self.assertEqual(notice.line_ids.amount_residual, 100.0)

    # === MINIMUM === #

    def test_claim_below_the_minimum(self):
        small, exact = self._create_customer("Small"), self._create_customer("Exact")
        self.first.min_amount = 5
        self.assertEqual(self._verdict(self._create_late(3, small)), "minimum")
        self.assertEqual(self._verdict(self._create_late(5, exact)), "dun")

    def test_ten_small_items_are_chased_together(self):
        self.first.min_amount = 50
        self._create_opening_entry(
            "2026-03-20", [(self.customer, 9)] * 10, no_followup=False
        )
        notice = self._get_notices()
        self.assertEqual(notice.amount_due, 90.0)
        self.assertEqual(notice.line_ids.mapped("is_step"), [True] * 10)

    def test_minimum_is_converted_into_the_currency_of_the_item(self):
        self.first.min_amount = 50
        strong = self.setup_other_currency("GBP", rates=[("2020-01-01", 0.5)])
        weak = self.setup_other_currency("CHF", rates=[("2020-01-01", 2.0)])
        for currency, amount, verdict in (
            (strong, 24.99, "minimum"),
            (strong, 25.00, "dun"),
            (weak, 99.99, "minimum"),
            (weak, 100.00, "dun"),
        ):
            with self.subTest(currency=currency.name, amount=amount):
                partner = self._create_customer(f"{currency.name} {amount}")
                invoice = self._create_late(amount, partner, currency_id=currency.id)
                self.assertEqual(self._verdict(invoice), verdict)

    def test_missing_rate_is_said_and_not_taken_as_one(self):
        currency = self.setup_other_currency("CHF", rates=[])
        invoice = self._create_late(1000, currency_id=currency.id)
        self.assertEqual(self._verdict(invoice), "no_rate")
        self.first.min_amount = 0
        self.assertEqual(self._verdict(invoice), "dun")

    def test_unmet_minimum_falls_back_to_the_next_lower_level(self):
        self.second.min_amount = 500
        old = self._create_late(100, due="2026-02-20")
        self._run_ladder("2026-02-25")
        new = self._create_late(100)
        self.assertEqual(self._verdict(old), "along")
        self.assertEqual(self._verdict(new), "dun")
        self.assertRecordValues(
            self._get_notices(), [{"level_id": self.first.id, "amount_due": 200.0}]
        )

    # === ONE NOTICE === #

    def test_highest_level_wins_and_lower_items_come_along(self):
        old = self._create_late(100, due="2026-02-20")
        self._run_ladder("2026-02-25")
        middle = self._create_late(200, due="2026-03-20")
        fresh = self._create_late(400, due="2026-03-30")
        self._create_late(800, due="2026-04-30")
        notice = self._get_notices()
        self.assertEqual(notice.level_id, self.second)
        self.assertRecordValues(
            notice.line_ids.sorted("date_due"),
            [
                {"move_id": old.id, "level_id": self.second.id, "is_step": True},
                {"move_id": middle.id, "level_id": self.first.id, "is_step": True},
                {"move_id": fresh.id, "level_id": False, "is_step": False},
            ],
        )
        self.assertEqual(notice.amount_due, 700.0)
        self.assertEqual(
            notice.amount_due, sum(notice.line_ids.mapped("amount_residual"))
        )

    def test_two_currencies_make_two_notices(self):
        currency = self.setup_other_currency("CHF", rates=[("2020-01-01", 2.0)])
        self._create_late(1000)
        self._create_late(300, currency_id=currency.id)
        self._create_payment(self.customer, 5000, currency_id=currency.id)
        self._create_late(8000, currency_id=currency.id)
        self.assertRecordValues(
            self._get_notices().sorted("amount_due"),
            [
                {"currency_id": self.company.currency_id.id, "amount_due": 1000.0},
                {"currency_id": currency.id, "amount_due": 3300.0},
            ],
        )

    # === POLICY === #

    def test_policy_of_invoice_before_debtor_before_company(self):
        invoice = self._create_late(1000)
        of_debtor, of_invoice = self.policy.copy(), self.policy.copy()
        shared = self.env["ar.policy"]._get_company_default(self.company)
        self.assertEqual(shared, self.policy)
        steps = (
            (self.env["ar.policy"], {}, self.policy),
            (self.customer, {"ar_policy_id": of_debtor.id}, of_debtor),
            (invoice, {"ar_policy_id": of_invoice.id}, of_invoice),
            (of_invoice, {"active": False}, of_debtor),
            (of_debtor, {"active": False}, self.policy),
        )
        for record, vals, policy in steps:
            record.write(vals)
            self.assertEqual(self._get_row(invoice)["policy_id"], policy.id)

    def test_archived_company_policy_gives_way_to_the_first_of_the_list(self):
        invoice = self._create_late(1000)
        self.policy.active = False
        policies = self.env["ar.policy"].search([("company_id", "=", False)])
        self.assertEqual(self._get_row(invoice)["policy_id"], policies[0].id)

    def test_run_for_one_policy_leaves_the_others(self):
        other = self.policy.copy()
        self._create_late(1000)
        self._create_late(
            500, ar_policy_id=other.id, partner=self._create_customer("B")
        )
        notice = self._preview(policy_ids=other.ids).notice_ids
        self.assertRecordValues(notice, [{"policy_id": other.id, "amount_due": 500.0}])

    def test_pending_claim_is_as_of_the_day(self):
        invoice = self._create_late(1000)
        self._pay(invoice, 600, "2026-03-28")
        row = self._decide("2026-03-27")[self._receivable(invoice)]
        self.assertEqual((row["claim"], row["days_overdue"]), (1000, 7))
        row = self._decide(TODAY)[self._receivable(invoice)]
        self.assertEqual((row["claim"], row["days_overdue"]), (400, 11))
