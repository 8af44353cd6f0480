# SPDX-License-Identifier: BSD-2-Clause
"""A DNS server on loopback that misbehaves for some names and relays every other question, UDP and TCP.

A fault is a row of name, type (or *) and behaviour:
    servfail refused notimp formerr         that RCODE
    nxdomain nodata                         with an SOA; emptynosoa: NODATA without one
    a:IP aaaa:IP mx:P HOST[;P HOST]         that answer; mx0: with a TTL of 0
    drop                                    no answer at all
    delay2 delay6                           an MX after so many seconds
    tcclose                                 TC over UDP; TCP is closed without an answer
    tcalways                                TC over UDP and over TCP
    wrongid                                 an MX under another id
    garbage                                 an MX whose RDLENGTH points past the end
    mxes:COUNT WIDTH                        so many MX, each with a host of its own below mxh.mx.example, whose first
                                            label has so many octets
    lost BEHAVIOUR                          the first sending of each question is lost, the second is answered
    slow SECONDS BEHAVIOUR                  later
    BEHAVIOUR || BEHAVIOUR                  one over UDP, another over TCP
    say PART; PART; ...                     a message octet by octet; its parts are
        an OWNER TTL TYPE RDATA             a record of the answer section; au: of the authority, ad: of the additional
                                            one. The owner @ is the name asked. The type may have a class: CH/MX. RDATA
                                            as in a zone file, or #HEX, where <N> is a pointer to N octets behind the
                                            beginning of the rdata; #HEX/LENGTH: with an RDLENGTH that is not true
        rcode N, flags HEX, counts N N N    in the place of 0, 8180 and what is true
        asked NAME TYPE                     another question; asked beside NAME TYPE: behind ours; asked lower: ours in
                                            lower case; asked none; asked twice
        cut N                               without its last N octets; tail HEX: with more of them
        then                                another message, which follows
"""
import asyncio
import os
import re
import struct
import threading

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

RELAY_SECONDS = 20
GOOD_MX = "mx:10 mail.mx.example."
RCODES = {
    "servfail": dns.rcode.SERVFAIL,
    "refused": dns.rcode.REFUSED,
    "notimp": dns.rcode.NOTIMP,
    "formerr": dns.rcode.FORMERR,
    "nxdomain": dns.rcode.NXDOMAIN,
}


class Faults:
    """What to do for which name and type; names at or below a zone of faults that have no row do not exist."""

    def __init__(self, zones=()):
        self.zones = [dns.name.from_text(zone) for zone in zones]
        self.rows = {}
        self.trees = {}

    def add(self, name, rdtype, behaviour):
        self.rows.setdefault(dns.name.from_text(name), {})[rdtype] = behaviour

    def add_tree(self, name, behaviour):
        """The name and all below it, for every type."""
        self.trees[dns.name.from_text(name)] = behaviour

    def read(self, path):
        with open(path, encoding="utf-8") as file:
            for line in file:
                if line.strip() and not line.startswith("#"):
                    self.add(*line.rstrip("\n").split("\t"))
        return self

    def find(self, name, rdtype):
        """The behaviour for a question, None when it is to be relayed."""
        row = self.rows.get(name)
        if row is not None:
            return row.get(rdtype, row.get("*", "nodata"))
        for tree, behaviour in self.trees.items():
            if name.is_subdomain(tree):
                return behaviour
        return "nxdomain" if any(name.is_subdomain(zone) for zone in self.zones) else None


def soa_of(name):
    zone = name.parent() if name != dns.name.root else name
    return dns.rrset.from_text(zone, 60, "IN", "SOA", "ns.mx.example. hostmaster.mx.example. 1 3600 600 86400 60")


def answer(query, behaviour):
    """The message that a behaviour stands for, as octets."""
    question = query.question[0]
    word, _, value = behaviour.partition(":")
    message = dns.message.make_response(query, recursion_available=True)
    if word in RCODES:
        message.set_rcode(RCODES[word])
    if word in ("nxdomain", "nodata"):
        message.authority.append(soa_of(question.name))
    elif word in ("a", "aaaa"):
        message.answer.append(dns.rrset.from_text(question.name, 60, "IN", word.upper(), value))
    elif word in ("mx", "mx0"):
        ttl = 0 if word == "mx0" else 60
        message.answer.append(dns.rrset.from_text(question.name, ttl, "IN", "MX", *value.split(";")))
    elif word in ("tcclose", "tcalways"):
        message.flags |= dns.flags.TC
    elif word not in RCODES and word != "emptynosoa":
        raise ValueError("unknown fault: " + behaviour)
    return message.to_wire(max_size=65535)


def garbage(query):
    question = query.question[0]
    head = struct.pack("!HHHHHH", query.id, 0x8180, 1, 1, 0, 0)
    asked = question.name.to_wire() + struct.pack("!HH", question.rdtype, question.rdclass)
    return head + asked + b"\xc0\x0c" + struct.pack("!HHIH", question.rdtype, question.rdclass, 60, 200) + b"\0\x0a\0"


