"""Makes a copied virtual environment work where it is going to lie, and lets it import Odoo.

relocate_venv.py <copy> <final place> <folder that holds the odoo package>
"""

import re
import sys
from pathlib import Path

copy, final, odoo_path = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]

# Either form that pip writes: a plain '#!…/python', or three lines of sh for a path that is long or has spaces.
HEADER = re.compile(rb"\A#!(?:[^\n]*python[^\n]*\n|/bin/sh\n'''exec' [^\n]*\n' '''\n)")
LAUNCHER = f"#!/bin/sh\n'''exec' \"{final}/bin/python\" \"$0\" \"$@\"\n' '''\n"


def replace(path, content, mode=0o755):
    path.unlink(missing_ok=True)  # it may be a hard link into the cache
    path.write_bytes(content)
    path.chmod(mode)


for script in (copy / "bin").iterdir():
    if script.is_symlink() or not script.is_file():
        continue
    if script.name.lower().startswith("activate"):
        script.unlink()  # names the place it was copied from
        continue
    with script.open("rb") as file:
        if file.read(2) != b"#!":
            continue
    content = script.read_bytes()
    if HEADER.match(content):
        replace(script, HEADER.sub(lambda _: LAUNCHER.encode(), content, count=1))

launcher = f'#!/bin/sh\nexec "{final}/bin/python" -m odoo "$@"\n'
replace(copy / "bin" / "odoo", launcher.encode())
site_packages = next((copy / "lib").glob("python3.*/site-packages"))
replace(site_packages / "odoo19.pth", f"{odoo_path}\n".encode(), 0o644)
