# SPDX-License-Identifier: BSD-2-Clause
"""What is told of accepted domains besides the reason, and how many questions a check takes at most."""
import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))

from dnsservers import Missing, servers  # noqa: E402

COMMAND = os.environ["MXCHECK"]
# All that is forbidden but the networks of documentation, from which the cases take their good addresses.
FORBIDDEN = ("0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16 224.0.0.0/4 "
             "240.0.0.0/4 ::/128 ::1/128 fc00::/7 fe80::/10 ff00::/8")
RECORDS = ("depth=records",)
TARGETS = ("depth=targets", "forbidden-networks=" + FORBIDDEN)

# Domain (below mx.example, or with a final dot), its reason, and all its notes with depth = records and = targets.
NOTES = (
    ("ok-mx", "mx", "", ""),
    ("mx-200", "mx", "", ""),
    ("cname-mx", "mx", "", ""),
    ("implicit-a", "implicit-a", "", ""),
    ("implicit-aaaa", "implicit-aaaa", "", ""),
    ("null-mx-plus", "mx", "null-mx-mixed", "null-mx-mixed"),
    ("null-mx-same", "mx", "null-mx-mixed", "null-mx-mixed"),
    ("mx-cname", "mx", "", "mx-is-alias"),
    ("mx-dname-host", "mx", "", "mx-is-alias"),
    ("w-host-bare.f", "mx", "", "mx-is-alias"),
    ("mx-iplit-one", "mx", "mx-is-literal", "mx-is-literal mx-partly-dead"),
    ("mx-nx-one", "mx", "", "mx-partly-dead"),
    ("mx-special-one", "mx", "", "mx-partly-dead"),
    ("mx-8th-good", "mx", "", "mx-partly-dead"),
    ("w-twice.f", "mx", "mx-duplicate", "mx-duplicate"),
    ("mx-dup-good", "mx", "mx-duplicate", "mx-duplicate mx-partly-dead"),
    ("ip-bad-good", "mx", "", "mx-forbidden-some"),
    ("ip-hosts", "mx", "", "mx-forbidden-some"),
    ("own-bad-and-good", "implicit-a", "", "mx-forbidden-some"),
    ("mx-9-dead", "mx", "", "mx-partly-dead limit-reached"),
    ("mx-9-forbidden", "mx", "", "mx-forbidden-some limit-reached"),
    ("mx-200-dead", "mx", "", "mx-partly-dead limit-reached"),
    ("mx-sf-9.f", "mx", "", "limit-reached"),
    ("under_score", "mx", "underscore", "underscore"),
    ("_lead", "mx", "underscore", "underscore"),
    ("\u2615", "mx", "idna-disallowed", "idna-disallowed"),
    ("xn--53h", "mx", "idna-disallowed", "idna-disallowed"),  # the same domain
    ("\u05d0b\u05d2", "mx", "idna-disallowed", "idna-disallowed"),
    ("a\u200db", "mx", "idna-disallowed", "idna-disallowed"),
    ("xn--zzzzzzz-9999", "mx", "idna-disallowed", "idna-disallowed"),
    ("b\u00fccher", "mx", "", ""),
    ("dotless.", "mx", "dotless", "dotless"),
    ("dotlessa.", "implicit-a", "dotless", "dotless"),
    ("ttl0.f", "mx", "ttl-zero", "ttl-zero"),
    ("w-ttl-top.f", "mx", "ttl-zero", "ttl-zero"),
)
REJECTED = (("null-mx", "null-mx"), ("mx-nx", "mx-unresolvable"), ("mx-8-dead", "mx-unresolvable"),
            ("\u2603\u2603", "no-such-domain"), ("mx-dup-dead", "mx-unresolvable"), ("mx-ip-127", "mx-forbidden"), ("null-mx-dead", "mx-unresolvable"))


def address_of(domain):
    return "u@" + (domain if domain.endswith(".") else domain + ".mx.example")


class WithServers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        try:
            context = servers()
            cls.dns = context.__enter__()
        except Missing as reason:
            raise unittest.SkipTest(str(reason))
        cls.addClassCleanup(context.__exit__, None, None, None)

    def check(self, addresses, options=(), role="rcpt"):
        """The results, as dictionaries. No question is sent twice: an upstream has longer than a check takes."""
        arguments = [COMMAND, role, "--json"]
        for option in ("upstreams=" + self.dns.address, "timeout=20s", "retry-after=10s", *options):
            arguments += ["-o", option]
        done = subprocess.run(arguments + ["--", *addresses], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              timeout=60, check=False)
        return [json.loads(line) for line in done.stdout.splitlines()]


