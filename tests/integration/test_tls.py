# SPDX-License-Identifier: BSD-2-Clause
"""DNS over TLS: a resolver that proves its name is believed, and any other is a failure, never a question in the clear."""
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))

from daemons import Missing, free_port, knotd, unbound  # noqa: E402
from dnsservers import CASES as ZONES, servers  # noqa: E402
from host import host  # noqa: E402
from tlsserver import Authority, TlsServer  # noqa: E402

COMMAND = os.environ["MXCHECK"]
CASES_PROGRAM = os.environ["TEST_CASES"]
STACK_PROGRAM = os.environ["TEST_STACK"]
CASES = os.environ["CASES"].split(":")
NAME = "dns.mx.example"
GOOD = "u@ok-mx.mx.example"


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        try:
            cls.folder = tempfile.TemporaryDirectory(prefix="mxcheck-tls-")
            cls.addClassCleanup(cls.folder.cleanup)
            cls.authority = Authority(os.path.join(cls.folder.name, "ours"))
            cls.stranger = Authority(os.path.join(cls.folder.name, "theirs"))
            context = servers()
            cls.dns = context.__enter__()
            cls.addClassCleanup(context.__exit__, None, None, None)
        except Missing as reason:
            raise unittest.SkipTest(str(reason))
        cls.certificate = cls.authority.issue(NAME)
        cls.backend = int(cls.dns.address.split(":")[1])

    def environment(self, **more):
        environment = dict(os.environ, SSL_CERT_FILE=self.authority.certificate, **more)
        environment.pop("SSL_CERT_DIR", None)
        return environment

    def check(self, upstreams, *addresses, timeout="4s"):
        """The reasons that the command gives, and how it ended."""
        done = subprocess.run([COMMAND, "rcpt", "-o", "upstreams=" + upstreams, "-o", "timeout=" + timeout, *addresses],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=self.environment(), timeout=60,
                              check=False)
        return [line.split("\t")[2] for line in done.stdout.decode().splitlines()], done.returncode

    def serve(self, certificate, port=0):
        server = TlsServer(certificate, self.backend, port).start()
        self.addCleanup(server.stop)
        return server

    def test_a_server_that_proves_its_name_is_believed(self):
        server = self.serve(self.certificate)
        upstream = "tls://127.0.0.1:%d#%s" % (server.port, NAME)
        self.assertEqual(self.check(upstream, GOOD, "u@nxdomain.mx.example", "u@null-mx.mx.example"),
                         (["mx", "no-such-domain", "null-mx"], 1))
        self.assertEqual(self.check(upstream.upper().replace("TLS", "tls"), GOOD), (["mx"], 0))

    def test_questions_share_a_connection(self):
        server = self.serve(self.certificate)
        addresses = ["u@%d.nowhere.mx.example" % i for i in range(50)]
        reasons, _ = self.check("tls://127.0.0.1:%d#%s" % (server.port, NAME), *addresses)
        self.assertEqual(reasons, ["no-such-domain"] * 50)
        self.assertLess(server.connections, 50)

    def test_another_name_is_a_failure(self):
        server = self.serve(self.certificate)
        for name in ("other.mx.example", "mx.example", "a.dns.mx.example"):
            with self.subTest(name):
                before = self.dns.queries()
                self.assertEqual(self.check("tls://127.0.0.1:%d#%s" % (server.port, name), GOOD), (["dns-failure"], 2))
                self.assertEqual(self.dns.queries(), before)

    def test_a_certificate_of_a_stranger_is_a_failure(self):
        server = self.serve(self.stranger.issue(NAME))
        before = self.dns.queries()
        self.assertEqual(self.check("tls://127.0.0.1:%d#%s" % (server.port, NAME), GOOD), (["dns-failure"], 2))
        self.assertEqual(self.dns.queries(), before)

    def test_the_log_tells_why_a_certificate_is_refused(self):
        own = Authority(os.path.join(self.folder.name, "own"))
        for certificate, name, why in (
                (own.issue(NAME), NAME, "is of an unknown authority"),
                (self.authority.issue("late.mx.example", days=-1), "late.mx.example", "has expired"),
                (self.certificate, "other.mx.example", "is for another name")):
            with self.subTest(why):
                server = self.serve(certificate)
                done = subprocess.run([COMMAND, "rcpt", "-v", "--json", "-o", "timeout=4s", "-o",
                                       "upstreams=tls://127.0.0.1:%d#%s" % (server.port, name), GOOD],
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                      env=self.environment(), timeout=60, check=False)
                fault = "no TLS session: its certificate " + why
                self.assertIn("127.0.0.1:%d does not answer: %s" % (server.port, fault),
                              done.stderr.decode().replace("tls://", "").replace("#" + name, ""))
                self.assertEqual(json.loads(done.stdout)["questions"][0]["failure"], fault)

    def test_a_server_without_tls_is_never_asked_in_the_clear(self):
        server = self.serve(None)
        before = self.dns.queries()
        reasons, status = self.check("tls://127.0.0.1:%d#%s" % (server.port, NAME), GOOD, timeout="3s")
        self.assertIn(reasons[0], ("dns-failure", "dns-timeout"))
        self.assertEqual(status, 2)
        self.assertEqual(self.dns.queries(), before)

    def test_what_memory_held_before_does_not_choose_the_ciphers(self):
        """getdns 1.6.0 reads a flag that it never sets, and offers more ciphers than it should where that is not 0."""
        weak = TlsServer(self.certificate, self.backend, ciphers="ECDHE-ECDSA-AES128-SHA").start()
        self.addCleanup(weak.stop)
        strong = TlsServer(self.certificate, self.backend, ciphers="ECDHE-ECDSA-AES128-GCM-SHA256").start()
        self.addCleanup(strong.stop)
        with unittest.mock.patch.dict(os.environ, MALLOC_PERTURB_="1"):
            self.assertEqual(self.check("tls://127.0.0.1:%d#%s" % (weak.port, NAME), GOOD), (["dns-failure"], 2))
            self.assertEqual(self.check("tls://127.0.0.1:%d#%s" % (strong.port, NAME), GOOD), (["mx"], 0))

    def test_a_port_that_is_closed_is_a_failure(self):
        self.assertEqual(self.check("tls://127.0.0.1:%d#%s" % (free_port(), NAME), GOOD), (["dns-failure"], 2))

    def test_a_child_never_writes_to_the_connection_of_its_parent(self):
        for kind in ("blocking", "async"):
            for child, more in (("fork", 0), ("fork " + GOOD, 1)):
                with self.subTest(kind=kind, child=child):
                    server = self.serve(self.certificate)
                    upstream = "tls://127.0.0.1:%d#%s" % (server.port, NAME)
                    with host(kind, upstream, self.environment()) as check:
                        self.assertEqual(check(GOOD)[0], "mx")
                        for forks in range(1, 4):
                            self.assertEqual(check(child), ("child", 0))
                            self.assertEqual(check(GOOD)[0], "mx")
                            self.assertEqual(server.connections, 1 + forks * more)

    def test_no_function_takes_more_stack_than_promised(self):
        server = self.serve(self.certificate)
        environment = self.environment(MXCHECK_TEST_UPSTREAM="tls://127.0.0.1:%d#%s" % (server.port, NAME))
        subprocess.run([STACK_PROGRAM], env=environment, timeout=120, check=True)

    def test_the_next_upstream_answers_for_one_that_proves_nothing(self):
        bad, good = self.serve(self.stranger.issue(NAME)), self.serve(self.certificate)
        upstreams = "tls://127.0.0.1:%d#%s tls://127.0.0.1:%d#%s" % (bad.port, NAME, good.port, NAME)
        self.assertEqual(self.check(upstreams, GOOD), (["mx"], 0))
        self.assertEqual(self.check("tls://127.0.0.1:%d#%s %s" % (bad.port, NAME, self.dns.address), GOOD), (["mx"], 0))

    def test_the_next_upstream_answers_for_one_that_says_nothing(self):
        for certificate in (None, self.certificate):
            with self.subTest(certificate):
                silent, good = TlsServer(certificate, None).start(), self.serve(self.certificate)
                self.addCleanup(silent.stop)
                upstreams = "tls://127.0.0.1:%d#%s tls://127.0.0.1:%d#%s" % (silent.port, NAME, good.port, NAME)
                self.assertEqual(self.check(upstreams, GOOD), (["mx"], 0))
                self.assertGreater(silent.connections if certificate is None else good.connections, 0)

    def test_one_that_proves_nothing_is_asked_last(self):
        """Once found out it is tried beside the other now and then, not before it at each check."""
        for kind in ("blocking", "async"):
            bad, good = self.serve(self.stranger.issue(NAME)), self.serve(self.certificate)
            upstreams = "tls://127.0.0.1:%d#%s tls://127.0.0.1:%d#%s" % (bad.port, NAME, good.port, NAME)
            with self.subTest(kind), host(kind, upstreams, self.environment()) as check:
                for i in range(60):
                    self.assertEqual(check("u@%d.nowhere.mx.example" % i)[0], "no-such-domain")
                self.assertGreater(bad.connections, 0)
                self.assertLess(bad.connections, 30)

    def test_one_that_closes_its_connections_is_not_asked_last(self):
        closing, other = self.serve(self.certificate), self.serve(self.certificate)
        upstreams = "tls://127.0.0.1:%d#%s tls://127.0.0.1:%d#%s" % (closing.port, NAME, other.port, NAME)
        with host("blocking", upstreams, self.environment()) as check:
            for i in range(20):
                before = closing.messages
                self.assertEqual(check("u@a%d.nowhere.mx.example" % i)[0], "no-such-domain")
                self.assertGreater(closing.messages, before)
                closing.drop()
                self.assertEqual(check("u@b%d.nowhere.mx.example" % i)[0], "no-such-domain")

    def test_an_unbound_answers_over_tls(self):
        with tempfile.TemporaryDirectory(prefix="mxcheck-tls-") as folder:
            knot = knotd(folder, {zone: os.path.join(ZONES, file) for zone, file in (
                (".", "root.zone"), ("mx.example.", "mx.example.zone"))})
            self.addCleanup(knot.stop)
            resolver = unbound(folder, {".": knot.port, "mx.example.": knot.port}, certificate=self.certificate)
            self.addCleanup(resolver.stop)
            upstream = "tls://127.0.0.1:%d#" % resolver.port
            self.assertEqual(self.check(upstream + NAME, GOOD, "u@nxdomain.mx.example", "u@mx-200.mx.example"),
                             (["mx", "no-such-domain", "mx"], 1))
            self.assertEqual(self.check(upstream + "other.mx.example", GOOD), (["dns-failure"], 2))

    def test_a_host_with_signals_of_its_own_outlives_its_servers(self):
        """Writing to a connection that the server has closed raises SIGPIPE, which must not reach the host."""
        for kind in ("blocking", "async"):
            with self.subTest(kind):
                first = TlsServer(self.certificate, self.backend).start()
                upstream = "tls://127.0.0.1:%d#%s" % (first.port, NAME)
                with host(kind, upstream, self.environment(), ("cache-size=0", "timeout=1s")) as check:
                    self.assertEqual(check("u@ok-mx.mx.example")[0], "mx")
                    for i in range(5):
                        first.stop()
                        self.assertEqual(check("u@a%d.nowhere.mx.example" % i)[0], "dns-failure")
                        first = TlsServer(self.certificate, self.backend, first.port).start()
                        self.assertEqual(check("u@b%d.nowhere.mx.example" % i)[0], "no-such-domain")
                        first.drop()
                        self.assertEqual(check("u@c%d.nowhere.mx.example" % i)[0], "no-such-domain")
                first.stop()

    def test_no_descriptor_is_left_open(self):
        bad, good = self.serve(self.stranger.issue(NAME)), self.serve(self.certificate)
        upstreams = "tls://127.0.0.1:%d#%s tls://127.0.0.1:%d#%s" % (bad.port, NAME, good.port, NAME)
        for kind in ("blocking", "async"):
            with self.subTest(kind), host(kind, upstreams, self.environment()) as check:
                counts = [check("u@%d.nowhere.mx.example" % i)[1] for i in range(30)]
                self.assertLessEqual(max(counts[10:]), max(counts[:10]))
                self.assertEqual(check(None), ("end", 3))

    def test_a_server_that_dies_and_returns_is_believed_again(self):
        """One context, that of an SMTP server, over the death of its resolver and a wrong certificate."""
        server = TlsServer(self.certificate, self.backend).start()
        with smtp_server("tls://127.0.0.1:%d#%s" % (server.port, NAME), self.environment()) as client:
            self.assertRegex(ask(client, "u@ok-mx.mx.example"), "^250 2.1.0 ")
            server.stop()
            self.assertRegex(ask(client, "u@mx-200.mx.example"), "^450 4.4.3 ")
            wrong = TlsServer(self.stranger.issue(NAME), self.backend, server.port).start()
            self.assertRegex(ask(client, "u@mx-200.mx.example"), "^450 4.4.3 ")
            wrong.stop()
            with TlsServer(self.certificate, self.backend, server.port):
                self.assertRegex(ask(client, "u@mx-200.mx.example"), "^250 2.1.0 ")

    def test_every_case_over_tls(self):
        for kind in ("blocking", "async"):
            with self.subTest(kind):
                server = self.serve(self.certificate)
                environment = self.environment(
                    MXCHECK_TEST_UPSTREAM="tls://127.0.0.1:%d#%s" % (server.port, NAME),
                    MXCHECK_TEST_QUERY_LOG=self.dns.query_log, CMOCKA_MESSAGE_OUTPUT="TAP")
                done = subprocess.run([CASES_PROGRAM, "records", kind, *CASES], env=environment, timeout=120,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
                self.assertEqual(done.returncode, 0, done.stdout.decode()[-3000:])


@contextlib.contextmanager
def smtp_server(upstreams, environment):
    """The event-driven example on a free port; gives a file of a client that has said EHLO."""
    with tempfile.TemporaryDirectory(prefix="mxcheck-tls-") as folder:
        process = subprocess.Popen([os.environ["SMTP_SERVER"], "--listen", "127.0.0.1:0", "--maildir", folder + "/m",
                                    "-o", "upstreams=" + upstreams, "-o", "timeout=4s", "-o", "cache-size=0"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   env=environment)
        try:
            port = int(process.stdout.readline().decode().rsplit(":", 1)[1])
            with socket.create_connection(("127.0.0.1", port), 20) as connection, \
                    connection.makefile("rwb") as client:
                client.readline()
                say(client, "HELO client.example")
                yield client
        finally:
            process.terminate()
            process.wait(20)
            process.stdout.close()


def say(client, line):
    client.write(line.encode() + b"\r\n")
    client.flush()
    return client.readline().decode()


def ask(client, address):
    """The reply to one MAIL."""
    say(client, "RSET")
    return say(client, "MAIL FROM:<%s>" % address)


if __name__ == "__main__":
    unittest.main()
