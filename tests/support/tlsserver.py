# SPDX-License-Identifier: BSD-2-Clause
"""DNS over TLS on loopback: a TLS server that hands what it gets to a DNS server over TCP, and the certificates for it."""
import asyncio
import os
import shutil
import ssl
import subprocess
import threading

from daemons import Missing


class Authority:
    """A certificate authority of one test, made by openssl(1) in a folder of the caller's."""

    def __init__(self, folder):
        if shutil.which("openssl") is None:
            raise Missing("openssl is not installed")
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        self.certificate = os.path.join(folder, "ca.pem")
        self._run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                  "-subj", "/CN=authority of a test", "-keyout", "ca.key", "-out", "ca.pem",
                  "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")

    def _run(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def issue(self, name, days=2):
        """A certificate for a host, expired where `days` is below 0; gives the path of a file with it and its key."""
        path = os.path.join(self.folder, name)
        self._run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=" + name,
                  "-keyout", name + ".key", "-out", name + ".csr")
        with open(path + ".ext", "w", encoding="ascii") as file:
            file.write("subjectAltName=DNS:%s\n" % name)
        self._run("x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                  "-days", str(days), "-extfile", name + ".ext", "-out", name + ".crt")
        with open(path + ".pem", "wb") as file:
            for part in (".crt", ".key"):
                with open(path + part, "rb") as piece:
                    file.write(piece.read())
        return path + ".pem"


class TlsServer:
    """Runs on a thread of its own between start() and stop(), on a free port or the one given.

    certificate: a path that Authority.issue() gave; None: it speaks no TLS at all, but hands on what it gets.
    backend: the port of loopback that it hands to; None: it takes what comes and says nothing. `connections` counts
    those that were made, whatever came of them. ciphers: those of TLS 1.2 that it takes, and then nothing newer.
    """

    def __init__(self, certificate, backend, port=0, ciphers=None):
        self.context = None
        if certificate is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)
        if ciphers is not None:
            self.context.maximum_version = ssl.TLSVersion.TLSv1_2
            self.context.set_ciphers(ciphers)
        self.backend = backend
        self.port = port
        self.connections = 0
        self.messages = 0
        self.ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self._main()), name="TLS server", daemon=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self.thread.start()
        if not self.ready.wait(10):
            raise RuntimeError("the TLS server did not start")
        return self

    def stop(self):
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(self.done.set)
            self.thread.join(10)

    def drop(self):
        """Close every connection, and go on."""
        done = threading.Event()

        def close():
            for writer in self.writers:
                writer.transport.abort()
            done.set()

        self.loop.call_soon_threadsafe(close)
        if not done.wait(10):
            raise RuntimeError("the TLS server hangs")

    async def _main(self):
        self.loop = asyncio.get_running_loop()
        self.done = asyncio.Event()
        self.tasks = set()
        self.writers = set()
        self.loop.set_exception_handler(lambda *_: None)  # handshakes fail here on purpose
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self.context, backlog=512)
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        await self.done.wait()
        server.close()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self.tasks.add(task)
        self.writers.add(writer)
        self.connections += 1
        try:
            if self.backend is None:
                await reader.read()
                return
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.backend)
            try:
                await asyncio.gather(self._pipe(reader, far_writer), self._pipe(far_reader, writer))
            finally:
                far_writer.close()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self.tasks.discard(task)
            self.writers.discard(writer)
            writer.transport.abort()

    async def _pipe(self, reader, writer):
        while data := await reader.read(65536):
            self.messages += 1
            writer.write(data)
            await writer.drain()
        writer.close()
