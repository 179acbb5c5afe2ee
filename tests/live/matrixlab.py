"""The laboratory of the matrix: Prosody, ejabberd, and enjamb between them.

    KIND.prosody.example    Prosody B    KIND, in kinds.py, says which certificate
    KIND.ejabberd.example   ejabberd     the domain has, how DNS leads to it and
    KIND.example.com        enjamb       what its server offers there

Those with signed DNS end in .signed.

romeo sits on each domain of the servers, juliet@example.com on the Prosody
that holds enjamb's components, which are relays.
"""

import os
import re
from collections import namedtuple

import ejabberd
import nameserver
import ports
import tap
from authority import Authority
from kinds import CERTIFICATES, OURS, THEIRS
from lab import ECHO, LOCAL, RELAY, Lab, component_block, escaped
from prosody import make_certificate
from zone import UNSIGNED, Zone, tlsa

SIX = "::1"
SIGNED = ("signed", "bogus")
JULIET = "juliet@%s/balcony" % LOCAL

FEDERATION = """\
s2s_require_encryption = false
s2s_secure_auth = false
use_dane = true
s2s_direct_tls_ssl = { cafile = "%s" }
"""
TLS = 'ssl = { cafile = "%s", certificate = "%s.crt", key = "%s.key" }\n'

# Where a domain lives: its server's name, the address and port that DNS leads to, and
# its certificate, without the .crt.
Domain = namedtuple("Domain", "name kind server address port base")


def require():
    """Skips the whole test where something is not installed."""
    missing = ejabberd.missing_packages()
    if not os.access("/usr/bin/ldns-signzone", os.X_OK):
        missing.append("ldnsutils")
    if missing:
        tap.skip_all("not installed: " + ", ".join(missing))


