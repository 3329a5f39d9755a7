#!/usr/bin/env bash
# Checks the lock files: each is what its .in says, and each Python it is for has a wheel of every pin.
#
# The interpreters need not be there. What was found good is remembered in the cache, so it needs no network twice.
. "$(dirname "$0")/lib.sh"
for part in cache python uv; do . "$ROOT/dev/$part.sh"; done

mark=$CACHE/lock-checked/$(for name in $LOCKS; do cat "$ROOT/dev/$name".{in,txt}; done | cat - "$ROOT"/dev/{overrides.txt,uv.sh,lock-check.sh} | digest)
if [ -e "$mark" ]; then
  say "lock files: found good before"
  exit
fi

same_as_compiled() { # name
  local lock=$ROOT/dev/$1.txt copy
  copy=$(mktemp)
  cp "$lock" "$copy"
  compile_lock "$1" "$copy"
  diff -u "$lock" "$copy"
  rm "$copy"
}

resolves() { # name, Python version
  "$UV" pip install --dry-run --no-deps --require-hashes --only-binary :all: --python-version "$2" \
    --python-platform x86_64-manylinux_2_28 --target "$CACHE/lock-checked/none" -r "$ROOT/dev/$1.txt"
}

get_uv
for name in $LOCKS; do
  step "$name.txt: agrees with $name.in" "make lock" same_as_compiled "$name"
  for version in $LOCKED_PYTHONS; do
    step "$name.txt: wheels for Python $version" \
      "give that package another version for it in dev/$name.in" resolves "$name" "$version"
  done
done
mkdir -p "$(dirname "$mark")"
touch "$mark"
