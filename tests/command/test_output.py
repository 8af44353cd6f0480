# SPDX-License-Identifier: BSD-2-Clause
"""What is printed: escaped, as JSON, not at all, or to where it cannot go."""
import json
import os
import subprocess
import unittest

from command import COMMAND, IOERR, fields, run


class Escapes(unittest.TestCase):
    def test_what_a_terminal_could_obey_is_escaped(self):
        for address, shown in ((b"a\x1b[31m@b.invalid", rb"a\x1b[31m@b.invalid"), (b"a\tb@b.invalid", rb"a\x09b@b.invalid"),
                               (b"a\nb@b.invalid", rb"a\x0ab@b.invalid"), (b"a\\b@b.invalid", rb"a\x5cb@b.invalid"),
                               (b"\x7f@b.invalid", rb"\x7f@b.invalid"), (b"\xff\xfe@b.invalid", rb"\xff\xfe@b.invalid"),
                               ("\u009b31m@b.invalid".encode(), rb"\xc2\x9b31m@b.invalid"),
                               ("\u202eu@b.invalid".encode(), rb"\xe2\x80\xaeu@b.invalid")):
            with self.subTest(address):
                done = run("rcpt", address)
                self.assertEqual(done.stdout.split(b"\t")[0], shown)
                self.assertEqual(done.stdout.count(b"\t"), 3)
                self.assertEqual(done.stdout.count(b"\n"), 1)

    def test_letters_are_printed_where_the_locale_has_them(self):
        address = "ü@bücher.invalid".encode()
        self.assertEqual(run("rcpt", address).stdout.split(b"\t")[0], address)
        self.assertEqual(run("rcpt", address, locale="C").stdout.split(b"\t")[0], rb"\xc3\xbc@b\xc3\xbccher.invalid")

    def test_a_long_address_is_cut_with_a_mark(self):
        shown = fields(run("rcpt", "a" * 5000 + "@b.invalid").stdout)[0]
        self.assertEqual(shown, "a" * 512 + "...[5010 bytes]")


class Json(unittest.TestCase):
    def test_each_address_is_one_object_on_a_line(self):
        addresses = [b"u@foo.invalid", b"a\x1b\"\\\n@b.invalid", b"u@[192.0.2.1]", "ü@bücher.invalid".encode(), b""]
        for verb in ("rcpt", "sender", "explain"):
            done = run(verb, "--json", *addresses)
            self.assertEqual(done.returncode, 1)
            done.stdout.decode("ascii")
            lines = done.stdout.splitlines()
            self.assertEqual(len(lines), len(addresses))
            for line, address in zip(lines, addresses):
                result = json.loads(line)
                self.assertTrue(result["address"].endswith(address.decode()))
                self.assertIn(result["verdict"], ("accept", "reject", "defer"))

    def test_bytes_that_are_no_utf8_are_still_json(self):
        self.assertEqual(json.loads(run("rcpt", "--json", b"\xff@b.invalid").stdout)["verdict"], "reject")


class Streams(unittest.TestCase):
    def test_quiet_prints_nothing(self):
        for arguments in (["rcpt", "-q"], ["rcpt", "-q", "--json"], ["explain", "--quiet"]):
            with self.subTest(arguments):
                done = run(*arguments, "u@foo.invalid")
                self.assertEqual((done.returncode, done.stdout, done.stderr), (1, b"", b""))

    def test_output_that_cannot_be_written_exits_74(self):
        for arguments in (["rcpt", "u@[192.0.2.1]"], ["options"], ["version"], ["--help"], ["explain", "foo.invalid"]):
            with self.subTest(arguments), open("/dev/full", "wb") as full:
                done = run(*arguments, stdout=full)
                self.assertEqual(done.returncode, IOERR)
                self.assertEqual(done.stderr, b"mxcheck: cannot write to standard output: No space left on device\n")

    def test_a_closed_output_exits_74(self):
        done = subprocess.run(["/bin/sh", "-c", 'exec "$0" rcpt "u@[192.0.2.1]" >&-', COMMAND], capture_output=True,
                              timeout=30, check=False)
        self.assertEqual(done.returncode, IOERR)

    def test_a_line_arrives_before_the_next_is_asked_for(self):
        with subprocess.Popen([COMMAND, "rcpt"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as command:
            for _ in range(3):
                command.stdin.write(b"u@[192.0.2.1]\n")
                self.assertTrue(command.stdout.readline().startswith(b"u@[192.0.2.1]\taccept"))
            command.stdin.close()
            self.assertEqual(command.wait(30), 0)

    def test_a_reader_that_leaves_ends_the_command(self):
        reader, writer = os.pipe()
        os.close(reader)
        with open(writer, "wb") as gone:
            self.assertNotIn(run("rcpt", "u@[192.0.2.1]", stdout=gone).returncode, (0, 1, 2))


if __name__ == "__main__":
    unittest.main()
