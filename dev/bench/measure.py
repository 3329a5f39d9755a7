"""One measurement in this process: measure.py DATABASE NAME. Prints its figures as JSON."""

import json
import sys

import charges
import databases
import history
import measurements


def main(database, name):
    with databases.environment(database) as env:
        if name == "history":
            history.write(env)
            env.cr.commit()
            return
        module = charges if hasattr(charges, name) else measurements
        figures = getattr(module, name)(env)
    print(json.dumps(figures))


main(*sys.argv[1:])
