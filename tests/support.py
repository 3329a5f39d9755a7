"""Databases, processes and mail servers of a test's own, for what one transaction cannot show.

    name = clone_db(INSTALLED_DB)               # about a second; our addons are in it
    returncode, log = odoo_run(name, "-u", "ar_collections")
    assert_clean_log(log)
    print(odoo_shell(name, "print(env['res.partner'].search_count([])); env.cr.commit()"))
    with SmtpSink() as sink, OdooServer(name, smtp_port=sink.port) as server:
        admin = server.login("admin", "admin")
        admin.call("res.partner", "create", [{"name": "Ada"}])
        server.kill()                           # SIGKILL to all of it
    drop_db(name)

The fixtures in conftest.py (`database`, `smtp_sink`) clean up by themselves. `dev/test.sh` sets the names. Nothing
may be connected to a template while it is cloned: never open one, clone it.
"""

import asyncio
import contextlib
import email
import email.policy
import itertools
import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

from aiosmtpd.controller import Controller

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "dev"))
from check_log import problems  # noqa: E402

try:
    TEMPLATE_DB = os.environ["AR_TEMPLATE_DB"]  # what we depend on, no demo data
    TEMPLATE_DEMO_DB = os.environ["AR_TEMPLATE_DEMO_DB"]  # the same with demo data
    INSTALLED_DB = os.environ["AR_INSTALLED_DB"]  # TEMPLATE_DB with our addons
    MODULES = os.environ["AR_MODULES"].split(",")  # our addons
    FILESTORE = Path(os.environ["AR_DATA_DIR"], "filestore")
except KeyError as error:
    raise RuntimeError(f"{error} is not set: run the tests by 'make test'") from None

_number = itertools.count(1)


# -- databases


