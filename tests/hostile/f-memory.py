#!/usr/bin/python3
"""F: memory that runs out.

$HOSTILE_ALL plays each of the 5000 failing allocations, which takes an hour or two.
"""

import base64
import mmap
import os
import re
import resource
import signal
import struct

import runner  # noqa: F401, finds the other modules
import waiting
from arena import LOCAL
from bridge import LINK_DOWN, find_program
from invariants import is_watched, memory
from peer import AUTH, header, tls_context
from runner import case, run
from tap import Skip, equal, say, true
from twin import SHOP, TO_JULIET, Twin, prepare

MOST = 5000
# How GLib ends a process that has no memory.
ABORTED = (-signal.SIGABRT, -signal.SIGTRAP)
ROOM = 20 << 20
# Streams that send a stanza of 190 KB each, in pieces.
CROWD, PIECES = 120, 40
# The three numbers of failing-malloc.c.
CONTROL = 24


def numbers(count):
    """Which allocations fail: all, or so many that grow apart."""
    if "HOSTILE_ALL" in os.environ:
        return range(1, MOST + 1)
    return sorted({round(MOST ** (step / count)) for step in range(count + 1)})


class Starved(Twin):
    """A twin of which allocations fail."""

    def __init__(self, arena):
        super().__init__(arena)
        path = os.path.join(arena.folder, "allocations")
        with open(path, "wb") as control:
            control.write(bytes(CONTROL))
        with open(path, "r+b") as control:
            self.control = mmap.mmap(control.fileno(), CONTROL)
        library = os.path.join(os.path.dirname(find_program()), "tests", "hostile", ".libs",
                               "failing-malloc.so")
        true(os.path.exists(library), library)
        self.process.env.update(LD_PRELOAD=library, FAILING_MALLOC=path)
        # A core would be written where it is not forbidden.
        resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)

    def count(self):
        return struct.unpack("QQQ", self.control)[0]

    def fail(self, number):
        """The allocation of that number, from the start of the process; 0 for none."""
        self.control[8:16] = struct.pack("Q", number)

    def has_failed(self):
        count, failing, _ours = struct.unpack("QQQ", self.control)
        return 0 < failing <= count

    def reset(self):
        self.control[:] = bytes(CONTROL)

    def start(self):
        self.reset()
        self.bridge.start()

    def ended(self):
        """Its exit status, or None."""
        return self.process.child.poll()

    def check_end(self, allowed=ABORTED):
        """By abort; libraries may do as they like."""
        crashed = self.ended() == -signal.SIGSEGV and not struct.unpack("QQQ", self.control)[2]
        true(crashed or self.ended() in allowed, "it ends by abort, not with %s: %s" % (
            self.ended(), self.process.tail(5)))

    def check_files(self):
        """No secret is in the log, nor in a core from before cores were forbidden."""
        for name in os.listdir(self.arena.folder):
            path = os.path.join(self.arena.folder, name)
            if name.startswith("core") or path == self.process.log_path:
                with open(path, "rb") as written:
                    content = written.read()
                true(not any(secret.encode() in content for secret in self.arena.secrets),
                     "a secret in " + name)
                if name.startswith("core"):
                    os.unlink(path)


class Conversation:
    """What a peer and juliet say to each other by the twin, and what became of it."""

    turns = 0

    def __init__(self, arena, twin):
        Conversation.turns += 1
        self.arena, self.law, self.twin = arena, arena.law, twin
        self.mark = twin.process.mark()
        self.peer = arena.peer("teller%d.cert.example" % Conversation.turns)
        self.certificate = arena.certificate(self.peer.domain)
        self.peer.context = tls_context(server=True, certificate=self.certificate)
        arena.allow(self.peer.domain)
        self.said = {}          # id to stream
        self.acknowledged = []  # ids
        self.asked = []         # ids of juliet's

    def message(self, stream):
        ident = stream.message(TO_JULIET).split()[1]
        self.said[ident] = stream
        return ident

    def acknowledging(self):
        """A stream in TLS by EXTERNAL, with XEP-0198; some messages, and how many were taken."""
        stream = self.peer.stream(SHOP)
        stream.starttls(SHOP, tls_context(certificate=self.certificate))
        stream.send(AUTH % base64.b64encode(self.peer.domain.encode()).decode())
        stream.take("success")
        stream.restart()
        stream.open(SHOP)
        stream.send("<enable xmlns='urn:xmpp:sm:3'/>")
        stream.take("enabled")
        idents = [self.message(stream) for _ in range(5)]
        for _ in range(40):
            stream.send("<r xmlns='urn:xmpp:sm:3'/>")
            handled = int(stream.take("a").get("h"))
            self.acknowledged = idents[:handled]
            if handled == len(idents):
                return
            waiting.pause(0.05)

    def ask(self):
        self.asked.append(self.arena.write("user@" + self.peer.domain, relay=SHOP))

    def play(self):
        """As far as it goes; answers what went wrong."""
        try:
            self.ask()
            self.acknowledging()
            self.twin.process.send_signal(signal.SIGHUP)
            stranger = self.peer.connect()
            stranger.send(header(self.peer.domain, "nowhere." + LOCAL))
            stranger.refused(("host-unknown", "improper-addressing"))
        except (AssertionError, OSError) as error:
            return str(error)
        return None

    def check(self, lives):
        """What was acknowledged has arrived; where the twin lives, all has ended somewhere."""
        waiting.until(lambda: all(map(self.law.is_kept_of, self.acknowledged)),
                      "what was acknowledged to arrive")
        for stream in self.peer.streams:
            true(not isinstance(stream.error, AssertionError), stream.error)
        if lives:
            waiting.until(lambda: all(self.law.is_kept_of(ident) or stream.over
                                      for ident, stream in self.said.items()),
                          "the messages of the peer to end somewhere", 60)
        # What was on a link that ended is Prosody's, and has not been read.
        if lives and not self.twin.process.line(LINK_DOWN % re.escape(SHOP), self.mark):
            waiting.until(lambda: all(map(self.law.is_kept_of, self.asked)),
                          "the messages to the peer to end somewhere", 60)
        for ident in list(self.said) + self.asked:
            self.law.forget(ident)


