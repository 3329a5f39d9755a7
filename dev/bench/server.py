"""A server on the database that is measured, which wkhtmltopdf asks for style sheets."""

import contextlib
import os
import sys
from pathlib import Path

os.environ.setdefault("AR_TEST_DB", "test_bench")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))
from support import OdooServer  # noqa: E402


@contextlib.contextmanager
def serving(database):
    """Serve the database without scheduled actions; yields the address."""
    with OdooServer(database, "--max-cron-threads=0") as server:
        yield server.url
