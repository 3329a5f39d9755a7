from markupsafe import Markup, escape

from odoo import models
from odoo.tools import format_date, formatLang

# What a person can take in before dialling.
MAX_ITEMS = 5


class ArDunningNotice(models.Model):
    """The task to call: whom, by which number, about what."""

    _inherit = "ar.dunning.notice"

    # === BUSINESS METHODS === #

    def _get_call_note(self):
        """What somebody has to know who calls: figures, person, number, items.

        :rtype: Markup
        """
        self.ensure_one()
        debts = self.line_ids.filtered(lambda ln: ln.amount_residual > 0)
        debts = debts.sorted(lambda ln: (ln.date_due, ln.id))
        lines = [escape(self._get_call_person())]
        lines += [escape(self._get_call_item(debt)) for debt in debts[:MAX_ITEMS]]
        if len(debts) > MAX_ITEMS:
            count = len(debts) - MAX_ITEMS
            lines.append(escape(self.env._("and %s more", count)))
        note = Markup("<br/>").join(lines)
        return Markup("<p>%s</p><p>%s</p>") % (self.debtor_id.totals, note)

    def _get_call_person(self):
        """Whom to ask for: the recipient, else whoever of the customer has a number."""
        # sudo: the contacts of the customer, whoever the task is for
        customer = self.debtor_id.partner_id.sudo()
        people = self.partner_id.sudo() | customer | customer.child_ids
        person = people.filtered("phone")[:1]
        if not person:
            return self.env._(
                "No phone number is known of %s: find one first.",
                customer.display_name,
            )
        return f"{person.display_name}: {person.phone}"

    def _get_call_item(self, line):
        return self.env._(
            "%(document)s: %(amount)s, due %(date)s, %(days)s days late",
            document=line.move_line_id._get_document_name(),
            amount=formatLang(
                self.env, line.amount_residual, currency_obj=self.currency_id
            ),
            date=format_date(self.env, line.date_due),
            days=max(line.days_overdue, 0),
        )
