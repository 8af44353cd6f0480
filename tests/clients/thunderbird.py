#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Mozilla Thunderbird: it sends to nobody when one recipient is refused, shows the reply, and keeps the message."""
import contextlib
import os
import re
import tempfile

import clients
import composer
from clients import BODY, ID, LOGS, SUBJECT, arrivals, expect, expect_match, recipients
from recorder import recorder

FAILED = r"Sending of the message failed\.\nAn error occurred while sending mail\. The mail server responded:"
LOOK_UP = "cannot look up %s domain now, try again later"
VERIFY = "cannot verify %s domain now, try again later"
BUSY = "too busy now, try again later"
BOGUS = "bogus.mx.example"


def sender_alert(words):
    return FAILED + r" %s %s\. Please verify that your email address is correct in your account settings and try " \
                    r"again\." % (ID, re.escape(words))


def recipient_alert(words, recipient):
    return FAILED + '\n%s %s\\.\nPlease check the message recipient "%s" and try again\\.' \
        % (ID, re.escape(words), re.escape(recipient))


class Tests:
    """A server, and Thunderbird with an account there."""

    def __init__(self, smtp, server, program):
        self.smtp, self.server, self.program = smtp, server, program
        self.good = "bob@" + smtp.GOOD
        self.sender = "alice@" + smtp.GOOD

    @contextlib.contextmanager
    def at(self, port):
        """Send by another port."""
        self.program.use_port(port)
        try:
            yield
        finally:
            self.program.use_port(self.server.port)

    def refused(self, sender, to, pattern, picture=None):
        """A message is composed and sent: the alert comes, nothing is delivered, and the message is still there."""
        with arrivals(self.server) as come:
            self.program.compose(sender, to, SUBJECT, BODY)
            shown = self.program.send()
            if shown and picture:
                self.program.paint_alert(os.path.join(LOGS, picture))
            if shown:
                self.program.accept_alert()
        expect_match(pattern, shown)
        expect(self.program.is_composing(), "the message is gone")
        expect(not come, "delivered in spite of it:", come)
        return shown

    def refused_sender(self, sender, words):
        self.refused(sender, [self.good], sender_alert(words))
        self.program.close()
        return words

    def refused_recipient(self, recipient, words):
        self.refused(self.sender, [self.good, recipient], recipient_alert(words, recipient))
        self.program.close()
        return words

    def bad_recipient(self):
        bad = "carol@" + self.smtp.BAD
        shown = self.refused(self.sender, [self.good, bad], recipient_alert("invalid destination domain", bad), "thunderbird.png")
        with arrivals(self.server) as come:
            self.program.remove_recipient(bad)
            expect(self.program.send() == "", "the corrected message is refused")
        expect([recipients(message) for message in come] == [[self.good]], "not delivered, or not to the one left:", come)
        expect(BODY in come[0], "not the message that was kept:", come[0])
        return shown.replace("\n", " ")

    def alias(self):
        sender = "alice@" + self.smtp.ALIAS
        with arrivals(self.server) as come:
            self.program.compose(sender, [self.good], SUBJECT, BODY)
            expect(self.program.send() == "", "the alias is refused")
        expect(len(come) == 1 and come[0].startswith("Return-Path: <%s>\n" % sender) and "with ESMTPA " in come[0], come)
        return "%s, with the password of %s" % (sender, self.smtp.ACCOUNT[0])

    def overloaded(self, as_sender):
        """Another client takes all the room that there is for checks."""
        smtp = self.smtp
        with clients.smtp_server("smtp-async", "-o", "max-pending=1", "-o", "timeout=2m") as busy, smtp.Client(busy.port) as first, \
                smtp.Client(busy.port) as second, self.at(busy.port):
            if not as_sender:
                expect(first.hello().say("MAIL FROM:<%s>" % self.sender).startswith("250"), "the sender")
            asked = smtp.questions(smtp.SILENT)
            second.hello().send("MAIL FROM:<u@%s>\r\n" % smtp.SILENT)
            clients.wait_until(lambda: smtp.questions(smtp.SILENT) > asked, "a question about " + smtp.SILENT)
            if as_sender:
                return self.refused_sender(self.sender, BUSY)
            return self.refused_recipient("carol@" + smtp.ALIAS, BUSY)

    def questions_of_each_try(self, *options):
        """A sender is deferred: how often DNS is asked about the domain in each try. Each goes to a server of its own."""
        options = ["-o", "cache-failure-ttl=5m", "-o", "retry-after=2s", *options]
        with clients.smtp_server("smtp-loop", *options) as one, clients.smtp_server("smtp-loop", *options) as other, \
                recorder([one.port, other.port], lambda: self.smtp.questions(self.smtp.FAILING)) as record, self.at(record.port):
            sender = "alice@" + self.smtp.FAILING
            self.refused_sender(sender, LOOK_UP % "sender")
            expect(record.lines(b"MAIL FROM:<%s>" % sender.encode()) == len(record.connections) == 2, "not two tries:",
                   record.connections)
            counts = [*record.seen, self.smtp.questions(self.smtp.FAILING)]
            return [after - before for before, after in zip(counts, counts[1:])]

    def repeated_try(self):
        """What the first try has learnt, another server knows by the option cache-file alone."""
        with tempfile.TemporaryDirectory() as folder:
            shared = self.questions_of_each_try("-o", "cache-file=" + os.path.join(folder, "cache"))
        apart = self.questions_of_each_try()
        expect(shared[0] > 0 and shared[1] == 0, "the second try asks DNS:", shared)
        expect(apart[1] > 0, "without the option, too, the second try asks nothing:", apart)
        return "questions of the two tries: %s; without cache-file: %s" % (shared, apart)

    def with_hint(self):
        """A reply that says what to do is shown to its end."""
        bad = "carol@" + self.smtp.BAD
        with clients.smtp_server("smtp-loop", *clients.HINTS) as server, self.at(server.port):
            return self.refused_recipient(bad, clients.hint_to(server, bad).split(" ", 3)[3])

    def deferred_by_451(self):
        """Why a sender is deferred by 450."""
        words = "451 4.4.3 {id} " + LOOK_UP % "sender"
        with clients.smtp_server("smtp-loop", "-o", "reply.dns-failure.sender=" + words) as server, self.at(server.port):
            shown = self.refused("alice@" + self.smtp.FAILING, [self.good], r"(?s).*")
            self.program.close()
        expect("exceeding the allowed number of recipients" in shown, shown)
        return shown.replace("\n", " ")

    def cases(self):
        smtp = self.smtp
        cases = {
            "a bad recipient": self.bad_recipient,
            "a bad sender": lambda: self.refused_sender("alice@" + smtp.BAD, "invalid domain"),
            "an alias of the account": self.alias,
            "null MX, recipient": lambda: self.refused_recipient("carol@" + smtp.NULL_MX, "destination domain accepts no mail"),
            "null MX, sender": lambda: self.refused_sender("alice@" + smtp.NULL_MX, "sender domain accepts no mail"),
            "syntax, recipient": lambda: self.refused_recipient("carol@a..example", "bad destination address syntax"),
            "syntax, sender": lambda: self.refused_sender("alice@a..example", "bad sender address syntax"),
        }
        for kind, domain, words in (("failure", smtp.FAILING, LOOK_UP), ("timeout", smtp.SILENT, LOOK_UP), ("bogus", BOGUS, VERIFY)):
            cases["deferred sender, " + kind] = lambda domain=domain, words=words: \
                self.refused_sender("alice@" + domain, words % "sender")
            cases["deferred recipient, " + kind] = lambda domain=domain, words=words: \
                self.refused_recipient("carol@" + domain, words % "destination")
        cases["deferred sender, overloaded"] = lambda: self.overloaded(True)
        cases["deferred recipient, overloaded"] = lambda: self.overloaded(False)
        cases["deferred sender, 451"] = self.deferred_by_451
        cases["a hint"] = self.with_hint
        cases["the repeated try"] = self.repeated_try
        return cases


def run(*_):
    clients.need("thunderbird")
    with clients.domains(), tempfile.TemporaryDirectory(prefix="mxcheck-thunderbird-") as work:
        import smtp

        with clients.smtp_server("smtp-loop", "--account", ":".join(smtp.ACCOUNT)) as server, \
                composer.thunderbird(os.path.join(work, "profile"), *smtp.ACCOUNT, server.port) as program:
            return clients.run_cases("thunderbird", Tests(smtp, server, program).cases())


def picture(path):
    clients.need("thunderbird")
    with clients.bakery() as server, tempfile.TemporaryDirectory(prefix="mxcheck-thunderbird-") as work, \
            composer.thunderbird(os.path.join(work, "profile"), clients.ALICE, clients.PASSWORD, server.port) as program:
        program.compose(clients.ALICE, [clients.BOB, clients.CAROL], SUBJECT, BODY)
        expect("invalid destination domain" in program.send(), "there is no alert")
        program.paint_alert(path)


if __name__ == "__main__":
    clients.end_by_status(run, picture)
