#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Haraka with the plugin of examples/mta/haraka, in the versions that the plugin's package-lock.json pins, out of a folder."""
import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import common
import sasl
from common import BAD_RCPT, BAD_SENDER, Failed, Session, ask_envelope, expect, expect_reply

import kit  # noqa: E402
from dnsservers import Missing  # noqa: E402

NODE_AT_LEAST = 20
# Haraka reads addresses itself, and refuses what it does not take for one before a plugin is asked; it gives no id.
REWRITTEN = {("form/lit-v4-bad", "rcpt"): r"501 Invalid RCPT TO address .*"}

PLUGIN = os.path.join(common.SOURCE, "examples", "mta", "haraka")
BINDING = os.path.join(common.SOURCE, "examples", "bindings", "node")
BINDING_FILES = ["package.json", "index.js", "library.js"]
PLUGIN_FILES = ["package.json", "index.js", "lib", "config"]
WAIT_SECONDS, NPM_SECONDS, PROBE_SECONDS = 30, 300, 2
READ_ANEW, OLD_STAYS = "the configuration was read anew", "the old one stays"

# What a Haraka does that takes mail for everyone, and drops it.
TAKE_ALL = """\
exports.hook_rcpt = (next) => next(OK);
exports.hook_queue = (next) => next(OK, 'dropped');
exports.hook_queue_outbound = exports.hook_queue;
"""
AUTH = f"[core]\nmethods=PLAIN\nconstrain_sender=false\n[users]\n{sasl.LOGIN}={sasl.PASSWORD}\n"


# --- from npm ------------------------------------------------------------------------------------------------------------


def npm(folder, *arguments):
    try:
        done = subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", *arguments], cwd=folder,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=NPM_SECONDS,
                              check=False)
    except subprocess.TimeoutExpired as error:
        raise Missing(f"npm: {error}") from error
    if done.returncode != 0:
        raise Missing("npm does not get what the plugin needs: " + done.stdout.decode(errors="replace")[-500:])


def need_programs():
    for program in ("node", "npm", "swaks"):
        if shutil.which(program) is None:
            raise Missing(f"{program} is not installed")
    version = subprocess.run(["node", "--version"], capture_output=True, check=True, encoding="ascii").stdout
    if int(re.match(r"v(\d+)", version)[1]) < NODE_AT_LEAST:
        raise Missing(f"Node.js {NODE_AT_LEAST} or later is not here")


