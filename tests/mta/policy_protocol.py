#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The policy server alone, without Postfix: its sockets, its signals, and peers that do what Postfix does not."""
import contextlib
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import common
import kit
from alone import WAIT_SECONDS, Alone, Connection
from common import Program, expect

STALL_SECONDS = 2  # after which a peer counts as one that reads no more
REFUSED = "556 5.1.10 {} destination domain accepts no mail"
LATER = "451 4.4.3 {} cannot look up destination domain now, try again later"

# Hands sockets over as systemd does, then becomes the program behind them.
ACTIVATE = """
import os, socket, sys
paths, program = sys.argv[1].split(","), sys.argv[2:]
sockets = [socket.socket(socket.AF_UNIX) for path in paths]
for number, (path, one) in enumerate(zip(paths, sockets), 3):
    one.bind(path)
    one.listen()
    os.dup2(one.fileno(), 100 + number)
for number in range(3, 3 + len(paths)):
    os.dup2(100 + number, number)
    os.close(100 + number)
print("handed over", file=sys.stderr, flush=True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(paths)))
os.execv(program[0], program)
"""


def request(name="t", recipient="u@null-mx.mx.example", state="RCPT", sender="", **more):
    """The octets of a request; `None` leaves an attribute out."""
    values = {"request": "smtpd_access_policy", "protocol_state": state, "sender": sender, "recipient": recipient,
              "instance": name, "client_address": "192.0.2.1", **more}
    lines = [key.encode() + b"=" + (value if isinstance(value, bytes) else value.encode())
             for key, value in values.items() if value is not None]
    return b"\n".join(lines) + b"\n\n"


class Peer(Connection):
    """A connection as Postfix makes it."""

    def action(self):
        """That of the next answer; None when the connection is closed."""
        try:
            line, end = self.file.readline(), self.file.readline()
        except ConnectionResetError:
            return None
        expect((line, end) == (b"", b"") or (line.startswith(b"action=") and end == b"\n"), "no answer:", line, end)
        return line.decode().removeprefix("action=").rstrip("\n") if line else None

    def ask(self, *arguments, **more):
        self.send(request(*arguments, **more))
        return self.action()

    def is_closed(self):
        return self.action() is None


class Server(Alone):
    """mxcheck-policy at a path of its own."""

    def __init__(self, settings, *arguments, **more):
        super().__init__(settings, "mxcheck-policy", *arguments, **more)

    def peer(self):
        return Peer(self.path)

    def ask(self, *arguments, **more):
        with self.peer() as peer:
            return peer.ask(*arguments, **more)

    def connections(self):
        return int(self.signal(signal.SIGUSR1, "connections: ").rsplit(" ", 1)[1])

    def must_serve(self):
        answer = self.ask("still")
        expect(answer == REFUSED.format("still"), "it serves nobody any more:", answer)


def expect_answers(peer, expected):
    for number, wanted in enumerate(expected):
        answer = peer.action()
        expect(answer == wanted, "answer", number, "is", answer, "and not", wanted)


# --- what is answered ---------------------------------------------------------------------------------------------------

def check_states(settings):
    """The sender is checked at MAIL and at RCPT, the recipient at RCPT; in other states nobody is."""
    bad = "u@nxdomain.mx.example"
    sender, rcpt = "550 5.1.1 t invalid domain", "550 5.1.1 t invalid destination domain"
    rows = [("MAIL", bad, bad, sender), ("MAIL", "", bad, "DUNNO"), ("RCPT", "", bad, rcpt), ("RCPT", bad, "u@ok-mx.mx.example", sender),
            ("RCPT", bad, bad, sender), ("RCPT", "", "u@ok-mx.mx.example", "DUNNO"), ("RCPT", "u@kit-silent.mx.example", bad, rcpt),
            ("RCPT", "u@kit-silent.mx.example", "u@ok-mx.mx.example", "450 4.4.3 t cannot look up sender domain now, try again later"),
            ("DATA", bad, bad, "DUNNO"), ("END-OF-MESSAGE", bad, bad, "DUNNO"), ("CONNECT", bad, bad, "DUNNO"), (None, bad, bad, "DUNNO")]
    with Server(settings) as server, server.peer() as peer:
        for state, sender_is, rcpt_is, wanted in rows:
            answer = peer.ask(state=state, sender=sender_is, recipient=rcpt_is)
            expect(answer == wanted, state, sender_is, rcpt_is, "is answered by", answer)
    return len(rows)


