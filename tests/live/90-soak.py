#!/usr/bin/python3
"""Everything breaks all the time, and no message is lost in silence.

Numbered messages go both ways, between a client of Prosody and four other
servers, while Prosody is stopped (TERM), killed, paused and started at random,
and the link and the other servers' streams are reset.  At the end the books
are made by what the clients, and the tap between the bridge and Prosody, have
noted: nothing here asks the bridge what it has counted.

SOAK_SECONDS, SOAK_RATE (messages a second, each way) and SOAK_SEED are taken from
the environment; `make soak` sets the first.
"""

import asyncio
import os
import random
import signal
import time

import ports
import waiting
from authority import Authority
from lab import LOCAL, RELAY, Lab, escaped
from ledger import ANSWERED, ARRIVED, BOUNCED, BURIED, READ, TAKEN, Ledger
from linktap import LinkTap
from load import LoadClient
from loadpeer import LoadPeer
from pinger import Pinger
from surepeer import SurePeer
from tap import equal, run, say, test, true

SECONDS = float(os.environ.get("SOAK_SECONDS", "60"))
RATE = int(os.environ.get("SOAK_RATE", "2000"))
SEED = int(os.environ.get("SOAK_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
PEERS = 4
# The default.  Errors that waited so long for a link are dropped: nobody can be told of those.
QUEUE_AGE = 60
PAGE = os.sysconf("SC_PAGE_SIZE")


def soak_lab():
    lab = Lab()
    lab.wait_links = False
    groups = lab.bridge.groups
    del groups["component echo.example.com"]
    groups["log"]["level"] = os.environ.get("SOAK_LOG", "message")
    lab.authority = Authority(lab.folder)
    groups["federation"]["trust"] = lab.authority.certificate
    groups["limits"]["queue-age"] = str(QUEUE_AGE)
    groups["limits"]["retry-max"] = "2"
    lab.tap_address = lab.bridge.address.rsplit(".", 1)[0] + ".20"
    lab.tap_port = ports.Network.port(lab.tap_address, ports.COMPONENT)
    groups["component " + RELAY]["server"] = "%s:%d" % (lab.tap_address, lab.tap_port)
    groups["peer *.load.example"] = {"encryption": "optional"}
    lab.a.account("load")
    lab.a.log_level = "warn"
    lab.a.configure(hosts=lab.components)
    return lab


def used(pid):
    """Seconds of the processor that the process has taken, and that it has waited for one;
    noughts where the kernel does not tell."""
    try:
        with open("/proc/%d/schedstat" % pid, encoding="ascii") as stat:
            return [int(field) / 1e9 for field in stat.read().split()[:2]]
    except FileNotFoundError:
        return [0.0, 0.0]


def plus(one, other, sign=1):
    return [a + sign * b for a, b in zip(one, other)]


class Soak:
    def __init__(self, lab):
        self.lab = lab
        self.random = random.Random(SEED)
        self.outward, self.inward = Ledger("o", False), Ledger("i", True)
        self.flows = (self.outward, self.inward)
        self.tap = LinkTap(lab.tap_address, lab.tap_port, lab.a, self.flows).listen()
        self.peers = [self.peer(number) for number in range(PEERS)]
        self.client = LoadClient(
            "load", lab.a, "a", [escaped("load@%s/b" % peer.domain, RELAY) for peer in self.peers],
            self.outward, self.flows, RATE)
        healthy = "healthy.load.example"
        self.pinger = Pinger(lab, healthy, *self.place(healthy, 40), RELAY)
        lab.processes.append(self.pinger.process)
        self.counts = {}
        # What used () said of the servers that have ended.
        self.past = [0.0, 0.0]
        self.buried = self.cut = self.unproven = 0
        # When the bridge was made to stand still.
        self.still = []
        self.tasks = []

    def place(self, domain, number):
        address = "%s.%d" % (self.lab.bridge.address.rsplit(".", 1)[0], number)
        port = ports.Network.port(address, ports.XMPP_SERVER)
        self.lab.dns.set_service(domain, (0, 0, port, address))
        return address, port

    def peer(self, number):
        """The last one acknowledges, and is acknowledged; the others know dialback only."""
        kind = SurePeer if number == PEERS - 1 else LoadPeer
        domain = "p%d.load.example" % number
        address, port = self.place(domain, 30 + number)
        peer = kind(domain, address, port, self.lab.bridge, RELAY, self.inward, self.flows,
                    escaped("load@%s/a" % LOCAL, RELAY))
        if kind is SurePeer:
            self.lab.authority.issue(self.lab.folder, domain)
            peer.certificate = os.path.join(self.lab.folder, domain)
        return peer.listen()

    def start(self):
        self.lab.bridge.wait_link(RELAY)
        for peer in self.peers:
            self.tasks.append(asyncio.ensure_future(peer.live(RATE / PEERS)))
        waiting.until(lambda: all(peer.speaker and peer.speaker.up for peer in self.peers),
                      "the streams of all peers", 60)
        self.client.start()
        self.pinger.start()
        self.flowing()

    def flowing(self):
        """Waits until a message from now on has arrived, each way."""
        goals = {flow: len(flow) + 50 for flow in (self.outward, self.inward)}
        waiting.until(lambda: all(flow.newest >= goal for flow, goal in goals.items()),
                      "messages to flow both ways", 90)

    def memory(self):
        with open("/proc/%d/statm" % self.lab.bridge.process.pid, encoding="ascii") as statm:
            return int(statm.read().split()[1]) * PAGE

    def rest_memory(self):
        """The least of a while in which nothing is sent: by then what is free was given back."""
        least, began = self.memory(), time.monotonic()
        while time.monotonic() - began < 15:
            waiting.pause(0.5)
            least = min(least, self.memory())
        return least

    def spent(self):
        """What used () says of each until now."""
        return {"Prosody": plus(self.past, used(self.lab.a.process.pid)),
                "enjamb": used(self.lab.bridge.process.pid),
                "clients, peers and tap": used(os.getpid())}

    # The troubles

    def frozen(self, action):
        """What `action` answers while the bridge stands still."""
        process, began = self.lab.bridge.process, time.monotonic()
        process.send_signal(signal.SIGSTOP)
        try:
            while self.state(process.pid) != "T":
                time.sleep(0.001)
            answer = action()
            # A connection that was reset is closed in the next turn of the loop.
            waiting.pause(0)
            waiting.pause(0)
            return answer
        finally:
            process.send_signal(signal.SIGCONT)
            self.still.append((began, time.monotonic()))

    @staticmethod
    def state(pid):
        with open("/proc/%d/stat" % pid, encoding="ascii") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0]

    def trouble(self, kind):
        self.counts[kind] = self.counts.get(kind, 0) + 1
        getattr(self, kind)()

    def term(self):
        self.restart(signal.SIGTERM)

    def kill(self):
        self.restart(signal.SIGKILL)

    def restart(self, number):
        self.unproven += self.tap.unproven()
        self.past = plus(self.past, used(self.lab.a.process.pid))
        self.lab.a.process.stop(number)
        waiting.pause(self.random.choice((0.0, 0.3, 2.0)))
        self.lab.a.start()

    def pause(self):
        self.lab.a.process.send_signal(signal.SIGSTOP)
        waiting.pause(self.random.choice((0.2, 1.0, 4.0)))
        self.lab.a.process.send_signal(signal.SIGCONT)

    def pause_and_kill(self):
        self.lab.a.process.send_signal(signal.SIGSTOP)
        waiting.pause(self.random.choice((0.2, 1.0)))
        self.restart(signal.SIGKILL)

    def cut_link(self):
        self.unproven += self.tap.unproven()
        self.tap.cut()

    def reset_heard(self):
        peer = self.random.choice(self.peers)
        peer.deafen()
        waiting.pause(0.2)
        self.buried += self.frozen(peer.break_heard)

    def reset_spoken(self):
        peer = self.random.choice(self.peers)
        self.cut += self.frozen(peer.break_spoken)

    def reset_both(self):
        peer = self.random.choice(self.peers)
        peer.deafen()
        waiting.pause(0.1)
        self.cut += self.frozen(peer.break_spoken)
        self.buried += self.frozen(peer.break_heard)

    TROUBLES = ("term", "kill", "pause", "pause_and_kill", "cut_link", "reset_heard",
                "reset_spoken", "reset_both")
    WEIGHTS = (2, 3, 2, 1, 1, 3, 3, 2)

    def rest(self):
        waiting.pause(self.random.choice((0.2, 1.0, 3.0)))

    def send(self, wanted):
        self.client.sending = wanted
        for peer in self.peers:
            peer.wanted = wanted

    def settle(self):
        """All is well again, nothing more is sent, and what is under way comes to its end."""
        self.send(False)
        # What the bridge keeps for the next link or stream lives queue-age; after that a
        # connection may have to fail first.
        last = [None, time.monotonic()]

        def quiet():
            now = time.monotonic()
            state = [flow.count(ARRIVED) + flow.count(BOUNCED) for flow in self.flows]
            if state != last[0]:
                last[:] = [state, now]
            rest = now - last[1]
            return rest > 3 * QUEUE_AGE or rest > 2 and not any(
                flow.lost() for flow in self.flows)

        waiting.until(quiet, "the last messages to settle", 20 * QUEUE_AGE)

    def stop(self):
        for task in self.tasks:
            task.cancel()
        waiting.complete(asyncio.gather(*self.tasks, return_exceptions=True), "the peers to end")
        waiting.complete(self.client.stop(), "the client to end")
        self.tap.close()


def started(lab):
    if not hasattr(lab, "soak"):
        say("seed %d: SOAK_SEED=%d SOAK_SECONDS=%g SOAK_RATE=%d" % (SEED, SEED, SECONDS, RATE))
        lab.soak = Soak(lab)
        lab.soak.start()
    return lab.soak


@test("each trouble, twice, and the bridge goes on")
def warm(lab):
    soak = started(lab)
    for kind in Soak.TROUBLES * 2:
        soak.trouble(kind)
        soak.rest()
    soak.flowing()
    # As it is measured at the end: when nothing is under way.
    soak.settle()
    soak.warm = soak.rest_memory()
    soak.send(True)
    soak.flowing()


@test("troubles at random, and messages flow after the last one")
def troubles(lab):
    soak = started(lab)
    began, sent, spent = time.monotonic(), [len(flow) for flow in soak.flows], soak.spent()
    worst, told = 0, began
    while time.monotonic() - began < SECONDS:
        soak.trouble(soak.random.choices(Soak.TROUBLES, Soak.WEIGHTS)[0])
        soak.rest()
        worst = max(worst, soak.memory())
        if time.monotonic() - told > 60:
            told = time.monotonic()
            say("%.0f s: %d KiB resident" % (told - began, soak.memory() >> 10))
    took = time.monotonic() - began
    soak.sent = [len(flow) - before for flow, before in zip(soak.flows, sent)]
    soak.used = {name: plus(after, spent[name], -1) for name, after in soak.spent().items()}
    soak.took, soak.most = took, worst
    soak.flowing()
    soak.settle()


def books(flow, name):
    say("%-8s %7d sent %7d arrived %6d bounced; %5d never read by the bridge; "
        "%5d taken by Prosody and no more seen; %d died in a peer's buffer; %d twice, %d again; "
        "%d both" % (
            name, len(flow), flow.count(ARRIVED), flow.count(BOUNCED),
            flow.count(0, READ | ARRIVED | BOUNCED),
            flow.count(TAKEN, ARRIVED | BOUNCED | BURIED), flow.count(BURIED, BOUNCED),
            flow.twice, flow.again, flow.count(ARRIVED | BOUNCED)))


@test("sent less delivered less errored is empty for all that the bridge had read")
def law(lab):
    soak = started(lab)
    say("%.0f s, %.0f messages a second outward and %.0f inward of %d each way: %s" % (
        soak.took, soak.sent[0] / soak.took, soak.sent[1] / soak.took, RATE,
        ", ".join("%s %d" % item for item in sorted(soak.counts.items()))))
    say("each message took of a processor: " + ", ".join(
        "%s %.0f us (%.0f %% of one, and %.0f %% of the time it waited for one)" % (
            name, 1e6 * ran / sum(soak.sent), 100 * ran / soak.took, 100 * waited / soak.took)
        for name, (ran, waited) in soak.used.items()))
    say("%d unproven at Prosody when it went, %d unread by peers, %d unread of peers" % (
        soak.unproven, soak.buried, soak.cut))
    books(soak.outward, "outward")
    books(soak.inward, "inward")
    for flow in soak.flows:
        for number in flow.lost()[:20]:
            say("lost: %s-%d, marks %d, left by stream %d, passed the tap by connection %d" % (
                flow.name, number, flow.marks[number], flow.left[number], flow.passed[number]))
    equal([len(flow.lost()) for flow in soak.flows], [0, 0], "lost outward and inward")
    unheard = soak.inward.count(READ | ANSWERED, ARRIVED | BOUNCED | BURIED)
    equal(unheard, 0, "errors of Prosody that never reached a peer")


@test("what came twice, or both arrived and came back, crossed a connection that was lost")
def duplicates(lab):
    soak = started(lab)
    equal(soak.outward.doubled, [], "twice on one stream")
    true(soak.inward.twice <= soak.inward.again, "%d twice, %d passed on again" % (
        soak.inward.twice, soak.inward.again))
    broken = set()
    for peer in soak.peers:
        broken |= peer.broken
    stray = [number for number, mark in enumerate(soak.outward.marks)
             if mark & ARRIVED and mark & BOUNCED and soak.outward.came[number] not in broken]
    equal(stray[:10], [], "both arrived and bounced, by a stream that lived")


@test("the healthy peer's ping stays under a second")
def healthy(lab):
    soak = started(lab)
    figures = soak.pinger.stop()
    excess = soak.pinger.excess(soak.still)
    say("ping: %d answered, worst %.3f s; control ping: worst %.3f s; more than that: %.3f s" % (
        figures["answered"], figures["worst"], figures["control"], excess))
    equal(figures["missed"], 0, "pings not answered")
    true(excess < 1.0, "the worst ping, less the control: %.3f s" % excess)
    equal(figures["broken"], 0, "streams of the healthy peer that broke")


@test("memory at the end is that after warming up, within 5 %")
def memory(lab):
    soak = started(lab)
    now = soak.rest_memory()
    say("resident: %d KiB warm, %d KiB at most, %d KiB at the end" % (
        soak.warm >> 10, soak.most >> 10, now >> 10))
    # The address sanitizer keeps what is freed.
    with open(lab.bridge.process.argv[0], "rb") as program:
        is_watched = b"__asan_init" in program.read()
    true(is_watched or now < soak.warm * 1.05, "%d KiB after %d" % (now >> 10, soak.warm >> 10))
    soak.stop()


if __name__ == "__main__":
    run(soak_lab)
