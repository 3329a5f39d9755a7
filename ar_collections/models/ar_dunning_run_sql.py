"""What a run writes, from its decision; `ar.dunning.run` fills in the parameters."""

# The letters of a decision, with the ids that their notices will have.
LETTER_SQL = """
CREATE TEMPORARY TABLE ar_letter ON COMMIT DROP AS
SELECT nextval('ar_dunning_notice_id_seq')::int AS id, letter.*,
       debtor.id AS debtor_id
  FROM (SELECT DISTINCT group_id, group_key, currency_id
          FROM ar_decision
         WHERE notice_level_id IS NOT NULL AND verdict IN %(in_notice)s) letter
  JOIN ar_debtor debtor
    ON debtor.partner_id = letter.group_id AND debtor.company_id = %(company)s
"""

# One statement: the notices of a decision, their lines and the items left alone.
WRITE_SQL = """
WITH workday AS MATERIALIZED (%(workday)s),
-- each level as each profile meets it, with the deadline
rung AS MATERIALIZED (%(deadlines)s),
claimed AS (
    SELECT decision.*,
           rung.level_id AS rung_level_id, rung.profile AS rung_profile,
           letter.id AS notice_id, letter.debtor_id AS letter_debtor_id
      FROM ar_decision decision
      JOIN ar_letter letter
        ON letter.group_id = decision.group_id
       AND letter.group_key = decision.group_key
       AND letter.currency_id = decision.currency_id
      JOIN rung ON rung.level_id = decision.notice_level_id
       AND rung.profile = decision.profile
     WHERE decision.verdict IN %(in_notice)s
),
told AS (
    SELECT d.notice_id, d.letter_debtor_id, d.recipient_id, d.notice_level_id,
           d.currency_id, d.group_key, d.channel,
           MAX(rung.version) AS version,
           MIN(d.profile) FILTER (WHERE d.verdict = 'dun') AS profile,
           BOOL_OR(rung.needs_approval) AS needs_approval,
           MIN(rung.deadline) AS deadline,
           SUM(d.amount) AS amount,
           COALESCE(MAX(d.min_amount)
                    FILTER (WHERE d.level_id = d.notice_level_id), 0) AS min_amount,
           MAX(d.contact_date) AS contact_date
      FROM claimed d
      JOIN rung ON rung.level_id = d.rung_level_id AND rung.profile = d.rung_profile
  GROUP BY d.notice_id, d.letter_debtor_id, d.recipient_id, d.notice_level_id,
           d.currency_id, d.group_key, d.channel
),
new_notice AS (
    INSERT INTO ar_dunning_notice
           (id, run_id, company_id, debtor_id, partner_id, level_id, currency_id, date,
            group_key, policy_version, payer_profile, needs_approval,
            date_deadline, channel, state, is_printed, amount_due, min_amount,
            contact_date, is_registered, create_uid, create_date, write_uid, write_date)
    SELECT notice_id, %(run)s, %(company)s, letter_debtor_id, recipient_id,
           notice_level_id, currency_id, %(date)s, group_key, version, profile,
           needs_approval,
           deadline, channel, 'draft', FALSE, amount, min_amount, contact_date,
           channel = 'letter' AND (SELECT l.is_registered FROM ar_dunning_level l
                                    WHERE l.id = notice_level_id) IS TRUE,
           %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s, now() AT TIME ZONE 'UTC'
      FROM told
 RETURNING id
),
new_line AS (
    INSERT INTO ar_dunning_notice_line
           (notice_id, move_line_id, level_id, level_rank, is_step, is_live,
            amount_residual, amount_paused, date_due, days_overdue, date_level,
            date_previous)
    SELECT d.notice_id, d.id, CASE WHEN d.verdict != 'credit' THEN d.level_id END,
           d.level_rank, d.verdict = 'dun', TRUE, d.amount,
           CASE WHEN d.verdict != 'credit' THEN d.residual_currency - d.amount END,
           d.date_due, d.days_overdue, d.next_date, d.last_date
      FROM claimed d
    -- a worker that decided at the same time: the index refuses the double
    ON CONFLICT DO NOTHING
),
new_skip AS (
    INSERT INTO ar_dunning_skip
           (run_id, debtor_id, move_line_id, reason, currency_id, amount_residual,
            date_due, days_overdue, next_level_id, next_date, contact_date, claim,
            min_amount, is_pause_endless)
    SELECT %(run)s, d.debtor_id, d.id, d.verdict, d.currency_id, d.residual_currency,
           d.date_due, d.days_overdue, d.next_level_id,
           CASE d.verdict WHEN 'paused' THEN d.pause_until
                WHEN 'interval' THEN d.step_date
                WHEN 'deadline' THEN d.step_date
                WHEN 'waiting' THEN d.step_date ELSE d.next_date END,
           d.contact_date, d.claim,
           GREATEST(d.min_amount, d.min_percent * d.open_total / 100),
           d.is_pause_endless
      FROM ar_decision d
     WHERE d.verdict NOT IN %(in_notice)s AND d.verdict NOT IN %(not_kept)s
       -- what another run of the same night looks at is listed there
       AND (d.policy_id = ANY(%(policies)s::int[])) IS NOT FALSE
)
SELECT COUNT(*) FROM new_notice
"""
