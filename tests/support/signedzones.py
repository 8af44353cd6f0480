# SPDX-License-Identifier: BSD-2-Clause
"""A signed zone and its children, good and broken, by knotd, on loopback, without root.

    signed.example.                 signed by knotd as it serves it; unbound trusts its key
      ├─ nsec3, opt-out             signed children, with a DS
      ├─ unsigned                   a child without a DS, and unsigned
      ├─ unknown-algorithm          a child whose DS names an algorithm that nobody has
      └─ expired, stripped, …       children with a DS, each broken in its own way (BREAKAGES)

Children are signed by one knotd, fetched from there, broken, and served as they then are by another, which signs their
parent. Nothing is made up: signatures that have expired were good a moment ago.
"""
import contextlib
import os
import time

import dns.message
import dns.name
import dns.query
import dns.rdatatype
import dns.zone

from daemons import knotd
from dnsservers import CASES

ZONE = "signed.example."
CHILD_TEXT = """$TTL 60
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
@ MX 10 mail
mail A 192.0.2.10
both A 192.0.2.11
both AAAA 2001:db8::11
"""
PARENT_TEXT = """$ORIGIN %s
$TTL 60
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
mail A 192.0.2.10
mx MX 10 mail
mx-out MX 10 mail.unsigned
mx-broken MX 10 mail.wrong-ds
mx-first-broken MX 10 mail.wrong-ds
mx-first-broken MX 20 mail
mx-gone MX 10 nowhere
mx-gone-out MX 10 nowhere.unsigned
a A 192.0.2.20
aaaa AAAA 2001:db8::20
empty TXT "neither an MX nor an address"
null MX 0 .
alias CNAME mx
alias-out CNAME unsigned
alias-broken CNAME wrong-ds
""" % ZONE
# Signatures that end two seconds from now.
SHORT = {"rrsig-lifetime": 2, "rrsig-refresh": 1, "rrsig-pre-refresh": 0, "propagation-delay": 0, "zone-max-ttl": 1}


def signatures(zone):
    return [pair for pair in zone.iterate_rdatasets() if pair[1].rdtype == dns.rdatatype.RRSIG]


def strip_all(zone):
    """What is left when a domain moves to a provider that does not sign, and its DS stays."""
    for rdtype in ("DNSKEY", "NSEC", "CDS", "CDNSKEY"):
        strip_type(zone, rdtype)
    strip_signatures(zone)


def strip_signatures(zone, covers=None):
    for name, rdataset in signatures(zone):
        if covers is None or rdataset.covers == dns.rdatatype.from_text(covers):
            zone.delete_rdataset(name, "RRSIG", rdataset.covers)


def strip_type(zone, rdtype):
    """The records of a type, and their signatures."""
    for name, _ in list(zone.iterate_rdatasets(rdtype)):
        zone.delete_rdataset(name, rdtype)
    strip_signatures(zone, rdtype)


def alter_mx(zone):
    rdataset = zone.find_rdataset("@", "MX")
    altered = rdataset[0].replace(exchange=dns.name.from_text("both", None))
    rdataset.clear()
    rdataset.add(altered)


def alter_key(zone):
    """Keys that have the tags of those that the DS means and that signed, but are others."""
    rdataset = zone.find_rdataset("@", "DNSKEY")
    keys = list(rdataset)
    rdataset.clear()
    for key in keys:
        rdataset.add(key.replace(key=key.key[2:4] + key.key[:2] + key.key[4:]))


