# SPDX-License-Identifier: BSD-2-Clause
"""The worst answers that we could think of cost no more instructions than so many for each of their octets, on their
whole way through the library: walked, read, made facts of and judged. At 60 instructions an octet, the longest message
there is takes 4 million, or about a third of a millisecond."""
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import unittest

WORK = os.environ["WORK"]
PER_OCTET = 60
# What any message costs, however short.
BASE = 20000


def measure(shape):
    """Octets of the message, what it came to, and instructions."""
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                           "--toggle-collect=take_answer", WORK, shape], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, encoding="ascii", errors="replace", check=True)
    octets, outcome = done.stdout.split()
    return int(octets), outcome, int(re.search(r"Collected : (\d+)", done.stderr).group(1))


class Work(unittest.TestCase):
    def test_it_is_bounded_by_the_length_of_the_message(self):
        shapes = subprocess.run([WORK], stdout=subprocess.PIPE, encoding="ascii", check=True).stdout.split()
        self.assertGreater(len(shapes), 10)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for shape, (octets, outcome, instructions) in zip(shapes, pool.map(measure, shapes), strict=True):
                with self.subTest(shape):
                    self.assertIn(outcome, ("records", "nodata", "failure"))
                    self.assertGreater(instructions, octets)  # something was counted
                    self.assertLess(instructions, BASE + PER_OCTET * octets)


if __name__ == "__main__":
    if shutil.which("valgrind") is None:
        print("skipped: valgrind is not installed")
        sys.exit(77)
    unittest.main()
