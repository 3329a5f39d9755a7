#!/usr/bin/env bash
# Runs pip on the lock file with hashes checked: pip_lock.sh <python> <lock> download|install [pip's arguments].
#
# Environments in the cache are named after this file too: a change here rebuilds them.
set -euo pipefail

python=$1 lock=$2 command=$3
# the lock has wheels of everything for x86-64 Linux; elsewhere pip may have to build one or two
only=()
[ "$(uname -sm)" != "Linux x86_64" ] || only=(--only-binary=:all:)
exec "$python" -m pip "$command" -q --require-hashes --no-deps "${only[@]}" -r "$lock" "${@:4}"
