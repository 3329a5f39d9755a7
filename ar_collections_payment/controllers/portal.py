import base64

from werkzeug.exceptions import NotFound

from odoo import fields, http
from odoo.http import request
from odoo.tools import file_open

from .portal_home import ClaimHome

# The key is in the address: no search engine, no cache, no frame, and no other site
# gets to see it. The origin alone is told, which payment providers ask for.
HEADERS = {
    "Cache-Control": "no-store, private",
    "Referrer-Policy": "strict-origin",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": "frame-ancestors 'self'",
}
# In the place of a code to pay with, once all is paid.
PAID_PICTURE = "ar_collections_payment/static/img/paid.png"
# A customer who is logged in comes back to the page by the menu.
PORTAL_KEY_DAYS = 1


class ClaimPortal(ClaimHome):
    """The page on which a customer sees what is owed; by a key, or logged in."""

    # === ROUTES === #

    @http.route("/pay/<string:key>", type="http", auth="public", sitemap=False)
    def ar_claim_enter(self, key, **_kwargs):
        """Lead whoever comes by a link to the page, in the customer's language."""
        prefix = ""
        link = request.env["ar.claim.link"]._read_key(key)
        if link and link.is_valid and request.env.user._is_public():
            partner = link.notice.partner_id or link.debtor.partner_id
            nearest = request.env["ir.http"].get_nearest_lang(partner.lang)
            if nearest:
                code = request.env["res.lang"]._get_data(code=nearest).url_code
                # also the default language, else the browser's would win
                prefix = f"/{code}"
        return self._seal(request.redirect(f"{prefix}/my/owed/{key}"))

    @http.route("/pay/<string:key>/qr", type="http", auth="public", sitemap=False)
    def ar_claim_bank_qr(self, key, **_kwargs):
        """The code for banking apps of what is due today, for e-mails.

        Where nothing is to be transferred any more: a tick, since the e-mail stays.
        """
        link = request.env["ar.claim.link"]._read_key(key)
        if not link or not link.is_valid:
            raise NotFound()
        for section in self._get_claim(link)["sections"]:
            if link.notice and section["currency"] != link.notice.currency_id:
                continue
            if section["bank_qr"]:
                content = base64.b64decode(section["bank_qr"].partition(",")[2])
                return self._send_picture(content)
        with file_open(PAID_PICTURE, "rb") as picture:
            return self._send_picture(picture.read())

    def _send_picture(self, content):
        return self._seal(
            request.make_response(content, [("Content-Type", "image/png")])
        )

    @http.route(
        "/my/owed/<string:key>",
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def ar_claim_page(self, key, **_kwargs):
        """What the customer of a key owes today."""
        link = request.env["ar.claim.link"]._read_key(key)
        if not link or not link.is_valid:
            return self._refuse(key)
        return self._render_claims([self._get_claim(link, key)])

    @http.route(
        "/my/owed/<string:key>/renew",
        type="http",
        auth="public",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def ar_claim_renew(self, key, **_kwargs):
        """Send a new link to the address on file; the answer is the same for all."""
        link = request.env["ar.claim.link"]._read_key(key)
        if link:
            link.debtor._send_link()
        return self._refuse(key, is_asked=True)

    @http.route(
        "/my/owed/<string:key>/document/<int:line_id>",
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def ar_claim_document(self, key, line_id, pdf=None, **_kwargs):
        """Open the page of an invoice, or its PDF."""
        link = request.env["ar.claim.link"]._read_key(key)
        if not link or not link.is_valid:
            return self._refuse(key)
        # sudo: the key stands for the rights, on the documents of its customer only
        line = request.env["account.move.line"].sudo().browse(line_id).exists()
        if not self._is_of_link(line, link):
            return self._refuse(key)
        move = line.move_id
        url = move.get_portal_url(
            report_type="pdf" if pdf else None, download=bool(pdf)
        )
        return self._seal(request.redirect(url))

    @http.route("/my/owed", type="http", auth="user", methods=["GET"], website=True)
    def ar_claim_my(self, **_kwargs):
        """What the customer of who is logged in owes to each of our companies."""
        return self._render_claims(self._get_my_claims(), is_mine=True)

    @http.route()
    def portal_my_overdue_invoices(self, access_token=None, **kw):
        # core's page refuses several contacts or currencies, and pays whole invoices
        # where an instalment is due
        if not request.env.user._is_public() and self._get_my_debtors():
            return request.redirect("/my/owed")
        return super().portal_my_overdue_invoices(access_token=access_token, **kw)

    # === WHO IS LOGGED IN === #

    def _get_my_claims(self):
        links = request.env["ar.claim.link"]
        claims = []
        for debtor in self._get_my_debtors():
            today = debtor.company_id._ar_today()
            last_day = fields.Date.add(today, days=PORTAL_KEY_DAYS)
            key = links._make_key(debtor, last_day)
            claims.append(self._get_claim(links._read_key(key), key))
        return claims

    # === FIGURES === #

    def _get_claim(self, link, key=None):
        """All that the page shows about one debtor."""
        debtor = link.debtor
        claims = request.env["ar.claim"].sudo()  # as `_read_key`: the key is the right
        sections = [
            self._get_section(section, link, key)
            for section in claims._get_sections(link)
        ]
        return {
            "key": key,
            "debtor": debtor,
            "company": debtor.company_id,
            "partner": debtor.partner_id,
            "contact": debtor.user_id.filtered("active").partner_id
            or debtor.company_id.partner_id,
            "sections": sections,
            "settled": claims._get_settled(link),
            "tx": self._get_my_transaction(debtor),
            "is_document": self._is_document,
        }

    def _get_section(self, section, link, key):
        """Figures of one company and currency, and how to pay them."""
        company, currency = section.company, section.currency
        bank = company._get_ar_bank_account(currency)
        due = max(section.due, 0.0)
        reference = link.notice.name or self._get_reference(section)
        return {
            "company": company,
            "currency": currency,
            "due": due,
            "credit": max(-section.due, 0.0),
            "to_pay": section.to_pay,
            "oldest": section.oldest,
            "charges": section.get_charges(),
            "offers": section.get_offers(link.debtor),
            "groups": {
                name: section.get(name)
                for name in ("due", "credit", "later", "aside", "waiting")
            },
            "is_online": self._can_pay_online(link, section),
            "bank": bank,
            "reference": reference,
            "bank_qr": request.env["ar.claim.link"]._get_bank_qr(
                bank, due, currency, reference, link.debtor.partner_id
            ),
        }

    def _get_reference(self, section):
        """The numbers of what is due, as many as a transfer has room for."""
        text = ""
        for item in section.get("due"):
            longer = f"{text} {item.line._get_document_name()}".strip()
            if len(longer) > 140:
                break
            text = longer
        return text

    def _can_pay_online(self, link, section):
        amount = section.to_pay or section.sum(section.get("later"))
        return bool(
            self._get_providers(
                link.debtor, section.company, section.currency, max(amount, 0.0)
            )
        )

    def _get_providers(self, debtor, company, currency, amount):
        """Providers that the customer may pay with; none if that is switched off."""
        # sudo: settings and providers are read for the customer
        providers = request.env["payment.provider"].sudo()
        enabled = (
            request.env["ir.config_parameter"]
            .sudo()
            .get_param("account_payment.enable_portal_payment")
        )
        if enabled in (False, "", "0", "False", "false"):
            return providers
        return providers._get_compatible_providers(
            company.id, debtor.partner_id.id, amount, currency_id=currency.id
        )

    def _get_my_transaction(self, debtor):
        """The visitor's own last payment of this debtor, if it was lately."""
        tx = self._get_visitors_transaction()
        hour_ago = fields.Datetime.subtract(fields.Datetime.now(), hours=1)
        if tx.ar_debtor_id == debtor and tx.last_state_change >= hour_ago:
            return tx
        return tx.browse()

    @staticmethod
    def _get_visitors_transaction():
        tx_id = request.session.get("__payment_monitored_tx_id__")
        # sudo: the session is that of who made the payment
        return request.env["payment.transaction"].sudo().browse(tx_id or []).exists()

    # === ACCESS === #

    @staticmethod
    def _is_document(line):
        """Whether the item has a page and a PDF that its customer may open."""
        move = line.move_id
        return move.state == "posted" and move.is_sale_document(include_receipts=True)

    def _is_of_link(self, line, link):
        return (
            bool(line)
            and line.partner_id.commercial_partner_id in link.partners
            and line.company_id.root_id == link.debtor.company_id
            and line.account_type == "asset_receivable"
            and self._is_document(line)
        )

    # === RESPONSES === #

    def _render_claims(self, claims, *, is_mine=False):
        values = {
            **self._prepare_portal_layout_values(),
            "claims": claims,
            "is_mine": is_mine,
            "page_name": "ar_owed",
        }
        if not is_mine:
            # else logo and name are those of the visitor's company
            values["res_company"] = claims[0]["company"]
        return self._seal(
            request.render("ar_collections_payment.portal_owed_page", values)
        )

    def _refuse(self, key, *, is_asked=False):
        """The one answer to keys that are forged, expired or of something gone."""
        values = {
            "key": key,
            "is_asked": is_asked,
            "no_breadcrumbs": True,
            # they would name the first company of the database, whosever customer it is
            "no_header": True,
            "no_footer": True,
        }
        response = request.render("ar_collections_payment.portal_owed_refused", values)
        response.status_code = 200 if is_asked else 403
        return self._seal(response)

    @staticmethod
    def _seal(response):
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response
