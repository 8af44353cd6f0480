# SPDX-License-Identifier: BSD-2-Clause
"""The example servers under clients that would lock all others out: many of one network, silent ones, slow ones. Every
address of 127.0.0.0/8 is a client of its own."""
import contextlib
import os
import shutil
import signal
import subprocess
import time
import unittest

from smtp import GOOD, Client, server


@contextlib.contextmanager
def silent_clients(running, count, networks=1):
    """Clients that read the greeting, and say nothing."""
    clients = [Client(running.port, source="127.0.1.%d" % (1 + i % networks)) for i in range(count)]
    try:
        yield clients
    finally:
        for client in clients:
            client.__exit__()


def deliver(client):
    """One message, from EHLO to the end of DATA; the last reply."""
    client.hello()
    for line in ("MAIL FROM:<alice@%s>" % GOOD, "RCPT TO:<bob@%s>" % GOOD, "DATA"):
        client.say(line)
    return client.say("Subject: x\r\n\r\nx\r\n.")


class Crowds(unittest.TestCase):
    def test_one_network_has_so_many_clients_and_others_still_come_in(self):
        with server("--clients", "10", "--per-network", "4") as running, silent_clients(running, 4):
            with Client(running.port, source="127.0.1.1") as one_more:
                self.assertRegex(one_more.greeting, "^421 4.7.0 ")
                self.assertEqual(one_more.reply(), "")
            with Client(running.port, source="127.0.2.1") as other:
                self.assertRegex(deliver(other), "^250 2.0.0 ")

    def test_a_place_that_has_been_left_is_free(self):
        with server("--clients", "4", "--per-network", "2") as running:
            for _ in range(20):
                with Client(running.port) as client:
                    client.hello()
                    self.assertRegex(client.say("QUIT"), "^221 ")
                    self.assertEqual(client.reply(), "")

    def test_the_one_that_is_silent_for_longest_makes_room(self):
        with server("--clients", "5", "--per-network", "5") as running, silent_clients(running, 4) as silent, \
                Client(running.port, source="127.0.2.1") as busy:
            busy.hello()
            with Client(running.port, source="127.0.2.2") as late:
                self.assertRegex(silent[0].reply(), "^421 4.3.2 ")
                self.assertEqual(silent[0].reply(), "")
                self.assertRegex(deliver(late), "^250 2.0.0 ")
                self.assertRegex(deliver(busy), "^250 2.0.0 ")

    def test_however_many_silent_ones_come_a_client_that_talks_is_served(self):
        with server("--clients", "20", "--per-network", "2") as running, \
                Client(running.port, source="127.0.2.1") as busy, silent_clients(running, 60, networks=30):
            self.assertRegex(busy.greeting, "^(220|421) ")
            with Client(running.port, source="127.0.2.2") as late:
                self.assertRegex(deliver(late), "^250 2.0.0 ")

    def test_single_octets_win_no_time(self):
        """Of a command, and of a line of a message."""
        for begin in ("", "EHLO c\r\nMAIL FROM:<alice@%s>\r\nRCPT TO:<bob@%s>\r\nDATA\r\n" % (GOOD, GOOD)):
            with self.subTest(begin=begin), server("--idle", "2") as running, Client(running.port) as client:
                client.send(begin)
                replies = drip(client, "X")
                self.assertRegex(replies[-1], "^421 4.4.2 ")
                self.assertEqual(running.messages(), [])
                self.assertEqual(running.unfinished(), [])

    def test_lines_do_win_time_until_the_session_is_over(self):
        with server("--idle", "2", "--session", "5") as running, Client(running.port) as client:
            replies = drip(client, "NOOP\r\n")
            self.assertRegex(replies[-1], "^421 4.4.2 ")
            self.assertGreater(len(replies), 5)

    def test_one_that_takes_no_replies_ends_by_its_time(self):
        with server("--idle", "1", "--clients", "1") as running, Client(running.port) as deaf:
            deaf.socket.setblocking(False)
            with contextlib.suppress(BlockingIOError, ConnectionError):
                while True:
                    deaf.send("HELP\r\n" * 1000)
            deaf.socket.settimeout(20)
            with Client(running.port, source="127.0.2.1") as other:
                self.assertRegex(deliver(other), "^250 2.0.0 ")


def drip(client, octets):
    """Say them again and again, with pauses, until the server ends it; all replies."""
    replies = []
    client.socket.settimeout(0.2)
    for _ in range(200):
        try:
            client.send(octets)
            time.sleep(0.2)
            while True:
                reply = client.reply()
                if reply == "":
                    return replies
                replies.append(reply)
        except TimeoutError:
            client.file = client.socket.makefile("rb")
        except ConnectionError:
            return replies
    return replies


@unittest.skipUnless(shutil.which("strace"), "strace is not installed")
class Disk(unittest.TestCase):
    """What strace sees of a delivery."""

    def trace(self, *options):
        """Deliver a message; the last reply, the calls, and how many messages there are then."""
        with server() as running:
            log = os.path.join(running.folder, "trace")
            tracer = subprocess.Popen(["strace", "-f", "-y", "-s", "200", "-qq", "-o", log, "-p", str(running.process.pid), *options],
                                      stderr=subprocess.PIPE)
            try:
                if not wait_until_traced(running.process.pid):
                    self.skipTest("strace may not trace here")
                with Client(running.port) as client:
                    reply = deliver(client)
                    messages = running.messages()
            finally:
                tracer.send_signal(signal.SIGINT)
                tracer.wait(20)
                tracer.stderr.close()
            with open(log, encoding="utf-8", errors="replace") as file:
                return reply, file.read().splitlines(), messages, running.unfinished()

    def test_file_and_folder_are_on_disk_before_250_is_said(self):
        reply, lines, messages, _ = self.trace("-e", "trace=fsync,rename,sendto")
        self.assertRegex(reply, "^250 2.0.0 ")
        self.assertEqual(len(messages), 1)
        wanted = (("fsync(", "/tmp/"), ("rename(", "/new/"), ("fsync(", "/new>"), ("sendto(", "message accepted"))
        order = [[i for i, line in enumerate(lines) if all(word in line for word in words)] for words in wanted]
        self.assertTrue(all(order), lines)
        self.assertEqual(order, sorted(order))

    def test_a_disk_that_fails_is_no_acceptance(self):
        for when in ("1", "2"):
            with self.subTest(when=when):
                reply, _, messages, unfinished = self.trace("-e", "trace=fsync", "-e",
                                                            "inject=fsync:error=EIO:when=" + when)
                self.assertRegex(reply, "^451 4.3.0 ")
                self.assertEqual(messages, [])
                self.assertEqual(unfinished, [])


def wait_until_traced(pid):
    for _ in range(100):
        with open("/proc/%d/status" % pid, encoding="ascii") as file:
            if "TracerPid:\t0\n" not in file.read():
                return True
        time.sleep(0.05)
    return False


if __name__ == "__main__":
    unittest.main()
