#!/usr/bin/python3
"""A hot stand-by: two enjambs for one component of Prosody, one dialback secret.

Prosody takes one connection for a component and turns the other away (kick_new, its
default). Who has no link opens no port for other servers, so that they find the other.
"""

import os
import signal
import subprocess

import ports
import waiting
from bridge import Bridge, find_program
from lab import ECHO, RELAY, Lab, escaped
from tap import equal, run, test, true

# More than anybody's timeouts on the way.
SECONDS = 90
STANDS_BY = r"\bstanding by\b"
SERVES = r"\bstanding by no longer\b"


class StandbyLab(Lab):
    def __init__(self):
        super().__init__()
        secret = os.path.join(self.folder, "dialback.secret")
        with open(secret, "w", encoding="ascii") as file:
            file.write("known to both")
        self.second = Bridge(self.folder, self.network, 15, self, name="second")
        for bridge in (self.bridge, self.second):
            bridge.component(RELAY, "relay")
            bridge.groups.pop("component " + ECHO, None)
            bridge.groups["federation"]["dialback-secret-file"] = secret
        self.a.configure(hosts=self.components.replace("kick_old", "kick_new"))

    def publish(self):
        super().publish()
        self.dns.set_service(RELAY, *[(order, 0, bridge.s2s, bridge.address) for order, bridge
                                      in enumerate((self.bridge, self.second))])

    def meet(self):
        """juliet and romeo reach each other."""
        pair = self.juliet(), self.romeo()
        for sender, receiver in (pair, pair[::-1]):
            sender.persist(escaped(receiver.jid, RELAY), receiver, escaped(sender.jid, RELAY),
                           SECONDS)


def start_waiting(bridge):
    """The bridge starts, and finds that another has its place."""
    mark = bridge.process.mark()
    bridge.start(wait_links=False)
    bridge.process.wait_line(STANDS_BY, mark, SECONDS)
    return mark


@test("the second waits, and has no port that other servers could connect to", proves="C16")
def waits(lab):
    mark, before = lab.bridge.process.mark(), lab.bridge.links()
    since = start_waiting(lab.second)
    true(lab.bridge.listens(), "the first listens")
    attempt = r"next attempt in"
    for _ in range(3):
        since += len(lab.second.process.log(since).encode().partition(attempt.encode())[0]) + 1
        lab.second.process.wait_line(attempt, since, SECONDS)
        true(not lab.second.listens(), "the second does not listen")
    lab.meet()
    equal(lab.bridge.links(), before, "the link of the first")
    equal(lab.bridge.process.line("link (down|closed)", mark), None, "the first one's log")
    equal(lab.second.process.line("connected from|stream up"), None, "the second one's log")


@test("who waits has no problem, as enjamb looks at itself")
def is_healthy(lab):
    done = subprocess.run([find_program("enjambctl"), "--config", lab.second.conf, "--socket",
                           lab.second.groups["control"]["socket"], "check", "connectivity"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          timeout=180)
    equal((done.returncode, done.stderr), (0, ""), done.stdout)
    true("has this component already: another enjamb" in done.stdout, done.stdout)
    true("no link to the server, as on stand-by" in done.stdout, done.stdout)


@test("when the first is killed, the second has the link, listens, and users go on")
def takes_over(lab):
    mark = lab.second.process.mark()
    lab.bridge.process.stop(signal.SIGKILL)
    lab.second.wait_link(RELAY, mark, SECONDS)
    lab.second.process.wait_line(SERVES, mark)
    lab.second.wait_listening(SECONDS)
    lab.meet()
    true(lab.second.streams("remote.example", mark), "streams of the second")


@test("the first comes back and is the one that waits")
def comes_back(lab):
    start_waiting(lab.bridge)
    true(not lab.bridge.listens(), "the first does not listen")
    lab.meet()


@test("on one machine the one that waits takes over the very port of the other")
def same_port(lab):
    lab.bridge.process.stop()
    lab.bridge.groups["federation"]["listen"] = lab.second.groups["federation"]["listen"]
    held = ports.listener((lab.second.address, lab.second.s2s))
    mark = start_waiting(lab.bridge)
    equal(ports.listener((lab.second.address, lab.second.s2s)), held, "who listens")
    lab.second.process.stop()
    lab.bridge.process.wait_line(SERVES, mark, SECONDS)
    lab.second.wait_listening(SECONDS)
    lab.meet()
    lab.bridge.process.stop()
    lab.bridge.groups["federation"]["listen"] = "%s:%d" % (lab.bridge.address, lab.bridge.s2s)


@test("after a restart of Prosody one of the two serves, and the other has let go")
def restart(lab):
    lab.bridge.start()
    start_waiting(lab.second)
    lab.meet()
    for _ in range(3):
        lab.a.process.stop()
        lab.a.start()
        waiting.until(lambda: lab.bridge.listens() != lab.second.listens()
                      and len(lab.bridge.links()) == 1, "one of the two to serve", SECONDS)
        lab.meet()
    waiting.until(lambda: lab.bridge.listens() != lab.second.listens(), "one of the two to let go",
                  SECONDS)
    lab.second.process.stop()
    lab.second.check_books()


def lab_with_both():
    lab = StandbyLab()
    start = lab.start

    def begin():
        start()
        lab.processes.append(lab.second.process)

    lab.start = begin
    return lab


if __name__ == "__main__":
    run(lab_with_both)
