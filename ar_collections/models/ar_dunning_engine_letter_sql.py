"""The part of the decision's query that makes one claim of the items of a letter."""

LETTERS_SQL = """
-- one claim per letter: what is owed, less every open credit. It is summed by level
-- first, so that it needs no join with the items: the planner cannot guess how many of
-- them have a verdict
part AS (
    SELECT group_id, currency_id, group_key,
           verdict = 'dun' AS is_step,
           is_upcoming AND verdict = 'dun' AS is_upcoming,
           verdict = 'credit' AS is_credit,
           CASE WHEN may_step THEN is_silent END AS is_silent,
           CASE WHEN may_step THEN next_level_id END AS level_id,
           CASE WHEN may_step THEN next_rank END AS rank,
           CASE WHEN may_step THEN min_amount END AS min_amount,
           CASE WHEN may_step THEN min_percent END AS min_percent,
           SUM(amount) FILTER (
               WHERE verdict IN ('credit', 'dun')
                  OR (verdict IN ('waiting', 'interval', 'deadline', 'finished',
                                  'other_policy')
                      AND days_overdue > 0)) AS amount,
           SUM(amount) FILTER (WHERE verdict != 'credit') AS open_amount
      FROM (SELECT entry.*,
                   verdict = 'dun' OR (verdict = 'interval' AND may_join) AS may_step
              FROM entry) stepping
  GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
),
summed AS (
    SELECT group_id, currency_id, group_key, level_id, rank, min_amount, min_percent,
           is_silent, COALESCE(is_upcoming, FALSE) AS is_upcoming,
           -- a note about what falls due names what is overdue only to show what an
           -- open credit is deducted from
           CASE WHEN is_upcoming AND BOOL_OR(is_credit) OVER letter
                THEN SUM(amount) OVER letter
                WHEN is_upcoming
                THEN SUM(amount) FILTER (WHERE is_upcoming) OVER letter
                ELSE COALESCE(SUM(amount) FILTER (
                    WHERE is_upcoming IS NOT TRUE) OVER letter, 0)
           END AS total,
           SUM(amount) FILTER (WHERE is_upcoming IS NOT TRUE) OVER letter AS due_total,
           BOOL_OR(is_credit) OVER letter AS has_credit,
           -- a silent step is no letter that others could join, and a note about what
           -- comes is none for reminders
           is_step OR BOOL_OR(is_step AND NOT is_silent
                              AND is_upcoming IS NOT TRUE) OVER letter AS has_step,
           SUM(open_amount) OVER (PARTITION BY group_id, currency_id) AS open_total
      FROM part
    WINDOW letter AS (PARTITION BY group_id, currency_id, group_key)
),
met AS (
    SELECT summed.*,
           level_id IS NOT NULL AND has_step AND total > 0
               AND total >= COALESCE(min_amount, 0)
               AND total * 100 >= min_percent * open_total AS is_met
      FROM summed
),
-- the highest level that an item of the claim reaches and whose minimum it meets; one
-- with words before one without; a reminder, which claims what is due, before a note
-- about a coming due date, in whichever of the customer's letters the two stand
claim AS (
    SELECT DISTINCT ON (group_id, currency_id, group_key)
           group_id, currency_id, group_key, total AS amount, open_total,
           COALESCE(due_total, 0) AS due_amount,
           CASE WHEN is_met AND NOT (is_upcoming AND gets_reminder)
                THEN level_id END AS level_id,
           is_met AND NOT is_silent AS has_words,
           is_met AND NOT is_upcoming AS is_reminder,
           gets_reminder OR (is_met AND NOT is_upcoming) AS is_reminded,
           NOT is_upcoming OR has_credit AS lists_all
      FROM (SELECT met.*,
                   BOOL_OR(is_met AND NOT is_upcoming AND NOT is_silent)
                       OVER (PARTITION BY group_id, currency_id) IS TRUE
                       AS gets_reminder
              FROM met) told
  ORDER BY group_id, currency_id, group_key, is_met DESC, is_silent, is_upcoming,
           rank DESC, level_id
),
-- one with a usable address before one without; among these whom the level asks for, then
-- the invoice contact, or the head office itself where there are several
candidate AS (
    SELECT c.group_id, c.currency_id, c.group_key, p.id AS recipient_id,
           l.channel, l.fallback_channel,
           p.email_normalized IS NOT NULL AND p.ar_no_email IS NOT TRUE
               AND p.email_normalized IS DISTINCT FROM p.ar_bounced_email
               AND NOT EXISTS (
                   SELECT FROM mail_blacklist b
                    WHERE b.email = p.email_normalized AND b.active) AS has_email,
           COALESCE(p.street, '') != '' AND COALESCE(p.city, '') != '' AS has_address,
           CASE l.recipient_role
               WHEN 'manager' THEN array_position(
                   ARRAY['manager', 'dunning'], p.ar_contact_role::text)
               WHEN 'dunning' THEN array_position(
                   ARRAY['dunning', NULL, 'manager'], p.ar_contact_role::text)
               ELSE array_position(
                   ARRAY[NULL, 'dunning', 'manager'], p.ar_contact_role::text)
           END AS role_rank,
           COUNT(*) FILTER (WHERE p.id != c.group_id AND p.type = 'invoice')
               OVER (PARTITION BY c.group_id, c.currency_id, c.group_key) AS contacts
      FROM claim c
      JOIN ar_dunning_level l ON l.id = c.level_id
      JOIN res_partner p ON p.commercial_partner_id = c.group_id
     WHERE p.id = c.group_id
        OR ((p.type = 'invoice' OR p.ar_contact_role IS NOT NULL) AND p.active)
),
recipient AS (
    SELECT DISTINCT ON (group_id, currency_id, group_key)
           group_id, currency_id, group_key, recipient_id, reach.channel,
           reach.channel = 'email' OR (reach.channel = 'letter' AND has_address)
               OR candidate.channel = 'none' AS is_reachable
      FROM candidate
     CROSS JOIN LATERAL (
        SELECT CASE WHEN candidate.channel != 'email' OR has_email
                    THEN candidate.channel
                    ELSE candidate.fallback_channel END AS channel) reach
  ORDER BY group_id, currency_id, group_key,
           (candidate.channel = 'email' AND has_email) DESC,
           ((candidate.channel = 'email' AND has_email) OR has_address) DESC,
           role_rank,
           (recipient_id = group_id) = (contacts != 1) DESC,
           recipient_id
)
"""
