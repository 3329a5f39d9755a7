#!/usr/bin/env bash
# Runs Odoo's own tests with our addons and without, and fails on what fails only with them:
# test-core.sh [test tags, /account by default].
#
# Only post_install tests run, since nothing is installed on the way. They run with our addons first; what fails there
# runs once more without them, and only what passes then is our fault. With /account the first part takes 26 minutes.
. "$(dirname "$0")/setup.sh"

tags=${1:-/account}
setup
get_browser
template_installed
plain=$(db_prefix)test_$$_plain ours=$(db_prefix)test_$$_ours
clone_db "$TPL" "$plain"
clone_db "$INST" "$ours"
unlock_setup
finish() {
  drop_db "$plain"
  drop_db "$ours"
  pg_down
}
trap finish EXIT

run_core() { # database: its failures go to .env/log/core-<side>.failed
  local side=${1##*_} port log
  log=$ENV_DIR/log/core-$side.log
  port=$("$VENV/bin/python" "$ROOT/dev/free_port.py" 8100)
  "$VENV/bin/odoo" -c "$ODOO_RC" -d "$1" --test-tags "$tags" --stop-after-init --http-port "$port" \
    --log-level=warn --log-handler=odoo.tests.result:INFO --log-handler=odoo.tests.stats:INFO >"$log" 2>&1 || true
  grep -q ' failed, [0-9]* error(s) of [0-9]* tests' "$log" || return 1 # it did not come to its end
  # a class that cannot be set up is told by the suite, not by its module
  sed -nE 's/.* odoo\.(addons\.[a-z0-9_.]+|tests\.suite): (FAIL|ERROR): (.*)/\3/p' "$log" | sort -u >"$ENV_DIR/log/core-$side.failed"
  grep -q ': 0 failed, 0 error(s) of ' "$log" || [ -s "$ENV_DIR/log/core-$side.failed" ] || return 1
  sed -nE 's/.*: ([0-9]+ failed, .*)/\1/p' "$log" | tail -n 1 >&9
}

step "Odoo's tests $tags with our addons" "see .env/log/core-ours.log" run_core "$ours"
: >"$ENV_DIR/log/core-plain.failed"
if [ -s "$ENV_DIR/log/core-ours.failed" ]; then
  # "TestX.test_y", "Subtest TestX.test_y (…)" or "setUpClass (odoo.addons.….TestX)": as tags :TestX.test_y or :TestX
  tags=$(sed -E 's/^Subtest //; s/^(setUpClass|tearDownClass) \((.*\.)?([^.)]+)\).*/\3/; s/ .*//; s/^/:/' \
    "$ENV_DIR/log/core-ours.failed" | sort -u | paste -sd ,)
  step "The tests that failed, without our addons: $tags" "see .env/log/core-plain.log" run_core "$plain"
fi

new=$(comm -13 "$ENV_DIR/log/core-plain.failed" "$ENV_DIR/log/core-ours.failed")
if [ -n "$new" ]; then
  printf 'fails only with our addons:\n%s\n' "$new"
  exit 1
fi
echo "no test fails that does not fail without our addons too"
