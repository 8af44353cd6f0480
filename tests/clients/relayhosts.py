# SPDX-License-Identifier: BSD-2-Clause
"""Postfix and Exim as relay clients: each takes mail on a port of its own, and hands all of it to one SMTP server.

Within the namespaces of roots.py."""
import contextlib
import json
import subprocess

import peers
from clients import CACHE
from roots import make_folder, write

POSTFIX_MAIN = """\
compatibility_level = 3.6
myhostname = relay.example
mydestination =
inet_interfaces = 127.0.0.1
maillog_file = /var/log/postfix.log
alias_maps =
local_recipient_maps =
local_transport = error
relayhost = [127.0.0.1]:%d
"""
POSTFIX_SERVICES = """\
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
qmgr unix n - n 300 1 qmgr
showq unix n - n - - showq
smtp unix - - n - - smtp
"""

EXIM_CONF = """\
primary_hostname = relay.example
local_interfaces = 127.0.0.1
daemon_smtp_ports = %d
keep_environment =
tls_advertise_hosts =
acl_smtp_rcpt = take_all

begin acl
take_all:
  accept

begin routers
relay:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = relay

begin transports
relay:
  driver = smtp
  port = %d
  allow_localhost

begin retry
* * F,1h,5m
"""


class Relay:
    """What postfix() and exim() give. queue() is what waits in it: {recipient: why}"""

    def __init__(self, port, queue):
        self.port, self.queue = port, queue


def ask(root, *command):
    return subprocess.run(["chroot", root, *command], stdout=subprocess.PIPE, check=True, encoding="utf-8").stdout


def postfix_queue(root):
    mails = [json.loads(line) for line in ask(root, "/usr/sbin/postqueue", "-j").splitlines()]
    return {one["address"]: one.get("delay_reason", "") for mail in mails for one in mail["recipients"]}


@contextlib.contextmanager
def postfix(work, port, server_port):
    root = peers.raise_root(CACHE, work, peers.POSTFIX)
    owner, group = peers.ACCOUNTS["postfix"], peers.ACCOUNTS["postdrop"]
    write(root + "/etc/postfix/main.cf", POSTFIX_MAIN % server_port)
    write(root + "/etc/postfix/master.cf", peers.POSTFIX_MASTER % port + POSTFIX_SERVICES)
    for name in peers.POSTFIX_QUEUE:
        make_folder(root + "/var/spool/postfix/" + name, owner, mode=0o700)
    make_folder(root + "/var/spool/postfix/pid")
    make_folder(root + "/var/spool/postfix/public", owner, group, 0o710)
    make_folder(root + "/var/lib/postfix", owner, owner, 0o700)
    daemon = peers.run(root, port, "postfix.log", "/usr/lib/postfix/sbin/master", "-d")
    try:
        yield Relay(port, lambda: postfix_queue(root))
    finally:
        daemon.stop()


def exim_queue(root):
    waiting = {}
    for message in ask(root, "/usr/sbin/exim4", "-bpr").split("\n\n"):
        for line in message.splitlines()[1:]:
            if line.strip() and not line.strip().startswith("D "):
                waiting[line.strip()] = exim_reason(root, line.strip())
    return waiting


def exim_reason(root, recipient):
    with open(root + "/var/log/exim4/mainlog", encoding="utf-8") as file:
        return "".join(line for line in file if " == %s " % recipient in line)


@contextlib.contextmanager
def exim(work, port, server_port):
    root = peers.raise_root(CACHE, work, peers.EXIM)
    owner = peers.ACCOUNTS["Debian-exim"]
    write(root + "/etc/exim4/exim4.conf", EXIM_CONF % (port, server_port))
    for folder in ("/var/spool/exim4", "/var/log/exim4", "/run/exim4"):
        make_folder(root + folder, owner, owner, 0o750)
    daemon = peers.run(root, port, "exim4/mainlog", "/usr/sbin/exim4", "-bdf")
    try:
        yield Relay(port, lambda: exim_queue(root))
    finally:
        daemon.stop()
