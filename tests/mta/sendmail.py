#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Sendmail with the milter."""
import contextlib
import glob
import os
import re
import subprocess

import common
import postfix
import sasl
from common import Session, expect

import namespace  # noqa: E402
import packages  # noqa: E402
import peers  # noqa: E402
import roots  # noqa: E402

ROOT = "mta-sendmail"
PACKAGES = ["libsasl2-modules", "m4", "sasl2-bin", "sendmail-bin", "sendmail-cf"]
ACCOUNTS = {"root": 0, "nobody": 65534, "mail": 8, "smmta": 901, "smmsp": 902, "postmaster": 903}
PORT = 1225  # of a network that nobody else is in
PROGRAM = "/usr/libexec/sendmail/sendmail"

# The codes of replies in which Sendmail names the address before the text.
NAMES_ADDRESS = ("450", "550", "553")
# This Sendmail has no SMTPUTF8.
NO_UTF8 = r"555 5\.5\.4 SMTPUTF8 parameter unrecognized"

# The line about the filter is that of the README. Nobody is slowed down or turned away, whatever the load is; no domain is
# looked up by Sendmail itself, and mail to everywhere is taken.
SENDMAIL_MC = f"""\
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(`debian')dnl
define(`confDOMAIN_NAME', `{peers.NAME}')dnl
FEATURE(`no_default_msa')dnl
DAEMON_OPTIONS(`Name=MTA, Family=inet, Addr=127.0.0.1, Port={PORT}, Listen={common.CONNECTIONS}')dnl
FEATURE(`nocanonify')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`promiscuous_relay')dnl
define(`confREFUSE_LA', `0')dnl
define(`confQUEUE_LA', `0')dnl
define(`confDELAY_LA', `0')dnl
define(`confBAD_RCPT_THROTTLE', `0')dnl
define(`confTO_IDENT', `0')dnl
define(`confDELIVERY_MODE', `queueonly')dnl
define(`confTO_RESOLVER_RETRANS', `1s')dnl
define(`confTO_RESOLVER_RETRY', `1')dnl
define(`confAUTH_MECHANISMS', `PLAIN')dnl
TRUST_AUTH_MECH(`PLAIN')dnl
INPUT_MAIL_FILTER(`mxcheck', `S=inet:{postfix.PORT}@127.0.0.1, F=T, T=C:5m;S:30s;R:60s;E:5m')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
"""


def in_root(root, *command, **more):
    return subprocess.run(["chroot", root, *command], check=True, capture_output=True, **more).stdout


def make_root(cache, folder):
    root = roots.raise_root(packages.root(cache, ROOT), os.path.join(folder, "root"), ACCOUNTS)
    roots.write(root + "/etc/hosts", f"127.0.0.1 localhost {peers.NAME}\n")
    roots.write(root + "/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n")
    roots.write(root + "/etc/resolv.conf", "nameserver 127.0.0.1\n")
    roots.write(root + "/etc/mail/service.switch", "hosts files\naliases files\n")
    roots.write(root + "/etc/mail/sendmail.mc", SENDMAIL_MC)
    for name in ("aliases", "local-host-names", "relay-domains", "trusted-users"):
        roots.write(root + "/etc/mail/" + name, "")
    for path, owner, mode in (("/var/spool/mqueue", 0, 0o700), ("/var/lib/sendmail", 0, 0o755), ("/run/sendmail", 0, 0o755)):
        roots.make_folder(root + path, owner, mode=mode)
    os.symlink("/run", root + "/var/run")
    with open(root + "/etc/mail/sendmail.cf", "wb") as file:
        file.write(in_root(root, "m4", "/etc/mail/sendmail.mc"))
    roots.make_folder(root + "/var/lib/sendmail/host_status")
    in_root(root, "saslpasswd2", "-p", "-c", "-u", peers.NAME, sasl.LOGIN, input=sasl.PASSWORD.encode())
    return root


@contextlib.contextmanager
def sendmail(cache, folder):
    """Sendmail in its root folder; gives that."""
    root = make_root(cache, folder)
    daemon = roots.run(root, [PROGRAM, "-bD"], PORT, "sendmail.log", lambda: peers.greets(PORT))
    try:
        yield root
    finally:
        daemon.stop()


def as_written_by_sendmail(case):
    """Accepted addresses get Sendmail's own words; with some codes, the address comes before the text."""
    if not case.address.isascii():
        return NO_UTF8
    if case.verdict == "accept":
        return None
    code, enhanced, text = case.reply.split(" ", 2)
    address = "<%s>... " % case.address.decode() if code in NAMES_ADDRESS else ""
    return re.escape(f"{code} {enhanced} {address}{text}").replace("ID", r"\w+", 1)


def queued_headers(root, name):
    """The headers with a name in the one message of the queue, which is removed."""
    (envelope,) = glob.glob(root + "/var/spool/mqueue/qf*")
    with open(envelope, encoding="utf-8", errors="replace") as file:
        text = file.read()
    for path in (envelope, envelope.replace("/qf", "/df")):
        os.unlink(path)
    return re.findall(rf"(?im)^H\?.*\?({name}: .*)", text)


def check_header(helper, root):
    """Only on demand, and then in the place of those that the client has sent."""
    found = []
    for arguments in ([], ["--header"]):
        helper.restart(*arguments)
        with Session(helper.port) as session:
            for command, code in (("MAIL FROM:<u@null-mx-behind.mx.example>", "250"), ("RCPT TO:<u@ok-mx.mx.example>", "250"),
                                  ("DATA", "354"), ("X-Mxcheck: one\r\nSubject: x\r\nx-mxcheck: two\r\n\r\nx\r\n.", "250")):
                reply = session.ask(command)
                expect(reply.startswith(code), command, reply)
        found.append(queued_headers(root, "x-mxcheck"))
    helper.restart()
    expect(found[0] == ["X-Mxcheck: one", "x-mxcheck: two"], "a header is touched without --header:", found[0])
    expect(len(found[1]) == 1 and found[1][0].startswith("X-Mxcheck: sender=mx; notes=null-mx-mixed"), "--header:", found[1])
    return found[1][0]


def run(settings):
    if not namespace.is_inside():
        settings.need("mxcheck-milter")
        return roots.run_again("mta", lambda: packages.unpack(settings.cache, {ROOT: PACKAGES}))
    folder = roots.settle()
    helper = postfix.Helper(settings.program("mxcheck-milter"), folder, PORT, as_written_by_sendmail)
    try:
        with sendmail(settings.cache, folder) as root:
            families = {**postfix.FAMILIES, "header": lambda helper: check_header(helper, root)}
            return int(common.run_families("sendmail, milter", families, helper) > 0)
    finally:
        helper.process.stop()


if __name__ == "__main__":
    common.end_by_status(run)
