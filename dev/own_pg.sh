#!/usr/bin/env bash
# Makes, starts or stops a PostgreSQL cluster of a test's own: own_pg.sh <folder> start|stop|crash [programs' folder]
#
# Prints the folder of its socket (PGHOST). Everything else of this checkout goes on with its own server. Another
# version's programs make a cluster of that version.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
ENV_DIR=$1
unset PGHOST PGHOSTADDR PGPORT PGSERVICE AR_PG_EXTERNAL AR_PG_OWN
. "$ROOT/dev/pg.sh"

pg_env
PG_BIN=${3:-$PG_BIN}
case $2 in
  start)
    [ -e "$PG_DATA/PG_VERSION" ] || pg_create >"$ENV_DIR/create.log" 2>&1
    pg_start
    echo "$PGHOST"
    ;;
  stop) as_pg "$PG_BIN/pg_ctl" -D "$PG_DATA" -m fast -w stop >/dev/null ;;
  crash) as_pg "$PG_BIN/pg_ctl" -D "$PG_DATA" -m immediate -w stop >/dev/null ;;
  *) die "own_pg.sh: start, stop or crash, not '$2'" "see the top of dev/own_pg.sh" ;;
esac
