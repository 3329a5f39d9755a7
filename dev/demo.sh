#!/usr/bin/env bash
# Serves the demo: database built once, ladder run and shown, mail kept as files; Ctrl-C stops what it started.
#
# PORT=… asks for another port than 8069.
. "$(dirname "$0")/setup.sh"
. "$ROOT/dev/demo_db.sh"
. "$ROOT/dev/stop.sh"

start=$(now)
lock_demo
setup
demo_db
unlock_setup

finish() {
  trap '' INT TERM
  rm -f "$ENV_DIR/demo.url" # nobody is sent to it any more
  say "stopping"
  [ -z "${odoo:-}" ] || settle "$odoo" "$DEMO"
  # what Odoo says while it stops is for the log: its other threads find their connections closed
  end_process "${shown:-}"
  end_process "${odoo:-}"
  end_process "${sink:-}"
  pg_down
}
trap finish EXIT
trap 'exit 0' INT TERM

wanted=${PORT:-8069}
port=$("$VENV/bin/python" "$ROOT/dev/free_port.py" "$wanted")
[ "$port" = "$wanted" ] || note "port $wanted is taken: the demo uses $port"
url=http://127.0.0.1:$port

smtp=$("$VENV/bin/python" "$ROOT/dev/free_port.py")
"${TIED[@]}" "$VENV/bin/python" "$ROOT/dev/smtp_sink.py" "$smtp" "$MAIL" 8>&- &
sink=$!
write_conf "$DEMO_CONF" "$port" "$smtp"
demo_parameters "$url"

if [ -e "$ROOT/dev/demo_table.py" ]; then
  say "The ladder on the demo data"
  demo_shell <"$ROOT/dev/demo_table.py" 2>"$ENV_DIR/log/demo-table.log" || {
    tail -n 25 "$ENV_DIR/log/demo-table.log" >&2
    die "dev/demo_table.py failed" "the lines above say why; all of it is in .env/log/demo-table.log"
  }
fi

say "Odoo: start, and load the database"
log=$ENV_DIR/log/demo.log
: >"$log"
"${TIED[@]}" "$VENV/bin/odoo" -c "$DEMO_CONF" -d "$DEMO" --db-filter="^$DEMO\$" --log-level="${LOG_LEVEL:-warn}" \
  8>&- >>"$log" 2>&1 &
odoo=$!
"${TIED[@]}" tail -n +1 -f "$log" 8>&- >&9 &
shown=$!
answers() ( # the port is open before Odoo has loaded the database
  exec 3<>"/dev/tcp/127.0.0.1/$port"
  printf 'GET /web/login HTTP/1.0\r\nHost: 127.0.0.1:%s\r\n\r\n' "$port" >&3
  read -r -t 60 status <&3
  [[ $status == *' 200 '* ]]
) 2>/dev/null
SECONDS=0
until answers; do
  kill -0 $odoo 2>/dev/null && [ $SECONDS -lt 300 ] || { sleep 1 && die "Odoo did not start" "its last lines are above, all are in $log"; }
  sleep 0.2
done
echo "$url" >"$ENV_DIR/demo.url"
say "ready after $(since "$start"): $url  (admin / admin)"
say "mail is kept in $MAIL; Ctrl-C stops the demo"
wait $odoo
