#!/usr/bin/python3
"""Prosody stops and starts under load, and the bridge takes it calmly.

500 numbered messages a second go each way through the relay while Prosody A
is stopped ten times by TERM and ten times by KILL. What the bridge had written to
it and had no proof of is sent again: nothing inward is lost, and some arrives twice.
"""

import signal
import time

import ports
import waiting
from lab import LOCAL, RELAY, REMOTE, Lab, escaped
from load import Flow, LoadClient
from tap import equal, run, say, test, true

RATE = 500
TIMES = 10
# queue-stanzas: so many may be on the link without a proof, and as many were arriving meanwhile.
UNPROVED = 2 * 1024


def load_lab():
    lab = Lab()
    del lab.bridge.groups["component echo.example.com"]
    lab.bridge.groups["log"]["level"] = "info"
    lab.a.account("load")
    lab.a.account("ear")
    lab.b.account("load")
    lab.a.log_level = lab.b.log_level = "info"
    lab.a.configure(hosts=lab.components)
    lab.b.configure()
    return lab


class Load:
    """The two flows, and when the link was down."""

    def __init__(self, lab):
        self.lab = lab
        self.outward, self.inward = Flow("outward"), Flow("inward")
        flows = (self.outward, self.inward)
        self.a = LoadClient("load", lab.a, "a", escaped("load@%s/b" % REMOTE, RELAY),
                            self.outward, flows, RATE)
        self.b = LoadClient("load", lab.b, "b", escaped("ear@%s/a" % LOCAL, RELAY),
                            self.inward, flows, RATE)
        # A client that sends loses what it has not read when its server dies: the kernel there
        # resets the connection for what was not read. This one only listens.
        self.ear = LoadClient("ear", lab.a, "a", "", self.outward, flows, RATE)
        self.ear.sending = False
        # (died, known to be down, up again), monotonic seconds
        self.outages = []
        # The first number after the last outage whose fate was open, for each flow
        self.calm = {flow: 0 for flow in flows}
        # Numbers that were under way in some outage, for each flow
        self.under_way = {flow: set() for flow in flows}
        # Those that may have been on the link when it died, and so may arrive twice
        self.in_doubt = set()

    def flowing(self):
        """Waits until a message of a second from now has arrived: a flow keeps its
        order, so all that went before has come to its end.  Behind how much a slow machine has
        to do is no matter, as long as it goes on, each way."""
        goals = {flow: len(flow.sent) + RATE for flow in self.calm}
        for flow, goal in goals.items():
            waiting.while_moving(lambda: flow.newest >= goal, lambda: flow.newest,
                                 "%s to come to %d" % (flow.name, goal))
        self.calm = goals

    def connections(self):
        lab = self.lab
        return (ports.established((lab.bridge.address, lab.bridge.s2s))
                | ports.established((lab.b.address, lab.b.s2s)))

    def outage(self, number):
        """Stops Prosody A with that signal and starts it again."""
        lab = self.lab
        mark = lab.bridge.process.mark()
        oldest = self.inward.newest - UNPROVED
        died = time.monotonic()
        lab.a.process.stop(number)
        lab.bridge.wait_link_down(RELAY, mark)
        waiting.until(lambda: not (self.a.online or self.ear.online), "the clients to notice")
        known = time.monotonic()
        # Before anything that the bridge has kept arrives over the next link.
        self.under_way[self.inward] |= self.cut_off(self.inward, known)
        self.in_doubt |= {number for number, when in self.inward.sent.items()
                          if number >= oldest and when <= known}
        goal = len(self.inward.sent) + RATE // 2
        waiting.until(lambda: len(self.inward.sent) >= goal, "messages sent without a link")
        mark = lab.bridge.process.mark()
        lab.a.start()
        lab.bridge.wait_link(RELAY, mark)
        self.outages.append((died, known, time.monotonic()))
        # Nothing outward is kept for a later link: all that the bridge got has arrived by now.
        self.under_way[self.outward] |= self.cut_off(self.outward, known)
        waiting.until(lambda: self.a.online and self.ear.online, "the clients to come back")
        self.flowing()

    def cut_off(self, flow, known):
        """What was under way when Prosody A died: sent since all was well and
        before it was known, and behind all of these that have arrived."""
        sent = [number for number, when in flow.sent.items()
                if number >= self.calm[flow] and when <= known]
        last = max((number for number in sent if number in flow.arrived), default=-1)
        return {number for number in sent if number > last}

    def unexcused(self, flow):
        """Lost, and not in Prosody A when it died: there is no excuse for what is inward."""
        return [number for number in flow.lost()
                if flow is self.inward or number not in self.under_way[flow]]

    def inexplicable(self, flow):
        """Arrived twice, though no link that may have carried it has died."""
        return [number for number in flow.repeated
                if flow is not self.inward or number not in self.in_doubt]

    def account(self, flow):
        """Prints what became of the messages."""
        lost, unexcused = len(flow.lost()), len(self.unexcused(flow))
        down = [number for number, when in flow.sent.items()
                if any(known < when < up for _, known, up in self.outages)]
        late = [number for number in self.under_way[flow] if number in flow.arrived]
        say("%s: %d sent, %d arrived, %d bounced, %d lost in Prosody when it died, "
            "%d lost otherwise, %d arrived twice" % (
                flow.name, len(flow.sent), len(flow.arrived), len(flow.bounced),
                lost - unexcused, unexcused, flow.twice))
        say("%s: %d in flight when Prosody died: %d arrived later" % (
            flow.name, len(self.under_way[flow]), len(late)))
        say("%s: %d of them sent while the link was known to be down: %d arrived, %d bounced" % (
            flow.name, len(down), len(flow.arrived.keys() & down),
            len(flow.bounced.keys() & down)))
        true(down, "some were sent while the link was down")


