#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""OpenSMTPD of Debian's package with examples/mta/opensmtpd as its filter, in a root folder on loopback.

/usr/bin/python3 tests/mta/opensmtpd.py     asks it all cases of kit.py, then runs the families; one line each
/usr/bin/python3 tests/mta/opensmtpd.py 'dry run'     these families alone

The environment: MXCHECK_PREFIX, where libmxcheck is installed (its program for OpenSMTPD is compiled where it is not);
MXCHECK_DIFFERENTIAL_CACHE, where the root folder is kept. Ends with 1 on failure, with 77 where it cannot run.
"""
import contextlib
import glob
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)

import kit  # noqa: E402
import dialogue  # noqa: E402
import dnsservers  # noqa: E402
import namespace  # noqa: E402
import packages  # noqa: E402
import roots  # noqa: E402

NAME = "opensmtpd"
ROOT = "mta-" + NAME
PROGRAM = "mxcheck-opensmtpd"
# smtpd starts filters by sh.
PACKAGES = ["opensmtpd", "dash", "libgetdns10", "libidn2-0", "libunistring2"]
HAS_ID = True
# What smtpd says itself, before it asks a filter.
REWRITTEN = {
    # It knows no SMTPUTF8, takes no 8-bit domain, and names the parameter that it does not know.
    "name/idn-ulabel-utf8/sender": r"553 5\.1\.0 Sender address syntax error",
    "name/idn-ulabel-utf8/rcpt": r"503 5\.5\.4 Invalid command arguments: Unsupported option SMTPUTF8",
    # It takes no quoted local part,
    "form/quoted-at/rcpt": r"501 5\.1\.3 Recipient address syntax error",
    "form/quoted-sp/rcpt": r"501 5\.1\.3 Recipient address syntax error",
    # and reads address literals itself.
    "form/lit-v4-bad/rcpt": r"501 5\.1\.3 Recipient address syntax error",
}

ACCOUNTS = {"root": 0, "nobody": 65534, "opensmtpd": 901, "opensmtpq": 902}
PORT = 1029  # of a network that nobody else is in
SETTINGS = "/etc/mxcheck"  # in the root folder, as the next
PREFIX = "/run/mxcheck"
RELOAD_SECONDS, END_SECONDS = 10, 10
CONNECTIONS, MESSAGES, RELOADS = 50, 1000, 40

# Mail is not delivered: nobody listens at port 1.
SMTPD_CONF = """\
filter "mxcheck" proc-exec "%(prefix)s/libexec/%(program)s --log stderr --config %(settings)s/mxcheck.conf%(arguments)s"
listen on 127.0.0.1 port %(port)d filter "mxcheck"
action "away" relay host smtp://127.0.0.1:1
match from any for any action "away"
"""


def compile_program(prefix, path):
    """As the README says."""
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "mxcheck"], check=True, encoding="utf-8", stdout=subprocess.PIPE,
                           env=dict(os.environ, PKG_CONFIG_PATH=":".join(glob.glob(prefix + "/lib/**/pkgconfig", recursive=True))))
    subprocess.run(["cc", "-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O2", "-Wall", "-Wextra", "-Werror", "-o", path,
                    *[file for folder in ("common", NAME) for file in glob.glob(os.path.join(SOURCE, "examples", "mta", folder, "*.c"))],
                    *shlex.split(flags.stdout)], check=True)


def install(root, prefix):
    """libmxcheck and the filter, as if they had been installed below PREFIX of the root folder."""
    target = root + PREFIX
    os.makedirs(target + "/libexec")
    os.makedirs(target + "/lib")
    library = glob.glob(prefix + "/lib/**/libmxcheck.so.1", recursive=True)[0]
    subprocess.run(["cp", "-L", library, target + "/lib/libmxcheck.so.1"], check=True)
    built = glob.glob(prefix + "/lib*/**/" + PROGRAM, recursive=True)
    if built:
        subprocess.run(["cp", built[0], target + "/libexec/" + PROGRAM], check=True)
    else:
        compile_program(prefix, target + "/libexec/" + PROGRAM)
    roots.write(root + "/etc/ld.so.conf", PREFIX + "/lib\n")
    subprocess.run(["/sbin/ldconfig", "-r", root], check=True)


def configure(root, arguments):
    """What smtpd reads."""
    roots.write(root + "/etc/mailname", "peer.example\n")
    roots.write(root + "/etc/hosts", "127.0.0.1 localhost\n")
    roots.write(root + "/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n")
    roots.write(root + "/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    roots.write(root + "/etc/smtpd.conf", SMTPD_CONF % {
        "prefix": PREFIX, "program": PROGRAM, "settings": SETTINGS, "port": PORT, "arguments": arguments and " " + arguments})


def processes(name):
    """The processes with this name that have not ended; nobody else is in these namespaces."""
    found = []
    for path in glob.glob("/proc/[0-9]*/stat"):
        with contextlib.suppress(OSError), open(path, encoding="utf-8") as file:
            number, _, rest = file.read().partition(" (")
            command, _, state = rest.rpartition(") ")
            if command == name[:15] and state[0] != "Z":
                found.append(int(number))
    return found


def wait_until(what, is_so, seconds):
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise AssertionError("waited in vain: " + what)
        time.sleep(0.01)


class Server:
    """What server() gives."""

    def __init__(self, root, daemon, values):
        self.port, self.root, self.folder, self.values = PORT, root, root + SETTINGS, values
        self.conf = self.folder + "/mxcheck.conf"
        self.daemon = daemon
        self.log_path = root + "/var/log/smtpd.log.out"

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def signal(self, number, answer):
        """Send the filter a signal, and wait for the line that it answers with."""
        before = self.log().count(answer)
        os.kill(processes(PROGRAM)[0], number)
        wait_until(answer, lambda: self.log().count(answer) > before, RELOAD_SECONDS)

    def reload(self, option=None):
        """Read mxcheck.conf anew; with an option, it is written anew before."""
        if option is not None:
            kit.configuration(self.folder, option, seen_as=SETTINGS, **self.values)
        self.signal(signal.SIGHUP, "the configuration was read anew")

    def kill_integration(self):
        os.kill(processes(PROGRAM)[0], signal.SIGKILL)


def greets(port):
    with contextlib.suppress(OSError, EOFError), dialogue.Session(port):
        return True
    return False


@contextlib.contextmanager
def server(cache, work, prefix, option="", arguments="", **values):
    """smtpd with the filter; arguments: the filter's own; values: options of libmxcheck."""
    root = roots.raise_root(packages.root(cache, ROOT), os.path.join(tempfile.mkdtemp(dir=work), "root"), ACCOUNTS)
    for folder, owner, mode in ((SETTINGS, 0, 0o755), ("/var/lib/opensmtpd/empty", 0, 0o755),
                                ("/var/spool", 0, 0o755), ("/var/spool/smtpd", 0, 0o711)):
        roots.make_folder(root + folder, owner, mode=mode)
    os.symlink("/run", root + "/var/run")
    install(root, prefix)
    configure(root, arguments)
    kit.configuration(root + SETTINGS, option, seen_as=SETTINGS, **values)
    daemon = roots.run(root, ["/usr/sbin/smtpd", "-d"], PORT, "smtpd.log", lambda: greets(PORT))
    smtpd = Server(root, daemon, values)
    try:
        yield smtpd
    except Exception:
        print(smtpd.log()[-roots.LOG_TAIL:], file=sys.stderr)
        raise
    finally:
        daemon.stop()
        wait_until("the end of smtpd", lambda: not processes("smtpd"), END_SECONDS)


