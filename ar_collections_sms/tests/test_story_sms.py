from datetime import timedelta

from freezegun import freeze_time
from lxml import etree
from markupsafe import Markup

from odoo import fields
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .common import NUMBER, SmsCommon

TEXT = (
    "company_1_data: we have not seen your payment of $ 1,000.00 yet. May we ask you to "
    "settle it by Apr 7, 2026?"
)


@tagged("post_install", "-at_install")
class TestStorySms(SmsCommon):
    """A reminder by SMS, from the decision to the provider's last word."""

    def test_story_reminder_by_sms(self):
        run = self._preview()
        notice = run.notice_ids
        self.assertRecordValues(notice, [{"channel": "sms", "state": "draft"}])
        self.assertIn(["SMS", 1], [list(pair) for pair in run.figures["channels"]])
        # what will be sent is seen before, and nothing is written by looking
        self.assertIn("settle it by", notice.preview)
        self.assertIn(NUMBER, notice.preview)
        self.assertRegex(notice.sms_size, r"^\d+ characters, 2 SMS$")
        self.assertFalse(notice.body)
        self.assertFalse(self.invoice.access_token)
        size = notice.sms_size

        run.action_confirm()
        self._deliver()
        sms = self._get_sms(notice)
        self.assertRecordValues(
            sms,
            [{"number": NUMBER, "state": "outgoing", "partner_id": self.customer.id}],
        )
        link = notice._get_sms_url()
        self.assertIn("access_token=", link)
        self.assertEqual(
            sms.body, f"{TEXT} Pay here: {link} Just paid? Then please ignore this."
        )
        self.assertEqual(notice.sms_state, "ready")
        notice.invalidate_recordset(["sms_size"])
        self.assertEqual(notice.sms_size, size)

        self._process_queue()
        self.assertEqual([sent["number"] for sent in self._sms], [NUMBER])
        self.assertEqual(self._sms[0]["body"], sms.body)
        self.assertRecordValues(notice, [{"state": "sent", "sms_state": "pending"}])
        tracker = self.env["sms.tracker"].sudo().search([("sms_uuid", "=", sms.uuid)])
        tracker._action_update_from_sms_state("sent")
        notice.invalidate_recordset()
        self.assertEqual(notice.sms_state, "sent")

    def test_exact_text_is_kept_and_sealed(self):
        self.customer.company_id = self.company
        notice = self._send()
        sms = self._get_sms(notice)
        self.assertEqual(notice.subject, f"SMS {NUMBER}")
        self.assertEqual(Markup(notice.body).striptags(), sms.body)
        self.assertIn(notice.body, notice.preview)
        self.assertTrue(notice.is_intact)
        (message,) = notice.debtor_id.message_ids.filtered(
            lambda m: m.message_type == "sms"
        )
        self.assertEqual(message, notice.mail_message_id)
        self.assertIn(TEXT, Markup(message.body).striptags())
        # everybody reads the customer's chatter: without the key to pay
        note = self.customer.message_ids[0].body
        self.assertIn("settle it by", note)
        self.assertNotIn("access_token", note)
        notice.sudo().body = notice.body.replace("1,000", "100")
        self.assertFalse(notice.is_intact)

    def test_words_in_the_language_of_the_recipient_and_by_profile(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.text.with_context(lang="de_DE").body = (
            "{{ object.company_id.name }}: bitte "
            "{{ format_amount(object.amount_due, object.currency_id) }} zahlen."
        )
        self.customer.lang = "de_DE"
        self.assertIn("bitte $ 1.000,00 zahlen", self._preview().notice_ids.preview)
        good = self.env.ref("ar_collections_sms.sms_template_ar_good")
        self.customer.lang = "en_US"
        self.first.variant_ids.create(
            {
                "level_id": self.first.id,
                "payer_profile": "new",
                "sms_template_id": good.id,
            }
        )
        self.env["ar.dunning.run"].search([]).action_cancel()
        self.assertIn("always pay on time", self._preview().notice_ids.preview)

    def test_several_invoices_have_no_link_to_one_of_them(self):
        self._create_invoice_due("2026-03-18", 500)
        notice = self._send()
        sms = self._get_sms(notice)
        self.assertNotIn("http", sms.body)
        self.assertIn("1,500.00", sms.body)

    def test_sent_sms_is_a_contact_and_counts(self):
        notice = self._send()
        contact = self.env["ar.contact"].search([("notice_id", "=", notice.id)])
        self.assertRecordValues(
            contact,
            [{"channel": "sms", "outcome": "sent", "partner_id": self.customer.id}],
        )

    def test_quiet_hours_hold_for_sms(self):
        self.env["ar.contact.rule"].search([]).active = False
        self.env["ar.contact.rule"].create(
            {"name": "By day", "on_sms": True, "hour_from": 9, "hour_to": 18}
        )
        self.customer.tz = "Europe/Brussels"
        with freeze_time("2026-03-31 20:00:00"):
            run = self._preview()
            run.action_confirm()
            self._deliver()
        notice = run.notice_ids
        self.assertEqual(notice.state, "queued")
        self.assertFalse(self._get_sms(notice))
        # nine o'clock in Brussels
        self.assertEqual(
            notice.date_not_before, fields.Datetime.to_datetime("2026-04-01 07:00:00")
        )
        with freeze_time(notice.date_not_before + timedelta(minutes=1)):
            self._deliver()
        self.assertEqual(notice.state, "sent")

    def test_paid_since_the_decision_gets_no_sms(self):
        run = self._preview()
        run.action_confirm()
        self._pay(self.invoice)
        self._deliver()
        self.assertEqual(run.notice_ids.state, "cancel")
        self.assertFalse(
            self.env["sms.sms"].sudo().search([("partner_id", "=", self.customer.id)])
        )

    def test_sms_as_fallback_of_an_email(self):
        self.first.write({"channel": "email", "fallback_channel": "sms"})
        self.customer.email = False
        notice = self._send()
        self.assertRecordValues(notice, [{"channel": "sms", "state": "sent"}])
        self.assertIn("SMS instead of E-mail", notice.explanation)

    def test_form_offers_to_print_once_and_an_sms_never(self):
        """*Print* stands out only where a letter waits to be printed."""
        view = self.env["ar.dunning.notice"].get_view(view_type="form")
        buttons = etree.fromstring(view["arch"]).xpath("//button[@name='action_print']")
        for channel, status, shown in (
            ("sms", "draft", []),
            ("sms", "sent", []),
            ("none", "sent", []),
            ("email", "draft", [False]),
            ("letter", "sent", [False]),
            ("letter", "print", [True]),
        ):
            values = {"channel": channel, "status": status, "state": status}
            with self.subTest(values):
                self.assertEqual(
                    [
                        "btn-primary" in (button.get("class") or "")
                        for button in buttons
                        if not safe_eval(button.get("invisible"), values)
                    ],
                    shown,
                )

    # === UNDO === #

    def test_undo_takes_back_what_still_waits(self):
        notice = self._send()
        notice.run_id._undo("Wrong list")
        self.assertEqual(notice.state, "cancel")
        self.assertEqual(self._get_sms(notice).state, "canceled")
        self._process_queue()
        self.assertFalse(self._sms)
        self.assertEqual(self._verdict(self.invoice), "dun")

    def test_undo_cannot_take_back_what_the_provider_has(self):
        notice = self._send()
        self._process_queue()
        notice.run_id._undo("Wrong list")
        self.assertRecordValues(notice, [{"state": "sent", "is_undone": True}])

    def test_dropped_notice_leaves_no_sms_behind(self):
        self.first.fallback_channel = "none"
        notice = self._send()
        self._process_queue(sim_error="credit")
        notice.action_drop("Paid in cash")
        self.assertEqual(self._get_sms(notice).state, "canceled")
        self._get_sms(notice).resend_failed()
        self.assertFalse(self._sms)

    def test_several_invoices_have_the_link_of_the_page_to_pay(self):
        self._create_invoice_due("2026-03-18", 500)
        self.payment_url = "https://company.example.com/pay/key"
        sms = self._get_sms(self._send())
        self.assertIn(self.payment_url, sms.body)
