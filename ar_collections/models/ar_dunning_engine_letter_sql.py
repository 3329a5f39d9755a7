"""The part of the decision's query that makes one claim of the items of a letter."""

LETTERS_SQL = """
-- one claim per letter: what is owed, less every open credit. It is summed by level
-- first, so that it needs no join with the items: the planner cannot guess how many of
-- them have a verdict. What follows from level and currency is looked up afterwards
part AS MATERIALIZED (
    SELECT step.group_id, step.currency_id, step.group_key,
           step.kind IN ('dun', 'note') AS is_step,
           step.kind = 'note' AS is_upcoming,
           step.kind = 'credit' AS is_credit,
           lv.is_silent, step.level_id, lv.rank,
           lv.min_amount * rate.factor AS min_amount,
           CASE WHEN step.level_id IS NOT NULL THEN COALESCE(lv.min_percent, 0) END
               AS min_percent,
           step.amount, step.open_amount
      FROM (
        SELECT group_id, currency_id, group_key,
               CASE WHEN verdict = 'dun' AND is_upcoming THEN 'note'
                    WHEN verdict IN ('dun', 'credit') THEN verdict
                    ELSE 'other' END AS kind,
               CASE WHEN verdict = 'dun' OR (verdict = 'interval' AND may_join)
                    THEN next_level_id END AS level_id,
               SUM(amount) FILTER (
                   WHERE verdict IN ('credit', 'dun')
                      OR (verdict IN ('waiting', 'interval', 'deadline', 'finished',
                                      'other_policy')
                          AND days_overdue > 0)) AS amount,
               SUM(amount) FILTER (WHERE verdict != 'credit') AS open_amount
          FROM %(entries)s entry
      GROUP BY 1, 2, 3, 4, 5) step
 LEFT JOIN (SELECT DISTINCT id, rank, min_amount, min_percent,
                   channel = 'none' AS is_silent
              FROM level) lv ON lv.id = step.level_id
 LEFT JOIN rate ON rate.currency_id = step.currency_id
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
-- one who can be reached before one who cannot; among these whom the level asks for, then
-- the invoice contact, or the head office itself where there are several
candidate AS (
    SELECT c.group_id, c.currency_id, c.group_key, p.id AS recipient_id,
           l.channel, l.fallback_channel,
           %(has_channel)s AS has_channel, %(has_fallback)s AS has_fallback,
           -- the person's own wish, else the customer's; paper only where the level
           -- allows it
           l.channel = 'email' AND l.fallback_channel = 'letter' AND %(has_fallback)s
               AND COALESCE(NULLIF(p.ar_wish_channel, ''), head.ar_wish_channel)
                   = 'letter' AS wants_letter,
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
      JOIN res_partner head ON head.id = c.group_id
     WHERE p.id = c.group_id
        OR ((p.type = 'invoice' OR p.ar_contact_role IS NOT NULL) AND p.active)
),
recipient AS (
    SELECT DISTINCT ON (group_id, currency_id, group_key)
           group_id, currency_id, group_key, recipient_id,
           CASE WHEN wants_letter IS TRUE THEN 'letter'
                WHEN has_channel THEN channel ELSE fallback_channel END AS channel,
           has_channel OR has_fallback AS is_reachable
      FROM candidate
  ORDER BY group_id, currency_id, group_key,
           (has_channel OR wants_letter IS TRUE) DESC,
           (has_channel OR has_fallback) DESC,
           role_rank,
           (recipient_id = group_id) = (contacts != 1) DESC,
           recipient_id
)
"""

# Only the letters in which an item takes a step: in all others every item keeps its own
# verdict, and neither claim nor minimum matters to who is written to.
STEPPING_ENTRIES_SQL = """
    (SELECT entry.*
       FROM entry
       JOIN (SELECT DISTINCT group_id, currency_id
               FROM entry WHERE verdict = 'dun') stepping
      USING (group_id, currency_id))
"""
