"""Two at once: two nights, a payment and the sender, two workers. Nobody gets a double, nobody waits for ever.

Real transactions on a database of their own; threads stand for the processes of one server, shells for those of two.
"""

import json
import threading
import time
from contextlib import contextmanager

import pytest
from support import INSTALLED_DB, clone_db, drop_db, odoo_shell
from test_crash import CONFIRM, PREPARE, Watch

from odoo import SUPERUSER_ID, api, sql_db
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tools import config

TIMEOUT = 60


# -- transactions beside each other, in this process


@pytest.fixture(scope="module", autouse=True)
def production(enable_odoo_test_flag):
    """Odoo commits, and loads a registry, as it does without pytest."""
    config["test_enable"] = False


@pytest.fixture(scope="module")
def prepared():
    """A database with ten debtors who owe an overdue invoice each."""
    name = clone_db(INSTALLED_DB)
    try:
        odoo_shell(name, PREPARE % {"debtors": 10, "more": "policy.automatic = True"})
        yield name
    finally:
        drop_db(name)


@pytest.fixture
def registry(prepared, database):
    name = database(prepared)
    yield Registry(name)
    Registry.delete(name)
    sql_db.close_db(name)


@contextmanager
def transaction(registry):
    """An environment with a cursor of its own; rolled back unless it commits."""
    with registry.cursor() as cr:
        try:
            yield api.Environment(cr, SUPERUSER_ID, {})
        finally:
            cr.rollback()


class Task(threading.Thread):
    """Runs a function in a transaction of its own, with retries, as a call by a user does."""

    def __init__(self, registry, function):
        super().__init__(daemon=True)
        self.registry, self.function = registry, function
        self.pid = self.result = self.error = None
        self.start()

    def run(self):
        try:
            with transaction(self.registry) as env:
                self.pid = env.cr._cnx.get_backend_pid()
                self.result = retrying(lambda: self.function(env), env)
                env.cr.commit()
        except Exception as error:
            self.error = error

    def wait_until_blocked(self, watch):
        """Wait until another transaction's lock stops this one; return the statement."""
        end = time.monotonic() + TIMEOUT
        while not (
            self.pid
            and watch.value(f"select cardinality(pg_blocking_pids({self.pid}))")
        ):
            assert self.is_alive(), (
                f"did not wait for the lock: {self.result} {self.error}"
            )
            assert time.monotonic() < end
            time.sleep(0.01)
        return watch.value(f"select query from pg_stat_activity where pid = {self.pid}")

    def finish(self):
        self.join(TIMEOUT)
        assert not self.is_alive(), "still waits"
        return self.result


@pytest.fixture
def watch(registry):
    looking = Watch(registry.db_name)
    yield looking
    looking.close()


def run_night(env):
    company = env.ref("base.main_company")
    return env["ar.dunning.run"]._run_night(company, company._ar_today()).ids


def confirm_run(registry):
    """Confirm a run of all debtors."""
    with transaction(registry) as env:
        run = env["ar.dunning.run"].create(
            {"company_id": env.ref("base.main_company").id}
        )
        run.action_preview()
        run.action_confirm()
        env.cr.commit()


def pay(env, notice_id):
    """Register a payment of the first invoice of a notice, but don't commit."""
    invoice = env["ar.dunning.notice"].browse(notice_id).line_ids[0].move_id
    wizard = (
        env["account.payment.register"]
        .with_context(active_model="account.move", active_ids=invoice.ids)
        .create({})
    )
    wizard._create_payments()
    env.flush_all()
    return invoice.amount_residual


def deliver(registry):
    """One round of the sender; it may wait for nobody."""
    task = Task(registry, lambda env: env["ar.dunning.notice"]._cron_deliver())
    task.finish()
    assert task.error is None


def queued(env):
    return env["ar.dunning.notice"].search([("state", "=", "queued")])


DOUBLES = """
    select count(*) from (
        select from ar_dunning_notice_line where is_live and is_step
         group by move_line_id, level_id having count(*) > 1) doubles
"""


