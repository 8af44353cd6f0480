# SPDX-License-Identifier: BSD-2-Clause
"""Postfix and Exim, each in its root folder on a port of loopback, and the resolver that both ask.

They have the settings that come with them but for those named here: the check of the domain, no queue, no limits in
the way of a test. What they write goes to mounts in memory. What needs dnspython is imported where it is used, after
servers() has asked for it.
"""
import contextlib
import os
import socket

import dnsservers
import packages
import roots
from roots import make_folder, write

POSTFIX, EXIM = "postfix", "exim4-daemon-light"
PACKAGES = [POSTFIX, EXIM]
PORTS = {POSTFIX: 1025, EXIM: 1026}  # of a network that nobody else is in
NAME = "peer.example"  # what they call themselves; no case has to do with it

GREET_SECONDS = 10

# A question is asked once, and waited for as long as mxcheck waits for all.
RESOLV_CONF = "nameserver 127.0.0.1\noptions timeout:4 attempts:1\n"
ACCOUNTS = {"root": 0, "nobody": 65534, "postfix": 901, "postdrop": 902, "Debian-exim": 903}

POSTFIX_MAIN = {
    "compatibility_level": "3.6",
    "myhostname": NAME,
    "inet_interfaces": "127.0.0.1",
    "maillog_file": "/var/log/postfix.log",
    "local_recipient_maps": "unix:passwd.byname",
    "alias_maps": "",
    "mynetworks": "127.0.0.0/8",
    "smtpd_delay_reject": "no",
    "smtpd_sender_restrictions": "reject_unknown_sender_domain",
    "smtpd_recipient_restrictions": "reject_unknown_recipient_domain",
}
POSTFIX_MASTER = """\
127.0.0.1:%d inet n - n - - smtpd
postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
rewrite unix - - n - - trivial-rewrite
anvil unix - - n - 1 anvil
"""
POSTFIX_QUEUE = ["active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "maildrop", "pid",
                 "private", "public", "saved", "trace"]

# The routers are those of Exim's own example, without local users.
EXIM_CONF = """\
primary_hostname = %s
local_interfaces = 127.0.0.1
daemon_smtp_ports = %d
smtp_accept_max = 0
keep_environment =
dns_retrans = 4s
dns_retry = 1
acl_smtp_mail = check_mail
acl_smtp_rcpt = check_rcpt

begin acl
check_mail:
  require verify = sender
  accept
check_rcpt:
  require verify = recipient
  accept

begin routers
own:
  driver = accept
  domains = @
  verify_only
dnslookup:
  driver = dnslookup
  domains = ! @
  transport = remote_smtp
  ignore_target_hosts = <; 0.0.0.0 ; 127.0.0.0/8 ; ::1
  no_more

begin transports
remote_smtp:
  driver = smtp
"""


@contextlib.contextmanager
def resolver(dns_servers):
    """The same DNS at port 53. This has the faults itself: a relay does not close a connection as its server does."""
    from faultserver import Faults, FaultServer

    faults = Faults(["f.mx.example."]).read(os.path.join(dnsservers.CASES, "faults.tsv"))
    front = FaultServer(faults, int(dns_servers.address.rsplit(":", 1)[1]), port=53).start()
    try:
        yield
    finally:
        front.stop()


def greets(port):
    try:
        with socket.create_connection(("127.0.0.1", port), GREET_SECONDS) as connection:
            return connection.recv(4) == b"220 "
    except OSError:
        return False


def raise_root(cache, work, package):
    root = roots.raise_root(packages.root(cache, package), os.path.join(work, package), ACCOUNTS)
    write(root + "/etc/resolv.conf", RESOLV_CONF)
    write(root + "/etc/hosts", "127.0.0.1 localhost\n")
    write(root + "/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")
    return root


def run(root, port, log, *command):
    """Run a server in its root folder; gives a Daemon once it greets."""
    return roots.run(root, command, port, log, lambda: greets(port))


@contextlib.contextmanager
def postfix(cache, work, port=PORTS[POSTFIX], **settings):
    """`settings` are further ones, or other values."""
    root = raise_root(cache, work, POSTFIX)
    owner, group = ACCOUNTS["postfix"], ACCOUNTS["postdrop"]
    write(root + "/etc/postfix/main.cf", "".join("%s = %s\n" % pair for pair in {**POSTFIX_MAIN, **settings}.items()))
    write(root + "/etc/postfix/master.cf", POSTFIX_MASTER % port)
    for name in POSTFIX_QUEUE:
        make_folder(root + "/var/spool/postfix/" + name, owner, mode=0o700)
    make_folder(root + "/var/spool/postfix/pid")
    make_folder(root + "/var/spool/postfix/public", owner, group, 0o710)
    make_folder(root + "/var/lib/postfix", owner, owner, 0o700)
    daemon = run(root, port, "postfix.log", "/usr/lib/postfix/sbin/master", "-d")
    try:
        yield daemon
    finally:
        daemon.stop()


@contextlib.contextmanager
def exim(cache, work):
    root = raise_root(cache, work, EXIM)
    port = PORTS[EXIM]
    owner = ACCOUNTS["Debian-exim"]
    write(root + "/etc/exim4/exim4.conf", EXIM_CONF % (NAME, port))
    for folder in ("/var/spool/exim4", "/var/log/exim4", "/run/exim4"):
        make_folder(root + folder, owner, owner, 0o750)
    daemon = run(root, port, "exim4/mainlog", "/usr/sbin/exim4", "-bdf")
    try:
        yield daemon
    finally:
        daemon.stop()
