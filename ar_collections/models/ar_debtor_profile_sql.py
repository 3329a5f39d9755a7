"""Queries on how debtors pay; `ar.debtor` fills in their parameters."""

# How everybody paid until a day: evidence, average days late, share late, clean slate.
JUDGED_SQL = """
WITH exchange AS MATERIALIZED (
    SELECT exchange_move_id AS id
      FROM account_partial_reconcile WHERE exchange_move_id IS NOT NULL
),
paid AS (
    SELECT contact.commercial_partner_id AS partner_id, debt.id,
           partial.amount::float AS amount,
           partial.max_date - COALESCE(debt.date_maturity, debt.date) AS days,
           %(date)s::date - partial.max_date AS age
      FROM account_partial_reconcile partial
      JOIN account_move_line debt ON debt.id = partial.debit_move_id
      JOIN account_move_line credit ON credit.id = partial.credit_move_id
      JOIN account_move document ON document.id = credit.move_id
      JOIN res_partner contact ON contact.id = debt.partner_id
     WHERE debt.id IN (%(debts)s)
       AND partial.max_date BETWEEN %(date)s::date - %(history)s AND %(date)s::date
       AND document.move_type != 'out_refund'
       AND partial.amount > 0
       -- nobody paid an exchange difference, nor owed one
       AND document.id NOT IN (SELECT id FROM exchange)
       AND debt.move_id NOT IN (SELECT id FROM exchange)
),
seen AS (
    SELECT partner_id, id, amount, days, age, FALSE AS is_open FROM paid
     UNION ALL
    SELECT partner_id, id, residual::float, %(date)s::date - date_due, 0, TRUE
      FROM (%(open_items)s) open_item
     WHERE residual > 0 AND residual_currency != 0 AND %(date)s::date - date_due > %(grace)s
),
judged AS (
    SELECT partner_id,
           COUNT(DISTINCT id) FILTER (WHERE NOT is_open OR days > %(slow)s) AS evidence,
           SUM(GREATEST(days, 0) * weight) / NULLIF(SUM(weight), 0) AS average,
           SUM(weight) FILTER (WHERE days > %(grace)s) * 100
               / NULLIF(SUM(weight), 0) AS late,
           COUNT(*) FILTER (WHERE days > %(grace)s AND age <= %(clean)s) = 0
               AND COUNT(*) FILTER (WHERE age <= %(clean)s) > 0 AS is_clean
      FROM (SELECT seen.*, amount * power(0.5, age / %(half_life)s) AS weight
              FROM seen) weighed
  GROUP BY partner_id
)
SELECT judged.partner_id, judged.evidence,
       round(judged.average::numeric, 1) AS average,
       round(judged.late::numeric, 1) AS late,
       CASE WHEN judged.evidence < %(evidence)s THEN 'new'
            WHEN judged.is_clean OR judged.average <= %(good)s THEN 'good'
            WHEN judged.average <= %(slow)s THEN 'slow'
            ELSE 'chronic' END AS profile
  FROM judged
"""

# Only debtors whose figures differ are written.
PROFILE_SQL = """
WITH judged AS (%(judged)s),
told AS (
    SELECT d.id, COALESCE(judged.evidence, 0) AS evidence,
           COALESCE(judged.average, 0) AS average, COALESCE(judged.late, 0) AS late,
           COALESCE(judged.profile, 'new') AS profile
      FROM ar_debtor d
 LEFT JOIN judged ON judged.partner_id = d.partner_id
     WHERE d.company_id = %(company)s
       AND (%(partner_ids)s::int[] IS NULL OR d.partner_id = ANY(%(partner_ids)s::int[]))
),
computed AS (
    UPDATE ar_debtor debtor
       SET profile_computed = told.profile, days_late_average = told.average,
           late_percent = told.late, paid_count = told.evidence,
           payer_profile = (
               SELECT %(profile)s
                 FROM (SELECT debtor.profile_manual, debtor.profile_until,
                              told.profile AS profile_computed) d)
      FROM told
     WHERE debtor.id = told.id
       AND ((debtor.profile_computed, debtor.days_late_average, debtor.late_percent,
             debtor.paid_count) IS DISTINCT FROM
            (told.profile, told.average, told.late, told.evidence)
            OR debtor.payer_profile IS DISTINCT FROM (
                SELECT %(profile)s
                  FROM (SELECT debtor.profile_manual, debtor.profile_until,
                               told.profile AS profile_computed) d))
 RETURNING debtor.id
)
SELECT COUNT(*) FROM computed
"""

# What was paid by month, with the days late by amount.
MONTHS_SQL = """
  SELECT date_trunc('month', partial.max_date)::date AS month,
         GREATEST(SUM(partial.amount * (partial.max_date - COALESCE(
             debt.date_maturity, debt.date))) / SUM(partial.amount), 0)
             ::float AS days,
         SUM(partial.amount)::float AS amount
    FROM account_partial_reconcile partial
    JOIN account_move_line debt ON debt.id = partial.debit_move_id
    JOIN account_move_line credit ON credit.id = partial.credit_move_id
    JOIN account_move document ON document.id = credit.move_id
   WHERE debt.id IN (%s)
     AND partial.amount > 0
     AND document.move_type != 'out_refund'
     AND partial.max_date > %s
     -- nobody paid an exchange difference, nor owed one
     AND NOT EXISTS (SELECT FROM account_partial_reconcile exchange
                      WHERE exchange.exchange_move_id IN (document.id, debt.move_id))
GROUP BY 1
ORDER BY 1
"""
