"""One measurement in this process: measure.py DATABASE NAME. Prints its figures as JSON."""

import json
import sys

import databases
import history
import measurements


def main(database, name):
    with databases.environment(database) as env:
        if name == "history":
            history.write(env)
            env.cr.commit()
            return
        figures = getattr(measurements, name)(env)
    print(json.dumps(figures))


main(*sys.argv[1:])
