# SPDX-License-Identifier: BSD-2-Clause
"""Options for hard days: resolvers that fail, hosts and oddities that are refused. DNS is a test zone."""
import json
import os
import tempfile
import unittest

from command import run

ZONE = """
old.example NXDOMAIN
new.example NXDOMAIN
good.example MX 10 mx1.park.example
good.example MX 20 mail.good.example
park.example MX 10 mx1.park.example
literal.example MX 10 192.0.2.1
""" + "".join("fail%d.example SERVFAIL\n" % i for i in range(40))
ZONE += "".join("many.example MX 10 mx%d.park.example\n" % i for i in range(65))
FAILING = ["u@fail%d.example" % i for i in range(40)]


class HardDays(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.zone = os.path.join(cls.folder.name, "zone")
        with open(cls.zone, "w", encoding="ascii") as file:
            file.write(ZONE)

    def check(self, addresses, *options, flags=()):
        """{address: last result}, and what was logged."""
        arguments = ["rcpt", "--json", *flags, "-o", "test-zone=" + self.zone, "-o", "max-pending=1"]
        for option in options:
            arguments += ["-o", option]
        done = run(*arguments, stdin="\n".join(addresses).encode())
        results = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(len(results), len(addresses), done.stderr)
        return {result["address"]: result for result in results}, done.stderr.decode()

    def test_a_sick_resolver_is_not_believed_when_it_says_no(self):
        results, log = self.check(["u@old.example", *FAILING, "u@new.example", "u@old.example", "u@good.example"],
                                  "outage-threshold=50%", flags=("-v",))
        self.assertEqual([(results[name]["verdict"], results[name]["notes"])
                          for name in ("u@new.example", "u@old.example", "u@good.example")],
                         [("defer", ["outage"]), ("reject", []), ("accept", [])])
        self.assertEqual(results["u@new.example"]["reply"],
                         "451 4.4.3 cannot look up destination domain now, try again later")
        self.assertIn("does not believe that new.example does not exist", results["u@new.example"]["hint"])
        self.assertEqual(log.count("an outage begins: 19 of the last 20 lookups failed"), 1)

    def test_processes_that_share_a_cache_count_together(self):
        cache = ("--cache", os.path.join(self.folder.name, "cache"))
        for name in FAILING[:25]:
            self.check([name], "outage-threshold=50%", flags=cache)
        results, _ = self.check(["u@fail30.example", "u@new.example"], "outage-threshold=50%", flags=cache)
        self.assertEqual(results["u@new.example"]["notes"], ["outage"])

    def test_an_outage_is_told_as_such(self):
        done = run("rcpt", "-o", "test-zone=" + self.zone, "-o", "max-pending=1", "-o", "outage-threshold=50%", "--json",
                   *FAILING, "u@literal.example", "u@new.example")
        last = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual((last["verdict"], last["reason"], last["notes"]), ("defer", "dns-failure", ["outage"]))

    def test_without_the_option_nothing_changes(self):
        results, log = self.check([*FAILING, "u@new.example"], flags=("-v",))
        self.assertEqual(results["u@new.example"]["reason"], "no-such-domain")
        self.assertNotIn("outage", log)

    def test_a_few_failures_are_no_outage(self):
        results, _ = self.check([*FAILING[:18], "u@new.example"], "outage-threshold=1%")  # 19 lookups
        self.assertEqual(results["u@new.example"]["reason"], "no-such-domain")

    def test_hosts_are_refused_by_name(self):
        for option, address, reason, notes in (
                ("refused-hosts=mx*.park.example", "u@park.example", "mx-refused", []),
                ("refused-hosts=mx*.park.example", "u@good.example", "mx", ["mx-refused-some"]),
                ("required-hosts=.good.example", "u@park.example", "mx-refused", []),
                ("required-hosts=.good.example .park.example", "u@good.example", "mx", [])):
            with self.subTest(option=option, address=address):
                result = self.check([address], option)[0][address]
                self.assertEqual((result["reason"], result["notes"]), (reason, notes))

    def test_records_that_nobody_has_seen_refuse_nothing(self):
        """A test zone gives 64 records; there may be a host behind them that is not refused."""
        result = self.check(["u@many.example"], "refused-hosts=mx*.park.example")[0]["u@many.example"]
        self.assertEqual((result["reason"], result["notes"]), ("mx", ["mx-refused-some", "limit-reached"]))

    def test_a_list_of_thousands_of_names_is_taken_from_a_file(self):
        config = os.path.join(self.folder.name, "conf")
        with open(config, "w", encoding="ascii") as file:
            file.write("refused-hosts = " + " ".join("h%d.example.net" % i for i in range(20000)) + " .park.example\n")
        result = self.check(["u@park.example"], flags=("--config", config))[0]["u@park.example"]
        self.assertEqual(result["reason"], "mx-refused")

    def test_a_refusal_names_the_host_and_has_a_reply_of_its_own(self):
        result = self.check(["u@park.example"], "refused-hosts=.park.example")[0]["u@park.example"]
        self.assertEqual(result["reply"], "550 5.7.1 mail hosts of destination domain refused")
        self.assertEqual(result["hint"], "Use an address of another domain: this server refuses mx1.park.example, "
                                         "a mail host of park.example.")
        result = self.check(["u@park.example"], "refused-hosts=.park.example",
                            "reply.mx-refused.rcpt=550 5.7.1 not {domain}")[0]["u@park.example"]
        self.assertEqual(result["reply"], "550 5.7.1 not park.example")

    def test_notes_reject_where_the_option_names_them(self):
        result = self.check(["u@literal.example"], "reject-notes=mx-is-literal dotless")[0]["u@literal.example"]
        self.assertEqual((result["verdict"], result["reason"], result["notes"]),
                         ("reject", "note-refused", ["mx-is-literal"]))
        self.assertIn("an MX record holds an IP address", result["hint"])

    def test_an_unknown_note_is_refused_when_it_is_set(self):
        done = run("rcpt", "-o", "reject-notes=dotles", "u@good.example")
        self.assertEqual(done.returncode, 64)
        self.assertIn(b'option reject-notes refuses "dotles": there is no such note', done.stderr)


if __name__ == "__main__":
    unittest.main()
