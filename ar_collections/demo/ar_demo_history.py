from datetime import timedelta

from odoo import Command, api, fields, models

# The ladder ran once a week before today; the last time a week ago.
WEEKS = 11


class ArDemo(models.AbstractModel):
    """What the ladder did before today, decided by the engine on each of the days."""

    _inherit = "ar.demo"

    @api.model
    def _install_history(self):
        """Replay the weekly runs of the last months; no message leaves the house."""
        marker = "run_first_demo"
        if self.env.ref(f"ar_collections.{marker}", raise_if_not_found=False):
            return
        companies = [
            self.env.ref("ar_collections.company_eur_demo"),
            self.env.ref("ar_collections.company_gbp_demo"),
        ]
        first = None
        for company in companies:
            today = company._ar_today()
            for week in range(WEEKS, 0, -1):
                run = self._replay_run(company, today - timedelta(weeks=week))
                first = first or run
            self._assign_collectors(company)
            self.env["ar.debtor"]._refresh(company)
            self.env["ar.debtor"]._refresh_profiles(company, today)
        if first:
            self.env["ir.model.data"].create(
                {
                    "module": "ar_collections",
                    "name": marker,
                    "model": first._name,
                    "res_id": first.id,
                    "noupdate": True,
                }
            )

    @api.model
    def _replay_run(self, company, date):
        # whoever pays badly is known by what happened until then
        invoices = self.env["account.move"].search(
            [("company_id", "=", company.id), ("move_type", "=", "out_invoice")]
        )
        self.env["ar.debtor"]._ensure(company, invoices.commercial_partner_id.ids)
        self.env["ar.debtor"]._refresh_profiles(company, date)
        user = self.env.ref("base.user_admin")
        run = self.env["ar.dunning.run"].create(
            {
                "company_id": company.id,
                "date": date,
                "user_id": user.id,
                "confirm_user_id": user.id,
                "confirm_date": fields.Datetime.to_datetime(date),
            }
        )
        run.with_company(company).action_preview()
        notices = run.notice_ids
        if not notices:
            run.unlink()
            return None
        # cards in the drawer: items that were waiting then explain nothing today
        run.skip_ids.unlink()
        notices.date_sent = date
        messages = notices._render_messages()
        for notice in notices:
            notice.subject = messages[notice.id]["subject"]
            notice.body = messages[notice.id]["body"]
        notices._update_state(("draft",), "sent")
        notices.is_printed = True
        notices._seal()
        self._keep_in_chatter(notices, fields.Datetime.to_datetime(date))
        notices._record_contacts(fields.Datetime.to_datetime(date))
        run.state = "done"
        return run

    @api.model
    def _keep_in_chatter(self, notices, moment):
        """The words on the debtor, as if the e-mails had gone out that day."""
        messages = self.env["mail.message"].create(
            [
                {
                    "model": "ar.debtor",
                    "res_id": notice.debtor_id.id,
                    "record_name": notice.debtor_id.name,
                    "subject": notice.subject,
                    "body": notice.body,
                    "message_type": "email_outgoing",
                    "date": moment,
                    "author_id": notice._get_contact().id,
                    "email_from": notice._get_contact().email_formatted,
                    "partner_ids": notice.partner_id.ids,
                }
                for notice in notices
            ]
        )
        for notice, message in zip(notices, messages, strict=True):
            notice.mail_message_id = message if notice.channel == "email" else False

    @api.model
    def _assign_collectors(self, company):
        users = self.env.ref("base.user_admin")
        if demo := self.env.ref("base.user_demo", raise_if_not_found=False):
            collector = self.env.ref("ar_collections.ar_collections_group_user")
            demo.group_ids = [Command.link(collector.id)]
            users |= demo
        debtors = self.env["ar.debtor"].search([("company_id", "=", company.id)])
        for number, debtor in enumerate(debtors.sorted("id")):
            debtor.user_id = users[number % len(users)]
