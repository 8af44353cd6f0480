# SPDX-License-Identifier: BSD-2-Clause
"""The table of who says what: written, and compared with the committed one."""
import difflib
import sys

from cases import DEPTHS
from dialogue import NO_REPLY, OK, UNSAYABLE

PEERS = ["Postfix", "Exim"]
HEADING = """\
# mxcheck, Postfix and Exim over the same DNS

Made by `tests/differential/run --write` with Debian's Postfix %s and Exim %s.

Each case of `tests/cases` is asked in both roles: of `mxcheck` with `depth = records` and with `depth = targets`, of
Postfix with `reject_unknown_sender_domain` and `reject_unknown_recipient_domain`, of Exim with `verify = sender` and
`verify = recipient` over a `dnslookup` router. The cell of a server is `ok` or the reply; `none`: no reply in time;
`-`: it cannot be said by SMTP. The last column names the servers whose verdict (accept, defer or reject) is not that of
mxcheck; in brackets, that of one depth only.

"""
COLUMNS = ["case", "role", "mxcheck records", "mxcheck targets", *PEERS, "differs"]


class Row:
    """A case in a role: `reasons` are a (reason, verdict) for each depth, `replies` one for each server."""

    def __init__(self, case, role, reasons, replies):
        self.name = case.name
        self.role = role
        self.reasons = reasons
        self.replies = replies

    def is_asked(self, peer):
        return self.replies[peer] != UNSAYABLE

    def agrees(self, peer, depth):
        return self.reasons[depth][1] == verdict_of(self.replies[peer])

    def differences(self):
        """Such as "Postfix, Exim (records)"."""
        words = []
        for peer, name in enumerate(PEERS):
            depths = [word for depth, word in enumerate(DEPTHS) if self.is_asked(peer) and not self.agrees(peer, depth)]
            if depths:
                words.append(name if depths == DEPTHS else "%s (%s)" % (name, depths[0]))
        return ", ".join(words)

    def text(self):
        cells = [self.name, self.role, *(reason for reason, _ in self.reasons), *self.replies, self.differences()]
        return line(cells)


def line(cells):
    return "| " + " | ".join(cells) + " |\n"


def verdict_of(reply):
    """A client that gets no reply tries again."""
    if reply == OK:
        return "accept"
    return "defer" if reply == NO_REPLY or reply.startswith("4") else "reject"


def summary(rows):
    sentences = []
    for peer, name in enumerate(PEERS):
        asked = [row for row in rows if row.is_asked(peer)]
        counts = ["%s in %d" % (word, sum(row.agrees(peer, depth) for row in asked))
                  for depth, word in enumerate(DEPTHS)]
        sentences.append("%s agrees with depth = %s of %d." % (name, " and with depth = ".join(counts), len(asked)))
    return " ".join(sentences)


def text(rows, versions):
    parts = [HEADING % tuple(versions), line(COLUMNS), line(["---"] * len(COLUMNS))]
    return "".join(parts + [row.text() for row in rows]) + "\n" + summary(rows) + "\n"


def body(table):
    """All but the heading, which tells of versions."""
    return table[table.index(line(COLUMNS)):].splitlines(keepends=True)


def compare(committed, fresh):
    """0 if both say the same; otherwise 1, and the difference is printed."""
    difference = list(difflib.unified_diff(body(committed), body(fresh), "table.md", "as it is now", n=0))
    if not difference:
        print("as in table.md:", fresh.rstrip().rsplit("\n", 1)[1])
        return 0
    sys.stdout.writelines(difference)
    versions = [heading.split("with Debian's", 1)[1].split("\n", 1)[0] for heading in (committed, fresh)]
    if versions[0] != versions[1]:
        print("table.md was made with%s\nand this one with%s" % tuple(versions))
    print("Where the new table is right: tests/differential/run --write")
    return 1
