"""The SQL that fills the books: what is drawn for each document, and the copies.

Every draw is a hash of the document's number, so that two generations are alike.
"""

# A number from 0 to 1 for a document (or customer) and a purpose.
DRAW = """
CREATE FUNCTION pg_temp.draw(number bigint, purpose bigint) RETURNS float8
    LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    ((hashint8extended(number, purpose) >> 8) & 1099511627775) / 1099511627776.0::float8
"""

# 90 % of customers have an e-mail address, 3 % of those are on the blacklist; one in ten
# has an invoice contact, whom half of its documents are addressed to; one in ten buys
# in the second currency.
CUSTOMERS = """
CREATE TEMP TABLE customer AS
SELECT number,
       %(partner_base)s + number AS id,
       CASE WHEN pg_temp.draw(number, 1) < 0.1
            THEN %(partner_base)s + %(customers)s + number END AS contact_id,
       CASE WHEN pg_temp.draw(number, 2) < 0.9
            THEN 'customer' || number || '@example.com' END AS email,
       pg_temp.draw(number, 3) < 0.95 AS has_address,
       pg_temp.draw(number, 4) < 0.09 AS is_foreign
  FROM generate_series(1, %(customers)s) number
"""

# `open_documents` are open: 30 % not due yet, the rest late by 1 to 300 days, more of
# them lately; 4 % are credit notes, 10 % are partly paid. A quarter as many more are paid
# in full. Half of the documents are spread evenly, the others go to the big customers.
DOCUMENTS = """
CREATE TEMP TABLE document AS
WITH drawn AS (
    SELECT number,
           number > %(open_documents)s AS is_paid,
           number <= %(open_documents)s AND pg_temp.draw(number, 11) < 0.04 AS is_refund,
           pg_temp.draw(number, 12) < 0.1 / 0.96 AS is_part_paid,
           pg_temp.draw(number, 13) < 0.01 AS is_other_currency,
           round((exp(3 + 5 * pg_temp.draw(number, 14)))::numeric, 2) AS total,
           1 + CASE WHEN number %% 2 = 0 THEN (number / 2) %% %(customers)s
               ELSE floor(%(customers)s * pg_temp.draw(number, 15) ^ 2)::int
               END AS customer,
           CASE WHEN pg_temp.draw(number, 16) < 0.3 AND number <= %(open_documents)s
                THEN %(date)s::date + floor(30 * pg_temp.draw(number, 17))::int
                ELSE %(date)s::date - 1 - floor(300 * pg_temp.draw(number, 17) ^ 2)::int
                END AS due,
           pg_temp.draw(number, 18) AS paid_part,
           pg_temp.draw(number, 19) AS paid_when,
           pg_temp.draw(number, 20) < 0.5 AS is_to_contact,
           pg_temp.draw(number, 21) < 0.01 AS no_followup
      FROM generate_series(1, %(open_documents)s + %(open_documents)s / 4) number
), priced AS (
    SELECT d.*, c.id AS customer_id,
           CASE WHEN d.is_to_contact THEN COALESCE(c.contact_id, c.id) ELSE c.id END
               AS partner_id,
           c.is_foreign != d.is_other_currency AS is_foreign,
           CASE WHEN d.is_paid THEN d.total
                WHEN d.is_part_paid AND NOT d.is_refund
                THEN round(d.total * (0.2 + 0.6 * d.paid_part)::numeric, 2) END AS paid,
           d.due - 30 AS date,
           CASE WHEN d.is_refund THEN 'out_refund' ELSE 'out_invoice' END AS kind
      FROM drawn d
      JOIN customer c ON c.number = d.customer
)
SELECT p.*,
       CASE WHEN is_foreign THEN round(total / %(rate)s, 2) ELSE total END AS balance,
       CASE WHEN is_foreign THEN round(paid / %(rate)s, 2) ELSE paid END AS paid_balance,
       LEAST(%(date)s::date, date + floor(60 * paid_when)::int) AS paid_on,
       CASE WHEN is_refund THEN -1 ELSE 1 END AS sign,
       CASE WHEN is_refund THEN 'RINV/' ELSE 'INV/' END
           || to_char(date, 'YYYY') || '/' AS prefix,
       row_number() OVER (PARTITION BY kind, to_char(date, 'YYYY') ORDER BY p.number)
           + 1000 AS sequence,
       %(move_base)s + p.number AS move_id,
       %(line_base)s + 2 * p.number AS line_id,
       CASE WHEN paid IS NOT NULL THEN row_number() OVER (
           PARTITION BY paid IS NOT NULL ORDER BY p.number) END AS payment
  FROM priced p
"""

