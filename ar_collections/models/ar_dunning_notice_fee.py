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


class ArDunningNotice(models.Model):
    """What a letter itself costs: remembered as it was when it went out."""

    _inherit = "ar.dunning.notice"

    def _send_batch(self, channel):
        self._set_fees()
        return super()._send_batch(channel)

    def _set_fees(self):
        """Put the fee of each letter on its oldest item that moves up."""
        for notice in self.filtered(lambda n: n.level_id._has_fees()):
            steps = notice._get_fee_lines()
            if not steps:
                continue
            terms = self.env["ar.charge.engine"]._get_terms(steps.move_line_id)
            charged = steps.filtered(lambda ln, t=terms: t.get(ln.move_line_id))
            notice._set_collection_costs(charged, terms)
            oldest = charged.filtered(
                lambda ln, t=terms: t[ln.move_line_id]._allows_fees()
            )[:1]
            claim = exact(sum(steps.mapped("amount_residual")))
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

    def _set_collection_costs(self, lines, terms):
        if not self.level_id.has_collection_costs:
            return
        for line in lines:
            scale = terms[line.move_line_id]._get_cost_scale()
            if scale and not self._has_collection_costs(line):
                unit = exact(line.currency_id.rounding)
                claim = exact(line.amount_residual)
                line.cost_amount = float(scale.get_amount(claim, unit))

    @api.model
    def _has_collection_costs(self, line):
        """Whether an earlier letter claimed collection costs for the same item."""
        return bool(
            self.env["ar.dunning.notice.line"].search_count(
                [
                    ("move_line_id", "=", line.move_line_id.id),
                    ("is_live", "=", True),
                    ("cost_amount", ">", 0),
                    ("id", "!=", line.id),
                ],
                limit=1,
            )
        )


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
