from freezegun import freeze_time

from odoo.tests import tagged

from odoo.addons.ar_collections.tests.common import TODAY

from .common import ClaimCommon


@tagged("post_install", "-at_install")
class TestClaimTour(ClaimCommon):
    """The customer pays on a phone, by the link of the reminder."""

    browser_size = "375x667"
    touch_enabled = True
    # the first page bundles all scripts: patience on a busy machine
    test_cursor_lock_timeout = 120

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # a browser and its server wait by the clock: the day stands, the clock goes on
        cls.startClassPatcher(freeze_time(f"{TODAY} 09:00:00", tick=True))

    def test_customer_pays_on_the_phone(self):
        old = self._create_invoice_due("2026-02-20", 1000)
        desk = self._create_invoice_due("2026-03-20", 200, self.buyer)
        notice = self._run_ladder(TODAY)
        path = self._get_path(notice._get_payment_url())
        self.start_tour(path, "ar_collections_payment_phone", timeout=180)
        self.assertEqual((old + desk).mapped("amount_residual"), [1000, 0])
        [payment] = desk.matched_payment_ids
        self.assertEqual(payment.amount, 200)
