# SPDX-License-Identifier: BSD-2-Clause
"""A resolver on loopback with the habits of real ones, over UDP, TCP and TLS.

The first label of a name, up to its first digit, says what there is:
    mx      an MX to mail.SUFFIX, which has an A
    a aaaa  an address and no MX
    dead    an MX to a host that does not exist
    txt     a name without records for mail
    nx      no such name
    large   80 MX, for which only TCP has room
    big     an answer of some 800 octets
    sf      SERVFAIL, whoever asks
    silent  no answer; over TCP, nor to any question behind it on its connection
Habits (each "" or None for none):
    edns    what becomes of a question with an OPT record: formerr, notimp, servfail, badvers, silent, or bare (FORMERR
            in a header alone)
    case    what becomes of a name that is not in lower case: nxdomain, nodata, empty, servfail, refused, silent, nomx (no
            data for MX alone); lower, upper: it is answered in that case
    tcp     closed, silent; close: the connection ends after each answer; reset: it ends after each question, without one;
            first: the first question of a connection alone is answered; keepalive: each answer says that the connection
            gets no more (edns-tcp-keepalive 0); mute is for the test to call
    empty   a set of first labels: NOERROR with nothing in it, whatever is asked
`asked` holds (transport, type, name as it came, has an OPT record) of each question.
"""
import asyncio
import os
import re
import ssl
import struct
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))

import dns.edns  # noqa: E402
import dns.flags  # noqa: E402
import dns.message  # noqa: E402
import dns.name  # noqa: E402
import dns.rcode  # noqa: E402
import dns.rdatatype  # noqa: E402
import dns.rrset  # noqa: E402

SUFFIX = "quirk.example."
RCODES = {"formerr": dns.rcode.FORMERR, "notimp": dns.rcode.NOTIMP, "servfail": dns.rcode.SERVFAIL,
          "refused": dns.rcode.REFUSED, "nxdomain": dns.rcode.NXDOMAIN, "badvers": dns.rcode.BADVERS}


def label_of(name):
    return re.match(rb"[a-z]*", name.labels[0].lower()).group().decode()


def soa(reply):
    reply.authority.append(dns.rrset.from_text(SUFFIX, 60, "IN", "SOA", "ns. root. 1 1 1 1 60"))


def put(reply, name, rdtype, *values):
    reply.answer.append(dns.rrset.from_text(name, 60, "IN", rdtype, *values))


def truth(query):
    """What there is, as a message."""
    reply = dns.message.make_response(query, recursion_available=True)
    name, rdtype = query.question[0].name, dns.rdatatype.to_text(query.question[0].rdtype)
    label = label_of(name)
    host = "nohost.%s" % SUFFIX if label == "dead" else "mail.%s" % SUFFIX
    if label in ("mx", "dead") and rdtype == "MX":
        put(reply, name, "MX", "10 " + host)
    elif label in ("a", "mail") and rdtype == "A":
        put(reply, name, "A", "192.0.2.1")
    elif label == "aaaa" and rdtype == "AAAA":
        put(reply, name, "AAAA", "2001:db8::1")
    elif label in ("large", "big") and rdtype == "MX":
        put(reply, name, "MX", *("%d h%d.%s.%s" % (i, i, "x" * 40, SUFFIX) for i in range(80 if label == "large" else 10)))
    elif label == "sf":
        reply.set_rcode(dns.rcode.SERVFAIL)
    else:
        soa(reply)
        if label in ("nx", "nohost"):
            reply.set_rcode(dns.rcode.NXDOMAIN)
    return reply


def truncated(reply):
    reply.answer = []
    reply.flags |= dns.flags.TC
    return reply.to_wire()


def in_case(wire, change):
    """The name of the question in another letter case."""
    end = wire.index(b"\0", 12)
    return wire[:12] + change(wire[12:end]) + wire[end:]


