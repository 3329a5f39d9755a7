"""Parts of the decision's query that depend on what a company uses."""

# So many customers are looked at together, not one by one.
MANY = 20000

# What was sent before, and when the customer was last contacted, from the notices.
STEPS_SQL = """
    SELECT nl.move_line_id, nl.level_id, nl.level_rank, n.date_sent AS date,
           CASE WHEN n.channel != 'none' THEN n.date_deadline END AS deadline
      FROM open_item o
      JOIN ar_dunning_notice_line nl ON nl.move_line_id = o.id
      JOIN ar_dunning_notice n ON n.id = nl.notice_id
     WHERE n.company_id = %(company)s
       AND nl.is_live AND nl.is_step
       AND n.state = 'sent'
"""

# To look each item up costs more than to read all steps, if nearly all are asked for.
ALL_STEPS_SQL = """
    SELECT nl.move_line_id, nl.level_id, nl.level_rank, n.date_sent AS date,
           CASE WHEN n.channel != 'none' THEN n.date_deadline END AS deadline
      FROM ar_dunning_notice_line nl
      JOIN ar_dunning_notice n ON n.id = nl.notice_id
     WHERE n.company_id = %(company)s
       AND nl.is_live AND nl.is_step
       AND n.state = 'sent'
"""

DEBTORS_SQL = """
    SELECT d.id, d.partner_id
      FROM ar_debtor d
     WHERE d.company_id = %(company)s
       AND d.partner_id IN (SELECT partner_id FROM open_item
                             UNION SELECT office_id FROM office)
"""

# To look for those who owe costs more than to read all, if nearly all are asked for.
ALL_DEBTORS_SQL = """
    SELECT d.id, d.partner_id FROM ar_debtor d WHERE d.company_id = %(company)s
"""

CONTACTS_SQL = """
    SELECT d.partner_id, MAX(n.date_sent) AS date,
           MAX(n.date_sent) FILTER (WHERE l.delay_days >= 0) AS reminder_date
      FROM (%(debtors)s) d
      JOIN ar_dunning_notice n ON n.debtor_id = d.id
      JOIN ar_dunning_level l ON l.id = n.level_id
     WHERE n.channel != 'none' AND n.company_id = %(company)s
       AND n.run_id != ALL(%(runs)s::int[])
       AND n.state = 'sent'
  GROUP BY d.partner_id
"""

# The same with all debtors: notices are summed up before anything is joined.
ALL_CONTACTS_SQL = """
    SELECT d.partner_id, sent.date, sent.reminder_date
      FROM (SELECT n.debtor_id, MAX(n.date_sent) AS date,
                   MAX(n.date_sent) FILTER (WHERE n.level_id IN (
                       SELECT l.id FROM ar_dunning_level l WHERE l.delay_days >= 0))
                       AS reminder_date
              FROM ar_dunning_notice n
             WHERE n.channel != 'none' AND n.company_id = %(company)s
               AND n.run_id != ALL(%(runs)s::int[])
               AND n.state = 'sent'
          GROUP BY n.debtor_id) sent
      JOIN ar_debtor d ON d.id = sent.debtor_id AND d.company_id = %(company)s
"""

WAITING_NOTICES_SQL = """
    SELECT DISTINCT d.partner_id, n.currency_id
      FROM (%(debtors)s) d
      JOIN ar_dunning_notice n ON n.debtor_id = d.id
     WHERE n.company_id = %(company)s
       AND n.run_id != ALL(%(runs)s::int[])
       AND n.state IN ('draft', 'queued', 'error')
"""

# The head office of each branch that is a customer of its own: the top of its parents.
OFFICE_SQL = """
    WITH RECURSIVE up AS (
        SELECT p.id AS partner_id, p.parent_id AS office_id, 1 AS height
          FROM res_partner p
         WHERE p.parent_id IS NOT NULL AND p.commercial_partner_id = p.id
           AND p.id IN (SELECT partner_id FROM open_item)
         UNION ALL
        SELECT up.partner_id, p.parent_id, up.height + 1
          FROM up
          JOIN res_partner p ON p.id = up.office_id
         WHERE p.parent_id IS NOT NULL AND up.height < 50
    )
    SELECT DISTINCT ON (partner_id) partner_id, office_id
      FROM up
  ORDER BY partner_id, height DESC
"""

NO_OFFICE_SQL = "SELECT NULL::int AS partner_id, NULL::int AS office_id WHERE FALSE"

