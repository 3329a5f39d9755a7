import logging

from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.exceptions import UserError

from .const import PROFILES

_logger = logging.getLogger(__name__)


class ArDunningNotice(models.Model):
    """One contact to one debtor in one currency about all that is owed in it."""

    _name = "ar.dunning.notice"
    _description = "Dunning Notice"
    _inherit = ["mail.thread", "mail.activity.mixin", "ar.collector.mixin"]
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
        "ar.dunning.level", required=True, readonly=True, ondelete="restrict"
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
        [("email", "E-mail"), ("letter", "Letter"), ("none", "No message")],
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
    explanation_sent = fields.Html(
        readonly=True, help="Kept as it was when it was sent."
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
            message = notice._get_message()
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
        failed._queue_again()
        return True

    def action_print(self):
        """The letters as one PDF, exactly as sent; drafts as they would be."""
        if not self:
            raise UserError(self.env._("There is no letter to print."))
        sent = self._as_collector().filtered(lambda n: n.state == "sent")
        sent.is_printed = True
        report = self.level_id.report_id[:1] or self.env.ref(
            "ar_collections.action_report_ar_dunning_notice"
        )
        return report.report_action(self)

    # === BUSINESS METHODS === #

    def _update_state(self, allowed_states, target_state):
        """Only gate through which ``state`` changes.

        :return: the notices that were moved to ``target_state``
        :rtype: recordset of `ar.dunning.notice`
        """
        todo = self.filtered(lambda n: n.state in allowed_states)
        for notice in self - todo - self.filtered(lambda n: n.state == target_state):
            _logger.info(
                "Notice %s: refused %s -> %s", notice.id, notice.state, target_state
            )
        todo.write({"state": target_state})
        if target_state == "cancel":
            # the partial unique index reads it: these items may take the level again
            todo.line_ids.is_live = False
            todo.line_ids.flush_recordset(["is_live"])
        todo.flush_recordset(["state"])
        return todo

    def _cancel(self, reason):
        """Cancel notices that have not been sent, with the reason."""
        sent = self.filtered(lambda n: n.state == "sent")
        if sent:
            raise UserError(
                self.env._(
                    "Notice %(notice)s was sent already and cannot be taken back. "
                    "Write to the customer instead.",
                    notice=sent[0].display_name,
                )
            )
        # an e-mail that failed must not go out by its own “Retry” afterwards
        self._cancel_mails()
        moved = self._update_state(("draft", "queued", "error"), "cancel")
        moved.write({"cancel_reason": reason})
        return moved

    def _cancel_mails(self):
        """Take the e-mails of these notices that were not sent out of the queue."""
        # sudo: the mail queue belongs to the system
        self.env["mail.mail"].sudo().search(
            [
                ("mail_message_id", "in", self.mail_message_id.ids),
                ("state", "!=", "sent"),
            ]
        ).cancel()

    @api.model
    def _trigger_delivery(self):
        # sudo: a collector starts the delivery without rights on scheduled actions
        self.env.ref(
            "ar_collections.ir_cron_ar_dunning_notice_deliver"
        ).sudo()._trigger()

    def _get_deadline(self, date):
        """By when the customer is asked to pay a notice of ``date``.

        A working day. The ladder's next step comes after it. A run's query counts the
        same way.
        """
        level = self.level_id
        workdays = self.company_id._get_workdays(date)
        days = level._get_deadline_days(self.payer_profile)
        return max(date, workdays.next(level._get_day(self.company_id, date, days)))

    def _queue_again(self):
        """Send once more, after looking again; what was not sent yet is not doubled."""
        self._cancel_mails()
        self.write({"problem": False, "date_sent": False})
        self._update_state(("error",), "queued")
        self.run_id.filtered(lambda run: run.state == "done").state = "confirmed"
        if self:
            self._trigger_delivery()

    def _set_failed(self, reason):
        """The mail server gave the message back: somebody must look at it."""
        self._update_state(("sent", "queued"), "error").problem = reason

    def _set_arrived(self):
        """The mail server took the message after all."""
        failed = self.filtered(lambda n: n.state == "error")
        failed.write({"problem": False})
        failed._update_state(("error",), "sent")

    def _get_next_step(self):
        """What the ladder does next if this notice is not answered.

        :return: (level, earliest date), or (empty level, None) at the ladder's end
        """
        self.ensure_one()
        levels = self.policy_id.level_ids.sorted(lambda lv: (lv.sequence, lv.id))
        above = levels[list(levels).index(self.level_id) + 1 :] if levels else levels
        above = above.filtered(
            lambda lv: not lv._get_variant(self.payer_profile).is_skipped
        )
        if not above:
            return self.env["ar.dunning.level"], None
        level = above[0]
        sent = self.date_sent or self.date
        steps = self.line_ids.filtered(lambda ln: ln.level_id == self.level_id)
        # the oldest of them goes first
        due = min(steps.mapped("date_due"), default=sent)
        base = sent if level.delay_basis == "previous_notice" else due
        if level.delay_basis == "end_of_month":
            base = fields.Date.end_of(due, "month")
        variant = level._get_variant(self.payer_profile)
        days = variant.delay_days if variant else level.delay_days
        earliest = fields.Date.add(sent, days=max(level.min_interval_days, 1))
        if self.channel != "none" and self.level_id.delay_days >= 0:
            deadline = self.date_deadline or self._get_deadline(sent)
            earliest = max(earliest, fields.Date.add(deadline, days=1))
        return level, max(level._get_day(self.company_id, base, days), earliest)

    def _log_deviation(self, kind, reason):
        """Write down that a person did something else than the policy says."""
        self.env["ar.deviation"]._log(
            kind,
            [
                (
                    notice.debtor_id,
                    reason,
                    notice,
                    notice.currency_id._convert(
                        notice.amount_due,
                        notice.company_id.currency_id,
                        notice.company_id,
                        notice.date,
                    ),
                )
                for notice in self
            ],
        )
