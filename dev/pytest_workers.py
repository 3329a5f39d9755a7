"""A pytest plugin: each process that runs tests has a filestore of its own, as it has a database of its own.

pytest-odoo lets them share one. But Odoo collects garbage in it after each test class: files that no committed row
names, which in a test are all those that another process has just written. Scripts of a page vanish, PDFs are empty.
"""

import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest_odoo


@contextmanager
def _own_filestore(original, database):
    from odoo.tools import config

    if database == original:
        yield
        return
    mark = os.environ["AR_DB_MARK"].replace("'", "''")
    comment = f"comment on database \"{database}\" is '{mark}'"
    subprocess.run(["psql", "-qXd", "postgres", "-c", comment], check=True)
    own = Path(config.filestore(database))
    shutil.rmtree(own, ignore_errors=True)
    # hard links: Odoo never rewrites a stored file
    shutil.copytree(config.filestore(original), own, copy_function=os.link)
    try:
        yield
    finally:
        shutil.rmtree(own, ignore_errors=True)


pytest_odoo._shared_filestore = _own_filestore
