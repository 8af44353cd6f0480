# SPDX-License-Identifier: BSD-2-Clause
"""The zones of the fleet's test for one knotd, with the keys to sign them: "." and "example.", and below that bogus, which
is not what its parent says, fickle, whose denials end soon, and silent, whose name server says nothing."""
import os
import random
import re
import subprocess

from daemons import NO_KEY, find

# name, share of the domains: how long their records are good.
DAY_TTLS = ((300, 0.3), (3600, 0.5), (86400, 0.2))
SHORT_TTL = 5
DENIAL_TTL = 60
FICKLE_TTL = 2
CONFIG = """\
server:
    listen: {address}@53
    rundir: {folder}
    udp-workers: 2
    tcp-workers: 2
log:
  - target: stderr
    any: warning
database:
    storage: {folder}
mod-stats:
  - id: types
    query-type: on
    request-protocol: off
    server-operation: off
    edns-presence: off
    flag-presence: off
    response-code: off
    request-edns-option: off
    response-edns-option: off
    reply-nodata: off
policy:
  - id: manual
    manual: on
    nsec3: off
template:
  - id: default
    storage: {folder}
    zonefile-sync: -1
    journal-content: none
    semantic-checks: off
    dnssec-signing: on
    dnssec-policy: manual
    global-module: mod-stats/types
zone:
  - domain: .
    file: root.zone
  - domain: example.
    file: example.zone
  - domain: bogus.example.
    file: bogus.zone
    dnssec-signing: off
  - domain: fickle.example.
    file: fickle.zone
    dnssec-signing: off
"""
ROOT = """\
$TTL 86400
. SOA ns.example. hostmaster.example. 1 3600 600 86400 3600
. NS ns.example.
example. NS ns.example.
ns.example. A {address}
"""
EXAMPLE = """\
$ORIGIN example.
$TTL 3600
@ SOA ns hostmaster 1 3600 600 86400 {denial}
@ NS ns
ns A {address}
null MX 0 .
bogus NS ns
bogus {no_key}
fickle NS ns
silent NS ns.silent
ns.silent A {silent}
"""
UNSIGNED = """\
@ 60 SOA ns.example. hostmaster.example. 1 3600 600 86400 {denial}
@ 60 NS ns.example.
@ 60 MX 10 mx.d0.example.
"""


def ttl_of(ttls, share):
    for ttl, part in ttls:
        if share < part:
            return ttl
        share -= part
    return ttls[-1][0]


def records(domains, ttls):
    """d0 ... by the TTLs given; short0 ... that expire soon; once0 ... for whoever wants names that nobody has asked."""
    draw = random.Random(1)
    for index in range(domains):
        yield "d%d %d MX 10 mx.d%d\n" % (index, ttl_of(ttls, draw.random()), index)
    for index in range(200):
        yield "short%d %d MX 10 mx.d0\n" % (index, SHORT_TTL)
    for index in range(2000):
        yield "once%d 3600 MX 10 mx.d0\n" % index


def keymgr(folder, *words):
    return subprocess.run([find("keymgr"), "-c", os.path.join(folder, "knot.conf"), *words], check=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout.decode()


def make_keys(folder, zone):
    """Gives a DS record of the zone, as text."""
    for flags in ("ksk=yes", "zsk=yes"):
        keymgr(folder, zone, "generate", "algorithm=ecdsap256sha256", flags)
    return re.search(r"^\S+ DS (\d+ 13 2 \S+)", keymgr(folder, zone, "ds"), re.MULTILINE)[1]


def write(folder, address, silent, domains, ttls):
    """knot.conf and all that it names; gives the trust anchor."""
    with open(os.path.join(folder, "knot.conf"), "w", encoding="ascii") as file:
        file.write(CONFIG.format(address=address, folder=folder))
    anchor, delegation = [make_keys(folder, zone) for zone in (".", "example.")]
    with open(os.path.join(folder, "root.zone"), "w", encoding="ascii") as file:
        file.write(ROOT.format(address=address) + "example. DS %s\n" % delegation)
    for zone, denial in (("bogus", DENIAL_TTL), ("fickle", FICKLE_TTL)):
        with open(os.path.join(folder, zone + ".zone"), "w", encoding="ascii") as file:
            file.write(UNSIGNED.format(denial=denial))
    with open(os.path.join(folder, "example.zone"), "w", encoding="ascii") as file:
        file.write(EXAMPLE.format(address=address, denial=DENIAL_TTL, no_key=NO_KEY, silent=silent))
        file.writelines(records(domains, ttls))
    return ". DS %s\n" % anchor
