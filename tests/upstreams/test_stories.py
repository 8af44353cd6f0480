# SPDX-License-Identifier: BSD-2-Clause
"""The story of a failure names the resolver where the resolver is to blame, and the domain only where the domain is."""
import os
import subprocess
import sys
import unittest

try:
    import dns.message
    import dns.rcode
    from scripted import Scripted
except ModuleNotFoundError as missing:
    print("skipped:", missing)
    sys.exit(77)

COMMAND = os.environ["MXCHECK"]
AT_FAULT = "The resolver %s is at fault, not the domain.\n"
PERHAPS = "The resolver %s may be at fault as well as the domain.\n"
TELL = "tell the operator of this server: its resolver fails (%s)."
CHECK = "check the name servers of"


def explain(upstreams, name="mx"):
    done = subprocess.run([COMMAND, "explain", "-o", "upstreams=" + upstreams, "-o", "timeout=1s", "-o",
                           "retry-after=300ms", "u@%s.quirk.example" % name], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, timeout=60, check=False)
    return done.stdout.decode()


class Stories(unittest.TestCase):
    def expect(self, story, *parts, absent=()):
        for part in parts:
            self.assertIn(part, story)
        for part in absent:
            self.assertNotIn(part, story)

    def test_a_resolver_that_is_not_there(self):
        self.expect(explain("127.0.0.1:1"), AT_FAULT % "127.0.0.1:1", TELL % "connection refused", absent=(CHECK,))

    def test_a_resolver_that_proves_nothing(self):
        self.expect(explain("tls://127.0.0.1:1#a.example"), AT_FAULT % "127.0.0.1:1#a.example",
                    TELL % "no TLS session", absent=(CHECK,))

    def test_a_resolver_that_refuses(self):
        for rcode in ("REFUSED", "NOTIMP", "FORMERR"):
            with self.subTest(rcode), Scripted() as server:
                def refuse(wire, is_tcp, rcode=rcode):
                    reply = dns.message.make_response(dns.message.from_wire(wire))
                    reply.set_rcode(dns.rcode.from_text(rcode))
                    return reply.to_wire()

                server.reply_to = refuse
                self.expect(explain(server.address), AT_FAULT % server.address, TELL % rcode, absent=(CHECK,))

    def test_a_resolver_that_garbles(self):
        with Scripted() as server:
            sound = server.reply_to
            server.reply_to = lambda wire, is_tcp: sound(wire, is_tcp)[:-3]
            self.expect(explain(server.address), AT_FAULT % server.address, TELL % "malformed answer", absent=(CHECK,))

    def test_a_resolver_that_has_said_nothing_yet(self):
        """Its name servers may be silent, or itself."""
        with Scripted() as server:
            server.reply_to = lambda wire, is_tcp: None
            self.expect(explain(server.address), PERHAPS % server.address,
                        "check that the name servers of mx.quirk.example can be reached, and tell the operator")

    def test_name_servers_that_fail(self):
        with Scripted() as server:
            self.expect(explain(server.address, "sf"), CHECK + " sf.quirk.example: SERVFAIL.",
                        absent=("The resolver", "operator of this server"))


if __name__ == "__main__":
    unittest.main()
