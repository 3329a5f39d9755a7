"""Nothing is lost and nothing doubled, whatever stops: Odoo, a worker, the mail server, the database.

Beside test_crash.py (kills at chosen moments) and test_concurrency.py (two at once): kills at random moments from
the decision to the last e-mail, two workers of which one dies, a mail server that refuses, is away or says nothing,
a database server that is stopped under the sender. Messages are counted where the mail server took them.
"""

import asyncio
import contextlib
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from support import (
    INSTALLED_DB,
    ROOT,
    OdooServer,
    SmtpSink,
    clone_db,
    drop_db,
    free_port,
    odoo_shell,
    sql,
)
from test_crash import CONFIRM, HALVES, PREPARE, Watch, server
from workers import Worker, go

TIMEOUT = 120
UNCERTAIN = "may have arrived"


@pytest.fixture(scope="module")
def books():
    """Build databases with so many debtors, each once: `books(200, CONFIRM)` returns a name to clone."""
    names = {}

    def build(debtors, more):
        if (debtors, more) not in names:
            name = names[debtors, more] = clone_db(INSTALLED_DB)
            odoo_shell(name, PREPARE % {"debtors": debtors, "more": more})
        return names[debtors, more]

    yield build
    for name in names.values():
        drop_db(name)


@pytest.fixture
def sink():
    with SmtpSink() as own:
        yield own


def get_notices(watch):
    """(address, state, problem) of each notice that was not cancelled."""
    return watch.rows("""
        select p.email, n.state, coalesce(n.problem, '')
          from ar_dunning_notice n join res_partner p on p.id = n.partner_id
         where n.state != 'cancel'""")


def assert_each_once(sink, watch, debtors, most_uncertain=0):
    """Each debtor got one message, or its notice says that it may have arrived; returns how many say so."""
    arrived = Counter(address for mail in sink.messages for address in mail.rcpt_tos)
    assert [address for address, count in arrived.items() if count > 1] == []
    notices = get_notices(watch)
    assert {address for address, _state, _problem in notices} == {
        f"debtor{n:03}@example.com" for n in range(debtors)
    }
    assert len(notices) == debtors
    assert {state for _address, state, _problem in notices} <= {"sent", "error"}
    for address, state, problem in notices:
        assert (address in arrived) if state == "sent" else (UNCERTAIN in problem)
    uncertain = sum(state == "error" for _address, state, _problem in notices)
    assert uncertain <= most_uncertain
    return uncertain


# -- SIGKILL at ten random moments


# The night decides, writes and confirms for all; the crons of the night, of the delivery and of the queue are on.
TONIGHT = """
policy.automatic = True
env.ref("ar_collections.ir_cron_ar_dunning_run").write({"active": True, "nextcall": "2020-01-01"})
"""
SEED = int(os.environ.get("AR_SEED", 4))
MANY = 200
BEGUN = """
    select exists (select from ir_cron_progress p
                     join ir_model_data d on d.res_id = p.cron_id and d.model = 'ir.cron'
                    where d.name = 'ir_cron_ar_dunning_run' and p.remaining > 0 and p.done = 0
                      and p.id > {last})
"""


def get_moments(rng):
    """Ten moments: (what to wait for, how many more of it, seconds to wait then)."""
    moments = [("night", 0, rng.uniform(0, 0.8)) for _ in range(2)]
    for what in ["ar_dunning_notice", "mail_mail"] * 4:
        moments.append((what, rng.randrange(1, 15), rng.uniform(0, 0.2)))
    return moments


# After three kills, the last of which left nothing done, core puts an action off by its interval: it has passed.
LATER = """
    update ir_cron_progress set timed_out_counter = 0;
    update ir_cron set nextcall = now() at time zone 'utc' - interval '1 minute' where active
"""


def wait_for(watch, what, count, last_progress):
    if what == "night":
        watch.wait(BEGUN.format(last=last_progress), "the night begins")
    else:
        sent = f"select count(*) >= {count} from {what} where state = 'sent'"
        watch.wait(sent, f"{count} of {what} sent")


