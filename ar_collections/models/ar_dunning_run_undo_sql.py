"""A run that is undone may hold a hundred thousand notices: one statement each."""

# a step that a later notice has taken with an item of these notices
LATER_SQL = """
    SELECT later.id
      FROM ar_dunning_notice_line mine
      JOIN ar_dunning_notice_line later
        ON later.move_line_id = mine.move_line_id AND later.is_live AND later.is_step
      JOIN ar_dunning_notice n
        ON n.id = later.notice_id AND n.state = 'sent' AND n.id > %(last)s
     WHERE mine.notice_id = ANY(%(sent)s)
     LIMIT 1
"""

# the partial unique index reads `is_live`: the items may take the level again
TAKE_BACK_SQL = """
    WITH undone AS (
        UPDATE ar_dunning_notice
           SET is_undone = TRUE,
               change_note = CONCAT_WS(E'\\n', NULLIF(change_note, ''), %(note)s),
               write_uid = %(uid)s,
               write_date = now() AT TIME ZONE 'UTC'
         WHERE id = ANY(%(sent)s)
     RETURNING id
    ),
    freed AS (
        UPDATE ar_dunning_notice_line l SET is_live = FALSE
          FROM undone WHERE l.notice_id = undone.id AND l.is_live
     RETURNING l.id
    )
    SELECT COUNT(*) FROM freed
"""

RECALL_SQL = """
    UPDATE ar_dunning_notice SET state = 'cancel', cancel_reason = %(reason)s
     WHERE id = ANY(%(recalled)s) AND state = 'sent'
 RETURNING id
"""

TOUCHED_SQL = """
    SELECT d.partner_id
      FROM ar_dunning_notice n
      JOIN ar_debtor d ON d.id = n.debtor_id
     WHERE n.run_id = %(run)s
     UNION
    SELECT p.commercial_partner_id
      FROM ar_dunning_notice n
      JOIN ar_dunning_notice_line l ON l.notice_id = n.id
      JOIN account_move_line item ON item.id = l.move_line_id
      JOIN res_partner p ON p.id = item.partner_id
     WHERE n.run_id = %(run)s
"""