# --- families ---------------------------------------------------------------------------------------------------------

def say(session, command):
    """The last line of the reply; "" when the connection is closed."""
    try:
        session.socket.sendall(command + b"\r\n")
        line = b"   -"
        while line[3:4] == b"-":
            line = session.file.readline()
        return line.decode(errors="replace").rstrip("\r\n")
    except OSError:
        return ""


def expect(reply, pattern):
    if re.fullmatch(pattern, reply) is None:
        raise AssertionError(f"'{reply}' is not '{pattern}'")


def killed(cache, work, prefix):
    """smtpd ends when a filter does, and closes its connections: clients come again later. It does not hang."""
    with server(cache, work, prefix, timeout="30s") as smtpd, dialogue.Session(smtpd.port) as session:
        expect(say(session, b"MAIL FROM:<u@ok-mx.mx.example>"), "250 .*")
        threading.Timer(0.5, smtpd.kill_integration).start()
        started = time.monotonic()
        expect(say(session, b"RCPT TO:<u@kit-silent.mx.example>"), "(4[0-9][0-9] .*)?")
        if time.monotonic() - started > END_SECONDS:
            raise AssertionError("the client was let wait")
        wait_until("the end of smtpd", lambda: smtpd.daemon.process.poll() is not None, END_SECONDS)
    with server(cache, work, prefix) as smtpd, dialogue.Session(smtpd.port) as session:
        expect(say(session, b"MAIL FROM:<u@ok-mx.mx.example>"), "250 .*")


