#!/usr/bin/python3
"""D: crowds that stay, where the system has few descriptors."""

import contextlib
import resource
import socket

import runner  # noqa: F401, finds the other modules
import waiting
from arena import RELAY, TO_JULIET, be_patient
from invariants import descriptors
from runner import case, run
from tap import equal, say, true

WARNING = "cannot accept connections"


class Crowd:
    """Connections from an address each, on which nothing is said; they stay."""

    def __init__(self, arena, count):
        self.open = []
        for _ in range(count):
            one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            one.bind((arena.address(), 0))
            one.setblocking(False)
            one.connect_ex((arena.bridge.address, arena.bridge.s2s))
            self.open.append(one)
            waiting.pause(0.01)

    def kept(self):
        return [number for number, one in enumerate(self.open) if self._is_open(one)]

    @staticmethod
    def _is_open(one):
        try:
            return one.recv(1) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def go(self):
        for one in self.open:
            one.close()


@contextlib.contextmanager
def few(arena, more, reload):
    """So many descriptors more than there are; with `reload` the bridge is told."""
    pid = arena.bridge.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (descriptors(pid) + more, before[1]))
    try:
        if reload:
            arena.bridge.reload()
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        if reload:
            arena.bridge.reload()


def served(peer):
    """A stream whose header was answered, or None where the bridge had no place for it."""
    try:
        return peer.stream(RELAY)
    except (AssertionError, OSError):
        return None


@case("D59b", "where descriptors run out, the oldest of a crowd that stays makes room")
def run_out(arena):
    mark = arena.bridge.process.mark()
    with few(arena, 12, False):
        crowd = Crowd(arena, 40)
        waiting.until(lambda: len(crowd.kept()) < 40, "somebody to be turned away", 60)
        newcomer = arena.peer("newcomer.example")
        waiting.until(lambda: served(newcomer), "a place for the newcomer", 180)
        kept = crowd.kept()
        say("kept of the crowd: %s" % kept)
        true(0 not in kept, "the oldest has gone")
        lines = [line for line in arena.bridge.process.log(mark).splitlines() if WARNING in line]
        true(1 <= len(lines) <= 6, "lines: %s" % lines)
    crowd.go()


@case("D59c", "with a low limit that it knows of, the bridge keeps some for its work")
def low_limit(arena):
    mark = arena.bridge.process.mark()
    with few(arena, 110, True):
        crowd = Crowd(arena, 150)
        newcomer = arena.peer("working.example")
        # It is looked up and connected to, which takes descriptors as well.
        stream = newcomer.authenticated(RELAY)
        arena.delivered(stream.message(TO_JULIET))
        kept = crowd.kept()
        say("%d kept of the crowd" % len(kept))
        true(0 not in kept and 149 in kept, "the oldest have gone: %s" % kept)
    crowd.go()
    equal([line for line in arena.bridge.process.log(mark).splitlines() if WARNING in line], [],
          "warnings")


if __name__ == "__main__":
    run(be_patient)
