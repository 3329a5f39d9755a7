"""A server that is killed at any instant sends every notice once, and loses none.

A real Odoo process with its scheduled actions, a real mail server, a real database; SIGKILL while notices are
delivered, while their e-mails go out, and in the very moment between the mail server's acceptance and Odoo's commit.
"""

import time
from collections import Counter
from contextlib import closing, contextmanager

import psycopg2
import pytest
from support import (
    INSTALLED_DB,
    OdooServer,
    SmtpSink,
    clone_db,
    drop_db,
    odoo_shell,
    sql,
)

DEBTORS = 60
TIMEOUT = 120

# Debtors with an overdue invoice each, and no scheduled action but the two that send.
PREPARE = """
from odoo import Command, fields
company = env.company
company.write({"email": "books@company.example.com"})
company.partner_id.tz = "UTC"
policy = env.ref("ar_collections.ar_policy_standard")
policy.level_ids.write({"attach_invoices": False, "attach_letter": False})
due = fields.Date.subtract(company._ar_today(), days=20)
partners = env["res.partner"].create([
    {"name": f"Debtor {n:03}", "email": f"debtor{n:03}@example.com", "is_company": True}
    for n in range(%(debtors)s)
])
env["account.move"].create([
    {
        "move_type": "out_invoice",
        "partner_id": partner.id,
        "invoice_date": fields.Date.subtract(due, days=30),
        "invoice_date_due": due,
        "invoice_payment_term_id": False,
        "invoice_line_ids": [
            Command.create({"name": "Goods", "price_unit": 100, "tax_ids": []})
        ],
    }
    for partner in partners
]).action_post()
ours = (
    env.ref("ar_collections.ir_cron_ar_dunning_notice_deliver")
    + env.ref("mail.ir_cron_mail_scheduler_action")
)
env["ir.cron"].search([("id", "not in", ours.ids)]).active = False
env["mail.mail"].search([]).unlink()
%(more)s
env.cr.commit()
"""
CONFIRM = """
run = env["ar.dunning.run"].create({"company_id": company.id})
run.action_preview()
run.action_confirm()
"""


@pytest.fixture(scope="module")
def confirmed_run():
    """A database with a confirmed run of which nothing was delivered yet."""
    name = clone_db(INSTALLED_DB)
    try:
        odoo_shell(name, PREPARE % {"debtors": DEBTORS, "more": CONFIRM})
        yield name
    finally:
        drop_db(name)


@pytest.fixture
def run_database(confirmed_run, database):
    return database(confirmed_run)


class DeadlySink(SmtpSink):
    """A mail server that can kill Odoo with a certain message, before or after it accepts it."""

    victim = None
    number = 0
    accepts = True

    async def handle_DATA(self, server, session, envelope):
        if len(self.messages) + 1 != self.number:
            return await super().handle_DATA(server, session, envelope)
        if self.accepts:
            self._keep(envelope)
        self.number = 0
        self.victim.kill()
        return "451 nobody reads this any more"


@pytest.fixture
def sink():
    with DeadlySink() as deadly_sink:
        yield deadly_sink


class Watch:
    """Looks at a database from outside, without waiting for anybody's lock."""

    def __init__(self, database):
        self._connection = psycopg2.connect(dbname=database)
        self._connection.autocommit = True

    def close(self):
        self._connection.close()

    def rows(self, query):
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def value(self, query):
        return self.rows(query)[0][0]

    def wait(self, query, what):
        """Wait until a query's only value is true."""
        end = time.monotonic() + TIMEOUT
        while not self.value(query):
            assert time.monotonic() < end, (
                f"{what}: not within {TIMEOUT} s; {self.states()}"
            )
            time.sleep(0.01)

    def states(self):
        """Counts of notices and of their e-mails by state."""
        return {
            table: dict(
                self.rows(f"select state, count(*) from {table} group by state")
            )
            for table in ("ar_dunning_notice", "mail_mail", "ar_dunning_run")
        }


