# SPDX-License-Identifier: BSD-2-Clause
"""The cases that every mail server is asked about: some thirty of the conformance kit, said to it by swaks."""
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [os.path.join(TESTS, folder) for folder in ("support", "differential")]

import dialogue  # noqa: E402

KIT = os.path.join(TESTS, "conformance")
GOOD = "u@ok-mx.mx.example"
SWAKS_SECONDS = 60
BY_DEFAULT, BY_RECORDS = "", "depth=records"

# (id, role, option): every reason, both roles, both depths, and the forms of address that are easily got wrong.
NAMES = [
    ("basic/ok-mx", "rcpt", BY_DEFAULT), ("basic/ok-mx", "sender", BY_DEFAULT), ("basic/implicit-a", "rcpt", BY_DEFAULT),
    ("basic/implicit-aaaa", "sender", BY_DEFAULT), ("basic/apex", "rcpt", BY_DEFAULT), ("basic/apex", "sender", BY_DEFAULT),
    ("basic/nxdomain", "rcpt", BY_DEFAULT), ("basic/nxdomain", "sender", BY_DEFAULT), ("nullmx/null-mx", "rcpt", BY_DEFAULT),
    ("nullmx/null-mx", "sender", BY_DEFAULT), ("target/mx-nx", "rcpt", BY_DEFAULT), ("target/mx-nx", "sender", BY_DEFAULT),
    ("target/mx-nx", "rcpt", BY_RECORDS), ("target-ip/mx-ip-127", "rcpt", BY_DEFAULT), ("target-ip/mx-ip-127", "sender", BY_DEFAULT),
    ("target-ip/mx-ip-127", "rcpt", BY_RECORDS), ("form/lit-v6", "rcpt", BY_DEFAULT), ("form/lit-v4-bad", "rcpt", BY_DEFAULT),
    ("form/null-sender", "sender", BY_DEFAULT), ("form/postmaster", "rcpt", BY_DEFAULT), ("special/tld-invalid", "rcpt", BY_DEFAULT),
    ("name/idn-ulabel-utf8", "rcpt", BY_DEFAULT), ("name/idn-ulabel-utf8", "sender", BY_DEFAULT), ("name/idn-alabel", "rcpt", BY_DEFAULT),
    ("form/quoted-at", "rcpt", BY_DEFAULT), ("form/quoted-sp", "rcpt", BY_DEFAULT), ("stub-fault/sf-all", "rcpt", BY_DEFAULT),
    ("stub-fault/sf-all", "sender", BY_DEFAULT), ("kit/silent", "rcpt", BY_DEFAULT), ("kit/silent", "sender", BY_DEFAULT),
    ("kit/bogus", "rcpt", BY_DEFAULT), ("kit/bogus", "sender", BY_DEFAULT),
    ("kit/exempt", "rcpt", "exempt-domains=nxdomain.mx.example"), ("kit/literal-refused", "rcpt", "address-literals=reject"),
    ("kit/failure-allowed", "rcpt", "on-dns-failure=accept"),
]


class Case:
    """A line of the kit."""

    def __init__(self, line):
        fields = json.loads(line)
        self.name, self.role, self.options = fields.get("id"), fields.get("role"), fields.get("options")
        self.address = bytes.fromhex(fields["address_hex"]) if "address_hex" in fields else fields.get("address", "").encode()
        self.verdict, self.reply = fields.get("verdict"), fields.get("reply")

    def __str__(self):
        return f"{self.name} ({self.role}{' ' if self.options else ''}{self.options})"

    def is_answered_by(self, reply, has_id=True):
        """Whether a server's reply is the library's: with any transaction id, or without one."""
        if self.verdict == "accept":
            return reply.startswith("250")
        pattern = re.escape(self.reply).replace(r"\ ID\ ", r" [\w.<>@-]+ " if has_id else " ")
        return re.fullmatch(pattern, reply) is not None


def cases():
    """Those of NAMES, in their order."""
    with open(os.path.join(KIT, "cases.jsonl"), encoding="utf-8") as file:
        found = {(case.name, case.role, case.options): case for case in map(Case, file)}
    return [found[key] for key in NAMES]


def configuration(folder, option="", **values):
    """Write mxcheck.conf and the test zone into a folder, which is called `seen_as` where the server runs."""
    seen_as = values.pop("seen_as", folder)
    with open(os.path.join(KIT, "kit.conf"), encoding="utf-8") as file:
        text = file.read() + f"test-zone = {seen_as}/kit.zone\n"
    name, _, value = option.partition("=")
    for key, setting in {**({name: value} if name else {}), **{key.replace("_", "-"): one for key, one in values.items()}}.items():
        text = re.sub(rf"(?m)^{key} =.*\n", "", text) + f"{key} = {setting}\n"
    with open(os.path.join(KIT, "kit.zone"), encoding="utf-8") as source, \
            open(os.path.join(folder, "kit.zone"), "w", encoding="utf-8") as zone:
        zone.write(source.read())
    path = os.path.join(folder, "mxcheck.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def swaks(port, sender, rcpt, *arguments):
    """[(command, reply)] of a dialogue that ends after RCPT TO."""
    run = subprocess.run(["swaks", "--server", "127.0.0.1", "--port", str(port), "--ehlo", "client.example", "--from", sender or "<>",
                          "--to", rcpt, "--quit-after", "RCPT", "--timeout", "30s", *arguments], capture_output=True,
                         timeout=SWAKS_SECONDS, check=False)
    found, command = [], "connect"
    for line in run.stdout.decode(errors="replace").splitlines():
        mark, text = line[:3], line[4:]
        if mark.strip() == "->":
            command = text
        elif mark in ("<- ", "<**") and text[3:4] == " ":
            found.append((command, text))
    return found


def ask(port, case, *arguments):
    """What the server says of a case: its first reply to MAIL or RCPT that is no 2xx, or the one to RCPT."""
    if not case.address.isascii():
        return ask_in_utf8(port, case)
    address = case.address.decode()
    sender, rcpt = (address, GOOD) if case.role == "sender" else ("", address)
    replies = [(command, reply) for command, reply in swaks(port, sender, rcpt, *arguments)
               if command.upper().startswith(("MAIL FROM", "RCPT TO"))]
    refusals = [reply for _, reply in replies if not reply.startswith("2")]
    return (refusals or [reply for _, reply in replies[-1:]] or ["no reply"])[0]


def ask_in_utf8(port, case):
    """The same with the parameter SMTPUTF8, which swaks does not know."""
    sender, rcpt = (case.address, GOOD.encode()) if case.role == "sender" else (b"", case.address)
    with dialogue.Session(port) as session:
        for command in (b"MAIL FROM:<%s> SMTPUTF8" % sender, b"RCPT TO:<%s>" % rcpt):
            session.socket.sendall(command + b"\r\n")
            reply = session.file.readline().decode(errors="replace").rstrip("\r\n")
            if not reply.startswith("2"):
                break
    return reply
