#!/usr/bin/python3
"""A: XML and the syntax of streams."""

import runner  # noqa: F401, finds the other modules
from arena import RELAY, TO_JULIET
from peer import header
from runner import case, run

LAUGHS = "<!DOCTYPE s [<!ENTITY a0 'lol'>%s]>" % "".join(
    "<!ENTITY a%d '%s'>" % (number, "&a%d;" % (number - 1) * 10) for number in range(1, 10))


@case("A1", "a billion laughs are restricted-xml before the first one")
def laughs(arena):
    peer = arena.peer()
    for before in ("", "<?xml version='1.0'?>"):
        stream = peer.connect()
        stream.send(before + LAUGHS + "<s>&a9;</s>")
        stream.refused("restricted-xml")
    stream = peer.stream(RELAY)
    stream.send(LAUGHS)
    stream.refused(("restricted-xml", "not-well-formed"))
    stream = peer.stream(RELAY)
    stream.starttls(RELAY)
    stream.send(LAUGHS + "<s>&a9;</s>")
    stream.refused(("restricted-xml", "not-well-formed"))
    stream = peer.stream(RELAY)
    stream.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    stream.take("proceed")
    stream.encrypt(name=RELAY)
    stream.send(LAUGHS + header(peer.domain, RELAY))
    stream.refused("restricted-xml")


@case("A2", "a comment ends the stream, and never reaches Prosody")
def comment(arena):
    peer = arena.peer()
    for text in ("<!-- x -->", "<message from='a@evil.example' to='%s'><!-- x --></message>"
                 % TO_JULIET):
        stream = peer.authenticated(RELAY)
        stream.send(text)
        stream.refused("restricted-xml")


if __name__ == "__main__":
    run()
