#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What mxcheck-web allows to whom, and for how long it has patience."""
import json
import os
import re
import signal
import socket
import subprocess
import unittest

from hostiledns import HostileDns
from web import PATIENCE_SECONDS, Web


def start(test, *arguments, timeout="5s"):
    """A server for one test, over a DNS of its own."""
    dns = test.enterContext(HostileDns())
    return test.enterContext(Web(dns.address, "-o", "timeout=" + timeout, *arguments)), dns


def status_for(web, forwarded=None, path="/api/v1/check?address=good.example"):
    """What a client behind this X-Forwarded-For gets."""
    return web.ask(path, headers={} if forwarded is None else {"X-Forwarded-For": forwarded})[0]


class Checks(unittest.TestCase):
    def test_a_client_has_so_many_checks_a_minute(self):
        web, _ = start(self, "--checks-per-client", "3")
        self.assertEqual([status_for(web) for _ in range(4)], [200, 200, 200, 429])
        status, headers, body = web.ask("/api/v1/check?address=x.example")
        self.assertTrue(1 <= int(headers["Retry-After"]) <= 60)
        self.assertIn("wait", json.loads(body)["error"])
        status, headers, body = web.ask("/?q=good.example")
        self.assertEqual(status, 429)
        self.assertIn("Not looked up", body)
        self.assertEqual(web.ask("/")[0], 200)
        self.assertEqual(web.ask("/healthz")[0], 200)

    def test_each_address_of_a_list_counts(self):
        web, dns = start(self, "--checks-per-client", "5")
        self.assertEqual(web.ask("/api/v1/checks", "null.example\ngood.example\n")[0], 200)
        asked = dns.questions
        self.assertEqual(web.ask("/api/v1/checks", "a.example\nb.example\nc.example\nd.example\n")[0], 429)
        self.assertEqual(dns.questions, asked)
        self.assertEqual(web.ask("/list", "addresses=a%0Ab%0Ac%0Ad%0Ae%0Af")[0], 413)

    def test_all_clients_have_so_many_checks_a_minute_together(self):
        web, _ = start(self, "--checks-in-all", "3", "--proxies", "127.0.0.1")
        self.assertEqual([status_for(web, "203.0.113.%d" % host) for host in range(4)], [200, 200, 200, 503])

    def test_so_many_checks_wait_for_dns_and_one_list_has_a_quarter_of_them(self):
        web, dns = start(self, "--checks-at-once", "8")
        connection = web.connect()
        connection.request("POST", "/api/v1/checks", "".join("n%d.held.example\n" % n for n in range(20)))
        response = connection.getresponse()
        self.assertEqual(web.metric("mxcheck_web_checks_waiting_for_dns"), 2)
        self.assertEqual(web.check("many-1.example")["verdict"], "accept")
        dns.release()
        self.assertEqual(len(response.read().splitlines()), 20)
        connection.close()

    def test_a_check_that_waits_for_its_turn_gets_it(self):
        web, dns = start(self, "--checks-at-once", "1", timeout="30s")
        first, second = web.connect(), web.connect()
        first.request("POST", "/api/v1/checks", "good.example\nn1.held.example\n")
        first.getresponse().readline()
        second.request("GET", "/api/v1/check?address=many-2.example")
        self.assertEqual(web.metric("mxcheck_web_checks_waiting_for_dns"), 1)
        dns.release()
        self.assertEqual(second.getresponse().status, 200)
        first.close()
        second.close()


