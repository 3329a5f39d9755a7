#!/usr/bin/env bash
# Odoo's shell on the demo database, or on the one named: shell.sh [database]; a script may come on stdin.
. "$(dirname "$0")/setup.sh"
. "$ROOT/dev/demo_db.sh"

setup
[ -n "${1:-}" ] || demo_db
unlock_setup
db=${1:-$DEMO}
has_db "$db" || die "there is no database '$db'" "make psql lists them with \\l"
rc=0
"$VENV/bin/odoo" shell -c "$ODOO_RC" -d "$db" --no-http --shell-interface=python --log-level=warn || rc=$?
exit $rc
