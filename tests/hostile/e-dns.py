#!/usr/bin/python3
"""E: the DNS, and connections to other servers."""

import asyncio
import contextlib
import socket
import time

import runner  # noqa: F401, finds the other modules
import ports
import waiting
from arena import RELAY
from names import REFUSED, SERVFAIL, SILENT
from peer import tls_context
from places import Trap, blackhole
from runner import case, run
from tap import equal, say, true

NOT_FOUND = "remote-server-not-found"


@contextlib.contextmanager
def refusing(arena):
    """Private addresses are refused, as they are by default."""
    federation = arena.bridge.groups["federation"]
    federation["private-addresses"] = "refuse"
    arena.bridge.reload()
    try:
        yield
    finally:
        federation["private-addresses"] = "allow"
        arena.bridge.reload()


def told(arena, domain, seconds=waiting.SECONDS):
    """What a message to that domain brings back: (type, condition)."""
    return arena.juliet.wait_error(arena.write("user@" + domain), seconds)


@case("E65", "names that lead back to us, or to the machine, are not followed")
def ourselves(arena):
    trap = Trap(arena.address())
    mark = arena.bridge.process.mark()
    connected = arena.a.process.mark()
    places = {"loopback": (trap.port, trap.address), "six": (trap.port, "::1"),
              "link": (arena.a.component, arena.a.address), "any": (trap.port, "0.0.0.0"),
              "own": (arena.bridge.s2s, arena.bridge.address), "mapped": (trap.port, None)}
    with refusing(arena):
        for name, (port, address) in places.items():
            domain = name + ".trap.example"
            arena.dns.set_service(domain, (0, 0, port, address or "host." + domain))
            if not address:
                arena.dns.add("host.%s AAAA ::ffff:%s" % (domain, trap.address))
            equal(told(arena, domain), ("cancel", NOT_FOUND), "error for " + name)
    equal(trap.touched, 0, "connections to the trap")
    log = arena.bridge.process.log(mark)
    for name in places:
        lines = [line for line in log.splitlines()
                 if name + ".trap.example" in line and "address policy" in line]
        equal(len(lines), 1, "lines that tell of %s: %s" % (name, lines))
    equal(arena.a.process.line("Incoming component|component connected", connected), None,
          "connections to the component port")
    trap.close()


@case("E67", "addresses of clouds, of private networks and well-known ports are refused")
def private(arena):
    peer = arena.peer("exempt.example")
    arena.bridge.groups["peer exempt.example"] = {
        "encryption": "optional", "address": "%s:%d" % (peer.address, peer.port)}
    with refusing(arena):
        for number, address in enumerate((
                "169.254.169.254", "10.1.1.1", "172.16.0.1", "192.168.1.1", "100.64.0.1",
                "fe80::1", "fc00::1", "::ffff:10.1.1.1", "0.0.0.0", "::")):
            domain = "private%d.example" % number
            kind = "AAAA" if ":" in address else "A"
            arena.dns.set_service(domain, (0, 0, 5269, "host." + domain))
            arena.dns.add("host.%s %s %s" % (domain, kind, address))
            equal(told(arena, domain), ("cancel", NOT_FOUND), "error for " + address)
        for port in (22, 25, 80):
            domain = "port%d.example" % port
            arena.dns.set_service(domain, (0, 0, port, "192.0.2.1"))
            equal(told(arena, domain), ("cancel", NOT_FOUND), "error for port %d" % port)
        # What the operator has written is not refused.
        ident = arena.write("user@exempt.example", "let through")
        waiting.until(lambda: any(stanza.get("id") == ident for stanza in peer.stanzas),
                      "the message at the peer whose address is configured")
    del arena.bridge.groups["peer exempt.example"]
    arena.bridge.reload()


