from contextlib import suppress
from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.sms.tools.sms_api import SmsApi
from odoo.addons.sms_twilio.tools.sms_api import SmsApiTwilio

from .common import NUMBER, SmsCommon


class Killed(BaseException):
    """The server process is gone."""


@tagged("post_install", "-at_install")
class TestSmsOnce(SmsCommon):
    """Never twice, whatever dies; each company by its own account; no query per SMS."""

    def _create_many(self, count):
        for number in range(count):
            customer = self._create_customer(
                f"Many {number} Ltd", phone=f"+3247012{number:04}"
            )
            self._create_invoice_due("2026-03-20", 100, customer)

    # === ONCE === #

    def test_killed_while_the_provider_has_it(self):
        notice = self._send()
        calls = []

        def die(_api, _endpoint, params, **_kwargs):
            calls.append(params["messages"])
            raise Killed

        with (
            patch.object(SmsApi, "_contact_iap", die),
            self.enter_registry_test_mode(),
            # a test's own assertRaises would take back what was committed
            suppress(Killed),
            self.env.registry.cursor() as cr,
        ):
            self.env(cr=cr)["sms.sms"].sudo()._process_queue()
        self.env.invalidate_all()
        self.assertEqual(len(calls), 1)
        self.assertTrue(self._get_sms(notice).ar_handed_over)
        # the next round finds it, and asks a person
        self._process_queue()
        self.assertFalse(self._sms)
        self.assertEqual(notice.state, "error")
        self.assertIn("may have arrived", notice.problem)
        self._process_queue()
        self.assertFalse(self._sms)
        # the person knows that it did not
        notice.action_retry()
        self._deliver()
        self._process_queue()
        self.assertEqual([sent["number"] for sent in self._sms], [NUMBER])

    def test_same_day_twice_and_two_rounds_of_the_queue(self):
        self._send()
        self._process_queue()
        self.assertEqual(len(self._sms), 1)
        self._process_queue()
        self.assertFalse(self._sms)
        self.assertFalse(self._preview().notice_ids)

    def test_state_and_sms_are_one_transaction(self):
        run = self._preview()
        run.action_confirm()
        model = self.env.registry["ar.dunning.notice"]
        with patch.object(model, "_seal", side_effect=ValueError("broken")):
            with mute_logger(
                "odoo.addons.ar_collections.models.ar_dunning_notice_delivery"
            ):
                self._deliver()
        self.assertEqual(run.notice_ids.state, "error")
        self.assertFalse(
            self.env["sms.sms"].sudo().search([("partner_id", "=", self.customer.id)])
        )

    # === COMPANIES === #

    def _send_for_two_companies(self):
        data = self.setup_other_company()
        other = data["company"]
        other.email = "books@other.example.com"
        other.ar_policy_id = self.policy.copy({"company_id": other.id})
        self.env.user.company_ids = [Command.link(other.id)]
        self._create_invoice_due(
            "2026-03-20",
            500,
            company_id=other.id,
            journal_id=data["default_journal_sale"].id,
        )
        run = self._preview() + self._preview(company_id=other.id)
        for each in run:
            each.action_confirm()
        self._deliver()
        self.assertEqual(run.notice_ids.mapped("state"), ["sent", "sent"])
        self.assertEqual(run.notice_ids.mapped("channel"), ["sms", "sms"])
        return other, run.notice_ids

    def test_each_company_by_its_own_account(self):
        """Core's queue stops at SMS of two companies; ours go out."""
        other, notices = self._send_for_two_companies()
        used = []
        origin = SmsApi.__init__

        def spy(api, env, account=None):
            used.append(env.companies)
            origin(api, env, account)

        with patch.object(SmsApi, "__init__", spy):
            self._process_queue()
        self.assertEqual(len(self._sms), 2)
        self.assertEqual(set(used), {self.company, other})
        self.assertEqual(set(notices.mapped("sms_state")), {"pending"})

    def test_twilio_account_of_the_company(self):
        other, notices = self._send_for_two_companies()
        other.sudo().sms_provider = "twilio"
        asked = []

        def answer(api, _session, to_number, _body, _uuid):
            asked.append((api.company, to_number))

        with patch.object(SmsApiTwilio, "_sms_twilio_send_request", answer):
            self._process_queue()
        # the one went by Odoo, the other to Twilio, which did not answer
        self.assertEqual(len(self._sms), 1)
        self.assertEqual(asked, [(other, NUMBER)])
        mine = notices.filtered(lambda n: n.company_id == self.company)
        self.assertEqual((mine.state, (notices - mine).state), ("sent", "error"))

    # === MANY === #

    def _count_queries(self, notices):
        self.env.flush_all()
        self.env.invalidate_all()
        notices = notices.sudo()
        notices.mapped("line_ids.move_id.name")  # what the delivery has read before
        notices.mapped("debtor_id.partner_id.lang")
        before = self.env.cr.sql_log_count
        notices._deliver_sms()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_queries_do_not_grow_with_the_notices(self):
        self._create_many(30)
        notices = self._preview().notice_ids
        self.assertEqual(len(notices), 31)
        self._count_queries(notices[:1])  # caches
        few = self._count_queries(notices[1:6])
        many = self._count_queries(notices[6:31])
        self.assertLess(many - few, 5, f"{few} for 5, {many} for 25")

    def test_many_sms_go_in_batches(self):
        self._create_many(24)
        notices = self._send()
        self._process_queue()
        self.assertEqual(len(self._sms), 25)
        self.assertEqual(self._sms_api_contact_iap_mock.call_count, 2)
        self.assertEqual(set(notices.mapped("sms_state")), {"pending"})
