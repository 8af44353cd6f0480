# SPDX-License-Identifier: BSD-2-Clause
"""Loss, lies, death and poison: the verdict, the end in time, and nothing left behind."""
import concurrent.futures
import os
import subprocess
import sys
import unittest

try:
    from liar import Liar
except ModuleNotFoundError as missing:
    print("skipped:", missing)
    sys.exit(77)

CHECKER = os.environ["CHECKER"]
HOSTILE = 330
FAILURES = {"dns-failure", "dns-timeout"}
TIMEOUT_MS = 2000
# What a busy machine may add.
LATE_MS = 4000


class Outcome:
    """The lines of the checker: (address, reason, milliseconds), and what it left."""

    def __init__(self, output):
        lines = output.splitlines()
        self.left = dict(pair.split("=") for pair in lines.pop().split()[1:])
        self.rows = [tuple(line.split("\t")) for line in lines if "\t" in line]
        again = lines.index("again") if "again" in lines else len(lines)
        self.first, self.second = self.rows[:again], self.rows[again:]

    def reasons(self, rows=None):
        return {reason for _, reason, _ in (self.rows if rows is None else rows)}


def run(addresses, upstreams, *arguments, **options):
    settings = {"upstreams": upstreams, "timeout": "2s", "retry-after": "100ms", "max-pending": "20000"}
    settings.update((name.replace("_", "-"), value) for name, value in options.items())
    done = subprocess.run([CHECKER, *arguments, *("%s=%s" % pair for pair in settings.items())],
                          input="\n".join(addresses) + "\n", stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          encoding="utf-8", timeout=120, check=False)
    if done.returncode != 0:
        raise AssertionError("the checker ended with %d:\n%s" % (done.returncode, done.stderr[-4000:]))
    return Outcome(done.stdout)


def side_by_side(function, calls):
    """What the calls return: they wait most of the time."""
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        return list(pool.map(lambda call: function(*call), calls))


def names(kind, count=1):
    return ["u@%s%d.fault.example" % (kind, i) for i in range(count)]


