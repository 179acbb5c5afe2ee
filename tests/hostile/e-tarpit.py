#!/usr/bin/python3
"""E: name servers that never answer."""

import time

import runner  # noqa: F401, finds the other modules
import waiting
from arena import RELAY
from invariants import descriptors, memory
from names import SILENT
from runner import case, run
from tap import equal, say

NOT_FOUND = "remote-server-not-found"


def dig(arena, turn, count):
    """That many domains that a user writes to, and a hundred that peers say they are."""
    began = time.monotonic()
    for number in range(5):
        stream = arena.peer("digger%d-%d.example" % (turn, number)).stream(RELAY)
        for each in range(20):
            stream.dialback(RELAY, "from%d-%d-%d.pit.example" % (turn, number, each))
    idents = [arena.write("user@d%d-%d.pit.example" % (turn, number)) for number in range(count)]
    peer = arena.peer("healthy%d.example" % turn)
    ident = arena.write("user@" + peer.domain)
    waiting.until(lambda: any(stanza.get("id") == ident for stanza in peer.stanzas),
                  "the message to the healthy one", 60)
    healthy = time.monotonic() - began
    early = [stanza for stanza in arena.juliet.messages if stanza["type"] == "error"]
    equal(len(early), 0, "errors of the tar-pit, before that")
    for each in idents:
        equal(arena.juliet.wait_error(each, 120), ("wait", NOT_FOUND), "error of the tar-pit")
    say("healthy after %.1f s, all errors after %.1f s" % (healthy, time.monotonic() - began))


@case("E69", "five hundred domains whose servers never answer hold up nobody else")
def tar_pit(arena):
    arena.dns.behave("pit.example", SILENT)
    dig(arena, 1, 400)
    # The resolver keeps room for so many questions: a second time must cost nothing more.
    arena.invariants.memory = max(arena.invariants.memory, memory(arena.bridge.process.pid))
    dig(arena, 2, 100)
    # libunbound asks on for a while after nobody wants to know.
    arena.close_peers()
    waiting.until(lambda: descriptors(arena.bridge.process.pid) <= arena.invariants.descriptors,
                  "libunbound to give up", 180)


if __name__ == "__main__":
    run()
