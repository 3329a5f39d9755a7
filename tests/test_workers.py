"""Tests that run beside each other leave each other's files alone."""

import os
from pathlib import Path

import support


def test_each_process_has_a_filestore_of_its_own():
    """Odoo's runner deletes uncommitted files after each class: in a shared store, the others' too."""
    from odoo.tests.common import get_db_name
    from odoo.tools import config

    database, worker = get_db_name(), os.environ.get("PYTEST_XDIST_WORKER")
    assert Path(config.filestore(database)) == support.FILESTORE / database
    assert database.endswith(f"-{worker}" if worker else os.environ["AR_TEST_DB"])
    assert (support.FILESTORE / database).is_dir()