class MatrixLab(Lab):
    def __init__(self):
        require()
        super().__init__()
        self.romeos = {}
        self.authorities = {name: Authority(self.folder, name) for name in ("common", "stranger")}
        self.trust = self.authorities["common"].certificate
        self.zone = Zone(self.folder, self.dns)
        self.ejabberd = ejabberd.Ejabberd("ejabberd", self.folder, self.network, 14, self.dns)
        self.servers = {"prosody": self.b, "ejabberd": self.ejabberd}
        self.has_six = ports.has_ipv6()
        # ::1 is everybody's, so each has a port of its own there.
        self.six_ports = dict(zip((*self.servers, "enjamb"), ports.spare(SIX, 3)
                                  if self.has_six else (None,) * 3))
        self.theirs = {}
        for server in self.servers:
            # ejabberd would take further domains on a stream, so each has its own port.
            spare = ports.spare(self.servers[server].address, len(THEIRS))
            for kind, port in zip(THEIRS, spare):
                self.theirs[server, kind] = self._their_domain(server, kind, port)
        self.ours = {kind: self._our_domain(kind) for kind in OURS}
        for domain in (*self.theirs.values(), *self.ours.values()):
            self._certify(domain)
        self.zone.sign()
        self.dns.serve(self.zone.path, UNSIGNED)
        self._configure_bridge()
        self._configure_prosody()
        self._configure_ejabberd()

    def _their_domain(self, server, kind, port):
        dns = THEIRS[kind].dns
        name = "%s.%s.%s" % (kind, server, "signed" if dns in SIGNED else "example")
        address = self.servers[server].address
        if dns == "six":
            address, port = SIX if self.has_six else None, self.six_ports[server]
        elif dns == "shared":
            port = self.theirs[server, "first"].port
        elif server == "prosody" and dns != "direct":
            port = self.b.s2s
        base = os.path.join(self.servers[server].folder, "certs", name)
        return Domain(name, THEIRS[kind], server, address, port, base)

    def _our_domain(self, kind):
        dns = OURS[kind].dns
        name = "%s.%s" % (kind, "signed" if dns in SIGNED else LOCAL)
        address, port = self.bridge.address, self.bridge.s2s
        if dns == "direct":
            port = self.network.port(address, ports.XMPP_SERVER_TLS)
        elif dns == "six":
            address, port = SIX if self.has_six else None, self.six_ports["enjamb"]
        base = os.path.join(self.bridge.folder, "certs", name)
        return Domain(name, OURS[kind], "enjamb", address, port, base)

    def _certify(self, domain):
        """The certificate of the kind, and the signed zone that tells of it."""
        folder, name = os.path.split(domain.base)
        how = domain.kind.certificate
        if how == "self":
            make_certificate(folder, name)
        else:
            issuer = self.authorities.get(how, self.authorities["common"])
            # Whoever goes by the common name is to believe the wrong one in vain.
            subject = None if domain.server == "enjamb" else name
            issuer.issue(folder, name, subject, **CERTIFICATES[how])
        if domain.kind.dns in SIGNED:
            certificate = domain.base + ".crt"
            if domain.kind.dns == "bogus":
                certificate = self.trust
            self.zone.add(name, domain.port, domain.address, tlsa(certificate))

    def _configure_bridge(self):
        groups = self.bridge.groups
        for name in (RELAY, ECHO):
            del groups["component " + name]
        federation = groups["federation"]
        federation["trust"] = self.trust
        federation["dns-trust-anchor"] = self.zone.anchor
        for domain in self.ours.values():
            self.bridge.attach(domain.name, "relay", local_domains=LOCAL)
            if domain.kind.dns == "direct":
                federation["listen-tls"] = "%s:%d" % (domain.address, domain.port)
            elif domain.kind.dns == "six" and self.has_six:
                federation["listen"] += ";[%s]:%d" % (SIX, domain.port)
        for domain in self.theirs.values():
            if domain.kind.peer:
                groups["peer " + domain.name] = domain.kind.peer
        self.a.configure(hosts="".join(component_block(domain.name)[0]
                                       for domain in self.ours.values()))

    def _configure_prosody(self):
        server, hosts = self.b, ""
        server.anchors = self.zone.anchor
        for domain in self._of("prosody"):
            server.account("romeo", domain.name)
            hosts += 'VirtualHost "%s"\n%s%s' % (
                domain.name, TLS % (self.trust, domain.base, domain.base), domain.kind.prosody)
            if domain.kind.dns == "direct":
                server.direct_tls = domain.port
        if self.has_six:
            server.more_s2s, server.more_addresses = [self.six_ports["prosody"]], [SIX]
        server.configure(FEDERATION % self.trust, hosts)

    def _configure_ejabberd(self):
        server, hosts = self.ejabberd, {}
        for domain in self._of("ejabberd"):
            server.join(domain.base)
            hosts[domain.name] = domain.kind.ejabberd
            if domain.address and domain.kind.dns != "shared":
                server.listen_s2s(domain.address, domain.port, domain.kind.dns == "direct")
        server.configure(hosts, s2s_cafile=self.trust)

    def _of(self, server):
        return [domain for domain in self.theirs.values() if domain.server == server]

    def start(self):
        # It takes longest: it starts first and is waited for last.
        self.ejabberd.process.start()
        super().start()
        self.processes.append(self.ejabberd.process)
        self.ejabberd.wait()
        for domain in self._of("ejabberd"):
            self.ejabberd.account("romeo", domain.name)

    def publish(self):
        self.dns.set_service(LOCAL, (0, 0, self.a.s2s, self.a.address))
        hosts = {}
        for domain in (*self.theirs.values(), *self.ours.values()):
            targets = self._publish(domain)
            if domain.server == "enjamb":
                hosts.update({nameserver.host_name(domain.name, target[3]): target[3]
                              for target in targets})
        self.ejabberd.set_hosts(hosts)

    def _publish(self, domain):
        """The SRV records of a domain; returns its targets."""
        targets = [(10, 0, domain.port, domain.address)] if domain.address else []
        if domain.kind.dns == "dead":
            targets.insert(0, (0, 0, ports.dead_port(self.a.address), self.a.address))
        if domain.kind.dns == "direct":
            self.dns.set_service(domain.name, *targets, service="_xmpps-server")
        elif domain.kind.dns not in SIGNED:
            self.dns.set_service(domain.name, *targets)
        return targets

    def romeo(self, server, kind):
        """romeo@KIND.SERVER.example/orchard, logged in once."""
        from client import Client  # slixmpp may be missing, require () has said so
        if (server, kind) not in self.romeos:
            client = Client("romeo@%s/orchard" % self.theirs[server, kind].name,
                            self.servers[server])
            self.clients.append(client)
            self.romeos[server, kind] = client.login()
        return self.romeos[server, kind]

    def restart(self, server):
        """The server ends as an operator ends it, and is there again."""
        for key in [key for key in self.romeos if key[0] == server]:
            self.clients.remove(self.romeos.pop(key))
        self.servers[server].process.stop()
        self.servers[server].start()

    def says_bridge(self, theirs, ours, incoming, since):
        """What our log tells of streams of that pair that came up: (its name, how)."""
        pair = (re.escape(theirs), re.escape(ours))
        name = r"(in-\d+) %s>%s" % pair if incoming else r"(out-\d+) %s>%s" % pair[::-1]
        log = self.bridge.process.log(since)
        return [(stream, how + ", acknowledged" * bool(
            re.search(r" %s \S+: acknowledgements are on$" % stream, log, re.MULTILINE)))
                for stream, how in re.findall(
                    "^.* %s: stream up, (.*)$" % name, log, re.MULTILINE)]

    def says_peer(self, server, theirs, ours, incoming, since):
        """The same as the server's log tells it."""
        pair = (theirs, ours) if incoming else (ours, theirs)
        return [", ".join(stream[2:]) for stream in self.servers[server].streams(ours, since)
                if stream[:2] == pair]

    def marks(self, server):
        return self.bridge.process.mark(), self.servers[server].process.mark()

    def send(self, server, theirs, ours, incoming, body):
        """A message that way: (who gets it, who hears of its end, its id)."""
        romeo, juliet = self.romeo(server, theirs), self.juliet()
        bridge = self.ours[ours].name
        if incoming:
            return juliet, romeo, romeo.send(escaped(JULIET, bridge), body)
        return romeo, juliet, juliet.send(escaped(romeo.jid, bridge), body)
