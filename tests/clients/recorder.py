# SPDX-License-Identifier: BSD-2-Clause
"""A relay of octets between a client and SMTP servers, which notes each connection and each line of the client."""
import contextlib
import itertools
import socket
import threading

OCTETS = 65536


class Recorder:
    """What recorder() gives."""

    def __init__(self, listener, look):
        self.listener = listener
        self.look = look
        self.seen = []  # what look() gave as each connection began
        self.port = listener.getsockname()[1]
        self.connections = []  # the client's octets of each

    def lines(self, beginning):
        """How many lines of all connections begin so."""
        return sum(line.startswith(beginning) for octets in list(self.connections) for line in octets.split(b"\r\n"))


def pass_on(source, sink, note=None):
    with contextlib.suppress(OSError):
        while octets := source.recv(OCTETS):
            if note is not None:
                note.extend(octets)
            sink.sendall(octets)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def serve(client, port, note):
    with client, socket.create_connection(("127.0.0.1", port)) as server:
        answers = threading.Thread(target=pass_on, args=(server, client))
        answers.start()
        pass_on(client, server, note)
        answers.join()


def accept(record, ports):
    with contextlib.suppress(OSError):
        for port in itertools.cycle(ports):
            client, _ = record.listener.accept()
            record.seen.append(record.look())
            record.connections.append(bytearray())
            threading.Thread(target=serve, args=(client, port, record.connections[-1]), daemon=True).start()


@contextlib.contextmanager
def recorder(ports, look):
    """Pass on to each of these ports of loopback in turn, a connection at a time."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        record = Recorder(listener, look)
        threading.Thread(target=accept, args=(record, ports), daemon=True).start()
        try:
            yield record
        finally:
            listener.shutdown(socket.SHUT_RDWR)
