#!/usr/bin/env bash
# Makes dev/requirements.txt from dev/requirements.in; with -U (or -P name) newer versions are taken where free.
. "$(dirname "$0")/lib.sh"
for part in cache python uv; do . "$ROOT/dev/$part.sh"; done

get_uv
step "compile the lock file" "correct the pin in dev/requirements.in that it names" \
  compile_lock "$ROOT/dev/requirements.txt" "$@"
exec "$ROOT/dev/lock-check.sh"
