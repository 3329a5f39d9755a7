from datetime import timezone

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime


class ArDebtor(models.Model):
    """Calls to a debtor."""

    _inherit = "ar.debtor"

    # === ACTION METHODS === #

    def action_call(self):
        """Open the dialog in which a call is prepared and written down."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Call %s", self.partner_id.display_name),
            "res_model": "ar.contact.call",
            "view_mode": "form",
            "target": "new",
            "context": {"default_debtor_id": self.id},
        }

    def action_open_contacts(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ar_collections.ar_contact_action"
        )
        return dict(action, domain=[("debtor_id", "=", self.id)], context={})

    # === BUSINESS METHODS === #

    def _get_call_refusal(self, partner, moves=None):
        """Why the person may not be called now, in a sentence; empty if that may be."""
        if partner._is_called_in_vain():
            return self.env._(
                "%s does not want to be called about money.", partner.display_name
            )
        hold = self.env["ar.contact.rule"]._get_hold(self, partner, "phone", moves)
        return hold[1] if hold else ""

    def _get_local_time(self, partner):
        """What the person's clock shows now; two times where the zone is not known."""
        self.ensure_one()
        now = fields.Datetime.now()
        zones = self.env["ar.contact.rule"]._get_zones(
            partner, self.company_id, now.replace(tzinfo=timezone.utc)
        )
        zones.sort(key=lambda zone: zone.utcoffset(now))
        ends = [zones[0], zones[-1]][: len(zones)]
        return " – ".join(
            format_datetime(self.env, now, tz=zone.key, dt_format="EEE HH:mm")
            for zone in ends
        )

    def _log_call(self, partner, outcome, moves=None, override="", **vals):
        """Write a call down that was just made.

        :param override: why a credit manager called although a rule says to wait
        :raise UserError: if a rule says to wait and nobody may or wants to override it
        :rtype: recordset of `ar.contact`
        """
        self.ensure_one()
        sentence = self._get_call_refusal(partner, moves)
        refusal = False
        if sentence:
            manager = "ar_collections.ar_collections_group_manager"
            if not (override and self.env.user.has_group(manager)):
                raise UserError(
                    self.env._(
                        "%(partner)s may not be called now. %(rule)s A credit manager "
                        "can write down a call that was made anyway, with the reason.",
                        partner=partner.display_name,
                        rule=sentence,
                    )
                )
            refusal = f"{sentence} {override}"
            self.env["ar.deviation"]._log(
                "contacted", [(self, refusal, self.env["ar.dunning.notice"], 0.0)]
            )
        self.check_access("write")
        # sudo: the columns that nobody writes by hand; the right was checked above
        return (
            self.env["ar.contact"]
            .sudo()
            .create(
                {
                    "debtor_id": self.id,
                    "partner_id": partner.id,
                    "channel": "phone",
                    "outcome": outcome,
                    "user_id": self.env.uid,
                    "move_ids": [(6, 0, moves.ids if moves else [])],
                    "refusal": refusal,
                    **vals,
                }
            )
            .sudo(self.env.su)
        )
