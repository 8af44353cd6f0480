#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Roundcube, a webmail: it sends to nobody when one recipient is refused, and shows the whole reply in a pop-up."""
import contextlib
import os
import re
import tempfile

import clients
import webmail
from clients import BODY, LOGS, SUBJECT, arrivals, expect, expect_match, recipients


def popup(action, reply, address):
    """As a regular expression: what is shown of a reply, which has ID in the place of its transaction id."""
    code, text = reply.split(" ", 1)
    return re.escape('SMTP Error (%s): Failed to %s "%s" (%s).' % (code, action, address, text)).replace("ID", clients.ID)


class Tests:
    """A server, and a webmail that sends by it."""

    def __init__(self, smtp, server, program):
        self.smtp, self.server, self.program = smtp, server, program
        self.good = "bob@" + smtp.GOOD
        self.sender = "alice@" + smtp.GOOD
        self.account = ":".join(smtp.ACCOUNT)
        self.user = None

    @contextlib.contextmanager
    def at(self, port):
        """Send by another port."""
        self.program.use_port(port)
        try:
            yield
        finally:
            self.program.use_port(self.server.port)

    def login(self, user):
        """The account of the mailbox is the sender; that of the SMTP server is always the same."""
        if self.user != user:
            self.program.do("login", user=user, password=clients.PASSWORD)
            self.user = user

    def refused(self, sender, to, pattern, picture=None):
        """A message is composed and sent: the pop-up comes, nothing is delivered, and the message is still there."""
        self.login(sender)
        with arrivals(self.server) as come:
            self.program.do("compose", recipients=to, subject=SUBJECT, body=BODY)
            shown = self.program.do("send")
            if picture:
                self.program.do("paint", path=os.path.join(LOGS, picture))
        expect_match(pattern, shown)
        expect(self.program.do("text") == BODY, "the message is gone")
        expect(not come, "delivered in spite of it:", come)
        return shown

    def refused_recipient(self, recipient, reply, picture=None):
        return self.refused(self.sender, [self.good, recipient], popup("add recipient", reply, recipient), picture)

    def refused_sender(self, sender, reply):
        return self.refused(sender, [self.good], popup("set sender", reply, sender))

    def bad_recipient(self):
        shown = self.refused_recipient("carol@" + self.smtp.BAD, clients.BAD_RECIPIENT, "roundcube.png")
        with arrivals(self.server) as come:
            self.program.do("recipients", recipients=[self.good])
            again = self.program.do("send")
            expect(again == "", "the corrected message is refused:", again)
        expect([recipients(message) for message in come] == [[self.good]], "not delivered, or not to the one left:", come)
        expect(BODY in come[0], "not the message that was kept:", come[0])
        return shown

    def alias(self):
        sender = "alice@" + self.smtp.ALIAS
        self.login(sender)
        with arrivals(self.server) as come:
            self.program.do("compose", recipients=[self.good], subject=SUBJECT, body=BODY)
            shown = self.program.do("send")
            expect(shown == "", "the alias is refused:", shown)
        expect(len(come) == 1 and come[0].startswith("Return-Path: <%s>\n" % sender) and "with ESMTPA " in come[0], come)
        return "%s, with the password of %s" % (sender, self.smtp.ACCOUNT[0])

    def with_hint(self):
        """A reply that says what to do is shown to its end."""
        bad = "carol@" + self.smtp.BAD
        with clients.smtp_server("smtp-loop", *clients.HINTS, "--account", self.account) as server, self.at(server.port):
            return self.refused_recipient(bad, clients.hint_to(server, bad))

    def cases(self):
        smtp = self.smtp
        cases = {
            "a bad recipient": self.bad_recipient,
            "a bad sender": lambda: self.refused_sender("alice@" + smtp.BAD, "550 5.1.1 ID invalid domain"),
            "an alias of the account": self.alias,
            "null MX, recipient": lambda: self.refused_recipient(
                "carol@" + smtp.NULL_MX, "556 5.1.10 ID destination domain accepts no mail"),
            "null MX, sender": lambda: self.refused_sender(
                "alice@" + smtp.NULL_MX, "550 5.7.27 ID sender domain accepts no mail"),
            "a hint": self.with_hint,
        }
        for kind, domain, verb in (("failure", smtp.FAILING, "look up"), ("timeout", smtp.SILENT, "look up"),
                                   ("bogus", "bogus.mx.example", "verify")):
            cases["deferred sender, " + kind] = lambda domain=domain, verb=verb: self.refused_sender(
                "alice@" + domain, "450 4.4.3 ID cannot %s sender domain now, try again later" % verb)
            cases["deferred recipient, " + kind] = lambda domain=domain, verb=verb: self.refused_recipient(
                "carol@" + domain, "451 4.4.3 ID cannot %s destination domain now, try again later" % verb)
        return cases


def run(*_):
    webmail.need()
    with clients.domains(), tempfile.TemporaryDirectory(prefix="mxcheck-roundcube-") as work:
        import smtp

        os.chmod(work, 0o755)
        with clients.smtp_server("smtp-loop", "--account", ":".join(smtp.ACCOUNT)) as server, \
                webmail.webmail(work, server.port, *smtp.ACCOUNT) as program:
            return clients.run_cases("roundcube", Tests(smtp, server, program).cases())


def picture(path):
    webmail.need()
    with clients.bakery() as server, tempfile.TemporaryDirectory(prefix="mxcheck-roundcube-") as work:
        os.chmod(work, 0o755)
        with webmail.webmail(work, server.port, clients.ALICE, clients.PASSWORD) as program:
            program.do("login", user=clients.ALICE, password=clients.PASSWORD)
            program.do("compose", recipients=[clients.BOB, clients.CAROL], subject=SUBJECT, body=BODY)
            expect("invalid destination domain" in program.do("send"), "there is no pop-up")
            program.do("paint", path=path)


if __name__ == "__main__":
    clients.end_by_status(run, picture)
