"""All items at once owe what each of them owes, walked one by one."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..models import ar_charge_engine_rows
from ..models.ar_reference_rate import exact
from ..tools.charge_document import make_document
from .test_late_charges import LateChargesCommon

TODAY = "2026-06-15"
UPTO = date(2026, 5, 31)


@tagged("post_install", "-at_install")
class TestChargeAccrualMany(LateChargesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(TODAY))
        series = cls.terms.reference_rate_id
        series.known_until = "2026-06-30"
        cls.usd = cls.setup_other_currency("USD", rates=[("2025-01-01", 1.25)])
        cls.jpy = cls.setup_other_currency("JPY", rates=[("2025-01-01", 160)])

    # === THE SLOW WAY === #

    def _get_slowly(self, company, upto, has_costs):
        """Each item as a record, each claim walked: how it was done first."""
        today = date.fromisoformat(TODAY)
        engine = self.engine
        items = engine._get_late_items(company, upto)
        verdicts = engine._get_verdicts(items, engine._get_terms(items), upto)
        policies = items.move_id._get_ar_policies()
        items = items.filtered(
            lambda item: (
                not verdicts.get(item)
                or (
                    verdicts[item] == "mode"
                    and policies[item.move_id].charge_mode == "accrue"
                )
            )
        )
        groups = defaultdict(list)
        for item, result in engine._assess(items, upto, today).items():
            groups[engine._get_group(item)].append((item, result))
        billed = engine._get_billed(items, has_costs, upto)
        unbilled = {}
        for key, entries in groups.items():
            document = make_document(
                [result for _item, result in entries], exact(key[2].rounding)
            )
            owed = document.total if has_costs else document.interest
            paid = sum((billed[item.id] for item, _result in entries), Decimal(0))
            if owed != paid:
                unbilled[key] = owed - paid
        return unbilled

    def _check(self, upto=UPTO, company=None, count=None):
        """Both ways, with and without costs; returns what is owed with them."""
        company, today = company or self.company, date.fromisoformat(TODAY)
        for has_costs in (False, True):
            found = self.engine._get_unbilled(company, upto, today, has_costs)
            slow = self._get_slowly(company, upto, has_costs)
            self.assertEqual(found, slow)
            self.assertEqual(
                [str(amount) for _key, amount in sorted(found.items(), key=str)],
                [str(amount) for _key, amount in sorted(slow.items(), key=str)],
            )
        if count is not None:
            self.assertEqual(len(found), count)
        return found

    # === A MIXED BOOK === #

    def _invoice(self, due, amount, name=None, policy=None, **vals):
        partner = self._create_customer(name) if name else self.customer
        if policy:
            vals["ar_policy_id"] = policy.id
        return self._create_invoice_due(due, amount, partner, **vals)

    def _policy(self, mode="bill", since="2025-01-01", **vals):
        terms = self._create_terms(**vals)
        return self.policy.copy(
            {
                "name": terms.name,
                "company_id": self.company.id,
                "charge_terms_id": terms.id,
                "charge_mode": mode,
                "charge_since": since,
            }
        )

    def _dispute(self, items, **vals):
        partner = items.partner_id.commercial_partner_id
        return self.env["ar.pause"].create(
            {
                "debtor_id": self.env["ar.debtor"]._get(partner, self.company).id,
                "kind": "dispute",
                "reason": "Broken",
                "line_ids": items.ids,
                "currency_id": items.currency_id.id,
                "date_from": "2026-03-02",
                **vals,
            }
        )

    def _make_history(self):
        """Money, credit notes and disputes of several debtors."""
        for number in range(4):
            self._invoice(f"2026-0{number + 1}-1{number}", 333.33 * (number + 1))
        self._pay(self.invoice, 400, date="2026-01-31")
        self._pay(self._invoice("2026-02-03", 517.11, "In Parts"), 99.99, "2026-03-01")
        self._pay(self._invoice("2026-02-03", 611.13, "Paid Late"), date="2026-03-07")
        self._pay(self._invoice("2026-02-03", 50, "In Time"), date="2026-02-01")
        # both are late, one of them no longer
        two = self._invoice("2025-11-05", 1234.56, "Twice Late")
        self._pay(two, 234.56, "2025-10-30")
        self._pay(two, date="2026-06-14")
        credited = self._invoice("2026-01-15", 900, "Credited")
        credit = self._invoice(
            "2026-02-20", 300, move_type="out_refund", invoice_date="2026-02-20",
            partner_id=credited.partner_id.id,
        )  # fmt: skip
        (self._receivable(credited) + self._receivable(credit)).reconcile()
        disputed = self._invoice("2026-01-10", 800, "Disputed")
        self._invoice("2026-01-11", 123, partner_id=disputed.partner_id.id)
        self._dispute(self._receivable(disputed), amount=350)
        over = self._invoice("2026-01-10", 450, "Dispute Over")
        self._dispute(self._receivable(over), date_to="2026-06-10")

    def _make_terms(self):
        """Policies that charge otherwise, each with a part payment or without one."""
        for number, vals in enumerate(
            (
                {"payment_order": "cost_interest_principal"},
                {"compounding": "month"},
                {"compounding": "year", "has_interest": True},
                {"cap_percent": 1.5},
                {"cap_total": 50, "cap_on": "charges"},
                {"grace_days": 14, "grace": "after"},
                {"grace_days": 60, "grace": "first_day"},
                {"fixing": "start"},
                {"fixing": "payment"},
                {"accrual": "month_started"},
                {"start_basis": "reminder"},
                {"is_interest_on_costs": True},
            )
        ):
            vals = {
                "lump_sum_ids": [
                    Command.create(
                        {"amount_from": 0.01, "amount": 40, "currency_id": self.eur.id}
                    )
                ],
                **vals,
            }
            policy = self._policy(**vals)
            for paid in (False, True):
                invoice = self._invoice(
                    "2025-12-28", 876.54, f"Terms {number} {paid}", policy
                )
                if paid:
                    self._pay(invoice, 321, "2026-02-26")
            self._invoice("2026-01-05", 0.13, f"Small {number}", policy)

    def test_history(self):
        self._make_history()
        found = self._check()
        names = {partner.name for partner, _company, _currency in found}
        self.assertNotIn("In Time", names)
        self.assertIn("Disputed", names)
        self._check(date(2026, 1, 31))
        self._check(date(2026, 6, 15))

    def test_terms(self):
        self._make_terms()
        # what begins with a reminder has begun
        self._run_ladder("2026-01-20")
        found = self._check()
        self.assertGreater(len(found), 30)
        self._check(date(2026, 1, 15))

    def test_usual_items_are_not_walked(self):
        """Else all of this would be right, and slow."""
        self._invoice("2026-01-20", 100)
        self._pay(self._invoice("2026-02-03", 517.11, "In Parts"), 99.99, "2026-03-01")
        self._pay(self._invoice("2026-02-03", 611.13, "Paid Late"), date="2026-03-07")
        today = date.fromisoformat(TODAY)
        with patch.object(
            type(self.engine), "_assess", side_effect=AssertionError("walked")
        ):
            found = self.engine._get_unbilled(self.company, UPTO, today, True)
        self.assertEqual(len(found), 3)

    def test_modes_and_kinds(self):
        """Who is charged nothing, only accrued, blocked or too old is so both ways."""
        accruing = self._policy(mode="accrue")
        self._invoice("2026-01-20", 100, "Accrued", accruing)
        self._invoice("2026-01-20", 100, "Told", self._policy(mode="announce"))
        self._invoice("2026-01-20", 100, "Old", self._policy(since="2026-03-01"))
        archived = self._policy()
        self._invoice("2026-01-20", 100, "By Default", archived)
        archived.active = False
        self._invoice("2026-01-20", 100, "Consumer").partner_id.write(
            {"ar_customer_kind": "consumer"}
        )
        blocked = self._invoice("2026-01-20", 100, "Blocked")
        self._receivable(blocked).no_followup = True
        chosen = self._invoice("2026-01-20", 100, "Chosen")
        debtor = self.env["ar.debtor"]._get(chosen.partner_id, self.company)
        debtor.policy_id = accruing
        contact = self._create_customer(
            "Office", parent_id=chosen.partner_id.id, is_company=False
        )
        self._create_invoice_due("2026-01-20", 200, contact)
        found = self._check()
        names = {partner.name for partner, _company, _currency in found}
        self.assertEqual(names, {self.customer.name, "Accrued", "By Default", "Chosen"})

    def test_consumer_terms_and_rules(self):
        self.terms.consumer_terms_id = self._create_terms(
            name="Consumers", customer_kind="consumer", margin=5
        )
        self._invoice("2026-01-20", 1000, "Consumer").partner_id.write(
            {"ar_customer_kind": "consumer"}
        )
        self._invoice("2026-01-20", 1000, "Town").partner_id.write(
            {"ar_customer_kind": "public"}
        )
        self._invoice("2026-01-20", 5000, "Big")
        self.env["ar.policy.rule"].create(
            {"policy_id": self._policy(margin=3).id, "amount_from": 4000}
        )
        self._check(count=4)

    def test_levels_with_a_mode(self):
        self.first.charge_mode = "announce"
        self.second.charge_mode = "bill"
        self.policy.charge_mode = "announce"
        self._run_ladder("2026-01-05")
        self._check(count=0)
        self._run_ladder("2026-02-05")
        self._check(count=1)

    def test_fees(self):
        self.first.fee_ids = [Command.create({"currency_id": self.eur.id, "amount": 5})]
        self._invoice("2025-12-31", 300, "With Fee", self._policy(max_fees=1))
        self._run_ladder("2026-01-05")
        found = self._check()
        self.assertGreater(min(found.values()), 5)

    def test_billed_paid_and_waived(self):
        others = [self._invoice("2026-01-20", 700, f"Billed {n}") for n in range(3)]
        self._bill("2026-03-31")
        charges = self.env["account.move"].search([("is_late_charge", "=", True)])
        self.assertEqual(len(charges), 4)
        by_partner = {charge.partner_id: charge for charge in charges}
        with freeze_time("2026-04-10"):
            self._pay(by_partner[others[0].partner_id], date="2026-04-10")
            self._pay(by_partner[others[1].partner_id], 10, "2026-04-10")
            self.env["ar.charge.waiver"]._propose(
                by_partner[others[2].partner_id],
                20,
                self.env.ref("ar_collections.ar_charge_waiver_reason_goodwill"),
            )
        # more than is owed by now was paid of the first: the rest goes to the principal
        self._pay(others[0], 600, "2026-01-25")
        # what was charged stays under its terms
        self.policy.charge_terms_id = self._create_terms(margin=1)
        self._pay(self.invoice, 1000, "2026-02-01")
        self._check(count=4)

    def test_currencies(self):
        for currency in (self.usd, self.jpy):
            for name in ("One", "Two"):
                self._invoice(
                    "2026-01-20", 98765, f"{currency.name} {name}",
                    currency_id=currency.id,
                )  # fmt: skip
            self._invoice("2026-02-20", 4321, currency_id=currency.id)
        found = self._check(count=7)
        for (_partner, _company, currency), amount in found.items():
            if currency == self.jpy:
                self.assertEqual(amount % 1, 0)

    def test_two_companies(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        self.env.user.company_ids |= branch
        both = (self.company + branch).ids
        invoice = self.invoice.with_context(allowed_company_ids=both).copy(
            {"invoice_date_due": "2026-01-20"}
        )
        invoice.write({"company_id": branch.id, "invoice_date": "2026-01-02"})
        invoice.action_post()
        found = self._check(count=2)
        self.assertEqual({key[1] for key in found}, set(self.company + branch))
        other = self.setup_other_company()["company"]
        self._check(company=other, count=0)

    def test_missing_rate_names_series_and_day(self):
        self.terms.reference_rate_id.known_until = "2025-12-31"
        self.terms.reference_rate_id.value_ids.filtered(
            lambda value: value.date_from > date(2025, 7, 1)
        ).unlink()
        with self.assertRaisesRegex(UserError, "ECB main.*2026-01-01"):
            self.engine._get_unbilled(self.company, UPTO, date.fromisoformat(TODAY))

    def test_batches_are_of_whole_debtors(self):
        """What a debtor disputes is shared among all it owes."""
        self._make_history()
        with (
            patch.object(ar_charge_engine_rows, "BATCH", 2),
            patch("odoo.addons.ar_collections.models.ar_charge_engine_plain.SLICE", 1),
        ):
            self._check()

    # === DOORS === #

    def test_reasons_of_extensions(self):
        """`_get_other_verdicts`: asked by both ways."""
        kept = self._receivable(self._invoice("2026-01-20", 100, "Kept Out"))
        engine = self.env.registry["ar.charge.engine"]
        with patch.object(
            engine,
            "_get_other_verdicts",
            lambda _self, _items, _day: {kept.id: "lawyer"},
        ):
            found = self._check(count=1)
            _days, reasons = self.engine._get_scope(self.company, UPTO, UPTO)
        self.assertNotIn(kept.partner_id, {key[0] for key in found})
        self.assertEqual(reasons[kept], "lawyer")

    def test_items_that_extensions_want_walked(self):
        """`_get_walked`: who changes claims has them walked."""
        item = self._receivable(self._invoice("2026-01-20", 100, "Changed"))
        seen = []
        model = self.env.registry["ar.charge.engine"]
        get_claims = model._get_claims

        def _get_claims(engine, items, *args):
            seen.extend(items)
            return get_claims(engine, items, *args)

        today = date.fromisoformat(TODAY)
        with (
            patch.object(model, "_get_walked", lambda _engine, _ids: {item.id}),
            patch.object(model, "_get_claims", _get_claims),
        ):
            self.engine._get_unbilled(self.company, UPTO, today)
        self.assertEqual(seen, [item])

    def test_queries_do_not_grow(self):
        today = date.fromisoformat(TODAY)

        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.engine._get_unbilled(self.company, UPTO, today, True)
            return self.cr.sql_log_count - before

        self._pay(self._invoice("2026-01-20", 100, "Other"), 10, "2026-03-01")
        count()
        few = count()
        for number in range(12):
            invoice = self._invoice(f"2026-01-{number + 5:02}", 100, f"More {number}")
            self._pay(invoice, 10, "2026-03-01")
            self._invoice("2026-02-20", 100)
        count()  # posting cleared what Odoo keeps in memory
        self.assertEqual(count(), few)
