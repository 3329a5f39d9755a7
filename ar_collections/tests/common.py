from contextlib import contextmanager
from unittest.mock import patch

from freezegun import freeze_time

from odoo import SUPERUSER_ID, Command, fields

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

TODAY = "2026-03-31"


class ArCollectionsCommon(AccountTestInvoicingCommon):
    """A company, a customer and a policy of four levels on a frozen day.

    For those who extend the addon, too: `_create_invoice_due`, `_run_ladder`,
    `_deliver` and `trap_contacts`.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(TODAY))
        cls.company = cls.company_data["company"]
        cls.company.partner_id.tz = "UTC"
        cls.company.email = "books@company.example.com"
        cls.policy = cls.env.ref("ar_collections.ar_policy_standard").copy(
            {"name": "Ladder", "company_id": cls.company.id}
        )
        cls.company.ar_policy_id = cls.policy
        cls.levels = cls.policy.level_ids.sorted("sequence")
        cls.upcoming, cls.first, cls.second, cls.final = cls.levels
        # PDFs are made in the tests of their own; here they would only cost time
        cls.levels.attach_invoices = False
        cls.levels.attach_letter = False
        # all payers are treated alike, but where a test says otherwise
        cls.levels.variant_ids.unlink()
        cls.customer = cls._create_customer("Late Payer Ltd")
        cls.bank_journal = cls.company_data["default_journal_bank"]

    @classmethod
    def get_default_groups(cls):
        manager = cls.quick_ref("ar_collections.ar_collections_group_manager")
        return super().get_default_groups() | manager

    # === DATA === #

    @classmethod
    def _create_customer(cls, name, **vals):
        slug = "".join(c for c in name.lower() if c.isalnum())
        return cls.env["res.partner"].create(
            {
                "name": name,
                "is_company": True,
                "email": f"{slug}@example.com",
                "street": "1 Main Street",
                "city": "Ghent",
                "zip": "9000",
                **vals,
            }
        )

    @classmethod
    def _create_invoice_due(cls, due, amount, partner=None, **vals):
        """A posted customer invoice without tax that falls due on ``due``."""
        due = fields.Date.to_date(due)
        invoice = cls.env["account.move"].create(
            {
                "move_type": vals.pop("move_type", "out_invoice"),
                "partner_id": (partner or cls.customer).id,
                "invoice_date": vals.pop(
                    "invoice_date", fields.Date.add(due, days=-30)
                ),
                "invoice_date_due": due,
                "invoice_payment_term_id": vals.pop("invoice_payment_term_id", False),
                "invoice_line_ids": [
                    Command.create(
                        {"name": "Goods", "price_unit": amount, "tax_ids": []}
                    )
                ],
                **vals,
            }
        )
        invoice.action_post()
        return invoice

    @classmethod
    def _create_payment(cls, partner, amount, date=None, **vals):
        """A posted payment that is not applied to anything yet."""
        payment = cls.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": partner.id,
                "amount": amount,
                "date": date or fields.Date.today(),
                "journal_id": cls.bank_journal.id,
                **vals,
            }
        )
        payment.action_post()
        return payment

    @classmethod
    def _pay(cls, invoice, amount=None, date=None):
        """Register a payment on an invoice; all that is open by default."""
        wizard = (
            cls.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create(
                {
                    "payment_date": date or fields.Date.today(),
                    "amount": amount or invoice.amount_residual,
                    "journal_id": cls.bank_journal.id,
                }
            )
        )
        return wizard._create_payments()

    @classmethod
    def _receivable(cls, move):
        return move.line_ids.filtered(lambda ln: ln.account_type == "asset_receivable")

    @classmethod
    def _create_opening_entry(cls, date, items, **line_vals):
        """A posted entry in a general journal with an item per (partner, amount).

        Core marks its items as "no follow-up", unless ``line_vals`` say otherwise.
        """
        data = cls.company_data
        lines = [
            {
                "account_id": data["default_account_receivable"].id,
                "partner_id": partner.id if partner else False,
                "date_maturity": date,
                "debit": amount,
                **line_vals,
            }
            for partner, amount in items
        ]
        total = sum(amount for _partner, amount in items)
        lines.append(
            {"account_id": data["default_account_revenue"].id, "credit": total}
        )
        move = cls.env["account.move"].create(
            {
                "move_type": "entry",
                "date": date,
                "journal_id": data["default_journal_misc"].id,
                "line_ids": [Command.create(vals) for vals in lines],
            }
        )
        move.action_post()
        return move

    # === LADDER === #

    def _decide(self, date=TODAY, partner=None, company=None):
        """The decision as {journal item: row}."""
        rows = self.env["ar.dunning.engine"]._decide(
            company or self.company,
            fields.Date.to_date(date),
            partners=partner,
        )
        return {self.env["account.move.line"].browse(row["id"]): row for row in rows}

    def _verdict(self, move, date=TODAY):
        return self._decide(date)[self._receivable(move)]["verdict"]

    def _preview(self, date=TODAY, **vals):
        run = self.env["ar.dunning.run"].create(
            {"company_id": self.company.id, "date": date, **vals}
        )
        run.action_preview()
        return run

    def _deliver(self):
        """What the delivery's scheduled action does, as the user it runs as."""
        env = self.env(user=SUPERUSER_ID)
        notices = env["ar.dunning.notice"]
        notices.search(notices._get_due_domain(fields.Datetime.now()))._deliver()
        env["ar.dunning.run"].search([("state", "=", "confirmed")])._finish()
        self.env.invalidate_all()

    def _run_ladder(self, date):
        """Preview, confirm and deliver on a day; the notices that were sent."""
        with freeze_time(date):
            run = self._preview(date)
            if not run.draft_count:
                run.action_cancel()
                return run.notice_ids
            run.action_confirm()
            self._deliver()
        return run.notice_ids.filtered(lambda n: n.state == "sent")

    @contextmanager
    def trap_contacts(self):
        """Collect (channel, partner, level) instead of contacting anybody."""
        seen = []

        def trap(channel):
            def _deliver(notices):
                seen.extend((channel, n.partner_id, n.level_id) for n in notices)

            return _deliver

        model = self.env.registry["ar.dunning.notice"]
        with (
            patch.object(model, "_deliver_email", trap("email")),
            patch.object(model, "_deliver_letter", trap("letter")),
        ):
            yield seen

    @contextmanager
    def trap_pdfs(self):
        """Make no PDF, which needs wkhtmltopdf; collect (report, record ids)."""
        seen = []

        def _render_pdfs(_notices, report_name, res_ids):
            seen.append((report_name, list(res_ids)))
            return dict.fromkeys(res_ids, b"%PDF-1.4 trapped")

        model = self.env.registry["ar.dunning.notice"]
        with patch.object(model, "_render_pdfs", _render_pdfs):
            yield seen
