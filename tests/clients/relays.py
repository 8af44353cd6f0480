#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Postfix and Exim as relay clients, as MS Outlook behind its server: the recipients that can be get the message, an error
mail names the others, and a deferred one waits in the queue."""
import email
import email.policy
import os
import re
import smtplib

import clients
from clients import BODY, CACHE, ID, SUBJECT, expect, recipients, wait_until

import namespace
import packages
import peers
import relayhosts
import roots

RELAYS = {"postfix": relayhosts.postfix, "exim": relayhosts.exim}
PORTS = (2025, 2026)  # of a network that nobody else is in


def squeezed(text):
    """Lines may be folded anywhere between words."""
    return " ".join(text.split())


def parse(message):
    return email.message_from_string(message, policy=email.policy.default)


def said_of(error_mail, recipient):
    """The Diagnostic-Code of a recipient in a delivery status notification (RFC 3464)."""
    for part in error_mail.walk():
        if part.get_content_type() == "message/delivery-status":
            for group in part.get_payload():
                if recipient in group.get("Final-Recipient", ""):
                    expect(group["Action"] == "failed", group)
                    return squeezed(group.get("Diagnostic-Code", ""))
    return ""


class Tests:
    """One message to all kinds of recipients went by a relay; the server may say what to do."""

    def __init__(self, smtp, server, relay, has_hints):
        self.server, self.relay, self.has_hints = server, relay, has_hints
        self.sender = "alice@" + smtp.ALIAS
        self.to = {"good": "bob@" + smtp.GOOD, "bad": "carol@" + smtp.BAD, "null": "dave@" + smtp.NULL_MX,
                   "deferred": "erin@" + smtp.FAILING}
        with smtplib.SMTP("127.0.0.1", relay.port, "client.example", timeout=60) as client:
            client.sendmail(self.sender, list(self.to.values()),
                            "From: %s\r\nTo: %s\r\nSubject: %s\r\n\r\n%s" % (self.sender, self.to["good"], SUBJECT, BODY))

    def messages(self, recipient):
        return [text.decode() for text in self.server.messages() if recipients(text.decode()) == [recipient]]

    def good(self):
        come = wait_until(lambda: self.messages(self.to["good"]), "the copy of the valid recipient")
        expect(len(come) == 1 and come[0].startswith("Return-Path: <%s>\n" % self.sender) and BODY in come[0], come)
        return self.to["good"]

    def error_mail(self):
        come = wait_until(lambda: self.messages(self.sender), "an error mail")
        expect(len(come) == 1 and come[0].startswith("Return-Path: <>\n"), "not one error mail:", come)
        return parse(come[0])

    def pattern(self, kind, reply):
        """What the server says, as a regular expression: this reply, and its hint."""
        said = clients.reply_to(self.server, self.to[kind])
        expect(said.startswith(reply + ": ") if self.has_hints else said == reply, "the server says", said)
        return re.escape(said).replace("ID", ID)

    def told(self, kind, reply):
        """The reply is there word for word: as a person reads it, and as a program does."""
        recipient, error_mail, pattern = self.to[kind], self.error_mail(), self.pattern(kind, reply)
        body = squeezed(error_mail.get_body().get_content() if not error_mail.is_multipart()
                        else next(error_mail.iter_parts()).get_content())
        expect(recipient in body and re.search(pattern, body), "not %r of %s in %s" % (reply, recipient, body))
        diagnostic = said_of(error_mail, recipient)
        expect(re.fullmatch("smtp; " + pattern, diagnostic), "Diagnostic-Code is", diagnostic)
        return diagnostic

    def deferred(self):
        waiting = wait_until(lambda: (queue := self.relay.queue()) and list(queue) == [self.to["deferred"]]
                             and all(queue.values()) and queue, "the deferred recipient alone in the queue")
        reason = waiting[self.to["deferred"]]
        pattern = self.pattern("deferred", "451 4.4.3 ID cannot look up destination domain now, try again later")
        expect(re.search(pattern, reason), "not", pattern, "in", reason)
        expect(self.to["deferred"] not in str(self.error_mail()), "the error mail has the deferred one, too")
        return squeezed(reason)

    def cases(self):
        more = ", with hints" if self.has_hints else ""
        return {
            "the valid recipient" + more: self.good,
            "the error mail, a bad recipient" + more: lambda: self.told("bad", clients.BAD_RECIPIENT),
            "the error mail, null MX" + more: lambda: self.told("null", "556 5.1.10 ID destination domain accepts no mail"),
            "the deferred recipient" + more: self.deferred,
        }


def run_cases(name, folder, port, options=()):
    import smtp

    os.mkdir(folder)
    with clients.smtp_server("smtp-loop", *options) as server, RELAYS[name](folder, port, server.port) as relay:
        return clients.run_cases(name, Tests(smtp, server, relay, bool(options)).cases())


def run(*names):
    if not namespace.is_inside():
        return roots.run_again("clients", lambda: packages.unpack(CACHE, {name: [name] for name in peers.PACKAGES}))
    work = roots.settle()
    failed = 0
    with clients.domains():
        for name in names or RELAYS:
            failed += run_cases(name, os.path.join(work, name), PORTS[0])
            failed += run_cases(name, os.path.join(work, name + "-hints"), PORTS[1], clients.HINTS)
    return failed


if __name__ == "__main__":
    clients.end_by_status(run)
