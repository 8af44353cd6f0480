# SPDX-License-Identifier: BSD-2-Clause
"""Answers that are none: each breaks what RFC 1035 says of a message, so none may be believed, whatever it seems to say.
Number N is always the same message, but for the id and the question."""
import random
import struct

import dns.rdatatype

RECORD_TYPES = (1, 2, 5, 6, 12, 15, 16, 28, 33, 35, 39, 41, 43, 46, 47, 48, 50, 250, 257, 65280)


def head(query, answers=1, authority=0, additional=0, flags=0x8180):
    return struct.pack("!HHHHHH", query.id, flags, 1, answers, authority, additional)


def question(query):
    asked = query.question[0]
    return asked.name.to_wire() + struct.pack("!HH", asked.rdtype, asked.rdclass)


def record(rdtype, rdata, length=None, owner=b"\xc0\x0c"):
    return owner + struct.pack("!HHIH", rdtype, 1, 60, len(rdata) if length is None else length) + rdata


def counts_that_lie(rng, query, good):
    answers, authority, additional = rng.choice(((2, 0, 0), (65535, 0, 0), (1, 1, 0), (1, 0, 9), (0, 0, 0), (1, 65535, 1)))
    return head(query, answers, authority, additional) + question(query) + record(15, b"\0\x0a\4mail\0")


def cut_short(rng, query, good):
    whole = head(query) + question(query) + record(15, b"\0\x0a\4mail\7example\0")
    return whole[:rng.randrange(12 + len(question(query)), len(whole))]


def too_long(rng, query, good):
    return good + rng.randbytes(rng.randrange(1, 200))


def length_that_lies(rng, query, good):
    rdata = b"\0\x0a\4mail\7example\0"
    length = rng.choice((0, 1, 2, len(rdata) - 1, len(rdata) + 1, 4096, 48830, 65535))
    return head(query) + question(query) + record(15, rdata, length)


def pointer_that_leads_astray(rng, query, good):
    at = 12 + len(question(query))
    target = rng.choice((at, at + 1, at + 2, at + 12, 0, 5, 11, 0x3FFF, at + 14))
    pointer = struct.pack("!H", 0xC000 | target)
    if rng.random() < 0.5:
        return head(query) + question(query) + record(15, b"\0\x0a" + struct.pack("!H", 0xC000 | at + 14))
    return head(query) + question(query) + record(1, b"\1\2\3\4", owner=pointer)


def label_of_no_kind(rng, query, good):
    label = bytes([rng.choice((0x40, 0x41, 0x80, 0xBF))]) + rng.randbytes(6) + b"\0"
    return head(query) + question(query) + record(15, b"\0\x0a" + label)


def name_that_never_ends(rng, query, good):
    labels = b"".join(b"\x3f" + b"a" * 63 for _ in range(rng.randrange(4, 9)))
    return head(query) + question(query) + record(15, b"\0\x0a" + labels + b"\0")


def rdata_of_the_wrong_size(rng, query, good):
    rdtype, rdata = rng.choice(((1, b"\1\2\3"), (1, b"\1\2\3\4\5"), (28, b"\0" * 15), (28, b"\0" * 17), (15, b"\0"),
                                (15, b""), (6, b"\0\0" + b"\0" * 19), (2, b""), (5, b"\3abc"), (43, b"\0"), (46, b"\0" * 9)))
    return head(query, 2) + question(query) + record(15, b"\0\x0a\4mail\0") + record(rdtype, rdata)


def inner_lengths_that_lie(rng, query, good):
    """Types with lengths within, cut short: what getdns reads past its heap on."""
    rdtype = rng.choice((16, 41, 35, 257, 33, 250, 48, 50, 55, 45, 64, 99))
    rdata = bytes([rng.choice((0xFF, 0xC8, 0x80))]) * rng.randrange(1, 6)
    return head(query, 2) + question(query) + record(15, b"\0\x0a\4mail\0") + record(rdtype, rdata)


def odd_types(rng, query, good):
    rdtype = rng.choice([each for each in RECORD_TYPES if each not in (1, 2, 5, 6, 12, 15, 16, 28, 39, 41)])
    rdata = rng.randbytes(rng.randrange(0, 2))
    return head(query, 2) + question(query) + record(15, b"\0\x0a\4mail\0") + record(rdtype, rdata)


def forty_two_octets(rng, query, good):
    """As long as the shortest reply that is known to make getdns read past its heap."""
    rdtype = rng.choice((35, 55, 45, 257))
    asked = b"\1a\0" + struct.pack("!HH", rdtype, 1)
    message = head(query) + asked + record(rdtype, b"", rng.choice((0xBE, 0xBEBE, 10)))
    return (message + b"\xbe" * 42)[:42]


MAKERS = (counts_that_lie, cut_short, too_long, length_that_lies, pointer_that_leads_astray, label_of_no_kind,
          name_that_never_ends, rdata_of_the_wrong_size, inner_lengths_that_lie, odd_types, forty_two_octets)


def message(number, query, good):
    assert query.question[0].rdtype in (dns.rdatatype.MX, dns.rdatatype.A, dns.rdatatype.AAAA)
    return MAKERS[number % len(MAKERS)](random.Random(number), query, good)
