# SPDX-License-Identifier: BSD-2-Clause
"""A name server on loopback, of which some answers hold what a web page must not take for markup.

    good.example            two MX hosts, one of which has no address
    null.example            null MX
    bücher.example          MX; its A-label is xn--bcher-kva.example
    markup.example          an MX host whose labels are markup
    told.example            SERVFAIL, with markup as the text of an Extended DNS Error
    held.example            answered when release() is called, and nN.held.example
    hold-N.example          whoever asks for it calls hold(); release-N.example: release()
    silent.example          never answered
    many-N.example          MX, for each N
All others do not exist.
"""
import socket
import threading

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

MARKUP = '</td><script>window.broken=1</script><img src=x onerror="window.broken=1">\u202e\'&'
MARKUP_LABELS = dns.name.Name([b"<img src=x onerror=window.broken=1>", b"\"'>&\x00\xff<b>", b"example", b""])

RECORDS = {
    "good.example.": {"MX": ["10 gone.good.example.", "20 mx1.good.example."]},
    "mx1.good.example.": {"A": ["203.0.114.10"], "AAAA": ["2a02:db9::10"]},
    "null.example.": {"MX": ["0 ."]},
    "xn--bcher-kva.example.": {"MX": ["10 mx1.good.example."]},
    "markup.example.": {"MX": [b"markup"]},
    "held.example.": {"MX": ["10 mx1.good.example."]},
}


class HostileDns:
    """Use it in a `with`; `address` is for the option `upstreams`."""

    def __enter__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.held = []
        self.holds = True
        self.lock = threading.Lock()
        self.questions = 0
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.socket.sendto(b"", ("127.0.0.1", int(self.address.split(":")[1])))
        self.thread.join()
        self.socket.close()

    def hold(self):
        """Hold back the answers of held.example from now on."""
        with self.lock:
            self.holds = True

    def release(self):
        """Send them, and hold none back until hold()."""
        with self.lock:
            self.holds = False
            for message, client in self.held:
                self.socket.sendto(message, client)
            self.held = []

    def serve(self):
        while True:
            wire, client = self.socket.recvfrom(4096)
            if not wire:
                return
            self.questions += 1
            query = dns.message.from_wire(wire)
            name = query.question[0].name.to_text().lower()
            if name.endswith("silent.example."):
                continue
            if name.startswith("hold-"):
                self.hold()
            if name.startswith("release-"):
                self.release()
            answer = self.answer(query, name).to_wire()
            with self.lock:
                if self.holds and name.endswith("held.example."):
                    self.held.append((answer, client))
                    continue
            self.socket.sendto(answer, client)

    def answer(self, query, name):
        """The response to a query."""
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        question = query.question[0]
        kind = dns.rdatatype.to_text(question.rdtype)
        records = RECORDS.get(name)
        if name.startswith("many-") or name.endswith(".held.example."):
            records = {"MX": ["10 mx1.good.example."]}
        if name == "told.example.":
            response.set_rcode(dns.rcode.SERVFAIL)
            response.use_edns(0, options=[dns.edns.EDEOption(22, MARKUP)])
        elif records is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif kind in records:
            response.answer.append(self.rrset(question.name, kind, records[kind]))
        return response

    @staticmethod
    def rrset(owner, kind, values):
        """The records of one type."""
        if values == [b"markup"]:
            rrset = dns.rrset.from_text(owner, 300, "IN", "MX", "10 x.example.")
            rrset_value = rrset[0].replace(exchange=MARKUP_LABELS)
            return dns.rrset.from_rdata(owner, 300, rrset_value)
        return dns.rrset.from_text(owner, 300, "IN", kind, *values)
