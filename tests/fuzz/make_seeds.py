#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""make_seeds.py: writes the seeds of the fuzz targets, corpus/NAME/seed-*, from the cases and from what stands here.

usage: tests/fuzz/make_seeds.py     What else lies in corpus/ was found by fuzzing, and is left alone."""

import pathlib
import re
import struct

HERE = pathlib.Path(__file__).resolve().parent
CASES = HERE.parent / "cases"


def write(target, name, data):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ("seed-" + name)).write_bytes(data)


# --- texts ---


def unescape(text):
    return re.sub(rb"\\x([0-9a-f]{2})", lambda match: bytes([int(match[1], 16)]), text.encode())


def case_addresses():
    """The addresses of the groups whose matter is the form, each with its id."""
    for table in ("cases.tsv", "more.tsv"):
        for line in (CASES / table).read_text(encoding="utf-8").splitlines():
            fields = line.split("\t")
            if not line.startswith("#") and len(fields) > 2 and fields[0] in ("form", "name", "size", "special"):
                yield fields[1], unescape(fields[2])


EXTRA_ADDRESSES = {
    "empty": b"", "null": b"<>", "postmaster": b"PostMaster", "ip4": b"u@[192.0.2.1]", "ip6": b"u@[IPv6:fe80::1]",
    "mapped": b"u@[IPv6:::ffff:127.0.0.1]", "quoted": b'"a \\"b@c"@a.example', "route": b"<@a.example,@b.example:u@c.example>",
    "utf8": "ü📧@bücher.example".encode(), "wide-dot": "u@a。b．c｡example".encode(), "exempt": b"u@x.below.example",
    "reserved": b"u@foo.invalid", "control": b"u\x01@a.example", "c1": b"\xc2\x85@a.example", "surrogate": b"\xed\xa0\x80@a.example",
    "long-local": b"l" * 300 + b"@a.example", "long-domain": b"u@" + b"a." * 200 + b"example",
}


def write_addresses():
    seeds = dict(case_addresses())
    seeds.update(EXTRA_ADDRESSES)
    for i, (name, text) in enumerate(sorted(seeds.items())):
        write("address", name, bytes([i & 0x1F | 0x40]) + text)
        if b"@" in text:
            write("domain", name, text.rstrip(b">").rsplit(b"@", 1)[1])
    for name, text in {
        "a-label": b"XN--Bcher-KVA.example.", "bad-a-label": b"xn--zzzzzzz-9999.example", "bidi": "אב.example".encode(),
        "joiner": "a\u200db.example".encode(), "emoji": "\u2615\ufe0f\U0001f44d.ws".encode(),
        "mapped-symbol": "\u1e9e-\u2603\u200d\u0308\u03c2\uff0d\uff21.example".encode(),
        "symbol-a-label": b"xn--yp8ha.ws", "sharp-s": "straße.example".encode(), "combining": "u\u0308.example".encode(),
        "long-a-label": b"xn--" + b"a" * 59, "many": b"xn--bcher-kva." * 17 + b"de",
    }.items():
        write("domain", name, text)


OPTIONS = {
    "words": b"resolution=recursive\ndepth=targets\nnull-mx=reject-rcpt\nnxdomain=final\nprefetch=on\nreply-profile=rfc",
    "more-words": b"implicit-mx=a\naddress-literals=reject\nspecial-use=query\non-dns-failure=accept\ndnssec=trust-ad",
    "durations": b"timeout=250ms\nretry-after=2s\ncache-max-ttl=168h\ncache-min-ttl=0\nserve-stale=1h\ntimeout=1",
    "numbers": b"max-pending=1000000\nmax-targets=64\nmax-targets=65\nmax-pending=4294967296\nmax-pending=",
    "sizes": b"cache-size=0\ncache-size=16K\ncache-size=64G\ncache-size=65G\ncache-size=1",
    "lists": b"exempt-domains=a.example, .b.example\t\xc3\xbc.example\nforbidden-networks=bogons, 10.0.0.0/8 2001:db8::/32\n"
             b"exempt-domains=a..b\nforbidden-networks=10.0.0.1/8\nforbidden-networks=none\nexempt-domains=",
    "replies": b"reply.no-such-domain.rcpt=550 5.1.2 {id} no {domain} {hint}\nreply.mx.sender=550 5.1.2 no\n"
               b"reply.mx.rcpt=250 2.1.5 ok\nreply.bad-address.sender=553 5.1.7 {address}{reason}{nothing}",
    "unknown": b"no-such-option=1\n=\nupstreams=127.0.0.1\n" + b"n" * 200 + b"=x\ndepth=" + b"\\\x7f\xff" * 60,
}


def write_options():
    for name, text in OPTIONS.items():
        write("options", name, text)
        write("config", name, text.replace(b"=", b" = ", 1))
    write("config", "good", b"# a comment\r\n\r\n  timeout = 2s\t\r\nupstreams = [::1]:5353, tls://9.9.9.9#dns.example\ndepth=targets")
    write("test_zone", "whole", b"a.example MX 10 mx.a.example # one\nmx.a.example A 192.0.2.1\r\nb.example CNAME a.example\n"
          b"c.example SERVFAIL\nc.example TIMEOUT A\nd.example DELAY 20ms\nd.example AAAA 2001:db8::1\n")
    write("test_zone", "escaped", b"a\\046b. A 192.0.2.1\r\n. MX 0 .\n")
    write("test_zone", "range", b"a.b MX 65536 mx.b\n")
    write("test_zone", "nul", b"a.b A 192.0.2.1\n\0")
    write("config", "nul", b"timeout = 2s\n\0")
    write("config", "no-equals", b"timeout = 2s\nwhat")
    write("config", "long-line", b"exempt-domains = " + b"a.example," * 420)


def write_upstreams():
    for name, text in {
        "plain": b"127.0.0.1, ::1\t[::1]:5353 192.0.2.1:54", "schemes": b"udp://192.0.2.1,tcp://192.0.2.2:53,tls://[2001:db8::1]:853#Dns.Example",
        "scope": b"fe80::1%eth0 [fe80::1%wlan0]:53", "twice": b"127.0.0.1 127.0.0.1:53 udp://127.0.0.1",
        "many": b" ".join(b"10.0.0.%d" % i for i in range(18)), "no-name": b"tls://9.9.9.9", "name": b"udp://9.9.9.9#x",
        "bad-name": b"tls://9.9.9.9#1.2.3.4", "port": b"127.0.0.1:65536", "long": b"1" * 500,
        "odd-scope": b"fe80::1%\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e", "bracket": b"[::1", "long-name": b"tls://1.1.1.1#" + b"a." * 126 + b"b",
        "resolv-conf": b"# x\nsearch a.example\nnameserver 192.0.2.1\nnameserver\t2001:db8::1 # y\r\nnameserver fe80::1%eth0;z\nnameserver 10.0.0.1\n",
        "resolv-conf-long": b"nameserver " + b" " * 600 + b"192.0.2.1\nnameserver 192.0.2.2\0\nnameserver 192.0.2.3",
    }.items():
        write("upstreams", name, text)


def write_templates():
    every = b"{hint} {address} {domain} {id} {reason}"
    for name, (reason, limit, texts) in {
        "plain": (8, 255, [b"550 5.1.2 {id} no mail for {domain}", b"hint", b"u@a.example", b"a.example", b"ID", b"no-such-domain"]),
        "every": (16, 60, [b"451 4.4.3 " + every, b"h" * 300, b"a" * 300, b"d" * 300, b"i" * 300, b"r" * 300]),
        "twice": (8, 20, [b"550 5.1.2 {domain}{domain} {domain}", b"", b"", b"\xff\xfe{id}", b""]),
        "empty": (8, 30, [b"550 5.1.2 {id} {address} {reason} end", b"", b"", b"", b"", b""]),
        "advice": (0, 200, [b"Give {host}, {detail} ({rule}): {zone} {fault}", b"", b"", b"", b"", b"", b"D", b"H", b"Z", b"F", b"R"]),
        "unknown": (8, 9, [b"550 5.1.2 {what} {", b"x"]),
        "codes": (0, 50, [b"259 2.1234.0 x"]), "class": (0, 50, [b"550 2.1.0 x"]), "long": (0, 0, [b"250 2.1.0 " + b"x" * 520]),
    }.items():
        write("reply_template", name, bytes([reason, limit]) + b"\0".join(texts))


def write_networks():
    for name, (address, text) in {
        "bogons": (b"\x7f\0\0\1" + b"\0" * 12, b"bogons"), "list": (b"\x0a\1\2\3" + b"\0" * 12, b"10.0.0.0/8, 2001:db8::/32 fe80::1"),
        "mapped": (b"\0" * 10 + b"\xff\xff\x7f\0\0\1", b"bogons,127.0.0.1"), "6to4": (b"\x20\2\x0a\0\0\1" + b"\0" * 10, b"bogons"),
        "teredo": (b"\x20\1\0\0\x0a\0\0\1" + b"\0" * 4 + b"\xf5\xff\xff\xfe", b"10.0.0.0/8"), "none": (b"\1" * 16, b"none"),
        "bits": (b"\1" * 16, b"10.0.0.1/8"), "beside": (b"\1" * 16, b"none, 10.0.0.0/8"), "whole": (b"\1" * 16, b"0.0.0.0/0 ::/0"),
    }.items():
        write("network", name, address + text)


# --- messages of DNS ---


def wire_name(text):
    return b"".join(bytes([len(label)]) + label for label in text.encode().split(b".") if label) + b"\0"


def record(kind, rdata, owner=b"\xc0\x0c", ttl=300, cls=1):
    return owner + struct.pack("!HHIH", kind, cls, ttl, len(rdata)) + rdata


def message(kind, answers=(), authority=(), additional=(), rcode=0, flags=0x8180):
    counts = struct.pack("!HHHHHH", 1, flags | rcode, 1, len(answers), len(authority), len(additional))
    return counts + wire_name("ok.example") + struct.pack("!HH", kind, 1) + b"".join([*answers, *authority, *additional])


def mx(host, preference=10, **more):
    return record(15, struct.pack("!H", preference) + host, **more)


def opt(code, text=b"", upper=0):
    return record(41, struct.pack("!HHH", 15, 2 + len(text), code) + text, owner=b"\0", cls=1232, ttl=upper << 24)


SOA = record(6, b"\0\0" + struct.pack("!IIIII", 1, 2, 3, 4, 60), owner=wire_name("example"))
MESSAGES = {
    "mx": message(15, [mx(wire_name("a.example")), mx(b"\1b\xc0\x0f", 20)]), "null-mx": message(15, [mx(b"\0", 0)]),
    "a": message(1, [record(1, b"\xc0\0\2\1")]), "aaaa": message(28, [record(28, b"\x20\1" + b"\0" * 14)]),
    "alias": message(15, [record(5, b"\1c\xc0\x0f"), mx(b"\1d\xc0\x0f", owner=b"\1c\xc0\x0f")]),
    "loop": message(15, [record(5, b"\xc0\x0c")]), "nodata": message(15, authority=[SOA]), "nxdomain": message(15, authority=[SOA], rcode=3),
    "servfail": message(15, additional=[opt(22, "kein Server für ".encode() + b"\xff" * 200)], rcode=2), "bogus": message(1, additional=[opt(6)], rcode=2),
    "rcode": message(1, additional=[opt(0, upper=1)], rcode=0), "truncated": message(15, flags=0x8380), "dname": message(15, [record(39, wire_name("x"), owner=b"\xc0\x0f")]),
    "many": message(15, [mx(b"\1%c\xc0\x0f" % (97 + i), i) for i in range(20)]), "chaos": message(15, [mx(b"\0", cls=3)]), "txt": message(15, [record(16, b"\3abc")]),
    "weird": message(15, [mx(b"\4\\\".\0\2\xff\x20\0")]),
}


def write_messages():
    for name, data in MESSAGES.items():
        write("answer", name, data)
        write("wire", name, data)
        write("wire", name + "-behind", data[6:12] + data[28:])


# --- the answers of a lookup, as message.h writes them ---

END = b"\0"
SELF = b"\0"


def listed(index):
    return bytes([0x20 + index])


def label(text):
    return bytes([0x40 + len(text)]) + text


def fuzz_mx(host, preference=10, owner=SELF, times=0):
    return (b"\x23" + bytes([times - 1]) if times else b"\3") + owner + b"\0" + bytes([preference]) + host


def fuzz_a(address=b"\x08\x08\x08\x08", owner=SELF, ttl=b"\0", times=0):
    return (b"\x21" + bytes([times - 1]) if times else b"\1") + owner + ttl + address


def fuzz_aaaa(address=b"\x2a" + b"\0" * 14 + b"\1", owner=SELF):
    return b"\2" + owner + b"\0" + address


def fuzz_cname(target, owner=SELF):
    return b"\4" + owner + b"\0" + target


def fuzz_dname(owner, target):
    return b"\x08" + owner + b"\0" + target


def fuzz_soa(owner=listed(6)):
    return b"\5" + owner + b"\0\4"


def fuzz_opt(code, text=b""):
    return b"\6" + listed(5) + b"\0" + bytes([code, len(text)]) + text


def answer(*records, rcode=0, ad=False, tc=False, other=False):
    return bytes([rcode << 4 | ad << 2 | tc << 1 | other << 3]) + b"".join(records) + END


NOTHING = answer(fuzz_soa())
NO_NAME = answer(fuzz_soa(), rcode=3)
FAILED = answer(fuzz_opt(22, b"all servers failed"), rcode=2)
BOGUS = answer(fuzz_opt(7), rcode=2)
LATE = answer(other=True)
PRIVATE = answer(fuzz_a(b"\x0a\0\0\1"))
GOOD = answer(fuzz_a())
TWO_HOSTS = answer(fuzz_mx(listed(0)), fuzz_mx(listed(1), 20))

LOOKUPS = {
    "mx": TWO_HOSTS, "null-mx": answer(fuzz_mx(listed(5), 0)), "null-mixed": answer(fuzz_mx(listed(5), 0), fuzz_mx(listed(0))),
    "implicit-a": NOTHING + GOOD, "implicit-aaaa": NOTHING + NOTHING + answer(fuzz_aaaa()), "nothing": NOTHING * 3,
    "no-name": NO_NAME * 3, "no-name-root": answer(fuzz_soa(listed(5)), rcode=3) * 3, "expired": answer(fuzz_soa(listed(21)), rcode=3) * 3,
    "failed": FAILED, "bogus": BOGUS, "late": LATE, "a-failed": NOTHING + FAILED + NOTHING, "a-bogus": NO_NAME + NOTHING + BOGUS,
    "alias": answer(fuzz_cname(listed(0)), fuzz_mx(listed(1), owner=listed(0))), "bare-alias": answer(fuzz_cname(listed(0))) + TWO_HOSTS,
    "dangling": answer(fuzz_cname(listed(0)), fuzz_soa(), rcode=3) * 3, "loop": answer(fuzz_cname(SELF)) * 30,
    "hosts-good": TWO_HOSTS + GOOD, "hosts-private": TWO_HOSTS + PRIVATE + NOTHING + PRIVATE + answer(fuzz_aaaa(b"\0" * 15 + b"\1")),
    "hosts-dead": TWO_HOSTS + NO_NAME * 2 + NOTHING * 2, "hosts-failed": TWO_HOSTS + FAILED + NOTHING + LATE + BOGUS,
    "host-six": TWO_HOSTS + NOTHING + answer(fuzz_aaaa()), "host-cut": answer(fuzz_mx(listed(0))) + answer(fuzz_a(b"\x0a\0\0\0", times=40)) + NOTHING,
    "host-alias": answer(fuzz_mx(listed(0))) + answer(fuzz_cname(label(b"x")), fuzz_a(owner=label(b"x"))), "host-special": answer(fuzz_mx(listed(8)), fuzz_mx(listed(7))),
    "host-literal": answer(fuzz_mx(listed(9))) + NO_NAME * 2, "hosts-many": answer(fuzz_mx(label(b"a"), times=80)) + NOTHING * 130,
    "mx-many": answer(fuzz_mx(label(b"abcdefgh"), times=200)), "mx-twice": answer(fuzz_mx(listed(0)), fuzz_mx(listed(0), 5)) + PRIVATE,
    "odd-names": answer(*(fuzz_mx(listed(i)) for i in range(10, 26))) + GOOD, "order": TWO_HOSTS + b"\xf1" + NOTHING + PRIVATE + b"\xf2" + PRIVATE + b"\xf1" + GOOD,
    "truncated": answer(tc=True), "raw": b"\1\1\0\0\x0e\xc0\x0c\0\x0f\0\1\0\0\1\0\0\3\0\1\0", "malformed": b"\1\1\0\0\2\xc0\x0c", "chaos": answer(b"\x13" + SELF + b"\0\1" + listed(0)),
    "secure": answer(fuzz_mx(listed(0)), ad=True) + answer(fuzz_a(), ad=True), "blocked": answer(fuzz_opt(15, "gesperrt ü".encode()), rcode=3) * 3,
    "error-beside": answer(fuzz_mx(listed(0)), fuzz_opt(3, b"stale \xff\"\\")), "rcodes": answer(rcode=5), "long-text": answer(fuzz_opt(23, "ü".encode() * 120), rcode=2),
    "dname": answer(fuzz_dname(listed(0), listed(1)), fuzz_mx(listed(2), owner=listed(1))) + GOOD, "dname-above": answer(fuzz_dname(listed(6), listed(11))) + TWO_HOSTS,
    "dname-long": answer(fuzz_dname(listed(6), listed(31))), "dname-loop": answer(fuzz_dname(listed(6), listed(0))) * 20,
    "short-lived": NOTHING + answer(fuzz_a(ttl=b"\1")), "domain-private": NOTHING + PRIVATE + NOTHING,
}


def write_lookups():
    ways = (0, 1, 5, 33, 9)
    for i, (name, answers) in enumerate(LOOKUPS.items()):
        deep = name.startswith(("host", "order", "secure", "odd", "mx-twice", "domain")) or i % 2
        first = bytes([ways[1 + i % 4] if deep else 0, 0, 7, 0, 0])
        second = bytes([17, i % 64, 2, i, i % 16])
        write("judge", name, first + second + bytes([i % 12 | (i & 1) << 7, 0]) + answers)
    for fails_at in range(1, 9):
        write("judge", "memory-%d" % fails_at, bytes([1, 0, 7, 0, 0] * 2 + [0, fails_at]) + TWO_HOSTS + PRIVATE + NOTHING + GOOD)


write_addresses()
write_options()
write_upstreams()
write_templates()
write_networks()
write_messages()
write_lookups()
