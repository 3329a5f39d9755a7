from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import ArCollectionsCommon

GROUPS = {
    "employee": "base.group_user",
    "billing": "account.group_account_invoice",
    "portal": "base.group_portal",
    "public": "base.group_public",
    "readonly": "ar_collections.ar_collections_group_readonly",
    "collector": "ar_collections.ar_collections_group_user",
    "manager": "ar_collections.ar_collections_group_manager",
}
# What everybody sees of these; without it, all fields.
FIELDS = {
    "ar.policy": ["name", "company_id", "level_ids"],
    "ar.dunning.level": ["name", "delay_days", "description"],
}
# Who may read and write each model by direct access; methods are tested below.
READERS = {
    "ar.policy": ("employee", "billing", "readonly", "collector", "manager"),
    "ar.dunning.level": ("employee", "billing", "readonly", "collector", "manager"),
    "ar.debtor": ("readonly", "collector", "manager"),
    "ar.dunning.run": ("readonly", "collector", "manager"),
    "ar.dunning.notice": ("readonly", "collector", "manager"),
    "ar.dunning.notice.line": ("readonly", "collector", "manager"),
    "ar.dunning.skip": ("readonly", "collector", "manager"),
    "ar.aging.report": ("readonly", "collector", "manager"),
}
WRITERS = {
    "ar.policy": ("manager",),
    "ar.dunning.level": ("manager",),
    "ar.debtor": ("collector", "manager"),
}
# The column of each model by which its rows belong to a company.
COMPANY_PATHS = {
    "ar.dunning.level": "policy_id.company_id",
    "ar.dunning.level.variant": "level_id.policy_id.company_id",
    "ar.policy.version": "policy_id.company_id",
    "ar.dunning.notice.line": "notice_id.company_id",
    "ar.dunning.skip": "run_id.company_id",
    "ar.charge.lump.sum": "terms_id.company_id",
    "ar.charge.cost.band": "terms_id.company_id",
}
# Official figures and the days of the week are the same for every company.
PUBLIC_MODELS = (
    "ar.reference.rate",
    "ar.reference.rate.month",
    "ar.reference.rate.value",
    "ar.weekday",
)


