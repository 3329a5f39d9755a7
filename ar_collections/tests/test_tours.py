from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged

from .common import TODAY, ArCollectionsCommon


@tagged("post_install", "-at_install")
class TestTours(ArCollectionsCommon, HttpCase):
    """What people do in a browser, as the users they are; never as administrator."""

    # the first page bundles all scripts: patience on a busy machine
    test_cursor_lock_timeout = 120

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # a browser and its server wait by the clock: the day stands, the clock goes on
        cls.startClassPatcher(freeze_time(f"{TODAY} 09:00:00", tick=True))
        cls.policy.name = "Ladder"
        final = cls._create_customer("Final Ltd")
        phoned = cls._create_customer("Phoned Ltd")
        tiny = cls._create_customer("Tiny Ltd")
        cls.invoice = cls._create_invoice_due("2026-03-11", 1000)
        cls._create_invoice_due("2026-03-26", 2000, final)
        cls._create_invoice_due("2026-03-21", 500, phoned)
        cls._create_invoice_due("2026-03-21", 1, tiny)
        cls.env["ar.debtor"]._refresh(cls.company)

    def _new_user(self, login, groups):
        return new_test_user(
            self.env,
            login,
            groups,
            name=login.title(),
            email=f"{login}@company.example.com",
            tz="UTC",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )

    def _tour(self, name, user, url="/odoo"):
        self.start_tour(url, f"ar_collections_{name}", login=user.login, timeout=180)

    def _trigger_delivery(self):
        with self.enter_registry_test_mode():
            self.env.ref(
                "ar_collections.ir_cron_ar_dunning_notice_deliver"
            ).sudo().method_direct_trigger()
        self.env.invalidate_all()

    # === THE ACCOUNTANT === #

    def test_accountant_runs_dunning_and_looks_back(self):
        user = self._new_user(
            "collector", "base.group_user,ar_collections.ar_collections_group_user"
        )
        self.assertFalse(user.has_group("base.group_system"))
        self._tour("accountant_runs", user)

        self.env.invalidate_all()
        run = self.env["ar.dunning.run"].search([("company_id", "=", self.company.id)])
        self.assertRecordValues(
            run,
            [{"state": "confirmed", "user_id": user.id, "confirm_user_id": user.id}],
        )
        self.assertEqual(run.date.isoformat(), TODAY)
        dropped = run.notice_ids.filtered(lambda n: n.state == "cancel")
        self.assertEqual(dropped.debtor_id.name, "Phoned Ltd")
        self.assertEqual(dropped.cancel_reason, "They pay on Friday")
        self.assertEqual((run.notice_ids - dropped).mapped("state"), ["queued"] * 2)

        self._trigger_delivery()
        self.assertEqual(run.state, "done")
        self.assertEqual((run.notice_ids - dropped).mapped("state"), ["sent"] * 2)
        self.assertFalse(dropped.mail_message_id)

        self._tour("accountant_looks_back", user)

    # === THOSE WHO HAVE NO PART IN IT === #

    def _assert_refused(self, user):
        """Neither the address nor a call gets anywhere."""
        self._tour("is_refused", user, "/odoo/collections")
        env = self.env(user=user)
        run = self._preview()
        notice = run.notice_ids[:1].with_env(env)
        for refused in (
            lambda: env["ar.debtor"].search([]),
            lambda: env["ar.dunning.notice"].search([]),
            lambda: env["ar.dunning.run"].create({}),
            lambda: env["ar.dunning.run.start"].create({}).action_start(),
            lambda: run.with_env(env).action_confirm(),
            lambda: notice.action_drop(),
            lambda: env["ar.policy"].search([]).write({"automatic": True}),
        ):
            with self.assertRaises(AccessError):
                refused()
        self.assertEqual(run.state, "draft")

    def test_employee_sees_no_collections(self):
        groups = "base.group_user"
        # a real salesperson where there is one; the addon does not need Sales
        if self.env.ref("sales_team.group_sale_salesman", raise_if_not_found=False):
            groups += ",sales_team.group_sale_salesman"
        user = self._new_user("employee", groups)
        self._tour("employee_menus", user)
        self._assert_refused(user)

    def test_invoicing_user_sees_no_collections(self):
        user = self._new_user("biller", "account.group_account_invoice")
        self._tour("invoicing_menus", user)
        self._assert_refused(user)

    # === THE CREDIT MANAGER === #

    def test_credit_manager_adds_a_level(self):
        user = self._new_user(
            "manager", "base.group_user,ar_collections.ar_collections_group_manager"
        )
        self._tour("manager_adds_level", user)
        self.policy.invalidate_recordset()
        level = self.policy.level_ids.sorted(lambda lv: (lv.sequence, lv.id))[-1]
        self.assertRecordValues(
            level, [{"name": "Last word", "delay_days": 60, "channel": "email"}]
        )
        self.assertTrue(level.mail_template_id)

    def test_credit_manager_tries_a_policy_and_undoes_a_run(self):
        user = self._new_user(
            "manager", "base.group_user,ar_collections.ar_collections_group_manager"
        )
        self._tour("manager_tries_a_policy", user)
        self.env.invalidate_all()
        friendly = self.env["ar.policy"].search(
            [("name", "=", "Friendly"), ("is_ready", "=", False)]
        )
        self.assertTrue(friendly.level_ids.mail_template_id)
        self._trigger_delivery()
        run = self.env["ar.dunning.run"].search([("company_id", "=", self.company.id)])
        self.assertRecordValues(run, [{"state": "done", "sent_count": 2}])
        item = self._receivable(self.invoice)
        self.assertEqual(self._decide()[item]["next_level_id"], self.second.id)

        # they have left: what waits in the queue would be withdrawn instead
        mails = self.env["mail.mail"].sudo()
        mails.search([("model", "=", "ar.debtor")]).state = "sent"

        self._tour("manager_undoes_a_run", user)
        self.env.invalidate_all()
        self.assertEqual(run.undone_count, 2)
        # the first reminder counts no more, but nobody is written to twice in a week
        row = self._decide()[item]
        self.assertEqual(row["next_level_id"], self.first.id)
        self.assertEqual(row["verdict"], "interval")
        self.assertEqual(
            set(self.env["ar.deviation"].search([]).mapped("kind")),
            {"dropped", "undone"},
        )

    def test_credit_manager_imports_opening_items(self):
        user = self._new_user(
            "manager", "base.group_user,ar_collections.ar_collections_group_manager"
        )
        self._tour("manager_imports_items", user)
        self.env.invalidate_all()
        row = self.env["ar.opening.item"].search([])
        self.assertRecordValues(row, [{"number": "R-1", "state": "done"}])
        self.assertEqual(row.move_line_id.amount_residual, 100)
        self.assertEqual(row.move_line_id.ar_level_id, self.second)
        decision = self._decide()[row.move_line_id]
        self.assertEqual(decision["contact_date"].isoformat(), "2026-03-28")
        self.assertEqual(decision["next_level_id"], self.final.id)
        self.assertEqual(decision["verdict"], "interval")

    # === THE CUSTOMER === #

    def test_terms_page_has_the_policy_under_its_heading(self):
        company = self.env.ref("base.public_user").sudo().company_id
        self.env["ir.config_parameter"].set_param("account.use_invoice_terms", True)
        company.write(
            {
                "terms_type": "html",
                "ar_policy_id": self.policy.sudo().copy({"company_id": False}).id,
            }
        )
        policy = company.ar_policy_id
        policy.write({"is_printed_on_invoice": True, "description": "<p>Call us.</p>"})
        page = self.url_open("/terms").text
        self.assertIn("<h2>If a payment is late</h2>", page)
        self.assertLess(page.index("If a payment is late"), page.index("Call us."))
        policy.is_printed_on_invoice = False
        self.assertNotIn("If a payment is late", self.url_open("/terms").text)
