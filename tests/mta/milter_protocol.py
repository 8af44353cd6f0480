#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The milter alone, without a mail server: its protocol, its signals, and peers that do what mail servers do not."""
import contextlib
import os
import re
import signal
import socket
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import common
from alone import WAIT_SECONDS, Alone, Connection
from common import expect

CONTINUE = ("c", b"")
REFUSED = "556 5.1.10 {} destination domain accepts no mail"
LATER = "451 4.4.3 {} cannot look up destination domain now, try again later"
BAD, GOOD = b"<u@null-mx.mx.example>", b"<u@ok-mx.mx.example>"


def packet(command, octets=b""):
    return struct.pack("!I", len(octets) + 1) + command.encode() + octets


def macros(command, **values):
    return packet("D", command.encode() + b"".join(f"{name}\0{value}\0".encode() for name, value in values.items()))


def said(reply):
    """What a client sees of it."""
    command, octets = reply
    return octets.rstrip(b"\0").decode() if command == "y" else command


class Peer(Connection):
    """A connection as a mail server makes it."""

    def __init__(self, path, version=6):
        super().__init__(path)
        self.send(packet("O", struct.pack("!III", version, 0x1ff, 0x1fffff)))
        expect(self.reply()[0] == "O", "no agreement on the protocol")

    def reply(self):
        """(command, octets); None when the connection is closed."""
        try:
            head = self.file.read(5)
            if len(head) < 5:
                return None
            return chr(head[4]), self.file.read(struct.unpack("!I", head[:4])[0] - 1)
        except ConnectionResetError:
            return None

    def ask(self, command, octets=b"", **values):
        self.send((macros(command, **values) if values else b"") + packet(command, octets))
        return self.reply()

    def connect(self, octets=b"client.example\x004\x04\xd2" + b"192.0.2.1\0"):
        expect(self.ask("C", octets) == CONTINUE, "a connection is refused")
        return self

    def sender(self, address=b"<>", **values):
        return said(self.ask("M", address + b"\0", **values))

    def rcpt(self, address=BAD, **values):
        return said(self.ask("R", address + b"\0", **values))


class Server(Alone):
    """mxcheck-milter at a path of its own."""

    def __init__(self, settings, *arguments, **more):
        super().__init__(settings, "mxcheck-milter", *arguments, **more)

    def peer(self):
        return Peer(self.path)

    def must_serve(self):
        with self.peer() as peer:
            expect(peer.connect().sender() == "c", "it serves nobody any more")
            reply = peer.rcpt(i="still")
            expect(reply == REFUSED.format("still"), "it serves nobody any more:", reply)


# --- what is answered ---------------------------------------------------------------------------------------------------

def check_replies(settings):
    """To the letter, with the queue id of the server or, where it has none yet, an id of its own."""
    with Server(settings) as server, server.peer() as peer:
        peer.connect()
        for name in ("Q1", "100%", "%s%n"):
            expect(peer.sender(i=name) == "c", "the null reverse-path is refused")
            reply = peer.rcpt()
            expect(reply == REFUSED.format(name.replace("%", "%%")), name, "becomes", reply) # the mail server undoes that
            expect(peer.rcpt(GOOD) == "c", "a good recipient")
            peer.send(packet("A"))
        expect(peer.sender(b"<u@nxdomain.mx.example>", i="Q2") == "550 5.1.1 Q2 invalid domain", "a bad sender")
        expect(peer.sender(b"<u@kit-silent.mx.example>", i="Q3")
               == "450 4.4.3 Q3 cannot look up sender domain now, try again later", "a sender of whom DNS says nothing")
    with Server(settings) as server, server.peer() as peer:
        expect(peer.connect().sender() == "c", "without macros")
        first, second = peer.rcpt(), peer.rcpt()
        expect(re.fullmatch(REFUSED.format(r"[0-9a-f.]+"), first), "without macros:", first)
        expect(first == second, "two ids in a transaction:", first, second)


def check_exemption(server, client, macros_are, wanted):
    with server.peer() as peer:
        peer.connect(client)
        found = [peer.sender(b"<u@nxdomain.mx.example>", **macros_are)]
        expect(peer.sender(**macros_are) == "c", "the null reverse-path is refused")
        found.append(peer.rcpt(**macros_are))
    expect(all(reply.startswith(code) for reply, code in zip(found, wanted)), server.command, client, macros_are, "is answered by", found)