def test_killed_at_ten_random_moments(books, database, sink):
    rng = random.Random(SEED)
    name = database(books(MANY, TONIGHT))
    moments, kills = get_moments(rng), []
    with closing(Watch(name)) as watch:
        for what, more, pause in moments:
            # so many more than now, so that no kill comes when that part is over
            count = min(watch.states().get(what, {}).get("sent", 0) + more, MANY - 5)
            last = watch.value("select coalesce(max(id), 0) from ir_cron_progress")
            sql(name, LATER)
            with server(name, sink) as odoo:
                wait_for(watch, what, count, last)
                time.sleep(pause)
                odoo.kill()
            kills.append(
                f"{what} {count or ''} +{pause:.3f} s: {watch.states()}, {len(sink.messages)} arrived"
            )
            assert watch.value(HALVES) == 0
            assert watch.value(HALF_RUNS) == 0
        sql(name, LATER)
        with server(name, sink):
            watch.wait(DONE, "the rest of the run")
        uncertain = assert_each_once(sink, watch, MANY, most_uncertain=len(moments))
        print(f"seed {SEED}, killed at:", *kills, sep="\n  ")
        print(f"{len(sink.messages)} messages, {uncertain} may have arrived")
        assert len(sink.messages) >= MANY - uncertain
        assert watch.rows(
            "select count(*), count(distinct debtor_id) from ar_dunning_notice"
        ) == [(MANY, MANY)]


# Runs without notices, and notices without items: a decision that was written in part.
HALF_RUNS = """
    select (select count(*) from ar_dunning_run r
             where state not in ('cancel', 'draft')
               and not exists (select from ar_dunning_notice where run_id = r.id))
         + (select count(*) from ar_dunning_notice n
             where not exists (select from ar_dunning_notice_line where notice_id = n.id))
"""
DONE = f"""
    select (select count(*) from ar_dunning_notice) = {MANY}
       and not exists (select from ar_dunning_notice where state in ('draft', 'queued'))
       and not exists (select from mail_mail where state = 'outgoing')
       and not exists (select from ar_dunning_run where state in ('draft', 'confirmed'))
"""


# -- two workers, one of them killed


SHARED = 300


