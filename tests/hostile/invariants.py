"""What must hold after every case, I1 to I8 of the adversarial test plan."""

import os
import re
import time
from collections import Counter

import ports
import waiting
from bridge import LINK_DOWN, find_program
from process import descriptors
from tap import equal, say, true

# Seconds: for the memory and the descriptors of a case to be given back.
SETTLE = 60
# Seconds: what is told is measured; this is for a machine of any kind.
PATIENCE = 90
# Seconds of the processor that work () takes where the bounds on such time were set.
WORK = 0.07
# Lines of the log about one source, as component/journal.c bounds them: those that name it, and
# as many from before its streams had a name.
LINES_A_SECOND = 2 * 20
GROWTH = 1.05
# Bytes: what a heap keeps in pieces after a crowd.  The same crowd again takes no more.
PIECES = 1 << 20

LINE = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (\w+):? (.*)$")
STREAM_NUMBER = re.compile(r"(?:in|out)-\d+")
CONNECTED = re.compile(r"connected from ([0-9.]+):")
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def memory(pid):
    """Resident bytes of a process."""
    with open("/proc/%d/statm" % pid, encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def is_watched():
    """Built with the address sanitizer, which keeps what is freed for a while."""
    with open(find_program(), "rb") as program:
        return b"__asan_init" in program.read()


def processor_time(pid):
    """Seconds that a process has used so far."""
    with open("/proc/%d/stat" % pid, encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def work():
    """Seconds of the processor that something takes which is the same everywhere."""
    began = time.process_time()
    sum(number * number for number in range(500000))
    return time.process_time() - began


def enough(seconds):
    """So much processor time is enough, on a machine as fast as this one is just now."""
    return seconds * max(1.0, max(work() for _ in range(3)) / WORK)


class Invariants:
    """Measured when it is made; begin () and check () are around each case."""

    def __init__(self, arena):
        self.arena = arena
        self.pid = arena.bridge.process.pid
        waiting.until(self._is_settled, "connections to be closed", SETTLE)
        waiting.pause(0.3)
        self.descriptors = descriptors(self.pid)
        self.memory = memory(self.pid)
        self.is_watched = is_watched()
        self.marks, self.began = None, 0.0

    def begin(self):
        self.began = time.monotonic()
        self.marks = [process.mark() for process in (self.arena.bridge.process,
                                                     self.arena.a.process)]
        self.arena.canary.reset()
        self.arena.peers_of_case.clear()

    def _is_settled(self):
        """Nobody but the canary is connected."""
        bridge = self.arena.bridge
        return len(ports.established((bridge.address, bridge.s2s))) == 1

    def check(self, link_may_drop=False):
        arena, process = self.arena, self.arena.bridge.process
        true(process.running() and process.pid == self.pid,
             "I1: the same process runs: %s" % process.tail(5))
        waiting.until(lambda: descriptors(self.pid) <= self.descriptors,
                      "I2: %d descriptors" % self.descriptors, SETTLE)
        self._check_memory()
        if not link_may_drop:
            self._check_link()
        true(not arena.canary.stream.over, "I4: the canary's stream goes on: %r" %
             arena.canary.stream.text[-300:])
        waiting.until(lambda: arena.canary.oldest() < 1, "I4: the canary to get its pongs",
                      PATIENCE)
        # Behind everything that the case may have put on the link.
        arena.canary.stream.message(arena.to_juliet)
        waiting.until(arena.law.is_kept, "I5: what was sent to arrive or come back: %s"
                      % sorted(arena.law.open)[:10], PATIENCE)
        arena.law.check_senders()
        self._check_log()

    def _check_memory(self):
        if self.is_watched:
            return
        allowed = self.memory * GROWTH + PIECES
        try:
            waiting.until(lambda: memory(self.pid) <= allowed, "memory", SETTLE)
        except waiting.TooLate:
            raise AssertionError("I1: %d KiB of memory, %d before the cases" % (
                memory(self.pid) / 1024, self.memory / 1024)) from None

    def _check_link(self):
        log = self.arena.bridge.process.log(self.marks[0])
        for domain in self.arena.bridge.domains():
            true(not re.search(LINK_DOWN % re.escape(domain), log), "I3: the link of " + domain)
        other = self.arena.a.process.line("component disconnected|invalid-from|unsupported-stanza",
                                          self.marks[1])
        equal(other, None, "I3: Prosody's log")

    def _check_log(self):
        """The lines of one source (I7), and what must not be told (I8)."""
        log = self.arena.bridge.process.log(self.marks[0])
        counts, sources = Counter(), {}
        for line in log.splitlines():
            found = LINE.match(line)
            true(found, "I7: %r is one line of the log" % line)
            true(not CONTROL.search(line), "I7: %r can be printed" % line)
            source = self._source(found[3], sources)
            if found[2] in ("info", "message"):
                counts[source, found[1]] += 1
        for (source, second), count in counts.items():
            true(count <= LINES_A_SECOND or source == "nobody",
                 "I7: %d lines about %s at %s" % (count, source, second))
        for secret in self.arena.secrets:
            true(secret not in log, "I8: a secret in the log")

    def _source(self, text, sources):
        """The peer that a line is about: its domain where one is named, else the address
        that its stream, by number, came from; `sources` keeps those."""
        stream = STREAM_NUMBER.match(text)
        came = CONNECTED.search(text)
        for peer in self.arena.peers_of_case:
            if peer.domain in text or (came and came[1] == peer.address):
                sources[stream and stream[0]] = peer.domain
                return peer.domain
        return sources.get(stream and stream[0], "nobody")

    def tell(self):
        """The figures of the case that has just been played."""
        law = self.arena.law
        say("%.1f s, canary %.0f ms, memory %d KiB, %s" % (
            time.monotonic() - self.began, self.arena.canary.slowest * 1000, memory(self.pid) / 1024,
            ", ".join("%d %s" % (count, word) for word, count in law.counts.items())))
