#!/usr/bin/env bash
# Moves the newsfragments of each addon into its readme/HISTORY.md, under the manifest's version.
#
#   dev/changelog.sh           do it (after raising the version in the manifest)
#   dev/changelog.sh --draft   show what would be written
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$ROOT/dev/tool_venv.sh"
cd "$ROOT"

case "${1:-}" in
  '') mode=--yes ;;
  --draft) mode=--draft ;;
  *) die "unknown option $1" "see the top of dev/changelog.sh" ;;
esac
tool_venv tools
for manifest in */__manifest__.py; do
  addon=$(dirname "$manifest")
  compgen -G "$addon/readme/newsfragments/*.*.md" >/dev/null || continue
  version=$("$TOOLS/python" -c 'import ast, sys; print(ast.literal_eval(open(sys.argv[1]).read())["version"])' "$manifest")
  "$TOOLS/towncrier" build --config towncrier.toml --dir "$addon" --version "$version" "$mode"
done
[ "$mode" = --draft ] || "$TOOLS/python" dev/readme.py
