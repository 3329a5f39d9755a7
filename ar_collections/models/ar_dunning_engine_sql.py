"""The decision's query; `ar.dunning.engine` fills in its parameters.

The parts stand in the order in which the ladder thinks (DESIGN.md, 4). What only some
companies use (rules, head offices, working days, letters per invoice) is in
`ar_dunning_engine_parts.py` and costs the others nothing; how the items of a letter
become one claim is in `ar_dunning_engine_letter_sql.py`.
"""

DECISION_SQL = """
WITH open_item AS MATERIALIZED (%(open_items)s),
rate (currency_id, factor) AS (%(rates)s),
workday AS MATERIALIZED (%(workday)s),
policy AS MATERIALIZED (
    SELECT id, grouping, is_workdays_only, bank_max_age, bank_level_id
      FROM ar_policy WHERE %(policy_filter)s
),
-- a level for each payer profile, which may have other delays or skip it
level AS MATERIALIZED (
    SELECT l.id, l.policy_id, profile.name AS profile, l.delay_basis, l.day_type,
           l.min_interval_days, l.min_amount::numeric AS min_amount,
           l.min_percent::numeric AS min_percent, l.channel, l.fallback_channel,
           COALESCE(variant.delay_days, l.delay_days) AS delay_days,
           COALESCE(variant.is_skipped, FALSE) AS is_skipped,
           CASE WHEN policy.bank_max_age > 0
                 AND COALESCE(variant.delay_days, l.delay_days) >= 0
                 AND (gate.id IS NULL OR (l.sequence, l.id) >= (gate.sequence, gate.id))
                THEN policy.bank_max_age END AS bank_max_age,
           dense_rank() OVER (PARTITION BY l.policy_id ORDER BY l.sequence, l.id)
               AS rank
      FROM ar_dunning_level l
      JOIN policy ON policy.id = l.policy_id
 LEFT JOIN ar_dunning_level gate
        ON gate.id = policy.bank_level_id AND gate.policy_id = policy.id
     CROSS JOIN (%(profiles)s) profile (name)
 LEFT JOIN ar_dunning_level_variant variant
        ON variant.level_id = l.id AND variant.payer_profile = profile.name
),
-- where each level stands in its own policy, and how many reminders it then takes
rung_rank AS MATERIALIZED (
    SELECT id, policy_id, delay_days,
           dense_rank() OVER (PARTITION BY policy_id ORDER BY sequence, id) AS rank,
           COUNT(*) FILTER (WHERE delay_days >= 0)
               OVER (PARTITION BY policy_id ORDER BY sequence, id) AS reminders
      FROM ar_dunning_level
),
office AS MATERIALIZED (%(office)s),
-- what each item was sent before, from the notices themselves; rank and level in one
-- number, so that the highest is found without sorting
step AS (
    SELECT taken.move_line_id,
           MAX(COALESCE(rung_rank.rank, taken.level_rank)::bigint * 4294967296
               + taken.level_id) AS last_code,
           MAX(taken.date) AS last_date,
           -- a note about a coming due date sets no deadline
           MAX(taken.deadline) FILTER (WHERE rung_rank.delay_days >= 0) AS pay_by,
           MAX(rung_rank.reminders) AS reminders,
           MIN(rung_rank.policy_id) AS first_policy_id,
           MAX(rung_rank.policy_id) AS last_policy_id
      FROM (%(steps)s) taken
 LEFT JOIN rung_rank ON rung_rank.id = taken.level_id
  GROUP BY taken.move_line_id
),
contact AS (%(contacts)s),
waiting_notice AS (%(waiting_notices)s),
-- who is treated how: the policy of each customer, where it comes from, the profile
treated AS MATERIALIZED (%(treated)s),
-- the few documents that differ from their customer
special AS MATERIALIZED (
    SELECT m.id, p.id AS policy_id, m.payment_state = 'blocked' AS is_blocked
      FROM account_move m
 LEFT JOIN policy p ON p.id = m.ar_policy_id
     WHERE m.ar_policy_id IS NOT NULL
     UNION
    SELECT m.id, p.id, TRUE
      FROM account_move m
 LEFT JOIN policy p ON p.id = m.ar_policy_id
     WHERE m.journal_id IN (SELECT id FROM account_journal)
       AND m.state = 'posted' AND m.payment_state = 'blocked'
),
paused AS MATERIALIZED (%(paused)s),
placed AS (
    SELECT o.id, o.move_id, o.company_id, o.partner_id, o.currency_id, o.date,
           o.date_due, o.no_followup, o.residual, o.residual_currency,
           treated.debtor_id, COALESCE(treated.profile, 'new') AS profile,
           COALESCE(special.is_blocked, FALSE) AS is_blocked,
           COALESCE(%(special_policy)s, treated.policy_id, %(default_policy)s)
               AS policy_id,
           CASE WHEN %(special_policy)s IS NOT NULL THEN 'invoice'
                ELSE COALESCE(treated.source, 'company') END AS policy_source,
           CASE WHEN %(special_policy)s IS NULL THEN treated.rule_id END AS rule_id
      FROM open_item o
 LEFT JOIN special ON special.id = o.move_id
 LEFT JOIN treated ON treated.partner_id = o.partner_id
     -- what is left of exchange differences is nobody's debt
     WHERE o.residual_currency != 0
),
item AS (
    SELECT grouped.*,
           %(date)s::date - grouped.date_due AS days_overdue,
           CASE
               WHEN step.move_line_id IS NULL THEN 0
               WHEN step.reminders IS NULL
                    OR (step.first_policy_id = grouped.policy_id
                        AND step.last_policy_id = grouped.policy_id)
                   THEN step.last_code / 4294967296
               -- sent under another policy: what counts is how many reminders it got
               ELSE COALESCE((SELECT MAX(r.rank) FROM rung_rank r
                               WHERE r.policy_id = grouped.policy_id
                                 AND r.reminders <= step.reminders), 0)
           END AS last_rank,
           (step.last_code %% 4294967296)::int AS last_level_id,
           step.last_date, step.pay_by,
           COALESCE(step.last_date, grouped.date_due) AS previous_date,
           contact.date AS contact_date,
           contact.reminder_date,
           waiting_notice.partner_id IS NOT NULL AS is_pending,
           -- what may be claimed: what is open, less the part that is paused
           CASE WHEN paused.id IS NULL THEN grouped.residual_currency
                WHEN paused.is_whole THEN 0
                ELSE GREATEST(grouped.residual_currency - paused.amount, 0) END
               AS amount,
           paused.date_to AS pause_until, paused.is_endless AS is_pause_endless
      FROM (SELECT placed.*, policy.grouping, policy.is_workdays_only,
                   CASE WHEN policy.grouping = 'head_office'
                        THEN COALESCE(office.office_id, placed.partner_id)
                        ELSE placed.partner_id END AS group_id
              FROM placed
         LEFT JOIN policy ON policy.id = placed.policy_id
         LEFT JOIN office ON office.partner_id = placed.partner_id) grouped
 LEFT JOIN step ON step.move_line_id = grouped.id
 LEFT JOIN contact ON contact.partner_id = grouped.group_id
 LEFT JOIN waiting_notice
        ON waiting_notice.partner_id = grouped.group_id
       AND waiting_notice.currency_id = grouped.currency_id
 LEFT JOIN paused ON paused.id = grouped.id
),
-- the next rung: the lowest above the last one that is reached. Many items share one
-- situation, so that it is looked up once for each of them
rung AS MATERIALIZED (
    SELECT situation.*, next.*
      FROM (SELECT DISTINCT policy_id, is_workdays_only, profile, last_rank, date_due,
                   previous_date
              FROM item WHERE residual_currency > 0) situation
     CROSS JOIN LATERAL (
        SELECT candidate.*
          FROM (SELECT based.id, based.rank, based.min_interval_days,
                       based.min_amount, based.min_percent,
                       based.delay_days < 0 AS is_upcoming,
                       based.channel = 'none' AS is_silent, based.bank_max_age,
                       -- counted from a note about a coming due date, a reminder would
                       -- come before it
                       CASE WHEN based.delay_days < 0 THEN %(step_date)s
                            ELSE GREATEST(%(step_date)s, situation.date_due) END AS date
                  FROM (SELECT level.*, %(basis)s AS basis
                          FROM level
                         WHERE level.policy_id = situation.policy_id
                           AND level.profile = situation.profile
                           AND level.rank > situation.last_rank
                           AND NOT level.is_skipped
                           -- a reminder of the coming due date makes no sense after it
                           AND (level.delay_days >= 0 OR situation.date_due >= %(date)s)
                           -- counted from the notice before it: not over others' heads
                           AND (level.delay_basis != 'previous_notice' OR NOT EXISTS (
                                SELECT FROM level below
                                 WHERE below.policy_id = level.policy_id
                                   AND below.profile = level.profile
                                   AND below.rank > situation.last_rank
                                   AND below.rank < level.rank
                                   AND below.delay_days >= 0
                                   AND NOT below.is_skipped))
                       ) based
               ) candidate
         ORDER BY candidate.date <= %(date)s DESC, candidate.rank
         LIMIT 1) next
),
spaced AS (
    SELECT item.*,
           next.id AS next_level_id,
           next.rank AS next_rank,
           next.date AS next_date,
           next.is_upcoming, next.is_silent, next.min_interval_days, next.bank_max_age,
           next.min_amount * rate.factor AS min_amount,
           next.min_amount > 0 AND rate.factor IS NULL AS has_no_rate,
           COALESCE(next.min_percent, 0) AS min_percent,
           -- the distance from the last contact. A note about a coming due date is no
           -- reminder: it keeps the others back for that day only. A silent level
           -- contacts nobody; but no item takes two steps on one day
           CASE WHEN next.is_silent THEN item.last_date + 1
                WHEN next.is_upcoming THEN
                    item.contact_date + GREATEST(next.min_interval_days, 1)
                ELSE GREATEST(
                    item.reminder_date + GREATEST(next.min_interval_days, 1),
                    item.contact_date + 1, item.last_date + 1)
           END AS free_date
      FROM item
 LEFT JOIN rate ON rate.currency_id = item.currency_id
 LEFT JOIN rung next
        ON next.policy_id = item.policy_id
       AND next.profile = item.profile
       AND next.last_rank = item.last_rank
       AND next.date_due = item.date_due
       AND next.previous_date = item.previous_date
       AND item.residual_currency > 0
),
judged AS (
    SELECT spaced.*,
           -- a note that the distance keeps back beyond the due date never comes
           CASE WHEN NOT is_upcoming OR free_date <= date_due OR free_date IS NULL
                THEN GREATEST(next_date, free_date, pay_by + 1) END AS step_date,
           CASE
               WHEN residual_currency <= 0 THEN 'credit'
               WHEN policy_id IS NULL THEN 'no_policy'
               WHEN no_followup THEN 'no_followup'
               WHEN is_blocked THEN 'blocked'
               WHEN amount <= 0 THEN 'paused'
               WHEN is_pending THEN 'pending'
               WHEN next_level_id IS NULL THEN 'finished'
               WHEN next_date > %(date)s THEN 'waiting'
               WHEN policy_id != ALL(%(policies)s::int[]) THEN 'other_policy'
               WHEN has_no_rate THEN 'no_rate'
               -- nobody knows whether it was paid; a step without words harms nobody
               WHEN bank_max_age IS NOT NULL AND NOT is_silent
                    AND (%(bank_date)s::date >= %(date)s::date - bank_max_age)
                        IS NOT TRUE
                   THEN 'bank'
               WHEN free_date > %(date)s THEN 'interval'
               -- asked to pay by a day: not asked again before it has passed
               WHEN pay_by >= %(date)s THEN 'deadline'
               ELSE 'dun'
           END AS verdict,
           -- kept back by the distance only, its own last notice being long ago: if the
           -- customer is written to anyway, it moves up in that letter. Else whoever
           -- buys every week would never get further than the first level
           NOT is_upcoming
               AND COALESCE(last_date + GREATEST(min_interval_days, 1) <= %(date)s, TRUE)
               AND COALESCE(pay_by < %(date)s, TRUE)
               AS may_join
      FROM spaced
),
%(netting)s,
%(letters)s
SELECT j.id, j.move_id, j.company_id, j.partner_id, j.debtor_id, j.group_id,
       j.group_key, j.currency_id, j.residual, j.residual_currency, j.amount,
       j.date_due, j.days_overdue, j.policy_id, j.policy_source, j.rule_id, j.profile,
       CASE WHEN v.verdict = 'dun' THEN j.next_level_id ELSE j.last_level_id END
           AS level_id,
       CASE WHEN v.verdict = 'dun' THEN j.next_rank ELSE j.last_rank END AS level_rank,
       j.last_level_id, j.last_rank,
       j.next_level_id, j.next_date, j.step_date, j.last_date, j.pay_by,
       j.contact_date,
       j.pause_until, j.is_pause_endless, v.verdict, j.verdict AS own_verdict,
       CASE WHEN r.is_reachable THEN c.level_id END AS notice_level_id,
       c.amount AS claim, j.min_amount, j.min_percent, c.open_total,
       r.recipient_id, r.channel
  FROM entry j
  LEFT JOIN claim c
    ON c.group_id = j.group_id AND c.currency_id = j.currency_id
   AND c.group_key = j.group_key
  LEFT JOIN recipient r
    ON r.group_id = j.group_id AND r.currency_id = j.currency_id
   AND r.group_key = j.group_key
 -- a reminder is measured by what is due, also in a letter that is only a note
 CROSS JOIN LATERAL (
    SELECT CASE WHEN j.is_upcoming THEN c.amount ELSE c.due_amount END AS amount) own
 CROSS JOIN LATERAL (
    SELECT CASE
        WHEN j.verdict IN ('credit', 'no_policy', 'no_followup', 'blocked', 'paused',
                           'pending', 'no_rate', 'bank') THEN j.verdict
        WHEN j.verdict = 'dun' OR (j.verdict = 'interval' AND j.may_join
                                   AND c.has_words AND c.is_reminder) THEN
            CASE
                WHEN j.is_upcoming AND c.is_reminded THEN 'reminded'
                WHEN c.amount <= 0 THEN 'covered'
                WHEN r.is_reachable AND own.amount > 0
                     AND own.amount >= COALESCE(j.min_amount, 0)
                     AND own.amount * 100 >= j.min_percent * c.open_total THEN 'dun'
                WHEN r.is_reachable AND c.lists_all THEN 'along'
                WHEN r.is_reachable THEN 'minimum'
                WHEN c.level_id IS NOT NULL THEN 'no_contact'
                ELSE 'minimum'
            END
        WHEN r.is_reachable AND c.lists_all AND j.days_overdue > 0 THEN 'along'
        ELSE j.verdict
    END AS verdict) v
"""
