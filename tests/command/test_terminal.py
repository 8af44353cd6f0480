# SPDX-License-Identifier: BSD-2-Clause
"""What a person sees on a terminal, and what no file or pipe ever gets."""
import os
import pty
import subprocess
import unittest

from command import COMMAND, run

RED, PLAIN = b"\x1b[31m", b"\x1b[0m"


def watch(*arguments, locale="C.UTF-8", **environment):
    """Run with standard output on a terminal; what it shows, with LF as line end."""
    master, slave = pty.openpty()
    environment = {"TERM": "xterm", "NO_COLOR": "", **environment}
    with subprocess.Popen([COMMAND, *arguments], stdin=subprocess.DEVNULL, stdout=slave, stderr=subprocess.DEVNULL,
                          env=dict(os.environ, LC_ALL=locale, **environment)) as command:
        os.close(slave)
        seen = b""
        try:
            while chunk := os.read(master, 65536):
                seen += chunk
        except OSError:  # Linux says so when the last writer has gone
            pass
        command.wait(30)
    os.close(master)
    return seen.replace(b"\r\n", b"\n")


class Terminal(unittest.TestCase):
    def test_verdicts_are_coloured_unless_that_is_not_wanted(self):
        self.assertIn(RED + b"reject" + PLAIN, watch("rcpt", "u@foo.invalid"))
        self.assertIn(RED + b"Verdict: reject (special-use)." + PLAIN, watch("explain", "foo.invalid"))
        for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            with self.subTest(environment):
                self.assertNotIn(b"\x1b", watch("rcpt", "u@foo.invalid", **environment))
                self.assertNotIn(b"\x1b", watch("explain", "foo.invalid", **environment))

    def test_json_is_the_same_everywhere(self):
        seen = watch("rcpt", "--json", "u@foo.invalid")
        self.assertTrue(seen.startswith(b"{") and b"\x1b" not in seen)

    def test_columns_are_aligned(self):
        seen = watch("rcpt", "u@foo.invalid", "a.much.longer@foo.invalid", "b\u00fccher@foo.invalid", NO_COLOR="1")
        lines = seen.decode().splitlines()
        self.assertEqual(len({line.index("reject") for line in lines}), 1, lines)
        self.assertEqual(len({line.index("special-use") for line in lines}), 1, lines)
        self.assertNotIn(b"\t", seen)

    def test_what_is_wider_than_its_column_stands_apart_all_the_same(self):
        self.assertIn(b"x@foo.invalid reject ", watch("rcpt", "x" * 60 + "x@foo.invalid", NO_COLOR="1"))

    def test_files_and_pipes_have_tabs_and_ascii_stories(self):
        self.assertEqual(run("rcpt", "u@foo.invalid").stdout.count(b"\t"), 3)
        story = run("explain", "b\u00fccher.invalid").stdout
        self.assertTrue(story.isascii())
        self.assertIn(b"b\\xc3\\xbccher.invalid", story)

    def test_unicode_is_shown_where_the_locale_has_it(self):
        seen = watch("explain", "b\u00fccher.invalid")
        self.assertIn("xn--bcher-kva.invalid, in Unicode b\u00fccher.invalid".encode(), seen)
        self.assertTrue(watch("explain", "b\u00fccher.invalid", locale="C").isascii())

    def test_what_could_hide_or_turn_text_stays_escaped(self):
        """Controls, a right-to-left override, a joiner, half a character, and an escape that somebody has typed."""
        for octets, shown in ((b"\xc2\x9b31m", b"\\xc2\\x9b"), (b"\xe2\x80\xae", b"\\xe2\\x80\\xae"),
                              (b"\xe2\x80\x8d", b"\\xe2\\x80\\x8d"), (b"\xc3(", b"\\xc3("), (b"\\xc3\\xbc", b"\\x5cxc3")):
            with self.subTest(octets):
                seen = watch("explain", b"u" + octets + b"@foo.invalid")
                self.assertIn(shown, seen)
                self.assertNotIn("\u00fc".encode(), seen)


if __name__ == "__main__":
    unittest.main()
