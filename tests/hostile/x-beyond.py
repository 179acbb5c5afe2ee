#!/usr/bin/python3
"""X: attacks that stand in no list."""

import asyncio
import itertools
import socket
import subprocess
import time

import runner  # noqa: F401, finds the other modules
import waiting
from arena import LOCAL, RELAY, TO_JULIET
from invariants import enough, memory, processor_time
from lab import escaped
from law import SMUGGLED
from places import Trap
from peer import END, MESSAGE, RESULT, STARTTLS, VERIFY, header
from runner import case, run
from tap import equal, say, true

MEGABYTE = 1 << 20
# More than are tried, and fewer than need TCP, which libunbound keeps open for a minute.
TARGETS = 12
_numbers = itertools.count(1)

QUESTIONS = (
    "<iq type='get' from='u@FROM/r' to='%s' id='N'><ping xmlns='urn:xmpp:ping'/></iq>" % RELAY,
    "<iq type='get' from='u@FROM/r' to='%s' id='N'>"
    "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>" % RELAY,
    "<iq type='get' from='u@FROM/r' to='%s' id='N'><query xmlns='u:x'/></iq>" % TO_JULIET,
    "<message from='u@FROM/r' to='nobody@%s' id='N'><body>who?</body></message>" % RELAY,
    VERIFY % ("FROM", RELAY, "N", "key"),
    RESULT % ("FROM", "x.nowhere." + LOCAL, "key"),
)


@case("X1", "who asks and asks, and never reads an answer, fills no memory")
def never_reads(arena):
    before = memory(arena.bridge.process.pid)
    for number, question in enumerate(QUESTIONS):
        stream = arena.peer("asker%d.example" % number).authenticated(RELAY)
        stream.writer.transport.pause_reading()
        text = "".join(question.replace("FROM", stream.peer.domain).replace("N", "q%d" % each)
                       for each in range(200)).encode()
        sent, ends = 0, time.monotonic() + 2
        while sent < 12 * MEGABYTE and time.monotonic() < ends and not stream.over:
            if stream.writer.transport.get_write_buffer_size() < MEGABYTE:
                stream.send(text)
                sent += len(text)
            waiting.pause(0)
        most = memory(arena.bridge.process.pid)
        say("%s...: %d KiB written, %d KiB of memory more" % (
            question[:14], sent >> 10, (most - before) >> 10))
        true(arena.invariants.is_watched or most < before + 16 * MEGABYTE, "memory is bounded")
        stream.abort()
    # What follows is measured against a heap with holes in it.
    arena.invariants.memory = max(arena.invariants.memory, memory(arena.bridge.process.pid))


def wrapped(address, times):
    for _ in range(times):
        address = escaped(address, RELAY)
    return address


@case("X2", "an address that leads through the relay into the relay again goes round nowhere")
def round_and_round(arena):
    peer = arena.peer("dizzy.example")
    stream = peer.authenticated(RELAY)
    began = processor_time(arena.bridge.process.pid)
    written = set()
    inner = ("juliet@" + LOCAL, "u@" + peer.domain, RELAY, "x@" + RELAY)
    for address in inner:
        for times in (2, 3, 6):
            to = wrapped(address, times)
            stream.send(MESSAGE % ("u@%s/r" % peer.domain, to, "round", SMUGGLED))
            ident = arena.write(wrapped(address, times - 1), "round")
            written.add(to)
            kind, condition = arena.juliet.wait_error(ident)
            true(condition in ("item-not-found", "not-allowed", "jid-malformed", "not-acceptable",
                               "remote-server-not-found", "forbidden", "not-authorized"),
                 "%s: %s %s" % (to, kind, condition))
    arena.delivered(stream.message(TO_JULIET))
    equal([stanza for stanza in peer.stanzas if stanza.get("type") != "error"], [],
          "what came round")
    true(processor_time(arena.bridge.process.pid) - began < enough(5), "time of the processor")
    # The errors come from where juliet wrote to, which names her, or us.
    arena.law.senders = [sender for sender in arena.law.senders if sender not in written]


