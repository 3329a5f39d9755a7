#!/usr/bin/env python3
"""Fail unless the installed addons hold every file their manifests name.

Run by dev/wheel.sh --check with the Python of a venv that has the wheels:

    python dev/wheel_check.py ar_collections/__manifest__.py ...
"""

import ast
import sys
import sysconfig
from pathlib import Path

SITE = Path(sysconfig.get_path("purelib"))
ALWAYS = ["__init__.py", "__manifest__.py", "README.rst"]
APPLICATION = ["static/description/icon.png", "static/description/index.html"]


def asset_paths(manifest):
    """Paths and globs under ``assets``, alone or last in a (directive, ...)."""
    for entries in manifest.get("assets", {}).values():
        for entry in entries:
            yield entry if isinstance(entry, str) else entry[-1]


def named_files(addon, manifest):
    """Files of the addon that its manifest names, globs resolved in the sources."""
    yield from ALWAYS
    yield from APPLICATION if manifest.get("application") else []
    yield from manifest.get("data", [])
    yield from manifest.get("demo", [])
    yield from manifest.get("images", [])
    for path in asset_paths(manifest):
        if path.lstrip("/").startswith(f"{addon.name}/"):
            pattern = path.lstrip("/").removeprefix(f"{addon.name}/")
            found = [p for p in addon.glob(pattern) if p.is_file()]
            found = [p.relative_to(addon).as_posix() for p in found]
            yield from found or [pattern]


def differences(addon):
    """Complaints about one addon: files missing, version not the manifest's."""
    manifest = ast.literal_eval((addon / "__manifest__.py").read_text())
    installed = SITE / "odoo" / "addons" / addon.name
    for name in sorted(set(named_files(addon, manifest))):
        if not (installed / name).is_file():
            yield f"{addon.name}: {name} is not in the wheel"
    version = manifest["version"]
    if not list(SITE.glob(f"odoo_addon_{addon.name}-{version}.dist-info")):
        yield f"{addon.name}: the wheel's version is not {version}"


def main(manifests):
    """Check each addon; return the exit code."""
    addons = [Path(name).resolve().parent for name in manifests]
    problems = [problem for addon in addons for problem in differences(addon)]
    print(*problems or [f"{len(addons)} wheel(s) complete"], sep="\n")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
