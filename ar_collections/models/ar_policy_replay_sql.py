"""Queries of the replay; `ar.policy.replay.engine` fills in their parameters."""

# What the replay has sent so far, for each policy that is replayed (side); gone with the
# transaction. And what changes from day to day without being decided.
TABLES_SQL = (
    """
    DROP TABLE IF EXISTS ar_replay_step, ar_replay_contact, ar_replay_profile,
                         ar_replay_rate, ar_replay_workday
    """,
    """
    CREATE TEMPORARY TABLE ar_replay_step
           (side int, move_line_id int, level_id int, level_rank int, date date,
            deadline date)
           ON COMMIT DROP
    """,
    """
    CREATE TEMPORARY TABLE ar_replay_contact
           (side int, partner_id int, date date, reminder_date date,
            PRIMARY KEY (side, partner_id))
           ON COMMIT DROP
    """,
    """
    CREATE TEMPORARY TABLE ar_replay_profile
           (partner_id int PRIMARY KEY, profile varchar) ON COMMIT DROP
    """,
    """
    CREATE TEMPORARY TABLE ar_replay_rate (currency_id int, factor numeric)
           ON COMMIT DROP
    """,
    """
    CREATE TEMPORARY TABLE ar_replay_workday (first date, before int[], days date[])
           ON COMMIT DROP
    """,
)

# What was really sent before the first day, and what earlier slices of this replay sent.
SEED_SQL = """
WITH side AS (SELECT generate_series(0, %(sides)s - 1) AS number),
step AS (
    INSERT INTO ar_replay_step
    SELECT side.number, nl.move_line_id, nl.level_id, nl.level_rank, n.date_sent,
           CASE WHEN n.channel != 'none' THEN n.date_deadline END
      FROM ar_dunning_notice n
      JOIN ar_dunning_notice_line nl ON nl.notice_id = n.id
     CROSS JOIN side
     WHERE n.company_id = %(company)s AND n.state = 'sent'
       AND nl.is_live AND nl.is_step AND n.date_sent < %(first_day)s
     UNION ALL
    SELECT past.side, (step->>0)::int, (step->>1)::int, (step->>2)::int, past.date,
           (step->>3)::date
      FROM (%(past)s) past, jsonb_array_elements(past.steps) step
)
INSERT INTO ar_replay_contact
SELECT side, partner_id, MAX(date), MAX(date) FILTER (WHERE is_reminder)
  FROM (SELECT side.number AS side, d.partner_id, n.date_sent AS date,
               l.delay_days >= 0 AS is_reminder
          FROM ar_dunning_notice n
          JOIN ar_debtor d ON d.id = n.debtor_id
          JOIN ar_dunning_level l ON l.id = n.level_id
         CROSS JOIN side
         WHERE n.company_id = %(company)s AND n.state = 'sent' AND n.channel != 'none'
           AND n.date_sent < %(first_day)s
         UNION ALL
        SELECT past.side, past.partner_id, past.date, l.delay_days >= 0
          FROM (%(past)s) past
          JOIN ar_dunning_level l ON l.id = past.level_id
         WHERE past.channel != 'none') sent
GROUP BY side, partner_id
"""

# The earlier slices of a replay that is taken in several.
PAST_SQL = """
SELECT CASE side WHEN 'a_policy' THEN 0 ELSE 1 END AS side, partner_id, level_id,
       channel, date, steps
  FROM ar_policy_replay_contact
 WHERE replay_id = %(replay)s AND side IN ('a_policy', 'b_other')
"""

NO_PAST_SQL = """
SELECT 0 AS side, 0 AS partner_id, 0 AS level_id, '' AS channel, NULL::date AS date,
       '[]'::jsonb AS steps
 WHERE FALSE
"""

STEPS_SQL = """
    SELECT taken.move_line_id, taken.level_id, taken.level_rank, taken.date,
           taken.deadline
      FROM ar_replay_step taken
     WHERE taken.side = %(side)s
       AND taken.move_line_id IN (SELECT id FROM open_item)
"""

CONTACTS_SQL = """
    SELECT partner_id, date, reminder_date FROM ar_replay_contact WHERE side = %(side)s
"""

NO_WAITING_SQL = """
    SELECT NULL::int AS partner_id, NULL::int AS currency_id WHERE FALSE
"""

