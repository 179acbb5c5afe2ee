#!/usr/bin/python3
"""Ten thousand idle streams, a slow attribute, and a peer that must notice neither.

The streams are plain, with dialback, from addresses of 127/8 by turns; the scripted
server of their hundred domains answers.  Where the system allows fewer descriptors,
there are fewer streams, and the number is printed.
"""

import os
import resource
import socket
import time

import ports
import waiting
from lab import RELAY, Lab
from loadpeer import HEADER, RESULT, LoadPeer, reset
from pinger import Pinger
from process import descriptors, require_descriptors
from tap import equal, run, say, test, true

STREAMS = int(os.environ.get("IDLE_STREAMS", "10000"))
DOMAINS = 100
BATCH = 200
PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")
ATTRIBUTE = 256 * 1024
SLOW = 20


def idle_lab():
    require_descriptors()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    lab = Lab()
    lab.wait_links = False
    lab.streams = min(STREAMS, hard - 1000)
    groups = lab.bridge.groups
    del groups["component echo.example.com"]
    groups["log"]["level"] = "message"
    groups["limits"].update({
        "connections": "12000", "unauthenticated": "12000", "connections-per-address": "200",
        "accept-rate-per-address": "1000", "negotiation-timeout": "600",
        "header-timeout": "600", "keepalive": "3600", "lookups": "1000",
        "lookups-per-source": "1000"})
    groups["peer *.idle.example"] = {"encryption": "optional"}
    lab.a.configure(hosts=lab.components)
    lab.soft = soft
    return lab


class _Idle:
    """One stream: header, dialback, and then silence."""

    def __init__(self, crowd, domain):
        self.crowd, self.domain = crowd, domain
        self.transport, self.text, self.stage = None, b"", 0

    def connection_made(self, transport):
        self.transport = transport
        transport.write((HEADER % (self.domain, RELAY, "version='1.0'")).encode())

    def data_received(self, data):
        self.text += data
        if self.stage == 0 and b"</stream:features>" in self.text:
            self.stage, self.text = 1, b""
            self.transport.write((RESULT % (self.domain, RELAY)).encode())
        elif self.stage == 1 and b"<db:result" in self.text:
            self.stage = 2
            self.crowd.up += b"'valid'" in self.text or b'"valid"' in self.text
            self.text = b""

    def eof_received(self):
        return False

    def connection_lost(self, _error):
        self.crowd.lost += 1
        self.transport = None

    def pause_writing(self):
        pass

    resume_writing = pause_writing


