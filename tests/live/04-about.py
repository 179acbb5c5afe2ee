#!/usr/bin/python3
"""The bridge's own addresses answer both sides: ping, disco, version."""

from lab import ECHO, RELAY, Lab
from tap import equal, run, test, true

INFO = "http://jabber.org/protocol/disco#info"
ITEMS = "http://jabber.org/protocol/disco#items"
VERSION = "jabber:iq:version"


def everybody(lab):
    """Each asker with each address."""
    return [(asker, address) for asker in (lab.juliet(), lab.romeo())
            for address in (RELAY, ECHO)]


def features(answer):
    return {feature.get("var") for feature in answer.xml.iter("{%s}feature" % INFO)}


@test("ping is answered with an empty result", proves="P01")
def ping(lab):
    for asker, address in everybody(lab):
        equal(asker.ping(address), True, "%s pings %s" % (asker.bare, address))


@test("disco#info has an identity and lists disco#info itself", proves="V01")
def info(lab):
    for asker, address in everybody(lab):
        answer = asker.get(address, INFO)
        equal(answer["type"], "result", "type")
        true(list(answer.xml.iter("{%s}identity" % INFO)), "there is an identity")
        true({INFO, ITEMS, "urn:xmpp:ping", VERSION} <= features(answer), features(answer))


@test("the relay says that it knows escaped addresses", proves="J06")
def escaping(lab):
    true("jid\\20escaping" in features(lab.romeo().get(RELAY, INFO)), "feature is listed")


@test("an unknown node is item-not-found", proves="V01")
def node(lab):
    for asker, address in everybody(lab):
        answer = asker.get(address, INFO, node="urn:example:no-such-node")
        equal(answer["error"]["condition"], "item-not-found", "condition")


@test("disco#items is an empty query", proves="V02")
def items(lab):
    for asker, address in everybody(lab):
        answer = asker.get(address, ITEMS)
        equal(answer["type"], "result", "type")
        equal(list(answer.xml.iter("{%s}item" % ITEMS)), [], "items")


@test("version tells name and version", proves="V04")
def version(lab):
    for asker, address in everybody(lab):
        answer = asker.get(address, VERSION)
        equal(answer.xml.findtext(".//{%s}name" % VERSION), "enjamb", "name")
        true(answer.xml.findtext(".//{%s}version" % VERSION), "there is a version")
        equal(answer.xml.find(".//{%s}os" % VERSION), None, "the operating system")


@test("anything else is service-unavailable", proves="V11")
def unknown(lab):
    for asker, address in everybody(lab):
        answer = asker.get(address, "urn:example:unheard-of")
        equal(answer["error"]["condition"], "service-unavailable", "condition")


if __name__ == "__main__":
    run(Lab)
