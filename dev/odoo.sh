# Gets Odoo 19: $ODOO_SRC, else Debian's odoo-19 through the cache. Sets ODOO_KEY and ODOO_PATH (sourced).
#
# The cache holds the packages (debs/<key>), the tree made from them (odoo/<key>) and the name of the key in use
# (odoo/current). ODOO_REFRESH=1 looks for a newer package.

ODOO_SUITES="sid testing"

download_odoo() { # folder
  local apt=$1/apt suite got= tried=
  need apt-get apt
  for suite in $ODOO_SUITES; do
    rm -rf "$apt"
    # bookworm has the Font Awesome and Inconsolata that Odoo's links name; Montserrat is not in it
    if ! private_apt_open "$apt" "$suite" bookworm; then
      tried+="tried Debian $suite: its index cannot be fetched"$'\n'
    elif ! private_apt "$apt" --print-uris download "odoo-19/$suite"; then
      tried+="tried Debian $suite: there is no package odoo-19 in it"$'\n'
    elif (cd "$1" && private_apt "$apt" download "odoo-19/$suite" "fonts-montserrat/$suite" \
      {libjs-jquery,libjs-jquery-form,libjs-underscore}/bookworm \
      {fonts-font-awesome,fonts-roboto-unhinted,fonts-inconsolata,fonts-ocr-b}/bookworm); then
      got=yes
      break
    else
      tried+="tried Debian $suite: odoo-19 is there, but not all could be downloaded"$'\n'
    fi
  done
  if [ -z "$got" ]; then # at the end of the log, where it is read
    printf 'mirror: %s\n%s' "$(sed -n 's/^deb \[.*\] \([^ ]*\) .*/\1/p' "$apt/sources.list" | head -n 1)" "$tried"
    rm -rf "$apt"
    return 1
  fi
  rm -rf "$apt"
  (cd "$1" && sha256sum -- *.deb >SHA256SUMS)
}

unpack_odoo() { # packages, folder
  (cd "$1" && sha256sum --quiet -c SHA256SUMS)
  bash "$ROOT/dev/unpack_odoo.sh" "$1" "$2"
}

odoo_from_debian() {
  local debs tree current=$CACHE/odoo/current
  mkdir -p "$CACHE/odoo" "$CACHE/debs"
  if [ -n "${ODOO_REFRESH:-}" ] || ! [ -s "$current" ]; then
    step "Odoo 19: download Debian's packages (135 MB)" \
      "the last lines say what was tried: set ODOO_SRC to a checkout of Odoo's 19.0 branch, or DEBIAN_MIRROR to a mirror that has odoo-19" fetch_new_odoo
  fi
  debs=$CACHE/debs/$(cat "$current")
  ODOO_KEY=$({ cat "$current" "$ROOT/dev/unpack_odoo.sh"; } | digest)
  tree=$CACHE/odoo/$ODOO_KEY
  if ! cache_ok "$tree"; then
    if ! (cd "$debs" && sha256sum --quiet -c SHA256SUMS) 2>/dev/null; then
      note "the packages in the cache are damaged; getting them again"
      rm -rf "$current" "$debs"
      odoo_from_debian
      return
    fi
    step "Odoo 19: unpack into the cache (1.2 GB)" "is the disk full? ($CACHE)" \
      cache_fill "$tree" unpack_odoo "$debs"
  fi
  ODOO_PATH=$tree/usr/lib/python3/dist-packages
}

fetch_new_odoo() {
  local incoming=$CACHE/debs/incoming key
  exec 6>"$CACHE/debs/incoming.lock"
  flock 6
  if [ -z "${ODOO_REFRESH:-}" ] && [ -s "$CACHE/odoo/current" ]; then return; fi # another checkout was quicker
  rm -rf "$incoming"
  mkdir "$incoming"
  download_odoo "$incoming"
  key=$(digest <"$incoming/SHA256SUMS")
  rm -rf "${CACHE:?}/debs/$key"
  mv "$incoming" "$CACHE/debs/$key"
  echo "$key" >"$CACHE/odoo/current.new"
  mv "$CACHE/odoo/current.new" "$CACHE/odoo/current"
}

# Debian's tree has links into other packages. Without them Odoo starts, and its pages come without their scripts.
check_links() {
  local dangling
  dangling=$(find "$ODOO_PATH"/odoo/addons/*/static "$ODOO_PATH"/addons/*/static -xtype l 2>/dev/null) || true
  [ -z "$dangling" ] ||
    die "ODOO_SRC=$ODOO_SRC has $(wc -l <<<"$dangling") links to files that are not there, such as $(head -n 1 <<<"$dangling")" \
      "install what they point to (apt-get install odoo, with its dependencies), copy the tree with its links followed (cp -rL), or unset ODOO_SRC: then Debian's packages are fetched"
}

get_odoo() {
  if [ -n "${ODOO_SRC:-}" ]; then
    ODOO_PATH=$(cd "$ODOO_SRC" 2>/dev/null && pwd -P) || die "ODOO_SRC=$ODOO_SRC is no folder" "unset or correct it"
    grep -qs '^version_info = (19, 0' "$ODOO_PATH/odoo/release.py" ||
      die "ODOO_SRC=$ODOO_SRC holds no Odoo 19.0 (odoo/release.py)" "name the folder that contains 'odoo'"
    check_links
    ODOO_KEY=src-$({ fingerprint "$ODOO_PATH/odoo"; [ ! -d "$ODOO_PATH/addons" ] || fingerprint "$ODOO_PATH/addons"; } | digest)
  else
    odoo_from_debian
  fi
}
