"""The scripts of dev/ are what they promise to be."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DEV = ROOT / "dev"
sys.path.insert(0, str(DEV))
import check_log  # noqa: E402

SHELL_SCRIPTS = [*sorted(DEV.glob("*.sh")), ROOT / ".ci" / "run"]
SCRIPTS = [*SHELL_SCRIPTS, *sorted(DEV.glob("*.py"))]
LOCKS = [DEV / "requirements.txt", DEV / "uv.txt", DEV / "ubl.txt"]


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
