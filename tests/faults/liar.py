# SPDX-License-Identifier: BSD-2-Clause
"""A DNS server on loopback that lies by name: the first label of the name asked says how, up to its first digit.

    good                    an MX
    delay                   the same, a second later
    duplicate               the same, three times
    reorder                 the same, after that to the next question (or after a second)
    tc                      TC over UDP, the MX over TCP; tc-close: TCP is closed; tc-half: in the middle of the message;
                            tc-silent: TCP says nothing; tc-extra: an octet too much; tc-other: the answer to another
                            question; tc-short: a message of 5 octets; tc-bits: in pieces of one octet
    id question qr source   another id, another question, no QR bit, another port; with -then-good: and then the truth
    lower                   the letter case of the question is lost over UDP; lower-close: and TCP is closed
    random                  octets without meaning; random-then-good: and then the truth
    lie                     an RDLENGTH past the end; short: the record ends in the middle
    silent                  nothing
    hostile                 message number N of hostile.py, N being the digits in the label

Every name has an MX but those of nodata, and no name has an address.
"""
import asyncio
import os
import random
import re
import socket
import struct
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))

import dns.message  # noqa: E402
import dns.rdatatype  # noqa: E402
import dns.rrset  # noqa: E402
import hostile  # noqa: E402


def truth(query):
    """The MX of whatever is asked, as octets."""
    reply = dns.message.make_response(query, recursion_available=True)
    question = query.question[0]
    if question.rdtype == dns.rdatatype.MX:
        reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", "MX", "10 mail.fault.example."))
    else:
        reply.authority.append(dns.rrset.from_text(question.name.parent(), 60, "IN", "SOA", "ns. root. 1 1 1 1 60"))
    return reply.to_wire()


def with_other_question(wire):
    """The same message for a name of the same length."""
    return wire[:13] + bytes([wire[13] ^ 3]) + wire[14:]


def lie_about_length(wire, query):
    """The last record ends past the message."""
    end = len(query.question[0].name.to_wire()) + 16
    return wire[:end + 10] + struct.pack("!H", 4000) + wire[end + 12:]


class Liar:
    """Runs on a thread of its own between start() and stop(). loss: percent of UDP questions that are not heard, by a
    seed. `heard` counts questions by the name's first label without its digits."""

    def __init__(self, loss=0, seed=1, host="127.0.0.1", port=0):
        self.loss = loss
        self.random = random.Random(seed)
        self.host = host
        self.port = port
        self.heard = {}
        self.most_connections = self.connections = 0
        self.held = []
        self.ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self._main()), name="liar", daemon=True)

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
            raise RuntimeError("the liar did not start")
        return self

    def stop(self):
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(self.done.set)
            self.thread.join(10)

    async def _main(self):
        self.loop = asyncio.get_running_loop()
        self.done = asyncio.Event()
        self.tasks = set()
        await self._bind()
        self.other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.ready.set()
        await self.done.wait()
        self.datagrams.close()
        self.streams.close()
        self.other.close()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _bind(self):
        wanted = self.port
        for _ in range(50):
            self.datagrams, _front = await self.loop.create_datagram_endpoint(lambda: _Front(self),
                                                                              (self.host, wanted))
            self.datagrams.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            self.port = self.datagrams.get_extra_info("sockname")[1]
            try:
                self.streams = await asyncio.start_server(self._serve, self.host, self.port, backlog=512)
                return
            except OSError:
                self.datagrams.close()
        raise OSError("no port is free for both UDP and TCP")

    def spawn(self, work):
        task = self.loop.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def kind_of(self, query):
        label = query.question[0].name.labels[0].decode().lower()
        match = re.match(r"([a-z-]+?)-?(\d*)$", label)
        self.heard[match.group(1)] = self.heard.get(match.group(1), 0) + 1
        return match.group(1), int(match.group(2) or 0)

    async def answer_datagram(self, wire, peer):
        if self.random.randrange(100) < self.loss:
            return
        query = dns.message.from_wire(wire)
        kind, number = self.kind_of(query)
        for reply in await self.datagrams_for(kind, number, query, peer):
            self.datagrams.sendto(reply, peer)
        if kind != "reorder":
            while self.held:
                self.datagrams.sendto(*self.held.pop())

    async def datagrams_for(self, kind, number, query, peer):
        good = truth(query)
        base = kind[:-len("-then-good")] if kind.endswith("-then-good") else kind
        after = [good] if base != kind else []
        if base in ("good", "nodata"):
            return [good]
        if base == "delay":
            await asyncio.sleep(1)
            return [good]
        if base == "duplicate":
            return [good] * 3
        if base == "reorder":
            self.held.append((good, peer))
            return []
        if base == "hostile":
            return [hostile.message(number, query, good)]
        if base.startswith("tc"):
            return [good[:2] + bytes([good[2] | 2]) + good[3:]]
        if base.startswith("lower"):
            return [truth(dns.message.from_wire(lowered(query)))]
        if base == "source":
            self.other.sendto(good, peer)
            return after
        lies = {
            "id": bytes([good[0] ^ 1]) + good[1:],
            "question": with_other_question(good),
            "qr": good[:2] + bytes([good[2] & 0x7F]) + good[3:],
            "random": self.random.randbytes(60),
            "lie": lie_about_length(good, query),
            "short": good[:-3],
            "silent": None,
        }
        return ([lies[base]] if lies[base] is not None else []) + after

    async def _serve(self, reader, writer):
        self.connections += 1
        self.most_connections = max(self.most_connections, self.connections)
        try:
            while True:
                length = struct.unpack("!H", await reader.readexactly(2))[0]
                if not await self.answer_stream(await reader.readexactly(length), writer):
                    return
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            self.connections -= 1
            writer.close()

    async def answer_stream(self, wire, writer):
        """False when the connection is to be closed."""
        query = dns.message.from_wire(wire)
        kind, number = self.kind_of(query)
        good = truth(query)
        if kind == "hostile":
            good = hostile.message(number, query, good)
        if kind in ("tc-close", "lower-close"):
            return False
        if kind in ("tc-silent", "silent"):
            return True
        if kind == "tc-half":
            writer.write(struct.pack("!H", len(good)) + good[:len(good) // 2])
            await writer.drain()
            return False
        if kind == "tc-bits":
            for octet in struct.pack("!H", len(good)) + good:
                writer.write(bytes([octet]))
                await writer.drain()
                await asyncio.sleep(0)
            return True
        if kind == "tc-extra":
            good += b"\0"
        elif kind == "tc-other":
            good = with_other_question(good)
        elif kind == "tc-short":
            good = good[:5]
        writer.write(struct.pack("!H", len(good)) + good)
        return True


def lowered(query):
    """The question with its name in lower case."""
    wire = query.to_wire()
    end = 12 + len(query.question[0].name.to_wire())
    name = b"".join(bytes([len(label)]) + label.lower() for label in query.question[0].name.labels)
    return wire[:12] + name + wire[end:]


class _Front(asyncio.DatagramProtocol):
    def __init__(self, liar):
        self.liar = liar

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.liar.spawn(self.liar.answer_datagram(data, addr))


if __name__ == "__main__":
    with Liar(loss=int(sys.argv[1]) if len(sys.argv) > 1 else 0) as running:
        print("listening on", running.address, flush=True)
        sys.stdin.read()
