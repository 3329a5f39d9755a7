from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    ar_level_id = fields.Many2one(
        "ar.dunning.level",
        "Dunning level",
        compute="_compute_ar_level_id",
        groups="base.group_user",
    )
    ar_days_overdue = fields.Integer("Days late", compute="_compute_ar_days_overdue")

    ar_opening_item_ids = fields.One2many(
        "ar.opening.item",
        "move_line_id",
        "Imported as",
        groups="ar_collections.ar_collections_group_manager",
    )

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_dunned(self):
        """Take the items out of what was never sent; sent letters keep theirs."""
        # sudo: whoever may delete the item need not see the letters
        lines = self.env["ar.dunning.notice.line"].sudo()
        mentions = lines.search([("move_line_id", "in", self.ids)])
        sent = mentions.filtered(lambda ln: ln.notice_id.state == "sent")
        if sent:
            raise UserError(
                self.env._(
                    "Notice %(notice)s was sent about %(item)s. Its item cannot be "
                    "deleted; reverse the document with a credit note instead.",
                    notice=sent[0].notice_id.name,
                    item=sent[0].move_line_id.move_name or sent[0].move_line_id.name,
                )
            )
        mentions.unlink()

    # === COMPUTE METHODS === #

    def _compute_ar_level_id(self):
        """The highest level at which a notice about the item was sent."""
        # sudo: sales people see how far an invoice was pursued, not the letters
        groups = (
            self.env["ar.dunning.notice.line"]
            .sudo()
            ._read_group(
                [
                    ("move_line_id", "in", self.ids),
                    ("is_live", "=", True),
                    ("is_step", "=", True),
                    ("notice_id.state", "=", "sent"),
                ],
                ["move_line_id", "level_id"],
                ["level_rank:max"],
            )
        )
        best = {}
        for line, level, rank in groups:
            if rank > best.get(line.id, (0, None))[0]:
                best[line.id] = (rank, level)
        for line in self:
            line.ar_level_id = best.get(line._origin.id, (0, False))[1]

    @api.depends("date_maturity")
    def _compute_ar_days_overdue(self):
        todays = {company: company._ar_today() for company in self.company_id}
        for line in self:
            due = line.date_maturity or line.date
            today = todays.get(line.company_id)
            line.ar_days_overdue = max((today - due).days, 0) if due and today else 0

    # === BUSINESS METHODS === #

    def _get_document_name(self):
        """The number that the customer knows the item by.

        An imported item stands for a document of another system: the number of its
        entry is ours alone. Texts of other entries are not meant for customers.

        :rtype: str
        """
        self.ensure_one()
        if self.move_id.move_type == "entry":
            # sudo: the number of a document, whoever writes about it
            rows = self.sudo().ar_opening_item_ids
            if known := rows.filtered(lambda r: r.state == "done")[:1].number:
                return known.strip()
        return self.move_id.name or self.name or ""
