#!/usr/bin/python3
"""E: name servers that never answer."""

import time

import runner  # noqa: F401, finds the other modules
import waiting
from arena import RELAY
from invariants import descriptors, memory
from lab import escaped
from names import REFUSED, SILENT
from runner import case, run
from tap import equal, say, true

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


@case("E69b", "a user who floods the DNS with dead names holds up no other")
def dead_names(arena):
    arena.dns.behave("dead.example", SILENT)
    nurse = arena.login("nurse@%s/pit" % arena.a.domain)
    peers = [arena.peer("healthy%d.example" % number) for number in range(4)]
    names, began = {}, time.monotonic()

    def flood(until):
        """200 names a second."""
        while not until():
            due = min(int((time.monotonic() - began) * 200), len(names) + 50)
            for number in range(len(names), due):
                name = "d%d.dead.example" % number
                names[arena.write("user@" + name)] = name
            waiting.pause(0.02)

    for number, peer in enumerate(peers):
        flood(lambda: len(names) >= 1000 * (number + 1))
        arena.written.add(peer.domain)
        sent = time.monotonic()
        ident = nurse.send(escaped("user@" + peer.domain, RELAY), "to " + peer.domain)
        flood(lambda: peer.stanzas or time.monotonic() - sent > 60)
        equal([stanza.get("id") for stanza in peer.stanzas], [ident], "messages at " + peer.domain)
        say("%d names, a wait of %.1f s" % (len(names), time.monotonic() - sent))
    nurse.logout()

    # Nothing was asked about most of them, and so they do not rest.
    refused = waiting.until(
        lambda: [names[stanza["id"]] for stanza in arena.juliet.messages
                 if stanza["type"] == "error" and stanza["id"] in names
                 and stanza["error"]["condition"] == "resource-constraint"], "refusals", 60)
    name = refused[-1]
    equal(arena.dns.count(name), 0, "questions about " + name)
    waiting.until(arena.law.is_kept, "the names to be given up", 120)
    arena.dns.behave(name, REFUSED)
    again = arena.write("user@" + name)
    equal(arena.juliet.wait_error(again, 60), ("wait", NOT_FOUND), "error for it afterwards")
    # What libunbound had for hundreds of questions at once it keeps.
    pid = arena.bridge.process.pid
    true(memory(pid) < arena.invariants.memory + 16 * (1 << 20), "memory is bounded")
    arena.invariants.memory = max(arena.invariants.memory, memory(pid))
    arena.close_peers()
    waiting.until(lambda: descriptors(pid) <= arena.invariants.descriptors,
                  "libunbound to give up", 180)


if __name__ == "__main__":
    run()