def check_exemptions(settings):
    """Of clients that have logged in, and of networks, whatever form their address comes in."""
    login, stranger = {"{auth_authen}": "me"}, {"i": "1"}
    ours = [b"x\x004\x04\xd2" + b"198.51.100.7\0", b"x\x006\x04\xd2" + b"2001:db8::7\0", b"x\x006\x04\xd2" + b"IPv6:2001:db8::7\0",
            b"x\x006\x04\xd2" + b"IPv6:::ffff:198.51.100.7\0"]
    others = [b"x\x004\x04\xd2" + b"192.0.2.1\0", b"x\x006\x04\xd2" + b"2001:db9::7\0", b"x\0U", b"x\0L\0\0/run/socket\0"]
    nothing, sender, both = ("c", "c"), ("c", "556"), ("550", "556") # that is refused
    rows = {
        (): [(ours[0], login, both)],
        ("--exempt-authenticated",): [(ours[0], login, sender)],
        ("--exempt-authenticated=both",): [(ours[0], login, nothing), (ours[0], stranger, both)],
        ("--exempt-clients", "198.51.100.0/24,2001:db8::/32"): [*((client, stranger, nothing) for client in ours),
                                                                *((client, stranger, both) for client in others)],
        ("--dry-run",): [(ours[0], stranger, nothing)],
    }
    for arguments, some in rows.items():
        with Server(settings, *arguments) as server:
            for row in some:
                check_exemption(server, *row)
    return sum(map(len, rows.values()))


def check_header(settings):
    """Only on demand, in the place of those that have come along, and of this transaction alone."""
    with Server(settings, "--header") as server, server.peer() as peer:
        peer.connect()
        for sender, wanted in ((b"<u@null-mx-behind.mx.example>", b"sender=mx; notes=null-mx-mixed"), (b"<>", b"sender=null-sender")):
            expect(peer.sender(sender) == "c" and peer.rcpt(GOOD) == "c", "an envelope")
            for name in (b"Subject", b"x-mxcheck", b"X-MXCHECK"):
                peer.send(packet("L", name + b"\0forged\0"))
                expect(peer.reply() == CONTINUE, "a header")
            found = [peer.ask("E")] + [peer.reply() for _ in range(3)]
            removed = sorted((command, octets[:4]) for command, octets in found[:2])
            expect(removed == [("m", b"\0\0\0\1"), ("m", b"\0\0\0\2")], "forged headers stay:", found)
            expect(found[2:] == [("h", b"X-Mxcheck\0" + wanted + b"\0"), CONTINUE], "no header:", found)


# --- bad input ----------------------------------------------------------------------------------------------------------

def check_bad_packets(settings):
    """They may end their connection; nobody else notices.

    A name of a macro without a value is not among them: libmilter 8.17 reads memory behind its list then.
    """
    rows = {
        "a length of 0": b"\0\0\0\0",
        "a length of 4 GiB": b"\xff\xff\xff\xffM" + b"x" * 65536,
        "half a packet": packet("M", b"<u@ok-mx.mx.example>\0")[:9],
        "a command that nobody knows": packet("\x7f", b"x"),
        "MAIL without arguments": packet("M"),
        "MAIL without an end": packet("M", b"<u@ok-mx.mx.example>"),
        "MAIL with an empty argument": packet("M", b"\0"),
        "RCPT without arguments": packet("M", b"<>\0") + packet("R"),
        "RCPT with an empty argument": packet("M", b"<>\0") + packet("R", b"\0"),
        "RCPT before MAIL": packet("R", BAD + b"\0"),
        "8-bit octets": packet("M", b"<\xff\xfe@\x80.example>\0"),
        "control characters": packet("M", b"<\r\n\x1b[2J@x.example>\0"),
        "many arguments": packet("M", b"<>\0" + b"x=y\0" * 10000),
        "macros of nothing": packet("D") + packet("M", b"<>\0"),
        "the end of a message that was not begun": packet("E"),
        "headers before MAIL": packet("L", b"X-Mxcheck\0x\0") + packet("E"),
        "a header without a value": packet("M", b"<>\0") + packet("R", GOOD + b"\0") + packet("L", b"X-Mxcheck\0") + packet("E"),
        "a second agreement": packet("O", struct.pack("!III", 6, 0x1ff, 0x1fffff)),
        "a connection twice": packet("C", b"x\x004\0\1192.0.2.1\0"),
        "a long address": packet("M", b"<" + b"u" * 60000 + b"@null-mx.mx.example>\0"),
    }
    with Server(settings, "--header") as server, server.peer() as other:
        other.connect()
        for name, octets in rows.items():
            for is_connected in (True, False):
                with server.peer() as peer:
                    if is_connected:
                        peer.connect()
                    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                        peer.send(octets)
                        peer.socket.shutdown(socket.SHUT_WR)
                    with contextlib.suppress(ConnectionResetError):
                        peer.file.read()
            expect(other.sender(i="other") == "c" and other.rcpt() == REFUSED.format("other"), "another connection, after", name)
            other.send(packet("A"))
        for octets in (b"", b"GET / HTTP/1.0\r\n\r\n", packet("M", b"<>\0"), packet("C", b"x\x004\0\1192.0.2.1\0") * 3, os.urandom(4096)):
            with socket.socket(socket.AF_UNIX) as raw, contextlib.suppress(BrokenPipeError):
                raw.connect(server.path)
                raw.sendall(octets)
        server.must_serve()
        expect(server.program.count("\x1b") == 0, "a log line has control characters")
    return len(rows)


