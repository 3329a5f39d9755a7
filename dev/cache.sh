# Entries of the per-user cache: filled once under a lock, complete or not there, checked before use (sourced).

# Names and sizes of everything in a folder; compiled Python aside, which comes and goes.
fingerprint() {
  (cd "$1" && find . -name __pycache__ -prune -o \( -type f -o -type l \) ! -name .complete -printf '%y %s %P\n') |
    sort | digest
}

cache_ok() { [ -f "$1/.complete" ] && [ "$(cat "$1/.complete")" = "$(fingerprint "$1")" ]; }

# cache_fill folder command…: runs the command with a temporary folder as its last argument, which becomes the
# entry by one rename. A broken or half-removed entry is made anew.
cache_fill() {
  local entry=$1
  shift
  mkdir -p "$(dirname "$entry")"
  exec 6>"$entry.lock"
  flock -n 6 || {
    note "another checkout is filling ${entry#"$CACHE"/} in the cache; waiting for it"
    flock 6
  }
  if ! cache_ok "$entry"; then
    rm -rf "$entry".tmp.* "$entry".old.*
    mkdir "$entry.tmp.$$"
    "$@" "$entry.tmp.$$"
    fingerprint "$entry.tmp.$$" >"$entry.tmp.$$/.complete"
    [ ! -e "$entry" ] || mv "$entry" "$entry.old.$$"
    mv "$entry.tmp.$$" "$entry"
    rm -rf "$entry.old.$$"
  fi
  exec 6>&-
}