# What a copy of a sample differs in, per table: {column: expression on the aliases}.
PARTNER = {
    "id": "c.id",
    "name": "'Customer ' || c.number",
    "complete_name": "'Customer ' || c.number",
    "commercial_partner_id": "c.id",
    "commercial_company_name": "'Customer ' || c.number",
    "email": "c.email",
    "email_normalized": "c.email",
    "street": "CASE WHEN c.has_address THEN t.street END",
    "customer_rank": "1",
}
CONTACT = {
    "id": "c.contact_id",
    "parent_id": "c.id",
    "name": "'Accounts payable'",
    "complete_name": "'Customer ' || c.number || ', Accounts payable'",
    "commercial_partner_id": "c.id",
    "commercial_company_name": "'Customer ' || c.number",
    "is_company": "FALSE",
    "type": "'invoice'",
    "email": "'accounts' || c.number || '@example.com'",
    "email_normalized": "'accounts' || c.number || '@example.com'",
    "customer_rank": "0",
}
MOVE = {
    "id": "d.move_id",
    "name": "d.prefix || lpad(d.sequence::text, 7, '0')",
    "sequence_prefix": "d.prefix",
    "sequence_number": "d.sequence",
    "partner_id": "d.partner_id",
    "commercial_partner_id": "d.customer_id",
    "partner_shipping_id": "d.partner_id",
    "invoice_partner_display_name": "'Customer ' || d.customer",
    "payment_reference": "d.prefix || lpad(d.sequence::text, 7, '0')",
    "payment_state": """CASE WHEN d.is_paid THEN 'paid' WHEN d.paid IS NULL
                        THEN 'not_paid' ELSE 'partial' END""",
    "date": "d.date",
    "invoice_date": "d.date",
    "invoice_date_due": "d.due",
    "amount_untaxed": "d.total",
    "amount_total": "d.total",
    "amount_residual": "d.total - COALESCE(d.paid, 0)",
    "amount_untaxed_signed": "d.sign * d.balance",
    "amount_untaxed_in_currency_signed": "d.sign * d.total",
    "amount_total_signed": "d.sign * d.balance",
    "amount_total_in_currency_signed": "d.sign * d.total",
    "amount_residual_signed": "d.sign * (d.balance - COALESCE(d.paid_balance, 0))",
}
DEBT = {
    "id": "d.line_id",
    "move_id": "d.move_id",
    "move_name": MOVE["name"],
    "name": MOVE["name"],
    "partner_id": "d.partner_id",
    "date": "d.date",
    "invoice_date": "d.date",
    "date_maturity": "d.due",
    "debit": "GREATEST(d.sign * d.balance, 0)",
    "credit": "GREATEST(-d.sign * d.balance, 0)",
    "balance": "d.sign * d.balance",
    "amount_currency": "d.sign * d.total",
    "amount_residual": "d.sign * (d.balance - COALESCE(d.paid_balance, 0))",
    "amount_residual_currency": "d.sign * (d.total - COALESCE(d.paid, 0))",
    "reconciled": "d.is_paid",
    "full_reconcile_id": "CASE WHEN d.is_paid THEN %(full_base)s + d.payment END",
    "matching_number": """CASE WHEN d.is_paid THEN (%(full_base)s + d.payment)::text
                          ELSE 'P' || (%(partial_base)s + d.payment) END""",
    "no_followup": "d.no_followup",
}
INCOME = {
    "id": "d.line_id + 1",
    "move_id": "d.move_id",
    "move_name": MOVE["name"],
    "partner_id": "d.partner_id",
    "date": "d.date",
    "invoice_date": "d.date",
    "debit": "GREATEST(-d.sign * d.balance, 0)",
    "credit": "GREATEST(d.sign * d.balance, 0)",
    "balance": "-d.sign * d.balance",
    "amount_currency": "-d.sign * d.total",
    "price_unit": "d.total",
    "price_subtotal": "d.total",
    "price_total": "d.total",
}
PAYMENT = {
    "id": "%(payment_base)s + d.payment",
    "name": "'PAY/' || to_char(d.paid_on, 'YYYY') || '/' || lpad(d.payment::text, 7, '0')",
    "sequence_prefix": "'PAY/' || to_char(d.paid_on, 'YYYY') || '/'",
    "sequence_number": "d.payment",
    "partner_id": "d.partner_id",
    "commercial_partner_id": "d.customer_id",
    "date": "d.paid_on",
    "amount_total": "d.paid",
    "amount_total_signed": "d.paid_balance",
    "amount_total_in_currency_signed": "d.paid",
}
PAID_DEBT = {
    "id": "%(payment_line_base)s + 2 * d.payment",
    "move_id": "%(payment_base)s + d.payment",
    "move_name": PAYMENT["name"],
    "partner_id": "d.partner_id",
    "date": "d.paid_on",
    "date_maturity": "d.paid_on",
    "debit": "0",
    "credit": "d.paid_balance",
    "balance": "-d.paid_balance",
    "amount_currency": "-d.paid",
    "amount_residual": "0",
    "amount_residual_currency": "0",
    "reconciled": "TRUE",
    "full_reconcile_id": DEBT["full_reconcile_id"],
    "matching_number": DEBT["matching_number"],
}
PAID_BANK = {
    "id": "%(payment_line_base)s + 2 * d.payment + 1",
    "move_id": "%(payment_base)s + d.payment",
    "move_name": PAYMENT["name"],
    "partner_id": "d.partner_id",
    "date": "d.paid_on",
    "date_maturity": "d.paid_on",
    "debit": "d.paid_balance",
    "credit": "0",
    "balance": "d.paid_balance",
    "amount_currency": "d.paid",
    "amount_residual": "0",
    "amount_residual_currency": "0",
}