def started(lab):
    """The load, running."""
    if not hasattr(lab, "load"):
        lab.load = Load(lab)
        clients = (lab.load.ear, lab.load.b, lab.load.a)
        for client in clients:
            client.start()
        waiting.until(lambda: all(client.online for client in clients), "the load clients")
        lab.load.flowing()
    return lab.load


def restart(lab, number):
    load = started(lab)
    before = load.connections()
    true(len(before) >= 2, "there are streams both ways: %s" % before)
    for _ in range(TIMES):
        load.outage(number)
    equal(load.connections(), before, "four-tuples of the S2S connections")


@test("ten times TERM: the link comes back by itself, S2S stays untouched")
def by_term(lab):
    restart(lab, signal.SIGTERM)


@test("ten times KILL: the link comes back by itself, S2S stays untouched")
def by_kill(lab):
    restart(lab, signal.SIGKILL)


@test("what was sent while the link was down, or was on it when it broke, arrived or came back",
      proves="C17 C21 C24")
def accounts(lab):
    load = started(lab)
    load.a.sending = load.b.sending = False
    flows = (load.outward, load.inward)
    # What waits for the link comes back after queue-age at the latest.
    last = [None, 0.0]

    def settled():
        done = sum(len(flow.arrived) + len(flow.bounced) for flow in flows)
        if done != last[0]:
            last[:] = [done, time.monotonic()]
        rest = time.monotonic() - last[1]
        return rest > 65 or rest > 5 and not any(load.unexcused(flow) for flow in flows)

    waiting.until(settled, "the last messages to settle", 130)
    for died, known, up in load.outages:
        say("down was known after %.3f s, up again after %.3f s" % (known - died, up - died))
    for flow in flows:
        load.account(flow)
        equal(load.unexcused(flow), [], "lost without excuse, " + flow.name)
        equal(load.inexplicable(flow), [], "arrived twice without a reason, " + flow.name)
    waiting.complete(load.a.stop(), "load client a")
    waiting.complete(load.b.stop(), "load client b")
    waiting.complete(load.ear.stop(), "the client that listens")


if __name__ == "__main__":
    run(load_lab)
