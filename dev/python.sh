# Finds the Python to build on: $PYTHON, else the first of 3.12, 3.11, 3.13, 3.10 that really runs (sourced).

python_usable() { # prints the interpreter behind a name, shims and virtual environments seen through
  "$1" - 2>/dev/null <<'P'
import ensurepip, os, ssl, sys, venv
assert (3, 10) <= sys.version_info[:2] <= (3, 13)
print(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))
P
}

find_python() {
  local name
  if [ -n "${PYTHON:-}" ]; then
    python_usable "$PYTHON" || die "PYTHON=$PYTHON is no Python 3.10 to 3.13 with venv" "name another, or unset PYTHON"
    return
  fi
  for name in python3.12 python3.11 python3.13 python3.10 python3; do
    ! python_usable "$name" || return 0
  done
  die "no Python 3.10 to 3.13 with venv and ssl was found" \
    "apt-get install python3 python3-venv, or name one: PYTHON=/path/to/python3 make …"
}
