import logging

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

_logger = logging.getLogger(__name__)

CONTENTS = [
    ("items", "Open items"),
    ("movements", "Movements"),
    ("both", "Movements and open items"),
]


class ArStatement(models.Model):
    """A statement of account of one debtor, kept exactly as it was sent."""

    _name = "ar.statement"
    _description = "Statement of Account"
    _inherit = ["ar.collector.mixin", "ar.message.mixin"]
    _order = "date_to desc, id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name", search="_search_name")
    debtor_id = fields.Many2one(
        "ar.debtor", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(related="debtor_id.user_id", string="Collector")
    partner_id = fields.Many2one(
        "res.partner",
        "Recipient",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Chosen again right before it is sent.",
    )
    lang = fields.Char("Language", readonly=True)
    date_from = fields.Date("From", required=True, readonly=True)
    date_to = fields.Date("As of", required=True, readonly=True)
    content = fields.Selection(CONTENTS, required=True, readonly=True, default="both")
    with_pdf = fields.Boolean("PDF", readonly=True, default=True)
    with_xlsx = fields.Boolean("Excel", readonly=True)
    is_automatic = fields.Boolean(
        "By itself", readonly=True, help="Made because the policy asks for it."
    )
    channel = fields.Selection(
        [("email", "E-mail"), ("letter", "Printed")],
        required=True,
        readonly=True,
        default="email",
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("queued", "Queued"),
            ("sent", "Sent"),
            ("error", "Needs attention"),
            ("cancel", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="draft",
        index=True,
    )
    date_sent = fields.Date("Sent on", readonly=True)
    problem = fields.Char(readonly=True, help="Why it could not be sent.")
    amount = fields.Monetary(
        "Balance",
        readonly=True,
        help="In the company's currency; positive: the customer owes it.",
    )
    summary = fields.Char("Balance by currency", readonly=True)
    subject = fields.Char(readonly=True)
    body = fields.Html("Text as sent", readonly=True, sanitize=False)
    figures = fields.Json("Figures as sent", readonly=True, prefetch=False, copy=False)
    live_figures = fields.Json(compute="_compute_live_figures")
    preview = fields.Html(compute="_compute_preview", sanitize=False)
    attachment_ids = fields.Many2many(
        "ir.attachment", string="Attachments as sent", readonly=True
    )
    mail_message_id = fields.Many2one(
        "mail.message", "Message", readonly=True, ondelete="set null", index=True
    )

    # also one that was cancelled: nobody is sent the same day's statement by itself twice
    _automatic_uniq = models.UniqueIndex(
        "(debtor_id, date_to) WHERE is_automatic",
        "This customer has a statement of this day already.",
    )
    _to_deliver_idx = models.Index("(id) WHERE state = 'queued'")
    _check_dates = models.Constraint(
        "CHECK(date_from <= date_to)", "A statement cannot end before it begins."
    )

    # === COMPUTE METHODS === #

    @api.depends("date_to")
    def _compute_name(self):
        for statement in self:
            year = (statement.date_to or fields.Date.today()).year
            statement.name = f"STM/{year}/{statement._origin.id or 0:05}"

    @api.model
    def _search_name(self, operator, value):
        # numbers are made of ids, as those of notices
        return self.env["ar.dunning.notice"]._search_name(operator, value)

    @api.depends("name", "debtor_id")
    def _compute_display_name(self):
        for statement in self:
            statement.display_name = (
                f"{statement.name} {statement.debtor_id.name or ''}".strip()
            )

    @api.depends("debtor_id", "date_from", "date_to")
    def _compute_live_figures(self):
        """What the ledger says right now; all of a company by the same queries."""
        for company, statements in self.grouped("company_id").items():
            ready = statements.filtered(lambda s: s.debtor_id and s.date_to)
            figures = self.env["ar.statement.ledger"]._get_figures(
                company.root_id,
                [
                    (number, s.debtor_id.partner_id.id, s.date_from, s.date_to)
                    for number, s in enumerate(ready)
                ],
            )
            (statements - ready).live_figures = False
            for number, statement in enumerate(ready):
                statement.live_figures = figures[number]

    @api.depends("figures", "content", "live_figures")
    def _compute_preview(self):
        for statement in self:
            statement.preview = self.env["ir.qweb"]._render(
                "ar_collections.statement_sections", {"o": statement}
            )

    # === CONSTRAINT METHODS === #

    @api.constrains("date_to")
    def _check_date_to(self):
        for statement in self:
            if statement.date_to > statement.company_id._ar_today():
                raise ValidationError(
                    self.env._(
                        "A statement tells what is booked: choose today or an earlier "
                        "day."
                    )
                )

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_history(self):
        for statement in self:
            if statement.state != "draft":
                raise UserError(
                    self.env._(
                        "Statement %(statement)s is part of the customer's history and "
                        "cannot be deleted. Cancel it if it was not sent.",
                        statement=statement.display_name,
                    )
                )

    # === ACTION METHODS === #

    def action_send(self):
        """Queue drafts and failed ones for the sender; it looks at each afresh.

        :raise AccessError: if the user is no collector
        """
        statements = self._as_collector()
        waiting = statements.filtered(lambda s: s.state in ("draft", "error"))
        waiting._cancel_mails()
        waiting.write({"problem": False, "channel": "email", "date_sent": False})
        waiting._update_state(("draft", "error"), "queued")
        self._trigger_delivery()
        return True

    def action_print(self):
        """The statements as one PDF: those sent as they were sent."""
        if not self:
            raise UserError(self.env._("There is no statement to print."))
        statements = self._as_collector()
        statements.filtered(lambda s: s.state == "draft")._freeze()
        report = self.env.ref("ar_collections.action_report_ar_statement")
        return report.report_action(self)

    def action_set_sent(self):
        """Printed and posted by hand: keep it as sent, with the very PDF.

        :raise AccessError: if the user is no collector
        """
        drafts = self._as_collector().filtered(lambda s: s.state == "draft")
        drafts.filtered(lambda s: not s.figures)._freeze()
        drafts._attach()
        for statement in drafts:
            statement.date_sent = statement.company_id._ar_today()
            statement.channel = "letter"
        drafts._update_state(("draft",), "sent")
        return True

    def action_cancel(self):
        """Take back what was not sent. An automatic one comes again in due course.

        :raise AccessError: if the user is no collector
        """
        statements = self._as_collector()
        statements._cancel_mails()
        statements._update_state(("draft", "queued", "error"), "cancel")
        return True

    def action_open_debtor(self):
        self.ensure_one()
        return self.debtor_id.get_formview_action()

    # === BUSINESS METHODS === #

    def _update_state(self, allowed_states, target_state):
        """Only gate through which ``state`` changes.

        :return: the statements that were moved to ``target_state``
        :rtype: recordset of `ar.statement`
        """
        todo = self.filtered(lambda s: s.state in allowed_states)
        for statement in self - todo:
            if statement.state != target_state:
                _logger.info(
                    "Statement %s: refused %s -> %s",
                    statement.id,
                    statement.state,
                    target_state,
                )
        todo.write({"state": target_state})
        todo.flush_recordset(["state"])
        return todo

    def _cancel_mails(self):
        """Take the e-mails of these statements that were not sent out of the queue."""
        # sudo: the mail queue belongs to the system
        self.env["mail.mail"].sudo().search(
            [
                ("mail_message_id", "in", self.mail_message_id.ids),
                ("state", "!=", "sent"),
            ]
        )._withdraw()

    def _freeze(self):
        """Take the figures of this moment; what is printed and sent shows them."""
        self.invalidate_recordset(["live_figures"])
        recipients = self._get_recipients()
        for statement in self:
            figures = statement.live_figures
            partner = recipients[statement.debtor_id.partner_id.id][0]
            statement.write(
                {
                    "figures": figures,
                    "amount": figures["amount"],
                    "partner_id": partner.id,
                    "lang": partner.lang or self.env.lang,
                }
            )
        for statement in self:
            statement.summary = statement._get_summary()

    def _get_sections(self):
        """The statement's currencies, for its templates.

        :return: the figures, each with its ``currency`` as a record
        :rtype: list[dict]
        """
        self.ensure_one()
        figures = self.figures or self.live_figures or {"currencies": []}
        currencies = self.env["res.currency"].browse
        return [
            {**section, "currency": currencies(section["currency_id"])}
            for section in figures["currencies"]
        ]

    def _get_bucket_names(self):
        """Names of the ageing buckets of days late."""
        figures = self.figures or self.live_figures or {"ends": []}
        low, names = 1, []
        for end in figures["ends"]:
            names.append(f"{low} – {end}")
            low = end + 1
        return [*names, f"> {low - 1}"]

    def _get_summary(self):
        return ", ".join(
            section["currency"].format(section["closing"])
            for section in self._get_sections()
        )
