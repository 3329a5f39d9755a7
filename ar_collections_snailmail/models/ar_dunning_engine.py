from odoo import api, models
from odoo.tools import SQL

# The same as `snailmail.letter._is_valid_address`.
POST_SQL = """
    (CASE WHEN COALESCE(l.letter_way, %(way)s) = 'post' AND l.is_registered IS NOT TRUE
          THEN COALESCE(p.street, '') != '' AND COALESCE(p.city, '') != ''
               AND COALESCE(p.zip, '') != '' AND p.country_id IS NOT NULL
          ELSE %(printed)s END)
"""


class ArDunningEngine(models.AbstractModel):
    _inherit = "ar.dunning.engine"

    # === BUSINESS METHODS === #

    @api.model
    def _get_reach_conditions(self, company):
        # EXTENDS 'ar_collections': the post service wants a complete address
        conditions = super()._get_reach_conditions(company)
        way = company._get_ar_letter_way()
        letter = SQL(POST_SQL, way=way, printed=conditions["letter"])
        return {**conditions, "letter": letter}

    @api.model
    def _get_missing_words(self):
        # EXTENDS 'ar_collections'
        return {
            **super()._get_missing_words(),
            "letter": self.env._(
                "no complete postal address (street and city; zip code and country, "
                "too, where letters go by post)"
            ),
        }
