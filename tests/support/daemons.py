# SPDX-License-Identifier: BSD-2-Clause
"""knotd (authoritative) and unbound (recursing over it) on loopback, in a folder of the caller's, without root."""
import os
import shutil
import socket
import subprocess
import time

import dns.exception
import dns.message
import dns.query
import dns.rcode

START_SECONDS = 15
# Short, since what was asked before the daemon listened is never answered.
PROBE_SECONDS = 0.2
ATTEMPTS = 5
# A digest that no key has.
NO_KEY = "DS 12345 13 2 " + "0123456789abcdef" * 4


class Missing(Exception):
    """A daemon that is not installed; a test that needs it is skipped."""


def find(program):
    path = shutil.which(program, path=os.environ.get("PATH", os.defpath) + ":/usr/local/sbin:/usr/sbin:/sbin")
    if path is None:
        raise Missing(program + " is not installed")
    return path


def free_port():
    """A port of loopback that is free for UDP and TCP now; another process may still take it first."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams, socket.socket() as streams:
            datagrams.bind(("127.0.0.1", 0))
            port = datagrams.getsockname()[1]
            try:
                streams.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def answers(port, name, rdtype, rcodes, address="127.0.0.1"):
    try:
        reply = dns.query.udp(dns.message.make_query(name, rdtype), address, timeout=PROBE_SECONDS, port=port)
    except (OSError, dns.exception.DNSException):
        return False
    return reply.rcode() in rcodes


class Daemon:
    """A server process that answers on `port`, and ends with stop()."""

    def __init__(self, process, port):
        self.process = process
        self.port = port

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)


def start(name, folder, configure, command, probe, fixed_port=None):
    """Start a daemon on a port found at run time; when another process takes the port first, on another.

    fixed_port: the one port, of a network that nobody else is in.
    """
    os.makedirs(folder, exist_ok=True)
    log_path = os.path.join(folder, name + ".log")
    for _ in range(ATTEMPTS):
        port = fixed_port or free_port()
        config = os.path.join(folder, name + ".conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(configure(port))
        with open(log_path, "w", encoding="utf-8") as log:
            process = subprocess.Popen(command(config), cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        daemon = Daemon(process, port)
        deadline = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            if probe(port):
                return daemon
            time.sleep(0.05)
        daemon.stop()
    with open(log_path, encoding="utf-8", errors="replace") as log:
        raise RuntimeError("%s does not start:\n%s" % (name, log.read()[-2000:]))


def knotd(folder, zones, signed=None, port=None):
    """Serve zone files, {"mx.example.": "/path/to/zone"}, and let loopback transfer them.

    signed: the zones to sign, by keys made here, and how: {"mx.example.": {"nsec3": "on"}}, as knotd's policies say it.
    port: one that is free; None: one found at run time.
    """
    program = find("knotd")
    signed = signed or {}

    def zone_row(zone, path):
        row = "  - domain: %s\n    file: %s\n" % (zone, os.path.abspath(path))
        if zone in signed:
            row += "    dnssec-signing: on\n    dnssec-policy: %s\n" % zone
        return row

    def policy(zone, settings):
        settings = dict(settings, algorithm="ecdsap256sha256")
        return "  - id: %s\n%s" % (zone, "".join("    %s: %s\n" % pair for pair in settings.items()))

    def configure(port):
        rows = [zone_row(zone, path) for zone, path in zones.items()]
        policies = "policy:\n" + "".join(policy(*pair) for pair in signed.items()) if signed else ""
        return (
            "server:\n    listen: 127.0.0.1@%d\n    rundir: %s\n    udp-workers: 1\n    tcp-workers: 2\n"
            "    background-workers: 1\n"
            "log:\n  - target: stderr\n    any: info\n"
            "database:\n    storage: %s\n"
            "acl:\n  - id: transfers\n    address: 127.0.0.0/8\n    action: transfer\n"
            "%s"
            "template:\n  - id: default\n    storage: %s\n    zonefile-sync: -1\n    journal-content: none\n"
            "    semantic-checks: off\n    acl: transfers\n"
            "zone:\n%s" % (port, folder, folder, policies, folder, "".join(rows))
        )

    return start("knotd", folder, configure, lambda config: [program, "-c", config],
                 lambda port: all(answers(port, zone, "SOA", [dns.rcode.NOERROR]) for zone in zones), port)


def unbound(folder, authorities, bogus=(), certificate=None, anchors=(), addresses=(), settings=None):
    """Recurse, validating: authorities is {zone: port on loopback}; zones of `bogus` have an anchor that cannot match.

    certificate: a file with a certificate and its key; with it, TCP is served over TLS alone, and UDP as ever.
    anchors: DS records to trust, as text. addresses: where it listens beside 127.0.0.1, for anyone.
    settings: more of unbound's own, {"val-override-date": "20000101000000"}.
    """
    program = find("unbound")

    def configure(port):
        server = {
            "interface": "127.0.0.1@%d" % port,
            "access-control": "127.0.0.0/8 allow",
            "directory": '"%s"' % folder,
            "chroot": '""',
            "username": '""',
            "pidfile": '""',
            "logfile": '""',
            "use-syslog": "no",
            "do-daemonize": "no",
            "do-ip6": "no",
            "num-threads": "1",
            "do-not-query-localhost": "no",
            "module-config": '"validator iterator"',
            "ede": "yes",
            "qname-minimisation": "no",
            "incoming-num-tcp": "200",
            "outgoing-num-tcp": "50",
            # Every name is really asked, those that unbound would answer out of its own head, too.
            "unblock-lan-zones": "yes",
        }
        if certificate is not None:
            server.update({"tls-port": port, "tls-service-pem": certificate, "tls-service-key": certificate})
        server.update(settings or {})
        lines = ["server:"] + ["    %s: %s" % pair for pair in server.items()]
        lines += ['    local-zone: "%s" nodefault' % name for name in ("localhost.", "test.", "invalid.", "onion.")]
        lines += ['    trust-anchor: "%s %s"' % (zone, NO_KEY) for zone in bogus]
        lines += ['    trust-anchor: "%s"' % anchor for anchor in anchors]
        for address in addresses:
            lines += ["    interface: %s@%d" % (address, port), "    access-control: 0.0.0.0/0 allow"]
        for zone, authority in authorities.items():
            lines += ["stub-zone:", '    name: "%s"' % zone, "    stub-addr: 127.0.0.1@%d" % authority]
        lines += ["remote-control:", "    control-enable: no", ""]
        return "\n".join(lines)

    return start("unbound", folder, configure, lambda config: [program, "-d", "-p", "-c", config],
                 lambda port: answers(port, ".", "SOA", [dns.rcode.NOERROR]))
