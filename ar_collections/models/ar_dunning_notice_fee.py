from odoo import fields, models

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

    def _set_collection_costs(self, terms):
        self.ensure_one()
        if scale := terms._get_cost_scale():
            unit = exact(self.currency_id.rounding)
            self.cost_amount = float(
                scale.get_amount(exact(self.amount_residual), unit)
            )


class ArDunningNotice(models.Model):
    """What a letter itself costs: remembered as it was when it went out."""

    _inherit = "ar.dunning.notice"

    def _send_batch(self, channel):
        self._set_fees()
        return super()._send_batch(channel)

    def _set_fees(self):
        """Put the fee of each letter on its oldest item that moves up."""
        steps = {
            notice: notice._get_fee_lines()
            for notice in self.filtered(lambda n: n.level_id._has_fees())
        }
        every = self.env["ar.dunning.notice.line"].union(*steps.values())
        if not every:
            return
        terms = self.env["ar.charge.engine"]._get_terms(every.move_line_id)
        claimed = every._get_claimed_costs()
        for notice, lines in steps.items():
            charged = lines.filtered(lambda ln: terms.get(ln.move_line_id))
            if notice.level_id.has_collection_costs:
                for line in charged - claimed:
                    line._set_collection_costs(terms[line.move_line_id])
            oldest = charged.filtered(lambda ln: terms[ln.move_line_id]._allows_fees())[
                :1
            ]
            claim = exact(sum(lines.mapped("amount_residual")))
            fees = notice.level_id.fee_ids
            oldest.fee_amount = float(fees._get_amount(claim, notice.currency_id))

    def _get_fee_lines(self):
        """Lines that a fee may be charged on: what moves up, but no charges."""
        self.ensure_one()
        return self.line_ids.filtered(
            lambda ln: (
                ln.is_step
                and ln.amount_residual > 0
                and not ln.move_line_id.move_id.is_late_charge
            )
        ).sorted(lambda ln: (ln.date_due or ln.move_line_id.date, ln.id))


class ArDunningLevel(models.Model):
    _inherit = "ar.dunning.level"

    def _has_fees(self):
        return bool(self.fee_ids or self.has_collection_costs)


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
