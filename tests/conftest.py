"""Fixtures around support.py that clean up behind a test."""

import pytest
import support


@pytest.fixture
def database():
    """Clone databases: `database(support.INSTALLED_DB)` returns the name of a new one."""
    names = []

    def clone(template):
        names.append(support.clone_db(template))
        return names[-1]

    yield clone
    for name in names:
        support.drop_db(name)


@pytest.fixture
def smtp_sink():
    with support.SmtpSink() as sink:
        yield sink
