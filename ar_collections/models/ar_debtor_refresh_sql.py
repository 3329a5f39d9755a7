"""Statements that bring the figures of debtors up to date; `ar_debtor_refresh.py` runs them."""

# The figures of a decision by customer. Rank and level, as in the decision, in one
# number.
FRESH_SQL = """
SELECT d.partner_id,
       SUM(d.residual) AS due,
       -- a payment or credit note counts whatever its own date is, as in the ladder
       SUM(d.residual) FILTER (WHERE d.days_overdue > 0 OR d.residual_currency < 0)
           AS overdue,
       MAX(d.days_overdue)
           FILTER (WHERE d.residual_currency > 0 AND d.days_overdue > 0) AS days,
       -- the ladder's next step, or today where a person has to do something
       MIN(CASE
               WHEN d.verdict IN ('covered', 'no_contact', 'no_policy', 'no_rate',
                                  'pending') THEN %(today)s::date
               WHEN d.verdict IN ('dun', 'along', 'waiting', 'interval', 'deadline')
                    AND d.step_date IS NOT NULL
                   THEN GREATEST(d.step_date, %(today)s::date)
               WHEN d.verdict = 'paused' THEN d.pause_until + 1
           END) AS next,
       BOOL_OR(d.verdict = 'finished') AS is_finished,
       -- the highest level sent, and the highest of these if ranks are equal
       (MAX(d.last_rank * 4294967296 + d.last_level_id) %% 4294967296)::int
           AS level_id,
       MAX(d.contact_date) AS contact_date,
       BOOL_OR(d.verdict IN ('dun', 'along', 'covered', 'minimum', 'no_contact',
                             'no_rate', 'paused', 'bank')) AS is_moving
  FROM (%(decision)s) d
GROUP BY d.partner_id
"""

# The last letter of a debtor, where it is asked for: of a few through the index …
SENT_SQL = """
LATERAL (SELECT n.debtor_id, MAX(n.date_sent) AS date, MAX(n.date_deadline) AS deadline
           FROM ar_dunning_notice n
          WHERE n.debtor_id = debtor.id AND n.state = 'sent'
            AND known.is_finished IS NOT FALSE
       GROUP BY n.debtor_id)
"""

# … and of all at a go.
ALL_SENT_SQL = """
(SELECT n.debtor_id, MAX(n.date_sent) AS date, MAX(n.date_deadline) AS deadline
   FROM ar_dunning_notice n
  WHERE n.company_id = %(company)s AND n.state = 'sent'
GROUP BY n.debtor_id)
"""

# Only debtors whose figures differ are written.
REFRESH_SQL = """
WITH known AS MATERIALIZED (%(known)s),
fresh AS (
    SELECT debtor.id, known.level_id,
           COALESCE(known.due, 0) AS amount_due,
           GREATEST(COALESCE(known.overdue, 0), 0) AS amount_overdue,
           -- what credits cover is not late
           CASE WHEN known.overdue > 0 THEN COALESCE(known.days, 0) ELSE 0 END
               AS days_overdue,
           LEAST(known.next,
                 -- after the deadline of the last letter
                 CASE WHEN known.is_finished
                      THEN GREATEST(%(today)s::date, sent.deadline + 1) END)
               AS next_action_date,
           CASE WHEN known.partner_id IS NULL THEN sent.date
                ELSE known.contact_date END AS last_notice_date
      FROM ar_debtor debtor
 LEFT JOIN known ON known.partner_id = debtor.partner_id
 LEFT JOIN %(sent)s sent ON sent.debtor_id = debtor.id
     WHERE debtor.company_id = %(company)s
       AND (%(ids)s::int[] IS NULL OR debtor.partner_id = ANY(%(ids)s::int[]))
),
written AS (
UPDATE ar_debtor debtor
   SET level_id = fresh.level_id,
       amount_due = fresh.amount_due,
       amount_overdue = fresh.amount_overdue,
       days_overdue = fresh.days_overdue,
       next_action_date = fresh.next_action_date,
       last_notice_date = fresh.last_notice_date
  FROM fresh
 WHERE debtor.id = fresh.id
   AND (debtor.level_id, debtor.amount_due, debtor.amount_overdue,
        debtor.days_overdue, debtor.next_action_date, debtor.last_notice_date)
       IS DISTINCT FROM
       (fresh.level_id, fresh.amount_due, fresh.amount_overdue,
        fresh.days_overdue, fresh.next_action_date, fresh.last_notice_date)
RETURNING debtor.id
)
SELECT partner_id FROM known WHERE is_moving
"""
