# SPDX-License-Identifier: BSD-2-Clause
"""What one connection has made the server ask, the next one profits from: in other processes, and after a restart."""
import os
import tempfile
import unittest

from smtp import BAD, FAILING, GOOD, NULL_MX, Client, questions, server

ADDRESSES = [(GOOD, "250 2.1.5 "), (BAD, "550 5.1.1 "), (NULL_MX, "556 5.1.10")]


def say_all(test, port):
    """One connection with a recipient of each kind."""
    with Client(port) as client:
        client.hello()
        client.say("MAIL FROM:<>")
        for domain, reply in ADDRESSES:
            test.assertEqual(client.say("RCPT TO:<bob@%s>" % domain)[:10], reply)


def asked():
    return sum(questions(domain) for domain, _ in ADDRESSES)


class Cache(unittest.TestCase):
    def test_the_second_connection_asks_nothing(self):
        with server() as running:
            before = asked()
            say_all(self, running.port)
            first = asked() - before
            for _ in range(3):
                say_all(self, running.port)
            self.assertEqual(first, len(ADDRESSES))
            self.assertEqual(asked() - before, first)

    def test_a_message_that_is_tried_again_at_once_asks_nothing_again(self):
        """Thunderbird does so on a new connection."""
        with server("-o", "cache-failure-ttl=1m") as running:
            counts = []
            for _ in range(3):
                with Client(running.port) as client:
                    client.hello()
                    client.say("MAIL FROM:<>")
                    self.assertEqual(client.say("RCPT TO:<bob@%s>" % FAILING)[:4], "451 ")
                counts.append(questions(FAILING))
            self.assertEqual(counts[1:], counts[:1] * 2)

    def test_without_a_cache_each_connection_asks(self):
        with server("-o", "cache-size=0") as running:
            before = asked()
            say_all(self, running.port)
            say_all(self, running.port)
            self.assertEqual(asked() - before, 2 * len(ADDRESSES))

    def test_a_file_serves_two_servers_and_the_next_ones(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "cache")
            with server("--cache", path) as one, server("--cache", path) as other:
                before = asked()
                say_all(self, one.port)
                say_all(self, other.port)
            with server("--cache", path) as third:
                say_all(self, third.port)
            self.assertEqual(asked() - before, len(ADDRESSES))
            self.assertEqual(os.stat(path).st_mode & 0o7777, 0o600)

    def test_a_file_that_is_cut_short_ends_nobody(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "cache")
            with server("--cache", path) as running:
                say_all(self, running.port)
                with Client(running.port) as client:
                    client.hello()
                    os.truncate(path, 0)
                    client.say("MAIL FROM:<>")
                    self.assertEqual(client.say("RCPT TO:<bob@%s>" % GOOD)[:10], "250 2.1.5 ")
                say_all(self, running.port)


if __name__ == "__main__":
    unittest.main()