def sql(database, statement):
    """Run a statement; return its rows as lines, columns divided by '|'."""
    command = [
        "psql",
        "-qXAt",
        "-v",
        "ON_ERROR_STOP=1",
        "-d",
        database,
        "-c",
        statement,
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def clone_db(template, name=None):
    """Copy a database with its filestore; return the new name."""
    name = name or f"{os.environ['AR_TEST_DB']}_{os.getpid()}_{next(_number)}"
    if template == TEMPLATE_DEMO_DB and not _exists(
        template
    ):  # built when first asked for
        subprocess.run([ROOT / "dev" / "template.sh", "demo"], check=True)
    drop_db(name)
    subprocess.run(["createdb", "-T", template, name], check=True)
    sql("postgres", f"comment on database \"{name}\" is '{os.environ['AR_DB_MARK']}'")
    if (FILESTORE / template).is_dir():  # hard links: Odoo never rewrites a stored file
        shutil.copytree(FILESTORE / template, FILESTORE / name, copy_function=os.link)
    return name


def drop_db(name):
    subprocess.run(
        ["dropdb", "--if-exists", "--force", name], check=True, capture_output=True
    )
    shutil.rmtree(FILESTORE / name, ignore_errors=True)


def _exists(name):
    return bool(sql("postgres", f"select 1 from pg_database where datname = '{name}'"))


# -- Odoo as a process


def _environment():
    return {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}


def _odoo(*arguments):
    return [sys.executable, "-m", "odoo", *map(str, arguments)]


def odoo_run(database, *arguments, timeout=600):
    """Run Odoo without a server until it has done what the arguments say: (return code, log)."""
    fixed = ["-d", database, "--stop-after-init", "--no-http", "--log-level=warn"]
    done = subprocess.run(
        _odoo(*fixed, *arguments),
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
    )
    return done.returncode, done.stdout


def odoo_shell(database, script, timeout=600, clean_log=False):
    """Run a script in Odoo's shell (it commits itself, if at all); return what it printed.

    With clean_log a warning in its log is a failure.
    """
    fixed = [
        "-d",
        database,
        "--no-http",
        "--shell-interface=python",
        "--log-level=warn",
    ]
    done = subprocess.run(
        _odoo("shell", *fixed),
        env=_environment(),
        input=script,
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    if clean_log:
        assert_clean_log(done.stderr)
    return done.stdout


def assert_clean_log(text):
    found = problems(text)
    assert not found, "warnings or errors in Odoo's log:\n" + "\n".join(found)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def api_key(database, login="admin"):
    """Make a key for the JSON-2 interface, see `json2`."""
    script = f"""
user = env["res.users"].search([("login", "=", {login!r})])
print(env["res.users.apikeys"].with_user(user).sudo()._generate("rpc", "test", None))
env.cr.commit()
"""
    return odoo_shell(database, script).split()[-1]


class RpcError(Exception):
    """What the server answered instead of a result; `name` is the Python class of the error there."""

    def __init__(self, name, message):
        super().__init__(f"{name}: {message}")
        self.name = name


class Session:
    """A user that is logged in, as the web client is."""

    def __init__(self, url, database, login, password):
        self.url = url
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(CookieJar())
        )
        credentials = {"db": database, "login": login, "password": password}
        self.info = self.post("/web/session/authenticate", credentials)

    def post(self, path, params):
        body = {"jsonrpc": "2.0", "method": "call", "id": 0, "params": params}
        request = urllib.request.Request(
            self.url + path,
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with self._opener.open(request, timeout=120) as response:
            answer = json.load(response)
        if "error" in answer:
            data = answer["error"]["data"]
            raise RpcError(data["name"], data["message"])
        return answer.get("result")

    def call(self, model, method, *args, **kwargs):
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self.post(f"/web/dataset/call_kw/{model}/{method}", params)

    def get(self, path):
        """Fetch a page: (status, text)."""
        try:
            with self._opener.open(self.url + path, timeout=120) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


class OdooServer:
    """A real server on a free port, in a process group of its own; its log is in `log_file`."""

    def __init__(self, database, *arguments, smtp_port=None, start_timeout=120):
        self.database = database
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start_timeout = start_timeout
        self.log_file = ROOT / ".env" / "log" / f"server-{database}-{self.port}.log"
        self.arguments = [
            "-d",
            database,
            f"--db-filter=^{database}$",
            f"--http-port={self.port}",
        ]
        self.arguments += ["--log-level=warn"]
        if smtp_port:
            self.arguments += ["--smtp=127.0.0.1", f"--smtp-port={smtp_port}"]
        self.arguments += arguments
        self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        sql(  # a PDF fetches its style sheets from there
            self.database,
            f"""insert into ir_config_parameter (key, value) values ('report.url', '{self.url}')
                on conflict (key) do update set value = excluded.value""",
        )
        with self.log_file.open("a") as log:
            self.process = subprocess.Popen(
                _odoo(*self.arguments),
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + self.start_timeout
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > end:
                self.kill()
                raise AssertionError(f"Odoo did not start:\n{self.log[-4000:]}")
            time.sleep(0.2)
        return self

    def _answers(self):
        try:
            with urllib.request.urlopen(
                f"{self.url}/web/login", timeout=60
            ) as response:
                return response.status == 200
        except urllib.error.HTTPError:
            raise
        except OSError:
            return False

    @property
    def log(self):
        return self.log_file.read_text(errors="replace")

    def stop(self, timeout=30):
        """Ask it to end, as a service manager does; what does not end in time is killed."""
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout)
        self.kill()

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def login(self, login="admin", password="admin"):
        return Session(self.url, self.database, login, password)

    def json2(self, key, model, method, **arguments):
        """Call the JSON-2 interface: (status, answer)."""
        request = urllib.request.Request(
            f"{self.url}/json/2/{model}/{method}",
            json.dumps(arguments).encode(),
            {
                "Content-Type": "application/json",
                "Authorization": f"bearer {key}",
                "X-Odoo-Database": self.database,
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


# -- mail


class SmtpSink:
    """A real mail server on a free port that keeps what it gets in `messages` and delivers nothing.

    Each message is an `email.message.EmailMessage`; `mail_from` and `rcpt_tos` are its envelope. Before or
    while it runs, set
      refuse[address] = "550 no such user"   to refuse a recipient,
      answer = "451 try again later"         to refuse a message after its data,
      hang = 30                              to keep a client waiting for so many seconds after its data,
      on_message = function                  to see each message as it is accepted.
    """

    def __init__(self, folder=None):
        self.folder = folder and Path(folder)
        self.messages = []
        self.refuse = {}
        self.answer = "250 OK"
        self.hang = 0
        self.on_message = None
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    def __enter__(self):
        # a line for each connection would stand between the progress of the tests
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        self._controller.start()
        return self

    def __exit__(self, *_):
        self._controller.stop(no_assert=True)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.hang:
            await asyncio.sleep(self.hang)
        if self.answer.startswith("2"):
            self._keep(envelope)
        return self.answer

    def _keep(self, envelope):
        content = envelope.original_content
        message = email.message_from_bytes(content, policy=email.policy.default)
        message.mail_from, message.rcpt_tos = (
            envelope.mail_from,
            list(envelope.rcpt_tos),
        )
        self.messages.append(message)
        if self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / f"{len(self.messages):04d}.eml").write_bytes(content)
        if self.on_message:
            self.on_message(message)

    def wait(self, count, timeout=60):
        """Wait until so many messages have come; return them all."""
        end = time.monotonic() + timeout
        while len(self.messages) < count and time.monotonic() < end:
            time.sleep(0.1)
        assert len(self.messages) >= count, (
            f"{len(self.messages)} of {count} messages came"
        )
        return self.messages
