from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import TODAY, ArCollectionsCommon
from .ubl import UblAssertions

DELIVERY = "odoo.addons.ar_collections.models.ar_dunning_notice_delivery"
LINE = "cac:ReminderLine"


@tagged("post_install", "-at_install")
class TestArReminderUbl(UblAssertions, ArCollectionsCommon):
    """The reminder as a file for customers whose system reads it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.denmark = cls.env.ref("base.dk")
        cls.company.partner_id.write(
            {"country_id": cls.denmark.id, "vat": "DK12345674"}
        )
        cls.company.partner_id.bank_ids.unlink()
        cls.bank = cls.env["res.partner.bank"].create(
            {
                "acc_number": "DK50 0040 0440 1162 43",
                "partner_id": cls.company.partner_id.id,
                "bank_id": cls.env["res.bank"]
                .create({"name": "Bank A/S", "bic": "NDEADKKK"})
                .id,
            }
        )
        cls.customer.write(
            {
                "ar_reminder_format": "ubl_21",
                "ref": "C-17",
                "vat": "DK88146328",
                "country_id": cls.denmark.id,
            }
        )
        cls.invoice = cls._create_invoice_due("2026-03-20", 1000, ref="PO 5")

    # === HELPERS === #

    def _strip(self, partner):
        """Take away all that OIOUBL could address the partner by."""
        partner.write({"vat": False, "company_registry": False})
        if "peppol_endpoint" in partner._fields:
            partner.peppol_endpoint = False

    def _send(self, date=TODAY):
        return self._run_ladder(date)

    def _get_file(self, notice):
        name = notice.name.replace("/", "-") + ".xml"
        return notice.attachment_ids.filtered(lambda a: a.name == name)

    def _read(self, notice):
        return self.parse(self._get_file(notice).raw)

    def _queue(self):
        run = self._preview()
        run.action_confirm()
        return run.notice_ids

    # === THE FILE === #

    def test_file_goes_with_the_mail_and_stays_on_the_notice(self):
        notice = self._send()
        file = self._get_file(notice)
        self.assertRecordValues(
            file,
            [
                {
                    "res_model": notice._name,
                    "res_id": notice.id,
                    "mimetype": "application/xml",
                }
            ],
        )
        mail = self.env["mail.mail"].search(
            [("mail_message_id", "=", notice.mail_message_id.id)]
        )
        self.assertEqual(mail.attachment_ids, file)
        self.parse(file.raw)

    def test_nobody_gets_a_file_who_did_not_ask(self):
        self.customer.ar_reminder_format = False
        notice = self._send()
        self.assertEqual(notice.state, "sent")
        self.assertFalse(notice.attachment_ids)

    def test_file_of_a_letter_is_kept_beside_the_pdf(self):
        self.levels.channel = "letter"
        with self.trap_pdfs():
            notice = self._send()
        self.assertEqual(len(notice.attachment_ids), 2)
        self._read(notice)

    def test_contacts_follow_their_company(self):
        contact = self.env["res.partner"].create(
            {"name": "Accounts", "parent_id": self.customer.id, "type": "invoice"}
        )
        self.assertEqual(contact.ar_reminder_format, "ubl_21")

    # === WHAT IT SAYS === #

    def test_it_says_what_the_notice_says(self):
        notice = self._send()
        root = self._read(notice)
        for path, expected in {
            "cbc:ID": notice.name,
            "cbc:IssueDate": TODAY,
            "cbc:ReminderTypeCode": "Reminder",
            "cbc:ReminderSequenceNumeric": "1",
            "cbc:Note": notice.subject,
            "cbc:DocumentCurrencyCode": "USD",
            "cac:AccountingCustomerParty/cbc:SupplierAssignedAccountID": "C-17",
            "cac:AccountingCustomerParty//cac:PartyName/cbc:Name": "Late Payer Ltd",
            "cac:AccountingCustomerParty//cbc:CityName": "Ghent",
            "cac:AccountingCustomerParty//cac:PartyTaxScheme/cbc:CompanyID": "DK88146328",
            "cac:AccountingCustomerParty//cbc:ElectronicMail": self.customer.email,
            "cac:AccountingSupplierParty//cac:PartyName/cbc:Name": self.company.name,
            "cac:AccountingSupplierParty//cbc:IdentificationCode": "DK",
            "cac:PaymentMeans/cbc:PaymentMeansCode": "30",
            "cac:PaymentMeans/cbc:PaymentID": notice.name,
            "cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID": "DK5000400440116243",
            "cac:PaymentMeans//cac:FinancialInstitution/cbc:ID": "NDEADKKK",
            "cac:PaymentMeans/cbc:PaymentDueDate": str(notice.date_deadline),
            "cac:LegalMonetaryTotal/cbc:PayableAmount": "1000.00",
            f"{LINE}/cbc:ID": "1",
            f"{LINE}/cbc:DebitLineAmount": "1000.00",
            f"{LINE}/cac:ReminderPeriod/cbc:StartDate": "2026-03-20",
            f"{LINE}//cac:InvoiceDocumentReference/cbc:ID": self.invoice.name,
            f"{LINE}//cac:InvoiceDocumentReference/cbc:IssueDate": str(
                self.invoice.invoice_date
            ),
            f"{LINE}/cbc:Note": (
                "Due on 03/20/2026. Days late: 11. Your reference: PO 5."
            ),
        }.items():
            with self.subTest(path):
                self.assertEqual(self.value(root, path), expected)

    def test_each_level_has_the_next_number(self):
        notices = [self._send()]
        for date in ("2026-04-20", "2026-05-20"):
            notices.append(self._send(date))
        numbers = [
            self.value(self._read(notice), "cbc:ReminderSequenceNumeric")
            for notice in notices
        ]
        self.assertEqual(numbers, ["1", "2", "3"])
        ids = {self.value(self._read(notice), "cbc:ID") for notice in notices}
        self.assertEqual(len(ids), 3)

    def test_before_the_due_date_it_is_advice(self):
        with freeze_time("2026-03-15"):
            notice = self._send("2026-03-15")
        self.assertEqual(notice.level_id, self.upcoming)
        root = self._read(notice)
        self.assertEqual(self.value(root, "cbc:ReminderTypeCode"), "Advis")
        self.assertEqual(self.value(root, "cbc:ReminderSequenceNumeric"), "1")

    def test_words_are_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.customer.lang = "de_DE"
        note = self.value(self._read(self._send()), f"{LINE}/cbc:Note")
        self.assertIn("20.03.2026", note)

    def test_oioubl_of_a_danish_customer(self):
        self.customer.ar_reminder_format = "oioubl_21"
        root = self._read(self._send())
        for path, expected in {
            "cbc:CustomizationID": "OIOUBL-2.1",
            "cbc:ReminderTypeCode": "Reminder",
            "cac:AccountingSupplierParty//cbc:EndpointID": "DK12345674",
            "cac:AccountingCustomerParty//cbc:EndpointID": "DK88146328",
            "cac:PaymentMeans/cbc:PaymentMeansCode": "31",
            "cac:LegalMonetaryTotal/cbc:PayableAmount": "1000.00",
        }.items():
            with self.subTest(path):
                self.assertEqual(self.value(root, path), expected)

    def test_electronic_address_of_peppol(self):
        if "peppol_endpoint" not in self.customer._fields:
            self.skipTest("account_edi_ubl_cii is not installed")
        self.customer.write({"peppol_eas": "0088", "peppol_endpoint": "5798009811578"})
        path = "cac:AccountingCustomerParty/cac:Party/cbc:EndpointID"
        for profile, expected in (("ubl_21", "0088"), ("oioubl_21", "GLN")):
            self.customer.ar_reminder_format = profile
            notice = self._preview().notice_ids
            (node,) = self.nodes(self.parse(notice._get_ubl_content()), path)
            self.assertEqual(node.text, "5798009811578")
            self.assertEqual(node.get("schemeID"), expected)
            notice.run_id.action_cancel()

    # === AMOUNTS === #

    def test_each_currency_has_its_own_file(self):
        yen = self.setup_other_currency(
            "JPY", rates=[("2020-01-01", 100.0)], rounding=1
        )
        self._create_invoice_due("2026-03-21", 5000, currency_id=yen.id)
        notices = self._send()
        amounts = {
            notice.currency_id.name: self.value(
                self._read(notice), "cac:LegalMonetaryTotal/cbc:PayableAmount"
            )
            for notice in notices
        }
        self.assertEqual(amounts, {"USD": "1000.00", "JPY": "5000"})

    def test_credits_reduce_the_claim(self):
        credit = self._create_invoice_due(
            TODAY, 250, move_type="out_refund", invoice_date=TODAY
        )
        payment = self._create_payment(self.customer, 100)
        for profile in ("ubl_21", "oioubl_21"):
            self.customer.ar_reminder_format = profile
            notice = self._preview().notice_ids
            root = self.parse(notice._get_ubl_content())
            self.assertEqual(
                sorted(self.values(root, f"{LINE}/cbc:CreditLineAmount")),
                ["100.00", "250.00"],
            )
            self.assertEqual(
                self.value(root, f"{LINE}//cac:CreditNoteDocumentReference/cbc:ID"),
                credit.name,
            )
            self.assertIn(
                payment.move_id.name, " ".join(self.values(root, f"{LINE}/cbc:Note"))
            )
            payable = self.value(root, "cac:LegalMonetaryTotal/cbc:PayableAmount")
            self.assertEqual(float(payable), notice.amount_due)
            self.assertEqual(notice.amount_due, 650.0)
            notice.run_id.action_cancel()

    def test_paused_part_is_named_and_not_claimed(self):
        self.env["ar.pause"].create(
            {
                "debtor_id": self.env["ar.debtor"]._get(self.customer, self.company).id,
                "line_ids": [Command.set(self._receivable(self.invoice).ids)],
                "amount": 400,
                "reason": "Two parcels missing",
            }
        )
        root = self._read(self._send())
        self.assertEqual(self.value(root, f"{LINE}/cbc:DebitLineAmount"), "600.00")
        self.assertEqual(self.value(root, "//cbc:PayableAmount"), "600.00")
        self.assertIn("400.00", self.value(root, f"{LINE}/cbc:Note"))

    def test_an_item_that_claims_nothing_is_left_out(self):
        self._create_invoice_due("2026-03-20", 50)
        notice = self._preview().notice_ids
        nothing = notice.line_ids.filtered(lambda ln: ln.move_id != self.invoice)
        nothing.sudo().amount_residual = 0
        root = self.parse(notice._get_ubl_content())
        self.assertEqual(self.values(root, f"{LINE}/cbc:ID"), ["1"])

    def test_charges_come_by_a_hook(self):
        notice = self._preview().notice_ids
        charge = {"kind": "fee", "reason": "Reminder fee", "amount": 40.0}
        self.patch(
            self.env.registry["ar.dunning.notice"],
            "_prepare_ubl_charge_vals",
            lambda notice: [charge],
        )
        root = self.parse(notice._get_ubl_content())
        self.assertEqual(self.value(root, "//cbc:PayableAmount"), "1040.00")

    # === WHAT IS MISSING === #

    def test_without_bank_account(self):
        self.bank.unlink()
        for profile in ("ubl_21", "oioubl_21"):
            self.customer.ar_reminder_format = profile
            notice = self._preview().notice_ids
            root = self.parse(notice._get_ubl_content())
            self.assertEqual(self.value(root, "//cbc:PaymentMeansCode"), "1")
            notice.run_id.action_cancel()

    def test_plain_ubl_needs_neither_country_nor_tax_number(self):
        self.customer.write({"country_id": False, "ref": False})
        self._strip(self.customer)
        self._strip(self.company.partner_id)
        notice = self._send()
        self._read(notice)

    def test_a_gap_holds_up_its_own_notice_only(self):
        self.customer.ar_reminder_format = "oioubl_21"
        self._strip(self.customer)
        other = self._create_customer("Other Ltd", ar_reminder_format="ubl_21")
        self._create_invoice_due("2026-03-20", 50, partner=other)
        notices = self._queue()
        self._deliver()
        stuck = notices.filtered(lambda n: n.debtor_id.partner_id == self.customer)
        self.assertEqual(stuck.state, "error")
        self.assertIn("Late Payer Ltd has no address", stuck.problem)
        self.assertFalse(stuck.attachment_ids)
        self.assertEqual((notices - stuck).state, "sent")
        # entered, tried again, gone
        self.customer.vat = "DK88146328"
        stuck.action_retry()
        self._deliver()
        self.assertEqual(stuck.state, "sent")
        self._read(stuck)

    @mute_logger(DELIVERY)
    def test_a_crash_holds_up_its_own_notice_only(self):
        other = self._create_customer("Other Ltd")
        self._create_invoice_due("2026-03-20", 50, partner=other)
        notices = self._queue()

        def crash(notice):
            raise ValueError("no such luck")

        self.patch(
            self.env.registry["ar.dunning.notice"], "_prepare_ubl_account_vals", crash
        )
        self._deliver()
        stuck = notices.filtered(lambda n: n.debtor_id.partner_id == self.customer)
        self.assertEqual(stuck.state, "error")
        self.assertIn("no such luck", stuck.problem)
        self.assertEqual((notices - stuck).state, "sent")

    def test_special_characters(self):
        self.customer.name = 'Smørrebrød & "Søn" <A/S> \x0b☂'
        root = self._read(self._send())
        self.assertEqual(
            self.value(root, "cac:AccountingCustomerParty//cac:PartyName/cbc:Name"),
            'Smørrebrød & "Søn" <A/S> ☂',
        )

    # === DOWNLOAD === #

    def test_preview_writes_nothing(self):
        notice = self._preview().notice_ids
        before = self.env["ir.attachment"].search_count([])
        action = notice.action_download_reminder()
        self.assertIn(f"/{notice.id}/reminder_file/", action["url"])
        self.parse(notice.with_context(bin_size=False)._get_ubl_content())
        self.assertTrue(notice.reminder_file)
        self.assertEqual(self.env["ir.attachment"].search_count([]), before)

    def test_what_was_sent_is_downloaded_as_it_was(self):
        notice = self._send()
        file = self._get_file(notice)
        self.customer.name = "Renamed Ltd"
        action = notice.action_download_reminder()
        self.assertEqual(action["url"], f"/web/content/{file.id}?download=true")

    def test_preview_tells_what_is_missing(self):
        self.customer.ar_reminder_format = "oioubl_21"
        self._strip(self.customer)
        notice = self._preview().notice_ids
        with self.assertRaisesRegex(UserError, "has no address"):
            notice.action_download_reminder()
        self.assertFalse(notice.reminder_file)

    def test_reader_may_download_a_stranger_may_not(self):
        notice = self._send()
        reader = new_test_user(
            self.env,
            "ubl-reader",
            "ar_collections.ar_collections_group_readonly",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.assertTrue(notice.with_user(reader).action_download_reminder())
        self.assertTrue(notice.with_user(reader).reminder_file)
        stranger = new_test_user(
            self.env,
            "ubl-stranger",
            "base.group_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        with self.assertRaises(AccessError):
            notice.with_user(stranger).action_download_reminder()

    # === MANY === #

    def test_queries_do_not_grow_with_the_notices(self):
        for number in range(12):
            partner = self._create_customer(
                f"Customer {number}",
                ar_reminder_format="ubl_21",
                country_id=self.denmark.id,
            )
            for _item in range(2):
                self._create_invoice_due("2026-03-20", 10, partner=partner)
        notices = self._preview().notice_ids
        self.assertEqual(len(notices), 13)
        # as in delivery, where it was just written
        notices.sudo().date_deadline = "2026-04-15"

        def count(records):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            for record in records.browse(records.ids):
                record._get_ubl_content()
            return self.env.cr.sql_log_count - before

        count(notices[:2])  # what is cached once for all
        self.assertEqual(count(notices), count(notices[:2]))
