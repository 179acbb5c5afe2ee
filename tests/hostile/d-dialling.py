#!/usr/bin/python3
"""D: a user of ours who writes to names that all lead to silent servers."""

import asyncio

import runner  # noqa: F401, finds the other modules
import ports
import waiting
from arena import RELAY, TO_JULIET
from runner import case, run
from tap import equal, say, true

CONNECTIONS = 64  # [limits], in all
MOST = 8          # unauthenticated-per-address
CROWD = 80        # names


class Tarpit:
    """Takes connections, and says nothing on them."""

    def __init__(self, address):
        self.address, self.port = address, ports.dead_port(address)
        self.open = []
        self.most = 0
        self.server = waiting.complete(asyncio.start_server(self._hold, address, self.port),
                                       "a port that says nothing")

    async def _hold(self, reader, writer):
        self.open.append(writer)
        self.most = max(self.most, len(self.open))
        try:
            while await reader.read(4096):
                pass
        except OSError:
            pass
        self.open.remove(writer)
        writer.close()


def write_to_all(arena, pits, name):
    """Messages to CROWD names that lead to the pits by turns."""
    for number in range(CROWD):
        domain = "%s%d.tar.example" % (name, number)
        pit = pits[number % len(pits)]
        arena.dns.set_service(domain, (0, 0, pit.port, pit.address))
        arena.write("u@" + domain)


def assert_others_live(arena, name, mark):
    """Whoever comes is let in, and proves himself; and a domain that is new is reached."""
    newcomer = arena.peer("newcomer-%s.example" % name)
    arena.delivered(newcomer.authenticated(RELAY).message(TO_JULIET))
    healthy = arena.peer("healthy-%s.example" % name)
    ident = arena.write("user@" + healthy.domain)
    waiting.until(lambda: any(stanza.get("id") == ident for stanza in healthy.stanzas),
                  "the message at the healthy peer", 60)
    log = arena.bridge.process.log(mark)
    true("others need the place" not in log, "nobody is cut for our own attempts")


@case("D58b", "eighty names that lead to one silent server: it has few connections from us")
def one_pit(arena):
    mark = arena.bridge.process.mark()
    pit = Tarpit(arena.address())
    write_to_all(arena, [pit], "one")
    waiting.until(lambda: pit.most >= MOST, "as many connections as there may be")
    equal(pit.most, MOST, "connections before any is closed")
    assert_others_live(arena, "one", mark)
    # Before it hears that one is closed there may be the next.
    true(pit.most < 2 * MOST, "%d connections at one address" % pit.most)
    pit.server.close()


@case("D58c", "the same with many servers: half of all connections is left to the others")
def many_pits(arena):
    mark = arena.bridge.process.mark()
    pits = [Tarpit(arena.address()) for _ in range(10)]
    write_to_all(arena, pits, "many")
    waiting.until(lambda: sum(len(pit.open) for pit in pits) >= CONNECTIONS // 2 - MOST,
                  "many connections")
    assert_others_live(arena, "many", mark)
    say("most at one address: %d" % max(pit.most for pit in pits))
    true(max(pit.most for pit in pits) < 2 * MOST, "connections at one address")
    true(sum(len(pit.open) for pit in pits) <= CONNECTIONS // 2 + MOST, "connections in all")
    for pit in pits:
        pit.server.close()


def prepare(arena):
    limits = arena.bridge.groups["limits"]
    limits["connections"] = str(CONNECTIONS)
    limits["unauthenticated-per-address"] = str(MOST)


if __name__ == "__main__":
    run(prepare)
