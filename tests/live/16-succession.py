#!/usr/bin/python3
"""enjamb is upgraded and killed under load, and the links do not notice.

A stand-in for the service manager keeps its descriptors. Numbered messages go
both ways through the relay, 200 a second or $ENJAMB_RATE, while enjamb hands
over to another process of itself ten times, and is killed ten times.
"""

import os
import re
import signal
import socket

import ports
import waiting
from lab import ECHO, RELAY
from manager import HANDED_OVER
from tap import equal, run, say, test, true
from twoways import SECONDS, TwoWays, relay_lab

RATE = int(os.environ.get("ENJAMB_RATE", "200"))
TIMES = int(os.environ.get("ENJAMB_TIMES", "10"))


class Load(TwoWays):
    # Numbers inward that were with the kernel, or Prosody B, at a kill.
    under_way = frozenset()

    def kill(self, process):
        """What B has sent and nobody has got may be unread when enjamb dies: a stream that
        dialback has proved has no acknowledgements."""
        last = self.inward.newest
        come_back = process.end(signal.SIGKILL)
        waiting.until(come_back, "a successor", SECONDS)
        self.flowing()
        newest = len(self.inward.sent)
        self.under_way |= set(range(last, newest)) - self.inward.arrived.keys()


def started(lab):
    if not hasattr(lab, "load"):
        lab.load = Load(lab, RATE).start()
    return lab.load


def succeed(lab, number, status):
    """Ten successors; the link is the same connection all the time."""
    load = started(lab)
    link = lab.bridge.links()
    equal(len(link), 1, "links")
    lab.bridge.process.wait_kept()
    mark = lab.a.process.mark()
    for _ in range(TIMES):
        since = lab.bridge.process.mark()
        if number == signal.SIGKILL:
            load.kill(lab.bridge.process)
        else:
            waiting.until(lab.bridge.process.end(number), "a successor", SECONDS)
        lab.bridge.process.wait_line("link up: carried on", since, 60)
        load.flowing()
    equal(set(lab.bridge.process.ends[-TIMES:]), {status}, "how they ended")
    equal(lab.bridge.links(), link, "four-tuple of the link")
    true("component disconnected" not in lab.a.process.log(mark), "Prosody has noticed nothing")
    refused = [line for line in lab.bridge.warnings() if "refused" in line]
    equal(refused, [], "what was left has been read")


@test("ten upgrades by USR2: the link is the same")
def upgrade(lab):
    succeed(lab, signal.SIGUSR2, HANDED_OVER)
    doubtful = re.findall(r"carried on, [1-9].*", lab.bridge.process.log())
    equal(doubtful, [], "what may have arrived already")
    equal([flow.twice for flow in lab.load.flows], [0, 0], "messages that came twice")


@test("ten kills: the link is the same")
def kill(lab):
    succeed(lab, signal.SIGKILL, -signal.SIGKILL)


@test("no message was lost; those that came twice are counted")
def accounts(lab):
    load = started(lab)
    load.settle(load.under_way)
    for line in re.findall(r".*stanzas carried on.*", lab.bridge.process.log()):
        say(line)
    load.tell()
    say("%d of these were not read yet from Prosody B when enjamb was killed" % len(
        load.inward.lost().keys() & load.under_way))
    equal(sorted(load.outward.lost()), [], "lost, outward")
    equal(sorted(load.inward.lost().keys() - load.under_way), [], "lost otherwise, inward")
    load.stop()


@test("TERM ends the link in order, and nothing is left of it")
def term(lab):
    equal(lab.bridge.process.stop(), 0, "exit status")
    waiting.until(lambda: "link" not in lab.bridge.process.names()
                  and "keepsake" not in lab.bridge.process.names(), "the link to be let go of")


@test("who connects while it is away waits for the next")
def backlog(lab):
    peer = socket.create_connection((lab.bridge.address, lab.bridge.s2s), 60)
    peer.settimeout(60)
    lab.bridge.start()
    peer.sendall(b"<stream:stream xmlns='jabber:server' to='" + RELAY.encode() +
                 b"' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>")
    told = b""
    while b"stream:features" not in told:
        more = peer.recv(65536)
        true(more, "features, and not only " + repr(told))
        told += more
    peer.close()
    true(ports.established((lab.a.address, lab.a.component)), "a new link")


@test("a link whose component is configured no more is closed")
def renamed(lab):
    del lab.bridge.groups["component " + RELAY]
    lab.bridge.attach(ECHO, "echo")
    lab.bridge.write()
    since, mark = lab.bridge.process.mark(), lab.a.process.mark()
    waiting.until(lab.bridge.process.end(signal.SIGUSR2), "a successor", SECONDS)
    lab.bridge.process.wait_line(re.escape(RELAY) + ".* is of no use", since, 60)
    lab.bridge.wait_link(ECHO, since, 60)
    lab.a.process.wait_line("component disconnected: " + re.escape(RELAY), mark, 60)
    lab.bridge.process.wait_kept()


if __name__ == "__main__":
    run(relay_lab)
