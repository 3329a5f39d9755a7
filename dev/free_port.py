"""Prints a free TCP port of 127.0.0.1: the first from the given one on, else any."""

import socket
import sys


def free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return None
        return probe.getsockname()[1]


first = int(sys.argv[1]) if len(sys.argv) > 1 else 0
candidates = range(first, min(first + 100, 65536)) if first else [0]
print(next(port for port in map(free, candidates) if port))