# Pauses on the day: an item is left alone, or a part of it is not claimed. A pause of an
# amount takes it from the items that it covers, the oldest first.
PAUSED_SQL = """
    SELECT id, BOOL_OR(is_whole) AS is_whole, SUM(amount) AS amount,
           -- one of the whole item outlasts those of its parts
           COALESCE(MAX(date_to) FILTER (WHERE is_whole AND is_endless),
                    MAX(date_to) FILTER (WHERE is_whole),
                    MAX(date_to)) AS date_to,
           COALESCE(BOOL_OR(is_endless) FILTER (WHERE is_whole),
                    BOOL_OR(is_endless)) AS is_endless
      FROM (SELECT o.id, pause.amount = 0 AS is_whole,
                   CASE WHEN pause.amount > 0
                        THEN GREATEST(LEAST(
                            o.residual_currency,
                            pause.amount - SUM(o.residual_currency) OVER (
                                PARTITION BY pause.id ORDER BY o.date_due, o.id)
                            + o.residual_currency), 0)
                   END AS amount,
                   COALESCE(pause.date_to, pause.date_review) AS date_to,
                   pause.date_to IS NULL AS is_endless
              FROM (SELECT pause.id AS pause_id, o.id AS item_id
                      FROM ar_pause pause
                      JOIN ar_debtor d ON d.id = pause.debtor_id
                      JOIN open_item o ON o.partner_id = d.partner_id
                     WHERE NOT pause.is_for_items
                       AND pause.company_id = %(company)s AND pause.active
                     UNION ALL
                    -- an item stays paused, whoever owes it now
                    SELECT rel.pause_id, rel.line_id
                      FROM ar_pause pause
                      JOIN ar_pause_line_rel rel ON rel.pause_id = pause.id
                     WHERE pause.is_for_items
                       AND pause.company_id = %(company)s AND pause.active) covered
              JOIN ar_pause pause ON pause.id = covered.pause_id
              JOIN open_item o
                ON o.id = covered.item_id AND o.residual_currency > 0
               AND (pause.amount = 0 OR pause.currency_id = o.currency_id)
             WHERE pause.date_from <= %(date)s
               AND (pause.date_to IS NULL OR pause.date_to >= %(date)s)
           ) share
  GROUP BY id
"""

# The plain way: each customer gets one letter per currency, every credit goes into it.
PLAIN_NETTING_SQL = """
entry AS (
    SELECT %(columns)s, 0 AS group_key, residual, residual_currency, amount FROM judged
)
"""

# Several letters to one customer in one currency: each open credit is shared out among
# the debts, the oldest first, and listed where its parts are deducted. Debts and credits
# are laid end to end on two lines of money; where they overlap, they are netted.
SPLIT_NETTING_SQL = """
keyed AS MATERIALIZED (
    SELECT judged.*,
           CASE judged.grouping
               WHEN 'invoice' THEN judged.move_id
               WHEN 'level' THEN
                   CASE WHEN judged.verdict = 'dun' THEN judged.next_level_id ELSE -1 END
               ELSE 0
           END AS group_key
      FROM judged
),
debt AS (
    SELECT group_id, currency_id, group_key, amount,
           SUM(amount) OVER (PARTITION BY group_id, currency_id
                             ORDER BY date_due, id) AS upto
      FROM keyed
     WHERE amount > 0
       AND (verdict = 'dun'
            OR (verdict IN ('waiting', 'interval', 'deadline', 'finished',
                            'other_policy')
                AND days_overdue > 0))
),
credit AS (
    SELECT *, -SUM(amount) OVER (PARTITION BY group_id, currency_id
                                 ORDER BY date, id) AS upto
      FROM keyed WHERE verdict = 'credit'
),
shared AS (
    SELECT credit.id, debt.group_key,
           SUM(LEAST(debt.upto, credit.upto)
               - GREATEST(debt.upto - debt.amount, credit.upto + credit.amount))
               AS amount
      FROM credit
      JOIN debt USING (group_id, currency_id)
     WHERE LEAST(debt.upto, credit.upto)
           > GREATEST(debt.upto - debt.amount, credit.upto + credit.amount)
  GROUP BY credit.id, debt.group_key
),
entry AS (
    SELECT %(columns)s, group_key, residual, residual_currency, amount
      FROM keyed WHERE verdict != 'credit'
     UNION ALL
    -- what is open counts once, however many letters list a part of it
    SELECT %(credit_columns)s, shared.group_key,
           CASE WHEN nth = 1 THEN credit.residual ELSE 0 END,
           CASE WHEN nth = 1 THEN credit.residual_currency ELSE 0 END,
           -shared.amount
      FROM credit
      JOIN (SELECT *, row_number() OVER (PARTITION BY id ORDER BY group_key) AS nth
              FROM shared) shared ON shared.id = credit.id
     UNION ALL
    SELECT %(credit_columns)s, -2, credit.residual, credit.residual_currency,
           credit.amount
      FROM credit
     WHERE NOT EXISTS (SELECT FROM shared WHERE shared.id = credit.id)
)
"""

# Columns of `judged` that are still needed in `entry`, which is written down for each
# item: a narrow one takes half the time.
ENTRY_COLUMNS = (
    "id",
    "move_id",
    "company_id",
    "partner_id",
    "currency_id",
    "date_due",
    "debtor_id",
    "profile",
    "policy_id",
    "policy_source",
    "rule_id",
    "group_id",
    "days_overdue",
    "last_rank",
    "last_level_id",
    "last_date",
    "pay_by",
    "contact_date",
    "pause_until",
    "is_pause_endless",
    "next_level_id",
    "next_rank",
    "next_date",
    "step_date",
    "is_upcoming",
    "is_silent",
    "may_join",
    "verdict",
    "min_amount",
    "min_percent",
)
