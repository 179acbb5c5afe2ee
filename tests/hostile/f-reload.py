#!/usr/bin/python3
"""F: configuration and certificates are read again under load."""

import asyncio
import contextlib
import hashlib
import os
import re
import signal
import ssl
import time

import runner  # noqa: F401, finds the other modules
import ports
import waiting
from arena import LOCAL, RELAY, escaped
from invariants import memory
from ledger import ARRIVED, BOUNCED, READ, Ledger
from load import LoadClient
from loadpeer import TICK, LoadPeer
from peer import header
from prosody import make_certificate
from runner import case, run
from tap import equal, say, true

# Messages a second, both ways together, as far as the machine carries them.
RATE = 2000
PEERS = 3
# So many may be under way each way: a slow machine gets less, and nothing finds its queue full.
UNDER_WAY = 400
# Each of five kinds, so many times.
TURNS = 10


def prepare(arena):
    arena.a.account("load")


class Load:
    """Numbered messages between a user and other servers, both ways, by streams that last."""

    def __init__(self, arena):
        self.arena = arena
        # Everything counts as read by the bridge: no link and no stream of these may break.
        self.outward, self.inward = Ledger("o", True), Ledger("i", True)
        self.flows = self.outward, self.inward
        self.peers = [self.peer("load%d.example" % number) for number in range(PEERS)]
        targets = [escaped("load@%s/b" % peer.domain, RELAY) for peer in self.peers]
        self.client = LoadClient(
            "load", arena.a, "a", targets, self.outward, self.flows, RATE / 2)
        self.tasks, self.began, self.took = [], time.monotonic(), 0.0
        self.is_over = False

    def peer(self, domain):
        address = self.arena.address()
        port = ports.Network.port(address, ports.XMPP_SERVER)
        self.arena.dns.set_service(domain, (0, 0, port, address))
        return LoadPeer(domain, address, port, self.arena.bridge, RELAY, self.inward, self.flows,
                        escaped("load@%s/a" % LOCAL, RELAY)).listen()

    def start(self):
        self.tasks = [asyncio.ensure_future(peer.live(RATE / 2 / PEERS)) for peer in self.peers]
        self.tasks.append(asyncio.ensure_future(self._govern()))
        self.client.start()
        self.flow()

    async def _govern(self):
        while not self.is_over:
            self.client.sending = self.outward.marks.count(READ) < UNDER_WAY
            for peer in self.peers:
                peer.wanted = self.inward.marks.count(READ) < UNDER_WAY
            await asyncio.sleep(TICK)

    def flow(self):
        """Waits until something that is sent from now on has arrived, each way."""
        goals = {flow: len(flow) for flow in self.flows}
        waiting.until(lambda: all(flow.newest >= goal for flow, goal in goals.items()),
                      "messages to flow both ways", 90)

    def streams(self):
        """The connections of all peers, either way."""
        return [stream.number for peer in self.peers for stream in peer.heard] + [
            peer.speaker.number for peer in self.peers]

    def settle(self):
        self.is_over = True
        self.client.sending = False
        for peer in self.peers:
            peer.wanted = False
        self.took = time.monotonic() - self.began
        waiting.until(lambda: not any(flow.lost() for flow in self.flows),
                      "the last messages to arrive", 120)

    def stop(self):
        for task in self.tasks:
            task.cancel()
        waiting.complete(asyncio.gather(*self.tasks, return_exceptions=True), "the peers to end")
        waiting.complete(self.client.stop(), "the client to end")
        for peer in self.peers:
            peer.listener.close()
            for stream in list(peer.heard) + [peer.speaker]:
                if stream and stream.transport:
                    stream.transport.abort()


def shown(arena):
    """The fingerprint of the certificate that a new handshake gets."""
    told = arena.bridge.handshake(RELAY)
    found = re.search("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", told, re.DOTALL)
    true(found, "a certificate in " + told)
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(found.group(0))).hexdigest()


def files(arena):
    base = os.path.join(arena.bridge.folder, "certs", RELAY)
    return base + ".crt", base + ".key"


def on_disk(arena):
    with open(files(arena)[0], encoding="ascii") as pem:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.read())).hexdigest()


def reloaded(arena):
    told = arena.bridge.reload()
    true("nothing was" not in told and "warning" not in told, told)