RECONCILIATIONS = (
    """
    INSERT INTO account_full_reconcile (id, create_uid, create_date)
    SELECT %(full_base)s + payment, 1, now() AT TIME ZONE 'UTC'
      FROM document WHERE is_paid
    """,
    """
    INSERT INTO account_partial_reconcile
           (id, debit_move_id, credit_move_id, full_reconcile_id, debit_currency_id,
            credit_currency_id, company_id, max_date, amount, debit_amount_currency,
            credit_amount_currency, create_uid, create_date)
    SELECT %(partial_base)s + d.payment, d.line_id,
           %(payment_line_base)s + 2 * d.payment,
           CASE WHEN d.is_paid THEN %(full_base)s + d.payment END,
           t.currency_id, t.currency_id, t.company_id, GREATEST(d.paid_on, d.date),
           d.paid_balance, d.paid, d.paid, 1, now() AT TIME ZONE 'UTC'
      FROM document d
      JOIN sample s ON s.kind = 'entry' AND s.is_foreign = d.is_foreign
      JOIN account_move t ON t.id = s.move_id
     WHERE d.paid IS NOT NULL
    """,
    """
    INSERT INTO mail_blacklist (email, active)
    SELECT email, TRUE FROM customer
     WHERE email IS NOT NULL AND pg_temp.draw(number, 5) < 0.03
    """,
)
