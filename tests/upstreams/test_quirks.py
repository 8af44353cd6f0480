# SPDX-License-Identifier: BSD-2-Clause
"""Upstreams that fail EDNS, or make something of the letter case of a name: good mail is accepted, and soon without
losing a wait."""
import concurrent.futures
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))

try:
    from host import host
    from scripted import Scripted
except ModuleNotFoundError as missing:
    print("skipped:", missing)
    sys.exit(77)

OPTIONS = ("cache-size=0", "timeout=4s", "retry-after=200ms")
TARGETS = ("depth=targets", "forbidden-networks=none")
# Of each name: its reason at depth = records, and = targets. Digits behind a name make another one of its kind.
TRUTH = {"mx": ("mx", "mx"), "a": ("implicit-a", "implicit-a"), "aaaa": ("implicit-aaaa", "implicit-aaaa"),
         "txt": ("no-records", "no-records"), "nx": ("no-such-domain", "no-such-domain"),
         "dead": ("mx", "mx-unresolvable"), "sf": ("dns-failure", "dns-failure")}
CASES = ("nxdomain", "nodata", "empty", "servfail", "refused", "silent", "nomx", "lower", "upper")
EDNS = ("formerr", "notimp", "servfail", "badvers", "silent", "bare")


class Quirks(unittest.TestCase):
    def check(self, labels, upstreams, options=OPTIONS, kind="blocking"):
        """The reasons, one check after the other in one context."""
        with host(kind, upstreams, options=options) as check:
            reasons = []
            for i, label in enumerate(labels):
                suffix = "" if label == "mail" else str(i)
                reasons.append(check("u@%s%s.quirk.example" % (label, suffix))[0])
            return reasons

    def truth_of(self, habits, depth, kind):
        """What is said of each name, with an upstream of these habits."""
        with Scripted(**habits) as server:
            return self.check(TRUTH, server.address, OPTIONS + (TARGETS if depth else ()), kind)

    def expect_truth(self, *rows):
        """Everything is as with an upstream that has no quirk. The rows wait side by side."""
        calls = [(habits, depth, kind) for habits in rows for depth in (0, 1) for kind in ("blocking", "async")]
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            outcomes = pool.map(lambda call: self.truth_of(*call), calls)
        for (habits, depth, kind), reasons in zip(calls, outcomes, strict=True):
            with self.subTest(**habits, depth=depth, kind=kind):
                self.assertEqual(dict(zip(TRUTH, reasons, strict=True)),
                                 {label: row[depth] for label, row in TRUTH.items()})

    def test_no_quirk(self):
        self.expect_truth({})

    def test_letter_case(self):
        self.expect_truth(*({"case": case} for case in CASES))

    def test_letter_case_with_tcp_closed(self):
        self.expect_truth(*({"case": case, "tcp": tcp} for case in ("lower", "upper")
                            for tcp in ("closed", "silent", "reset")))

    def test_edns(self):
        self.expect_truth(*({"edns": edns} for edns in EDNS))

    def test_edns_and_letter_case(self):
        self.expect_truth(*({"edns": edns, "case": case, "tcp": "closed"} for edns, case in (
            ("formerr", "lower"), ("silent", "nxdomain"), ("servfail", "servfail"))))

    def test_large_answers_come_by_tcp_without_edns(self):
        for edns in EDNS:
            with self.subTest(edns), Scripted(edns=edns) as server:
                self.assertEqual(self.check(["large", "big"], server.address), ["mx", "mx"])
                self.assertEqual(self.check(["large", "big"], "tcp://" + server.address), ["mx", "mx"])

    def test_letter_case_is_an_option(self):
        for case in CASES:
            with self.subTest(case), Scripted(case=case) as server:
                self.assertEqual(self.check(["mx", "a", "txt"], server.address, OPTIONS + ("letter-case=lower",)),
                                 ["mx", "implicit-a", "no-records"])
                self.assertEqual([name for _, _, name, _ in server.asked],
                                 [name.canonicalize() for _, _, name, _ in server.asked])

    def test_random_letter_case_is_the_default(self):
        with Scripted() as server:
            self.check(["mx"] * 10, server.address)
            self.assertTrue(any(name != name.canonicalize() or any(label != label.lower() for label in name.labels)
                                for _, _, name, _ in server.asked))

    def test_a_quirk_costs_one_question_more_and_no_wait(self):
        """After a first check has found it out. A wait would be over after 4 s, and the check is given 3."""
        options = ("cache-size=0", "timeout=3s", "retry-after=4s")
        for habit in ({"case": case} for case in CASES if case != "silent"):
            self.expect_cheap(options, **habit)
        for habit in ({"edns": edns} for edns in EDNS if edns != "silent"):
            self.expect_cheap(options, **habit)

    def test_silence_is_a_quirk_that_is_remembered(self):
        """The first check waits once."""
        for habit in ({"edns": "silent"}, {"case": "silent"}):
            self.expect_cheap(("cache-size=0", "timeout=3s", "retry-after=300ms"), **habit)

    def expect_cheap(self, options, **habit):
        with self.subTest(**habit), Scripted(**habit) as server, host("blocking", server.address,
                                                                      options=options) as check:
            self.assertEqual(check("u@mx0.quirk.example")[0], "mx")
            before = len(server.asked)
            for i in range(1, 6):
                self.assertEqual(check("u@mx%d.quirk.example" % i)[0], "mx")
            self.assertLessEqual(len(server.asked) - before, 10)

    def test_a_quirk_is_forgotten_when_it_is_gone(self):
        for habit in ({"case": "servfail"}, {"edns": "formerr"}):
            with self.subTest(**habit), Scripted(**habit) as server, host("blocking", server.address,
                                                                          options=OPTIONS) as check:
                self.assertEqual(check("u@mx0.quirk.example")[0], "mx")
                server.case = server.edns = ""
                self.assertEqual(check("u@mx1.quirk.example")[0], "mx")
                before = len(server.asked)
                for i in range(2, 7):
                    self.assertEqual(check("u@mx%d.quirk.example" % i)[0], "mx")
                self.assertLess(len(server.asked) - before, 10)  # five, and what a slow machine sends again

    def test_one_that_refuses_what_is_too_much_is_asked_again(self):
        """As dnsmasq does beyond 150 questions under way."""
        with Scripted() as server:
            served, refused = server.reply_to, []

            def refuse(wire, is_tcp):
                if len(refused) < 2:
                    refused.append(wire)
                    return wire[:2] + b"\x81\x85" + wire[4:]
                return served(wire, is_tcp)

            server.reply_to = refuse
            for kind in ("blocking", "async"):
                refused.clear()
                self.assertEqual(self.check(["mx"], server.address, kind=kind), ["mx"])

    def test_the_second_upstream_stands_in(self):
        with Scripted(edns="formerr", case="nxdomain") as first, Scripted() as second:
            self.assertEqual(self.check(TRUTH, first.address + " " + second.address),
                             [row[0] for row in TRUTH.values()])

    def test_an_empty_message_is_not_believed_alone(self):
        """A broken server's habit, instead of a failure."""
        with Scripted(empty=("mx", "a", "txt")) as broken, Scripted() as good, Scripted(empty=("mx", "a", "txt")) as same:
            self.assertEqual(self.check(["mx", "a", "txt"], broken.address + " " + good.address),
                             ["mx", "implicit-a", "no-records"])
            self.assertEqual(self.check(["mx", "a"], broken.address + " " + same.address), ["no-records"] * 2)
            self.assertEqual(self.check(["mx", "a"], broken.address), ["no-records"] * 2)

    def test_an_empty_message_does_not_count_beside_a_failure(self):
        with Scripted(empty=("sf",)) as broken, Scripted() as honest:
            for upstreams in (broken.address + " " + honest.address, honest.address + " " + broken.address):
                self.assertEqual(self.check(["sf"], upstreams), ["dns-failure"])

    def test_an_empty_message_counts_where_nobody_else_answers(self):
        """The second upstream is dead or silent: what the first one says is not held up for long."""
        with Scripted(empty=("txt",)) as first, Scripted(edns="silent", case="silent", tcp="silent") as silent:
            silent.reply_to = lambda wire, is_tcp: None
            for second in ("127.0.0.1:1", silent.address):
                with self.subTest(second):
                    self.assertEqual(self.check(["txt", "a", "mx"], first.address + " " + second),
                                     ["no-records", "implicit-a", "mx"])


if __name__ == "__main__":
    unittest.main()
