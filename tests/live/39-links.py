#!/usr/bin/python3
"""One enjamb with links to two servers, and a domain that has none.

  bridge.example.com   relay, attached to Prosody A
  bridge.home.example  relay, attached to ejabberd
  open.example         echo, without a link
"""

import ports
import waiting
from lab import ECHO, LOCAL, RELAY, escaped
from tap import equal, run, test, true
from threelab import HOME, ThreeLab

FURTHER = "bridge." + HOME
OPEN = "open.example"
# More than anybody's timeouts on the way.
SECONDS = 60


def links_lab():
    lab = ThreeLab()
    del lab.bridge.groups["component " + ECHO]
    lab.components_of_home(FURTHER)
    lab.attach_home(lab.bridge, FURTHER, "relay")
    lab.bridge.component(OPEN, "echo", server="none")
    del lab.bridge.groups["component " + OPEN]["secret"]
    lab.published = {domain: [lab.bridge] for domain in (RELAY, FURTHER, OPEN)}
    lab.wait_links = False
    return lab


def links_to(server):
    return ports.established((server.address, server.component))


def meet(lab, local, relay):
    """romeo and a user behind that relay write to each other."""
    said = "%s over %s" % (local.bare, relay)
    local.send(escaped(lab.romeo().jid, relay), said)
    message = lab.romeo().wait_message(said, escaped(local.jid, relay), seconds=SECONDS)
    lab.romeo().send(str(message["from"]), "back " + said)
    local.wait_message("back " + said, escaped(lab.romeo().jid, relay), seconds=SECONDS)


@test("each link is up at the server of its own, and none for the domain without one")
def up(lab):
    for domain in (RELAY, FURTHER):
        lab.bridge.wait_link(domain)
    for server in (lab.a, lab.home):
        equal(len(links_to(server)), 1, "connections to the component port")
    equal(lab.bridge.process.line("link up.*" + OPEN), None, "a link of the domain without one")


@test("users of each server meet the world over the link of their own")
def own(lab):
    mark = lab.bridge.process.mark()
    meet(lab, lab.juliet(), RELAY)
    meet(lab, lab.hana(), FURTHER)
    for domain in (LOCAL, HOME):
        equal([line for line in lab.bridge.streams(domain, mark) if ">" + domain in line], [],
              "streams to " + domain)


@test("the domain without a link is there for the world")
def without(lab):
    lab.romeo().send(OPEN, "to the open one")
    lab.romeo().wait_message("to the open one", OPEN, seconds=SECONDS)


@test("whoever is behind a link is never taken from outside, nor looked for there")
def apart(lab):
    mark = lab.bridge.process.mark()
    lab.juliet().send(OPEN, "from behind the link of another domain")
    lab.bridge.process.wait_line("%s is never reached from outside" % LOCAL, mark)
    ident = lab.juliet().send(escaped("hana@" + HOME, RELAY), "over two links")
    equal(lab.juliet().wait_error(ident), ("auth", "forbidden"), "what the relay says")


@test("a server that goes away takes its own link only, and gets it back")
def away(lab):
    mark, before = lab.bridge.process.mark(), links_to(lab.home)
    lab.a.process.stop()
    lab.bridge.wait_link_down(RELAY, mark)
    meet(lab, lab.hana(), FURTHER)
    mark = lab.bridge.process.mark()
    lab.a.start()
    lab.bridge.wait_link(RELAY, mark, SECONDS)
    waiting.until(lambda: lab.juliet().ping(RELAY) is True, "the relay to answer", SECONDS)
    meet(lab, lab.juliet(), RELAY)
    true(links_to(lab.home) == before, "the other link is the same")


if __name__ == "__main__":
    run(links_lab)
