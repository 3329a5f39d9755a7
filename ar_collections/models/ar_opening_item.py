from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .const import MANAGER

# What checking and posting find out; nobody writes it by hand.
FOUND = ("state", "problem", "level_id", "move_line_id", "notice_id")


class ArOpeningItem(models.Model):
    """A receivable handed over by another system, with how far it was pursued there.

    Rows come from core's import screen, are checked with all that is wrong written on
    each, and are posted together or not at all.
    """

    _name = "ar.opening.item"
    _description = "Opening Item"
    _inherit = ["ar.collector.mixin"]
    # as in the file
    _order = "id"
    _rec_name = "number"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    customer = fields.Char(
        help="Name, reference, tax number or external identifier of the customer."
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Customer found",
        check_company=True,
        index="btree_not_null",
        help="Found by “Check”; choose it yourself if several have the name.",
    )
    number = fields.Char("Document number", index="btree_not_null")
    invoice_date = fields.Date()
    date_due = fields.Date("Due date")
    amount = fields.Monetary(
        "Open amount", help="What is still open. Credits are negative."
    )
    currency_id = fields.Many2one(
        "res.currency", help="Empty: the currency of the company."
    )
    level_name = fields.Char(
        "Level",
        help="The last level sent, by its name in the policy that applies to the "
        "customer; also as “policy / level”. Empty: never dunned.",
    )
    level_id = fields.Many2one("ar.dunning.level", "Level found", readonly=True)
    last_contact = fields.Date(
        "Last contact date", help="When the customer was last dunned for it."
    )
    channel = fields.Selection(
        selection="_selection_channel",
        string="Channel of the last contact",
        help="Empty: a letter.",
    )
    note = fields.Char()
    state = fields.Selection(
        [("draft", "To post"), ("error", "Problem"), ("done", "Posted")],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        index=True,
    )
    problem = fields.Text(readonly=True, copy=False)
    move_line_id = fields.Many2one(
        "account.move.line",
        "Journal Item",
        readonly=True,
        index="btree_not_null",
        copy=False,
        ondelete="set null",
        help="The receivable that the row became, or the one found in the books.",
    )
    move_id = fields.Many2one(related="move_line_id.move_id", string="Journal Entry")
    notice_id = fields.Many2one(
        "ar.dunning.notice",
        "Imported notice",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )

    _move_line_uniq = models.UniqueIndex(
        "(move_line_id) WHERE state = 'done'",
        "Another row has already become this journal item.",
    )

    @api.model
    def _selection_channel(self):
        notices = self.env["ar.dunning.notice"]
        return notices._fields["channel"]._description_selection(self.env)

    # === COMPUTE METHODS === #

    @api.depends("customer", "partner_id", "number")
    def _compute_display_name(self):
        for row in self:
            parts = (row.customer or row.partner_id.name, row.number)
            row.display_name = ", ".join(filter(None, parts)) or self.env._("Empty row")

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            # an empty cell of the file
            vals["company_id"] = vals.get("company_id") or self.env.company.id
        rows = super().create(vals_list)
        if not self.env.su and rows.filtered(
            lambda r: (
                r.state != "draft" or any(r[name] for name in FOUND if name != "state")
            )
        ):
            # looked at afterwards: defaults from the context are seen, too
            raise AccessError(
                self.env._("A row begins unposted; “Check” and “Post” do the rest.")
            )
        return rows

    def write(self, vals):
        if self.env.su:
            return super().write(vals)
        if set(FOUND) & set(vals):
            raise AccessError(
                self.env._("What “Check” and “Post” found out cannot be written.")
            )
        self._check_not_posted()
        vals = dict(vals, state="draft", problem=False)
        vals.update(dict.fromkeys(("level_id", "move_line_id"), False))
        if "customer" in vals or "company_id" in vals:
            # somebody else may be meant now
            vals.setdefault("partner_id", False)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_posted(self):
        self.filtered("move_line_id")._check_not_posted()

    def _check_not_posted(self):
        posted = self.filtered(lambda r: r.state == "done")
        if posted:
            raise UserError(
                self.env._(
                    "Row “%(row)s” was posted and tells where its journal item comes "
                    "from. It cannot be changed or deleted.",
                    row=posted[0].display_name,
                )
            )

    @api.model
    def load(self, fields, data):
        """Import rows and look at them at once, so that the bad ones are listed."""
        result = super().load(fields, data)
        if not result["ids"]:
            return result
        rows = self.browse(result["ids"])
        bad = rows._as_collector(MANAGER)._check_rows()
        # a test is rolled back behind the cache: nothing may be written after it
        self.env.flush_all()
        if bad and self.env.context.get("ar_import_test"):
            result["messages"] += rows._get_import_messages(bad)
        return result

    def _get_import_messages(self, bad):
        """What the import screen's “Test” says of rows with a problem."""
        head = self.env._(
            "%(bad)s of %(count)s rows have a problem, see below. You may import the "
            "file all the same and mend them in the list; nothing is posted yet.",
            bad=len(bad),
            count=len(self),
        )
        texts = {row: f"{row.display_name}: {row.problem}" for row in bad}
        twice = {text for text, n in Counter(texts.values()).items() if n > 1}
        messages = [{"type": "warning", "message": head}]
        for nth, row in enumerate(self, 1):
            text = texts.get(row)
            if text in twice:
                # alike for several rows, it would be shown once, without their numbers
                text = self.env._("(row %(row)s) %(text)s", row=nth, text=text)
            if text:
                place = {"record": nth, "rows": {"from": nth, "to": nth}}
                messages.append({"type": "error", "message": text, **place})
        return messages

    @api.model
    def get_import_templates(self):
        return [
            {
                "label": self.env._("Import Template for Opening Items"),
                "template": "/ar_collections/static/csv/ar_opening_items.csv",
            }
        ]

    # === ACTION METHODS === #

    def action_import(self):
        """Open core's import screen."""
        return {
            "type": "ir.actions.client",
            "tag": "import",
            "name": self.env._("Import Opening Items"),
            "params": {"active_model": self._name, "context": dict(self.env.context)},
        }

    def action_check(self):
        """Write on each row that waits what is wrong with it; on all if none is chosen."""
        rows = self._get_waiting()
        bad = rows._check_rows()
        if bad:
            message = self.env._(
                "%(bad)s of %(count)s rows have a problem.",
                bad=len(bad),
                count=len(rows),
            )
            return self._notify(message, "warning")
        return self._notify(self.env._("%s rows can be posted.", len(rows)), "success")

    def action_post(self):
        """Post the rows that wait, all of them or none; all if none is chosen.

        :raise UserError: if any has a problem
        """
        rows = self._get_waiting()
        # two people press the button at once: the second is refused
        rows.lock_for_update()
        bad = rows._check_rows()
        if bad:
            raise UserError(
                self.env._(
                    "Nothing was posted: %(bad)s of %(count)s rows have a problem. "
                    "“Check” lists them.\n\n%(problems)s",
                    bad=len(bad),
                    count=len(rows),
                    problems="\n".join(
                        f"{row.display_name}: {' '.join(row.problem.splitlines())}"
                        for row in bad[:5]
                    ),
                )
            )
        rows._post_rows()
        return self._notify(
            self.env._(
                "%(count)s items posted, with %(notices)s notices of before.",
                count=len(rows),
                notices=len(rows.notice_id),
            ),
            "success",
        )

    def action_open_move(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": self.move_id.id,
            "view_mode": "form",
        }

    # === BUSINESS METHODS === #

    def _get_waiting(self):
        """These rows, or all of the user's companies, that are not posted yet.

        :return: with full rights, for credit managers only
        """
        rows = self or self.search([("state", "!=", "done")])
        rows = rows._as_collector(MANAGER).filtered(lambda r: r.state != "done")
        if not rows:
            raise UserError(
                self.env._(
                    "There is no row to post. Import a file first; the import screen "
                    "has a template to begin with."
                )
            )
        return rows

    @api.model
    def _notify(self, message, kind):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
