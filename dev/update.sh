#!/usr/bin/env bash
# Upgrades our addons in the demo database and in the kept test databases, changed or not.
. "$(dirname "$0")/setup.sh"
. "$ROOT/dev/demo_db.sh"

setup
if has_db "$DEMO"; then
  step "$DEMO: upgrade $MODULES" "mend the addon, or build it anew: make clean-demo demo" upgrade_demo
else
  demo_db
fi
for db in $(sql "select datname from pg_database where datname ~ '^$(db_prefix)kept_'"); do
  step "$db: upgrade $MODULES" "mend the addon, or drop it: make psql, drop database $db" odoo_on "$db" -u "$MODULES" -i "$MODULES"
done
template_installed
[ ! -s "$ENV_DIR/demo.url" ] || flock -n "$ENV_DIR/demo.lock" true ||
  note "the demo that runs keeps the Python code of its start: Ctrl-C, then make demo, for the new one"
