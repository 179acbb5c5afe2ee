#!/usr/bin/python3
"""The bridge's own addresses answer both sides: ping, disco, version."""

import calendar
import time
from xml.etree import ElementTree

from lab import ECHO, RELAY, Lab
from tap import equal, run, test, true

INFO = "http://jabber.org/protocol/disco#info"
ITEMS = "http://jabber.org/protocol/disco#items"
VERSION = "jabber:iq:version"
LAST = "jabber:iq:last"
TIME = "urn:xmpp:time"
DATA = "jabber:x:data"
CONTACTS = "http://jabber.org/network/serverinfo"


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
        true({INFO, ITEMS, "urn:xmpp:ping", VERSION, LAST, TIME} <= features(answer), features(answer))


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


@test("last activity is how long the bridge has been up", proves="V06")
def last(lab):
    for asker, address in everybody(lab):
        query = asker.get(address, LAST).xml.find("{%s}query" % LAST)
        true(0 <= int(query.get("seconds")) <= time.monotonic() - lab.began, query.get("seconds"))
        equal(query.text, None, "text")


@test("entity time is ours", proves="V07")
def entity_time(lab):
    for asker, address in everybody(lab):
        before = int(time.time())
        question = asker.xmpp.make_iq_get(ito=address)
        question.append(ElementTree.Element("{%s}time" % TIME))
        answer = asker.request(question).xml
        utc = answer.findtext(".//{%s}utc" % TIME)
        told = calendar.timegm(time.strptime(utc, "%Y-%m-%dT%H:%M:%SZ"))
        offset = time.strftime("%z", time.localtime(told))
        true(before <= told <= time.time(), utc)
        equal(answer.findtext(".//{%s}tzo" % TIME), offset[:3] + ":" + offset[3:], "offset")


@test("contact addresses are told with discovery", proves="V05")
def contacts(lab):
    for asker, address in everybody(lab):
        form = asker.get(address, INFO).xml.find(".//{%s}x" % DATA)
        told = {field.get("var"): [value.text for value in field]
                for field in form.iter("{%s}field" % DATA)}
        equal(told, {"FORM_TYPE": [CONTACTS],
                     "admin-addresses": ["mailto:admin@example.com", "xmpp:juliet@example.com"],
                     "abuse-addresses": ["https://example.com/abuse?a&b"]}, "form")


class Asked(Lab):
    """With somebody to write to."""

    def __init__(self):
        super().__init__()
        self.began = time.monotonic()
        self.bridge.groups["control"].update({
            "contact-admin": "mailto:admin@example.com;xmpp:juliet@example.com",
            "contact-abuse": "https://example.com/abuse?a&b"})


if __name__ == "__main__":
    run(Asked)
