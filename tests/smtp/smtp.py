# SPDX-License-Identifier: BSD-2-Clause
"""An example SMTP server under test, and a client that says any octets; what the test files share."""
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile

PROGRAM = os.environ.get("SMTP_SERVER")
UPSTREAM = os.environ.get("MXCHECK_TEST_UPSTREAM")
if not PROGRAM or not UPSTREAM:
    print("run this by tests/support/dnsservers.py --run, with SMTP_SERVER", file=sys.stderr)
    sys.exit(1)

GOOD = "ok-mx.mx.example"
ALIAS = "implicit-a.mx.example"  # a domain without MX, with A
BAD = "nxdomain.mx.example"
NULL_MX = "null-mx.mx.example"
FAILING = "sf-all.f.mx.example"
SILENT = "to-all.f.mx.example"
SLOW = "slow-2s.f.mx.example"

ID = "([0-9A-Za-z]{22})"
ACCOUNT = ("carol@accounts.example", "tr0ub4dor&3")


def questions(domain):
    """How often DNS was asked for the MX of a domain so far."""
    with open(os.environ["MXCHECK_TEST_QUERY_LOG"], encoding="utf-8") as file:
        return sum(line.lower().split()[1:] == ["mx", domain + "."] for line in file)


class Server:
    """What server() gives."""

    def __init__(self, process, port, folder):
        self.process = process
        self.port = port
        self.folder = folder

    def messages(self):
        """The messages in the maildir, as text with LF."""
        new = os.path.join(self.folder, "new")
        texts = []
        for name in sorted(os.listdir(new)):
            with open(os.path.join(new, name), "rb") as file:
                texts.append(file.read())
        return texts

    def unfinished(self):
        return os.listdir(os.path.join(self.folder, "tmp"))


@contextlib.contextmanager
def server(*arguments):
    """Start the example on a free port; it must end in peace when told so."""
    with tempfile.TemporaryDirectory(prefix="mxcheck-smtp-") as folder:
        maildir = os.path.join(folder, "maildir")
        log = open(os.path.join(folder, "log"), "w+b")
        process = subprocess.Popen(
            [PROGRAM, "--listen", "127.0.0.1:0", "--maildir", maildir, "-o", "upstreams=" + UPSTREAM,
             "-o", "timeout=3s", "-o", "retry-after=300ms", *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        try:
            line = process.stdout.readline().decode()
            match = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", line)
            if not match:
                log.seek(0)
                raise RuntimeError("the server did not start: %r %r" % (line, log.read()))
            yield Server(process, int(match.group(1)), maildir)
            process.send_signal(signal.SIGTERM)
            if process.wait(20) != 0:
                log.seek(0)
                raise RuntimeError("the server ended with %d: %s" % (process.returncode, log.read().decode()))
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
            log.close()


class Client:
    """A client that sends octets as they are, and reads replies."""

    def __init__(self, port, greeting=True, source="127.0.0.1"):
        self.socket = socket.create_connection(("127.0.0.1", port), 20, (source, 0))
        self.file = self.socket.makefile("rb")
        if greeting:
            self.greeting = self.reply()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def send(self, octets):
        self.socket.sendall(octets if isinstance(octets, bytes) else octets.encode())

    def reply(self):
        """The lines of one reply, joined by LF; "" when the server has closed."""
        lines = []
        while True:
            line = self.file.readline()
            if not line.endswith(b"\r\n"):
                assert line == b"", line
                return ""
            lines.append(line[:-2].decode("ascii"))
            if line[3:4] != b"-":
                return "\n".join(lines)

    def say(self, line):
        """A command, and the reply to it."""
        self.send(line + ("\r\n" if isinstance(line, str) else b"\r\n"))
        return self.reply()

    def hello(self):
        assert self.say("EHLO client.example").startswith("250-")
        return self
