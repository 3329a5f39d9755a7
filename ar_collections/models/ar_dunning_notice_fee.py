from collections import Counter

from odoo import api, fields, models

from .ar_reference_rate import exact


class ArDunningNoticeLine(models.Model):
    _inherit = "ar.dunning.notice.line"

    fee_amount = fields.Monetary(
        "Fee", readonly=True, help="What the letter costs, set when it was sent."
    )
    cost_amount = fields.Monetary(
        "Collection costs", readonly=True, help="Set when the letter was sent."
    )

    # === BUSINESS METHODS === #

    def _get_claimed_costs(self):
        """Those for whose item an earlier letter has claimed collection costs."""
        groups = self._read_group(
            [
                ("move_line_id", "in", self.move_line_id.ids),
                ("is_live", "=", True),
                ("cost_amount", ">", 0),
                ("id", "not in", self.ids),
            ],
            ["move_line_id"],
        )
        items = {item for (item,) in groups}
        return self.filtered(lambda line: line.move_line_id in items)

    def _get_fee_counts(self):
        """How many earlier letters charged a fee on each item: {item: number}."""
        groups = self._read_group(
            [
                ("move_line_id", "in", self.move_line_id.ids),
                ("is_live", "=", True),
                ("fee_amount", ">", 0),
                ("notice_id.state", "=", "sent"),
                ("id", "not in", self.ids),
            ],
            ["move_line_id"],
            ["__count"],
        )
        return Counter(dict(groups))

    def _get_collection_costs(self, terms):
        """Collection costs on this item by the scale of its terms, as a float."""
        self.ensure_one()
        scale = terms._get_cost_scale()
        unit = exact(self.currency_id.rounding)
        claim = exact(self.amount_residual)
        return float(scale.get_amount(claim, unit)) if scale else 0.0


class ArDunningNotice(models.Model):
    """What a letter itself costs: remembered as it was when it went out."""

    _inherit = "ar.dunning.notice"

    # computed for a whole batch: letters are rendered many at once
    amount_fee = fields.Monetary(
        "Fee of the letter",
        compute="_compute_letter_costs",
        compute_sudo=True,
        help="What the letter itself costs who gets it, or would cost.",
    )
    amount_cost = fields.Monetary(
        "Collection costs", compute="_compute_letter_costs", compute_sudo=True
    )

    # === COMPUTE METHODS === #

    @api.depends("state", "line_ids.fee_amount", "line_ids.cost_amount")
    def _compute_letter_costs(self):
        sent = self.filtered(lambda notice: notice.state == "sent")
        fees = (self - sent)._get_fees()
        for notice in self:
            pairs = [fees.get(line, (0.0, 0.0)) for line in notice.line_ids]
            if notice in sent:
                pairs = [
                    (line.fee_amount, line.cost_amount) for line in notice.line_ids
                ]
            notice.amount_fee = sum(fee for fee, _cost in pairs)
            notice.amount_cost = sum(cost for _fee, cost in pairs)

    # === BUSINESS METHODS === #

    def _send_batch(self, channel):
        self._set_fees()
        return super()._send_batch(channel)

    def _set_fees(self):
        """Remember what each letter costs; the fee on its oldest item that moves up."""
        fees = self._get_fees()
        for line in self.line_ids:
            fee, cost = fees.get(line, (0.0, 0.0))
            # one that failed before may have been left with other figures
            if (line.fee_amount, line.cost_amount) != (fee, cost):
                line.write({"fee_amount": fee, "cost_amount": cost})

    def _get_fees(self):
        """What the letters cost: {line: (fee, collection costs)}, also before they go.

        Nothing where lateness is neither accrued nor billed: what a letter says is
        charged, and what is charged was said.
        """
        steps = {
            notice: notice._get_fee_lines()
            for notice in self.filtered(lambda n: n.level_id._charges_fees())
        }
        every = self.env["ar.dunning.notice.line"].union(*steps.values())
        if not every:
            return {}
        # sudo: the customer's own letter, whoever looks at it
        terms = self.env["ar.charge.engine"]._get_terms(every.sudo().move_line_id)
        claimed = every.sudo()._get_claimed_costs().ids
        counts = every.sudo()._get_fee_counts()
        fees = {}
        for notice, lines in steps.items():
            charged = lines.filtered(lambda ln: terms.get(ln.sudo().move_line_id))
            fee_line = notice._get_fee_line(charged, terms, counts)
            for line in charged:
                fee = notice._get_fee(lines) if line == fee_line else 0.0
                cost = 0.0
                if notice.level_id.has_collection_costs and line.id not in claimed:
                    cost = line._get_collection_costs(terms[line.sudo().move_line_id])
                if fee or cost:
                    fees[line] = (fee, cost)
        return fees

    def _get_fee_line(self, lines, terms, counts):
        """The oldest item that bears a fee: its customer pays them, and not too many."""

        def is_paying(line):
            item = line.sudo().move_line_id
            most = terms[item].max_fees
            return terms[item]._allows_fees() and (not most or counts[item] < most)

        return lines.filtered(is_paying)[:1]

    def _get_fee(self, lines):
        """The fee of the level for what the letter claims."""
        self.ensure_one()
        claim = exact(sum(lines.mapped("amount_residual")))
        # sudo: what a level costs does not depend on who looks
        return float(self.level_id.sudo().fee_ids._get_amount(claim, self.currency_id))

    def _get_fee_lines(self):
        """Lines that a fee may be charged on: what moves up, but no charges."""
        self.ensure_one()
        return self.line_ids.filtered(
            lambda ln: (
                ln.is_step
                and ln.amount_residual > 0
                # sudo: whether it is a charge itself, whoever looks
                and not ln.sudo().move_line_id.move_id.is_late_charge
            )
        ).sorted(lambda ln: (ln.date_due or ln.move_line_id.date, ln.id))


class ArDunningLevel(models.Model):
    _inherit = "ar.dunning.level"

    def _charges_fees(self):
        """Whether letters of this level cost something."""
        self.ensure_one()
        # sudo: as above
        has_fees = self.sudo().fee_ids or self.has_collection_costs
        return bool(has_fees) and self._get_charge_mode() in ("accrue", "bill")


class ArChargeTerms(models.Model):
    _inherit = "ar.charge.terms"

    is_fee_allowed = fields.Boolean(
        "Fees for letters",
        tracking=True,
        help="Consumers pay the fee of a reminder only if their terms say so.",
    )

    def _allows_fees(self):
        """Whether the customers of these terms pay fees of letters."""
        self.ensure_one()
        return self.customer_kind != "consumer" or self.is_fee_allowed
