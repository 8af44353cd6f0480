# SPDX-License-Identifier: BSD-2-Clause
"""What is asked of every mail server with libmxcheck in it. A server is an object with

    port                 of loopback, where it speaks SMTP
    configure(option)    the library's options are those of the kit and this one from now on
    reload()             the integration reads them anew
    kill()               the integration's process is killed
    has_id               whether its replies carry a transaction id
    rewritten(case)      a regular expression where the server does not hand the reply out as it is, otherwise None
    has_unique_ids       whether no two connections ever have the same one
    takes_messages       whether messages may come as well as envelopes
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

import dnsservers  # noqa: E402

SOURCE = os.path.dirname(kit.TESTS)
CONNECTIONS, ENVELOPES = 50, 20
SWAKS_AT_ONCE = 4
BAD_SENDER, BAD_RCPT = "u@nxdomain.mx.example", "u@null-mx.mx.example"
# What each of many envelopes asks about, from another place in the list on, so that a swapped reply is seen.
RECIPIENTS = [("ok-mx", "250 .*"), ("nxdomain", r"550 5\.1\.1 .* invalid destination domain"), ("implicit-a", "250 .*"),
              ("null-mx", r"556 5\.1\.1?0 .* destination domain accepts no mail"),
              ("kit-silent", r"451 4\.4\.3 .* cannot look up destination domain now, try again later")]
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
    can_pipeline = False

    def next_line(self):
        line = self.file.readline().decode(errors="replace")
        expect(line.endswith("\r\n"), "the connection has ended")
        self.can_pipeline = self.can_pipeline or line[4:] == "PIPELINING\r\n"
        return line.rstrip("\r\n")

    def reply(self):
        """The last line of the next reply."""
        line = self.next_line()
        while line[3:4] == "-":
            line = self.next_line()
        return line

    def ask(self, command):
        self.socket.sendall(command.encode() + b"\r\n")
        return self.reply()

    def ask_all(self, commands):
        """The replies to commands that go out at once, where the server takes them so."""
        if not self.can_pipeline:
            return [self.ask(command) for command in commands]
        self.socket.sendall("".join(command + "\r\n" for command in commands).encode())
        return [self.reply() for _ in commands]


def ask_envelope(port, sender, rcpt, credentials=None):
    """The first refusal, or what is said to RCPT; by a client that logs in by PLAIN, if it has credentials."""
    with Session(port) as session:
        for command, code in (("AUTH PLAIN %s" % credentials, "235"),) * (credentials is not None) + (("MAIL FROM:<%s>" % sender, "250"),):
            reply = session.ask(command)
            if not reply.startswith(code):
                return reply
        return session.ask("RCPT TO:<%s>" % rcpt)


def expect_reply(reply, pattern, *what):
    expect(re.fullmatch(pattern, reply), *what, repr(reply), "is not", pattern)


def send_envelope(session, name, turn, and_message, also):
    """Gives the replies that refuse."""
    rows = RECIPIENTS[turn:] + RECIPIENTS[:turn]
    replies = session.ask_all(["MAIL FROM:<>", *(f"RCPT TO:<{name}@{domain}.mx.example>" for domain, _ in rows)])
    expect_reply(replies[0], "250 .*", "the null reverse-path:")
    for (domain, pattern), reply in zip(rows, replies[1:]):
        expect_reply(reply, f"{pattern}|{also}", name, "at", domain)
    if and_message:
        expect_reply(session.ask("DATA"), "354 .*")
        expect_reply(session.ask("Subject: test\r\n\r\ntest\r\n."), "250 .*", "a message:")
    else:
        session.ask("RSET")
    return [reply for reply in replies if reply[0] != "2"]


def send_envelopes(session, number, and_message, also):
    """Envelopes on one connection, each with good and bad recipients; gives the ids in the replies that refuse."""
    ids = set()
    with session:
        for i in range(ENVELOPES):
            for reply in send_envelope(session, f"u{number}.{i}", (number + i) % len(RECIPIENTS), and_message, also):
                ids.add(re.search(r"(\S+) (invalid|destination|cannot) ", reply)[1])
    return ids


def check_crowd(server, also=""):
    """1,000 envelopes on 50 connections: every reply comes, and is the one to its own command."""
    # One after the other: where few may wait to be accepted, further ones get lost.
    sessions = [Session(server.port) for _ in range(CONNECTIONS)]
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        ids = list(pool.map(lambda pair: send_envelopes(pair[1], pair[0], server.takes_messages, also), enumerate(sessions)))
    expect(not server.has_unique_ids or len(set.union(*ids)) == sum(map(len, ids)), "a reply has the id of another connection")
    return CONNECTIONS * ENVELOPES


def check_reload_under_load(server):
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
            check_crowd(server, "250 .*")
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
        reply = session.ask(f"RCPT TO:<{BAD_RCPT}>")
        expect(reply[:1] in "24", reply)
    return reply


def check_kill_of_dialogue(server):
    """The integration dies with what leads the dialogue: that ends, or the client sees 4XX; it never waits for ever."""
    with Session(server.port) as session:
        expect(session.ask("MAIL FROM:<>").startswith("250"), "the null reverse-path is refused")
        session.socket.sendall(b"RCPT TO:<u@kit-silent.mx.example>\r\n")
        server.kill()
        with contextlib.suppress(ConnectionResetError):
            reply = session.file.readline()
            expect(reply == b"" or reply.startswith(b"4"), reply)


def check_readme(settings, program, folder):
    """The README names every option that --help does."""
    text = subprocess.run([settings.program(program), "--help"], capture_output=True, check=True, text=True).stdout
    with open(os.path.join(SOURCE, "examples", "mta", folder, "README.md"), encoding="utf-8") as file:
        readme = file.read()
    missing = [option for option in re.findall(r"(?m)^  (--[a-z-]+)", text) if option != "--help" and option not in readme]
    expect(not missing, "not in the README:", *missing)


@contextlib.contextmanager
def telling(name, family):
    """Print a line for a family of cases; `said` takes what there is to say of it."""
    said = []
    try:
        yield said
    except (Failed, OSError, EOFError) as why:
        print(f"{name}\t{family}\tFAILED: {why!r}", flush=True)
        raise Failed(why) from why
    print("\t".join([name, family, "ok", *(str(one) for one in said if one is not None)]), flush=True)


def run_families(name, families, *arguments):
    """{family: function of the arguments}; gives how many have failed."""
    failed = 0
    for family, function in families.items():
        try:
            with telling(name, family) as said:
                said.append(function(*arguments))
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

    def need(self, name):
        if not os.path.exists(self.program(name)):
            raise dnsservers.Missing("there is no %s: name another MXCHECK_PREFIX" % self.program(name))
        return self


def end_by_status(run):
    """Run a test program: 0, 1, or 77 where it cannot run."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        sys.exit(run(Settings()))
    except dnsservers.Missing as why:
        print("skipped:", why)
        sys.exit(77)
