#!/usr/bin/env bash
# Takes the pictures of the README and of the app's page anew, from a fresh demo of its own: look at each afterwards.
#
#   dev/pictures.sh [name…]    only these: worklist, debtor, run, left_alone, notice, letter, policy …
. "$(dirname "$0")/setup.sh"
. "$ROOT/dev/demo_db.sh"
. "$ROOT/dev/stop.sh"
MAIL=$ENV_DIR/pictures # nothing is sent; the demo's mails stay

need pdftoppm poppler-utils
browser=$(find_browser)
[ -n "$browser" ] || die "there is no Chromium to take pictures with" "apt-get install chromium"
setup
DEMO=$(db_prefix)pictures # whoever clicks through the demo changes its story
demo_db
unlock_setup

finish() {
  trap '' INT TERM
  end_process "${odoo:-}"
  drop_db "$DEMO"
  pg_down
}
trap finish EXIT
trap 'exit 0' INT TERM

port=$("$VENV/bin/python" "$ROOT/dev/free_port.py")
conf=$ENV_DIR/pictures.conf
write_conf "$conf" "$port" 1
demo_parameters "http://127.0.0.1:$port"
"${TIED[@]}" "$VENV/bin/odoo" -c "$conf" -d "$DEMO" --db-filter="^$DEMO\$" --max-cron-threads=0 --log-level=warn \
  8>&- >"$ENV_DIR/log/pictures.log" 2>&1 &
odoo=$!

"$VENV/bin/python" "$ROOT/dev/pictures.py" "http://127.0.0.1:$port" "$browser" "$@" ||
  die "not all pictures were taken" "the lines above say why; Odoo's are in $ENV_DIR/log/pictures.log"
say "look at each: git diff --stat; docs/images and ar_collections/static/description"
