# SPDX-License-Identifier: BSD-2-Clause
"""The dialogue of the example servers, octet by octet (RFC 5321 and its extensions)."""
import base64
import os
import resource
import socket
import unittest

from smtp import ACCOUNT, BAD, GOOD, ID, Client, server


def plain(*fields):
    return base64.b64encode("\0".join(fields).encode()).decode()


def encode(text):
    return base64.b64encode(text.encode()).decode()


def limit_descriptors(pid, more):
    """Let a process and its children open so many descriptors more."""
    with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as file:
        for child in file.read().split():
            limit_descriptors(int(child), more)
    highest = max(int(name) for name in os.listdir("/proc/%d/fd" % pid))
    hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)[1]
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (highest + 1 + more, hard))


class Scarcity(unittest.TestCase):
    def test_a_sender_who_cannot_be_checked_is_deferred_by_450(self):
        """Thunderbird takes 451 and 452 to MAIL for too many recipients. With too few descriptors either no check can
        be made or no question asked."""
        replies = []
        for more in range(8):
            with server("-o", "timeout=500ms") as running, Client(running.port) as client:
                client.hello()
                limit_descriptors(running.process.pid, more)
                replies.append(client.say("MAIL FROM:<alice@%s>" % GOOD)[:10])
        self.assertLessEqual(set(replies), {"450 4.3.0 ", "450 4.4.3 ", "250 2.1.0 "})
        self.assertIn(replies[0], ("450 4.3.0 ", "450 4.4.3 "))


