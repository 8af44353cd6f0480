# SPDX-License-Identifier: BSD-2-Clause
"""Addresses from files and from standard input."""
import subprocess
import tempfile
import unittest

from command import COMMAND, DATAERR, NOINPUT, fields, run

LINE_MAX = 1048576


def reasons(done):
    return [fields(line)[2] for line in done.stdout.splitlines()]


class Input(unittest.TestCase):
    LIST = b"# a comment\n\n  \t\r\nu@foo.invalid\r\n \tu@[192.0.2.1] \n<>\nu@192.0.2.1"
    REASONS = ["special-use", "address-literal", "bad-address", "bad-address"]

    def test_standard_input_is_read_when_there_is_no_address(self):
        for arguments in (["rcpt"], ["rcpt", "-f", "-"], ["rcpt", "--file=-"]):
            with self.subTest(arguments):
                done = run(*arguments, stdin=self.LIST)
                self.assertEqual(reasons(done), self.REASONS)
                self.assertEqual((done.returncode, done.stderr), (1, b""))

    def test_files_follow_the_addresses_of_the_command_line(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(self.LIST)
            file.flush()
            done = run("rcpt", "-f", file.name, "postmaster", "-f", "-", stdin=b"u@foo.invalid\n")
        self.assertEqual(reasons(done), ["postmaster", *self.REASONS, "special-use"])

    def test_an_address_leaves_standard_input_alone(self):
        self.assertEqual(reasons(run("rcpt", "postmaster", stdin=self.LIST)), ["postmaster"])

    def test_no_line_at_all_is_success(self):
        for content in (b"", b"\n\n", b"# nothing\n"):
            with self.subTest(content):
                done = run("rcpt", stdin=content)
                self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))

    def test_a_file_that_cannot_be_read_exits_66_and_the_next_is_read(self):
        for path in ("/nonexistent/list.txt", "/"):
            with self.subTest(path):
                done = run("rcpt", "-f", path, "-f", "-", stdin=b"u@foo.invalid\n")
                self.assertEqual(done.returncode, NOINPUT)
                self.assertIn(b"cannot read " + path.encode(), done.stderr)
                self.assertEqual(reasons(done), ["special-use"])

    def test_a_closed_standard_input_exits_66(self):
        done = subprocess.run(["/bin/sh", "-c", 'exec "$0" rcpt <&-', COMMAND], capture_output=True, timeout=30,
                              check=False)
        self.assertEqual(done.returncode, NOINPUT)


class OddLines(unittest.TestCase):
    def test_a_byte_order_mark_at_the_head_is_no_part_of_an_address(self):
        """Editors of some systems put one there."""
        for content in (b"\xef\xbb\xbfu@foo.invalid\n<>\n", b"\xef\xbb\xbf# a comment\r\nu@foo.invalid\r\n<>\r\n"):
            with self.subTest(content):
                self.assertEqual(reasons(run("rcpt", stdin=content)), ["special-use", "bad-address"])
        self.assertEqual(fields(run("rcpt", stdin=b"\xef\xbb\xbfu@foo.invalid").stdout)[0], "u@foo.invalid")
        self.assertNotEqual(fields(run("rcpt", stdin=b"<>\n\xef\xbb\xbfu@foo.invalid").stdout.splitlines()[1])[0],
                            "u@foo.invalid")

    def test_a_line_with_nul_is_told_and_the_next_is_checked(self):
        done = run("rcpt", stdin=b"u@[192.0.2.1]\nu@[192.0.2.1]\0@foo.invalid\nu@foo.invalid\n")
        self.assertEqual(done.returncode, DATAERR)
        self.assertEqual(reasons(done), ["address-literal", "special-use"])
        self.assertEqual(done.stderr, b"mxcheck: standard input, line 2: the line holds a NUL byte and is not checked\n")

    def test_an_address_of_a_megabyte_is_an_address(self):
        done = run("rcpt", stdin=b"a" * LINE_MAX + b"\n")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(reasons(done), ["bad-address"])
        self.assertIn(b"...[%d bytes]" % LINE_MAX, done.stdout)

    def test_a_line_that_is_longer_is_told_and_not_cut(self):
        for length in (LINE_MAX + 1, 5 * LINE_MAX):
            with self.subTest(length=length):
                line = b"u@[192.0.2.1]" + b" " * (length - 13)
                done = run("rcpt", stdin=line + b"\nu@foo.invalid\n")
                self.assertEqual(done.returncode, DATAERR)
                self.assertEqual(reasons(done), ["special-use"])
                self.assertIn(b"line 1: the line is longer than 1 MiB", done.stderr)

    def test_any_bytes_are_taken(self):
        content = bytes(byte for byte in range(1, 256) if byte != 10) * 40
        done = run("rcpt", stdin=content)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(reasons(done), ["bad-address"])


if __name__ == "__main__":
    unittest.main()
