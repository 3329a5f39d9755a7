"""A pytest plugin: a test that cannot run for want of a program or an option fails; it is never skipped.

Odoo skips browser tests when Chromium or websocket-client is missing, and PDF tests without a good wkhtmltopdf.
"""

import re

import pytest

MISSING = re.compile(
    r"chrome|chromium|websocket-client|wkhtmltopdf|--odoo-http|not found", re.IGNORECASE
)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = str(call.excinfo.value) if call.excinfo else str(report.longrepr)
        if MISSING.search(reason):
            report.outcome = "failed"
            report.longrepr = (
                f"{item.nodeid} was about to be skipped: {reason}\n"
                "Something this test needs is missing. Next: apt-get install chromium, "
                "or see the notes at the top of this run's output."
            )
    return report
