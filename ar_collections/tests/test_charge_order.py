"""Whatever order things become known in, what is charged in the end is the same."""

import os
from datetime import date, timedelta
from random import Random

from freezegun import freeze_time

from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_late_charges import LateChargesCommon

HISTORIES = int(os.environ.get("AR_HISTORIES", 4))
END = date(2026, 6, 30)


@tagged("post_install", "-at_install")
class TestChargeOrder(LateChargesCommon):
    """Histories by a seed: payments and credit notes of many dates, booked in any order,
    with billing and corrections in between.
    """

    def _make_history(self, random):
        """What happens to two invoices: (invoice, what, amount, value date)."""
        history = []
        for number in (0, 1):
            left = 1000
            for _part in range(random.randint(0, 2)):
                amount = random.choice((100, 250.5, 333.33, left))
                if amount > left:
                    continue
                left = round(left - amount, 2)
                day = date(2025, 12, 20) + timedelta(days=random.randint(0, 150))
                what = random.choice(("pay", "pay", "credit"))
                history.append((number, what, amount, day))
        return history

    def _take(self, invoices, number, what, amount, day):
        invoice = invoices[number]
        if what == "pay":
            self._pay(invoice, amount, date=day.isoformat())
            return
        credit = self._create_invoice_due(
            day, amount, move_type="out_refund", invoice_date=day
        )
        items = self._receivable(credit + invoice)
        items.filtered(lambda ln: not ln.reconciled).reconcile()

    def _check_books(self):
        """Sum of the lines = document = ledger, and the ledger is balanced."""
        moves = self.env["account.move"].search(
            [("is_late_charge", "=", True), ("state", "=", "posted")]
        )
        for move in moves:
            sign = -1 if move.move_type == "out_refund" else 1
            lines = self.eur.round(sum(move.charged_line_ids.mapped("amount")))
            self.assertEqual(lines, sign * move.amount_total)
            self.assertEqual(sum(self._receivable(move).mapped("balance")), lines)
            self.assertTrue(self.eur.is_zero(sum(move.line_ids.mapped("balance"))))

    def _live(self, history, random, is_in_order):
        """Bill and correct while the history becomes known; what it comes to."""
        invoices = [
            self.invoice,
            self._create_invoice_due("2026-02-01", 1000),
        ]
        steps = sorted(history, key=lambda step: step[3])
        if not is_in_order:
            random.shuffle(steps)
        day = date(2026, 1, 10)
        for step in steps:
            if not is_in_order and random.random() < 0.7:
                day = min(day + timedelta(days=random.randint(1, 40)), END)
                self._bill(day.isoformat(), grow=random.random() < 0.6)
                self._check_books()
            self._take(invoices, *step)
        self._bill(END.isoformat())
        self.assertFalse(self._bill(END.isoformat()), "twice changes nothing")
        self._check_books()
        return self.eur.round(self._get_net()), sorted(
            (
                invoices.index(line.move_id),
                line.kind,
                line.date_from,
                line.date_to,
                line.base_amount,
            )
            for invoice in invoices
            for line in self._get_lines(invoice, "billed")
            if line.kind == "lump_sum"
        )

    @mute_logger("odoo.addons.base.models.ir_actions_report")
    def test_the_order_of_events_does_not_matter(self):
        for seed in range(HISTORIES):
            with self.subTest(seed=seed), freeze_time(END):
                random = Random(seed)
                history = self._make_history(random)
                found = []
                for is_in_order in (True, False, False):
                    with self.env.cr.savepoint() as savepoint:
                        found.append(self._live(history, random, is_in_order))
                        savepoint.rollback()
                    self.env.invalidate_all()
                self.assertEqual(found[1:], found[:1] * 2, history)
