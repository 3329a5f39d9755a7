from datetime import datetime, timedelta, timezone

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import ArCollectionsCommon

UTC = timezone.utc


@tagged("post_install", "-at_install")
class TestContactWishes(ArCollectionsCommon):
    """What a person asked for is kept, by that person's clock."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rules = cls.env["ar.contact.rule"]
        cls.rules.search([]).active = False
        cls.invoice = cls._create_invoice_due("2026-03-20", 100)
        cls.customer.write(
            {"country_id": cls.env.ref("base.fr").id, "tz": False, "phone": "+33100"}
        )
        cls.clerk = cls.env["res.partner"].create(
            {
                "name": "Clerk",
                "parent_id": cls.customer.id,
                "type": "invoice",
                "email": "clerk@customer.example.com",
                "phone": "+33 1 99 00 00 01",
                "tz": False,
            }
        )
        cls.debtor = cls.env["ar.debtor"]._get(cls.customer, cls.company)

    def _wish(self, partner, **vals):
        days = vals.pop("days", None)
        if days is not None:
            found = self.env["ar.weekday"].search([("number", "in", days)])
            vals["weekday_ids"] = [Command.set(found.ids)]
        partner.write({f"ar_wish_{name}": value for name, value in vals.items()})

    def _get_hold(self, moment, partner=None, channel="phone"):
        partner = partner or self.clerk
        return self.rules._get_hold(
            self.debtor, partner, channel, moment=datetime.fromisoformat(moment)
        )

    def _assert_next(self, moment, expected, **kw):
        until, why = self._get_hold(moment, **kw)
        self.assertEqual(until, datetime.fromisoformat(expected), why)
        return why

    # === WISHES === #

    def test_call_only_after_two_in_the_afternoon(self):
        self._wish(self.clerk, **{"from": 14})
        # Paris is one hour ahead of UTC until 29 March
        why = self._assert_next("2026-03-16 12:59", "2026-03-16 13:00")
        self.assertIn("Clerk", why)
        self.assertIn("after 14:00", why)
        self.assertIn("(Europe/Paris)", why)
        self.assertIsNone(self._get_hold("2026-03-16 13:00"))

    def test_the_same_wish_after_the_clocks_changed(self):
        self._wish(self.clerk, **{"from": 14})
        self._assert_next("2026-03-29 08:00", "2026-03-29 12:00")
        self._assert_next("2026-10-25 08:00", "2026-10-25 13:00")
        # decided on the evening before the change, for the day after it
        self._wish(self.clerk, to=18)
        self._assert_next("2026-03-28 17:30", "2026-03-29 12:00")

    def test_days_and_hours(self):
        self._wish(self.clerk, days=[1, 3], **{"from": 9, "to": 12})
        # from Tuesday noon to Thursday morning
        why = self._assert_next("2026-03-17 11:00", "2026-03-19 08:00")
        self.assertIn("Tuesday, Thursday", why)

    def test_what_the_customer_says_holds_for_its_contacts(self):
        self._wish(self.customer, days=[0], **{"from": 14})
        self._assert_next("2026-03-17 11:00", "2026-03-23 13:00")
        # the contact has other hours, the days stay
        self._wish(self.clerk, **{"from": 8})
        self._assert_next("2026-03-17 11:00", "2026-03-23 07:00")
        # the customer itself is not asked about its contacts' wishes
        self._assert_next("2026-03-17 11:00", "2026-03-23 13:00", partner=self.customer)

    def test_e_mails_come_at_any_time_unless_they_are_meant_too(self):
        self._wish(self.clerk, **{"from": 14})
        self.assertIsNone(self._get_hold("2026-03-16 08:00", channel="email"))
        self._wish(self.clerk, email=True)
        self._assert_next("2026-03-16 08:00", "2026-03-16 13:00", channel="email")
        self.assertIsNone(self._get_hold("2026-03-16 08:00", channel="letter"))

    def test_whose_hours_hold_says_whether_e_mails_are_meant(self):
        self._wish(self.customer, email=True, **{"from": 14})
        self._assert_next("2026-03-16 08:00", "2026-03-16 13:00", channel="email")
        # the contact's own hours are for calls; the mark of the customer is about its own
        self._wish(self.clerk, **{"from": 9})
        self.assertIsNone(self._get_hold("2026-03-16 07:00", channel="email"))

    def test_whoever_calls_a_contact_reads_what_the_customer_said(self):
        self._wish(self.customer, channel="phone", note="Ask for the owner")
        summary = self.clerk._get_ar_wish_summary()
        self.assertEqual(summary, "prefers: Call · Ask for the owner")
        self._wish(self.clerk, channel="email", note="Never on Fridays")
        summary = self.clerk._get_ar_wish_summary()
        self.assertEqual(summary, "prefers: E-mail · Never on Fridays")

    def test_sms_keep_the_hours_as_calls_do(self):
        self._wish(self.clerk, to=18)
        why = self._assert_next("2026-03-16 18:00", "2026-03-16 23:00", channel="sms")
        self.assertIn("before 18:00", why)

    def test_a_notice_waits_for_the_wish_and_says_so(self):
        self._wish(self.clerk, email=True, days=[2], **{"from": 14})
        with freeze_time("2026-03-31 06:00:00"):
            run = self._preview("2026-03-31")
            run.action_confirm()
            notice = run.notice_ids
            self._deliver()
        self.assertEqual(notice.partner_id, self.clerk)
        self.assertEqual(notice.state, "queued")
        self.assertEqual(str(notice.date_not_before), "2026-04-01 12:00:00")
        self.assertIn("on Wednesday, after 14:00", notice.hold_note)
        with freeze_time("2026-04-01 12:00:00"):
            self._deliver()
        self.assertEqual(notice.state, "sent")

    def test_each_waiting_notice_wakes_the_sender_at_its_own_time(self):
        other = self._create_customer("Second customer")
        other.write({"country_id": self.env.ref("base.fr").id, "tz": False})
        self._create_invoice_due("2026-03-20", 50, partner=other)
        self._wish(self.clerk, email=True, **{"from": 14})
        self._wish(other, email=True, **{"from": 16})
        cron = self.env.ref("ar_collections.ir_cron_ar_dunning_notice_deliver")
        with freeze_time("2026-03-31 06:00:00"):
            run = self._preview("2026-03-31")
            run.action_confirm()
            run.notice_ids.sudo()._hold_back()
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        moments = {str(moment) for moment in triggers.mapped("call_at")}
        self.assertLessEqual({"2026-03-31 12:00:00", "2026-03-31 14:00:00"}, moments)

    def test_a_rule_and_a_wish_that_never_meet(self):
        self.rules.create({"name": "Mornings", "hour_from": 8, "hour_to": 12})
        self._wish(self.clerk, **{"from": 14})
        with freeze_time("2026-03-16 15:00:00"):
            with self.assertRaisesRegex(UserError, "no moment that all rules"):
                self.debtor._log_call(self.clerk, "none")

    def test_hours_that_make_no_sense(self):
        for start, end in ((18, 8), (-1, 4), (4, 25)):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self._wish(self.clerk, **{"from": start, "to": end})
                self.env.flush_all()

    def test_employees_read_days_and_change_none(self):
        user = new_test_user(self.env, "weekday_reader", groups="base.group_user")
        days = self.env["ar.weekday"].with_user(user).search([])
        self.assertEqual(len(days), 7)
        with self.assertRaises(AccessError):
            days[0].name = "Someday"
        with self.assertRaises(AccessError):
            days.create({"name": "Eighth", "number": 7})

    # === LETTERS === #

    def _get_notice(self):
        return self._preview("2026-03-31").notice_ids

    def test_a_person_who_prefers_letters_gets_letters(self):
        self.policy.level_ids.fallback_channel = "letter"
        self.clerk.write({"street": "1 rue", "city": "Lyon"})
        self._wish(self.clerk, channel="letter")
        notice = self._get_notice()
        self.assertEqual((notice.channel, notice.partner_id), ("letter", self.clerk))
        self.assertIn("prefers letters", notice.explanation)

    def test_the_customers_wish_for_letters_is_its_contacts(self):
        self.policy.level_ids.fallback_channel = "letter"
        self.clerk.write({"street": "1 rue", "city": "Lyon"})
        self._wish(self.customer, channel="letter")
        self.assertEqual(self._get_notice().channel, "letter")
        self._wish(self.clerk, channel="email")
        self.env["ar.dunning.run"].search([]).action_cancel()
        self.assertEqual(self._get_notice().channel, "email")

    def test_no_letter_without_an_address_or_where_the_level_sends_none(self):
        self._wish(self.clerk, channel="letter")
        self.policy.level_ids.fallback_channel = "letter"
        self.clerk.write({"street": False, "city": False})
        self.assertEqual(self._get_notice().channel, "email")
        self.env["ar.dunning.run"].search([]).action_cancel()
        self.clerk.write({"street": "1 rue", "city": "Lyon"})
        self.policy.level_ids.fallback_channel = "none"
        self.assertEqual(self._get_notice().channel, "email")

    # === WHOEVER CALLS === #

    def test_dialog_shows_wish_and_clock(self):
        self._wish(
            self.clerk, channel="phone", note="ask for extension 12", **{"from": 14}
        )
        with freeze_time("2026-03-16 10:05:00"):
            call = self.env["ar.contact.call"].create({"debtor_id": self.debtor.id})
            self.assertEqual(call.partner_id, self.clerk)
            self.assertEqual(
                call.wish, "after 14:00 · prefers: Call · ask for extension 12"
            )
            self.assertEqual(call.local_time, "Mon 11:05")
            self.assertIn("after 14:00", call.hold)
            self.customer.country_id = self.clerk.country_id = self.env.ref("base.us")
            call = self.env["ar.contact.call"].create({"debtor_id": self.debtor.id})
            # from Honolulu to New York
            self.assertEqual(call.local_time, "Mon 00:05 – Mon 06:05")

    def test_dialog_passes_over_who_wants_no_calls(self):
        self.clerk.ar_no_phone = True
        call = self.env["ar.contact.call"].create({"debtor_id": self.debtor.id})
        self.assertEqual(call.partner_id, self.customer)

    # === CLOCKS AND HOLIDAYS === #

    def test_the_time_zone_of_whoever_entered_the_contact_is_not_believed(self):
        rule = self.rules.create({"name": "By day", "hour_from": 8, "hour_to": 21})
        self.customer.country_id = self.clerk.country_id = self.env.ref("base.us")
        self.clerk.tz = "Europe/Paris"
        # ten in the morning in Paris is the middle of the night in New York
        self.assertIn(rule.name, self._get_hold("2026-03-16 09:00")[1])
        # New York is believed; without any, it has to be day in Honolulu, too
        self.clerk.tz = "America/New_York"
        self.assertIsNone(self._get_hold("2026-03-16 13:00"))
        self.clerk.tz = False
        self._assert_next("2026-03-16 13:00", "2026-03-16 18:00")

    def test_zones_that_part_at_the_change_of_the_clock_are_two(self):
        """Denver and Phoenix agree until 8 March 2026, and not after it."""
        usa = self.env.ref("base.us")
        self.clerk.country_id = usa
        moment = datetime(2026, 3, 6, 12, tzinfo=UTC)
        zones = self.rules._get_zones(self.clerk, self.company, moment)
        mountain = [
            z for z in zones if moment.astimezone(z).utcoffset() == timedelta(hours=-7)
        ]
        later = {z.utcoffset(datetime(2026, 3, 20)) for z in mountain}
        self.assertEqual(later, {timedelta(hours=-7), timedelta(hours=-6)})
        # late on the eve of the change: the next day begins last in Honolulu, 18:00 UTC
        self.rules.create({"name": "By day", "hour_from": 8, "hour_to": 16})
        self._assert_next("2026-03-08 04:00", "2026-03-08 18:00")

    def test_holidays_are_those_of_the_rules_working_hours(self):
        """The 14th of July is none for the company, but one for its French customers."""
        hours = self.env["resource.calendar"].create(
            {"name": "France", "tz": "Europe/Paris", "company_id": self.company.id}
        )
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Fête nationale",
                "calendar_id": hours.id,
                "company_id": self.company.id,
                "date_from": "2026-07-13 22:00:00",
                "date_to": "2026-07-14 21:59:59",
            }
        )
        rule = self.rules.create(
            {"name": "No calls on holidays", "skips_holidays": True, "hour_from": 8}
        )
        self.assertIsNone(self._get_hold("2026-07-14 10:00"))
        rule.calendar_id = hours
        self._assert_next("2026-07-14 10:00", "2026-07-15 06:00")

    def test_a_holiday_on_a_sunday_is_one(self):
        hours = self.company.resource_calendar_id
        self.env["resource.calendar.leaves"].create(
            {
                "name": "All Saints",
                "calendar_id": hours.id,
                "company_id": self.company.id,
                "date_from": "2026-11-01 00:00:00",
                "date_to": "2026-11-01 23:59:59",
            }
        )
        self.rules.create({"name": "No calls on holidays", "skips_holidays": True})
        self._assert_next("2026-11-01 10:00", "2026-11-01 23:00")