class Faults(unittest.TestCase):
    def clean(self, outcome, timeout_ms=TIMEOUT_MS):
        """Nothing under way, nothing to wake for, no descriptor, no block; and all ended in time."""
        left = outcome.left
        self.assertEqual([left["pending"], left["readable"], left["descriptors"], left["blocks"]], ["0"] * 4)
        self.assertLess(max(int(elapsed) for _, _, elapsed in outcome.rows), timeout_ms + LATE_MS)
        return outcome

    ROWS = [
        ("good", {"mx"}),
        ("delay", {"mx"}),
        ("duplicate", {"mx"}),
        ("tc", {"mx"}),
        ("tc-bits", {"mx"}),
        ("tc-close", FAILURES),
        ("tc-half", FAILURES),
        ("tc-silent", FAILURES),
        ("tc-extra", FAILURES),
        ("tc-other", FAILURES),
        ("tc-short", FAILURES),
        ("id", {"dns-timeout"}),
        ("question", {"dns-timeout"}),
        ("qr", {"dns-timeout"}),
        ("source", {"dns-timeout"}),
        ("random", {"dns-timeout"}),
        ("silent", {"dns-timeout"}),
        ("id-then-good", {"mx"}),
        ("question-then-good", {"mx"}),
        ("qr-then-good", {"mx"}),
        ("source-then-good", {"mx"}),
        ("random-then-good", {"mx"}),
        ("lower", {"mx"}),
        ("lower-close", {"mx"}),
        ("lie", {"dns-failure"}),
        ("short", {"dns-failure"}),
    ]

    def test_each_fault_side_by_side_and_one_by_one(self):
        with Liar() as liar:
            rows = [(kind, reasons, arguments) for arguments in ((), ("-t", "4")) for kind, reasons in self.ROWS]
            outcomes = side_by_side(run, ((names(kind, 3), liar.address, *arguments) for kind, _, arguments in rows))
        for (kind, reasons, arguments), outcome in zip(rows, outcomes):
            with self.subTest(kind=kind, arguments=arguments):
                self.clean(outcome)
                self.assertEqual(len(outcome.rows), 3)
                self.assertLessEqual(outcome.reasons(), reasons)

    def test_faults_over_tcp(self):
        kinds = ("good", "tc-bits", "tc-close", "tc-half", "tc-silent", "tc-extra", "tc-other", "tc-short")
        with Liar() as liar:
            outcomes = side_by_side(run, ((names(kind, 3), "tcp://" + liar.address) for kind in kinds))
        for kind, outcome in zip(kinds, outcomes):
            with self.subTest(kind):
                self.clean(outcome)
                self.assertLessEqual(outcome.reasons(), {"mx"} if kind in ("good", "tc-bits") else FAILURES)

    def test_descriptors_of_the_host_are_left_alone(self):
        """Numbers that the library gave back belong to others at once; getdns alone would close them a second time."""
        kinds = [kind for kind, _ in self.ROWS]
        with Liar() as liar:
            runs = [([kind], scheme + liar.address) for scheme in ("", "tcp://") for kind in kinds]
            runs.append((kinds, liar.address))
            outcomes = side_by_side(run, (([name for kind in mixed for name in names(kind, 20)], upstream, "-o")
                                          for mixed, upstream in runs))
        for (mixed, upstream), outcome in zip(runs, outcomes):
            with self.subTest(kinds=mixed, upstream=upstream):
                self.assertEqual(self.clean(outcome).left["lost"], "0")

    def test_all_faults_at_once_do_not_touch_each_other(self):
        with Liar() as liar:
            addresses = [name for kind, _ in self.ROWS if not kind.startswith("tc") and kind != "lower-close"
                         for name in names(kind, 10)]
            outcome = self.clean(run(addresses, liar.address))
        wanted = dict(self.ROWS)
        for address, reason, _ in outcome.rows:
            kind = address[2:address.index(".")].rstrip("0123456789")
            self.assertIn(reason, wanted[kind], address)

    def test_answers_out_of_order(self):
        with Liar() as liar:
            outcome = self.clean(run(names("reorder", 30) + names("good", 30), liar.address))
        self.assertEqual(outcome.reasons(), {"mx"})

    def test_loss(self):
        def run_with_loss(loss, timeout, arguments):
            with Liar(loss=loss) as liar:
                return run(names("good", 200), liar.address, *arguments, timeout=timeout)

        calls = [(loss, timeout, arguments) for loss, timeout in ((10, "8s"), (30, "8s"), (60, "20s"))
                 for arguments in ((), ("-t", "8"))]
        for (loss, _, arguments), outcome in zip(calls, side_by_side(run_with_loss, calls)):
            with self.subTest(loss=loss, arguments=arguments):
                self.clean(outcome, 20000)
                self.assertEqual(len(outcome.rows), 200)
                lost = [row for row in outcome.rows if row[1] != "mx"]
                self.assertLessEqual(len(lost), 2 if loss == 60 else 0)

    def test_a_dead_upstream_costs_nothing(self):
        """Nothing listens there: the kernel says so at once."""
        with Liar() as liar:
            outcome = self.clean(run(names("good", 200), "127.0.0.1:1 " + liar.address))
            self.assertEqual(outcome.reasons(), {"mx"})

    def test_a_silent_upstream_is_left_alone_but_for_a_probe(self):
        """Of 300 checks one after the other few ask the one that says nothing: the first, and a probe a second."""
        with Liar(loss=100) as silent, Liar() as good:
            outcome = self.clean(run(names("good", 300), silent.address + " " + good.address, "-t", "1"))
            self.assertEqual(outcome.reasons(), {"mx"})
            slow = [row for row in outcome.rows if int(row[2]) >= 100]
            self.assertLess(len(slow), 30)

    def test_an_upstream_that_returns_is_asked_again(self):
        with Liar() as first:
            port = first.port
            self.assertEqual(run(names("good"), first.address).reasons(), {"mx"})
        self.assertEqual(run(names("good"), "127.0.0.1:%d" % port).reasons(), {"dns-failure"})
        with Liar(port=port) as second:
            self.assertEqual(run(names("good"), second.address).reasons(), {"mx"})

    def test_all_upstreams_dead_is_a_failure_in_time(self):
        """Not at once: a resolver that is being started again refuses, too."""
        outcome = self.clean(run(names("good", 50), "127.0.0.1:1 127.0.0.1:2 tcp://127.0.0.1:3"))
        self.assertEqual(outcome.reasons(), {"dns-failure"})
        self.assertGreater(min(int(elapsed) for _, _, elapsed in outcome.rows), TIMEOUT_MS / 2)

    def test_hostile_answers_are_failures_and_nothing_else(self):
        with Liar() as liar:
            for upstreams in (liar.address, "tcp://" + liar.address):
                with self.subTest(upstreams):
                    outcome = self.clean(run(names("hostile-", HOSTILE), upstreams))
                    self.assertEqual(len(outcome.rows), HOSTILE)
                    wrong = [row for row in outcome.rows if row[1] not in FAILURES]
                    self.assertEqual(wrong, [])

    def test_hostile_answers_do_not_touch_the_others(self):
        with Liar() as liar:
            outcome = self.clean(run(names("hostile-", 100) + names("good", 100), liar.address))
        self.assertEqual({row[1] for row in outcome.rows if row[0].startswith("u@good")}, {"mx"})

    def test_too_many_at_once_are_overloaded(self):
        with Liar() as liar:
            outcome = self.clean(run(names("good", 30) + names("delay", 30), liar.address, max_pending="50"))
        reasons = [reason for _, reason, _ in outcome.rows]
        self.assertEqual(reasons.count("overloaded"), 10)
        self.assertEqual(reasons.count("mx"), 50)

    def test_without_descriptors_checks_fail_in_time_and_later_ones_work(self):
        with Liar() as liar:
            for arguments in (("-d", "12"), ("-d", "12", "-t", "8")):
                with self.subTest(arguments):
                    outcome = self.clean(run(names("delay", 60), liar.address, *arguments))
                    self.assertLessEqual(outcome.reasons(outcome.first), FAILURES | {"mx", "system", "overloaded"})
                    self.assertTrue(outcome.reasons(outcome.first) - {"mx"})
                    self.assertEqual(outcome.reasons(outcome.second), {"mx"})
                    self.assertLess(int(outcome.left["cpu_ms"]), 2500)

    def test_descriptors_that_the_host_holds_lose_no_check(self):
        """Too few for another sending of each question: what is under way is waited for, the others wait in line. Every
        answer comes after the first retransmission is due."""
        with Liar() as liar:
            for label in ("delay", "good"):
                outcome = run(names(label, 400), liar.address, "-d", "424", timeout="30s", retry_after="300ms")
                self.assertEqual(outcome.reasons(outcome.first), {"mx"})
                self.assertEqual(outcome.left["descriptors"], "0")

    def test_ten_thousand_at_once_have_a_thousand_sockets(self):
        with Liar() as liar:
            outcome = self.clean(run(names("good", 10000), liar.address, timeout="60s", retry_after="5s"), 60000)
        self.assertEqual(outcome.reasons(), {"mx"})
        self.assertLess(int(outcome.left["most"]), 1000 + 20)


if __name__ == "__main__":
    unittest.main()
