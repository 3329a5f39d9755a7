from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command, fields
from odoo.tests import JsonRpcException, tagged

from .common import ClaimCommon


@tagged("post_install", "-at_install")
class TestClaimPayment(ClaimCommon):
    """What is paid is what was chosen: these items, this sum, once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.old = cls._receivable(cls._create_invoice_due("2026-02-20", 1000))
        cls.desk = cls._receivable(
            cls._create_invoice_due("2026-03-20", 200, cls.buyer)
        )

    def _create_instalments(self, *due):
        """An invoice of 400 in parts of 100, 100 and 200, one due on each day."""
        first = fields.Date.to_date("2026-01-01")
        term = self.env["account.payment.term"].create(
            {
                "name": "Instalments",
                "line_ids": [
                    Command.create(
                        {
                            "value": "percent",
                            "value_amount": share,
                            "nb_days": (fields.Date.to_date(day) - first).days,
                        }
                    )
                    for day, share in zip(due, (25, 25, 50), strict=True)
                ],
            }
        )
        invoice = self._create_invoice_due(
            due[0],
            400,
            invoice_date=first,
            invoice_payment_term_id=term.id,
        )
        return self._receivable(invoice).sorted("date_maturity")

    def _assert_refused(self, form, **changes):
        """The payment cannot be begun, and nothing was; the sentence that says so."""
        before = self.env["payment.transaction"].sudo().search_count([])
        response = self.url_open(
            form["data-transaction-route"],
            json={"params": self._prepare_params(form, **changes)},
        ).json()
        self.assertEqual(
            response["error"]["data"]["name"], "odoo.exceptions.ValidationError"
        )
        self.assertEqual(
            self.env["payment.transaction"].sudo().search_count([]), before
        )
        return response["error"]["data"]["message"]

    # === STORY === #

    def test_story_customer_pays_all_by_the_link_of_a_reminder(self):
        credit = self._receivable(
            self._create_invoice_due("2026-03-25", 150, move_type="out_refund")
        )
        notice = self._run_ladder("2026-03-31")
        key = notice._get_payment_url().rpartition("/")[2]
        # the page shows what is open, across contacts, less the credit
        page = self._get_page(key)
        self.assertEqual(self._get_named(page, "ar_due"), ["$ 1,050.00"])
        self.assertTrue(all(self._get_boxes(page).values()))
        # paying it settles all of it with one payment of the difference
        tx = self._pay_online(key, self.old + self.desk + credit)
        self.assertEqual(tx.amount, 1050)
        self.assertEqual(self._residuals(self.old, self.desk, credit), [0, 0, 0])
        self.assertEqual(tx.payment_id.amount, 1050)
        self.assertTrue(tx.reference.startswith(notice.name.replace("/", "-")))
        self.assertEqual(tx.invoice_ids, (self.old + self.desk).move_id)
        # back on the page: thanks, what was paid, and nothing to pay again
        page = self._get_page(key)
        [thanks] = self._get_named(page, "ar_thanks")
        self.assertIn("1,050.00", thanks)
        self.assertEqual(len(self._get_named(page, "ar_paid")), 2)
        self.assertFalse(self._get_boxes(page))
        self.assertFalse(page.xpath("//button[contains(@class, 'o_ar_pay')]"))
        # the collector reads it on the debtor
        chatter = " ".join(notice.debtor_id.message_ids.mapped("body"))
        self.assertIn("has been confirmed", chatter)
        self.assertIn("has been posted", chatter)
        # the ladder has nothing to say any more
        self.assertFalse(self._decide("2026-05-31"))

    # === EXACTLY WHAT WAS CHOSEN === #

    def test_only_the_chosen_items_are_paid(self):
        tx = self._pay_online(self._get_key(), self.desk)
        self.assertEqual(tx.amount, 200)
        self.assertEqual(self._residuals(self.old, self.desk), [1000, 0])

    def test_an_overdue_instalment_is_paid_alone(self):
        first, second, third = self._create_instalments(
            "2026-03-01", "2026-03-15", "2026-05-01"
        )
        page = self._get_page(self._get_key())
        boxes = self._get_boxes(page)
        self.assertEqual(
            [boxes[ln.id] for ln in (first, second, third)], [True, True, False]
        )
        # what core would do with the two invoices: pay the second part before `desk`
        tx = self._pay_online(self._get_key(), first + self.desk)
        self.assertEqual(tx.amount, 300)
        self.assertEqual(
            self._residuals(first, second, third, self.desk), [0, 100, 200, 0]
        )

    def test_a_disputed_part_stays_open(self):
        debtor = self._get_debtor()
        self.env["ar.pause"].create(
            {
                "debtor_id": debtor.id,
                "line_ids": [Command.set(self.old.ids)],
                "amount": 300,
                "kind": "dispute",
                "reason": "two pallets",
            }
        )
        page = self._get_page(self._get_key())
        self.assertEqual(self._get_named(page, "ar_due"), ["$ 900.00"])
        self.assertIn("under review", self._get_text(page))
        self.assertNotIn("two pallets", self._get_text(page))
        tx = self._pay_online(self._get_key(), self.old + self.desk)
        self.assertEqual(tx.amount, 900)
        # the older item does not swallow what the younger one was paid
        self.assertEqual(self._residuals(self.old, self.desk), [300, 0])
        # what is under review can be paid, too, by whoever wants to
        self._pay_online(self._get_key(), self.old)
        self.assertEqual(self._residuals(self.old), [0])

    def test_two_disputed_parts_are_paid_to_the_cent(self):
        third = self._receivable(self._create_invoice_due("2026-03-22", 40.01))
        debtor = self._get_debtor()
        for line, amount in ((self.old, 999.5), (third, 30.01)):
            self.env["ar.pause"].create(
                {
                    "debtor_id": debtor.id,
                    "line_ids": [Command.set(line.ids)],
                    "amount": amount,
                    "kind": "dispute",
                    "reason": "two pallets",
                }
            )
        tx = self._pay_online(self._get_key(), self.old + self.desk + third)
        self.assertEqual(tx.amount, 210.5)
        self.assertEqual(self._residuals(self.old, self.desk, third), [999.5, 0, 30.01])

    def test_items_on_several_accounts_are_paid_at_once(self):
        account = self.company_data["default_account_receivable"].copy()
        self.customer.property_account_receivable_id = account
        line = self._receivable(self._create_invoice_due("2026-03-10", 70))
        self.assertEqual(line.account_id, account)
        tx = self._pay_online(self._get_key(), self.old + self.desk + line)
        self.assertEqual(tx.amount, 1270)
        self.assertEqual(self._residuals(self.old, self.desk, line), [0, 0, 0])

    def test_a_credit_can_be_left_out(self):
        credit = self._receivable(
            self._create_invoice_due("2026-03-25", 150, move_type="out_refund")
        )
        tx = self._pay_online(self._get_key(), self.desk)
        self.assertEqual(tx.amount, 200)
        self.assertEqual(self._residuals(credit, self.desk), [-150, 0])

    def test_credits_that_cover_the_choice_leave_nothing_to_pay(self):
        credit = self._receivable(
            self._create_invoice_due("2026-03-25", 450, move_type="out_refund")
        )
        self.assertIsNone(self._get_form(self._get_key(), self.desk + credit))

    def test_foreign_currency_is_a_payment_of_its_own(self):
        euro = self.setup_other_currency("EUR", rates=[("2026-01-01", 0.5)])
        foreign = self._receivable(
            self._create_invoice_due("2026-03-20", 80, currency_id=euro.id)
        )
        key = self._get_key()
        page = self._get_page(key)
        self.assertEqual(self._get_named(page, "ar_due"), ["$ 1,200.00", "80.00 €"])
        # both at once is no sum
        self.assertIsNone(self._get_form(key, foreign + self.desk))
        tx = self._pay_online(key, foreign)
        self.assertEqual((tx.amount, tx.currency_id), (80, euro))
        self.assertEqual(self._residuals(foreign, self.desk), [0, 200])

    def test_money_that_comes_late_is_a_credit(self):
        key = self._get_key()
        tx = self._begin(self._get_form(key, self.desk))
        self._pay(self.desk.move_id)
        self._finish(tx)
        [line] = self._receivable(tx.payment_id.move_id)
        self.assertEqual(line.amount_residual, -200)

    # === NOT TWICE === #

    def test_a_payment_under_way_is_shown_and_not_offered_again(self):
        key = self._get_key()
        tx = self._pay_online(key, self.desk, state="pending")
        page = self._get_page(key)
        self.assertEqual(len(self._get_named(page, "ar_pending")), 1)
        self.assertEqual(self._get_named(page, "ar_due"), ["$ 1,000.00"])
        self.assertEqual(list(self._get_boxes(page)), self.old.ids)
        self.assertIsNone(self._get_form(key, self.desk))
        # and nobody is reminded of it meanwhile
        row = self._decide()[self.desk]
        self.assertEqual(row["verdict"], "paused")
        self.assertEqual(tx.ar_pause_ids.kind, "payment")
        self.assertFalse(
            self.env["ar.deviation"].search([("debtor_id", "=", tx.ar_debtor_id.id)])
        )
        self._finish(tx)
        self.assertEqual(self._residuals(self.old, self.desk), [1000, 0])
        self.assertFalse(tx.ar_pause_ids.filtered("active"))

    def test_a_payment_that_failed_is_offered_again(self):
        key = self._get_key()
        for state in ("cancel", "error"):
            with self.subTest(state=state):
                tx = self._pay_online(key, self.desk, state=state)
                page = self._get_page(key)
                self.assertEqual(len(self._get_named(page, "ar_failed")), 1)
                self.assertIn(self.desk.id, self._get_boxes(page))
                self.assertFalse(tx.ar_pause_ids.filtered("active"))
        self._pay_online(key, self.desk)
        self.assertEqual(self._residuals(self.desk), [0])

    def test_a_confirmed_payment_counts_before_it_is_booked(self):
        key = self._get_key()
        tx = self._begin(self._get_form(key, self.desk))
        tx._set_done()
        self.env.flush_all()
        self.assertNotIn(self.desk.id, self._get_boxes(self._get_page(key)))
        self.assertEqual(self._decide()[self.desk]["verdict"], "paused")
        tx._post_process()
        self.assertEqual(self._residuals(self.desk), [0])
        self.assertFalse(tx.ar_pause_ids.filtered("active"))

    def test_a_payment_that_was_deleted_is_not_under_way(self):
        key = self._get_key()
        tx = self._pay_online(key, self.desk)
        payment = tx.payment_id
        payment.action_draft()
        payment.unlink()
        self.env.flush_all()
        self.assertEqual((tx.state, tx.payment_id.ids), ("done", []))
        page = self._get_page(key)
        self.assertFalse(self._get_named(page, "ar_pending"))
        self.assertIn(self.desk.id, self._get_boxes(page))
        self.assertEqual(self._decide()[self.desk]["verdict"], "dun")

    def test_a_payment_deleted_before_the_bank_statement_ends_its_pause(self):
        # no entry before the bank statement, so the pause holds until then
        ways = self.bank_journal.inbound_payment_method_line_ids
        ways.payment_account_id = False
        with patch.object(
            self.env.registry["account.move"],
            "_get_invoice_in_payment_state",
            lambda _moves: "in_payment",
        ):
            tx = self._pay_online(self._get_key(), self.desk)
        self.assertFalse(tx.payment_id.move_id)
        pause = tx.ar_pause_ids
        self.assertTrue(pause.active)
        self.assertEqual(self._decide()[self.desk]["verdict"], "paused")
        tx.payment_id.action_draft()
        tx.payment_id.unlink()
        self.env.flush_all()
        self.assertFalse(pause.active)
        self.assertEqual(self._decide()[self.desk]["verdict"], "dun")

    def test_an_invoice_deleted_while_its_payment_is_under_way(self):
        key = self._get_key()
        tx = self._pay_online(key, self.old + self.desk, state="pending")
        pauses = tx.ar_pause_ids
        self.assertEqual(pauses.mapped("active"), [True])
        for line, active in ((self.desk, True), (self.old, False)):
            move = line.move_id
            move.button_draft()
            move.with_context(force_delete=True).unlink()
            self.env.flush_all()
            self.assertEqual(pauses.active, active)
        self.assertFalse(tx.ar_share_ids)

    def test_two_windows_pay_once(self):
        key = self._get_key()
        one, two = (self._get_form(key, self.desk) for _window in range(2))
        first = self._begin(one)
        self.assertIn("another window", self._assert_refused(two))
        self._finish(first)
        self._assert_refused(two)
        self.assertEqual(self._residuals(self.old, self.desk), [1000, 0])

    def test_an_abandoned_payment_can_be_begun_again(self):
        key = self._get_key()
        first = self._begin(self._get_form(key, self.desk))
        page = self._get_page(key, f"/pay?item={self.desk.id}")
        self.assertEqual(len(self._get_named(page, "ar_begun")), 1)
        second = self._begin(self._get_form(key, self.desk))
        self.assertEqual(first.state, "error")
        self._finish(second)
        # if the provider confirms the first one after all, the money is not lost
        self._finish(first)
        self.assertEqual(first.state, "done")
        # nobody waits for it in a browser: the scheduled action does
        first._post_process()
        lines = self._receivable((first + second).payment_id.move_id)
        self.assertEqual(sorted(lines.mapped("amount_residual")), [-200, 0])
        self.assertEqual(self._residuals(self.old), [1000])

    def test_a_request_sent_again_pays_nothing_more(self):
        form = self._get_form(self._get_key(), self.desk)
        first = self._begin(form)
        again = self._begin(form)
        self.assertEqual([first.state, again.state], ["error", "draft"])
        self._finish(again)
        self._assert_refused(form)
        self.assertEqual(self._residuals(self.old, self.desk), [1000, 0])

    def test_a_page_from_yesterday_pays_nothing(self):
        form = self._get_form(self._get_key(), self.desk)
        with freeze_time("2026-04-01 12:01:00"):
            self._assert_refused(form)

    # === NOTHING THAT THE BROWSER SENDS DECIDES === #

    def test_tampered_amounts_are_refused(self):
        form = self._get_form(self._get_key(), self.desk)
        for amount in (1.0, 199.99, 200.01, 0, -200.0, None, "200", True):
            with self.subTest(amount=amount):
                self._assert_refused(form, amount=amount)
        self._begin(form, amount=200)

    def test_tampered_orders_are_refused(self):
        form = self._get_form(self._get_key(), self.desk)
        order = form["data-access-token"]
        swapped = ("A" if order[30] != "A" else "B").join((order[:30], order[31:]))
        for token in (swapped, order[:-2], "", "x", None, self._get_key()):
            with self.subTest(token=token):
                self._assert_refused(form, access_token=token)

    def test_an_order_of_another_customer_is_refused(self):
        stranger = self._create_customer("Stranger Ltd")
        self._create_invoice_due("2026-03-20", 1, stranger)
        other = self._get_form(
            self._get_key(stranger),
            self.env["account.move.line"].search(
                [("partner_id", "=", stranger.id), ("balance", ">", 0)]
            ),
        )
        form = self._get_form(self._get_key(), self.desk)
        self._assert_refused(form, access_token=other["data-access-token"])
        route = {**form, "data-transaction-route": other["data-transaction-route"]}
        self._assert_refused(route)

    def test_items_of_another_customer_cannot_be_chosen(self):
        stranger = self._create_customer("Stranger Ltd")
        line = self._receivable(self._create_invoice_due("2026-03-20", 1, stranger))
        self.assertIsNone(self._get_form(self._get_key(), line))

    def test_what_changed_meanwhile_is_refused(self):
        form = self._get_form(self._get_key(), self.desk)
        self._pay(self.desk.move_id, 50)
        self.assertIn("Something has changed", self._assert_refused(form))

    def test_other_ways_to_pay_than_offered_are_refused(self):
        form = self._get_form(self._get_key(), self.desk)
        elsewhere = self.setup_other_company()
        foreign = self._create_provider(
            elsewhere["company"], elsewhere["default_journal_bank"]
        )
        hidden = self.provider.copy({"state": "disabled"})
        for changes in (
            {"provider_id": foreign.id},
            {"provider_id": hidden.id},
            {"provider_id": None},
            {"payment_method_id": self.env.ref("payment.payment_method_card").id},
            {"is_validation": True},
            {"flow": "token", "token_id": 1},
        ):
            with self.subTest(**changes):
                self._assert_refused(form, **changes)
        with self.assertRaises(JsonRpcException):
            self._begin(form, partner_id=1)

    def test_a_saved_card_is_for_the_customer_who_is_logged_in(self):
        card = (
            self.env["payment.token"]
            .sudo()
            .create(
                {
                    "provider_id": self.provider.id,
                    "payment_method_id": self.provider.payment_method_ids.id,
                    "payment_details": "4242",
                    "partner_id": self.customer.id,
                    "provider_ref": "ref",
                    "demo_simulated_state": "done",
                }
            )
        )
        query = f"/pay?item={self.desk.id}"
        page = self._get_page(self._get_key(), query)
        self.assertFalse(page.xpath("//input[@data-payment-option-type='token']"))
        form = self._get_form(self._get_key(), self.desk)
        self._assert_refused(
            form, flow="token", token_id=card.id, payment_method_id=None
        )

    def test_the_way_back_is_ours(self):
        key = self._get_key()
        form = self._get_form(key, self.desk)
        tx = self._begin(form, landing_route="https://elsewhere.example.com")
        self.assertEqual(tx.landing_route, f"/my/owed/{key}")

    def test_payment_can_be_switched_off(self):
        self.env["ir.config_parameter"].sudo().set_param(
            "account_payment.enable_portal_payment", False
        )
        page = self._get_page(self._get_key())
        self.assertEqual(self._get_named(page, "ar_due"), ["$ 1,200.00"])
        self.assertFalse(page.xpath("//button[contains(@class, 'o_ar_pay')]"))
