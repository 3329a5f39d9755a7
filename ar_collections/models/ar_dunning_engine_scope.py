from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from .ar_dunning_engine_parts import OFFICE_SQL


class ArDunningEngine(models.AbstractModel):
    """Whose items have to be looked at together."""

    _inherit = "ar.dunning.engine"

    # === BUSINESS METHODS === #

    @api.model
    def _get_partner_domain(self, partners):
        """Items of these customers, and of all that get one letter with them."""
        # every contact of a debtor, by literal ids: the partial index is on partner_id
        contacts = self.env["res.partner"]._search(
            [("commercial_partner_id", "in", self._get_families(partners.ids))],
            active_test=False,
            bypass_access=True,
        )
        return Domain("partner_id", "in", list(contacts.get_result_ids()))

    @api.model
    def _get_families(self, partner_ids):
        """These customers, and where letters go to the head office, their relatives.

        To decide on a part of the customers gives what deciding on all of them gives,
        if nobody is decided on without those whose letter is shared.
        """
        if not self._writes_to_head_offices():
            return list(partner_ids)
        offices = self._get_offices(partner_ids)
        # a head office leads to its branches, too
        rows = self.env.execute_query(
            SQL(
                """
                WITH RECURSIVE family AS (
                    SELECT unnest(%s::int[]) AS id
                     UNION
                    SELECT p.id FROM family
                      JOIN res_partner p ON p.parent_id = family.id
                )
                SELECT p.id FROM family JOIN res_partner p USING (id)
                 WHERE p.commercial_partner_id = p.id
                """,
                list({*offices.values(), *partner_ids}),
            )
        )
        return [partner_id for (partner_id,) in rows]

    @api.model
    def _writes_to_head_offices(self):
        # sudo: how letters are grouped, whoever decides
        policies = self.env["ar.policy"].sudo()
        return bool(policies.search_count([("grouping", "=", "head_office")], limit=1))

    @api.model
    def _get_offices(self, partner_ids):
        """The head office of each branch, where any policy writes to head offices.

        :return: {commercial partner: top of its parents}; nothing for the others
        :rtype: dict[int, int]
        """
        if not self._writes_to_head_offices():
            return {}
        self.env["res.partner"].flush_model(["parent_id", "commercial_partner_id"])
        rows = self.env.execute_query(
            SQL(
                "WITH open_item AS (SELECT unnest(%s::int[]) AS partner_id) %s",
                list(partner_ids),
                SQL("SELECT partner_id, office_id FROM (%s) office", SQL(OFFICE_SQL)),
            )
        )
        offices = dict(rows)
        # a head office has a family of its own
        return {**{office: office for office in offices.values()}, **offices}
