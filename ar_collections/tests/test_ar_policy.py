from ast import literal_eval
from datetime import timedelta
from unittest.mock import patch

from lxml import etree

from odoo import SUPERUSER_ID, fields
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from .common import TODAY, ArCollectionsCommon

# Which policy is whose: what is shown | customer | rules, in their order | policy, why.
# The company's default is D. Rules: policy:conditions; vip, new: tags; be, fr: countries.
CASES = """
no rule                         |                      |                     | D company
chosen on the invoice           | invoice=P own=Q vip  | R:vip               | P invoice
chosen for the customer         | own=Q vip            | R:vip               | Q debtor
an archived choice is none      | own=X vip            | R:vip               | R rule
nor an archived one on it       | invoice=X own=Q      |                     | Q debtor
by tag                          | vip                  | R:vip               | R rule
by one of its tags              | vip new              | R:new               | R rule
by another tag                  | new                  | R:vip               | D company
the first that fits             | vip                  | R:vip P:vip         | R rule
in the order given              | vip be               | P:be R:vip          | P rule
one that does not fit is passed | vip fr               | P:be R:vip          | R rule
by country                      | be                   | P:be                | P rule
no country is no country        |                      | P:be                | D company
all conditions must be met      | vip                  | P:vip+be            | D company
all are met                     | vip be               | P:vip+be            | P rule
a company is a business         |                      | P:business          | P rule
a person is a consumer          | person               | P:business Q:consumer | Q rule
with a tax number, a business   | person vat           | P:business Q:consumer | P rule
a public body by choice         | kind=public          | P:business Q:public | Q rule
a new payer                     |                      | P:payer=new         | P rule
a chronic payer                 | payer=chronic        | P:payer=new Q:payer=chronic | Q rule
owes a hundred                  |                      | P:owes=100          | P rule
owes no more than that          |                      | P:owes=101          | D company
a credit makes it less          | credit=1             | P:owes=100          | D company
amount and payer                | payer=slow           | P:payer=slow+owes=50 | P rule
an archived policy has no rules | vip                  | X:vip R:vip         | R rule
"""  # noqa: E501

KINDS = {
    "person": {"is_company": False},
    "vat": {"vat": "BE0477472701"},
    "kind=public": {"ar_customer_kind": "public"},
}


