# SPDX-License-Identifier: BSD-2-Clause
"""The resolvers that are asked, each on a loopback address of its own, with the settings that come with it but for
those named here: where it listens, whom it asks, no validation (the root of the tests is not signed), and nothing that
is of no use in a test, such as pid files.
"""

import roots

PACKAGES = ["bind9", "dnsdist", "dnsmasq-base", "iproute2", "knot-resolver", "pdns-recursor", "stubby",
            "systemd-resolved", "unbound"]
ACCOUNTS = {"root": 0, "nobody": 65534, "systemd-resolve": 901}

ROOT_SERVER = "127.0.0.1"
TLS_NAME = "dns.mx.example"
CERTIFICATE, KEY, AUTHORITY = "/etc/tls/server.crt", "/etc/tls/server.key", "/etc/tls/ca.pem"
HINTS = """\
. 3600 NS ns.mx.example.
ns.mx.example. 3600 A %s
""" % ROOT_SERVER

UNBOUND = """\
server:
    interface: {address}
    interface: {address}@853
    tls-service-pem: {certificate}
    tls-service-key: {key}
    root-hints: /etc/root.hints
    do-not-query-localhost: no
    do-ip6: no
    chroot: ""
    username: ""
    pidfile: ""
    directory: /run
    use-syslog: no
    do-daemonize: no
remote-control:
    control-enable: no
"""
BIND = """\
tls local {{ cert-file "{certificate}"; key-file "{key}"; }};
options {{
    directory "/run";
    listen-on {{ {address}; }};
    listen-on port 853 tls local {{ {address}; }};
    listen-on-v6 {{ none; }};
    dnssec-validation no;
    pid-file none;
    session-keyfile none;
}};
controls {{ }};
zone "." {{ type hint; file "/etc/root.hints"; }};
"""
POWERDNS = """\
local-address={address}
hint-file=/etc/root.hints
dont-query=
dnssec=off
security-poll-suffix=
socket-dir=/run
daemon=no
write-pid=no
"""
KNOT = """\
net.ipv6 = false
net.listen('{address}', 53, {{ kind = 'dns' }})
net.listen('{address}', 853, {{ kind = 'tls' }})
net.tls('{certificate}', '{key}')
modules = {{ 'hints > iterate' }}
hints.root({{ ['ns.mx.example.'] = '{root_server}' }})
option('ALLOW_LOCAL', true)
trust_anchors.remove('.')
cache.size = 10 * MB
"""
DNSMASQ = """\
listen-address={address}
bind-interfaces
no-resolv
no-hosts
server={upstream}
user=root
pid-file=
"""
DNSDIST = """\
setLocal('{address}:53')
addTLSLocal('{address}:853', '{certificate}', '{key}')
newServer({{ address = '{upstream}:53' }})
getPool(''):setCache(newPacketCache(10000))
setSecurityPollSuffix('')
"""
STUBBY = """\
resolution_type: GETDNS_RESOLUTION_STUB
dns_transport_list:
  - GETDNS_TRANSPORT_TLS
tls_authentication: GETDNS_AUTHENTICATION_REQUIRED
tls_ca_file: "{authority}"
tls_query_padding_blocksize: 128
edns_client_subnet_private: 1
round_robin_upstreams: 1
idle_timeout: 10000
appdata_dir: "/run"
listen_addresses:
  - {address}
upstream_recursive_servers:
  - address_data: {upstream}
    tls_auth_name: "{tls_name}"
"""
RESOLVED = """\
[Resolve]
DNS={upstream}
FallbackDNS=
Domains=~.
DNSSEC=no
LLMNR=no
MulticastDNS=no
"""


class Resolver:
    """transports: those that it offers. command: how it is run; {config} is the path of its settings.

    upstream: the name of the resolver that it asks; None: it asks the name servers.
    needs_link: whether it asks nobody while loopback is the only link.
    """

    def __init__(self, name, address, transports, command, settings, path=None, upstream=None, needs_link=False):
        self.name = name
        self.address = address
        self.transports = transports
        self.command = command
        self.settings = settings
        self.path = path or "/etc/%s.conf" % name
        self.upstream = upstream
        self.needs_link = needs_link

    def text(self):
        where = {one.name: one.address for one in RESOLVERS}
        return self.settings.format(address=self.address, upstream=where.get(self.upstream), root_server=ROOT_SERVER,
                                    certificate=CERTIFICATE, key=KEY, authority=AUTHORITY, tls_name=TLS_NAME)

    def start(self, root):
        """Gives a daemons.Daemon that answers."""
        from daemons import answers

        command = [word.format(config=self.path) for word in self.command]
        return roots.run(root, command, 53, self.name, lambda: answers(53, ".", "SOA", [0], self.address))


PLAIN = ("udp", "tcp")
ALL = ("udp", "tcp", "tls")
RUN_DNSMASQ = ["/usr/sbin/dnsmasq", "--keep-in-foreground", "--conf-file={config}"]

# In the order in which they are started: whom another one asks comes first.
RESOLVERS = [
    Resolver("unbound", "127.0.0.2", ALL, ["/usr/sbin/unbound", "-d", "-p", "-c", "{config}"], UNBOUND),
    Resolver("bind", "127.0.0.3", ALL, ["/usr/sbin/named", "-g", "-c", "{config}"], BIND),
    Resolver("powerdns", "127.0.0.4", PLAIN, ["/usr/sbin/pdns_recursor", "--config-dir=/etc/powerdns"], POWERDNS,
             path="/etc/powerdns/recursor.conf"),
    Resolver("knot-resolver", "127.0.0.5", ALL, ["/usr/sbin/kresd", "-n", "-q", "-c", "{config}", "/run"], KNOT),
    Resolver("dnsmasq", "127.0.0.6", ("udp",), RUN_DNSMASQ, DNSMASQ, upstream="unbound"),
    # By TCP without a cache: dnsmasq 2.90 has a process for each connection, which hands the others what it was told,
    # and mixes up the targets of aliases then; what it says afterwards is wrong by UDP, too.
    Resolver("dnsmasq-uncached", "127.0.0.7", PLAIN, RUN_DNSMASQ, DNSMASQ + "cache-size=0\n", upstream="unbound"),
    Resolver("dnsdist", "127.0.0.8", ALL, ["/usr/bin/dnsdist", "--supervised", "-C", "{config}"], DNSDIST,
             upstream="bind"),
    Resolver("stubby", "127.0.0.9", PLAIN, ["/usr/bin/stubby", "-C", "{config}"], STUBBY,
             path="/etc/stubby/stubby.yml", upstream="unbound"),
    Resolver("systemd-resolved", "127.0.0.53", PLAIN, ["/lib/systemd/systemd-resolved"], RESOLVED,
             path="/etc/systemd/resolved.conf", upstream="unbound", needs_link=True),
]


def write_settings(root, wanted):
    """What these find in the root folder when they start."""
    for resolver in wanted:
        roots.write(root + resolver.path, resolver.text())
    roots.write(root + "/etc/root.hints", HINTS)
    owner = ACCOUNTS["systemd-resolve"]
    roots.make_folder(root + "/run/systemd/resolve", owner, owner)
