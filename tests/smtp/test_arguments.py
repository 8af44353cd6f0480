# SPDX-License-Identifier: BSD-2-Clause
"""What the example servers say to a command line that cannot be."""
import os
import subprocess
import tempfile
import unittest

USAGE, CANTCREAT, OSERR, CONFIG = 64, 73, 71, 78


class Arguments(unittest.TestCase):
    ROWS = [
        (["--help"], 0, "usage: "),
        (["--unknown"], USAGE, "usage: "),
        (["argument"], USAGE, "takes options only"),
        (["--listen", "2525"], USAGE, "ADDRESS:PORT"),
        (["--listen", "localhost:0"], USAGE, "--listen"),
        (["--listen", "127.0.0.1:x"], USAGE, "--listen"),
        (["--listen", "192.0.2.1:0"], OSERR, "cannot listen on"),
        (["--listen", "0.0.0.0:0", "--account", "a:b"], USAGE, "loopback"),
        (["--account", "user"], USAGE, "USER:PASSWORD"),
        (["--require-auth"], USAGE, "--account"),
        (["--max-size", "0"], USAGE, "--max-size"),
        (["--max-size", "-1"], USAGE, "--max-size"),
        (["--idle", "1s"], USAGE, "--idle"),
        (["--idle", "99999999999999999999"], USAGE, "--idle"),
        (["--session", "0"], USAGE, "--session"),
        (["--clients", "many"], USAGE, "--clients"),
        (["--per-network", "0"], USAGE, "--per-network"),
        (["-o", "timeout"], USAGE, "NAME=VALUE"),
        (["-o", "timeout=soon"], USAGE, "timeout"),
        (["-o", "nothing=1"], USAGE, "nothing"),
        (["--config", "/nowhere/at/all"], CONFIG, "/nowhere/at/all"),
        (["--cache", "/nowhere/at/all"], CANTCREAT, "/nowhere/at/all: its directory does not exist"),
        (["--maildir", "/dev/null/maildir"], CANTCREAT, "/dev/null/maildir"),
    ]

    def test_bad_arguments_end_it_with_a_sentence(self):
        for program in os.environ["SMTP_SERVERS"].split(":"):
            for arguments, status, text in self.ROWS:
                with self.subTest(program=os.path.basename(program), arguments=arguments), \
                        tempfile.TemporaryDirectory() as folder:
                    done = subprocess.run([program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                          stderr=subprocess.STDOUT, cwd=folder, timeout=20, check=False)
                    self.assertEqual(done.returncode, status, done.stdout)
                    self.assertIn(text, done.stdout.decode())


if __name__ == "__main__":
    unittest.main()
