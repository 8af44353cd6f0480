# SPDX-License-Identifier: BSD-2-Clause
"""DNSSEC, as a validating unbound tells of it, of zones good and broken: believed over loopback and TLS."""
import contextlib
import fcntl
import json
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))

import namespace  # noqa: E402

try:
    import dns.flags
    import dns.message
    import dns.rcode
    import dns.rdatatype
    import dns.rrset
    from daemons import Missing, free_port, unbound
    from faultserver import Faults, FaultServer, soa_of
    from signedzones import ZONE, signed_zones
    from tlsserver import Authority
except ModuleNotFoundError as missing:
    if missing.name.split(".")[0] != "dns":
        raise
    print("skipped: python3-dnspython is not installed")
    sys.exit(77)

COMMAND = os.environ["MXCHECK"]
TRUST = ("dnssec=trust-ad",)
ELSEWHERE = "192.0.2.1"  # an address of this host that is no loopback address, in a namespace
TLS_NAME = "dns.mx.example"
# Signatures may be late by nothing at all; what failed is told in words.
STRICT = {"val-sig-skew-min": 0, "val-sig-skew-max": 0, "val-log-level": 2}
VALIDATION_ERRORS = (*range(6, 13), 25)

# A domain in signed.example, what comes of it, and what each of its answers is.
SECURE = [
    ("mx", "accept", "mx", {"MX": "records"}),
    ("nsec3", "accept", "mx", {"MX": "records"}),
    ("alias", "accept", "mx", {"MX": "records"}),
    ("a", "accept", "implicit-a", {"MX": "nodata", "A": "records"}),
    ("aaaa", "accept", "implicit-aaaa", {"MX": "nodata", "AAAA": "records"}),
    ("mail.nsec3", "accept", "implicit-a", {"MX": "nodata", "A": "records"}),
    ("null", "reject", "null-mx", {"MX": "records"}),
    ("empty", "reject", "no-records", {"MX": "nodata", "A": "nodata", "AAAA": "nodata"}),
    ("nowhere", "reject", "no-such-domain", {"MX": "nxdomain"}),
    ("nowhere.nsec3", "reject", "no-such-domain", {"MX": "nxdomain"}),
    # MX of a zone without proofs needs none; nor does AAAA where A is broken.
    ("no-proof", "accept", "mx", {"MX": "records"}),
    ("both.stripped-a", "accept", "implicit-aaaa", {"MX": "nodata", "AAAA": "records"}),
]
INSECURE = [
    ("unsigned", "accept", "mx", {"MX": "records"}),
    ("mail.unsigned", "accept", "implicit-a", {"MX": "nodata", "A": "records"}),
    ("nowhere.unsigned", "reject", "no-such-domain", {"MX": "nxdomain"}),
    ("unknown-algorithm", "accept", "mx", {"MX": "records"}),
    # From a signed zone to one that is not.
    ("alias-out", "accept", "mx", {"MX": "records"}),
    # Opt-out proves no more than that there is no signed name (RFC 5155 section 9.2).
    ("nowhere.opt-out", "reject", "no-such-domain", {"MX": "nxdomain"}),
]
# A domain, and the question whose answer fails.
BOGUS = [
    ("wrong-ds", "MX"),
    ("altered-key", "MX"),
    ("altered-mx", "MX"),
    ("expired", "MX"),
    ("unsigned-with-ds", "MX"),
    ("stripped", "MX"),
    ("stripped-mx", "MX"),
    ("stripped-key", "MX"),
    ("mail.stripped-a", "A"),
    ("no-key", "MX"),
    ("mail.no-proof", "MX"),
    ("nowhere.no-proof", "MX"),
    ("alias-broken", "MX"),
]
# Domains whose MX is signed, and what comes of them when its hosts are looked at.
HOSTS = [
    ("mx", "accept", "mx", "secure"),
    ("mx-out", "accept", "mx", "insecure"),
    ("mx-broken", "defer", "dnssec-bogus", "bogus"),
    ("mx-first-broken", "accept", "mx", "secure"),
    ("mx-gone", "reject", "mx-unresolvable", "secure"),
    ("mx-gone-out", "reject", "mx-unresolvable", "insecure"),
]
LAME = ("lame", "lame-with-ds")


