# SPDX-License-Identifier: BSD-2-Clause
"""The resolvers of the system: a resolv.conf of the test's own, and resolvers on port 53, in a namespace of its own."""
import contextlib
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))

import namespace  # noqa: E402
from host import host  # noqa: E402

COMMAND = os.environ["MXCHECK"]
SMTP_SERVER = os.environ["SMTP_SERVER"]


class ResolvConf(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        try:
            from faultserver import Faults, FaultServer
        except ModuleNotFoundError:
            raise unittest.SkipTest("python3-dnspython is not installed")
        namespace.raise_loopback()
        folder = tempfile.TemporaryDirectory(prefix="mxcheck-resolv-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        cls.path = os.path.join(cls.folder, "resolv.conf")
        cls.write("")
        # The file may be a link, and the mount goes over what it leads to.
        subprocess.run(["mount", "--bind", cls.path, os.path.realpath("/etc/resolv.conf")], check=True)
        for address, exchange in (("127.0.0.1", "first"), ("127.0.0.2", "second")):
            faults = Faults(["test.example."])
            faults.add("ok.test.example.", "MX", "mx:10 %s.test.example." % exchange)
            faults.add(exchange + ".test.example.", "MX", "mx:10 mail.test.example.")
            if exchange == "first":
                faults.add("slow.test.example.", "MX", "delay6")
            server = FaultServer(faults, host=address, port=53).start()
            cls.addClassCleanup(server.stop)

    @classmethod
    def write(cls, text):
        with open(cls.path, "w", encoding="utf-8") as file:
            file.write(text)

    def run_command(self):
        done = subprocess.run([COMMAND, "rcpt", "--json", "-o", "timeout=3s", "u@ok.test.example"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                              check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def assert_exchange(self, exchange):
        status, output, _ = self.run_command()
        self.assertEqual(status, 0)
        self.assertIn('"%s.test.example"' % exchange, output)

    def test_the_nameserver_is_asked(self):
        self.write("search test.example\nnameserver 127.0.0.2\n")
        self.assert_exchange("second")

    def test_an_empty_file_means_this_host(self):
        for text in ("", "# nothing\n", "nameserver resolver\n"):
            with self.subTest(text):
                self.write(text)
                self.assert_exchange("first")

    def test_the_next_nameserver_answers_for_one_that_is_dead(self):
        self.write("nameserver 127.0.0.9\nnameserver 127.0.0.2\n")
        self.assert_exchange("second")

    def test_a_file_that_cannot_be_read_is_told(self):
        """By a deferral, whose story names the file and what the system says of it."""
        self.write("")
        target = os.path.realpath("/etc/resolv.conf")
        subprocess.run(["umount", target], check=True)
        try:
            # Root reads everything but a folder, which cannot be put over a file; a socket can.
            with unreadable(self.folder, target):
                status, output, error = self.run_command()
                self.assertEqual((status, error), (2, ""))
                self.assertIn('"reason":"dns-failure"', output)
                self.assertIn("/etc/resolv.conf cannot be read: No such device or address", explain())
        finally:
            subprocess.run(["mount", "--bind", self.path, target], check=True)
        with etc(self.folder) as path:
            os.mkdir(path)
            self.assertIn("/etc/resolv.conf cannot be read: Is a directory", explain())
            for kind in ("blocking", "async"):
                with self.subTest(kind), host(kind, "") as check:
                    self.assertEqual(check("u@ok.test.example")[0], "dns-failure")
                    os.rmdir(path)
                    write(path, "nameserver 127.0.0.2\n")
                    self.assertEqual(eventually_known(check, "second"), "mx")
                    os.unlink(path)
                    os.mkdir(path)

    def test_a_file_that_is_missing_or_names_nobody_is_told(self):
        """127.0.0.1 is asked then, which answers here; the name of that resolver says why."""
        with etc(self.folder) as path:
            self.assertIn("(127.0.0.1:53 (no /etc/resolv.conf)", explain())
            write(path, "# nothing\n")
            self.assertIn("(127.0.0.1:53 (no server in /etc/resolv.conf)", explain())

    def test_the_option_use_vc_is_honoured(self):
        """UDP is not asked at all: nothing listens there."""
        with TcpOnly("127.0.0.3"):
            self.write("nameserver 127.0.0.3\noptions ndots:1 use-vc\n")
            self.assertEqual(self.run_command()[0], 0)
            self.write("nameserver 127.0.0.3\noptions ndots:1\n")
            self.assertEqual(self.run_command()[0], 2)

    def test_a_file_that_changes_is_read_again(self):
        self.write("nameserver 127.0.0.1\n")
        with smtp_server(self.folder, "3s") as connect, connect() as client:
            self.assertRegex(mail(client, "u@ok.test.example"), "^250 ")
            self.write("nameserver 127.0.0.9\n")
            self.assertRegex(eventually(client, "^450 "), "^450 ")
            self.write("nameserver 127.0.0.2\n")
            self.assertRegex(eventually(client, "^250 "), "^250 ")

    def test_a_file_that_goes_comes_and_is_replaced(self):
        """One context over all of it; which server was asked is told by the name that it alone knows."""
        with etc(self.folder) as path:
            for kind in ("blocking", "async"):
                with self.subTest(kind), host(kind, "") as check:
                    for change, server in ((lambda: write(path, "nameserver 127.0.0.2\n"), "second"),
                                           (lambda: os.unlink(path), "first"),
                                           (lambda: replace(path, "nameserver 127.0.0.2\n"), "second"),
                                           (lambda: replace(path, ""), "first"),
                                           (lambda: replace(path, "nameserver 127.0.0.2\n"), "second"),
                                           (lambda: become_folder(path), "second"),
                                           (lambda: os.rmdir(path), "first")):
                        change()
                        self.assertEqual(eventually_known(check, server), "mx")

    def test_what_other_servers_have_said_does_not_count(self):
        """A hit finds the change, too: nothing else is asked in between."""
        for kind in ("blocking", "async"):
            self.write("nameserver 127.0.0.1\n")
            with self.subTest(kind), host(kind, "", options=()) as check:
                self.assertEqual(check("u@second.test.example")[0], "no-such-domain")
                self.write("nameserver 127.0.0.2\n")
                time.sleep(1.5)
                self.assertEqual(check("u@second.test.example")[0], "mx")
                self.write("nameserver 127.0.0.1\n")
                time.sleep(1.5)
                self.assertEqual(check("u@second.test.example")[0], "no-such-domain")

    def test_a_file_that_is_being_written_defers_nothing(self):
        """Empty for a moment, at each change; nothing listens at 127.0.0.1 of this name server."""
        with etc(self.folder) as path:
            write(path, "nameserver 127.0.0.2\n")
            with host("blocking", "") as check:
                self.assertEqual(check("u@second.test.example")[0], "mx")
                for _ in range(2):
                    write(path, "")
                    time.sleep(1.1)
                    self.assertEqual(check("u@second.test.example")[0], "mx")
                    os.unlink(path)
                    self.assertEqual(check("u@second.test.example")[0], "mx")
                    write(path, "nameserver 127.0.0.2\n")
                    time.sleep(1.1)
                    self.assertEqual(check("u@second.test.example")[0], "mx")

    def test_what_is_under_way_ends_where_it_began(self):
        self.write("nameserver 127.0.0.1\n")
        with smtp_server(self.folder, "20s") as connect, connect() as early, connect() as late:
            self.assertRegex(mail(late, "u@first.test.example"), "^250 ")
            early.write(b"MAIL FROM:<u@slow.test.example>\r\n")
            early.flush()
            self.write("nameserver 127.0.0.2\n")
            self.assertRegex(eventually(late, "^250 ", "u@second.test.example"), "^250 ")
            self.assertRegex(early.readline().decode(), "^250 ")


def explain():
    """The story of a name."""
    return subprocess.run([COMMAND, "explain", "-o", "timeout=1s", "u@ok.test.example"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, timeout=60, check=False).stdout.decode()


class TcpOnly:
    """A name server that hears no datagrams."""

    def __init__(self, address):
        self.listener = socket.create_server((address, 53))
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)

    def _serve(self):
        import dns.message
        import dns.rrset
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as stream:
                while len(head := stream.read(2)) == 2:
                    query = dns.message.from_wire(stream.read(int.from_bytes(head, "big")))
                    reply = dns.message.make_response(query)
                    reply.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "MX", "10 mail.example."))
                    wire = reply.to_wire()
                    stream.write(len(wire).to_bytes(2, "big") + wire)
                    stream.flush()


@contextlib.contextmanager
def etc(folder):
    """A /etc of our own, empty; gives the path of its resolv.conf."""
    own = tempfile.mkdtemp(dir=folder)
    subprocess.run(["mount", "--bind", own, "/etc"], check=True)
    try:
        yield "/etc/resolv.conf"
    finally:
        subprocess.run(["umount", "/etc"], check=True)


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def replace(path, text):
    """As resolvconf(8) and NetworkManager do."""
    write(path + ".new", text)
    os.rename(path + ".new", path)


def become_folder(path):
    """What cannot be read, for longer than it takes to be looked at again: the resolvers stay those that were."""
    os.unlink(path)
    os.mkdir(path)
    time.sleep(1.5)


def eventually_known(check, server):
    """What the host says of a name that only this server knows, once it says mx."""
    for _ in range(30):
        reason, _ = check("u@%s.test.example" % server)
        if reason == "mx":
            break
        time.sleep(0.3)
    return reason


@contextlib.contextmanager
def smtp_server(folder, timeout):
    """The event-driven example with the system's resolvers; gives a function that makes a client of it."""
    process = subprocess.Popen([SMTP_SERVER, "--listen", "127.0.0.1:0", "--maildir", folder + "/maildir",
                                "-o", "timeout=" + timeout, "-o", "cache-size=0"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    @contextlib.contextmanager
    def connect():
        with socket.create_connection(("127.0.0.1", port), 30) as connection, connection.makefile("rwb") as client:
            client.readline()
            say(client, "HELO client.example")
            yield client

    try:
        port = int(process.stdout.readline().decode().rsplit(":", 1)[1])
        yield connect
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


@contextlib.contextmanager
def unreadable(folder, target):
    """Something at `target` that is there and cannot be opened: a socket."""
    path = os.path.join(folder, "socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(path)
        subprocess.run(["mount", "--bind", path, target], check=True)
        try:
            yield
        finally:
            subprocess.run(["umount", target], check=True)
            os.unlink(path)


def say(client, line):
    client.write(line.encode() + b"\r\n")
    client.flush()
    return client.readline().decode()


def mail(client, address):
    say(client, "RSET")
    return say(client, "MAIL FROM:<%s>" % address)


def eventually(client, pattern, address="u@ok.test.example"):
    """The reply, once it is as wanted: the file is looked at once a second."""
    for _ in range(20):
        reply = mail(client, address)
        if re.match(pattern, reply):
            break
        time.sleep(0.3)
    return reply


if __name__ == "__main__":
    if not namespace.is_inside():
        sys.exit(namespace.run_again(["--mount", "--net"], ["true"]))
    unittest.main()
