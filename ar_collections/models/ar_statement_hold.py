from odoo import fields, models

from .ar_contact_governor import ContactRequest
from .ar_dunning_notice_hold import MAX_WAIT


class ArStatement(models.Model):
    """Contact rules and wishes: what goes by itself waits until the customer may be written to.

    A person who sends a statement by hand was asked for it, as during a pause.
    """

    _inherit = "ar.statement"

    date_not_before = fields.Datetime(
        "Waits until",
        readonly=True,
        help="A contact rule or a wish keeps it back until then.",
    )
    hold_note = fields.Char("Why it waits", readonly=True)

    # === BUSINESS METHODS === #

    def _hold_back(self):
        """Let those wait that a contact rule or a wish refuses right now.

        :return: the statements that may go out
        :rtype: recordset of `ar.statement`
        """
        moment = fields.Datetime.now()
        requests = [
            ContactRequest(s.id, s.debtor_id, s.partner_id, "email", [])
            for s in self.filtered("is_automatic")
        ]
        holds = self.env["ar.contact.rule"]._get_holds(requests, moment)
        held = self.filtered(lambda s: s.id in holds)
        for statement in held:
            until, note = holds[statement.id]
            if until - moment > MAX_WAIT:
                statement._set_failed(self.env._("Not sent: %s", note))
            else:
                statement.write({"date_not_before": until, "hold_note": note})
        waiting = held.filtered(lambda s: s.state == "queued")
        if moments := set(waiting.mapped("date_not_before")):
            # sudo: a collector has no rights on scheduled actions
            self.env.ref("ar_collections.ir_cron_ar_statement_deliver").sudo()._trigger(
                at=sorted(moments)
            )
        free = self - waiting
        free.filtered("date_not_before").write(
            {"date_not_before": False, "hold_note": False}
        )
        return self - held
