"""Prints three lines about the addons of this checkout.

Ours that can be installed here; what they depend on outside of this repository; Odoo's addons_path.
addons.py <checkout> <folder that holds the odoo package> <virtual environment>
"""

import ast
import sys
from pathlib import Path

# What tests and demo need beyond that: codes for banking apps, ways to pay and to send that
# cost nothing.
EXTRA = {"account_qr_code_sepa", "payment_demo", "sms_twilio"}


def main(root, odoo_path, venv):
    folders = [odoo_path / "odoo" / "addons", odoo_path / "addons"]
    folders += venv.glob("lib/python3*/site-packages/odoo/addons")  # addons from wheels
    folders = [folder for folder in folders if any(folder.glob("*/__manifest__.py"))]

    manifests = {
        path.parent.name: ast.literal_eval(path.read_text())
        for path in sorted(root.glob("*/__manifest__.py"))
    }
    depends = {name: set(manifest["depends"]) for name, manifest in manifests.items()}

    def exists(name):
        return any((folder / name / "__manifest__.py").exists() for folder in folders)

    while missing := {
        name: lacking
        for name, names in depends.items()
        if (lacking := {n for n in names if n not in depends and not exists(n)})
        or not manifests[name].get("installable", True)
    }:
        for name, lacking in missing.items():
            print(f"note: {name} left out: needs {sorted(lacking)}", file=sys.stderr)
            del depends[name]

    extra = {name for name in EXTRA if exists(name)}
    base = {"account"}.union(extra, *depends.values()) - depends.keys()
    print(",".join(depends))
    print(",".join(sorted(base)))
    print(",".join(map(str, [*folders, root])))


main(*map(Path, sys.argv[1:4]))
