# Databases with their filestores: ask, drop, clone, rename, and run Odoo on one (sourced).

sql() { psql -wqX -v ON_ERROR_STOP=1 -d "${2:-postgres}" -Atc "$1"; } # statement, database
has_db() { [ -n "$(sql "select 1 from pg_database where datname = '$1'")" ]; }
db_comment() { sql "select shobj_description(oid, 'pg_database') from pg_database where datname = '$1'"; }

# On a server that others use too, the names of this checkout's databases begin like no other's, and a comment on
# each tells whose it is: its first line is the mark, the second what the database was made from, the third where.
db_prefix() {
  pg_external || return 0
  [ -s "$ENV_DIR/id" ] || die "$ENV_DIR/id is missing" "call setup first: it makes that file"
  printf 'ar%s_' "$({ printf %s "$ROOT"; cat "$ENV_DIR/id"; } | digest | cut -c1-8)"
}
db_mark() { echo "ar_collections dev $(db_prefix)"; }

mark_db() { # database, what it was made from
  local text
  text=$(printf '%s\n%s\n%s' "$(db_mark)" "${2:-}" "$ROOT")
  sql "comment on database \"$1\" is '${text//\'/\'\'}'"
}
db_made_from() { db_comment "$1" | sed -n 2p; }

# Did this checkout make that database? A kill may have come between its creation and its mark: hence the file.
own_db() { ! pg_external || [ -e "$ENV_DIR/creating/$1" ] || [ "$(db_comment "$1" | sed -n 1p)" = "$(db_mark)" ]; }

drop_db() {
  if has_db "$1"; then
    own_db "$1" || die "the server has a database '$1' that this checkout did not make; it is left alone" \
      "look at it: psql -d $1; if nobody needs it: dropdb $1"
    dropdb -w --if-exists --force "$1" 2>/dev/null
  fi
  rm -rf "${DATA_DIR:?}/filestore/$1"
}

new_db() { # database, createdb's arguments…; takes the place of an older one that is ours
  drop_db "$1"
  mkdir -p "$ENV_DIR/creating"
  : >"$ENV_DIR/creating/$1"
  createdb -w "${@:2}" "$1"
  mark_db "$1"
  rm "$ENV_DIR/creating/$1"
}

# As Odoo itself would create it, but marked.
new_odoo_db() {
  new_db "$1" -E UTF8 --lc-collate=C -T template0
}

clone_db() { # from, to; nobody may be connected to the first. Odoo never rewrites a stored file: hard links do
  new_db "$2" -T "$1"
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

# What nobody needs once nobody works in this checkout: databases of killed runs, installations of older code, and
# what was half built when a step failed.
drop_leftovers() {
  local db
  for db in $(sql "select datname from pg_database
    where datname ~ '^$(db_prefix)((test|inst)_|(tpl|tpldemo|inst)_.*[.]new$|(demo|pictures)[.]new$|pictures$)'"); do
    [ "$db" = "${INST:-}" ] || ! own_db "$db" || drop_db "$db"
  done
}
