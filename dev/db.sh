# Databases with their filestores: ask, drop, clone, rename, and run Odoo on one (sourced).

sql() { psql -qX -v ON_ERROR_STOP=1 -d "${2:-postgres}" -Atc "$1"; } # statement, database
has_db() { [ -n "$(sql "select 1 from pg_database where datname = '$1'")" ]; }
db_comment() { sql "select shobj_description(oid, 'pg_database') from pg_database where datname = '$1'"; }

# On a server that checkouts share, the names of this one's databases tell whose they are.
db_prefix() { ! pg_external || printf 'ar%s_' "$(printf %s "$ROOT" | digest | cut -c1-8)"; }

drop_db() {
  dropdb --if-exists --force "$1" 2>/dev/null
  rm -rf "${DATA_DIR:?}/filestore/$1"
}

clone_db() { # from, to; nobody may be connected to the first. Odoo never rewrites a stored file: hard links do
  drop_db "$2"
  createdb -T "$1" "$2"
  [ ! -d "$DATA_DIR/filestore/$1" ] || cp -al "$DATA_DIR/filestore/$1" "$DATA_DIR/filestore/$2"
}

rename_db() { # from, to: the last step of building one, and atomic
  rm -rf "${DATA_DIR:?}/filestore/$2"
  [ ! -d "$DATA_DIR/filestore/$1" ] || mv "$DATA_DIR/filestore/$1" "$DATA_DIR/filestore/$2"
  sql "alter database \"$1\" rename to \"$2\""
}

# odoo_on database arguments…: one run without a server. Its log goes to .env/log/odoo-<database>.log; a warning
# or error in it is a failure (check_log.py knows the few exceptions).
odoo_on() {
  local db=$1 log=$ENV_DIR/log/odoo-$1.log rc=0
  shift
  "$VENV/bin/odoo" -c "${ODOO_CONF:-$ENV_DIR/odoo.conf}" -d "$db" --stop-after-init --no-http --log-level=warn "$@" >"$log" 2>&1 || rc=$?
  if [ $rc != 0 ]; then
    tail -n 40 "$log"
    return $rc
  fi
  "$VENV/bin/python" "$ROOT/dev/check_log.py" "$log"
}

# What nobody needs once nobody works in this checkout: databases of killed runs, installations of older code.
drop_leftovers() {
  local db
  for db in $(sql "select datname from pg_database where datname ~ '^$(db_prefix)(test|inst)_'"); do
    [ "$db" = "${INST:-}" ] || drop_db "$db"
  done
}