class Forwarded(unittest.TestCase):
    def test_only_a_named_proxy_says_who_asks(self):
        web, _ = start(self, "--checks-per-client", "1")
        self.assertEqual([status_for(web, "203.0.113.%d" % host) for host in range(3)], [200, 429, 429])

    def test_each_client_behind_a_proxy_has_checks_of_its_own(self):
        web, _ = start(self, "--checks-per-client", "1", "--proxies", "127.0.0.1,192.0.2.0/24")
        for forwarded, status in (("203.0.113.1", 200), ("203.0.113.1", 429), ("203.0.113.2", 200), ("2001:db8:0:1::1", 200),
                                  ("2001:db8:0:1::2", 429), ("2001:db8:0:2::1", 200), ("::ffff:203.0.113.2", 429)):
            self.assertEqual(status_for(web, forwarded), status, forwarded)

    def test_what_a_client_puts_in_front_is_not_believed(self):
        web, _ = start(self, "--checks-per-client", "1", "--proxies", "127.0.0.1,192.0.2.0/24")
        self.assertEqual(status_for(web, "203.0.113.9"), 200)
        for front in ("198.51.100.1, 203.0.113.9", "127.0.0.1,203.0.113.9", "x, 203.0.113.9", ",,203.0.113.9",
                      "198.51.100.2, 203.0.113.9, 192.0.2.7", "198.51.100.2 ,\t203.0.113.9 , 192.0.2.7,192.0.2.8"):
            self.assertEqual(status_for(web, front), 429, front)

    def test_several_fields_are_one_list(self):
        web, _ = start(self, "--checks-per-client", "1", "--proxies", "127.0.0.1")
        self.assertEqual(status_for(web, "203.0.113.9"), 200)
        reply = web.speak(b"GET /api/v1/check?address=good.example HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                          b"X-Forwarded-For: 198.51.100.7\r\nx-forwarded-for: 203.0.113.9\r\n\r\n")
        self.assertTrue(reply.startswith(b"HTTP/1.1 429 "), reply)

    def test_nonsense_counts_for_the_proxy(self):
        web, _ = start(self, "--checks-per-client", "1", "--proxies", "127.0.0.1")
        for forwarded, status in (("unknown", 200), ("1" * 500, 429), ("_hidden", 429), ("203.0.113.1:80", 429), ("", 429)):
            self.assertEqual(status_for(web, forwarded), status, forwarded)


class Sizes(unittest.TestCase):
    def test_a_body_that_is_too_long_is_refused(self):
        web, dns = start(self, "--body", "1000")
        for path, kind in (("/api/v1/checks", "application/json"), ("/list", "text/html; charset=utf-8")):
            status, headers, _ = web.ask(path, "a" * 1001)
            self.assertEqual((status, headers["Content-Type"]), (413, kind))
        self.assertEqual(dns.questions, 0)
        self.assertEqual(web.ask("/api/v1/checks", "a" * 1000)[0], 200)

    def test_a_body_in_chunks_is_measured_as_well(self):
        web, _ = start(self, "--body", "1000")
        chunk = b"80\r\n" + b"a" * 128 + b"\r\n"
        reply = web.speak(b"POST /api/v1/checks HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" +
                          chunk * 8 + b"0\r\n\r\n")
        self.assertTrue(reply.startswith(b"HTTP/1.1 413 "), reply)

    def test_a_list_that_is_too_long_is_refused(self):
        web, dns = start(self, "--list", "3")
        self.assertEqual(web.ask("/api/v1/checks", "a\n\nb\nc\n")[0], 200)
        asked = dns.questions
        status, _, body = web.ask("/api/v1/checks", "a\nb\nc\nd")
        self.assertEqual((status, json.loads(body)["error"]), (413, "The list has 4 addresses; at most 3 are taken."))
        self.assertEqual(dns.questions, asked)

    def test_a_header_that_is_too_long_is_refused(self):
        web, _ = start(self, "--header", "4096")
        self.assertEqual(web.ask("/?q=" + "a" * 1000)[0], 200)
        for request in (b"GET /?q=" + b"a" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
                        b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 5000 + b"\r\n\r\n",
                        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-A: a\r\n" * 700 + b"\r\n"):
            self.assertRegex(web.speak(request), rb"^(HTTP/1.1 4(13|14|31) |$)")
        self.assertEqual(web.ask("/healthz")[0], 200)

    def test_what_is_no_http_does_no_harm(self):
        web, _ = start(self, "--patience", "1")
        for octets in (b"\r\n\r\n", b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\0" * 3000,
                       b"POST /list HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                       b"POST /list HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"):
            web.speak(octets)
        self.assertEqual(web.ask("/healthz")[0], 200)


class Connections(unittest.TestCase):
    def test_a_client_has_so_many_connections(self):
        web, _ = start(self, "--connections-per-client", "3")
        held = [web.connect() for _ in range(3)]
        for connection in held:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        self.assertEqual(web.speak(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), b"")
        held.pop().close()
        held.pop().close()
        web.wait_for(lambda: b"ok" in web.speak(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        self.assertGreaterEqual(web.metric("mxcheck_web_connections_refused_total"), 1)
        held.pop().close()

    def test_a_proxy_has_more(self):
        web, _ = start(self, "--connections-per-client", "1", "--proxies", "127.0.0.1")
        held = [web.connect() for _ in range(5)]
        for connection in held:
            connection.request("GET", "/healthz")
            self.assertEqual(connection.getresponse().read(), b"ok\n")
            connection.close()

    def test_who_comes_when_all_places_are_taken_waits(self):
        web, _ = start(self, "--connections", "3")
        held = [web.connect() for _ in range(3)]
        for connection in held:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        late = web.connect()
        late.request("GET", "/healthz")
        late.sock.settimeout(0.3)
        with self.assertRaises(TimeoutError):
            late.sock.recv(1)
        held.pop().close()
        late.sock.settimeout(PATIENCE_SECONDS)
        self.assertTrue(late.sock.recv(4096).startswith(b"HTTP/1.1 200 "))
        for connection in [late, *held]:
            connection.close()


class Slowness(unittest.TestCase):
    """A test takes as long as `patience` says; that the others are not cut off is not measured."""

    def test_who_is_slow_is_cut_off(self):
        web, _ = start(self, "--patience", "1")
        begun = (b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n", b"POST /list HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\naddr",
                 b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
                 b"POST /api/v1/checks HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbob@e\r\n")
        sockets = [self.enterContext(web.open(octets)) for octets in begun]
        for octets, client in zip(begun, sockets):
            with self.subTest(octets):
                web.read_all(client)
        web.wait_for(lambda: web.metric("mxcheck_web_too_slow_total") >= len(begun))

    def test_who_sends_an_octet_now_and_then_is_cut_off(self):
        web, _ = start(self, "--patience", "1")
        client = self.enterContext(web.open(b"POST /list HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"))
        client.settimeout(0.1)

        def is_cut_off():
            try:
                client.sendall(b"a")
                return client.recv(1) == b""
            except TimeoutError:
                return False
            except OSError:
                return True

        web.wait_for(is_cut_off)

    def test_who_does_not_take_the_answer_is_cut_off(self):
        web, _ = start(self, "--patience", "1")
        body = "addresses=" + "%0A".join("%s@good.example" % ("x" * 60) for _ in range(1000))
        web.check("good.example")
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect((web.host, web.port))
        with client:
            client.sendall(b"POST /list HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body.encode()) +
                           b"GET /list HTTP/1.1\r\nHost: x\r\n\r\n" * 2000)
            web.wait_for(lambda: web.metric("mxcheck_web_too_slow_total") >= 1)

    def test_who_waits_for_dns_is_not_cut_off(self):
        web, _ = start(self, "--patience", "1", timeout="3s")
        self.assertEqual(web.check("silent.example")["reason"], "dns-timeout")
        answers = web.ask("/api/v1/checks", "n1.silent.example\nn2.silent.example\n")[2].splitlines()
        self.assertEqual([json.loads(answer)["reason"] for answer in answers], ["dns-timeout"] * 2)
        self.assertIn("Unknown now", web.page("n3.silent.example"))


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
