from odoo import models
from odoo.tools import SQL

CUSTOMER_FIELDS = (
    "name",
    "ref",
    "vat",
    "active",
    "company_id",
    "commercial_partner_id",
)
# Who is meant by a text, the surest first.
CUSTOMERS_SQL = """
WITH wanted AS (SELECT DISTINCT unnest(%(texts)s::text[]) AS text),
partner AS (
    SELECT id, commercial_partner_id, lower(trim(name)) AS name, ref,
           regexp_replace(upper(vat), '[^A-Z0-9]', '', 'g') AS vat
      FROM res_partner
     WHERE active AND (company_id IS NULL OR company_id = ANY(%(companies)s))
)
SELECT DISTINCT found.text, found.sureness, found.commercial_partner_id
  FROM (SELECT text, 1 AS sureness, p.commercial_partner_id
          FROM wanted
          JOIN ir_model_data x
            ON x.model = 'res.partner'
           AND (x.module, x.name) = (
               CASE WHEN text LIKE '%%.%%' THEN split_part(text, '.', 1)
                    ELSE '__import__' END,
               CASE WHEN text LIKE '%%.%%' THEN substr(text, strpos(text, '.') + 1)
                    ELSE text END)
          JOIN partner p ON p.id = x.res_id
         UNION ALL
        SELECT text, 2, p.commercial_partner_id
          FROM wanted JOIN partner p ON p.ref = text
         UNION ALL
        SELECT text, 3, p.commercial_partner_id
          FROM wanted
          JOIN partner p ON p.vat = regexp_replace(upper(text), '[^A-Z0-9]', '', 'g')
         WHERE p.vat != ''
         UNION ALL
        SELECT text, 4, p.commercial_partner_id
          FROM wanted JOIN partner p ON p.name = lower(text)) found
"""


class ArOpeningItem(models.Model):
    """Which customer a row means."""

    _inherit = "ar.opening.item"

    # === BUSINESS METHODS === #

    def _check_customers(self):
        _ = self.env._
        open_rows = self.filtered(lambda r: not r.partner_id)
        found = open_rows._find_customers()
        for row in open_rows:
            text = (row.customer or "").strip()
            ids = found.get(text, ())
            if len(ids) == 1:
                row.partner_id = next(iter(ids))
            elif not text:
                yield row, _("The customer is missing.")
            elif ids:
                yield (
                    row,
                    _(
                        "%(count)s customers are called “%(text)s”: choose one, or "
                        "give its reference or tax number.",
                        count=len(ids),
                        text=text,
                    ),
                )
            else:
                yield row, _("There is no customer “%s”.", text)
        for row in self.filtered("partner_id"):
            if not row.partner_id.commercial_partner_id.property_account_receivable_id:
                yield row, _("The customer has no receivable account.")

    def _find_customers(self):
        """Which customers each text means: {text: set of commercial partner ids}."""
        texts = {(row.customer or "").strip() for row in self} - {""}
        if not texts:
            return {}
        for model, names in (
            ("res.partner", CUSTOMER_FIELDS),
            ("ir.model.data", ("model", "module", "name", "res_id")),
        ):
            self.env[model].flush_model(names)
        # a branch uses the customers of the companies above it
        companies = [int(key) for key in self.company_id.parent_path.split("/") if key]
        rows = self.env.execute_query(
            SQL(CUSTOMERS_SQL, texts=list(texts), companies=companies)
        )
        found = {}
        for text, sureness, partner_id in rows:
            found.setdefault(text, {}).setdefault(sureness, set()).add(partner_id)
        return {text: ways[min(ways)] for text, ways in found.items()}
