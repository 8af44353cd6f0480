# SPDX-License-Identifier: BSD-2-Clause
"""The event-driven example: many sessions in one process, none of which waits for another's check."""
import os
import resource
import socket
import unittest

from smtp import questions, BAD, GOOD, ID, SILENT, SLOW, Client, server

SESSIONS = 1000


class Sessions(unittest.TestCase):
    def test_a_slow_check_holds_up_nobody_else(self):
        with server() as running, Client(running.port) as slow, Client(running.port) as quick:
            slow.hello()
            slow.send("MAIL FROM:<alice@%s>\r\n" % SLOW)
            quick.hello()
            self.assertRegex(quick.say("MAIL FROM:<alice@%s>" % GOOD), "^250 2.1.0 ")
            slow.socket.setblocking(False)
            self.assertRaises(BlockingIOError, slow.socket.recv, 1, socket.MSG_PEEK)
            slow.socket.settimeout(20)
            self.assertRegex(slow.reply(), "^250 2.1.0 ")

    def test_recipients_that_are_pipelined_are_asked_for_side_by_side(self):
        """Ten of one silent domain share one lookup, which they could not one after the other; replies stay in order."""
        with server("-o", "timeout=2s") as running, Client(running.port) as client:
            client.hello()
            names = ["u@" + SILENT] * 10 + ["u@" + GOOD, "u@" + BAD]
            asked = questions(SILENT)
            client.send("MAIL FROM:<alice@%s>\r\n" % GOOD + "".join("RCPT TO:<%s>\r\n" % name for name in names) +
                        "RSET\r\n")
            replies = [client.reply()[:10] for _ in range(14)]
            asked = questions(SILENT) - asked
        self.assertEqual(replies, ["250 2.1.0 "] + ["451 4.4.3 "] * 10 + ["250 2.1.5 ", "550 5.1.1 ", "250 2.0.0 "])
        self.assertIn(asked, range(1, 10))

    def test_a_client_that_goes_away_takes_its_checks_with_it(self):
        with server("--per-network", "100") as running:
            for _ in range(50):
                with Client(running.port) as client:
                    client.hello()
                    client.send("MAIL FROM:<alice@%s>\r\nRCPT TO:<bob@%s>\r\n" % (SLOW, SILENT))
            with Client(running.port) as client:
                client.hello()
                self.assertRegex(client.say("MAIL FROM:<alice@%s>" % GOOD), "^250 2.1.0 ")

    def test_a_thousand_sessions_at_once(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < 2 * SESSIONS + 200:
            self.skipTest("only %d descriptors are allowed here" % hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        with server("-o", "timeout=20s", "--per-network", str(SESSIONS)) as running:
            clients = [Client(running.port) for _ in range(SESSIONS)]
            try:
                for client in clients:
                    client.send("EHLO c\r\nMAIL FROM:<alice@%s>\r\nRCPT TO:<bob@%s>\r\nRCPT TO:<bob@%s>\r\nDATA\r\n"
                                % (GOOD, GOOD, BAD))
                for client in clients:
                    self.assertEqual([client.reply()[:10] for _ in range(5)][1:],
                                     ["250 2.1.0 ", "250 2.1.5 ", "550 5.1.1 ", "354 end wi"])
                for client in clients:
                    client.send("Subject: x\r\n\r\nx\r\n.\r\nQUIT\r\n")
                for client in clients:
                    self.assertRegex(client.reply(), "^250 2.0.0 " + ID)
                    self.assertRegex(client.reply(), "^221 ")
            finally:
                for client in clients:
                    client.__exit__()
            self.assertEqual(len(running.messages()), SESSIONS)
            self.assertEqual(running.unfinished(), [])

    def test_it_sleeps_while_nothing_happens(self):
        with server("-o", "timeout=3s") as running, Client(running.port) as client:
            client.hello()
            before = cpu_seconds(running.process.pid)
            self.assertRegex(client.say("MAIL FROM:<alice@%s>" % SILENT), "^450 4.4.3 ")
            self.assertLess(cpu_seconds(running.process.pid) - before, 0.5)


def cpu_seconds(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    unittest.main()