def check_names(settings):
    """The queue id goes before the instance; without both there is an id all the same, and none has octets that print nothing."""
    with Server(settings) as server, server.peer() as peer:
        expect(peer.ask("i", queue_id="Q1") == REFUSED.format("Q1"), "the queue id is not used")
        expect(peer.ask("i", queue_id="") == REFUSED.format("i"), "the instance is not used")
        expect(re.fullmatch(REFUSED.format(r"[0-9a-f.]+"), peer.ask(None)), "there is no id")
        expect(peer.ask("t", queue_id=b"a\x1b[2J\xff") == REFUSED.format("a?[2J?"), "octets of an id")
        peer.ask("t", recipient=None, queue_id=b"a\x1b[2J\xff")
        server.program.wait_for(r"a\?\[2J\?: a request of the state RCPT without a recipient")
        expect(server.program.count("\x1b") == 0, "a log line:", *server.program.lines)
        expect(len(peer.ask("x" * 5000)) < 600, "a long id")


def check_quotes(settings):
    """Postfix takes the quotes of a local part away; they are put back before the library looks."""
    rows = ["a b", "a@b", 'a"b', "a\\b", "a..b", ".a", "a.", "a,b", "a b@x.invalid", "\u00e4 b"]
    with Server(settings) as server, server.peer() as peer:
        for local in rows:
            for domain, wanted in (("null-mx.mx.example", REFUSED.format("t")), ("ok-mx.mx.example", "DUNNO")):
                answer = peer.ask(recipient=f"{local}@{domain}")
                expect(answer == wanted, repr(local), "at", domain, "is answered by", answer)
        for address in ("@ok-mx.mx.example", "nobody", "@", "u@", ""):
            answer = peer.ask(recipient=address)
            expect(answer == "553 5.1.3 t bad destination address syntax", repr(address), "is answered by", answer)
    return len(rows)


def check_deferrals(settings):
    """The exact reply, or by option DEFER_IF_PERMIT with its text."""
    with Server(settings) as server:
        answer = server.ask(recipient="u@kit-silent.mx.example")
        expect(answer == LATER.format("t"), answer)
    with Server(settings, "--defer-if-permit") as server:
        answer = server.ask(recipient="u@kit-silent.mx.example")
        expect(answer == "DEFER_IF_PERMIT" + LATER.format("t").removeprefix("451"), answer)
        server.must_serve()


def check_exemptions(settings):
    """Of clients that have logged in, and of networks."""
    bad = {"sender": "u@nxdomain.mx.example", "recipient": "u@null-mx.mx.example"}
    sender, rcpt, nothing = "550 5.1.1 t invalid domain", REFUSED.format("t"), "DUNNO"
    rows = [([], {"sasl_username": "me"}, sender), (["--exempt-authenticated"], {"sasl_username": "me"}, rcpt),
            (["--exempt-authenticated=both"], {"sasl_username": "me"}, nothing),
            (["--exempt-authenticated=both"], {"sasl_username": ""}, sender),
            (["--exempt-clients", "198.51.100.0/24,2001:db8::/32"], {"client_address": "198.51.100.77"}, nothing),
            (["--exempt-clients", "198.51.100.0/24,2001:db8::/32"], {"client_address": "2001:db8:1::2"}, nothing),
            (["--exempt-clients", "198.51.100.0/24,2001:db8::/32"], {"client_address": "::ffff:198.51.100.77"}, nothing),
            (["--exempt-clients", "198.51.100.0/24,2001:db8::/32"], {"client_address": "198.51.101.1"}, sender),
            (["--exempt-clients", "198.51.100.0/24"], {"client_address": "unknown"}, sender), (["--dry-run"], {}, nothing)]
    for arguments, attributes, wanted in rows:
        with Server(settings, *arguments) as server:
            answer = server.ask(**bad, **attributes)
            expect(answer == wanted, arguments, attributes, "is answered by", answer)
    return len(rows)