@case("E68", "the target . means no service; records of both kinds are one list")
def both_kinds(arena):
    arena.dns.set_service("dot.example", (0, 0, 0, "."))
    arena.dns.add("dot.example A " + arena.a.address)
    equal(told(arena, "dot.example"), ("cancel", NOT_FOUND), "error for .")
    true(("dot.example", "A") not in arena.dns.asked, "no fall-back to the address")
    plain_first, secure_first = 0, 10
    for name, priorities in (("only", None), ("plain", (plain_first, 10)),
                             ("secure", (secure_first, 0))):
        peer = arena.peer(name + "-mixed.example")
        direct = []

        async def serve(reader, writer, peer=peer, direct=direct):
            direct.append(True)
            await peer._serve(reader, writer)

        port = ports.dead_port(peer.address)
        context = tls_context(server=True, certificate=arena.certificate(peer.domain))
        server = waiting.complete(asyncio.start_server(serve, peer.address, port, ssl=context),
                                  "a port for direct TLS")
        arena.dns.set_service(peer.domain, (priorities[1] if priorities else 0, 0, port,
                                            peer.address), service="_xmpps-server")
        if priorities:
            arena.dns.set_service(peer.domain, (priorities[0], 0, peer.port, peer.address))
        else:
            arena.dns.remove("_xmpp-server._tcp." + peer.domain)
        ident = arena.write("user@" + peer.domain)
        waiting.until(lambda: any(stanza.get("id") == ident for stanza in peer.stanzas),
                      "the message at " + peer.domain)
        equal(bool(direct), name != "plain", "direct TLS with " + name)
        server.close()


@case("E71", "each answer of the DNS has its own error, and is asked for once")
def answers(arena):
    arena.dns.add("something.nodata.example TXT here")
    arena.dns.behave("servfail.example", SERVFAIL)
    arena.dns.behave("refused.example", REFUSED)
    arena.dns.behave("silent.example", SILENT)
    silent = arena.write("user@silent.example")
    wanted = {"nx.example": "cancel", "nodata.example": "cancel", "servfail.example": "wait",
              "refused.example": "wait"}
    for domain, kind in wanted.items():
        equal(told(arena, domain), (kind, NOT_FOUND), "error for " + domain)
        falls_back = (domain, "A") in arena.dns.asked
        equal(falls_back, kind == "cancel", "fall-back to the address of " + domain)
        asked = arena.dns.count(domain)
        idents = [arena.write("user@" + domain) for _ in range(250)]
        for ident in idents:
            arena.juliet.wait_error(ident)
        equal(arena.dns.count(domain), asked, "questions about %s, after 250 more" % domain)
    equal(arena.juliet.wait_error(silent, 120), ("wait", NOT_FOUND), "error for no answer")


@case("E72", "the third of three targets is reached, and a dark IPv6 costs nothing")
def third(arena):
    port, held = blackhole(socket.AF_INET, arena.address())
    peer = arena.peer("third.example")
    arena.dns.set_service(
        peer.domain, (1, 0, port, held[0].getsockname()[0]),
        (2, 0, ports.dead_port(peer.address), "dead." + peer.domain),
        (3, 0, peer.port, peer.address))
    arena.dns.add("dead.%s A %s" % (peer.domain, peer.address))
    in_order(arena, peer, "the third target")
    if ports.has_ipv6():
        peer = arena.peer("dark.example")
        port, dark = blackhole(socket.AF_INET6, "::1")
        held += dark
        # Both families stand behind one port.
        server = waiting.complete(asyncio.start_server(peer._serve, peer.address, port), "a port")
        arena.dns.set_service(peer.domain, (0, 0, port, "both." + peer.domain))
        arena.dns.add("both.%s A %s" % (peer.domain, peer.address), "both.%s AAAA ::1" % peer.domain)
        in_order(arena, peer, "IPv4")
        server.close()
    for each in held:
        each.close()


def in_order(arena, peer, what):
    """20 messages arrive in order, and each of them once."""
    mark, began = arena.bridge.process.mark(), time.monotonic()
    idents = [arena.write("user@" + peer.domain) for _ in range(20)]
    waiting.until(lambda: len(peer.stanzas) >= len(idents), "20 messages by " + what, 60)
    say("%s after %.1f s" % (what, time.monotonic() - began))
    equal([stanza.get("id") for stanza in peer.stanzas], idents, "messages by " + what)
    attempts = [line for line in arena.bridge.process.log(mark).splitlines()
                if peer.domain in line and "connecting to" in line]
    true(len(attempts) <= 10, "attempts: %s" % attempts)


if __name__ == "__main__":
    run()
