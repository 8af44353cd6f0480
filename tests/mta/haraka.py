#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Haraka with the plugin of examples/mta/haraka: the cases of kit.py, and what may go wrong in its life.

Haraka comes from npm, in the versions that the plugin's package-lock.json pins; nothing is installed. It runs out of a
folder with the Node.js of this machine, on loopback. Ends with 77 where it cannot run. The environment:

    MXCHECK_PREFIX              where libmxcheck is installed (/usr)
    MXCHECK_BUILD_DIR           where it was built (build)
    MXCHECK_DIFFERENTIAL_CACHE  where Haraka is kept for the next run (differential, in the build folder)
"""
import base64
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
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import kit  # noqa: E402

PACKAGES = []
HAS_ID = True
NODE_AT_LEAST = 20
# Haraka reads addresses itself, and refuses what it does not take for one before a plugin is asked; it gives no id.
REWRITTEN = {
    "form/lit-v4-bad/rcpt": r"501 Invalid RCPT TO address .*",
}

PLUGIN = os.path.join(SOURCE, "examples", "mta", "haraka")
BINDING = os.path.join(SOURCE, "examples", "bindings", "node")
BINDING_FILES = ["package.json", "index.js", "library.js"]
PLUGIN_FILES = ["package.json", "index.js", "lib", "config"]
START_SECONDS, WAIT_SECONDS, NPM_SECONDS, PROBE_SECONDS = 30, 30, 300, 2
READ_ANEW, OLD_STAYS = "the configuration was read anew", "the old one stays"

# What a Haraka does that takes mail for everyone, and drops it.
TAKE_ALL = """\
exports.hook_rcpt = (next) => next(OK);
exports.hook_queue = (next) => next(OK, 'dropped');
exports.hook_queue_outbound = exports.hook_queue;
"""
AUTH = "[core]\nmethods=PLAIN\nconstrain_sender=false\n[users]\njoe=secret\n"
ABSENT, NULL_MX, UNRESOLVABLE = "u@nxdomain.mx.example", "u@null-mx.mx.example", "u@mx-nx.mx.example"


class Missing(Exception):
    """What is needed and is not here; the test is skipped."""


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


class Server:
    """A Haraka that runs, with a worker or some."""

    def __init__(self, process, port, folder, nodes):
        self.process, self.port, self.nodes = process, port, nodes
        self.conf, self.log = os.path.join(folder, "config", "mxcheck.conf"), os.path.join(folder, "log")

    def count(self, text):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read().count(text)

    def reload(self, told=READ_ANEW):
        """Wait until the master and its workers have noticed that a file has changed; they look after five seconds."""
        before = self.count(told)
        wait_for(lambda: self.count(told) >= before + 1 + self.nodes, told)

    def workers(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]

    def kill_integration(self):
        """The plugin lives in the workers."""
        for worker in self.workers():
            os.kill(worker, signal.SIGKILL)

    def stop(self):
        workers = self.workers() if self.process.poll() is None else []
        self.process.kill()
        self.process.wait(WAIT_SECONDS)
        for worker in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)


def wait_for(is_so, what, seconds=WAIT_SECONDS):
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s for: {what}")
        time.sleep(0.05)


def answers(port):
    """Only when the plugin has read its configuration: then MAIL is answered."""
    try:
        with Client(port, PROBE_SECONDS) as client:
            return client.say("MAIL FROM:<>").startswith("250 ")
    except (OSError, EOFError):
        return False


def launch(packages, folder, library):
    command = ["node", os.path.join(packages, "haraka", "node_modules", "Haraka", "bin", "haraka"), "-c", folder]
    with open(os.path.join(folder, "log"), "wb") as log:
        return subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                env=dict(os.environ, MXCHECK_LIBRARY=library))


def library_of(prefix):
    return os.path.join(prefix, "lib", "libmxcheck.so.1")


@contextlib.contextmanager
def server(cache, work, prefix, option="", *, ini="", nodes=1, conf=None, **values):
    """conf: another mxcheck.conf than that of the kit. ini: lines of mxcheck.ini."""
    packages, port = prepare(cache), free_port()
    folder = tempfile.mkdtemp(prefix="haraka-", dir=work)
    make_site(packages, folder, port, ini, nodes)
    if conf is None:
        kit.configuration(os.path.join(folder, "config"), option, **values)
    else:
        write(os.path.join(folder, "config", "mxcheck.conf"), conf)
    running = Server(launch(packages, folder, library_of(prefix)), port, folder, nodes)
    try:
        wait_for(lambda: running.process.poll() is not None or answers(port), "Haraka", START_SECONDS)
        if running.process.poll() is not None:
            with open(running.log, encoding="utf-8", errors="replace") as file:
                raise RuntimeError("Haraka does not start:\n" + file.read()[-2000:])
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder)


# --- the dialogue --------------------------------------------------------------------------------------------------------


class Client:
    """Says commands, and gives the last line of each reply."""

    def __init__(self, port, seconds=WAIT_SECONDS):
        self.socket = socket.create_connection(("127.0.0.1", port), seconds)
        self.file = self.socket.makefile("rb")
        self.reply()
        self.say("EHLO client.example")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def say(self, *commands):
        """All at once; gives the last line of the last reply, or a list of them."""
        self.socket.sendall("".join(command + "\r\n" for command in commands).encode())
        replies = [self.reply() for _ in commands]
        return replies[0] if len(commands) == 1 else replies

    def reply(self):
        line = b""
        while line[3:4] != b" ":
            line = self.file.readline()
            if not line.endswith(b"\r\n"):
                raise EOFError("the server has closed the connection")
        return line.decode(errors="replace").rstrip()

    def login(self):
        expect(self.say("AUTH PLAIN " + base64.b64encode(b"\0joe\0secret").decode()), "235 .*")


def expect(reply, pattern):
    if re.fullmatch(pattern, reply) is None:
        raise AssertionError(f"{reply!r} is not {pattern!r}")


def refusal(name, role="rcpt"):
    """What the kit says of a case, with the id of a transaction of Haraka."""
    reply = next(case.reply for case in kit.cases() if (case.name, case.role, case.options) == (name, role, ""))
    return re.escape(reply).replace(r"\ ID\ ", r" [0-9A-F-]{36}\.\d+ ")


def ask(port, sender, rcpt, is_authenticated=False):
    """The replies to MAIL and RCPT."""
    with Client(port) as client:
        if is_authenticated:
            client.login()
        return client.say(f"MAIL FROM:<{sender}>", f"RCPT TO:<{rcpt}>")


# --- families ------------------------------------------------------------------------------------------------------------


def alone(cache, work, prefix):
    """The plugin's own tests, by `node --test`."""
    packages, folder = prepare(cache), tempfile.mkdtemp(prefix="haraka-", dir=work)
    make_site(packages, folder, 0, "", 1)
    plugin = os.path.join(folder, "node_modules", "haraka-plugin-mxcheck")
    shutil.copytree(os.path.join(PLUGIN, "test"), os.path.join(plugin, "test"))
    done = subprocess.run(["node", "--test", "test/mxcheck.test.js"], cwd=plugin, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False,
                          env=dict(os.environ, MXCHECK_LIBRARY=library_of(prefix), MXCHECK_CONFORMANCE=kit.KIT))
    if done.returncode != 0:
        raise AssertionError(done.stdout.decode(errors="replace")[-5000:])