class Notes(WithServers):
    def expect(self, options, column):
        results = self.check([address_of(row[0]) for row in NOTES], options)
        for row, result in zip(NOTES, results, strict=True):
            with self.subTest(row[0]):
                self.assertEqual((result["verdict"], result["reason"]), ("accept", row[1]))
                self.assertEqual(sorted(result["notes"]), sorted(row[column].split()))

    def test_by_records(self):
        self.expect(RECORDS, 2)

    def test_by_targets(self):
        self.expect(TARGETS, 3)

    def test_each_note_is_shown(self):
        words = {word for row in NOTES for column in row[2:] for word in column.split()}
        self.assertEqual(words, {"null-mx-mixed", "mx-is-alias", "mx-is-literal", "mx-partly-dead", "mx-duplicate",
                                 "mx-forbidden-some", "limit-reached", "underscore", "idna-disallowed", "dotless", "ttl-zero"})

    def test_a_path_of_more_than_256_octets_is_told_of(self):
        """With the angle brackets and the source route; whether DNS is asked or not."""
        domain, route = "@ok-mx.mx.example", "@relay.example:"
        rows = [(local + domain, notes) for local, notes in (("l" * (254 - len(domain)), []),
                                                             ("l" * (255 - len(domain)), ["path-too-long"]))]
        rows += [(route + local + domain, notes) for local, notes in (
            ("l" * (254 - len(domain + route)), []), ("l" * (255 - len(domain + route)), ["path-too-long"]))]
        rows += [("l" * 300 + "@[192.0.2.1]", ["path-too-long"]), ("l" * 300 + "@exempt.example", ["path-too-long"])]
        results = self.check([row[0] for row in rows], ("exempt-domains=exempt.example",))
        for (address, notes), result in zip(rows, results, strict=True):
            with self.subTest(address):
                self.assertEqual((result["verdict"], result["notes"]), ("accept", notes))

    def test_a_null_mx_that_the_option_lets_pass_is_told_of(self):
        for depth in (RECORDS, TARGETS):
            result = self.check([address_of("null-mx")], (*depth, "null-mx=accept"))[0]
            self.assertEqual((result["reason"], result["notes"]), ("mx", ["null-mx"]))

    def test_a_forbidden_address_of_the_domain_is_told_of_beside_one_that_counts(self):
        result = self.check([address_of("own-bad-good-6")], TARGETS)[0]
        self.assertEqual((result["reason"], result["notes"]), ("implicit-aaaa", ["mx-forbidden-some"]))

    def test_the_limit_is_an_option(self):
        for most, reason, notes in ((8, "mx", ["mx-partly-dead", "limit-reached"]), (9, "mx", ["mx-partly-dead"]),
                                    (64, "mx", ["mx-partly-dead"])):
            with self.subTest(most):
                result = self.check([address_of("mx-9th-good")], (*TARGETS, "max-targets=%d" % most))[0]
                self.assertEqual((result["reason"], result["notes"]), (reason, notes))
        result = self.check([address_of("mx-9-dead")], (*TARGETS, "max-targets=9"))[0]
        self.assertEqual(result["reason"], "mx-unresolvable")

    def test_hosts_are_refused_by_name_in_any_depth(self):
        """One host that is not refused is enough, if it can take mail; what is refused is not looked up."""
        for depth, dead in ((RECORDS, "mx"), (TARGETS, "mx-refused")):
            for domain, refused, reason, notes in (
                    ("ok-mx", "*.mx.example", "mx-refused", []), ("ok-mx", "other.mx.example", "mx", []),
                    ("mx-nx-one", "nohost.mx.example", "mx", ["mx-refused-some"]),
                    ("implicit-a", "implicit-a.mx.example", "mx-refused", []),
                    ("mx-nx-one", "mail.mx.example", dead, ["mx-refused-some"] if dead == "mx" else [])):
                with self.subTest(depth=depth[0], domain=domain, refused=refused):
                    result = self.check([address_of(domain)], (*depth, "refused-hosts=" + refused))[0]
                    self.assertEqual((result["reason"], result["notes"]), (reason, notes))
                    asked = {question["name"] for question in result["questions"] if question["name"] != result["domain"]}
                    self.assertNotIn(refused, asked)

    def test_the_rejected_have_none(self):
        for (domain, reason), result in zip(REJECTED, self.check([address_of(row[0]) for row in REJECTED], TARGETS),
                                            strict=True):
            with self.subTest(domain):
                self.assertEqual((result["verdict"], result["reason"], result["notes"]), ("reject", reason, []))


