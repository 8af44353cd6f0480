#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""OpenSMTPD with mxcheck-opensmtpd as its filter, and that alone."""
import contextlib
import glob
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

import common
from common import BAD_RCPT, BAD_SENDER, Failed, Session, ask_envelope, expect, expect_reply

import kit  # noqa: E402
import namespace  # noqa: E402
import packages  # noqa: E402
import peers  # noqa: E402
import roots  # noqa: E402

ROOT = "mta-opensmtpd"
PROGRAM = "mxcheck-opensmtpd"
# smtpd starts filters by sh.
PACKAGES = ["opensmtpd", "dash", "libgetdns10", "libidn2-0", "libunistring2"]
ACCOUNTS = {"root": 0, "nobody": 65534, "opensmtpd": 901, "opensmtpq": 902}
PORT = 1029  # of a network that nobody else is in
SETTINGS = "/etc/mxcheck"  # in the root folder, as the next
PREFIX = "/run/mxcheck"
WAIT_SECONDS = 20

# What smtpd says itself, before it asks a filter.
REWRITTEN = {
    # It knows no SMTPUTF8, takes no 8-bit domain, and names the parameter that it does not know.
    ("name/idn-ulabel-utf8", "sender"): r"553 5\.1\.0 Sender address syntax error",
    ("name/idn-ulabel-utf8", "rcpt"): r"503 5\.5\.4 Invalid command arguments: Unsupported option SMTPUTF8",
    # It takes no quoted local part,
    ("form/quoted-at", "rcpt"): r"501 5\.1\.3 Recipient address syntax error",
    ("form/quoted-sp", "rcpt"): r"501 5\.1\.3 Recipient address syntax error",
    # and reads address literals itself.
    ("form/lit-v4-bad", "rcpt"): r"501 5\.1\.3 Recipient address syntax error",
}

# Mail is not delivered: nobody listens at port 1.
SMTPD_CONF = """\
filter "mxcheck" proc-exec "%(prefix)s/%(program)s --log stderr --config %(settings)s/mxcheck.conf%(arguments)s"
listen on 127.0.0.1 port %(port)d filter "mxcheck"
action "away" relay host smtp://127.0.0.1:1
match from any for any action "away"
"""


def install(root, prefix):
    """libmxcheck and the filter."""
    os.makedirs(root + PREFIX)
    library = glob.glob(glob.escape(prefix) + "/lib*/**/libmxcheck.so.1", recursive=True)
    subprocess.run(["cp", "-L", library[0], os.path.join(prefix, "libexec", "mxcheck", PROGRAM), root + PREFIX], check=True)
    roots.write(root + "/etc/ld.so.conf", PREFIX + "\n")
    subprocess.run(["/sbin/ldconfig", "-r", root], check=True)


def make_root(settings, work, arguments):
    root = roots.raise_root(packages.root(settings.cache, ROOT), os.path.join(tempfile.mkdtemp(dir=work), "root"), ACCOUNTS)
    for folder, owner, mode in ((SETTINGS, 0, 0o755), ("/var/lib/opensmtpd/empty", 0, 0o755),
                                ("/var/spool", 0, 0o755), ("/var/spool/smtpd", 0, 0o711)):
        roots.make_folder(root + folder, owner, mode=mode)
    os.symlink("/run", root + "/var/run")
    install(root, settings.prefix)
    roots.write(root + "/etc/mailname", peers.NAME + "\n")
    roots.write(root + "/etc/hosts", "127.0.0.1 localhost\n")
    roots.write(root + "/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n")
    roots.write(root + "/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    roots.write(root + "/etc/smtpd.conf", SMTPD_CONF % {
        "prefix": PREFIX, "program": PROGRAM, "settings": SETTINGS, "port": PORT, "arguments": arguments and " " + arguments})
    return root


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


def wait_until(what, is_so):
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_so():
        expect(time.monotonic() < deadline, "waited in vain:", what)
        time.sleep(0.01)


