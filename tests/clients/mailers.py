#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""smtplib of Python, curl, msmtp and s-nail: which of them go on without a refused recipient, and that each hands out the
whole reply."""
import os
import re
import smtplib
import subprocess
import tempfile

import clients
from clients import BODY, ID, SUBJECT, arrivals, expect, recipients

MESSAGE = "From: %s\r\nTo: %s\r\nSubject: " + SUBJECT + "\r\n\r\n" + BODY.replace("\n", "\r\n")


def run(*command, text=""):
    """What a command that fails says, "" of one that does not."""
    done = subprocess.run(command, input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
    return done.stdout.decode(errors="replace").replace("\r", "") if done.returncode != 0 else ""


def by_smtplib(port, sender, to):
    try:
        with smtplib.SMTP("127.0.0.1", port, "client.example", timeout=60) as client:
            refused = client.sendmail(sender, to, MESSAGE % (sender, to[0]))
    except smtplib.SMTPSenderRefused as error:
        refused = {sender: (error.smtp_code, error.smtp_error)}
    except smtplib.SMTPRecipientsRefused as error:
        refused = error.recipients
    return "\n".join("%d %s" % (code, text.decode()) for code, text in refused.values())


def by_curl(port, sender, to):
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(MESSAGE % (sender, to[0]))
        file.flush()
        return run("curl", "--silent", "--verbose", "--url", "smtp://127.0.0.1:%d/client.example" % port, "--mail-from", sender,
                   *(word for one in to for word in ("--mail-rcpt", one)), "--upload-file", file.name)


def by_msmtp(port, sender, to):
    return run("msmtp", "--file=" + os.devnull, "--host=127.0.0.1", "--port=%d" % port, "--tls=off", "--auth=off",
               "--domain=client.example", "--from=" + sender, *to, text=(MESSAGE % (sender, to[0])).replace("\r\n", "\n"))


def by_s_nail(port, sender, to):
    with tempfile.TemporaryDirectory() as home:
        settings = ("v15-compat", "mta=smtp://127.0.0.1:%d" % port, "smtp-auth=none", "sendwait", "nosave", "from=" + sender)
        return run("env", "HOME=" + home, "s-nail", "-:/", *(word for one in settings for word in ("-S", one)),
                   "-r", sender, "-s", SUBJECT, *to, text=BODY)


# {client: (its way to send, whether it sends to the recipients that are left)}
MAILERS = {"smtplib": (by_smtplib, True), "curl": (by_curl, False), "msmtp": (by_msmtp, False), "s-nail": (by_s_nail, False)}


class Tests:
    """Two servers, of which one says what to do, and a client."""

    def __init__(self, smtp, server, helpful, send, goes_on):
        self.server, self.helpful, self.send, self.goes_on = server, helpful, send, goes_on
        self.smtp = smtp
        self.good = "bob@" + smtp.GOOD

    def refused(self, sender, to, reply, delivered, server=None):
        server = server or self.server
        with arrivals(server) as come:
            shown = self.send(server.port, sender, to)
        found = re.search(re.escape(reply).replace("ID", ID) + r"(?=$|\n)", shown)
        expect(found, "%r is not in %r" % (reply, shown))
        expect([recipients(message) for message in come] == delivered, "delivered:", come)
        return found[0]

    def refused_recipient(self, recipient, reply, server=None):
        delivered = [[self.good]] if self.goes_on else []
        return self.refused("alice@" + self.smtp.GOOD, [self.good, recipient], reply, delivered, server)

    def with_hint(self):
        bad = "carol@" + self.smtp.BAD
        return self.refused_recipient(bad, clients.hint_to(self.helpful, bad), self.helpful)

    def corrected(self):
        with arrivals(self.server) as come:
            shown = self.send(self.server.port, "alice@" + self.smtp.GOOD, [self.good])
        expect(shown == "" and [recipients(message) for message in come] == [[self.good]], "not delivered:", shown, come)
        return self.good

    def cases(self):
        smtp = self.smtp
        return {
            "a bad recipient": lambda: self.refused_recipient("carol@" + smtp.BAD, clients.BAD_RECIPIENT),
            "a hint": self.with_hint,
            "the valid recipient alone": self.corrected,
            "null MX, recipient": lambda: self.refused_recipient(
                "carol@" + smtp.NULL_MX, "556 5.1.10 ID destination domain accepts no mail"),
            "deferred recipient": lambda: self.refused_recipient(
                "carol@" + smtp.FAILING, "451 4.4.3 ID cannot look up destination domain now, try again later"),
            "a bad sender": lambda: self.refused("alice@" + smtp.BAD, [self.good], "550 5.1.1 ID invalid domain", []),
        }


def run_some(*names):
    failed = 0
    with clients.domains(), clients.smtp_server("smtp-loop") as server, clients.smtp_server("smtp-loop", *clients.HINTS) as helpful:
        import smtp

        for name in names or MAILERS:
            if name != "smtplib":
                clients.need(name)
            failed += clients.run_cases(name, Tests(smtp, server, helpful, *MAILERS[name]).cases())
    return failed


if __name__ == "__main__":
    clients.end_by_status(run_some)
