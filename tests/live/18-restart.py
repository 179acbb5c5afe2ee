#!/usr/bin/python3
"""F89: enjamb is restarted and upgraded under load, and no message is lost.

$ENJAMB_ROUNDS times each, with $ENJAMB_RATE messages a second each way, while a
stand-in for the service manager keeps the descriptors.
"""

import os
import signal
import time

import waiting
from lab import RELAY
from manager import HANDED_OVER
from tap import equal, run, say, test, true
from twoways import SECONDS, TwoWays, twoways_lab

RATE = int(os.environ.get("ENJAMB_RATE", "200"))
ROUNDS = int(os.environ.get("ENJAMB_ROUNDS", "5"))

# TimeoutStopSec, as systemd has it by default.
STOP_WITHIN = 90


def started(lab):
    if not hasattr(lab, "load"):
        lab.load = TwoWays(lab, RATE).start()
    return lab.load


def restart(lab, twice):
    """systemctl restart, in the midst of it; how long it took to stop."""
    process, since = lab.bridge.process, lab.bridge.process.mark()
    mark = lab.a.process.mark()
    began = time.monotonic()
    process.wanted = False
    process.send_signal(signal.SIGTERM)
    if twice:
        process.wait_line("stopping$", since)
        process.send_signal(signal.SIGTERM)
    equal(process.stop(seconds=STOP_WITHIN), 0, "exit status")
    took = time.monotonic() - began
    lab.a.process.wait_line("component disconnected: " + RELAY, mark, 60)
    lab.bridge.start()
    lab.load.flowing()
    return took


def account(lab):
    load = lab.load
    load.settle()
    load.tell()
    lost = {flow.name: sorted(flow.lost()) for flow in load.flows}
    load.go_on()
    equal(lost, {"outward": [], "inward": []}, "lost")


@test("TERM under load: the status is 0, and nothing is lost")
def term(lab):
    started(lab)
    took = [restart(lab, False) for _ in range(ROUNDS)]
    say("stopped within %.1f s" % max(took))
    account(lab)


@test("TERM twice under load: at once, still in order, and nothing is lost")
def term_twice(lab):
    started(lab)
    took = [restart(lab, True) for _ in range(ROUNDS)]
    say("stopped within %.1f s" % max(took))
    account(lab)


@test("upgrades under load: the link is the same, nothing is lost, nothing comes twice")
def upgrade(lab):
    load, process = started(lab), lab.bridge.process
    link, mark = lab.bridge.links(), lab.a.process.mark()
    twice = [flow.twice for flow in load.flows]
    process.ends.clear()
    for _ in range(ROUNDS):
        since = process.mark()
        waiting.until(process.end(signal.SIGUSR2), "a successor", SECONDS)
        process.wait_line("link up: carried on", since, 60)
        load.flowing()
    equal(process.ends, [HANDED_OVER] * ROUNDS, "how they ended")
    equal(lab.bridge.links(), link, "four-tuple of the link")
    true("component disconnected" not in lab.a.process.log(mark), "Prosody has noticed nothing")
    account(lab)
    equal([flow.twice for flow in load.flows], twice, "messages that came twice")
    load.stop()


if __name__ == "__main__":
    run(twoways_lab)