def assert_stepped_once(watch):
    assert watch.value(DOUBLES) == 0
    live = """
        select count(distinct n.debtor_id), count(*) from ar_dunning_notice n
         where n.state != 'cancel'"""
    assert watch.rows(live) == [(10, 10)]
    assert (
        watch.value("select count(*) from ar_dunning_notice_line where is_live") == 10
    )
    empty = """
        select count(*) from ar_dunning_notice n where not exists (
            select from ar_dunning_notice_line where notice_id = n.id)"""
    assert watch.value(empty) == 0


def test_same_night_twice_before_the_first_commits(registry, watch):
    with transaction(registry) as env:
        first = run_night(env)
        second = Task(registry, run_night)
        second.wait_until_blocked(watch)
        env.cr.commit()
    # retried, it finds the night's work done
    assert second.finish() == [] and second.error is None
    assert len(first) == 1
    assert_stepped_once(watch)


def test_same_night_twice_at_the_same_time(registry, watch):
    start = threading.Barrier(2, timeout=TIMEOUT)

    def night(env):
        if env.cr._cnx.get_backend_pid() not in seen:
            seen.add(env.cr._cnx.get_backend_pid())
            start.wait()
        return run_night(env)

    seen = set()
    tasks = [Task(registry, night) for _ in range(2)]
    results = [task.finish() for task in tasks]
    assert [task.error for task in tasks] == [None, None]
    assert sorted(map(len, results)) == [0, 1]
    assert_stepped_once(watch)


def test_night_beside_a_run_by_hand(registry, watch):
    def by_hand(env):
        run = env["ar.dunning.run"].create(
            {"company_id": env.ref("base.main_company").id}
        )
        run.action_preview()
        return run.draft_count

    with transaction(registry) as env:
        run_night(env)
        collector = Task(registry, by_hand)
        collector.wait_until_blocked(watch)
        env.cr.commit()
    assert collector.finish() == 0 and collector.error is None
    assert_stepped_once(watch)


def test_payment_waits_for_the_sender(registry, watch):
    confirm_run(registry)
    with transaction(registry) as env:
        notices = queued(env)
        assert len(notices._deliver()) == 10
        notice_id = notices[0].id
        payment = Task(registry, lambda other: pay(other, notice_id))
        # it waits for the item itself, so no letter can leave for what is being paid
        statement = payment.wait_until_blocked(watch).replace('"', "")
        assert statement.split()[:2] == ["UPDATE", "account_move_line"]
        env.cr.commit()
    assert payment.finish() == 0 and payment.error is None
    assert watch.states()["ar_dunning_notice"] == {"sent": 10}


def test_sender_leaves_out_who_pays_at_this_moment(registry, watch):
    confirm_run(registry)
    with transaction(registry) as env:
        notice_id = queued(env)[3].id
        pay(env, notice_id)
        deliver(registry)
        # the payment is not committed: neither sent nor given up, the others went
        assert watch.states()["ar_dunning_notice"] == {"sent": 9, "queued": 1}
        waiting = watch.rows("select id from ar_dunning_notice where state = 'queued'")
        assert waiting == [(notice_id,)]
        assert watch.states()["ar_dunning_run"] == {"confirmed": 1}
        env.cr.commit()
    deliver(registry)
    assert watch.states()["ar_dunning_notice"] == {"sent": 9, "cancel": 1}
    assert watch.states()["ar_dunning_run"] == {"done": 1}
    reason = watch.value(
        "select cancel_reason from ar_dunning_notice where state = 'cancel'"
    )
    assert "paid" in reason
    assert watch.value("select count(*) from mail_mail") == 9


def test_sender_sends_if_the_payment_is_given_up(registry, watch):
    confirm_run(registry)
    with transaction(registry) as env:
        pay(env, queued(env)[3].id)
        deliver(registry)
        env.cr.rollback()
    deliver(registry)
    assert watch.states()["ar_dunning_notice"] == {"sent": 10}