def unconfigured(cache, work, prefix):
    """smtpd does not start with a filter that cannot, and its log says why."""
    try:
        with server(cache, work, prefix, arguments="--config /nonexistent"):
            raise AssertionError("smtpd serves without its filter")
    except RuntimeError as error:
        if "/nonexistent: " not in str(error):
            raise AssertionError("the log does not say why") from error


def silent(cache, work, prefix):
    """A reply by the option timeout, and other sessions do not wait."""
    with server(cache, work, prefix, timeout="2s") as smtpd, dialogue.Session(smtpd.port) as one, dialogue.Session(smtpd.port) as other:
        one.socket.sendall(b"MAIL FROM:<u@kit-silent.mx.example>\r\n")
        started = time.monotonic()
        expect(say(other, b"MAIL FROM:<u@nxdomain.mx.example>"), "550 5.1.1 [0-9a-f]{16} invalid domain")
        if time.monotonic() - started > 1:
            raise AssertionError("another session waited")
        expect(one.file.readline().decode().rstrip(), "450 4.4.3 [0-9a-f]{16} cannot look up sender domain now, try again later")
        if not 1.5 < time.monotonic() - started < 5:
            raise AssertionError("the reply did not come at the timeout")


# Each message asks about these, turned by its number, so that a swapped reply is seen.
DOMAINS = [(b"ok-mx", "250 .*"), (b"nxdomain", "550 5.1.1 ID invalid destination domain"), (b"implicit-a", "250 .*"),
           (b"null-mx", "556 5.1.10 ID destination domain accepts no mail"),
           (b"kit-silent", "451 4.4.3 ID cannot look up destination domain now, try again later")]


def converse(session, first, count, failures, sessions):
    """So many messages on one connection."""
    number = first
    try:
        with session:
            for number in range(first, first + count):
                send_message(session, number, sessions)
    except Exception as error:  # of whatever kind: it is told to the other thread
        failures.append(f"message {number}: {error!r}")


def send_message(session, number, sessions):
    expect(say(session, b"MAIL FROM:<u@ok-mx.mx.example>"), "250 .*")
    for turn in range(len(DOMAINS)):
        domain, pattern = DOMAINS[(number + turn) % len(DOMAINS)]
        reply = say(session, b"RCPT TO:<u%d@%s.mx.example>" % (number, domain))
        expect(reply, pattern.replace("ID", "[0-9a-f]{16}"))
        if not reply.startswith("250"):
            sessions.setdefault(id(session), set()).add(reply.split()[2])
    if number % 4 == 0:
        expect(say(session, b"DATA"), "354 .*")
        expect(say(session, b"Subject: test\r\n\r\ntest\r\n."), "250 .*")
    else:
        expect(say(session, b"RSET"), "250 .*")


def converse_all(port):
    """MESSAGES on CONNECTIONS side by side; gives the threads while they run."""
    failures, sessions, each = [], {}, MESSAGES // CONNECTIONS
    # One after the other: smtpd lets five connections wait, and further ones get lost.
    threads = [threading.Thread(target=converse, args=(dialogue.Session(port), first, each, failures, sessions))
               for first in range(0, MESSAGES, each)]
    for thread in threads:
        thread.start()
    yield threads
    for thread in threads:
        thread.join()
    if failures:
        raise AssertionError("; ".join(failures[:3]))
    ids = [one for group in sessions.values() for one in group]
    if len(ids) != len(set(ids)) or any(len(group) != 1 for group in sessions.values()):
        raise AssertionError("a reply has another session's id")


def many(cache, work, prefix):
    with server(cache, work, prefix) as smtpd:
        for _ in converse_all(smtpd.port):
            pass
        smtpd.signal(signal.SIGUSR1, "counts: checks=%d " % (MESSAGES * (1 + len(DOMAINS))))


