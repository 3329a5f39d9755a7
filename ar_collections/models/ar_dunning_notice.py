from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.exceptions import UserError

from .const import PROFILES


class ArDunningNotice(models.Model):
    """One contact to one debtor in one currency about all that is owed in it."""

    _name = "ar.dunning.notice"
    _description = "Dunning Notice"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "ar.collector.mixin",
        "ar.message.mixin",
    ]
    _order = "date desc, id desc"
    # nobody writes a notice by hand, everybody who sees it may comment on it
    _mail_post_access = "read"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name", search="_search_name")
    run_id = fields.Many2one(
        "ar.dunning.run", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    debtor_id = fields.Many2one(
        "ar.debtor", required=True, readonly=True, index=True, ondelete="restrict"
    )
    user_id = fields.Many2one(related="debtor_id.user_id", string="Collector")
    partner_id = fields.Many2one(
        "res.partner", "Recipient", required=True, readonly=True, ondelete="restrict"
    )
    level_id = fields.Many2one(
        "ar.dunning.level",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    policy_id = fields.Many2one(related="level_id.policy_id")
    policy_version = fields.Integer(
        readonly=True, aggregator=None, help="The version that it was decided by."
    )
    payer_profile = fields.Selection(PROFILES, "Payer", readonly=True)
    group_key = fields.Integer(
        readonly=True, help="Which of the customer's letters, if there are several."
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    date = fields.Date(
        "Decided for", required=True, readonly=True, help="The day of the decision."
    )
    date_sent = fields.Date("Sent on", readonly=True, index=True)
    date_deadline = fields.Date("Pay by", readonly=True)
    channel = fields.Selection(
        [
            ("email", "E-mail"),
            ("letter", "Letter"),
            # history stays true when the addon that sends them is gone
            ("sms", "SMS"),
            ("none", "No message"),
        ],
        required=True,
        readonly=True,
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
    line_ids = fields.One2many("ar.dunning.notice.line", "notice_id", readonly=True)
    amount_due = fields.Monetary("Claim", readonly=True)
    min_amount = fields.Monetary("Minimum", readonly=True)
    days_overdue = fields.Integer("Days late", compute="_compute_days_overdue")
    contact_date = fields.Date("Last notice before", readonly=True)
    subject = fields.Char(readonly=True)
    body = fields.Html(
        "Text as sent", readonly=True, sanitize=False, help="Kept exactly as sent."
    )
    preview = fields.Html(compute="_compute_preview", sanitize=False)
    mail_message_id = fields.Many2one(
        "mail.message", "Message", readonly=True, ondelete="set null", index=True
    )
    attachment_ids = fields.Many2many(
        "ir.attachment", string="Attachments as sent", readonly=True
    )
    is_printed = fields.Boolean("Printed", readonly=True)
    is_acted = fields.Boolean(
        "Actions done", readonly=True, help="The level's actions ran; never twice."
    )
    problem = fields.Char(readonly=True, help="Why it could not be sent.")
    cancel_reason = fields.Char(readonly=True)
    change_note = fields.Text(
        "Changed before sending",
        readonly=True,
        help="What was different when the notice was looked at again before sending.",
    )
    explanation = fields.Html("Why", compute="_compute_explanation")
    # made of escaped sentences only
    explanation_sent = fields.Html(
        readonly=True, sanitize=False, help="Kept as it was when it was sent."
    )

    _to_deliver_idx = models.Index("(id) WHERE state = 'queued'")

    # === COMPUTE METHODS === #

    @api.depends("date")
    def _compute_name(self):
        for notice in self:
            number = notice._origin.id or 0
            notice.name = f"DUN/{(notice.date or fields.Date.today()).year}/{number:05}"

    @api.model
    def _search_name(self, operator, value):
        if operator not in ("ilike", "like", "=", "in"):
            return NotImplemented
        values = value if operator == "in" else [value]
        ids = set()
        for text in values:
            *_prefix, number = str(text).strip().split("/")
            if number.isdecimal():
                ids.add(int(number))
        return [("id", "in", list(ids))]

    @api.depends("name", "debtor_id")
    def _compute_display_name(self):
        for notice in self:
            notice.display_name = f"{notice.name} {notice.debtor_id.name or ''}".strip()

    @api.depends("line_ids.days_overdue")
    def _compute_days_overdue(self):
        oldest = dict(
            self.env["ar.dunning.notice.line"]._read_group(
                [("notice_id", "in", self.ids), ("amount_residual", ">", 0)],
                ["notice_id"],
                ["days_overdue:max"],
            )
        )
        for notice in self:
            notice.days_overdue = max(oldest.get(notice._origin, 0), 0)

    @api.depends("line_ids", "amount_due", "change_note", "explanation_sent")
    def _compute_explanation(self):
        for notice in self:
            notice.explanation = notice.explanation_sent or notice._get_explanation()

    def _get_explanation(self):
        """Which rules and figures led to the notice, as a list in HTML."""
        self.ensure_one()
        sentences = self.env["ar.dunning.engine"]._explain_notice(self)
        if self.change_note:
            sentences += self.change_note.splitlines()
        return Markup("<ul>%s</ul>") % Markup("").join(
            Markup("<li>%s</li>") % escape(sentence) for sentence in sentences
        )

    @api.depends("body", "state", "partner_id", "level_id")
    def _compute_preview(self):
        """The message as the customer gets it; the very text once it was sent."""
        for notice in self:
            try:
                # a text that fails in the database leaves the rest of the form readable
                with self.env.cr.savepoint(flush=False):
                    message = notice._get_message()
            except UserError as error:
                notice.preview = Markup("<div class='alert alert-danger'>%s</div>") % (
                    self.env._(
                        "The text of level “%(level)s” cannot be filled in for this "
                        "customer: %(error)s",
                        level=notice.level_id.name,
                        error=error,
                    )
                )
                continue
            notice.preview = Markup("<h5>%(subject)s</h5>%(body)s") % message

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_history(self):
        for notice in self:
            if notice.state != "draft":
                raise UserError(
                    self.env._(
                        "Notice %(notice)s is part of the customer's history and "
                        "cannot be deleted. Cancel it if it was not sent.",
                        notice=notice.display_name,
                    )
                )

    # === ACTION METHODS === #

    def action_drop(self, reason=""):
        """Leave a notice out of its run; the customer gets nothing from it."""
        notices = self._as_collector()
        dropped = notices._cancel(
            reason or self.env._("Dropped by %(user)s.", user=self.env.user.name)
        )
        dropped._log_deviation("dropped", reason)
        return dropped

    def action_cancel(self):
        return self.action_drop()

    def action_retry(self):
        """Queue failed notices again; each is looked at afresh before it goes."""
        failed = self._as_collector().filtered(lambda n: n.state == "error")
        # whoever presses the button has mended what was wrong
        failed.failed_channel = False
        failed._queue_again()
        return True

    def action_print(self):
        """The letters as one PDF, in the order of sending and exactly as sent.

        Drafts as they would be.
        """
        if not self:
            raise UserError(self.env._("There is no letter to print."))
        sent = self._as_collector().filtered(lambda n: n.state == "sent")
        sent.is_printed = True
        ordered = self.sorted("id").with_context(ar_letter_batch=True)
        report = ordered._get_letter_report()
        return report.with_env(ordered.env).report_action(ordered)
