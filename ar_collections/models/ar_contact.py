from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class ArContact(models.Model):
    """One time that a person of a customer was contacted, or that we tried to.

    Notices that were sent add theirs; calls are written down by `ar.debtor._log_call`,
    which keeps the rules. Nobody has the right to add rows otherwise.
    """

    _name = "ar.contact"
    _description = "Contact with a Debtor"
    _order = "date desc, id desc"
    _rec_name = "debtor_id"

    debtor_id = fields.Many2one(
        "ar.debtor", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="debtor_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(
        "res.partner", "Person", required=True, index=True, ondelete="restrict"
    )
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    channel = fields.Selection(
        [
            ("phone", "Call"),
            ("email", "E-mail"),
            ("sms", "SMS"),
            ("letter", "Letter"),
        ],
        required=True,
    )
    outcome = fields.Selection(
        [
            ("none", "Nobody answered"),
            ("message", "Left a message"),
            ("talk", "Talked"),
            ("wrong", "Wrong number"),
            ("sent", "Sent"),
            ("failed", "Did not arrive"),
        ],
        required=True,
        default="sent",
    )
    reason_id = fields.Many2one("ar.delay.reason", "Why they have not paid")
    note = fields.Text("What was said")
    user_id = fields.Many2one(
        "res.users", "By", required=True, default=lambda self: self.env.user
    )
    notice_id = fields.Many2one(
        "ar.dunning.notice", index="btree_not_null", ondelete="cascade"
    )
    move_ids = fields.Many2many(
        "account.move",
        "ar_contact_move_rel",
        "contact_id",
        "move_id",
        "About",
        help="Empty: all that the customer owes.",
    )
    refusal = fields.Char(
        "Against a rule",
        readonly=True,
        help="Which one, and who decided to call anyway.",
    )

    _debtor_date_idx = models.Index("(debtor_id, date)")

    # === CRUD METHODS === #

    def write(self, vals):
        fixed = set(vals) - {"note", "reason_id"}
        if fixed and not self.env.su:
            raise UserError(
                self.env._(
                    "Who was contacted, when and how is part of the history. Only what "
                    "was said and why they have not paid can be corrected."
                )
            )
        return super().write(vals)

    # === BUSINESS METHODS === #

    def _tell(self):
        """Channel, result and day in a few words, for lists."""
        self.ensure_one()
        names = self._fields["channel"]._description_selection(self.env)
        outcomes = self._fields["outcome"]._description_selection(self.env)
        local = fields.Datetime.context_timestamp(self, self.date)
        words = [dict(names)[self.channel], format_date(self.env, local.date())]
        if self.outcome != "sent":
            words.insert(1, dict(outcomes)[self.outcome])
        return ", ".join(words)


class ArDelayReason(models.Model):
    """Why a customer has not paid, as it was told."""

    _name = "ar.delay.reason"
    _description = "Reason of a Delay"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", help="Empty: for all companies.")
    answer = fields.Text(
        translate=True, help="What to reply; shown while the call is written down."
    )
