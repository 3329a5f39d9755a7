from odoo import api, fields, models
from odoo.exceptions import ValidationError

# Somebody is asked again after so many days, however long the pause is meant to last.
REVIEW_DAYS = 30
# Nobody can put this off for longer.
REVIEW_DAYS_MAX = 92


class ArPause(models.Model):
    """Nothing is paused for ever without somebody being asked again."""

    _inherit = "ar.pause"

    date_review = fields.Date(
        "Ask again on",
        compute="_compute_date_review",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="The owner is asked on this day, and every month after it, whether the "
        "pause is still right.",
    )

    # === COMPUTE METHODS === #

    @api.depends("date_from", "date_to")
    def _compute_date_review(self):
        todays = self._get_todays()
        for pause in self:
            today = todays[pause.company_id or self.env.company]
            # who prolongs a pause has just thought about it
            latest = fields.Date.add(
                max(pause.date_from or today, today), days=REVIEW_DAYS
            )
            pause.date_review = min(pause.date_to or latest, latest)

    # === CONSTRAINT METHODS === #

    @api.constrains("date_review", "date_from")
    def _check_date_review(self):
        todays = self._get_todays()
        for pause in self:
            start = max(pause.date_from, todays[pause.company_id])
            latest = fields.Date.add(start, days=REVIEW_DAYS_MAX)
            if pause.date_review > latest:
                raise ValidationError(
                    self.env._(
                        "Somebody must be asked within %(days)s days whether this "
                        "pause is still right: by %(latest)s at the latest.",
                        days=REVIEW_DAYS_MAX,
                        latest=fields.Date.to_string(latest),
                    )
                )

    # === BUSINESS METHODS === #

    @api.model
    def _get_owner_domain(self):
        """Users who may own a pause."""
        group = self.env.ref("ar_collections.ar_collections_group_readonly")
        return [("share", "=", False), ("all_group_ids", "in", group.ids)]

    def _check_owner(self):
        """Refuse an owner who could not answer.

        Not with full rights: the customer or a scheduled action may be behind it then,
        and others are asked.
        """
        for pause in self.browse() if self.env.su else self:
            if not pause._get_able(pause.user_id):
                raise ValidationError(
                    self.env._(
                        "%(user)s cannot see the customers of %(company)s in "
                        "Collections and so cannot own a pause: choose a collector.",
                        user=pause.user_id.display_name,
                        company=pause.company_id.display_name,
                    )
                )

    def _get_able(self, users):
        """Those of the users who are there and may see the debtor.

        :rtype: recordset of `res.users`
        """
        self.ensure_one()
        # sudo: who works where is not for everybody to read
        return users.sudo().filtered(
            lambda u: (
                u.active
                and not u.share
                and self.company_id in u.company_ids
                and u.has_group("ar_collections.ar_collections_group_readonly")
            )
        )

    def _get_asked(self, managers):
        """Who is asked about the pause: owner, else collector, else a credit manager.

        :param managers: active credit managers
        :rtype: recordset of `res.users`
        """
        self.ensure_one()
        for users in (self.user_id, self.debtor_id.user_id, managers):
            if able := self._get_able(users):
                return able[0]
        return self.env["res.users"]

    def _ask_owners(self, today):
        """Leave a task with somebody for each of these pauses of one company."""
        group = self.env.ref("ar_collections.ar_collections_group_manager")
        # sudo: who manages credit is asked where nobody else is left
        managers = group.sudo().all_user_ids.sorted("id")
        for pause in self:
            over = pause.date_to and pause.date_to <= today
            pause.debtor_id.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=today,
                summary=self.env._("The pause ends: see what was agreed")
                if over
                else self.env._("Is the pause still right?"),
                note=pause._tell(self.env._("Paused")),
                # nobody: the debtor is still listed as something to do
                user_id=pause._get_asked(managers).id,
            )
        self.date_review = fields.Date.add(today, days=REVIEW_DAYS)

    # === CRONS === #

    @api.model
    def _cron_review(self):
        """Ask the owners of pauses whose day to ask again has come.

        A pause that has ended is told of once; one that goes on is asked about again
        and again.
        """
        for company in self.env["res.company"].search([("parent_id", "=", False)]):
            today = company._ar_today()
            due = self.search(
                [("company_id", "=", company.id), ("date_review", "<=", today)]
            )
            due.filtered(
                lambda p: not p.date_to or p.date_to >= p.date_review
            )._ask_owners(today)
