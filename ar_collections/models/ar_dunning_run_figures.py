from collections import Counter

from odoo import api, fields, models
from odoo.tools import SQL


class ArDunningRun(models.Model):
    """The strip of figures on a run: how many, how much, by level and channel."""

    _inherit = "ar.dunning.run"

    notice_count = fields.Integer(compute="_compute_figures")
    draft_count = fields.Integer(compute="_compute_figures")
    queued_count = fields.Integer(compute="_compute_figures")
    sent_count = fields.Integer(compute="_compute_figures")
    error_count = fields.Integer(compute="_compute_figures")
    cancel_count = fields.Integer(compute="_compute_figures")
    debtor_count = fields.Integer(compute="_compute_figures")
    undone_count = fields.Integer("Undone", compute="_compute_undone_count")
    approval_count = fields.Integer("To approve", compute="_compute_approval_count")
    changed_count = fields.Integer("Changed by hand", compute="_compute_changed_count")
    letter_count = fields.Integer("Letters to print", compute="_compute_figures")
    mail_waiting_count = fields.Integer(
        "E-mails that wait for the mail server", compute="_compute_mail_waiting_count"
    )
    progress = fields.Float(compute="_compute_figures")
    amount_total = fields.Monetary(
        "Total claimed",
        compute="_compute_figures",
        help="Claims of the notices that are not cancelled, converted to the company's "
        "currency at the rates of the run's date.",
    )
    figures = fields.Json(compute="_compute_figures")

    # === COMPUTE METHODS === #

    @api.depends("notice_ids.state", "notice_ids.is_printed")
    def _compute_figures(self):
        groups = self.env["ar.dunning.notice"]._read_group(
            [("run_id", "in", self.ids)],
            ["run_id", "state", "currency_id", "level_id", "channel", "is_printed"],
            ["__count", "amount_due:sum"],
        )
        debtors = dict(
            self.env["ar.dunning.notice"]._read_group(
                [("run_id", "in", self.ids), ("state", "!=", "cancel")],
                ["run_id"],
                ["debtor_id:count_distinct"],
            )
        )
        for run in self:
            rows = [group[1:] for group in groups if group[0] == run._origin]
            run.update(run._summarise(rows))
            run.debtor_count = debtors.get(run._origin, 0)

    @api.depends("notice_ids.is_undone", "notice_ids.state")
    def _compute_undone_count(self):
        counts = dict(
            self.env["ar.dunning.notice"]._read_group(
                [
                    ("run_id", "in", self.ids),
                    ("is_undone", "=", True),
                    ("state", "=", "sent"),
                ],
                ["run_id"],
                ["__count"],
            )
        )
        for run in self:
            run.undone_count = counts.get(run._origin, 0)

    @api.depends("notice_ids.state", "notice_ids.needs_approval")
    def _compute_approval_count(self):
        counts = dict(
            self.env["ar.dunning.notice"]._read_group(
                [
                    ("run_id", "in", self.ids),
                    ("state", "=", "draft"),
                    ("needs_approval", "=", True),
                ],
                ["run_id"],
                ["__count"],
            )
        )
        for run in self:
            run.approval_count = counts.get(run._origin, 0)

    @api.depends(
        "notice_ids.is_level_changed", "notice_ids.is_redirected", "notice_ids.state"
    )
    def _compute_changed_count(self):
        """Drafts with a level or recipient that a person chose."""
        counts = dict(
            self.env["ar.dunning.notice"]._read_group(
                [
                    ("run_id", "in", self.ids),
                    ("state", "=", "draft"),
                    "|",
                    ("is_level_changed", "=", True),
                    ("is_redirected", "=", True),
                ],
                ["run_id"],
                ["__count"],
            )
        )
        for run in self:
            run.changed_count = counts.get(run._origin, 0)

    @api.depends("notice_ids.state", "notice_ids.mail_message_id")
    def _compute_mail_waiting_count(self):
        """E-mails of sent notices that the mail queue has not handed over yet."""
        self.env["ar.dunning.notice"].flush_model(["run_id", "mail_message_id"])
        self.env["mail.mail"].flush_model(["state", "mail_message_id"])
        # the queue belongs to the system: no more than its length is told
        counts = dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT notice.run_id, COUNT(*)
                      FROM ar_dunning_notice notice
                      JOIN mail_mail mail
                        ON mail.mail_message_id = notice.mail_message_id
                     WHERE notice.run_id = ANY(%s) AND mail.state = 'outgoing'
                  GROUP BY notice.run_id
                    """,
                    self.ids,
                )
            )
        )
        for run in self:
            run.mail_waiting_count = counts.get(run._origin.id, 0)

    def _name_levels(self, levels):
        """Levels in the ladder's order; with their policy where a name repeats.

        :param dict levels: {level: number of notices}
        :return: [name, number of notices] of each
        :rtype: list[list]
        """
        names = Counter(level.name for level in levels)
        return [
            [
                f"{level.name} ({level.policy_id.name})"
                if names[level.name] > 1
                else level.name,
                count,
            ]
            for level, count in sorted(
                levels.items(), key=lambda kv: (kv[0].sequence, kv[0].id)
            )
        ]

    def _summarise(self, rows):
        """Figures of a run from its grouped notices, for `_compute_figures`."""
        counts = dict.fromkeys(("draft", "queued", "sent", "error", "cancel"), 0)
        levels, channels, total, to_print = {}, {}, 0.0, 0
        channel_names = dict(
            self.env["ar.dunning.notice"]
            ._fields["channel"]
            ._description_selection(self.env)
        )
        for state, currency, level, channel, printed, count, amount in rows:
            counts[state] += count
            if state == "cancel":
                continue
            levels[level] = levels.get(level, 0) + count
            name = channel_names[channel]
            channels[name] = channels.get(name, 0) + count
            if state == "sent" and channel == "letter" and not printed:
                to_print += count
            total += currency._convert(
                amount, self.currency_id, self.company_id, self.date, round=False
            )
        alive = sum(counts.values()) - counts["cancel"]
        finished = counts["sent"] + counts["error"]
        return {
            "notice_count": alive,
            "letter_count": to_print,
            "progress": 100.0 * finished / alive if alive else 0.0,
            "amount_total": self.currency_id.round(total) if self.currency_id else 0,
            "figures": {
                "levels": self._name_levels(levels),
                "channels": sorted(channels.items()),
            },
            **{f"{state}_count": count for state, count in counts.items()},
        }
