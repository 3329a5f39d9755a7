#!/usr/bin/env bash
# Exports the translation template of each addon, <addon>/i18n/<addon>.pot.
#
#   dev/pot.sh           write them
#   dev/pot.sh --check   write nothing, fail if one is out of date (its dates aside)
#
# Reads a copy of the database $AR_INSTALLED_DB, which has the addons; without that name it sets everything up first.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
case "${1:-}" in
  '' | --check) ;;
  *) echo "error: unknown option $1; see the top of dev/pot.sh" >&2 && exit 2 ;;
esac
[ -n "${AR_INSTALLED_DB:-}" ] || exec "$ROOT/dev/with-env.sh" --installed "$ROOT/dev/pot.sh" "$@"
cd "$ROOT"

scratch=$(mktemp -d)
db=${AR_INSTALLED_DB}_pot_$$
trap 'dropdb --if-exists --force "$db"; rm -rf "$scratch"' EXIT

export_all() { # the addons' names; into $scratch/<addon>/i18n/<addon>.pot
  createdb -T "$AR_INSTALLED_DB" "$db"
  psql -qX -d "$db" -c "comment on database \"$db\" is '${AR_DB_MARK:-}'"
  odoo i18n export -d "$db" -o "$scratch/all.tgz" "$@" >"$scratch/log" 2>&1 && tar -xzf "$scratch/all.tgz" -C "$scratch" ||
    { cat "$scratch/log" >&2 && exit 1; }
}

dateless() { grep -vE '^"(POT-Creation|PO-Revision)-Date: ' "$1"; }

same() { [ -f "$1" ] && diff -U2 --label "$1" --label "$1 (now)" <(dateless "$1") <(dateless "$2"); }

addons=(*/__manifest__.py)
addons=("${addons[@]%/__manifest__.py}")
export_all "${addons[@]}"
stale=0
for addon in "${addons[@]}"; do
  pot=$addon/i18n/$addon.pot
  if [ ! -f "$scratch/$pot" ]; then
    echo "note: $addon has nothing to translate, or is not installed in $AR_INSTALLED_DB" >&2
  elif same "$pot" "$scratch/$pot" >"$scratch/diff"; then
    echo "$pot is up to date"
  elif [ "${1:-}" = --check ]; then
    head -n 40 "$scratch/diff"
    echo "$pot is out of date: run make pot" >&2
    stale=1
  else
    mkdir -p "$addon/i18n"
    cp "$scratch/$pot" "$pot"
    echo "$pot written"
  fi
done
exit $stale