def run(verb, upstreams, addresses, options, environment=None):
    arguments = [COMMAND, verb]
    for pair in ("upstreams=" + upstreams, *options):
        arguments += ["-o", pair]
    if verb == "rcpt":
        arguments.append("--json")
    done = subprocess.run([*arguments, *addresses], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=environment, timeout=60, check=False)
    if done.returncode not in (0, 1, 2) or done.stderr:
        raise AssertionError("mxcheck ended with %d: %s" % (done.returncode, done.stderr.decode()))
    return done.stdout


def check(upstreams, *addresses, options=(), environment=None, trust=TRUST):
    """A result for each address, of one context."""
    output = run("rcpt", upstreams, addresses, (*trust, *options), environment)
    results = [json.loads(line) for line in output.splitlines()]
    if not re.fullmatch(rb"[\n\x20-\x7e]*", output) or len(results) != len(addresses):
        raise AssertionError("for %d addresses: %r" % (len(addresses), output))
    return results


def explain(upstreams, address, options=()):
    return run("explain", upstreams, [address], (*TRUST, *options)).decode("ascii")


def outcomes(result):
    return {question["type"]: question["outcome"] for question in result["questions"]}


def errors(result):
    """The extended errors of the questions that have one."""
    found = {question["type"]: question["extended_error"] for question in result["questions"]}
    return {rdtype: error for rdtype, error in found.items() if error is not None}


def there(name):
    return "u@%s.%s" % (name, ZONE.rstrip("."))


def needs_namespace(test):
    return unittest.skipUnless(namespace.is_inside(), "no network namespace is allowed here")(test)


def setUpModule():
    """In a namespace, loopback comes up, and the other address with it: ip address add ADDRESS dev lo."""
    if namespace.is_inside():
        namespace.raise_loopback()
        request = struct.pack("16sH2s4s8x", b"lo:0", socket.AF_INET, b"\0\0", socket.inet_aton(ELSEWHERE))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            fcntl.ioctl(any_socket, 0x8916, request)  # SIOCSIFADDR


