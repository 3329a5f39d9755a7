# A PostgreSQL server that is not this checkout's own: is there one, and does it let us in (sourced).

# Asked of the environment each time: an answer that a step must have stored first may not be stored yet.
pg_external() {
  [ -n "${PGHOST:-}${PGHOSTADDR:-}${PGPORT:-}${PGSERVICE:-}" ] && [ "${AR_PG_OWN:-}" != "$PG_DIR" ]
}

# A real login, so that a wrong password is called one before anything draws conclusions from a failure.
pg_login() {
  local where=${PGHOST:-${PGHOSTADDR:-${PGSERVICE:-port ${PGPORT:-}}}} log=$ENV_DIR/log/pg-login.log answer
  mkdir -p "$ENV_DIR/log"
  pg_isready -q || die "no PostgreSQL answers at $where" \
    "start it, or unset the PG* variables to use the one of this checkout"
  answer=$(psql -wqX -d postgres -AtF' ' 2>"$log" -c "select current_setting('server_version_num')::int / 10000,
    rolcreatedb or rolsuper from pg_roles where rolname = current_user") ||
    die "PostgreSQL at $where does not let '$PGUSER' in: $(tail -n 1 "$log")" \
      "correct PGUSER and PGPASSWORD (or ~/.pgpass), or unset the PG* variables to use the one of this checkout"
  [ "${answer% *}" -ge 13 ] || die "PostgreSQL at $where is version ${answer% *}, and Odoo 19 needs 13" \
    "name a newer one, or unset the PG* variables to use the one of this checkout"
  [ "${answer#* }" = t ] || die "the database user '$PGUSER' may not create databases" \
    "as a database administrator: ALTER ROLE \"$PGUSER\" CREATEDB"
}
