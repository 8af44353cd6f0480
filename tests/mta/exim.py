#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Exim with mxcheck-exim.so."""
import contextlib
import glob
import os
import shutil
import signal
import subprocess
import tempfile

import common
import sasl
from common import BAD_RCPT, BAD_SENDER, Session, ask_envelope, expect, expect_reply

import kit  # noqa: E402
import namespace  # noqa: E402
import packages  # noqa: E402
import peers  # noqa: E402
import roots  # noqa: E402

ROOT = "mta-exim"
PACKAGES = ["exim4-daemon-heavy", "libgetdns10", "libidn2-0"]
PORT = 1027  # of a network that nobody else is in
FOLDER = "/run/mxcheck"  # in the root folder
MODULE = "mxcheck-exim.so"
CACHE_FILE = "/run/exim4/mxcheck.cache"

# The user is that of sasl.py.
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
    """The daemon, and the processes that it forks for dialogues, in which the functions are."""

    port, has_id, has_unique_ids, takes_messages = PORT, True, True, True

    def __init__(self, root):
        self.root = root

    def rewritten(self, case):
        del case

    def configure(self, option):
        """Put another mxcheck.conf in the place of the one that is there, at once."""
        folder = tempfile.mkdtemp(dir=self.root + "/etc")
        kit.configuration(folder, option, seen_as="/etc", cache_file=CACHE_FILE)
        for name in ("kit.zone", "mxcheck.conf"):
            os.replace(os.path.join(folder, name), os.path.join(self.root + "/etc", name))
        os.rmdir(folder)

    def start(self):
        self.daemon = peers.run(self.root, PORT, "exim4/mainlog", "/usr/sbin/exim4", "-bdf")

    def reload(self):
        """Nothing to do: the daemon looks at the file before each dialogue."""

    def kill(self):
        with open("/proc/%d/task/%d/children" % ((self.daemon.process.pid,) * 2), encoding="ascii") as file:
            dialogues = [int(word) for word in file.read().split()]
        for process in dialogues:
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
    """Without the module where `prefix` is None."""
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
def served(cache, work, prefix, option=""):
    exim = Exim(make_root(cache, work, prefix))
    exim.configure(option)
    exim.start()
    try:
        yield exim
    finally:
        exim.daemon.stop()


REFUSED = r"550 5\.1\.1 \S+ invalid domain"


def expect_refusal(exim, *what):
    expect_reply(ask_envelope(exim.port, BAD_SENDER, kit.GOOD), REFUSED, *what)


def check_kill(exim):
    """The next dialogue, and the cache that they share, are as before."""
    common.check_kill_of_dialogue(exim)
    expect_refusal(exim, "the next dialogue:")


def check_missing(exim):
    """Without the module every address is deferred."""
    reply = ask_envelope(exim.port, "", BAD_RCPT)
    expect_reply(reply, "451 Temporary local problem - please try later")
    return reply


def check_unconfigured(exim):
    expect_reply(ask_envelope(exim.port, "", BAD_RCPT), r"451 4\.3\.0 \S+ cannot check .*", "without options:")
    expect("/etc/mxcheck.conf" in exim.log(), "no line says why:", exim.log())
    exim.configure("")
    expect_refusal(exim, "with options again:")


def check_bad_configuration(exim):
    """The old options stay, and a line says why."""
    exim.configure("exempt-domains=nxdomain.mx.example")
    expect_reply(ask_envelope(exim.port, BAD_SENDER, kit.GOOD), "250 .*", "other options:")
    exim.configure("depth=nonsense")
    expect_reply(ask_envelope(exim.port, BAD_SENDER, kit.GOOD), "250 .*", "a bad file:")
    (line,) = [line for line in exim.log().splitlines() if "the options stay as they were" in line]
    exim.configure("")
    expect_refusal(exim, "as before:")
    return line


def check_exempt(exim):
    """By the conditions of the ACLs that the README has."""
    expect_reply(ask_envelope(exim.port, BAD_SENDER, BAD_RCPT, sasl.CREDENTIALS), "250 .*", "a login:")
    reply = kit.swaks(exim.port, BAD_SENDER, BAD_RCPT, "--local-interface", "127.0.0.2")[-2][1]  # before QUIT
    expect_reply(reply, "250 .*", "a host that is exempt:")
    expect_refusal(exim, "anybody else:")


def check_bad_input(exim):
    """Whatever a client sends, its own dialogue bears it."""
    for octets in (b"\0" * 100, b"\xff" * 100, b"x" * (1 << 20), b"u@" + b"a." * 500 + b"example", b'"\\\xff\0"@x.example',
                   b"u@ok-mx.mx.example\0.evil", b"${run{/bin/false}}@nxdomain.mx.example"):
        for command in (b"MAIL FROM:<%s>\r\n", b"MAIL FROM:<>\r\nRCPT TO:<%s>\r\n"):
            with contextlib.suppress(OSError, EOFError), Session(exim.port) as session:
                session.socket.sendall(command % octets + b"QUIT\r\n")
                session.file.read()
    expect_refusal(exim, "after it:")
    expect(not [line for line in exim.log().splitlines() if "SIG" in line or "signal" in line or "taint" in line], exim.log())


def check_taint(exim):
    """A reply is as tainted as what it was made from; Exim opens no file by a tainted name."""
    for source in ("none", "address", "id"):
        before = len(exim.log())
        expect_reply(ask_envelope(exim.port, "", f"u@taint-{source}.example"), "451 .*", source)
        expect(("Tainted filename" in exim.log()[before:]) == (source != "none"), source, exim.log()[before:])


FAMILIES = {
    "cases": common.check_cases, "silence": common.check_silence, "crowd": common.check_crowd,
    "reload under load": common.check_reload_under_load, "bad configuration": check_bad_configuration,
    "authenticated and exempt clients": check_exempt, "bad input": check_bad_input, "taint": check_taint, "killed": check_kill,
}


def run(settings):
    if not namespace.is_inside():
        settings.need(MODULE)
        return roots.run_again(ROOT, lambda: packages.unpack(settings.cache, {ROOT: PACKAGES}))
    work, failed = roots.settle(), 0
    with served(settings.cache, work, settings.prefix) as exim:
        failed += common.run_families("exim", FAMILIES, exim)
    with served(settings.cache, work, None) as exim:
        failed += common.run_families("exim", {"no module": check_missing}, exim)
    with served(settings.cache, work, settings.prefix, "depth=nonsense") as exim:
        failed += common.run_families("exim", {"no options": check_unconfigured}, exim)
    return int(failed > 0)


if __name__ == "__main__":
    common.end_by_status(run)
