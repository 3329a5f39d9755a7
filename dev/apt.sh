# A private apt: Debian packages with verified signatures, without root and without the system's lists (sourced).

debian_mirror() { # the mirror this machine uses itself; known before any 'apt-get update', and to any user
  if [ -n "${DEBIAN_MIRROR:-}" ]; then
    echo "${DEBIAN_MIRROR%/}/"
  else
    apt-get --print-uris update 2>/dev/null | sed -nE "s#^'(.*/debian)/+dists/.*#\\1/#p" |
      sort | uniq -c | sort -rn | awk 'NR == 1 { print $2 }'
  fi
}

# private_apt folder apt-get's arguments…
private_apt() {
  local a=$1
  shift
  apt-get -q -o Dir::Etc::sourcelist="$a/sources.list" -o Dir::Etc::sourceparts=- \
    -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null -o Dir::Etc::trusted=/dev/null \
    -o Dir::State="$a/state" -o Dir::State::lists="$a/lists" -o Dir::State::status=/dev/null \
    -o Dir::Cache="$a/cache" -o Acquire::Languages=none -o Acquire::Retries=3 \
    -o APT::Sandbox::User="$(id -un)" "$@"
}

# private_apt_open folder suite…: an index of these suites
private_apt_open() {
  local a=$1 mirror suite key=/usr/share/keyrings/debian-archive-keyring.gpg
  shift
  mirror=$(debian_mirror)
  [ -n "$mirror" ] || die "no Debian mirror in this machine's apt sources" "name one in DEBIAN_MIRROR, or set ODOO_SRC"
  [ -r $key ] || die "$key is missing" "install it: apt-get install debian-archive-keyring"
  mkdir -p "$a"/{state,lists/partial,cache/archives/partial}
  for suite; do echo "deb [signed-by=$key] $mirror $suite main"; done >"$a/sources.list"
  private_apt "$a" update
}