def killed(cache, work, prefix):
    """A dialogue whose worker dies ends at once; the next is answered, by the next worker."""
    with server(cache, work, prefix, timeout="60s") as running, Client(running.port) as client:
        expect(client.say("MAIL FROM:<>"), "250 .*")
        client.socket.sendall(b"RCPT TO:<u@kit-silent.mx.example>\r\n")
        time.sleep(0.5)
        running.kill_integration()
        with contextlib.suppress(EOFError, ConnectionResetError):
            raise AssertionError("a reply of the dead: " + client.reply())
        wait_for(lambda: answers(running.port), "another worker")
        expect(ask(running.port, "", ABSENT)[1], refusal("basic/nxdomain"))


def missing(cache, work, prefix):
    """Without the library, or with a wrong option, Haraka does not start, and says why."""
    for bad_prefix, conf, why in (("/nonexistent", "", "shared library"), (prefix, "depth = none\n", "depth")):
        try:
            with server(cache, work, bad_prefix, conf=conf):
                raise AssertionError("Haraka starts in spite of " + why)
        except RuntimeError as error:
            if "init_master returned error: mxcheck:" not in str(error) or why not in str(error):
                raise AssertionError(f"Haraka does not say {why!r}: {error}") from error


def silent(cache, work, prefix):
    """No answer from DNS: a reply by the option `timeout`, and others are served meanwhile."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        conf = f"upstreams = 127.0.0.1:{mute.getsockname()[1]}\ntimeout = 2s\n"
        with server(cache, work, prefix, conf=conf) as running, Client(running.port) as client, Client(running.port) as other:
            client.say("MAIL FROM:<>")
            started = time.monotonic()
            client.socket.sendall(b"RCPT TO:<u@example.com>\r\n")
            expect(other.say("MAIL FROM:<>"), "250 .*")
            expect(other.say("RCPT TO:<u@host.invalid>"), refusal("special/tld-invalid"))
            assert time.monotonic() - started < 1, "others wait"
            expect(client.reply(), refusal("kit/silent"))
            assert 1 < time.monotonic() - started < 4, "not by the option"


def talk(port, messages, failures, is_strict=True):
    """Messages with recipients of all sorts, pipelined; each reply must be the one to its command."""
    try:
        with Client(port) as client:
            for number in messages:
                good = f"u{number}@ok-mx.mx.example"
                replies = client.say("MAIL FROM:<>", f"RCPT TO:<{good}>", f"RCPT TO:<{ABSENT}>", f"RCPT TO:<{NULL_MX}>",
                                     f"RCPT TO:<{UNRESOLVABLE}>")
                patterns = ["250 .*", f"250 .*<{re.escape(good)}>.*", refusal("basic/nxdomain"), refusal("nullmx/null-mx"),
                            refusal("target/mx-nx") if is_strict else ".*"]
                for reply, pattern in zip(replies, patterns):
                    expect(reply, pattern)
                ids = set(re.findall(r"[0-9A-F-]{36}\.\d+", "\n".join(replies)))
                assert len(ids) == 1, f"ids of several transactions: {ids}"
                expect(client.say("DATA"), "354 .*")
                expect(client.say(f"Subject: {number}\r\n\r\n."), "250 dropped .*")
    except Exception as error:  # pylint: disable=broad-except  # told by whoever waits for the thread
        failures.append(error)


def talk_side_by_side(port, connections, each, is_strict=True):
    failures = []
    threads = [threading.Thread(target=talk, args=(port, range(first * each, (first + 1) * each), failures, is_strict))
               for first in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def load(cache, work, prefix):
    """A thousand messages on fifty connections."""
    with server(cache, work, prefix, nodes=2) as running:
        talk_side_by_side(running.port, 50, 20)


def reloaded(cache, work, prefix):
    """Under load: a new configuration is in force, and a wrong one changes nothing."""
    with server(cache, work, prefix) as running:
        failures, is_over = [], threading.Event()

        def talk_on():
            while not is_over.is_set() and not failures:
                talk(running.port, range(20), failures, is_strict=False)

        threads = [threading.Thread(target=talk_on) for _ in range(10)]
        for thread in threads:
            thread.start()
        try:
            for option, told, pattern in (("depth=records", READ_ANEW, "250 .*"), ("depth=none", OLD_STAYS, "250 .*"),
                                          ("depth=targets", READ_ANEW, refusal("target/mx-nx"))):
                kit.configuration(os.path.dirname(running.conf), option)
                running.reload(told)
                expect(ask(running.port, "", UNRESOLVABLE)[1], pattern)
        finally:
            is_over.set()
            for thread in threads:
                thread.join()
        if failures:
            raise failures[0]


def exempt(cache, work, prefix):
    """Authenticated and exempt clients, and the dry run."""
    bad_sender, bad_rcpt, good = refusal("basic/nxdomain", "sender"), refusal("basic/nxdomain"), "250 .*"
    for ini, is_authenticated, sender, rcpt in (
            ("exempt_authenticated=none", True, bad_sender, bad_rcpt), ("exempt_authenticated=sender", False, bad_sender, bad_rcpt),
            ("exempt_authenticated=sender", True, good, bad_rcpt), ("exempt_authenticated=both", True, good, good),
            ("exempt_clients=192.0.2.0/24 2001:db8::/32", False, bad_sender, bad_rcpt),
            ("exempt_clients=192.0.2.0/24, 127.0.0.0/8", False, good, good), ("dry_run=true", False, good, good)):
        with server(cache, work, prefix, ini=ini + "\n") as running:
            for pattern, reply in ((sender, ask(running.port, ABSENT, kit.GOOD, is_authenticated)[0]),
                                   (rcpt, ask(running.port, "", ABSENT, is_authenticated)[1])):
                expect(reply, pattern)
            if ini.startswith("dry_run") and running.count("reject no-such-domain (dry run)") != 2:
                raise AssertionError("the dry run is not in the log")


def bad_input(cache, work, prefix):
    """Lines without end, NUL, 8-bit octets, and clients that never read: the next one is served as ever."""
    with server(cache, work, prefix) as running:
        for octets in (b"x" * 1_000_000, b"RCPT TO:<" + b"a" * 1_000_000 + b"@x.example>\r\n",
                       b"MAIL FROM:<a\0b@ok-mx.mx.example>\r\nMAIL FROM:<\xff\xfe@\xff.example>\r\nRCPT TO:<\xc3@\x80.example>\r\n",
                       b"MAIL FROM:<>\r\n" + b"RCPT TO:<u@nxdomain.mx.example>\r\n" * 20_000):
            with Client(running.port) as client, contextlib.suppress(OSError):
                client.socket.settimeout(2)
                client.socket.sendall(octets)
        expect(ask(running.port, "", ABSENT)[1], refusal("basic/nxdomain"))
        assert len(running.workers()) == 1 and running.count("worker started") == 1, "a worker has died"


FAMILIES = {
    "the plugin alone": alone, "killed in the middle of a dialogue": killed, "the library missing, or a wrong option": missing,
    "DNS silent": silent,
    "1,000 messages on 50 connections": load, "reloaded under load": reloaded, "authenticated and exempt clients, dry run": exempt,
    "bad input": bad_input,
}


# --- all of it -----------------------------------------------------------------------------------------------------------


def check_case(port, case):
    reply, rewritten = kit.ask(port, case), REWRITTEN.get(f"{case.name}/{case.role}")
    is_right = re.fullmatch(rewritten, reply) if rewritten else case.is_answered_by(reply, HAS_ID)
    if not is_right:
        raise AssertionError(f"{case}: {reply!r} is not {rewritten or case.reply or case.verdict!r}")


def all_cases(cache, work, prefix):
    """Those of the kit, by their options."""
    failures = []
    for option in dict.fromkeys(case.options for case in kit.cases()):
        with server(cache, work, prefix, option) as running:
            for case in kit.cases():
                try:
                    if case.options == option:
                        check_case(running.port, case)
                except AssertionError as error:
                    failures.append(str(error))
    if failures:
        raise AssertionError("\n    ".join(failures))


def main():
    build = os.path.join(SOURCE, os.environ.get("MXCHECK_BUILD_DIR", "build"))
    cache = os.path.abspath(os.environ.get("MXCHECK_DIFFERENTIAL_CACHE", os.path.join(build, "differential")))
    prefix = os.environ.get("MXCHECK_PREFIX", "/usr")
    has_failed = False
    try:
        prepare(cache)
        if not os.path.exists(library_of(prefix)):
            raise Missing(f"there is no {library_of(prefix)}: name the prefix of libmxcheck in MXCHECK_PREFIX")
    except Missing as reason:
        print(f"skipped: {reason}")
        return 77
    with tempfile.TemporaryDirectory(prefix="mxcheck-mta-haraka-") as work:
        for name, family in {f"{len(kit.cases())} cases": all_cases, **FAMILIES}.items():
            try:
                family(cache, work, prefix)
                print(f"haraka: {name}: ok", flush=True)
            except Exception as error:  # pylint: disable=broad-except  # one family does not end the others
                has_failed = True
                print(f"haraka: {name}: FAILED: {type(error).__name__}: {error}", flush=True)
    return 1 if has_failed else 0


if __name__ == "__main__":
    sys.exit(main())
