from urllib.parse import urlsplit

from lxml import html

from odoo import Command
from odoo.tests import HttpCase

from odoo.addons.ar_collections.tests.common import ArCollectionsCommon


class ClaimCommon(ArCollectionsCommon, HttpCase):
    """A customer with two contacts, and a provider that costs nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.country_id = cls.quick_ref("base.be")
        cls.buyer = cls._create_customer(
            "Purchasing Desk", parent_id=cls.customer.id, is_company=False
        )
        cls.provider = cls._create_provider(cls.company, cls.bank_journal)
        cls.debtors = cls.env["ar.debtor"].sudo()

    @classmethod
    def _create_provider(cls, company, journal):
        """The demo provider of a company; what it takes arrives in ``journal``."""
        demo = cls.env.ref("payment.payment_provider_demo").sudo()
        provider = demo if demo.company_id == company else demo.copy()
        provider.write(
            {
                "company_id": company.id,
                "code": "demo",
                "state": "test",
                "is_published": True,
                "journal_id": journal.id,
                "payment_method_ids": [
                    Command.set(cls.env.ref("payment_demo.payment_method_demo").ids)
                ],
            }
        )
        provider.payment_method_ids.active = True
        return provider

    # === LINKS === #

    def _get_debtor(self, partner=None, company=None):
        return self.debtors._get(partner or self.customer, company or self.company)

    def _get_key(self, partner=None, company=None):
        return self._get_debtor(partner, company)._get_new_link().rpartition("/")[2]

    def _get_path(self, url):
        parts = urlsplit(url)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    # === PAGES === #

    def _open(self, key, path=""):
        return self.url_open(f"/my/owed/{key}{path}")

    def _get_page(self, key, path=""):
        response = self._open(key, path)
        self.assertEqual(response.status_code, 200)
        return html.fromstring(response.text)

    def _get_text(self, node):
        return " ".join(node.text_content().replace("\u200b", "").split())

    def _get_named(self, page, name):
        """The texts of the elements with this name."""
        return [self._get_text(node) for node in page.xpath(f"//*[@name='{name}']")]

    def _get_boxes(self, page):
        """{journal item id: whether it is ticked} of all check boxes."""
        return {
            int(box.get("value")): box.get("checked") is not None
            for box in page.xpath("//input[@name='item']")
        }

    # === PAYING === #

    def _get_form(self, key, lines):
        """The payment form for the chosen items: what the browser gets to see."""
        query = "&".join(f"item={line.id}" for line in lines)
        page = self._get_page(key, f"/pay?{query}")
        forms = page.xpath("//form[@id='o_payment_form']")
        return dict(forms[0].attrib) if forms else None

    def _prepare_params(self, form, **changes):
        """What the browser sends to begin the payment."""
        return {
            "provider_id": self.provider.id,
            "payment_method_id": self.provider.payment_method_ids[:1].id,
            "token_id": None,
            "amount": float(form["data-amount"]),
            "flow": "direct",
            "tokenization_requested": False,
            "landing_route": form.get("data-landing-route"),
            "is_validation": False,
            "access_token": form["data-access-token"],
            "csrf_token": "x",
            "payment_reference": None,
            **changes,
        }

    def _begin(self, form, **changes):
        """Begin the payment; the transaction."""
        route = form["data-transaction-route"]
        values = self.make_jsonrpc_request(route, self._prepare_params(form, **changes))
        transactions = self.env["payment.transaction"].sudo()
        return transactions.search([("reference", "=", values["reference"])])

    def _finish(self, tx, state="done"):
        """The provider's word, and what the page does with it."""
        self.make_jsonrpc_request(
            "/payment/demo/simulate_payment",
            {
                "reference": tx.reference,
                "payment_details": "1234",
                "simulated_state": state,
            },
        )
        self.make_jsonrpc_request("/payment/status/poll", {})
        self.env.invalidate_all()

    def _pay_online(self, key, lines, state="done"):
        tx = self._begin(self._get_form(key, lines))
        self._finish(tx, state)
        return tx

    def _residuals(self, *lines):
        return [line.amount_residual_currency for line in lines]
