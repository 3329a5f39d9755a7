from unittest.mock import patch

from odoo.fields import Domain
from odoo.tests import tagged

from .common import ArCollectionsCommon


@tagged("post_install", "-at_install")
class TestDoors(ArCollectionsCommon):
    """The doors of readme/DEVELOP.md, each gone through from outside."""

    def _extend(self, model, method, extension):
        """Override a method as an extending addon would: call super, then add."""
        cls = self.env.registry[model]
        original = getattr(cls, method)

        def override(records, *args):
            return extension(original(records, *args), records)

        return patch.object(cls, method, override)

    def test_open_item_domain_keeps_items_from_the_ladder(self):
        self._create_invoice_due("2026-03-20", 500, ref="keep out")
        kept = self._create_invoice_due("2026-03-20", 700)
        with self._extend(
            "ar.open.item",
            "_get_open_item_domain",
            lambda domain, _r: domain & Domain("move_id.ref", "!=", "keep out"),
        ):
            self.assertEqual(set(self._decide()), {self._receivable(kept)})

    def test_mail_values(self):
        self._create_invoice_due("2026-03-20", 500)
        with self._extend(
            "ar.dunning.notice",
            "_prepare_mail_vals",
            lambda vals, _r: dict(vals, email_cc="sales@example.com"),
        ):
            notice = self._run_ladder("2026-03-31")
        mail = self.env["mail.mail"].search(
            [("mail_message_id", "=", notice.mail_message_id.id)]
        )
        self.assertEqual(mail.email_cc, "sales@example.com")

    def test_attachments(self):
        self._create_invoice_due("2026-03-20", 500)
        terms = {"name": "terms.txt", "raw": b"Our terms", "mimetype": "text/plain"}
        with self._extend(
            "ar.dunning.notice", "_get_attachments", lambda found, _r: [*found, terms]
        ):
            notice = self._run_ladder("2026-03-31")
        self.assertEqual(notice.attachment_ids.mapped("name"), ["terms.txt"])

    def test_place_of_the_address(self):
        self._create_invoice_due("2026-03-20", 500)
        notice = self._preview("2026-03-31").notice_ids
        with self._extend(
            "res.company",
            "_get_ar_letter_window",
            lambda window, _r: window._replace(start=70, bottom=110),
        ):
            self.assertEqual(notice._get_letter_margin(), 70)
            self.assertTrue(notice._get_letter_places())

    def test_sentences_of_charge_terms(self):
        """What an extension charges is told on the form and on proof sheets."""
        terms = self.env.ref("ar_collections.ar_charge_terms_de_business")
        calculation = self.env["ar.charge.calculator"].create(
            {
                "amount": 1000,
                "date_due": "2026-01-01",
                "date": "2026-02-15",
                "currency_id": self.env.ref("base.EUR").id,
                "terms_id": terms.id,
            }
        )
        with self._extend(
            "ar.charge.terms",
            "_get_sentences",
            lambda sentences, _r: [*sentences, "Nothing in August."],
        ):
            terms.invalidate_recordset(["explanation"])
            self.assertIn("Nothing in August.", terms.explanation)
            html, _kind = self.env["ir.actions.report"]._render_qweb_html(
                "ar_collections.report_ar_charge_calculator", calculation.ids
            )
        self.assertIn("Nothing in August.", html.decode())

    def test_trap_contacts_sends_nothing(self):
        self._create_invoice_due("2026-03-20", 500)
        with self.trap_contacts() as seen:
            notice = self._run_ladder("2026-03-31")
        self.assertEqual(seen, [("email", self.customer, self.first)])
        self.assertFalse(notice.mail_message_id)
