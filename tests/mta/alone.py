# SPDX-License-Identifier: BSD-2-Clause
"""A program of examples/mta without its mail server, at a socket of its own, and connections to it."""
import os
import re
import socket
import struct
import tempfile

import kit
from common import Program, expect

WAIT_SECONDS = 120


class Connection:
    """As a mail server makes it."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        # With a timeout of Python's, connect() does not wait for a full queue.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", WAIT_SECONDS, 0))
        self.socket.connect(path)
        self.socket.settimeout(WAIT_SECONDS)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def send(self, octets):
        self.socket.sendall(octets)


class Alone:
    """A program with a configuration of its own; `before` is put before its command, such as a shell that sets limits."""

    def __init__(self, settings, name, *arguments, option="", before=(), **values):
        self.folder = tempfile.mkdtemp(prefix=name + "-")
        self.path = self.folder + "/socket"
        self.configure(option, **values)
        self.command = [*before, settings.program(name), "--config", self.folder + "/mxcheck.conf", "--log", "stderr", *arguments]

    def configure(self, option="", **values):
        kit.configuration(self.folder, option, **values)

    def start(self):
        self.program = Program([*self.command, "--listen", "unix:" + self.path])
        self.program.wait_for("listening at")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, failure, *_):
        status = self.program.stop()
        for name in os.listdir(self.folder):
            os.unlink(os.path.join(self.folder, name))
        os.rmdir(self.folder)
        expect(failure or status == 0, "the program ends with", status, *self.program.lines[-20:])

    def signal(self, number, answer):
        """Send a signal; gives the line that answers it."""
        count = self.program.count(answer)
        self.program.signal(number)
        self.program.wait_for(answer, count + 1)
        return [line for line in self.program.lines if re.search(answer, line)][-1]