class Dialogue(unittest.TestCase):
    ARGUMENTS = ("--max-size", "20000", "--account", ":".join(ACCOUNT))

    @classmethod
    def setUpClass(cls):
        cls.context = server(*cls.ARGUMENTS)
        cls.server = cls.context.__enter__()
        cls.addClassCleanup(cls.context.__exit__, None, None, None)

    def client(self):
        client = Client(self.server.port)
        self.addCleanup(client.__exit__)
        return client

    def mail(self, *recipients):
        client = self.client().hello()
        self.assertRegex(client.say("MAIL FROM:<alice@%s>" % GOOD), "^250 2.1.0 " + ID)
        for recipient in recipients:
            self.assertRegex(client.say("RCPT TO:<%s>" % recipient), "^250 2.1.5 " + ID)
        return client

    def test_the_extensions_offered(self):
        client = self.client()
        self.assertRegex(client.greeting, "^220 .* ESMTP$")
        lines = client.say("EHLO client.example").split("\n")
        self.assertEqual([line[4:] for line in lines[1:]], [
            "PIPELINING", "SIZE 20000", "8BITMIME", "SMTPUTF8", "AUTH PLAIN LOGIN", "ENHANCEDSTATUSCODES"])

    def test_helo_offers_nothing(self):
        client = self.client()
        self.assertRegex(client.say("HELO client.example"), "^250 [^\n]*$")
        self.assertRegex(client.say("MAIL FROM:<alice@%s> SIZE=1" % GOOD), "^555 5.5.4 ")
        self.assertRegex(client.say("MAIL FROM:<alice@%s>" % GOOD), "^250 2.1.0 ")

    # What is said, the begin of the reply; on one connection, before any transaction.
    ROWS = [
        ("MAIL FROM:<a@b>", "503 5.5.1 "),
        ("RCPT TO:<a@b>", "503 5.5.1 "),
        ("DATA", "503 5.5.1 "),
        ("EHLO", "501 5.5.4 "),
        ("HELO ", "501 5.5.4 "),
        ("NOOP", "250 2.0.0 "),
        ("noop with an argument", "250 2.0.0 "),
        ("RSET", "250 2.0.0 "),
        ("RSET now", "501 5.5.4 "),
        ("VRFY bob", "252 2.1.5 "),
        ("VRFY", "501 5.5.4 "),
        ("HELP", "214 2.0.0 "),
        ("EXPN list", "502 5.5.1 "),
        ("GET / HTTP/1.1", "500 5.5.2 "),
        ("", "500 5.5.2 "),
        ("MAILFROM:<a@b>", "500 5.5.2 "),
        ("QUIT now", "501 5.5.4 "),
        ("QUIT", "221 2.0.0 "),
    ]

    def test_commands_out_of_a_transaction(self):
        client = self.client()
        for line, reply in self.ROWS:
            with self.subTest(line):
                self.assertEqual(client.say(line)[:len(reply)], reply)
        self.assertEqual(client.reply(), "")

    PATHS = [
        ("MAIL FROM:alice@example.com", "501 5.5.4 "),
        ("MAIL TO:<alice@example.com>", "501 5.5.4 "),
        ("MAIL FROM:<alice@example.com", "501 5.5.4 "),
        ("MAIL FROM:<alice@example.com>SIZE=1", "501 5.5.4 "),
        ("MAIL FROM:<alice@%s> SIZE=x" % GOOD, "501 5.5.4 "),
        ("MAIL FROM:<alice@%s> SIZE=20001" % GOOD, "552 5.3.4 "),
        ("MAIL FROM:<alice@%s> SIZE=99999999999999999999" % GOOD, "552 5.3.4 "),
        ("MAIL FROM:<alice@%s> BODY=BINARYMIME" % GOOD, "501 5.5.4 "),
        ("MAIL FROM:<alice@%s> RET=FULL" % GOOD, "555 5.5.4 "),
        ("MAIL FROM:<alice@%s> SMTPUTF8=yes" % GOOD, "501 5.5.4 "),
        ("MAIL FROM:<älice@%s>" % GOOD, "553 5.6.7 "),
        ("MAIL FROM:<u@-a>", "553 5.1.7 "),
        ('MAIL FROM:<"a>b"@%s>' % GOOD, "250 2.1.0 "),
        ("RSET", "250 2.0.0 "),
        ("mail from: <alice@%s> size=20000 body=8bitmime AUTH=<>" % GOOD, "250 2.1.0 "),
        ("MAIL FROM:<alice@%s>" % GOOD, "503 5.5.1 "),
        ("RCPT FROM:<bob@%s>" % GOOD, "501 5.5.4 "),
        ("RCPT TO:<bob@%s> NOTIFY=NEVER" % GOOD, "555 5.5.4 "),
        ("RCPT TO:<>", "553 5.1.3 "),
        ("RCPT TO:<bøb@%s>" % GOOD, "553 5.6.7 "),
        ("DATA", "554 5.5.1 "),
        ("RCPT TO:<@relay.example:bob@%s>" % GOOD, "250 2.1.5 "),
        ("RCPT TO:<Postmaster>", "250 2.1.5 "),
        ("DATA now", "501 5.5.4 "),
        ("RSET", "250 2.0.0 "),
        ("DATA", "503 5.5.1 "),
        ("MAIL FROM:<>", "250 2.1.0 "),
    ]

    def test_paths_and_their_parameters(self):
        client = self.client().hello()
        for line, reply in self.PATHS:
            with self.subTest(line):
                self.assertEqual(client.say(line)[:len(reply)], reply)

    def test_a_refused_sender_begins_no_transaction(self):
        client = self.client().hello()
        self.assertRegex(client.say("MAIL FROM:<alice@%s>" % BAD), "^550 5.1.1 " + ID + " invalid domain$")
        self.assertEqual(client.say("RCPT TO:<bob@%s>" % GOOD), "503 5.5.1 MAIL first")
        self.assertRegex(client.say("MAIL FROM:<alice@%s>" % GOOD), "^250 2.1.0 ")

    def test_replies_to_pipelined_commands_come_in_order(self):
        client = self.client().hello()
        client.send("MAIL FROM:<alice@%s>\r\nRCPT TO:<bob@%s>\r\nRCPT TO:bad\r\nRCPT TO:<carol@%s>\r\nDATA\r\n"
                    % (GOOD, BAD, GOOD))
        replies = [client.reply() for _ in range(5)]
        for reply, wanted in zip(replies, (
                "^250 2.1.0 " + ID, "^550 5.1.1 " + ID + " invalid destination domain$", "^501 5.5.4 ",
                "^250 2.1.5 " + ID, "^354 ")):
            self.assertRegex(reply, wanted)
        client.send(".\r\nNOOP\r\nQUIT\r\n")
        self.assertEqual([client.reply()[:3] for _ in range(4)], ["250", "250", "221", ""])

    def test_recipients_pipelined_behind_a_refused_sender_are_refused(self):
        client = self.client().hello()
        client.send("MAIL FROM:<alice@%s>\r\n" % BAD + "RCPT TO:<bob@%s>\r\n" % GOOD * 40 + "DATA\r\nNOOP\r\n")
        replies = [client.reply()[:10] for _ in range(43)]
        self.assertEqual(replies, ["550 5.1.1 "] + ["503 5.5.1 "] * 41 + ["250 2.0.0 "])

    def test_everything_in_one_segment_with_the_message(self):
        before = len(self.server.messages())
        with Client(self.server.port, greeting=False) as client:
            client.send("EHLO client.example\r\nMAIL FROM:<alice@%s>\r\nRCPT TO:<bob@%s>\r\nDATA\r\n"
                        "Subject: x\r\n\r\n..\r\n...dots\r\n.\r\nQUIT\r\n" % (GOOD, GOOD))
            client.socket.shutdown(socket.SHUT_WR)
            replies = [client.reply()[:3] for _ in range(8)]
        self.assertEqual(replies, ["220", "250", "250", "250", "354", "250", "221", ""])
        messages = self.server.messages()
        self.assertEqual(len(messages), before + 1)
        self.assertEqual(sum(text.endswith(b"Subject: x\n\n.\n..dots\n") for text in messages), 1)

    def test_octet_by_octet(self):
        with Client(self.server.port) as client:
            client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for octet in b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<bob@%s>\r\nDATA\r\na\r\n.\r\nQUIT\r\n" % GOOD.encode():
                client.send(bytes([octet]))
            self.assertEqual([client.reply()[:3] for _ in range(7)], ["250", "250", "250", "354", "250", "221", ""])

    SMUGGLES = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r\r\n.\r\n", b"\n\n.\r\n"]

    def test_nothing_is_smuggled_behind_an_end_that_is_none(self):
        for smuggle in self.SMUGGLES:
            with self.subTest(smuggle):
                before = self.server.messages()
                client = self.mail("bob@" + GOOD)
                self.assertRegex(client.say("DATA"), "^354 ")
                client.send(b"Subject: x\r\n\r\ntext" + smuggle + b"MAIL FROM:<evil@" + GOOD.encode() + b">\r\n"
                            b"RCPT TO:<bob@" + GOOD.encode() + b">\r\nDATA\r\nSubject: evil\r\n\r\nevil\r\n.\r\n")
                self.assertRegex(client.reply(), "^521 5.5.2 ")
                self.assertEqual(client.reply(), "")
                self.assertEqual(self.server.messages(), before)
                self.assertEqual(self.server.unfinished(), [])

    def test_a_command_ends_with_crlf_alone(self):
        for line in (b"NOOP\n", b"NO\rOP\r\n", b"NOOP\0\r\n"):
            with self.subTest(line):
                client = self.client().hello()
                client.send(line + b"NOOP\r\n")
                self.assertRegex(client.reply(), "^521 5.5.2 ")
                self.assertEqual(client.reply(), "")

    def test_a_line_that_is_too_long_is_skipped_whole(self):
        client = self.client().hello()
        client.send(b"NOOP " + b"x" * 40000 + b"\r\nRSET\r\n")
        self.assertRegex(client.reply(), "^500 5.5.2 ")
        self.assertRegex(client.reply(), "^250 2.0.0 ")

    def test_a_message_that_is_too_large_is_refused_at_its_end(self):
        before = self.server.messages()
        client = self.mail("bob@" + GOOD)
        self.assertRegex(client.say("DATA"), "^354 ")
        client.send((b"x" * 998 + b"\r\n") * 21 + b".\r\n")
        self.assertRegex(client.reply(), "^552 5.3.4 " + ID)
        self.assertEqual(self.server.messages(), before)
        self.assertRegex(client.say("NOOP"), "^250 ")

    def test_a_message_of_the_whole_size_is_taken(self):
        client = self.mail("bob@" + GOOD)
        self.assertRegex(client.say("DATA"), "^354 ")
        client.send((b"x" * 998 + b"\r\n") * 20 + b".\r\n")
        self.assertRegex(client.reply(), "^250 2.0.0 " + ID)

    def test_a_client_that_goes_away_leaves_nothing(self):
        client = self.mail("bob@" + GOOD)
        self.assertRegex(client.say("DATA"), "^354 ")
        client.send(b"half a mess")
        client.socket.shutdown(socket.SHUT_WR)
        self.assertEqual(client.reply(), "")
        self.assertEqual(self.server.unfinished(), [])

    def test_too_many_errors_end_the_session(self):
        client = self.client().hello()
        client.send(b"nonsense\r\n" * 50)
        replies = []
        while not replies or replies[-1]:
            replies.append(client.reply()[:3])
        self.assertEqual(replies, ["500"] * 19 + ["421", ""])

    def test_blind_copies_stay_blind(self):
        before = self.server.messages()
        client = self.mail("bob@" + GOOD, "secret@" + GOOD)
        client.say("DATA")
        client.send("Subject: x\r\n\r\nx\r\n.\r\n")
        self.assertRegex(client.reply(), "^250 ")
        message = [text for text in self.server.messages() if text not in before][0]
        self.assertNotIn(b"secret", message)

    def test_a_helo_does_not_write_headers(self):
        before = self.server.messages()
        client = self.client()
        client.say("EHLO x\tBcc:\x01y")
        client.say("MAIL FROM:<>")
        client.say("RCPT TO:<bob@%s>" % GOOD)
        client.say("DATA")
        client.send(".\r\n")
        self.assertRegex(client.reply(), "^250 ")
        message = [text for text in self.server.messages() if text not in before][0]
        self.assertIn(b"Received: from x?Bcc:?y (", message)

    def test_auth(self):
        user, password = ACCOUNT
        rows = [
            (["AUTH PLAIN " + plain("", user, password)], "235 2.7.0 "),
            (["AUTH PLAIN", plain("", user, password)], "235 2.7.0 "),
            (["auth plain " + plain("other@example", user, password)], "235 2.7.0 "),
            (["AUTH LOGIN", encode(user), encode(password)], "235 2.7.0 "),
            (["AUTH LOGIN " + encode(user), encode(password)], "235 2.7.0 "),
            (["AUTH PLAIN " + plain("", user, password + "x")], "535 5.7.8 "),
            (["AUTH PLAIN " + plain("", user, password[:-1])], "535 5.7.8 "),
            (["AUTH PLAIN " + plain("", user, "")], "535 5.7.8 "),
            (["AUTH PLAIN " + plain("", "", "")], "535 5.7.8 "),
            (["AUTH PLAIN " + plain("", "nobody", password)], "535 5.7.8 "),
            (["AUTH LOGIN", encode(user), ""], "535 5.7.8 "),
            (["AUTH PLAIN ="], "501 5.5.2 "),
            (["AUTH PLAIN !!!"], "501 5.5.2 "),
            (["AUTH PLAIN " + encode(user)], "501 5.5.2 "),
            (["AUTH PLAIN", "*"], "501 5.7.0 "),
            (["AUTH LOGIN", "*"], "501 5.7.0 "),
            (["AUTH LOGIN", "A" * 2000], "501 5.5.2 "),
            (["AUTH PLAIN " + "A" * 10000], "501 5.5.2 "),
            (["AUTH CRAM-MD5"], "504 5.5.4 "),
            (["AUTH"], "501 5.5.4 "),
        ]
        for lines, reply in rows:
            with self.subTest(lines):
                client = self.client().hello()
                for line in lines[:-1]:
                    self.assertRegex(client.say(line), "^334 ")
                self.assertEqual(client.say(lines[-1])[:len(reply)], reply)
                self.assertRegex(client.say("NOOP"), "^250 ")

    def test_auth_once_and_not_in_a_transaction(self):
        client = self.client().hello()
        client.say("MAIL FROM:<>")
        self.assertRegex(client.say("AUTH PLAIN " + plain("", *ACCOUNT)), "^503 5.5.1 ")
        client.say("RSET")
        self.assertRegex(client.say("AUTH PLAIN " + plain("", *ACCOUNT)), "^235 ")
        self.assertRegex(client.say("AUTH PLAIN " + plain("", *ACCOUNT)), "^503 5.5.1 ")

    def test_guessing_ends_the_session(self):
        client = self.client().hello()
        guess = "AUTH PLAIN " + plain("", ACCOUNT[0], "guess")
        self.assertEqual([client.say(guess)[:3] for _ in range(3)], ["535", "535", "421"])
        self.assertEqual(client.reply(), "")


