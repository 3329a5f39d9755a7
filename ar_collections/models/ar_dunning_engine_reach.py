from odoo import api, models
from odoo.tools import SQL

from .ar_dunning_engine_letter_sql import LETTERS_SQL, STEPPING_ENTRIES_SQL

# A usable address: asked for, not marked as dead, not refused by its owner.
EMAIL_SQL = """
    (p.email_normalized IS NOT NULL AND p.ar_no_email IS NOT TRUE
     AND p.email_normalized IS DISTINCT FROM p.ar_bounced_email
     AND NOT EXISTS (SELECT FROM mail_blacklist b
                      WHERE b.email = p.email_normalized AND b.active))
"""
LETTER_SQL = "(COALESCE(p.street, '') != '' AND COALESCE(p.city, '') != '')"


class ArDunningEngine(models.AbstractModel):
    """By which channel a person can be reached: one rule for all that ask."""

    _inherit = "ar.dunning.engine"

    # === BUSINESS METHODS === #

    @api.model
    def _get_reach_conditions(self, company):
        """When a person can be reached, by channel; a channel's addon adds its own.

        :param company: root company that sends
        :return: {channel: condition in SQL}, on ``p`` (`res_partner`, the person) and
            ``l`` (`ar_dunning_level`)
        :rtype: dict[str, SQL]
        """
        return {"email": SQL(EMAIL_SQL), "letter": SQL(LETTER_SQL)}

    @api.model
    def _get_reach_sql(self, company, channel, otherwise):
        """Whether a person is reached by the channel that a column names.

        :param SQL channel: the column
        :param SQL otherwise: the answer for “no message”
        """
        cases = [
            SQL("WHEN %s THEN %s", name, condition)
            for name, condition in self._get_reach_conditions(company).items()
        ]
        # a channel whose addon is gone reaches nobody
        cases.append(SQL("WHEN 'none' THEN %s", otherwise))
        return SQL("CASE %s %s ELSE FALSE END", channel, SQL(" ").join(cases))

    @api.model
    def _get_letters_sql(self, company, is_brief=False):
        """How items become letters; brief: only where an item takes a step."""
        return SQL(
            LETTERS_SQL,
            entries=SQL(STEPPING_ENTRIES_SQL if is_brief else "entry"),
            # a level without message needs nobody; no fallback is no way
            has_channel=self._get_reach_sql(company, SQL("l.channel"), SQL("TRUE")),
            has_fallback=self._get_reach_sql(
                company, SQL("l.fallback_channel"), SQL("FALSE")
            ),
        )

    @api.model
    def _is_reachable(self, partner, channel, level, company):
        """Whether a person can be reached by a channel, by the decision's own rule."""
        condition = self._get_reach_conditions(company.root_id).get(channel)
        if not condition:
            return channel == "none"
        self._flush_decision()
        return bool(
            self.env.execute_query(
                SQL(
                    """
                    SELECT 1 FROM res_partner p, ar_dunning_level l
                     WHERE p.id = %s AND l.id = %s AND %s
                    """,
                    partner.id,
                    level.id,
                    condition,
                )
            )
        )

    @api.model
    def _get_missing_words(self):
        """What a customer lacks who cannot be reached by a channel.

        :return: {channel: phrase}
        :rtype: dict[str, str]
        """
        return {
            "email": self.env._("no usable e-mail address"),
            "letter": self.env._("no complete postal address (street and city)"),
        }

    @api.model
    def _explain_no_contact(self, level):
        """Why nobody can be reached at a level, and what to do."""
        missing = self._get_missing_words()
        ways = [level.channel, level.fallback_channel] if level else list(missing)
        phrases = [missing[way] for way in dict.fromkeys(ways) if way in missing]
        return self.env._(
            "Nobody can be reached: %(missing)s. Complete the customer's contact, or "
            "choose another channel for the level.",
            missing=self.env._(" and ").join(phrases),
        )
