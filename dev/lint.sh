#!/usr/bin/env bash
# Runs every hook of .pre-commit-config.yaml on all files git knows (git add new files first).
#
#   dev/lint.sh [HOOK-ID]        all hooks, or one; fails if a hook found or repaired something
#   dev/lint.sh --staged         the files of the next commit only
#   dev/lint.sh --install-hook   the same before each commit
#
# The hooks' tools live in a cache per user, so that a second checkout is ready at once.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$ROOT/dev/tool_venv.sh"
cd "$ROOT"

install_hook() {
  local hook mark='made by dev/lint.sh'
  hook=$(git rev-parse --git-path hooks)/pre-commit
  if [ -e "$hook" ] && ! grep -q "$mark" "$hook"; then
    die "$hook is there already and not ours" "remove it, or call dev/lint.sh --staged from it"
  fi
  mkdir -p "$(dirname "$hook")"
  {
    echo '#!/bin/sh'
    echo "# $mark --install-hook"
    echo 'exec "$(git rev-parse --show-toplevel)/dev/lint.sh" --staged'
  } >"$hook"
  chmod +x "$hook"
  say "installed $hook"
}

case "${1:-}" in
  --staged | --install-hook | [!-]* | '') ;;
  *) die "unknown option $1" "see the top of dev/lint.sh" ;;
esac
need git git
git rev-parse --is-inside-work-tree >/dev/null 2>&1 || die "$ROOT is not a git checkout" "git clone it, or git init"

tool_venv tools
path=$TOOLS
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  tool_venv node # PyPI has it
  path+=:$TOOLS
fi
export PATH="$path:$PATH"
npm_tools
export PATH="$NPM_TOOLS/.bin:$PATH" NODE_PATH=$NPM_TOOLS PRE_COMMIT_HOME="$CACHE/pre-commit"

check() { # pre-commit's arguments…
  local log=$ENV_DIR/log/lint.log rc=0 color=never
  mkdir -p "$ENV_DIR/log"
  [ ! -t 1 ] || color=always
  pre-commit run --color "$color" "$@" | tee "$log" || rc=$?
  if [ $rc != 0 ]; then
    printf 'error: lint failed\n' >&2
    python dev/lint_next.py "$log" >&2
  fi
  exit $rc
}

case "${1:-}" in
  --install-hook) install_hook ;;
  --staged) check ;;
  *) check --all-files "$@" ;;
esac