class Work(WithServers):
    def ask(self, addresses, options, role="rcpt"):
        """The reasons, and the questions as sorted pairs of name and type; one repeated over TCP counts once."""
        before = len(self.dns.queries())
        reasons = [result["reason"] for result in self.check(addresses, options, role)]
        asked = self.dns.queries()[before:]
        by_tcp = [row[1:] for row in asked if row[0] == "tcp"]
        by_udp = [row[1:] for row in asked if row[0] == "udp"]
        self.assertTrue(set(by_tcp) <= set(by_udp))
        return reasons, sorted((name, rdtype) for rdtype, name in by_udp)

    def expect(self, domain, options, reason, *questions):
        with self.subTest(domain):
            wanted = sorted((name if name.endswith(".") else name + ".mx.example.", rdtype)
                            for name, rdtype in questions)
            self.assertEqual(self.ask([address_of(domain)], options), ([reason], wanted))

    def test_records_take_one_question(self):
        for domain in ("ok-mx", "mx-200", "mx-200-dead", "mx-nx", "mx-ip-127"):
            self.expect(domain, RECORDS, "mx", (domain, "MX"))
        self.expect("null-mx", RECORDS, "null-mx", ("null-mx", "MX"))

    def test_without_mx_it_takes_three(self):
        for depth in (RECORDS, TARGETS):
            self.expect("implicit-a", depth, "implicit-a", *(("implicit-a", rdtype) for rdtype in ("MX", "A", "AAAA")))
            self.expect("nxdomain", depth, "no-such-domain", *(("nxdomain", rdtype) for rdtype in ("MX", "A", "AAAA")))

    def test_an_mx_that_is_missing_is_asked_for_in_lower_case_before_it_rejects(self):
        """Unless A or AAAA, in lower case, say as well that the name does not exist."""
        mx = ("txt-only", "MX")
        for depth in (RECORDS, TARGETS):
            self.expect("txt-only", depth, "no-records", mx, ("txt-only", "A"), ("txt-only", "AAAA"), mx)
            self.expect("nxdomain", (*depth, "nxdomain=final"), "no-such-domain", *2 * [("nxdomain", "MX")])
            self.expect("txt-only", (*depth, "implicit-mx=none"), "no-records", mx, mx)
            self.expect("txt-only", (*depth, "implicit-mx=a"), "no-records", mx, ("txt-only", "A"), mx)
            self.expect("txt-only", (*depth, "letter-case=lower"), "no-records", mx, ("txt-only", "A"),
                        ("txt-only", "AAAA"))

    def test_a_failed_mx_takes_no_other(self):
        """It is asked for again in the plain form."""
        self.expect("sf-mx-aok.f", TARGETS, "dns-failure", *2 * [("sf-mx-aok.f", "MX")])

    def test_a_good_first_host_takes_three(self):
        for domain, host in (("ok-mx", "mail"), ("mx-200", "h1.mxh")):
            self.expect(domain, TARGETS, "mx", (domain, "MX"), (host, "A"), (host, "AAAA"))

    def test_the_work_is_bounded_by_max_targets(self):
        for most in (1, 2, 8, 64):
            hosts = [("h%d.nohost" % i, rdtype) for i in range(1, most + 1) for rdtype in ("A", "AAAA")]
            self.expect("mx-200-dead", (*TARGETS, "max-targets=%d" % most), "mx", ("mx-200-dead", "MX"), *hosts)
            self.assertEqual(len(hosts), 2 * most)

    def test_a_host_is_asked_for_once(self):
        self.expect("mx-dup-dead", TARGETS, "mx-unresolvable", ("mx-dup-dead", "MX"), ("nohost", "A"),
                    ("nohost", "AAAA"))

    def test_a_null_mx_is_no_host(self):
        self.expect("null-mx", TARGETS, "null-mx", ("null-mx", "MX"))
        self.expect("null-mx-plus", TARGETS, "mx", ("null-mx-plus", "MX"), ("mail", "A"), ("mail", "AAAA"))

    def test_a_name_of_special_use_is_never_asked_for(self):
        for domain in ("mx-localhost", "mx-local", "mx-onion", "mx-localhost-sub"):
            self.expect(domain, TARGETS, "mx-unresolvable", (domain, "MX"))
        self.expect("mx-special-one", TARGETS, "mx", ("mx-special-one", "MX"), ("mail", "A"), ("mail", "AAAA"))
        self.expect("foo.invalid.", TARGETS, "special-use")
        self.expect("mx-localhost", (*TARGETS, "special-use=query"), "mx-unresolvable", ("mx-localhost", "MX"),
                    ("localhost.", "A"), ("localhost.", "AAAA"))

    def test_bare_aliases_take_nine_questions_each_at_most(self):
        chain = ["w-bare-9.f", "w-bare-8.f", *("w-b%d.f" % i for i in range(7, 0, -1))]
        self.expect("w-bare-9.f", RECORDS, "no-records",
                    *((name, rdtype) for name in chain for rdtype in ("MX", "A", "AAAA")))

    def test_what_is_no_domain_takes_none(self):
        addresses = ("u@[192.0.2.1]", "u@[IPv6:2001:db8::1]", "postmaster", "u@192.0.2.1", "u@-a.mx.example")
        self.assertEqual(self.ask(addresses, TARGETS),
                         (["address-literal", "address-literal", "postmaster", "bad-address", "bad-address"], []))
        self.assertEqual(self.ask(["<>"], TARGETS, "sender"), (["null-sender"], []))

    def test_a_domain_is_asked_for_once_in_a_context(self):
        reasons, asked = self.ask(["%d@ok-mx.mx.example" % i for i in range(20)], TARGETS)
        self.assertEqual((reasons, len(asked)), (["mx"] * 20, 3))


if __name__ == "__main__":
    unittest.main()
