#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Exim with mxcheck-exim.so, out of Debian's packages in a root folder, asked about the cases of kit.py.

Run as a program, it prints one line for each family; 1 where one fails, 77 where it cannot run. The environment:

    MXCHECK_PREFIX              where libmxcheck and libexec/mxcheck/mxcheck-exim.so are installed (/usr/local)
    MXCHECK_DIFFERENTIAL_CACHE  where the root folders are kept for the next run (build/differential)
"""
import contextlib
import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True

import kit  # noqa: E402
import dialogue  # noqa: E402
import dnsservers  # noqa: E402
import namespace  # noqa: E402
import packages  # noqa: E402
import peers  # noqa: E402
import roots  # noqa: E402

ROOT = "mta-exim"
PACKAGES = ["exim4-daemon-heavy", "libgetdns10", "libidn2-0"]
HAS_ID = True
REWRITTEN = {}
PORT = 1027
FOLDER = "/run/mxcheck"  # in the root folder
MODULE = "mxcheck-exim.so"
CACHE_FILE = "/run/exim4/mxcheck.cache"


EXIM_CONF = """\
primary_hostname = peer.example
local_interfaces = 127.0.0.1
daemon_smtp_ports = %(port)d
smtp_accept_max = 200
smtp_accept_max_per_host = ${dlfunc{%(module)s}{mxcheck_prepare}}0
keep_environment =
allow_domain_literals
queue_only
domainlist local_domains = @
hostlist relay_from_hosts = 127.0.0.2
acl_smtp_mail = check_mail
acl_smtp_rcpt = check_rcpt
acl_smtp_data = check_data

begin acl
check_mail:
  warn     set acl_m_mxcheck =
           ! authenticated = *
           ! hosts = +relay_from_hosts
           set acl_m_mxcheck = ${dlfunc{%(module)s}{mxcheck_sender}{$sender_address}}
  deny     condition = ${if match{$acl_m_mxcheck}{^5}}
           message = $acl_m_mxcheck
  defer    condition = ${if match{$acl_m_mxcheck}{^4}}
           message = $acl_m_mxcheck
  accept
check_rcpt:
  # What the tests of taint look for in the log: files whose names the functions make.
  warn     domains = taint-none.example
           set acl_m_file = ${readfile{/${dlfunc{%(module)s}{mxcheck_rcpt}{u@nxdomain.mx.example}}}}
  warn     domains = taint-address.example
           set acl_m_file = ${readfile{/${dlfunc{%(module)s}{mxcheck_rcpt}{u@$domain}}}}
  warn     domains = taint-id.example
           set acl_m_file = ${readfile{/${dlfunc{%(module)s}{mxcheck_rcpt}{u@nxdomain.mx.example}{}{$domain}}}}
  warn     set acl_m_mxcheck =
           ! authenticated = *
           ! hosts = +relay_from_hosts
           ! domains = +local_domains
           set acl_m_mxcheck = ${dlfunc{%(module)s}{mxcheck_rcpt}{${quote_local_part:$local_part}@$domain}}
  deny     condition = ${if match{$acl_m_mxcheck}{^5}}
           message = $acl_m_mxcheck
  defer    condition = ${if match{$acl_m_mxcheck}{^4}}
           message = $acl_m_mxcheck
  accept
check_data:
  discard

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if and{{eq{$auth2}{user}}{eq{$auth3}{secret}}}}
  server_set_id = $auth2
