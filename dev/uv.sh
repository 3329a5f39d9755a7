# uv, pinned by hash, in the cache: resolves for Python versions that this machine does not have (sourced).

install_uv() { # folder
  "$(find_python)" -m venv "$1/venv"
  "$1/venv/bin/python" -m pip install -q --require-hashes --only-binary=:all: -r "$ROOT/dev/uv.txt"
  mv "$1/venv/bin/uv" "$1/uv"
  rm -rf "$1/venv"
}

get_uv() { # sets UV
  local entry
  entry=$CACHE/uv/$(digest <"$ROOT/dev/uv.txt")
  cache_ok "$entry" || step "uv: install into the cache" "is there a network?" cache_fill "$entry" install_uv
  UV=$entry/uv
}

LOCKED_PYTHONS="3.10 3.11 3.12 3.13"

LOCKS="requirements tools node" # dev/<name>.in is compiled into dev/<name>.txt

compile_lock() { # name, output file (its pins are kept where they still fit), uv's arguments…
  local name=$1 output=$2
  shift 2
  "$UV" pip compile -q --universal --python-version "${LOCKED_PYTHONS%% *}" --only-binary :all: --generate-hashes \
    --no-emit-index-url --no-annotate --no-header --override "$ROOT/dev/overrides.txt" \
    "$ROOT/dev/$name.in" -o "$output" "$@"
}
