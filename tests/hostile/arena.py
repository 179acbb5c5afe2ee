"""The laboratory of the hostile suite: one bridge, and what is around it.

  example.com       Prosody A with juliet and the nurse (scanner.py), the components
                    bridge.example.com (relay), echo.example.com, rooms.example.com
  local.example     another host of it
  canary.example    a healthy peer: pings all the time, and writes to juliet and back
  *.example         scripted peers (peer.py), each at an address of its own
  everywhere        DNS by names.py

Peers below tls.example must have TLS, those below cert.example a certificate as well;
all others may do without.  Deadlines are shorter than the defaults.
"""

import contextlib
import os
import shutil
import signal
import sys
import tempfile

import lab
import tap
import waiting
from bridge import Bridge
from canary import Canary
from certs import Certificates
from invariants import Invariants
from lab import ECHO, LOCAL, RELAY, escaped
from law import Law
from names import Names
from peer import Peer
from ports import Network
from process import require_descriptors
from prosody import Prosody
from scanner import Scanner

OTHER_LOCAL = "local.example"
ROOMS = "rooms." + LOCAL
LOCALS = ";".join((LOCAL, "*." + LOCAL, OTHER_LOCAL))
JULIET = "juliet@" + LOCAL
# How peers write to juliet.
TO_JULIET = escaped(JULIET, RELAY)
TO_NURSE = escaped("nurse@" + LOCAL, RELAY)

HOSTS = 'VirtualHost "%s"\n' % OTHER_LOCAL
ROOM_BLOCK = 'Component "%s" "muc"\n' % ROOMS

# Of who waits to be ended; where a crowd has to stand, it is PATIENT.
LIMITS = {
    "header-timeout": "4",
    "tls-timeout": "4",
    "negotiation-timeout": "8",
    "close-timeout": "1",
}

PATIENT = {"header_timeout": "120", "tls_timeout": "120", "negotiation_timeout": "240"}


def be_patient(arena):
    """For prepare (): in the whole file nobody is ended for being slow."""
    arena.bridge.groups["limits"].update({
        key.replace("_", "-"): value for key, value in PATIENT.items()})


def _terminated(number, _frame):
    sys.exit(128 + number)


