from datetime import date, datetime, timedelta, timezone
from unittest.mock import patch
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytz
from freezegun import freeze_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import BaseCase, new_test_user, tagged

from ..models.ar_contact_governor import ContactRequest
from ..tools.contact_rules import ContactRule, get_first_allowed
from .common import ArCollectionsCommon

UTC = timezone.utc
NEW_YORK = ZoneInfo("America/New_York")
PARIS = ZoneInfo("Europe/Paris")
common = settings(
    max_examples=80,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
rules = st.builds(
    ContactRule,
    hour_from=st.sampled_from([0.0, 7.5, 8.0]),
    hour_to=st.sampled_from([0.0, 18.0, 21.0, 24.0]),
    weekdays=st.sampled_from([frozenset(range(n)) for n in (5, 6, 7)]),
    skips_holidays=st.booleans(),
    holidays=st.just(frozenset({date(2026, 4, 3)})),
    max_count=st.integers(0, 3),
    period_days=st.integers(1, 10),
    days_after_talk=st.integers(0, 8),
)
histories = st.lists(
    st.tuples(st.dates(date(2026, 3, 1), date(2026, 3, 31)), st.booleans()), max_size=8
)
moments = st.datetimes(
    datetime(2026, 3, 25), datetime(2026, 4, 5), timezones=st.just(UTC)
)


def is_allowed(rule, moment, zone, history):
    """The rule in its own words, a moment at a time."""
    here = moment.astimezone(zone)
    day = here.date()
    hour = here.hour + here.minute / 60 + here.second / 3600
    counted = [d for d, _talk in history if day - timedelta(rule.period_days) < d]
    talks = [d for d, talk in history if talk]
    return (
        day.weekday() in rule.weekdays
        and not (rule.skips_holidays and day in rule.holidays)
        and rule.hour_from <= hour < (rule.hour_to or 24)
        and not (rule.max_count and len(counted) >= rule.max_count)
        and not (
            rule.days_after_talk
            and any(day < d + timedelta(rule.days_after_talk) for d in talks)
        )
    )


@tagged("post_install", "-at_install")
class TestContactHours(BaseCase):
    """The arithmetic: hours, days and counts, without a database."""

    @given(rules, histories, moments)
    @common
    def test_first_moment_is_allowed_and_none_before_it(self, rule, history, moment):
        found = rule.next(moment, PARIS, history)
        self.assertGreaterEqual(found, moment)
        self.assertTrue(is_allowed(rule, found, PARIS, history))
        tried = moment
        while tried < found:
            self.assertFalse(is_allowed(rule, tried, PARIS, history))
            tried += timedelta(minutes=37)

    @given(st.lists(rules, min_size=1, max_size=3), histories, moments)
    @common
    def test_rules_add_up(self, several, history, moment):
        pairs = [(rule, history) for rule in several]
        found, refusing = get_first_allowed(moment, pairs, (PARIS, NEW_YORK))
        for rule in several:
            for zone in (PARIS, NEW_YORK):
                self.assertTrue(is_allowed(rule, found, zone, history))
        self.assertEqual(refusing is None, found == moment)

    def test_clock_changes(self):
        rule = ContactRule(hour_from=8, hour_to=20)
        # summer time begins on 29 March 2026, at 1:00 UTC
        for day, hour in ((28, 7), (29, 6)):
            at_night = datetime(2026, 3, day, 0, 30, tzinfo=UTC)
            self.assertEqual(
                rule.next(at_night, PARIS), datetime(2026, 3, day, hour, tzinfo=UTC)
            )

    def test_rules_that_can_never_be_met_end(self):
        never = ContactRule(weekdays=frozenset())
        moment = datetime(2026, 3, 1, tzinfo=UTC)
        found, refusing = get_first_allowed(moment, [(never, ())], (UTC,))
        self.assertGreater(found - moment, timedelta(days=365))
        self.assertEqual(refusing, never)


@tagged("post_install", "-at_install")
class TestContactRules(ArCollectionsCommon):
    """Customers are contacted as often and when the rules allow it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rules = cls.env["ar.contact.rule"]
        cls.rules.search([]).active = False
        cls.invoice = cls._create_invoice_due("2026-03-20", 100)
        cls.customer.write(
            {
                "country_id": cls.env.ref("base.us").id,
                "tz": "America/New_York",
                "is_company": False,
                "vat": False,
            }
        )
        cls.debtor = cls.env["ar.debtor"]._get(cls.customer, cls.company)
        companies = {
            "company_id": cls.company.id,
            "company_ids": [Command.set(cls.company.ids)],
        }
        cls.user_collector, cls.user_manager, cls.user_sales = (
            new_test_user(cls.env, f"contact_{number}", groups=group, **companies)
            for number, group in enumerate(
                (
                    "ar_collections.ar_collections_group_user",
                    "ar_collections.ar_collections_group_manager",
                    "base.group_user",
                )
            )
        )

    def _call(self, moment, outcome="none", user=None, **vals):
        with freeze_time(moment):
            debtor = self.debtor.with_user(user or self.env.user)
            return debtor._log_call(self.customer, outcome, **vals)

    def _confirm(self, moment, user=None):
        with freeze_time(moment):
            run = self._preview(moment[:10])
            run.with_user(user or self.env.user).action_confirm()
            return run.notice_ids

    def _deliver_at(self, moment):
        with freeze_time(moment):
            self._deliver()

    # === UNITED STATES === #

    def test_eighth_call_in_seven_days_is_refused(self):
        self.env.ref("ar_collections.ar_contact_rule_us_calls").active = True
        for day in range(16, 23):
            self._call(f"2026-03-{day} 15:00:00")
        with self.assertRaisesRegex(UserError, "seven calls in seven days"):
            self._call("2026-03-22 20:00:00")
        # the first of the seven is seven days ago
        self._call("2026-03-23 15:00:00")
        with self.assertRaises(UserError):
            self._call("2026-03-23 16:00:00")

    def test_none_within_seven_days_after_a_conversation(self):
        self.env.ref("ar_collections.ar_contact_rule_us_calls").active = True
        self._call("2026-03-16 15:00:00", "talk")
        for day in (16, 20, 22):
            with self.assertRaises(UserError):
                self._call(f"2026-03-{day} 17:00:00")
        self._call("2026-03-23 15:00:00")

    def test_another_debt_may_be_called_about(self):
        rule = self.env.ref("ar_collections.ar_contact_rule_us_calls")
        rule.active = True
        other = self._create_invoice_due("2026-03-21", 50)
        self._call("2026-03-16 15:00:00", "talk", moves=self.invoice)
        self._call("2026-03-17 15:00:00", moves=other)
        with self.assertRaises(UserError):
            self._call("2026-03-17 16:00:00", moves=self.invoice)
        with self.assertRaises(UserError):
            self._call("2026-03-17 16:00:00", moves=self.invoice + other)
        rule.scope = "debtor"
        with self.assertRaises(UserError):
            self._call("2026-03-17 16:00:00", moves=other)

    def test_rule_of_consumers_is_none_for_businesses(self):
        self.env.ref("ar_collections.ar_contact_rule_us_calls").active = True
        self.customer.ar_customer_kind = "business"
        for _number in range(9):
            self._call("2026-03-16 15:00:00")

    def test_hours_are_those_of_the_debtor(self):
        self.env.ref("ar_collections.ar_contact_rule_us_hours").active = True
        # New York is four hours behind in March
        with self.assertRaisesRegex(UserError, "8:00 to 21:00"):
            self._call("2026-03-16 11:59:00")
        self._call("2026-03-16 12:00:00")
        self._call("2026-03-17 00:59:00")
        with self.assertRaises(UserError):
            self._call("2026-03-17 01:00:00")

    def test_unknown_time_zone_means_all_of_the_country(self):
        """From New York to Honolulu it has to be a decent hour."""
        self.env.ref("ar_collections.ar_contact_rule_us_hours").active = True
        self.customer.tz = False
        with self.assertRaises(UserError):
            self._call("2026-03-16 15:00:00")
        self._call("2026-03-16 19:00:00")

    def test_nobody_answers_at_a_wrong_number(self):
        self.env.ref("ar_collections.ar_contact_rule_us_calls").active = True
        for _number in range(9):
            self._call("2026-03-16 15:00:00", "wrong")

    # === WHO MAY === #

    def test_manager_writes_down_a_call_made_anyway(self):
        self.env.ref("ar_collections.ar_contact_rule_us_hours").active = True
        moment = "2026-03-16 03:00:00"
        with self.assertRaises(UserError):
            self._call(moment, user=self.user_collector, override="they asked for it")
        contact = self._call(
            moment, user=self.user_manager, override="they asked for it"
        )
        self.assertIn("they asked for it", contact.refusal)
        deviation = self.env["ar.deviation"].search(
            [("debtor_id", "=", self.debtor.id)], limit=1
        )
        self.assertEqual(deviation.kind, "contacted")

    def test_contacts_are_written_by_their_method_only(self):
        contact = self._call("2026-03-16 15:00:00", user=self.user_collector)
        contacts = self.env["ar.contact"].with_user(self.user_collector)
        vals = {
            "debtor_id": self.debtor.id,
            "partner_id": self.customer.id,
            "channel": "phone",
        }
        with self.assertRaises(AccessError):
            contacts.create(vals)
        mine = contact.with_user(self.user_collector)
        mine.note = "will pay on Friday"
        with self.assertRaises(UserError):
            mine.outcome = "talk"
        with self.assertRaises(AccessError):
            mine.unlink()
        with self.assertRaises(AccessError):
            self.rules.with_user(self.user_collector).create({"name": "Mine"})
        self.assertFalse(
            self.env["ar.contact"].with_user(self.user_sales).has_access("read")
        )

    # === NOTICES === #

    def test_notice_waits_until_it_is_allowed_and_says_why(self):
        rule = self.env.ref("ar_collections.ar_contact_rule_us_hours")
        rule.active = True
        notice = self._confirm("2026-03-31 06:00:00")
        self._deliver_at("2026-03-31 06:00:00")
        self.assertEqual(notice.state, "queued")
        self.assertEqual(str(notice.date_not_before), "2026-03-31 12:00:00")
        self.assertIn(rule.name, notice.hold_note)
        self._deliver_at("2026-03-31 11:00:00")
        self.assertEqual(notice.state, "queued")
        self._deliver_at("2026-03-31 12:00:01")
        self.assertEqual(notice.state, "sent")
        self.assertFalse(notice.hold_note)
        self.assertEqual(notice.run_id.state, "done")

    def test_what_was_paid_while_it_waited_is_not_sent(self):
        self.env.ref("ar_collections.ar_contact_rule_us_hours").active = True
        notice = self._confirm("2026-03-31 06:00:00")
        self._deliver_at("2026-03-31 06:00:00")
        self._pay(self.invoice, 100, "2026-03-31")
        self._deliver_at("2026-03-31 12:00:01")
        self.assertEqual(notice.state, "cancel")

    def test_no_notice_waits_for_ever(self):
        self.rules.create(
            {
                "name": "One letter a month",
                "on_email": True,
                "max_count": 1,
                "period_days": 30,
            }
        )
        self._create_contact("2026-03-30 10:00:00", "email")
        notice = self._confirm("2026-03-31 06:00:00")
        self._deliver_at("2026-03-31 06:00:00")
        self.assertEqual(notice.state, "cancel")
        self.assertIn("One letter a month", notice.cancel_reason)

    def _create_contact(self, moment, channel):
        return (
            self.env["ar.contact"]
            .sudo()
            .create(
                {
                    "debtor_id": self.debtor.id,
                    "partner_id": self.customer.id,
                    "channel": channel,
                    "date": moment,
                }
            )
        )

    def test_what_is_sent_counts_as_a_contact(self):
        notice = self._confirm("2026-03-31 06:00:00")
        self._deliver_at("2026-03-31 06:00:00")
        contact = self.env["ar.contact"].search([("notice_id", "=", notice.id)])
        self.assertEqual(contact.channel, "email")
        self.assertEqual(contact.partner_id, notice.partner_id)

    def test_log_names_who_let_the_notice_go(self):
        """Not the user of the scheduled action that delivers it."""

        def deliver(day):
            self._deliver_at(f"2026-{day} 07:00:00")
            return self.env["ar.contact"].search([("debtor_id", "=", self.debtor.id)])

        notice = self._confirm("2026-03-31 06:00:00", self.user_collector)
        contact = deliver("03-31")
        self.assertEqual(contact.notice_id, notice)
        self.assertEqual(contact.user_id, self.user_collector)

        self.policy.level_ids.needs_approval = True
        notice = self._confirm("2026-04-20 06:00:00", self.user_collector)
        self.assertEqual(deliver("04-20"), contact)
        with freeze_time("2026-04-20 06:30:00"):
            notice.with_user(self.user_manager).action_approve()
        self.assertEqual((deliver("04-20") - contact).user_id, self.user_manager)

    def test_letters_of_one_batch_count_for_each_other(self):
        self.policy.grouping = "invoice"
        self._create_invoice_due("2026-03-20", 50)
        self.rules.create(
            {
                "name": "One a day",
                "on_email": True,
                "max_count": 1,
                "period_days": 1,
            }
        )
        notices = self._confirm("2026-03-31 15:00:00")
        self._deliver_at("2026-03-31 15:00:00")
        self.assertEqual(sorted(notices.mapped("state")), ["queued", "sent"])

    def test_queries_do_not_grow_with_the_contacts(self):
        self.rules.create(
            {"name": "Many", "on_email": True, "max_count": 99, "scope": "debt"}
        )
        partners = [self._create_customer(f"Customer {n}") for n in range(8)]
        debtors = self.env["ar.debtor"].browse(
            [self.env["ar.debtor"]._get(p, self.company).id for p in partners]
        )
        requests = [
            ContactRequest(n, debtor, debtor.partner_id, "email", [])
            for n, debtor in enumerate(debtors)
        ]
        counts = []
        for some in (requests[:1], requests[:2], requests):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.rules._get_holds(some, datetime(2026, 3, 31, 12))
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])

    # === THE DIALOG === #

    def test_dialog_tells_who_and_when(self):
        self.env.ref("ar_collections.ar_contact_rule_us_hours").active = True
        clerk = self.env["res.partner"].create(
            {
                "name": "Clerk",
                "parent_id": self.customer.id,
                "type": "invoice",
                "phone": "+1 555 0100",
            }
        )
        with freeze_time("2026-03-16 03:00:00"):
            call = self.env["ar.contact.call"].create({"debtor_id": self.debtor.id})
            self.assertEqual(call.partner_id, clerk)
            self.assertIn("8:00 to 21:00", call.hold)
        with freeze_time("2026-03-16 15:00:00"):
            call = self.env["ar.contact.call"].create(
                {
                    "debtor_id": self.debtor.id,
                    "outcome": "talk",
                    "note": "pays on Friday",
                    "date_next": "2026-03-24",
                }
            )
            self.assertFalse(call.hold)
            call.action_log()
        contact = self.env["ar.contact"].search([("debtor_id", "=", self.debtor.id)])
        self.assertEqual((contact.outcome, contact.note), ("talk", "pays on Friday"))
        self.assertEqual(str(self.debtor.activity_ids.date_deadline), "2026-03-24")

    def test_rules_that_make_no_sense(self):
        for vals in (
            {"hour_from": 20, "hour_to": 8},
            {"hour_to": 25},
            {"max_count": 2, "period_days": 0},
            {"on_phone": False, "on_sms": False},
        ):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.rules.create({"name": "Odd", **vals})

    def test_rule_of_another_company_is_not_ours(self):
        other = self.setup_other_company()["company"]
        self.rules.create(
            {
                "name": "Never",
                "company_id": other.id,
                "max_count": 1,
                "country_ids": [Command.clear()],
            }
        )
        self._call("2026-03-16 15:00:00")
        self._call("2026-03-16 15:00:00")

    def test_zone_that_the_machine_does_not_know(self):
        """pytz may be newer than the machine's own list of time zones."""
        unknown = "America/Coyhaique"
        chile = self.env.ref("base.cl")
        self.customer.write({"country_id": chile.id, "tz": False})

        def find(name):
            if name == unknown:
                raise ZoneInfoNotFoundError(name)
            return ZoneInfo(name)

        rules = self.env["ar.contact.rule"]
        moment = datetime(2026, 3, 31, 12, tzinfo=UTC)
        names = [unknown, "America/Santiago", "Pacific/Easter"]
        self.env.registry.clear_cache()
        self.addCleanup(self.env.registry.clear_cache)
        with (
            patch(
                "odoo.addons.ar_collections.models.ar_contact_governor.ZoneInfo", find
            ),
            patch.dict(pytz.country_timezones.data, {"CL": names}),
        ):
            zones = rules._get_zones(self.customer, self.company, moment)
        self.assertEqual([zone.key for zone in zones], names[1:])
