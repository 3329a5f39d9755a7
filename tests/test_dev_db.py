"""The scripts of dev/ on a database server that belongs to others too: theirs stays theirs."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import support

DEV = Path(__file__).resolve().parent.parent / "dev"

# What the scripts do before they build anything; Odoo and Python are this run's.
PRELUDE = """
. dev/lib.sh
for part in cache pg db dump; do . "$ROOT/dev/$part.sh"; done
mkdir -p "$DATA_DIR/filestore" "$ENV_DIR/log"
lock_setup
"""


class Checkout:
    """Another checkout, to which the server of this test run is somebody else's."""

    def __init__(self, root):
        self.root = root
        shutil.copytree(DEV, root / "dev", ignore=shutil.ignore_patterns("bench"))
        (root / "ar_collections").mkdir()
        self.cache = root / "home" / ".cache" / "ar_collections"
        (root / ".env").mkdir()
        venv = Path(os.environ["PATH"].split(":")[0]).parent
        (root / ".env" / "venv").symlink_to(venv)  # for its PostgreSQL programs

    def run(self, script, **environment):
        """Run a script behind the prelude: (return code, output)."""
        env = {k: v for k, v in os.environ.items() if k != "AR_PG_OWN"}
        env |= {"HOME": str(self.root / "home"), "XDG_CACHE_HOME": ""} | environment
        done = subprocess.run(
            ["bash", "-c", PRELUDE + script],
            cwd=self.root,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return done.returncode, done.stdout

    def out(self, script, **environment):
        returncode, output = self.run(script, **environment)
        assert returncode == 0, output
        return output.strip()


@pytest.fixture
def checkout(tmp_path):
    checkout = Checkout(tmp_path / "it's a checkout")
    yield checkout
    prefix = checkout.out("db_prefix")
    assert prefix.startswith("ar") and len(prefix) == 11
    for name in names():
        if name.startswith((prefix, "theirs_")):
            support.drop_db(name)


def names():
    return support.sql("postgres", "select datname from pg_database")


def test_names_are_this_checkouts_own_at_any_moment(checkout, tmp_path):
    early, late = checkout.out("db_prefix; echo; pg_env; db_prefix").split()
    assert early == late
    assert early.startswith("ar")
    # another machine's checkout in a folder of that name, on the same server
    (checkout.root / ".env" / "id").unlink()
    assert checkout.out("db_prefix") not in ("", early)


def test_own_server_needs_no_prefix(checkout):
    own = {"AR_PG_OWN": str(checkout.root / ".env" / "pg")}
    assert checkout.out("db_prefix; pg_env; db_prefix", **own) == ""


def test_only_what_this_checkout_made_is_dropped(checkout):
    theirs = checkout.out('pg_env; echo "$(db_prefix)demo"')
    support.sql("postgres", f'create database "{theirs}"')
    for attempt in ("drop_db", "new_db", "clone_db template1"):
        returncode, output = checkout.run(f'pg_env; {attempt} "$(db_prefix)demo"')
        assert returncode == 1
        assert f"'{theirs}' that this checkout did not make" in output
        assert f"dropdb {theirs}" in output
        assert theirs in names()
    support.sql("postgres", f'drop database "{theirs}"')
    made = checkout.out('pg_env; new_db "$(db_prefix)demo"; new_db "$(db_prefix)demo"')
    assert made == ""
    assert theirs in names()
    comment = support.sql(
        "postgres",
        "select shobj_description(oid, 'pg_database') from pg_database"
        f" where datname = '{theirs}'",
    )
    assert comment[-1] == str(checkout.root)  # whoever finds it may ask there
    checkout.out('pg_env; drop_db "$(db_prefix)demo"')
    assert theirs not in names()


def test_what_a_kill_left_without_its_mark_is_still_ours(checkout):
    name = checkout.out(
        """pg_env
        new_db "$(db_prefix)tpl.new"
        sql "comment on database \\"$(db_prefix)tpl.new\\" is null"
        touch "$ENV_DIR/creating/$(db_prefix)tpl.new"
        echo "$(db_prefix)tpl.new" """
    )
    assert name in names()
    checkout.out('pg_env; drop_db "$(db_prefix)tpl.new"')
    assert name not in names()


def test_leftovers_are_this_checkouts_only(checkout):
    ours, theirs = checkout.out(
        """pg_env
        new_db "$(db_prefix)test_1"
        createdb "$(db_prefix)test_2"
        echo "$(db_prefix)test_1 $(db_prefix)test_2" """
    ).split()
    checkout.out("pg_env; drop_leftovers")
    assert ours not in names()
    assert theirs in names()


@pytest.mark.parametrize("script", ["demo.sh", "psql.sh", "shell.sh", "update.sh"])
def test_no_database_is_named_before_the_set_up(script):
    text = (DEV / script).read_text()
    before = text.partition("\nsetup\n")[0]
    assert "$DEMO" not in before and "db_prefix" not in before
    sourced = (DEV / "demo_db.sh").read_text()
    assert not [line for line in sourced.splitlines() if line.startswith("DEMO=")]


def test_a_refused_login_is_named_and_costs_no_cache(checkout):
    entry = checkout.cache / "databases" / "tpl_1"
    entry.mkdir(parents=True)
    (entry / "dump").write_text("precious")
    returncode, output = checkout.run("pg_up", PGUSER="no_such_role")
    assert returncode == 1
    assert "does not let 'no_such_role' in" in output
    assert "next: correct PGUSER and PGPASSWORD" in output
    assert (entry / "dump").exists()


def test_a_role_that_may_not_create_databases_is_named(checkout):
    support.sql("postgres", "create role ar_poor login")
    try:
        returncode, output = checkout.run("pg_up", PGUSER="ar_poor")
    finally:
        support.sql("postgres", "drop role ar_poor")
    assert returncode == 1
    assert 'ALTER ROLE "ar_poor" CREATEDB' in output


def test_a_server_that_does_not_answer_is_named(checkout):
    returncode, output = checkout.run("pg_up", PGHOST="/nowhere")
    assert returncode == 1
    assert "no PostgreSQL answers at /nowhere" in output


DUMP = """pg_env
new_odoo_db "$(db_prefix)from"
sql "create table t (a int not null primary key); insert into t values (42)" "$(db_prefix)from"
mkdir -p "$DATA_DIR/filestore/$(db_prefix)from/aa" && echo file >"$DATA_DIR/filestore/$(db_prefix)from/aa/b"
cache_fill "$CACHE/databases/x" dump_db "$(db_prefix)from"
"""

RESTORE = """
dump_ok "$CACHE/databases/x" || exit 3
restore_db "$CACHE/databases/x" "$(db_prefix)to"
sql "select a from t" "$(db_prefix)to"
cat "$DATA_DIR/filestore/$(db_prefix)to/aa/b"
"""

# A server older than 17, as far as the scripts can see
OLD = "server_major() { echo 15; }\n"


@pytest.mark.parametrize("server", ["", OLD], ids=["new", "old"])
def test_dump_and_restore(checkout, server):
    assert checkout.out(DUMP + server + RESTORE).split() == ["42", "file"]


def test_older_programs_of_the_system_are_not_used(checkout):
    programs = checkout.root / "bin"
    programs.mkdir()
    for program in ("pg_dump", "pg_restore"):
        (programs / program).write_text("#!/bin/sh\necho 'unsupported version'; exit 1")
        (programs / program).chmod(0o755)
    path = f"{programs}:{os.environ['PATH']}"
    script = DUMP + 'PATH="$ROOT/bin:$PATH"\n' + RESTORE
    assert checkout.out(script, PATH=path).split() == ["42", "file"]


def test_each_version_of_the_server_has_entries_of_its_own(checkout):
    # what pg_dump 18 makes of an 18 server, a 15 does not understand
    own, older, newer = (
        checkout.out(f"pg_env; {server} dump_entry databases/x")
        for server in (
            "",
            "server_major() { echo 15; };",
            "server_major() { echo 99; };",
        )
    )
    assert len({own, older, newer}) == 3
    assert older == str(checkout.cache / "databases" / "x-pg15")


@pytest.fixture(params=sorted(Path("/").glob("usr/lib/postgresql/*/bin/initdb")))
def other_server(request, tmp_path):
    """A server of each other version that this machine has."""
    own_pg = [DEV / "own_pg.sh", tmp_path / "pg"]
    (tmp_path / "pg").mkdir()
    programs = request.param.parent
    started = subprocess.run(
        [*own_pg, "start", programs], capture_output=True, text=True, check=True
    )
    yield {"PGHOST": started.stdout.strip(), "PGPORT": "5432", "PGUSER": "odoo"}
    subprocess.run([*own_pg, "stop", programs], check=True)


def test_dump_and_restore_on_a_server_of_another_version(checkout, other_server):
    entry = checkout.out("pg_env; dump_entry databases/x", **other_server)
    assert entry != checkout.out("pg_env; dump_entry databases/x")
    assert checkout.out(DUMP + RESTORE, **other_server).split() == ["42", "file"]


def test_what_no_program_here_can_dump_is_not_kept(checkout):
    script = DUMP.split("cache_fill")[0] + (
        'server_major() { echo 99; }; keep_dump "$(db_prefix)from" "$CACHE/databases/x"'
    )
    assert "databases/x is not kept in the cache" in checkout.out(script)
    assert not (checkout.cache / "databases" / "x").exists()


TEMPLATE = """. dev/templates.sh
pg_env
BASE_MODULES=account
odoo_on() { sql "create table built as select 1" "$1"; echo built >>made; }
base_template "$(db_prefix)tpl_1" plain
sql "select 1 from built" "$(db_prefix)tpl_1"
"""


def test_a_copy_that_cannot_be_restored_is_built_instead_and_stays(checkout):
    made = checkout.root / "made"
    gone = 'pg_env; drop_db "$(db_prefix)tpl_1"\n'
    checkout.out(TEMPLATE)
    checkout.out(gone + TEMPLATE)
    assert made.read_text().split() == ["built"]
    entry = next(checkout.cache.glob("databases/tpl_1-pg*/SHA256SUMS"))
    # as a server that does not understand the dump
    refuses = 'restore_db() { new_odoo_db "$2"; echo "syntax error"; return 1; }\n'
    output = checkout.out(gone + refuses + TEMPLATE)
    assert "    | syntax error" in output
    assert "restore from the cache: failed after" in output
    assert "it is built instead" in output
    assert made.read_text().split() == ["built", "built"]
    assert entry.exists()


def test_what_a_failed_step_left_is_dropped(checkout):
    left = """pg_env
        for name in tpl_1.new tpldemo_1.new inst_1.new demo.new demo test_news tpl_1; do
            new_db "$(db_prefix)$name"
        done
        pg_up; pg_down
        sql "select datname from pg_database where starts_with(datname, '$(db_prefix)')" """
    prefix = checkout.out("db_prefix")
    assert sorted(checkout.out(left).split()) == [f"{prefix}demo", f"{prefix}tpl_1"]


def test_a_damaged_dump_is_made_anew(checkout):
    checkout.out(DUMP)
    archive = next((checkout.cache / "databases/x/dump").glob("*.dat.gz"))
    content = bytearray(archive.read_bytes())
    content[-1] ^= 1  # same size
    archive.write_bytes(content)
    returncode, output = checkout.run("pg_env" + RESTORE)
    assert returncode == 3
    assert "databases/x in the cache is damaged" in output
    assert not (checkout.cache / "databases" / "x").exists()


def test_a_failed_restore_leaves_a_good_dump_alone(checkout):
    checkout.out(DUMP)
    returncode, _output = checkout.run("pg_env\npsql() { return 1; }" + RESTORE)
    assert returncode
    assert (checkout.cache / "databases" / "x" / "SHA256SUMS").exists()


def test_stopping_waits_for_what_is_at_work(checkout):
    script = """. dev/stop.sh
        pg_env; new_db "$(db_prefix)demo"
        sleep 60 & server=$!
        psql -d "$(db_prefix)demo" -c "select pg_sleep(2.5)" >/dev/null &
        sleep 0.5
        settle $server "$(db_prefix)demo"
        echo "at work: $(sql "select count(*) from pg_stat_activity
            where datname = '$(db_prefix)demo' and state <> 'idle'")"
        end_process $server
        kill -0 $server 2>/dev/null || echo ended
    """
    output = checkout.out(script).splitlines()
    assert output[0].startswith("note: a scheduled job or a request is at work")
    assert output[-2:] == ["at work: 0", "ended"]


DEMO = """
. dev/conf.sh; . dev/demo_db.sh
pg_env
TPLDEMO=$(db_prefix)tpldemo_1 DEMO=$(db_prefix)demo MODULES=ar_collections ADDONS_KEY=key1
demo_day() { echo "$DAY"; }
template_demo() {
  new_odoo_db "$TPLDEMO"
  sql "create table mail_mail (state text); create table told as select '$DAY' as day" "$TPLDEMO"
}
odoo_on() { echo "odoo $2 as of $DAY" >>made; }
demo_db
sql "select day from told" "$DEMO"
"""


def test_demo_of_a_day_is_built_once_for_all_checkouts(checkout):
    made = checkout.root / "made"

    def demo(day, before=""):
        return checkout.out(before + DEMO, DAY=day).splitlines()[-1]

    gone = 'pg_env; drop_db "$(db_prefix)demo"\n'
    assert demo("2026-03-02") == "2026-03-02"
    assert demo("2026-03-02", gone) == "2026-03-02"  # out of the cache
    assert made.read_text().splitlines() == ["odoo -i as of 2026-03-02"]
    assert demo("2026-03-03") == "2026-03-02"  # still there: its clicks are kept
    assert demo("2026-03-03", gone) == "2026-03-03"  # dates count from the day
    assert len(made.read_text().splitlines()) == 2
    checkout.out(DEMO.replace("key1", "key2"), DAY="2026-03-03")  # upgraded in place
    assert made.read_text().splitlines()[2:] == ["odoo -u as of 2026-03-03"]
