#!/usr/bin/python3
"""F: peers with XEP-0198 that break, or fall silent, before they have acknowledged all."""

import secrets

import runner  # noqa: F401, finds the other modules
import waiting
from arena import RELAY, escaped
from dark import darken
from flood import Flood
from peer import SASL, header, tls_context
from runner import case, run
from tap import equal, say, true

SM = "urn:xmpp:sm:3"
TOO_LATE = ("wait", "remote-server-timeout")
EXTERNAL = ("<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism>"
            "</mechanisms>")


def prepare(arena):
    arena.a.account("flood")


class Acknowledging:
    """Has `peer` take EXTERNAL, and acknowledge the first `most` stanzas of each stream."""

    def __init__(self, arena, peer, most):
        self.peer, self.most = peer, most
        self.proved = set()
        self.handled = {}  # stanzas, by stream
        self.asked = 0
        peer.context = tls_context(server=True, certificate=arena.certificate(peer.domain))
        peer.opened = self.opened
        peer.on_element = self.on_element

    def opened(self, stream):
        if not stream.writer.get_extra_info("ssl_object"):
            type(self.peer).opened(self.peer, stream)
            return
        stream.ident = secrets.token_hex(8)
        stream.send(header(self.peer.domain, stream.header.get("from"),
                           " id='%s' version='1.0'" % stream.ident))
        stream.send("<stream:features>%s</stream:features>" % (
            "<sm xmlns='%s'/>" % SM if stream in self.proved else EXTERNAL))

    def on_element(self, stream, element):
        word = element.tag.rpartition("}")[2]
        if element.tag == SASL + "auth":
            self.proved.add(stream)
            # The header that follows belongs to a new stream.
            stream.restart()
            stream.send("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
        elif word == "enable":
            self.handled[stream] = 0
            stream.send("<enabled xmlns='%s'/>" % SM)
        elif word == "r":
            self.asked += 1
            if self.handled[stream] <= self.most:
                self.acknowledge(stream)
        elif word == "message":
            self.handled[stream] += 1
            if self.handled[stream] == self.most:
                self.acknowledge(stream)
        else:
            return False
        return True

    def acknowledge(self, stream):
        stream.send("<a xmlns='%s' h='%d'/>" % (SM, self.handled[stream]))


def pour(arena, peer, count):
    """That many messages of a user's to the peer, and whoever counts what comes back."""
    flood = Flood("flood", arena.a).log_in()
    flood.pour(count, escaped("user@" + peer.domain, RELAY), "is it there?")
    return flood


@case("F73", "what a peer acknowledged is there, and the rest comes back when it resets")
def resets(arena):
    peer = arena.peer("breaking.example")
    acknowledging = Acknowledging(arena, peer, 10)
    flood = pour(arena, peer, 100)
    waiting.until(lambda: sum(acknowledging.handled.values()) == 100, "all to be written", 60)
    equal(sum(flood.errors.values()), 0, "errors before")
    for stream in peer.accepted:
        stream.abort()
    waiting.until(lambda: sum(flood.errors.values()) >= 90, "what was not acknowledged", 60)
    say(dict(flood.errors))
    equal(dict(flood.errors), {TOO_LATE: 90}, "errors")
    equal(flood.numbers, set(range(10, 100)), "the numbers of those that came back")
    flood.leave()


@case("F74", "a peer that is gone without a word is found out, and all comes back")
def half_open(arena):
    peer = arena.peer("vanished.example")
    acknowledging = Acknowledging(arena, peer, 0)
    flood = pour(arena, peer, 100)
    waiting.until(lambda: acknowledging.asked, "<r/>", 60)
    for stream in peer.accepted:
        darken(stream.writer)
    waiting.until(lambda: sum(flood.errors.values()) >= 100, "all to come back", 120)
    say(dict(flood.errors))
    equal(dict(flood.errors), {TOO_LATE: 100}, "errors")
    true(len(acknowledging.proved) >= 1, "there was a stream")
    flood.leave()


if __name__ == "__main__":
    run(prepare)
