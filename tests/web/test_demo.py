#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""scripts/demo --web shows the demonstration zone on a page."""
import os
import re
import signal
import subprocess
import unittest
import urllib.request

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PATIENCE_SECONDS = 120


class Demo(unittest.TestCase):
    def test_it_prints_addresses_that_show_each_answer_and_ends_when_told_to(self):
        with subprocess.Popen([os.path.join(ROOT, "scripts/demo"), "--web"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              text=True, start_new_session=True) as demo:
            try:
                addresses = []
                for line in demo.stdout:
                    addresses += re.findall(r"^    (http://\S+)", line)
                    if line.startswith("Ctrl-C"):
                        break
                pages = [self.read(address) for address in addresses]
            finally:
                os.killpg(demo.pid, signal.SIGINT)
                demo.wait(PATIENCE_SECONDS)
        for page, words in zip(pages, ("Mail can be delivered to good.demo.example", "550 5.7.27", "nohost.demo.example",
                                       "Unknown now: whether mail can be delivered to silent.demo.example", "<textarea"), strict=True):
            self.assertIn(words, page)
        with self.assertRaises(OSError):
            self.read(addresses[0])

    @staticmethod
    def read(address):
        with urllib.request.urlopen(address, timeout=PATIENCE_SECONDS) as response:
            return response.read().decode()


if __name__ == "__main__":
    unittest.main()
