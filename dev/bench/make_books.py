"""Makes the database of one size: make_books.py SIZE NAME."""

import sys

import databases
import generate
from sizes import SIZES


def main(size, name):
    databases.clone(databases.INSTALLED, name)
    with databases.environment(name) as env:
        date = env.company._ar_today()
        generate.generate(env, *SIZES[size], date)
        env.cr.commit()
    databases.vacuum(name)


main(*sys.argv[1:])
