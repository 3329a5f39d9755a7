#!/usr/bin/env bash
# Renders what customers get, each level, language and payer profile, into .env/looks (or the folder named): open its index.html.
#
#   dev/looks.sh [folder]    LANGS=de_DE,fr_FR for a few languages, LETTERS=0 without the PDFs, which take minutes
. "$(dirname "$0")/setup.sh"
. "$ROOT/dev/demo_db.sh"
. "$ROOT/dev/stop.sh"

out=${1:-$ENV_DIR/looks}
setup
demo_db
unlock_setup

finish() {
  trap '' INT TERM
  end_process "${odoo:-}"
  pg_down
}
trap finish EXIT
trap 'exit 0' INT TERM

# PDFs fetch their style sheets from a server: one that runs no scheduled jobs
port=$("$VENV/bin/python" "$ROOT/dev/free_port.py")
conf=$ENV_DIR/looks.conf
write_conf "$conf" "$port" 1
"${TIED[@]}" "$VENV/bin/odoo" -c "$conf" -d "$DEMO" --db-filter="^$DEMO\$" --max-cron-threads=0 --log-level=warn \
  8>&- >"$ENV_DIR/log/looks.log" 2>&1 &
odoo=$!

rm -rf "$out"
mkdir -p "$out"
export LOOKS_DIR=$out LOOKS_URL=http://127.0.0.1:$port
say "rendering into $out"
"$VENV/bin/odoo" shell -c "$conf" -d "$DEMO" --no-http --shell-interface=python --log-level=error <"$ROOT/dev/looks.py" ||
  die "dev/looks.py failed" "the lines above say why"
say "look at $out/index.html"