def fingerprint():
    digest = hashlib.sha256()
    for folder in (PLUGIN, BINDING):
        with open(os.path.join(folder, "package-lock.json"), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def prepare(cache):
    """Get what is pinned, unless it is there: Haraka in haraka/node_modules, koffi in binding/node_modules."""
    need_programs()
    folder = os.path.join(cache, "mta-haraka")
    os.makedirs(cache, exist_ok=True)
    with open(folder + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(os.path.join(folder, fingerprint())):
            shutil.rmtree(folder, ignore_errors=True)
            for name, source, omit in (("haraka", PLUGIN, ["--omit=optional"]), ("binding", BINDING, [])):
                os.makedirs(os.path.join(folder, name))
                for file in ("package.json", "package-lock.json"):
                    shutil.copy(os.path.join(source, file), os.path.join(folder, name))
                npm(os.path.join(folder, name), *omit)
            os.mkdir(os.path.join(folder, fingerprint()))
    return folder


# --- the server ----------------------------------------------------------------------------------------------------------


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def copy(source, names, to):
    os.makedirs(to)
    for name in names:
        path = os.path.join(source, name)
        (shutil.copytree if os.path.isdir(path) else shutil.copy)(path, os.path.join(to, name))


def free_port():
    with socket.socket() as any_socket:
        any_socket.bind(("127.0.0.1", 0))
        return any_socket.getsockname()[1]


def make_site(packages, folder, port, ini, nodes):
    """A folder as `haraka --install` and `npm install` make it."""
    modules = os.path.join(folder, "node_modules")
    copy(PLUGIN, PLUGIN_FILES, os.path.join(modules, "haraka-plugin-mxcheck"))
    copy(BINDING, BINDING_FILES, os.path.join(modules, "mxcheck"))
    for part, name in (("haraka", "haraka-dsn"), ("haraka", "haraka-constants"), ("binding", "koffi")):
        os.symlink(os.path.join(packages, part, "node_modules", name), os.path.join(modules, name))
    shutil.copytree(os.path.join(packages, "haraka", "node_modules", "Haraka", "config"), os.path.join(folder, "config"))
    write(os.path.join(folder, "plugins", "take_all.js"), TAKE_ALL)
    for name, text in {"plugins": "auth/flat_file\nmxcheck\ntake_all\n", "auth_flat_file.ini": AUTH, "me": "mx.peer.example\n",
                       "smtp.ini": f"listen=127.0.0.1:{port}\nnodes={nodes}\n", "log.ini": "[main]\nlevel=info\n",
                       "mxcheck.ini": ini}.items():
        write(os.path.join(folder, "config", name), text)


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def wait_for(is_so, what):
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_so():
        expect(time.monotonic() < deadline, "waited in vain for", what)
        time.sleep(0.05)


def answers(port):
    """Only when the plugin has read its configuration: then MAIL is answered. A worker that dies may leave a client without a word."""
    try:
        with socket.create_connection(("127.0.0.1", port), PROBE_SECONDS) as probe, probe.makefile("rb") as file:
            is_greeted = file.readline().startswith(b"220 ")
            probe.sendall(b"HELO client.example\r\nMAIL FROM:<>\r\n")
            return is_greeted and all(file.readline().startswith(b"250 ") for _ in range(2))
    except OSError:
        return False


class Haraka:
    """With workers, in which the plugin is."""

    has_id, has_unique_ids, takes_messages = True, True, True

    def __init__(self, settings, ini, nodes):
        self.packages, self.library, self.nodes = prepare(settings.cache), library_of(settings), nodes
        self.folder, self.port = tempfile.mkdtemp(prefix="mxcheck-haraka-"), free_port()
        make_site(self.packages, self.folder, self.port, ini, nodes)
        self.log, self.conf = os.path.join(self.folder, "log"), os.path.join(self.folder, "config", "mxcheck.conf")

    def rewritten(self, case):
        return REWRITTEN.get((case.name, case.role))

    def configure(self, option):
        before = read(self.conf) if os.path.exists(self.conf) else ""
        kit.configuration(os.path.dirname(self.conf), option)
        self.is_changed = read(self.conf) != before

    def start(self):
        command = ["node", os.path.join(self.packages, "haraka", "node_modules", "Haraka", "bin", "haraka"), "-c", self.folder]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=dict(os.environ, MXCHECK_LIBRARY=self.library))
        wait_for(lambda: self.process.poll() is not None or answers(self.port), "Haraka")
        expect(self.process.poll() is None, "Haraka does not start:", read(self.log)[-2000:])

    def count(self, text):
        return read(self.log).count(text)

    def reload(self, told=READ_ANEW):
        """Wait until the master and its workers have noticed that a file has changed; they look after five seconds."""
        if self.is_changed:
            before = self.count(told)
            wait_for(lambda: self.count(told) >= before + 1 + self.nodes, told)
        self.is_changed = False

    def workers(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]

    def kill(self):
        for worker in self.workers():
            os.kill(worker, signal.SIGKILL)

    def stop(self):
        workers = self.workers() if self.process.poll() is None else []
        self.process.kill()
        self.process.wait(WAIT_SECONDS)
        for worker in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)


def library_of(settings):
    return os.path.join(settings.prefix, "lib", "libmxcheck.so.1")


@contextlib.contextmanager
def served(settings, option="", ini="", nodes=1):
    """ini: lines of mxcheck.ini."""
    haraka = Haraka(settings, ini, nodes)
    haraka.configure(option)
    try:
        haraka.start()
        yield haraka
    finally:
        haraka.stop()
        shutil.rmtree(haraka.folder)


def with_haraka(check, nodes=1):
    def run_check(settings):
        with served(settings, nodes=nodes) as haraka:
            return check(haraka)
    return run_check


def refusal(name, role="rcpt"):
    """What the kit says of a case, with the id of a transaction of Haraka."""
    reply = next(case.reply for case in kit.cases() if (case.name, case.role, case.options) == (name, role, ""))
    return re.escape(reply).replace(r"\ ID\ ", r" [0-9A-F-]{36}\.\d+ ")


def expect_refusal(haraka):
    expect_reply(ask_envelope(haraka.port, BAD_SENDER, kit.GOOD), refusal("basic/nxdomain", "sender"))


# --- families ------------------------------------------------------------------------------------------------------------


def check_plugin_alone(settings):
    """The plugin's own tests, by `node --test`."""
    with tempfile.TemporaryDirectory(prefix="mxcheck-haraka-") as folder:
        make_site(prepare(settings.cache), folder, 0, "", 1)
        plugin = os.path.join(folder, "node_modules", "haraka-plugin-mxcheck")
        shutil.copytree(os.path.join(PLUGIN, "test"), os.path.join(plugin, "test"))
        done = subprocess.run(["node", "--test", "test/mxcheck.test.js"], cwd=plugin, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False,
                              env=dict(os.environ, MXCHECK_LIBRARY=library_of(settings), MXCHECK_CONFORMANCE=kit.KIT))
    expect(done.returncode == 0, done.stdout.decode(errors="replace")[-5000:])


def check_kill(haraka):
    """The next dialogue is answered, by the next worker."""
    common.check_kill_of_dialogue(haraka)
    wait_for(lambda: answers(haraka.port), "another worker")
    expect_refusal(haraka)