class Scripted:
    """Runs on a thread of its own between start() and stop(), on a free port or the one given."""

    def __init__(self, edns="", case="", tcp="", empty=(), certificate=None, port=0, host="127.0.0.1"):
        self.edns, self.case, self.tcp, self.empty = edns, case, tcp, set(empty)
        self.certificate = certificate
        self.host, self.port = host, port
        self.asked = []
        self.connections = 0
        self.writers = set()
        self.muted = set()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self._main()), name="scripted", daemon=True)

    @property
    def address(self):
        return "%s:%d" % (self.host, self.port)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self.thread.start()
        if not self.ready.wait(10):
            raise RuntimeError("the scripted server did not start")
        return self

    def stop(self):
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(self.done.set)
            self.thread.join(10)

    def mute(self):
        """From now on every connection that is open says nothing and stays open; new ones are served."""
        done = threading.Event()

        def silence():
            self.muted |= self.writers
            done.set()

        self.loop.call_soon_threadsafe(silence)
        if not done.wait(10):
            raise RuntimeError("the scripted server hangs")

    def count(self, transport=None, rdtype=None, label=None):
        return sum(1 for way, kind, name, _ in self.asked
                   if transport in (None, way) and rdtype in (None, kind) and label in (None, label_of(name)))

    async def _main(self):
        self.loop = asyncio.get_running_loop()
        self.done = asyncio.Event()
        self.tasks = set()
        self.loop.set_exception_handler(lambda *_: None)
        context = None
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
        await self._bind(context)
        self.ready.set()
        await self.done.wait()
        self.datagrams.close()
        if self.streams:
            self.streams.close()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _bind(self, context):
        wanted = self.port
        for _ in range(50):
            self.datagrams, _front = await self.loop.create_datagram_endpoint(lambda: _Front(self),
                                                                              (self.host, wanted))
            self.port = self.datagrams.get_extra_info("sockname")[1]
            self.streams = None
            if self.tcp == "closed":
                return
            try:
                self.streams = await asyncio.start_server(self._serve, self.host, self.port, ssl=context, backlog=512)
                return
            except OSError:
                self.datagrams.close()
        raise OSError("no port is free for both UDP and TCP")

    def reply_to(self, wire, is_tcp):
        """Octets; None: nothing."""
        query = dns.message.from_wire(wire)
        name, rdtype = query.question[0].name, dns.rdatatype.to_text(query.question[0].rdtype)
        self.asked.append(("tcp" if is_tcp else "udp", rdtype, name, query.edns >= 0))
        is_cased = any(label != label.lower() for label in name.labels)
        if label_of(name) == "silent":
            return None
        habit = self.edns if query.edns >= 0 else ""
        if not habit and is_cased:
            habit = self.case
        if habit == "silent":
            return None
        if habit == "bare":
            return wire[:2] + b"\x81\x81" + b"\0" * 8
        reply = truth(query)
        if label_of(name) in self.empty or habit == "empty":
            reply.answer, reply.authority = [], []
            reply.set_rcode(dns.rcode.NOERROR)
        elif habit in RCODES or habit == "nodata" or (habit == "nomx" and rdtype == "MX"):
            reply.answer, reply.authority = [], []
            reply.set_rcode(RCODES.get(habit, dns.rcode.NOERROR))
            if habit in ("nodata", "nxdomain", "nomx"):
                soa(reply)
        if habit in ("formerr", "notimp"):
            reply.use_edns(False)
        if is_tcp and self.tcp == "keepalive":
            reply.use_edns(0, options=[dns.edns.GenericOption(11, b"\0\0")])
        size = 65535 if is_tcp else query.payload if query.edns >= 0 else 512
        octets = reply.to_wire(max_size=size) if is_tcp or len(reply.to_wire(max_size=65535)) <= size else truncated(reply)
        if habit in ("lower", "upper"):
            octets = in_case(octets, bytes.lower if habit == "lower" else bytes.upper)
        return octets

    async def _serve(self, reader, writer):
        self.connections += 1
        task = asyncio.current_task()
        self.tasks.add(task)
        self.writers.add(writer)
        answered = 0
        try:
            while True:
                length = struct.unpack("!H", await reader.readexactly(2))[0]
                wire = await reader.readexactly(length)
                reply = self.reply_to(wire, is_tcp=True)
                if label_of(dns.message.from_wire(wire).question[0].name) == "silent":
                    while await reader.read(65536):  # answers come in the order of the questions
                        pass
                    return
                if self.tcp == "reset":
                    return
                if reply is None or writer in self.muted or self.tcp == "silent" or (self.tcp == "first" and answered):
                    continue
                answered += 1
                writer.write(struct.pack("!H", len(reply)) + reply)
                await writer.drain()
                if self.tcp in ("close", "keepalive"):
                    return
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            self.tasks.discard(task)
            self.writers.discard(writer)
            writer.close()


class _Front(asyncio.DatagramProtocol):
    def __init__(self, server):
        self.server = server

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        reply = self.server.reply_to(data, is_tcp=False)
        if reply is not None:
            self.transport.sendto(reply, addr)
