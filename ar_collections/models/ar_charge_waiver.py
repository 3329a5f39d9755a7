from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from .const import MANAGER


class ArChargeWaiver(models.Model):
    """All or a part of a charge document, given up by somebody for a reason.

    With *valid if paid by* it is an offer: a payment in time turns it into a credit
    note on the document, a late one withdraws it. Only methods write it, so that who
    proposed and who approved is true.
    """

    _name = "ar.charge.waiver"
    _description = "Waiver of Late Charges"
    _inherit = ["mail.thread", "ar.collector.mixin", "ar.retry.mixin"]
    _order = "id desc"
    _rec_name = "charge_move_id"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    debtor_id = fields.Many2one(
        "ar.debtor", required=True, readonly=True, index=True, ondelete="restrict"
    )
    charge_move_id = fields.Many2one(
        "account.move",
        "Charge document",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    currency_id = fields.Many2one(related="charge_move_id.currency_id")
    amount = fields.Monetary(required=True, readonly=True)
    reason_id = fields.Many2one(
        "ar.charge.waiver.reason", required=True, readonly=True, ondelete="restrict"
    )
    note = fields.Char(readonly=True)
    pay_by = fields.Date(
        "Valid if paid by",
        readonly=True,
        help="The rest of the document and the invoices that it is about must be paid by "
        "then. Empty: without condition.",
    )
    user_id = fields.Many2one("res.users", "Proposed by", required=True, readonly=True)
    approver_id = fields.Many2one("res.users", "Approved by", readonly=True)
    date_approved = fields.Datetime("Approved on", readonly=True)
    needs_second = fields.Boolean(
        "Needs a second person",
        readonly=True,
        help="More is waived of the document than one person may decide.",
    )
    state = fields.Selection(
        [
            ("to_approve", "To approve"),
            ("offered", "Offered"),
            ("done", "Waived"),
            ("withdrawn", "Withdrawn"),
            ("refused", "Refused"),
        ],
        required=True,
        readonly=True,
        default="to_approve",
        tracking=True,
        index=True,
    )
    is_by_hand = fields.Boolean(
        readonly=True, help="Withdrawn by a person, not by the calendar."
    )
    credit_move_id = fields.Many2one(
        "account.move", "Credit note", readonly=True, ondelete="restrict"
    )

    _check_amount = models.Constraint("CHECK(amount > 0)", "A waiver is an amount.")
    _open_idx = models.Index("(pay_by) WHERE state IN ('offered', 'withdrawn')")

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._("What was waived or refused is part of the history.")
        )

    # === ACTION METHODS === #

    def action_approve(self):
        """Approve what somebody proposed: give it, or offer it to the customer.

        :raise AccessError: if the user is no credit manager
        :raise UserError: if it takes a second person, and the user proposed it
        """
        for waiver in self._as_collector(MANAGER):
            waiver._check_state("to_approve")
            if waiver.needs_second and waiver.user_id == self.env.user:
                raise UserError(
                    self.env._(
                        "More than %(limit)s of %(document)s would be waived: somebody "
                        "else has to approve what you proposed.",
                        limit=waiver.company_id.currency_id.format(
                            waiver.company_id.ar_waiver_limit
                        ),
                        document=waiver.charge_move_id.name,
                    )
                )
            waiver._approve(self.env.user)

    def action_refuse(self):
        """Refuse what somebody proposed."""
        for waiver in self._as_collector(MANAGER):
            waiver._check_state("to_approve")
            waiver.write({"state": "refused", "approver_id": self.env.uid})

    def action_withdraw(self):
        """Take an offer back that the customer has not met yet."""
        for waiver in self._as_collector(MANAGER):
            waiver._check_state("offered")
            waiver.write({"state": "withdrawn", "is_by_hand": True})
            waiver._tell_debtor(self.env._("Offer withdrawn by hand"))

    def action_send(self):
        """Tell the customer of the offer once more."""
        for waiver in self._as_collector():
            waiver._check_state("offered")
            waiver._tell_customer()

    # === BUSINESS METHODS === #

    @api.model
    def _propose(self, charge, amount, reason, note="", pay_by=None):
        """Propose to waive a part of a charge document.

        What the user may decide alone is approved at once.

        :raise UserError: if it cannot be waived; says why
        """
        # sudo: lines of a document that the user may see; the caller checked it
        charge = charge.sudo()
        self._check_proposal(charge, amount, pay_by)
        vals = self._prepare_waiver_vals(charge, amount, reason, note, pay_by)
        # sudo: nobody writes this by hand; the user was checked by the caller
        waiver = self.sudo().create(vals)
        if self.env.user.has_group(MANAGER) and not waiver.needs_second:
            waiver._approve(self.env.user)
        return waiver.sudo(self.env.su)

    @api.model
    def _prepare_waiver_vals(self, charge, amount, reason, note, pay_by):
        """Values of a proposal; extensions may add to them."""
        whole = amount + self._get_waived(charge)
        return {
            "company_id": charge.company_id.id,
            "debtor_id": charge.charged_line_ids.debtor_id[:1].id,
            "charge_move_id": charge.id,
            "amount": amount,
            "reason_id": reason.id,
            "note": note,
            "pay_by": pay_by,
            "user_id": self.env.uid,
            "needs_second": self._is_above_limit(charge, whole),
        }

    @api.model
    def _check_document(self, charge, pay_by):
        """Of what something can be given up."""
        if (
            not charge.is_late_charge
            or charge.state != "posted"
            or charge.move_type != "out_invoice"
        ):
            raise UserError(
                self.env._(
                    "%s is no posted document of late charges.", charge.display_name
                )
            )

    @api.model
    def _check_proposal(self, charge, amount, pay_by):
        _ = self.env._
        self._check_document(charge, pay_by)
        left = self._get_waivable(charge)
        currency = charge.currency_id
        if currency.compare_amounts(amount, 0) <= 0:
            raise UserError(_("Enter what is waived: an amount above zero."))
        if currency.compare_amounts(amount, left) > 0:
            raise UserError(
                _(
                    "%(document)s has %(left)s left that may be waived, not %(amount)s.",
                    document=charge.name,
                    left=currency.format(left),
                    amount=currency.format(amount),
                )
            )
        if pay_by and pay_by < charge.company_id._ar_today():
            raise UserError(
                _(
                    "Until %s nothing can be paid any more: choose a day to come.",
                    format_date(self.env, pay_by),
                )
            )

    @api.model
    def _get_waived(self, charge):
        """What of a document was waived or may still be, by offers and proposals."""
        # sudo: also what others proposed, whoever asks
        waivers = self.sudo().search(
            [
                ("charge_move_id", "=", charge.id),
                ("state", "in", ("to_approve", "offered", "done")),
            ]
        )
        return sum(waivers.mapped("amount"))

    @api.model
    def _get_waivable(self, charge):
        """What of a document is charged, not given back, and not waived."""
        billed = charge.charged_line_ids.filtered(lambda ln: ln.state == "billed")
        return charge.currency_id.round(
            sum(billed.mapped("amount")) - self._get_waived(charge)
        )

    @api.model
    def _is_above_limit(self, charge, whole):
        """Whether it takes two persons to waive so much of a document."""
        company = charge.company_id
        limit = company.ar_waiver_limit
        amount = charge.currency_id._convert(
            whole, company.currency_id, company, charge.date
        )
        return bool(limit) and company.currency_id.compare_amounts(amount, limit) > 0

    def _check_state(self, state):
        self.ensure_one()
        if self.state != state:
            names = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "The waiver on %(document)s is “%(state)s”, not “%(wanted)s”.",
                    document=self.charge_move_id.name,
                    state=names[self.state],
                    wanted=names[state],
                )
            )

    def _approve(self, user):
        self.ensure_one()
        self.lock_for_update()
        self.write(
            {
                "approver_id": user.id,
                "date_approved": fields.Datetime.now(),
                "state": "offered",
            }
        )
        amount = self.currency_id._convert(
            self.amount,
            self.company_id.currency_id,
            self.company_id,
            self.charge_move_id.date,
        )
        none = self.env["ar.dunning.notice"]
        self.env["ar.deviation"].with_user(user)._log(
            "waived", [(self.debtor_id, self.reason_id.name, none, amount)]
        )
        if self.pay_by:
            self._tell_customer()
        self._settle(self.company_id._ar_today())
