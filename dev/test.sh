#!/usr/bin/env bash
# Runs the tests on a database of this run's own: test.sh [pytest's arguments].
#
# KEEP_DB=1 keeps that database and says its name. Without a path among the arguments all tests run, in as many
# processes as there are cores (WORKERS=n for another number, 0 for none); each has a copy of the database.
. "$(dirname "$0")/setup.sh"
. "$ROOT/dev/ubl.sh"

setup
get_browser
get_poppler
get_ubl
template_installed
DB=$(db_prefix)test_$$
[ -z "${KEEP_DB:-}" ] || DB=$(db_prefix)kept_$$
clone_db "$INST" "$DB"
unlock_setup

finish() {
  if [ -n "${KEEP_DB:-}" ]; then note "kept: make psql DB=$DB, make shell DB=$DB"; else drop_db "$DB"; fi
  pg_down
} >/dev/null 2>&9
trap finish EXIT

cd "$ROOT"
paths=yes
for argument; do [ ! -e "${argument%%::*}" ] || paths=; done
if [ -n "$paths" ]; then
  # the longest first, a file at a time, so that no process is left alone with them at the end
  for path in tests ar_collections*/tests; do [ ! -d "$path" ] || set -- "$@" "$path"; done
  WORKERS=${WORKERS:-$(nproc)}
fi
[ "${WORKERS:-0}" -lt 2 ] || set -- -n "$WORKERS" --dist loadfile --no-loadscope-reorder "$@"

export AR_TEST_DB=$DB AR_INSTALLED_DB=$INST PYTHONPATH=$ROOT/dev
export ODOO_QUEUE_JOB_CHANNELS=root:0 # no job runner but where a test starts one
say "pytest $*"
rc=0
"$VENV/bin/python" -m pytest --rootdir="$ROOT" --odoo-config="$ODOO_RC" --odoo-database="$DB" --odoo-http \
  -p pytest_strict -p pytest_workers -o cache_dir="$ENV_DIR/pytest_cache" -W ignore::DeprecationWarning "$@" || rc=$?
exit $rc
