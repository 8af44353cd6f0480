# SPDX-License-Identifier: BSD-2-Clause
"""The example loops: the same job on every loop, with the same output, and no work while there is nothing to do."""
import os
import resource
import shutil
import subprocess
import unittest

PROGRAMS = os.environ["LOOPS"].split(":")
UPSTREAM = os.environ["MXCHECK_TEST_UPSTREAM"]
OPTIONS = ("-o", "upstreams=" + UPSTREAM, "-o", "timeout=3s", "-o", "retry-after=300ms")
USAGE = 64

GOOD, BAD, SILENT = "u@ok-mx.mx.example", "u@nxdomain.mx.example", "u@to-all.f.mx.example"
REPLIES = {
    GOOD: "250 2.1.5 recipient ok",
    BAD: "550 5.1.1 invalid destination domain",
    SILENT: "451 4.4.3 cannot look up destination domain now, try again later",
}


def run(program, *arguments, stdin="", wrapper=()):
    return subprocess.run([*wrapper, program, *arguments], input=stdin.encode(), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120, check=False)


def lines(done):
    return sorted(done.stdout.decode().splitlines())


def on_every_loop(test):
    def run_on_every_loop(self):
        for program in PROGRAMS:
            with self.subTest(os.path.basename(program)):
                test(self, program)

    return run_on_every_loop


class Loops(unittest.TestCase):
    @on_every_loop
    def test_addresses_and_exit_status(self, program):
        for addresses, status in (([GOOD], 0), ([GOOD, BAD], 1), ([GOOD, SILENT], 2), ([SILENT, BAD], 1)):
            done = run(program, *OPTIONS, "-o", "timeout=1s", *addresses)
            self.assertEqual(done.returncode, status)
            self.assertEqual(lines(done), sorted("%s\t%s" % (each, REPLIES[each]) for each in addresses))
            self.assertEqual(done.stderr, b"")

    @on_every_loop
    def test_more_addresses_than_may_be_under_way(self, program):
        addresses = [GOOD, BAD] * 300 + ["u@%d.nowhere.mx.example" % i for i in range(300)]
        wanted = sorted("%s\t%s" % (each, REPLIES.get(each, REPLIES[BAD])) for each in addresses)
        done = run(program, *OPTIONS, "-o", "timeout=60s", "-o", "retry-after=1s", stdin="\n".join(addresses) + "\n")
        self.assertEqual(lines(done), wanted)
        self.assertEqual(done.returncode, 1)

    @on_every_loop
    def test_nothing_to_do_is_done_at_once(self, program):
        done = run(program, *OPTIONS)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))

    @on_every_loop
    def test_bad_usage_is_told(self, program):
        for arguments, text in ((["-x"], b""), (["-o", "timeout"], b"usage"), (["-o", "timeout=soon"], b"timeout"),
                                (["-o", "nothing=1"], b"nothing")):
            done = run(program, *arguments)
            self.assertEqual(done.returncode, USAGE)
            self.assertIn(text, done.stderr)

    @on_every_loop
    def test_what_is_printed_is_clean(self, program):
        done = run(program, *OPTIONS, "u\x1b[31m\n@\u00fc.invalid")
        self.assertTrue(all(32 <= octet < 127 or octet in b"\t\n" for octet in done.stdout), done.stdout)

    @on_every_loop
    def test_it_sleeps_while_it_waits(self, program):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.assertEqual(run(program, *OPTIONS, SILENT).returncode, 2)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.assertLess(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 0.5)

    @on_every_loop
    def test_nothing_leaks(self, program):
        if shutil.which("valgrind") is None:
            self.skipTest("valgrind is not installed")
        wrapper = ("valgrind", "--quiet", "--error-exitcode=9", "--leak-check=full", "--errors-for-leak-kinds=definite")
        if os.environ.get("ASAN_OPTIONS") is not None:
            self.skipTest("a sanitizer looks at it already")
        done = run(program, *OPTIONS, GOOD, BAD, "u@implicit-aaaa.mx.example", wrapper=wrapper)
        self.assertEqual(done.returncode, 1, done.stderr.decode())


if __name__ == "__main__":
    unittest.main()
