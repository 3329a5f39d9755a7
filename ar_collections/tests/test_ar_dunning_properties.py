from collections import defaultdict
from datetime import timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo import Command, fields
from odoo.tests import tagged
from odoo.tools import SQL

from .common import TODAY, ArCollectionsCommon

POOL = 8
LISTED = ("dun", "along", "credit")
# What is owed and neither paused nor excluded, by its own verdict.
OWED = ("waiting", "interval", "deadline", "finished", "other_policy")
PROFILES = ("new", "good", "slow", "chronic")
# name, days, basis, day type, distance, minimum, share, channel, variants
LADDERS = (
    (
        ("U", -7, "due_date", "calendar", 8, 0, 0, "email", {}),
        ("A", 3, "due_date", "calendar", 8, 0, 0, "email", {"slow": 1}),
        ("B", 15, "due_date", "calendar", 5, 0, 0, "email", {"chronic": 5}),
        ("F", 30, "due_date", "calendar", 3, 0, 0, "email", {}),
    ),
    (
        ("U", -3, "due_date", "business", 5, 20, 0, "email", {}),
        ("A", 5, "end_of_month", "calendar", 0, 40, 0, "email", {"chronic": None}),
        ("S", 10, "previous_notice", "business", 8, 0, 0, "none", {}),
        ("B", 12, "previous_notice", "calendar", 8, 80, 25, "email", {}),
    ),
    (
        ("A", 0, "due_date", "calendar", 2, 10, 50, "letter", {"good": 2}),
        ("S", 4, "due_date", "calendar", 2, 0, 0, "none", {}),
        ("B", 2, "previous_notice", "calendar", 4, 0, 0, "email", {}),
    ),
)

common = settings(
    derandomize=True,
    deadline=None,
    database=None,
    # examples are small; to shrink one takes minutes
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
items = st.lists(
    st.tuples(
        st.integers(0, 3),  # whose
        st.sampled_from([-150, -40, -7, 5, 9, 30, 60, 100]),
        st.integers(-12, 50),  # days late
        st.sampled_from([0, 0, 0, 1]),  # currency
        # sent at this rung (0: nothing sent yet), so many days ago, with days to pay
        st.tuples(st.integers(0, 4), st.integers(0, 20), st.integers(0, 15)),
        st.sampled_from([None, None, None, None, 0, 20]),  # paused, a part of it
    ),
    min_size=1,
    max_size=POOL,
)
groupings = st.lists(
    st.sampled_from(["debtor", "invoice", "level", "head_office"]),
    min_size=3,
    max_size=3,
)
customers = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(PROFILES)), min_size=4, max_size=4
)


