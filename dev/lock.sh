#!/usr/bin/env bash
# Makes the locks dev/*.txt from dev/*.in, and npm's in dev/node; with -U (or -P name) newer versions are taken where free.
. "$(dirname "$0")/lib.sh"
for part in cache python uv; do . "$ROOT/dev/$part.sh"; done

get_uv
for name in $LOCKS; do
  step "compile dev/$name.txt" "correct the pin in dev/$name.in that it names" \
    compile_lock "$name" "$ROOT/dev/$name.txt" "$@"
done
compile_npm() {
  cd "$ROOT/dev/node"
  # no address of a registry in it: whose it is, is a matter of npm's settings
  npm install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund
}
! command -v npm >/dev/null || step "compile dev/node/package-lock.json" "correct dev/node/package.json" compile_npm
exec "$ROOT/dev/lock-check.sh"
