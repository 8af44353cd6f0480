# SPDX-License-Identifier: BSD-2-Clause
"""Marionette, the protocol by which programs of Mozilla's are driven: frames `LENGTH:JSON`, over TCP."""
import json
import socket

ANSWER_SECONDS = 120


class Refused(Exception):
    """The program says that a command failed."""


class Marionette:
    """Scripts run as the program's own code, one at a time."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS)
        self.file = self.socket.makefile("rb")
        self.count = 0
        self.read_frame()
        self.command("WebDriver:NewSession", {})
        self.command("Marionette:SetContext", {"value": "chrome"})
        self.command("WebDriver:SetTimeouts", {"script": 1000 * ANSWER_SECONDS})

    def close(self):
        self.file.close()
        self.socket.close()

    def read_frame(self):
        length = b""
        while (octet := self.file.read(1)) != b":":
            if not octet:
                raise ConnectionError("the program has closed its end")
            length += octet
        return json.loads(self.file.read(int(length)))

    def command(self, name, parameters):
        self.count += 1
        text = json.dumps([0, self.count, name, parameters]).encode()
        self.socket.sendall(b"%d:%s" % (len(text), text))
        _, number, error, result = self.read_frame()
        assert number == self.count, (number, self.count)
        if error is not None:
            raise Refused("%s: %s" % (name, error.get("message")))
        return result

    def run(self, script, *arguments):
        """The value of a script, which may await, and finds its arguments in `given`."""
        done = self.command("WebDriver:ExecuteAsyncScript", {
            "script": "const given = Array.from(arguments).slice(0, -1), done = arguments[arguments.length - 1];"
                      "(async () => { %s })().then(value => done({value}), error => done({error: String(error)}));" % script,
            "args": arguments, "sandbox": "system"})["value"]
        if "error" in done:
            raise Refused(done["error"])
        return done.get("value")
