# The Python environment in .env/venv: exactly the lock's wheels, cloned from the cache by hard links (sourced).
#
# The cache holds the wheels of a lock and Python version (wheels/<key>) and an environment made from them
# (venvs/<key>). PYTHON_KEY names it.

LOCK=$ROOT/dev/requirements.txt

download_wheels() { # python, folder
  "$1" -m venv "$2/venv"
  bash "$ROOT/dev/pip_lock.sh" "$2/venv/bin/python" "$LOCK" download -d "$2"
  rm -rf "$2/venv"
  (cd "$2" && sha256sum -- * >SHA256SUMS)
}

wheels_ok() { cache_ok "$1" && (cd "$1" && sha256sum --quiet -c SHA256SUMS) >/dev/null 2>&1; }

build_venv() { # python, wheels, folder
  "$1" -m venv "$3"
  bash "$ROOT/dev/pip_lock.sh" "$3/bin/python" "$LOCK" install --no-index --find-links "$2"
}

clone_venv() { # environment, key
  rm -rf "$VENV" "$VENV.new"
  cp -al "$1" "$VENV.new" 2>/dev/null || { rm -rf "$VENV.new"; cp -a "$1" "$VENV.new"; } # another file system
  rm -f "$VENV.new/.complete"
  ln -sf wkhtmltopdf-pack "$VENV.new/bin/wkhtmltopdf" # patched Qt: prints headers and footers
  "$VENV.new/bin/python" "$ROOT/dev/relocate_venv.py" "$VENV.new" "$VENV" "$ODOO_PATH"
  "$VENV.new/bin/python" -c 'import gevent, lxml.etree, odoo, PIL.Image, psycopg2, pytest, sass'
  echo "$2" >"$VENV.new/.key"
  mv "$VENV.new" "$VENV"
}

# What works in an environment does not survive its replacement: a PostgreSQL server that a killed script left is
# stopped first, everything else is named.
vacate_venv() {
  local pid i
  [ -d "$VENV" ] || return 0
  [ ! -e "$PG_DIR/users.lock" ] || flock -n "$PG_DIR/users.lock" true ||
    die "this start needs another Python environment, and a demo or command of this checkout works in the present one" \
      "stop that one with Ctrl-C first"
  pid=$(head -n 1 "$PG_DATA/postmaster.pid" 2>/dev/null) || return 0
  [ "$(readlink "/proc/$pid/cwd")" = "$PG_DATA" ] || return 0
  kill -INT "$pid" 2>/dev/null || return 0 # what 'pg_ctl -m fast' sends
  for ((i = 0; i < 100; i++)); do kill -0 "$pid" 2>/dev/null && sleep 0.1 || return 0; done
}

get_venv() {
  local python tag wheels master key
  python=$(readlink -f "$VENV/bin/python" 2>/dev/null) || true # once chosen, kept
  [ -z "${PYTHON:-}" ] && [ -x "$python" ] || python=$(find_python)
  PYTHON_KEY=$({ cat "$LOCK" "$ROOT/dev/pip_lock.sh"; "$python" -VV; echo "$python"; } | digest)
  master=$CACHE/venvs/$PYTHON_KEY
  key="$PYTHON_KEY $ODOO_PATH $ROOT $(digest <"$ROOT/dev/relocate_venv.py")"
  if [ -x "$VENV/bin/python" ] && [ "$(cat "$VENV/.key" 2>/dev/null)" = "$key" ]; then return; fi
  # the lock has pins by the third figure, too
  tag=$("$python" -c 'import sys, platform; print("cp%d%d.%d-%s" % (*sys.version_info[:3], platform.machine()))')
  wheels=$CACHE/wheels/$(digest <"$LOCK")-$tag
  if ! cache_ok "$master"; then
    if ! wheels_ok "$wheels"; then
      rm -rf "$wheels"
      step "Python packages: download ($tag, 130 MB)" "is there a network, and an index in pip's settings?" \
        cache_fill "$wheels" download_wheels "$python"
    fi
    step "Python packages: install into the cache" "remove $wheels, then try again" \
      cache_fill "$master" build_venv "$python" "$wheels"
  fi
  vacate_venv
  step "Python environment ($("$python" -V 2>&1))" "remove $master, then try again" clone_venv "$master" "$key"
}
