# SPDX-License-Identifier: BSD-2-Clause
"""A fleet on a network of its own: three mail hosts, two dnsdist, three unbound, one knotd, with the files of examples/fleet.

    host1 .1 ─┐               ┌─ unbound1 .21 ─┐
    host2 .2 ─┼─ front1 .11 ──┼─ unbound2 .22 ─┼─ authority .53: "." and "example.", signed
    host3 .3 ─┘  front2 .12   └─ unbound3 .23 ─┘

Each is a network namespace on one bridge, 192.0.2.0/24, and has /etc and /run of its own where its daemon looks. The
configurations are those of examples/fleet, byte for byte; what the test adds stands beside them: keys, certificates, and
where the root is. In namespaces that roots.run_again has made, as root.
"""
import os
import pwd
import re
import shutil
import ssl
import subprocess
import sys
import threading
import time

import dns.exception
import dns.message
import dns.query
import dns.rcode

import roots
import zones
from daemons import START_SECONDS, Missing, find

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLES = os.path.join(os.path.dirname(os.path.dirname(HERE)), "examples", "fleet")
NETWORK = "192.0.2."
AUTHORITY, SILENT = NETWORK + "53", NETWORK + "54"
FRONTS = {"front1": NETWORK + "11", "front2": NETWORK + "12"}
UNBOUNDS = {"unbound1": NETWORK + "21", "unbound2": NETWORK + "22", "unbound3": NETWORK + "23"}
HOSTS = {"host1": NETWORK + "1", "host2": NETWORK + "2", "host3": NETWORK + "3"}
CONSOLE_KEY = "bXhjaGVjayBmbGVldCB0ZXN0LCBubyBzZWNyZXQhISE="
HINTS = ". 3600 NS ns.example.\nns.example. 3600 A %s\n" % AUTHORITY
# Debian's own unbound.conf and what stands beside fleet.conf. Questions are counted, so a machine that is busy for a moment must
# not make unbound ask again.
UNBOUND_MAIN = 'include-toplevel: "/etc/unbound/unbound.conf.d/*.conf"\n'
UNBOUND_TEST = """\
server:
    root-hints: "/etc/unbound/root.hints"
    use-syslog: no
    logfile: ""
    pidfile: ""
    infra-cache-min-rtt: 2000
    unknown-server-time-limit: 2000
"""
UNBOUND_DEBIAN = {
    "remote-control.conf": "remote-control:\n    control-enable: yes\n    control-interface: /run/unbound.ctl\n",
    "root-auto-trust-anchor-file.conf": 'server:\n    auto-trust-anchor-file: "/var/lib/unbound/root.key"\n',
}
# As dnsdist.service of Debian runs it.
AS_DNSDIST = ["setpriv", "--reuid=_dnsdist", "--regid=_dnsdist", "--clear-groups", "--inh-caps=+net_bind_service",
              "--ambient-caps=+net_bind_service"]
TICKS = os.sysconf("SC_CLK_TCK")


def run(*words):
    return subprocess.run(words, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT).stdout.decode()


def front_name(front):
    return "%s.mail.example" % front


def make_network():
    """The bridge, with an address for the test itself."""
    roots.mount("-t", "tmpfs", "none", "/run")
    # Where faketime has a file by the number of the process, which others have in other namespaces.
    roots.mount("-t", "tmpfs", "none", "/dev/shm")
    try:
        run("ip", "link", "add", "probe", "type", "veth", "peer", "name", "probe-peer")
        run("ip", "link", "delete", "probe")
    except subprocess.CalledProcessError as refused:
        raise Missing("this kernel makes no veth: " + refused.stdout.decode().strip()) from refused
    for words in ("link add fleet type bridge", "link set fleet up", "address add %s254/24 dev fleet" % NETWORK):
        run("ip", *words.split())


