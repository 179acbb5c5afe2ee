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
from lab import ECHO, LOCAL, RELAY, REMOTE, Lab, escaped
from load import Flow, LoadClient
from manager import HANDED_OVER, Managed
from tap import equal, run, say, test, true

RATE = int(os.environ.get("ENJAMB_RATE", "200"))
TIMES = int(os.environ.get("ENJAMB_TIMES", "10"))
SECONDS = 120


def managed_lab():
    lab = Lab()
    del lab.bridge.groups["component echo.example.com"]
    lab.bridge.groups["log"]["level"] = "info"
    lab.a.account("load")
    lab.b.account("load")
    lab.a.log_level = lab.b.log_level = "info"
    lab.a.configure(hosts=lab.components)
    lab.b.configure()
    old = lab.bridge.process
    lab.bridge.process = Managed(old.name, old.argv, lab.folder)
    return lab


class Load:
    """The two flows."""

    def __init__(self, lab):
        self.outward, self.inward = Flow("outward"), Flow("inward")
        self.flows = (self.outward, self.inward)
        self.a = LoadClient("load", lab.a, "a", escaped("load@%s/b" % REMOTE, RELAY),
                            self.outward, self.flows, RATE)
        self.b = LoadClient("load", lab.b, "b", escaped("load@%s/a" % LOCAL, RELAY),
                            self.inward, self.flows, RATE)

        # Numbers inward that were with the kernel, or Prosody B, at a kill.
        self.under_way = set()

    def kill(self, process):
        """What B has sent and nobody has got may be unread when enjamb dies: a stream that
        dialback has proved has no acknowledgements."""
        last = self.inward.newest
        come_back = process.end(signal.SIGKILL)
        waiting.until(come_back, "a successor", SECONDS)
        self.flowing()
        newest = len(self.inward.sent)
        self.under_way |= {number for number in range(last, newest)
                           if number not in self.inward.arrived}

    def flowing(self):
        """Waits until messages of now have arrived, both ways."""
        goals = {flow: len(flow.sent) for flow in self.flows}
        waiting.until(lambda: all(flow.newest >= goal for flow, goal in goals.items()),
                      "messages to flow both ways", SECONDS)


def started(lab):
    if not hasattr(lab, "load"):
        lab.load = Load(lab)
        lab.load.b.start()
        lab.load.a.start()
        waiting.until(lambda: lab.load.a.online and lab.load.b.online, "both load clients", 60)
        lab.load.flowing()
    return lab.load


def succeed(lab, number, status):
    """Ten successors; the link is the same connection all the time."""
    load = started(lab)
    link = lab.bridge.links()
    equal(len(link), 1, "links")
    waiting.until(lambda: lab.bridge.process.names() == ["daybook", "keepsake", "link", "listen"],
                  "all to be kept: %s" % lab.bridge.process.names(), 30)
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
    load.a.sending = load.b.sending = False
    progress = [None, 0]

    def settled():
        done = sum(len(flow.arrived) + len(flow.bounced) for flow in load.flows)
        return not any(flow.lost() for flow in load.flows) or (
            progress.__setitem__(1, progress[1] + 1 if progress[0] == done else 0)
            or progress.__setitem__(0, done) or progress[1] > 1500)

    waiting.until(settled, "the last messages to settle", SECONDS)
    for line in re.findall(r".*stanzas carried on.*", lab.bridge.process.log()):
        say(line)
    for flow in load.flows:
        lost = sorted(flow.lost())
        both = len(flow.arrived.keys() & flow.bounced.keys())
        say("%s: %d sent, %d arrived, %d bounced, %d twice, %d both, %d lost %s" % (
            flow.name, len(flow.sent), len(flow.arrived), len(flow.bounced), flow.twice, both,
            len(lost), lost[:10]))
    say("%d of these were not read yet from Prosody B when enjamb was killed" % len(
        load.inward.lost().keys() & load.under_way))
    equal(sorted(load.outward.lost()), [], "lost, outward")
    equal(sorted(load.inward.lost().keys() - load.under_way), [], "lost otherwise, inward")
    waiting.complete(load.a.stop(), "load client a")
    waiting.complete(load.b.stop(), "load client b")


@test("TERM ends the link in order, and nothing is left of it")
def term(lab):
    equal(lab.bridge.process.stop(), 0, "exit status")
    waiting.until(lambda: "link" not in lab.bridge.process.names()
                  and "keepsake" not in lab.bridge.process.names(), "the link to be let go of", 10)


@test("who connects while it is away waits for the next")
def backlog(lab):
    peer = socket.create_connection((lab.bridge.address, lab.bridge.s2s), 10)
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
    waiting.until(lambda: lab.bridge.process.names() == ["daybook", "keepsake", "link", "listen"],
                  "the old link to be let go of", 30)


if __name__ == "__main__":
    run(managed_lab)
