#!/usr/bin/python3
"""F: slow and broken peers, and a server that is none."""

import os
import re
import socket
import subprocess

import runner  # noqa: F401, finds the other modules
import ports
import waiting
from arena import LOCAL, RELAY, escaped
from bridge import Bridge
from flood import Flood
from invariants import memory
from places import HEADER, STREAM_ERROR, FalseServer, blackhole
from runner import case, run
from tap import equal, say, true

QUEUE_AGE = 8
STALL = 20
QUEUE_BYTES = 1 << 22
QUEUE_STANZAS = 1024
BODY = "x" * 8000

CONSTRAINT = ("wait", "resource-constraint")
TOO_LATE = ("wait", "remote-server-timeout")


def prepare(arena):
    limits = arena.bridge.groups["limits"]
    limits["queue-age"] = str(QUEUE_AGE)
    limits["stall-timeout"] = str(STALL)
    arena.a.account("flood")


class Twin:
    """A second bridge, whose one component attaches where the case says."""

    number = 0

    def __init__(self, arena, server, secret="the secret of the twin"):
        Twin.number += 1
        self.arena = arena
        self.bridge = Bridge(arena.folder, arena.network, 100 + Twin.number, arena,
                             name="twin%d" % Twin.number)
        self.bridge.component("shop." + LOCAL, "echo", server=server, secret=secret)
        self.bridge.groups["limits"]["link-handshake-timeout"] = "2"
        self.bridge.groups["limits"]["link-retry-max"] = "60"
        self.bridge.groups["federation"]["encryption"] = "optional"
        self.secret = secret
        arena.processes.append(self.bridge.process)

    def start(self):
        self.bridge.start(wait_links=False)
        return self

    def stop(self):
        log = self.bridge.process.log()
        equal(self.bridge.process.stop(), 0, "exit status")
        true(self.secret not in log, "the secret is in no log")
        self.arena.processes.remove(self.bridge.process)


@case("F86", "a server that is none, or none of ours, is tried again in its own time")
def false_servers(arena):
    cases = (
        # what it says at once, what to the handshake, how much noise; then what the log says
        ("the wrong secret", HEADER % " id='1'", STREAM_ERROR % "not-authorized", 0,
         "refuses our secret"),
        ("an unknown host", HEADER % " id='1'" + STREAM_ERROR % "host-unknown", "", 0,
         "next attempt"),
        ("no answer at all", "", "", 0, "next attempt"),
        ("no answer to the handshake", HEADER % " id='1'", "", 0, "next attempt"),
        ("no id", HEADER % "", "", 0, "next attempt"),
        ("an error first", STREAM_ERROR % "internal-server-error", "", 0, "next attempt"),
        ("a header without end", "<stream:stream ", "", 1500, "next attempt"),
        ("noise", "HTTP/1.1 400 Bad Request\r\n\r\n", "", 0, "next attempt"),
    )
    for what, first, then, flood, wanted in cases:
        server = FalseServer(arena, first, then, flood)
        twin = Twin(arena, server.endpoint()).start()
        line = twin.bridge.process.wait_line(wanted, 0, 60)
        say("%s: %s" % (what, line[20:160]))
        twin.bridge.process.wait_line("next attempt", 0, 60)
        if flood:
            true(memory(twin.bridge.process.pid) < 1 << 26, "it is not kept")
        if what == "the wrong secret":
            rest = re.search(r"next attempt in ([0-9.]+) s", twin.bridge.process.log())
            true(float(rest.group(1)) >= 30, "it rests for a minute, more or less: %s" % rest[0])
        twin.stop()
        server.server.close()


