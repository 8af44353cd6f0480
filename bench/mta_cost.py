#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The measurement of bench/mta, which installs what it needs: mta_cost.py ANSWERER"""
import bisect
import contextlib
import itertools
import os
import pathlib
import random
import socket
import statistics
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "mta"))

import common  # noqa: E402
import exim as exim_with_library  # noqa: E402
import namespace  # noqa: E402
import packages  # noqa: E402
import peers  # noqa: E402
import postfix  # noqa: E402
import roots  # noqa: E402
from daemons import find  # noqa: E402

ROUNDS, CONNECTIONS, MESSAGES, DOMAINS = 3, 4, 3000, 2000
AUTHORITY, CACHING, SLOW = "127.0.0.77", "127.0.0.79", "127.0.0.78"  # each at port 53
UNBOUND_CONF = f"""\
server:
  interface: {CACHING}
  do-daemonize: no
  use-syslog: no
  username: ""
  chroot: ""
  pidfile: ""
  do-not-query-localhost: no
  module-config: iterator
forward-zone:
  name: .
  forward-addr: {AUTHORITY}
remote-control:
  control-enable: no
"""
SLOW_SECONDS, RECIPIENTS = 0.1, 20
TICKS = os.sysconf("SC_CLK_TCK")
POLICY = f"check_policy_service inet:127.0.0.1:{postfix.PORT}"
ANYTHING = {"smtpd_sender_restrictions": "", "smtpd_recipient_restrictions": "permit_mynetworks"}
OWN = {"smtpd_sender_restrictions": "reject_unknown_sender_domain", "smtpd_recipient_restrictions": "reject_unknown_recipient_domain"}


class SlowResolver:
    """Says NXDOMAIN to everything, a tenth of a second late."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((SLOW, 53))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            question, peer = self.socket.recvfrom(2048)
            answer = question[:2] + b"\x81\x83" + question[4:6] + bytes(6) + question[12:]
            threading.Timer(SLOW_SECONDS, self.socket.sendto, (self.without_additional(answer), peer)).start()

    @staticmethod
    def without_additional(answer):
        end = 12
        while answer[end] != 0:
            end += 1 + answer[end]
        return answer[:end + 5]


def cpu_of_others(mine):
    """Seconds of CPU of all processes of the namespace but these, with those of their children that have ended."""
    total = 0
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            if int(path.parent.name) not in mine:
                total += sum(map(int, fields[11:15]))
    return total / TICKS


@contextlib.contextmanager
def caching_resolver(work):
    """As on most mail servers, unbound on the host itself; its CPU is part of what a message costs."""
    path = os.path.join(work, "unbound.conf")
    pathlib.Path(path).write_text(UNBOUND_CONF, encoding="ascii")
    with subprocess.Popen([find("unbound"), "-d", "-c", path], stderr=subprocess.DEVNULL) as process:
        while subprocess.run(["kdig", "+timeout=1", f"@{CACHING}", "ready.example", "MX"], stdout=subprocess.DEVNULL, check=False).returncode != 0:
            common.expect(process.poll() is None, "unbound does not start")
        try:
            yield
        finally:
            process.terminate()


def domains():
    """A day of mail: names by Zipf's law with s = 1, the same at each call."""
    weights = list(itertools.accumulate(1 / rank for rank in range(1, DOMAINS + 1)))
    draw = random.Random(1)
    while True:
        yield f"d{bisect.bisect(weights, draw.random() * weights[-1])}.example"


def send(port, messages):
    with common.Session(port) as session:
        for sender, rcpt in messages:
            for command in (f"MAIL FROM:<u@{sender}>", f"RCPT TO:<u@{rcpt}>", "RSET"):
                reply = session.ask(command)
                common.expect(reply.startswith("250"), command, reply)


