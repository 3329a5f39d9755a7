from odoo import api, fields, models
from odoo.exceptions import UserError


class ArPolicyReplay(models.TransientModel):
    """Simulates a policy on today, or replays it on the past beside what happened."""

    _name = "ar.policy.replay"
    _description = "Simulate and Back-Test a Policy"

    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company.root_id,
        domain=[("parent_id", "=", False)],
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    mode = fields.Selection(
        [("today", "What it would do today"), ("past", "What it would have done")],
        required=True,
        default="today",
    )
    policy_id = fields.Many2one(
        "ar.policy",
        context={"active_test": False},
        domain="[('company_id', 'in', (company_id, False))]",
        help="Applied to every customer. Empty: each customer is treated as today.",
    )
    compare = fields.Selection(
        [
            ("real", "What really happened"),
            ("policy", "Another policy"),
        ],
        required=True,
        default="real",
    )
    other_policy_id = fields.Many2one(
        "ar.policy",
        "The other policy",
        context={"active_test": False},
        domain="[('company_id', 'in', (company_id, False))]",
    )
    months = fields.Integer(default=12, help="How far back, up to three years.")
    rhythm = fields.Selection(
        [
            ("day", "every day"),
            ("week", "once a week"),
            ("real", "on the days of the real runs"),
        ],
        "Runs take place",
        required=True,
        default="day",
    )
    contact_ids = fields.One2many("ar.policy.replay.contact", "replay_id")
    summary = fields.Html(compute="_compute_summary", sanitize=False)

    # === COMPUTE METHODS === #

    def _compute_display_name(self):
        self.display_name = self.env._("Simulate and back-test")

    @api.depends("contact_ids")
    def _compute_summary(self):
        for replay in self:
            rows, sides = replay._get_summary()
            replay.summary = rows and self.env["ir.qweb"]._render(
                "ar_collections.policy_replay_summary",
                {"rows": rows, "sides": sides, "currency": replay.currency_id},
            )

    def _get_summary(self):
        """Rows (level, {side: (contacts, customers, amount, needless)}), and sides."""
        groups = self.env["ar.policy.replay.contact"]._read_group(
            [("replay_id", "in", self.ids)],
            ["level_name", "side"],
            [
                "__count",
                "debtor_id:count_distinct",
                "amount:sum",
                "needless:sum",
                "level_sequence:min",
            ],
        )
        rows, sides, order = {}, [], {}
        for level, side, *figures, sequence in groups:
            rows.setdefault(level, {})[side] = figures
            order[level] = min(sequence, order.get(level, sequence))
            if side not in sides:
                sides.append(side)
        names = dict(
            self.env["ar.policy.replay.contact"]
            ._fields["side"]
            ._description_selection(self.env)
        )
        return (
            sorted(rows.items(), key=lambda row: (order[row[0]], row[0])),
            [(side, self._get_side_name(side, names)) for side in sorted(sides)],
        )

    def _get_side_name(self, side, names):
        policy = {"a_policy": self.policy_id, "b_other": self.other_policy_id}
        return policy.get(side, self.policy_id.browse()).name or names[side]

    # === ACTION METHODS === #

    def action_show(self):
        """Replay and show the outcome in this form. Nothing is sent.

        :raise UserError: if the span makes no sense
        """
        self.ensure_one()
        self.company_id.check_access("read")
        today = self.company_id._ar_today()
        if self.mode == "past" and not 1 <= self.months <= 36:
            raise UserError(self.env._("Choose 1 to 36 months."))
        self.contact_ids.unlink()
        if self.mode == "today":
            self._keep("a_policy", self._run([today], self.policy_id))
        else:
            self._back_test(today)
        return True

    def action_open_contacts(self):
        """Open the contacts behind the table, as chart, pivot and list."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ar_collections.ar_policy_replay_contact_action"
        )
        return dict(action, domain=[("replay_id", "=", self.id)])

    # === BUSINESS METHODS === #

    def _run(self, days, policy):
        # sudo: the ledger and the notices are read as a whole; whoever may open this
        # window manages policies
        engine = self.env["ar.policy.replay.engine"].sudo()
        return engine._replay(self.company_id, days, policy) if days else []

    def _back_test(self, today):
        engine = self.env["ar.policy.replay.engine"].sudo()  # as above
        last = fields.Date.subtract(today, days=1)
        first = fields.Date.subtract(today, months=self.months)
        days = engine._get_days(first, last, self.rhythm, self.company_id)
        if not days:
            raise UserError(
                self.env._("No run took place in that time: choose other days.")
            )
        self._keep("a_policy", self._run(days, self.policy_id))
        if self.compare == "policy":
            self._keep("b_other", self._run(days, self.other_policy_id))
        else:
            self._keep("c_real", engine._get_real(self.company_id, first, last))

    def _keep(self, side, contacts):
        """Keep the outcome in this window's own rows."""
        debtors = self.env["ar.debtor"].search(
            [("company_id", "=", self.company_id.id)]
        )
        by_partner = {debtor.partner_id.id: debtor.id for debtor in debtors}
        levels = self.env["ar.dunning.level"].browse(
            {contact["level_id"] for contact in contacts}
        )
        # ranked, so that charts show the rungs in their order
        known = {
            level.id: (rank, f"{rank}. {level.name}")
            for policy in levels.policy_id
            for rank, level in enumerate(policy.level_ids.sorted("sequence"), 1)
        }
        self.env["ar.policy.replay.contact"].create(
            [
                {
                    "replay_id": self.id,
                    "side": side,
                    "date": contact["date"],
                    "partner_id": contact["partner_id"],
                    "debtor_id": by_partner.get(contact["partner_id"]),
                    "level_name": known[contact["level_id"]][1],
                    "level_sequence": known[contact["level_id"]][0],
                    "amount": contact["amount"],
                    "days_overdue": contact["days_overdue"],
                    "needless": int(contact["is_needless"]),
                }
                for contact in contacts
            ]
        )


class ArPolicyReplayContact(models.TransientModel):
    """One contact that a policy would have made, or that was made."""

    _name = "ar.policy.replay.contact"
    _description = "Contact in a Back-Test"
    _order = "date, partner_id, side"
    _rec_name = "level_name"

    replay_id = fields.Many2one(
        "ar.policy.replay", required=True, index=True, ondelete="cascade"
    )
    side = fields.Selection(
        [
            ("a_policy", "This policy"),
            ("b_other", "The other policy"),
            ("c_real", "What really happened"),
        ],
        required=True,
    )
    date = fields.Date(required=True)
    partner_id = fields.Many2one("res.partner", "Customer")
    debtor_id = fields.Many2one("ar.debtor")
    level_name = fields.Char("Level")
    level_sequence = fields.Integer(aggregator=None)
    currency_id = fields.Many2one(related="replay_id.currency_id")
    amount = fields.Monetary("Claimed")
    days_overdue = fields.Integer("Days late", aggregator="avg")
    needless = fields.Integer(
        "Without need", help="The customer paid within three days anyway."
    )
