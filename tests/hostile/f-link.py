#!/usr/bin/python3
"""F: a link to Prosody whose packets are lost."""

import re

import runner  # noqa: F401, finds the other modules
import lab
import waiting
from arena import JULIET, LOCAL, LOCALS, RELAY, escaped
from bridge import LINK_DOWN, LINK_UP
from dark import Road
from runner import case, run
from tap import equal, say, true

# Both hold their component for who had it; the second lets the newcomer in.
SHOP, MALL = "shop." + LOCAL, "mall." + LOCAL
KICK_OLD = re.compile(r'^\s*component_conflict_resolve = "kick_old"\n', re.MULTILINE)


def prepare(arena):
    """Two more relays, each over a road of its own."""
    arena.roads = {}
    blocks = KICK_OLD.sub("", lab.component_block(SHOP)[0]) + lab.component_block(MALL)[0]
    arena.a.configure(hosts=arena.hosts + blocks)
    for domain in (SHOP, MALL):
        road = Road(arena.address(), (arena.a.address, arena.a.component))
        arena.roads[domain] = road
        arena.bridge.component(domain, "relay", server=road.endpoint(), local_domains=LOCALS)
        arena.dns.set_service(domain, (0, 0, arena.bridge.s2s, arena.bridge.address))
        arena.relays.add(domain)
        arena.local.add(domain)


def both_ways(arena, stream, domain):
    """A message of a peer's to juliet by that relay, and one of hers."""
    arena.delivered(stream.message(escaped(JULIET, domain)), 60)
    ident = arena.write("user@" + stream.peer.domain, relay=domain)
    waiting.until(lambda: arena.law.is_kept_of(ident), "the message from juliet", 60)
    true(any(stanza.get("id") == ident for stanza in stream.peer.stanzas), "it is at the peer's")


@case("F85", "a link that is dead without a word is found out, and comes back as Prosody lets it",
      link_may_drop=True)
def half_open(arena):
    process, mark = arena.bridge.process, arena.bridge.process.mark()
    streams = {domain: arena.peer("caller-%s" % domain.split(".")[0] + ".example")
               .authenticated(domain) for domain in (SHOP, MALL)}
    for domain, stream in streams.items():
        both_ways(arena, stream, domain)
    for domain, stream in streams.items():
        arena.roads[domain].fall_dark()
        for _ in range(50):
            stream.message(escaped(JULIET, domain))
    for domain in streams:
        say(arena.bridge.wait_link_down(domain, mark, 120)[20:])
    # kick_old: Prosody throws out the one that gives no sign.
    mall = re.escape(MALL)
    process.wait_line(LINK_DOWN % mall + r"(?s:.*)" + LINK_UP % mall, mark, 60)
    both_ways(arena, streams[MALL], MALL)
    # kick_new: it keeps that one, and says so to the newcomer.
    hint = process.wait_line(re.escape(SHOP) + r".*does not take the link", mark, 60)
    say(hint[20:])
    true("already connected" in hint, "it names the cause")
    waiting.until(lambda: refusals(process, mark) >= 3, "three attempts", 60)
    bodies = [streams[SHOP].message(escaped(JULIET, SHOP)) for _ in range(20)]
    true(not streams[SHOP].over, "the stream of the peer goes on")
    since = process.mark()
    arena.roads[SHOP].give_up()
    arena.bridge.wait_link(SHOP, since, 60)
    for body in bodies:
        arena.delivered(body, 60)
    both_ways(arena, streams[SHOP], SHOP)
    equal(process.line(LINK_DOWN % re.escape(RELAY), mark), None, "the link of the others")


def refusals(process, mark):
    return len(re.findall(re.escape(SHOP) + ": link closed: .*already connected",
                          process.log(mark)))


if __name__ == "__main__":
    run(prepare)