def check_missing(settings):
    """Without the library, or with a wrong option, Haraka does not start, and says why."""
    for is_there, option, why in ((False, "", "shared library"), (True, "depth=none", "depth")):
        haraka = Haraka(settings, "", 1)
        haraka.library = haraka.library if is_there else "/nonexistent"
        haraka.configure(option)
        try:
            with contextlib.suppress(Failed):
                haraka.start()
                raise RuntimeError("Haraka starts in spite of " + why)
            told = read(haraka.log)
            expect("init_master returned error: mxcheck:" in told and why in told, "Haraka does not say", repr(why), told)
        finally:
            haraka.stop()
            shutil.rmtree(haraka.folder)


def check_side_by_side(settings):
    """While one dialogue waits for DNS, others are answered."""
    with served(settings, "timeout=2s") as haraka, Session(haraka.port) as one:
        expect_reply(one.ask("MAIL FROM:<>"), "250 .*")
        one.socket.sendall(b"RCPT TO:<u@kit-silent.mx.example>\r\n")
        expect_refusal(haraka)
        one.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            raise Failed("the other one does not wait: %r" % one.socket.recv(100))
        one.socket.settimeout(WAIT_SECONDS)
        expect_reply(one.reply(), refusal("kit/silent"))


def check_bad_configuration(haraka):
    """The old options stay, and a line says why."""
    haraka.configure("depth=none")
    haraka.reload(OLD_STAYS)
    expect_refusal(haraka)
    haraka.configure("exempt-domains=nxdomain.mx.example")
    haraka.reload()
    expect_reply(ask_envelope(haraka.port, BAD_SENDER, kit.GOOD), "250 .*")


def check_exempt(settings):
    """Authenticated and exempt clients, and the dry run."""
    sender, rcpt, nothing = "550 .*", "556 .*", "250 .*"
    rows = [("exempt_authenticated=none", sasl.CREDENTIALS, sender), ("exempt_authenticated=sender", None, sender),
            ("exempt_authenticated=sender", sasl.CREDENTIALS, rcpt), ("exempt_authenticated=both", sasl.CREDENTIALS, nothing),
            ("exempt_clients=192.0.2.0/24 2001:db8::/32", None, sender), ("exempt_clients=192.0.2.0/24, 127.0.0.0/8", None, nothing),
            ("dry_run=true", None, nothing)]
    for ini, credentials, pattern in rows:
        with served(settings, ini=ini + "\n") as haraka:
            expect_reply(ask_envelope(haraka.port, BAD_SENDER, BAD_RCPT, credentials), pattern, ini)
            logged = [haraka.count(f"reject {reason} (dry run)") for reason in ("no-such-domain", "null-mx")]
            expect(logged == [ini.startswith("dry_run")] * 2, ini, "is logged", logged, "times")
    return len(rows)


def check_bad_input(haraka):
    """Lines without end, NUL, 8-bit octets, and clients that never read: the next one is served as ever."""
    for octets in (b"x" * 1_000_000, b"RCPT TO:<" + b"a" * 1_000_000 + b"@x.example>\r\n",
                   b"MAIL FROM:<a\0b@ok-mx.mx.example>\r\nMAIL FROM:<\xff\xfe@\xff.example>\r\nRCPT TO:<\xc3@\x80.example>\r\n",
                   b"MAIL FROM:<>\r\n" + b"RCPT TO:<u@nxdomain.mx.example>\r\n" * 20_000):
        with Session(haraka.port) as session, contextlib.suppress(OSError):
            session.socket.settimeout(2)
            session.socket.sendall(octets)
    expect_refusal(haraka)
    expect(len(haraka.workers()) == 1 and haraka.count("worker started") == 1, "a worker has died")


FAMILIES = {
    "the plugin alone": check_plugin_alone, "cases": with_haraka(common.check_cases), "silence": with_haraka(common.check_silence),
    "side by side": check_side_by_side, "crowd": with_haraka(common.check_crowd, nodes=2),
    "reload under load": with_haraka(common.check_reload_under_load), "bad configuration": with_haraka(check_bad_configuration),
    "authenticated and exempt clients, dry run": check_exempt, "bad input": with_haraka(check_bad_input),
    "the library missing, or a wrong option": check_missing, "killed": with_haraka(check_kill),
}


def run(settings):
    """Some families, where arguments name them, otherwise all."""
    prepare(settings.cache)
    if not os.path.exists(library_of(settings)):
        raise Missing(f"there is no {library_of(settings)}: name another MXCHECK_PREFIX")
    return int(common.run_families("haraka", {name: FAMILIES[name] for name in sys.argv[1:] or FAMILIES}, settings) > 0)


if __name__ == "__main__":
    common.end_by_status(run)
