#!/usr/bin/env bash
# psql on the demo database, or on the one named: psql.sh [database [psql's arguments]].
. "$(dirname "$0")/setup.sh"
. "$ROOT/dev/demo_db.sh"

setup
unlock_setup
db=${1:-$DEMO}
has_db "$db" || die "there is no database '$db'" "make demo builds the demo; there are: $(sql "select string_agg(datname, ', ') from pg_database where not datistemplate")"
rc=0
psql -d "$db" "${@:2}" || rc=$?
exit $rc
