# Tools that Odoo's environment must not hold: in the cache, made from locks with hashes, used where they lie (sourced).

for part in cache python; do . "$ROOT/dev/$part.sh"; done

make_tool_venv() { # python, lock, where it will lie, folder
  "$1" -m venv "$4"
  bash "$ROOT/dev/pip_lock.sh" "$4/bin/python" "$2" install
  # the scripts name the folder that they were installed in
  grep -rlIZF "$4" "$4/bin" "$4/pyvenv.cfg" | xargs -0r sed -i "s|$4|$3|g"
}

# tool_venv tools|node: sets TOOLS to the bin folder with what that lock names
tool_venv() {
  local lock=$ROOT/dev/$1.txt python entry
  python=$(find_python)
  entry=$CACHE/tools/$1-$({ cat "$lock" "$ROOT"/dev/{pip_lock,tool_venv}.sh; "$python" -VV; echo "$python $CACHE"; } | digest)
  cache_ok "$entry" || step "install what dev/$1.txt names into the cache" \
    "is there a network, and an index in pip's settings?" cache_fill "$entry" make_tool_venv "$python" "$lock" "$entry"
  TOOLS=$entry/bin
}

make_npm_tools() { # folder
  cp "$ROOT"/dev/node/package*.json "$1"
  cd "$1"
  npm ci --ignore-scripts --no-audit --no-fund
}

npm_tools() { # sets NPM_TOOLS to the node_modules that dev/node/package-lock.json names; needs node
  local entry
  entry=$CACHE/tools/npm-$({ cat "$ROOT"/dev/node/package*.json; node --version; } | digest)
  cache_ok "$entry" || step "install what dev/node names into the cache" \
    "is there a network, and a registry in npm's settings?" cache_fill "$entry" make_npm_tools
  NPM_TOOLS=$entry/node_modules
}