@case("F82", "a log that nobody reads, or a full disk under it, stops nothing")
def log_is_stuck(arena):
    for what in ("a pipe", "a full disk"):
        twin = Twin(arena, "none", "")
        group = twin.bridge.groups["component shop." + LOCAL]
        group["server"] = "none"
        del group["secret"]
        twin.bridge.groups["log"]["level"] = "debug"
        twin.bridge.write()
        reading, writing = os.pipe()
        output = writing if what == "a pipe" else os.open("/dev/full", os.O_WRONLY)
        twin.bridge.process.env.pop("JOURNAL_STREAM", None)
        start_with(twin.bridge.process, output)
        shop = "shop." + LOCAL
        arena.dns.set_service(shop, (0, 0, twin.bridge.s2s, twin.bridge.address))
        waiting.until(lambda: ports.listening(twin.bridge.address, twin.bridge.s2s),
                      "the twin to listen")
        peer = arena.peer("talker%d.example" % Twin.number)
        place = arena.bridge
        arena.bridge = twin.bridge
        try:
            for _ in range(150):
                stream = peer.stream(shop)
                stream.send("<x/>")
                stream.closed()
            stream = peer.authenticated(shop)
            before = len(peer.stanzas)
            stream.send("<message from='user@%s/r' to='%s' id='e1' type='chat'><body>hello</body>"
                        "</message>" % (peer.domain, shop))
            waiting.until(lambda: len(peer.stanzas) > before, "the echo behind " + what)
        finally:
            arena.bridge = place
        for one in (reading, writing):
            os.close(one)
        equal(twin.bridge.process.stop(), 0, "exit status")
        arena.processes.remove(twin.bridge.process)


def start_with(process, output):
    """start (), with the log going into that descriptor."""
    process.child = subprocess.Popen(process.argv, cwd=process.folder, env=process.env,
                                     stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                     start_new_session=True)


@case("F75", "a peer that reads nothing costs its own queue, and is given up")
def never_reads(arena):
    peer = arena.peer("deaf.example")
    arena.write("user@" + peer.domain, "while it still hears")
    waiting.until(lambda: peer.stanzas, "the first message")

    def deaf(stream, _element):
        stream.writer.transport.pause_reading()
        return False

    for stream in peer.streams:
        deaf(stream, None)
    peer.on_element = deaf
    flood = Flood("flood", arena.a).log_in()
    to = escaped("user@" + peer.domain, RELAY)
    before = memory(arena.bridge.process.pid)
    flood.pour(3000, to, BODY)
    waiting.until(lambda: flood.errors[CONSTRAINT] > 100, "errors for what has no room", 60)
    true(memory(arena.bridge.process.pid) < before + 8 * QUEUE_BYTES, "memory is bounded")
    # All that was written to it comes back when it is given up, or was taken by its kernel.
    waiting.until(lambda: flood.errors[TOO_LATE] > 0, "the stream to be given up", 90)
    say("%d sent: %s" % (flood.sent, dict(flood.errors)))
    true(set(flood.errors) <= {CONSTRAINT, TOO_LATE}, "no other errors: %s" % flood.errors)
    flood.leave()
    # The bound is asserted above; what follows is measured against a heap with holes in it.
    arena.invariants.memory = max(arena.invariants.memory, memory(arena.bridge.process.pid))


@case("F76", "twenty thousand messages to nowhere are twenty thousand errors")
def unreachable(arena):
    count = 20000
    port, held = blackhole(socket.AF_INET, arena.address())
    arena.dns.set_service("nowhere.example", (0, 0, port, held[0].getsockname()[0]))
    flood = Flood("flood", arena.a).log_in()
    for turn in (1, 2):
        flood.pour(count // 2, escaped("user@nowhere.example", RELAY), "nobody")
        waiting.until(lambda: sum(flood.errors.values()) >= count // 2 * turn, "all errors", 120)
        if turn == 1:
            # A second time must cost nothing more.
            arena.invariants.memory = max(arena.invariants.memory,
                                          memory(arena.bridge.process.pid))
    say(dict(flood.errors))
    equal((len(flood.numbers), sum(flood.errors.values())), (count, count), "errors, each once")
    true(set(flood.errors) <= {CONSTRAINT, TOO_LATE}, "no other errors")
    true(flood.errors[CONSTRAINT] > 0, "some found no room")
    true(flood.errors[TOO_LATE] >= QUEUE_STANZAS, "the others waited")
    flood.leave()
    for each in held:
        each.close()


if __name__ == "__main__":
    run(prepare)