class Arena:
    """Use with `with`; `prepare (arena)` may change the configuration before the start."""

    def __init__(self, prepare=None):
        lab.require()
        require_descriptors()
        self.clients = []
        self.processes = []
        self.peers = []
        self.peers_of_case = []
        self.keep = False
        self.folder = tempfile.mkdtemp(prefix="enjamb-hostile-")
        self.network = Network()
        self._next_host = 20
        self._next_peer = 0
        self.to_juliet = TO_JULIET
        self.allowed = set()  # domains that have proved themselves
        self.written = set()  # domains that juliet wrote to
        self.local = {LOCAL, OTHER_LOCAL, ROOMS, RELAY, ECHO}
        self.relays = {RELAY}
        block, self.secret = lab.component_block()
        self.secrets = {self.secret}
        self.dns = Names(self.network)
        self.authority = Certificates(self.folder)
        self.a = Prosody("prosody", self.folder, self.network, 11, LOCAL, self.dns)
        self.a.log_level = "info"
        self.a.account("juliet")
        self.a.account("nurse")
        self.hosts = HOSTS + block + lab.component_block(ECHO)[0] + ROOM_BLOCK
        self.a.configure(hosts=self.hosts)
        self.bridge = Bridge(self.folder, self.network, 13, self)
        self.bridge.component(RELAY, "relay", local_domains=LOCALS)
        self.bridge.component(ECHO, "echo", local_domains=LOCALS)
        self.bridge.groups["federation"].update(
            encryption="optional", trust=self.authority.certificate)
        self.bridge.groups["limits"].update(LIMITS)
        self.bridge.groups["log"]["level"] = "info"
        self.bridge.groups["peer *.tls.example"] = {"encryption": "required"}
        self.bridge.groups["peer *.cert.example"] = {
            "encryption": "required", "authentication": "certificate"}
        self.law = Law(self)
        self.nurse = Scanner("nurse", self.a, self.law)
        self.canary = self.juliet = self.invariants = None
        if prepare:
            prepare(self)

    def __enter__(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, _terminated)
        try:
            self.start()
        except BaseException:
            tap.say(self.tails())
            self.__exit__(*sys.exc_info())
            raise
        return self

    def start(self):
        self.processes = [self.a.process, self.bridge.process]
        self.dns.start()
        for domain in (RELAY, ECHO):
            self.dns.set_service(domain, (0, 0, self.bridge.s2s, self.bridge.address))
        self.a.start()
        self.bridge.start()
        self.juliet = self.login("juliet@%s/balcony" % LOCAL)
        self.nurse.start()
        self.canary = Canary(self, Peer(self, "canary.example", self.network.host(15)))
        self.canary.start()
        self._warm_up()
        self.invariants = Invariants(self)

    def _warm_up(self):
        """What is allocated once, and the room that a heap keeps after a crowd, is there
        before anything is measured."""
        streams = []
        for number in range(20):
            stream = self.peer("warm%d.example" % number).stream(RELAY)
            if number < 8:
                stream.starttls(RELAY)
            streams.append(stream.authenticate(RELAY))
            self.write("user@" + stream.peer.domain)
        for piece in range(20):
            for stream in streams:
                stream.piecewise(TO_JULIET, "warm " * 1200, piece, 20)
            waiting.pause(0.01)
        waiting.until(self.law.is_kept, "the first stanzas to arrive", 60)
        self.close_peers()

    def login(self, jid):
        from client import Client  # slixmpp may be missing, require () has said so
        client = Client(jid, self.a)
        client.xmpp.add_filter("in", self.law.client_got)
        self.clients.append(client)
        return client.login()

    # -- for the cases ----------------------------------------------------

    def address(self):
        """A loopback address that nobody has used."""
        self._next_host += 1
        if self._next_host == 250:
            self.network, self._next_host = Network(), 20
        return self.network.host(self._next_host)

    def peer(self, domain=None):
        """A scripted server of that domain, or of one that nobody has had; it is gone when
        the case ends."""
        self._next_peer += 1
        peer = Peer(self, domain or "evil%d.example" % self._next_peer, self.address())
        self.peers.append(peer)
        self.peers_of_case.append(peer)
        return peer

    def certificate(self, domain, authority=None, **how):
        """A certificate, as Authority.issue () makes them; its path, without .crt."""
        folder = os.path.join(self.folder, "peers")
        (authority or self.authority).issue(folder, domain, **how)
        return os.path.join(folder, domain)

    def allow(self, domain):
        """From now on that domain may be named to our users: it has proved itself."""
        self.allowed.add(domain)

    def write(self, address, body=None, relay=RELAY):
        """juliet writes to a remote address; the law counts it.  Returns the id."""
        ident = self.law.next_id()
        self.law.sent(ident)
        self.written.add(address.rpartition("@")[2])
        self.juliet.send(escaped(address, relay), body or "to " + address, id=ident)
        return ident

    def delivered(self, body, seconds=waiting.SECONDS):
        """The message of that body, once it is at juliet's."""
        return self.juliet.wait_message(body, seconds=seconds)

    @contextlib.contextmanager
    def limits(self, **limits):
        """For streams that begin within: keys with _ for -."""
        group, new = self.bridge.groups["limits"], {
            key.replace("_", "-"): value for key, value in limits.items()}
        old = {key: group[key] for key in new}
        group.update(new)
        tap.true("nothing was" not in self.bridge.reload(), "the limits are taken")
        try:
            yield
        finally:
            group.update(old)
            self.bridge.reload()

    def close_peers(self):
        """Resets what peers have open; between two cases."""
        for peer in self.peers:
            peer.close()
        self.peers.clear()

    def end(self):
        """Ends the bridge, which looks at its own counters of the law."""
        self.canary.stop()
        since = self.bridge.process.mark()
        tap.equal(self.bridge.process.stop(), 0, "exit status")
        tap.say(self.bridge.process.line(r"\bstanzas\b", since))
        tap.equal(self.bridge.warnings(since), [], "warnings")

    # -- for tap.run ------------------------------------------------------

    def tails(self):
        return "\n".join("--- %s\n%s" % (process.name, process.tail(40))
                         for process in self.processes)

    def keep_files(self):
        self.keep = True

    def __exit__(self, *_error):
        if self.canary:
            self.canary.stop()
        self.close_peers()
        self.nurse.stop()
        for client in self.clients:
            try:
                client.logout()
            except Exception as error:  # the server may be gone already
                tap.say("logout: %s" % error)
        for process in reversed(self.processes):
            try:
                process.stop()
            except waiting.TooLate as error:
                tap.say(error)
        self.dns.stop()
        if self.keep:
            tap.say("logs are kept in " + self.folder)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
