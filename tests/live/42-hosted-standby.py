#!/usr/bin/python3
"""A component of one's own behind a pair of enjambs: it finds the one that has the link.

Both are on one machine, with the same port and the same Unix socket for the component.
Prosody takes one connection for the domain and turns the other away (kick_new).
"""

import json
import os
import signal
import socket
import subprocess
import sys

import ports
import waiting
from bridge import Bridge, find_program
from hosted import APP, CONNECTED, HERE, PORT, SECRET
from lab import Lab, component_block
from process import Process
from tap import equal, run, test, true

# More than anybody's timeouts on the way.
SECONDS = 90
STANDS_BY = r"\bstanding by\b"
SERVES = r"\bstanding by no longer\b"


class HostedPairLab(Lab):
    def __init__(self):
        super().__init__()
        self.second = Bridge(self.folder, self.network, 15, self, name="second")
        self.bridges = [self.bridge, self.second]
        self.hosted = (self.bridge.address, self.network.port(self.bridge.address, PORT))
        self.path = os.path.join(self.folder, "component.socket")
        for bridge in self.bridges:
            for domain in bridge.domains():
                del bridge.groups["component " + domain]
            bridge.component(APP, "hosted", hosted_listen="%s:%d;%s" % (*self.hosted, self.path),
                             hosted_secret_file=self.secret_file("hosted.secret", SECRET))
            bridge.groups["federation"]["dialback-secret-file"] = self.secret_file(
                "dialback.secret", "known to both")
        self.a.configure(hosts=component_block(APP)[0].replace("kick_old", "kick_new"))
        # As a component that connects again by itself: it knows one port.
        self.component = Process(
            "component", [sys.executable, "-B", os.path.join(HERE, "answerer.py"), APP, SECRET,
                          self.hosted[0], str(self.hosted[1]), "again"], self.folder)

    def secret_file(self, name, words):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(words)
        return path

    def publish(self):
        super().publish()
        self.dns.set_service(APP, *[(order, 0, bridge.s2s, bridge.address)
                                    for order, bridge in enumerate(self.bridges)])

    def start(self):
        super().start()
        self.processes += [self.second.process, self.component]
        self.component.start()
        self.bridge.process.wait_line(CONNECTED % APP, 0, SECONDS)

    def start_waiting(self, bridge):
        """The bridge starts, and finds that the other has its place."""
        mark = bridge.process.mark()
        bridge.start(wait_links=False)
        bridge.process.wait_line(STANDS_BY, mark, SECONDS)

    def meet(self):
        """Users of both servers have answers; what is under way when one dies may be lost."""
        for user in (self.juliet(), self.romeo()):
            words = user.xmpp.new_id()

            def answered():
                user.send("someone@" + APP, words)
                try:
                    return user.wait_message("heard " + words, "someone@" + APP, seconds=3)
                except waiting.TooLate:
                    return None

            waiting.until(answered, "%s to be answered" % user.bare, SECONDS)

    def file_answers(self):
        with socket.socket(socket.AF_UNIX) as there:
            return there.connect_ex(self.path) == 0


def ask(bridge, *words):
    """What enjambctl prints about that instance."""
    done = subprocess.run([find_program("enjambctl"), "--config", bridge.conf, *words],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          timeout=SECONDS, env={**os.environ, "LC_ALL": "C"})
    equal((done.returncode, done.stderr), (0, ""), done.stdout)
    return done.stdout


def check_told(bridge, stands_by):
    """Operators see whether it stands by: the instance, and its link."""
    status = json.loads(ask(bridge, "--json", "status"))
    equal(status["standing-by"], stands_by, "status")
    equal("standing by: another instance has the link" in ask(bridge, "status"), stands_by,
          "status for people")
    route, = json.loads(ask(bridge, "--json", "routes"))["routes"]
    equal((route["domain"], route["standing-by"]), (APP, stands_by), "routes")
    equal("; standing by;" in ask(bridge, "routes"), stands_by, "routes for people")


@test("the second waits, leaves the component's ports to the first, and says so", proves="C16")
def waits(lab):
    held = ports.listener(lab.hosted)
    true(held is not None, "the first listens for the component")
    lab.start_waiting(lab.second)
    lab.meet()
    equal(ports.listener(lab.hosted), held, "who listens for the component")
    equal(lab.second.process.line(r"connected to \S+ from|hosted-listen"), None,
          "the second one's log")
    check_told(lab.bridge, False)
    check_told(lab.second, True)


@test("the first is killed: the component finds the second, and users go on", proves="C16")
def takes_over(lab):
    mark = lab.second.process.mark()
    lab.bridge.process.stop(signal.SIGKILL)
    lab.second.wait_link(APP, mark, SECONDS)
    lab.second.process.wait_line(SERVES, mark, SECONDS)
    lab.second.process.wait_line(CONNECTED % APP, mark, SECONDS)
    lab.meet()
    true(lab.file_answers(), "the socket that the first has left is the second's")
    check_told(lab.second, False)


@test("the first comes back and waits; the second ends in order, and the first has all again")
def comes_back(lab):
    lab.start_waiting(lab.bridge)
    check_told(lab.bridge, True)
    lab.meet()
    mark = lab.bridge.process.mark()
    equal(lab.second.process.stop(seconds=SECONDS), 0, "status")
    lab.second.check_books()
    lab.bridge.process.wait_line(CONNECTED % APP, mark, SECONDS)
    lab.meet()
    true(lab.file_answers(), "the socket is there")


@test("whoever has the link after a restart of Prosody has the component, and the other lets go")
def restart(lab):
    lab.start_waiting(lab.second)
    for _ in range(3):
        lab.a.process.stop()
        lab.a.start()
        waiting.until(lambda: lab.bridge.listens() != lab.second.listens()
                      and len(lab.bridge.links()) == 1, "one of the two to serve", SECONDS)
        lab.meet()
    lab.second.process.stop()
    lab.second.check_books()


if __name__ == "__main__":
    run(HostedPairLab)
