# SPDX-License-Identifier: BSD-2-Clause
"""Packets really lost, refused by ICMP and reset, by nftables in a network namespace of the test's own."""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))

import namespace  # noqa: E402

RULES = """
flush ruleset
table ip faults {
  chain arriving {
    type filter hook input priority 0
    %s
  }
  chain leaving {
    type filter hook output priority 0
    %s
  }
}
"""
LOSS = """udp dport %(port)d numgen random mod 100 < %(percent)d drop
udp sport %(port)d numgen random mod 100 < %(percent)d drop"""
# The client's data, once the connection stands.
RESET_LATER = "tcp dport %d tcp flags & psh == psh reject with tcp reset"


def nft(arriving, leaving=""):
    return subprocess.run(["nft", "-f", "-"], input=RULES % (arriving, leaving), encoding="ascii", stdout=subprocess.DEVNULL,
                          stderr=subprocess.STDOUT, check=False).returncode == 0


class Netfilter(unittest.TestCase):
    def setUp(self):
        self.first, self.second = Liar().start(), Liar().start()
        self.addCleanup(self.first.stop)
        self.addCleanup(self.second.stop)
        self.assertTrue(nft(""))

    def rule(self, rule):
        self.assertTrue(nft(rule), rule)

    def check(self, count, upstreams, *arguments, **options):
        outcome = run(names("good", count), upstreams, *arguments, **options)
        left = outcome.left
        self.assertEqual([left["pending"], left["readable"], left["descriptors"], left["blocks"]], ["0"] * 4)
        self.assertEqual(len(outcome.rows), count)
        return outcome

    def assert_fails_over(self, scheme=""):
        """What the first upstream does not answer, the second does; alone, it is a failure in time."""
        both = scheme + self.first.address + " " + self.second.address
        for arguments in ((), ("-t", "2")):
            self.assertEqual(self.check(20, both, *arguments).reasons(), {"mx"})
        alone = self.check(20, scheme + self.first.address)
        self.assertLessEqual(alone.reasons(), FAILURES)
        self.assertLess(max(int(elapsed) for _, _, elapsed in alone.rows), 6000)
        return alone

    def test_loss_on_both_ways(self):
        self.rule(LOSS % {"port": self.first.port, "percent": 20})
        self.assertEqual(self.check(200, self.first.address, timeout="10s").reasons(), {"mx"})

    def test_total_loss(self):
        self.rule("udp dport %d drop" % self.first.port)
        self.assertEqual(self.assert_fails_over().reasons(), {"dns-timeout"})

    def test_icmp_port_unreachable(self):
        self.rule("udp dport %d reject with icmp type port-unreachable" % self.first.port)
        self.assertEqual(self.assert_fails_over().reasons(), {"dns-failure"})

    def test_icmp_host_unreachable(self):
        """A hint only, which anybody may forge: the question goes on until its time is over."""
        self.rule("udp dport %d reject with icmp type host-unreachable" % self.first.port)
        self.assert_fails_over()

    def test_connections_reset_at_once(self):
        self.rule("tcp dport %d reject with tcp reset" % self.first.port)
        self.assertEqual(self.assert_fails_over("tcp://").reasons(), {"dns-failure"})

    def test_connections_reset_under_a_question(self):
        self.rule(RESET_LATER % self.first.port)
        self.assertEqual(self.assert_fails_over("tcp://").reasons(), {"dns-failure"})

    def test_connections_that_never_open(self):
        self.rule("tcp dport %d drop" % self.first.port)
        self.assertEqual(self.assert_fails_over("tcp://").reasons(), {"dns-timeout"})

    def test_a_resolver_behind_a_wall_that_goes_away(self):
        self.rule("udp dport %d drop" % self.first.port)
        self.assertEqual(self.check(5, self.first.address).reasons(), {"dns-timeout"})
        self.rule("")
        self.assertEqual(self.check(5, self.first.address).reasons(), {"mx"})


    def test_a_send_that_the_system_refuses_now_and_then(self):
        """EPERM, as of a full connection table: the next try passes, and no other upstream is needed."""
        self.assertTrue(nft("", "udp dport %d numgen inc mod 2 == 0 drop" % self.first.port))
        for arguments in ((), ("-t", "1")):
            self.assertEqual(self.check(20, self.first.address, *arguments).reasons(), {"mx"})

    def test_a_send_that_the_system_always_refuses(self):
        self.assertTrue(nft("", "udp dport %d drop" % self.first.port))
        self.assertEqual(self.assert_fails_over().reasons(), {"dns-failure"})


if __name__ == "__main__":
    if not namespace.is_inside():
        sys.exit(namespace.run_again(["--net"], ["nft", "add table ip faults"]))
    from test_faults import FAILURES, Liar, names, run
    namespace.raise_loopback()
    unittest.main()