class Node:
    """A machine: a namespace with one address. binds: {folder of the machine: folder of the test that is seen there}"""

    def __init__(self, name, address, work, binds=()):
        self.name = name
        self.address = address
        self.folder = os.path.join(work, name)
        self.binds = dict(binds)
        self.process = None
        os.makedirs(self.folder)
        self.log = os.path.join(self.folder, "log")
        for words in ("netns add %s", "link add %s-up type veth peer name wire netns %s", "link set %s-up master fleet",
                      "link set %s-up up", "-n %s link set lo up", "-n %s link set wire up"):
            run("ip", *words.replace("%s", name).split())
        run("ip", "-n", name, "address", "add", address + "/24", "dev", "wire")

    def path(self, folder):
        """Where the test writes what the machine sees in a folder of its own."""
        path = self.binds.setdefault(folder, os.path.join(self.folder, folder.strip("/").replace("/", "-")))
        os.makedirs(path, exist_ok=True)
        return path

    def command(self, words):
        script = ["mount -t tmpfs none /run"] + ["mount --bind %s %s" % (path, folder)
                                                for folder, path in self.binds.items()]
        return ["ip", "netns", "exec", self.name, "sh", "-ec", "; ".join(script + ['exec "$@"']), "sh", *words]

    def start(self, words, is_ready, environment=None):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command(words), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=environment)
        deadline = time.monotonic() + START_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            if is_ready():
                return
            time.sleep(0.05)
        raise RuntimeError("%s does not start:\n%s" % (self.name, self.read_log()[-2000:]))

    def enter(self, *words):
        """Run a command where the daemon is, and sees what it sees; gives what it prints."""
        return run("nsenter", "--target", str(self.process.pid), "--mount", "--net", *words)

    def kill(self):
        """It dies, and the machine lives: connections are refused."""
        self.process.kill()
        self.process.wait(10)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def remove(self):
        """The machine itself, and what it ran."""
        self.stop()
        run("ip", "link", "delete", self.name + "-up")
        run("ip", "netns", "delete", self.name)

    def connections(self, *which):
        """Those that are open, as ss(8) selects and prints them."""
        return sorted(self.enter("ss", "-Htn", "state", "established", *which).splitlines())

    def unplug(self):
        """The machine is gone, and says nothing."""
        run("ip", "link", "set", self.name + "-up", "down")

    def plug_in(self):
        run("ip", "link", "set", self.name + "-up", "up")

    def read_log(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def cpu_s(self):
        with open("/proc/%d/stat" % self.process.pid, encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident_kib(self):
        with open("/proc/%d/statm" % self.process.pid, encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") // 1024


def is_answering(address):
    try:
        dns.query.udp(dns.message.make_query(".", "SOA"), address, timeout=0.2)
    except (OSError, dns.exception.DNSException):
        return False
    return True


def is_answering_tls(address):
    """To the test itself, which is no machine of the fleet."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        dns.query.tls(dns.message.make_query("d0.example", "MX"), address, timeout=5, ssl_context=context)
    except (OSError, EOFError, dns.exception.DNSException):
        return False
    return True


def is_refusing(address):
    return dns.query.udp(dns.message.make_query("d0.example", "MX"), address, timeout=5).rcode() == dns.rcode.REFUSED


class AuthorityNode(Node):
    """knotd, for "." and "example."."""

    def __init__(self, work, domains, ttls):
        super().__init__("authority", AUTHORITY, work)
        self.config = os.path.join(self.folder, "knot.conf")
        self.anchor = zones.write(self.folder, AUTHORITY, SILENT, domains, ttls)

    def run(self):
        self.start([find("knotd"), "-c", self.config], lambda: is_answering(self.address))

    def questions(self):
        """{"MX": so many since it was started, ...}"""
        text = run("knotc", "-c", self.config, "stats", "mod-stats")
        return {kind: int(count) for kind, count in re.findall(r"query-type\[(\w+)\] = (\d+)", text)}


class SilentNode(Node):
    """A name server that takes questions and says nothing."""
    PROGRAM = "import signal, socket, sys; s = socket.socket(type=socket.SOCK_DGRAM); s.bind((sys.argv[1], 53)); " \
        "print('bound', flush=True); signal.pause()"

    def __init__(self, work):
        super().__init__("silent", SILENT, work)

    def run(self):
        self.start([sys.executable, "-c", self.PROGRAM, SILENT], lambda: "bound" in self.read_log())


class UnboundNode(Node):
    def __init__(self, name, work, anchor):
        super().__init__(name, UNBOUNDS[name], work)
        etc, state = self.path("/etc/unbound"), self.path("/var/lib/unbound")
        roots.write(etc + "/unbound.conf", UNBOUND_MAIN)
        roots.write(etc + "/root.hints", HINTS)
        for file, text in dict(UNBOUND_DEBIAN, **{"test.conf": UNBOUND_TEST}).items():
            roots.write(os.path.join(etc, "unbound.conf.d", file), text)
        shutil.copy(os.path.join(EXAMPLES, "unbound", "fleet.conf"), etc + "/unbound.conf.d")
        roots.write(state + "/root.key", anchor)
        owner = pwd.getpwnam("unbound")
        for path in (state, state + "/root.key"):
            os.chown(path, owner.pw_uid, owner.pw_gid)

    def run(self):
        # It answers nobody but the fronts.
        self.start([find("unbound"), "-d", "-p"], lambda: "is running" in self.control("status"))

    def control(self, *words):
        done = subprocess.run(["nsenter", "--target", str(self.process.pid), "--mount", "--net", "unbound-control", *words],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.stdout.decode()

    def stats(self):
        """{"total.num.queries": 12.0, ...}"""
        pairs = (line.split("=") for line in self.control("stats_noreset").splitlines() if line.count("=") == 1)
        return {name: float(value) for name, value in pairs}


class FrontNode(Node):
    def __init__(self, name, work, certificate):
        super().__init__(name, FRONTS[name], work)
        self.etc = self.path("/etc/dnsdist")
        shutil.copy(os.path.join(EXAMPLES, "dnsdist", "dnsdist.conf"), self.etc)
        roots.write(self.etc + "/conf.d/console.conf", "setKey('%s')\n" % CONSOLE_KEY)
        self._hide(self.etc + "/conf.d/console.conf")
        self.use(certificate)

    @staticmethod
    def _hide(path):
        """For root and dnsdist alone."""
        os.chown(path, 0, pwd.getpwnam("_dnsdist").pw_gid)
        os.chmod(path, 0o640)

    def use(self, certificate):
        """Put a certificate, a path without its ending, where the configuration says; chain.pem last."""
        os.makedirs(self.etc + "/tls", exist_ok=True)
        for ending, name in ((".key", "key.pem"), (".crt", "chain.pem")):
            shutil.copy(certificate + ending, os.path.join(self.etc, "tls", name))
            self._hide(os.path.join(self.etc, "tls", name))

    def run(self):
        self.start([*AS_DNSDIST, find("dnsdist"), "--supervised", "--disable-syslog"], self.has_back_ends)

    def reload(self):
        """What `systemctl reload dnsdist` runs."""
        with open(os.path.join(EXAMPLES, "systemd", "dnsdist.conf"), encoding="utf-8") as file:
            command = re.search(r"^ExecReload=(.*)$", file.read(), re.MULTILINE)[1]
        self.enter(*AS_DNSDIST, *command.split())

    def has_back_ends(self):
        return self.is_console_open() and self.back_ends() == len(UNBOUNDS)

    def back_ends(self):
        """How many it takes for good."""
        return len(re.findall(r"\bup\b", self.console("showServers()")))

    def is_console_open(self):
        return "Listening on 127.0.0.1:53" in self.read_log() or "console" in self.read_log().lower()

    def console(self, command):
        done = subprocess.run(["nsenter", "--target", str(self.process.pid), "--mount", "--net", "dnsdist", "-e", command],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.stdout.decode()

    def stats(self):
        """{"queries": 12, ...}, as dumpStats() says; it prints two pairs on a line."""
        return {name: float(value) for name, value in re.findall(r"([a-z][\w-]+)\s+([\d.]+)", self.console("dumpStats()"))}


class Host(Node):
    """A mail host: mailhost.c, with what it prints taken apart. options: more for its mxcheck.conf."""

    def __init__(self, name, work, program, authority, address=None):
        super().__init__(name, address or HOSTS[name], work)
        self.program = program
        self.environment = dict(os.environ, SSL_CERT_FILE=authority)
        self.config = os.path.join(self.folder, "mxcheck.conf")
        self.answers = {}
        self.mailed = []
        self.stats_told = []
        self.news = threading.Condition()

    def configure(self, first="front1"):
        """The example's file; first: the front to ask first."""
        with open(os.path.join(EXAMPLES, "host", "mxcheck.conf"), encoding="utf-8") as file:
            text = file.read()
        upstreams = re.search(r"^upstreams = (\S+), (\S+)$", text, re.MULTILINE)
        if FRONTS[first] not in upstreams[1]:
            text = text.replace(upstreams[0], "upstreams = %s, %s" % (upstreams[2], upstreams[1]))
        roots.write(self.config, text)

    def run(self, level=2, environment=()):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command([self.program, self.config, str(level)]), stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=log, env=dict(self.environment, **dict(environment)))
        threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True).start()

    def _read(self, pipe):
        for line in pipe:
            kind, *words = line.decode().split()
            with self.news:
                if kind == "asked":
                    self.answers[words[0]] = Answer(*words[1:])
                else:
                    pairs = {name: float(value) for name, value in (word.split("=") for word in words)}
                    (self.mailed if kind == "mailed" else self.stats_told).append(pairs)
                self.news.notify_all()

    def _tell(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def _await(self, is_there):
        with self.news:
            if not self.news.wait_for(is_there, 60):
                raise RuntimeError("%s says nothing:\n%s" % (self.name, self.read_log()[-2000:]))

    def send(self, domains):
        """Begin checks; take() gives the answers."""
        for domain in domains:
            self.answers.pop("user@" + domain, None)
            self._tell("ask user@" + domain)

    def take(self, domains):
        addresses = ["user@" + domain for domain in domains]
        self._await(lambda: all(address in self.answers for address in addresses))
        return {domain: self.answers["user@" + domain] for domain in domains}

    def ask(self, *domains):
        self.send(domains)
        return self.take(domains)

    def mail(self, rate, count, domains, seed):
        self._tell("mail %g %d %d %d" % (rate, count, domains, seed))

    def take_mail(self):
        self._await(lambda: self.mailed)
        return self.mailed.pop()

    def stats(self):
        self._tell("stats")
        self._await(lambda: self.stats_told)
        return self.stats_told.pop()


class Answer:
    def __init__(self, verdict, reason, dnssec, freshness, took_ms):
        self.verdict = verdict
        self.reason = reason
        self.dnssec = dnssec
        self.freshness = freshness
        self.took_ms = float(took_ms)
