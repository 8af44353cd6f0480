# SPDX-License-Identifier: BSD-2-Clause
"""Connections that go silent, end early or carry one question: what was asked is asked again over another one."""
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))

try:
    from daemons import Missing
    from host import host
    from scripted import Scripted
    from tlsserver import Authority
except ModuleNotFoundError as missing:
    print("skipped:", missing)
    sys.exit(77)

CHECKER = os.environ["CHECKER"]
NAME = "dns.quirk.example"
OPTIONS = ("cache-size=0", "timeout=6s", "retry-after=200ms")
KINDS = ("blocking", "async")
ALL = ("tcp", "tls", "udp")


class Streams(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="mxcheck-streams-")
        cls.addClassCleanup(cls.folder.cleanup)
        try:
            cls.authority = Authority(cls.folder.name)
        except Missing as reason:
            raise unittest.SkipTest(str(reason))
        cls.certificate = cls.authority.issue(NAME)
        cls.environment = dict(os.environ, SSL_CERT_FILE=cls.authority.certificate)
        cls.environment.pop("SSL_CERT_DIR", None)

    def serve(self, way, **habits):
        """A server, and how it is written as an upstream. The ways are tcp, tls, and udp, whose answers are cut short."""
        server = Scripted(certificate=self.certificate if way == "tls" else None, **habits).start()
        self.addCleanup(server.stop)
        return server, ("%s://%s" % (way, server.address)) + ("#" + NAME if way == "tls" else "")

    def one_by_one(self, kind, upstreams):
        return host(kind, upstreams, self.environment, OPTIONS)

    def at_once(self, label, count, upstreams, *arguments):
        """The reasons of so many checks side by side."""
        return [reason for _, reason in self.at_once_of(["%s%d" % (label, i) for i in range(count)], upstreams,
                                                        *arguments)]

    def at_once_of(self, labels, upstreams, *arguments):
        """Label and reason of each."""
        names = "".join("u@%s.quirk.example\n" % label for label in labels)
        done = subprocess.run([CHECKER, *(word for word in arguments if "=" not in word), "upstreams=" + upstreams, *OPTIONS,
                               *(word for word in arguments if "=" in word)], input=names, timeout=60,
                              stdout=subprocess.PIPE, encoding="ascii", env=self.environment, check=True)
        rows = [line.split("\t") for line in done.stdout.splitlines()]
        left = dict(pair.split("=") for pair in rows.pop()[0].split()[1:])
        self.assertEqual([left["pending"], left["readable"], left["descriptors"], left["blocks"]], ["0"] * 4)
        return [(row[0][2:row[0].index(".")], row[1]) for row in rows]

    def each(self, ways, kinds, test):
        """Run a test for each way and kind."""
        for way in ways:
            for kind in kinds:
                with self.subTest(way=way, kind=kind):
                    test(way, "large" if way == "udp" else "mx", kind)

    def test_a_silent_stream_is_left_for_another(self):
        """Its peer has vanished; a new connection is served at once. One check is late by a wait, and no more: the wait is
        longer than all others together may take."""
        options = ("cache-size=0", "timeout=20s", "retry-after=2s")
        def run(way, label, kind):
            server, upstream = self.serve(way)
            with host(kind, upstream, self.environment, options) as check:
                self.assertEqual(check("u@%s-a.quirk.example" % label)[0], "mx")
                connections = server.connections
                server.mute()
                self.assertEqual(check("u@%s-b.quirk.example" % label)[0], "mx")
                before = len(server.asked)
                descriptors = [check("u@%s%d.quirk.example" % (label, i)) for i in range(20)]
                self.assertEqual({reason for reason, _ in descriptors}, {"mx"})
                self.assertEqual(len(server.asked) - before, 20)
                self.assertEqual(server.connections, connections + 1)
                self.assertEqual(len({count for _, count in descriptors}), 1)

        self.each(("tls",), KINDS, run)

    def test_checks_under_way_are_late_and_none_is_lost(self):
        def run(way, label, kind):
            server, upstream = self.serve(way)
            served = server.reply_to

            def go_silent(wire, is_tcp, server=server, served=served):
                if is_tcp and len(server.asked) >= 40 and not server.muted:
                    server.muted |= server.writers
                return served(wire, is_tcp)

            server.reply_to = go_silent
            reasons = self.at_once(label, 60, upstream, *(() if kind == "async" else ("-t", "8")))
            self.assertEqual(reasons, ["mx"] * 60)

        self.each(ALL, ("async", "threads"), run)

    def test_connections_that_end_after_each_answer(self):
        self.expect_good("close")

    def test_connections_that_hear_one_question(self):
        self.expect_good("first")

    def test_connections_that_are_to_be_closed(self):
        """edns-tcp-keepalive with a timeout of 0 (RFC 7828 section 3.4)."""
        self.expect_good("keepalive")

    def expect_good(self, habit):
        def run(way, label, kind):
            server, upstream = self.serve(way, tcp=habit)
            with self.one_by_one(kind, upstream) as check:
                results = [check("u@%s%d.quirk.example" % (label, i)) for i in range(10)]
                self.assertEqual({reason for reason, _ in results}, {"mx"})
                self.assertLess(max(count for _, count in results), 20)
            self.assertEqual(self.at_once(label, 60, upstream, *(() if kind == "async" else ("-t", "8"))), ["mx"] * 60)

        self.each(ALL, KINDS, run)

    def test_one_that_hears_one_question_is_soon_asked_one_at_a_time(self):
        """So that nothing waits: the wait is longer than the check may take."""
        def run(way, label, kind):
            server, upstream = self.serve(way, tcp="first")
            with host(kind, upstream, self.environment, ("cache-size=0", "timeout=20s", "retry-after=500ms")) as check:
                for i in range(4):
                    self.assertEqual(check("u@%s-a%d.quirk.example" % (label, i))[0], "mx")
                asked = len(server.asked)
                for i in range(10):
                    self.assertEqual(check("u@%s-b%d.quirk.example" % (label, i))[0], "mx")
                self.assertEqual(len(server.asked) - asked, 10)

        self.each(("tls",), KINDS, run)

    def test_a_silent_domain_holds_up_no_other(self):
        """Over a stream whose server answers in order, so that all questions behind the silent one wait as well."""
        for silent in (1, 10):
            def run(way, _label, kind):
                _, upstream = self.serve(way)
                names = ["silent%d" % i for i in range(silent)] + ["mx%d" % i for i in range(120)]
                arguments = ("timeout=3s",) if kind == "async" else ("-t", "40", "timeout=10s")
                reasons = self.at_once_of(names, upstream, *arguments)
                self.assertEqual([reason for name, reason in reasons if name.startswith("mx")], ["mx"] * 120)

            self.each(("tcp", "tls"), ("async", "threads"), run)

    def test_a_stream_that_never_speaks(self):
        """It is a deferral, and costs another upstream's answers nothing."""
        def run(way, label, kind):
            silent, upstream = self.serve(way, tcp="silent")
            _, other = self.serve(way)
            with host(kind, upstream, self.environment, ("cache-size=0", "timeout=1s", "retry-after=200ms")) as check:
                self.assertIn(check("u@%s.quirk.example" % label)[0], ("dns-timeout", "dns-failure"))
            with self.one_by_one(kind, upstream + " " + other) as check:
                for i in range(5):
                    self.assertEqual(check("u@%s%d.quirk.example" % (label, i))[0], "mx")

        self.each(ALL, KINDS, run)

    def test_a_peer_that_never_speaks_tls(self):
        with Scripted(tcp="silent") as plain:
            plain.reply_to = lambda wire, is_tcp: None
            _, other = self.serve("tls")
            upstream = "tls://%s#%s" % (plain.address, NAME)
            for kind in KINDS:
                with self.subTest(kind), self.one_by_one(kind, upstream + " " + other) as check:
                    for i in range(5):
                        self.assertEqual(check("u@mx%d.quirk.example" % i)[0], "mx")

    def test_one_of_two_streams_goes_silent(self):
        def run(way, label, kind):
            first, upstream = self.serve(way)
            _, other = self.serve(way)
            with self.one_by_one(kind, upstream + " " + other) as check:
                self.assertEqual(check("u@%s-a.quirk.example" % label)[0], "mx")
                first.mute()
                for i in range(10):
                    self.assertEqual(check("u@%s%d.quirk.example" % (label, i))[0], "mx")

        self.each(("tcp", "tls"), KINDS, run)

    def test_descriptors_stay_few_while_nobody_answers(self):
        def run(way, label, kind):
            _, upstream = self.serve(way, tcp="silent")
            with host(kind, upstream, self.environment, ("cache-size=0", "timeout=400ms", "retry-after=20ms")) as check:
                counts = [check("u@%s%d.quirk.example" % (label, i))[1] for i in range(15)]
                self.assertLess(max(counts), 30)

        self.each(("tcp", "tls"), KINDS, run)

    def test_a_resolver_that_is_being_restarted(self):
        """Refused at first; it is back before the time of the check is over."""
        def run(way, label, kind):
            server, upstream = self.serve(way)
            port = server.port
            server.stop()
            with self.one_by_one(kind, upstream) as check:
                again = Scripted(port=port)
                self.addCleanup(again.stop)

                def start_later(again=again):
                    time.sleep(0.5)
                    again.start()

                starter = threading.Thread(target=start_later)
                starter.start()
                self.assertEqual(check("u@%s.quirk.example" % label)[0], "mx")
                starter.join()

        self.each(("tcp", "udp"), KINDS, run)

if __name__ == "__main__":
    unittest.main()