class Saying:
    """A message of `say`: what stands in it is what was said, true or not."""

    def __init__(self, query):
        asked = query.question[0]
        self.id = query.id
        self.flags = 0x8180
        self.rcode = 0
        self.asked = [asked.name.to_wire() + struct.pack("!HH", asked.rdtype, asked.rdclass)]
        self.name = asked.name
        self.sections = {"an": [], "au": [], "ad": []}
        self.counts = None
        self.cut = 0
        self.tail = b""

    def add(self, part):
        word, *values = part.split(None, 1)
        value = values[0] if values else ""
        if word in self.sections:
            self.sections[word].append(value.split(None, 3))
        elif word == "asked":
            self.ask(value)
        elif word == "counts":
            self.counts = [int(number) for number in value.split()]
        elif word in ("rcode", "cut"):
            setattr(self, word, int(value))
        elif word == "flags":
            self.flags = int(value, 16)
        elif word == "tail":
            self.tail = bytes.fromhex(value)
        else:
            raise ValueError("unknown part: " + part)

    def ask(self, value):
        if value == "none":
            self.asked = []
        elif value == "twice":
            self.asked *= 2
        elif value == "lower":
            self.asked = [self.asked[0].lower()]
        else:
            name, rdtype = value.split()[-2:]
            asked = dns.name.from_text(name).to_wire() + struct.pack("!HH", dns.rdatatype.from_text(rdtype), 1)
            self.asked = (self.asked if value.startswith("beside ") else []) + [asked]

    @staticmethod
    def rdata(rdtype, text, at):
        """Octets, and the length that is told."""
        if not text.startswith("#"):
            wire = dns.rdata.from_text(dns.rdataclass.IN, rdtype, text).to_wire()
            return wire, len(wire)
        octets, _, length = text[1:].partition("/")
        octets = re.sub("<(-?[0-9]+)>", lambda match: "%04x" % (0xC000 | at + int(match.group(1))), octets)
        wire = bytes.fromhex(octets)
        return wire, int(length) if length else len(wire)

    def record(self, at, owner, ttl, kind, text="#"):
        rdclass, _, rdtype = kind.rpartition("/")
        rdtype = dns.rdatatype.from_text(rdtype)
        rdclass = int(rdclass) if rdclass.isdigit() else dns.rdataclass.from_text(rdclass or "IN")
        name = b"\xc0\x0c" if owner == "@" else dns.name.from_text(owner).to_wire()
        octets, length = self.rdata(rdtype, text, at + len(name) + 10)
        return name + struct.pack("!HHIH", rdtype, rdclass, int(ttl), length) + octets

    def to_wire(self):
        counts = self.counts or [len(records) for records in self.sections.values()]
        wire = struct.pack("!HHHHHH", self.id, self.flags | self.rcode, len(self.asked), *counts)
        wire += b"".join(self.asked)
        for records in self.sections.values():
            for record in records:
                wire += self.record(len(wire), *record)
        return wire[:len(wire) - self.cut] + self.tail


def say(query, parts):
    """All that was said, a message each."""
    messages = [Saying(query)]
    for part in parts.split(";"):
        if part.strip() == "then":
            messages.append(Saying(query))
        else:
            messages[-1].add(part.strip())
    return [message.to_wire() for message in messages]


def many(query, value):
    """So many MX that only TCP has room for them, with names that are not compressed."""
    count, width = (int(number) for number in value.split())
    message = Saying(query)
    for i in range(count):
        message.add("an @ 60 MX %d %s.mxh.mx.example." % (i, ("h%d-" % i).ljust(width, "x")))
    return message.to_wire()


lost = set()


def is_first(query):
    """Of this very question, which brings its letter case again when it is sent again."""
    question = query.question[0]
    key = (question.name.to_wire(), question.rdtype)
    lost.symmetric_difference_update([key])
    return key in lost


async def misbehave(query, behaviour, is_tcp):
    """Octets to send, or a list of them; None: say nothing; b"": close the connection."""
    if " || " in behaviour:
        behaviour = behaviour.split(" || ")[is_tcp]
    word, _, rest = behaviour.partition(" ")
    if word == "lost":
        return None if is_first(query) else await misbehave(query, rest, is_tcp)
    if word == "slow":
        seconds, _, rest = rest.partition(" ")
        await asyncio.sleep(float(seconds))
        return await misbehave(query, rest, is_tcp)
    if word == "say":
        return say(query, rest)
    if word.startswith("mxes:"):
        return many(query, behaviour[len("mxes:"):])
    if behaviour == "drop":
        return None
    if behaviour.startswith("delay"):
        await asyncio.sleep(float(behaviour[len("delay"):]))
        return answer(query, GOOD_MX)
    if behaviour == "wrongid":
        wire = answer(query, GOOD_MX)
        return struct.pack("!H", (query.id + 1) & 0xFFFF) + wire[2:]
    if behaviour == "garbage":
        return garbage(query)
    if behaviour == "tcclose" and is_tcp:
        return b""
    return answer(query, behaviour)