@tagged("post_install", "-at_install")
class TestArPolicy(ArCollectionsCommon):
    """Whose policy it is, how it changes, and what it refuses."""

    # === WHOSE === #

    def _prepare_rule(self, sequence, text):
        name, conditions = text.split(":")
        vals = {"policy_id": self.policies[name].id, "sequence": sequence}
        for word in conditions.split("+"):
            key, _sep, value = word.partition("=")
            if word in self.tags:
                vals["category_ids"] = [Command.link(self.tags[word].id)]
            elif word in self.countries:
                vals["country_ids"] = [Command.link(self.countries[word].id)]
            elif key == "payer":
                vals["payer_profile"] = value
            elif key == "owes":
                vals["amount_from"] = float(value)
            else:
                vals["customer_kind"] = word
        return vals

    def _create_customer_of(self, words):
        partner = self._create_customer("Case Ltd", country_id=False)
        debtor = self.env["ar.debtor"]._get(partner, self.company)
        invoice = self._create_invoice_due("2026-03-20", 100, partner)
        for word in words.split():
            key, _sep, value = word.partition("=")
            if word in self.tags:
                partner.category_id += self.tags[word]
            elif word in self.countries:
                partner.country_id = self.countries[word]
            elif key == "payer":
                debtor.write({"profile_manual": value, "profile_reason": "case"})
            elif key == "credit":
                self._create_payment(partner, float(value))
            elif key == "own":
                debtor.policy_id = self.policies[value]
            elif key == "invoice":
                invoice.ar_policy_id = self.policies[value]
            else:
                partner.with_context(no_vat_validation=True).write(KINDS[word])
        return invoice

    def test_policy_by_cases(self):
        self.policies = {
            name: self.policy.copy({"name": name}) for name in ("P", "Q", "R", "X")
        }
        self.policies["X"].active = False
        names = {policy.id: name for name, policy in self.policies.items()}
        names[self.policy.id] = "D"
        self.tags = {
            name: self.env["res.partner.category"].create({"name": name})
            for name in ("vip", "new")
        }
        self.countries = {name: self.env.ref(f"base.{name}") for name in ("be", "fr")}
        for line in CASES.strip().splitlines():
            what, customer, rules, expected = (part.strip() for part in line.split("|"))
            with self.subTest(what):
                invoice = self._create_customer_of(customer)
                made = self.env["ar.policy.rule"].create(
                    [
                        self._prepare_rule(number, text)
                        for number, text in enumerate(rules.split())
                    ]
                )
                row = self._decide()[self._receivable(invoice)]
                found = f"{names[row['policy_id']]} {row['policy_source']}"
                self.assertEqual(found, expected)
                # what the forms tell is the same
                debtor = self.env["ar.debtor"]._get(invoice.partner_id, self.company)
                debtor.invalidate_recordset()
                if row["policy_source"] != "invoice":
                    self.assertEqual(debtor.applied_policy_id.id, row["policy_id"])
                self.assertIn(
                    self.env["ar.policy"].browse(row["policy_id"]).name,
                    invoice.ar_policy_reason,
                )
                made.unlink()

    def test_queries_of_the_reason_do_not_grow_with_the_invoices(self):
        invoices = self.env["account.move"].concat(
            *(
                self._create_invoice_due(
                    "2026-03-20", 100, partner=self._create_customer(f"Customer {n}")
                )
                for n in range(6)
            )
        )
        counts = []
        # the first time fills what the registry keeps
        for some in (invoices[:1], invoices[:2], invoices):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertTrue(all(some.mapped("ar_policy_reason")))
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])

    def test_history_of_the_policy_tells_its_rules(self):
        """Who made it apply to whom, and when, can be asked for years later."""
        other = self.policy.copy({"name": "Other"})
        self.env.flush_all()

        def read(policy):
            return [str(body) for body in policy.message_ids.mapped("body")]

        rules = self.env["ar.policy.rule"].with_context(tracking_disable=True)
        rule = rules.create({"policy_id": self.policy.id, "payer_profile": "chronic"})
        self.assertIn("Rule added: payer: chronic", read(self.policy)[0])
        rule.payer_profile = "slow"
        self.assertIn("Rule changed: payer: chronic", read(self.policy)[0])
        self.assertIn("→ payer: slow", read(self.policy)[0])
        count = len(read(self.policy))
        rule.sequence = 5
        self.assertEqual(len(read(self.policy)), count, "the same customers")
        rule.policy_id = other
        self.assertIn("Rule removed: payer: slow", read(self.policy)[0])
        self.assertIn("payer: slow", read(other)[0])
        rule.unlink()
        self.assertIn("Rule removed: payer: slow", read(other)[0])

    def test_a_look_at_tonight_leaves_no_history(self):
        before = len(self.policy.message_ids)
        self.env["ar.policy"].preview_changes(
            self.policy.id, {"rule_ids": [Command.create({"amount_from": 5.0})]}
        )
        self.env.invalidate_all()
        self.assertEqual(len(self.policy.message_ids), before)

    def test_rule_without_a_condition(self):
        with self.assertRaisesRegex(ValidationError, "without a condition"):
            self.env["ar.policy.rule"].create({"policy_id": self.policy.id})

    def test_rule_of_another_company_is_not_ours(self):
        other = self.setup_other_company()["company"]
        policy = self.policy.copy({"company_id": False})
        rule = self.env["ar.policy.rule"].create(
            {"policy_id": policy.id, "amount_from": 1, "company_id": other.id}
        )
        invoice = self._create_invoice_due("2026-03-20", 100)
        row = self._decide()[self._receivable(invoice)]
        self.assertEqual(row["policy_id"], self.policy.id)
        rule.company_id = False
        row = self._decide()[self._receivable(invoice)]
        self.assertEqual(row["policy_id"], policy.id)

    def test_reminders_count_when_the_policy_changes(self):
        """The note before the due date is none of them."""
        invoice = self._create_invoice_due("2026-03-20", 100)
        self._run_ladder("2026-03-23")
        item = self._receivable(invoice)
        self.assertEqual(self._decide("2026-03-24")[item]["last_rank"], 2)
        other = self.policy.copy({"name": "No notes"})
        other.level_ids.filtered(lambda lv: lv.delay_days < 0).unlink()
        levels = other.level_ids.sorted("sequence")
        debtor = self.env["ar.debtor"]._get(self.customer, self.company)
        debtor.policy_id = other
        for active in (True, False):
            # also if the old one is no longer in use
            self.company.ar_policy_id = other
            self.policy.active = active
            row = self._decide("2026-04-20")[item]
            self.assertEqual(row["next_level_id"], levels[1].id)
            # what was really sent is what is told
            self.assertEqual(row["last_level_id"], self.first.id)
        self.env["ar.debtor"]._refresh(self.company)
        self.assertEqual(debtor.level_id, self.first)

    # === LEVELS === #

    def test_days_of_two_levels_in_one_save(self):
        """Each change alone would break the order; both together keep it."""
        for first, second in ((20, 25), (2, 5)):
            self.policy.write(
                {
                    "level_ids": [
                        Command.update(self.first.id, {"delay_days": first}),
                        Command.update(self.second.id, {"delay_days": second}),
                    ]
                }
            )
            self.assertEqual(self.first.delay_days, first)
        with self.assertRaisesRegex(ValidationError, "must come later"):
            self.policy.write(
                {
                    "level_ids": [
                        Command.update(self.first.id, {"delay_days": 12}),
                        Command.update(self.second.id, {"delay_days": 11}),
                    ]
                }
            )
        with self.assertRaisesRegex(ValidationError, "must come later"):
            self.first.delay_days = 40

    def test_variants_must_climb_too(self):
        with self.assertRaisesRegex(ValidationError, "Slow"):
            self.second.variant_ids = [
                Command.create({"payer_profile": "slow", "delay_days": 3})
            ]

    def test_action_of_another_model_is_refused(self):
        action = self.env["ir.actions.server"].create(
            {
                "name": "Archive",
                "model_id": self.env["ir.model"]._get("res.partner").id,
                "state": "code",
                "code": "records.write({'active': False})",
            }
        )
        with self.assertRaisesRegex(ValidationError, "dunning notices only"):
            self.final.action_ids += action

    def test_call_goes_to_an_active_person(self):
        """Neither to who left, nor to the robot that runs the night."""
        self._create_invoice_due("2026-02-28", 1000)
        for day in ("2026-03-03", "2026-03-15"):
            self._run_ladder(day)
        gone = new_test_user(
            self.env, "gone", groups="ar_collections.ar_collections_group_user"
        )
        debtor = self.env["ar.debtor"]._get(self.customer, self.company)
        debtor.user_id = gone
        gone.active = False
        robot = self.env(user=SUPERUSER_ID)
        run = robot["ar.dunning.run"].create(
            {"company_id": self.company.id, "date": TODAY, "is_automatic": True}
        )
        run.action_preview()
        run.action_confirm()
        self._deliver()
        self.assertEqual(run.notice_ids.level_id, self.final)
        person = debtor.activity_ids.user_id
        self.assertEqual(len(person), 1)
        self.assertTrue(person.active)
        self.assertFalse(person.share)
        self.assertNotEqual(person.id, SUPERUSER_ID)
        self.assertIn(self.company, person.company_ids)

    # === VERSIONS === #

    def _next_transaction(self):
        """The clock of the database, as another transaction reads it."""
        now = self.env.cr.now()
        return patch.object(self.env.cr, "_now", now + timedelta(minutes=1))

    def _get_versions(self):
        return self.policy.version_ids.sorted("number")

    def test_one_version_for_each_transaction(self):
        self.env.flush_all()
        before = len(self._get_versions())
        with self._next_transaction():
            self.first.delay_days = 4
            self.second.write({"min_amount": 20, "name": "Another reminder"})
            self.policy.grouping = "invoice"
            self.env.flush_all()
            self.assertEqual(len(self._get_versions()), before + 1)
            last = self._get_versions()[-1]
            self.assertEqual(self.policy.version, last.number)
            for told in (
                "One notice: per customer → per invoice",
                "First reminder: Days: 3 → 4",
                "Another reminder: Minimum amount: 5.0 → 20.0",
                "Name: Second reminder → Another reminder",
            ):
                self.assertIn(told, last.changes)
            with self._next_transaction():
                # nothing of what the ladder does has changed
                self.policy.name = "Renamed"
                self.first.delay_days = 4
                self.env.flush_all()
                self.assertEqual(len(self._get_versions()), before + 1)
                self.final.variant_ids = [
                    Command.create({"payer_profile": "chronic", "delay_days": 20})
                ]
                self.env.flush_all()
                self.assertEqual(self._get_versions()[-1].number, last.number + 1)
                self.assertEqual(
                    self._get_versions()[-1].changes,
                    "Final demand: payer profiles changed.",
                )

    def test_notice_remembers_the_version(self):
        self._create_invoice_due("2026-03-20", 1000)
        self.env.flush_all()
        notice = self._run_ladder(TODAY)
        version = self.policy.version
        self.assertTrue(version)
        self.assertEqual(notice.policy_version, version)
        with self._next_transaction():
            self.first.delay_days = 4
            self.env.flush_all()
            self.assertEqual(self.policy.version, version + 1)
            self.assertEqual(notice.policy_version, version)
            levels = self._get_versions()[-2].snapshot["levels"]
            kept = {level["id"]: level["delay_days"] for level in levels}
            self.assertEqual(kept[self.first.id], 3)

    def test_version_of_what_is_sent_and_done(self):
        self.env.flush_all()
        actions = self.env["ir.actions.server"].create(
            [
                {
                    "name": name,
                    "model_id": self.env["ir.model"]._get_id("ar.dunning.notice"),
                    "state": "code",
                }
                for name in ("Call", "Block")
            ]
        )
        with self._next_transaction():
            self.first.attach_letter = True
            self.first.attach_invoices = True
            self.first.report_id = False
            self.first.action_ids = actions[::-1]
            self.policy.description = "<p>We are patient.</p>"
            self.policy.is_printed_on_invoice = True
            self.env.flush_all()
            last = self._get_versions()[-1]
            for told in (
                "First reminder: Attach Letter: no → yes",
                "First reminder: Attach Invoices: no → yes",
                "First reminder: Letter: Dunning letter → ",
                "First reminder: Actions: none → ",
                "Text for customers changed.",
                "Print on invoices: no → yes",
            ):
                self.assertIn(told, last.changes)
            level = last.snapshot["levels"][1]
            self.assertEqual(level["action_ids"], sorted(actions.ids))

    def test_snapshot_of_an_older_addon_is_no_change(self):
        self.env.flush_all()
        before = self._get_versions()
        old = dict(before[-1].snapshot)
        whole = dict(old, levels=list(old["levels"]))
        del old["description"]
        old["levels"] = [
            {key: value for key, value in level.items() if key != "attach_letter"}
            for level in old["levels"]
        ]
        last = before[-1].sudo()
        last.snapshot = old
        with self._next_transaction():
            self.policy.name = "Renamed"
            self.env.flush_all()
            self.assertEqual(self._get_versions(), before)
            self.assertEqual(last.snapshot, whole)
            last.snapshot = old
            self.first.delay_days = 4
            self.env.flush_all()
            self.assertEqual(
                self._get_versions()[-1].changes, "First reminder: Days: 3 → 4"
            )
            with self._next_transaction():
                last = self._get_versions()[-1].sudo()
                last.snapshot = {
                    **last.snapshot,
                    "levels": [
                        {key: v for key, v in level.items() if key != "attach_letter"}
                        for level in last.snapshot["levels"]
                    ],
                }
                self.upcoming.unlink()
                self.env.flush_all()
                self.assertIn("removed", self._get_versions()[-1].changes)

    # === FORM === #

    def test_a_level_changed_in_the_dialog_says_when_before_it_is_saved(self):
        with Form(self.policy) as form, form.level_ids.edit(1) as level:
            level.delay_days = 4
            self.assertEqual(level.description, "4 days after the due date")
            level.delay_days = 1
            self.assertEqual(level.description, "1 day after the due date")
            level.day_type = "business"
            self.assertEqual(level.description, "1 working day after the due date")

    def test_the_steps_tell_days_of_payer_profiles(self):
        self.first.variant_ids = [
            Command.create({"payer_profile": "good", "delay_days": 6}),
            Command.create({"payer_profile": "slow", "is_skipped": True}),
            # other words, the same day
            Command.create({"payer_profile": "chronic"}),
        ]
        payers = dict(self.first.variant_ids._fields["payer_profile"].selection)
        told = f"{payers['good']}: 6 days, {payers['slow']}: left out"
        self.assertEqual(self.first._tell_variants(), told)
        self.assertIn(told, self.policy.ladder)
        self.assertFalse(self.second._tell_variants())

    def test_a_toggle_saves_nothing_by_itself(self):
        """What would happen tonight can be seen before anything is saved."""
        form = etree.fromstring(self.policy.get_view(view_type="form")["arch"])
        toggles = form.xpath("//field[@widget='boolean_toggle']")
        self.assertTrue(toggles)
        for toggle in toggles:
            with self.subTest(toggle.get("name")):
                options = literal_eval(toggle.get("options", "{}"))
                self.assertIs(options.get("autosave"), False)

    # === NAMES === #

    def test_levels_of_one_name_tell_their_policy_where_both_are_used(self):
        other = self.policy.copy({"name": "Other"})
        invoice = self._create_invoice_due("2026-03-20", 100)
        self._run_ladder("2026-03-23")
        # nothing was sent by the other one: nobody mistakes them
        self.assertEqual(self.first.display_name, self.first.name)
        invoice.ar_policy_id = other
        self._run_ladder("2026-04-20")
        second = other.level_ids.sorted("sequence")[2]
        self.env["ar.dunning.level"].invalidate_model()
        self.assertEqual(self.second.display_name, f"{second.name} (Ladder)")
        other.active = False
        self.env["ar.dunning.level"].invalidate_model()
        self.assertEqual(self.second.display_name, f"{second.name} (Ladder)")
        # one's own name is none of the others'
        self.assertEqual(second.display_name, second.name)

    # === WHAT IS TO DO BY IT === #

    def _trap_refresh(self):
        return patch.object(self.env.registry["ar.debtor"], "_refresh_later")

    def test_what_a_policy_does_is_to_do_at_once(self):
        """The worklist does not wait for the next night."""
        rule = self.env["ar.policy.rule"].create(
            {"policy_id": self.policy.copy().id, "customer_kind": "public"}
        )
        for change in (
            lambda: rule.write({"customer_kind": "business"}),
            lambda: rule.copy(),
            lambda: rule.unlink(),
            lambda: self.first.write({"delay_days": 4}),
            lambda: self.policy.write({"grouping": "invoice"}),
            lambda: self.company.write({"ar_policy_id": self.policy.copy().id}),
        ):
            with self._trap_refresh() as refresh:
                change()
            self.assertTrue(refresh.called)
        with self._trap_refresh() as refresh:
            self.company.write({"ar_aging_buckets": "30"})
            self.env.ref("ar_collections.ar_policy_ready_firm").name = "Firmer"
        self.assertFalse(refresh.called)

    def test_whom_another_policy_treats_has_other_things_to_do(self):
        late = self.policy.copy({"name": "Late"})
        for level in late.level_ids.filtered(lambda lv: lv.delay_days > 0)[::-1]:
            level.delay_days += 60
        self.env["ar.policy.rule"].create(
            {"policy_id": late.id, "customer_kind": "public"}
        )
        invoice = self._create_invoice_due("2026-03-20", 100)
        self.env.cr.precommit.run()
        debtor = self.env["ar.debtor"]._get(self.customer, self.company)

        def is_due():
            self.env.cr.precommit.run()
            debtor.invalidate_recordset()
            return debtor.next_action_date == fields.Date.to_date(TODAY)

        self.assertTrue(is_due())
        self.customer.ar_customer_kind = "public"
        self.assertFalse(is_due())
        self.customer.ar_customer_kind = False
        self.assertTrue(is_due())
        debtor.policy_id = late
        self.assertFalse(is_due())
        debtor.policy_id = False
        self.assertTrue(is_due())
        invoice.ar_policy_id = late
        self.assertFalse(is_due())
        invoice.ar_policy_id = False
        self.assertTrue(is_due())

    def test_another_payer_profile_has_other_things_to_do(self):
        self.first.variant_ids = [
            Command.create({"payer_profile": "good", "delay_days": 14})
        ]
        self._create_invoice_due("2026-03-20", 100)
        self.env.cr.precommit.run()
        debtor = self.env["ar.debtor"]._get(self.customer, self.company)
        self.assertEqual(debtor.next_action_date, fields.Date.to_date(TODAY))
        debtor.write({"profile_manual": "good", "profile_reason": "case"})
        self.env.cr.precommit.run()
        debtor.invalidate_recordset()
        self.assertGreater(debtor.next_action_date, fields.Date.to_date(TODAY))
