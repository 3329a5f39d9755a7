#!/usr/bin/env bash
# Generates books and prints what deciding and writing notices costs: run.sh [bench.py's arguments].
#
# Started by itself it gets its environment from dev/with-env.sh, as 'make bench' does.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
[ -n "${AR_INSTALLED_DB:-}" ] || exec "$here/../with-env.sh" --installed "$here/run.sh" "$@"
exec python "$here/bench.py" "$@"
