#!/usr/bin/env bash
# Turns Debian's packages into an Odoo tree that works where it lies: unpack_odoo.sh <packages> <folder>.
#
# The name of the tree in the cache depends on this file: a change here rebuilds it.
set -euo pipefail

packages=$1 tree=$2
# dist-packages/{addons,setup,doc} are stub copies that would shadow module names on sys.path
for deb in "$packages"/*.deb; do
  dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$tree" --no-same-owner --no-same-permissions \
    --exclude=./usr/lib/python3/dist-packages/{addons,setup,doc} \
    --exclude=./usr/share/doc --exclude=./etc --exclude=./usr/lib/systemd
done

# Debian removed it for its licence, mail's manifest still names it: a console error, so every browser test fails
stub=$tree/usr/lib/python3/dist-packages/odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js
if [ ! -e "$stub" ]; then
  mkdir -p "$(dirname "$stub")"
  echo '/* not shipped by Debian */' >"$stub"
fi

dangling=$(find "$tree" -xtype l | head -n 5)
if [ -n "$dangling" ]; then
  printf 'links to files of packages that were not unpacked:\n%s\n' "$dangling" >&2
  exit 1
fi