BREAKAGES = {
    "expired": lambda zone: None,
    "unsigned-with-ds": strip_all,
    "stripped": strip_signatures,
    "stripped-mx": lambda zone: strip_signatures(zone, "MX"),
    "stripped-a": lambda zone: strip_signatures(zone, "A"),
    "stripped-key": lambda zone: strip_signatures(zone, "DNSKEY"),
    "no-key": lambda zone: strip_type(zone, "DNSKEY"),
    "no-proof": lambda zone: strip_type(zone, "NSEC"),
    "altered-mx": alter_mx,
    "altered-key": alter_key,
    "wrong-ds": lambda zone: None,
}
SIGNED = ("nsec3", "opt-out")
POLICIES = {"nsec3": {"nsec3": "on"}, "opt-out": {"nsec3": "on", "nsec3-opt-out": "on"}, "expired": SHORT}
UNSIGNED = ("unsigned", "unknown-algorithm", "lame", "lame-with-ds")
# No algorithm has this number.
UNKNOWN_ALGORITHM = "DS 12345 200 2 " + "0123456789abcdef" * 4


def ds_of(port, zone):
    """The DS of a zone that knotd signs, as text, made of the CDS that it publishes."""
    reply = dns.query.tcp(dns.message.make_query(zone, "CDS"), "127.0.0.1", timeout=5, port=port)
    return "DS " + reply.answer[0][0].to_text()


def fetch(port, zone):
    return dns.zone.from_xfr(dns.query.xfr("127.0.0.1", zone, port=port, timeout=5, lifetime=10))


def end_of_signatures(zone):
    return max(rdata.expiration for _, rdataset in signatures(zone) for rdata in rdataset)


def sign_children(folder, names):
    """{name: (zone, its DS)}: all are signed, and then as they are."""
    os.makedirs(folder)
    path = os.path.join(folder, "child.zone")
    with open(path, "w", encoding="ascii") as file:
        file.write(CHILD_TEXT)
    origins = {name: "%s.%s" % (name, ZONE) for name in names}
    knot = knotd(folder, dict.fromkeys(origins.values(), path),
                 {origin: POLICIES.get(name, {}) for name, origin in origins.items()})
    try:
        return {name: (fetch(knot.port, origin), ds_of(knot.port, origin)) for name, origin in origins.items()}
    finally:
        knot.stop()


def write_zones(folder, children):
    """The files of all zones, {zone: path}."""
    digests = {name: ds for name, (_, ds) in children.items()}
    digests["wrong-ds"] = digests["stripped"]
    digests["lame-with-ds"] = digests["stripped"]
    digests["unknown-algorithm"] = UNKNOWN_ALGORITHM
    files = {".": os.path.join(CASES, "root.zone"), ZONE: os.path.join(folder, "parent.zone")}
    with open(files[ZONE], "w", encoding="ascii") as file:
        file.write(PARENT_TEXT)
        for name in (*children, *UNSIGNED):
            file.write("%s NS ns.%s\n" % (name, name))
            file.write("ns.%s A 127.0.0.1\n" % name)
            if name in digests:
                file.write("%s %s\n" % (name, digests[name]))
    for name, (zone, _) in children.items():
        BREAKAGES.get(name, lambda _: None)(zone)
        files["%s.%s" % (name, ZONE)] = os.path.join(folder, name + ".zone")
        zone.to_file(files["%s.%s" % (name, ZONE)])
    for name in UNSIGNED:
        files["%s.%s" % (name, ZONE)] = path = os.path.join(folder, name + ".zone")
        with open(path, "w", encoding="ascii") as file:
            file.write(CHILD_TEXT)
    return files


class SignedZones:
    """What signed_zones() gives: authorities and an anchor for unbound()."""

    def __init__(self, port, zones, anchor):
        self.port = port
        self.zones = zones
        self.anchor = anchor


@contextlib.contextmanager
def signed_zones(folder):
    children = sign_children(os.path.join(folder, "signer"), (*SIGNED, *BREAKAGES))
    expiry = end_of_signatures(children["expired"][0])
    files = write_zones(folder, children)
    knot = knotd(folder, files, {ZONE: {}})
    try:
        while int(time.time()) <= expiry:
            time.sleep(0.1)
        yield SignedZones(knot.port, tuple(files), "%s %s" % (ZONE, ds_of(knot.port, ZONE)))
    finally:
        knot.stop()
