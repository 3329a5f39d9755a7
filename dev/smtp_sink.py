"""A mail server that keeps each message as an .eml file and delivers none: smtp_sink.py <port> <folder>."""

import itertools
import signal
import sys
import time
from pathlib import Path

from aiosmtpd.controller import Controller


class Sink:
    def __init__(self, folder):
        self.folder = folder
        self.count = itertools.count(1)

    async def handle_DATA(self, server, session, envelope):
        name = f"{time.strftime('%Y%m%d-%H%M%S')}-{next(self.count):04d}.eml"
        partial = self.folder / f".{name}"
        partial.write_bytes(envelope.original_content)
        partial.rename(self.folder / name)
        return "250 OK"


port, folder = int(sys.argv[1]), Path(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
Controller(Sink(folder), hostname="127.0.0.1", port=port).start()
signal.pause()
