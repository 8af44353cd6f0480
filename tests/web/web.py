# SPDX-License-Identifier: BSD-2-Clause
"""Runs mxcheck-web, whose path is in $MXCHECK_WEB, and speaks HTTP with it."""
import http.client
import json
import os
import socket
import subprocess
import time
import urllib.parse

from hostiledns import HostileDns

PATIENCE_SECONDS = 60
CONNECTIONS = "500" # for which the 1,024 descriptors that some systems allow are enough


class Web:
    """A server over a DNS server; use it in a `with`."""

    def __init__(self, dns_address, *arguments):
        self.command = [os.environ["MXCHECK_WEB"], "--listen", "127.0.0.1:0", "--connections", CONNECTIONS, "-o",
                        "upstreams=" + dns_address, *arguments]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            raise AssertionError("mxcheck-web did not start: " + self.process.stderr.read())
        self.host, port = line.split()[-1].split(":")
        self.port = int(port)
        self.url = "http://%s:%d" % (self.host, self.port)
        return self

    def __exit__(self, *error):
        self.process.terminate()
        self.process.stdout.close()
        errors = self.process.stderr.read()
        self.process.stderr.close()
        status = self.process.wait(PATIENCE_SECONDS)
        if error[0] is None and (status != 0 or errors):
            raise AssertionError("mxcheck-web ended with %d: %s" % (status, errors))

    def connect(self):
        """A connection that is open."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE_SECONDS)
        connection.connect()
        return connection

    def open(self, octets=b""):
        """A connection on which this was sent."""
        client = socket.create_connection((self.host, self.port), PATIENCE_SECONDS)
        client.sendall(octets)
        return client

    @staticmethod
    def read_all(client):
        """What comes until the server ends the connection."""
        read = b""
        try:
            while more := client.recv(65536):
                read += more
        except ConnectionResetError:
            pass
        return read

    def speak(self, octets):
        """Send this and nothing more, and give the answer."""
        with self.open() as client:
            try:
                client.sendall(octets)
                client.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            return self.read_all(client)

    @staticmethod
    def wait_for(condition):
        """Ask until it is so."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > end:
                raise AssertionError("it did not come to that")
            time.sleep(0.05)

    def ask(self, path, body=None, headers=(), method=None):
        """The status, the headers and the body of an answer, as text."""
        connection = self.connect()
        try:
            connection.request(method or ("GET" if body is None else "POST"), path, body, dict(headers))
            response = connection.getresponse()
            return response.status, response.headers, response.read().decode("utf-8")
        finally:
            connection.close()

    def page(self, text, **parameters):
        """The page for one address."""
        return self.ask("/?" + urllib.parse.urlencode({"q": text, **parameters}))[2]

    def check(self, address, **parameters):
        """The JSON for one address."""
        return json.loads(self.ask("/api/v1/check?" + urllib.parse.urlencode({"address": address, **parameters}))[2])

    def metric(self, name):
        """A number of /metrics."""
        for line in self.ask("/metrics")[2].splitlines():
            if line.startswith(name + " "):
                return int(line.split()[-1])
        return 0


def start(test, *arguments, timeout="5s"):
    """A server for one test, over a DNS of its own."""
    dns = test.enterContext(HostileDns())
    return test.enterContext(Web(dns.address, "-o", "timeout=" + timeout, *arguments)), dns


def status_for(web, forwarded=None, path="/api/v1/check?address=good.example"):
    """What a client behind this X-Forwarded-For gets."""
    return web.ask(path, headers={} if forwarded is None else {"X-Forwarded-For": forwarded})[0]
