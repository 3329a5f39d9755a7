# Messages, timed steps and the paths that every script here shares (sourced).
#
# File descriptors are used by fixed numbers, and the PostgreSQL server must inherit none of them: 5 lock of the
# running demo (demo.sh), 6 lock on a cache entry, 7 lock on this checkout's set-up,
# 8 'I use the PostgreSQL cluster' (pg.sh), 9 the caller's stderr, for messages from within a step.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
ENV_DIR=$ROOT/.env
CACHE=${XDG_CACHE_HOME:-${HOME:-$ENV_DIR}/.cache}/ar_collections
VENV=$ENV_DIR/venv
DATA_DIR=$ENV_DIR/data

# What would make a run depend on the caller's shell. Compiled files are kept: without them Odoo starts 3 s later.
unset PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME VIRTUAL_ENV OPENERP_SERVER ODOO_RC
export LC_ALL=C.UTF-8 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_NO_INPUT=1
exec 9>&2

say() { printf '==> %s\n' "$*" >&9; }
note() { printf 'note: %s\n' "$*" >&9; }

die() { # what happened, what to do next
  printf 'error: %s\n' "$1" >&9
  [ -z "${2:-}" ] || printf '  next: %s\n' "$2" >&9
  exit 1
}

now() { echo "${EPOCHREALTIME:-$(date +%s)}"; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f s", b - a }'; }

# step 'what it does' 'what to do if it fails' command…: its output goes to a log in .env/log, which is
# shown when it fails. The command runs in a subshell with errexit on, so it cannot set variables here.
step() {
  local next=$2
  attempt "$1" "${@:3}"
  [ "$TRIED" = 0 ] || die "$FAILURE" "$next"
}

# attempt 'what it does' command…: a step that may fail; its exit code is in TRIED, what to say then in FAILURE.
attempt() {
  local what=$1 start log
  start=$(now)
  mkdir -p "$ENV_DIR/log"
  log=$ENV_DIR/log/$(printf %s "$what" | tr -cs 'A-Za-z0-9' '-' | cut -c1-90).log
  printf '==> %s …\n' "$what" >&9
  try "${@:2}" </dev/null >"$log" 2>&1
  if [ "$TRIED" = 0 ]; then
    printf '    done in %s\n' "$(since "$start")" >&9
    return
  fi
  tail -n 25 "$log" | sed 's/^/    | /' >&9
  FAILURE="$what: failed after $(since "$start"); all of it is in $log"
}

# try command…: its exit code is in TRIED. In 'if command' or 'command ||' bash would ignore errors within it.
try() {
  set +e
  (
    set -e
    "$@"
  )
  TRIED=$?
  set -e
}

need() { # command, Debian package
  command -v "$1" >/dev/null || die "'$1' is missing" "install it: apt-get install $2"
}

digest() { sha256sum | cut -c1-16; } # of stdin
is_root() { [ "$(id -u)" = 0 ]; }

# Only one set-up at a time in a checkout. The kernel frees the lock when its holder is killed.
lock_setup() {
  mkdir -p "$ENV_DIR" 2>/dev/null && [ -w "$ENV_DIR" ] ||
    die "$ENV_DIR is not writable for $(id -un)" "it was made by another user: remove it as that user (make clean)"
  exec 7>"$ENV_DIR/setup.lock"
  flock -n 7 || {
    note "another set-up of this checkout is at work; waiting for it"
    flock 7
  }
  # tells this checkout's databases on a shared server from those of one in the same place on another machine
  [ -s "$ENV_DIR/id" ] || od -An -N8 -tx8 /dev/urandom >"$ENV_DIR/id"
}
unlock_setup() { exec 7>&-; }

# One demo in a checkout. One that is just being stopped is waited for, one that runs is named; demo.url is there
# while it can be used, and what a killed demo left of it is removed.
lock_demo() { # seconds to wait
  local left=${1:-30} next="use that one, or stop it with Ctrl-C where it was started"
  mkdir -p "$ENV_DIR"
  exec 5>>"$ENV_DIR/demo.lock"
  until flock -n 5; do
    [ ! -s "$ENV_DIR/demo.url" ] || die "the demo of this checkout runs already: $(cat "$ENV_DIR/demo.url")" "$next"
    [ "$left" -gt 0 ] || die "another demo of this checkout is being started" "$next"
    [ "$left" != "${1:-30}" ] || note "another demo of this checkout starts or stops; waiting for it"
    left=$((left - 1))
    sleep 1
  done
  rm -f "$ENV_DIR/demo.url"
}

# Prefix for a background process: out of reach of the terminal's Ctrl-C, which this script passes on in its own
# way, and gone with this script even when that is killed by SIGKILL. (A step that outlives its script holds the
# locks; the next start waits for it and goes on from there.)
TIED=(setsid)
! setpriv --pdeathsig TERM true 2>/dev/null || TIED=(setpriv --pdeathsig TERM setsid)
