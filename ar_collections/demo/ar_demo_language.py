import re
from tempfile import TemporaryFile

from odoo import api, models
from odoo.tools import SQL, file_open
from odoo.tools.translate import TranslationImporter, get_po_paths

LANGUAGES = ("de_DE", "es_ES", "fr_FR", "it_IT", "nl_NL")

# (14 days, 30 and 70 per cent, tax group) of the demo's own records
WORDS = {
    "de_DE": (
        "Zahlbar innerhalb von 14 Tagen",
        "30 % sofort zahlbar, 70 % innerhalb von 60 Tagen",
        "USt.",
    ),
    "es_ES": ("Pago a 14 días", "30 % al contado, 70 % a 60 días", "IVA"),
    "fr_FR": (
        "Payable sous 14 jours",
        "30 % payables immédiatement, 70 % sous 60 jours",
        "TVA",
    ),
    "it_IT": (
        "Pagamento entro 14 giorni",
        "30% subito, 70% entro 60 giorni",
        "IVA",
    ),
    "nl_NL": (
        "Te betalen binnen 14 dagen",
        "30% direct te betalen, 70% binnen 60 dagen",
        "Btw",
    ),
}

# What customers read of Odoo itself: pages and reports, and these records.
TRANSLATED_ADDONS = ("base", "web", "portal", "account", "payment", "account_payment")
TRANSLATED_MODELS = ("res.country", "uom.uom", "account.payment.term")


class ArDemo(models.AbstractModel):
    """The languages of the customers."""

    _inherit = "ar.demo"

    @api.model
    def _speak_languages(self):
        """Customers are written to in their language; all of these are translated."""
        for code in LANGUAGES:
            self.env["res.lang"]._activate_lang(code)
        self.env["ir.module.module"]._load_module_terms(
            ["ar_collections"], list(LANGUAGES)
        )
        self._load_customer_terms()

    @api.model
    def _load_customer_terms(self):
        """What Odoo itself writes on a letter, an invoice and the portal.

        All of its terms would take as long as the rest of the demo.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT data.module || '.' || data.name
                  FROM ir_model_data data
             LEFT JOIN ir_ui_view view
                    ON data.model = 'ir.ui.view' AND view.id = data.res_id
                 WHERE data.module = ANY(%s)
                   AND (view.type = 'qweb' OR data.model = ANY(%s))
                """,
                list(TRANSLATED_ADDONS),
                list(TRANSLATED_MODELS),
            )
        )
        names = {name for (name,) in rows}
        importer = TranslationImporter(self.env.cr, verbose=False)
        for addon in TRANSLATED_ADDONS:
            for lang in LANGUAGES:
                for path in get_po_paths(addon, lang):
                    # a file without a name: core would read the template beside it, too
                    with TemporaryFile() as terms:
                        terms.write(self._read_terms(path))
                        importer.load(terms, "po", lang, xmlids=names)
        importer.save()

    @api.model
    def _read_terms(self, path):
        """A translation file without the terms of other records and of code.

        To leave them out unparsed is ten times as fast.
        """
        with file_open(path, "rb") as file:
            head, *entries = file.read().split(b"\n\n")
        mark = re.compile(
            rb"^#: model(_terms)?:(%s),"
            % b"|".join(name.encode() for name in ("ir.ui.view", *TRANSLATED_MODELS)),
            re.MULTILINE,
        )
        return b"\n\n".join([head, *filter(mark.search, entries)])

    @api.model
    def _translate_records(self, companies):
        """The demo's own words on an invoice; its records are in no translation file."""
        for lang, (days_14, split, tax) in WORDS.items():
            for name, note in (("14_days", days_14), ("30_70", split)):
                term = self.env.ref(f"ar_collections.payment_term_{name}_demo")
                # written as a text it would replace those of all other languages
                terms, _context = term.get_field_translations("note")
                source = terms[0]["source"]
                term.update_field_translations("note", {lang: {source: note}})
            for company in companies.values():
                group = company.account_sale_tax_id.tax_group_id
                rate = company.account_sale_tax_id.invoice_label
                group.with_context(lang=lang).name = f"{tax} {rate}"
