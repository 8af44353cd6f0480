#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What mxcheck-web allows to whom, and for how long it has patience."""
import json
import os
import resource
import signal
import socket
import unittest

from hostiledns import HostileDns
from web import PATIENCE_SECONDS, Web, start, status_for


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

    def test_what_is_refused_for_all_does_not_cost_the_client(self):
        web, _ = start(self, "--checks-in-all", "60", "--checks-per-client", "100")
        lines = "".join("many-%d.example\n" % number for number in range(50))
        self.assertEqual([web.ask("/api/v1/checks", lines)[0] for _ in range(5)], [200, 503, 503, 503, 503])

    def test_a_list_that_all_together_may_not_ask_is_too_long(self):
        web, _ = start(self, "--checks-in-all", "3")
        status, _, body = web.ask("/api/v1/checks", "a.example\n" * 4)
        self.assertEqual((status, json.loads(body)["error"]), (413, "The list has 4 addresses; at most 3 are taken."))

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

    def test_one_address_does_not_wait_behind_lists(self):
        web, _ = start(self, "--checks-at-once", "8", timeout="30s")
        for number in range(6):
            lines = "".join("n%d.held.example\n" % (number * 10 + n) for n in range(10)).encode()
            self.enterContext(web.open(b"POST /api/v1/checks HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(lines), lines)))
        web.wait_for(lambda: web.metric("mxcheck_web_checks_waiting_for_dns") == 6)
        self.assertEqual(web.check("many-1.example")["verdict"], "accept")
        self.assertEqual(web.metric("mxcheck_web_checks_waiting_for_dns"), 6)

    def test_no_more_wait_for_dns_than_the_configuration_allows(self):
        web, dns = start(self, "-o", "max-pending=4")
        connection = web.connect()
        connection.request("POST", "/api/v1/checks", "".join("many-%d.example\n" % n for n in range(60)))
        answers = [json.loads(line) for line in connection.getresponse().read().splitlines()]
        self.assertEqual({answer["verdict"] for answer in answers}, {"accept"})
        held = [self.enterContext(web.open(b"GET /?q=n%d.held.example HTTP/1.1\r\nHost: x\r\n\r\n" % n)) for n in range(8)]
        web.wait_for(lambda: web.metric("mxcheck_web_checks_waiting_for_dns") == 4)
        dns.release()
        for client in held:
            self.assertIn(b" 200 ", client.recv(4096))
        connection.close()

    def test_a_client_that_does_not_read_is_not_looked_up_for(self):
        count = 10000
        web, dns = start(self, "--list", str(count), "--checks-per-client", "100000", "--patience", "600")
        lines = "".join("many-%d.example\n" % n for n in range(count)).encode()
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 131072)
        client.connect((web.host, web.port))
        with client:
            client.settimeout(PATIENCE_SECONDS)
            client.sendall(b"POST /api/v1/checks HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s" % (len(lines), lines))
            calm = []

            def is_calm():
                calm.append((dns.questions, web.metric("mxcheck_web_checks_waiting_for_dns")))
                return len(set(calm[-10:])) == 1 and len(calm) > 10 and calm[-1][1] == 0 and calm[-1][0] > 0

            web.wait_for(is_calm)
            self.assertLess(dns.questions, count)
            self.assertEqual(web.read_all(client).count(b'"verdict":"accept"'), count)

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

    def test_an_address_may_have_a_port(self):
        web, _ = start(self, "--checks-per-client", "1", "--proxies", "127.0.0.1,192.0.2.0/24")
        for forwarded, status in (("203.0.113.1:80", 200), ("203.0.113.1", 429), ("[2001:db8:0:1::1]:443", 200), ("[2001:db8:0:1::2]", 429),
                                  ("203.0.113.2, 192.0.2.1:1234", 200), ("203.0.113.2:5", 429)):
            self.assertEqual(status_for(web, forwarded), status, forwarded)

    def test_what_cannot_be_read_counts_for_one_client_who_is_nobody(self):
        web, _ = start(self, "--checks-per-client", "1", "--proxies", "127.0.0.1")
        for forwarded, status in (("unknown", 200), ("1" * 500, 429), ("_hidden", 429), ("", 429), ("[::1", 429), ("[::1]x", 429),
                                  ("203.0.113.7, unix:", 429), (None, 200)):
            self.assertEqual(status_for(web, forwarded), status, forwarded)
        for forwarded in ("unknown", "", "unix:", "[127.0.0.1", "203.0.113.7,", "127.0.0.1, x"):
            self.assertEqual(status_for(web, forwarded, "/metrics"), 403, forwarded)

    def test_one_client_behind_a_proxy_does_not_take_all_connections(self):
        web, dns = start(self, "--connections-per-client", "3", "--proxies", "127.0.0.1", timeout="30s")
        head = b" HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.1\r\n"
        held = [self.enterContext(web.open(b"GET /?q=n%d.held.example" % n + head + b"\r\n")) for n in range(2)]
        self.enterContext(web.open(b"POST /list" + head + b"Content-Length: 9\r\n\r\n"))
        web.wait_for(lambda: web.metric("mxcheck_web_checks_waiting_for_dns") == 2)
        web.wait_for(lambda: status_for(web, "203.0.113.1", "/?q=good.example") == 429)
        reply = web.speak(b"POST /list" + head + b"Content-Length: 9\r\n\r\n")
        self.assertTrue(reply.startswith(b"HTTP/1.1 429 "), reply)
        self.assertEqual(status_for(web, "203.0.113.2"), 200)
        dns.release()
        for client in held:
            self.assertIn(b" 200 ", client.recv(4096))
        web.wait_for(lambda: status_for(web, "203.0.113.1", "/?q=good.example") == 200)


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

    def test_a_request_whose_end_is_not_clear_is_refused_with_what_follows(self):
        web, _ = start(self)
        follows = b"\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        for fields in (b"Content-Length: 5\r\nContent-Length: 5", b"Content-Length: 5\r\ncontent-length: 40", b"Content-Length : 5",
                       b"Content-Length\t: 5", b"Content-Length: 5\r\nTransfer-Encoding: chunked", b"Transfer-Encoding : chunked",
                       b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: xchunked",
                       b"Transfer-Encoding: gzip, chunked", b"Content-Length: 5, 5", b"Content-Length: +5"):
            for method in (b"POST /api/v1/checks", b"GET /"):
                reply = web.speak(method + b" HTTP/1.1\r\nHost: x\r\n" + fields + b"\r\n" + follows)
                self.assertTrue(reply.startswith(b"HTTP/1.1 400 "), (fields, reply))
                self.assertNotIn(b"ok\n", reply, fields)

    def test_what_memory_does_not_suffice_for_is_an_error(self):
        web, _ = start(self, "--body", "16777216")
        with open("/proc/%d/maps" % web.process.pid, encoding="utf-8") as maps:
            if "libasan" in maps.read():
                self.skipTest("the address sanitizer ends when memory runs out")
        web.check("good.example")
        with open("/proc/%d/statm" % web.process.pid, encoding="ascii") as sizes:
            now = int(sizes.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        large = "a" * 9000000
        for room, path, body in ((1 << 20, "/api/v1/checks", large), (1 << 20, "/list", "addresses=" + large),
                                 (20 << 20, "/list", "addresses=" + large), (20 << 20, "/list.csv", "addresses=x&role=" + large)):
            resource.prlimit(web.process.pid, resource.RLIMIT_AS, (now + room, resource.RLIM_INFINITY))
            self.assertEqual(web.ask(path, body)[0], 503, (room, path))
            resource.prlimit(web.process.pid, resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        self.assertEqual(web.check("good.example")["verdict"], "accept")

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

    def test_it_listens_again_when_all_places_are_free_at_once(self):
        web, _ = start(self, "--connections", "1")
        for _ in range(5):
            connection = web.connect()
            connection.request("GET", "/healthz")
            self.assertEqual(connection.getresponse().read(), b"ok\n")
            connection.close()
            self.assertEqual(web.ask("/healthz")[0], 200)
        web, _ = start(self, "--connections", "200", "--connections-per-client", "200")
        held = [web.open() for _ in range(199)]
        self.assertEqual(web.metric("mxcheck_web_connections"), 200)
        held.append(web.open(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"))
        held[-1].recv(1)
        web.process.send_signal(signal.SIGSTOP)
        for client in held:
            client.close()
        web.process.send_signal(signal.SIGCONT)
        self.assertEqual(web.ask("/healthz")[0], 200)

    def test_it_listens_again_when_all_who_came_were_too_slow(self):
        web, _ = start(self, "--connections", "20", "--patience", "1")
        for client in [self.enterContext(web.open()) for _ in range(20)]:
            self.assertEqual(web.read_all(client), b"")
        self.assertEqual(web.ask("/healthz")[0], 200)

    def test_it_listens_again_when_there_are_descriptors_again(self):
        web, _ = start(self)
        used = len(os.listdir("/proc/%d/fd" % web.process.pid))
        _, hard = resource.prlimit(web.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(web.process.pid, resource.RLIMIT_NOFILE, (used + 3, hard))
        held = [web.open(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(8)]
        for client in held[:3]:
            client.recv(1)
        for client in held:
            client.close()
        self.assertEqual(web.ask("/healthz")[0], 200)

    def test_too_few_descriptors_are_told_and_leave_fewer_connections(self):
        dns = self.enterContext(HostileDns())
        web = Web(dns.address)
        web.command = ["bash", "-c", 'ulimit -n 100; exec "$@"', "web", *web.command]
        with web:
            self.assertIn("50 connections", web.process.stderr.readline())
            held = [self.enterContext(web.open()) for _ in range(49)]
            self.assertEqual(web.check("good.example")["verdict"], "accept")
            self.assertEqual(web.metric("mxcheck_web_connections"), 50)
            del held

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


if __name__ == "__main__":
    unittest.main()