@tagged("post_install", "-at_install")
class TestArDunningProperties(ArCollectionsCommon):
    """What holds for every ledger, whatever was sent before."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.day = fields.Date.to_date(TODAY)
        cls.foreign = cls.setup_other_currency("CHF", rates=[("2020-01-01", 2.0)])
        cls.env["ar.policy"].search([]).active = False
        cls.ladders = cls.env["ar.policy"].create(
            [
                {
                    "name": f"Ladder {number}",
                    "is_workdays_only": number == 2,
                    "level_ids": [
                        Command.create(cls._prepare_level(position, *level))
                        for position, level in enumerate(levels)
                    ],
                }
                for number, levels in enumerate(LADDERS)
            ]
        )
        # a head office with two branches, and somebody else
        office = cls._create_customer("Office")
        cls.partners = (
            office
            + cls._create_customer("Branch 1", parent_id=office.id)
            + cls._create_customer("Branch 2", parent_id=office.id)
            + cls._create_customer("Alone")
        )
        cls.debtors = cls.env["ar.debtor"].concat(
            *(cls.env["ar.debtor"]._get(p, cls.company) for p in cls.partners)
        )
        # documents with one item each, which every example fills anew
        cls.pool = cls.env["account.move.line"].concat(
            *(
                cls._receivable(
                    cls._create_opening_entry(
                        "2025-12-01", [(office, 100)], no_followup=False
                    )
                )
                for _number in range(POOL)
            )
        )
        cls.runs = cls.env["ar.dunning.run"].search([])
        cls.env.flush_all()

    @classmethod
    def _prepare_level(cls, position, name, days, basis, kind, *rest):
        distance, minimum, share, channel, variants = rest
        return {
            "sequence": position,
            "name": name,
            "delay_days": days,
            "delay_basis": basis,
            "day_type": kind,
            "min_interval_days": distance,
            "min_amount": minimum,
            "min_percent": share,
            "channel": channel,
            "mail_template_id": cls.first.mail_template_id.id,
            "variant_ids": [
                Command.create(
                    {
                        "payer_profile": profile,
                        "is_skipped": other is None,
                        "delay_days": days if other is None else other,
                    }
                )
                for profile, other in variants.items()
            ],
        }

    # === THE LEDGER OF AN EXAMPLE === #

    def _prepare(self, groupings, customers, items):
        """Write customers and ledger of an example over those of the last one."""
        self.env["ar.pause"].search([]).active = False
        for policy, grouping in zip(self.ladders, groupings, strict=True):
            policy.grouping = grouping
        for debtor, (ladder, profile) in zip(self.debtors, customers, strict=True):
            debtor.write(
                {
                    "policy_id": self.ladders[ladder].id,
                    "profile_manual": profile,
                    "profile_reason": "example",
                }
            )
        self.env.flush_all()
        self._execute("DELETE FROM ar_dunning_notice_line")
        self._execute("DELETE FROM ar_dunning_notice")
        self._execute("DELETE FROM ar_dunning_skip")
        self._execute("DELETE FROM ar_dunning_run")
        empty = (self.partners[0], 0, 0, 0, (0, 0, 0), None)
        filled = [(self.partners[who], *rest) for who, *rest in items]
        filled += [empty] * (POOL - len(filled))
        for line, item in zip(self.pool, filled, strict=True):
            self._fill(line, *item[:4])
        self.env.invalidate_all()
        for line, item in zip(self.pool, filled, strict=True):
            self._send(line, item, groupings, customers)
            if item[5] is not None and item[1] > 0:
                debtor = self.debtors[self.partners.ids.index(item[0].id)]
                pause = self.env["ar.pause"].create(
                    {
                        "debtor_id": debtor.id,
                        "line_ids": [Command.set(line.ids)],
                        "amount": min(item[5], line.amount_residual_currency),
                        "currency_id": line.currency_id.id,
                        "reason": "example",
                    }
                )
                self.env.flush_all()
                # paid in part since: more is paused than is still open
                self._execute(
                    "UPDATE ar_pause SET amount = %s WHERE id = %s", item[5], pause.id
                )
        self.env.flush_all()
        self.env.invalidate_all()

    def _execute(self, query, *args):
        self.env.cr.execute(SQL(query, *args))

    def _fill(self, line, partner, amount, days_late, currency):
        """An open journal item; what of it was paid does not matter here."""
        own = amount / 2 if currency else amount
        self._execute(
            """
            UPDATE account_move_line
               SET partner_id = %s, date_maturity = %s, currency_id = %s,
                   balance = %s, debit = GREATEST(%s, 0), credit = GREATEST(-%s, 0),
                   amount_currency = %s, amount_residual = %s,
                   amount_residual_currency = %s, reconciled = %s
             WHERE id = %s
            """,
            partner.id,
            self.day - timedelta(days=days_late),
            (self.foreign if currency else self.company.currency_id).id,
            own,
            own,
            own,
            amount,
            own,
            amount,
            not amount,
            line.id,
        )

    def _send(self, line, item, groupings, customers):
        """What an item was sent before, by the ladder that its customer is under."""
        partner, amount, days_late, _currency, (rung, ago, to_pay), _paused = item
        ladder = customers[self.partners.ids.index(partner.id)][0]
        levels = self.ladders[ladder].level_ids.sorted("sequence")
        if amount <= 0 or not 0 < rung <= len(levels):
            return
        shared = groupings[ladder] == "head_office" and partner.parent_id
        debtor = self.debtors[0 if shared else self.partners.ids.index(partner.id)]
        level, day = levels[rung - 1], self.day - timedelta(days=ago)
        run = self.env["ar.dunning.run"].create({"company_id": self.company.id})
        run.sudo().write({"state": "done", "date": day})
        notice = self.env["ar.dunning.notice"].sudo()
        notice.with_context(tracking_disable=True).create(
            {
                "run_id": run.id,
                "company_id": self.company.id,
                "debtor_id": debtor.id,
                "partner_id": debtor.partner_id.id,
                "level_id": level.id,
                "currency_id": line.currency_id.id,
                "date": day,
                "date_sent": day,
                "date_deadline": day + timedelta(days=to_pay),
                "channel": level.channel,
                "state": "sent",
                "line_ids": [
                    Command.create(
                        {
                            "move_line_id": line.id,
                            "level_id": level.id,
                            "level_rank": rung,
                            "is_step": True,
                        }
                    )
                ],
            }
        )

    def _get_rows(self, partners=None):
        """The decision, in an order of its own."""
        rows = self.env["ar.dunning.engine"]._decide(
            self.company, self.day, partners=partners
        )
        return sorted(rows, key=lambda row: (row["id"], row["group_key"]))

    def _assert_brief(self, rows):
        """Without the claims of letters in which nothing moves, all else is the same."""
        engine = self.env["ar.dunning.engine"]
        brief = self.env.execute_query_dict(
            engine._get_decision_sql(self.company, self.day, is_brief=True)
        )
        brief.sort(key=lambda row: (row["id"], row["group_key"]))
        moving = {
            (row["group_id"], row["currency_id"])
            for row in rows
            if row["own_verdict"] == "dun"
        }
        for row in rows:
            if (row["group_id"], row["currency_id"]) not in moving:
                row = dict(row, claim=None, open_total=None)
            self.assertEqual(brief.pop(0), row)
        self.assertFalse(brief)

    def _assert_refreshed(self):
        """The figures of all debtors at a go are those of each of them."""
        # sudo: nobody writes these figures by hand
        debtor = self.env["ar.debtor"].sudo()
        names = ["level_id", "amount_due", "amount_overdue", "days_overdue"]
        names += ["next_action_date", "last_notice_date"]
        debtors = debtor.search([("company_id", "=", self.company.id)])
        moving = debtor._refresh(self.company)
        together = debtors.read(names)
        debtors.write(dict.fromkeys(names, False))
        debtors.flush_recordset()
        apart = {
            partner_id
            for partner in self.partners
            for partner_id in debtor._refresh(self.company, partner.ids)
        }
        self.assertEqual(debtors.read(names), together)
        self.assertEqual(set(moving), apart)

    def _get_letters(self, rows):
        letters = defaultdict(list)
        for row in rows:
            letters[row["group_id"], row["currency_id"], row["group_key"]].append(row)
        return letters

    # === WHAT IS SO === #

    def _assert_due_level(self, row):
        """The level is the lowest above the last that is reached, by plain counting."""
        policy = self.env["ar.policy"].browse(row["policy_id"])
        levels = policy.level_ids.sorted("sequence")
        previous = row["last_date"] or row["date_due"]
        candidates, has_reminder = [], False
        for level in levels[row["last_rank"] :]:
            variant = level._get_variant(row["profile"])
            days = variant.delay_days if variant else level.delay_days
            if variant.is_skipped or (days < 0 and row["days_overdue"] > 0):
                continue
            if level.delay_basis == "previous_notice" and has_reminder:
                # the notice that it counts from has not been sent
                continue
            basis = {
                "due_date": row["date_due"],
                "end_of_month": fields.Date.end_of(row["date_due"], "month"),
                "previous_notice": previous,
            }[level.delay_basis]
            reached = level._get_day(self.company, basis, days)
            if days >= 0:
                has_reminder = True
                reached = max(reached, row["date_due"])
            candidates.append((level.id, reached))
        due = [level for level, reached in candidates if reached <= self.day]
        lowest = (due or [level for level, _reached in candidates] or [None])[0]
        self.assertEqual(row["next_level_id"], lowest)
        if row["verdict"] in ("dun", "interval", "deadline"):
            self.assertIn(row["next_level_id"], due)

    def _assert_time_to_pay(self, row, asked):
        """Nothing follows before the deadline of the item's last reminder has passed."""
        pay_by = asked.get(row["id"])
        self.assertEqual(row["pay_by"], pay_by)
        if pay_by and pay_by >= self.day:
            self.assertNotEqual(row["verdict"], "dun")
            if row["step_date"]:
                self.assertGreater(row["step_date"], pay_by)
        elif row["own_verdict"] == "deadline":
            self.fail("waits for no deadline")

    def _assert_distance(self, row, rows, sent):
        """Nobody is contacted twice within the distance, or joins what goes anyway."""
        level = self.env["ar.dunning.level"].browse(row["next_level_id"])
        variant = level._get_variant(row["profile"])
        is_note = (variant or level).delay_days < 0
        if level.channel == "none":
            return
        distance = max(level.min_interval_days, 1)
        for day, other in sent.get(row["group_id"], []):
            if other.channel == "none":
                continue
            least = 1 if other.delay_days < 0 and not is_note else distance
            if (self.day - day).days < least:
                self.assertEqual(row["own_verdict"], "interval")
                goes = [
                    r["next_level_id"]
                    for r in rows
                    if r["own_verdict"] == row["verdict"]
                ]
                channels = self.env["ar.dunning.level"].browse(goes).mapped("channel")
                self.assertTrue(set(channels) - {"none"}, "joined what is not sent")

    def _assert_letter(self, rows, sent):
        listed = [row for row in rows if row["verdict"] in LISTED]
        level = self.env["ar.dunning.level"].browse(rows[0]["notice_level_id"])
        steps = [row for row in listed if row["verdict"] == "dun"]
        if not level:
            self.assertFalse(steps)
            self.assertFalse([row for row in rows if row["verdict"] == "along"])
            return
        self.assertIn(level.id, [row["level_id"] for row in steps])
        claim = rows[0]["claim"]
        self.assertAlmostEqual(float(sum(row["amount"] for row in listed)), claim, 2)
        self.assertGreater(claim, 0)
        factor = 2 if rows[0]["currency_id"] == self.foreign.id else 1
        self.assertGreaterEqual(claim, level.min_amount * factor)
        self.assertGreaterEqual(
            float(claim * 100), level.min_percent * float(rows[0]["open_total"])
        )
        for row in steps:
            self._assert_distance(row, rows, sent)
        if level.delay_days >= 0:
            for row in listed:
                if row["amount"] > 0:
                    self.assertGreaterEqual(row["days_overdue"], 0)
        for row in listed:
            if row["verdict"] == "along":
                self.assertGreaterEqual(row["days_overdue"], 0)

    def _assert_net(self, rows, letters):
        """All letters of a customer in a currency together: debts less credits."""
        debts, credits, shares = defaultdict(float), defaultdict(float), {}
        for row in rows:
            key = row["group_id"], row["currency_id"]
            own = row["own_verdict"]
            if own == "credit":
                credits[key] -= float(row["residual_currency"])
            elif own == "dun" or (own in OWED and row["days_overdue"] > 0):
                debts[key] += float(row["amount"])
        for (group, currency, part), members in letters.items():
            if part == -2:
                continue  # credits that are left when everything is covered
            owed = sum(
                float(row["amount"])
                for row in members
                if row["own_verdict"] in ("dun", "credit")
                or (row["own_verdict"] in OWED and row["days_overdue"] > 0)
            )
            self.assertGreaterEqual(round(owed, 2), 0)
            shares[group, currency] = shares.get((group, currency), 0) + owed
        for key, debt in debts.items():
            self.assertAlmostEqual(shares[key], max(debt - credits[key], 0), 2)

    def _get_sent(self):
        """{partner: [(day, level)]} of what was sent before."""
        sent = defaultdict(list)
        for notice in self.env["ar.dunning.notice"].search([("state", "=", "sent")]):
            contact = (notice.date_sent, notice.level_id)
            sent[notice.debtor_id.partner_id.id].append(contact)
        return sent

    def _get_asked(self):
        """{item: the last day that a reminder about its step gave}."""
        asked = {}
        for notice in self.env["ar.dunning.notice"].search([("state", "=", "sent")]):
            if notice.channel == "none" or notice.level_id.delay_days < 0:
                continue
            for line in notice.line_ids.filtered("is_step").move_line_id:
                day = notice.date_deadline
                asked[line.id] = max(asked.get(line.id, day), day)
        return asked

    # === TESTS === #

    @given(groupings, customers, items)
    @settings(common, max_examples=30)
    def test_every_decision(self, groupings, customers, items):
        self._prepare(groupings, customers, items)
        rows = self._get_rows()
        letters = self._get_letters(rows)
        sent, asked = self._get_sent(), self._get_asked()
        self.assertEqual(
            {row["id"] for row in rows},
            {line.id for line, item in zip(self.pool, items, strict=False) if item[1]},
        )
        for row in rows:
            self._assert_time_to_pay(row, asked)
            if row["own_verdict"] not in ("credit", "paused"):
                self._assert_due_level(row)
        for members in letters.values():
            self._assert_letter(members, sent)
        if {"invoice", "level"} & set(groupings):
            self._assert_net(rows, letters)
        # deciding twice is deciding once
        self.assertEqual(self._get_rows(), rows)
        # deciding a set is deciding its parts; relatives share the head office's letter
        apart = {}
        for partner in self.partners:
            for row in self._get_rows(partner):
                key = row["id"], row["group_key"]
                self.assertEqual(apart.setdefault(key, row), row)
        self.assertEqual([apart[key] for key in sorted(apart)], rows)
        self._assert_brief(rows)
        self._assert_refreshed()

    @given(customers, items)
    @settings(common, max_examples=12)
    def test_one_letter_does_not_depend_on_how_others_are_written_to(
        self, customers, items
    ):
        """The two ways to net, plain and shared out, agree on one letter a customer."""
        customers = [(min(ladder, 1), profile) for ladder, profile in customers]
        outcomes = []
        for grouping in ("debtor", "invoice"):
            self._prepare(["debtor", "debtor", grouping], customers, items)
            outcomes.append(
                {
                    row["id"]: (
                        row["verdict"],
                        row["notice_level_id"],
                        row["notice_level_id"] and float(row["claim"]),
                    )
                    for row in self._get_rows()
                    # a credit that covers everything is listed nowhere
                    if row["verdict"] != "credit"
                }
            )
        self.assertEqual(*outcomes)

    @given(groupings, customers, items)
    @settings(common, max_examples=8)
    def test_every_week(self, groupings, customers, items):
        """Run, run again, and go on: no double, and a reason for each notice."""
        self._prepare(groupings, customers, items)
        steps = set()
        for days in (0, 5, 14):
            day = self.day + timedelta(days=days)
            asked = self._get_asked()
            with self.trap_contacts() as seen:
                sent = self._run_ladder(fields.Date.to_string(day))
                self.assertEqual(
                    len(seen), len(sent.filtered(lambda n: n.channel != "none"))
                )
                again = self._run_ladder(fields.Date.to_string(day))
                self.assertFalse(again, "the same day twice")
            self._assert_sent(sent, steps)
            for line in sent.line_ids.filtered("is_step").move_line_id:
                self.assertLess(
                    asked.get(line.id, fields.Date.to_date("1900-01-01")), day
                )

    def _assert_sent(self, sent, steps):
        for notice in sent:
            self.assertGreater(notice.amount_due, 0)
            self.assertAlmostEqual(
                notice.amount_due, sum(notice.line_ids.mapped("amount_residual")), 2
            )
            moved = notice.line_ids.filtered("is_step")
            self.assertIn(notice.level_id, moved.level_id)
            self.assertTrue(notice.explanation)
            for line in moved:
                self.assertIn(line.level_id.name, notice.explanation)
                self.assertNotIn((line.move_line_id, line.level_id), steps)
                steps.add((line.move_line_id, line.level_id))
        # one letter a day for each customer and currency, one document or level each
        keys = [(n.debtor_id, n.currency_id, n.group_key) for n in sent]
        self.assertEqual(len(keys), len(set(keys)))