def cpu_per_message(port, mine):
    """Microseconds."""
    names = domains()
    shares = [[(next(names), next(names)) for _ in range(MESSAGES // CONNECTIONS)] for _ in range(CONNECTIONS)]
    started = cpu_of_others(mine)
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(lambda messages: send(port, messages), shares))
    return (cpu_of_others(mine) - started) / MESSAGES * 1e6


def transaction_ms(port):
    """How long 20 recipients take, of domains that do not exist."""
    with common.Session(port) as session:
        session.ask("MAIL FROM:<>")
        started = time.monotonic()
        for i in range(RECIPIENTS):
            reply = session.ask(f"RCPT TO:<u@unknown{i}.example>")
            common.expect(reply[:1] in "45", reply)
        return (time.monotonic() - started) * 1e3


def options_file(work, resolver):
    path = os.path.join(work, "mxcheck.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"upstreams = {resolver}\n")
    return path


@contextlib.contextmanager
def postfix_with(settings, work, resolver, helper=None, **main):
    program = None
    if helper is not None:
        program = common.Program([settings.program(helper), "--listen", f"inet:127.0.0.1:{postfix.PORT}", "--log", "stderr",
                                  "--config", options_file(work, resolver)])
        program.wait_for("listening at")
    peers.RESOLV_CONF = f"nameserver {resolver}\noptions timeout:4 attempts:1\n"
    port = next(PORTS)
    try:
        with peers.postfix(settings.cache, work, port, **postfix.PATIENT, **main):
            yield port
    finally:
        if program is not None:
            program.stop()


@contextlib.contextmanager
def exim_with(settings, work, resolver, checks):
    """checks: library, verify or None."""
    peers.RESOLV_CONF = f"nameserver {resolver}\noptions timeout:4 attempts:1\n"
    root = exim_with_library.make_root(settings.cache, work, settings.prefix)
    port = next(PORTS)
    configuration = {
        None: peers.EXIM_CONF.replace("require verify = sender", "accept").replace("require verify = recipient", "accept"),
        "verify": peers.EXIM_CONF,
    }.get(checks)
    if configuration is None:
        values = {"port": port, "module": exim_with_library.FOLDER + "/" + exim_with_library.MODULE}
        text = exim_with_library.EXIM_CONF % values
    else:
        text = (configuration % ("peer.example", port)).replace("smtp_accept_max = 0", "smtp_accept_max = 200\nqueue_only")
    text = text.replace("\nqueue_only", "\nqueue_only\nsmtp_accept_max_nonmail = 1000000")
    roots.write(root + "/etc/exim4/exim4.conf", text)
    roots.write(root + "/etc/resolv.conf", peers.RESOLV_CONF)
    roots.write(root + "/etc/hosts", "127.0.0.1 localhost\n")
    roots.write(root + "/etc/mxcheck.conf", f"upstreams = {resolver}\ncache-file = {exim_with_library.CACHE_FILE}\n")
    daemon = peers.run(root, port, "exim4/mainlog", "/usr/sbin/exim4", "-bdf")
    try:
        yield port
    finally:
        daemon.stop()


PORTS = itertools.count(2025)
SETTINGS = {
    ("Postfix", "no check"): lambda *place: postfix_with(*place, **ANYTHING),
    ("Postfix", "its own"): lambda *place: postfix_with(*place, **OWN),
    ("Postfix", "mxcheck-policy"): lambda *place: postfix_with(
        *place, "mxcheck-policy", smtpd_sender_restrictions=POLICY, smtpd_recipient_restrictions=POLICY),
    ("Postfix", "mxcheck-policy, at RCPT alone"): lambda *place: postfix_with(
        *place, "mxcheck-policy", smtpd_sender_restrictions="", smtpd_recipient_restrictions=POLICY),
    ("Postfix", "mxcheck-milter"): lambda *place: postfix_with(
        *place, "mxcheck-milter", **ANYTHING, smtpd_milters=f"inet:127.0.0.1:{postfix.PORT}"),
    ("Exim", "no check"): lambda *place: exim_with(*place, None),
    ("Exim", "its own"): lambda *place: exim_with(*place, "verify"),
    ("Exim", "mxcheck-exim.so"): lambda *place: exim_with(*place, "library"),
}


def folder(work):
    path = os.path.join(work, str(next(PORTS)))
    os.mkdir(path)
    return path


def measure(settings, work, mine):
    cpu = {key: [] for key in SETTINGS}
    times = {}
    for _ in range(ROUNDS):
        for key, make in SETTINGS.items():
            with make(settings, folder(work), CACHING) as port:
                cpu[key].append(cpu_per_message(port, mine))
    for key, make in SETTINGS.items():
        with make(settings, folder(work), SLOW) as port:
            times[key] = transaction_ms(port) if key[1] != "no check" else None
    return {key: statistics.median(values) for key, values in cpu.items()}, times


def print_table(cpu, times):
    print("| server | check | CPU a message, µs | beyond the bare dialogue | 20 recipients, ms |\n| --- | --- | --- | --- | --- |")
    for (server, check), spent in cpu.items():
        beyond = spent - cpu[server, "no check"]
        late = times[server, check]
        print(f"| {server} | {check} | {spent:.0f} | {beyond:.0f} | {'' if late is None else f'{late:.0f}'} |")


def run(settings):
    if not namespace.is_inside():
        wanted = {peers.POSTFIX: [peers.POSTFIX], exim_with_library.ROOT: exim_with_library.PACKAGES}
        return roots.run_again("mta-cost", lambda: packages.unpack(settings.cache, wanted))
    work = roots.settle()
    SlowResolver()
    with subprocess.Popen([sys.argv[1], "--port-53"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as answerer:
        answerer.stdout.readline()
        try:
            with caching_resolver(work):
                print_table(*measure(settings, work, {os.getpid(), answerer.pid}))
        finally:
            answerer.stdin.close()
    return 0


if __name__ == "__main__":
    common.end_by_status(run)
