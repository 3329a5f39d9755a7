"""Fills a database that has the addon with generated books, in plain SQL."""

import books
import samples

# Tables that grow, and the ids that the generator takes on each.
GROWING = {
    "partner_base": "res_partner",
    "move_base": "account_move",
    "line_base": "account_move_line",
    "full_base": "account_full_reconcile",
    "partial_base": "account_partial_reconcile",
}


def generate(env, customers, open_documents, date):
    """Fill the books. The caller commits, and then runs VACUUM ANALYZE."""
    rows = samples.make(env, date)
    env.flush_all()
    cr = env.cr
    cr.execute(
        "CREATE TEMP TABLE sample (kind varchar, is_foreign boolean, move_id int,"
        " debt_id int, other_id int)"
    )
    cr.execute_values("INSERT INTO sample VALUES %s", rows)
    names = _get_names(cr, customers, open_documents, date)
    _skip_foreign_keys(cr)
    indexes = _drop_indexes(cr, ("account_move", "account_move_line", "res_partner"))
    cr.execute(books.DRAW)
    cr.execute(books.CUSTOMERS, names)
    cr.execute(books.DOCUMENTS, names)
    cr.execute("ANALYZE customer, document")
    _copy_partners(cr, rows[0][2])
    _copy_documents(cr, names)
    for statement in books.RECONCILIATIONS:
        cr.execute(statement, names)
    _drop_samples(cr)
    for index in indexes:
        cr.execute(index)
    for table in (*GROWING.values(), "mail_blacklist"):
        cr.execute(
            f"SELECT setval('{table}_id_seq', (SELECT COALESCE(MAX(id), 1) FROM {table}))"
        )
    env.invalidate_all()


def _get_names(cr, customers, open_documents, date):
    """Values for the placeholders of `books`."""
    names = {
        "customers": customers,
        "open_documents": open_documents,
        "date": date,
        "rate": samples.RATE,
    }
    for name, table in GROWING.items():
        cr.execute(f"SELECT COALESCE(MAX(id), 0) + 10 FROM {table}")
        names[name] = cr.fetchone()[0]
    documents = open_documents + open_documents // 4
    names["payment_base"] = names["move_base"] + documents
    names["payment_line_base"] = names["line_base"] + 2 * documents + 2
    return names


def _copy(cr, table, changes, source, names=None):
    """INSERT … SELECT of a sample's columns but those in ``changes``."""
    cr.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = current_schema AND table_name = %s",
        [table],
    )
    columns = [name for (name,) in cr.fetchall()]
    missing = set(changes) - set(columns)
    assert not missing, f"{table} has no columns {missing}"
    values = ", ".join(changes.get(name, f't."{name}"') for name in columns)
    listed = ", ".join(f'"{name}"' for name in columns)
    cr.execute(f"INSERT INTO {table} ({listed}) SELECT {values} {source}", names or {})


def _copy_partners(cr, sample_move_id):
    source = """
        FROM customer c
        JOIN account_move m ON m.id = %(move)s
        JOIN res_partner t ON t.id = m.partner_id"""
    names = {"move": sample_move_id}
    _copy(cr, "res_partner", books.PARTNER, source, names)
    contacts = source + " WHERE c.contact_id IS NOT NULL"
    _copy(cr, "res_partner", books.CONTACT, contacts, names)


def _copy_documents(cr, names):
    for table, changes, kind, sample in (
        ("account_move", books.MOVE, "d.kind", "move_id"),
        ("account_move_line", books.DEBT, "d.kind", "debt_id"),
        ("account_move_line", books.INCOME, "d.kind", "other_id"),
        ("account_move", books.PAYMENT, "'entry'", "move_id"),
        ("account_move_line", books.PAID_DEBT, "'entry'", "debt_id"),
        ("account_move_line", books.PAID_BANK, "'entry'", "other_id"),
    ):
        source = f"""
            FROM document d
            JOIN sample s ON s.kind = {kind} AND s.is_foreign = d.is_foreign
            JOIN {table} t ON t.id = s.{sample}"""
        if kind == "'entry'":
            source += " WHERE d.paid IS NOT NULL"
        _copy(cr, table, changes, source + " ORDER BY d.number", names)


def _skip_foreign_keys(cr):
    """Every key written here is known to exist; only a superuser may say so."""
    cr.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    if cr.fetchone()[0]:
        cr.execute("SET LOCAL session_replication_role = replica")
    cr.execute("SET LOCAL maintenance_work_mem = '256MB'")


def _drop_indexes(cr, tables):
    """Drop what is no constraint; built at once, an index takes a fraction.

    :return: the statements that build them again
    """
    cr.execute(
        """
        SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
          FROM pg_index i
          JOIN pg_class c ON c.oid = i.indrelid
         WHERE c.relname IN %s AND NOT i.indisunique
      ORDER BY 1
        """,
        [tables],
    )
    found = cr.fetchall()
    for name, _statement in found:
        cr.execute(f"DROP INDEX {name}")
    return [statement for _name, statement in found]


def _drop_samples(cr):
    cr.execute(
        """
        WITH gone AS (
            DELETE FROM account_move m USING sample s WHERE m.id = s.move_id
         RETURNING m.id, m.partner_id
        ), line AS (
            DELETE FROM account_move_line l USING gone WHERE l.move_id = gone.id
        )
        DELETE FROM ar_debtor d USING gone WHERE d.partner_id = gone.partner_id
        """
    )
