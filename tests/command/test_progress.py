# SPDX-License-Identifier: BSD-2-Clause
"""The progress bar: for a person, and for nobody else."""
import os
import pty
import subprocess
import tempfile
import unittest

from command import COMMAND

ERASE = b"\r\x1b[K"
COUNT = 20000


def watch(*arguments, content=b"u@[192.0.2.1]\n" * COUNT, output=subprocess.DEVNULL, terminal="xterm"):
    """Run with standard error on a terminal, the list as a file. @returns what the terminal saw."""
    master, slave = pty.openpty()
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        with subprocess.Popen([COMMAND, "rcpt", *arguments], stdin=file, stderr=slave,
                              stdout=slave if output is None else output, env=dict(os.environ, TERM=terminal)) as command:
            os.close(slave)
            seen = b""
            try:
                while chunk := os.read(master, 65536):
                    seen += chunk
            except OSError:  # Linux says so when the last writer has gone
                pass
            command.wait(30)
    os.close(master)
    return seen


class Progress(unittest.TestCase):
    def test_a_list_shows_a_bar_that_is_gone_at_the_end(self):
        seen = watch()
        self.assertIn(b"[", seen)
        self.assertRegex(seen, rb"\] +\d+%  \d+ checked")
        self.assertTrue(seen.endswith(ERASE))

    def test_a_quiet_run_shows_it_too(self):
        self.assertIn(b" checked", watch("-q", output=None))

    def test_a_message_stands_on_a_line_of_its_own(self):
        seen = watch(content=b"u@[192.0.2.1]\n" * 10 + b"\0\n" + b"u@[192.0.2.1]\n" * 10)
        self.assertRegex(seen, rb"\r\x1b\[Kmxcheck: standard input, line 11: .*\r\n")

    def test_it_is_not_shown_where_results_are_or_cannot_be_erased(self):
        few = b"u@[192.0.2.1]\n" * 10
        for arguments, more in (((), {"output": None}), ((), {"terminal": "dumb"}), (("-v",), {})):
            with self.subTest(arguments=arguments, more=more):
                self.assertNotIn(b" checked", watch(*arguments, content=few, **more))

    def test_addresses_of_the_command_line_show_none(self):
        self.assertEqual(watch("u@[192.0.2.1]"), b"")

    def test_it_is_not_shown_without_a_terminal(self):
        done = subprocess.run([COMMAND, "rcpt"], input=b"u@[192.0.2.1]\n" * 10, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, timeout=30, check=False)
        self.assertEqual(done.stderr, b"")


if __name__ == "__main__":
    unittest.main()