def refused(arena, named):
    """Reads it all again, in vain: the line tells why, and nothing of the rest is taken."""
    groups, certificate = arena.bridge.groups, shown(arena)
    victim = arena.peer()
    victim.authenticated(RELAY)
    groups["peer " + victim.domain] = {"policy": "deny"}
    told = arena.bridge.reload()
    true("warning" in told and "nothing was reloaded" in told, told)
    true(named in told, "%s is named in %s" % (named, told))
    del groups["peer " + victim.domain]
    equal(shown(arena), certificate, "the certificate of a new handshake")
    # Whoever would be blocked is not.
    arena.delivered(victim.streams[0].message(arena.to_juliet))


@contextlib.contextmanager
def kept(path):
    """What the file is, it is again afterwards."""
    with open(path, "rb") as now:
        content = now.read()
    try:
        yield content
    finally:
        with open(path, "wb") as then:
            then.write(content)


def swap(arena, _turn):
    before = shown(arena)
    make_certificate(os.path.join(arena.bridge.folder, "certs"), RELAY)
    equal(shown(arena), before, "before the signal")
    reloaded(arena)
    equal(shown(arena), on_disk(arena), "after it")
    true(shown(arena) != before, "it is another one")


def broken(arena, _turn):
    certificate = files(arena)[0]
    with kept(certificate) as content:
        with open(certificate, "wb") as pem:
            pem.write(content[:200])
        refused(arena, certificate)


def removed(arena, _turn):
    key = files(arena)[1]
    with kept(key):
        os.unlink(key)
        refused(arena, key)


def block(arena, turn):
    """A peer with streams both ways, and stanzas on the way, is denied: both end."""
    peer = arena.peer("blocked%d.example" % turn)
    stream = peer.authenticated(RELAY)
    arena.delivered(stream.message(arena.to_juliet))
    arena.write("user@" + peer.domain)
    waiting.until(lambda: peer.stanzas, "a message at " + peer.domain)
    back = [each for each in peer.accepted if not each.over][-1]
    for _ in range(20):
        arena.write("user@" + peer.domain)
    arena.bridge.groups["peer " + peer.domain] = {"policy": "deny"}
    reloaded(arena)
    stream.refused("policy-violation")
    waiting.until(lambda: back.over, "the way back to end")
    again = peer.connect()
    again.send(header(peer.domain, RELAY))
    again.refused("policy-violation")
    equal(arena.juliet.wait_error(arena.write("user@" + peer.domain)), ("cancel", "not-allowed"),
          "error for who writes to it")
    del arena.bridge.groups["peer " + peer.domain]
    reloaded(arena)
    arena.delivered(peer.authenticated(RELAY).message(arena.to_juliet))


def limits(arena, _turn):
    """A limit holds for streams from then on, and those that are up keep theirs."""
    deep = "%s%s" % ("<a>" * 20, "</a>" * 20)
    arena.bridge.groups["limits"]["depth"] = "10"
    reloaded(arena)
    stream = arena.peer().authenticated(RELAY)
    stream.send("<message from='user@%s' to='%s'>%s</message>" % (
        stream.peer.domain, arena.to_juliet, deep))
    stream.refused("policy-violation")
    del arena.bridge.groups["limits"]["depth"]
    reloaded(arena)
    stream = arena.peer().authenticated(RELAY)
    arena.delivered(stream.message(arena.to_juliet))


def burst(arena):
    """Fifty signals at once: the last configuration holds."""
    for _ in range(50):
        make_certificate(os.path.join(arena.bridge.folder, "certs"), RELAY)
        arena.bridge.process.send_signal(signal.SIGHUP)
        waiting.pause(0)
    waiting.until(lambda: shown(arena) == on_disk(arena), "the last certificate", 60)


@case("F83", "fifty reloads of all kinds under load: all or nothing, nothing lost, nothing twice")
def under_load(arena):
    load = Load(arena)
    load.start()
    before = load.streams()
    links = arena.bridge.links()
    for turn in range(TURNS):
        for change in (swap, broken, removed, block, limits):
            change(arena, turn)
            arena.close_peers()
        load.flow()
        if turn == 0:
            # Fifty times must take no more than one.
            arena.invariants.memory = max(arena.invariants.memory,
                                          memory(arena.bridge.process.pid))
    burst(arena)
    load.flow()
    equal(load.streams(), before, "the streams of the load")
    equal(arena.bridge.links(), links, "the links")
    load.settle()
    say("%.0f messages a second" % (sum(map(len, load.flows)) / load.took))
    for flow in load.flows:
        say("%s: %d sent, %d arrived, %d came back, %d twice" % (
            flow.name, len(flow), flow.count(ARRIVED), flow.count(BOUNCED), flow.twice))
        equal((flow.twice, flow.count(ARRIVED | BOUNCED)), (0, 0), "twice, or both")
    load.stop()


if __name__ == "__main__":
    run(prepare)
