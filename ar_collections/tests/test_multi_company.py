from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from .common import TODAY, ArCollectionsCommon


@tagged("post_install", "-at_install")
class TestMultiCompany(ArCollectionsCommon):
    """Two companies share a customer; neither looks into the other's books."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_data = cls.setup_other_company()
        cls.other_company = cls.other_data["company"]
        cls.other_company.email = "books@other.example.com"
        cls.other_company.ar_policy_id = cls.policy.copy(
            {"company_id": cls.other_company.id}
        )
        cls.env.user.company_ids += cls.other_company
        cls.env = cls.env(
            context={
                **cls.env.context,
                "allowed_company_ids": (cls.company + cls.other_company).ids,
            }
        )
        cls.customer = cls.customer.with_env(cls.env)
        cls.collector = new_test_user(
            cls.env,
            "collector_a",
            groups="ar_collections.ar_collections_group_user",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.invoice = cls._create_invoice_due("2026-03-20", 1000)
        cls.other_invoice = cls._create_other_invoice("2026-03-20", 500)

    @classmethod
    def _create_other_invoice(cls, due, amount):
        return cls._create_invoice_due(
            due, amount, company_id=cls.other_company.id, journal_id=cls._get_journal()
        )

    @classmethod
    def _get_journal(cls):
        return cls.other_data["default_journal_sale"].id

    def _preview_other(self, date=TODAY):
        return self._preview(date, company_id=self.other_company.id)

    def _get_verdict(self, company, date=TODAY):
        rows = self._decide(date, company=company)
        return {line.move_id: row["verdict"] for line, row in rows.items()}

    # === DECISIONS === #

    def test_each_company_claims_its_own(self):
        notices = self._preview().notice_ids + self._preview_other().notice_ids
        self.assertRecordValues(
            notices,
            [
                {"company_id": self.company.id, "amount_due": 1000.0},
                {"company_id": self.other_company.id, "amount_due": 500.0},
            ],
        )
        self.assertEqual(len(notices.debtor_id), 2)
        self.assertEqual(notices.debtor_id.partner_id, self.customer)

    def test_waiting_draft_of_one_company_holds_nothing_in_the_other(self):
        self._preview()
        self.assertEqual(
            self._get_verdict(self.other_company), {self.other_invoice: "dun"}
        )
        self.assertEqual(self._get_verdict(self.company), {self.invoice: "pending"})

    def test_contact_by_one_company_is_no_contact_of_the_other(self):
        self.levels.min_interval_days = 30
        self._run_ladder("2026-03-25")
        late = self._create_invoice_due("2026-03-22", 100)
        self.assertEqual(self._get_verdict(self.company)[late], "interval")
        self.assertEqual(
            self._get_verdict(self.other_company), {self.other_invoice: "dun"}
        )

    def test_later_run_of_one_company_stops_no_run_of_the_other(self):
        self._run_ladder(TODAY)
        run = self._preview_other("2026-03-25")
        self.assertEqual(run.draft_count, 1)

    def test_credit_in_one_company_covers_nothing_in_the_other(self):
        self._create_payment(self.customer, 5000)
        self.assertEqual(self._get_verdict(self.company)[self.invoice], "covered")
        self.assertEqual(
            self._get_verdict(self.other_company), {self.other_invoice: "dun"}
        )

    def test_policy_of_the_debtor_is_per_company(self):
        own = self.policy.copy()
        self.customer.with_company(self.company).ar_policy_id = own
        rows = (
            self._decide(company=self.company),
            self._decide(company=self.other_company),
        )
        policies = [next(iter(found.values()))["policy_id"] for found in rows]
        self.assertEqual(policies, [own.id, self.other_company.ar_policy_id.id])

    def test_shared_policy_serves_both(self):
        shared = self.env.ref("ar_collections.ar_policy_standard")
        (self.company + self.other_company).ar_policy_id = shared
        for company in self.company + self.other_company:
            (row,) = self._decide(company=company).values()
            self.assertEqual((row["policy_id"], row["verdict"]), (shared.id, "dun"))

    def test_sent_by_the_company_that_claims(self):
        run = self._preview_other()
        run.action_confirm()
        self._deliver()
        mail = self.env["mail.mail"].sudo().search([], limit=1, order="id desc")
        self.assertIn("books@other.example.com", mail.email_from)
        self.assertIn(self.other_company.name, run.notice_ids.subject)

    def test_run_takes_no_debtors_of_the_other_company(self):
        debtor = self.env["ar.debtor"]._get(self.customer, self.other_company)
        wizard = self.env["ar.dunning.run.start"].create(
            {"company_id": self.company.id, "debtor_ids": debtor.ids}
        )
        with self.assertRaises(UserError):
            wizard.action_start()

    # === BRANCHES === #

    def test_receivables_of_a_branch_belong_to_the_root(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        self.env.user.company_ids += branch
        env = self.env(
            context={
                **self.env.context,
                "allowed_company_ids": (self.company + branch).ids,
            }
        )
        self.customer = self.customer.with_env(env)
        invoice = self.invoice.with_env(env).copy({"invoice_date_due": "2026-03-20"})
        invoice.write({"company_id": branch.id, "invoice_date": "2026-02-18"})
        invoice.action_post()
        self.assertEqual(invoice.line_ids.company_id, branch)
        notice = self._preview().notice_ids
        self.assertRecordValues(
            notice, [{"company_id": self.company.id, "amount_due": 2000.0}]
        )
        self.assertEqual(notice.debtor_id.company_id, self.company)
        self.assertEqual(
            self.env["ar.debtor"]._get(self.customer, branch), notice.debtor_id
        )
        self.assertFalse(self.env["ar.debtor"].search([("company_id", "=", branch.id)]))

    # === WHO SEES WHAT === #

    def _as_collector(self, record):
        """As a collector of the first company only, as over RPC."""
        allowed = {"allowed_company_ids": self.company.ids}
        return record.with_env(self.env(user=self.collector, context=allowed))

    def test_collector_of_one_company_sees_nothing_of_the_other(self):
        mine, theirs = self._preview(), self._preview_other()
        self.assertTrue(theirs.notice_ids)
        self._create_other_invoice("2026-03-20", 3)
        self._preview_other()
        for model in (
            "ar.debtor",
            "ar.dunning.run",
            "ar.dunning.notice",
            "ar.dunning.skip",
            "ar.aging.report",
            "ar.policy",
            "ar.dunning.level",
        ):
            with self.subTest(model=model):
                companies = self._as_collector(self.env[model]).search([]).company_id
                self.assertLessEqual(companies, self.company)
        lines = self._as_collector(self.env["ar.dunning.notice.line"]).search([])
        self.assertEqual(lines.notice_id, mine.notice_ids)
        for record in (theirs, theirs.notice_ids, theirs.notice_ids.debtor_id):
            with self.assertRaises(AccessError):
                self._as_collector(record).read(["company_id"])

    def test_collector_of_one_company_moves_nothing_of_the_other(self):
        run = self._preview_other()
        for method in ("action_preview", "action_confirm", "action_cancel"):
            with self.subTest(method=method), self.assertRaises(AccessError):
                getattr(self._as_collector(run), method)()
        with self.assertRaises(AccessError):
            self._as_collector(run.notice_ids).action_drop()
        with self.assertRaises(AccessError):
            self._as_collector(self.env["ar.dunning.run"]).create(
                {"company_id": self.other_company.id}
            )
        self.assertEqual(run.draft_count, 1)

    def test_live_count_of_the_wizard_shows_no_other_company(self):
        wizards = self._as_collector(self.env["ar.dunning.run.start"])
        try:
            wizard = wizards.create({"company_id": self.other_company.id})
            figures = wizard.notice_count, wizard.skip_count, wizard.amount_total
        except AccessError:
            return
        self.assertEqual(figures, (0, 0, 0))

    def test_outlook_of_an_unsaved_debtor_shows_no_other_company(self):
        debtors = self._as_collector(self.env["ar.debtor"])
        values = {"company_id": self.other_company.id, "partner_id": self.customer.id}
        try:
            debtor = debtors.new(values)
            shown = f"{debtor.outlook} {debtor.totals}"
        except AccessError:
            return
        self.assertNotIn(self.other_invoice.name, shown)
        self.assertNotIn("500.00", shown)

    # === AGEING === #

    def test_ageing_is_per_company(self):
        self.env.flush_all()
        report = self.env["ar.aging.report"]
        groups = report._read_group([], ["company_id"], ["amount:sum"])
        amounts = dict(groups)
        self.assertEqual(amounts[self.company], 1000)
        self.assertEqual(amounts[self.other_company], 500)
        alone = report.with_context(allowed_company_ids=self.company.ids).search([])
        self.assertEqual(alone.mapped("amount"), [1000])

    # === DAYS AND BRANCHES === #

    def test_a_run_begins_in_the_day_of_its_company(self):
        """The user's company may be a day ahead of the one that the run is for."""
        self.company.partner_id.tz = "Pacific/Auckland"
        self.other_company.partner_id.tz = "America/New_York"
        self.collector.company_ids += self.other_company
        with freeze_time("2026-03-31 20:00:00"):  # 1 April in Auckland
            runs = self.env["ar.dunning.run"].with_user(self.collector)
            run = runs.create({"company_id": self.other_company.id})
            start = self.env["ar.dunning.run.start"].with_user(self.collector)
            form = Form(start.with_company(self.company))
            form.company_id = self.other_company
        self.assertEqual(str(run.date), "2026-03-31")
        self.assertEqual(str(run.decided_on), "2026-03-31")
        self.assertEqual(str(form.date), "2026-03-31")

    def test_what_is_set_for_a_branch_would_never_be_applied(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        rule = self.env["ar.contact.rule"].create({"name": "Cap", "max_count": 1})
        chosen = self.env["ar.policy.rule"].create(
            {"policy_id": self.policy.id, "amount_from": 1}
        )
        terms = self.env["ar.charge.terms"].search([], limit=1)
        for record in (rule, chosen, terms, self.policy.copy()):
            with (
                self.subTest(model=record._name),
                self.assertRaisesRegex(ValidationError, "Branch is a branch"),
            ):
                record.company_id = branch
