"""Says what to do after a failed lint: lint_next.py <pre-commit's output>."""

import re
import sys
from pathlib import Path

COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def next_steps(output):
    """Tell hooks that repaired files from those that only found something."""
    hooks = re.split(r"^- hook id: ", COLOURS.sub("", output), flags=re.M)[1:]
    repaired, found = [], []
    for hook in hooks:
        name, *lines = hook.splitlines()
        changed = "- files were modified by this hook" in lines[:4]
        (repaired if changed else found).append(name)
    steps = []
    if repaired:
        steps.append(
            f"files were repaired by {', '.join(repaired)}: look at them (git diff),"
            " then run it again"
        )
    if found:
        steps.append(
            f"mend what is named above by {', '.join(found)}; alone: dev/lint.sh"
            f" {found[0]}"
        )
    return steps or ["the lines above say why"]


if __name__ == "__main__":
    for step in next_steps(Path(sys.argv[1]).read_text(errors="replace")):
        print(f"  next: {step}")