"""


class Exim:
    """What server() yields."""

    def __init__(self, root):
        self.root, self.conf, self.port, self.daemon = root, root + "/etc/mxcheck.conf", PORT, None

    def configure(self, option="", **values):
        """Put another mxcheck.conf in the place of the one that is there, at once."""
        folder = tempfile.mkdtemp(dir=self.root + "/etc")
        kit.configuration(folder, option, seen_as="/etc", cache_file=CACHE_FILE, **values)
        for name in ("kit.zone", "mxcheck.conf"):
            os.replace(os.path.join(folder, name), os.path.join(self.root + "/etc", name))
        os.rmdir(folder)

    def start(self):
        self.daemon = peers.run(self.root, self.port, "exim4/mainlog", "/usr/sbin/exim4", "-bdf")

    def reload(self):
        """Nothing to do: the daemon looks at the file before each dialogue."""

    def dialogues(self):
        """The processes that Exim forks; its functions run in them."""
        with open("/proc/%d/task/%d/children" % ((self.daemon.process.pid,) * 2), encoding="ascii") as file:
            return [int(word) for word in file.read().split()]

    def kill_integration(self):
        for process in self.dialogues():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def log(self):
        with open(self.root + "/var/log/exim4/mainlog", encoding="utf-8", errors="replace") as file:
            return file.read()


def put_module(root, prefix):
    os.makedirs(root + FOLDER)
    library = glob.glob(glob.escape(prefix) + "/lib*/**/libmxcheck.so.1", recursive=True)
    for path in [os.path.join(prefix, "libexec", "mxcheck", MODULE), *library]:
        shutil.copy(path, root + FOLDER)
    roots.write(root + "/etc/ld.so.conf", FOLDER + "\n")
    subprocess.run(["/sbin/ldconfig", "-X", "-r", root], check=True)


def make_root(cache, work, prefix):
    root = roots.raise_root(packages.root(cache, ROOT), os.path.join(tempfile.mkdtemp(dir=work), "root"), peers.ACCOUNTS)
    os.chmod(os.path.dirname(root), 0o755)
    owner = peers.ACCOUNTS["Debian-exim"]
    for folder in ("/var/spool/exim4", "/var/log/exim4", "/run/exim4"):
        roots.make_folder(root + folder, owner, owner, 0o750)
    if prefix is not None:
        put_module(root, prefix)
    roots.write(root + "/etc/exim4/exim4.conf", EXIM_CONF % {"port": PORT, "module": FOLDER + "/" + MODULE})
    return root


@contextlib.contextmanager
def server(cache, work, prefix, option="", **values):
    """Exim with the kit's mxcheck.conf and an option; without its functions where `prefix` is None."""
    exim = Exim(make_root(cache, work, prefix))
    exim.configure(option, **values)
    exim.start()
    try:
        yield exim
    finally:
        exim.daemon.stop()


# --- families: each gives what is wrong, as lines -----------------------------------------------------------------------

BAD, BAD_REPLY = "u@nxdomain.mx.example", r"550 5\.1\.1 \S+ invalid destination domain"
NO_MODULE_REPLY = "451 Temporary local problem - please try later"


def expect(what, pattern, reply):
    return [] if re.fullmatch(pattern, reply) else ["%s: %r, not %s" % (what, reply, pattern)]


def say(session, command):
    session.socket.sendall(command.encode() + b"\r\n")
    return session.file.readline().decode(errors="replace").rstrip("\r\n")


def ask_rcpt(port, address, *arguments):
    return kit.swaks(port, "", address, *arguments)[-2][1]  # before QUIT


def all_cases(cache, work, prefix):
    wrong = []
    with server(cache, work, prefix) as exim:
        for case in kit.cases():
            exim.configure(case.options)
            reply = kit.ask(exim.port, case)
            pattern = REWRITTEN.get("%s/%s" % (case.name, case.role))
            is_right = re.fullmatch(pattern, reply) if pattern else case.is_answered_by(reply, HAS_ID)
            if not is_right:
                wrong.append("%s: %r, not %r" % (case, reply, pattern or case.reply))
    return wrong


def killed(cache, work, prefix):
    """The dialogue ends at once; the next one, and the cache that they share, are as before."""
    with server(cache, work, prefix) as exim:
        with dialogue.Session(exim.port) as session:
            wrong = expect("MAIL", "250 .*", say(session, "MAIL FROM:<>"))
            exim.kill_integration()
            try:
                wrong += expect("RCPT to a killed process", "", say(session, "RCPT TO:<%s>" % BAD))
            except OSError:
                pass  # reset, which is no hang
        return wrong + expect("the next dialogue", BAD_REPLY, ask_rcpt(exim.port, BAD))


