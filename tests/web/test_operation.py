#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""How mxcheck-web is started, watched, told of a new configuration, and ended."""
import json
import os
import re
import signal
import subprocess
import tempfile
import unittest

from web import PATIENCE_SECONDS, Web, start, status_for


class Operation(unittest.TestCase):
    def test_metrics_are_in_the_text_format_and_have_every_statistic(self):
        web, _ = start(self)
        web.check("good.example")
        web.check("good.example")
        web.check("null.example", depth="targets")
        web.ask("/nowhere")
        status, headers, body = web.ask("/metrics")
        self.assertEqual((status, headers["Content-Type"]), (200, "text/plain; version=0.0.4; charset=utf-8"))
        types = {}
        for line in body.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split()
                self.assertNotIn(name, types)
                types[name] = kind
                continue
            name = re.fullmatch(r'([a-z_]+)(?:\{[a-z]+="[a-z0-9]+"\})? [0-9]+', line).group(1)
            self.assertEqual(types[name], "counter" if name.endswith("_total") else "gauge")
        for name in ("checks", "accepted", "deferred", "rejected", "hits", "misses", "stale", "lookups", "prefetches", "queries",
                     "retries", "timeouts", "evictions"):
            self.assertIn("mxcheck_%s_total" % name, types)
        for line in ('mxcheck_checks_total{depth="records"} 2', 'mxcheck_hits_total{depth="records"} 1',
                     'mxcheck_rejected_total{depth="targets"} 1', 'mxcheck_cache_domains 2',
                     'mxcheck_web_responses_total{code="404"} 1'):
            self.assertIn("\n%s\n" % line, body)

    def test_metrics_are_for_named_networks(self):
        web, _ = start(self, "--proxies", "127.0.0.1", "--metrics-from", "192.0.2.0/24")
        self.assertEqual([status_for(web, forwarded, "/metrics") for forwarded in ("192.0.2.1", "192.0.3.1", None)], [200, 403, 403])
        web, _ = start(self, "--proxies", "127.0.0.1")
        self.assertEqual([status_for(web, forwarded, "/metrics") for forwarded in ("203.0.113.1", None)], [403, 200])

    def test_metrics_may_be_for_nobody(self):
        web, _ = start(self, "--metrics-from", "none")
        self.assertEqual(web.ask("/metrics")[0], 403)

    def test_sighup_reads_the_configuration_anew_and_keeps_cache_and_requests(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        path = os.path.join(folder, "mxcheck.conf")
        reply = "reply.no-such-domain.rcpt = 550 5.1.1 {id} "

        def write(text):
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
            web.process.send_signal(signal.SIGHUP)

        with open(path, "w", encoding="ascii") as file:
            file.write(reply + "before\n")
        web, dns = start(self, "--config", path, timeout="30s")
        self.assertIn("before", web.check("nowhere.example")["reply"])
        web.check("good.example")
        held = web.connect()
        held.request("POST", "/api/v1/checks", "n1.held.example\nn2.held.example\nn3.held.example\n")
        web.wait_for(lambda: web.metric("mxcheck_web_checks_waiting_for_dns") == 3)
        write(reply + "after\n")
        web.wait_for(lambda: "after" in web.check("nowhere.example")["reply"])
        self.assertTrue(web.check("good.example")["cached"])
        self.assertEqual(web.metric("mxcheck_web_checks_waiting_for_dns"), 3)
        dns.release()
        self.assertEqual([json.loads(line)["verdict"] for line in held.getresponse().read().splitlines()], ["accept"] * 3)
        held.close()
        write("no-such-option = 1\n")
        self.assertRegex(web.process.stderr.readline(), "the configuration stays as it was: .*no-such-option")
        self.assertIn("after", web.check("nowhere.example")["reply"])

    def test_it_has_one_thread(self):
        web, _ = start(self)
        web.check("good.example")
        self.assertEqual(len(os.listdir("/proc/%d/task" % web.process.pid)), 1)

    def test_it_listens_on_loopback_unless_told_otherwise(self):
        for address in ("0.0.0.0:0", "[::]:0", "192.0.2.1:0", "127.0.0.1", "localhost:0", "::1:80", "127.0.0.1:x"):
            done = self.run_web("--listen", address)
            self.assertEqual((done.returncode, done.stdout), (64, ""), address)
            self.assertIn(address, done.stderr)
        web, dns = start(self, "--listen", "0.0.0.0:0", "--public")
        self.assertEqual(web.ask("/healthz")[0], 200)
        del dns

    def test_a_wrong_command_line_is_told(self):
        for arguments, status, words in ((["--patience", "0"], 64, "--patience takes a number from 1 to 3600"),
                                         (["--body", "x"], 64, "--body takes a number"), (["--proxies", "x"], 64, "no network: x"),
                                         (["-o", "depth"], 64, "NAME=VALUE"), (["-o", "depth=x"], 64, "depth"),
                                         (["--config", "/nonexistent"], 66, "/nonexistent"), (["more"], 64, "more")):
            done = self.run_web(*arguments)
            self.assertEqual((done.returncode, done.stdout), (status, ""), arguments)
            self.assertIn(words, done.stderr)
        self.assertIn("--connections-per-client", self.run_web("--help").stdout)

    def test_it_ends_when_told_to_whatever_is_under_way(self):
        for which in (signal.SIGTERM, signal.SIGINT):
            web, _ = start(self, timeout="30s")
            for octets in (b"GET /?q=held.example HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HT",
                           b"POST /api/v1/checks HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\nn1.held.example\nn2.held.example"):
                self.enterContext(web.open(octets))
            web.wait_for(lambda: web.metric("mxcheck_web_checks_waiting_for_dns") == 3)
            web.process.send_signal(which)
            self.assertEqual(web.process.wait(PATIENCE_SECONDS), 0)

    @staticmethod
    def run_web(*arguments):
        return subprocess.run([Web("").command[0], *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                              timeout=PATIENCE_SECONDS)


if __name__ == "__main__":
    unittest.main()