# -- a run is stopped while it is sent


def stop_run(env):
    env["ar.dunning.run"].search([("state", "=", "confirmed")]).action_cancel()
    env.flush_all()


def stop_in_a_task(registry):
    """Stop as a user does; it may neither wait nor fail."""
    stop = Task(registry, stop_run)
    stop.finish()
    assert stop.error is None


def assert_stopped(watch, sent):
    assert watch.states() == {
        "ar_dunning_notice": {"sent": sent, "cancel": 10 - sent},
        "mail_mail": {"outgoing": sent},
        "ar_dunning_run": {"done": 1},
    }
    assert watch.value("select count(*) from ar_dunning_run where is_stopping") == 0
    live = "select count(*) from ar_dunning_notice_line where is_live"
    assert watch.value(live) == sent


def test_stop_while_the_sender_holds_a_batch(registry, watch):
    confirm_run(registry)
    with transaction(registry) as env:
        assert len(queued(env)[:3]._deliver()) == 3
        stop_in_a_task(registry)
        # as seen from outside: the batch is not committed yet
        assert watch.states()["ar_dunning_notice"] == {"queued": 3, "cancel": 7}
        assert watch.states()["ar_dunning_run"] == {"confirmed": 1}
        env.cr.commit()
    deliver(registry)
    assert_stopped(watch, sent=3)


def test_stop_after_a_batch_that_it_did_not_see(registry, watch):
    confirm_run(registry)
    with transaction(registry) as late:
        assert len(queued(late)) == 10
        with transaction(registry) as env:
            queued(env)[:3]._deliver()
            env.cr.commit()
        stop_run(late)
        late.cr.commit()
    deliver(registry)
    assert_stopped(watch, sent=3)


def test_stopped_sender_ends_with_the_batch_in_hand(registry, watch, monkeypatch):
    confirm_run(registry)
    notice = registry["ar.dunning.notice"]
    inner, batches = notice._deliver, []

    def stopped_in_the_second(self):
        sent = inner(self)
        self.env.flush_all()
        batches.append(len(sent))
        if len(batches) == 2:
            stop_in_a_task(registry)
        return sent

    monkeypatch.setattr(notice, "_deliver", stopped_in_the_second)
    deliver(registry)
    assert batches == [1, 1]
    assert_stopped(watch, sent=2)


def test_stop_does_not_wait_for_the_next_batch(registry, watch, monkeypatch):
    """The sender keeps no lock on the run from one batch to the next."""
    confirm_run(registry)
    notice = registry["ar.dunning.notice"]
    inner, held = notice._deliver, []

    def look(self):
        with transaction(registry) as env:
            runs = env["ar.dunning.run"].search([("state", "=", "confirmed")])
            held.append(runs - runs.try_lock_for_update())
        return inner(self)

    monkeypatch.setattr(notice, "_deliver", look)
    deliver(registry)
    assert len(held) == 10 and not any(held)


def test_confirm_while_somebody_holds_the_run(registry):
    with transaction(registry) as env:
        run = env["ar.dunning.run"].create(
            {"company_id": env.ref("base.main_company").id}
        )
        run.action_preview()
        env.cr.commit()
        run.lock_for_update()
        with transaction(registry) as other:
            with pytest.raises(UserError, match="at this very moment"):
                other["ar.dunning.run"].browse(run.id).action_confirm()


# -- two people post invoices of one customer


