from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import format_date


class ArPolicy(models.Model):
    """Bank-data gate: no reminder while nobody knows what was paid."""

    _inherit = "ar.policy"

    bank_max_age = fields.Integer(
        "Bank data at most",
        help="Reminders wait while the newest bank statement line is older than so many "
        "days: they would go to people who have paid. 0: they never wait.",
    )
    bank_level_id = fields.Many2one(
        "ar.dunning.level",
        "From level",
        domain="[('policy_id', '=', id)]",
        ondelete="set null",
        copy=False,
        help="Empty: from the first reminder on. A note before the due date never waits.",
    )

    _check_bank_max_age = models.Constraint(
        "CHECK(bank_max_age >= 0)", "The age of bank data cannot be negative."
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("bank_level_id")
    def _check_bank_level_id(self):
        for policy in self:
            if policy.bank_level_id and policy.bank_level_id.policy_id != policy:
                raise ValidationError(
                    self.env._(
                        "Policy %s waits for bank data from a level of its own only.",
                        policy.name,
                    )
                )

    # === BUSINESS METHODS === #

    def _get_bank_gate_sentences(self, company, date):
        """What waits for bank data in a run of these policies, one sentence each.

        :rtype: list[str]
        """
        newest = company._get_bank_date(date)
        sentences = []
        for policy in self.filtered("bank_max_age"):
            oldest = fields.Date.subtract(date, days=policy.bank_max_age)
            if newest and newest >= oldest:
                continue
            sentences.append(
                self.env._(
                    "%(newest)s Policy %(policy)s lets nothing go out from level "
                    "“%(level)s” on until the bank statements of the last %(days)s days "
                    "are in.",
                    newest=company._tell_bank_date(newest),
                    policy=policy.name,
                    level=policy._get_bank_level().name,
                    days=policy.bank_max_age,
                )
            )
        return sentences

    def _get_bank_level(self):
        reminders = self.level_ids.filtered(lambda lv: lv.delay_days >= 0)
        return self.bank_level_id or reminders[:1]


class ResCompany(models.Model):
    _inherit = "res.company"

    def _get_bank_date(self, date):
        """The day up to which the books know the bank, or None.

        :param date date: what came later counts for nothing
        :rtype: date
        """
        self.ensure_one()
        domain = (
            Domain("company_id", "child_of", self.root_id.id)
            & Domain("date", "<=", date)
            & Domain("move_id.state", "=", "posted")
        )
        # sudo: only how far the bank is known, for whoever runs the ladder
        lines = self.env["account.bank.statement.line"].sudo()
        ((newest,),) = lines._read_group(domain, aggregates=["date:max"])
        return newest or None

    def _tell_bank_date(self, newest):
        if not newest:
            return self.env._("There is no bank statement in the books.")
        return self.env._(
            "The newest bank statement is of %s.", format_date(self.env, newest)
        )


class ArDunningRun(models.Model):
    _inherit = "ar.dunning.run"

    bank_note = fields.Text("Bank data", compute="_compute_bank_note")

    @api.depends("date", "company_id", "policy_ids", "state")
    def _compute_bank_note(self):
        policies = self.env["ar.policy"]
        for run in self:
            company = run.company_id
            chosen = run.policy_ids or policies.search(
                [("company_id", "in", [company.id, False])]
            )
            open_run = run.state == "draft" and company and run.date
            run.bank_note = open_run and "\n".join(
                chosen._get_bank_gate_sentences(company, run.date)
            )
