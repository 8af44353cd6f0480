#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The DNS that the tests meet, on loopback at ports found at run time.

    library ──► fault server ──► unbound ──► knotd (tests/cases/*.zone)
                (tests/cases/faults.tsv)└──► authorities that refuse, fail or stay silent

    with servers() as dns_servers:
        dns_servers.address     # "127.0.0.1:PORT", for the option `upstreams`
        dns_servers.query_log   # a file, one line `udp MX name.` for each question

dnsservers.py --run COMMAND [ARGUMENT ...]
    runs a command with MXCHECK_TEST_UPSTREAM and MXCHECK_TEST_QUERY_LOG set; ends with its exit status. Where a daemon
    is missing: 77, or a TAP plan that skips everything when CMOCKA_MESSAGE_OUTPUT=TAP.
dnsservers.py --serve ZONE FILE [--silent NAME ...]
    serves one zone by knotd; for the names given, and all below, it says nothing. Prints `listening on 127.0.0.1:PORT`
    and goes on until its input ends.
"""
import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile

CASES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cases")
ZONES = {
    ".": "root.zone",
    "example.": "example.zone",
    "mx.example.": "mx.example.zone",
    "bogus.mx.example.": "bogus.mx.example.zone",
}
AUTHORITY_FAULTS = {
    "lame.mx.example.": "refused",
    "sfns.mx.example.": "servfail",
    "dropns.mx.example.": "drop",
}

try:
    from daemons import Missing, knotd, unbound
    from faultserver import Faults, FaultServer
except ModuleNotFoundError as error:
    if error.name and error.name.split(".")[0] != "dns":
        raise
    Missing = type("Missing", (Exception,), {})
    knotd = None


class Servers:
    """What servers() gives."""

    def __init__(self, address, query_log):
        self.address = address
        self.query_log = query_log

    def queries(self):
        """The questions so far, as tuples: ("udp", "MX", "name.")."""
        with open(self.query_log, encoding="utf-8") as file:
            return [tuple(line.split()) for line in file]


def zone_files():
    """{zone: path}"""
    return {zone: os.path.join(CASES, file) for zone, file in ZONES.items()}


def authority_faults():
    """The Faults of name servers that have zones below mx.example."""
    trees = Faults()
    for zone, behaviour in AUTHORITY_FAULTS.items():
        trees.add_tree(zone, behaviour)
    return trees


def need_dnspython():
    if knotd is None:
        raise Missing("python3-dnspython is not installed")


@contextlib.contextmanager
def servers():
    """Start everything; gives a Servers. Raises Missing where a daemon is not installed."""
    need_dnspython()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="mxcheck-dns-"))
        zones = zone_files()
        knot = knotd(folder, zones)
        stack.callback(knot.stop)

        authority = FaultServer(authority_faults()).start()
        stack.callback(authority.stop)

        where = dict.fromkeys(zones, knot.port)
        where.update(dict.fromkeys(AUTHORITY_FAULTS, authority.port))
        resolver = unbound(folder, where, bogus=["bogus.mx.example."])
        stack.callback(resolver.stop)

        log = os.path.join(folder, "queries.log")
        faults = Faults(["f.mx.example."]).read(os.path.join(CASES, "faults.tsv"))
        front = FaultServer(faults, resolver.port, log).start()
        stack.callback(front.stop)
        yield Servers(front.address, log)


@contextlib.contextmanager
def authority(zone, path, silent=()):
    """One zone by knotd, with silent names in it; gives "127.0.0.1:PORT"."""
    need_dnspython()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="mxcheck-dns-"))
        knot = knotd(folder, {zone: path})
        stack.callback(knot.stop)
        faults = Faults()
        for name in silent:
            faults.add_tree(name, "drop")
        front = FaultServer(faults, knot.port).start()
        stack.callback(front.stop)
        yield front.address


def skip(reason):
    if os.environ.get("CMOCKA_MESSAGE_OUTPUT") == "TAP":
        print("1..0 # SKIP", reason)
        return 0
    print("skipped:", reason)
    return 77


def run(command):
    with servers() as dns_servers:
        environment = dict(os.environ, MXCHECK_TEST_UPSTREAM=dns_servers.address,
                           MXCHECK_TEST_QUERY_LOG=dns_servers.query_log)
        return subprocess.run(command, env=environment).returncode


def serve(zone, path, silent):
    with authority(zone, path, silent) as address:
        print("listening on", address, flush=True)
        sys.stdin.read()
    return 0


def main():
    parser = argparse.ArgumentParser(description="DNS servers for the tests, on loopback.")
    parser.add_argument("--silent", nargs="+", default=[], metavar="NAME")
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--run", nargs=argparse.REMAINDER, metavar="COMMAND")
    mode.add_argument("--serve", nargs=2, metavar=("ZONE", "FILE"))
    options = parser.parse_args()
    # A plain end, so that the daemons end, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if options.run:
            return run(options.run)
        if options.serve:
            return serve(*options.serve, options.silent)
        parser.error("--run needs a command")
    except Missing as reason:
        return skip(str(reason))


if __name__ == "__main__":
    sys.exit(main())
