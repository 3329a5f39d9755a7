"""What late charges cost to work out: the accrual of all open items, one debtor's figure.

The books know of no charges: these measurements set terms and a mode that bills first,
outside of what is metered.
"""

from datetime import timedelta

from meter import metered

from odoo.fields import Command


def accrual(env):
    """Interest that is earned and not billed on all items, as at the end of a period."""
    return _accrue(env)


def accrual_costs(env):
    """The same with lump sums and fees."""
    return _accrue(env, has_costs=True)


def accrual_with_history(env):
    """The same on books with a year of notices, whose last levels have modes."""
    levels = env["ar.dunning.level"].search([])
    levels[-2:].charge_mode = "bill"
    return _accrue(env, has_costs=True)


def plan(env):
    """What billing all debtors would do: the list that the wizard shows."""
    company = set_terms(env)
    today = company._ar_today()
    with metered(env) as figures:
        plans, _reasons = env["ar.charge.engine"]._plan(company, today, today)
    figures["rows"] = len(plans)
    return figures


def figure_10(env):
    """What a letter about ten late items says of charges."""
    return _get_figures(env, 10)


def figure_100(env):
    """The same of a hundred."""
    return _get_figures(env, 100)


def pay_today(env):
    """What to pay today on one late invoice, as its form shows it."""
    set_terms(env)
    move = _get_late_items(env, 1).move_id
    with metered(env) as figures:
        figures["rows"] = move.ar_pay_today and 1
    return figures


def set_terms(env):
    """The company's policy bills 8 points above the ECB's rate and EUR 40."""
    company = env.company
    series = env.ref("ar_collections.ar_reference_rate_ecb_mro")
    series.known_until = False
    step = {"amount_from": 0.01, "amount": 40, "currency_id": env.ref("base.EUR").id}
    terms = env["ar.charge.terms"].create(
        {
            "name": "ECB + 8",
            "reference_rate_id": series.id,
            "margin": 8,
            "lump_sum_ids": [Command.create(step)],
        }
    )
    env["ar.policy"].search([]).write(
        {
            "charge_terms_id": terms.id,
            "charge_mode": "bill",
            "charge_since": "2000-01-01",
        }
    )
    env.flush_all()
    env.invalidate_all()
    return company


def _accrue(env, **options):
    company = set_terms(env)
    today = company._ar_today()
    engine = env["ar.charge.engine"]
    with metered(env) as figures:
        engine._get_unbilled(company, today, today, **options)
    figures["rows"] = len(engine._get_late_items(company, today))
    return figures


def _get_late_items(env, count):
    """Late items of one customer that has so many."""
    env.cr.execute(
        """
        SELECT (array_agg(line.id ORDER BY line.id))[:%(count)s]
          FROM account_move_line line
          JOIN account_account account ON account.id = line.account_id
          JOIN res_partner contact ON contact.id = line.partner_id
         WHERE account.account_type = 'asset_receivable'
           AND line.parent_state = 'posted' AND line.amount_residual > 0
           AND line.date_maturity < CURRENT_DATE
      GROUP BY contact.commercial_partner_id, line.currency_id
        HAVING COUNT(*) >= %(count)s
      ORDER BY COUNT(*), MIN(line.id)
         LIMIT 1
        """,
        {"count": count},
    )
    return env["account.move.line"].browse(env.cr.fetchone()[0])


def _get_figures(env, count):
    company = set_terms(env)
    today = company._ar_today()
    items = _get_late_items(env, count)
    partner = items.partner_id.commercial_partner_id
    level = env["ar.dunning.level"].search([], order="sequence desc", limit=1)
    level.announces_charges = True
    run = env["ar.dunning.run"].create({"date": today})
    notice = env["ar.dunning.notice"].create(
        {
            "run_id": run.id,
            "channel": "email",
            "company_id": company.id,
            "debtor_id": env["ar.debtor"]._get(partner, company).id,
            "partner_id": partner.id,
            "level_id": level.id,
            "currency_id": items.currency_id.id,
            "date": today,
            "date_deadline": today + timedelta(days=10),
            "line_ids": [
                Command.create(
                    {
                        "move_line_id": item.id,
                        "level_id": level.id,
                        "amount_residual": item.amount_residual_currency,
                        "days_overdue": (today - item.date_maturity).days,
                    }
                )
                for item in items
            ],
        }
    )
    env.flush_all()
    env.invalidate_all()
    # what is loaded once, by the first letter of all
    notice._get_charge_figures()
    env.invalidate_all()
    with metered(env) as figures:
        assert notice._get_charge_figures()["interest"]
    figures["rows"] = len(items)
    return figures
