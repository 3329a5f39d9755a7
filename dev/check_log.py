"""Fails when an Odoo log has a warning or an error: check_log.py <file>…

`problems(text)` is for tests.
"""

import re
import sys
from pathlib import Path

LINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ (?P<level>[A-Z]+) ")
BAD = {"WARNING", "ERROR", "CRITICAL"}

# Lines that Odoo's own code or data cause, with nothing of ours installed too.
ALLOWED = (
    # the deprecated remote interfaces announce themselves on every call
    r"odoo\.addons\.rpc\.controllers\S*: The /(xmlrpc|jsonrpc|xmlrpc/2)\b.* deprecated",
)
ALLOWED_LINE = re.compile("|".join(ALLOWED))


def problems(text):
    """Return the warnings and errors in a log, each with the lines that belong to it.

    What is not in Odoo's format is no log line: docutils prints to stderr while it reads the
    descriptions of core modules, and so does the note about running as root.
    """
    found, keep = [], False
    for line in text.splitlines():
        match = LINE.match(line)
        if match:
            keep = match["level"] in BAD and not ALLOWED_LINE.search(line)
            if keep:
                found.append(line)
        elif keep:
            found[-1] += "\n" + line
    return found


def main(paths):
    found = [
        problem
        for path in paths
        for problem in problems(Path(path).read_text(errors="replace"))
    ]
    if found:
        print("\n".join(found))
        print(f"{len(found)} warnings or errors in the log")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