class Validating(unittest.TestCase):
    """Each test has an unbound of its own, so that none finds what another made it remember."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="mxcheck-dnssec-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        try:
            context = signed_zones(os.path.join(cls.folder, "zones"))
            cls.zones = context.__enter__()
        except Missing as reason:
            raise unittest.SkipTest(str(reason))
        cls.addClassCleanup(context.__exit__, None, None, None)
        faults = Faults()
        for name in LAME:
            faults.add_tree("%s.%s" % (name, ZONE), "refused")
        cls.lame = FaultServer(faults).start()
        cls.addClassCleanup(cls.lame.stop)

    def resolver(self, settings=None, **more):
        """An unbound; gives its address."""
        authorities = dict.fromkeys(self.zones.zones, self.zones.port)
        authorities.update(("%s.%s" % (name, ZONE), self.lame.port) for name in LAME)
        try:
            daemon = unbound(self.folder, authorities, anchors=[self.zones.anchor],
                             settings=dict(STRICT, **settings or {}), **more)
        except Missing as reason:
            self.skipTest(str(reason))
        self.addCleanup(daemon.stop)
        return "127.0.0.1:%d" % daemon.port

    def relay(self, address, host):
        """The same resolver at another address of this host."""
        server = FaultServer(Faults(), int(address.rsplit(":", 1)[1]), host=host).start()
        self.addCleanup(server.stop)
        return "[%s]:%d" % (host, server.port) if ":" in host else server.address

    def certificate(self):
        """A certificate for TLS_NAME, and an environment in which it is believed."""
        try:
            authority = Authority(os.path.join(self.folder, "authority"))
        except Missing as reason:
            self.skipTest(str(reason))
        environment = dict(os.environ, SSL_CERT_FILE=authority.certificate)
        environment.pop("SSL_CERT_DIR", None)
        return authority.issue(TLS_NAME), environment

    def assert_rows(self, rows, state, results):
        for (name, verdict, reason, said), result in zip(rows, results):
            with self.subTest(name):
                self.assertEqual((result["verdict"], result["reason"], result["dnssec"]), (verdict, reason, state))
                self.assertEqual({**outcomes(result), **said}, outcomes(result))

    def assert_bogus(self, result, rdtype="MX"):
        self.assertEqual((result["verdict"], result["reason"], result["dnssec"]), ("defer", "dnssec-bogus", "bogus"))
        self.assertEqual(result["reply"][:9], "450 4.4.3" if result["role"] == "sender" else "451 4.4.3")
        self.assertEqual(outcomes(result)[rdtype], "bogus")
        self.assertIn(errors(result)[rdtype]["code"], VALIDATION_ERRORS)

    def test_what_a_signed_zone_says_and_denies_is_secure(self):
        resolver = self.resolver()
        self.assert_rows(SECURE, "secure", check(resolver, *[there(row[0]) for row in SECURE]))

    def test_what_nobody_signed_is_insecure(self):
        resolver = self.resolver()
        self.assert_rows(INSECURE, "insecure", check(resolver, *[there(row[0]) for row in INSECURE]))

    def test_each_way_to_break_a_zone_is_bogus_and_told_in_words(self):
        results = check(self.resolver(), *[there(name) for name, _ in BOGUS])
        for (name, rdtype), result in zip(BOGUS, results):
            with self.subTest(name):
                self.assert_bogus(result, rdtype)
                error = errors(result)[rdtype]
                self.assertIn("validation failure", error["text"])
                self.assertTrue(error["name"])

    def test_a_story_tells_code_and_text(self):
        resolver = self.resolver()
        text = explain(resolver, there("wrong-ds"))
        self.assertRegex(text, r"EDE ([6-9]|1[0-2])\b")
        self.assertIn("validation failure", text)
        self.assertIn("dnssec-bogus", text)
        self.assertNotIn("EDE", explain(resolver, there("mx")))

    def test_what_was_bogus_a_moment_ago_is_bogus(self):
        """Asked again, unbound tells it in fewer words, out of its cache; and the context out of its own."""
        resolver = self.resolver()
        for _ in range(3):
            for name, rdtype in BOGUS:
                with self.subTest(name):
                    self.assert_bogus(check(resolver, there(name))[0], rdtype)
        first, second = check(resolver, there("wrong-ds"), there("wrong-ds"))
        self.assertTrue(second["cached"])
        for key in ("verdict", "reason", "dnssec", "reply"):
            self.assertEqual(second[key], first[key])
        self.assertEqual(errors(second), errors(first))

    def test_what_is_remembered_is_as_secure_as_it_was(self):
        resolver = self.resolver()
        names = ["mx", "a", "empty", "unsigned", "mail.unsigned", "nowhere", "nowhere.opt-out"]
        results = check(resolver, *[there(name) for name in names * 2])
        for first, second in zip(results, results[len(names):]):
            with self.subTest(first["domain"]):
                self.assertEqual((first["cached"], second["cached"]), (False, True))
                self.assertEqual(second["dnssec"], first["dnssec"])

    def test_name_servers_that_fail_are_a_failure_of_dns(self):
        for result in check(self.resolver(), *[there(name) for name in LAME]):
            with self.subTest(result["domain"]):
                self.assertEqual((result["verdict"], result["reason"], result["dnssec"]),
                                 ("defer", "dns-failure", "unknown"))

    def test_a_resolver_whose_clock_is_wrong_finds_all_bogus(self):
        for date in ("20000101000000", "20400101000000"):
            with self.subTest(date):
                resolver = self.resolver({"val-override-date": date})
                for result in check(resolver, there("mx"), there("nowhere")):
                    self.assert_bogus(result)

    def test_without_the_option_failures_alone_are_known(self):
        resolver = self.resolver()
        rows = SECURE + INSECURE
        for option in (["dnssec=off"], []):
            with self.subTest(option):
                results = check(resolver, *[there(row[0]) for row in rows], trust=option)
                self.assert_rows(rows, "unknown", results)
                for name, rdtype in BOGUS:
                    self.assert_bogus(check(resolver, there(name), trust=option)[0], rdtype)

    def test_hosts_count_where_they_are_looked_at(self):
        resolver = self.resolver()
        addresses = [there(row[0]) for row in HOSTS]
        for result in check(resolver, *addresses):
            with self.subTest(result["domain"]):
                self.assertEqual((result["reason"], result["dnssec"]), ("mx", "secure"))
        options = ["depth=targets", "forbidden-networks=none"]
        for (name, *expected), result in zip(HOSTS, check(resolver, *addresses, options=options)):
            with self.subTest(name):
                self.assertEqual([result["verdict"], result["reason"], result["dnssec"]], expected)

    def assert_states(self, upstreams, secure, insecure, environment=None):
        names = [there(name) for name in ("mx", "a", "nowhere", "unsigned")]
        results = check(upstreams, *names, environment=environment)
        self.assertEqual([result["reason"] for result in results], ["mx", "implicit-a", "no-such-domain", "mx"])
        self.assertEqual([result["dnssec"] for result in results], [secure, secure, secure, insecure])

    def test_a_resolver_on_loopback_is_believed(self):
        resolver = self.resolver()
        self.assert_states("udp://" + resolver, "secure", "insecure")
        self.assert_states("tcp://" + resolver, "secure", "insecure")
        self.assert_states(self.relay(resolver, "127.0.0.2"), "secure", "insecure")

    @needs_namespace
    def test_a_resolver_on_loopback_over_ipv6_is_believed(self):
        self.assert_states(self.relay(self.resolver(), "::1"), "secure", "insecure")

    @needs_namespace
    def test_a_resolver_elsewhere_is_not_believed(self):
        resolver = self.resolver()
        elsewhere = self.relay(resolver, ELSEWHERE)
        self.assert_states(elsewhere, "unknown", "unknown")
        self.assert_states("tcp://" + elsewhere, "unknown", "unknown")
        self.assert_bogus(check(elsewhere, there("wrong-ds"))[0])  # a failure is told by whomever

    @needs_namespace
    def test_who_answered_is_what_counts(self):
        """One upstream is dead, and the other answers for both."""
        resolver = self.resolver()
        elsewhere = self.relay(resolver, ELSEWHERE)
        self.assert_states("127.0.0.1:%d %s" % (free_port(), elsewhere), "unknown", "unknown")
        self.assert_states("%s:%d %s" % (ELSEWHERE, free_port(), resolver), "secure", "insecure")

    def test_a_resolver_over_tls_is_believed(self):
        certificate, environment = self.certificate()
        resolver = self.resolver(certificate=certificate)
        self.assert_states("tls://%s#%s" % (resolver, TLS_NAME), "secure", "insecure", environment)

    @needs_namespace
    def test_a_resolver_elsewhere_is_believed_over_tls(self):
        certificate, environment = self.certificate()
        port = self.resolver(certificate=certificate, addresses=[ELSEWHERE]).rsplit(":", 1)[1]
        upstream = "tls://%s:%s#" % (ELSEWHERE, port)
        self.assert_states(upstream + TLS_NAME, "secure", "insecure", environment)
        self.assert_bogus(check(upstream + TLS_NAME, there("wrong-ds"), environment=environment)[0])
        result, = check(upstream + "other.mx.example", there("mx"), environment=environment)
        self.assertEqual((result["reason"], result["dnssec"]), ("dns-failure", "unknown"))


def option(code, text=b"", length=None):
    """An Extended DNS Error (RFC 8914 section 2), as an option of EDNS; `length`: what it says of itself, wrongly."""
    data = struct.pack("!H", code) + text
    return struct.pack("!HH", 15, len(data) if length is None else length) + data


class Teller(FaultServer):
    """Answers NAME.t.example as it is told, for each type: RCODE, whether AD, a record or none, octets of options."""

    def __init__(self, host="127.0.0.1"):
        super().__init__(Faults(), host=host)
        self.rows = {}
        self.flags = []

    def tell(self, name, rcode="NOERROR", ad=False, record=None, options=b"", rdtype="*"):
        """record: the data of one of the type that is asked for, or "CNAME name." """
        self.rows[name, rdtype] = (rcode, ad, record, options)

    async def handle(self, wire, is_tcp):
        query = dns.message.from_wire(wire)
        question = query.question[0]
        self.flags.append(query.flags)
        rdtype = dns.rdatatype.to_text(question.rdtype)
        name = question.name.labels[0].decode().lower()
        rcode, ad, record, options = self.rows.get((name, rdtype)) or self.rows[name, "*"]
        reply = dns.message.make_response(query, recursion_available=True)
        reply.use_edns(False)
        reply.set_rcode(dns.rcode.from_text(rcode))
        reply.flags |= dns.flags.AD if ad else 0
        if record is not None:
            kind, data = record.split(" ", 1) if record.startswith("CNAME ") else (rdtype, record)
            reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, data))
        elif rcode in ("NOERROR", "NXDOMAIN"):
            reply.authority.append(soa_of(question.name))
        head = bytearray(reply.to_wire(max_size=65535))
        head[11] += 1  # the count of additional records
        return bytes(head) + struct.pack("!BHHIH", 0, dns.rdatatype.OPT, 1232, 0, len(options)) + options


class Told(unittest.TestCase):
    """What a resolver may say beside its answer, well and badly."""

    NAMES = {0: "Other Error", 3: "Stale Answer", 5: "DNSSEC Indeterminate", 6: "DNSSEC Bogus", 7: "Signature Expired",
             8: "Signature Not Yet Valid", 9: "DNSKEY Missing", 10: "RRSIGs Missing", 11: "No Zone Key Bit Set",
             12: "NSEC Missing", 13: "Cached Error", 15: "Blocked", 22: "No Reachable Authority"}
    TEXTS = {
        "controls": b"a\0b\x01\x1b[31mred\r\n\t\x7f\x9b end",
        "quotes": b"\"quoted\" 'so' \\back\\ {id} %s </script>",
        "not-utf8": b"\xff\xfe\xc3(\xed\xa0\x80\xf4\x90\x80\x80 end",
        "utf8": "schl\u00fcssel \u202e fehlt \U0001f512".encode(),
        "long": b"0123456789" * 50,
        "long-controls": b"\x01" * 500,
        "long-utf8": "\u00fc".encode() * 250,
        "long-utf8-odd": b"x" + "\u20ac".encode() * 160,
        "long-not-utf8": b"\xff" * 500,
        "ends-with-nul": b"expired\0",
        "empty": b"",
    }
    OPTIONS = {
        "code-cut": struct.pack("!HHB", 15, 1, 0),
        "code-missing": struct.pack("!HH", 15, 0),
        "beyond-the-record": option(9, b"text", length=200),
        "just-beyond": option(9, b"text", length=7),
        "head-cut": option(0) + b"\0\x0f\0",
        "head-of-the-second-cut": option(9) + b"\0",
    }

    def setUp(self):
        self.server = Teller().start()
        self.addCleanup(self.server.stop)

    def check(self, *names):
        return check(self.server.address, *["u@%s.t.example" % name for name in names], options=["timeout=3s"])

    def explain(self, name):
        text = explain(self.server.address, "u@%s.t.example" % name, ["timeout=3s"])
        self.assertRegex(text, r"\A[\n\x20-\x7e]*\Z")
        return text

    def test_a_failure_of_validation_is_final_where_validation_is_asked_for(self):
        """Another upstream may not validate at all: without the option it is asked, as after any failure."""
        other = Teller().start()
        self.addCleanup(other.stop)
        self.server.tell("bogus", "SERVFAIL", options=option(6))
        other.tell("bogus", record="10 mail.t.example.")
        upstreams = self.server.address + " " + other.address
        address = "u@bogus.t.example"
        self.assertEqual(check(upstreams, address)[0]["reason"], "dnssec-bogus")
        self.assertEqual(check(upstreams, address, trust=("dnssec=off",))[0]["reason"], "mx")

    def test_a_failure_of_validation_is_bogus_and_no_other_failure(self):
        codes = [*range(31), 255, 256 + 9, 49152, 65535]
        for code in codes:
            self.server.tell("e%d" % code, "SERVFAIL", options=option(code))
        for code, result in zip(codes, self.check(*["e%d" % code for code in codes])):
            with self.subTest(code):
                expected = ("dnssec-bogus", "bogus") if code in VALIDATION_ERRORS else ("dns-failure", "unknown")
                self.assertEqual((result["verdict"], result["reason"], result["dnssec"]), ("defer", *expected))
                self.assertEqual(errors(result)["MX"]["code"], code)

    def test_errors_have_the_names_that_iana_gave_them(self):
        for code, name in self.NAMES.items():
            with self.subTest(code):
                self.server.tell("e%d" % code, "SERVFAIL", options=option(code, b"why"))
                error = errors(self.check("e%d" % code)[0])["MX"]
                self.assertEqual((error["name"].lower(), error["text"]), (name.lower(), "why"))
                self.assertRegex(self.explain("e%d" % code), r"EDE %d\b.*why" % code)

    def test_an_answer_is_an_answer_whatever_is_said_beside_it(self):
        for code in (3, 6, 9, 15, 22):
            with self.subTest(code):
                self.server.tell("good", record="10 mail.t.example.", options=option(code, b"beside"))
                self.server.tell("gone", "NXDOMAIN", options=option(code, b"beside"))
                self.server.tell("none", options=option(code, b"beside"))
                results = self.check("good", "gone", "none")
                self.assertEqual([result["reason"] for result in results], ["mx", "no-such-domain", "no-records"])
                for result in results:
                    self.assertEqual(result["dnssec"], "insecure")
                    self.assertEqual(errors(result)["MX"]["code"], code)
                self.assertRegex(self.explain("good"), r"EDE %d\b.*beside" % code)

    def test_a_refusal_is_not_bogus(self):
        for rcode in ("REFUSED", "NOTIMP", "FORMERR"):
            with self.subTest(rcode):
                self.server.tell("x", rcode, options=option(9))
                result, = self.check("x")
                self.assertEqual((result["verdict"], result["reason"]), ("defer", "dns-failure"))
                self.assertNotEqual(result["dnssec"], "bogus")

    def test_a_text_is_json_and_printable_whatever_it_holds(self):
        for rcode in ("SERVFAIL", "NOERROR"):
            for name, text in self.TEXTS.items():
                with self.subTest(name, rcode=rcode):
                    record = "10 mail.t.example." if rcode == "NOERROR" else None
                    self.server.tell(name, rcode, record=record, options=option(7, text))
                    result, = self.check(name)
                    self.assertEqual(result["reason"], "mx" if record else "dnssec-bogus")
                    error = errors(result)["MX"]
                    self.assertEqual(error["code"], 7)
                    self.assertNotRegex(error["text"], r"[\0\ud800-\udfff]")
                    self.assertIn("EDE 7", self.explain(name))

    def test_a_text_is_told_to_the_letter_where_it_is_plain(self):
        plain = b"signature expired from 192.0.2.53 for key t.example."
        self.server.tell("plain", "SERVFAIL", options=option(7, plain))
        self.assertEqual(errors(self.check("plain")[0])["MX"]["text"], plain.decode())
        self.assertIn(plain.decode(), self.explain("plain"))

    def test_a_text_may_end_with_nul(self):
        """RFC 8914 section 2: it may be null-terminated."""
        self.server.tell("x", "SERVFAIL", options=option(7, b"expired\0"))
        self.assertEqual(errors(self.check("x")[0])["MX"]["text"], "expired")

    def test_a_failure_says_nothing_of_signatures(self):
        self.server.tell("x", "SERVFAIL")
        result, = self.check("x")
        self.assertEqual([question["dnssec"] for question in result["questions"]], ["unknown"])

    def test_an_option_that_is_cut_short_tells_nothing_and_breaks_nothing(self):
        for name, octets in self.OPTIONS.items():
            with self.subTest(name):
                self.server.tell(name, "SERVFAIL", options=octets)
                result, = self.check(name)
                self.assertEqual(result["verdict"], "defer")
                if name != "head-of-the-second-cut":
                    self.assertIn(result["reason"], ("dns-failure", "dns-timeout"))
                    self.assertEqual(errors(result), {})
                    self.assertNotIn("EDE", self.explain(name))

    def test_of_two_errors_the_one_of_validation_counts(self):
        for first, second in ((9, 22), (22, 9), (13, 6), (6, 13)):
            with self.subTest((first, second)):
                name = "e%d-%d" % (first, second)
                self.server.tell(name, "SERVFAIL", options=option(first, b"one") + option(second, b"two"))
                result, = self.check(name)
                self.assertEqual((result["reason"], result["dnssec"]), ("dnssec-bogus", "bogus"))
                self.assertIn(errors(result)["MX"]["code"], VALIDATION_ERRORS)
                self.assertRegex(self.explain(name), r"EDE %d\b" % min(first, second))

    def test_other_options_beside_an_error_do_not_hide_it(self):
        cookie = struct.pack("!HH", 10, 16) + bytes(16)
        padding = struct.pack("!HH", 12, 40) + bytes(40)
        for name, octets in (("before", cookie + padding + option(9)), ("after", option(9) + padding + cookie)):
            with self.subTest(name):
                self.server.tell(name, "SERVFAIL", options=octets)
                self.assertEqual(self.check(name)[0]["reason"], "dnssec-bogus")

    def test_an_answer_is_as_secure_as_the_least_of_its_parts(self):
        for mx, a, state in ((True, True, "secure"), (True, False, "insecure"), (False, True, "insecure"),
                             (False, False, "insecure")):
            with self.subTest((mx, a)):
                self.server.tell("host", ad=mx)
                self.server.tell("host", ad=a, record="192.0.2.10", rdtype="A")
                result, = self.check("host")
                self.assertEqual((result["reason"], result["dnssec"]), ("implicit-a", state))
        for aaaa, state in ((True, "secure"), (False, "insecure")):
            with self.subTest(aaaa):
                self.server.tell("none", ad=True)
                self.server.tell("none", ad=aaaa, rdtype="AAAA")
                result, = self.check("none")
                self.assertEqual((result["reason"], result["dnssec"]), ("no-records", state))

    def test_an_alias_that_the_resolver_did_not_follow_is_a_part(self):
        for alias, target, state in ((True, True, "secure"), (True, False, "insecure"), (False, True, "insecure")):
            with self.subTest((alias, target)):
                self.server.tell("alias", ad=alias, record="CNAME target.t.example.")
                self.server.tell("target", ad=target, record="10 mail.t.example.")
                result, = self.check("alias")
                self.assertEqual((result["reason"], result["dnssec"]), ("mx", state))

    def test_the_bit_is_asked_for_where_it_is_read(self):
        self.server.tell("x", record="10 mail.t.example.")
        for trust, is_asked in ((TRUST, True), (["dnssec=off"], False)):
            with self.subTest(trust):
                self.server.flags.clear()
                check(self.server.address, "u@x.t.example", trust=trust)
                self.assertEqual({bool(flags & dns.flags.AD) for flags in self.server.flags}, {is_asked})

    def test_a_failure_is_not_secure_for_its_bit(self):
        self.server.tell("x", "SERVFAIL", ad=True)
        result, = self.check("x")
        self.assertEqual((result["reason"], result["dnssec"]), ("dns-failure", "unknown"))

    @needs_namespace
    def test_the_bit_of_a_stranger_is_worth_nothing(self):
        self.server = Teller(ELSEWHERE).start()
        self.addCleanup(self.server.stop)
        self.server.tell("good", ad=True, record="10 mail.t.example.")
        self.server.tell("bad", "SERVFAIL", options=option(9, b"says a stranger"))
        self.server.tell("worse", "SERVFAIL", ad=True, options=option(22))
        good, bad, worse = self.check("good", "bad", "worse")
        self.assertEqual((good["reason"], good["dnssec"]), ("mx", "unknown"))
        self.assertEqual((bad["reason"], bad["dnssec"]), ("dnssec-bogus", "bogus"))
        self.assertEqual((worse["reason"], worse["dnssec"]), ("dns-failure", "unknown"))


if __name__ == "__main__":
    if not namespace.is_inside():
        # Without a namespace, all runs but what needs a second address.
        with contextlib.redirect_stdout(None):
            status = namespace.run_again(["--net"], ["true"])
        if status != 77:
            sys.exit(status)
    unittest.main()
