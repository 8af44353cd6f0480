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
"""
import asyncio
import os
import struct
import threading

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
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


async def misbehave(query, behaviour, is_tcp):
    """Octets to send; None: say nothing; b"": close the connection."""
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
        if reply:
            self.transport.sendto(reply, addr)


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
        elif reply and not writer.is_closing():
            writer.write(struct.pack("!H", len(reply)) + reply)
