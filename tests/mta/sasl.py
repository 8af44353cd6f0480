# SPDX-License-Identifier: BSD-2-Clause
"""Who may log in, as Postfix asks by the authentication protocol of Dovecot: one user, by PLAIN."""
import base64
import contextlib
import socketserver
import threading

LOGIN, PASSWORD = "user", "secret"
CREDENTIALS = base64.b64encode(f"\0{LOGIN}\0{PASSWORD}".encode()).decode()

GREETING = b"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t0\nDONE\n"


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(GREETING)
        for line in self.rfile:
            command, *fields = line.decode().rstrip("\n").split("\t")
            if command == "AUTH":
                answer = f"OK\t{fields[0]}\tuser={LOGIN}" if "resp=" + CREDENTIALS in fields else f"FAIL\t{fields[0]}"
                self.wfile.write(answer.encode() + b"\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


@contextlib.contextmanager
def server():
    """Gives its address, as smtpd_sasl_path has it."""
    with Server(("127.0.0.1", 0), Handler) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield "inet:127.0.0.1:%d" % serving.server_address[1]
        serving.shutdown()
