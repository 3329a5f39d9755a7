from freezegun import freeze_time

from odoo.tests import HttpCase, new_test_user, tagged

from .test_late_charges import LateChargesCommon

NOW = "2026-02-15 09:00:00"


@tagged("post_install", "-at_install")
class TestToursCharge(LateChargesCommon, HttpCase):
    """Late charges in a browser, as the people who charge, waive and correct."""

    # the first page bundles all scripts: patience on a busy machine
    test_cursor_lock_timeout = 120

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # a browser and its server wait by the clock: the day stands, the clock goes on
        cls.startClassPatcher(freeze_time(NOW, tick=True))
        cls.account = cls.env["account.account"].create(
            {
                "name": "Charges earned, not billed",
                "code": "129900",
                "account_type": "asset_current",
            }
        )
        cls.env["ar.debtor"]._refresh(cls.company)
        cls.user = new_test_user(
            cls.env,
            "charger",
            "account.group_account_manager,ar_collections.ar_collections_group_manager",
            name="Charger",
            email="charger@company.example.com",
            tz="UTC",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    def _tour(self, name, url="/odoo"):
        tour = f"ar_collections_{name}"
        self.start_tour(url, tour, login=self.user.login, timeout=180)
        self.env.invalidate_all()

    def _trigger(self, cron):
        with self.enter_registry_test_mode():
            cron = self.env.ref(f"ar_collections.{cron}").sudo()
            cron.method_direct_trigger()
        self.env.invalidate_all()

    def test_accrue_bill_and_waive_for_who_pays_in_time(self):
        self._tour("manager_accrues")
        entries = self.env["account.move"].search(
            [("line_ids.account_id", "=", self.account.id)], order="date"
        )
        self.assertEqual([str(m.date) for m in entries], ["2026-01-31", "2026-02-01"])
        self.assertEqual(set(entries.mapped("state")), {"posted"})
        on_account = entries.line_ids.filtered(lambda ln: ln.account_id == self.account)
        self.assertEqual(sorted(on_account.mapped("balance")), [-8.34, 8.34])

        self._tour("manager_charges")
        charge = self._get_lines().charge_move_id
        self.assertRecordValues(
            charge,
            [{"amount_total": 52.51, "state": "posted", "amount_residual": 52.51}],
        )
        waiver = self.env["ar.charge.waiver"].search([])
        self.assertRecordValues(
            waiver, [{"state": "offered", "amount": 12.51, "user_id": self.user.id}]
        )

        self._pay(self.invoice, date="2026-02-15")
        self._pay(charge, 40, date="2026-02-15")
        self._trigger("ir_cron_ar_charge_waiver")
        self.assertEqual(waiver.state, "done")
        self.assertEqual(charge.amount_residual, 0)
        self._tour("manager_sees_the_waiver")

    def test_backdated_payment_and_its_correction(self):
        charge = self.engine._bill(self.company, *[self.company._ar_today()] * 2)
        self.assertEqual(charge.amount_total, 52.51)
        self._tour(
            "accountant_backdates",
            f"/odoo/action-account.action_move_out_invoice_type/{self.invoice.id}",
        )
        self.assertEqual(self.invoice.amount_residual, 0)
        self._trigger("ir_cron_ar_charge_correct")
        credit = charge.reversal_move_ids
        self.assertRecordValues(credit, [{"amount_total": 4.17, "state": "posted"}])
        self._tour("accountant_sees_correction")