class OtherSettings(unittest.TestCase):
    def test_auth_may_be_required(self):
        with server("--account", ":".join(ACCOUNT), "--require-auth") as running, Client(running.port) as client:
            client.hello()
            self.assertRegex(client.say("MAIL FROM:<alice@%s>" % GOOD), "^530 5.7.0 ")
            self.assertRegex(client.say("AUTH PLAIN " + plain("", *ACCOUNT)), "^235 ")
            self.assertRegex(client.say("MAIL FROM:<alice@%s>" % GOOD), "^250 2.1.0 ")

    def test_auth_is_not_offered_without_an_account(self):
        with server() as running, Client(running.port) as client:
            self.assertNotIn("AUTH", client.say("EHLO c"))
            self.assertRegex(client.say("AUTH PLAIN " + plain("", *ACCOUNT)), "^503 5.5.1 ")
            self.assertRegex(client.say("MAIL FROM:<alice@%s> AUTH=<>" % GOOD), "^555 5.5.4 ")

    def test_a_silent_client_is_let_go(self):
        with server("--idle", "1") as running, Client(running.port) as client:
            client.hello()
            self.assertRegex(client.reply(), "^421 4.4.2 ")
            self.assertEqual(client.reply(), "")

    def test_options_of_the_library_reach_it(self):
        with server("-o", "exempt-domains=" + BAD) as running, Client(running.port) as client:
            client.hello()
            self.assertRegex(client.say("MAIL FROM:<alice@%s>" % BAD), "^250 2.1.0 ")


if __name__ == "__main__":
    unittest.main()
