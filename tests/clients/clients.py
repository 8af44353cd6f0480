# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of mail clients share: the world that they are in, and one line for each client and case."""
import contextlib
import os
import re
import shutil
import signal
import sys
import tempfile
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SOURCE = os.path.dirname(TESTS)
for folder in ("support", "smtp", "differential"):
    sys.path.insert(0, os.path.join(TESTS, folder))

import dnsservers  # noqa: E402
from dnsservers import Missing  # noqa: E402

BUILD = os.path.join(SOURCE, os.environ.get("MXCHECK_BUILD_DIR", "build"))
CACHE = os.path.abspath(os.environ.get("MXCHECK_DIFFERENTIAL_CACHE", os.path.join(BUILD, "differential")))
LOGS = os.path.abspath(os.environ.get("MXCHECK_CLIENTS_LOGS", os.path.join(BUILD, "clients")))
PATIENCE_SECONDS = 120

ID = "[0-9A-Za-z]{22}"
BAD_RECIPIENT = "550 5.1.1 ID invalid destination domain"
HINTS, HINT = ("-o", "reply-hints=on"), ": Check the spelling of .*, or renew the domain if it has expired"
SUBJECT, BODY = "The minutes", "Here are the minutes of yesterday.\n"
ALICE, BOB, CAROL = "alice@bakery.example", "bob@bakery.example", "carol@bakrey.example"
PASSWORD = "correct-horse"


class Failed(Exception):
    """A client did not do, or did not show, what it should."""


def expect(is_so, *what):
    if not is_so:
        raise Failed(" ".join(map(str, what)))


def expect_match(pattern, text):
    expect(re.fullmatch(pattern, text), "shown is %r, expected %r" % (text, pattern))


def need(*programs):
    for program in programs:
        if shutil.which(program) is None:
            raise Missing(program + " is not installed")


def wait_until(question, what):
    """The first answer that is not false."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        answer = question()
        if answer:
            return answer
        time.sleep(0.05)
    raise Failed("in vain waited for: " + what)


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


@contextlib.contextmanager
def arrivals(server):
    """A list; in the end it holds the messages that have come meanwhile."""
    before = server.messages()
    come = []
    yield come
    come += [text.decode() for text in server.messages() if text not in before]


def recipients(message):
    """Whom a message in the maildir was taken for."""
    return re.findall(r"\bfor <([^>]*)>;", message.split("\n\n")[0])


@contextlib.contextmanager
def domains():
    """DNS; with it the servers of tests/smtp can be started."""
    with dnsservers.servers() as dns_servers:
        os.environ["MXCHECK_TEST_UPSTREAM"] = dns_servers.address
        os.environ["MXCHECK_TEST_QUERY_LOG"] = dns_servers.query_log
        os.environ["SMTP_SERVER"] = os.path.join(BUILD, "examples", "smtp-loop")
        yield dns_servers


@contextlib.contextmanager
def bakery():
    """What the pictures show: a server where alice, with PASSWORD, may send to BOB, and not to CAROL, who is misspelt."""
    with domains(), tempfile.NamedTemporaryFile("w") as zone:
        zone.write("bakery.example MX 10 mail.bakery.example\n")
        zone.flush()
        with smtp_server("smtp-loop", "--account", "%s:%s" % (ALICE, PASSWORD), "-o", "test-zone=" + zone.name) as server:
            yield server


@contextlib.contextmanager
def smtp_server(example, *arguments):
    """A server of tests/smtp: smtp-loop or smtp-async. Within domains()."""
    import smtp

    smtp.PROGRAM = os.path.join(BUILD, "examples", example)
    with smtp.server(*arguments) as server:
        yield server


def reply_to(server, recipient):
    """What the server says, with ID in the place of the transaction id."""
    import smtp

    with smtp.Client(server.port) as client:
        expect(client.hello().say("MAIL FROM:<>").startswith("250"), "the null reverse-path")
        return re.sub(r"\b%s\b" % ID, "ID", client.say("RCPT TO:<%s>" % recipient))


def hint_to(server, bad):
    """The reply to a recipient whose domain does not exist, of a server that says all of its hint."""
    reply = reply_to(server, bad)
    expect_match(re.escape(BAD_RECIPIENT) + HINT, reply)
    return reply


def run_cases(client, cases):
    """{case: function}; prints a line for each, with what the function gives. Gives how many have failed."""
    failed = 0
    for name, function in cases.items():
        try:
            print("%s\t%s\tok\t%s" % (client, name, function() or ""), flush=True)
        except Failed as why:
            print("%s\t%s\tFAILED: %s" % (client, name, why), flush=True)
            failed += 1
    return failed


def end_by_status(run, picture=None):
    """End a test program by what run(), given its arguments, says: how many cases have failed. 77 where it cannot run.

    With --picture FILE there is no test, and picture(FILE) paints what a person sees."""
    sys.dont_write_bytecode = True
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    os.makedirs(LOGS, exist_ok=True)
    try:
        if picture is not None and sys.argv[1:2] == ["--picture"]:
            sys.exit(picture(sys.argv[2]))
        sys.exit(int(run(*sys.argv[1:]) > 0))
    except Missing as why:
        print("%s\tskipped: %s" % (" ".join(sys.argv[1:]) or os.path.basename(sys.argv[0]), why))
        sys.exit(77)
