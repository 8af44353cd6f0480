# SPDX-License-Identifier: BSD-2-Clause
"""Real SMTP clients meet the example servers: what a person sees who writes to a domain that cannot be."""
import os
import re
import shutil
import smtplib
import subprocess
import tempfile
import unittest

from smtp import ACCOUNT, ALIAS, BAD, FAILING, GOOD, ID, NULL_MX, server

MESSAGE = "From: alice@%s\r\nTo: bob@%s\r\nSubject: Hello\r\n\r\nIt arrived.\r\n" % (GOOD, GOOD)

# sender, recipient, the reply as a real client prints it
REFUSALS = [
    ("alice@" + BAD, "bob@" + GOOD, "550 5.1.1 " + ID + " invalid domain"),
    ("alice@" + GOOD, "bob@" + BAD, "550 5.1.1 " + ID + " invalid destination domain"),
    ("alice@" + GOOD, "bob@" + NULL_MX, r"556 5.1.10 " + ID + " destination domain accepts no mail"),
    ("alice@" + NULL_MX, "bob@" + GOOD, r"550 5.7.27 " + ID + " sender domain accepts no mail"),
    ("alice@" + FAILING, "bob@" + GOOD, "450 4.4.3 " + ID + " cannot look up sender domain now, try again later"),
]


def need(test, program):
    if shutil.which(program) is None:
        test.skipTest(program + " is not installed")


