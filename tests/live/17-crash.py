#!/usr/bin/python3
"""F81: enjamb is killed and crashes at random under load, with and without a store.

$ENJAMB_ROUNDS times each, with $ENJAMB_RATE messages a second each way.  The
moments are of $ENJAMB_SEED.

What Prosody has kept for a stream that is coming up it writes before it enables
acknowledgements, and forgets it: a second kill, just then, may cost it.
"""

import os
import random
import re
import signal

import waiting
from lab import RELAY
from tap import equal, run, say, test, true
from twoways import SECONDS, TwoWays, twoways_lab

RATE = int(os.environ.get("ENJAMB_RATE", "200"))
ROUNDS = int(os.environ.get("ENJAMB_ROUNDS", "10"))
SEED = int(os.environ.get("ENJAMB_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
SIGNALS = (signal.SIGKILL, signal.SIGSEGV)

# A sanitizer would make an exit of the crash.
os.environ["ASAN_OPTIONS"] = "handle_segv=0:" + os.environ.get("ASAN_OPTIONS", "")


def started(lab):
    if not hasattr(lab, "load"):
        say("ENJAMB_SEED=%d ENJAMB_ROUNDS=%d ENJAMB_RATE=%d" % (SEED, ROUNDS, RATE))
        lab.random = random.Random(SEED)
        lab.forgotten = set()
        lab.load = TwoWays(lab, RATE).start()
    return lab.load


def crash(lab, number, stored):
    """One end at a random moment, or two, until messages of afterwards have arrived.
    Answers the numbers, outward, that it may have cut off."""
    process, load = lab.bridge.process, lab.load
    waiting.pause(lab.random.uniform(0, 0.5))
    since = process.mark()
    # The flow keeps its order: what stands before the last that arrived has come to its end.
    first, first_inward = load.outward.newest + 1, load.inward.newest + 1
    waiting.until(process.end(SIGNALS[number % 2]), "a successor", SECONDS)
    if lab.random.random() < 0.3:
        # That is still coming up.
        waiting.pause(lab.random.uniform(0, 0.1))
        waiting.until(process.end(signal.SIGKILL), "a successor", SECONDS)
        lab.forgotten.update(range(first_inward, len(load.inward.sent)))
    dead = len(load.outward.sent)
    process.wait_line("link up: carried on" if stored else "link up$", since, 60)
    load.flowing()
    # The first that came by the next link.
    return range(first, min(number for number in load.outward.arrived if number >= dead))


def check_inward(lab):
    lost = lab.load.inward.lost().keys()
    say("%d lost inward that Prosody B had kept for a stream that was killed as it came up"
        % len(lost & lab.forgotten))
    equal(sorted(lost - lab.forgotten), [], "lost otherwise, inward")


def true_ends(lab):
    """All were ours."""
    ends = lab.bridge.process.ends
    true(len(ends) >= ROUNDS and {-status for status in ends} <= set(SIGNALS), ends)
    ends.clear()


@test("with a store the link is the same, and nothing is lost, from whoever acknowledges")
def with_store(lab):
    load = started(lab)
    link = lab.bridge.links()
    equal(len(link), 1, "links")
    lab.bridge.process.wait_kept()
    mark = lab.a.process.mark()
    for number in range(ROUNDS):
        crash(lab, number, True)
    true_ends(lab)
    equal(lab.bridge.links(), link, "four-tuple of the link")
    true("component disconnected" not in lab.a.process.log(mark), "Prosody has noticed nothing")
    load.settle(lab.forgotten)
    carried = re.findall(r"(\d+) stanzas carried on, (\d+)", lab.bridge.process.log())
    say("%d stanzas carried on, %d of which may have arrived" % tuple(
        sum(int(pair[which]) for pair in carried) for which in (0, 1)))
    load.tell()
    equal(sorted(load.outward.lost()), [], "lost, outward")
    check_inward(lab)
    equal([line for line in lab.bridge.warnings() if "refused" in line], [],
          "what was left has been read")


@test("without one only what was on the link, or read from it, is lost")
def without_store(lab):
    load = started(lab)
    process = lab.bridge.process
    load.settle(lab.forgotten)
    equal(process.stop(), 0, "exit status")
    process.keeps = False
    lab.bridge.start()
    load.go_on()
    excused = set()
    for number in range(ROUNDS):
        excused.update(crash(lab, number, False))
    true_ends(lab)
    load.settle(excused | lab.forgotten)
    load.tell()
    equal(sorted(load.outward.lost().keys() - excused), [], "lost otherwise, outward")
    check_inward(lab)
    say("%d lost outward, in %d rounds" % (len(load.outward.lost()), ROUNDS))
    load.stop()


if __name__ == "__main__":
    run(twoways_lab)