class Smtpd:
    port, has_id, has_unique_ids, takes_messages = PORT, True, True, True

    def __init__(self, root):
        self.root, self.conf = root, root + SETTINGS + "/mxcheck.conf"

    def rewritten(self, case):
        return REWRITTEN.get((case.name, case.role))

    def configure(self, option, **values):
        kit.configuration(self.root + SETTINGS, option, seen_as=SETTINGS, **values)

    def start(self):
        self.daemon = roots.run(self.root, ["/usr/sbin/smtpd", "-d"], PORT, "smtpd.log", lambda: peers.greets(PORT))

    def stop(self):
        self.daemon.stop()
        wait_until("the end of smtpd", lambda: not processes("smtpd"))

    def log(self):
        with open(self.root + "/var/log/smtpd.log.out", encoding="utf-8", errors="replace") as file:
            return file.read()

    def signal(self, number, answer):
        """Send the filter a signal, and wait for the line that it answers with."""
        before = self.log().count(answer)
        os.kill(processes(PROGRAM)[0], number)
        wait_until(answer, lambda: self.log().count(answer) > before)

    def reload(self):
        self.signal(signal.SIGHUP, "the configuration was read anew")

    def kill(self):
        os.kill(processes(PROGRAM)[0], signal.SIGKILL)


@contextlib.contextmanager
def served(settings, arguments="", **values):
    """smtpd with the filter; arguments: the filter's own; values: options of libmxcheck."""
    smtpd = Smtpd(make_root(settings, tempfile.tempdir, arguments))
    smtpd.configure("", **values)
    smtpd.start()
    try:
        yield smtpd
    finally:
        smtpd.stop()


def with_smtpd(check):
    def run_check(settings):
        with served(settings) as smtpd:
            return check(smtpd)
    return run_check


def expect_refusal(smtpd, *what):
    expect_reply(ask_envelope(smtpd.port, BAD_SENDER, kit.GOOD), "550 5.1.1 [0-9a-f]{16} invalid domain", *what)


# --- families ---------------------------------------------------------------------------------------------------------

def check_readme(settings):
    common.check_readme(settings, PROGRAM, "opensmtpd")


def check_kill(settings):
    """smtpd ends when a filter does, and closes its connections: clients come again later. It does not hang."""
    with served(settings) as smtpd:
        common.check_kill_of_dialogue(smtpd)
        wait_until("the end of smtpd", lambda: smtpd.daemon.process.poll() is not None)
    with served(settings) as smtpd:
        expect_refusal(smtpd)


def check_unconfigured(settings):
    """smtpd does not start with a filter that cannot, and its log says why."""
    try:
        with served(settings, "--config /nonexistent"):
            raise Failed("smtpd serves without its filter")
    except RuntimeError as error:
        expect("/nonexistent: " in str(error), "the log does not say why:", error)


def check_bad_configuration(smtpd):
    """The old options stay, and a line says why."""
    with open(smtpd.conf, "w", encoding="utf-8") as file:
        file.write("depth = nonsense\n")
    smtpd.signal(signal.SIGHUP, "the configuration stays as it was")
    expect_refusal(smtpd)
    smtpd.configure("exempt-domains=nxdomain.mx.example")
    smtpd.reload()
    expect_reply(ask_envelope(smtpd.port, BAD_SENDER, kit.GOOD), "250 .*")


def check_side_by_side(settings):
    """While one session waits for DNS, another is answered."""
    with served(settings, timeout="2s") as smtpd, Session(smtpd.port) as one:
        one.socket.sendall(b"MAIL FROM:<u@kit-silent.mx.example>\r\n")
        expect_refusal(smtpd)
        one.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            raise Failed("the other one does not wait: %r" % one.socket.recv(100))
        one.socket.settimeout(WAIT_SECONDS)
        expect_reply(one.file.readline().decode().rstrip(), "450 4.4.3 [0-9a-f]{16} cannot look up sender domain now, try again later")


def check_counts(smtpd):
    common.check_crowd(smtpd)
    envelopes = common.CONNECTIONS * common.ENVELOPES
    smtpd.signal(signal.SIGUSR1, "counts: checks=%d " % (envelopes * (1 + len(common.RECIPIENTS))))
    return envelopes


