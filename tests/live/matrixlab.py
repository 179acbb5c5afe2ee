"""The laboratory of the matrix: Prosody, ejabberd, and enjamb between them.

    KIND.prosody.example    Prosody B    KIND says which certificate the domain
    KIND.ejabberd.example   ejabberd     has, how DNS leads to it, what its
    KIND.example.com        enjamb       server offers there

romeo sits on each domain of the servers, juliet@example.com on the Prosody
that holds enjamb's components, which are relays.
"""

import os
import re

import ejabberd
import nameserver
import ports
import tap
from authority import LAST_YEAR, SERVER_ONLY, Authority
from lab import ECHO, LOCAL, RELAY, Lab, component_block, escaped
from prosody import make_certificate

SIX = "::1"
SERVERS = ("prosody", "ejabberd")
JULIET = "juliet@%s/balcony" % LOCAL

FEDERATION = """\
s2s_require_encryption = false
s2s_secure_auth = false
ssl = { cafile = "%s" }
"""
# What Prosody does otherwise on single domains.
PROSODY_HOSTS = {"plain": "s2s_allow_encryption = false\n"}
EJABBERD_HOSTS = {"plain": {"s2s_use_starttls": False}}

# Certificates of the common authority that have something wrong.
CERTIFICATES = {
    "expired": {"dates": LAST_YEAR},
    "other": {"names": ["elsewhere.example"]},
    "server": {"usage": SERVER_ONLY},
}
SELF_SIGNED = ("plain", "self", "six", "dead")

# What enjamb is told about single peers.
PEERS = {"plain": {"encryption": "optional"}}


def require():
    """Skips the whole test where something is not installed."""
    missing = ejabberd.missing_packages()
    if missing:
        tap.skip_all("not installed: " + ", ".join(missing))


def their_domain(kind, server):
    return "%s.%s.example" % (kind, server)


def our_domain(kind):
    return "%s.%s" % (kind, LOCAL)


class MatrixLab(Lab):
    """`theirs` and `ours` are the kinds of domains that the cells need."""

    def __init__(self, theirs, ours):
        require()
        super().__init__()
        self.theirs, self.ours = theirs, ours
        self.romeos = {}
        self.authority = Authority(self.folder)
        self.strangers = Authority(self.folder, "strangers")
        self.ejabberd = ejabberd.Ejabberd("ejabberd", self.folder, self.network, 14, self.dns)
        self.servers = {"prosody": self.b, "ejabberd": self.ejabberd}
        self.six = {}
        if ports.has_ipv6():
            # ::1 is everybody's, so each port there is whatever is free.
            self.six = {place: ports.dead_port(SIX) for place in (self.bridge, *SERVERS)}
        self._configure_bridge()
        self._configure_prosody()
        self._configure_ejabberd()

    def _certificate(self, folder, name, kind):
        if kind in SELF_SIGNED:
            make_certificate(folder, name)
        else:
            issuer = self.strangers if kind == "wrong" else self.authority
            issuer.issue(folder, name, **CERTIFICATES.get(kind, {}))

    def _configure_bridge(self):
        groups = self.bridge.groups
        for name in (RELAY, ECHO):
            del groups["component " + name]
        for kind in self.ours:
            self.bridge.component(our_domain(kind), "relay")
            self._certificate(os.path.join(self.bridge.folder, "certs"), our_domain(kind), kind)
        for kind, keys in PEERS.items():
            for server in SERVERS:
                groups["peer " + their_domain(kind, server)] = keys
        if self.six:
            groups["federation"]["listen"] += ";[%s]:%d" % (SIX, self.six[self.bridge])
        self.a.configure(hosts="".join(component_block(our_domain(kind))[0]
                                       for kind in self.ours))

    def _configure_prosody(self):
        server, hosts = self.b, ""
        for kind in self.theirs:
            name = their_domain(kind, "prosody")
            self._certificate(os.path.join(server.folder, "certs"), name, kind)
            server.account("romeo", name)
            hosts += 'VirtualHost "%s"\n%s' % (name, PROSODY_HOSTS.get(kind, ""))
        if self.six:
            server.more_s2s, server.more_addresses = [self.six["prosody"]], [SIX]
        server.configure(FEDERATION % self.authority.certificate, hosts)

    def _configure_ejabberd(self):
        server, hosts = self.ejabberd, {}
        for kind in self.theirs:
            name = their_domain(kind, "ejabberd")
            self._certificate(server.certificates, name, kind)
            server.join(name)
            hosts[name] = EJABBERD_HOSTS.get(kind, {})
        if self.six:
            server.more_listeners.append(
                {"port": self.six["ejabberd"], "ip": SIX, "module": "ejabberd_s2s_in"})
        server.configure(hosts, s2s_cafile=self.authority.certificate)

    def start(self):
        # It takes longest: it starts first and is waited for last.
        self.ejabberd.process.start()
        super().start()
        self.processes.append(self.ejabberd.process)
        self.ejabberd.wait()
        for kind in self.theirs:
            self.ejabberd.account("romeo", their_domain(kind, "ejabberd"))

    def publish(self):
        self.dns.set_service(LOCAL, (0, 0, self.a.s2s, self.a.address))
        hosts = {}
        for kind in self.ours:
            for _, _, _, address in self._publish(our_domain(kind), kind, self.bridge,
                                                  self.bridge):
                hosts[nameserver.host_name(our_domain(kind), address)] = address
        self.ejabberd.set_hosts(hosts)
        for name, server in self.servers.items():
            for kind in self.theirs:
                self._publish(their_domain(kind, name), kind, server, name)

    def _publish(self, domain, kind, server, place):
        """The SRV records of a domain; returns its targets."""
        targets = [(10, 0, server.s2s, server.address)]
        if kind == "dead":
            targets.insert(0, (0, 0, ports.dead_port(self.a.address), self.a.address))
        if kind == "six":
            targets = [(10, 0, self.six[place], SIX)] if self.six else []
        self.dns.set_service(domain, *targets)
        return targets

    def romeo(self, server, kind):
        """romeo@KIND.SERVER.example/orchard, logged in once."""
        from client import Client  # slixmpp may be missing, require () has said so
        if (server, kind) not in self.romeos:
            client = Client("romeo@%s/orchard" % their_domain(kind, server), self.servers[server])
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
        """What our log tells of the streams of that pair that came up."""
        name = r"in-\d+ %s>%s" if incoming else r"out-\d+ %s>%s"
        pair = (theirs, ours) if incoming else (ours, theirs)
        return re.findall("^.* " + name % tuple(map(re.escape, pair))
                          + r": stream up(?: for [^,\s]+)?, (.*)$",
                          self.bridge.process.log(since), re.MULTILINE)

    def says_peer(self, server, theirs, ours, incoming, since):
        """The same as the server's log tells it."""
        pair = (theirs, ours) if incoming else (ours, theirs)
        return [", ".join(stream[2:]) for stream in self.servers[server].streams(ours, since)
                if stream[:2] == pair]

    def marks(self, server):
        return self.bridge.process.mark(), self.servers[server].process.mark()

    def travel(self, server, kind, ours, incoming, body):
        """A message that way; returns when it is there."""
        romeo, juliet = self.romeo(server, kind), self.juliet()
        if incoming:
            romeo.send(escaped(JULIET, our_domain(ours)), body)
            juliet.wait_message(body, seconds=30)
        else:
            juliet.send(escaped(romeo.jid, our_domain(ours)), body)
            romeo.wait_message(body, seconds=30)
