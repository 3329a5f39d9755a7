"""Processes that share a run: they deliver notices and send the e-mails until nothing is left.

with Worker(database, sink.port) as one, Worker(database, sink.port) as two:
    go(one, two)
    one.kill()
    print(two.finish())  # {"delivered": 180, "mailed": 300}
"""

import contextlib
import json
import os
import signal
import subprocess
import threading
import time

from support import _environment, _odoo

TIMEOUT = 1800
# Delivery is shared; the queue of e-mails is one worker's at a time, by core's lock on its scheduled action.
SCRIPT = """
import json, sys, time
from odoo.exceptions import UserError
from odoo.tools import config

config["smtp_port"] = %(port)s
notices, mails = env["ar.dunning.notice"], env["mail.mail"]
queue = env.ref("mail.ir_cron_mail_scheduler_action")
count = {"delivered": 0, "mailed": 0}

def say(text):
    print(text, flush=True)

def counted(method, key, size):
    def wrapper(self, *args, **kwargs):
        result = method(self, *args, **kwargs)
        count[key] += len(size(self, result))
        return result
    return wrapper

def told(method):
    def wrapper(self, *args, **kwargs):
        say(f"mailing {time.monotonic()}")
        return method(self, *args, **kwargs)
    return wrapper

Notice, Mail = env.registry["ar.dunning.notice"], env.registry["mail.mail"]
Notice._deliver = counted(Notice._deliver, "delivered", lambda self, result: result)
Mail._postprocess_sent_message = counted(
    Mail._postprocess_sent_message, "mailed", lambda self, result: self
)
Mail.process_email_queue = told(Mail.process_email_queue)
say("ready")
while not __import__("os").path.exists(%(gate)r):
    time.sleep(0.01)
while True:
    notices._cron_deliver()
    env.cr.commit()
    try:
        queue.method_direct_trigger()
    except UserError:  # another worker has it
        env.cr.rollback()
    env.cr.commit()
    if not notices.search_count([("state", "=", "queued")]) and not mails.search_count(
        [("state", "=", "outgoing")]
    ):
        break
    time.sleep(0.2)
say(json.dumps(count))
"""


class Worker:
    """One such process; it begins with `go`."""

    def __init__(self, database, smtp_port):
        self.gate = f"/tmp/ar-worker-{os.getpid()}-{id(self)}"
        self.lines = []
        arguments = ["-d", database, "--no-http", "--shell-interface=python"]
        self.process = subprocess.Popen(
            _odoo("shell", *arguments, "--log-level=critical"),
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self.process.stdin.write(SCRIPT % {"port": smtp_port, "gate": self.gate})
        self.process.stdin.close()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        with contextlib.suppress(FileNotFoundError):
            os.remove(self.gate)

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.strip())

    def wait_for(self, word):
        """Wait until it says so."""
        end = time.monotonic() + TIMEOUT
        while not self.says(word):
            assert self.process.poll() is None, f"ended: {self.lines}"
            assert time.monotonic() < end
            time.sleep(0.01)

    def says(self, word):
        return any(word in line for line in self.lines)

    def get_last_turn(self):
        """When it took its last turn at the queue of e-mails; 0: never."""
        turns = [line.split()[1] for line in self.lines if line.startswith("mailing")]
        return float(turns[-1]) if turns else 0

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def finish(self):
        """Wait for its end; how many notices it delivered and e-mails it sent."""
        self.process.wait(TIMEOUT)
        self._reader.join()
        assert self.process.returncode == 0, self.lines
        return json.loads(self.lines[-1])


def go(*workers):
    """Start them together."""
    for worker in workers:
        worker.wait_for("ready")
    for worker in workers:
        with open(worker.gate, "w"):
            pass