@tagged("post_install", "-at_install")
class TestSecurity(ArCollectionsCommon):
    """Who may do what, by direct calls as over RPC."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_invoice_due("2026-03-20", 1000)
        cls._create_invoice_due("2026-03-30", 500, cls._create_customer("Early Ltd"))
        company = {"company_id": cls.company.id, "company_ids": cls.company.ids}
        cls.users = {
            key: new_test_user(cls.env, f"ar_{key}", groups=group, **company)
            for key, group in GROUPS.items()
        }

    def setUp(self):
        super().setUp()
        self.run = self._preview()
        self.notice = self.run.notice_ids
        self.debtor = self.notice.debtor_id

    def _as(self, key, record):
        return record.with_env(self.env(user=self.users[key], context={}))

    def _get_models(self):
        """Our models that have rows of their own."""
        return [
            self.env[name]
            for name in self.env.registry
            if name.startswith("ar.")
            and not self.env[name]._abstract
            # of this addon: bridges have tests of their own
            and self.env[name]._module in ("ar_collections", None)
        ]

    # === READ AND WRITE === #

    def test_who_reads_what(self):
        for model, readers in READERS.items():
            for key in GROUPS:
                with self.subTest(model=model, user=key):
                    records = self._as(key, self.env[model])
                    if key in readers:
                        # what lists show; each list must open for its readers
                        self.assertTrue(records.search([]).read(FIELDS.get(model)))
                    else:
                        with self.assertRaises(AccessError):
                            records.search([])

    def test_manager_opens_policies_and_levels(self):
        """A credit manager decides on levels without being an administrator."""
        for record in (self.policy, self.first):
            with self.subTest(model=record._name):
                record = self._as("manager", record)
                view = record.get_view(view_type="form")
                names = [name for name in record._fields if name in view["arch"]]
                shown = record.fields_get(names)
                self.assertTrue(record.read(list(shown)))
        self._as("manager", self.first).action_ids = self.final.action_ids
        self.assertEqual(self.first.action_ids, self.final.action_ids)

    def test_employee_opens_a_policy(self):
        """Every employee may read a policy, so that its form must open."""
        self.assertTrue(self._as("employee", self.policy).read())

    def test_who_writes_what(self):
        for model in READERS:
            for key in GROUPS:
                for operation in ("write", "unlink"):
                    writers = WRITERS.get(model, ())
                    if operation == "unlink" and model == "ar.debtor":
                        writers = ()
                    with self.subTest(model=model, user=key, operation=operation):
                        may = self._as(key, self.env[model]).has_access(operation)
                        self.assertEqual(may, key in writers)

    def test_who_creates_what(self):
        creators = {
            "ar.policy": ("manager",),
            "ar.dunning.level": ("manager",),
            "ar.dunning.run": ("collector", "manager"),
        }
        for model in READERS:
            for key in GROUPS:
                with self.subTest(model=model, user=key):
                    may = self._as(key, self.env[model]).has_access("create")
                    self.assertEqual(may, key in creators.get(model, ()))

    def test_portal_and_public_see_nothing(self):
        for model in self._get_models():
            for key in ("portal", "public"):
                with self.subTest(model=model._name, user=key):
                    with self.assertRaises(AccessError):
                        self._as(key, model).search([])

    def test_states_and_amounts_are_not_written_directly(self):
        line, skip = self.notice.line_ids, self.run.skip_ids
        for record, vals in (
            (self.notice, {"state": "sent"}),
            (self.notice, {"amount_due": 1}),
            (line, {"amount_residual": 1}),
            (line, {"is_live": False}),
            (self.run, {"state": "done"}),
            (self.run, {"date": "2026-01-01"}),
            (skip, {"reason": "waiting"}),
        ):
            for key in ("readonly", "collector", "manager"):
                with self.subTest(model=record._name, vals=vals, user=key):
                    with self.assertRaises(AccessError):
                        self._as(key, record).write(vals)

    def test_figures_of_a_debtor_are_not_written_directly(self):
        """They come from the ledger, or from rules a collector may not bend."""
        for vals in (
            {"amount_due": 1},
            {"amount_overdue": 0},
            {"level_id": self.final.id},
            {"is_credit_hold": True},
            {"is_cod": True},
            {"partner_id": self._create_customer("Somebody Else").id},
        ):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                self._as("collector", self.debtor).write(vals)

    def test_collector_works_on_a_debtor(self):
        user = self.users["collector"]
        debtor = self._as("collector", self.debtor)
        debtor.write({"user_id": user.id, "note": "<p>Calls back on Monday</p>"})
        debtor.message_post(body="Spoke to them")
        self.assertEqual(self.debtor.user_id, user)

    # === METHODS === #

    def test_readonly_moves_nothing(self):
        for record, method in (
            (self.run, "action_preview"),
            (self.run, "action_confirm"),
            (self.run, "action_cancel"),
            (self.run, "action_retry"),
            (self.notice, "action_drop"),
            (self.notice, "action_cancel"),
            (self.notice, "action_retry"),
            (self.notice, "action_print"),
        ):
            for key in ("employee", "billing", "readonly"):
                with self.subTest(method=method, user=key):
                    with self.assertRaises(AccessError):
                        getattr(self._as(key, record), method)()
        self.assertRecordValues(self.run, [{"state": "draft", "draft_count": 1}])

    def test_readonly_has_no_wizard_that_moves(self):
        for model in ("ar.dunning.run.start", "ar.dunning.notice.drop"):
            with self.subTest(model=model), self.assertRaises(AccessError):
                self._as("readonly", self.env[model]).create({})

    def test_readonly_cannot_include_an_excluded_item(self):
        entry = self._create_opening_entry("2026-03-01", [(self.customer, 100)])
        self.run.action_preview()
        skip = self.run.skip_ids.filtered(lambda s: s.move_id == entry)
        with self.assertRaises(AccessError):
            self._as("readonly", skip).action_include()
        self._as("collector", skip).action_include()
        self.assertFalse(skip.move_line_id.no_followup)

    def test_collector_runs_the_ladder(self):
        self.run.action_cancel()
        run = self._as("collector", self.env["ar.dunning.run"]).create(
            {"company_id": self.company.id}
        )
        run.action_preview()
        run.action_confirm()
        with self.trap_contacts() as seen:
            self._deliver()
        self.assertEqual(len(seen), 1)
        self.assertEqual(run.state, "done")
        for record in (run, run.notice_ids, run.skip_ids, run.notice_ids.debtor_id):
            self.assertTrue(self._as("readonly", record).read())

    def test_run_begins_as_a_draft(self):
        runs = self._as("collector", self.env["ar.dunning.run"])
        vals = {"company_id": self.company.id}
        for state in ("confirmed", "done", "cancel"):
            with self.subTest(state=state), self.assertRaises(AccessError):
                runs.create({**vals, "state": state})

    def test_context_unlocks_nothing(self):
        runs = self._as("collector", self.env["ar.dunning.run"])
        try:
            run = runs.with_context(default_state="done").create({})
        except AccessError:
            run = runs
        self.assertIn(run.state, (False, "draft"))
        keys = dict.fromkeys(
            ("su", "sudo", "force_write", "tracking_disable", "ar_collections", "uid"),
            True,
        )
        with self.assertRaises(AccessError):
            self._as("collector", self.notice).with_context(**keys).state = "sent"
        with self.assertRaises(AccessError):
            self._as("readonly", self.run).with_context(**keys).action_confirm()

    def test_nested_values_create_no_notice(self):
        notice = {
            "debtor_id": self.debtor.id,
            "company_id": self.company.id,
            "partner_id": self.customer.id,
            "level_id": self.first.id,
            "currency_id": self.company.currency_id.id,
            "date": "2026-03-31",
            "channel": "email",
            "state": "queued",
        }
        runs = self._as("collector", self.env["ar.dunning.run"])
        with self.assertRaises(AccessError):
            runs.create({"notice_ids": [(0, 0, notice)]})

    def test_everybody_opens_an_invoice(self):
        """What the form of an invoice or a contact shows must not stop a clerk."""
        for key, record in (
            ("billing", self.notice.line_ids.move_id),
            ("employee", self.customer),
        ):
            record = self._as(key, record)
            ours = [
                name
                for name in record.fields_get()
                if record._fields[name]._module == "ar_collections"
            ]
            self.assertIn("dunning_level_id", ours)
            self.assertTrue(record.read(ours))

    def test_portal_user_learns_nothing_of_how_he_is_treated(self):
        """The customer reads his own contact and invoices, but none of our fields."""
        self.users["portal"].partner_id.parent_id = self.customer
        invoice = self.notice.line_ids.move_id
        invoice.message_subscribe(self.users["portal"].partner_id.ids)
        invoice.ar_policy_id = self.policy
        for record in (
            self.users["portal"].partner_id,
            invoice,
            self.notice.line_ids.move_line_id,
        ):
            record = self._as("portal", record)
            if not record.has_access("read"):
                continue
            for name, field in record._fields.items():
                # how late an item is, its due date tells as well
                if field._module == "ar_collections" and name != "ar_days_overdue":
                    with self.subTest(model=record._name, field=name):
                        self.assertFalse(record.fields_get([name]))
                        with self.assertRaises(AccessError):
                            record.read([name])
                        with self.assertRaises(AccessError):
                            record.search_count([(name, "!=", False)])

    def test_only_collectors_choose_the_policy_of_an_invoice(self):
        invoice = self.notice.line_ids.move_id
        for user, vals in (("billing", {}), ("employee", {})):
            with self.subTest(user=user), self.assertRaises(AccessError):
                self._as(user, invoice).write({"ar_policy_id": self.policy.id, **vals})
        moves = self._as("billing", self.env["account.move"])
        vals = {"move_type": "out_invoice", "partner_id": self.customer.id}
        with self.assertRaises(AccessError):
            moves.create({**vals, "ar_policy_id": self.policy.id})
        with self.assertRaises(AccessError):
            moves.with_context(default_ar_policy_id=self.policy.id).create(vals)
        self.assertFalse(invoice.ar_policy_id)
        # what a form sends for a field that is empty
        self.assertTrue(moves.create({**vals, "ar_policy_id": False}))
        self._as("collector", invoice).ar_policy_id = self.policy
        self.assertEqual(invoice.ar_policy_id, self.policy)

    def test_only_collectors_choose_the_policy_of_a_new_customer(self):
        """What cannot be kept is refused, not lost."""
        reader = new_test_user(
            self.env,
            "reader_of_contacts",
            f"{GROUPS['readonly']},base.group_partner_manager",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        partner = self.env["res.partner"].create({"name": "Nothing Owed Ltd"})
        partner = partner.with_user(reader).with_company(self.company)
        with self.assertRaisesRegex(AccessError, "Nothing Owed Ltd"):
            partner.ar_policy_id = self.policy
        partner.ar_policy_id = False

    # === EVERY MODEL === #

    def test_every_model_has_access_rights(self):
        access = self.env["ir.model.access"].sudo()
        for model in self._get_models():
            with self.subTest(model=model._name):
                rows = access.search([("model_id.model", "=", model._name)])
                self.assertTrue(rows)
                self.assertTrue(all(row.group_id for row in rows))

    def test_every_model_of_a_company_has_a_company_rule(self):
        rules = self.env["ir.rule"].sudo()
        for model in self._get_models():
            if model._name in PUBLIC_MODELS:
                continue
            path = COMPANY_PATHS.get(model._name, "company_id")
            reaches = path.split(".")[0] in model._fields
            if model._transient or not reaches:
                self.assertTrue(model._transient, f"{model._name} reaches no company")
                continue
            with self.subTest(model=model._name):
                found = rules.search(
                    [("model_id.model", "=", model._name), ("groups", "=", False)]
                )
                self.assertTrue(
                    found.filtered(lambda r, path=path: path in r.domain_force)
                )
