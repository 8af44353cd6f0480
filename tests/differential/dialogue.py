# SPDX-License-Identifier: BSD-2-Clause
"""A case asked by SMTP, in a session of its own: the commands are octets, as the address is."""
import re
import socket

GOOD = b"u@ok-mx.mx.example"
WAIT_SECONDS = 60

OK = "ok"
NO_REPLY = "none"
UNSAYABLE = "-"  # an address with a line end: what comes after that would be another command


class Session:
    """A session that has said EHLO."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), WAIT_SECONDS)
        self.file = self.socket.makefile("rb")
        self.reply()
        self.say(b"EHLO client.example")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def say(self, command):
        """`ok`, or the code and the enhanced code where there is one."""
        self.socket.sendall(command + b"\r\n")
        return self.reply()

    def reply(self):
        line = b""
        while line[3:4] != b" ":
            line = self.file.readline()
            if not line.endswith(b"\r\n"):
                raise EOFError("the server has closed the connection")
        words = re.match(r"[2345]\d\d( [245]\.\d+\.\d+)?(?= )", line.decode(errors="replace"))
        return OK if words[0].startswith("2") else words[0]


def ask(port, case, role):
    """What a server says of a case."""
    if b"\r" in case.address or b"\n" in case.address:
        return UNSAYABLE
    parameters = b" SMTPUTF8" if case.is_utf8_announced else b""
    sender, rcpt = (case.address, GOOD) if role == "sender" else (b"", case.address)
    try:
        with Session(port) as session:
            reply = session.say(b"MAIL FROM:<%s>%s" % (sender, parameters))
            # A temporary failure of the sender may be held back until there is a recipient.
            return session.say(b"RCPT TO:<%s>" % rcpt) if reply == OK else reply
    except (OSError, EOFError):
        return NO_REPLY
