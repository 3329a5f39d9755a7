"""Parts of the decision's query that count days: calendar days and working days."""

# The day from which a level counts.
BASIS_SQL = """
CASE %(delay_basis)s
    WHEN 'due_date' THEN %(date_due)s
    WHEN 'end_of_month' THEN
        (date_trunc('month', %(date_due)s) + interval '1 month - 1 day')::date
    ELSE %(previous)s
END
"""

# When a rung is reached, if anything counts on the working days of the company
# (`tools/workdays.py` does the same).
WORKDAY_STEP_SQL = """
CASE
    WHEN %(day_type)s = 'business' THEN %(counted)s
    WHEN %(is_workdays_only)s AND %(delay)s < 0 THEN %(previous)s
    WHEN %(is_workdays_only)s THEN %(next)s
    ELSE %(day)s
END
"""

# On a day off, nothing of a policy for working days only is reached.
RUNG_DATE_SQL = """
GREATEST(%(step_date)s,
         CASE WHEN situation.is_workdays_only AND %(open_day)s > %(date)s::date
              THEN %(open_day)s END)
"""

WORKDAYS_SQL = """
SELECT %(first)s::date AS first, %(before)s::int[] AS before, %(days)s::date[] AS days
"""

# The working day that is so many working days away from a day, as `Workdays.add`.
WORKDAY_ADD_SQL = """
(SELECT days[LEAST(GREATEST(
            CASE WHEN %(count)s > 0
                 THEN before[offset_days + 2] + %(count)s
                 ELSE before[offset_days + 1] + %(count)s + 1 END,
            1), cardinality(days))]
   FROM (SELECT days, before,
                LEAST(GREATEST(%(day)s - first, 0), cardinality(before) - 2)
                    AS offset_days
           FROM workday) w)
"""

# The day itself or the last working day before it, as `Workdays.previous`.
WORKDAY_PREVIOUS_SQL = """
(SELECT days[GREATEST(before[
            LEAST(GREATEST(%(day)s - first, 0), cardinality(before) - 2) + 2], 1)]
   FROM workday)
"""

# By when a letter of a level asks payers of a profile to pay: its days, then a working
# day. The ladder waits for it, so that nothing has to be cut.
DEADLINES_SQL = """
SELECT l.id AS level_id, told.profile, l.needs_approval, p.version,
       GREATEST(%(day)s, %(deadline)s) AS deadline
  FROM (%(told)s) told
  JOIN ar_dunning_level l ON l.id = told.level_id
  JOIN ar_policy p ON p.id = l.policy_id
 LEFT JOIN ar_dunning_level_variant own
        ON own.level_id = l.id AND own.payer_profile = told.profile
"""
