"""Prints what deciding, writing and sending notices costs on generated books.

    bench.py [--sizes small,medium] [--only NAME,…] [--json FILE] [--reuse] [--keep]
    bench.py --only emails       all notices of the first run by e-mail; only on request
    bench.py --only letters      200 of them (--letters N) as letters, by a real wkhtmltopdf;
                                 only on request
    bench.py --only workers      two workers share 5,000 notices; two are killed

Each figure is taken in a fresh process. Nothing here passes or fails.
"""

import argparse
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import databases
from sizes import SIZES

HERE = Path(__file__).parent

# In this order, on one clone of the books: what a step leaves, the next one finds.
# `vacuum` stands for the autovacuum that a real server has had time for.
STEPS = (
    "bare",
    "decide",
    "decide_rows",
    "refresh",
    "vacuum",
    "refresh_again",
    "aging",
    "aging_past",
    "profiles",
    "outlook",
    "accrual",
    "accrual_costs",
    "plan",
    "figure_10",
    "figure_100",
    "pay_today",
    "flood",
    "vacuum",
    "emails",
    "letters",
    "flood_again",
    "preview_again",
    "confirm",
    "cancel",
    "history",
    "vacuum",
    "decide_with_history",
    "outlook_with_history",
    "accrual_with_history",
    "night",
    "vacuum",
    "deliver",
)
SILENT = ("vacuum", "history")
# They send what the later ones want to find, and take minutes.
ON_REQUEST = ("emails", "letters")
# Each stands on the run that this one writes.
NEEDED = "flood"
# A million dicts need 2 GB.
LEFT_OUT = {"large": ("decide_rows",)}
COLUMNS = (
    "seconds",
    "cpu",
    "queries",
    "peak_mb",
    "rows",
    "per second",
    "per cpu second",
    "per row",
)


def main():
    options = get_options()
    if options.only == "workers":  # on books of its own, minutes long
        subprocess.run([sys.executable, HERE / "workers.py"], check=True)
        return
    if options.letters:
        os.environ["AR_BENCH_LETTERS"] = options.letters
    sizes = options.sizes.split(",")
    figures = {size: measure_size(size, options) for size in sizes}
    print_tables(figures)
    if options.json:
        Path(options.json).write_text(json.dumps(figures, indent=1) + "\n")


def get_options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--sizes", default="small,medium", help=f"of {', '.join(SIZES)}"
    )
    parser.add_argument("--only", help="these measurements, and what prepares them")
    parser.add_argument("--letters", metavar="N", help="how many letters are made")
    parser.add_argument("--json", metavar="FILE", help="write the figures there, too")
    parser.add_argument(
        "--reuse",
        action="store_true",
        help="take the books that are there, though of another day or older code",
    )
    parser.add_argument(
        "--keep", action="store_true", help="keep the database that was measured"
    )
    options = parser.parse_args()
    unknown = set(options.sizes.split(",")) - set(SIZES)
    if unknown:
        parser.error(f"no such size: {', '.join(unknown)}")
    if not databases.INSTALLED:
        parser.error("AR_INSTALLED_DB names no template database: use run.sh")
    return options


def measure_size(size, options):
    books, work = f"bench_{size}", f"bench_{size}_work"
    databases.provide(books, size, options.reuse)
    databases.clone(books, work)
    figures = {}
    for step in get_steps(size, options.only):
        if step == "vacuum":
            databases.vacuum(work)
            continue
        say(f"{size}: {step} …")
        output = run("measure.py", work, step)
        if step not in SILENT:
            figures[step] = json.loads(output)
            say(f"    {figures[step]}")
    if not options.keep:
        databases.drop(work)
    return figures


def get_steps(size, only):
    """The steps to take on books of that size, with what prepares those asked for."""
    wanted = set(only.split(",")) if only else set(STEPS) - set(ON_REQUEST)
    if wanted >= set(ON_REQUEST):
        sys.exit("emails and letters send the same run: ask for one of them")
    wanted |= {NEEDED} if wanted & set(ON_REQUEST) else set()
    wanted -= set(LEFT_OUT.get(size, ()))
    last = max(STEPS.index(step) for step in wanted if step in STEPS)
    return [step for step in STEPS[: last + 1] if step in wanted or step in SILENT]


def run(script, *arguments):
    """Run a script in a process of its own.

    :return: the last line that it prints
    """
    done = subprocess.run(
        [sys.executable, HERE / script, *arguments],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout.strip().rpartition("\n")[2]


def say(text):
    print(text, file=sys.stderr, flush=True)


def print_tables(figures):
    for size, steps in figures.items():
        customers, documents = SIZES[size]
        print(f"\n{size}: {customers:,} customers, {documents:,} open documents\n")
        print(f"| {'':20} | " + " | ".join(f"{name:>8}" for name in COLUMNS) + " |")
        print("|---|" + "---:|" * len(COLUMNS))
        for step, row in steps.items():
            row["per second"] = row["rows"] / row["seconds"] if row["seconds"] else 0
            row["per cpu second"] = row["rows"] / row["cpu"] if row["cpu"] else 0
            row["per row"] = row["queries"] / row["rows"] if row["rows"] else 0
            cells = " | ".join(f"{format_figure(row[name]):>8}" for name in COLUMNS)
            print(f"| {step:20} | {cells} |")
        for step, row in steps.items():
            print_memory(step, row.get("memory"))
    for small, big in zip(list(figures), list(figures)[1:], strict=False):
        print_growth(figures, small, big)


def print_memory(step, memory):
    """What the process holds after each tenth of what it delivers."""
    if not memory:
        return
    total = memory[-1][0]
    tenths = [
        next(row for row in memory if row[0] * 10 >= total * tenth)
        for tenth in range(1, 11)
    ]
    print(f"\n{step}, MB after each tenth of {total:,} notices, {len(memory)} batches:")
    print(", ".join(f"{mb:.0f}" for _count, mb in tenths))


def format_figure(value):
    return (
        f"{value:,.2f}" if isinstance(value, float) and value < 100 else f"{value:,.0f}"
    )


def print_growth(figures, small, big):
    """Exponent of growth between two sizes: 1 is linear."""
    factor = math.log(SIZES[big][1] / SIZES[small][1])
    print(f"\ngrowth exponent, {small} to {big}\n")
    print("| | seconds | cpu |\n|---|---:|---:|")
    for step in figures[big]:
        pair = figures[small].get(step), figures[big][step]
        if all(pair):
            exponents = [
                math.log(max(pair[1][name], 0.001) / max(pair[0][name], 0.001)) / factor
                for name in ("seconds", "cpu")
            ]
            print(f"| {step} | " + " | ".join(f"{e:.2f}" for e in exponents) + " |")


if __name__ == "__main__":
    main()
