#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Prints how many checks a second mxcheck-web answers from memory, over so many open connections. Fails when an answer is wrong or a
connection is lost, whatever the rates are.
usage: load.py [CONNECTIONS [REQUESTS [LISTS]]]     (1000 connections, 10000 requests, 20 lists of 1,000 addresses)
"""
import json
import os
import resource
import selectors
import socket
import sys
import time

from hostiledns import HostileDns
from web import PATIENCE_SECONDS, Web

DOMAINS = 100
DESCRIPTORS_OF_DNS = 500
END = b"}\n"


def request(number):
    address = b"bob@many-%d.example" % (number % DOMAINS)
    return b"GET /api/v1/check?address=%s HTTP/1.1\r\nHost: x\r\n\r\n" % address


def answer_all(web, clients, requests):
    """Each client asks, reads the answer, and asks again; gives how many seconds all took."""
    selector = selectors.EpollSelector()
    sent = done = 0
    begin = time.monotonic()
    for client in clients:
        selector.register(client, selectors.EVENT_READ, bytearray())
        client.sendall(request(sent))
        sent += 1
    held = web.metric("mxcheck_web_connections")
    if held < len(clients):
        raise AssertionError("%d of %d connections are open" % (held, len(clients)))
    while done < requests:
        ready = selector.select(PATIENCE_SECONDS)
        if not ready:
            raise AssertionError("no answer comes any more")
        for key, _ in ready:
            client, answer = key.fileobj, key.data
            answer += client.recv(65536)
            if not answer.endswith(END):
                if not answer:
                    raise AssertionError("a connection was lost")
                continue
            head, _, body = answer.partition(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200 ") or b'"verdict":"accept"' not in body:
                raise AssertionError("a wrong answer: %r" % bytes(answer))
            answer.clear()
            done += 1
            if sent < requests:
                client.sendall(request(sent))
                sent += 1
    selector.close()
    return time.monotonic() - begin


def look_up_lists(web, lists):
    """Gives how many seconds all took."""
    lines = "".join("bob@many-%d.example\n" % (number % DOMAINS) for number in range(1000))
    begin = time.monotonic()
    for _ in range(lists):
        answers = web.ask("/api/v1/checks", lines)[2].splitlines()
        if len(answers) != 1000 or any(json.loads(answer)["verdict"] != "accept" for answer in answers[::100]):
            raise AssertionError("a list was not answered")
    return time.monotonic() - begin


def resident_kib(web):
    with open("/proc/%d/status" % web.process.pid, encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


def main(connections=1000, requests=10000, lists=20):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < connections + DESCRIPTORS_OF_DNS:
        print("load.py: %d descriptors are allowed, too few for %d connections" % (hard, connections))
        return 77
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    most = str(connections + 50)
    limits = ["--connections", most, "--connections-per-client", most, "--checks-per-client", "1000000000", "--checks-in-all",
              "1000000000", "--patience", "600"]
    with HostileDns() as dns, Web(dns.address, *limits) as web:
        look_up_lists(web, 1)
        asked = dns.questions
        clients = [socket.create_connection((web.host, web.port), PATIENCE_SECONDS) for _ in range(connections)]
        seconds = answer_all(web, clients, requests)
        print("%d connections open, %d requests: %d checks a second; the server takes %d KiB" %
              (connections, requests, requests / seconds, resident_kib(web)))
        for client in clients:
            client.close()
        seconds = look_up_lists(web, lists)
        print("%d lists of 1,000 addresses: %d checks a second; %d of them asked DNS" %
              (lists, lists * 1000 / seconds, dns.questions - asked))
        print("(on %d processors, which the client of this test uses as well)" % len(os.sched_getaffinity(0)))
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
