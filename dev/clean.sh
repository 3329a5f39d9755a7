#!/usr/bin/env bash
# Removes what the other scripts made: clean.sh [demo|cache]; without an argument .env, with 'cache' also the cache.
. "$(dirname "$0")/setup.sh"

busy() { # a lock's file: held by somebody?
  [ -e "$1" ] && ! flock -n "$1" true
}

remove() {
  if [ -e "$1" ]; then
    rm -rf "$1"
    say "removed: $1"
  else
    say "not there: $1"
  fi
}

! busy "$ENV_DIR/demo.lock" || die "the demo of this checkout is running" "stop it with Ctrl-C first"
case ${1:-} in
  demo)
    setup
    . "$ROOT/dev/demo_db.sh"
    drop_db "$DEMO"
    drop_db "$DEMO.new"
    say "the demo database is gone; make demo builds it anew"
    ;;
  '' | cache)
    ! busy "$ENV_DIR/setup.lock" && ! busy "$PG_DIR/users.lock" ||
      die "something in this checkout is at work" "wait for it, or stop it"
    if [ -x "$VENV/bin/python" ]; then
      pg_env
      pg_external || [ ! -e "$PG_DATA/postmaster.pid" ] ||
        as_pg "$PG_BIN/pg_ctl" -D "$PG_DATA" -m fast -w stop >/dev/null 2>&1 || true
      if pg_external && [ -s "$ENV_DIR/id" ]; then
        pg_login
        for db in $(sql "select datname from pg_database where starts_with(datname, '$(db_prefix)')"); do
          if own_db "$db"; then drop_db "$db"; else note "not made by this checkout, left alone: $db"; fi
        done
      fi
      pg_external || [ "$PGHOST" = "$PG_DIR" ] || rm -rf "$PGHOST"
    fi
    [[ $ROOT != *,* ]] || rm -f "$(comma_free "$ROOT")"
    remove "$ENV_DIR"
    [ "${1:-}" != cache ] || remove "$CACHE"
    ;;
  *) die "clean.sh [demo|cache]" ;;
esac
