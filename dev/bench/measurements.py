"""What is measured: one function each, in a fresh process on the database as the one
before left it (`bench.py` knows the order).

Each takes Odoo's environment, does its work within `metered`, and returns the figures.
Those that prepare or write commit.
"""

import os
from datetime import timedelta

from meter import metered, watching_memory


def bare(env):
    """The lower bound: one aggregate of the open receivables by customer."""
    with metered(env) as figures:
        env.cr.execute(
            """
            SELECT partner_id, SUM(amount_residual),
                   SUM(amount_residual) FILTER (WHERE date_maturity < CURRENT_DATE),
                   MAX(CURRENT_DATE - date_maturity)
              FROM account_move_line
             WHERE reconciled IS NOT TRUE AND parent_state = 'posted'
               AND account_id = ANY(%s)
          GROUP BY partner_id
            """,
            [_get_receivables(env).ids],
        )
        figures["rows"] = len(env.cr.fetchall())
    return figures


def _get_receivables(env):
    return env["account.account"].search([("account_type", "=", "asset_receivable")])


def decide(env):
    """Decide on every open item of the company; the database counts the outcome."""
    company = env.company
    with metered(env) as figures:
        counts = env["ar.dunning.engine"]._count(company, company._ar_today())
    figures["rows"] = counts["notices"]
    return figures


def decide_rows(env):
    """The same, with a dict in Python for each item: what nobody does at a go."""
    company = env.company
    with metered(env) as figures:
        rows = env["ar.dunning.engine"]._decide(company, company._ar_today())
    figures["rows"] = len(rows)
    return figures


def refresh(env):
    """Bring the stored figures of all debtors up to date; all of them differ."""
    with metered(env) as figures:
        env["ar.debtor"]._refresh(env.company)
    figures["rows"] = env["ar.debtor"].search_count([])
    env.cr.commit()
    return figures


def refresh_again(env):
    """The same when nothing differs."""
    return refresh(env)


def flood(env):
    """The first run ever: decide and write everything that is due."""
    with metered(env) as figures:
        run = env["ar.dunning.run"].create({})
        run.action_preview()
    figures["rows"] = env["ar.dunning.notice"].search_count([])
    env.cr.commit()
    return figures


def flood_again(env):
    """A second run on the same day: nothing is written twice."""
    before = env["ar.dunning.notice"].search_count([])
    with metered(env) as figures:
        run = env["ar.dunning.run"].create({})
        run.action_preview()
    figures["rows"] = env["ar.dunning.notice"].search_count([]) - before
    env.cr.commit()
    return figures


def preview_again(env):
    """Preview the flood once more: its drafts are replaced."""
    run = env["ar.dunning.run"].search([], order="id", limit=1)
    with metered(env) as figures:
        run.action_preview()
    figures["rows"] = len(run.notice_ids)
    return figures


def confirm(env):
    """Queue all drafts of the flood, as the button does."""
    run = env["ar.dunning.run"].search([], order="id", limit=1)
    with metered(env) as figures:
        run.action_confirm()
    figures["rows"] = run.queued_count
    env.cr.commit()
    return figures


def cancel(env):
    """Stop sending: cancel all that the flood has queued."""
    run = env["ar.dunning.run"].search([], order="id", limit=1)
    with metered(env) as figures:
        run.action_cancel()
    figures["rows"] = run.cancel_count
    env.cr.commit()
    return figures


def decide_with_history(env):
    """Decide and fetch on books with a year of notices."""
    return decide(env)


def outlook_with_history(env):
    return outlook(env)


def night(env):
    """An ordinary night: refresh the debtors, decide, write and queue what is due."""
    company = env.company
    env["ar.policy"].search([]).automatic = True
    env.flush_all()
    with metered(env) as figures:
        runs = env["ar.dunning.run"]._run_night(company, company._ar_today())
    figures["rows"] = len(runs.notice_ids)
    env.cr.commit()
    return figures


def outlook(env):
    """What the ladder does next with one debtor, as its form shows it."""
    # a usual one, not the biggest
    debtor = env["ar.debtor"].search([], order="id desc", limit=1)
    with metered(env) as figures:
        figures["rows"] = len(debtor.outlook) and 1
    return figures


def profiles(env):
    """How all debtors pay, from the reconciliations of two years."""
    with metered(env) as figures:
        env["ar.debtor"]._refresh_profiles(env.company, env.company._ar_today())
    figures["rows"] = env["ar.debtor"].search_count([("payer_profile", "!=", "new")])
    env.cr.commit()
    return figures


def aging(env):
    """Ageing of all open items today, by customer and bucket."""
    with metered(env) as figures:
        groups = env["ar.aging.report"]._read_group(
            [], ["partner_id", "bucket"], ["amount:sum"]
        )
    figures["rows"] = len(groups)
    return figures


def aging_past(env):
    """The same as of 60 days ago, rebuilt from the reconciliations."""
    day = env.company._ar_today() - timedelta(days=60)
    return aging(env(context={"ar_aging_date": day}))


def deliver(env, mails=200):
    """Look again, render and queue e-mails without PDFs."""
    env["ar.dunning.level"].search([]).write(
        {"attach_invoices": False, "attach_letter": False}
    )
    queued = env["ar.dunning.notice"].search(
        [("state", "=", "queued"), ("channel", "=", "email")], limit=mails, order="id"
    )
    queued.company_id.email = "office@example.com"
    env.flush_all()
    env.invalidate_all()
    with metered(env) as figures:
        for batch in (queued[at : at + 20] for at in range(0, len(queued), 20)):
            batch._deliver()
    figures["rows"] = len(queued.filtered(lambda notice: notice.state == "sent"))
    return figures


def emails(env):
    """The first run by e-mail without files: from the queue of notices to that of mails."""
    return _deliver_all(env, "email")


def letters(env):
    """A part of the first run as letters, by a real wkhtmltopdf, with no server about.

    What wkhtmltopdf uses is in the processor seconds, its memory is not in the figure.
    """
    return _deliver_all(env, "letter", int(os.environ.get("AR_BENCH_LETTERS", "200")))


def _deliver_all(env, channel, count=None):
    """Queue the notices of the first run and deliver them as the scheduled action does."""
    run = env["ar.dunning.run"].search([], order="id", limit=1)
    company = run.company_id
    company.email = "office@example.com"
    env["ar.dunning.level"].search([]).write(
        {"attach_invoices": False, "attach_letter": False, "min_amount": 0}
    )
    run.action_preview()
    notices = env["ar.dunning.notice"].search([("run_id", "=", run.id)], order="id")
    notices[count or len(notices) :].unlink()
    partners = notices.exists().partner_id.commercial_partner_id
    (partners + partners.child_ids).email = (
        False if channel == "letter" else "customer@example.com"
    )
    run.action_confirm()
    env.flush_all()
    env.cr.commit()
    env.invalidate_all()
    with metered(env) as figures, watching_memory(env) as memory:
        env["ar.dunning.notice"]._cron_deliver()
    figures["memory"] = memory
    sent = [("run_id", "=", run.id), ("state", "=", "sent"), ("channel", "=", channel)]
    figures["rows"] = env["ar.dunning.notice"].search_count(sent)
    return figures