def share_and_kill(name, sink, watch, debtors):
    """Let two workers share a run; kill one while it delivers, and the one that sends the e-mails.

    Returns what each of the two that lived on did.
    """
    sent = "select count(*) >= {} from {} where state = 'sent'"
    with Worker(name, sink.port) as one, Worker(name, sink.port) as two:
        go(one, two)
        watch.wait(sent.format(debtors // 3, "ar_dunning_notice"), "a third delivered")
        one.kill()
        with Worker(name, sink.port) as three:
            go(three)
            watch.wait(sent.format(debtors // 2, "mail_mail"), "half of the e-mails")
            heir, victim = sorted((two, three), key=Worker.get_last_turn)
            victim.kill()
            return heir.finish()


def test_two_workers_share_a_run_and_one_is_killed(books, database, sink):
    name = database(books(SHARED, CONFIRM))
    with closing(Watch(name)) as watch:
        share = share_and_kill(name, sink, watch, SHARED)
        watch.wait(FINISHED, "the rest of the run")
        assert watch.value(HALVES) == 0
        uncertain = assert_each_once(sink, watch, SHARED, most_uncertain=1)
    print(
        f"{SHARED} notices: {len(sink.messages)} messages, {uncertain} uncertain; the last worker {share}"
    )
    assert share["mailed"] > SHARED // 4


FINISHED = """
    select not exists (select from ar_dunning_notice where state in ('draft', 'queued'))
       and not exists (select from mail_mail where state = 'outgoing')
       and not exists (select from ar_dunning_run where state != 'done')
"""


# -- the mail server


FEW = 12
RETRY = "env['ar.dunning.run'].search([]).action_retry(); env.cr.commit()"
# Runs the two scheduled actions that send, as the server does, and waits less long for a silent mail server.
SEND = """
from odoo.addons.base.models import ir_mail_server
from odoo.tools import config
ir_mail_server.SMTP_TIMEOUT = 2
config["smtp_port"] = %(port)s
for _round in range(%(rounds)s):
    for cron in ("ar_collections.ir_cron_ar_dunning_notice_deliver", "mail.ir_cron_mail_scheduler_action"):
        env.ref(cron).method_direct_trigger()
    env.cr.commit()
"""


def send(name, port, rounds=1, before=""):
    odoo_shell(name, before + SEND % {"port": port, "rounds": rounds})


def get_problems(watch):
    return {
        address: problem
        for address, state, problem in get_notices(watch)
        if state == "error"
    }


@pytest.fixture
def few(books, database):
    return database(books(FEW, CONFIRM))


def test_mail_server_refuses_and_takes_them_later(few, sink):
    sink.answer = "554 go away"
    sink.refuse["debtor003@example.com"] = "550 no such user"
    sink.refuse["debtor004@example.com"] = "451 not now"
    with closing(Watch(few)) as watch:
        send(few, sink.port, rounds=2)
        problems = get_problems(watch)
        assert len(problems) == FEW and not sink.messages
        assert "no such user" in problems.pop("debtor003@example.com")
        assert "not now" in problems.pop("debtor004@example.com")
        assert all("go away" in problem for problem in problems.values()), problems
        sink.answer = "250 OK"
        sink.refuse.clear()
        send(few, sink.port, rounds=2, before=RETRY)
        assert assert_each_once(sink, watch, FEW) == 0


def test_mail_server_is_away_and_comes_back(few, sink):
    with closing(Watch(few)) as watch:
        send(few, free_port(), rounds=2)
        problems = get_problems(watch)
        assert len(problems) == FEW
        assert all("refused" in problem for problem in problems.values()), problems
        send(few, sink.port, rounds=2, before=RETRY)
        assert assert_each_once(sink, watch, FEW) == 0


class LateSink(SmtpSink):
    """Takes a message and answers only when the client has gone: the worst case of a mail server that hangs."""

    async def handle_DATA(self, server, session, envelope):
        self._keep(envelope)
        if self.hang:
            await asyncio.sleep(self.hang)
        return self.answer


IN_TIME = """
    select t.call_at < now() at time zone 'utc' + interval '20 minutes' from ir_cron_trigger t
      join ir_model_data d on d.res_id = t.cron_id and d.model = 'ir.cron'
     where d.name = 'ir_cron_mail_scheduler_action' and t.call_at > now() at time zone 'utc'
"""


def test_mail_server_hangs_after_the_message_and_comes_back(few):
    with LateSink() as sink, closing(Watch(few)) as watch:
        sink.hang = 30
        start = time.monotonic()
        send(few, sink.port)
        assert time.monotonic() - start < 60, "stuck"
        problems = get_problems(watch)
        assert len(problems) == 1 == len(sink.messages)
        assert all(UNCERTAIN in problem for problem in problems.values()), problems
        # the rest was not handed over: it waits, but not for an hour
        assert watch.states()["mail_mail"]["outgoing"] == FEW - 1
        assert watch.value(IN_TIME)
        sink.hang = 0
        send(few, sink.port)
        assert assert_each_once(sink, watch, FEW, most_uncertain=1) == 1
        assert len(sink.messages) == FEW


class SilentServer(threading.Thread):
    """Takes connections and never says a word."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.taken = []
        self.start()

    def run(self):
        with contextlib.suppress(OSError):  # closed
            while True:
                self.taken.append(self.socket.accept())


def test_mail_server_says_nothing_and_comes_back(few, sink):
    silent = SilentServer()
    with closing(Watch(few)) as watch:
        start = time.monotonic()
        send(few, silent.port)
        assert time.monotonic() - start < 60, "stuck"
        assert silent.taken and not sink.messages
        assert len(get_problems(watch)) == FEW
        send(few, sink.port, rounds=2, before=RETRY)
        assert assert_each_once(sink, watch, FEW) == 0


# -- the database server


class OwnCluster:
    """A PostgreSQL server of the test's own with one database, copied from ours.

    Like ours it does not wait for the disk (synchronous_commit = off): a crash loses what was committed last.
    """

    def __init__(self, database):
        # short: a socket's path has at most 107 bytes
        self.folder = Path(tempfile.mkdtemp(prefix="ar-pg-"))
        os.chmod(self.folder, 0o755)
        self.host = self._call("start")
        dump = self.folder / "dump"
        subprocess.run(["pg_dump", "-Fc", "-Z0", "-f", dump, database], check=True)
        environment = dict(os.environ, PGHOST=self.host)
        subprocess.run(["createdb", database], env=environment, check=True)
        restore = ["pg_restore", "--no-owner", "--exit-on-error", "-d", database, dump]
        subprocess.run(restore, env=environment, check=True)

    def _call(self, verb):
        # a file, not a pipe: the server keeps its output open
        with tempfile.TemporaryFile("w+") as output:
            command = [ROOT / "dev" / "own_pg.sh", self.folder, verb]
            subprocess.run(command, check=True, stdout=output, stderr=sys.stderr)
            output.seek(0)
            return output.read().strip()

    def start(self):
        self._call("start")

    def stop(self, verb="stop"):
        self._call(verb)

    def remove(self):
        subprocess.run(
            [ROOT / "dev" / "own_pg.sh", self.folder, "crash"], capture_output=True
        )
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture
def own_cluster(books, database, monkeypatch):
    name = database(books(MANY // 2, CONFIRM))
    cluster = OwnCluster(name)
    with monkeypatch.context() as patch:
        patch.setenv("PGHOST", cluster.host)
        yield name, cluster
    cluster.remove()


@pytest.mark.parametrize("verb", ["stop", "crash"])
def test_database_restarted_while_it_sends(own_cluster, sink, verb):
    name, cluster = own_cluster
    host = f"--db_host={cluster.host}"
    with server(name, sink, host) as odoo:
        for what, count in (("ar_dunning_notice", 20), ("mail_mail", 40)):
            with closing(Watch(name)) as watch:
                wait_for(watch, what, count, 0)
            cluster.stop(verb)
            time.sleep(0.5)
            cluster.start()
            # core's threads that lost their line for good need a restart by their service manager
            odoo.stop()
            odoo.start()
            sql("postgres", f"notify cron_trigger, '{name}'")
        with closing(Watch(name)) as watch:
            watch.wait(FINISHED, "the rest of the run")
            assert watch.value(HALVES) == 0
            uncertain = assert_each_once(sink, watch, MANY // 2, most_uncertain=2)
            print(f"{len(sink.messages)} messages, {uncertain} may have arrived")


# -- delivery as jobs (ar_collections_queue_job)


class RoundRobin(threading.Thread):
    """A load balancer: gives each connection to the next server that answers."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.backends = []
        self.start()

    def run(self):
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _address = self.socket.accept()
                for _backend in list(self.backends):
                    self.backends.append(self.backends.pop(0))
                    address = ("127.0.0.1", self.backends[-1])
                    with contextlib.suppress(OSError):
                        server = socket.create_connection(address)
                        self._join(client, server)
                        break

    def _join(self, client, server):
        for pair in ((client, server), (server, client)):
            threading.Thread(target=self._copy, args=pair, daemon=True).start()

    def _copy(self, source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


# Jobs alone deliver; only the queue of e-mails is a scheduled action.
JOBS_ONLY = """
env.ref("ar_collections.ir_cron_ar_dunning_notice_deliver").active = False
"""
RUNNER = """
    select exists (select from pg_locks l join pg_database d on d.oid = l.database
                    where locktype = 'advisory' and granted and datname = current_database()
                      and (classid::bigint << 32) + objid::bigint = 2293787760715711918)
"""
CONFIRM_NOW = "company = env.company" + CONFIRM + "env.cr.commit()"


def share_jobs_and_kill(name, sink, watch, debtors):
    """Two servers with job runners share a run; the one that gives out the jobs is killed.

    Returns (jobs done, processes that did them).
    """
    balancer = RoundRobin()
    arguments = ("--load=base,web,queue_job", "--max-cron-threads=1")
    environment = {
        "ODOO_QUEUE_JOB_CHANNELS": "root:4",
        "ODOO_QUEUE_JOB_HOST": "127.0.0.1",
        "ODOO_QUEUE_JOB_PORT": str(balancer.port),
    }
    with pytest.MonkeyPatch.context() as patch:
        for key, value in environment.items():
            patch.setenv(key, value)
        with (
            OdooServer(name, *arguments, smtp_port=sink.port) as one,
            OdooServer(name, *arguments, smtp_port=sink.port) as two,
        ):
            balancer.backends = [one.port, two.port]
            watch.wait(RUNNER, "a job runner at work")
            odoo_shell(name, CONFIRM_NOW)
            watch.wait(
                f"select count(*) >= {debtors // 3} from ar_dunning_notice where state = 'sent'",
                "a third delivered",
            )
            one.kill()  # it came first, so its runner gives out the jobs
            time.sleep(11)  # the other's takes a job for dead after ten seconds …
            sql(name, "notify queue_job, 'look'")  # … and looks once a minute
            watch.wait(FINISHED, "the rest of the run")
    balancer.socket.close()
    return watch.rows(
        "select count(*), count(distinct worker_pid) from queue_job where state = 'done'"
    )[0]


def test_two_servers_share_a_run_as_jobs_and_one_is_killed(books, database, sink):
    name = database(books(SHARED, JOBS_ONLY))
    with closing(Watch(name)) as watch:
        jobs, processes = share_jobs_and_kill(name, sink, watch, SHARED)
        uncertain = assert_each_once(sink, watch, SHARED, most_uncertain=1)
    print(
        f"{SHARED} notices in {jobs} jobs by {processes} processes: {len(sink.messages)} messages, {uncertain} uncertain"
    )
    assert processes == 2