def check_deaf_peer(settings):
    """A peer that reads no answers holds nobody up."""
    with Server(settings) as server, server.peer() as peer:
        expect(peer.connect().sender(i="deaf") == "c", "the null reverse-path is refused")
        one, sent = packet("R", BAD + b"\0"), 0
        peer.socket.settimeout(2)
        with contextlib.suppress(TimeoutError):
            while sent < 64 << 20:
                sent += peer.socket.send((one * 1000)[sent % len(one):])
        expect(sent < 8 << 20, sent, "octets are taken of a peer that reads nothing")
        server.must_serve()
    return sent


def check_sudden_ends(settings):
    """Peers that go in the middle of all."""
    with Server(settings, timeout="300ms", cache_failure_ttl="0s") as server:
        for number in range(60):
            with server.peer() as peer:
                peer.connect()
                peer.send((packet("M", b"<>\0") + packet("R", b"<u@kit-silent.mx.example>\0") * 2)[:number])
        server.must_serve()


def check_crowd(settings):
    """1,000 connections of 100 peers, each with replies to its own."""
    def one(number):
        with server.peer() as peer:
            expect(peer.connect().sender(i=f"n{number}") == "c", "the null reverse-path is refused")
            return peer.rcpt() == REFUSED.format(f"n{number}") and peer.rcpt(GOOD) == "c"

    with Server(settings) as server, ThreadPoolExecutor(100) as pool:
        expect(all(pool.map(one, range(1000))), "a reply is wrong")
    return 1000


def check_full_table(settings):
    """Who cannot be served with 40 descriptors waits, or is turned away; those that come later are served."""
    with Server(settings, before=["sh", "-c", 'ulimit -n 40; exec "$@"', "sh"]) as server:
        peers = []
        for _ in range(80):
            raw = socket.socket(socket.AF_UNIX)
            raw.connect(server.path)
            peers.append(raw)
        for raw in peers:
            raw.close()
        server.must_serve()


# --- signals ------------------------------------------------------------------------------------------------------------

def check_hangup(settings):
    """Checks under way end by the options that they were begun with, later ones by the new; no connection is lost."""
    with Server(settings, timeout="2s") as server, server.peer() as slow, server.peer() as other:
        expect(slow.connect().sender(i="slow") == "c" and other.connect().sender(i="other") == "c", "senders")
        slow.send(packet("R", b"<u@kit-silent.mx.example>\0"))
        expect(other.rcpt() == REFUSED.format("other"), "before")
        server.configure("null-mx=accept", timeout="2s")
        server.signal(signal.SIGHUP, "has been read anew")
        expect(other.rcpt() == "c", "the new options are not in force")
        expect(said(slow.reply()) == LATER.format("slow"), "a check under way")
        expect(slow.rcpt() == "c", "the connection of a check under way")
        os.unlink(server.folder + "/mxcheck.conf")
        server.signal(signal.SIGHUP, "the configuration stays as it was")
        expect(other.rcpt() == "c", "the options are lost with their file")
        line = server.signal(signal.SIGUSR1, "counts: ")
        expect(" checks=" in line, line)


def check_end(settings):
    """SIGTERM ends it, whoever is connected, whatever is under way; a second one may listen at the same path then."""
    for number in (signal.SIGTERM, signal.SIGINT):
        with Server(settings, timeout="5m") as server, server.peer() as slow, server.peer() as idle:
            expect(slow.connect().sender() == "c" and idle.connect().sender() == "c", "senders")
            slow.send(packet("R", b"<u@kit-silent.mx.example>\0"))
            idle.rcpt()
            server.program.signal(number)
            status = server.program.process.wait(WAIT_SECONDS)
            expect(status == 0, "its status:", status)


def check_child_death(settings):
    """When the process that serves is killed, the other one ends as well, and a new one listens at the same path."""
    server = Server(settings)
    with contextlib.suppress(common.Failed), server:
        first = server.program.process
        (child,) = subprocess.run(["ps", "-o", "pid=", "--ppid", str(first.pid)], capture_output=True, check=True).stdout.split()
        os.kill(int(child), signal.SIGKILL)
        status = first.wait(WAIT_SECONDS)
        server.start()
        server.must_serve()
    expect(status not in (0, None), "its status:", status)


def check_readme(settings):
    common.check_readme(settings, "mxcheck-milter", "milter")


FAMILIES = {
    "replies": check_replies, "exemptions": check_exemptions, "header": check_header, "bad packets": check_bad_packets,
    "a deaf peer": check_deaf_peer, "sudden ends": check_sudden_ends, "crowd": check_crowd, "a full descriptor table": check_full_table,
    "SIGHUP": check_hangup, "SIGTERM": check_end, "a killed child": check_child_death,
    "README": check_readme,
}


def run(settings):
    """Some families, where arguments name them, otherwise all."""
    settings.need("mxcheck-milter")
    return int(common.run_families("milter", {name: FAMILIES[name] for name in sys.argv[1:] or FAMILIES}, settings) > 0)


if __name__ == "__main__":
    common.end_by_status(run)
