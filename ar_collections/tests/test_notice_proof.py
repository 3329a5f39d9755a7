from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import ArCollectionsCommon


@tagged("post_install", "-at_install")
class TestNoticeProof(ArCollectionsCommon):
    """What was sent is kept so that it can be shown."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_invoice_due("2026-03-20", 1000)

    def _send_letter(self):
        self.first.channel = "letter"
        with self.trap_pdfs():
            return self._run_ladder("2026-03-31")

    def test_seal_fits_what_was_sent_and_nothing_else(self):
        notice = self._send_letter()
        self.assertRegex(notice.seal, "^[0-9a-f]{64}$")
        self.assertTrue(notice.is_intact)
        for record, name, value in (
            (notice, "body", "<p>Something else</p>"),
            (notice, "amount_due", 1.0),
            (notice.attachment_ids, "raw", b"another letter"),
            (notice.attachment_ids, "name", "other.pdf"),
        ):
            before = record[name]
            record.sudo()[name] = value
            notice.invalidate_recordset(["is_intact"])
            self.assertFalse(notice.is_intact, name)
            record.sudo()[name] = before
            notice.invalidate_recordset(["is_intact"])
            self.assertTrue(notice.is_intact, name)

    def test_seal_fits_on_the_screen_too(self):
        """A form asks for the size of files instead of the files."""
        notice = self._send_letter()
        self.env.flush_all()
        self.env.invalidate_all()
        form = notice.with_context(bin_size=True)
        [values] = form.web_read(
            {"is_intact": {}, "attachment_ids": {"fields": {"raw": {}}}}
        )
        self.assertTrue(values["is_intact"])

    def test_drafts_have_no_seal(self):
        notice = self._preview().notice_ids
        self.assertFalse(notice.seal)
        self.assertFalse(notice.is_intact)

    def test_printed_proof(self):
        notice = self._send_letter()
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "ar_collections.report_ar_dunning_notice_proof", notice.ids
        )
        text = html.decode()
        self.assertIn(notice.seal, text)
        self.assertIn(notice.attachment_ids.name, text)
        self.assertIn("fits what is kept", text)

    def _print(self, notice):
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "ar_collections.report_ar_dunning_notice_proof", notice.ids
        )
        return html.decode()

    def test_printed_proof_says_on_top_that_something_was_changed(self):
        notice = self._send_letter()
        self.assertNotIn("This is not what was sent", self._print(notice))
        notice.sudo().body = "<p>Something else</p>"
        notice.invalidate_recordset(["is_intact"])
        text = self._print(notice)
        self.assertIn("This is not what was sent", text)
        self.assertIn("differs from what was sealed", text)

    def test_proof_names_the_address_of_that_day(self):
        notice = self._run_ladder("2026-03-31")
        former = self.customer.email
        self.assertEqual(notice.sent_to, former)
        self.customer.email = "new@customer.example.com"
        notice.invalidate_recordset(["is_intact"])
        self.assertTrue(notice.is_intact)
        text = self._print(notice)
        self.assertIn(former, text)
        self.assertNotIn("new@customer.example.com", text)
        # nobody moves it to another address afterwards
        notice.sudo().sent_to = "new@customer.example.com"
        notice.invalidate_recordset(["is_intact"])
        self.assertFalse(notice.is_intact)

    def test_proof_of_a_letter_names_the_postal_address(self):
        self.assertIn("1 Main Street, ", self._send_letter().sent_to)

    def test_seals_of_earlier_versions_still_fit(self):
        notice = self._send_letter()
        notice.sudo().sent_to = False
        # as it was taken before addresses were kept
        notice.sudo().seal = notice._get_seal()
        notice.invalidate_recordset(["is_intact"])
        self.assertTrue(notice.is_intact)

    def _keep(self, notice, user=None, **vals):
        proof = self.env["ir.attachment"].create({"name": "receipt.jpg", "raw": b"x"})
        wizard = (
            self.env["ar.dunning.notice.proof"]
            .with_user(user or self.env.user)
            .with_context(active_model=notice._name, active_id=notice.id)
            .create({"proof_ids": [(6, 0, proof.ids)], **vals})
        )
        wizard.action_save()

    def test_registered_letter(self):
        self.first.is_registered = True
        notice = self._send_letter()
        self.assertTrue(notice.is_registered)
        with freeze_time("2026-04-02"):
            self._keep(notice, tracking_number=" RR 123", date_delivered="2026-04-02")
        self.assertEqual(notice.tracking_number, "RR 123")
        self.assertEqual(str(notice.date_delivered), "2026-04-02")
        self.assertEqual(notice.proof_ids.res_id, notice.id)
        # the proof is no part of what was sent
        notice.invalidate_recordset(["is_intact"])
        self.assertTrue(notice.is_intact)

    def test_who_kept_it_is_told_in_the_chatter(self):
        notice = self._send_letter()
        told = notice.with_context(tracking_disable=False, mail_notrack=False)
        told._record_delivery("RR 124", notice.date_sent, self.env["ir.attachment"])
        self.env.flush_all()
        self.env.cr.precommit.run()
        tracked = notice.sudo().message_ids.tracking_value_ids
        self.assertIn("RR 124", tracked.mapped("new_value_char"))

    def test_delivery_that_cannot_be(self):
        notice = self._send_letter()
        with self.assertRaisesRegex(UserError, "before it was sent"):
            self._keep(notice, date_delivered="2026-03-01")
        with self.assertRaisesRegex(UserError, "day to come"):
            self._keep(notice, date_delivered="2026-04-02")
        self.first.channel = "email"
        self._create_invoice_due("2026-03-20", 10, self._create_customer("By mail"))
        mail = self._run_ladder("2026-04-01").filtered(lambda n: n.channel == "email")
        with self.assertRaisesRegex(UserError, "no letter"):
            self._keep(mail, tracking_number="RR 1")

    def test_who_may_keep_it(self):
        notice = self._send_letter()
        reader = new_test_user(
            self.env,
            "proof_reader",
            groups="ar_collections.ar_collections_group_readonly",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        with self.assertRaises(AccessError):
            notice.with_user(reader)._record_delivery(
                "X", False, self.env["ir.attachment"]
            )
        with self.assertRaises(AccessError):
            notice.with_user(reader).write({"tracking_number": "X"})

    def test_files_of_others_are_not_taken_for_a_proof(self):
        notice = self._send_letter()
        collector = new_test_user(
            self.env,
            "proof_collector",
            groups="ar_collections.ar_collections_group_user",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        secret = self.env["ir.attachment"].create({"name": "secret.pdf", "raw": b"x"})
        with self.assertRaises(AccessError):
            notice.with_user(collector)._record_delivery(
                "RR 1", False, secret.with_user(collector)
            )
        self.assertFalse(secret.res_id)
        # a file that belongs to something else stays there; the notice has a copy
        scan = self.env["ir.attachment"].create(
            {
                "name": "scan.pdf",
                "raw": b"x",
                "res_model": "res.partner",
                "res_id": self.customer.id,
            }
        )
        notice._record_delivery("RR 1", False, scan)
        self.assertEqual(scan.res_model, "res.partner")
        self.assertRecordValues(
            notice.proof_ids, [{"name": "scan.pdf", "res_id": notice.id}]
        )
