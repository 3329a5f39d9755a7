from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import TODAY, ArCollectionsCommon

LINES = ("line", "contact")


@tagged("post_install", "-at_install")
class TestWizardAbout(ArCollectionsCommon):
    """By RPC a window is shown nothing of records that its user may not read."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._create_invoice_due("2026-03-01", 1000)
        cls.debtor = cls.env["ar.debtor"]._get(cls.customer, cls.company)
        run = cls.env["ar.dunning.run"].create(
            {"company_id": cls.company.id, "date": TODAY}
        )
        run.action_preview()
        cls.notice = run.notice_ids
        cls.other = cls.env["res.company"].create({"name": "Other"})
        cls.stranger = new_test_user(
            cls.env,
            "about_stranger",
            "account.group_account_manager,ar_collections.ar_collections_group_manager",
            company_id=cls.other.id,
            company_ids=[(6, 0, cls.other.ids)],
        )
        cls.hidden = cls.env["res.partner"].create(
            {"name": "Hidden", "phone": "+1 555 0100", "company_id": cls.other.id}
        )
        cls.mine = new_test_user(
            cls.env,
            "about_mine",
            "account.group_account_manager,ar_collections.ar_collections_group_manager",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    def _get_cases(self):
        item = self._receivable(self.invoice)
        ids = [(6, 0, self.debtor.ids)]
        return [
            ("ar.contact.call", {"debtor_id": self.debtor.id}),
            ("ar.charge.waiver.create", {"charge_move_id": self.invoice.id}),
            ("ar.dunning.notice.proof", {"notice_id": self.notice.id}),
            ("ar.policy.replay", {"company_id": self.company.id}),
            ("ar.dunning.run.start", {"company_id": self.company.id}),
            ("ar.dunning.run.start", {"debtor_ids": ids}),
            ("ar.statement.create", {"debtor_ids": [(4, self.debtor.id)]}),
            ("ar.pause.create", {"line_ids": [(6, 0, item.ids)]}),
            ("ar.charge.proof.print", {"debtor_ids": ids}),
            ("ar.late.charge.bill", {"debtor_ids": ids}),
            ("ar.charge.accrual.create", {"company_id": self.company.id}),
        ]

    def test_strangers_are_refused_before_anything_is_worked_out(self):
        for model, vals in self._get_cases():
            with self.subTest(model=model, vals=vals):
                wizard = self.env[model].with_user(self.stranger)
                with self.assertRaises(AccessError):
                    wizard.onchange(vals, list(vals), {name: {} for name in vals})
                with self.assertRaises(AccessError):
                    wizard.create(dict(vals))

    def test_defaults_of_the_context_are_refused_while_typing(self):
        cases = [
            ("ar.contact.call", {"default_debtor_id": self.debtor.id}),
            ("ar.charge.waiver.create", {"default_charge_move_id": self.invoice.id}),
            (
                "ar.charge.waiver.create",
                {"active_model": "account.move", "active_id": self.invoice.id},
            ),
            ("ar.policy.replay", {"default_company_id": self.company.id}),
            ("ar.dunning.notice.proof", {"default_notice_id": self.notice.id}),
        ]
        for model, context in cases:
            with self.subTest(model=model, context=context):
                wizard = self.env[model].with_user(self.stranger)
                spec = {name: {} for name in wizard._fields}
                with self.assertRaises(AccessError):
                    wizard.with_context(**context).onchange({}, [], spec)

    def test_a_stranger_is_no_person_to_call(self):
        call = self.env["ar.contact.call"].with_user(self.mine)
        vals = {"debtor_id": self.debtor.id, "partner_id": self.hidden.id}
        with self.assertRaises(AccessError):
            call.create(dict(vals))
        with self.assertRaises(AccessError):
            call.onchange(vals, ["partner_id"], {"phone": {}})

    def test_a_window_about_nothing_does_not_fail(self):
        wizard = self.env["ar.charge.waiver.create"].with_user(self.mine)
        wizard.onchange({}, [], {"message": {}, "left": {}})
        self.env["ar.contact.call"].with_user(self.mine).onchange({}, [], {"hold": {}})

    def test_a_window_is_not_led_to_a_stranger_afterwards(self):
        mine = self.env["ar.statement.create"].with_user(self.stranger).create({})
        with self.assertRaises(AccessError):
            mine.write({"debtor_ids": [(4, self.debtor.id)]})

    def test_records_of_the_context_are_looked_at_too(self):
        wizard = self.env["ar.charge.proof.print"].with_user(self.stranger)
        with self.assertRaises(AccessError):
            wizard.with_context(
                active_model="ar.debtor", active_ids=self.debtor.ids
            ).create({})

    def test_owners_are_not_hindered(self):
        for model, vals in self._get_cases()[:2]:
            with self.subTest(model=model):
                wizard = self.env[model].with_user(self.mine)
                wizard.onchange(vals, list(vals), {name: {} for name in vals})
        call = self.env["ar.contact.call"].with_user(self.mine)
        self.assertIn("1,000.00", call.create({"debtor_id": self.debtor.id}).totals)

    def test_every_window_is_of_this_kind(self):
        for name, model in self.env.registry.items():
            if name.startswith("ar.") and model._transient and not model._abstract:
                if name.rpartition(".")[2] not in LINES:
                    self.assertTrue(hasattr(model, "_get_about_fields"), name)
