"""A year of sent notices, in SQL, so that 5 % of the debtors are due tonight.

An item that is late by d days was sent each level that it reached, on its debtor's next
contact day; those come every ten days. For one debtor in twenty, what was reached since
its last contact day, nine days ago, is left for tonight.
"""

STATEMENTS = (
    "TRUNCATE ar_dunning_notice_line, ar_dunning_skip",
    "DELETE FROM ar_dunning_notice",
    "DELETE FROM ar_dunning_run",
    """
    INSERT INTO ar_dunning_run (company_id, date, state, is_automatic, user_id, name)
    SELECT %(company)s, %(date)s::date - 365, 'done', FALSE, 1, 'History'
    """,
    # number of contact days ago is 10 k + phase
    """
    CREATE TEMP TABLE step AS
    WITH level AS (
        SELECT l.*, row_number() OVER (ORDER BY l.sequence, l.id) AS rank
          FROM ar_dunning_level l
         WHERE l.policy_id = %(policy)s
    )
    SELECT d.id AS debtor_id, d.is_due, i.id AS move_line_id, i.currency_id,
           i.amount_residual_currency AS amount, i.date_maturity AS date_due,
           l.id AS level_id, l.rank,
           CASE WHEN reached < phase THEN NULL
                ELSE %(date)s::date - phase - 10 * ((reached - phase) / 10) END AS day
      FROM (SELECT id, partner_id, id %% 20 = 0 AS is_due,
                   CASE WHEN id %% 20 = 0 THEN 9 ELSE 1 + id %% 3 END AS phase
              FROM ar_debtor WHERE company_id = %(company)s) d
      JOIN res_partner p ON p.commercial_partner_id = d.partner_id
      JOIN account_move_line i ON i.partner_id = p.id
      JOIN account_account a ON a.id = i.account_id
      JOIN level l ON l.delay_days >= 0 OR i.date_maturity >= %(date)s::date
     CROSS JOIN LATERAL (
           SELECT %(date)s::date - i.date_maturity - l.delay_days AS reached) r
     WHERE a.account_type = 'asset_receivable' AND i.reconciled IS NOT TRUE
       AND i.parent_state = 'posted' AND i.amount_residual_currency > 0
       AND reached >= 0
    """,
    # the others have heard of everything already
    """
    UPDATE step SET day = %(date)s::date - 1 WHERE day IS NULL AND NOT is_due
    """,
    "DELETE FROM step WHERE day IS NULL",
    """
    INSERT INTO ar_dunning_notice
           (run_id, company_id, debtor_id, partner_id, level_id, currency_id, date,
            date_sent, date_deadline, channel, state, is_printed, amount_due,
            create_uid, create_date, write_uid, write_date)
    SELECT (SELECT MAX(id) FROM ar_dunning_run), %(company)s, s.debtor_id, d.partner_id,
           MAX(s.level_id), s.currency_id, s.day, s.day, s.day + 7, 'email', 'sent',
           FALSE, SUM(s.amount), 1, s.day, 1, s.day
      FROM step s
      JOIN ar_debtor d ON d.id = s.debtor_id
  GROUP BY s.debtor_id, d.partner_id, s.currency_id, s.day
  ORDER BY s.day, s.debtor_id
    """,
    """
    INSERT INTO ar_dunning_notice_line
           (notice_id, move_line_id, level_id, level_rank, is_step, is_live,
            amount_residual, date_due, days_overdue)
    SELECT n.id, s.move_line_id, s.level_id, s.rank, TRUE, TRUE, s.amount, s.date_due,
           s.day - s.date_due
      FROM step s
      JOIN ar_dunning_notice n
        ON n.debtor_id = s.debtor_id AND n.currency_id = s.currency_id
       AND n.date_sent = s.day
  ORDER BY n.id
    """,
)


def write(env):
    """Replace all notices by the history. The caller commits."""
    env["ar.debtor"]._refresh(env.company)
    company = env.company
    names = {
        "company": company.id,
        "date": company._ar_today(),
        "policy": env["ar.policy"]._get_company_default(company).id,
    }
    for statement in STATEMENTS:
        env.cr.execute(statement, names)
    env.invalidate_all()
