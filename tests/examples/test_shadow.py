# SPDX-License-Identifier: BSD-2-Clause
"""shadow-policy: a trial beside the policy in force, over one cache."""
import os
import subprocess
import unittest

PROGRAM = os.environ["SHADOW"]
UPSTREAM = os.environ["MXCHECK_TEST_UPSTREAM"]


def run(*arguments, stdin=""):
    return subprocess.run([PROGRAM, *arguments], input=stdin.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60, check=False)


class Shadow(unittest.TestCase):
    def test_where_the_trial_differs_is_told_and_costs_no_question(self):
        done = run("-o", "upstreams=" + UPSTREAM, "-t", "null-mx=accept", "-t", "implicit-mx=none",
                   stdin="u@ok-mx.mx.example\nu@null-mx.mx.example\nu@implicit-a.mx.example\n\nu@\x01\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.decode().splitlines(), [
            "u@ok-mx.mx.example\t250 2.1.0 sender ok",
            "u@null-mx.mx.example\t550 5.7.27 sender domain accepts no mail\t250 2.1.0 sender ok",
            "u@implicit-a.mx.example\t250 2.1.0 sender ok\t550 5.1.1 invalid domain",
            "\t250 2.1.0 sender ok",
            "u@\\x01\t553 5.1.7 bad sender address syntax",
        ])
        self.assertRegex(done.stderr.decode(), r"^5 checked, 2 differ; [3-9] questions for the policy in force, "
                                               r"0 more for the trial\n$")

    def test_bad_arguments_are_refused(self):
        for arguments in (["-o", "timeout"], ["-t", "null-mx=maybe"], ["-x"]):
            with self.subTest(arguments):
                self.assertEqual(run(*arguments).returncode, 64)


if __name__ == "__main__":
    unittest.main()
