# Small environments for tools that Odoo's must not hold, one folder each in .env (sourced, after lib.sh).

. "$ROOT/dev/python.sh"

make_tool_venv() { # folder, packages…
  local dir=$1 python
  shift
  rm -rf "$dir"
  python=$(find_python)
  "$python" -m venv "$dir"
  "$dir/bin/python" -m pip --quiet install "$@"
  echo "$*" >"$dir/.wanted"
}

# tool_venv name package==version…: makes .env/name hold these tools and sets TOOLS to its bin folder
tool_venv() {
  local dir=$ENV_DIR/$1
  shift
  if [ "$(cat "$dir/.wanted" 2>/dev/null)" != "$*" ] || ! "$dir/bin/python" -c '' 2>/dev/null; then
    mkdir -p "$ENV_DIR"
    step "$*" "is there a network, or an index in pip's settings?" make_tool_venv "$dir" "$@"
  fi
  TOOLS=$dir/bin
}