def missing(cache, work, prefix):
    """Without the module, and without its options: every address is deferred."""
    del prefix
    with server(cache, work, None) as exim:
        return expect("without the module", NO_MODULE_REPLY, ask_rcpt(exim.port, BAD))


def unconfigured(cache, work, prefix):
    with server(cache, work, prefix, "depth=nonsense") as exim:
        wrong = expect("without options", r"451 4\.3\.0 \S+ cannot check .*", ask_rcpt(exim.port, BAD))
        if "/etc/mxcheck.conf" not in exim.log():
            wrong.append("no line says why: " + exim.log())
        exim.configure()
        return wrong + expect("with options again", BAD_REPLY, ask_rcpt(exim.port, BAD))


def silent(cache, work, prefix):
    with server(cache, work, prefix, timeout="1s") as exim:
        began = time.monotonic()
        wrong = expect("RCPT", r"451 4\.4\.3 \S+ cannot look up .*", ask_rcpt(exim.port, "u@kit-silent.mx.example"))
        took = time.monotonic() - began
        return wrong + ([] if 1 <= took < 4 else ["took %.1f s, not 1 s" % took])


CONNECTIONS, MESSAGES = 50, 20


def send_messages(port, cases, number):
    """Messages in one dialogue, each with recipients from another place in the list of cases; gives what is wrong."""
    wrong = []
    with dialogue.Session(port) as session:
        for message in range(MESSAGES):
            wrong += expect("MAIL", "250 .*", say(session, "MAIL FROM:<%s>" % kit.GOOD))
            for i in range(4):
                case = cases[(number + message * 4 + i) % len(cases)]
                reply = say(session, "RCPT TO:<%s>" % case.address.decode())
                wrong += [] if case.is_answered_by(reply) else ["%s: %r" % (case, reply)]
            wrong += expect("good RCPT", "250 .*", say(session, "RCPT TO:<%s>" % kit.GOOD))
            wrong += expect("DATA", "354 .*", say(session, "DATA"))
            wrong += expect("end", "250 .*", say(session, "Subject: %d\r\n\r\n." % message))
    return wrong


def many(cache, work, prefix):
    cases = [case for case in kit.cases() if case.role == "rcpt" and not case.options and case.address.isascii()
             and "%s/rcpt" % case.name not in REWRITTEN]
    with server(cache, work, prefix, timeout="2s") as exim, ThreadPoolExecutor(CONNECTIONS) as pool:
        return sum(pool.map(lambda number: send_messages(exim.port, cases, number), range(CONNECTIONS)), [])


def reloaded(cache, work, prefix):
    """Under load: each reply is that of the old or of the new options; a bad file leaves the old ones."""
    wrong, is_over = [], threading.Event()

    def load(port):
        while not is_over.is_set():
            with dialogue.Session(port) as session:
                say(session, "MAIL FROM:<>")
                wrong.extend(expect("under load", BAD_REPLY + "|250 .*", say(session, "RCPT TO:<%s>" % BAD)))

    with server(cache, work, prefix) as exim, ThreadPoolExecutor(8) as pool:
        loads = [pool.submit(load, exim.port) for _ in range(8)]
        try:
            for _ in range(10):
                exim.configure("exempt-domains=nxdomain.mx.example")
                wrong += expect("exempt", "250 .*", ask_rcpt(exim.port, BAD))
                exim.configure("depth=nonsense")
                wrong += expect("bad file", "250 .*", ask_rcpt(exim.port, BAD))
                exim.configure()
                wrong += expect("as before", BAD_REPLY, ask_rcpt(exim.port, BAD))
        finally:
            is_over.set()
        for one in loads:
            one.result()
        if exim.log().count("the options stay as they were") != 10:
            wrong.append("not one line for each bad file: " + exim.log()[-1000:])
    return wrong


