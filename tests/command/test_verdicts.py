# SPDX-License-Identifier: BSD-2-Clause
"""Verdicts that need no DNS server, and what the exit status makes of them."""
import unittest

from command import fields, run

DEAD = ("-o", "upstreams=127.0.0.1:1")


class Verdicts(unittest.TestCase):
    ROWS = [
        ("rcpt", "u@foo.invalid", "reject", "special-use"),
        ("rcpt", "u@[192.0.2.1]", "accept", "address-literal"),
        ("rcpt", "u@[IPv6:2001:db8::1]", "accept", "address-literal"),
        ("rcpt", "postmaster", "accept", "postmaster"),
        ("rcpt", "<>", "reject", "bad-address"),
        ("rcpt", "u@192.0.2.1", "reject", "bad-address"),
        ("sender", "<>", "accept", "null-sender"),
        ("sender", "", "accept", "null-sender"),
        ("sender", "u@localhost", "reject", "special-use"),
        ("rcpt", "u@example.net", "defer", "dns-failure"),
    ]
    STATUS = {"accept": 0, "reject": 1, "defer": 2}

    def test_an_address_gives_one_line_and_its_exit_status(self):
        for verb, address, verdict, reason in self.ROWS:
            with self.subTest(verb=verb, address=address):
                done = run(verb, *DEAD, address)
                self.assertEqual(done.returncode, self.STATUS[verdict])
                self.assertEqual(fields(done.stdout)[:3], [address, verdict, reason])
                self.assertRegex(fields(done.stdout)[3], r"^[245]\d\d [245]\.\d+\.\d+ ")
                self.assertEqual(done.stderr, b"")

    def test_the_exit_status_of_several(self):
        accepted, rejected, deferred = "u@[192.0.2.1]", "u@foo.invalid", "u@example.net"
        for addresses, status in (((accepted, accepted), 0), ((accepted, rejected), 1), ((accepted, deferred), 2),
                                  ((rejected, deferred), 1), ((deferred, rejected), 1)):
            with self.subTest(addresses):
                done = run("rcpt", *DEAD, *addresses)
                self.assertEqual(done.returncode, status)
                self.assertEqual([fields(line)[0] for line in done.stdout.splitlines()], list(addresses))

    def test_the_id_stands_in_the_reply(self):
        reply = fields(run("rcpt", "--id", "piWs1j", "u@foo.invalid").stdout)[3]
        self.assertEqual(reply, "550 5.1.1 piWs1j invalid destination domain")

    def test_verbose_logs_to_standard_error_alone(self):
        quiet, verbose = run("rcpt", *DEAD, "u@example.net"), run("rcpt", "-v", *DEAD, "u@example.net")
        self.assertEqual(quiet.stdout, verbose.stdout)
        self.assertNotEqual(verbose.stderr, b"")


class Explain(unittest.TestCase):
    def test_a_bare_domain_is_checked_as_its_postmaster(self):
        done = run("explain", "foo.invalid")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"<postmaster@foo.invalid>", done.stdout)
        self.assertIn(b"special-use", done.stdout)

    def test_an_address_is_checked_as_it_is(self):
        for address in (b"u@foo.invalid", b"<u@foo.invalid>"):
            with self.subTest(address):
                self.assertIn(b"u@foo.invalid", run("explain", address).stdout.splitlines()[0])

    def test_dns_that_fails_is_told(self):
        done = run("explain", *DEAD, "example.net")
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"MX of example.net: failed", done.stdout)

    def test_stories_are_parted_by_a_blank_line(self):
        one, two = run("explain", "foo.invalid").stdout, run("explain", "foo.invalid", "foo.invalid").stdout
        self.assertEqual(two, one + b"\n" + one)


if __name__ == "__main__":
    unittest.main()