@contextmanager
def server(database, sink, *arguments):
    """A server whose scheduled actions begin at once."""
    arguments = ("--max-cron-threads=2", *arguments)
    sink.victim = OdooServer(database, *arguments, smtp_port=sink.port)
    with sink.victim as odoo:
        # what the server's own commit tells it; else it looks only once a minute
        sql("postgres", f"notify cron_trigger, '{database}'")
        yield odoo


FINISHED = """
    select not exists (select from ar_dunning_notice where state in ('draft', 'queued'))
       and not exists (select from mail_mail where state = 'outgoing')
       and not exists (select from ar_dunning_run where state != 'done')
"""


def finish(database, sink, watch):
    """Start the server again and let it do the rest."""
    with server(database, sink):
        watch.wait(FINISHED, "the rest of the run")


def assert_each_once(sink, watch, uncertain=0):
    """Every debtor got one message, but for as many notices as wait for a person."""
    arrived = Counter(address for mail in sink.messages for address in mail.rcpt_tos)
    notices = watch.rows("""
        select p.email, n.state, n.problem
          from ar_dunning_notice n join res_partner p on p.id = n.partner_id
    """)
    assert len(notices) == DEBTORS
    assert [address for address, count in arrived.items() if count > 1] == []
    sent = {address for address, state, _problem in notices if state == "sent"}
    problems = {
        address: problem for address, state, problem in notices if state == "error"
    }
    assert sent | set(problems) == {f"debtor{n:03}@example.com" for n in range(DEBTORS)}
    assert sent <= set(arrived)
    assert set(arrived) <= sent | set(problems)
    assert len(problems) == uncertain, problems
    assert all("may have arrived" in problem for problem in problems.values())


def pause_mail(database, paused):
    """Let the queue of e-mails wait, so that only the delivery is hit."""
    sql(
        database,
        f"""update ir_cron set active = {not paused} where id = (
                select res_id from ir_model_data
                 where module = 'mail' and name = 'ir_cron_mail_scheduler_action')""",
    )


# Notices without their e-mail, and e-mails without their notice.
HALVES = """
    select count(*) from ar_dunning_notice n
      full join mail_mail m on m.mail_message_id = n.mail_message_id
     where coalesce(n.state in ('sent', 'error'), false) != (m.id is not null)
"""


def test_killed_while_notices_are_delivered(run_database, sink):
    pause_mail(run_database, True)
    with closing(Watch(run_database)) as watch:
        for count in (1, 40):
            with server(run_database, sink) as odoo:
                sent = f"select count(*) >= {count} from ar_dunning_notice where state = 'sent'"
                watch.wait(sent, f"{count} notices")
                odoo.kill()
            assert watch.value(HALVES) == 0
            assert 0 < watch.states()["ar_dunning_notice"].get("queued", 0) < DEBTORS
        assert not sink.messages
        pause_mail(run_database, False)
        finish(run_database, sink, watch)
        assert_each_once(sink, watch)


def test_killed_while_notices_are_delivered_and_emails_go_out(run_database, sink):
    with closing(Watch(run_database)) as watch:
        for count in (3, 35):
            with server(run_database, sink) as odoo:
                watch.wait(
                    f"select count(*) >= {count} from mail_mail where state = 'sent'",
                    f"{count} e-mails",
                )
                odoo.kill()
            assert watch.value(HALVES) == 0
        finish(run_database, sink, watch)
        # the moment was not chosen: it may or may not have been between SMTP and commit
        problems = watch.states()["ar_dunning_notice"].get("error", 0)
        assert problems <= 2
        assert_each_once(sink, watch, problems)


def test_killed_between_the_mail_server_and_the_commit(run_database, sink):
    with closing(Watch(run_database)) as watch:
        for number, accepts in ((5, True), (25, False)):
            sink.number, sink.accepts = number, accepts
            with server(run_database, sink) as odoo:
                odoo.process.wait(TIMEOUT)
            assert sink.number == 0, "Odoo ended before that message"
        finish(run_database, sink, watch)
        # nobody can know whether those two arrived: they wait for a person
        assert_each_once(sink, watch, uncertain=2)
