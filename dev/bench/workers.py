"""Two workers share a run of many notices and two are killed: workers.py [notices]. Prints what arrived.

The same as tests/test_strength.py shows with a few hundred.
"""

import os
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

os.environ.setdefault(
    "AR_TEST_DB", "test_bench_workers"
)  # left over, it is dropped like those of tests
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))
import test_crash  # noqa: E402
from support import INSTALLED_DB, SmtpSink, clone_db, drop_db, odoo_shell  # noqa: E402
from test_crash import CONFIRM, PREPARE, Watch  # noqa: E402
from test_strength import FINISHED, get_notices, share_and_kill  # noqa: E402


def main(debtors=5000):
    test_crash.TIMEOUT = 3600  # seconds that a watch waits
    name = clone_db(INSTALLED_DB)
    try:
        odoo_shell(name, PREPARE % {"debtors": debtors, "more": CONFIRM}, timeout=1800)
        with SmtpSink() as sink, closing(Watch(name)) as watch:
            measure(name, sink, watch, debtors)
    finally:
        drop_db(name)


def measure(name, sink, watch, debtors):
    start = time.monotonic()
    share = share_and_kill(name, sink, watch, debtors)
    seconds = time.monotonic() - start
    arrived = Counter(address for mail in sink.messages for address in mail.rcpt_tos)
    notices = get_notices(watch)
    waiting = [problem for _address, state, problem in notices if state == "error"]
    print(f"{debtors:,} notices, {seconds:.0f} s, finished: {watch.value(FINISHED)}")
    print(f"messages at the mail server: {len(sink.messages):,}")
    print(f"customers with one: {len(arrived):,}, with more: {_count_doubles(arrived)}")
    print(f"notices sent: {len(notices) - len(waiting):,}, may have arrived: {waiting}")
    print(f"the worker that lived on: {share}")


def _count_doubles(arrived):
    return sum(count > 1 for count in arrived.values())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
