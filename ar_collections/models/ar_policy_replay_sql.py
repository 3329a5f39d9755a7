"""Queries of the replay; `ar.policy.replay.engine` fills in their parameters."""

# What the replay has sent so far; gone with the transaction.
TABLES_SQL = (
    "DROP TABLE IF EXISTS ar_replay_step, ar_replay_contact, ar_replay_profile",
    """
    CREATE TEMPORARY TABLE ar_replay_step
           (move_line_id int, level_id int, level_rank int, date date)
           ON COMMIT DROP
    """,
    """
    CREATE TEMPORARY TABLE ar_replay_contact
           (partner_id int PRIMARY KEY, date date, reminder_date date)
           ON COMMIT DROP
    """,
    """
    CREATE TEMPORARY TABLE ar_replay_profile
           (partner_id int PRIMARY KEY, profile varchar) ON COMMIT DROP
    """,
)

# What was really sent before the first day.
SEED_SQL = """
WITH step AS (
    INSERT INTO ar_replay_step
    SELECT nl.move_line_id, nl.level_id, nl.level_rank, n.date_sent
      FROM ar_dunning_notice n
      JOIN ar_dunning_notice_line nl ON nl.notice_id = n.id
     WHERE n.company_id = %(company)s AND n.state = 'sent'
       AND nl.is_live AND nl.is_step AND n.date_sent < %(first_day)s
)
INSERT INTO ar_replay_contact
SELECT d.partner_id, MAX(n.date_sent),
       MAX(n.date_sent) FILTER (WHERE l.delay_days >= 0)
  FROM ar_dunning_notice n
  JOIN ar_debtor d ON d.id = n.debtor_id
  JOIN ar_dunning_level l ON l.id = n.level_id
 WHERE n.company_id = %(company)s AND n.state = 'sent' AND n.channel != 'none'
   AND n.date_sent < %(first_day)s
GROUP BY d.partner_id
"""

STEPS_SQL = """
    SELECT taken.move_line_id, taken.level_id, taken.level_rank, taken.date
      FROM ar_replay_step taken
     WHERE taken.move_line_id IN (SELECT id FROM open_item)
"""

CONTACTS_SQL = "SELECT partner_id, date, reminder_date FROM ar_replay_contact"

# The payer profile of the row ``d`` of `ar_debtor` on the day that is replayed.
PROFILE_SQL = """
CASE WHEN d.profile_manual IS NOT NULL
          AND COALESCE(d.profile_until, 'infinity') >= %(date)s
     THEN d.profile_manual
     ELSE COALESCE((SELECT known.profile FROM ar_replay_profile known
                     WHERE known.partner_id = d.partner_id), 'new') END
"""

# Everybody under one policy, with the payer profile of the day.
TREATED_SQL = """
    SELECT o.partner_id, d.id AS debtor_id,
           COALESCE(known.profile, 'new') AS profile,
           %(policy)s::int AS policy_id, 'company' AS source, NULL::int AS rule_id
      FROM (SELECT DISTINCT partner_id FROM open_item) o
 LEFT JOIN ar_debtor d ON d.partner_id = o.partner_id AND d.company_id = %(company)s
 LEFT JOIN ar_replay_profile known ON known.partner_id = o.partner_id
"""

# One day: decide, remember the steps and contacts, tell them.
DAY_SQL = """
WITH decision AS MATERIALIZED (%(decision)s),
step AS (
    INSERT INTO ar_replay_step
    SELECT id, next_level_id, level_rank, %(date)s FROM decision WHERE verdict = 'dun'
),
contact AS MATERIALIZED (
    SELECT d.group_id, d.group_key, d.currency_id, d.notice_level_id AS level_id,
           d.channel, SUM(d.residual) AS amount, MAX(d.days_overdue) AS days_overdue,
           array_agg(d.id) FILTER (WHERE d.verdict = 'dun') AS item_ids
      FROM decision d
     WHERE d.notice_level_id IS NOT NULL AND d.verdict IN %(in_notice)s
  GROUP BY 1, 2, 3, 4, 5
),
remembered AS (
    INSERT INTO ar_replay_contact AS known
    SELECT c.group_id, %(date)s,
           CASE WHEN BOOL_OR(l.delay_days >= 0) THEN %(date)s::date END
      FROM contact c
      JOIN ar_dunning_level l ON l.id = c.level_id
     WHERE c.channel != 'none'
  GROUP BY c.group_id
        ON CONFLICT (partner_id) DO UPDATE
       SET date = EXCLUDED.date,
           reminder_date = COALESCE(EXCLUDED.reminder_date, known.reminder_date)
)
SELECT %(date)s::date AS date, group_id AS partner_id, level_id, currency_id,
       amount::float AS amount, days_overdue, item_ids
  FROM contact
ORDER BY group_id, currency_id, group_key
"""

REAL_SQL = """
SELECT n.date_sent AS date, d.partner_id, n.level_id, n.currency_id,
       SUM(CASE WHEN line.currency_id = company.currency_id
                     OR line.amount_currency = 0 THEN nl.amount_residual
                ELSE nl.amount_residual * line.balance / line.amount_currency
           END)::float AS amount,
       MAX(nl.days_overdue) AS days_overdue,
       array_agg(nl.move_line_id) FILTER (WHERE nl.is_step) AS item_ids
  FROM ar_dunning_notice n
  JOIN ar_debtor d ON d.id = n.debtor_id
  JOIN ar_dunning_notice_line nl ON nl.notice_id = n.id
  JOIN account_move_line line ON line.id = nl.move_line_id
  JOIN res_company company ON company.id = n.company_id
 WHERE n.company_id = %(company)s AND n.state = 'sent'
   AND n.date_sent BETWEEN %(date_from)s AND %(date_to)s
   AND (%(partner_ids)s::int[] IS NULL OR d.partner_id = ANY(%(partner_ids)s::int[]))
GROUP BY n.id, d.partner_id
ORDER BY n.date_sent, d.partner_id, n.id
"""

# The contacts of which something was still open three days later.
NEEDLESS_SQL = """
SELECT DISTINCT contact.index
  FROM unnest(%(contacts)s::int[], %(items)s::int[], %(dates)s::date[])
       contact (index, item_id, date)
  JOIN account_move_line line ON line.id = contact.item_id
 WHERE line.balance > COALESCE((
            SELECT SUM(partial.amount)
              FROM account_partial_reconcile partial
             WHERE partial.debit_move_id = line.id
               AND partial.max_date <= contact.date + 3), 0)
"""