def lives(arena):
    """It serves somebody who comes anew."""
    Conversation.turns += 1
    stream = arena.peer("after%d.example" % Conversation.turns).authenticated(SHOP)
    arena.delivered(stream.message(TO_JULIET))
    return True


def lives_still(arena, twin):
    """The same; what has failed may have been for who came first."""
    try:
        return lives(arena)
    except (AssertionError, OSError):
        return twin.ended() is None and lives(arena)


def is_alive(arena, twin, serves):
    """Or it has ended: which of the two may take a while to be seen."""
    try:
        return twin.ended() is None and serves(arena)
    except (AssertionError, OSError):
        waiting.until(lambda: twin.ended() is not None, "it to end, as it serves nobody")
        return False


def one(arena, twin, number):
    """That allocation from now on fails; answers what came of it."""
    twin.fail(twin.count() + number)
    conversation = Conversation(arena, twin)
    wrong = conversation.play()
    how = "unnoticed" if twin.has_failed() else "out of reach"
    if wrong and twin.ended() is None:
        how = "told"
        # A process that is about to end may close what it has first.
        waiting.pause(0.2)
    alive = is_alive(arena, twin, lambda arena: lives_still(arena, twin))
    if not alive:
        how = "ended"
        twin.check_end()
        twin.check_files()
    conversation.check(alive)
    twin.fail(0)
    if not alive:
        twin.start()
        true(lives(arena), "it lives again")
    arena.close_peers()
    return how


@case("F88", "an allocation that fails is a stream that ends, or a process that does",
      link_may_drop=True)
def failing(arena):
    if is_watched():
        raise Skip("the sanitizer has an allocator of its own")
    twin = Starved(arena)
    twin.start()
    mark = arena.a.process.mark()
    counts, since = {}, arena.bridge.process.mark()
    with twin:
        true(lives(arena), "it lives")
        for number in numbers(30):
            how = one(arena, twin, number)
            counts[how] = counts.get(how, 0) + 1
    say(counts)
    true(counts.get("ended"), "some ended it")
    equal(arena.a.process.line("not-well-formed|invalid-xml|xml-not", mark), None, "Prosody's log")
    equal(arena.bridge.process.line("link (down|closed)", since), None, "the log of the other")
    twin.check_files()
    equal(twin.process.stop(), 0, "exit status")


@case("F88b", "one that fails while the process starts ends it, or is no harm",
      link_may_drop=True)
def starting(arena):
    if is_watched():
        raise Skip("the sanitizer has an allocator of its own")
    twin = Starved(arena)
    counts = {}
    for number in numbers(20):
        twin.reset()
        twin.fail(number)
        mark = twin.process.mark()
        twin.bridge.start(wait_links=False)
        waiting.until(lambda: twin.ended() is not None
                      or twin.process.line("link up", mark), "it to end, or to be up")
        if twin.ended() is None:
            how = "up"
            twin.fail(0)
            # It may have failed behind the line of the log that was waited for.
            late = ABORTED if twin.count() >= number else ()
            twin.process.stop()
            twin.check_end((0,) + late)
        else:
            how = "ended"
            twin.check_end(ABORTED + (1,))
        twin.check_files()
        counts[how] = counts.get(how, 0) + 1
    say(counts)


def mapped(pid):
    """Bytes of the address space that a process uses."""
    with open("/proc/%d/statm" % pid, encoding="ascii") as statm:
        return int(statm.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def crowd(arena, twin):
    """So many that what they send does not fit; what of it was not taken, they know of."""
    streams = [arena.peer().authenticated(SHOP) for _ in range(CROWD)]
    conversation = Conversation(arena, twin)

    def press():
        wrong = conversation.play()
        for piece in range(PIECES):
            for stream in streams:
                stream.piecewise(TO_JULIET, "pressure" * 600, piece, PIECES)
            waiting.pause(0.01)
        return wrong

    return streams, conversation, press


@case("F88c", "twenty megabytes more under load are as many streams as they are, or a restart",
      link_may_drop=True)
def limited(arena):
    if is_watched():
        raise Skip("the sanitizer maps terabytes")
    twin = Starved(arena)
    for what, measure in (("is resident", memory), ("is mapped", mapped)):
        twin.start()
        with twin:
            streams, conversation, press = crowd(arena, twin)
            limit = measure(twin.process.pid) + ROOM
            resource.prlimit(twin.process.pid, resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
            wrong = press()
            waiting.pause(1)
            if twin.ended() is None:
                resource.prlimit(twin.process.pid, resource.RLIMIT_AS,
                                 (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            alive = is_alive(arena, twin, lives)
            say("20 MB more than %s: %s; %s" % (
                what, "it lives" if alive else "ended by %s" % twin.ended(), wrong or "all well"))
            if not alive:
                twin.check_end()
            for stream in streams:
                conversation.said[stream.ident] = stream
            conversation.check(alive)
            for stream in streams:
                true(not isinstance(stream.error, AssertionError), stream.error)
            if not alive:
                twin.start()
                true(lives(arena), "it lives again")
            arena.close_peers()
        twin.check_files()
        equal(twin.process.stop(), 0, "exit status")


if __name__ == "__main__":
    run(prepare)