def filter_alone(smtpd, *arguments):
    """A filter that this program speaks to, in the place of smtpd."""
    return subprocess.Popen(["chroot", smtpd.root, PREFIX + "/" + PROGRAM, "--log", "stderr", "--config", SETTINGS + "/mxcheck.conf",
                             *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def converse_alone(smtpd, arguments, lines):
    """{token: decision} of all that is answered, when the input has ended."""
    with filter_alone(smtpd, *arguments) as process:
        output, _ = process.communicate(b"config|smtpd-version|6.8.0\nconfig|ready\n" + b"".join(line + b"\n" for line in lines), 60)
    expect(process.returncode == 0, "the filter ended with", process.returncode)
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


def check_authenticated(settings):
    """Who has logged in does without checks; who failed to does not, whatever its name looks like.

    smtpd takes a login only over TLS, and that of Debian 12 has no TLS: it cannot sign with OpenSSL 3. So smtpd shows
    that it reports logins to the filter and checks clients without one, and the filter is told of logins by this program.
    """
    with served(settings, "--exempt-authenticated=both") as smtpd:
        expect_refusal(smtpd)
        for argument, is_both in (("--exempt-authenticated=both", True), ("--exempt-authenticated", False)):
            lines = []
            for number, (version, parameters, _) in enumerate(LOGINS):
                head = f"{version}|1576146008.006099|smtp-in"
                lines += [f"report|{head}|link-auth|{number + 256:016x}|{parameters}".encode()]
                lines += [f"filter|{head}|{phase}|{number + 256:016x}|{token:x}{number:02x}|u@nxdomain.mx.example".encode()
                          for token, phase in enumerate(("mail-from", "rcpt-to"), 1)]
            answers = converse_alone(smtpd, [argument], lines)
            for number, (version, parameters, is_login) in enumerate(LOGINS):
                expect_reply(answers[f"1{number:02x}"], "proceed" if is_login else r"reject\|550 5.1.1 .*")
                expect_reply(answers[f"2{number:02x}"], "proceed" if is_login and is_both else r"reject\|550 5.1.1 .*")


# (source of link-connect, whether it is in EXEMPT). The name of a client may hold bars.
EXEMPT = "192.0.2.0/25, 2001:db8::/33"
CLIENTS = [("192.0.2.127:25", True), ("192.0.2.128:25", False), ("[2001:db8::1]:25", True), ("[2001:db8:8000::1]:25", False),
           ("[::ffff:192.0.2.1]:25", True), ("unix:/run/smtpd.sock", False), ("", False), ("192.0.2.1", False), ("[", False)]


def check_exempt_clients(settings):
    for networks, pattern in (("192.0.2.0/24,127.0.0.0/8", "250 .*"), ("192.0.2.0/24,127.0.0.2", "550 5.1.1 .*")):
        with served(settings, "--exempt-clients " + networks) as smtpd:
            expect_reply(ask_envelope(smtpd.port, BAD_SENDER, kit.GOOD), pattern, networks)
    lines = []
    for number, (source, _) in enumerate(CLIENTS):
        lines += [b"report|0.6|1.1|smtp-in|link-connect|%x|x|pass|192.0.2.1:1|y|pass|%s|192.0.2.1:25" % (number, source.encode()),
                  b"filter|0.6|1.1|smtp-in|mail-from|%x|%x|u@nxdomain.mx.example" % (number, number)]
    lines += [b"report|0.6|1.1|smtp-in|link-disconnect|0", b"filter|0.6|1.1|smtp-in|mail-from|0|f0|u@nxdomain.mx.example",
              b"filter|0.4|1.1|smtp-in|mail-from|f1|2|u@nxdomain.mx.example"]
    with served(settings) as smtpd:
        answers = converse_alone(smtpd, ["--exempt-clients", EXEMPT], lines)
    for number, (source, is_exempt) in enumerate(CLIENTS):
        expect((answers["%x" % number] == "proceed") == is_exempt, repr(source), answers["%x" % number])
    expect_reply(answers["f0"], "reject.550 .*")  # the session has ended
    expect_reply(answers["f1"], "reject.550 .*")  # before protocol 0.5 the token came first


def check_dry_run(settings):
    with served(settings, "--dry-run") as smtpd:
        expect_reply(ask_envelope(smtpd.port, BAD_SENDER, BAD_RCPT), "250 .*")
        wait_until("a line of the log", lambda: re.search("sender .*u@nxdomain.mx.example.* reject no-such-domain", smtpd.log()))


def check_bad_input(smtpd):
    """Octets that are no SMTP, on connections that go on or do not read; the next client does not notice."""
    with contextlib.ExitStack() as stack:
        for session in [stack.enter_context(Session(smtpd.port)) for _ in range(10)]:
            session.socket.setblocking(False)
            with contextlib.suppress(OSError):
                session.socket.sendall(b"MAIL FROM:<u@kit-silent.mx.example>\r\nRSET\r\n" * 20000)
        for octets in (b"MAIL FROM:<a\0b@nxdomain.mx.example>", b"MAIL FROM:<u@\xff\xfe.example>", b"MAIL FROM:<a|b|c@nxdomain.mx.example>",
                       b"MAIL FROM:<" + b"a" * 1000000, b"RCPT TO:<>", b"MAIL FROM:<" + b"a" * 60000 + b"@nxdomain.mx.example>"):
            with Session(smtpd.port) as session, contextlib.suppress(OSError):
                session.socket.sendall(octets + b"\r\n")
                expect_reply(session.file.readline().decode().rstrip(), "([45][0-9][0-9] .*)?")
        expect_refusal(smtpd)


def request(token, address, version="0.6", phase="rcpt-to"):
    return b"filter|%s|1576146008.006099|smtp-in|%s|00000000000000ab|%016x|%s" % (version.encode(), phase.encode(), token, address)


def check_protocol(settings):
    """What no smtpd says, and a reader that does not read: the filter goes on, and does not grow."""
    with served(settings, timeout="1s") as smtpd:
        garbage = [b"", b"|", b"x", b"filter|0.6|1.1", b"filter|x|1.1|smtp-in|rcpt-to|ab|01|u@x", b"filter|0.6|1.1|smtp-in|rcpt-to|zz|01|u@x",
                   b"report|0.6|1.1|smtp-in|link-auth", b"\0" * 100, b"\xff" * 100, b"filter|0.6|1.1|smtp-out|rcpt-to|ab|01|u@x", b"a" * 1000000,
                   b"report|0.6|" + b"b" * 1000000, request(1, b"u@x", phase="data"), b"config|ready", b"config|unknown|1"]
        lines = [*garbage, request(1, b"u@kit-silent.mx.example"), request(2, b"a\0b@\xff\xfe"), request(3, b"a" * 1000000),
                 request(4, b""), request(5, b"u@ok-mx.mx.example"), request(6, b"a|b@nxdomain.mx.example"), *garbage]
        answers = converse_alone(smtpd, ["--exempt-authenticated", "--exempt-clients", "192.0.2.0/24"], lines)
        for token, pattern in ((1, "reject.451 4.4.3 .*"), (2, "reject.553 5.1.3 .*"), (3, "reject.553 5.1.3 .*"), (4, "reject.553 5.1.3 .*"),
                               (5, "proceed"), (6, "reject.550 5.1.1 .*")):
            expect_reply(answers["%016x" % token], pattern)
        expect(list(answers)[-1] == "%016x" % 1 and len(answers) == 6, "the answers are not in the order of the checks:", *answers)
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
        expect(feeder.is_alive(), "it reads on, though its answers are not read")
        tokens = [line.split(b"|")[2] for line in process.stdout if line.startswith(b"filter-result|")]
        feeder.join()
    expect(sorted(tokens) == [b"%016x" % number for number in range(count)], len(tokens), "answers to", count, "requests")
    expect(max(grown) <= 40000, "it has grown to", max(grown), "KiB")


def feed(pipe, count):
    with pipe:
        pipe.write(b"config|ready\n")
        for number in range(count):
            pipe.write(request(number, b"u@nxdomain.mx.example") + b"\n")


FAMILIES = {
    "cases": with_smtpd(common.check_cases), "silence": with_smtpd(common.check_silence), "side by side": check_side_by_side,
    "crowd": with_smtpd(check_counts), "reload under load": with_smtpd(common.check_reload_under_load),
    "bad configuration": with_smtpd(check_bad_configuration), "authenticated clients": check_authenticated,
    "exempt clients": check_exempt_clients, "dry run": check_dry_run, "bad input": with_smtpd(check_bad_input),
    "the protocol alone": check_protocol, "no configuration": check_unconfigured, "killed": check_kill, "README": check_readme,
}


def run(settings):
    """Some families, where arguments name them, otherwise all."""
    if not namespace.is_inside():
        settings.need(PROGRAM)
        return roots.run_again(ROOT, lambda: packages.unpack(settings.cache, {ROOT: PACKAGES}))
    roots.settle()
    return int(common.run_families("opensmtpd", {name: FAMILIES[name] for name in sys.argv[1:] or FAMILIES}, settings) > 0)


if __name__ == "__main__":
    common.end_by_status(run)
