#!/usr/bin/env bash
# Checks the lock file: it is what requirements.in says, and each Python it is for has a wheel of every pin.
#
# The interpreters need not be there. What was found good is remembered in the cache, so it needs no network twice.
. "$(dirname "$0")/lib.sh"
for part in cache python uv; do . "$ROOT/dev/$part.sh"; done

LOCK=$ROOT/dev/requirements.txt
mark=$CACHE/lock-checked/$(cat "$ROOT"/dev/{requirements.in,requirements.txt,overrides.txt,uv.sh,lock-check.sh} | digest)
if [ -e "$mark" ]; then
  say "lock file: found good before"
  exit
fi

same_as_compiled() {
  local copy
  copy=$(mktemp)
  cp "$LOCK" "$copy"
  compile_lock "$copy"
  diff -u "$LOCK" "$copy"
  rm "$copy"
}

resolves() { # Python version
  "$UV" pip install --dry-run --no-deps --require-hashes --only-binary :all: --python-version "$1" \
    --python-platform x86_64-manylinux_2_28 --target "$CACHE/lock-checked/none" -r "$LOCK"
}

get_uv
step "lock file: agrees with requirements.in" "make lock" same_as_compiled
for version in $LOCKED_PYTHONS; do
  step "lock file: wheels for Python $version" "give that package another version for it in dev/requirements.in" resolves "$version"
done
mkdir -p "$(dirname "$mark")"
touch "$mark"
