"""Databases of the benchmark, and Odoo's environment on one of them.

A book is generated once and kept as ``<prefix>bench_<size>``; what is measured is a clone.
"""

import os
import subprocess
import sys
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

import psycopg2

import odoo
from odoo.modules.registry import Registry
from odoo.tools import config

# A template database with the addon; dev/with-env.sh --installed names it.
INSTALLED = os.environ.get("AR_INSTALLED_DB")
# First line of the comment on each database that this checkout made, see dev/db.sh.
MARK = os.environ.get("AR_DB_MARK", "")


def run_sql(statement, *values, database="postgres"):
    """Run one statement outside any transaction.

    :return: its rows, if it has any
    """
    with closing(psycopg2.connect(dbname=database)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []


def drop(name):
    run_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def clone(source, target):
    drop(target)
    run_sql(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')
    run_sql(f'COMMENT ON DATABASE "{target}" IS %s', MARK)


def provide(name, size, reuse=False):
    """Have the books of a size in database ``name``, generated for today.

    :param reuse: take the books that are there, of whatever day, with today's code
    """
    mark = f"{MARK}\n{size} {date.today()} {INSTALLED}"
    found = _get_mark(name)
    if found == mark:
        return
    if reuse and found:
        if found.split()[-1] != INSTALLED:
            _upgrade(name)
            _, day, _ = found.splitlines()[-1].split()
            run_sql(
                f'COMMENT ON DATABASE "{name}" IS %s',
                f"{MARK}\n{size} {day} {INSTALLED}",
            )
        return
    maker = Path(__file__).with_name("make_books.py")
    subprocess.run([sys.executable, maker, size, name], check=True)
    run_sql(f'COMMENT ON DATABASE "{name}" IS %s', mark)


def _get_mark(name):
    """What the database was generated from; None if there is none."""
    rows = run_sql(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
        " WHERE datname = %s",
        name,
    )
    return rows[0][0] if rows else None


def _upgrade(name):
    command = [sys.executable, "-m", "odoo", "-d", name, "-u", "ar_collections"]
    if os.environ.get("ODOO_RC"):
        command += ["-c", os.environ["ODOO_RC"]]
    options = ["--stop-after-init", "--no-http", "--log-level=warn"]
    subprocess.run(command + options, check=True)


def vacuum(name):
    run_sql("VACUUM ANALYZE", database=name)


@contextmanager
def environment(name):
    """Odoo's environment on a database, as the night run has it; never committed."""
    options = ["-d", name, "--no-http", "--log-level=warn"]
    if os.environ.get("ODOO_RC"):
        options += ["-c", os.environ["ODOO_RC"]]
    config.parse_config(options, setup_logging=True)
    registry = Registry(name)
    with registry.cursor() as cr:
        yield odoo.api.Environment(cr, odoo.api.SUPERUSER_ID, {})
        cr.rollback()
