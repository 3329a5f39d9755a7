"""The scripts of dev/ are what they promise to be."""

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import unicodedata
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
DEV = ROOT / "dev"
sys.path.insert(0, str(DEV))
import check_log  # noqa: E402
import lint_next  # noqa: E402
import pictures  # noqa: E402

SHELL_SCRIPTS = [*sorted(DEV.glob("*.sh")), ROOT / ".ci" / "run"]
SCRIPTS = [*SHELL_SCRIPTS, *sorted(DEV.glob("*.py"))]
LOCKS = sorted({*DEV.glob("*.txt")} - {DEV / "overrides.txt"})


def name(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("script", SHELL_SCRIPTS, ids=name)
def test_shell_script_parses(script):
    subprocess.run(["bash", "-n", script], check=True)


@pytest.mark.parametrize("script", SHELL_SCRIPTS, ids=name)
def test_shell_script_can_be_run_or_is_sourced(script):
    lines = script.read_text().splitlines()
    sourced = any(line.startswith("#") and "(sourced" in line for line in lines[:4])
    assert sourced != lines[0].startswith("#!")
    assert sourced != bool(script.stat().st_mode & 0o100)


@pytest.mark.parametrize("script", SCRIPTS, ids=name)
def test_script_says_its_one_job(script):
    lines = script.read_text().splitlines()
    first = lines[1] if lines[0].startswith("#!") else lines[0]
    assert re.match(r'(# |""")\S.{20,}', first)


@pytest.mark.parametrize("script", SHELL_SCRIPTS, ids=name)
def test_shell_script_is_small(script):
    assert len(script.read_text().splitlines()) <= 120


@pytest.mark.parametrize("lock", LOCKS, ids=name)
def test_lock_file_has_a_hash_for_every_pin_and_names_no_host(lock):
    text = lock.read_text()
    entries = re.split(r"\n(?=\S)", text.strip())
    for entry in entries:
        assert re.match(r"[a-z0-9.-]+==\S+", entry)
        assert "--hash=sha256:" in entry, entry
    assert "://" not in text
    assert "index-url" not in text


def test_npm_lock_has_a_hash_for_every_package_and_names_no_host():
    lock = json.loads((DEV / "node" / "package-lock.json").read_text())
    for where, package in lock["packages"].items():
        assert "resolved" not in package
        assert bool(where) == ("integrity" in package), where
    wanted = json.loads((DEV / "node" / "package.json").read_text())["dependencies"]
    assert lock["packages"][""]["dependencies"] == wanted


def test_nothing_is_installed_but_from_a_lock():
    for script in DEV.glob("*.sh"):
        for command in re.findall(
            r"^(?!#).*\bpip.* install .*", script.read_text(), re.M
        ):
            assert re.search("--require-hashes|--no-index|pip_lock", command), command
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    # any other kind makes pre-commit install something of its own
    assert set(re.findall("language: (.*)", hooks)) == {"system"}
    assert "additional_dependencies" not in hooks


def test_tools_are_installed_once_for_all_checkouts(tmp_path):
    script = """
        . "$ROOT/dev/tool_venv.sh"
        make_tool_venv() { mkdir "$4/bin"; echo "${2##*/}" >>"$HOME/made"; }
        make_npm_tools() { mkdir "$1/node_modules"; echo npm >>"$HOME/made"; }
        node() { echo v22; }
        tool_venv tools
        npm_tools
        echo "$TOOLS $NPM_TOOLS"
    """
    first, second = (run_part(script, tmp_path) for _ in range(2))
    folders = first[1].splitlines()[-1]
    assert second == (0, folders + "\n")
    assert all(
        folder.startswith(f"{tmp_path}/.cache/") and Path(folder).is_dir()
        for folder in folders.split()
    )
    assert (tmp_path / "made").read_text().split() == ["tools.txt", "npm"]


def test_failed_lint_says_what_to_do_next():
    passed = "ruff check...Passed\n"
    repaired = (
        "ruff format...\x1b[41mFailed\x1b[m\n\x1b[2m- hook id: ruff-format\x1b[m\n"
        "\x1b[2m- files were modified by this hook\x1b[m\n\n1 file reformatted\n"
    )
    found = "pylint...Failed\n- hook id: pylint-odoo\n- exit code: 4\n\na.py:1: bad\n"
    (look,) = lint_next.next_steps(passed + repaired)
    assert "repaired by ruff-format: look at them (git diff), then run it" in look
    assert lint_next.next_steps(passed + repaired + found)[0] == look
    (mend,) = lint_next.next_steps(passed + found)
    assert mend.startswith("mend what is named above by pylint-odoo")
    assert lint_next.next_steps("An error has occurred") == ["the lines above say why"]


def test_make_help_lists_every_target():
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY:(.*)$", makefile, re.M)[1].split()
    targets = re.findall(r"^([a-z-]+):", makefile, re.M)
    assert sorted(phony) == sorted(targets)
    done = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert sorted(line.split()[0] for line in done.stdout.splitlines()) == sorted(
        targets
    )


def line(level, text, logger="odoo.modules.loading"):
    return f"2026-11-22 15:44:41,578 19844 {level} some_db {logger}: {text}"


def test_log_without_warnings_is_clean():
    log = "\n".join(
        [
            "Running as user 'root' is a security risk.",
            line("INFO", "Modules loaded."),
            "<string>:38: (ERROR/3) Unexpected indentation.",
        ]
    )
    assert check_log.problems(log) == []


@pytest.mark.parametrize("level", ["WARNING", "ERROR", "CRITICAL"])
def test_log_problem_is_found_with_the_lines_below_it(level):
    log = "\n".join([line(level, "bad"), "Traceback", line("INFO", "good"), "not ours"])
    assert check_log.problems(log) == [line(level, "bad") + "\nTraceback"]


def test_log_line_that_core_causes_is_allowed():
    deprecated = "The /xmlrpc/2/common endpoint is deprecated in Odoo 19"
    assert not check_log.problems(
        line("WARNING", deprecated, "odoo.addons.rpc.controllers.x")
    )
    assert check_log.problems(line("WARNING", deprecated, "odoo.addons.ar_collections"))


def test_check_log_tells_by_its_exit_code(tmp_path):
    log = tmp_path / "odoo.log"
    for text, code in ((line("INFO", "good"), 0), (line("WARNING", "bad"), 1)):
        log.write_text(text)
        done = subprocess.run(
            [sys.executable, DEV / "check_log.py", log], capture_output=True
        )
        assert done.returncode == code


# -- what the demo prints


class FakeModel(list):
    """As much of a model as the table asks for."""

    def __init__(self, rows=(), count=0, name=None):
        super().__init__(rows)
        self.count = count
        self.name = name

    def _decide(self, company, day):
        return [row for row in self if row["from"] <= day]

    def search_count(self, domain):
        return self.count

    def browse(self, record_id):
        return SimpleNamespace(name=self.name or f"record {record_id}")


def print_table(capsys, due, waiting=0, customer=None):
    """What the table says on 2026-03-02 if one letter is due from a day on."""
    row = {
        "from": due,
        "notice_level_id": 1,
        "verdict": "dun",
        "group_id": 7,
        "currency_id": 2,
        "group_key": 0,
        "days_overdue": 12,
        "amount": 1234.5,
        "channel": "email",
    }

    class Env(dict):
        cr = SimpleNamespace(execute=lambda statement: None)

        def ref(self, name):
            return SimpleNamespace(
                id=1, name="Acme", _ar_today=lambda: date(2026, 3, 2)
            )

    env = Env(
        {
            "ar.dunning.engine": FakeModel([row]),
            "ar.dunning.notice": FakeModel(count=waiting),
            "ar.dunning.level": FakeModel(),
            "res.partner": FakeModel(name=customer),
            "res.currency": FakeModel(),
        }
    )
    script = DEV / "demo_table.py"
    exec(compile(script.read_text(), script, "exec"), {"env": env})
    return capsys.readouterr().out


def test_table_of_who_is_due(capsys):
    out = print_table(capsys, date(2026, 3, 2))
    assert re.search(r"record 7 +12 +1,234\.50 record 2 +record 1 +email\n", out)
    assert re.search(r"Debtor +Days overdue +Amount +Level +Channel\n", out)
    assert "nobody" not in out


@pytest.mark.parametrize(
    "name", ["株式会社北海道水産加工", "Żółć i Synowie", "a" * 60, "e\u0301" * 40]
)
def test_table_is_aligned_whatever_the_name(capsys, name):
    out = print_table(capsys, date(2026, 3, 2), customer=name)
    title, row = out.splitlines()[2:4]
    before = row[: row.index(" email")]
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in before)
    marks = sum(bool(unicodedata.combining(char)) for char in before)
    assert len(before) + wide - marks == title.index(" Channel")