def exempt(cache, work, prefix):
    with server(cache, work, prefix) as exim:
        credentials = ["--auth", "PLAIN", "--auth-user", "user", "--auth-password", "secret"]
        return (expect("anybody", BAD_REPLY, ask_rcpt(exim.port, BAD))
                + expect("authenticated", "250 .*", ask_rcpt(exim.port, BAD, *credentials))
                + expect("exempt host", "250 .*", ask_rcpt(exim.port, BAD, "--local-interface", "127.0.0.2")))


def bad_input(cache, work, prefix):
    """Whatever a client sends, its own dialogue bears it."""
    wrong = []
    with server(cache, work, prefix) as exim:
        for octets in (b"\0" * 100, b"\xff" * 100, b"x" * (1 << 20), b"u@" + b"a." * 500 + b"example", b'"\\\xff\0"@x.example',
                       b"u@ok-mx.mx.example\0.evil", b"${run{/bin/false}}@nxdomain.mx.example"):
            for command in (b"MAIL FROM:<%s>\r\n", b"MAIL FROM:<>\r\nRCPT TO:<%s>\r\n"):
                with contextlib.suppress(OSError, EOFError), dialogue.Session(exim.port) as session:
                    session.socket.sendall(command % octets + b"QUIT\r\n")
                    session.file.read()
        wrong += expect("after it", BAD_REPLY, ask_rcpt(exim.port, BAD))
        wrong += [line for line in exim.log().splitlines() if "SIG" in line or "signal" in line or "taint" in line]
    return wrong


def tainted(cache, work, prefix):
    """A reply is as tainted as what it was made from; Exim opens no file by a tainted name."""
    wrong = []
    with server(cache, work, prefix) as exim:
        for source in ("none", "address", "id"):
            before = len(exim.log())
            wrong += expect(source, "451 .*", ask_rcpt(exim.port, "u@taint-%s.example" % source))
            if ("Tainted filename" in exim.log()[before:]) != (source != "none"):
                wrong.append("%s: %s" % (source, exim.log()[before:]))
    return wrong


FAMILIES = {
    "killed in the middle": killed, "module missing": missing, "options missing": unconfigured, "DNS silent": silent,
    "1,000 messages on 50 connections": many, "reloaded under load": reloaded, "authenticated and exempt": exempt,
    "bad input": bad_input, "taint": tainted,
}


def ask_all(cache, work, prefix):
    """Print one line for each family; gives the exit status."""
    is_right = True
    for name, family in {"cases": all_cases, **FAMILIES}.items():
        wrong = family(cache, work, prefix)
        print("exim: %s: %s" % (name, "\n  ".join(["WRONG", *wrong]) if wrong else "ok"), flush=True)
        is_right = is_right and not wrong
    return 0 if is_right else 1


def need_module(prefix):
    path = os.path.join(prefix, "libexec", "mxcheck", MODULE)
    if not os.path.exists(path):
        raise dnsservers.Missing("there is no %s: install it there, or name another MXCHECK_PREFIX" % path)


def main():
    source = os.path.dirname(kit.TESTS)
    cache = os.path.abspath(os.environ.get("MXCHECK_DIFFERENTIAL_CACHE", os.path.join(source, "build", "differential")))
    prefix = os.path.abspath(os.environ.get("MXCHECK_PREFIX", "/usr/local"))
    os.umask(0o022)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        need_module(prefix)
        if namespace.is_inside():
            return ask_all(cache, roots.settle(), prefix)
        return roots.run_again(ROOT, lambda: packages.unpack(cache, {ROOT: PACKAGES}))
    except dnsservers.Missing as reason:
        return dnsservers.skip(str(reason))


if __name__ == "__main__":
    sys.exit(main())
