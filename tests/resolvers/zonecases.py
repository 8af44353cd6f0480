# SPDX-License-Identifier: BSD-2-Clause
"""The cases of tests/cases that a resolver answers, and what tests/integration/test_cases.c says of them."""
import os
import re
import subprocess

import dnsservers

FILES = ["cases.tsv", "more.tsv", "further.tsv"]
# Where it is the resolver that is at fault, which is not one of these then.
RESOLVER_FAULTS = "stub-fault"
FAULT_ZONE = ".f.mx.example"
# Where the name servers of a domain refuse, fail or stay silent.
AUTHORITY_FAULTS = "auth-fault"
# Where the resolver validates, which none of these does here.
BOGUS = "bogus"
# DNS is not asked about these.
UNASKED = {"address-literal", "bad-address", "null-sender", "postmaster", "special-use"}
ASK_SECONDS = 120


class Answer:
    """A case as one resolver tells it: `name` is "group/id role depth"; got is None where it is as expected."""

    def __init__(self, name, address=None, got=None, expected=None):
        self.name = name
        self.case = name.split(" ")[0]
        self.address = address
        self.got = got
        self.expected = expected


def is_answered(line, has_faults):
    group, name, address, *reasons = line.split("\t")[:7]
    unasked = [bool(UNASKED & set(reason.split("|"))) for reason in reasons]
    if group == AUTHORITY_FAULTS and (BOGUS in name or not has_faults):
        return False
    return group != RESOLVER_FAULTS and not address.lower().endswith(FAULT_ZONE) and not any(unasked)


def write(path, has_faults):
    """Write them to a file: the cases of the zones, with has_faults those of name servers at fault, too."""
    lines = []
    for name in FILES:
        with open(os.path.join(dnsservers.CASES, name), encoding="utf-8") as file:
            lines += [line for line in file.read().splitlines() if line and not line.startswith("#")]
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines if is_answered(line, has_faults))


def ask(command, upstream, authority):
    """An Answer for each case and role; command: test-cases and its arguments, authority: who signed the certificate."""
    environment = dict(os.environ, MXCHECK_TEST_UPSTREAM=upstream, CMOCKA_MESSAGE_OUTPUT="TAP", SSL_CERT_FILE=authority)
    environment.pop("SSL_CERT_DIR", None)
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=environment, timeout=ASK_SECONDS, check=False)
    text = done.stdout.decode(errors="replace")
    answers = list(parse(text))
    # It ends with how many are not ok, of which a status holds 8 bits.
    if len(answers) == 0 or done.returncode != sum(answer.got is not None for answer in answers) % 256:
        raise RuntimeError("%s ended with %d:\n%s" % (command[0], done.returncode, text[-2000:]))
    return answers


def parse(text):
    """The reason why a test is not ok stands before it."""
    said = None
    for line in text.splitlines():
        if match := re.fullmatch(r"ERROR: <(.*)> as \w+: (\S+), not (\S+)", line):
            said = match.groups()
        elif match := re.fullmatch(r"(not )?ok \d+ - (.*)", line):
            yield Answer(match[2], *(said or ("", "broken", "")) if match[1] else ())
            said = None
