# SPDX-License-Identifier: BSD-2-Clause
"""The cases of tests/cases, and what mxcheck says of them."""
import json
import os
import re
import subprocess

import dnsservers

FILES = ["cases.tsv", "more.tsv", "closing.tsv"]
ROLES = ["sender", "rcpt"]
DEPTHS = ["records", "targets"]
COLUMNS = {("records", "sender"): 3, ("records", "rcpt"): 4, ("targets", "sender"): 5, ("targets", "rcpt"): 6}
# Which of the two a failure is, is a matter of who gives up first.
FAILURES = ("dns-timeout", "dns-failure")
TIMEOUT = "4s"
ASK_SECONDS = 120


class Case:
    """A line of a file: `name` is "group/id", `address` is octets."""

    def __init__(self, line):
        columns = line.split("\t")
        self.name = "/".join(columns[:2])
        self.address = unescape(columns[2])
        self.expected = {key: columns[column].split("|") for key, column in COLUMNS.items()}

    @property
    def is_utf8_announced(self):
        """Whether SMTPUTF8 is said with it: wherever it is needed, but for the case of a client that forgets it."""
        return not self.address.isascii() and not self.name.endswith("-noutf8")


def unescape(text):
    """Turns \\xNN and \\\\ into the octets that they stand for."""
    return re.sub(rb"\\(x[0-9a-f]{2}|\\)",
                  lambda match: b"\\" if match[1] == b"\\" else bytes([int(match[1][1:], 16)]), text.encode())


def read():
    cases = []
    for name in FILES:
        with open(os.path.join(dnsservers.CASES, name), encoding="utf-8") as file:
            cases += [Case(line) for line in file.read().splitlines() if line and not line.startswith("#")]
    return cases


def forbidden_networks():
    """Those that tests/integration/test_cases.c forbids."""
    path = os.path.join(os.path.dirname(dnsservers.CASES), "integration", "test_cases.c")
    with open(path, encoding="utf-8") as file:
        text = re.search(r'static const char forbidden\[\] =([^;]*);', file.read())[1]
    return "".join(re.findall(r'"([^"]*)"', text))


def reason(case, role, depth, command, upstream):
    """The reason that mxcheck gives, and its verdict."""
    options = ["upstreams=" + upstream, "timeout=" + TIMEOUT, "depth=" + depth]
    if depth == "targets":
        options.append("forbidden-networks=" + forbidden_networks())
    said = run(command, role, options, case.address)
    word = said["reason"]
    if word in FAILURES and set(FAILURES) <= set(case.expected[depth, role]):
        word = " or ".join(FAILURES)
    return word, said["verdict"]


def run(command, role, options, address):
    flags = [flag for option in options for flag in ("-o", option)]
    done = subprocess.run([command, role, "--json", *flags, "--", address], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=ASK_SECONDS, check=False)
    if done.returncode not in (0, 1, 2):
        raise RuntimeError("mxcheck ended with %d: %s" % (done.returncode, done.stderr.decode(errors="replace")))
    return json.loads(done.stdout)