class Crowd:
    def __init__(self, lab, host=30):
        self.lab = lab
        self.up = self.lost = 0
        self.streams = []
        prefix = lab.bridge.address.rsplit(".", 1)[0]
        address = "%s.%d" % (prefix, host)
        port = ports.Network.port(address, ports.XMPP_SERVER)
        self.domains = ["d%d-%d.idle.example" % (host, number) for number in range(DOMAINS)]
        # One server for all of them: it says valid whatever the domain.
        self.server = LoadPeer("idle.example", address, port, lab.bridge, RELAY).listen()
        for domain in self.domains:
            lab.dns.set_service(domain, (0, 0, port, address))
        second, third = prefix.split(".")[1:3]
        self.sources = ["127.%s.%d.%d" % (second, (int(third) + 1 + number // 250) % 256,
                                          1 + number % 250) for number in range(1000)]

    def come(self, count):
        async def connect(number):
            stream = _Idle(self, self.domains[number % DOMAINS])
            await waiting.loop.create_connection(
                lambda: stream, self.lab.bridge.address, self.lab.bridge.s2s,
                local_addr=(self.sources[number % len(self.sources)], 0))
            self.streams.append(stream)

        for number in range(len(self.streams), len(self.streams) + count):
            waiting.complete(connect(number), "the bridge to accept", 60)


def used(lab):
    """(processor seconds, resident bytes) of the bridge."""
    pid = lab.bridge.process.pid
    with open("/proc/%d/stat" % pid, encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    with open("/proc/%d/statm" % pid, encoding="ascii") as statm:
        return (int(fields[11]) + int(fields[12])) / TICKS, int(statm.read().split()[1]) * PAGE


def started(lab):
    if not hasattr(lab, "pinger"):
        lab.bridge.wait_link(RELAY)
        address = lab.bridge.address.rsplit(".", 1)[0] + ".40"
        port = ports.Network.port(address, ports.XMPP_SERVER)
        lab.dns.set_service("healthy.idle.example", (0, 0, port, address))
        lab.pinger = Pinger(lab, "healthy.idle.example", address, port, RELAY)
        lab.processes.append(lab.pinger.process)
        lab.pinger.start()
    return lab.pinger


@test("ten thousand streams come up and are held")
def held(lab):
    started(lab)
    lab.crowd = crowd = Crowd(lab)
    _, before = used(lab)
    began = time.monotonic()
    while len(crowd.streams) < lab.streams:
        crowd.come(min(BATCH, lab.streams - len(crowd.streams)))
        waiting.until(lambda: crowd.up + 50 >= len(crowd.streams), "the streams to come up", 120)
    waiting.until(lambda: crowd.up >= lab.streams, "all streams to come up", 120)
    took = time.monotonic() - began
    processor, after = used(lab)
    waiting.pause(5)
    idle = used(lab)[0] - processor
    say("%d streams from %d addresses in %.0f s; %.1f KiB resident each; idle: %.1f %% of a core"
        % (crowd.up, min(len(crowd.sources), crowd.up), took,
           (after - before) / 1024 / crowd.up, idle / 5 * 100))
    equal(crowd.lost, 0, "streams lost")


@test("all are reset at once, and the bridge is what it was")
def all_reset(lab):
    crowd = lab.crowd
    before = descriptors(lab.bridge.process.pid)
    began = time.monotonic()
    for stream in crowd.streams:
        if stream.transport:
            reset(stream.transport)
    waiting.until(
        lambda: descriptors(lab.bridge.process.pid) <= before - len(crowd.streams),
        "the bridge to close them all", 60)
    say("all closed after %.2f s, %d KiB resident" % (
        time.monotonic() - began, used(lab)[1] >> 10))


class Slow:
    """An attribute that comes byte by byte on many streams at once, and what that costs."""

    def __init__(self, lab):
        self.lab = lab
        crowd = Crowd(lab, 31)
        crowd.come(SLOW)
        waiting.until(lambda: crowd.up == SLOW, "the streams to come up", 60)
        self.streams = [stream.transport for stream in crowd.streams]
        for number, stream in enumerate(self.streams):
            stream.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            stream.write(("<message from='x@%s' to='%s' id='" % (
                crowd.streams[number].domain, RELAY)).encode())
        self.crowd = crowd

    def fill(self, size):
        for stream in self.streams:
            stream.write(b"a" * size)
        waiting.until(lambda: not any(stream.get_write_buffer_size() for stream in self.streams),
                      "the bridge to read it", 60)
        waiting.pause(1)

    def drip(self, seconds):
        """(bytes a second, share of a core, that of a bare send and recv of each byte)."""
        ours, theirs = socket.socketpair()
        began, cost, bare, sent = time.monotonic(), used(self.lab)[0], 0.0, 0
        while time.monotonic() < began + seconds:
            for stream in self.streams:
                stream.write(b"a")
            start = time.process_time()
            for _ in self.streams:
                ours.send(b"a")
                theirs.recv(1)
            bare += time.process_time() - start
            sent += len(self.streams)
            waiting.pause(0.02)
        took = time.monotonic() - began
        return sent / took, (used(self.lab)[0] - cost) / took, bare / took


@test("a 256 KiB attribute byte by byte on 20 connections is under 10 % of a core")
def slow_attribute(lab):
    slow = Slow(lab)
    rate, early, _ = slow.drip(5)
    slow.fill(ATTRIBUTE - 30000)
    rate_late, late, bare = slow.drip(5)
    equal(slow.crowd.lost, 0, "streams lost")
    say("%d bytes a second, each alone, on %d streams: %.1f %% of a core at the beginning; "
        "%.1f %% at %d a second behind %d KiB; a bare send and recv of them: %.1f %%" % (
            rate, SLOW, early * 100, late * 100, rate_late, (ATTRIBUTE - 30000) >> 10, bare * 100))
    # The machine's own price of a byte is the measure where it is slow.
    true(late < 0.10 or late < 50 * bare, "%.1f %% of a core" % (late * 100))
    for stream in slow.streams:
        reset(stream)


@test("the healthy peer has missed no ping")
def healthy(lab):
    figures = lab.pinger.stop()
    excess = lab.pinger.excess()
    say("ping: %d answered, worst %.3f s; control ping: worst %.3f s; more than that: %.3f s" % (
        figures["answered"], figures["worst"], figures["control"], excess))
    equal((figures["missed"], figures["broken"]), (0, 0), "pings missed, streams broken")
    true(excess < 1.0, "the worst ping, less the control: %.3f s" % excess)


if __name__ == "__main__":
    run(idle_lab)