def test_table_names_the_next_day_when_nobody_is_due(capsys):
    out = print_table(capsys, date(2026, 3, 5), waiting=3)
    assert "Tonight in Acme: nobody is due." in out
    assert "Next: Thursday 2026-03-05, 1 letter." in out
    assert "3 notices wait already" in out


def test_table_says_when_nobody_will_be_due_soon(capsys):
    out = print_table(capsys, date(2027, 1, 1))
    assert "nobody is due" in out
    assert "Nobody will be in the next 60 days either." in out
    assert "wait already" not in out


# -- where Odoo comes from, and where this checkout lies


def run_part(script, tmp_path, **environment):
    """Run a script that sources parts of dev/, with a cache and a home of its own."""
    env = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": "", **environment}
    done = subprocess.run(
        ["bash", "-c", '. "$0/lib.sh"\n' + script, DEV],
        cwd=tmp_path,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


def test_without_odoo_in_debian_each_suite_is_named(tmp_path):
    program = tmp_path / "apt-get"
    program.write_text(  # sid's index cannot be fetched, testing has no odoo-19
        "#!/bin/sh\n"
        'case "$*" in *download*) exit 100 ;; esac\n'
        "for a; do case $a in Dir::Etc::sourcelist=*) list=${a#*=} ;; esac; done\n"
        '! grep -q " sid " "$list"\n'
    )
    program.chmod(0o755)
    returncode, output = run_part(
        'for part in cache apt odoo; do . "$ROOT/dev/$part.sh"; done; odoo_from_debian',
        tmp_path,
        PATH=f"{tmp_path}:{os.environ['PATH']}",
        DEBIAN_MIRROR="http://mirror.invalid/debian",
        ODOO_REFRESH="",
    )
    assert returncode == 1
    assert "mirror: http://mirror.invalid/debian/" in output
    assert "tried Debian sid: its index cannot be fetched" in output
    assert "tried Debian testing: there is no package odoo-19 in it" in output
    assert "set ODOO_SRC" in output.splitlines()[-1]
    assert "is there a network" not in output


def test_a_folder_with_a_comma_is_named_without_it(tmp_path):
    folder = tmp_path / "one, two"
    folder.mkdir()
    script = '. "$ROOT/dev/conf.sh"; comma_free "$PWD"; comma_free "$PWD/one, two"'
    returncode, output = run_part(script, tmp_path)
    assert returncode == 0, output
    plain, link = map(Path, output.splitlines())
    try:
        assert plain == tmp_path
        assert "," not in str(link)
        assert link.resolve() == folder
    finally:
        link.unlink()


def make_odoo(folder):
    """As much of an Odoo tree as the scripts look at."""
    static = folder / "odoo" / "addons" / "web" / "static" / "lib" / "jquery"
    static.mkdir(parents=True)
    (folder / "odoo" / "release.py").write_text("version_info = (19, 0, 0)\n")
    return static


GET_ODOO = 'for part in cache odoo; do . "$ROOT/dev/$part.sh"; done; get_odoo; echo got'


def test_a_tree_whose_links_lead_nowhere_is_refused_in_one_message(tmp_path):
    static = make_odoo(tmp_path / "src")
    for name in ("jquery.js", "jquery.min.js"):
        (static / name).symlink_to(f"/nowhere/jquery/{name}")
    returncode, output = run_part(GET_ODOO, tmp_path, ODOO_SRC=str(tmp_path / "src"))
    assert returncode == 1
    error, following = output.splitlines()
    assert "has 2 links to files that are not there, such as" in error
    assert str(static) in error
    assert "apt-get install odoo" in following
    # the same tree with what the links name
    for name in ("jquery.js", "jquery.min.js"):
        (static / name).unlink()
        (static / name).write_text("")
    assert run_part(GET_ODOO, tmp_path, ODOO_SRC=str(tmp_path / "src")) == (0, "got\n")


def lock_demo(folder, seconds):
    script = f'. "{DEV}/lib.sh"; ENV_DIR=$1; lock_demo $2; echo mine'
    command = ["bash", "-c", script, "bash", folder, str(seconds)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return done.stdout + done.stderr


def test_a_demo_that_runs_is_named_and_one_that_stops_is_waited_for(tmp_path):
    url = tmp_path / "demo.url"
    url.write_text("http://127.0.0.1:8099\n")  # of a demo that was killed
    assert lock_demo(tmp_path, 0) == "mine\n"
    assert not url.exists()

    with (tmp_path / "demo.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        said = lock_demo(tmp_path, 0)
        assert "another demo of this checkout is being started" in said
        assert "next: " in said
        url.write_text("http://127.0.0.1:8099\n")
        said = lock_demo(tmp_path, 0)
        assert "runs already: http://127.0.0.1:8099" in said
        url.unlink()
        stopping = subprocess.Popen(["sleep", "2"], pass_fds=[lock.fileno()])
    said = lock_demo(tmp_path, 30)
    stopping.wait()
    assert "waiting for it" in said
    assert said.startswith("mine\n")


def test_a_start_says_what_it_does_before_it_looks_into_the_cache(tmp_path):
    script = """
        . "$ROOT/dev/setup.sh"
        lock_setup() { :; }
        get_odoo() { echo looks; exit; }
        setup_tools
    """
    _returncode, output = run_part(script, tmp_path)
    said, looks = output.splitlines()
    assert said.startswith("==> Odoo 19 and Python: see what is there")
    assert looks == "looks"


VACATE = """
    for part in pg venv; do . "$ROOT/dev/$part.sh"; done
    VENV=$PWD PG_DIR=$PWD PG_DATA=$PWD/data
    vacate_venv && echo free
"""


def test_server_of_a_killed_demo_ends_before_its_environment_is_replaced(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    assert run_part(VACATE, tmp_path) == (0, "free\n")
    with subprocess.Popen(["sleep", "60"], cwd=data) as server:
        (data / "postmaster.pid").write_text(f"{server.pid}\n")
        ended = threading.Thread(target=server.wait)  # no zombie, as under init
        ended.start()
        assert run_part(VACATE, tmp_path) == (0, "free\n")
        ended.join(1)
        assert server.returncode == -signal.SIGINT
    with subprocess.Popen(["sleep", "60"], cwd=tmp_path) as stranger:
        (data / "postmaster.pid").write_text(f"{stranger.pid}\n")
        assert run_part(VACATE, tmp_path) == (0, "free\n")
        assert stranger.poll() is None
        stranger.kill()


def test_environment_in_use_is_not_replaced(tmp_path):
    with (tmp_path / "users.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)  # a demo that runs
        returncode, output = run_part(VACATE, tmp_path)
    assert returncode == 1
    assert "needs another Python environment" in output
    assert "next: stop that one with Ctrl-C first" in output


def test_clean_says_what_it_removed(tmp_path):
    shutil.copytree(DEV, tmp_path / "dev")
    (tmp_path / ".env").mkdir()
    for said in ("removed", "not there"):
        done = subprocess.run(
            [tmp_path / "dev/clean.sh"], check=True, capture_output=True, text=True
        )
        assert done.stderr == f"==> {said}: {tmp_path}/.env\n"
    assert not (tmp_path / ".env").exists()


def test_an_installation_is_made_anew_for_code_only(tmp_path):
    for name in (
        "models/x.py",
        "README.rst",
        "readme/USAGE.md",
        "static/description/a.png",
    ):
        (tmp_path / "addon" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "addon" / name).write_text("old")

    def key():
        script = '. "$ROOT/dev/conf.sh"; ROOT=$PWD MODULES=addon; addons_key'
        returncode, output = run_part(script, tmp_path)
        assert returncode == 0, output
        return output

    before = key()
    for name in ("README.rst", "readme/USAGE.md", "static/description/a.png"):
        (tmp_path / "addon" / name).write_text("new")
    assert key() == before
    (tmp_path / "addon/models/x.py").write_text("new")
    assert key() != before


# -- pictures


def test_each_picture_is_taken_by_the_script_and_shown_somewhere():
    taken = {f"{name}.png" for name in pictures.PICTURES}
    assert {path.name for path in pictures.IMAGES.glob("*")} == taken
    shown = re.findall(r"docs/images/(\S+\.png)", (ROOT / "README.md").read_text())
    assert set(shown) == taken
    on_page = {f"{name}.png" for name in pictures.ON_PAGE}
    page = (pictures.PAGE / "index.html").read_text()
    assert set(re.findall(r'src="(\w+\.png)"', page)) == on_page | {"icon.png"}
    for name in on_page:  # neither is older than the other
        content = (pictures.PAGE / name).read_bytes()
        assert content == (pictures.IMAGES / name).read_bytes()


def test_pictures_keep_large_areas_and_few_pixels_as_they_are():
    ground, red = (248, 249, 250), (210, 63, 58)
    image = Image.new("RGB", (200, 200), ground)
    for x in range(200):
        for y in range(100):
            image.putpixel((x, y), (90 + x // 2, 60 + y // 2, 40 + (x + y) // 4))
    image.putpixel((150, 150), red)
    reduced = pictures.reduce_colours(image)
    assert len(reduced.getcolors()) <= 256
    reduced = reduced.convert("RGB")
    for point, colour in (((10, 190), ground), ((150, 150), red)):
        found = reduced.getpixel(point)
        assert max(abs(a - b) for a, b in zip(found, colour, strict=True)) < 5, found