class _Front(asyncio.DatagramProtocol):
    def __init__(self, server):
        self.server = server

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.server.spawn(self.reply(data, addr))

    async def reply(self, data, addr):
        reply = await self.server.handle(data, is_tcp=False)
        for message in reply if isinstance(reply, list) else [reply]:
            if message:
                self.transport.sendto(message, addr)


class _Relay(asyncio.DatagramProtocol):
    def __init__(self):
        self.reply = asyncio.get_running_loop().create_future()

    def datagram_received(self, data, addr):
        if not self.reply.done():
            self.reply.set_result(data)

    def error_received(self, exc):
        if not self.reply.done():
            self.reply.set_exception(exc)


class FaultServer:
    """Runs on a thread of its own between start() and stop(); `address` is "127.0.0.1:PORT".

    relay_port: where other questions go; None: they are refused. Each question is one line `udp MX name.` of `log`.
    port: 0 for a free one.
    """

    def __init__(self, faults, relay_port=None, log=None, host="127.0.0.1", port=0):
        self.faults = faults
        self.relay_port = relay_port
        self.log = open(log, "a", buffering=1, encoding="utf-8") if log else None
        self.tasks = set()
        self.ready = threading.Event()
        self.failure = None
        self.host = host
        self.port = port
        self.thread = threading.Thread(target=self._run, name="fault server", daemon=True)

    @property
    def address(self):
        return "%s:%d" % (self.host, self.port)

    def start(self):
        self.thread.start()
        if not self.ready.wait(10) or self.failure:
            raise RuntimeError("the fault server did not start: %s" % self.failure)
        return self

    def stop(self):
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(self.done.set)
            self.thread.join(10)
        if self.log:
            self.log.close()

    def _run(self):
        try:
            asyncio.run(self._main())
        except Exception as error:  # told by start()
            self.failure = error
            self.ready.set()

    async def _main(self):
        self.loop = asyncio.get_running_loop()
        self.done = asyncio.Event()
        datagrams, streams = await self._bind()
        self.ready.set()
        await self.done.wait()
        datagrams.close()
        streams.close()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _bind(self):
        """One port number for UDP and TCP, free at run time."""
        wanted = self.port
        for _ in range(50):
            datagrams, _front = await self.loop.create_datagram_endpoint(lambda: _Front(self), (self.host, wanted))
            self.port = datagrams.get_extra_info("sockname")[1]
            try:
                return datagrams, await asyncio.start_server(self._serve, self.host, self.port, backlog=512)
            except OSError:
                datagrams.close()
        raise OSError("no port is free for both UDP and TCP")

    def spawn(self, work):
        task = self.loop.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task):
        self.tasks.discard(task)
        if not task.cancelled() and task.exception() and not isinstance(task.exception(), OSError):
            os.write(2, ("fault server: %r\n" % task.exception()).encode())

    async def handle(self, wire, is_tcp):
        try:
            query = dns.message.from_wire(wire)
            question = query.question[0]
        except (dns.exception.DNSException, IndexError):
            return None
        rdtype = dns.rdatatype.to_text(question.rdtype)
        if self.log:
            name = question.name.to_text().lower()
            self.log.write("%s %s %s\n" % ("tcp" if is_tcp else "udp", rdtype, name))
        behaviour = self.faults.find(question.name, rdtype)
        if behaviour is not None:
            return await misbehave(query, behaviour, is_tcp)
        if self.relay_port is None:
            return answer(query, "refused")
        try:
            relay = self._relay_tcp if is_tcp else self._relay_udp
            return await asyncio.wait_for(relay(wire), RELAY_SECONDS)
        except (OSError, EOFError, asyncio.TimeoutError):
            return None

    async def _relay_udp(self, wire):
        transport, relay = await self.loop.create_datagram_endpoint(_Relay, remote_addr=("127.0.0.1", self.relay_port))
        try:
            transport.sendto(wire)
            return await relay.reply
        finally:
            transport.close()

    async def _relay_tcp(self, wire):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.relay_port)
        try:
            writer.write(struct.pack("!H", len(wire)) + wire)
            return await reader.readexactly(struct.unpack("!H", await reader.readexactly(2))[0])
        finally:
            writer.close()

    async def _serve(self, reader, writer):
        try:
            while True:
                length = struct.unpack("!H", await reader.readexactly(2))[0]
                self.spawn(self._serve_one(await reader.readexactly(length), writer))
        except (OSError, EOFError, asyncio.CancelledError):
            writer.close()

    async def _serve_one(self, wire, writer):
        reply = await self.handle(wire, is_tcp=True)
        if reply == b"":
            writer.close()
        for message in reply if isinstance(reply, list) else [reply]:
            if message and not writer.is_closing():
                writer.write(struct.pack("!H", len(message)) + message)