def reloaded(cache, work, prefix):
    """Under load; then one that cannot be read, and one that says another thing."""
    with server(cache, work, prefix) as smtpd:
        for threads in converse_all(smtpd.port):
            for _ in range(RELOADS):
                smtpd.reload("")
            if not any(thread.is_alive() for thread in threads):
                raise AssertionError("the load ended before the reloads")
        with open(smtpd.conf, "w", encoding="utf-8") as file:
            file.write("depth = nonsense\n")
        smtpd.signal(signal.SIGHUP, "the configuration stays as it was")
        with dialogue.Session(smtpd.port) as session:
            expect(say(session, b"MAIL FROM:<u@nxdomain.mx.example>"), "550 5.1.1 .*")
            smtpd.reload("exempt-domains=nxdomain.mx.example")
            expect(say(session, b"MAIL FROM:<u@nxdomain.mx.example>"), "250 .*")


def filter_alone(smtpd, *arguments):
    """A filter that this program speaks to, in the place of smtpd."""
    return subprocess.Popen(["chroot", smtpd.root, PREFIX + "/libexec/" + PROGRAM, "--log", "stderr", "--config", SETTINGS + "/mxcheck.conf",
                             *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def converse_alone(smtpd, arguments, lines):
    """{token: decision} of all that is answered, when the input has ended."""
    with filter_alone(smtpd, *arguments) as process:
        output, _ = process.communicate(b"config|smtpd-version|6.8.0\nconfig|ready\n" + b"".join(line + b"\n" for line in lines), 60)
    if process.returncode != 0:
        raise AssertionError("the filter ended with %d" % process.returncode)
    answers = [line.split(b"|", 3) for line in output.splitlines() if line.startswith(b"filter-result|")]
    return {fields[2].decode(): fields[3].decode() for fields in answers}


# A line is read so far; what follows may say another thing.
LINE_MAX = 8192
CUT_NAME = "a" * (LINE_MAX - len("report|0.6|1576146008.006099|smtp-in|link-auth|0123456789abcdef||pass"))

# (protocol, the parameters of link-auth, whether it is a login). A name may hold bars; where the result stands depends
# on the version.
LOGINS = [("0.6", "client|pass", True), ("0.6", "client|fail", False), ("0.6", "x|pass|fail", False), ("0.6", "x|fail|pass", True),
          ("0.7", "pass|client", True), ("0.7", "fail|client", False), ("0.7", "fail|x|pass", False), ("0.7", "pass|x|fail", True),
          ("1.0", "pass|client", True), ("0.6", CUT_NAME + "|passaaaa|fail", False)]


def authenticated(cache, work, prefix):
    """Who has logged in does without checks; who failed to does not, whatever its name looks like.

    smtpd takes a login only over TLS, and that of Debian 12 has no TLS: it cannot sign with OpenSSL 3. So smtpd shows
    that it reports logins to the filter and checks clients without one, and the filter is told of logins by this program.
    """
    with server(cache, work, prefix, arguments="--exempt-authenticated=both") as smtpd:
        with dialogue.Session(smtpd.port) as session:
            expect(say(session, b"MAIL FROM:<u@nxdomain.mx.example>"), "550 5.1.1 .*")
        for argument, is_both in (("--exempt-authenticated=both", True), ("--exempt-authenticated", False)):
            lines = []
            for number, (version, parameters, _) in enumerate(LOGINS):
                head = f"{version}|1576146008.006099|smtp-in"
                lines += [f"report|{head}|link-auth|{number + 256:016x}|{parameters}".encode()]
                lines += [f"filter|{head}|{phase}|{number + 256:016x}|{token:x}{number:02x}|u@nxdomain.mx.example".encode()
                          for token, phase in enumerate(("mail-from", "rcpt-to"), 1)]
            answers = converse_alone(smtpd, [argument], lines)
            for number, (version, parameters, is_login) in enumerate(LOGINS):
                expect(answers[f"1{number:02x}"], "proceed" if is_login else r"reject\|550 5.1.1 .*")
                expect(answers[f"2{number:02x}"], "proceed" if is_login and is_both else r"reject\|550 5.1.1 .*")


# (source of link-connect, whether it is in EXEMPT). The name of a client may hold bars.
EXEMPT = "192.0.2.0/25, 2001:db8::/33"
CLIENTS = [("192.0.2.127:25", True), ("192.0.2.128:25", False), ("[2001:db8::1]:25", True), ("[2001:db8:8000::1]:25", False),
           ("[::ffff:192.0.2.1]:25", True), ("unix:/run/smtpd.sock", False), ("", False), ("192.0.2.1", False), ("[", False)]


def exempt_clients(cache, work, prefix):
    for networks, pattern in (("192.0.2.0/24,127.0.0.0/8", "250 .*"), ("192.0.2.0/24,127.0.0.2", "550 5.1.1 .*")):
        with server(cache, work, prefix, arguments="--exempt-clients " + networks) as smtpd:
            with dialogue.Session(smtpd.port) as session:
                expect(say(session, b"MAIL FROM:<u@nxdomain.mx.example>"), pattern)
    lines = []
    for number, (source, _) in enumerate(CLIENTS):
        lines += [b"report|0.6|1.1|smtp-in|link-connect|%x|x|pass|192.0.2.1:1|y|pass|%s|192.0.2.1:25" % (number, source.encode()),
                  b"filter|0.6|1.1|smtp-in|mail-from|%x|%x|u@nxdomain.mx.example" % (number, number)]
    lines += [b"report|0.6|1.1|smtp-in|link-disconnect|0", b"filter|0.6|1.1|smtp-in|mail-from|0|f0|u@nxdomain.mx.example",
              b"filter|0.4|1.1|smtp-in|mail-from|f1|2|u@nxdomain.mx.example"]
    with server(cache, work, prefix) as smtpd:
        answers = converse_alone(smtpd, ["--exempt-clients", EXEMPT], lines)
    for number, (source, is_exempt) in enumerate(CLIENTS):
        if (answers["%x" % number] == "proceed") != is_exempt:
            raise AssertionError(f"'{source}': {answers['%x' % number]}")
    expect(answers["f0"], "reject.550 .*")  # the session has ended
    expect(answers["f1"], "reject.550 .*")  # before protocol 0.5 the token came first


def dry_run(cache, work, prefix):
    with server(cache, work, prefix, arguments="--dry-run") as smtpd, dialogue.Session(smtpd.port) as session:
        expect(say(session, b"MAIL FROM:<u@nxdomain.mx.example>"), "250 .*")
        wait_until("a line of the log", lambda: re.search("sender .*u@nxdomain.mx.example.* reject no-such-domain", smtpd.log()), RELOAD_SECONDS)


def bad_input(cache, work, prefix):
    """Octets that are no SMTP, on connections that go on or do not read; the next client does not notice."""
    with server(cache, work, prefix) as smtpd:
        deaf = [dialogue.Session(smtpd.port) for _ in range(10)]
        for session in deaf:
            session.socket.setblocking(False)
            with contextlib.suppress(OSError):
                session.socket.sendall(b"MAIL FROM:<u@kit-silent.mx.example>\r\nRSET\r\n" * 20000)
        for octets in (b"MAIL FROM:<a\0b@nxdomain.mx.example>", b"MAIL FROM:<u@\xff\xfe.example>", b"MAIL FROM:<a|b|c@nxdomain.mx.example>",
                       b"MAIL FROM:<" + b"a" * 1000000, b"RCPT TO:<>", b"MAIL FROM:<" + b"a" * 60000 + b"@nxdomain.mx.example>"):
            with dialogue.Session(smtpd.port) as session:
                expect(say(session, octets), "([45][0-9][0-9] .*)?")
        with dialogue.Session(smtpd.port) as session:
            expect(say(session, b"MAIL FROM:<u@nxdomain.mx.example>"), "550 5.1.1 .*")


def request(token, address, version="0.6", phase="rcpt-to"):
    return b"filter|%s|1576146008.006099|smtp-in|%s|00000000000000ab|%016x|%s" % (version.encode(), phase.encode(), token, address)


def protocol(cache, work, prefix):
    """What no smtpd says, and a reader that does not read: the filter goes on, and does not grow."""
    with server(cache, work, prefix, timeout="1s") as smtpd:
        garbage = [b"", b"|", b"x", b"filter|0.6|1.1", b"filter|x|1.1|smtp-in|rcpt-to|ab|01|u@x", b"filter|0.6|1.1|smtp-in|rcpt-to|zz|01|u@x",
                   b"report|0.6|1.1|smtp-in|link-auth", b"\0" * 100, b"\xff" * 100, b"filter|0.6|1.1|smtp-out|rcpt-to|ab|01|u@x", b"a" * 1000000,
                   b"report|0.6|" + b"b" * 1000000, request(1, b"u@x", phase="data"), b"config|ready", b"config|unknown|1"]
        lines = [*garbage, request(1, b"u@kit-silent.mx.example"), request(2, b"a\0b@\xff\xfe"), request(3, b"a" * 1000000),
                 request(4, b""), request(5, b"u@ok-mx.mx.example"), request(6, b"a|b@nxdomain.mx.example"), *garbage]
        answers = converse_alone(smtpd, ["--exempt-authenticated", "--exempt-clients", "192.0.2.0/24"], lines)
        for token, pattern in ((1, "reject.451 4.4.3 .*"), (2, "reject.553 5.1.3 .*"), (3, "reject.553 5.1.3 .*"), (4, "reject.553 5.1.3 .*"),
                               (5, "proceed"), (6, "reject.550 5.1.1 .*")):
            expect(answers["%016x" % token], pattern)
        if list(answers)[-1] != "%016x" % 1 or len(answers) != 6:
            raise AssertionError("the answers are not in the order of the checks: " + " ".join(answers))
        unread(smtpd)


def resident_kib(process):
    with open("/proc/%d/status" % process.pid, encoding="utf-8") as file:
        return int(re.search(r"VmRSS:\s*(\d+)", file.read())[1])


def unread(smtpd):
    """Far more requests than there is room for their answers; in the end each of them is answered once."""
    count = 100000
    with filter_alone(smtpd) as process:
        feeder = threading.Thread(target=feed, args=(process.stdin, count))
        feeder.start()
        grown = []
        for _ in range(20):
            time.sleep(0.1)
            grown.append(resident_kib(process))
        if not feeder.is_alive():
            raise AssertionError("it reads on, though its answers are not read")
        tokens = [line.split(b"|")[2] for line in process.stdout if line.startswith(b"filter-result|")]
        feeder.join()
    if sorted(tokens) != [b"%016x" % number for number in range(count)]:
        raise AssertionError("%d answers to %d requests" % (len(tokens), count))
    if max(grown) > 40000:
        raise AssertionError("it has grown to %d KiB" % max(grown))


def feed(pipe, count):
    with pipe:
        pipe.write(b"config|ready\n")
        for number in range(count):
            pipe.write(request(number, b"u@nxdomain.mx.example") + b"\n")


FAMILIES = {
    "killed in the middle": killed, "no configuration": unconfigured, "DNS silent": silent,
    "1,000 messages on 50 connections": many, "reloaded under load": reloaded, "authenticated clients": authenticated,
    "exempt clients": exempt_clients, "dry run": dry_run, "bad input": bad_input, "the protocol alone": protocol,
}


# --- the program ------------------------------------------------------------------------------------------------------

def ask_cases(cache, work, prefix):
    """What is not as it should be."""
    wrong, option = [], ""
    with server(cache, work, prefix) as smtpd:
        for case in kit.cases():
            if case.options != option:
                option = case.options
                smtpd.reload(option)
            reply = kit.ask(smtpd.port, case)
            rewritten = REWRITTEN.get(f"{case.name}/{case.role}")
            if not (re.fullmatch(rewritten, reply) if rewritten else case.is_answered_by(reply, HAS_ID)):
                wrong.append(f"{case}: {reply}, not {rewritten or case.reply}")
    if wrong:
        raise AssertionError("\n  ".join(wrong))


def run_all(cache, prefix):
    work, status = roots.settle(), 0
    for name, family in {f"{len(kit.NAMES)} cases": ask_cases, **FAMILIES}.items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        started = time.monotonic()
        try:
            family(cache, work, prefix)
            said = "ok"
        except (AssertionError, OSError, RuntimeError, EOFError, subprocess.SubprocessError) as error:
            said, status = f"FAILED\n  {error or repr(error)}", 1
        print(f"{NAME}: {name}: {said} ({time.monotonic() - started:.1f} s)", flush=True)
    return status


def main():
    build = os.path.join(SOURCE, os.environ.get("MXCHECK_BUILD_DIR", "build"))
    cache = os.path.abspath(os.environ.get("MXCHECK_DIFFERENTIAL_CACHE", os.path.join(build, "differential")))
    os.umask(0o022)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if namespace.is_inside():
            return run_all(cache, os.path.abspath(os.environ.get("MXCHECK_PREFIX", "/usr")))
        return roots.run_again(ROOT, lambda: packages.unpack(cache, {ROOT: PACKAGES}))
    except dnsservers.Missing as reason:
        return dnsservers.skip(str(reason))


if __name__ == "__main__":
    sys.exit(main())
