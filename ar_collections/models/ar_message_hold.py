from datetime import timedelta

from odoo import fields, models

# What may not go out for longer is given back.
MAX_WAIT = timedelta(days=5)


class ArMessageMixin(models.AbstractModel):
    """Contact rules and wishes: a message waits until the customer may be contacted."""

    _inherit = "ar.message.mixin"

    date_not_before = fields.Datetime(
        "Waits until",
        readonly=True,
        help="A contact rule or a wish keeps it back until then.",
    )
    hold_note = fields.Char("Why it waits", readonly=True)

    # === BUSINESS METHODS === #

    def _get_contact_requests(self):
        """What the rules are asked about these messages: a list of `ContactRequest`."""
        raise NotImplementedError

    def _get_delivery_cron(self):
        """The scheduled action that delivers such messages."""
        raise NotImplementedError

    def _refuse(self, reason):
        """A message that would have to wait for too long does not go out."""
        raise NotImplementedError

    def _hold_back(self):
        """Let those wait that a contact rule or a wish refuses right now.

        :return: the messages that may go out
        """
        moment = fields.Datetime.now()
        rules = self.env["ar.contact.rule"]
        holds = rules._get_holds(self._get_contact_requests(), moment)
        held = self.filtered(lambda message: message.id in holds)
        for message in held:
            until, note = holds[message.id]
            if until - moment > MAX_WAIT:
                message._refuse(self.env._("Not sent: %s", note))
            else:
                message.write({"date_not_before": until, "hold_note": note})
        waiting = held.filtered(lambda message: message.state == "queued")
        if moments := set(waiting.mapped("date_not_before")):
            # sudo: a collector has no rights on scheduled actions
            self._get_delivery_cron().sudo()._trigger(at=sorted(moments))
        free = self - held
        free.filtered("date_not_before").write(
            {"date_not_before": False, "hold_note": False}
        )
        return free
