# SPDX-License-Identifier: BSD-2-Clause
"""What is asked of every mail server with libmxcheck in it. A server is an object with

    port                 of loopback, where it speaks SMTP
    configure(option)    the library's options are those of the kit and this one from now on
    reload()             the integration reads them anew
    kill()               the integration's process is killed
    has_id               whether its replies carry a transaction id
    rewritten(case)      a regular expression where the server does not hand the reply out as it is, otherwise None
"""
import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import kit

SOURCE = os.path.dirname(kit.TESTS)
CONNECTIONS, ENVELOPES = 50, 20
SWAKS_AT_ONCE = 4
RELOAD_SECONDS = 0.02 # between two of them
START_SECONDS = 20


class Failed(Exception):
    """A server did not do what it should."""


def expect(is_so, *what):
    if not is_so:
        raise Failed(" ".join(map(str, what)))


class Program:
    """A process of ours, whose lines on standard error are kept."""

    def __init__(self, command, environment=None):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        env=environment, text=True, errors="replace")
        self.lines = []
        self.changed = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stderr:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()

    def wait_for(self, pattern, count=1):
        """The first line that matches, once so many do."""
        deadline = time.monotonic() + START_SECONDS
        with self.changed:
            while len(found := [line for line in self.lines if re.search(pattern, line)]) < count:
                left = deadline - time.monotonic()
                if left <= 0 or not self.changed.wait(left):
                    raise Failed("no line has %r: %s" % (pattern, "\n".join(self.lines[-20:])))
        return found[0]

    def signal(self, number):
        self.process.send_signal(number)

    def count(self, pattern):
        return sum(re.search(pattern, line) is not None for line in self.lines)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(START_SECONDS)

    def kill(self):
        self.process.kill()
        self.process.wait(START_SECONDS)


def check_cases(server):
    """Every case of the kit, by swaks; gives how many there were."""
    wrong = []
    for option in dict.fromkeys(case.options for case in kit.cases()):
        server.configure(option)
        server.reload()
        some = [case for case in kit.cases() if case.options == option]
        with ThreadPoolExecutor(SWAKS_AT_ONCE) as pool:
            for case, reply in zip(some, pool.map(lambda case: kit.ask(server.port, case), some)):
                pattern = server.rewritten(case)
                if not (re.fullmatch(pattern, reply) if pattern else case.is_answered_by(reply, server.has_id)):
                    wrong.append(f"{case}: {reply!r}, expected {pattern or case.reply!r}")
    server.configure("")
    server.reload()
    expect(not wrong, "\n".join(wrong))
    return len(kit.cases())


class Session(kit.dialogue.Session):
    def ask(self, command):
        """The whole reply."""
        self.socket.sendall(command.encode() + b"\r\n")
        while True:
            line = self.file.readline().decode(errors="replace")
            expect(line.endswith("\r\n"), "the connection has ended after", command)
            if line[3:4] == " ":
                return line.rstrip("\r\n")


def send_envelopes(port, replies, number):
    """Envelopes on one connection, each with a good and a bad recipient."""
    with Session(port) as session:
        for i in range(ENVELOPES):
            expect(session.ask("MAIL FROM:<>").startswith("250"), "the null reverse-path is refused")
            good = session.ask(f"RCPT TO:<u{number}.{i}@ok-mx.mx.example>")
            bad = session.ask(f"RCPT TO:<u{number}.{i}@null-mx.mx.example>")
            expect(good.startswith("250"), "a good recipient:", good)
            expect(any(re.search(pattern, bad) for pattern in replies), "a bad recipient:", bad)
            session.ask("RSET")
    return ENVELOPES


def check_crowd(server, replies=(r"^556 5\.1\.1?0",)):
    """1,000 envelopes on 50 connections: every reply comes, and is the one to its own command."""
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return sum(pool.map(lambda number: send_envelopes(server.port, replies, number), range(CONNECTIONS)))


def check_reload_under_load(server, replies=(r"^556 5\.1\.1?0",)):
    """Options change under a crowd; each reply is by the old ones or by the new."""
    has_ended = threading.Event()

    def reload_again_and_again():
        count = 0
        while not has_ended.is_set():
            server.configure("null-mx=accept" if count % 2 == 0 else "")
            server.reload()
            count += 1
            has_ended.wait(RELOAD_SECONDS)
        return count

    with ThreadPoolExecutor(1) as pool:
        reloads = pool.submit(reload_again_and_again)
        try:
            check_crowd(server, (*replies, "^250"))
        finally:
            has_ended.set()
        count = reloads.result()
    server.configure("")
    server.reload()
    return count


def check_silence(server):
    """A domain of which DNS says nothing is deferred when the option timeout has passed."""
    for case in kit.cases():
        if case.name == "kit/silent":
            reply = kit.ask(server.port, case)
            expect(reply.startswith("4"), case, reply)
    return 2


def check_kill(server):
    """The integration is killed within a dialogue: the client sees 4XX or acceptance, and never waits for ever."""
    with Session(server.port) as session:
        expect(session.ask("MAIL FROM:<>").startswith("250"), "the null reverse-path is refused")
        server.kill()
        reply = session.ask("RCPT TO:<u@null-mx.mx.example>")
        expect(reply[:1] in "24", reply)
    return reply


@contextlib.contextmanager
def telling(name, family):
    """Print a line for a family of cases; `said` takes what there is to say of it."""
    said = []
    try:
        yield said
    except Failed as why:
        print(f"{name}\t{family}\tFAILED: {why}", flush=True)
        raise
    print(f"{name}\t{family}\tok\t{said[-1] if said else ''}", flush=True)


def run_families(name, families):
    """{family: function}; gives how many have failed."""
    failed = 0
    for family, function in families.items():
        try:
            with telling(name, family) as said:
                said.append(function())
        except Failed:
            failed += 1
    return failed


class Settings:
    """What the environment says: an installed libmxcheck, and where root folders are kept for the next run."""

    def __init__(self):
        self.prefix = os.environ.get("MXCHECK_PREFIX", "/usr")
        self.cache = os.path.abspath(os.environ.get("MXCHECK_DIFFERENTIAL_CACHE", os.path.join(SOURCE, "build", "differential")))

    def program(self, name):
        return os.path.join(self.prefix, "libexec", "mxcheck", name)


def end_by_status(run):
    """Run a test program: 0, 1, or 77 where it cannot run."""
    import dnsservers

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        sys.exit(run(Settings()))
    except dnsservers.Missing as why:
        print("skipped:", why)
        sys.exit(77)
