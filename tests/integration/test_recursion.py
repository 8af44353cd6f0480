# SPDX-License-Identifier: BSD-2-Clause
"""resolution = recursive: from the root servers down, which are a knotd on their addresses, in a namespace of its own."""
import os
import re
import subprocess
import sys
import tempfile
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "support"))

import namespace  # noqa: E402

COMMAND = os.environ["MXCHECK"]
ZONE = os.path.join(TESTS, "cases", "recursion.zone")


class Recursion(unittest.TestCase):
    ROWS = [
        ("ok.test.example", "accept", "mx"),
        ("alias.test.example", "accept", "mx"),
        ("a.test.example", "accept", "implicit-a"),
        ("null.test.example", "reject", "null-mx"),
        ("empty.test.example", "reject", "no-records"),
        ("nowhere.test.example", "reject", "no-such-domain"),
        ("lame.example", "defer", "dns-failure"),
        ("drop.example", "defer", None),
    ]

    @classmethod
    def setUpClass(cls):
        try:
            from daemons import Missing, find
            program = find("knotd")
        except (ModuleNotFoundError, Missing) as reason:
            raise unittest.SkipTest(str(reason))
        namespace.raise_loopback()
        with open(ZONE, encoding="utf-8") as file:
            roots = re.findall(r"^\w\.root-servers\.net\. A (\S+)$", file.read(), re.M)
        for index, address in enumerate(roots):
            namespace.add_address(index, address)
        folder = tempfile.TemporaryDirectory(prefix="mxcheck-root-")
        cls.addClassCleanup(folder.cleanup)
        config = os.path.join(folder.name, "knot.conf")
        cls.write_config(config, folder.name, roots)
        log = open(os.path.join(folder.name, "log"), "w+", encoding="utf-8")
        cls.addClassCleanup(log.close)
        cls.server = subprocess.Popen([program, "-c", config], cwd=folder.name, stdin=subprocess.DEVNULL, stdout=log,
                                      stderr=log)
        cls.addClassCleanup(cls.stop)
        cls.wait_for_answers(roots[0], log)

    @staticmethod
    def write_config(config, folder, roots):
        with open(config, "w", encoding="utf-8") as file:
            file.write("server:\n    listen: [ %s ]\n    rundir: %s\ndatabase:\n    storage: %s\n"
                       "zone:\n  - domain: .\n    file: %s\n    zonefile-sync: -1\n    journal-content: none\n"
                       % (", ".join("%s@53" % address for address in roots), folder, folder, ZONE))

    @classmethod
    def wait_for_answers(cls, address, log):
        import dns.exception
        import dns.message
        import dns.query
        for _ in range(100):
            try:
                dns.query.udp(dns.message.make_query(".", "SOA"), address, timeout=0.2)
                return
            except (OSError, dns.exception.DNSException):
                pass
        log.seek(0)
        raise RuntimeError("knotd does not start:\n" + log.read())

    @classmethod
    def stop(cls):
        cls.server.terminate()
        cls.server.wait(20)

    def run_command(self, *arguments):
        done = subprocess.run([COMMAND, "rcpt", "-o", "resolution=recursive", "-o", "timeout=5s", *arguments],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120,
                              check=False)
        return [line.split("\t") for line in done.stdout.decode().splitlines()], done.returncode

    def test_each_name_by_itself(self):
        for name, verdict, reason in self.ROWS:
            with self.subTest(name):
                lines, _ = self.run_command("u@" + name)
                self.assertEqual(lines[0][1], verdict)
                if reason:
                    self.assertEqual(lines[0][2], reason)

    def test_all_names_in_one_context(self):
        lines, status = self.run_command(*["u@" + name for name, _, _ in self.ROWS * 3])
        self.assertEqual([line[1] for line in lines], [verdict for _, verdict, _ in self.ROWS * 3])
        self.assertEqual(status, 1)

    def test_upstreams_contradict_it(self):
        self.assertEqual(self.run_command("-o", "upstreams=192.0.2.53", "u@ok.test.example"), ([], 64))
        lines, status = self.run_command("-o", "upstreams=192.0.2.53", "-o", "upstreams=", "u@ok.test.example")
        self.assertEqual((lines[0][2], status), ("mx", 0))


if __name__ == "__main__":
    if not namespace.is_inside():
        sys.exit(namespace.run_again(["--net"], ["true"]))
    unittest.main()
