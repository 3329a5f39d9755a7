from decimal import Decimal

from odoo import api, fields, models

from ..tools.charge_difference import Charged, get_live

EXACT_DIGITS = (24, 6)


class ArLateChargeLine(models.Model):
    """One line of what lateness costs on one open item, as it was charged.

    Written by methods only. A billed line is never changed: what is no longer owed is
    undone by a line of its own, in a later document. What is in force follows from the
    documents that are posted, so a document that is reset or cancelled frees its lines.
    """

    _name = "ar.late.charge.line"
    _description = "Late Charge"
    _order = "move_line_id, date_from, id"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    debtor_id = fields.Many2one(
        "ar.debtor", required=True, readonly=True, index=True, ondelete="restrict"
    )
    move_id = fields.Many2one(
        "account.move",
        "Invoice",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The document that was paid late.",
    )
    move_line_id = fields.Many2one(
        "account.move.line",
        "Item",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    kind = fields.Selection(
        [
            ("interest", "Interest"),
            ("lump_sum", "Lump sum"),
            ("fee", "Fee"),
            ("cost", "Collection costs"),
        ],
        required=True,
        readonly=True,
    )
    date_from = fields.Date("From", readonly=True)
    date_to = fields.Date("To", readonly=True)
    date_upto = fields.Date(
        "Charged until", readonly=True, help="The last day that the document looked at."
    )
    days = fields.Integer(readonly=True)
    year_days = fields.Integer("Days of the year", readonly=True)
    day_count = fields.Char(readonly=True)
    base_amount = fields.Monetary("On", readonly=True)
    rate = fields.Float("Rate a year", digits=(16, 6), readonly=True)
    rate_text = fields.Char("Arithmetic of the rate", readonly=True)
    rate_source = fields.Text("Source of the rate", readonly=True)
    amount = fields.Monetary(readonly=True)
    amount_exact = fields.Float("Before rounding", digits=EXACT_DIGITS, readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    state = fields.Selection(
        [
            ("accrued", "Accrued"),
            ("billed", "Billed"),
            ("waived", "Waived"),
            ("reversed", "Reversed"),
        ],
        required=True,
        readonly=True,
        help="Accrued: owed, and not billed yet. Reversed: taken back by a later "
        "document, or its own document is no longer posted.",
    )
    adjustment = fields.Selection(
        [
            ("rounding", "Rounding"),
            ("waived", "Already waived"),
            ("waiver", "Waiver"),
        ],
        readonly=True,
        help="Rounding: cents that the document gained or lost by lines that were taken "
        "back. Already waived: less is owed than was waived.",
    )
    charge_move_id = fields.Many2one(
        "account.move",
        "Document",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="The invoice or credit note that charges or gives back the amount.",
    )
    terms_id = fields.Many2one("ar.charge.terms", readonly=True, ondelete="restrict")
    notice_id = fields.Many2one("ar.dunning.notice", readonly=True, ondelete="set null")
    reversed_line_id = fields.Many2one(
        "ar.late.charge.line",
        "Takes back",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    _lump_sum_uniq = models.UniqueIndex(
        "(move_line_id) WHERE kind = 'lump_sum' AND state = 'billed'"
        " AND adjustment IS NULL",
        "The lump sum of this item is charged already.",
    )

    # === COMPUTE METHODS === #

    @api.depends("kind", "move_id", "date_from")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for line in self:
            parts = [kinds.get(line.kind, ""), line.move_id.name or ""]
            line.display_name = " ".join(filter(None, parts))

    # === BUSINESS METHODS === #

    def _get_in_force(self):
        """These lines as far as their documents are posted."""
        return self.filtered(lambda line: line.charge_move_id.state == "posted")

    def _get_key(self):
        """What makes the line the same as a piece of what is owed."""
        self.ensure_one()
        if self.adjustment:
            return None
        return (
            self.date_from,
            self.date_to,
            Decimal(f"{self.amount_exact:.{EXACT_DIGITS[1]}f}"),
            self.notice_id.id,
        )

    def _to_charged(self):
        """These lines as `tools.charge_difference` takes them."""
        return [
            Charged(
                line.id,
                line.move_line_id.id,
                line.kind,
                line._get_key(),
                Decimal(f"{line.amount:.{line.currency_id.decimal_places}f}"),
                line.reversed_line_id.id or None,
                line.adjustment == "waiver",
            )
            for line in self
        ]

    def _refresh_states(self):
        """What is billed, waived or reversed follows from the posted documents.

        To be called on all lines about the same items.
        """
        lines = self.filtered("charge_move_id")
        posted = lines._get_in_force()
        live = {
            one.id
            for one in get_live(posted._to_charged())
            if one.undoes is None and not one.is_waiver
        }
        waived = posted.filtered(lambda line: line.adjustment == "waiver")
        billed = posted.filtered(lambda line: line.id in live)
        gone = lines - waived - billed
        # first what is no longer live: a unique index reads it
        for state, group in (
            ("reversed", gone),
            ("billed", billed),
            ("waived", waived),
        ):
            group.filtered(lambda ln, state=state: ln.state != state).state = state
            group.flush_recordset(["state"])

    def _get_siblings(self):
        """All lines about the same items."""
        items = self.move_line_id
        return self | self.search([("move_line_id", "in", items.ids)])
