#!/usr/bin/env bash
# Builds the wheel of each addon into dist/. The version is the manifest's.
#
#   dev/wheel.sh           build
#   dev/wheel.sh --check   build, install into a fresh venv, look for every file the manifests name
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$ROOT/dev/tool_venv.sh"
cd "$ROOT"

build_wheels() {
  local manifest
  rm -rf dist
  # no .devN counted from git commits: what the manifest says is what is built
  export WHOOL_POST_VERSION_STRATEGY_OVERRIDE=none
  for manifest in */__manifest__.py; do
    "$TOOLS/python" -m build --wheel --no-isolation --outdir dist "$(dirname "$manifest")"
  done
}

install_wheels() { # folder
  "$(find_python)" -m venv "$1"
  "$1/bin/python" -m pip --quiet install --no-deps --no-index dist/*.whl
}

case "${1:-}" in '' | --check) ;; *) die "unknown option $1" "see the top of dev/wheel.sh" ;; esac
tool_venv tools
step "wheels of $(echo */__manifest__.py | sed 's|/__manifest__.py||g')" "see the log" build_wheels
ls dist/*.whl
[ -n "${1:-}" ] || exit 0

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
step "install the wheels into a fresh environment" "see the log" install_wheels "$scratch"
"$scratch/bin/python" dev/wheel_check.py */__manifest__.py
