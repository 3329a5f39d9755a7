import base64

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools.misc import hash_sign

from odoo.addons.ar_collections_payment import uninstall_hook
from odoo.addons.ar_collections_payment.models.ar_claim_link import LINK_SCOPE

from .common import ClaimCommon


@tagged("post_install", "-at_install")
class TestClaimSecurity(ClaimCommon):
    """Who sees what: keys, and what stands in the page."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._create_invoice_due("2026-03-20", 1000)
        cls.debtor = cls._get_debtor(cls)

    # === KEYS === #

    def _assert_refused(self, key):
        """The page says the same for every key that opens nothing."""
        response = self._open(key)
        self.assertEqual(response.status_code, 403)
        first = self.env.ref("base.main_company")
        names = (self.invoice.name, self.customer.name, self.company.name, first.name)
        for secret in names:
            self.assertNotIn(secret, response.text)
        self.assertIn("This link is not valid any more", response.text)
        self._assert_sealed(response)
        return response.text

    def _assert_sealed(self, response):
        headers = response.headers
        self.assertEqual(headers["Referrer-Policy"], "strict-origin")
        self.assertIn("noindex", headers["X-Robots-Tag"])
        self.assertIn("no-store", headers["Cache-Control"])
        self.assertIn("frame-ancestors 'self'", headers["Content-Security-Policy"])

    def test_forged_keys_are_refused(self):
        key = self._get_key()
        today = fields.Date.today().toordinal()
        values = ["d", self.debtor.id, 0, today + 9]
        other_scope = hash_sign(self.env(su=True), "elsewhere", values)
        raw = base64.urlsafe_b64decode(key + "===")
        longer = raw.replace(b", 0, ", b", 0, 9")
        forged = [
            "x",
            "0" * 90,
            "ä",
            "%00",
            key[:-1],
            key[:60],
            other_scope,
            base64.urlsafe_b64encode(longer).decode().rstrip("="),
            self.env["ar.claim.link"]._sign_order({"debtor": self.debtor.id}),
        ]
        # each letter counts
        for place in (5, 20, 40, 60):
            letter = "A" if key[place] != "A" else "B"
            forged.append(key[:place] + letter + key[place + 1 :])
        for text in forged:
            with self.subTest(text=text):
                self._assert_refused(text)

    def test_genuine_key_opens_the_page_and_nothing_leaks_on_the_way(self):
        response = self._open(self._get_key())
        self.assertEqual(response.status_code, 200)
        self.assertIn(self.invoice.name, response.text)
        self.assertIn('name="robots"', response.text)
        self._assert_sealed(response)
        entry = self.url_open(f"/pay/{self._get_key()}", allow_redirects=False)
        self._assert_sealed(entry)

    def test_expired_keys_are_refused(self):
        key = self._get_key()
        with freeze_time("2026-06-29"):
            self.assertEqual(self._open(key).status_code, 200)
        with freeze_time("2026-06-30"):
            self._assert_refused(key)
            for path in ("/pay?item=1", "/document/1"):
                self.assertEqual(self._open(key, path).status_code, 403)
            self.assertEqual(self.url_open(f"/pay/{key}/qr").status_code, 404)

    def test_how_long_links_hold_is_a_setting(self):
        self.company.ar_link_days = 3
        key = self._get_key()
        with freeze_time("2026-04-03"):
            self.assertEqual(self._open(key).status_code, 200)
        with freeze_time("2026-04-04"):
            self._assert_refused(key)

    def test_keys_of_what_is_gone_are_refused(self):
        links = self.env["ar.claim.link"]
        day = fields.Date.to_date("2026-04-30")
        gone = hash_sign(
            self.env(su=True), LINK_SCOPE, ["n", 2**31 - 1, 0, day.toordinal()]
        )
        expired = links._make_key(self.debtor, fields.Date.to_date("2026-03-30"))
        texts = {
            text.replace(key, "")
            for key in (gone, expired, "forged")
            for text in [self._get_refused_main(key)]
        }
        # nobody learns which of them was ours
        self.assertEqual(len(texts), 1)

    def _get_refused_main(self, key):
        return (
            self._assert_refused(key)
            .partition('name="ar_refused"')[2]
            .partition("csrf_token")[0]
        )

    def test_links_can_be_made_invalid(self):
        notice = self._run_ladder("2026-03-31")
        keys = [notice._get_payment_url().rpartition("/")[2], self._get_key()]
        self.debtor.with_user(self.env.user).action_revoke_links()
        for key in keys:
            self._assert_refused(key)
        self.assertEqual(self._open(self._get_key()).status_code, 200)

    def test_links_of_who_becomes_a_contact_do_not_show_the_company(self):
        notice = self._run_ladder("2026-03-31")
        keys = [notice._get_payment_url().rpartition("/")[2], self._get_key()]
        head = self._create_customer("Head Ltd")
        # both have the same number
        number = self.debtor.sudo().link_number
        self._get_debtor(head).link_number = number
        self.customer.write({"is_company": False, "parent_id": head.id})
        self.env.invalidate_all()
        self.assertEqual(notice.debtor_id.partner_id, head)
        for key in keys:
            self._assert_refused(key)
        self.assertEqual(self._open(self._get_key(head)).status_code, 200)

    def test_link_of_an_undone_notice_shows_what_is_open_today(self):
        notice = self._run_ladder("2026-03-31")
        key = notice._get_payment_url().rpartition("/")[2]
        notice.run_id._undo("wrong bank data")
        self.assertTrue(notice.is_undone)
        page = self._get_page(key)
        self.assertEqual(self._get_named(page, "ar_due"), ["$ 1,000.00"])
        self.assertNotIn("wrong bank data", self._get_text(page))

    def test_document_of_another_customer_is_refused(self):
        stranger = self._create_customer("Stranger Ltd")
        other = self._receivable(self._create_invoice_due("2026-03-20", 1, stranger))
        mine = self._receivable(self.invoice)
        key = self._get_key()
        ours = self.url_open(
            f"/my/owed/{key}/document/{mine.id}", allow_redirects=False
        )
        self.assertIn(f"/my/invoices/{self.invoice.id}?", ours.headers["Location"])
        # sales line of the own invoice, items of others, nothing at all
        revenue = (self.invoice.line_ids - mine)[:1]
        for line_id in (other.id, revenue.id, 2**31 - 1):
            self.assertEqual(self._open(key, f"/document/{line_id}").status_code, 403)

    # === A NEW LINK === #

    def _ask(self, key):
        page = self._open(key)
        token = page.text.partition('name="csrf_token"')[2].partition('value="')[2]
        return self.url_open(
            f"/my/owed/{key}/renew", data={"csrf_token": token.partition('"')[0]}
        )

    def _get_mails(self):
        return self.env["mail.mail"].sudo().search([("model", "=", "ar.debtor")])

    def test_expired_link_gets_a_new_one_by_mail_once_an_hour(self):
        day = fields.Date.to_date("2026-03-01")
        key = self.env["ar.claim.link"]._make_key(self.debtor, day)
        before = self._get_mails()
        answer = self._ask(key)
        self.assertEqual(answer.status_code, 200)
        mail = self._get_mails() - before
        self.assertEqual(mail.recipient_ids, self.customer)
        [new] = {part.partition('"')[0] for part in mail.body_html.split("/pay/")[1:]}
        self.assertEqual(self._open(new).status_code, 200)
        # who asks again gets the same words and no other mail
        again = self._ask(key)
        self.assertEqual(self._get_mails() - before, mail)
        main = '<div class="o_ar_owed'
        self.assertEqual(
            again.text.partition(main)[2].partition("</main>")[0],
            answer.text.partition(main)[2].partition("</main>")[0],
        )
        self.assertNotIn(self.customer.email, answer.text)
        with freeze_time("2026-03-31 02:00:00"):
            self._ask(key)
        self.assertEqual(len(self._get_mails() - before), 2)

    def test_forged_link_gets_no_mail(self):
        before = self._get_mails()
        answer = self._ask("forged")
        self.assertEqual(answer.status_code, 200)
        self.assertIn("If the link was one of ours", answer.text)
        self.assertEqual(self._get_mails(), before)

    def test_asking_needs_the_page(self):
        day = fields.Date.to_date("2026-03-01")
        key = self.env["ar.claim.link"]._make_key(self.debtor, day)
        before = self._get_mails()
        answer = self.url_open(f"/my/owed/{key}/renew", data={"x": "1"})
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(self._get_mails(), before)

    # === NOTHING INTERNAL === #

    def test_nothing_internal_is_in_the_page(self):
        elsewhere = self.setup_other_company(name="Sister Works")["company"]
        self.customer.company_id = False
        self._get_debtor(company=elsewhere)
        self.debtor.note = "Never answers on Mondays"
        self.debtor.user_id = new_test_user(
            self.env,
            "claim_collector",
            "ar_collections.ar_collections_group_user",
            name="Kind Person",
            company_id=self.company.id,
            company_ids=[fields.Command.set(self.company.ids)],
        )
        self.debtor.payer_profile = "chronic"
        self.customer.comment = "Do not trust the boss"
        self.env["ar.pause"].create(
            {
                "debtor_id": self.debtor.id,
                "line_ids": [fields.Command.set(self._receivable(self.invoice).ids)],
                "kind": "insolvency",
                "reason": "heard from the bank",
            }
        )
        notice = self._run_ladder("2026-03-31") or self.env["ar.dunning.notice"]
        self.assertFalse(notice)
        key = self._get_key()
        line = self._receivable(self.invoice)
        main = self.env.ref("base.main_company")
        for path in ("", f"/pay?item={line.id}"):
            text = self._open(key, path).text
            self.assertIn(self.invoice.name, text)
            for secret in (
                "Mondays",
                "trust the boss",
                "chronic",
                "Chronic",
                "insolvency",
                "Insolvency",
                "heard from the bank",
                "claim_collector",
                self.policy.name,
                *self.levels.mapped("name"),
                elsewhere.name,
                main.name,
            ):
                self.assertNotIn(secret, text, path)

    def test_each_company_has_its_own_page(self):
        data = self.setup_other_company(name="Sister Works")
        elsewhere = data["company"]
        invoice = (
            self.env["account.move"]
            .with_company(elsewhere)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.customer.id,
                    "invoice_date": "2026-02-01",
                    "invoice_date_due": "2026-02-20",
                    "company_id": elsewhere.id,
                    "invoice_line_ids": [
                        fields.Command.create(
                            {"name": "Goods", "price_unit": 77, "tax_ids": []}
                        )
                    ],
                }
            )
        )
        invoice.action_post()
        ours, theirs = (
            self._get_page(self._get_key(company=company))
            for company in (self.company, elsewhere)
        )
        self.assertEqual(self._get_named(ours, "ar_due"), ["$ 1,000.00"])
        self.assertEqual(self._get_named(theirs, "ar_due"), ["$ 77.00"])
        self.assertNotIn("Sister Works", self._get_text(ours))
        self.assertIn("Sister Works", self._get_text(theirs))
        # items of the one cannot be paid by the key of the other
        form = self._get_form(self._get_key(), self._receivable(invoice))
        self.assertIsNone(form)

    # === EMPLOYEES === #

    def _new_user(self, group):
        return new_test_user(
            self.env,
            group.rpartition(".")[2],
            group,
            company_id=self.company.id,
            company_ids=[fields.Command.set(self.company.ids)],
        )

    def test_keys_are_for_collectors(self):
        notice = self._run_ladder("2026-03-31")
        reader = self._new_user("ar_collections.ar_collections_group_readonly")
        for record in (self.debtor, notice):
            with self.assertRaises(AccessError):
                record.with_user(reader).read(["customer_url"])
            with self.assertRaises(AccessError):
                record.with_user(reader).action_open_customer_page()
        with self.assertRaises(AccessError):
            self.debtor.with_user(reader).action_revoke_links()
        collector = self._new_user("ar_collections.ar_collections_group_user")
        [row] = self.debtor.with_user(collector).read(["customer_url"])
        self.assertIn("/pay/", row["customer_url"])
        action = notice.with_user(collector).action_open_customer_page()
        self.assertEqual(action["type"], "ir.actions.act_url")
        # neither the number nor the time is written by hand
        for vals in ({"link_number": 7}, {"date_link_sent": False}):
            with self.assertRaises(AccessError):
                self.debtor.with_user(collector).write(vals)

    def test_shares_are_for_nobody_to_write(self):
        tx = self._pay_online(self._get_key(), self._receivable(self.invoice))
        share = tx.ar_share_ids
        for group in (
            "base.group_public",
            "base.group_portal",
            "ar_collections.ar_collections_group_user",
        ):
            user = self._new_user(group)
            with self.assertRaises(AccessError):
                share.with_user(user).read(["amount"])
        system = self._new_user("base.group_system")
        self.assertEqual(share.with_user(system).amount, 1000)
        for vals in ({"amount": 1}, {"is_part": True}):
            with self.assertRaises(AccessError):
                share.with_user(system).write(vals)
        with self.assertRaises(AccessError):
            share.with_user(system).unlink()

    def test_uninstalling_leaves_no_unknown_pause(self):
        self._pay_online(self._get_key(), self._receivable(self.invoice), "pending")
        pause = self.debtor.pause_ids
        self.assertEqual(pause.kind, "payment")
        uninstall_hook(self.env)
        self.assertEqual(pause.kind, "other")

    def test_nobody_hides_a_pause_behind_a_payment(self):
        tx = self._begin(
            self._get_form(self._get_key(), self._receivable(self.invoice))
        )
        pauses = self.env["ar.pause"].with_user(
            self._new_user("ar_collections.ar_collections_group_manager")
        )
        vals = {"debtor_id": self.debtor.id, "reason": "a friend"}
        with self.assertRaises(AccessError):
            pauses.create({**vals, "transaction_id": tx.id})
        pause = pauses.create(vals)
        with self.assertRaises(AccessError):
            pause.write({"transaction_id": tx.id})
