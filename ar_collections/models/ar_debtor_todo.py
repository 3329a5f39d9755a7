from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

# What a person has to do before the ladder can go on; the most urgent first.
BY_HAND = ("no_contact", "covered", "finished", "pending", "no_policy", "no_rate")
# States of a notice that somebody has confirmed and nobody has got yet.
CONFIRMED = ("queued", "error")


class ArDebtor(models.Model):
    """Why a debtor is on today's list."""

    _inherit = "ar.debtor"

    todo_reason = fields.Char(
        "Why today",
        compute="_compute_todo_reason",
        help="Tasks that are due, and what the ladder does or waits for today.",
    )

    last_contact = fields.Char(
        "Last contact",
        compute="_compute_last_contact",
        help="When and how somebody last contacted the customer, and what came of it.",
    )

    # === COMPUTE METHODS === #

    def _compute_last_contact(self):
        """Asked for afresh each time: contacts are written by many."""
        found = self.env["ar.contact"].search_fetch(
            [("id", "in", self._get_last_contact_ids())],
            ["debtor_id", "date", "channel", "outcome"],
        )
        contacts = {contact.debtor_id.id: contact for contact in found}
        for debtor in self:
            contact = contacts.get(debtor._origin.id)
            debtor.last_contact = contact and contact._tell()

    @api.depends(
        "next_action_date", "activity_ids.date_deadline", "notice_ids.is_printed"
    )
    def _compute_todo_reason(self):
        self.todo_reason = False
        for company, debtors in self._origin.grouped("company_id").items():
            if not company:
                continue
            today = company._ar_today()
            tasks = debtors._get_due_tasks(today)
            letters = debtors._get_letters_to_print()
            steps = debtors.filtered(
                lambda d, today=today: (
                    d.next_action_date and d.next_action_date <= today
                )
            )._get_due_steps(company, today)
            for debtor in debtors:
                reasons = [
                    *letters.get(debtor.id, []),
                    *tasks.get(debtor.id, []),
                    *steps.get(debtor.id, []),
                ]
                debtor.todo_reason = "; ".join(dict.fromkeys(reasons)) or False
        for debtor in self - self._origin:
            debtor.todo_reason = debtor._origin.todo_reason

    # === VIEWS === #

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        # EXTENDS 'base': see below
        key = super()._get_view_cache_key(view_id, view_type, **options)
        return key + (len(self.env.companies) > 1,)

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        # EXTENDS 'base': whoever looks at one company chooses none in the search panel
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "search" and len(self.env.companies) == 1:
            for node in arch.xpath("//searchpanel/field[@name='company_id']"):
                node.getparent().remove(node)
        return arch, view

    # === BUSINESS METHODS === #

    def _get_last_contact_ids(self):
        self.env["ar.contact"].flush_model(["debtor_id", "date"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (debtor_id) id FROM ar_contact
                 WHERE debtor_id = ANY(%s) ORDER BY debtor_id, date DESC, id DESC
                """,
                self.ids,
            )
        )
        return [contact_id for (contact_id,) in rows]

    def _get_letters_to_print(self):
        """Letters of these debtors that nobody printed, as {debtor id: [text]}."""
        notice = self.env["ar.dunning.notice"]
        groups = notice._read_group(
            notice._get_to_print_domain() & Domain("debtor_id", "in", self.ids),
            ["debtor_id"],
        )
        return {debtor.id: [self.env._("Print the letter")] for (debtor,) in groups}

    def _get_due_tasks(self, today):
        """Tasks of these debtors that are due, as {debtor id: [text]}."""
        activities = self.env["mail.activity"].search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("date_deadline", "<=", today),
            ],
            order="date_deadline, id",
        )
        tasks = {}
        for activity in activities:
            kind = activity.activity_type_id.name
            text = activity.summary or kind
            if activity.summary and activity.activity_category == "phonecall":
                text = f"{kind}: {text}"
            tasks.setdefault(activity.res_id, []).append(text)
        return tasks

    def _get_due_steps(self, company, today):
        """What the ladder does or waits for today, as {debtor id: [text]}."""
        if not self:
            return {}
        rows = {}
        for row in self.env["ar.dunning.engine"]._decide(
            company, today, partners=self.partner_id
        ):
            rows.setdefault(row["debtor_id"], []).append(row)
        still = self._get_still_answering(today)
        steps, texts = {}, self._get_todo_texts()
        confirmed = self._get_confirmed_texts()
        for debtor in self:
            mine = rows.get(debtor.id, [])
            verdicts = {row["verdict"] for row in mine}
            if debtor in still:
                verdicts.discard("finished")
            mine_texts = texts | confirmed.get(debtor, {})
            steps[debtor.id] = [mine_texts[v] for v in BY_HAND if v in verdicts]
            steps[debtor.id] += self._tell_next_levels(mine, today)
        return steps

    def _get_still_answering(self, today):
        """Those whose last letter's deadline has not passed yet."""
        groups = self.env["ar.dunning.notice"]._read_group(
            [("debtor_id", "in", self.ids), ("state", "=", "sent")],
            ["debtor_id"],
            ["date_deadline:max"],
        )
        return self.browse(
            debtor.id for debtor, last in groups if last and last >= today
        )

    def _get_confirmed_texts(self):
        """What a notice waits for that somebody has confirmed.

        :return: {debtor: {"pending": text}}
        """
        _ = self.env._
        groups = self.env["ar.dunning.notice"]._read_group(
            [("debtor_id", "in", self.ids), ("state", "in", ("draft", *CONFIRMED))],
            ["debtor_id"],
            ["state:array_agg", "date_not_before:max", "needs_approval:bool_or"],
        )
        texts = {}
        for debtor, states, until, approves in groups:
            if "error" in states:
                texts[debtor] = {"pending": _("Mend the notice that failed")}
            elif "draft" in states:
                if approves:
                    texts[debtor] = {"pending": _("Approve the waiting notice")}
            elif until:
                texts[debtor] = {"pending": _("Notice waits for hours of contact")}
            else:
                texts[debtor] = {"pending": _("Notice is being sent")}
        return texts

    @api.model
    def _get_todo_texts(self):
        """What to do for each verdict that waits for a person."""
        _ = self.env._
        return {
            "no_contact": _("Complete the address"),
            "covered": _("Match the payments"),
            "finished": _("Decide what comes next"),
            "pending": _("Confirm the waiting notice"),
            "no_policy": _("Choose a policy"),
            "no_rate": _("Enter an exchange rate"),
        }

    def _tell_next_levels(self, rows, today):
        """The levels that the next run takes these rows of one debtor to."""
        level_ids = dict.fromkeys(
            row["next_level_id"]
            for row in rows
            if row["verdict"] in ("dun", "along", "waiting", "interval", "deadline")
            and row["next_level_id"]
            and row["step_date"]
            and row["step_date"] <= today
        )
        levels = self.env["ar.dunning.level"].browse(level_ids)
        return [
            self.env._("Due: %s", level.name)
            for level in levels.sorted(lambda lv: (lv.sequence, lv.id))[-1:]
        ]