def check_order(settings):
    """Requests that come at once are answered in their order, whichever of them must wait for DNS."""
    count = 400
    slow = [number % 7 == 0 for number in range(count)]
    with Server(settings, timeout="300ms", cache_failure_ttl="0s") as server, server.peer() as peer:
        octets = b"".join(request(f"n{number}", f"u@{'kit-silent' if is_slow else 'null-mx'}.mx.example")
                          for number, is_slow in enumerate(slow))
        threading.Thread(target=peer.send, args=(octets,), daemon=True).start()
        expect_answers(peer, [(LATER if is_slow else REFUSED).format(f"n{number}") for number, is_slow in enumerate(slow)])
    return count


# --- bad input ----------------------------------------------------------------------------------------------------------

def check_bad_requests(settings):
    """They end their connection, with a line; nobody else notices."""
    whole = request()
    rows = {
        "a megabyte without a line end": b"x" * (1 << 20),
        "a value of a megabyte": whole[:-1] + b"name=" + b"x" * (1 << 20) + b"\n\n",
        "lines without end": b"name=value\n" * 200000,
        "a line without =": b"request=smtpd_access_policy\nhello\n\n",
        "HTTP": b"GET / HTTP/1.0\r\n\r\n",
        "an empty request": b"\n",
        "another request": whole.replace(b"smtpd_access_policy", b"junk"),
        "no request": whole.replace(b"request=", b"tseuqer="),
        "line ends of CR LF": whole.replace(b"\n", b"\r\n"),
    }
    with Server(settings) as server, server.peer() as other:
        for name, octets in rows.items():
            count = server.program.count("a request that is none, or too long")
            with server.peer() as peer:
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    peer.send(octets)
                expect(peer.is_closed(), name, "is answered")
            server.program.wait_for("a request that is none, or too long", count + 1)
            expect(other.ask() == REFUSED.format("t"), "another connection, after", name)
        with server.peer() as peer:
            peer.send(whole + b"hello\n\n")
            peer.is_closed()
        server.must_serve()
    return len(rows)


def check_odd_requests(settings):
    """They are requests, and their connection goes on."""
    rows = {
        "no recipient": (request(recipient=None), "451 4.3.0 cannot check the address now"),
        "no sender": (request(sender=None), REFUSED.format("t")),
        "an attribute that nobody knows": (request(**{"x" * 500: "y" * 5000}), REFUSED.format("t")),
        "a name and a value that are empty": (b"=\n" + request(), REFUSED.format("t")),
        "a second recipient": (request()[:-1] + b"recipient=u@ok-mx.mx.example\n\n", REFUSED.format("t")),
        "NUL": (request(recipient=b"u\0@null-mx.mx.example"), "553 5.1.3 t bad destination address syntax"),
        "NUL behind it": (request(recipient=b"u@ok-mx.mx.example\0.invalid"), "553 5.1.3 t bad destination address syntax"),
        "NUL in a name": (b"reci\0pient=x\n" + request(), REFUSED.format("t")),
        "8-bit octets": (request(recipient=b"\xff\xfe@null-mx.mx.example"), "(556|553) .*"),
        "8-bit octets in the domain": (request(recipient=b"u@\xff\xfe.mx.example"), "553 .*"),
        "a CR": (request(recipient=b"u\r@ok-mx.mx.example"), "553 .*"),
        "a long recipient": (request(recipient="u" * 60000 + "@null-mx.mx.example"), "(556|553) .*"),
        "a long domain": (request(recipient="u@" + "a." * 30000 + "example"), "55. .*"),
        "many quotes": (request(recipient='"' * 60000 + "@null-mx.mx.example"), "(556|553) .*"),
    }
    with Server(settings) as server, server.peer() as peer:
        for name, (octets, wanted) in rows.items():
            peer.send(octets)
            answer = peer.action()
            expect(answer is not None and (answer == wanted or re.fullmatch(wanted, answer)), name, "is answered by", answer)
        for octet in request("slow"):
            peer.send(bytes([octet]))
        expect(peer.action() == REFUSED.format("slow"), "a request octet by octet")
    return len(rows)


