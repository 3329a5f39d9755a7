import base64
from datetime import timedelta

from markupsafe import Markup

from odoo import Command, api, fields, models
from odoo.tools import file_open

from .behaviours import plan
from .companies import COMPANIES, RATES
from .customers import CUSTOMERS, D14, D30, EUR, GBP, NOW, SPLIT

# No mail leaves the house, no chatter noise, while 14 months are replayed
QUIET = {
    "mail_auto_subscribe_no_notify": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "tracking_disable": True,
}

# As ``__export__``: the name of no addon
KEEPER = "__ar_collections_demo__"

TERMS = {
    NOW: "account.account_payment_term_immediate",
    D14: "ar_collections.payment_term_14_days_demo",
    D30: "account.account_payment_term_30days",
    SPLIT: "ar_collections.payment_term_30_70_demo",
}

KINDS = {"business": "business", "consumer": "consumer", "public_body": "public"}

TAGS = {
    "consumer": "ar_collections.res_partner_category_consumer_demo",
    "public_body": "ar_collections.res_partner_category_public_body_demo",
    "head_office": "ar_collections.res_partner_category_head_office_demo",
}


class ArDemo(models.AbstractModel):
    """Installs the demo story: companies and people here, then the ledger."""

    _name = "ar.demo"
    _description = "Demo Story of AR Collections"

    @api.model
    def _install(self):
        """Tell the story as of today. Does nothing the second time."""
        if self.env.ref("ar_collections.company_eur_demo", raise_if_not_found=False):
            return
        self = self.with_context(**QUIET)  # noqa: PLW0642
        today = fields.Date.context_today(self)
        self._speak_languages()
        self._keep_plain_records()
        companies = {code: self._create_company(code) for code in COMPANIES}
        self._translate_records(companies)
        self._create_rates(companies, today)
        self._open_companies_to_users(companies)
        partners = self._create_customers(companies)
        products = self._create_products(companies)
        for code, company in companies.items():
            plans = {c.ref: plan(c, code) for c in CUSTOMERS if code in c.companies}
            self.with_company(company)._post_story(plans, partners, products, today)

    # === EXTERNAL IDS === #

    def _name_records(self, records_by_name):
        """Give the records external ids ``ar_collections.<name>_demo``.

        The second id, outside the addon, keeps them when it is uninstalled: posted
        entries are nothing an addon may delete.
        """
        self.env["ir.model.data"]._update_xmlids(
            [
                {"xml_id": f"{owner}.{name}_demo", "record": record, "noupdate": True}
                for name, record in records_by_name.items()
                for owner in ("ar_collections", KEEPER)
            ]
        )

    def _keep_plain_records(self):
        """The records of the XML file serve posted invoices: keep them as well."""
        xml_ids = [*TERMS.values(), *TAGS.values()]
        ours = [x.split(".")[1] for x in xml_ids if x.startswith("ar_collections.")]
        self._name_records(
            {x.removesuffix("_demo"): self.env.ref(f"ar_collections.{x}") for x in ours}
        )

    @api.model
    def _reclaim(self):
        """Installed again after an uninstallation: take the kept records back."""
        kept = self.env["ir.model.data"].search([("module", "=", KEEPER)])
        records = {
            data.name.removesuffix("_demo"): self.env[data.model].browse(data.res_id)
            for data in kept
        }
        self._name_records({name: rec for name, rec in records.items() if rec.exists()})

    # === COMPANIES === #

    def _create_company(self, code):
        spec = COMPANIES[code]
        # chart_template_load: core would otherwise install the country's localisation,
        # which reloads the registry in the middle of our transaction
        Company = self.env["res.company"].with_context(chart_template_load=True)
        company = Company.create(self._prepare_company(spec))
        self._name_records({f"company_{code}": company})
        # not try_loading: it warns while modules are loading, as they are now
        self.env["account.chart.template"]._load(
            "generic_coa", company, install_demo=False
        )
        self.with_company(company)._adapt_chart(company, spec)
        self.with_company(company)._create_bank(company, spec)
        return company

    def _prepare_company(self, spec):
        vals = {
            "name": spec["name"],
            "email": spec["email"],
            "phone": spec["phone"],
            **self._prepare_address(spec["address"]),
            # chosen, so that printing does not first ask for a layout
            "external_report_layout_id": self.env.ref(
                "web.external_layout_standard"
            ).id,
            "qr_code": True,
            # two lines: with four, the letterhead covers an invoice's second page
            "company_details": self._prepare_letterhead(spec),
            "logo": self._read_logo(),
            "report_footer": f"{spec['name']} · {spec['email']} · {spec['phone']}",
        }
        if "iap_enrich_auto_done" in self.env["res.company"]._fields:
            # partner_autocomplete would ask its server about the new company
            vals["iap_enrich_auto_done"] = True
        return vals

    @api.model
    def _prepare_letterhead(self, spec):
        street, zip_code, city, _country = spec["address"]
        return Markup("%s<br/>%s, %s %s") % (spec["name"], street, zip_code, city)

    @api.model
    def _read_logo(self):
        with file_open("ar_collections/demo/logo_demo.png", "rb") as logo:
            return base64.b64encode(logo.read())

    def _adapt_chart(self, company, spec):
        """Bring the generic (US) chart home: currency, fiscal country and sales tax."""
        own = [("company_id", "=", company.id)]
        company.write(
            {
                "currency_id": self._get_currency(spec["currency"]).id,
                "account_fiscal_country_id": company.country_id.id,
            }
        )
        # the chart's domestic position would treat our own country as export
        self.env["account.fiscal.position"].search(
            [*own, ("country_id", "!=", False)]
        ).write({"country_id": company.country_id.id})
        self.env["account.tax.group"].search(own).write(
            {"country_id": company.country_id.id}
        )
        self.env["account.tax"].search(own).write({"country_id": company.country_id.id})
        rate = f"{spec['tax']:g}%"
        tax = company.account_sale_tax_id
        tax.write({"amount": spec["tax"], "name": rate, "invoice_label": rate})
        tax.tax_group_id.name = f"Tax {rate}"

    def _create_bank(self, company, spec):
        bank = self.env["res.bank"].create(
            {"name": "Demonstration Bank", "bic": spec["bic"]}
        )
        account = self.env["res.partner.bank"].create(
            {
                "acc_number": spec["iban"],
                "partner_id": company.partner_id.id,
                "bank_id": bank.id,
                "allow_out_payment": True,
            }
        )
        journal = self._get_journal("bank")
        journal.bank_account_id = account
        # Community Edition has no bank matching screen: book straight to the bank
        journal.inbound_payment_method_line_ids.payment_account_id = (
            journal.default_account_id
        )

    def _create_rates(self, companies, today):
        """Core counts units of a currency per unit of the company's own currency."""
        self.env["res.currency.rate"].create(
            [
                {
                    "company_id": companies[code].id,
                    "currency_id": self._get_currency(name).id,
                    "name": today - timedelta(days=age),
                    "rate": rate,
                }
                for age, usd, gbp in RATES
                for code, name, rate in (
                    (EUR, "USD", usd),
                    (EUR, "GBP", gbp),
                    (GBP, "EUR", 1 / gbp),
                    (GBP, "USD", usd / gbp),
                )
            ]
        )

    def _open_companies_to_users(self, companies):
        """Both companies for the usual logins; the administrator lands in EUR."""
        ours = [Command.link(company.id) for company in companies.values()]
        for login in ("base.user_admin", "base.user_demo"):
            if user := self.env.ref(login, raise_if_not_found=False):
                user.company_ids = ours
        if admin := self.env.ref("base.user_admin", raise_if_not_found=False):
            admin.company_id = companies[EUR]

    # === CUSTOMERS AND PRODUCTS === #

    def _create_customers(self, companies):
        """:return: {ref: partner}"""
        languages = dict(self.env["res.lang"].get_installed())
        heads = [c for c in CUSTOMERS if not c.parent]
        branches = [c for c in CUSTOMERS if c.parent]
        partners = {}
        for group in (heads, branches):  # a branch needs its head office to exist
            records = self.env["res.partner"].create(
                [
                    self._prepare_customer(c, partners, languages, companies)
                    for c in group
                ]
            )
            partners.update(zip((c.ref for c in group), records, strict=True))
        for customer in heads:
            for code in customer.companies:
                partner = partners[customer.ref].with_company(companies[code])
                partner.property_payment_term_id = self.env.ref(TERMS[customer.terms])
        self._name_records(
            {f"partner_{ref}": partner for ref, partner in partners.items()}
        )
        self.env["mail.blacklist"].create({"email": partners["blacklisted"].email})
        return partners

    def _prepare_customer(self, customer, partners, languages, companies):
        vals = {
            "name": customer.name,
            "email": customer.email or False,
            "phone": customer.phone or False,
            "is_company": customer.kind != "consumer",
            "ar_customer_kind": KINDS.get(customer.kind),
            **self._prepare_address(customer.address),
        }
        if customer.lang in languages:
            vals["lang"] = customer.lang
        if len(customer.companies) == 1:
            # nobody else's: their chatter may hold the letters
            vals["company_id"] = companies[customer.companies[0]].id
        if customer.parent:
            # an address of the head office: its commercial partner is the head office
            vals.update(
                parent_id=partners[customer.parent].id, type="invoice", is_company=False
            )
        if tag := TAGS.get(customer.kind):
            vals["category_id"] = [Command.link(self.env.ref(tag).id)]
        return vals

    def _prepare_address(self, address):
        if not address:
            return {}
        street, zip_code, city, country = address
        country_id = self.env.ref(f"base.{'uk' if country == 'gb' else country}").id
        return {
            "street": street,
            "zip": zip_code,
            "city": city,
            "country_id": country_id,
        }

    def _create_products(self, companies):
        """What we sell: the invoices pick among these."""
        taxes = [Command.set([c.account_sale_tax_id.id for c in companies.values()])]
        catalogue = [
            ("Display shelf", 145.0),
            ("Counter lamp", 62.0),
            ("Shop sign, lit", 318.0),
            ("Packing paper, pallet", 97.5),
            ("Workbench", 265.0),
            ("Maintenance visit", 110.0),
        ]
        return self.env["product.product"].create(
            [
                {
                    "name": name,
                    "list_price": price,
                    "type": "service",
                    "taxes_id": taxes,
                }
                for name, price in catalogue
            ]
        )
