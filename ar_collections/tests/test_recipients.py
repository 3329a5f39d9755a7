from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common import ArCollectionsCommon

BOUNCE = """Return-Path: <>
Delivered-To: bounce@company.example.com
Received: by mail.company.example.com
Content-Type: multipart/report; report-type=delivery-status; boundary="b"
From: MAILER-DAEMON@elsewhere.example.com
To: {to}
Subject: Undelivered Mail: mailbox unknown
Message-Id: <bounce@elsewhere.example.com>
In-Reply-To: {message_id}

--b
Content-Type: text/plain

The address is unknown.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; elsewhere.example.com

Final-Recipient: rfc822; {email}
Action: failed
Status: 5.1.1

--b
Content-Type: message/rfc822

Message-Id: {message_id}
To: {email}

--b--
"""
REPLY = """Return-Path: <{email}>
From: {email}
To: catchall@company.example.com
Subject: Re: your reminder
Message-Id: <reply@elsewhere.example.com>
In-Reply-To: {message_id}
References: {message_id}
Content-Type: text/plain

We paid on Monday.
"""


@tagged("post_install", "-at_install")
class TestRecipients(ArCollectionsCommon):
    """To the right person, and what comes back is seen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._create_invoice_due("2026-03-20", 1000)
        cls.domain = cls.env["mail.alias.domain"].create(
            {
                "name": "company.example.com",
                "bounce_alias": "bounce",
                "catchall_alias": "catchall",
            }
        )
        cls.company.alias_domain_id = cls.domain

    def _create_contact(self, name, **vals):
        return self.env["res.partner"].create(
            {
                "name": name,
                "parent_id": self.customer.id,
                "email": f"{name.lower()}@customer.example.com",
                **vals,
            }
        )

    def _get_recipient(self):
        return self._preview_recipient(self.first)

    def _preview_recipient(self, level):
        row = self._decide()[self._receivable(self.invoice)]
        self.assertEqual(row["notice_level_id"], level.id)
        return self.env["res.partner"].browse(row["recipient_id"]).name

    def _send(self, date="2026-03-31"):
        notice = self._run_ladder(date)
        self.assertEqual(len(notice), 1)
        return notice, self.env["mail.mail"].sudo().search(
            [("mail_message_id", "=", notice.mail_message_id.id)]
        )

    def _receive(self, text, notice, email):
        message = notice.mail_message_id
        # sudo: the mail gateway
        self.env["mail.thread"].sudo().message_process(
            False,
            text.format(
                email=email,
                message_id=message.message_id,
                to="bounce@company.example.com",
            ),
        )
        self.env.invalidate_all()

    # === WHO === #

    def test_role_by_level(self):
        self.assertEqual(self._get_recipient(), self.customer.name)
        self._create_contact("Invoices", type="invoice")
        self.assertEqual(self._get_recipient(), "Invoices")
        self._create_contact("Reminders", ar_contact_role="dunning")
        self.assertEqual(self._get_recipient(), "Reminders")
        self._create_contact("Manager", ar_contact_role="manager")
        self.assertEqual(self._get_recipient(), "Reminders")
        self.first.recipient_role = "manager"
        self.assertEqual(self._get_recipient(), "Manager")
        self.first.recipient_role = "invoice"
        self.assertEqual(self._get_recipient(), "Invoices")

    def test_who_cannot_be_reached_is_passed_over(self):
        self._create_contact("Invoices", type="invoice")
        manager = self._create_contact("Manager", ar_contact_role="manager")
        self.first.recipient_role = "manager"
        manager.ar_no_email = True
        self.assertEqual(self._get_recipient(), "Invoices")
        manager.write({"ar_no_email": False, "active": False})
        self.assertEqual(self._get_recipient(), "Invoices")
        manager.write({"active": True, "ar_bounced_email": manager.email_normalized})
        self.assertEqual(self._get_recipient(), "Invoices")
        # a new address is a new chance
        manager.email = "boss@customer.example.com"
        self.assertEqual(self._get_recipient(), "Manager")

    def test_who_wants_no_email_gets_letters(self):
        self.customer.ar_no_email = True
        row = self._decide()[self._receivable(self.invoice)]
        self.assertEqual(row["channel"], "letter")

    # === COPIES === #

    def test_without_copies_there_are_none(self):
        self._create_contact("Manager", ar_contact_role="manager")
        _notice, mail = self._send()
        self.assertEqual(mail.recipient_ids, self.customer)
        self.assertFalse(mail.email_cc)

    def test_copies_are_seen_by_all_who_get_it(self):
        self._create_contact("Manager", ar_contact_role="manager")
        self._create_contact("Blocked", ar_contact_role="manager", ar_no_email=True)
        seller = new_test_user(
            self.env, "seller", email="seller@company.example.com", name="Seller"
        )
        self.customer.user_id = seller
        self.first.write({"copy_manager": True, "copy_salesperson": True})
        _notice, mail = self._send()
        self.assertFalse(mail.recipient_ids)
        self.assertIn(self.customer.email, mail.email_to)
        self.assertIn("manager@customer.example.com", mail.email_cc)
        self.assertIn("seller@company.example.com", mail.email_cc)
        self.assertNotIn("blocked@", mail.email_cc)
        # one message
        (message,) = mail._prepare_outgoing_list()
        self.assertEqual(len(message["email_cc"]), 2)

    def test_recipient_is_not_copied(self):
        self._create_contact("Manager", ar_contact_role="manager")
        self.first.write({"recipient_role": "manager", "copy_manager": True})
        _notice, mail = self._send()
        self.assertFalse(mail.email_cc)

    # === WHAT COMES BACK === #

    def test_bounce_leads_to_a_letter(self):
        notice, _mail = self._send()
        email = self.customer.email_normalized
        self._receive(BOUNCE, notice, email)
        self.assertEqual(self.customer.ar_bounced_email, email)
        self.assertEqual(notice.state, "queued")
        self.assertIn("came back", notice.change_note)
        self._deliver()
        self.assertEqual((notice.state, notice.channel), ("sent", "letter"))

    def test_bounce_without_another_way_needs_attention(self):
        notice, _mail = self._send()
        self.first.fallback_channel = "none"
        self._receive(BOUNCE, notice, self.customer.email_normalized)
        self.assertEqual(notice.state, "error")
        self.assertIn("mailbox unknown", notice.problem)
        task = notice.debtor_id.activity_ids
        self.assertEqual(task.summary, "E-mail came back")
        self.assertTrue(task.user_id)
        # the address is mended: the next try goes there
        self.customer.email = "new@customer.example.com"
        notice.action_retry()
        self._deliver()
        self.assertEqual((notice.state, notice.channel), ("sent", "email"))

    def test_bounce_of_a_copy_changes_nothing(self):
        self._create_contact("Manager", ar_contact_role="manager")
        self.first.copy_manager = True
        notice, _mail = self._send()
        self._receive(BOUNCE, notice, "manager@customer.example.com")
        self.assertEqual(notice.state, "sent")

    def test_somebody_says_that_the_address_works(self):
        self.customer.ar_bounced_email = self.customer.email_normalized
        self.customer.action_trust_email()
        self.assertFalse(self.customer.ar_bounced_email)

    def test_address_that_the_mail_server_refuses(self):
        notice, mail = self._send()
        self.first.fallback_channel = "none"
        mail._postprocess_sent_message(
            [], [], failure_reason="no such user", failure_type="mail_email_invalid"
        )
        self.assertEqual(notice.state, "error")
        self.assertIn("no such user", notice.problem)

    def test_replies_go_to_the_debtor_and_are_seen(self):
        notice, mail = self._send()
        self.assertIn("catchall@company.example.com", mail.reply_to)
        self._receive(REPLY, notice, self.customer.email_normalized)
        debtor = notice.debtor_id
        self.assertIn("paid on Monday", debtor.message_ids[0].body)
        self.assertEqual(debtor.activity_ids.summary, "Customer replied")
        # a second one is in the same task
        debtor._tell_reply(debtor.message_ids[0])
        self.assertEqual(len(debtor.activity_ids), 1)

    def test_what_we_write_ourselves_is_no_reply(self):
        notice, _mail = self._send()
        notice.debtor_id.message_post(body="called them", message_type="comment")
        self.assertFalse(notice.debtor_id.activity_ids)

    def test_without_a_mail_domain_replies_go_to_the_sender(self):
        self.company.alias_domain_id = False
        _notice, mail = self._send()
        self.assertEqual(mail.reply_to, mail.email_from)

    # === CALLS === #

    def test_who_wants_no_calls_is_not_called(self):
        debtor = self.env["ar.debtor"]._get(self.customer, self.company)
        self.env["ar.contact.rule"].search([]).active = False
        self.customer.ar_no_phone = True
        with self.assertRaisesRegex(UserError, "does not want"):
            debtor._log_call(self.customer, "none")
        self.customer.ar_no_phone = False
        with freeze_time("2026-03-31 12:00:00"):
            self.assertTrue(debtor._log_call(self.customer, "none"))