def check_lengths(settings):
    """A request of the octets allowed is answered, and one of an octet more is not."""
    most = 2048
    for octets in (most, most + 1):
        with Server(settings, "--request", str(most)) as server, server.peer() as peer:
            fixed = request(padding="")
            peer.send(request(padding="x" * (octets - len(fixed))))
            answer = peer.action()
            expect(answer == (REFUSED.format("t") if octets == most else None), octets, "octets are answered by", answer)


# --- peers --------------------------------------------------------------------------------------------------------------

def send_until_stalled(peer, octets, most):
    """Gives how many octets the server has taken before it takes no more."""
    sent = 0
    peer.socket.settimeout(STALL_SECONDS)
    with contextlib.suppress(TimeoutError):
        while sent < most:
            sent += peer.socket.send(octets[sent % len(octets):])
    peer.socket.settimeout(WAIT_SECONDS)
    return sent


def check_deaf_peer(settings):
    """Of a peer that reads no answers no more is taken; when it reads at last, each answer is there."""
    one, most = request("deaf"), 64 << 20
    with Server(settings) as server, server.peer() as peer:
        sent = send_until_stalled(peer, one * 1000, most)
        expect(sent < most // 8, sent, "octets are taken of a peer that reads nothing")
        server.must_serve()
        whole, rest = divmod(sent, len(one))
        finish = one[rest:] if rest else b""
        threading.Thread(target=peer.send, args=(finish,), daemon=True).start()
        expect_answers(peer, [REFUSED.format("deaf")] * (whole + (rest > 0)))
    return sent


def check_sudden_ends(settings):
    """Peers that go while checks are under way, or in the middle of a request."""
    with Server(settings, timeout="300ms", cache_failure_ttl="0s") as server:
        for number in range(100):
            with server.peer() as peer:
                peer.send(request("gone", "u@kit-silent.mx.example") * (number % 5) + request()[:number])
        with server.peer() as peer:
            peer.send(request("a", "u@kit-silent.mx.example") + request("b") + request("c")[:20])
            peer.socket.shutdown(socket.SHUT_WR)
            expect_answers(peer, [LATER.format("a"), REFUSED.format("b"), None])
        expect(server.connections() == 0, "connections are left")


def check_many_connections(settings):
    """2,000 of them where 100 may be served at once: all are served, never more than 100 together."""
    most, all_of_them, at_once = 100, 2000, 300
    with Server(settings, "--connections", str(most)) as server, contextlib.ExitStack() as stack:
        held = [stack.enter_context(server.peer()) for _ in range(most)]
        for peer in held:
            expect(peer.ask() == REFUSED.format("t"), "one of the first")
        waiting = stack.enter_context(server.peer())
        waiting.send(request("waiting"))
        expect(server.connections() == most, "the first are not counted")
        with ThreadPoolExecutor(at_once) as pool:
            answers = [pool.submit(server.ask, f"m{number}") for number in range(all_of_them - most - 1)]
            expect(server.connections() == most, "there are more at once than may be")
            for peer in held:
                peer.__exit__()
            expect(waiting.action() == REFUSED.format("waiting"), "the one that has waited")
            for number, answer in enumerate(answers):
                expect(answer.result() == REFUSED.format(f"m{number}"), "answer", number, answer.result())
            expect(server.connections() <= most, "there are more at once than may be")
    return all_of_them


def check_full_table(settings):
    """Without descriptors it waits and does not spin, and serves who has come when there are some."""
    with Server(settings, before=["sh", "-c", 'ulimit -n 40; exec "$@"', "sh"]) as server, contextlib.ExitStack() as stack:
        peers = [stack.enter_context(server.peer()) for _ in range(80)]
        for number, peer in enumerate(peers):
            peer.send(request(f"p{number}"))
        began = time.monotonic()
        server.program.wait_for("no connection can be accepted for a second", 3)
        lines, seconds = server.program.count("no connection can be accepted"), time.monotonic() - began
        expect(lines <= seconds + 4, lines, "lines in", seconds, "seconds")
        expect(peers[0].action() == REFUSED.format("p0"), "one that is served")
        server.configure("null-mx=accept")
        server.signal(signal.SIGHUP, "configuration")
        expect(peers[0].ask("again") in (REFUSED.format("again"), "DUNNO"), "after a reload")
        for number, peer in enumerate(peers):
            if number:
                expect(peer.action() in (REFUSED.format(f"p{number}"), "DUNNO"), "peer", number)
            peer.__exit__()
    return lines


def check_reload_without_descriptors(settings):
    """However many descriptors there are left for it, a reload does not end the checks that come later."""
    refused = 0
    for limit in range(10, 20):
        with Server(settings, before=["sh", "-c", f'ulimit -n {limit}; exec "$@"', "sh"]) as server, server.peer() as peer:
            expect(peer.ask() == REFUSED.format("t"), limit, "descriptors")
            server.signal(signal.SIGHUP, "the configuration (has been read|stays)")
            expect(peer.ask("again", recipient="u@kit-silent.mx.example") == LATER.format("again"), limit, "descriptors, after the reload")
            refused += server.program.count("the configuration stays")
    expect(refused > 0, "descriptors were never scarce")
    return refused


def check_idle(settings):
    """A connection without requests is closed, and one whose check takes longer than that is not."""
    with Server(settings, "--idle", "1", timeout="3s") as server:
        with server.peer() as silent, server.peer() as half, server.peer() as busy:
            busy.send(request("busy", "u@kit-silent.mx.example"))
            half.send(request()[:30])
            expect(silent.is_closed() and half.is_closed(), "an idle connection")
            expect(busy.action() == LATER.format("busy"), "a connection that waits for a check was closed")
            expect(busy.is_closed(), "an idle connection after its answer")
        server.must_serve()


# --- sockets and signals ------------------------------------------------------------------------------------------------

def check_activation(settings):
    """It serves at all sockets that are handed over, and at none of them if they are for another process."""
    server = Server(settings)
    paths = [server.folder + "/one", server.folder + "/two"]
    server.program = Program([sys.executable, "-c", ACTIVATE, ",".join(paths), *server.command])
    with contextlib.ExitStack() as stack:
        stack.push(server.__exit__)
        server.program.wait_for("handed over")
        for path in paths:
            with Peer(path) as peer:
                expect(peer.ask() == REFUSED.format("t"), "at a socket that was handed over")
        stranger = subprocess.run(server.command, env={**os.environ, "LISTEN_PID": "1", "LISTEN_FDS": "1"}, stderr=subprocess.PIPE,
                                  stdin=subprocess.DEVNULL, timeout=WAIT_SECONDS, check=False)
        expect(stranger.returncode == 64, "sockets for another process:", stranger)


def check_standard_input(settings):
    """As spawn(8) has it: a socket or pipes; it ends with them, when all is answered."""
    server = Server(settings, "--stdin", timeout="300ms")
    octets = request("a", "u@kit-silent.mx.example") + request("b")
    wanted = f"action={LATER.format('a')}\n\naction={REFUSED.format('b')}\n\n".encode()
    piped = subprocess.run(server.command, input=octets, capture_output=True, timeout=WAIT_SECONDS, check=False)
    expect((piped.returncode, piped.stdout) == (0, wanted), "pipes:", piped)
    with tempfile.TemporaryFile() as file:
        file.write(octets)
        file.seek(0)
        read = subprocess.run(server.command, stdin=file, capture_output=True, timeout=WAIT_SECONDS, check=False)
        expect((read.returncode, read.stdout) == (0, wanted), "a file:", read)
    ours, theirs = socket.socketpair()
    with ours, theirs, subprocess.Popen(server.command, stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL) as spawned:
        theirs.close()
        ours.settimeout(WAIT_SECONDS)
        for name in ("one", "two"):
            ours.sendall(request(name))
            found = b""
            while not found.endswith(b"\n\n"):
                found += ours.recv(4096)
            expect(found == f"action={REFUSED.format(name)}\n\n".encode(), "a socket:", found)
        ours.close()
        expect(spawned.wait(WAIT_SECONDS) == 0, "the end of a socket:", spawned.returncode)
    for name in os.listdir(server.folder):
        os.unlink(os.path.join(server.folder, name))
    os.rmdir(server.folder)


def check_paths(settings):
    """A socket that was left over is taken over; one in use, and a file that is none, are not."""
    with Server(settings, "--socket-mode", "600") as server:
        expect(stat.S_IMODE(os.stat(server.path).st_mode) == 0o600, "the mode of the socket")
        second = subprocess.run([*server.command, "--listen", "unix:" + server.path], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                timeout=WAIT_SECONDS, check=False)
        expect(second.returncode == 69 and b"cannot listen" in second.stderr, "a second server:", second)
        server.must_serve()
        server.program.kill()
        server.start()
        server.must_serve()
        file = server.folder + "/mxcheck.conf"
        third = subprocess.run([*server.command, "--listen", "unix:" + file], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               timeout=WAIT_SECONDS, check=False)
        expect(third.returncode == 69 and os.path.getsize(file) > 0, "a file that is no socket:", third)


def check_hangup(settings):
    """Checks under way end by the options that they were begun with, later ones by the new; no connection is lost."""
    with Server(settings, timeout="2s") as server, server.peer() as peer, server.peer() as other:
        peer.send(request("slow", "u@kit-silent.mx.example"))
        expect(other.ask("before") == REFUSED.format("before"), "before")
        server.configure("null-mx=accept", timeout="2s")
        server.signal(signal.SIGHUP, "has been read anew")
        expect(other.ask("after") == "DUNNO", "the new options are not in force")
        peer.send(request("behind"))
        for _ in range(20):
            server.signal(signal.SIGHUP, "has been read anew")
        expect_answers(peer, [LATER.format("slow"), "DUNNO"])
        with open(server.folder + "/mxcheck.conf", "a", encoding="utf-8") as file:
            file.write("depth = bottomless\n")
        server.signal(signal.SIGHUP, "the configuration stays as it was")
        expect(other.ask("later") == "DUNNO", "the options are lost by a configuration that is none")
        os.unlink(server.folder + "/mxcheck.conf")
        server.signal(signal.SIGHUP, "the configuration stays as it was")
        expect(other.ask("later") == "DUNNO", "the options are lost with their file")


def check_cache_at_hangup(settings):
    """What was learned is still known after a reload."""
    with Server(settings) as server, server.peer() as peer:
        peer.ask(recipient="u@ok-mx.mx.example")
        server.signal(signal.SIGHUP, "has been read anew")
        peer.ask(recipient="u@ok-mx.mx.example")
        line = server.signal(signal.SIGUSR1, "counts: ")
        expect(" lookups=0 " in line and " hits=1 " in line, line)


def check_shadow(settings):
    """Where its options come to another verdict, a line says so. The answer is that of the main options. SIGHUP reads both anew, or neither."""
    good, refuses = "u@ok-mx.mx.example", "refused-hosts=*.mx.example"
    with tempfile.TemporaryDirectory() as folder:
        shadow = kit.configuration(folder, refuses)
        with Server(settings, "--shadow", shadow) as server, server.peer() as peer:
            def told(compared, different):
                """What the shadow has said since the last SIGHUP, once it has said so much."""
                counts = f"shadow: {compared} verdicts compared, {different} differ"
                for _ in range(WAIT_SECONDS * 10):
                    if server.signal(signal.SIGUSR1, "verdicts compared").endswith(counts):
                        break
                    time.sleep(0.1)
                else:
                    expect(False, counts, "is not what is logged")
                return [line.partition(" ")[2] for line in server.program.lines if "the shadow says" in line]

            refused = "t: rcpt u@ok-mx.mx.example accept mx: the shadow says reject mx-refused: 550 5.7.1 t "
            expect(peer.ask() == REFUSED.format("t"), "where both agree")
            expect(peer.ask(recipient=good) == "DUNNO", "the answer is the shadow's")
            lines = told(4, 1)
            expect(len(lines) == 1 and lines[0].startswith(refused), lines)

            server.configure("null-mx=accept")
            kit.configuration(folder)
            server.signal(signal.SIGHUP, "has been read anew")
            expect(peer.ask(recipient=good) == "DUNNO" and peer.ask() == "DUNNO", "the new options are not in force")
            lines = told(4, 1)
            expect(len(lines) == 2 and "the shadow says reject null-mx: 556 5.1.10 t " in lines[1], lines)

            server.configure()
            with open(shadow, "a", encoding="utf-8") as file:
                file.write("depth = bottomless\n")
            server.signal(signal.SIGHUP, "the configuration stays as it was")
            expect(peer.ask() == "DUNNO", "a bad file of the shadow changes the main options")
            lines = told(6, 2)
            expect(len(lines) == 3 and lines[2] == lines[1], lines)


def check_bad_start(settings):
    """A start that fails is told on standard error as well as to syslog; by spawn(8) that would go to Postfix."""
    missing = "/nonexistent/mxcheck.conf"
    for arguments, is_told in ((["--listen", "inet:127.0.0.1:0"], True), (["--stdin"], False)):
        done = subprocess.run([settings.program("mxcheck-policy"), "--config", missing, *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=WAIT_SECONDS, check=False)
        expect(done.returncode != 0 and done.stdout == b"" and (missing.encode() in done.stderr) == is_told, arguments, done)


def check_end(settings):
    """SIGTERM closes what is open, checks or not."""
    for number in (signal.SIGTERM, signal.SIGINT):
        with Server(settings, timeout="5m") as server, server.peer() as peer, server.peer() as idle:
            peer.send(request("slow", "u@kit-silent.mx.example") * 3)
            idle.ask()
            server.program.signal(number)
            expect(peer.is_closed() and idle.is_closed(), "a connection is open")
            expect(server.program.process.wait(WAIT_SECONDS) == 0, "its status:", server.program.process.returncode)


def check_readme(settings):
    common.check_readme(settings, "mxcheck-policy", "policy")


FAMILIES = {
    "states": check_states, "names": check_names, "quoted local parts": check_quotes, "deferrals": check_deferrals,
    "exemptions": check_exemptions, "order": check_order, "bad requests": check_bad_requests, "odd requests": check_odd_requests,
    "lengths": check_lengths, "a deaf peer": check_deaf_peer, "sudden ends": check_sudden_ends,
    "many connections": check_many_connections, "a full descriptor table": check_full_table,
    "a reload without descriptors": check_reload_without_descriptors, "idle connections": check_idle,
    "socket activation": check_activation, "standard input": check_standard_input, "paths": check_paths, "SIGHUP": check_hangup,
    "the cache at SIGHUP": check_cache_at_hangup, "shadow": check_shadow, "a bad start": check_bad_start, "SIGTERM": check_end, "README": check_readme,
}


def run(settings):
    """Some families, where arguments name them, otherwise all."""
    settings.need("mxcheck-policy")
    return int(common.run_families("policy", {name: FAMILIES[name] for name in sys.argv[1:] or FAMILIES}, settings) > 0)


if __name__ == "__main__":
    common.end_by_status(run)
