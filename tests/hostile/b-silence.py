#!/usr/bin/python3
"""B: authoritative servers that give no answer, for which there is a time."""

import runner  # noqa: F401, finds the other modules
from arena import RELAY
from ports import dead_port
from runner import case, run
from tap import true


@case("B37", "an authoritative server that is silent, gone, mad, or the bridge itself")
def no_answer(arena):
    def silent(stream, _element):
        return True

    def mad(stream, _element):
        stream.send("<db:verify><<<")
        return True

    def closing(stream, _element):
        stream.abort()
        return True

    def error(stream, _element):
        stream.send("<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
                    "</stream:error></stream:stream>")
        return True

    claims = []
    for behaviour in (silent, mad, closing, error, None, None, None):
        peer = arena.peer()
        peer.on_element = behaviour
        claims.append(peer)
    looped, dead, gone = (peer for peer in claims if peer.on_element is None)
    arena.dns.set_service(looped.domain, (0, 0, arena.bridge.s2s, arena.bridge.address))
    arena.dns.set_service(dead.domain, (0, 0, dead_port(dead.address), dead.address))
    arena.dns.set_service(gone.domain)
    arena.dns.remove(gone.domain)
    streams = []
    for peer in claims:
        stream = peer.stream(RELAY)
        stream.dialback(RELAY)
        streams.append(stream)
    for stream in streams:
        true("valid" not in stream.denied(), "the answer for " + stream.peer.domain)


if __name__ == "__main__":
    run()
