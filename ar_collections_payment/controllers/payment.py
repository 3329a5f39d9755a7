from odoo import http
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.http import request

from .payment_choice import ClaimChoice


class ClaimPayment(ClaimChoice):
    """Paying what was chosen, in two steps: see it with its sum, then pay it.

    The first step signs items and amounts. The second takes them from the signature
    alone and refuses if anything of it has changed: nothing that the browser sends
    decides what is paid.
    """

    # === ROUTES === #

    @http.route(
        "/my/owed/<string:key>/pay",
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def ar_claim_pay(self, key, item=None, mine=None, **_kwargs):
        """The chosen items, their sum and the ways to pay."""
        link = request.env["ar.claim.link"]._read_key(key)
        if not link or not link.is_valid:
            return self._refuse(key)
        chosen = self._cast_ids(request.httprequest.args.getlist("item"))
        section, items = self._get_chosen(link, chosen)
        amount = section.sum(items) if section else 0.0
        back = "/my/owed" if mine else f"/my/owed/{key}"
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "ar_owed_pay",
            "res_company": section.company if section else link.debtor.company_id,
            "key": key,
            "back": back,
            "partner": link.debtor.partner_id,
            "items": items,
            "amount": amount,
            "currency": section and section.currency,
            "begun": False,
        }
        if amount > 0:
            order = self._make_order(link, section, items, amount, back)
            values |= self._get_form_values(link, section, amount, key, order)
            lines = self._get_lines(items)
            # sudo: the customer learns only that a payment was begun
            values["begun"] = (
                request.env["payment.transaction"].sudo()._find_begun(lines)
            )
        return self._seal(
            request.render("ar_collections_payment.portal_owed_pay", values)
        )

    @http.route("/my/owed/<string:key>/transaction", type="jsonrpc", auth="public")
    def ar_claim_transaction(self, key, access_token, amount=None, **kwargs):
        """Begin the payment that ``access_token`` stands for.

        :param str access_token: the order, signed by the page
        :param float amount: what the page showed
        :return: what core's payment form goes on with
        :raise ValidationError: if anything is not as it was signed
        """
        link = request.env["ar.claim.link"]._read_key(key)
        order = request.env["ar.claim.link"]._read_order(access_token)
        if not link or not link.is_valid or not order:
            raise ValidationError(self._get_stale_text())
        if order["debtor"] != link.debtor.id:
            raise ValidationError(self._get_stale_text())
        self._validate_transaction_kwargs(
            kwargs, additional_allowed_keys=("payment_reference",)
        )
        # two requests at once: the second waits for its turn, and sees the first
        link.debtor._begin_payment()
        section, items = self._check_order(link, order, amount)
        self._check_begun(items, order)
        return self._begin(link, order, section, items, kwargs)

    # === THE PAYMENT === #

    def _get_payer(self, debtor, notice):
        """In whose name it is paid: a contact of the customer, whoever is logged in."""
        user = request.env.user
        partners = () if user._is_public() else (user.partner_id,)
        for partner in (*partners, notice.partner_id):
            if partner.commercial_partner_id == debtor.partner_id:
                return partner
        return debtor.partner_id

    def _is_own(self, debtor):
        """Whether who is logged in belongs to the customer."""
        user = request.env.user
        return (
            not user._is_public()
            and user.partner_id.commercial_partner_id == debtor.partner_id
        )

    def _get_form_values(self, link, section, amount, key, order):
        """Values of core's payment form."""
        debtor = link.debtor
        payer = self._get_payer(debtor, link.notice)
        values = self._get_common_page_view_values(
            {
                "partner": payer,
                "company": section.company,
                "total_amount": amount,
                "currency": section.currency,
                "amount_residual": amount,
                "landing_route": "",
                "transaction_route": f"/my/owed/{key}/transaction",
            },
            access_token=order,
        )
        providers = self._get_providers(
            debtor, section.company, section.currency, amount
        )
        methods = values["payment_methods_sudo"].filtered(
            lambda method: method.provider_ids & providers
        )
        values |= {
            "partner_id": payer.id,
            "providers_sudo": providers,
            "payment_methods_sudo": methods,
            "company_mismatch": not self._can_partner_pay_in_company(
                debtor.partner_id, section.company
            ),
        }
        if not self._is_own(debtor):
            # whoever has the link pays, but not with the customer's saved cards
            values["tokens_sudo"] = values["tokens_sudo"].browse()
            values["show_tokenize_input_mapping"] = dict.fromkeys(providers.ids, False)
        return values

    def _check_way(self, link, section, amount, kwargs):
        """Refuse ways to pay that the page did not offer."""
        providers = self._get_providers(
            link.debtor, section.company, section.currency, amount
        )
        # sudo: methods and saved cards of the customer
        methods = (
            request.env["payment.method"]
            .sudo()
            ._get_compatible_payment_methods(
                providers.ids,
                link.debtor.partner_id.id,
                currency_id=section.currency.id,
            )
        )
        provider_ok = kwargs.get("provider_id") in providers.ids
        if kwargs.get("flow") == "token":
            way_ok = self._is_own(link.debtor)
        else:
            way_ok = kwargs.get("payment_method_id") in methods.ids
        if not provider_ok or not way_ok or kwargs.get("is_validation"):
            raise ValidationError(self._get_stale_text())
        if not self._is_own(link.debtor):
            kwargs["tokenization_requested"] = False

    def _begin(self, link, order, section, items, kwargs):
        amount = order["amount"]
        self._check_way(link, section, amount, kwargs)
        lines = self._get_lines(item for item in items if item.amount > 0)
        moves = lines.move_id.filtered(lambda m: m.is_invoice(include_receipts=True))
        values = {
            name: kwargs.get(name)
            for name in (
                "provider_id",
                "payment_method_id",
                "token_id",
                "flow",
                "tokenization_requested",
            )
        }
        tx = self._create_transaction(
            **values,
            amount=amount,
            currency_id=section.currency.id,
            partner_id=self._get_payer(link.debtor, link.notice).id,
            # never where the browser says
            landing_route=order["back"],
            reference_prefix=self._get_prefix(link),
            custom_create_values={
                "invoice_ids": [Command.set(moves.ids)],
                "ar_debtor_id": link.debtor.id,
                "ar_page": order["page"],
                "ar_share_ids": [
                    Command.create(
                        {
                            "move_line_id": item.line.id,
                            "amount": item.amount,
                            "is_part": item.is_part,
                        }
                    )
                    for item in items
                ],
            },
        )
        return tx._get_processing_values()

    @staticmethod
    def _get_prefix(link):
        """What the customer reads on the statement of the bank or card."""
        return (link.notice.name or f"PAY/{link.debtor.id:05}").replace("/", "-")
