# SPDX-License-Identifier: BSD-2-Clause
"""Verbs, flags and wrong usage."""
import json
import os
import pty
import subprocess
import tempfile
import unittest

from command import COMMAND, NOINPUT, USAGE, run


class Usage(unittest.TestCase):
    WRONG = {
        "no verb": ([], b"no verb"),
        "unknown verb": (["frob"], b"frob is not a verb"),
        "unknown flag": (["rcpt", "--frob", "<>"], b"--frob"),
        "flag without its value": (["rcpt", "-o"], b"requires an argument"),
        "-o without =": (["rcpt", "-o", "timeout", "<>"], b"NAME=VALUE"),
        "unknown option": (["rcpt", "-o", "no-such=1", "<>"], b"no-such"),
        "bad value": (["rcpt", "-o", "timeout=soon", "<>"], b"timeout"),
        "bad value after the address": (["rcpt", "<>", "-o", "timeout=soon"], b"timeout"),
        "an address without a verb": (["u@foo.invalid"], b"mxcheck explain u@foo.invalid"),
        "a domain without a verb": (["foo.invalid"], b"mxcheck explain foo.invalid"),
        "explain rcpt": (["explain", "rcpt", "u@foo.invalid"], b"mxcheck explain ADDRESS"),
        "explain sender": (["explain", "sender"], b"mxcheck explain ADDRESS"),
        "a URL": (["explain", "http://www.foo.invalid/x?y"], b": mxcheck explain www.foo.invalid\n"),
        "a URL with all its parts": (["explain", "HTTPS://u:p@foo.invalid:443#x"], b": mxcheck explain foo.invalid\n"),
        "a URL of an address literal": (["explain", "http://[::1]:80/"], b": mxcheck explain [::1]\n"),
        "a URL of an address": (["explain", "mailto:u@foo.invalid?subject=x"], b": mxcheck explain u@foo.invalid\n"),
        "options with an address": (["options", "u@foo.invalid"], b"options"),
    }

    def test_wrong_usage_exits_64_and_says_what_is_wrong(self):
        for name, (arguments, sentence) in self.WRONG.items():
            with self.subTest(name):
                done = run(*arguments)
                self.assertEqual(done.returncode, USAGE)
                self.assertIn(sentence, done.stderr)
                self.assertEqual(done.stdout, b"")

    def test_a_word_from_outside_is_escaped_in_messages(self):
        self.assertNotIn(b"\x1b", run("a\x1b[31mb").stderr)
        self.assertNotIn(b"\x1b", run("rcpt", "-o", "timeout=\x1b[31m").stderr)

    def test_what_the_library_has_escaped_is_not_escaped_again(self):
        for setting in (b"timeout=\xef", b"\xef=1"):
            with self.subTest(setting):
                said = run("rcpt", "-o", setting, "<>").stderr
                self.assertIn(b'"\\xef"', said)
                self.assertNotIn(b"x5c", said)

    def test_other_verbs_judge_a_url_as_any_bad_address(self):
        self.assertEqual(run("rcpt", "http://www.foo.invalid/").returncode, 1)

    def test_no_address_and_a_terminal_is_wrong_usage(self):
        master, slave = pty.openpty()
        try:
            done = subprocess.run([COMMAND, "rcpt"], stdin=slave, capture_output=True, timeout=30, check=False)
        finally:
            os.close(master)
            os.close(slave)
        self.assertEqual(done.returncode, USAGE)
        self.assertIn(b"no address", done.stderr)


class Flags(unittest.TestCase):
    def test_flags_may_stand_anywhere_whatever_posixly_correct_says(self):
        for environment in ({}, {"POSIXLY_CORRECT": "1"}):
            for arguments in (["--json", "rcpt", "u@foo.invalid"], ["rcpt", "--json", "u@foo.invalid"],
                              ["rcpt", "u@foo.invalid", "--json"]):
                with self.subTest(arguments=arguments, environment=environment):
                    done = run(*arguments, environment=environment)
                    self.assertEqual(json.loads(done.stdout)["reason"], "special-use")

    def test_what_follows_two_hyphens_is_an_address(self):
        self.assertEqual(run("rcpt", "--", "-q@foo.invalid").stdout.split(b"\t")[0], b"-q@foo.invalid")

    def test_help_and_version_exit_0(self):
        for arguments in (["--help"], ["-h"], ["help"], ["rcpt", "--help"]):
            with self.subTest(arguments):
                done = run(*arguments)
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                self.assertTrue(done.stdout.startswith(b"Usage: mxcheck"))
        for arguments in (["--version"], ["version"]):
            with self.subTest(arguments):
                done = run(*arguments)
                self.assertEqual(done.returncode, 0)
                self.assertRegex(done.stdout, rb"^mxcheck \d+\.\d+\.\d+\n$")


class Options(unittest.TestCase):
    def test_the_listing_is_a_configuration(self):
        listing = run("options")
        self.assertEqual(listing.returncode, 0)
        with tempfile.NamedTemporaryFile() as file:
            file.write(listing.stdout)
            file.flush()
            done = run("sender", "--config", file.name, "<>")
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_every_option_is_listed_with_default_and_help(self):
        rows = [json.loads(line) for line in run("options", "--json").stdout.splitlines()]
        defaults = {row["name"]: row["default"] for row in rows}
        self.assertEqual(defaults["timeout"], "8s")
        self.assertEqual(defaults["upstreams"], "")
        listing = run("options").stdout.decode()
        for row in rows:
            self.assertTrue(row["help"], row)
            self.assertIn("\n" + ("%s = %s" % (row["name"], row["default"])).rstrip() + "\n", listing)

    def test_the_last_setting_counts(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("address-literals = reject\n")
            file.flush()
            for arguments, status in ((["--config", file.name], 1),
                                      (["--config", file.name, "-o", "address-literals=accept"], 0),
                                      (["-o", "address-literals=accept", "--config", file.name], 1)):
                with self.subTest(arguments):
                    self.assertEqual(run("rcpt", *arguments, "u@[192.0.2.1]").returncode, status)

    def test_a_configuration_that_cannot_be_read_exits_66(self):
        done = run("rcpt", "--config", "/nonexistent/mxcheck.conf", "<>")
        self.assertEqual(done.returncode, NOINPUT)
        self.assertIn(b"/nonexistent/mxcheck.conf", done.stderr)

    def test_a_wrong_line_of_a_configuration_exits_64_and_is_named(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("timeout = 2s\ntimeout = soon\n")
            file.flush()
            done = run("rcpt", "--config", file.name, "<>")
        self.assertEqual(done.returncode, USAGE)
        self.assertIn(b"2", done.stderr.replace(file.name.encode(), b""))


if __name__ == "__main__":
    unittest.main()
