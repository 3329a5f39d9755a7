"""Seconds, processor time, statements and peak memory of what is done."""

import os
import resource
import time
from contextlib import contextmanager
from unittest.mock import patch


def _get_database_cpu(cr):
    """Processor seconds of the connection's server process; 0 if out of sight."""
    cr.execute("SELECT pg_backend_pid()")
    try:
        with open(f"/proc/{cr.fetchone()[0]}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _get_cpu(cr):
    children = resource.getrusage(resource.RUSAGE_CHILDREN)  # wkhtmltopdf
    programs = children.ru_utime + children.ru_stime
    return time.process_time() + programs + _get_database_cpu(cr)


@contextmanager
def metered(env):
    """Measure the block; the figures are in the yielded dict when it is over.

    ``cpu`` is what Python and the database connection used together: on a busy machine
    it says more than ``seconds``. Workers of parallel queries are not in it.
    """
    figures = {}
    cpu, count = _get_cpu(env.cr), env.cr.sql_log_count
    start = time.perf_counter()
    yield figures
    env.flush_all()
    figures["seconds"] = time.perf_counter() - start
    figures["queries"] = env.cr.sql_log_count - count
    figures["cpu"] = _get_cpu(env.cr) - cpu
    figures["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def watching_memory(env):
    """Yields a list of (notices delivered, MB of this process), batch by batch.

    What is held now, not the peak: it shows what stays behind.
    """
    model = type(env["ar.dunning.notice"])
    deliver, seen = model._deliver, []

    def _deliver(notices):
        sent = deliver(notices)
        with open("/proc/self/statm") as statm:
            pages = int(statm.read().split()[1])
        before = seen[-1][0] if seen else 0
        seen.append((before + len(notices), pages * os.sysconf("SC_PAGE_SIZE") / 2**20))
        return sent

    with patch.object(model, "_deliver", _deliver):
        yield seen