@case("X3", "a conversation that is torn at any byte, in order or by a reset, leaves nothing")
def torn(arena):
    peer = arena.peer("torn.example")
    body = "<message from='u@%s/r' to='%s' id='t%%d'><body>%s</body></message>" % (
        peer.domain, TO_JULIET, "torn")
    vouched = peer.answer
    peer.answer = lambda stream, element, **more: vouched(stream, element, "valid", **more)
    arena.allow(peer.domain)
    text = (header(peer.domain, RELAY, " version='1.0'") + RESULT % (peer.domain, RELAY, "k")
            + body % 0 + body % 1 + END)

    async def tear(at, how):
        _reader, writer = await asyncio.open_connection(
            arena.bridge.address, arena.bridge.s2s, local_addr=(peer.address, 0))
        writer.write(text[:at].encode())
        await asyncio.sleep(0.02)
        if how == "end":
            writer.write_eof()
            await asyncio.sleep(0.02)
        elif how == "tls":
            writer.write(STARTTLS.encode())
            await asyncio.sleep(0.01)
        writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.transport.abort()

    async def all_of(how):
        places = list(range(0, len(text) + 1, 2))
        while places:
            now, places = places[:20], places[20:]
            await asyncio.gather(*(tear(at, how) for at in now))

    for how in ("end", "reset", "tls"):
        waiting.complete(all_of(how), "all to be torn", 120)
    arena.delivered(peer.authenticated(RELAY).message(TO_JULIET))


@case("X4", "many targets, or names that lead in a ring, are so many tries and no more")
def many_targets(arena):
    trap = Trap(arena.address())
    address, port = trap.address, trap.port
    for name in ("many", "addresses", "ring", "rings"):
        asked, trap.touched = len(arena.dns.asked), 0
        domain = name + ".targets.example"
        if name == "many":
            arena.dns.set_service(domain, *((number, 0, port, "t%d.%s" % (number, domain))
                                            for number in range(TARGETS)))
            arena.dns.add(*("t%d.%s A %s" % (number, domain, address)
                            for number in range(TARGETS)))
        elif name == "addresses":
            arena.dns.set_service(domain, (0, 0, port, "all." + domain))
            arena.dns.add(*("all.%s A %s" % (domain, address) for _ in range(2 * TARGETS)))
        elif name == "ring":
            arena.dns.add("_xmpp-server._tcp.%s CNAME a.%s" % (domain, domain),
                          "a.%s CNAME b.%s" % (domain, domain), "b.%s CNAME a.%s" % (domain, domain))
        else:
            arena.dns.set_service(domain, (0, 0, port, "c." + domain))
            arena.dns.add("c.%s CNAME d.%s" % (domain, domain), "d.%s CNAME c.%s" % (domain, domain))
        began = time.monotonic()
        error = arena.juliet.wait_error(arena.write("user@" + domain), 90)
        asked = len(arena.dns.asked) - asked
        say("%s: %s after %.1f s, %d tries, %d questions" % (
            name, error, time.monotonic() - began, trap.touched, asked))
        true(trap.touched <= 10, "tries: %d" % trap.touched)
        true(asked <= 6 * TARGETS, "questions: %d" % asked)
    trap.close()


@case("X5", "keys of TLS that are changed without an end cost a connection")
def key_updates(arena):
    before = processor_time(arena.bridge.process.pid)
    openssl = subprocess.Popen(
        ["openssl", "s_client", "-starttls", "xmpp-server", "-xmpphost", RELAY, "-tls1_3",
         "-connect", "%s:%d" % (arena.bridge.address, arena.bridge.s2s)],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    sent = 0
    try:
        ends = time.monotonic() + 30
        while openssl.poll() is None and time.monotonic() < ends:
            openssl.stdin.write(b"K\n")
            openssl.stdin.flush()
            sent += 1
            waiting.pause(0.002)
    except OSError:
        pass
    finally:
        openssl.kill()
        openssl.wait()
    used = processor_time(arena.bridge.process.pid) - before
    say("%d updates, %.2f s of the processor" % (sent, used))
    true(sent < 10000, "it is ended")
    true(used < enough(3), "time of the processor")


if __name__ == "__main__":
    run()
