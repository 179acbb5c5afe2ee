#!/usr/bin/python3
"""D: floods, limits, names and the log."""

import contextlib
import resource
import socket

import runner  # noqa: F401, finds the other modules
import ports
import waiting
from arena import LOCAL, RELAY, TO_JULIET, be_patient, escaped
from invariants import descriptors
from peer import HEADER, header
from runner import case, run
from tap import equal, say, true

UNPROVED = 8


def prepare(arena):
    """The limits by address are what they are by default."""
    limits = arena.bridge.groups["limits"]
    limits["unauthenticated-per-address"] = str(UNPROVED)
    # The laboratory comes with as many as it has peers, all of them from addresses of
    # their own, but for TLS and dialback one after the other.
    limits["accept-rate-per-address"] = "10"
    be_patient(arena)


class Crowd:
    """Bare connections to the bridge, of which nothing is said."""

    def __init__(self, arena):
        self.place = (arena.bridge.address, arena.bridge.s2s)
        self.open = []
        self.refused = 0
        self.told = b""

    def come(self, count, addresses):
        """That many, from the addresses by turns."""
        for number in range(count):
            one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            one.bind((addresses[number % len(addresses)], 0))
            one.setblocking(False)
            one.connect_ex(self.place)
            self.open.append(one)
            if number % 50 == 0:
                waiting.pause(0)

    def prod(self):
        """A blank from each.  Where the kernel has forgotten a connection, because it was too
        busy to hand it over (tcp(7), tcp_syncookies), nobody learns of it otherwise."""
        for one in self.open:
            with contextlib.suppress(OSError):
                one.send(b" ")
        waiting.pause(0.3)

    def look(self):
        """How many are still open; what was said to any is in `told`."""
        kept = []
        for one in self.open:
            try:
                data = one.recv(4096)
                self.told += data
                if data:
                    kept.append(one)
                else:
                    one.close()
            except BlockingIOError:
                kept.append(one)
            except OSError:
                one.close()
        self.refused += len(self.open) - len(kept)
        self.open = kept
        return len(kept)

    def go(self):
        for one in self.open:
            one.close()
        self.open = []


@case("D57", "2000 connections from one address: few are kept, the others closed without a word")
def one_address(arena):
    crowd = Crowd(arena)
    address = arena.address()
    crowd.come(2000, [address])
    waiting.until(lambda: crowd.prod() or crowd.look() <= UNPROVED,
                  "the crowd to be refused", 60)
    say("%d kept, %d refused" % (crowd.look(), crowd.refused))
    equal(crowd.told, b"", "what they were told")
    # Whoever comes from elsewhere is let in while they stand there.
    stream = arena.peer("elsewhere.example").authenticated(RELAY)
    arena.delivered(stream.message(TO_JULIET))
    crowd.go()


@case("D59", "without descriptors the link and the streams live, and who comes later is let in")
def descriptors_gone(arena):
    pid = arena.bridge.process.pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    stream = arena.peer("early.example").authenticated(RELAY)
    mark = arena.bridge.process.mark()
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (descriptors(pid) + 10, hard))
    crowd = Crowd(arena)
    addresses = [arena.address() for _ in range(50)]
    try:
        crowd.come(300, addresses)
        arena.delivered(stream.message(TO_JULIET))
        waiting.pause(1)
        arena.delivered(stream.message(TO_JULIET))
        true(descriptors(pid) <= resource.prlimit(pid, resource.RLIMIT_NOFILE)[0], "under the limit")
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
    lines = [line for line in arena.bridge.process.log(mark).splitlines()
             if "descriptor" in line.lower() or "open files" in line]
    say("%d lines of the log tell of it" % len(lines))
    true(len(lines) <= 5, "lines: %s" % lines[:6])
    crowd.go()
    late = arena.peer("late.example").authenticated(RELAY)
    arena.delivered(late.message(TO_JULIET))


@case("D62", "names and texts of a peer are printed so that nothing of them works")
def names_in_the_log(arena):
    nasty = ("a\nb", "\x85c", "\u202egnirts", "%s%n%s%n", "x" * 65000, "[2J")
    peer = arena.peer("noisy.example")
    for text in nasty:
        quoted = text.replace("\n", "&#10;").replace("\x85", "&#133;")
        stream = peer.connect()
        stream.send(HEADER % (" from='%s.example'" % quoted, " to='%s'" % RELAY,
                              " version='1.0'"))
        stream.closed()
        stream = peer.stream(RELAY)
        stream.send("<stream:error><undefined-condition xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
                    "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>%s</text></stream:error>"
                    "</stream:stream>" % quoted[:8000])
        stream.closed()
    stream = peer.connect()
    stream.send(b"<stream:stream \x1b[2J>")
    stream.closed()
    long = [line for line in arena.bridge.process.log(arena.invariants.marks[0]).splitlines()
            if len(line) > 1000]
    equal(long, [], "long lines")


@case("D62b", "a thousand attempts that fail are not a thousand lines")
def many_failures(arena):
    mark = arena.bridge.process.mark()
    peers = [arena.peer("fail%d.example" % number) for number in range(20)]
    for _ in range(50):
        for peer in peers:
            one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            one.bind((peer.address, 0))
            one.connect((arena.bridge.address, arena.bridge.s2s))
            try:
                one.sendall(b"GET / HTTP/1.0\r\n\r\n")
            except OSError:
                pass  # it has refused us already
            one.close()
        waiting.pause(0.02)
    say("%d lines of the log" % len(arena.bridge.process.log(mark).splitlines()))


@case("D64", "what is no domain name is refused, and the DNS is never asked for it")
def no_names(arena):
    asked = len(arena.dns.asked)
    peer = arena.peer()
    for name, condition in (
            ("a" * 64 + ".example", "improper-addressing"),
            (".".join(["a" * 60] * 5) + ".example", "improper-addressing"),
            ("b" * 1024, "improper-addressing"), ("a..b", "improper-addressing"),
            (".a", "improper-addressing"), ("-a.example", "improper-addressing"),
            ("a/b", "improper-addressing"), ("[::1]", "policy-violation"),
            ("127.0.0.1", "policy-violation")):
        stream = peer.connect()
        stream.send(header(name, RELAY))
        error = stream.refused(("improper-addressing", "policy-violation", "invalid-from"))
        word = error[0].tag.rpartition("}")[2]
        say("%s: %s" % (name[:20], word))
        equal(word, condition, "condition for " + name[:40])
    stream = peer.connect()
    stream.send(header(peer.domain, RELAY).encode().replace(b"evil", b"ev\0l"))
    stream.refused("not-well-formed")
    for name in ("a" * 64 + ".example", "a..b", ".a", "-a.example"):
        ident = arena.law.next_id()
        arena.law.sent(ident)
        # What is no address comes back as it was written.
        arena.written.add(name)
        arena.juliet.send(escaped("user@" + name, RELAY), "nowhere", id=ident)
        # To the relay it is a localpart that stands for nobody.
        equal(arena.juliet.wait_error(ident), ("cancel", "item-not-found"), "error for " + name[:20])
    for name in ("127.0.0.1",):
        ident = arena.law.next_id()
        arena.law.sent(ident)
        arena.written.add(name)
        arena.juliet.send(escaped("user@" + name, RELAY), "nowhere", id=ident)
        equal(arena.juliet.wait_error(ident), ("cancel", "not-allowed"), "error for " + name)
    equal([name for name, _ in arena.dns.asked[asked:] if not name.endswith("canary.example")], [],
          "questions to the DNS")


if __name__ == "__main__":
    run(prepare)