# The payer profile of the row ``d`` of `ar_debtor` on the day that is replayed.
PROFILE_SQL = """
CASE WHEN d.profile_manual IS NOT NULL
          AND COALESCE(d.profile_until, 'infinity') >= %(date)s
     THEN d.profile_manual
     ELSE COALESCE((SELECT known.profile FROM ar_replay_profile known
                     WHERE known.partner_id = d.partner_id), 'new') END
"""

# Only profiles that change are written: a year of days leaves few dead rows.
JUDGE_SQL = """
WITH judged AS MATERIALIZED (SELECT partner_id, profile FROM (%(judged)s) judged),
gone AS (
    DELETE FROM ar_replay_profile known
     WHERE known.partner_id NOT IN (SELECT partner_id FROM judged)
)
INSERT INTO ar_replay_profile AS known
SELECT partner_id, profile FROM judged
    ON CONFLICT (partner_id) DO UPDATE SET profile = EXCLUDED.profile
 WHERE known.profile != EXCLUDED.profile
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

# Which levels the letters of a decision have, for which payers.
TOLD_SQL = """
    SELECT DISTINCT notice_level_id AS level_id, profile
      FROM decision WHERE notice_level_id IS NOT NULL
"""

# One day: decide, remember the steps and contacts, tell them.
DAY_SQL = """
WITH decision AS MATERIALIZED (%(decision)s),
workday AS MATERIALIZED (SELECT first, before, days FROM ar_replay_workday),
rung AS MATERIALIZED (%(deadlines)s),
-- by when each letter asks to pay
asked AS (
    SELECT d.group_id, d.group_key, d.currency_id, MIN(rung.deadline) AS deadline
      FROM decision d
      JOIN rung ON rung.level_id = d.notice_level_id AND rung.profile = d.profile
     WHERE d.channel != 'none' AND d.verdict IN %(in_notice)s
  GROUP BY 1, 2, 3
),
taken AS MATERIALIZED (
    SELECT d.*, asked.deadline
      FROM decision d
 LEFT JOIN asked USING (group_id, group_key, currency_id)
     WHERE d.verdict IN %(in_notice)s
),
step AS (
    INSERT INTO ar_replay_step
    SELECT %(side)s, id, next_level_id, level_rank, %(date)s::date, deadline
      FROM taken WHERE verdict = 'dun'
),
contact AS MATERIALIZED (
    SELECT d.group_id, d.group_key, d.currency_id, d.notice_level_id AS level_id,
           d.channel, SUM(d.amount) AS amount, MAX(d.days_overdue) AS days_overdue,
           array_agg(d.id ORDER BY d.id) FILTER (WHERE d.verdict = 'dun') AS item_ids,
           jsonb_agg(jsonb_build_array(d.id, d.next_level_id, d.level_rank, d.deadline)
                     ORDER BY d.id)
               FILTER (WHERE d.verdict = 'dun') AS steps
      FROM taken d
     WHERE d.notice_level_id IS NOT NULL
  GROUP BY 1, 2, 3, 4, 5
),
remembered AS (
    INSERT INTO ar_replay_contact AS known
    SELECT %(side)s, c.group_id, %(date)s::date,
           CASE WHEN BOOL_OR(l.delay_days >= 0) THEN %(date)s::date END
      FROM contact c
      JOIN ar_dunning_level l ON l.id = c.level_id
     WHERE c.channel != 'none'
  GROUP BY c.group_id
        ON CONFLICT (side, partner_id) DO UPDATE
       SET date = EXCLUDED.date,
           reminder_date = COALESCE(EXCLUDED.reminder_date, known.reminder_date)
)
SELECT %(side)s AS side, %(date)s::date AS date, %(date)s::date AS rate_date,
       group_id AS partner_id, level_id, currency_id, channel, amount::float AS amount,
       days_overdue, item_ids, COALESCE(steps, '[]') AS steps
  FROM contact
ORDER BY group_id, currency_id, group_key
"""

REAL_SQL = """
SELECT n.date_sent AS date, n.date AS rate_date, d.partner_id, n.level_id,
       n.currency_id, n.channel, SUM(nl.amount_residual)::float AS amount,
       MAX(nl.days_overdue) AS days_overdue,
       array_agg(nl.move_line_id ORDER BY nl.move_line_id) FILTER (WHERE nl.is_step) AS item_ids
  FROM ar_dunning_notice n
  JOIN ar_debtor d ON d.id = n.debtor_id
  JOIN ar_dunning_notice_line nl ON nl.notice_id = n.id
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