CUSTOMERS = {
    "known": "env['res.partner'].search([('name', '=', 'Debtor 001')])",
    "new": "env['res.partner'].create({'name': 'New Ltd', 'email': 'new@example.com'})",
}
# Two journals, so that nobody waits for the number of the other's invoice.
DRAFTS = """
partner = %s
journal = env['account.journal'].search([('type', '=', 'sale')], limit=1)
account = journal.default_account_id
other = journal.copy({'name': 'Other', 'code': 'OTH'})
moves = env['account.move'].create([{
    'move_type': 'out_invoice',
    'partner_id': partner.id,
    'journal_id': one.id,
    'invoice_date': '2026-01-10',
    'invoice_date_due': '2026-01-20',
    'invoice_payment_term_id': False,
    'invoice_line_ids': [(0, 0, {
        'name': 'Goods', 'price_unit': 70, 'tax_ids': [], 'account_id': account.id,
    })],
} for one in (journal, other)])
env.cr.commit()
print('drafts', *moves.ids)
"""


@pytest.mark.parametrize("customer", CUSTOMERS)
def test_two_post_invoices_of_one_customer_at_once(registry, watch, customer):
    output = odoo_shell(registry.db_name, DRAFTS % CUSTOMERS[customer])
    move_ids = [int(word) for word in output.split("drafts")[1].split()]

    def post(env, move_id):
        move = env["account.move"].browse(move_id)
        move.action_post()
        env.cr.flush()  # refreshes the debtor, as a commit does
        return move.state

    with transaction(registry) as env:
        assert post(env, move_ids[0]) == "posted"
        second = Task(registry, lambda other: post(other, move_ids[1]))
        if customer == "known":
            # figures for lists keep nobody from posting
            assert second.finish() == "posted" and second.error is None
        else:
            second.wait_until_blocked(watch)  # both make the debtor
        env.cr.commit()
    assert second.finish() == "posted" and second.error is None
    debtor = f"""
        select count(*), sum(d.amount_due) from ar_debtor d
          join account_move m on m.commercial_partner_id = d.partner_id
         where m.id = {move_ids[0]}"""
    with transaction(registry) as env:
        # what was left over is caught up with
        env["ar.debtor"]._cron_refresh()
        env.cr.commit()
    assert watch.rows(debtor) == [(1, 240 if customer == "known" else 140)]


# -- two processes


NOTICES = 100
GATE = 190017
WORKER = """
import json
delivered = []
Notice = env.registry["ar.dunning.notice"]
deliver = Notice._deliver

def counted(self):
    sent = deliver(self)
    delivered.append(sent.ids)
    return sent

Notice._deliver = counted
with env.registry.cursor() as gate:
    gate.execute("select pg_advisory_lock_shared(%(gate)s)")
for _round in range(2):  # the second finds nothing to send; it closes what the other left open
    env["ar.dunning.notice"]._cron_deliver()
    env.cr.commit()
print(json.dumps({"delivered": delivered}))
"""


def test_two_workers_share_a_run(database):
    name = database(INSTALLED_DB)
    odoo_shell(name, PREPARE % {"debtors": NOTICES, "more": CONFIRM})
    watch = Watch(name)
    outputs = []

    def work():
        outputs.append(odoo_shell(name, WORKER % {"gate": GATE}, clean_log=True))

    workers = [threading.Thread(target=work, daemon=True) for _ in range(2)]
    try:
        watch.rows(f"select pg_advisory_lock({GATE})")
        for worker in workers:
            worker.start()
        watch.wait(
            "select count(*) = 2 from pg_locks where locktype = 'advisory' and not granted"
            f" and objid = {GATE} and database ="
            " (select oid from pg_database where datname = current_database())",
            "two workers at the gate",
        )
        watch.rows(f"select pg_advisory_unlock({GATE})")
        for worker in workers:
            worker.join(TIMEOUT)
        assert len(outputs) == 2
        states = watch.states()
    finally:
        watch.close()
    shares = [
        sum(json.loads(output.splitlines()[-1])["delivered"], []) for output in outputs
    ]
    assert all(shares), "one worker did it all"
    assert len(shares[0]) + len(shares[1]) == len({*shares[0], *shares[1]}) == NOTICES
    assert states == {
        "ar_dunning_notice": {"sent": NOTICES},
        "mail_mail": {"outgoing": NOTICES},
        "ar_dunning_run": {"done": 1},
    }
