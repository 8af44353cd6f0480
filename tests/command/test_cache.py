# SPDX-License-Identifier: BSD-2-Clause
"""What one run has found out, the next one knows by --cache."""
import json
import os
import tempfile
import unittest

from command import NOINPUT, run

DEAD = ("-o", "upstreams=127.0.0.1:1", "-o", "timeout=200ms", "-o", "cache-failure-ttl=5m")


class Cache(unittest.TestCase):
    def check(self, *arguments):
        done = run("rcpt", "--json", *DEAD, *arguments, "u@example.net")
        self.assertEqual((done.returncode, done.stderr), (2, b""))
        return json.loads(done.stdout)["cached"]

    def test_the_next_run_asks_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "cache")
            self.assertFalse(self.check())
            self.assertFalse(self.check("--cache", path))
            self.assertTrue(self.check("--cache", path))
            self.assertTrue(self.check("-o", "cache-file=" + path))
            self.assertFalse(self.check("--cache", path, "-o", "cache-size=1M"))
            self.assertEqual(os.listdir(folder), ["cache"])

    def test_a_file_that_cannot_be_used_says_why(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "cache")
            with open(path, "w", encoding="utf-8"):
                os.chmod(path, 0o666)
            for argument, why in ((path, b"its mode lets others in: 0600 is needed"), (folder, b"it is a directory"),
                                  (folder + "/no/cache", b"its directory does not exist")):
                with self.subTest(argument):
                    done = run("rcpt", "--cache", argument, "u@foo.invalid")
                    self.assertEqual((done.returncode, done.stdout), (NOINPUT, b""))
                    self.assertIn(why, done.stderr)
                    self.assertIn(argument.encode(), done.stderr)


if __name__ == "__main__":
    unittest.main()
