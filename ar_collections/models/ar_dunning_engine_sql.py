"""The decision's query; `ar.dunning.engine` fills in its parameters."""

# The parts of the query, in the order in which the ladder thinks (DESIGN.md, 4).
DECISION_SQL = """
WITH open_item AS MATERIALIZED (%(open_items)s),
rate (currency_id, factor) AS (%(rates)s),
level AS MATERIALIZED (
    SELECT l.*,
           row_number() OVER (PARTITION BY l.policy_id ORDER BY l.sequence, l.id)
               AS rank
      FROM ar_dunning_level l
      JOIN ar_policy p ON p.id = l.policy_id AND p.active
),
-- what each item was sent before, from the notices themselves
step AS (
    SELECT nl.move_line_id,
           MAX(COALESCE(lv.rank, nl.level_rank)) AS last_rank,
           MAX(n.date_sent) AS last_date
      FROM open_item o
      JOIN ar_dunning_notice_line nl ON nl.move_line_id = o.id
      JOIN ar_dunning_notice n ON n.id = nl.notice_id
 LEFT JOIN level lv ON lv.id = nl.level_id
     WHERE n.company_id = %(company)s
       AND nl.is_live AND nl.is_step
       AND n.state = 'sent'
  GROUP BY nl.move_line_id
),
debtor AS MATERIALIZED (
    SELECT d.id, d.partner_id, p.id AS policy_id
      FROM ar_debtor d
 LEFT JOIN ar_policy p ON p.id = d.policy_id AND p.active
     WHERE d.company_id = %(company)s
       AND d.partner_id IN (SELECT partner_id FROM open_item)
),
waiting_notice AS (
    SELECT DISTINCT d.partner_id, n.currency_id
      FROM debtor d
      JOIN ar_dunning_notice n ON n.debtor_id = d.id
     WHERE n.company_id = %(company)s
       AND n.run_id != ALL(%(runs)s::int[])
       AND n.state IN ('draft', 'queued', 'error')
),
contact AS (
    SELECT d.partner_id, MAX(n.date_sent) AS date
      FROM debtor d
      JOIN ar_dunning_notice n ON n.debtor_id = d.id
     WHERE n.company_id = %(company)s
       AND n.run_id != ALL(%(runs)s::int[])
       AND n.state = 'sent'
  GROUP BY d.partner_id
),
-- the few documents that differ from their customer
special AS MATERIALIZED (
    SELECT m.id, p.id AS policy_id, m.payment_state = 'blocked' AS is_blocked
      FROM account_move m
 LEFT JOIN ar_policy p ON p.id = m.ar_policy_id AND p.active
     WHERE m.ar_policy_id IS NOT NULL
     UNION
    SELECT m.id, p.id, TRUE
      FROM account_move m
 LEFT JOIN ar_policy p ON p.id = m.ar_policy_id AND p.active
     WHERE m.journal_id IN (SELECT id FROM account_journal)
       AND m.state = 'posted' AND m.payment_state = 'blocked'
),
item AS (
    SELECT o.id, o.move_id, o.company_id, o.partner_id, o.currency_id, o.date_due,
           o.no_followup, o.residual, o.residual_currency,
           debtor.id AS debtor_id,
           %(date)s::date - o.date_due AS days_overdue,
           COALESCE(special.is_blocked, FALSE) AS is_blocked,
           COALESCE(special.policy_id, debtor.policy_id, %(default_policy)s) AS policy_id,
           COALESCE(step.last_rank, 0) AS last_rank,
           step.last_date,
           COALESCE(step.last_date, o.date_due) AS previous_date,
           contact.date AS contact_date,
           waiting_notice.partner_id IS NOT NULL AS is_pending
      FROM open_item o
 LEFT JOIN special ON special.id = o.move_id
 LEFT JOIN debtor ON debtor.partner_id = o.partner_id
 LEFT JOIN step ON step.move_line_id = o.id
 LEFT JOIN contact ON contact.partner_id = o.partner_id
 LEFT JOIN waiting_notice
        ON waiting_notice.partner_id = o.partner_id
       AND waiting_notice.currency_id = o.currency_id
     -- what is left of exchange differences is nobody's debt
     WHERE o.residual_currency != 0
),
-- the next rung: the lowest above the last one that is reached. Many items share one
-- situation, so that it is looked up once for each of them
rung AS MATERIALIZED (
    SELECT situation.*, next.*
      FROM (SELECT DISTINCT policy_id, last_rank, date_due, previous_date
              FROM item) situation
     CROSS JOIN LATERAL (
        SELECT candidate.*
          FROM (SELECT level.id, level.rank, level.min_interval_days,
                       level.min_amount::numeric AS min_amount,
                       CASE level.delay_basis
                           WHEN 'due_date' THEN situation.date_due
                           WHEN 'end_of_month' THEN
                               (date_trunc('month', situation.date_due)
                                + interval '1 month - 1 day')::date
                           ELSE situation.previous_date
                       END + level.delay_days AS date
                  FROM level
                 WHERE level.policy_id = situation.policy_id
                   AND level.rank > situation.last_rank
                   -- a reminder of the coming due date makes no sense after it
                   AND (level.delay_days >= 0 OR situation.date_due >= %(date)s)
               ) candidate
         ORDER BY candidate.date <= %(date)s DESC, candidate.rank
         LIMIT 1) next
),
judged AS (
    SELECT item.*,
           next.id AS next_level_id,
           next.rank AS next_rank,
           next.date AS next_date,
           GREATEST(next.date, item.contact_date + GREATEST(next.min_interval_days, 1))
               AS step_date,
           CASE
               WHEN item.residual_currency <= 0 THEN 'credit'
               WHEN item.policy_id IS NULL THEN 'no_policy'
               WHEN item.no_followup THEN 'no_followup'
               WHEN item.is_blocked THEN 'blocked'
               WHEN item.is_pending THEN 'pending'
               WHEN next.id IS NULL THEN 'finished'
               WHEN next.date > %(date)s THEN 'waiting'
               WHEN item.contact_date + GREATEST(next.min_interval_days, 1)
                    > %(date)s THEN 'interval'
               WHEN NULLIF(next.min_amount, 0) IS NOT NULL AND rate.factor IS NULL
                   THEN 'no_rate'
               WHEN item.policy_id != ALL(%(policies)s::int[]) THEN 'other_policy'
               ELSE 'dun'
           END AS verdict,
           next.min_amount * rate.factor AS min_amount
      FROM item
 LEFT JOIN rate ON rate.currency_id = item.currency_id
 LEFT JOIN rung next
        ON next.policy_id = item.policy_id
       AND next.last_rank = item.last_rank
       AND next.date_due = item.date_due
       AND next.previous_date = item.previous_date
       AND item.residual_currency > 0
),
-- one claim per debtor and currency: what is owed, less every open credit. It is summed
-- by level first, so that it needs no join with the items: the planner cannot guess how
-- many of them have a verdict
part AS (
    SELECT partner_id, currency_id,
           CASE WHEN verdict = 'dun' THEN next_level_id END AS level_id,
           CASE WHEN verdict = 'dun' THEN next_rank END AS rank,
           CASE WHEN verdict = 'dun' THEN min_amount END AS min_amount,
           SUM(residual_currency) FILTER (
               WHERE verdict IN ('credit', 'dun')
                  OR (verdict IN ('waiting', 'interval', 'finished', 'other_policy')
                      AND days_overdue > 0)) AS amount
      FROM judged
  GROUP BY 1, 2, 3, 4, 5
),
-- the highest level that an item of the claim reaches and whose minimum it meets
claim AS (
    SELECT DISTINCT ON (partner_id, currency_id)
           partner_id, currency_id, amount, CASE WHEN is_met THEN level_id END AS level_id
      FROM (SELECT partner_id, currency_id, level_id, rank, total AS amount,
                   level_id IS NOT NULL AND total > 0
                       AND total >= COALESCE(min_amount, 0) AS is_met
              FROM (SELECT *, SUM(amount) OVER (PARTITION BY partner_id, currency_id)
                                  AS total
                      FROM part) summed) compared
  ORDER BY partner_id, currency_id, is_met DESC, rank DESC, level_id
),
-- one with a usable address before one without; among these the invoice contact, or the
-- head office itself where there are several
candidate AS (
    SELECT c.partner_id, c.currency_id, l.id AS level_id, p.id AS recipient_id,
           l.channel, l.fallback_channel,
           p.email_normalized IS NOT NULL AND NOT EXISTS (
               SELECT FROM mail_blacklist b
                WHERE b.email = p.email_normalized AND b.active) AS has_email,
           COALESCE(p.street, '') != '' AND COALESCE(p.city, '') != '' AS has_address,
           COUNT(*) FILTER (WHERE p.id != c.partner_id)
               OVER (PARTITION BY c.partner_id, c.currency_id) AS contacts
      FROM claim c
      JOIN level l ON l.id = c.level_id
      JOIN res_partner p ON p.commercial_partner_id = c.partner_id
     WHERE p.id = c.partner_id OR (p.type = 'invoice' AND p.active)
),
recipient AS (
    SELECT DISTINCT ON (partner_id, currency_id)
           partner_id, currency_id, recipient_id, reach.channel,
           reach.channel = 'email' OR (reach.channel = 'letter' AND has_address)
               OR candidate.channel = 'none' AS is_reachable
      FROM candidate
     CROSS JOIN LATERAL (
        SELECT CASE WHEN candidate.channel != 'email' OR has_email
                    THEN candidate.channel
                    ELSE candidate.fallback_channel END AS channel) reach
  ORDER BY partner_id, currency_id,
           (candidate.channel = 'email' AND has_email) DESC,
           ((candidate.channel = 'email' AND has_email) OR has_address) DESC,
           (recipient_id = partner_id) = (contacts != 1) DESC,
           recipient_id
)
SELECT j.id, j.move_id, j.company_id, j.partner_id, j.debtor_id, j.currency_id,
       j.residual, j.residual_currency, j.date_due, j.days_overdue, j.policy_id,
       CASE WHEN v.verdict = 'dun' THEN j.next_level_id ELSE last_level.id END
           AS level_id,
       CASE WHEN v.verdict = 'dun' THEN j.next_rank ELSE j.last_rank END AS level_rank,
       j.next_level_id, j.next_date, j.step_date, j.last_date, j.contact_date,
       v.verdict,
       CASE WHEN r.is_reachable THEN c.level_id END AS notice_level_id,
       c.amount AS claim, j.min_amount,
       r.recipient_id, r.channel
  FROM judged j
  LEFT JOIN claim c ON c.partner_id = j.partner_id AND c.currency_id = j.currency_id
  LEFT JOIN recipient r
    ON r.partner_id = j.partner_id AND r.currency_id = j.currency_id
  LEFT JOIN level last_level
    ON last_level.policy_id = j.policy_id AND last_level.rank = j.last_rank
 CROSS JOIN LATERAL (
    SELECT CASE
        WHEN j.verdict IN ('credit', 'no_policy', 'no_followup', 'blocked', 'pending',
                           'no_rate') THEN j.verdict
        WHEN j.verdict = 'dun' THEN
            CASE
                WHEN c.amount <= 0 THEN 'covered'
                WHEN r.is_reachable AND c.amount >= COALESCE(j.min_amount, 0) THEN 'dun'
                WHEN r.is_reachable THEN 'along'
                WHEN c.level_id IS NOT NULL THEN 'no_contact'
                ELSE 'minimum'
            END
        WHEN r.is_reachable AND j.days_overdue > 0 THEN 'along'
        ELSE j.verdict
    END AS verdict) v
"""
