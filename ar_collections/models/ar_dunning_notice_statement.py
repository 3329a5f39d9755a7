from odoo import fields, models


class ArDunningLevel(models.Model):
    _inherit = "ar.dunning.level"

    attach_statement = fields.Boolean(
        help="Also attach a statement of account to the e-mail: all that the customer "
        "has open, also what is not due yet.",
    )


class ArStatement(models.Model):
    _inherit = "ar.statement"

    notice_id = fields.Many2one(
        "ar.dunning.notice",
        "Sent with",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The notice that it was attached to.",
    )


class ArDunningNotice(models.Model):
    """Statements of account that go with e-mails, kept as the others are.

    Those that come by themselves go on at their own pace.
    """

    _inherit = "ar.dunning.notice"

    statement_ids = fields.One2many("ar.statement", "notice_id", readonly=True)

    # === BUSINESS METHODS === #

    def _has_statement(self):
        """Whether a statement of account is attached, by the level's settings."""
        self.ensure_one()
        return self.channel == "email" and self.level_id.attach_statement

    def _make_statements(self):
        """Make the statements that go out with these notices, with their PDFs.

        :return: {notice id: statement}
        :rtype: dict
        """
        wanting = self.filtered(lambda n: n._has_statement())
        if not wanting:
            return {}
        wanting._cancel_statements()
        # sudo: they are made with the notice, by whom it is sent
        statements = self.env["ar.statement"].sudo()
        statements = statements.create(
            [notice._prepare_statement_vals() for notice in wanting]
        )
        statements._freeze()
        for statement in statements:
            partner = statement.notice_id.partner_id
            statement.write(
                {
                    "partner_id": partner.id,
                    "lang": partner.lang or self.env.lang,
                    "date_sent": statement.date_to,
                }
            )
        statements._attach()
        statements._update_state(("draft",), "sent")
        return {statement.notice_id.id: statement for statement in statements}

    def _prepare_statement_vals(self):
        """Values of the statement that goes with the notice. Extensions may change them.

        :rtype: dict
        """
        today = self.company_id._ar_today()
        return {
            "notice_id": self.id,
            "debtor_id": self.debtor_id.id,
            "company_id": self.company_id.id,
            "date_from": today,
            "date_to": today,
            "content": "items",
        }

    def _cancel_statements(self):
        """The customer does not have them, or gets newer ones."""
        # sudo: as they were made
        self.sudo().statement_ids._update_state(("sent",), "cancel")