def run(*command, text=""):
    done = subprocess.run(command, input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
                          check=False)
    return done.returncode, done.stdout.decode("utf-8", "replace").replace("\r", "")


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = server("--account", ":".join(ACCOUNT))
        cls.server = cls.context.__enter__()
        cls.addClassCleanup(cls.context.__exit__, None, None, None)

    def one_more_message(self, before):
        messages = [text for text in self.server.messages() if text not in before]
        self.assertEqual(len(messages), 1)
        return messages[0].decode()

    def assert_refusals(self, send):
        for sender, recipient, reply in REFUSALS:
            with self.subTest(sender=sender, recipient=recipient):
                before = self.server.messages()
                status, output = send(sender, recipient)
                self.assertNotEqual(status, 0)
                self.assertRegex(output, reply + r"(\n|'|$)")
                self.assertEqual(self.server.messages(), before)

    def assert_delivery(self, send):
        before = self.server.messages()
        status, output = send("alice@" + GOOD, "bob@" + ALIAS)
        self.assertEqual(status, 0, output)
        message = self.one_more_message(before)
        self.assertTrue(message.startswith("Return-Path: <alice@%s>\nReceived: from " % GOOD), message)
        self.assertIn("for <bob@%s>;" % ALIAS, message)
        self.assertIn("\n\nIt arrived.\n", message)

    def curl(self, sender, recipient, *more):
        need(self, "curl")
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(MESSAGE)
            file.flush()
            return run("curl", "--silent", "--verbose", "--url", "smtp://127.0.0.1:%d/client.example" % self.server.port,
                       "--mail-from", sender, "--mail-rcpt", recipient, "--upload-file", file.name, *more)

    def test_curl(self):
        self.assert_delivery(self.curl)
        self.assert_refusals(self.curl)

    def test_curl_goes_on_with_the_recipients_that_can_be(self):
        before = self.server.messages()
        status, output = self.curl("alice@" + GOOD, "bob@" + BAD, "--mail-rcpt", "carol@" + GOOD,
                                   "--mail-rcpt-allowfails")
        self.assertEqual(status, 0, output)
        self.assertRegex(output, "550 5.1.1 " + ID + " invalid destination domain\n")
        self.assertIn("for <carol@%s>;" % GOOD, self.one_more_message(before))

    def swaks(self, sender, recipient, *more):
        need(self, "swaks")
        return run("swaks", "--server", "127.0.0.1", "--port", str(self.server.port), "--helo", "client.example",
                   "--from", sender, "--to", recipient, "--body", "It arrived.", *more)

    def test_swaks(self):
        self.assert_delivery(self.swaks)
        self.assert_refusals(self.swaks)

    def test_swaks_pipelining(self):
        self.assert_delivery(lambda sender, recipient: self.swaks(sender, recipient, "--pipeline"))
        self.assert_refusals(lambda sender, recipient: self.swaks(sender, recipient, "--pipeline"))

    def test_swaks_logs_in_and_writes_from_an_alias_of_the_account(self):
        for mechanism in ("PLAIN", "LOGIN"):
            with self.subTest(mechanism):
                before = self.server.messages()
                status, output = self.swaks("carol@" + ALIAS, "bob@" + GOOD, "--auth", mechanism,
                                            "--auth-user", ACCOUNT[0], "--auth-password", ACCOUNT[1])
                self.assertEqual(status, 0, output)
                self.assertIn("<~  235 2.7.0 authentication successful", output.replace("<- ", "<~ "))
                self.assertIn("with ESMTPA id", self.one_more_message(before))

    def test_swaks_with_a_wrong_password(self):
        status, output = self.swaks("carol@" + ALIAS, "bob@" + GOOD, "--auth", "PLAIN", "--auth-user", ACCOUNT[0],
                                    "--auth-password", "wrong")
        self.assertNotEqual(status, 0)
        self.assertIn("535 5.7.8", output)

    def test_logging_in_does_not_make_a_domain_good(self):
        status, output = self.swaks("carol@" + BAD, "bob@" + GOOD, "--auth", "PLAIN", "--auth-user", ACCOUNT[0],
                                    "--auth-password", ACCOUNT[1])
        self.assertNotEqual(status, 0)
        self.assertRegex(output, "550 5.1.1 " + ID + " invalid domain\n")

    def msmtp(self, sender, recipient):
        need(self, "msmtp")
        return run("msmtp", "--file=" + os.devnull, "--host=127.0.0.1", "--port=%d" % self.server.port, "--tls=off",
                   "--auth=off", "--domain=client.example", "--from=" + sender, "--debug", recipient,
                   text=MESSAGE.replace("\r\n", "\n"))

    def test_msmtp(self):
        self.assert_delivery(self.msmtp)
        self.assert_refusals(self.msmtp)

    def smtplib(self, sender, recipient):
        try:
            with smtplib.SMTP("127.0.0.1", self.server.port, "client.example", timeout=60) as client:
                client.sendmail(sender, [recipient], MESSAGE)
        except smtplib.SMTPSenderRefused as error:
            return 1, "%d %s" % (error.smtp_code, error.smtp_error.decode())
        except smtplib.SMTPRecipientsRefused as error:
            code, text = error.recipients[recipient]
            return 1, "%d %s" % (code, text.decode())
        return 0, ""

    def test_smtplib(self):
        self.assert_delivery(self.smtplib)
        self.assert_refusals(self.smtplib)

    def test_smtplib_logs_in(self):
        with smtplib.SMTP("127.0.0.1", self.server.port, "client.example", timeout=60) as client:
            self.assertEqual(client.login(*ACCOUNT)[0], 235)
            self.assertEqual(client.mail("carol@" + ALIAS)[0], 250)

    def test_smtplib_writes_to_an_internationalised_mailbox(self):
        before = self.server.messages()
        with smtplib.SMTP("127.0.0.1", self.server.port, "client.example", timeout=60) as client:
            client.sendmail("älice@" + GOOD, ["bøb@" + GOOD], MESSAGE.encode(), ["SMTPUTF8", "BODY=8BITMIME"])
        message = self.one_more_message(before)
        self.assertIn("Return-Path: <älice@%s>" % GOOD, message)
        self.assertIn("with UTF8SMTP id", message)

    def test_a_client_that_goes_on_as_outlook_does(self):
        """MS Outlook sends to the recipients that are left, and tells of the others."""
        before = self.server.messages()
        recipients = ["bob@" + BAD, "carol@" + GOOD, "dave@" + NULL_MX, "erin@" + ALIAS]
        with smtplib.SMTP("127.0.0.1", self.server.port, "client.example", timeout=60) as client:
            refused = client.sendmail("alice@" + GOOD, recipients, MESSAGE)
        self.assertEqual(sorted(refused), sorted([recipients[0], recipients[2]]))
        code, text = refused[recipients[0]]
        self.assertEqual(code, 550)
        self.assertRegex(text.decode(), "^5.1.1 " + ID + " invalid destination domain$")
        self.one_more_message(before)

    def test_a_client_that_sends_nothing_as_thunderbird_does(self):
        """Mozilla Thunderbird sends to nobody when one recipient is refused, and shows the reply."""
        before = self.server.messages()
        shown = None
        with smtplib.SMTP("127.0.0.1", self.server.port, "client.example", timeout=60) as client:
            client.ehlo()
            client.mail("alice@" + GOOD)
            for recipient in ("carol@" + GOOD, "bob@" + BAD, "erin@" + GOOD):
                code, text = client.rcpt(recipient)
                if code >= 400:
                    shown = "%d %s" % (code, text.decode())
                    client.rset()
                    break
        self.assertIsNotNone(shown)
        self.assertRegex(shown, "^550 5.1.1 " + ID + " invalid destination domain$")
        self.assertEqual(self.server.messages(), before)

    def test_the_id_is_the_same_in_all_replies_of_a_transaction(self):
        with smtplib.SMTP("127.0.0.1", self.server.port, "client.example", timeout=60) as client:
            client.ehlo()
            ids = []
            for _ in range(2):
                for _, text in (client.mail("alice@" + GOOD), client.rcpt("bob@" + BAD), client.rcpt("bob@" + GOOD)):
                    ids.append(re.match(r"[\d.]+ " + ID, text.decode()).group(1))
                client.rset()
        self.assertEqual(len(set(ids[:3])), 1)
        self.assertEqual(len(set(ids[3:])), 1)
        self.assertNotEqual(ids[0], ids[3])


if __name__ == "__main__":
    unittest.main()
