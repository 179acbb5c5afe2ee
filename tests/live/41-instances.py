#!/usr/bin/python3
"""Two enjambs for one domain, at once: ejabberd shares out among them, and the DNS does.

Both are attached to one ejabberd as bridge.home.example, both are targets of its SRV
record, and they have one dialback secret and nothing else in common. With
domain_balancing ejabberd keeps the share of an instance that is missing, and drops it:
users go on as far as the other's share goes. Without, it gives all to who is there.
"""

import os
import signal

import ports
import waiting
from bridge import Bridge
from lab import ECHO, RELAY, REMOTE, escaped
from tap import equal, run, say, test, true
from threelab import HOME, ThreeLab

DOMAIN = "bridge." + HOME
# More than anybody's timeouts on the way.
SECONDS = 90
# An answer to a ping may take half a minute before it is known to have gone elsewhere.
ROUNDS = 8
EACH = 20
NOT_PROVED = r"does not answer our pings: what it has taken is not proved"


class InstancesLab(ThreeLab):
    def __init__(self):
        super().__init__()
        secret = os.path.join(self.folder, "dialback.secret")
        with open(secret, "w", encoding="ascii") as file:
            file.write("known to both")
        self.second = Bridge(self.folder, self.network, 15, self, name="second")
        self.bridges = [self.bridge, self.second]
        for bridge in self.bridges:
            for domain in (RELAY, ECHO):
                bridge.groups.pop("component " + domain, None)
            self.attach_home(bridge, DOMAIN, "relay")
            bridge.groups["federation"]["dialback-secret-file"] = secret
        self.published = {DOMAIN: self.bridges}
        self.components_of_home(DOMAIN, domain_balancing={
            DOMAIN: {"type": "random", "component_number": len(self.bridges)}})
        self.a.configure()

    def start_bridges(self):
        for bridge in self.bridges:
            self.processes.append(bridge.process)
            bridge.start()

    def go_on(self):
        """hana and romeo reach each other. What ejabberd has for a connection that is not there
        it drops in silence."""
        pair = self.hana(), self.romeo()
        for sender, receiver in (pair, pair[::-1]) * 2:
            sender.persist(escaped(receiver.jid, DOMAIN), receiver, escaped(sender.jid, DOMAIN),
                           SECONDS)

    def exchange(self, name):
        """Numbered messages both ways at once; all of them arrive."""
        pair = self.hana(), self.romeo()
        for sender, receiver in (pair, pair[::-1]):
            for number in range(EACH):
                sender.send(escaped(receiver.jid, DOMAIN), "%s %d" % (name, number))
        for sender, receiver in (pair, pair[::-1]):
            for number in range(EACH):
                receiver.wait_message("%s %d" % (name, number), escaped(sender.jid, DOMAIN),
                                      seconds=SECONDS)


def links(lab):
    return ports.established((lab.home.address, lab.home.component))


def busy(bridge, since):
    """How many streams to the remote server came up there."""
    return len([line for line in bridge.streams(REMOTE, since) if DOMAIN + ">" + REMOTE in line])


def both_busy(lab, since, name):
    """Messages flow until each instance has carried some of them outward."""
    for number in range(ROUNDS):
        lab.exchange("%s %d" % (name, number))
        if all(busy(bridge, mark) for bridge, mark in zip(lab.bridges, since)):
            return
    raise AssertionError("one instance has carried nothing")


@test("ejabberd takes both, and neither stands by")
def both(lab):
    equal(len(links(lab)), 2, "connections to the component port")
    for bridge in lab.bridges:
        true(bridge.listens(), bridge.process.name + " listens")
        equal(bridge.process.line("standing by"), None, "its log")


@test("what users write goes by both instances, whichever verifies the other's keys")
def shared(lab):
    both_busy(lab, [0, 0], "shared")
    for bridge in lab.bridges:
        say(bridge.streams(REMOTE)[0])


@test("answers to pings go to either instance: that costs no link, and is told as not proved",
      proves="C22")
def not_proved(lab):
    before = links(lab)

    def told():
        return [bridge for bridge in lab.bridges if bridge.process.line(NOT_PROVED)]

    for number in range(ROUNDS):
        lab.exchange("pings %d" % number)
        try:
            waiting.until(told, "an answer to go elsewhere", 40)
            break
        except waiting.TooLate:
            say("all answers came back")
    true(told(), "one of them has noticed")
    equal(links(lab), before, "the links")
    for bridge in lab.bridges:
        equal(bridge.process.line("link (down|closed)"), None, "the log of a link")


@test("one is killed, and users of both servers go on with the other")
def killed(lab):
    mark = lab.second.process.mark()
    lab.bridge.process.stop(signal.SIGKILL)
    waiting.until(lambda: len(links(lab)) == 1, "ejabberd to notice", SECONDS)
    lab.go_on()
    equal(lab.second.process.line("link (down|closed)", mark), None, "the other's link")


@test("it comes back, and they share again")
def back(lab):
    marks = [bridge.process.mark() for bridge in lab.bridges]
    lab.bridge.start()
    equal(len(links(lab)), 2, "connections to the component port")
    # The other has its stream still.
    marks[1] = 0
    both_busy(lab, marks, "again")


@test("without domain_balancing nothing is lost once ejabberd knows that one is gone")
def unbalanced(lab):
    marks = [bridge.process.mark() for bridge in lab.bridges]
    for client in list(lab.clients):
        if client.server is lab.home:
            lab.clients.remove(client)
    lab.home.process.stop()
    lab.components_of_home(DOMAIN)
    lab.home.start()
    for bridge, mark in zip(lab.bridges, marks):
        bridge.wait_link(DOMAIN, mark, SECONDS)
    lab.exchange("both")
    lab.second.process.stop(signal.SIGKILL)
    waiting.until(lambda: len(links(lab)) == 1, "ejabberd to notice", SECONDS)
    lab.go_on()
    lab.exchange("alone")


if __name__ == "__main__":
    run(InstancesLab)
