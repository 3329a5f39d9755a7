from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from .ar_contact_governor import ContactRequest

# A notice that may not go out for longer is given back to the next run.
MAX_WAIT = timedelta(days=5)


class ArDunningNotice(models.Model):
    """Contact rules: notices wait until the customer may be contacted."""

    _inherit = "ar.dunning.notice"

    date_not_before = fields.Datetime(
        "Waits until", readonly=True, help="A contact rule keeps it back until then."
    )
    hold_note = fields.Char("Why it waits", readonly=True)

    # === BUSINESS METHODS === #

    @api.model
    def _get_due_domain(self, moment):
        """Notices that are queued and need not wait any longer.

        What is left of a run that somebody stopped is not taken up.
        """
        return (
            Domain("state", "=", "queued")
            & Domain("run_id.is_stopping", "!=", True)
            & (
                Domain("date_not_before", "=", False)
                | Domain("date_not_before", "<=", moment)
            )
        )

    def _hold_back(self):
        """Let those wait that a contact rule refuses right now.

        :return: the notices that may go out
        :rtype: recordset of `ar.dunning.notice`
        """
        moment = fields.Datetime.now()
        requests = [
            ContactRequest(
                notice.id,
                notice.debtor_id,
                notice.partner_id,
                notice.channel,
                notice.line_ids.move_id.ids,
            )
            for notice in self
        ]
        holds = self.env["ar.contact.rule"]._get_holds(requests, moment)
        held = self.filtered(lambda n: n.id in holds)
        for notice in held:
            until, note = holds[notice.id]
            if until - moment > MAX_WAIT:
                notice._cancel(self.env._("Not sent: %s", note))
            else:
                notice.write({"date_not_before": until, "hold_note": note})
        waiting = held.filtered(lambda n: n.state == "queued")
        if moments := set(waiting.mapped("date_not_before")):
            # sudo: a collector has no rights on scheduled actions
            self.env.ref(
                "ar_collections.ir_cron_ar_dunning_notice_deliver"
            ).sudo()._trigger(at=sorted(moments))
        free = self - held
        free.filtered("date_not_before").write(
            {"date_not_before": False, "hold_note": False}
        )
        return free

    def _get_releasing_user(self):
        """Who let the notice go: a person, or the night's work itself.

        What delivers it in the background acts for whoever approved it or confirmed its run.
        """
        self.ensure_one()
        return self.approval_user_id or self.run_id.confirm_user_id or self.env.user

    def _record_contacts(self, moment=None):
        """What is sent counts as a contact, from now on or from ``moment``."""
        vals_list = [
            {
                "debtor_id": notice.debtor_id.id,
                "partner_id": notice.partner_id.id,
                "channel": notice.channel,
                "date": moment or fields.Datetime.now(),
                "notice_id": notice.id,
                "user_id": notice._get_releasing_user().id,
            }
            for notice in self
            if notice.channel != "none"
        ]
        # sudo: nobody writes contacts by hand
        self.env["ar.contact"].sudo().create(vals_list)
