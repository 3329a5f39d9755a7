"""One document of each kind, posted by Odoo itself.

The generator copies them in SQL, so that every stored column holds what the ORM would
write, also the columns that another addon or a later Odoo brings.
"""

from datetime import timedelta

from odoo import Command

# Euros for one unit of the company's currency: a divisor without rest.
RATE = 0.8


def make(env, date):
    """Post the samples.

    :return: rows (kind, is_foreign, move id, receivable line id, other line id)
    :rtype: list[tuple]
    """
    company = env.company
    foreign = env.ref("base.EUR" if company.currency_id.name != "EUR" else "base.USD")
    foreign.active = True
    env["res.currency.rate"].create(
        {
            "currency_id": foreign.id,
            "company_id": company.id,
            "name": date - timedelta(days=3 * 365),
            "rate": RATE,
        }
    )
    partner = env["res.partner"].create(
        {
            "name": "Sample",
            "is_company": True,
            "email": "sample@example.com",
            "street": "Main street 1",
            "city": "Springfield",
            "country_id": env.ref("base.us").id,
        }
    )
    rows = []
    for currency in (company.currency_id, foreign):
        for kind in ("out_invoice", "out_refund", "entry"):
            move = env["account.move"].create(_get_vals(kind, partner, currency, date))
            move.action_post()
            debt = move.line_ids.filtered(
                lambda line: line.account_type == "asset_receivable"
            )
            other = move.line_ids - debt
            is_foreign = currency == foreign
            rows.append((kind, is_foreign, move.id, debt.id, other.id))
    return rows


def _get_vals(kind, partner, currency, date):
    vals = {
        "move_type": kind,
        "partner_id": partner.id,
        "currency_id": currency.id,
        "date": date,
    }
    if kind == "entry":
        return dict(vals, **_get_entry_vals(partner, currency))
    line = {"name": "Goods", "price_unit": 100.0, "tax_ids": [Command.clear()]}
    return dict(
        vals,
        invoice_date=date,
        invoice_date_due=date,
        invoice_line_ids=[Command.create(line)],
    )


def _get_entry_vals(partner, currency):
    """Money that came in, as a bank statement books it."""
    env = partner.env
    journal = env["account.journal"].search(
        [("type", "=", "bank"), ("company_id", "=", env.company.id)], limit=1
    )
    company_amount = env.company.currency_id.round(
        100.0 if currency == env.company.currency_id else 100.0 / RATE
    )
    lines = [
        (journal.default_account_id, company_amount, 100.0),
        (partner.property_account_receivable_id, -company_amount, -100.0),
    ]
    return {
        "journal_id": journal.id,
        "line_ids": [
            Command.create(
                {
                    "account_id": account.id,
                    "partner_id": partner.id,
                    "currency_id": currency.id,
                    "balance": balance,
                    "amount_currency": amount,
                }
            )
            for account, balance, amount in lines
        ],
    }
